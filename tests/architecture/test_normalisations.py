"""Normalisations of the weight against torch's parametrisations, and of the units' inputs."""

from __future__ import annotations

import pickle
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from layerwise import (
    Conv,
    Dense,
    Greedy,
    Joint,
    Pretrainer,
    Reconstruction,
    Space,
    Stack,
    Training,
    load,
    save,
)
from layerwise._random import Keys
from layerwise.architecture.normalisations import SpectralNorm, WeightNorm

STAGES = {"dense": (Dense, (6,)), "conv": (Conv, (2, 5, 4))}
X = torch.rand(16, 6, generator=torch.Generator().manual_seed(0))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def built(kind, name, **settings):
    make, shape = STAGES[kind]
    return Stack(make(4, normalisation=name, **settings)).build(
        Space.of("real", *shape), Keys(0).torch("w")
    )


def torchs(kind, stage):
    """Return torch's own layer with the stage's weight."""
    k, d = stage.weight.shape[:2]
    layer = nn.Linear(d, k, bias=False) if kind == "dense" else nn.Conv2d(d, k, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(stage.weight)
    return layer.double()


@pytest.mark.parametrize("kind", STAGES)
def test_a_weight_norm_is_torchs_with_its_gradients(kind):
    module = built(kind, "weight").double()
    stage = module.stages[0]
    layer = weight_norm(torchs(kind, stage))
    gain, direction = (
        layer.parametrizations.weight.original0,
        layer.parametrizations.weight.original1,
    )
    torch.testing.assert_close(stage.matrix, stage.weight.detach())  # it begins as the plain weight
    with torch.no_grad():
        stage.weight_norm.gain.copy_(torch.rand(4, generator=generator()))
        gain.copy_(stage.weight_norm.gain.view_as(gain))
    torch.testing.assert_close(stage.matrix, layer.weight)
    torch.testing.assert_close(
        stage.matrix.detach().flatten(1).norm(dim=1), stage.weight_norm.gain.detach()
    )
    factor = torch.randn(stage.weight.shape, generator=generator(1), dtype=torch.float64)
    (stage.matrix * factor).sum().backward()
    (layer.weight * factor).sum().backward()
    torch.testing.assert_close(stage.weight.grad, direction.grad)
    torch.testing.assert_close(stage.weight_norm.gain.grad, gain.grad.flatten())


@pytest.mark.parametrize("kind", STAGES)
def test_a_spectral_norm_is_torchs_with_its_gradients(kind):
    module = built(kind, "spectral").double()
    stage = module.stages[0]
    layer = spectral_norm(torchs(kind, stage), n_power_iterations=200)
    for _ in range(200):
        stage.matrix  # noqa: B018  each use in training turns the vector once
    torch.testing.assert_close(stage.matrix, layer.weight)
    factor = torch.randn(stage.weight.shape, generator=generator(1), dtype=torch.float64)
    (stage.matrix * factor).sum().backward()
    (layer.weight * factor).sum().backward()
    torch.testing.assert_close(stage.weight.grad, layer.parametrizations.weight.original.grad)


@pytest.mark.parametrize("kind", STAGES)
def test_the_largest_singular_value_is_1_also_after_training(kind):
    stack = Stack(STAGES[kind][0](4, normalisation="spectral", tied=True))
    rows = torch.rand(32, *STAGES[kind][1], generator=generator()).numpy()
    training = Training(learning_rate=0.002, shape="cosine", batch_size=8)
    pretrainer = Pretrainer(
        stack, objective=Reconstruction(), schedule=Joint(20), training=training, random_state=0
    ).fit(rows)
    largest = torch.linalg.matrix_norm(pretrainer.module_.stages[0].matrix.detach().flatten(1), 2)
    assert float(largest) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("name", ["weight", "spectral", "batch", "layer"])
@pytest.mark.parametrize("kind", STAGES)
def test_using_a_stage_in_evaluation_mode_moves_nothing(kind, name):
    module = built(kind, name).eval()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    x = torch.rand(3, *STAGES[kind][1], generator=generator())
    with torch.no_grad():
        first, again = module.reconstruct(x), module.reconstruct(x)
    assert torch.equal(first, again)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


@pytest.mark.parametrize("name", ["weight", "spectral", "batch", "layer"])
@pytest.mark.parametrize("kind", STAGES)
def test_copies_pickles_and_folders_hold_the_same_bits(kind, name, tmp_path):
    rows = torch.rand(16, *STAGES[kind][1], generator=generator()).numpy()
    stack = Stack(STAGES[kind][0](4, normalisation=name, tied=True))
    pretrainer = Pretrainer(stack, schedule=Greedy(2), random_state=0).fit(rows)
    codes = pretrainer.transform(rows)
    for other in (
        pickle.loads(pickle.dumps(pretrainer)),
        deepcopy(pretrainer),
        load(save(pretrainer, tmp_path / "m")),
    ):
        assert np.array_equal(other.transform(rows), codes)
        assert np.array_equal(other.reconstruct(rows), pretrainer.reconstruct(rows))


@pytest.mark.parametrize("name", ["weight", "spectral"])
def test_a_tied_decoder_uses_the_normalised_weight(name):
    stage = built("dense", name, tied=True, activation="linear").eval().stages[0]
    with torch.no_grad():
        z = torch.rand(3, 4, generator=generator())
        torch.testing.assert_close(stage.decode_params(z), z @ stage.matrix)
        torch.testing.assert_close(stage.encode(X), X @ stage.matrix.T)


def test_layer_norm_of_an_image_is_over_all_channels_and_places():
    module = built("conv", "layer", activation="linear")
    plain = built("conv", "none", activation="linear")
    x = torch.rand(3, 2, 5, 4, generator=generator())
    with torch.no_grad():
        a = plain.encode(x)
        expected = (a - a.mean((1, 2, 3), keepdim=True)) / (
            a.var((1, 2, 3), correction=0, keepdim=True) + 1e-5
        ).sqrt()
        torch.testing.assert_close(module.encode(x), expected)
        module.stages[0].norm.weight[1] = 3.0
        torch.testing.assert_close(module.encode(x)[:, 1], expected[:, 1] * 3.0)


def test_layer_norm_of_rows_is_over_units_and_batch_norm_over_rows():
    plain = built("dense", "none", activation="linear")
    with torch.no_grad():
        a = plain.encode(X)
        by_row = built("dense", "layer", activation="linear").encode(X)
        by_unit = built("dense", "batch", activation="linear").train().encode(X)
    torch.testing.assert_close(
        by_row, (a - a.mean(1, keepdim=True)) / (a.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    )
    torch.testing.assert_close(by_unit, (a - a.mean(0)) / (a.var(0, correction=0) + 1e-5).sqrt())


def test_a_weight_of_zeros_stays_finite():
    weight = torch.zeros(3, 4)
    for norm in (WeightNorm(weight), SpectralNorm(weight, generator())):
        assert torch.equal(norm(weight), weight)
