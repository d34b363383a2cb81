"""Methods are there only where they mean something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from layerwise import (
    BY_HAND,
    ContrastiveDivergence,
    Conv,
    Denoising,
    Dense,
    Greedy,
    Joint,
    Objective,
    PairingError,
    ParameterError,
    Pool,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    Space,
    Sparse,
    Stack,
    Stage,
    StageModule,
    Supervised,
    seeded,
)

X = np.random.default_rng(0).random((30, 6))
METHODS = ("reconstruct", "score_samples", "score", "inverse_transform")


@dataclass(frozen=True, repr=False)
class Spread(Objective):
    """A stranger's objective: codes that are spread out; no decoder."""

    def loss(self, codec, state, batch, at):
        return -codec.encode(batch.x, at).flatten(1).std(0).mean(), {}


class OneWayModule(StageModule):
    def __init__(self, units, in_space, generator):
        super().__init__(in_space, Space.of("real", units))
        with seeded(generator):
            self.inner = nn.Linear(in_space.size, units)

    def encode(self, x, at=BY_HAND):
        return self.inner(x.flatten(1))


@dataclass(frozen=True, repr=False)
class OneWay(Stage):
    """A stranger's stage that only encodes."""

    units: int

    def build(self, in_space, generator):
        return OneWayModule(self.units, in_space, generator)


def offered(model):
    return [name for name in METHODS if hasattr(model, name)]


@pytest.mark.parametrize(
    "objective", [Reconstruction(), Denoising(), Sparse(Reconstruction(), penalty="l1")]
)
def test_a_trained_decoder_offers_everything(objective):
    model = Pretrainer(Stack(Dense(3)), objective=objective, schedule=Joint(1))
    assert offered(model) == list(METHODS)
    assert offered(model.fit(X)) == list(METHODS)


def test_a_machine_trains_the_way_back_too():
    stack = Stack(Dense(3, activation="sigmoid", tied=True))
    model = Pretrainer(stack, objective=ContrastiveDivergence(), schedule=Greedy(1)).fit(X)
    assert offered(model) == list(METHODS)


def test_an_objective_without_a_decoder_offers_codes_alone():
    model = Pretrainer(Stack(Dense(3)), objective=Spread(), schedule=Joint(2), random_state=0)
    assert offered(model) == []
    model.fit(X)
    assert offered(model) == [] and model.transform(X).shape == (30, 3)
    with pytest.raises(AttributeError) as caught:
        model.score(X)
    assert "Spread(), which trains no decoder" in str(caught.value.__cause__)


def test_a_stage_that_only_encodes_offers_codes_alone():
    model = Pretrainer(Stack(OneWay(3)), objective=Spread(), schedule=Joint(1)).fit(X)
    assert offered(model) == []
    with pytest.raises(
        PairingError, match=r"reconstructs, and the stages OneWayModule only encode"
    ):
        Pretrainer(Stack(OneWay(3)), objective=Reconstruction(), schedule=Joint(1)).fit(X)
    images = np.random.default_rng(0).random((8, 1, 6, 6))
    with pytest.raises(PairingError, match=r"the stages Pool\(\) only encode"):
        Pretrainer(Stack(Conv(2), Pool()), schedule=Joint(1)).fit(images)


def test_random_weights_and_half_trained_decoders_offer_codes_alone():
    assert offered(Pretrainer(Stack(Dense(3)), schedule=Joint(1)).fit_random(X)) == []
    assert offered(Pretrainer(Stack(Dense(3)), schedule=Joint(0)).fit(X)) == []
    both = Pretrainer(
        Stack(Dense(4), Dense(3)), objective=[Reconstruction(), Spread()], schedule=Greedy(1)
    ).fit(X)
    assert offered(both) == []
    assert "of some stages of this Pretrainer only" in str(both.why_no_decoder())


def test_a_second_fit_goes_by_what_is_asked_then():
    model = Pretrainer(Stack(Dense(3)), objective=Spread(), schedule=Joint(1)).fit(X)
    model.set_params(objective=Reconstruction()).fit(X)
    assert offered(model) == list(METHODS)


def test_a_depth_is_not_found_where_no_decoder_is_trained():
    model = Pretrainer(Stack(Dense(3)), objective=Spread(), schedule=Greedy(1), depth="auto")
    with pytest.raises(ParameterError, match=r"Spread\(\) trains no decoder"):
        model.fit(X)


def test_a_frozen_encoder_alone_carries_a_head():
    images = np.random.default_rng(0).random((24, 1, 6, 6))
    y = (images.mean((1, 2, 3)) > 0.5).astype(int)
    pretrainer = Pretrainer(Stack(Conv(4), Pool()), objective=Spread(), schedule=Joint(1))
    model = PretrainedClassifier(pretrainer, random_state=0).fit(images, y)
    assert model.predict(images).shape == (24,)
    assert [row["moved"] for row in model.transfer_report_][1] == 0.0  # Pool has no weights


def test_the_same_seed_gives_the_same_bits_with_stock_modules():
    before = torch.get_rng_state()
    codes = [
        Pretrainer(Stack(OneWay(3)), objective=Spread(), schedule=Joint(2), random_state=1)
        .fit(X)
        .transform(X)
        for _ in range(2)
    ]
    assert np.array_equal(*codes)
    assert torch.equal(before, torch.get_rng_state())


def test_a_supervised_pretraining_trains_no_decoder():
    assert not Supervised().trains_decoder
