"""Losses against formulas written out, corruptions against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss, mean_squared_error

from layerwise import (
    ArraySource,
    At,
    Batch,
    Block,
    Combined,
    Compose,
    Corruption,
    Denoising,
    Dense,
    Gaussian,
    Joint,
    Masking,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    SaltAndPepper,
    Space,
    Stack,
    Supervised,
    Swap,
    Training,
)
from layerwise._random import Keys, bernoulli, dropout
from layerwise.objective.supervised import error_rate
from layerwise.training import Feed, as_plan, run_plan

UNIT = Space.of("unit", 6)
TABLE = Space((6,), (Block("real", 2), Block("category", 3), Block("unit", 1)))
X = torch.rand(50, 6, generator=torch.Generator().manual_seed(0))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def codec(space):
    return Stack(Dense(4)).build(space, Keys(0).torch("w"))


def value(objective, module, batch, state=None):
    with torch.no_grad():
        return float(objective.loss(module, state, batch, At.of(0))[0])


def outputs(module, x):
    with torch.no_grad():
        return module.decode(module.encode(x)).double().numpy()


def table_rows(n=50):
    x = X[:n].clone()
    x[:, 2:5] = torch.nn.functional.one_hot(torch.arange(n) % 3, 3).float()
    return x


def test_the_squared_error_is_scikit_learns():
    module = codec(Space.of("real", 6))
    assert value(Reconstruction(), module, Batch(X)) == pytest.approx(
        mean_squared_error(X, outputs(module, X)), rel=1e-5
    )


def test_the_cross_entropy_is_the_formula():
    module = codec(UNIT)
    p, t = outputs(module, X), X.double().numpy()
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    assert value(Reconstruction("bce"), module, Batch(X)) == pytest.approx(expected, rel=1e-5)
    assert value(Reconstruction(), module, Batch(X)) == pytest.approx(expected, rel=1e-5)


def test_huber_is_the_formula():
    module = codec(Space.of("real", 6))
    e = np.abs(outputs(module, X) - X.numpy())
    expected = np.where(e < 1, e**2 / 2, e - 0.5).mean()
    assert value(Reconstruction("huber"), module, Batch(X)) == pytest.approx(expected, rel=1e-5)


def test_a_category_is_one_element_with_scikit_learns_log_loss():
    module, x = codec(TABLE), table_rows()
    out = outputs(module, x)
    squared = (out[:, :2] - x[:, :2].numpy()) ** 2
    category = -np.log(out[:, 2:5][x[:, 2:5].bool().numpy()])
    assert category.mean() == pytest.approx(
        log_loss(x[:, 2:5].argmax(1), out[:, 2:5] / out[:, 2:5].sum(1, keepdims=True)), rel=1e-5
    )
    t = x[:, 5].double().numpy()
    cross = -(t * np.log(out[:, 5]) + (1 - t) * np.log(1 - out[:, 5]))
    expected = np.concatenate([squared, category[:, None], cross[:, None]], axis=1).mean()
    assert value(Reconstruction(), module, Batch(x)) == pytest.approx(expected, rel=1e-5)


def test_missing_cells_are_left_out_and_weights_weigh():
    module = codec(Space.of("real", 6))
    observed = torch.rand(50, 6, generator=generator(1)) > 0.3
    weight = torch.rand(50, generator=generator(2))
    e = (outputs(module, X) - X.numpy()) ** 2
    w = observed.numpy() * weight.numpy()[:, None]
    batch = Batch(X, observed=observed, weight=weight)
    assert value(Reconstruction(), module, batch) == pytest.approx(
        (e * w).sum() / w.sum(), rel=1e-5
    )
    changed = X.clone()
    changed[~observed] = 0.123
    with torch.no_grad():
        params = module.decode_params(module.encode(X))
        from layerwise.objective.reconstruction import mean_loss

        a, b = (mean_loss(params, x, module, "auto", observed=observed) for x in (X, changed))
    assert float(a) == float(b)


def test_full_emphasis_looks_at_corrupted_entries_alone():
    module = codec(Space.of("real", 6))
    noise = Masking(0.5)
    corrupted, changed = noise.corrupt(X, module.in_space, At.of(0).noise)
    e = (outputs(module, corrupted) - X.numpy()) ** 2
    objective = Denoising(noise, emphasis=(1.0, 0.0))
    assert value(objective, module, Batch(X)) == pytest.approx(e[changed.numpy()].mean(), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_supervised_loss_is_the_cross_entropy_of_the_head(smoothing):
    module, y = codec(UNIT), torch.arange(50) % 3
    objective = Supervised((5,), label_smoothing=smoothing)
    state = objective.init(module, Space.of("category", 3), generator())
    torch.nn.init.normal_(state.layers[-1].weight, generator=generator())
    with torch.no_grad():
        logits = state(module.encode(X))
    log_p = torch.log_softmax(logits, 1)
    target = (1 - smoothing) * torch.nn.functional.one_hot(y, 3) + smoothing / 3
    weight = torch.rand(50, generator=generator(3))
    losses = -(target * log_p).sum(1)
    state.eval()
    assert value(objective, module, Batch(X, y), state) == pytest.approx(
        float(losses.mean()), rel=1e-5
    )
    expected = float((losses * weight).sum() / weight.sum())
    assert value(objective, module, Batch(X, y, weight=weight), state) == pytest.approx(
        expected, rel=1e-5
    )


def test_the_combined_loss_is_the_sum_of_its_parts():
    module, y = codec(UNIT), torch.arange(50) % 3
    objective = Combined(Supervised(), Reconstruction(), weight=0.5)
    state = objective.init(module, Space.of("category", 3), generator())
    more = Batch(X.flip(1))
    parts = value(Supervised(), module, Batch(X, y), state), value(Reconstruction(), module, more)
    assert value(objective, module, Batch(X, y, other=more), state) == pytest.approx(
        parts[0] + 0.5 * parts[1], rel=1e-5
    )


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_random_bits_have_their_probability(p):
    drawn = bernoulli((400, 500), p, generator())
    assert float(drawn.float().mean()) == pytest.approx(p, abs=0.004)
    if 0 < p < 1:
        columns = drawn.float().mean(0)
        assert float(columns.std()) == pytest.approx(np.sqrt(p * (1 - p) / 400), rel=0.15)


def test_dropout_scales_what_it_keeps():
    out = dropout(torch.ones(100, 100), 0.25, generator())
    assert out.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert float(out.mean()) == pytest.approx(1.0, abs=0.02)


def test_swap_takes_entries_of_the_same_column_and_moves_a_category_whole():
    x = table_rows()
    out, changed = Swap(0.5).corrupt(x, TABLE, generator())
    for column in range(6):
        assert set(out[:, column].tolist()) <= set(x[:, column].tolist())
    assert out[:, 2:5].sum(1).tolist() == [1.0] * 50
    assert (changed[:, 2:3] == changed[:, 2:5]).all()
    assert float((out != x)[:, 0].float().mean()) == pytest.approx(0.5, abs=0.2)
    assert torch.equal(out[~changed], x[~changed])


def test_swap_of_one_row_changes_nothing():
    out, changed = Swap(1.0).corrupt(X[:1], UNIT, generator())
    assert torch.equal(out, X[:1])
    assert not changed.any()


def test_masking_hides_a_category_whole():
    out, _ = Masking(0.5).corrupt(table_rows(), TABLE, generator())
    assert set(out[:, 2:5].sum(1).tolist()) == {0.0, 1.0}


def test_salt_and_pepper_sets_extremes_half_of_the_time_each():
    rows = torch.rand(500, 6, generator=generator(1))
    out, changed = SaltAndPepper(0.4).corrupt(rows, UNIT, generator())
    assert set(out[changed].unique().tolist()) == {0.0, 1.0}
    assert float(out[changed].mean()) == pytest.approx(0.5, abs=0.06)
    real = Space.of("real", 6)
    out, changed = SaltAndPepper(1.0).corrupt(rows * 10 - 5, real, generator())
    low, high = (rows * 10 - 5).amin(0), (rows * 10 - 5).amax(0)
    assert ((out == low) | (out == high)).all()


def test_gaussian_noise_has_its_size_and_leaves_categories():
    out, _ = Gaussian(0.3).corrupt(table_rows().repeat(40, 1), TABLE, generator())
    difference = out - table_rows().repeat(40, 1)
    assert float(difference[:, 0].std()) == pytest.approx(0.3, rel=0.05)
    assert not difference[:, 2:5].any()


def test_compositions_apply_in_turn():
    out, changed = Compose(Masking(1.0), Gaussian(0.1)).corrupt(X, UNIT, generator())
    assert float(out.abs().mean()) < 0.2
    assert changed.all()


@pytest.mark.parametrize(
    ("objective", "space", "words"),
    [
        (Reconstruction("bce"), Space.of("real", 6), "needs values in .0, 1.*Scale the data"),
        (Denoising(SaltAndPepper()), TABLE, "categories have none. Use Masking or Swap"),
        (Denoising(Gaussian()), Space.of("category", 6), "the data hold categories alone"),
        (Denoising(Compose(Masking(), SaltAndPepper())), TABLE, "categories have none"),
        (Supervised(), UNIT, "needs labels, and none were given"),
    ],
)
def test_an_illegal_pair_is_refused_with_both_sides_named(objective, space, words):
    with pytest.raises(PairingError, match=words) as caught:
        objective.check(codec(space), None)
    assert (
        type(objective).__name__ in str(caught.value)
        or "SaltAndPepper" in str(caught.value)
        or "Gaussian" in str(caught.value)
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Masking(1.5),
            r"'p' parameter of Masking must be a number in the range \[0, 1\]. Got 1.5",
        ),
        (lambda: Gaussian(0), r"in the range \(0, inf\)"),
        (lambda: Denoising(0.25), "must be a corruption such as Masking"),
        (lambda: Denoising(emphasis=(1.0,)), "must be two weights"),
        (lambda: Reconstruction("mae"), "must be one of 'auto', 'mse'"),
        (lambda: Supervised((0,)), "'head' parameter of Supervised"),
        (lambda: Combined(Reconstruction()), "must be Supervised"),
        (lambda: Compose(0.1), "must be augmentations such as"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


class Erasing(Corruption):
    """A stranger's corruption, which writes over what it is given."""

    def corrupt(self, x, space, generator):
        return x.zero_(), torch.ones_like(x, dtype=torch.bool)


