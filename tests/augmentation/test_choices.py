"""One of several, one now and then, and what suits data when nobody chose."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from layerwise import (
    Block,
    Colour,
    Compose,
    Conv,
    Denoising,
    Dense,
    Flip,
    Joint,
    Masking,
    OneOf,
    PairingError,
    PretrainedClassifier,
    Pretrainer,
    RandAugment,
    Solarise,
    Sometimes,
    Space,
    Stack,
    Supervised,
)
from layerwise.augmentation import Affine, Augmentation, Crop, Erase, Resample, Shift, Swap, suited

GREY, RGB = Space.of("unit", 1, 8, 8), Space.of("unit", 3, 8, 8)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


class Halve(Augmentation):
    """Works in place, as one's own augmentation may."""

    def view(self, x, space, generator):
        return x.mul_(0.5)


def test_each_row_gets_exactly_one_each_as_likely():
    x = torch.rand(3000, 1, 8, 8, generator=generator())
    mirrored, solar = x.flip(3), torch.where(x >= 0.5, 1 - x, x)
    view = OneOf(Flip(1.0), Solarise(p=1.0), Compose()).view(x, GREY, generator())
    same = [(view == other).flatten(1).all(1) for other in (mirrored, solar, x)]
    counts = [int(each.sum()) for each in same]
    assert sum(counts) == 3000
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("choice", [OneOf(Halve(), Compose()), Sometimes(Halve(), 0.5)])
def test_what_works_in_place_works_on_a_copy(choice):
    x = torch.ones(100, 4)
    for view in (
        choice.view(x, Space.of("unit", 4), generator()),
        choice.corrupt(x, Space.of("unit", 4), generator())[0],
    ):
        assert set(view.flatten().tolist()) == {0.5, 1.0}
    assert bool((x == 1).all())


def test_a_choice_of_corruptions_knows_what_they_chose():
    x = torch.zeros(500, 6)  # masked or not, it looks the same
    space = Space.of("unit", 6)
    _, chosen = OneOf(Masking(1.0), Compose()).corrupt(x, space, generator())
    assert set(chosen.float().mean(1).tolist()) == {0.0, 1.0}
    _, chosen = Sometimes(Masking(1.0), 0.2).corrupt(x, space, generator())
    assert float(chosen.float().mean()) == pytest.approx(0.2, abs=0.05)


def test_rows_that_none_is_handed_cost_nothing():
    x = torch.rand(1, 1, 8, 8, generator=generator())
    for seed in range(8):
        assert OneOf(Flip(), Crop()).view(x, GREY, generator(seed)).shape == x.shape
        _, changed = OneOf(Flip(), Crop()).corrupt(x, GREY, generator(seed))
        assert changed.shape == x.shape


def test_random_changes_know_colours_where_there_are_some():
    def kinds(space):
        return {type(one).__name__ for one in RandAugment().changes(space).augmentations}

    moves = {"Compose", "Rotate", "Shear", "Shift", "Scale"}
    assert kinds(GREY) == kinds(Space.of("real", 3, 8, 8)) == moves
    lights = {"Brightness", "Contrast", "Saturation", "Hue", "Solarise"}
    assert kinds(RGB) == moves | lights


def test_more_and_stronger_random_changes_change_more():
    x = torch.rand(300, 3, 8, 8, generator=generator())

    def change(n, strength):
        return float((RandAugment(n, strength).view(x, RGB, generator()) - x).abs().mean())

    assert change(1, 0.3) < change(2, 0.3) < change(4, 0.3)
    assert change(2, 0.1) < change(2, 0.3) < change(2, 1.0)
    kept = (RandAugment(1).view(x, RGB, generator()) == x).flatten(1).all(1).float().mean()
    assert float(kept) == pytest.approx(0.1, abs=0.05)  # one of ten leaves a row alone


