"""A moving average of the weights, beside those that are trained."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise import Dense, Joint, Pretrainer, Reconstruction, Stack, Training
from layerwise.objective import Objective
from layerwise.training.average import Average
from layerwise.training.trainee import Trainee


def trainee():
    from layerwise import Space

    codec = Stack(Dense(2, normalisation="batch")).build(
        Space.of("real", 3), torch.Generator().manual_seed(0)
    )
    objective: Objective = Reconstruction()
    return Trainee(codec, objective, None)


def moved(one, value):
    with torch.no_grad():
        for parameter in one.parameters():
            parameter.fill_(value)


def test_it_is_the_recurrence():
    one = trainee()
    average = Average(one, 0.5, 40)  # a momentum of 1 - 1 / 20 at most
    expected = None
    for step in range(60):
        moved(one, float(step))
        average.follow()
        momentum = min(1 - 1 / 20, step / (step + 10))
        expected = float(step) if expected is None else momentum * expected + (1 - momentum) * step
    name = "codec.stages.0.weight"
    assert average.values[name].unique().tolist() == pytest.approx([expected], rel=1e-5)


def test_it_is_in_place_inside_the_block_alone():
    one = trainee()
    average = Average(one, 0.5, 40)
    for value in (1.0, 3.0):
        moved(one, value)
        average.follow()
    with average.in_place():
        inside = one.codec.chain[0].weight.clone()
    assert torch.equal(one.codec.chain[0].weight, torch.full_like(inside, 3.0))
    average.take_over()
    assert torch.equal(one.codec.chain[0].weight, inside)
    assert not torch.equal(inside, torch.full_like(inside, 3.0))


def test_a_share_of_zero_keeps_the_last_weights():
    one = trainee()
    average = Average(one, 0.0, 40)
    moved(one, 2.0)
    average.follow()
    average.take_over()
    assert average.values is None
    assert one.codec.chain[0].weight[0, 0].item() == 2.0


def fitted(share, **settings):
    X = np.random.default_rng(0).normal(size=(60, 4))
    training = Training("sgd", learning_rate=0.5, shape="constant", batch_size=10, average=share)
    return Pretrainer(
        Stack(Dense(3)),
        objective=Reconstruction(),
        schedule=Joint(8),
        training=training,
        random_state=0,
        **settings,
    ).fit(X)


def test_what_is_kept_of_a_phase_is_the_average():
    last, mean = fitted(0.0), fitted(0.5)
    assert [row["loss"] for row in last.history_] == [row["loss"] for row in mean.history_]
    assert not torch.equal(last.module_.chain[0].weight, mean.module_.chain[0].weight)


def test_what_is_held_out_is_judged_by_the_average():
    last, mean = fitted(0.0, validation=0.3), fitted(0.5, validation=0.3)
    assert last.history_[0]["loss"] == mean.history_[0]["loss"]
    assert last.history_[-1]["validation"] != mean.history_[-1]["validation"]
