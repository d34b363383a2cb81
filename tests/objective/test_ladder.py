"""The ladder network against its equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from layerwise import (
    At,
    Batch,
    Conv,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    Ladder,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Space,
    Stack,
    Supervised,
    Training,
    load,
    save,
)
from layerwise._random import Keys

SPACE = Space.of("unit", 6)
CLASSES = Space.of("category", 3)
LABELLED = torch.rand(9, 6, generator=torch.Generator().manual_seed(0))
OTHERS = torch.rand(15, 6, generator=torch.Generator().manual_seed(1))
Y = torch.arange(9) % 3
EPS = 1e-5


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def machine(objective, *stages, seed=2):
    """A stack and the ladder's state whose parameters are all different from their start, in double
    precision."""
    stages = stages or (
        Dense(5, normalisation="batch"),
        Dense(4, normalisation="batch", activation="tanh"),
    )
    module = Stack(*stages).build(SPACE, Keys(0).torch("w"))
    objective.check(module, CLASSES)
    state = objective.init(module, CLASSES, generator())
    noise = generator(seed)
    with torch.no_grad():
        for parameter in [*module.parameters(), *state.parameters()]:
            parameter.add_(torch.randn(parameter.shape, generator=noise), alpha=0.3)
    return module.double().train(), state.double().train()


def batch(**settings):
    return Batch(LABELLED.double(), Y, other=Batch(OTHERS.double()), **settings)


def loss_of(objective, module, state, given=None, step=0):
    return objective.loss(module, state, given or batch(), At.of(0, step=step))


def standardised(x):
    return (x - x.mean(0)) / (x.var(0, correction=0) + EPS).sqrt()


def combinator(z, u, a):
    """Rasmus et al. (2015), equation 2: g(z, u) = (z - mu(u)) v(u) + mu(u)."""
    mu = a[0] / (1 + torch.exp(-(a[1] * u + a[2]))) + a[3] * u + a[4]
    v = a[5] / (1 + torch.exp(-(a[6] * u + a[7]))) + a[8] * u + a[9]
    return (z - mu) * v + mu


def clean_pass(module, state, x):
    """Normalised values of every layer, and what was normalised."""
    z, raw, h = [x], [x], x
    for stage in module.chain:
        raw.append(h @ stage.weight.T + stage.bias)
        z.append(standardised(raw[-1]))
        h = stage.activation(z[-1] * stage.norm.weight + stage.norm.bias)
    raw.append(h @ state.output.weight.T + state.output.bias)
    return [*z, standardised(raw[-1])], raw


def noiseless(module, state, weights):
    """The whole loss without noise, written out: equations 1 to 4 and algorithm 1 of the paper."""
    labelled, _ = clean_pass(module, state, LABELLED.double())
    logits = labelled[-1] * state.scale + state.shift
    supervised = -torch.log_softmax(logits, 1)[torch.arange(9), Y].mean()
    z, raw = clean_pass(module, state, OTHERS.double())
    u, denoising = standardised(torch.softmax(z[-1] * state.scale + state.shift, 1)), 0.0
    for level in reversed(range(len(z))):
        guess = combinator(z[level], u, state.lateral[level])
        mean, deviation = (
            (raw[level].mean(0), (raw[level].var(0, correction=0) + EPS).sqrt())
            if level
            else (0.0, 1.0)
        )
        denoising += weights[level] * ((guess - mean) / deviation - z[level]).square().mean()
        if level:
            down = state.down[level - 1]
            u = standardised(guess @ down.weight.T + down.bias)
    return float(supervised), float(denoising)


# The equations


@pytest.mark.parametrize(
    "weights", [None, (1.0, 2.0, 3.0, 4.0), (0.0, 1.0, 0.0, 2.0), (0.0, 0.0, 0.0, 0.0)]
)
def test_without_noise_the_loss_is_the_papers(weights):
    objective = Ladder(noise=0.0, weights=weights)
    module, state = machine(objective)
    with torch.no_grad():
        loss, terms = loss_of(objective, module, state)
        supervised, denoising = noiseless(module, state, weights or (1000.0, 10.0, 0.1, 0.1))
    assert float(terms["supervised"]) == pytest.approx(supervised, rel=1e-9)
    assert float(terms["denoising"]) == pytest.approx(denoising, rel=1e-9)
    assert float(loss) == pytest.approx(supervised + denoising, rel=1e-9)


def test_the_combinator_is_the_reference_formula_and_begins_as_the_papers():
    objective = Ladder()
    module, state = machine(objective)
    z, u = torch.randn(2, 8, 5, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(state.combine(1, z, u), combinator(z, u, state.lateral[1]))
    fresh = objective.init(module, CLASSES, generator()).double()
    assert fresh.lateral[1].detach().tolist() == [
        [float(i in (1, 6))] * 5 for i in range(10)
    ]  # mu = v = 0
    with torch.no_grad():
        assert float(fresh.combine(1, z, u).abs().max()) == 0.0
        fresh.lateral[1][5] = 1.0
        torch.testing.assert_close(fresh.combine(1, z, u), z * torch.sigmoid(u))


def test_a_decoder_that_passes_the_lateral_values_on_is_perfect_without_noise():
    objective = Ladder(noise=0.0, weights=(1.0, 0.0, 0.0, 0.0))
    module, state = machine(objective)
    with torch.no_grad():
        for lateral in state.lateral:
            lateral.zero_()
            lateral[9] = 1.0  # v = 1, mu = 0: the guess is the lateral value itself
        assert float(loss_of(objective, module, state)[1]["denoising"]) == 0.0
        noisy = Ladder(noise=0.3, weights=(1.0, 0.0, 0.0, 0.0))
        many = Batch(LABELLED.double(), Y, other=Batch(OTHERS.double().repeat(400, 1)))
        denoising = float(loss_of(noisy, module, state, many)[1]["denoising"])
    assert denoising == pytest.approx(0.3**2, rel=0.03)  # what is left is the noise itself


def test_noise_enters_at_the_input_and_at_every_layer_with_its_size():
    small, none = Ladder(noise=0.3), Ladder(noise=0.0)
    module, state = machine(small)
    n = 4000
    rungs = [
        objective._climb(
            module,
            state,
            Batch(LABELLED.double().repeat(n // 9, 1)),
            Batch(OTHERS.double().repeat(n // 15, 1)),
            generator(),
        )
        for objective in (small, none)
    ]
    for noisy, plain in zip(*rungs, strict=True):
        torch.testing.assert_close(noisy.clean, plain.clean)
        torch.testing.assert_close(plain.noisy, plain.clean)
    first = (rungs[0][0].noisy - rungs[0][0].clean).detach()
    assert float(first.std()) == pytest.approx(0.3, rel=0.03)
    for rung in rungs[0][1:]:  # normalised, then noise: variances add
        assert rung.noisy.detach().var(0).tolist() == pytest.approx(
            [1.09] * rung.noisy.shape[1], rel=0.05
        )
        assert rung.labelled.detach().var(0).tolist() == pytest.approx(
            [1.09] * rung.noisy.shape[1], rel=0.05
        )


def test_weights_weigh_the_labelled_rows():
    objective = Ladder(noise=0.0)
    module, state = machine(objective)
    weight = torch.tensor([1.0, 0.0, 0.0] * 3, dtype=torch.float64)
    with torch.no_grad():
        labelled, _ = clean_pass(module, state, LABELLED.double()[::3])
        expected = F.cross_entropy(labelled[-1] * state.scale + state.shift, Y[::3])
        found = loss_of(objective, module, state, batch(weight=weight))[1]["supervised"]
    assert float(found) == pytest.approx(float(expected), rel=1e-9)


def test_gradients_reach_encoder_decoder_and_both_paths():
    for weights, silent in [((1000.0, 10.0, 0.1, 0.1), ()), ((0.0,) * 4, ("down", "lateral"))]:
        module, state = machine(Ladder(weights=weights))
        loss_of(Ladder(weights=weights), module, state)[0].backward()
        for name, parameter in state.named_parameters():
            reached = parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
            if not name.endswith("bias"):  # normalisation takes biases away
                assert reached == (not name.startswith(silent)), name
        for stage in module.chain:
            assert stage.weight.grad.abs().sum() > 0
            assert stage.norm.weight.grad.abs().sum() > 0
            assert stage.decoder_weight.grad is None  # the decoder is the ladder's own


def test_unlabelled_rows_alone_teach_the_encoder():
    module, state = machine(Ladder())
    given = batch(weight=torch.zeros(9, dtype=torch.float64))
    loss_of(Ladder(), module, state, given)[0].backward()
    assert all(stage.weight.grad.abs().sum() > 0 for stage in module.chain)


# What predicts


def test_the_folded_head_on_the_codes_is_a_pass_with_running_moments():
    objective = Ladder()
    module, state = machine(objective)
    for step in range(3):
        loss_of(objective, module, state, step=step)
    module.eval()
    state.eval()
    with torch.no_grad():
        state.variance.mul_(1e-4)  # so small that what is added to it shows
        h = OTHERS.double()
        for stage in module.chain:
            norm = stage.norm
            assert not torch.equal(norm.running_mean, torch.zeros_like(norm.running_mean))
            z = (h @ stage.weight.T + stage.bias - norm.running_mean) / (
                norm.running_var + EPS
            ).sqrt()
            h = stage.activation(z * norm.weight + norm.bias)
        z = (h @ state.output.weight.T + state.output.bias - state.mean) / (
            state.variance + EPS
        ).sqrt()
        head = objective.predictor(state).double()
        torch.testing.assert_close(
            head(module.encode(OTHERS.double())),
            z * state.scale + state.shift,
            rtol=1e-5,
            atol=1e-5,
        )


def test_running_moments_are_those_of_clean_unlabelled_rows():
    objective = Ladder(noise=0.7)
    module, state = machine(objective)
    with torch.no_grad():
        _, raw = clean_pass(module, state, OTHERS.double())
        loss_of(objective, module, state)
        for values, stage in zip(raw[1:], module.chain, strict=False):
            torch.testing.assert_close(stage.norm.running_mean, 0.1 * values.mean(0))
            torch.testing.assert_close(
                stage.norm.running_var, 0.9 + 0.1 * values.var(0, correction=0)
            )
            assert int(stage.norm.num_batches_tracked) == 1
        torch.testing.assert_close(state.mean, 0.1 * raw[-1].mean(0))
        torch.testing.assert_close(state.variance, 0.9 + 0.1 * raw[-1].var(0, correction=0))


# In use

WIDE = Stack(Dense(64, normalisation="batch"), Dense(32, normalisation="batch"))
FAST = Training(learning_rate=5e-3, batch_size=64)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))[:900]
    X, y = X[order] / 16, y[order]
    return X, y, np.where(np.arange(900) < 60, y, -1)


@pytest.fixture(scope="module")
def model(digits):
    X, _, few = digits
    plan = [(Ladder(), Joint(12), FAST)]
    return PretrainedClassifier(
        Pretrainer(WIDE, schedule=Greedy(0)), plan=plan, unlabeled=-1, random_state=0
    ).fit(X, few)


def test_sixty_labels_are_enough_for_digits(model, digits):
    X, y, _ = digits
    assert model.score(X[60:], y[60:]) > 0.75
    assert {"supervised", "denoising"} <= model.history_[-1].keys()
    assert model.history_[-1]["denoising"] < model.history_[0]["denoising"]


def test_a_folder_gives_the_same_predictions(model, digits, tmp_path):
    again = load(save(model, tmp_path / "m"))
    assert again.plan_ == model.plan_
    assert np.array_equal(again.predict_proba(digits[0]), model.predict_proba(digits[0]))


def test_epochs_are_chosen_by_the_error_of_the_folded_head(digits):
    X, _, few = digits
    plan = [(Ladder(), Joint(3), FAST)]
    chosen = PretrainedClassifier(
        Pretrainer(WIDE, schedule=Greedy(0)),
        plan=plan,
        unlabeled=-1,
        validation=0.3,
        random_state=0,
    )
    chosen.fit(X[:200], few[:200])
    assert 1 <= chosen.plan_[0].schedule.epochs <= 3
    objective = Ladder()
    module, state = machine(objective)
    module.eval()
    with torch.no_grad():
        outputs = objective.predictor(state)(module.encode(LABELLED.double()).float())
        expected = (outputs.argmax(1) != Y).float().mean() + 1e-3 * F.cross_entropy(outputs, Y)
        given = Batch(LABELLED, Y)
        found = objective.validation(module.float(), state.float(), given, At.of(0))
    assert float(found) == pytest.approx(float(expected), abs=1e-5)


def test_bfloat16_trains_the_ladder(digits):
    X, _, few = digits
    plan = [(Ladder(), Joint(1), FAST)]
    settings = {"unlabeled": -1, "random_state": 0, "precision": "bfloat16"}
    model = PretrainedClassifier(Pretrainer(WIDE, schedule=Greedy(0)), plan=plan, **settings).fit(
        X[:200], few[:200]
    )
    assert model.module_.stages[0].norm.running_var.dtype == torch.float32
    assert np.isfinite(model.predict_proba(X)).all()


def test_very_few_labelled_rows_a_step_still_have_moments(digits):
    X, _, few = digits
    plan = [(Ladder(ratio=1000.0), Joint(1), FAST)]
    model = PretrainedClassifier(
        Pretrainer(WIDE, schedule=Greedy(0)), plan=plan, unlabeled=-1, random_state=0
    )
    assert np.isfinite(model.fit(X[:130], few[:130]).history_[-1]["loss"])


# Refused pairs


def classifier(stack, plan):
    X = np.random.default_rng(0).random((30, 6))
    return PretrainedClassifier(Pretrainer(stack, schedule=Greedy(0)), plan=plan).fit(
        X, np.arange(30) % 3
    )


@pytest.mark.parametrize(
    ("stack", "schedule", "words"),
    [
        (
            Stack(Dense(4)),
            Joint(1),
            r"(?s)needs dense stages with batch normalisation, all trained at "
            r"once.*normalisation='batch'",
        ),
        (
            Stack(Dense(4, normalisation="batch"), Dense(3, normalisation="layer")),
            Joint(1),
            "needs dense stages with batch",
        ),
        (
            Stack(Dense(4, normalisation="batch"), Dense(3, normalisation="batch")),
            Greedy(1),
            "trains stage 2 on codes",
        ),
        (Stack(Dense(4, normalisation="batch")), HeadOnly(1), "trains no stage"),
        (
            Stack(Conv(4, normalisation="batch"), in_shape=(1, 2, 3)),
            Joint(1),
            "needs dense stages with batch",
        ),
    ],
)
def test_other_stages_and_schedules_are_refused(stack, schedule, words):
    with pytest.raises(PairingError, match=words):
        classifier(stack, [(Ladder(), schedule)])


def test_numbers_and_rows_without_labels_are_refused():
    X = np.random.default_rng(0).random((30, 6))
    pretrainer = Pretrainer(Stack(Dense(4, normalisation="batch")), schedule=Greedy(0))
    with pytest.raises(
        PairingError, match=r"(?s)classifies, and the targets are numbers.*PretrainedClassifier"
    ):
        PretrainedRegressor(pretrainer, plan=[(Ladder(), Joint(1))]).fit(X, X[:, 0])
    with pytest.raises(PairingError, match="classifies, and there are no labels"):
        Pretrainer(
            Stack(Dense(4, normalisation="batch")), objective=Ladder(), schedule=Joint(1)
        ).fit(X)


def test_weights_are_one_for_each_layer():
    with pytest.raises(
        ParameterError, match=r"(?s)lists 2 weights; 1 stages need 3.*List input, stages and output"
    ):
        classifier(Stack(Dense(4, normalisation="batch")), [(Ladder(weights=(1.0, 2.0)), Joint(1))])


@pytest.mark.parametrize(
    "settings", [{"noise": -0.1}, {"ratio": 0.0}, {"weights": (1.0, -1.0)}, {"weights": 3.0}]
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ParameterError, match=f"'{next(iter(settings))}' parameter of Ladder"):
        Ladder(**settings)


def test_a_supervised_step_may_follow():
    model = classifier(
        Stack(Dense(4, normalisation="batch")), [(Ladder(), Joint(1)), (Supervised(), Joint(1))]
    )
    assert {row["objective"] for row in model.history_} == {"Ladder", "Supervised"}
    assert model.predict(np.zeros((2, 6))).shape == (2,)
