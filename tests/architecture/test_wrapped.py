"""Modules of the user's own as stages."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from layerwise import (
    Joint,
    MaskedModelling,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    Pretrainer,
    Space,
    Stack,
    Wrapped,
    load,
    register_encoder,
    save,
)

TORCH = torch.Generator().manual_seed(7)
KEPT = {"weight": torch.randn(6, 3, 3, 3, generator=TORCH), "bias": torch.zeros(6)}


@register_encoder("tests: filters")
def filters():
    module = nn.Conv2d(3, 6, 3)
    module.load_state_dict(KEPT)
    return nn.Sequential(module, nn.BatchNorm2d(6), nn.ReLU(), nn.Dropout(0.5))


@register_encoder("tests: two answers")
def two_answers():
    return nn.LSTM(4, 3)


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


IMAGE = Space.of("unit", 3, 8, 8)


def test_it_encodes_as_the_module_does_and_averages_places():
    built = Wrapped("tests: filters", mean=(0.5,) * 3, deviation=(0.25,) * 3).build(IMAGE, draws())
    x = torch.rand(4, 3, 8, 8, generator=draws(1))
    built.eval()
    module = filters().eval()
    with torch.no_grad():
        assert torch.allclose(built.encode(x), module((x - 0.5) / 0.25).mean((2, 3)), atol=1e-6)
    assert built.code_space == Space.of("real", 6)


def test_images_are_brought_to_its_size():
    built = Wrapped("tests: filters", size=12).build(IMAGE, draws()).eval()
    x = torch.rand(2, 3, 8, 8, generator=draws(1))
    large = nn.functional.interpolate(x, (12, 12), mode="bicubic", antialias=True)
    with torch.no_grad():
        assert torch.allclose(built.encode(x), filters().eval()(large).mean((2, 3)), atol=1e-6)


def test_the_control_has_random_weights_of_the_seed():
    stage = Wrapped("tests: filters")
    own, first, second, other = (
        s.build(IMAGE, draws(seed)).module[0].weight
        for s, seed in (
            (stage, 0),
            (stage.with_best_init(), 0),
            (stage.with_best_init(), 0),
            (stage.with_best_init(), 1),
        )
    )
    assert torch.equal(own, KEPT["weight"]) and torch.equal(first, second)
    assert not torch.equal(own, first) and not torch.equal(first, other)


def test_a_model_with_it_is_kept_and_read_again(tmp_path):
    X = np.random.default_rng(0).random((20, 3, 8, 8), dtype=np.float32)
    y = np.arange(20) % 2
    start = Pretrainer(
        Stack(Wrapped("tests: filters")), plan=[(MaskedModelling(), Joint(0))], random_state=0
    )
    model = PretrainedClassifier(start, random_state=0).fit(X, y)
    again = load(save(model, tmp_path / "model"))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    changed = model.module_.state_dict()["stages.0.module.0.weight"]
    assert not torch.equal(changed, KEPT["weight"])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Wrapped("tests: filter"), ParameterError, "Did you mean 'tests: filters'"),
        (lambda: Wrapped("tests: filters", mean=(0.5,)), ParameterError, "one number a channel"),
        (
            lambda: Wrapped("tests: filters", mean=(0.5,), deviation=(0.0,)),
            ParameterError,
            "deviations above 0",
        ),
        (lambda: Wrapped("tests: filters", size=0), ParameterError, "'size' parameter"),
        (
            lambda: Wrapped("tests: filters", size=4).build(Space.of("real", 5), draws()),
            PairingError,
            "takes images",
        ),
        (
            lambda: Wrapped("tests: two answers").build(Space.of("real", 4), draws()),
            PairingError,
            "returns tuple for 2 rows",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_name_is_taken_once():
    def other():
        return nn.Identity()

    other.__module__ = "elsewhere"
    with pytest.raises(ParameterError, match="is taken by"):
        register_encoder("tests: filters")(other)