def test_a_corruption_that_writes_over_its_rows_leaves_those_of_others_alone():
    x = torch.rand(3, 2)
    kept = x.clone()
    seen, _ = Compose(Masking(0.0), Erasing()).corrupt(
        x, Space.of("unit", 2), torch.Generator().manual_seed(0)
    )
    assert torch.equal(x, kept) and not seen.any()


@pytest.mark.parametrize("corruption", [Gaussian(0.1), SaltAndPepper(0.1)])
def test_numbers_for_tokens_are_refused(corruption):
    with pytest.raises(PairingError):
        corruption.check(Space((4,), (Block("token", 4, levels=9),)))


def test_what_follows_a_step_follows_in_a_combined_objective_too():
    steps = []

    class Moving(Reconstruction):
        def after_step(self, codec, state, batch, at):
            steps.append(at.step)

    data = ArraySource(torch.rand(8, 3), Space.of("unit", 3), torch.arange(8) % 2)
    plan = as_plan([(Combined(Supervised(), Moving()), Joint(2), Training(batch_size=4))])
    module = Stack(Dense(2)).build(Space.of("unit", 3), torch.Generator().manual_seed(0))
    feed = Feed(data, data, Space.of("category", 2))
    run_plan(module, plan, feed, keys=Keys(0))
    assert len(steps) == 4


