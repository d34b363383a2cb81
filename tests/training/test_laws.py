"""Laws that hold for every objective: weights are repeated rows, validation changes nothing, a
wrapper is able to do what it wraps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

import layerwise
from layerwise import (
    VIME,
    At,
    BarlowTwins,
    Batch,
    Block,
    Combined,
    Contractive,
    ContrastiveDivergence,
    Denoising,
    Dense,
    FixMatch,
    Greedy,
    HeadOnly,
    Joint,
    Ladder,
    MaskedModelling,
    Masking,
    Objective,
    PairingError,
    PiModel,
    Pretrainer,
    Progressive,
    PseudoLabels,
    Reconstruction,
    Space,
    Sparse,
    Stack,
    Supervised,
    Swap,
    Training,
    TrainingError,
    Unfreeze,
    VIMEConsistency,
)
from layerwise._random import Keys
from layerwise.data import ArraySource, RowsOf
from layerwise.objective.wrapper import Wrapper
from layerwise.training import Feed, as_plan, run_plan, trains_decoders
from layerwise.training.trainee import Trainee

TABLE = Space((7,), (Block("real", 3), Block("unit", 1), Block("category", 3)))
TARGET = Space.of("category", 2)
WEIGHTS = [3, 1, 2, 1, 2, 1, 1, 2]
ROWS = len(WEIGHTS)
OBJECTIVES = [
    Reconstruction(),
    Reconstruction("huber"),
    Denoising(Masking(0.0)),
    Denoising(Masking(1.0), emphasis=(1.0, 0.5)),
    Sparse(Reconstruction(), weight=0.5),
    Sparse(Reconstruction(), penalty="l1", weight=0.5),
    Contractive(Reconstruction(), weight=0.5),
    ContrastiveDivergence(2),
    Supervised((3,), label_smoothing=0.1),
    Combined(Supervised(), Sparse(Reconstruction()), weight=0.5),
    PseudoLabels(Supervised(), threshold=0.0),
    Ladder(noise=0.0),
    Supervised(augment=Masking(0.0)),
    BarlowTwins(Masking(0.0), projector=(4,)),
    MaskedModelling(Masking(1.0)),
    VIME(Masking(1.0)),
    FixMatch(weak=Masking(0.0), strong=Masking(0.5), threshold=1.0),
    PiModel(augment=Masking(0.0)),
    VIMEConsistency(corruption=Masking(0.0)),
]
SCHEDULES = [Greedy(2), Progressive(2), Joint(2), HeadOnly(2), Unfreeze(2)]
PLAIN = Training("sgd", learning_rate=0.05, shape="constant", batch_size=1000)
SLOW = PLAIN.replace("learning_rate", 0.001)  # the ladder's costs are a thousand times larger


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rows(weighted):
    """Eight rows with weights, or every row as often as its weight says."""
    x = torch.rand(ROWS, 7, generator=generator())
    x[:, 4:] = torch.eye(3)[torch.arange(ROWS) % 3]
    observed = torch.rand(ROWS, 7, generator=generator(1)) < 0.8
    y, weight = torch.arange(ROWS) % 2, torch.tensor(WEIGHTS, dtype=torch.float32)
    if weighted:
        return ArraySource(x, TABLE, y, observed, weight)
    several = torch.arange(ROWS).repeat_interleave(torch.tensor(WEIGHTS))
    return ArraySource(x[several], TABLE, y[several], observed[several])


def stack_for(objective):
    if isinstance(objective, Ladder):
        return Stack(
            Dense(5, normalisation="batch"), Dense(4, normalisation="batch", activation="tanh")
        )
    return Stack(
        Dense(5, activation="sigmoid", tied=True), Dense(4, activation="sigmoid", tied=True)
    )


def module_for(objective):
    """A stack with weights of its own; units of a machine are sure of themselves, so that chains
    draw what they must."""
    module = stack_for(objective).build(TABLE, generator(2))
    if isinstance(objective, ContrastiveDivergence):
        with torch.no_grad():
            for stage in module.chain:
                stage.weight.mul_(200)
    return module


def run(objective, schedule, source, held_out=None):
    module = module_for(objective)
    # labelled rows are the same rows; for Mix the drawn ones are all of them in every step
    feed = Feed(source, source, TARGET, held_out)
    size = getattr(objective, "ratio", 1.0)
    changed = objective.replace("ratio", 1.0) if size != 1.0 else objective
    training = SLOW if isinstance(objective, Ladder) else PLAIN
    found = run_plan(module, as_plan([(changed, schedule, training)]), feed, keys=Keys(0))
    return module, found


# It is hardly trained
@pytest.mark.filterwarnings("ignore:.*answers nearly the same", "ignore:.*guesses nearly one class")
@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_a_row_of_weight_two_is_a_row_given_twice(objective, schedule):
    try:
        module, found = run(objective, schedule, rows(weighted=True), rows(weighted=True))
    except PairingError:
        return  # refused; the conformance test says where
    other, expected = run(objective, schedule, rows(weighted=False), rows(weighted=False))
    start = module_for(objective).state_dict()
    moved = any(not torch.equal(start[k], v) for k, v in module.state_dict().items())
    assert moved or isinstance(schedule, HeadOnly)
    for name, value in other.state_dict().items():
        if "num_batches" not in name:
            found_value = module.state_dict()[name]
            torch.testing.assert_close(found_value, value, rtol=2e-4, atol=2e-5, msg=name)
    for row, same in zip(found.history, expected.history, strict=True):
        assert row["loss"] == pytest.approx(same["loss"], rel=1e-3, abs=1e-4)
        assert row["validation"] == pytest.approx(same["validation"], rel=1e-3, abs=1e-4)
    if found.state is not None:
        for name, value in expected.state.state_dict().items():
            if name != "hidden":
                torch.testing.assert_close(
                    found.state.state_dict()[name], value, rtol=2e-4, atol=2e-5
                )


@pytest.mark.filterwarnings("ignore:.*answers nearly the same", "ignore:.*guesses nearly one class")
def test_the_law_is_tried_on_most_pairs():
    tried = 0
    for objective in OBJECTIVES:
        for schedule in SCHEDULES:
            try:
                run(objective, schedule, rows(weighted=True))
                tried += 1
            except PairingError:
                pass
    assert tried > 35


@dataclass(frozen=True, repr=False)
class Queued(Objective):
    """A stranger's objective: its loss fills a queue, its state holds a copy of the codec with
    dropout; it needs the data themselves."""

    level = "data"
    least_rows = 4

    def init(self, codec, target, generator):
        return Queue(codec)

    def loss(self, codec, state, batch, at):
        with torch.no_grad():
            key = state.teacher.encode(batch.x, at)
            state.queue.copy_(state.queue.roll(1, 0))
            state.queue[0] = key.mean(0)
        return (codec.encode(batch.x, at) - state.queue.mean(0)).square().mean(), {}


class Queue(nn.Module):
    def __init__(self, codec):
        super().__init__()
        from copy import deepcopy

        self.teacher = deepcopy(codec).requires_grad_(False).eval()
        self.projector = nn.Linear(2, 2)
        self.register_buffer("queue", torch.zeros(8, codec.code_space.size))


def test_validation_changes_no_state():
    held = rows(weighted=True)
    for objective in [*OBJECTIVES, Queued(), ContrastiveDivergence(persistent=True, chains=3)]:
        module = module_for(objective)
        piece = module.slice(0, 0 if isinstance(objective, ContrastiveDivergence) else 1)
        state = objective.init(piece, TARGET, generator())
        trainee = Trainee(piece, objective, state)
        before = trainee.snapshot()
        batch = held.take(np.arange(ROWS))
        batch = Batch(batch.x, batch.y, weight=batch.weight, other=Batch(batch.x))
        with trainee.evaluating():
            objective.validation(piece, state, batch, At.of(0))
        for name, value in trainee.snapshot().items():
            assert torch.equal(value, before[name]), (objective, name)


def test_a_held_out_row_leaves_no_trace_in_what_is_learned():
    for objective in (Queued(), Ladder(), Supervised()):
        with_rows, _ = run(objective, Joint(2), rows(False), rows(weighted=False))
        without, _ = run(objective, Joint(2), rows(False))
        for name, value in without.state_dict().items():
            assert torch.equal(value, with_rows.state_dict()[name]), (objective, name)


def test_a_part_of_the_state_that_begins_in_evaluation_mode_stays_in_it():
    codec = Stack(Dense(2, dropout=0.5)).build(TABLE, generator())
    state = Queue(codec)
    trainee = Trainee(codec, Queued(), state)
    for _ in range(2):  # also in the phase after
        trainee.train()
        assert codec.training and state.projector.training
        assert not any(part.training for part in state.teacher.modules())
        trainee.rest()
        assert not codec.training
        trainee = Trainee(codec, Queued(), state)


WRAPPERS = [
    lambda inner: Sparse(inner),
    lambda inner: Contractive(inner),
    lambda inner: Sparse(Contractive(inner)),
]
WRAPPED = [Reconstruction(), Denoising(Swap(0.2)), ContrastiveDivergence(), Queued()]
ABILITIES = ("level", "needs", "paced_by", "ratio", "least_rows", "trains_decoder")


@pytest.mark.parametrize("inner", WRAPPED, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("wrap", WRAPPERS)
def test_a_wrapper_is_able_to_do_what_it_wraps(wrap, inner):
    for name in ABILITIES:
        assert getattr(wrap(inner), name) == getattr(inner, name), name
    assert wrap(inner).head_widths() == inner.head_widths()


def test_every_ability_is_forwarded_by_every_wrapper():
    own = {name for name, value in vars(Objective).items() if isinstance(value, property)}
    assert own == set(ABILITIES)
    assert own <= set(vars(Wrapper))


@pytest.mark.parametrize("kind", [Combined, PseudoLabels])
def test_an_objective_around_labels_has_their_abilities_too(kind):
    assert kind().needs == "both" and kind().head_widths() == ()
    assert kind(Supervised((7,))).head_widths() == (7,)
    assert Combined().trains_decoder and not PseudoLabels().trains_decoder
    assert not Ladder().trains_decoder and Ladder().level == "data"


def test_a_wrapped_objective_that_needs_the_data_is_refused_on_codes():
    with pytest.raises(PairingError, match=r"works on the data themselves.*trains stage 2 on"):
        run(Sparse(Queued(), penalty="l1"), Greedy(1), rows(weighted=False))


def test_a_last_batch_below_what_an_objective_needs_joins_the_one_before():
    sizes = []

    @dataclass(frozen=True, repr=False)
    class Counting(Reconstruction):
        least_rows = 4

        def loss(self, codec, state, batch, at):
            sizes.append(len(batch.x))
            return super().loss(codec, state, batch, at)

    source = RowsOf(rows(weighted=False), np.arange(11))
    plan = as_plan([(Counting(), Joint(1), Training(batch_size=4))])
    run_plan(stack_for(None).build(TABLE, generator()), plan, Feed(source), keys=Keys(0))
    assert sorted(sizes) == [4, 7]


def test_an_objective_knows_how_much_of_its_phase_is_done():
    shares = []

    @dataclass(frozen=True, repr=False)
    class Watching(Reconstruction):
        def after_step(self, codec, state, batch, at):
            shares.append((at.epoch, at.step, at.share, len(batch.x)))

    source = RowsOf(rows(weighted=False), np.arange(8))
    plan = as_plan([(Watching(), Joint(2), Training(batch_size=4))])
    run_plan(stack_for(None).build(TABLE, generator()), plan, Feed(source), keys=Keys(0))
    assert shares == [(0, 0, 0.0, 4), (0, 1, 0.25, 4), (1, 0, 0.5, 4), (1, 1, 0.75, 4)]


@pytest.mark.parametrize(
    ("base", "missing"),
    [
        (layerwise.Stage, "build"),
        (layerwise.Objective, "loss"),
        (layerwise.Corruption, "corrupt"),
        (layerwise.Schedule, "spans"),
    ],
)
def test_a_part_without_its_method_cannot_be_made(base, missing):
    part = dataclass(frozen=True, repr=False)(type("Half", (base,), {}))
    with pytest.raises(TypeError, match=missing):
        part()
    with pytest.raises(TypeError, match="encode"):
        type("HalfModule", (layerwise.StageModule,), {})(TABLE, TABLE)


@pytest.mark.parametrize("span", [(0, 99), (-1, 0), (2, 0), (0, 2), (0.0, 1), (3, 2)])
def test_a_span_of_stages_that_are_not_there_is_refused(span):
    @dataclass(frozen=True, repr=False)
    class Wild(layerwise.Schedule):
        def spans(self, depth):
            return [span]

    with pytest.raises(
        layerwise.ParameterError, match=r"spans the stages .* has the stages 0 to 1"
    ):
        list(Wild(1).phases(2))


def test_a_fine_tuning_that_ends_below_the_top_is_refused_before_anything_is_trained():
    X = np.random.default_rng(0).random((30, 4))
    y = np.arange(30) % 2

    @dataclass(frozen=True, repr=False)
    class Lowest(layerwise.Schedule):
        def spans(self, depth):
            return [(0, 0)]

    pretrainer = Pretrainer(Stack(Dense(3), Dense(2)), schedule=Greedy(1))
    model = layerwise.PretrainedClassifier(pretrainer, plan=[(Supervised(), Lowest(1))])
    with pytest.raises(layerwise.ParameterError, match=r"ends at stage 1 of 2: its head"):
        model.fit(X, y)
    assert not hasattr(model, "pretrainer_")


@dataclass(frozen=True, repr=False)
class Counted(Reconstruction):
    """An objective whose state says for which stages it was made."""

    def init(self, codec, target, generator):
        state = nn.Module()
        state.size = nn.Parameter(torch.tensor(float(codec.in_space.size)))
        return state


def test_a_state_belongs_to_its_stages_and_goes_on_only_where_they_are_the_same():
    plan = as_plan([(Counted(), Greedy(1), PLAIN), (Counted(), Joint(1), PLAIN)])
    module = Stack(Dense(5), Dense(3)).build(TABLE, generator())
    result = run_plan(module, plan, Feed(rows(weighted=False)), keys=Keys(0))
    assert result.state.size.item() == 7.0  # of both stages, not of the second, trained before


class Buffered(Objective):
    """An objective that puts another tensor in the place of a buffer."""

    level = "data"

    def init(self, codec, target, generator):
        state = nn.Module()
        state.register_buffer("seen", torch.zeros(1))
        return state

    def loss(self, codec, state, batch, at):
        x = batch.x.clone().requires_grad_()
        codec.encode(x, at).sum().backward(inputs=[x])  # differentiates by its input
        state.seen = state.seen + 1
        return codec.encode(batch.x, at).square().mean() + x.grad.detach().square().mean(), {}


def test_validation_undoes_a_buffer_that_was_replaced_and_may_differentiate():
    objective = Buffered()
    module = Stack(Dense(2)).build(TABLE, generator())
    state = objective.init(module, None, generator())
    trainee = Trainee(module, objective, state)
    with trainee.evaluating():
        assert objective.validation(module, state, rows(True).take(np.arange(4)), At.of(0)) > 0
    assert state.seen.tolist() == [0.0]


def test_a_validation_loss_that_is_not_finite_is_named():
    @dataclass(frozen=True, repr=False)
    class Broken(Reconstruction):
        def validation(self, codec, state, batch, at):
            return torch.tensor(torch.nan)

    with pytest.raises(TrainingError, match=r"The validation loss became nan while training"):
        run(Broken(), Joint(1), rows(False), rows(False))


def test_a_batch_size_below_what_an_objective_needs_is_refused():
    plan = as_plan([(Queued(), Joint(1), PLAIN.replace("batch_size", 3))])
    with pytest.raises(PairingError, match="needs batches of at least 4 rows; batch_size=3"):
        run_plan(Stack(Dense(2)).build(TABLE, generator()), plan, Feed(rows(False)), keys=Keys(0))


def test_the_last_phase_says_whether_a_decoder_was_trained():
    for plan, decodes in [
        ([(Reconstruction(), Joint(1))], True),
        ([(Reconstruction(), Joint(1)), (Queued(), Joint(1))], False),
        ([(Queued(), Joint(1)), (Reconstruction(), Greedy(1))], True),
        ([(Reconstruction(), Joint(1)), (Queued(), Joint(0))], True),
    ]:
        assert trains_decoders(as_plan(plan), 2) is decodes, plan
