"""Codes of several stages side by side."""

from __future__ import annotations

import pytest
import torch

import layerwise
from layerwise import (
    Concatenate,
    Conv,
    Dense,
    Joint,
    ParameterError,
    Pretrainer,
    Reconstruction,
    Space,
    Stack,
    load,
    save,
)


def built(*stages, space=None):
    return Stack(Concatenate(*stages)).build(
        space or Space.of("unit", 9), torch.Generator().manual_seed(0)
    )


def test_the_code_is_the_codes_of_all_stages():
    module = built(Dense(5), Dense(3, activation="sigmoid"))
    x = torch.rand(4, 9)
    first, second = module.stages[0].inner.chain
    h = first.encode(x)
    assert torch.equal(module.encode(x), torch.cat([h, second.encode(h)], dim=1))
    assert [block.kind for block in module.code_space.blocks] == ["nonneg", "unit"]


def test_the_last_code_alone_is_decoded():
    module = built(Dense(5), Dense(3))
    z = module.encode(torch.rand(4, 9))
    other = torch.cat([torch.rand(4, 5), z[:, 5:]], dim=1)
    assert torch.equal(module.decode(z), module.decode(other))
    assert torch.equal(module.decode(z), module.stages[0].inner.decode(z[:, 5:]))


def test_images_are_laid_side_by_side_too():
    module = built(Conv(2, pool=2), Conv(3), space=Space.of("unit", 1, 5, 4))
    x = torch.rand(2, 1, 5, 4)
    assert module.encode(x).shape == (2, 2 * 3 * 2 + 3 * 3 * 2)
    assert module.reconstruct(x).shape == x.shape


def test_it_is_trained_and_kept_as_any_stage(tmp_path):
    X = torch.rand(60, 9).numpy()
    model = Pretrainer(
        Stack(Concatenate(Dense(5), Dense(3))),
        objective=Reconstruction(),
        schedule=Joint(2),
        random_state=0,
    ).fit(X)
    assert model.transform(X).shape == (60, 8)
    assert (load(save(model, tmp_path)).transform(X) == model.transform(X)).all()


def test_it_needs_stages():
    with pytest.raises(ParameterError, match="A Concatenate needs at least one stage"):
        Concatenate()
    with pytest.raises(ParameterError, match=r"must be stages such as Dense\(500\)"):
        layerwise.Concatenate(5)
