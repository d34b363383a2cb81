"""Settings of training that a stage, a phase or an epoch has of its own, and stacks that stop
growing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA

from layerwise import (
    Combined,
    Contractive,
    ContrastiveDivergence,
    Denoising,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    Masking,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    Pretrainer,
    Progressive,
    Reconstruction,
    Space,
    Sparse,
    Stack,
    Step,
    Supervised,
    Training,
    load,
    save,
)
from layerwise._random import At, Keys
from layerwise.data import ArraySource, RowsOf
from layerwise.estimators.rows import order_of
from layerwise.training import Feed, as_plan, loop, run_plan
from layerwise.training.feed import batches
from layerwise.training.loop import Work
from layerwise.training.optimisers import make_optimiser
from layerwise.training.rates import layers_of, rates_from_gradients
from layerwise.training.shapes import SHAPES
from layerwise.training.trainee import Trainee

SPACE = Space.of("unit", 6)
X = torch.rand(40, 6, generator=torch.Generator().manual_seed(0))
SOURCE = ArraySource(X, SPACE)
Y = torch.arange(40) % 2
LABELS = {"labelled": ArraySource(X, SPACE, Y), "target": Space.of("category", 2)}


def built(*stages):
    return Stack(*(stages or (Dense(5), Dense(3)))).build(SPACE, Keys(0).torch("w"))


def run(module, plan, **feed):
    return run_plan(
        module, as_plan(plan, Training(batch_size=16)), Feed(SOURCE, **feed), keys=Keys(0)
    )


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# Momentum


def seen_momentum(monkeypatch, name, **settings):
    made, seen = [], []

    def make(*args, **options):
        made.append(make_optimiser(*args, **options))
        step, first = made[-1].step, made[-1].groups[0]
        made[-1].step = lambda: (seen.append((first.momentum, first.nesterov)), step())
        return made[-1]

    monkeypatch.setattr(loop, "make_optimiser", make)
    run(built(Dense(3)), [(Reconstruction(), Joint(5), Training(name, batch_size=40, **settings))])
    return seen


def test_momentum_switches_after_its_epochs(monkeypatch):
    seen = seen_momentum(monkeypatch, "momentum", momentum=(0.5, 0.9), momentum_switch=3)
    assert [momentum for momentum, _ in seen] == [0.5, 0.5, 0.5, 0.9, 0.9]


def test_nesterov_stays_nesterov_when_momentum_begins_at_zero(monkeypatch):
    seen = seen_momentum(monkeypatch, "nesterov", momentum=(0.0, 0.8), momentum_switch=2)
    assert seen == [(0.0, False)] * 2 + [(0.8, True)] * 3


def test_each_phase_begins_with_the_first_momentum(monkeypatch):
    seen = []
    original = loop.set_momentum
    monkeypatch.setattr(
        loop,
        "set_momentum",
        lambda opt, name, momentum: (seen.append(momentum), original(opt, name, momentum)),
    )
    run(
        built(),
        [
            (
                Reconstruction(),
                Greedy(3),
                Training("momentum", momentum=(0.5, 0.9), momentum_switch=2),
            )
        ],
    )
    assert seen == [0.5, 0.5, 0.9] * 2


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw", "adagrad", "adadelta", "lamb"])
def test_optimisers_without_momentum_do_not_take_any(name):
    ends = []
    for momentum in (0.0, 0.9):
        module = built(Dense(3))
        run(
            module, [(Reconstruction(), Joint(3), Training(name, momentum=momentum, batch_size=16))]
        )
        ends.append(weights(module))
    assert same(*ends)


def test_sgd_is_minus_the_rate_times_the_gradient():
    module, by_hand = built(Dense(3)), built(Dense(3))
    plan = [
        (
            Reconstruction(),
            Joint(4),
            Training("sgd", learning_rate=0.3, shape="constant", batch_size=40),
        )
    ]
    run(module, plan)
    by_hand.stages[0].centre(X.mean(0))
    for _ in range(4):
        by_hand.zero_grad()
        Reconstruction().loss(by_hand, None, SOURCE.take(np.arange(40)), At.of(0))[0].backward()
        with torch.no_grad():
            for parameter in by_hand.parameters():
                parameter -= 0.3 * parameter.grad
    for a, b in zip(module.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"momentum": (0.5, 0.9, 0.9)}, r"must be one or two numbers. Got \(0.5, 0.9, 0.9\)"),
        ({"momentum": 1.0}, "'momentum' parameter of Training"),
        ({"momentum": (0.5, -0.1)}, "'momentum' parameter of Training"),
        ({"momentum_switch": -1}, "'momentum_switch' parameter of Training"),
        ({"layer_decay": "gradients"}, "Did you mean 'gradient'"),
        ({"learning_rate": "gradient"}, "'learning_rate' parameter of Training"),
    ],
)
def test_wrong_settings_are_explained(settings, words):
    with pytest.raises(ParameterError, match=words):
        Training(**settings)


# Rates from gradients


def work_of(module, objective, state=None, first=0, **settings):
    training = Training("sgd", learning_rate=0.2, layer_decay="gradient", batch_size=16, **settings)
    phase = next(iter(Joint(1).phases(module.depth)))._replace(first=first)
    return Work(
        trainee=Trainee(module, objective, state),
        source=SOURCE if objective.needs == "rows" else LABELS["labelled"],
        training=training,
        layers=layers_of(module, phase, state, training),
        epochs=1,
        keys=Keys(0),
        row={},
        observe=lambda event: None,
        device=torch.device("cpu"),
    )


def test_factors_are_those_of_the_gradients_by_hand_and_have_mean_1():
    module = built()
    work = work_of(module, Reconstruction())
    sums = np.zeros(2)
    for batch in batches(SOURCE, 16, Keys(0).under("gradients"), 0):
        module.zero_grad()
        Reconstruction().loss(module, None, batch, At.of(0))[0].backward()
        sums += [
            sum(float(p.grad.abs().sum()) for p in stage.parameters()) for stage in module.chain
        ]
    module.zero_grad()
    factors = 1 / np.sqrt(sums)
    found = [rate / 0.2 for _, rate in rates_from_gradients(work)]
    assert found == pytest.approx((factors / factors.mean()).tolist(), rel=1e-5)
    assert np.mean(found) == pytest.approx(1.0)
    assert found[0] != pytest.approx(found[1], rel=0.01)


def test_measuring_gradients_moves_neither_weights_nor_statistics_nor_chains():
    module = built(Dense(5, normalisation="batch", dropout=0.3), Dense(3, normalisation="spectral"))
    before = weights(module)
    rates_from_gradients(work_of(module, Denoising()))
    assert same(before, weights(module))
    assert all(parameter.grad is None for parameter in module.parameters())
    machine = built(Dense(4, activation="sigmoid", tied=True))
    objective = ContrastiveDivergence(persistent=True, chains=5)
    state = objective.init(machine, None, Keys(0).torch("state"))
    chains = state.hidden.clone()
    rates_from_gradients(work_of(machine, objective, state))
    assert torch.equal(chains, state.hidden)


def test_a_layer_without_gradients_has_the_factor_1():
    module = built()
    head = Supervised().init(module, LABELS["target"], Keys(0).torch("head"))
    torch.nn.init.zeros_(head.layers[-1].weight)  # nothing goes down
    assert [rate for _, rate in rates_from_gradients(work_of(module, Supervised(), head))] == [
        0.2,
        0.2,
        0.2,
    ]
    machine = built(Dense(4, activation="sigmoid", tied=True))
    objective = ContrastiveDivergence(persistent=True, chains=5)
    state = objective.init(machine, None, Keys(0).torch("state"))
    assert [rate for _, rate in rates_from_gradients(work_of(machine, objective, state))] == [
        0.2,
        pytest.approx(0.2),
    ]


def test_a_plan_with_rates_from_gradients_learns():
    training = Training(layer_decay="gradient", learning_rate=0.02, batch_size=16)
    y = (X[:, 0] > 0.5).long()
    feed = {"labelled": ArraySource(X, SPACE, y), "target": LABELS["target"]}
    history = run(built(Dense(8), Dense(6)), [(Supervised(), Joint(30), training)], **feed).history
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]


# Objectives of their own for the phases of a step


def test_two_objectives_in_one_step_are_two_phases_one_after_the_other():
    a, b = Denoising(Masking(0.4)), Reconstruction("mse")
    together, apart = built(), built()
    history = run(together, [([a, b], Greedy((3, 2)))]).history
    assert [row["objective"] for row in history] == ["Denoising"] * 3 + ["Reconstruction"] * 2
    run(apart, [(a, Greedy((3, 0)))])
    after_first = weights(apart.slice(0, 0))
    assert same(after_first, weights(together.slice(0, 0)))
    run(apart, [(b, Greedy((0, 2)))])
    assert same(weights(apart), weights(together))


def test_a_pretrainer_takes_a_list_and_survives_clone_and_a_folder(tmp_path):
    stack = Stack(
        Dense(4, activation="sigmoid", tied=True), Dense(3, activation="sigmoid", tied=True)
    )
    objective = [ContrastiveDivergence(), Sparse(Contractive())]
    pretrainer = Pretrainer(stack, objective=objective, schedule=Greedy(1), random_state=0)
    codes = pretrainer.fit(X.numpy()).transform(X.numpy())
    assert pretrainer.plan_[0].objective == tuple(objective)
    assert np.array_equal(clone(pretrainer).fit(X.numpy()).transform(X.numpy()), codes)
    again = load(save(pretrainer, tmp_path / "m"))
    assert again.plan_ == pretrainer.plan_
    assert np.array_equal(again.transform(X.numpy()), codes)


def test_a_sequence_of_one_objective_holds_for_all_phases():
    one, listed = built(), built()
    run(one, [(Reconstruction(), Greedy(1))])
    run(listed, [((Reconstruction(),), Greedy(1))])
    assert same(weights(one), weights(listed))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            [([Reconstruction()] * 3, Greedy(1))],
            r"(?s)lists 3 objectives; Greedy\(1\) has 2 phases on 2 stages.*one per phase",
        ),
        (
            [([Reconstruction()] * 2, Joint(1))],
            r"lists 2 objectives; Joint\(1\) has 1 phases on 2 stages",
        ),
        ([([], Greedy(1))], "must be an objective such as Reconstruction"),
        ([([Reconstruction(), "mse"], Greedy(1))], "must be an objective such as Reconstruction"),
    ],
)
def test_a_wrong_number_of_objectives_is_refused(plan, words):
    with pytest.raises(ParameterError, match=words):
        run(built(), plan)


@pytest.mark.parametrize("other", [Supervised(), Combined()])
def test_objectives_that_are_fed_with_other_rows_are_refused(other):
    with pytest.raises(
        ParameterError, match=r"(?s)must be fed with the same rows. Got \(.*a step of their own"
    ):
        Step((Reconstruction(), other), Greedy(1))


def test_the_pair_of_each_phase_is_checked_before_the_first_batch():
    module = built(Dense(5, activation="sigmoid", tied=True), Dense(3))
    before = weights(module)
    with pytest.raises(PairingError, match="needs a restricted Boltzmann machine"):
        run(module, [([ContrastiveDivergence(), ContrastiveDivergence()], Greedy(1))])
    assert same(before, weights(module))


# Stacks that stop growing


def rows_on_a_curve(n=300):
    """Rows that a one-dimensional code describes, but no straight line."""
    t = np.random.default_rng(0).random(n) * 3
    return np.stack(
        [np.sin(t * k) for k in (1, 2, 3, 4)] + [np.cos(t * k) for k in (1, 2, 3, 4)], 1
    )


CURVE = rows_on_a_curve()
GOOD = Training(learning_rate=0.01, batch_size=32)
BAD = Training(learning_rate=1e-7, batch_size=64)


def test_a_stack_stops_at_the_first_stage_that_is_no_better_than_pca():
    stack = Stack(Dense(20), Dense(8), Dense(3), Dense(2))
    pretrainer = Pretrainer(
        stack, depth="auto", schedule=Greedy(1), training=BAD, random_state=0
    ).fit(CURVE)
    assert pretrainer.stack_ == Stack(
        Dense(20), Dense(8)
    )  # as wide as the data: PCA is exact there
    assert [row["stage"] for row in pretrainer.depth_report_] == [1, 2, 3]
    assert [row["code"] for row in pretrainer.depth_report_] == [20, 8, 3]
    assert pretrainer.depth_report_[2]["error"] >= pretrainer.depth_report_[2]["pca_error"]
    assert (pretrainer.module_.depth, pretrainer.transform(CURVE).shape[1]) == (2, 8)
    assert len(pretrainer.get_feature_names_out()) == 8
    assert [row["last"] for row in pretrainer.history_] == [0, 1, 2]


def test_a_stack_that_beats_pca_keeps_all_its_stages():
    stack = Stack(Dense(32, activation="tanh"), Dense(1, activation="linear"))
    settings = {
        "objective": Reconstruction(),
        "schedule": Progressive((5, 60)),
        "training": GOOD,
        "random_state": 0,
    }
    pretrainer = Pretrainer(stack, depth="auto", **settings).fit(CURVE)
    assert pretrainer.stack_ == stack
    assert pretrainer.depth_report_[1]["error"] < pretrainer.depth_report_[1]["pca_error"]


def test_the_first_stage_always_stays():
    pretrainer = Pretrainer(
        Stack(Dense(3), Dense(2)), depth="auto", schedule=Greedy(1), training=BAD, random_state=0
    ).fit(CURVE)
    assert pretrainer.stack_ == Stack(Dense(3))
    assert len(pretrainer.depth_report_) == 1


def test_the_report_holds_the_errors_on_held_out_rows():
    settings = {
        "schedule": Greedy(3),
        "training": GOOD,
        "preprocessing": None,
        "validation": 0.2,
        "random_state": 0,
    }
    pretrainer = Pretrainer(Stack(Dense(3), Dense(2)), depth="auto", **settings).fit(CURVE)
    source = pretrainer._source(CURVE)
    ordered = RowsOf(source, order_of(source))
    train, held = pretrainer._split(ordered, Keys(pretrainer.seed_).under("pretraining"))
    x, z = (part.take(np.arange(len(part))).x.numpy().astype(np.float64) for part in (train, held))
    assert (len(x), len(z)) == (240, 60)
    pca = PCA(3).fit(x)
    expected = ((pca.inverse_transform(pca.transform(z)) - z) ** 2).mean()
    row = pretrainer.depth_report_[0]
    assert row["pca_error"] == pytest.approx(expected, rel=1e-3)
    assert "validation" in pretrainer.history_[0]
    with torch.no_grad():
        own = pretrainer.module_.slice(0, 0).reconstruct(torch.from_numpy(z).float()).numpy()
    assert row["error"] == pytest.approx(((own - z) ** 2).mean(), rel=1e-4)


def test_the_kept_stages_are_those_of_a_stack_that_was_never_deeper():
    settings = {"schedule": Greedy(2), "training": BAD, "validation": 0.1, "random_state": 0}
    grown = Pretrainer(Stack(Dense(9), Dense(2)), depth="auto", **settings).fit(CURVE)
    plain = Pretrainer(Stack(Dense(9)), **settings).fit(CURVE)
    assert np.array_equal(grown.transform(CURVE), plain.transform(CURVE))


def test_lists_for_the_phases_of_the_whole_stack_survive_a_stop():
    objective = [Denoising(), Reconstruction(), Reconstruction()]
    settings = {
        "objective": objective,
        "schedule": Greedy((1, 2, 3)),
        "training": BAD,
        "random_state": 0,
    }
    pretrainer = Pretrainer(Stack(Dense(9), Dense(2), Dense(1)), depth="auto", **settings).fit(
        CURVE
    )
    assert pretrainer.stack_ == Stack(Dense(9))
    assert [row["last"] for row in pretrainer.history_] == [0, 1, 1]


def test_later_steps_run_on_what_is_left():
    plan = [(Reconstruction(), Greedy(1), BAD), (Reconstruction(), Joint(2), GOOD)]
    pretrainer = Pretrainer(Stack(Dense(9), Dense(2)), depth="auto", plan=plan, random_state=0).fit(
        CURVE
    )
    assert [(row["step"], row["first"], row["last"]) for row in pretrainer.history_] == [
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 0),
        (1, 0, 0),
    ]


def test_a_grown_model_comes_back_from_its_folder(tmp_path):
    pretrainer = Pretrainer(
        Stack(Dense(9), Dense(2)), depth="auto", schedule=Greedy(1), training=BAD, random_state=0
    ).fit(CURVE)
    again = load(save(pretrainer, tmp_path / "m"))
    assert again.stack_ == Stack(Dense(9))
    assert np.array_equal(again.transform(CURVE), pretrainer.transform(CURVE))
    assert np.array_equal(again.reconstruct(CURVE), pretrainer.reconstruct(CURVE))


def test_the_control_is_as_deep_and_has_other_weights(tmp_path):
    y = (CURVE[:, 0] > 0.3).astype(int)
    plan = [(Supervised(), HeadOnly(1)), (Supervised(), Joint(1))]
    pretrainer = Pretrainer(
        Stack(Dense(9, init="normal(0.01)"), Dense(2)),
        depth="auto",
        schedule=Greedy(1),
        training=BAD,
    )
    arms = [
        PretrainedClassifier(pretrainer, plan=plan, start=start, random_state=0).fit(CURVE, y)
        for start in ("pretrained", "random")
    ]
    assert [arm.module_.depth for arm in arms] == [1, 1]
    control = arms[1].pretrainer_
    assert control.stack_ == Stack(Dense(9))  # the best start for training from random weights
    assert control.history_ == []
    assert not torch.equal(*(arm.pretrainer_.module_.stages[0].weight for arm in arms))
    again = load(save(arms[1], tmp_path / "m"))
    assert np.array_equal(again.predict_proba(CURVE), arms[1].predict_proba(CURVE))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            [(Reconstruction(), Joint(1))],
            r"depth='auto' grows a stack in the first step of the plan, which is Joint\(1\)",
        ),
        (
            [(Reconstruction(), Greedy(1)), (Reconstruction(), Greedy((1, 2)))],
            "lists a value per stage or phase",
        ),
        (
            [
                (Reconstruction(), Greedy(1)),
                (Reconstruction(), Joint(1), Training(layer_decay=(1, 0.5))),
            ],
            "their number is not known",
        ),
    ],
)
def test_a_plan_that_cannot_grow_is_refused_before_it_runs(plan, words):
    with pytest.raises(ParameterError, match=words):
        Pretrainer(Stack(Dense(9), Dense(2)), depth="auto", plan=plan).fit(CURVE)


def test_a_stage_at_whose_size_pca_is_exact_stays():
    wide = np.concatenate(
        [CURVE, CURVE[:, :1], np.ones((len(CURVE), 2))], axis=1
    )  # more columns than dimensions
    rank = np.linalg.matrix_rank(CURVE - CURVE.mean(0))
    settings = {"schedule": Greedy(1), "training": BAD, "preprocessing": None, "random_state": 0}
    pretrainer = Pretrainer(Stack(Dense(int(rank)), Dense(1)), depth="auto", **settings).fit(wide)
    assert pretrainer.stack_.depth == 1 and len(pretrainer.depth_report_) == 2, (
        "the first stage was kept and the second judged"
    )


def test_the_warm_up_rises_to_one_and_falls_in_a_line_to_nothing():
    warm = SHAPES["warmup_linear"]
    assert [warm(t) for t in (0.0, 0.05, 0.1, 0.55)] == pytest.approx([0.0, 0.5, 1.0, 0.5])
    assert warm(1.0) == pytest.approx(0.0)
    cycle = SHAPES["one_cycle"]
    assert [cycle(t) for t in (0.0, 0.15, 0.3, 1.0)] == pytest.approx(
        [1 / 25, (1 + 1 / 25) / 2, 1.0, 1e-5]
    )


def test_labels_alone_do_not_move_a_decoder():
    module = Stack(Dense(4)).build(Space.of("real", 3), torch.Generator().manual_seed(0))
    x = torch.rand(20, 3, generator=torch.Generator().manual_seed(1)) + 2
    source = ArraySource(x, Space.of("real", 3), torch.arange(20) % 2)
    run_plan(
        module,
        as_plan([(Supervised(), Joint(1))]),
        Feed(source, source, Space.of("category", 2)),
        keys=Keys(0),
    )
    assert not bool(module.chain[0].decoder_bias.any())


def test_momentum_switches_at_the_epoch_that_is_said():
    training = Training("momentum", momentum=(0.5, 0.9))
    assert [training.momentum_at(epoch) for epoch in (0, 4, 5, 6)] == [0.5, 0.5, 0.9, 0.9]
