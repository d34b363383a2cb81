"""Every stage with every objective on every schedule: what holds for all holds for each."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

import layerwise
from layerwise import (
    Block,
    Combined,
    Compose,
    Denoising,
    Dense,
    Gaussian,
    Greedy,
    HeadOnly,
    Joint,
    Masking,
    PairingError,
    Progressive,
    Reconstruction,
    SaltAndPepper,
    Space,
    Stack,
    Supervised,
    Swap,
    Training,
    Unfreeze,
)
from layerwise._random import Keys
from layerwise._spec import from_dict
from layerwise.data import ArraySource
from layerwise.training import Feed, as_plan, run_plan

STACKS = [
    Stack(Dense(6), Dense(4)),
    Stack(Dense(6, tied=True, activation="sigmoid"), Dense(4, tied=True, activation="linear")),
    Stack(Dense(6, normalisation="batch", dropout=0.2), Dense(4, activation="tanh")),
    Stack(Dense(6, activation="prelu", normalisation="layer"), Dense(4, activation="gelu", init="orthogonal")),
]
OBJECTIVES = [
    Reconstruction(),
    Reconstruction("huber"),
    Reconstruction("bce"),
    Denoising(),
    Denoising(Compose(Masking(0.2), Gaussian(0.1)), emphasis=(1.0, 0.5)),
    Denoising(SaltAndPepper(0.2)),
    Denoising(Swap(0.3), error="mse"),
    Supervised((3,), dropout=0.2, input_dropout=0.1, label_smoothing=0.1),
    Combined(Supervised(), Denoising(), weight=0.5),
]
SCHEDULES = [Greedy(1), Progressive(1), Joint(1), HeadOnly(1), Unfreeze(1)]
TABLE = Space((7,), (Block("real", 3), Block("unit", 1), Block("category", 3)))
SPACES = {"real": Space.of("real", 7), "unit": Space.of("unit", 7), "table": TABLE}


def rows(space, n=20):
    x = torch.rand(n, 7, generator=torch.Generator().manual_seed(0))
    if space is TABLE:
        x[:, 4:] = torch.nn.functional.one_hot(torch.arange(n) % 3, 3).float()
    return ArraySource(x, space, torch.arange(n) % 2, observed=None)


def refused(stack, objective, schedule, name):
    """Return whether this combination is one that must be refused, by the rules of the documentation."""
    unsupervised = objective.unsupervised if isinstance(objective, Combined) else objective
    if isinstance(schedule, HeadOnly) and not isinstance(objective, Supervised):
        return True
    if isinstance(objective, Denoising) and isinstance(objective.corruption, SaltAndPepper) and name == "table":
        return True
    if getattr(unsupervised, "error", "") == "bce":
        starts = {phase.first for phase in schedule.phases(stack.depth) if phase.last >= phase.first}
        kinds = {
            SPACES[name].kind if first == 0 else stack.build(SPACES[name], Keys(0).torch("w")).space_at(first).kind
            for first in starts
        }
        return not kinds <= {"unit", "category"}
    return False


CASES = list(product(STACKS, OBJECTIVES, SCHEDULES, SPACES))


@pytest.mark.parametrize(("stack", "objective", "schedule", "name"), CASES)
def test_a_combination_trains_or_is_refused_as_declared(stack, objective, schedule, name):
    space = SPACES[name]
    source = rows(space)
    module = stack.build(space, Keys(0).torch("w"))
    plan = as_plan([(objective, schedule, Training(batch_size=8))])
    feed = Feed(source, source, Space.of("category", 2))
    if refused(stack, objective, schedule, name):
        with pytest.raises(PairingError, match=r"\."):
            run_plan(module, plan, feed, keys=Keys(0))
        return
    before = {key: value.clone() for key, value in module.state_dict().items()}
    run = run_plan(module, plan, feed, keys=Keys(0))
    assert all(np.isfinite(row["loss"]) for row in run.history)
    trained = {i for phase in schedule.phases(2) for i in range(phase.first, phase.last + 1)}
    for i in range(2):
        key = f"stages.{i}.weight"
        assert torch.equal(before[key], module.state_dict()[key]) == (i not in trained)
    again = stack.build(space, Keys(0).torch("w"))
    run_plan(again, plan, feed, keys=Keys(0))
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in module.state_dict().items())
    with torch.no_grad():
        z = module.encode(source.x)
        assert tuple(z.shape) == (20, 4)
        assert tuple(module.decode(z).shape) == (20, 7)


def test_the_product_holds_both_kinds(capsys):
    count = sum(refused(*case) for case in CASES)
    with capsys.disabled():
        print(f"\nconformance: {len(CASES) - count} combinations train, {count} are refused as declared")
    assert 0 < count < len(CASES) / 2


@pytest.mark.parametrize("value", [*STACKS, *OBJECTIVES, *SCHEDULES, Training("sgd", learning_rate=0.1, clip=1.0)], ids=repr)
def test_a_value_is_what_its_repr_says_and_survives_plain_data(value):
    names = {name: getattr(layerwise, name) for name in layerwise.__all__}
    assert eval(repr(value), names) == value
    assert from_dict(value.to_dict()) == value
    assert hash(value) == hash(from_dict(value.to_dict()))