MIXED = Space((5,), (Block("real", 2), Block("category", 3)))
SPACES = [
    GREY,
    RGB,
    Space.of("real", 1, 8, 8),
    Space.of("real", 3, 8, 8),
    Space.of("nonneg", 3, 8, 8),
    Space.of("unit", 2, 8, 8),
    Space.of("unit", 5, 8, 8),
    Space.of("unit", 64),
    Space.of("real", 6),
    Space.of("category", 4),
    Space.of("real", 4, 9),
    Space.of("token", 9, levels=30),
    MIXED,
]


@pytest.mark.parametrize("space", SPACES, ids=lambda space: f"{space.kind}{space.shape}")
@pytest.mark.parametrize("strength", ["weak", "mild", "strong"])
def test_what_suits_is_never_refused_and_changes_rows(space, strength):
    augmentation = suited(space, strength)
    augmentation.check(space)
    x = torch.rand(40, *space.shape, generator=generator())
    if space.kind == "category":
        x = torch.eye(4)[torch.randint(4, (40,), generator=generator())]
    view = augmentation.view(x, space, generator())
    assert view.shape == x.shape and not torch.equal(view, x)


def test_a_stronger_view_changes_more():
    for space in (GREY, RGB, Space.of("real", 12)):
        x = torch.zeros(300, *space.shape)
        x[..., ::4] = torch.rand(300, *space.shape, generator=generator())[..., ::4]
        weak, mild, strong = (
            float((suited(space, way).view(x.clone(), space, generator()) - x).abs().mean())
            for way in ("weak", "mild", "strong")
        )
        assert weak < mild < strong


def test_what_suits_is_what_the_kind_of_rows_says():
    assert suited(GREY) == Affine(15.0, scale=0.2, shift=0.1, shear=10.0)
    assert suited(GREY, "strong") == Affine(30.0, scale=0.3, shift=0.15, shear=20.0)
    assert not suited(GREY).flip and not suited(GREY, "strong").flip
    assert any(isinstance(one, Erase) for one in suited(RGB, "strong").augmentations)
    assert any(isinstance(one, Colour) for one in suited(RGB).augmentations)
    assert suited(Space.of("real", 3, 8, 8)) == Compose(Crop((0.5, 1.0)), Flip())
    assert suited(GREY, "weak") == Shift(0.08)
    assert suited(RGB, "weak") == Compose(Shift(0.125), Flip())
    assert suited(MIXED) == Swap(0.15) and suited(MIXED, "strong") == Resample(0.6)


@pytest.mark.parametrize("strong", [False, True])
def test_a_network_learns_from_views(strong):
    x = torch.rand(60, 1, 6, 6, generator=generator())
    y = np.arange(60) % 2
    x[y == 1, :, :3] *= 0.2
    pretrainer = Pretrainer(Stack(Conv(4), in_shape=(1, 6, 6)), schedule=Joint(1))
    scores = []
    for augment in (None, Compose(suited(GREY, strong), Sometimes(Erase()))):
        plan = [(Supervised(augment=augment), Joint(4))]
        model = PretrainedClassifier(pretrainer, plan=plan, random_state=0).fit(x.numpy(), y)
        scores.append(model.predict_proba(x.numpy()))
    plain, viewed = scores
    assert np.isfinite(viewed).all() and not np.allclose(plain, viewed)


def test_views_of_images_are_refused_on_a_table_before_training():
    x, y = torch.rand(20, 5, generator=generator()).numpy(), np.arange(20) % 2
    words = r"(?s)moves the pixels of images; a row has the shape \(5,\).*Swap"
    pretrainer = Pretrainer(Stack(Dense(3)), objective=Denoising(suited(GREY)), schedule=Joint(1))
    with pytest.raises(PairingError, match=words):
        pretrainer.fit(x)
    pretrainer.set_params(objective=Denoising())
    plan = [(Supervised(augment=suited(GREY)), Joint(1))]
    with pytest.raises(PairingError, match=words):
        PretrainedClassifier(pretrainer, plan=plan).fit(x, y)