def test_equal_error_rates_are_told_apart_by_the_loss():
    outputs, y = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]]), torch.tensor([0, 0, 0])
    batch = Batch(torch.zeros(3, 1), y)
    entropy = torch.nn.functional.cross_entropy(outputs, y)
    assert error_rate(outputs, batch).item() == pytest.approx(1 / 3 + 1e-3 * float(entropy))
    assert error_rate(outputs, batch, torch.tensor(5.0)).item() == pytest.approx(1 / 3 + 5e-3)


def test_sigmoids_learn_from_random_weights():
    X, y = load_digits(return_X_y=True)  # from a head of zeros: half of the rows
    stack = Stack(*[Dense(64, activation="sigmoid")] * 3)
    plan = [(Supervised(), Joint(20), Training(learning_rate=3e-3, batch_size=50))]
    model = PretrainedClassifier(
        Pretrainer(stack, random_state=0), start="random", plan=plan, random_state=0
    )
    assert model.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.75


@pytest.mark.parametrize(("kind", "gain"), [("category", 1.0), ("real", 0.1)])
@pytest.mark.parametrize("widths", [(), (7,)])
def test_the_output_of_a_head_begins_as_glorot_and_bengio_say(widths, kind, gain):
    head = Supervised(widths).init(codec(UNIT), Space.of(kind, 3), generator())
    weight = head.layers[-1].weight.detach()
    bound = gain * (6.0 / sum(weight.shape)) ** 0.5
    assert 0.5 * bound < float(weight.abs().max()) <= bound
    assert not any(layer.bias.any() for layer in head.layers)
