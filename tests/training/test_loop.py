"""The loop: rates, steps, clipping, sources, faults."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise import (
    OPTIMISERS,
    SHAPES,
    At,
    Batch,
    Combined,
    Denoising,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    ParameterError,
    Phase,
    Pretrainer,
    Reconstruction,
    Space,
    Stack,
    Supervised,
    Training,
    TrainingError,
    observing,
)
from layerwise._random import Keys, Streams
from layerwise.data import ArraySource, Mix, RowsOf, SparseSource
from layerwise.training import (
    Feed,
    as_plan,
    cache,
    device,
    device_of,
    encoded,
    meter,
    precision_of,
    run_plan,
)
from layerwise.training.feed import batches
from layerwise.training.optimisers import make_optimiser
from layerwise.training.rates import layers_of
from layerwise.training.shapes import factor_at

SPACE = Space.of("unit", 6)
X = torch.rand(40, 6, generator=torch.Generator().manual_seed(0))
SOURCE = ArraySource(X, SPACE)
Y = torch.arange(40) % 2


def built(stack=None):
    return (stack or Stack(Dense(5), Dense(3))).build(SPACE, Keys(0).torch("w"))


def run(module, plan, feed=None, **settings):
    return run_plan(module, as_plan(plan), feed or Feed(SOURCE), keys=Keys(0), **settings)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_every_optimiser_lowers_the_loss_with_its_own_rate(name):
    result = run(
        built(Stack(Dense(6))), [(Reconstruction(), Joint(40), Training(name, batch_size=8))]
    )
    assert result.history[-1]["loss"] < result.history[0]["loss"]


def test_adadelta_has_the_rate_of_its_paper():
    layers = layers_of(built(), Phase(0, 1, 1), None, Training("adadelta"))
    assert [rate for _, rate in layers] == [1.0, 1.0]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_stays_between_0_and_1_and_reaches_its_peak(shape):
    factors = [factor_at(shape, step, 100) for step in range(100)]
    assert min(factors) > 0
    assert max(factors) == pytest.approx(1.0, abs=0.06)
    assert (factors[-1] < 0.02) == (shape != "constant")


def test_layers_have_their_rates():
    module = built(Stack(Dense(5), Dense(4), Dense(3)))
    head = torch.nn.Linear(3, 2)
    phase = Phase(0, 2, 1)
    training = Training(learning_rate=1.0, layer_decay=0.5)
    assert [rate for _, rate in layers_of(module, phase, head, training)] == [1.0, 0.125, 0.25, 0.5]
    training = Training(learning_rate=(0.1, 0.2, 0.3), layer_decay=(1.0, 2.0, 1.0))
    assert [rate for _, rate in layers_of(module, phase, head, training)] == pytest.approx(
        [0.3, 0.1, 0.4, 0.3]
    )
    with pytest.raises(ParameterError, match="lists learning_rate for 2 stages; the stack has 3"):
        layers_of(module, phase, None, Training(learning_rate=(0.1, 0.2)))


def test_a_factor_of_zero_freezes_a_stage():
    module = built()
    before = module.stages[0].weight.detach().clone()
    run(module, [(Reconstruction(), Joint(2), Training(layer_decay=(0.0, 1.0)))])
    assert torch.equal(before, module.stages[0].weight)


def test_weight_decay_spares_biases_and_normalisations():
    module = built(Stack(Dense(5, normalisation="layer")))
    groups = make_optimiser("adamw", [(module, 0.1)], momentum=0.9, weight_decay=0.01).groups
    for group in groups:
        assert (group.weight_decay > 0) == all(p.ndim >= 2 for p in group.parameters)


def test_a_clipped_step_has_at_most_that_norm():
    module = built(Stack(Dense(5)))
    before = torch.cat([p.detach().flatten() for p in module.parameters()])
    plan = [
        (
            Reconstruction(),
            Joint(1),
            Training("sgd", learning_rate=1.0, shape="constant", batch_size=40, clip=0.001),
        )
    ]
    # the decoder's bias begins at the mean; that is not a step
    module.stages[0].centre(X.mean(0))
    before = torch.cat([p.detach().flatten() for p in module.parameters()])
    run(module, plan)
    after = torch.cat([p.detach().flatten() for p in module.parameters()])
    assert float((after - before).norm()) == pytest.approx(0.001, rel=1e-3)


def test_few_rows_still_make_the_minimum_of_steps():
    result = run(built(), [(Reconstruction(), Joint(2), Training(batch_size=20, min_steps=17))])
    assert len(result.history) == 9
    assert run(built(), [(Reconstruction(), Joint(0), Training(min_steps=17))]).history == []


def test_each_phase_begins_with_a_fresh_shape():
    result = run(
        built(), [(Reconstruction(), Greedy(4), Training(learning_rate=0.1, batch_size=4))]
    )
    rates = [row["learning_rate"] for row in result.history]
    assert rates[3] < rates[1]
    assert rates[4] > rates[3]


def test_a_head_goes_on_from_one_step_to_the_next():
    labelled = ArraySource(X, SPACE, Y)
    feed = Feed(SOURCE, labelled, Space.of("category", 2))
    alone = run(built(), [(Supervised(), HeadOnly(3))], feed)
    both = run(built(), [(Supervised(), HeadOnly(3)), (Supervised(), Joint(0))], feed)
    assert torch.equal(alone.state.layers[0].weight, both.state.layers[0].weight)
    fresh = run(built(), [(Supervised(), HeadOnly(3)), (Supervised((4,)), Joint(0))], feed)
    assert len(fresh.state.layers) == 2


def test_a_supervised_greedy_plan_throws_its_heads_away():
    feed = Feed(SOURCE, ArraySource(X, SPACE, Y), Space.of("category", 2))
    result = run(built(), [(Supervised(), Greedy(1))], feed)
    assert result.state.layers[0].in_features == 3


def test_a_mix_gives_each_step_labelled_and_other_rows():
    mix = Mix(ArraySource(X[:10], SPACE, Y[:10]), SOURCE, ratio=2.0)
    taken = list(batches(mix, 5, Keys(0), 0))
    assert [len(batch.x) for batch in taken] == [5, 5]
    assert [len(batch.other.x) for batch in taken] == [10, 10]
    assert sorted(row for batch in taken for row in batch.rows) == list(range(10))
    result = run(
        built(),
        [(Combined(Supervised(), Denoising()), Joint(2))],
        Feed(SOURCE, mix.labelled, Space.of("category", 2)),
    )
    assert {"supervised", "unsupervised"} <= set(result.history[0])


def test_a_loss_that_is_not_finite_stops_at_the_step_and_keeps_the_last_epoch():
    module = Stack(Dense(5, activation="linear")).build(Space.of("real", 6), Keys(0).torch("w"))
    plan = [
        (
            Reconstruction("mse"),
            Joint(50),
            Training("sgd", learning_rate=1e3, shape="constant", batch_size=40),
        )
    ]
    with pytest.raises(
        TrainingError,
        match=r"The loss became (nan|inf) in epoch \d+, step 1, while training stage 1 with.*Lower",
    ):
        run_plan(
            module, as_plan(plan), Feed(ArraySource(X * 1e3, Space.of("real", 6))), keys=Keys(0)
        )
    assert all(bool(torch.isfinite(p).all()) for p in module.parameters())


def test_a_last_step_that_ruins_the_weights_is_told():
    module = Stack(Dense(5, activation="linear")).build(Space.of("real", 6), Keys(0).torch("w"))
    plan = [
        (
            Reconstruction("mse"),
            Joint(1),
            Training("sgd", learning_rate=1e42, shape="constant", batch_size=40),
        )
    ]
    with pytest.raises(TrainingError, match="became infinite by the end of epoch 1"):
        run_plan(module, as_plan(plan), Feed(ArraySource(X, Space.of("real", 6))), keys=Keys(0))
    assert all(bool(torch.isfinite(p).all()) for p in module.parameters())


def test_sources_of_the_same_rows_give_the_same_batches():
    import scipy.sparse as sp

    rows = np.array([3, 0, 7])
    dense = SOURCE.take(rows).x
    assert torch.equal(dense, SparseSource(sp.csr_matrix(X.numpy()), SPACE).take(rows).x)
    assert torch.equal(dense, RowsOf(SOURCE, np.array([7, 3, 0])).take(np.array([1, 2, 0])).x)


def test_codes_that_do_not_fit_go_to_a_file(monkeypatch):
    made = []
    mapped = np.memmap
    monkeypatch.setattr(
        np, "memmap", lambda *args, **kw: made.append(kw["shape"]) or mapped(*args, **kw)
    )
    in_memory = encoded(built().slice(0, 0), SOURCE, torch.device("cpu"))
    assert made == []
    monkeypatch.setattr(cache, "MEMORY_SHARE", 0.0)
    on_disk = encoded(built().slice(0, 0), SOURCE, torch.device("cpu"))
    assert made == [(40, 5)]
    assert torch.equal(in_memory.x, on_disk.x)


def test_a_code_does_not_depend_on_its_neighbours():
    module = built(Stack(Dense(64), Dense(32)))
    whole = encoded(module, SOURCE, torch.device("cpu")).x
    alone = encoded(module, ArraySource(X[17:18], SPACE), torch.device("cpu")).x
    assert torch.equal(whole[17:18], alone)


def test_bfloat16_trains_and_leaves_float32_weights():
    module = built()
    result = run(module, [(Denoising(), Joint(5))], autocast=torch.bfloat16)
    assert np.isfinite(result.history[-1]["loss"])
    assert module.stages[0].weight.dtype == torch.float32


def test_events_tell_phases_and_epochs_to_the_current_observer():
    from layerwise import Pretrainer

    heard = []
    with observing(heard.append):
        Pretrainer(Stack(Dense(3), Dense(2)), schedule=Greedy(2), random_state=0).fit(X.numpy())
    kinds = [event.kind for event in heard]
    assert kinds == ["phase", "epoch", "epoch"] * 2
    assert heard[-1].share == 1.0
    heard.clear()
    Pretrainer(Stack(Dense(3)), random_state=0).fit(X.numpy())
    assert heard == []


def test_a_device_and_a_precision_must_exist():
    with pytest.raises(ParameterError, match="There is no device 'tpu' here. Devices: cpu"):
        device_of("tpu")
    with pytest.raises(
        ParameterError, match="must be one of 'float32', 'bfloat16', 'auto'. Got 'float64'"
    ):
        precision_of("float64", torch.device("cpu"))
    assert precision_of("float32", torch.device("cpu")) is None


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([], "must be a non-empty list"),
        ("greedy", "must be a non-empty list"),
        ([Reconstruction()], r"must be \(objective, schedule\)"),
        ([(Greedy(1), Reconstruction())], "must be an objective such as"),
        ([(Reconstruction(), 20)], "must be a schedule such as"),
        ([(Reconstruction(), Joint(1), 0.1)], r"must be Training\(...\) or None"),
    ],
)
def test_a_wrong_plan_is_explained(plan, words):
    with pytest.raises(ParameterError, match=words):
        as_plan(plan)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"optimiser": "addam"}, "Did you mean 'adam'"),
        ({"learning_rate": 0.0}, r"in the range \(0, inf\) or None. Got 0.0"),
        ({"shape": "cosin"}, "Did you mean 'cosine'"),
        ({"batch_size": 0}, r"in the range \[1, inf\)"),
        ({"clip": -1}, "'clip' parameter of Training"),
        ({"layer_decay": (0.5, -1)}, "'layer_decay' parameter of Training"),
        ({"patience": 0}, "'patience' parameter of Training"),
    ],
)
def test_wrong_training_settings_are_explained(settings, words):
    with pytest.raises(ParameterError, match=words):
        Training(**settings)


def test_a_batch_without_a_gpu_stays_where_it_is():
    batch = Batch(X)
    assert batch.to(torch.device("cpu")) is batch


def test_a_row_of_the_history_says_how_many_rows_a_second():
    X = np.random.default_rng(0).random((40, 4))
    rows = Pretrainer(Stack(Dense(3)), schedule=Joint(2), random_state=0).fit(X).history_
    for row in rows:
        assert row["rows_per_second"] * row["seconds"] == pytest.approx(40)


@pytest.mark.parametrize(("seconds", "told"), [(1e9, 0), (-1.0, 6)])
def test_steps_are_told_no_more_often_than_is_asked(seconds, told, monkeypatch):
    monkeypatch.setattr(meter, "EVENT_SECONDS", seconds)
    events = []
    data = ArraySource(torch.rand(12, 3), Space.of("unit", 3))
    plan = as_plan([(Reconstruction(), Joint(2), Training(batch_size=4))])
    module = Stack(Dense(2)).build(Space.of("unit", 3), torch.Generator().manual_seed(0))
    run_plan(module, plan, Feed(data), keys=Keys(0), observe=events.append)
    assert sum(event.kind == "steps" for event in events) == told


def test_a_context_begins_at_the_beginning():
    for at in (At.of(0), At(Streams(Keys(0)))):
        assert (at.epoch, at.step, at.share) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("count", "there", "not_there"),
    [(0, ["cpu"], ["cuda", "cuda:0", "tpu"]), (2, ["cpu", "cuda", "cuda:1"], ["cuda:2", "tpu"])],
)
def test_devices_are_those_that_are_there(count, there, not_there, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    assert [str(device_of(name)) for name in there] == there
    for name in not_there:
        with pytest.raises(ParameterError, match=f"There is no device '{name}' here"):
            device_of(name)


@pytest.mark.parametrize(
    ("single", "half", "taken"), [(2.0, 1.0, True), (1.2, 1.0, False), (1.0, 2.0, False)]
)
def test_auto_takes_bfloat16_only_where_products_are_clearly_faster_with_it(
    monkeypatch, single, half, taken
):
    monkeypatch.setattr(device, "product_seconds", lambda: (single, half))
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    monkeypatch.setenv(device.ANSWER, "not yet")
    device._pays.cache_clear()
    try:
        expected = torch.bfloat16 if taken else None
        assert precision_of("auto", torch.device("cpu")) is expected
        monkeypatch.setattr(device, "product_seconds", lambda: (half, single))
        device._pays.cache_clear()  # as in a process that this one starts
        assert precision_of("auto", torch.device("cpu")) is expected
    finally:
        device._pays.cache_clear()


def test_products_are_timed_in_both_types():
    single, half = device.product_seconds()
    assert 0 < single < 1 and 0 < half < 1
