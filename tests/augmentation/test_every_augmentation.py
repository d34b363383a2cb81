"""What holds for every augmentation."""

from __future__ import annotations

import json
import pickle

import pytest
import torch

import layerwise
from layerwise import (
    Affine,
    Augmentation,
    Blur,
    Brightness,
    Colour,
    Compose,
    Contrast,
    Crop,
    Erase,
    Flip,
    Gaussian,
    Grey,
    Hue,
    Masking,
    OneOf,
    PairingError,
    ParameterError,
    RandAugment,
    Resample,
    Rotate,
    Saturation,
    Scale,
    Shear,
    Shift,
    Solarise,
    Sometimes,
    Space,
    Suited,
    Swap,
)
from layerwise._spec import from_dict, from_words, registered
from layerwise.augmentation import view_of

GREY, RGB = Space.of("unit", 1, 12, 10), Space.of("unit", 3, 12, 10)
MOVES = [
    Affine(),
    Affine(30.0, scale=0.3, shift=0.2, shear=10, flip=True, p=0.5),
    Affine(elastic=0.1),
    Rotate(20),
    Scale(0.3),
    Shift(0.2, p=0.7),
    Shear(15),
    Flip(),
    Flip(1.0, vertical=True),
    Crop(),
    Crop((0.1, 0.2), (1.0, 1.0), p=0.4),
    Blur(),
    Blur((0.5, 0.5), p=1.0),
    Erase(),
    Erase((0.1, 0.2), (0.5, 2.0), p=1.0, fill=0.5),
    OneOf(Rotate(90), Flip(1.0), Erase(p=1.0)),
    Sometimes(Rotate(90)),
    RandAugment(3, 0.7),
]
LIGHTS = [Brightness(0.5), Brightness(0.5, 0.4), Contrast(0.5), Solarise(p=0.5)]
COLOURS = [Saturation(0.9), Hue(0.3), Grey(0.5), Colour(), Colour(0.8, 0.8, 0.8, 0.2, p=1.0)]
CASES = [
    *((one, space) for one in (*MOVES, *LIGHTS) for space in (GREY, RGB)),
    *((one, RGB) for one in (*COLOURS, RandAugment())),
    *((Suited(how), space) for how in ("mild", "strong") for space in (GREY, RGB)),
    (Sometimes(Gaussian(0.1), 0.3), Space.of("real", 7)),
    (OneOf(Masking(0.5), Gaussian(0.1)), Space.of("real", 7)),
]
IDS = [f"{one!r} of {space.shape}" for one, space in CASES]
every = pytest.mark.parametrize(("augmentation", "space"), CASES, ids=IDS)
FIXED = (Flip(1.0, vertical=True), Blur((0.5, 0.5), p=1.0))  # without parameters to draw
every_drawn = pytest.mark.parametrize(
    ("augmentation", "space"), [case for case in CASES if case[0] not in FIXED]
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rows(space, n=24, seed=5):
    return torch.rand(n, *space.shape, generator=generator(seed))


@every
def test_a_view_has_the_shape_and_kind_of_its_row(augmentation, space):
    augmentation.check(space)
    x = rows(space)
    view = augmentation.view(x, space, generator())
    assert view.shape == x.shape and view.dtype == x.dtype and bool(view.isfinite().all())
    assert not torch.equal(view, x)
    if space.kind == "unit":
        assert float(view.min()) >= -1e-6 and float(view.max()) <= 1 + 1e-6
    assert augmentation.view(x.double(), space, generator()).dtype == torch.float64
    assert augmentation.view(x[:1], space, generator()).shape == x[:1].shape


@every
def test_equal_seeds_give_equal_bits_and_others_do_not(augmentation, space):
    x = rows(space, 40)
    first, again, other = (augmentation.view(x, space, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    if augmentation not in FIXED:
        assert not torch.equal(first, other)


@every
def test_a_rows_view_and_the_draws_do_not_depend_on_what_others_hold(augmentation, space):
    x, others = rows(space), rows(space, seed=6)
    others[0] = x[0]
    one, two = generator(), generator()
    first, second = augmentation.view(x, space, one)[0], augmentation.view(others, space, two)[0]
    assert torch.equal(first, second)
    assert torch.equal(one.get_state(), two.get_state())
    assert torch.equal(augmentation.corrupt(x, space, generator())[0][0], first)


@every
def test_the_input_is_never_written_to(augmentation, space):
    x = rows(space)
    before = x.clone()
    view = augmentation.view(x, space, generator())
    corrupted, changed = augmentation.corrupt(x, space, generator())
    assert torch.equal(x, before)
    assert torch.equal(view, corrupted) and changed.shape == x.shape
    assert torch.equal(corrupted[~changed], x[~changed])
    view_of(augmentation, x, space, generator())
    assert torch.equal(x, before)


@every
def test_a_network_in_half_precision_gets_the_same_views(augmentation, space):
    x = rows(space)
    expected = augmentation.view(x, space, generator())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(augmentation.view(x, space, generator()), expected)


@every_drawn
def test_rows_draw_their_own_parameters(augmentation, space):
    same = rows(space, 1).expand(24, *space.shape).contiguous()
    view = augmentation.view(same, space, generator())
    assert len({tuple(row.flatten().tolist()) for row in view}) > 1


@every
def test_words_and_plain_data_give_the_value_back(augmentation, space):
    names = {name: getattr(layerwise, name) for name in layerwise.__all__}
    assert eval(repr(augmentation), dict(names)) == augmentation
    assert from_words(repr(augmentation)) == augmentation
    assert from_dict(json.loads(json.dumps(augmentation.to_dict()))) == augmentation
    assert pickle.loads(pickle.dumps(augmentation)) == augmentation
    assert hash(augmentation) == hash(from_words(repr(augmentation)))


def test_none_is_forgotten_here():
    shown = {type(one) for one, _ in CASES} | {Compose, Resample, Swap}
    older = {
        layerwise.Gaussian,
        layerwise.MaskedPatches,
        layerwise.Masking,
        layerwise.SaltAndPepper,
    }
    own = {kind for kind in registered(Augmentation) if kind.__module__.startswith("layerwise.")}
    assert own == shown | older


NOTHING = [
    Affine(0, scale=0.0, shift=0, shear=0),
    Affine(0, scale=(1.0, 1.0), shift=0),
    Rotate(0),
    Scale(0),
    Shift(0),
    Shear(0),
    Crop((1.0, 1.0)),
    Brightness(0),
    Contrast(0),
    Saturation(0),
    Hue(0),
    Colour(0, 0, 0, 0, p=1.0),
    Blur((0.01, 0.01), p=1.0),
]


@pytest.mark.parametrize("augmentation", NOTHING, ids=repr)
def test_nothing_changes_without_strength(augmentation):
    x = rows(RGB)
    assert torch.allclose(augmentation.view(x, RGB, generator()), x, rtol=0, atol=2e-6)


NEVER = [
    *(kind(p=0.0) for kind in (Affine, Rotate, Scale, Shift, Shear, Flip, Crop, Blur, Erase)),
    *(kind(p=0.0) for kind in (Brightness, Contrast, Saturation, Hue, Colour, Grey, Solarise)),
    Sometimes(Rotate(90), 0.0),
    OneOf(Compose(), Flip(0.0)),
    Resample(0.0),
]


@pytest.mark.parametrize("augmentation", NEVER, ids=repr)
def test_a_chance_of_0_gives_the_rows_back(augmentation):
    x = rows(RGB)
    assert torch.equal(augmentation.view(x, RGB, generator()), x)


CHANCED = [Affine, Rotate, Scale, Shift, Shear, Flip, Crop, Blur, Erase, Brightness, Contrast]
CHANCED += [Saturation, Hue, Colour, Grey, Solarise]


@pytest.mark.parametrize("kind", CHANCED, ids=lambda kind: kind.__name__)
def test_the_chance_is_that_of_a_row(kind):
    x = rows(RGB, 2000)
    same = (kind(p=0.3).view(x, RGB, generator()) == x).flatten(1).all(1).float().mean()
    assert float(same) == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(
    "augmentation", [*MOVES[:-3], *LIGHTS, *COLOURS, RandAugment(), Sometimes(Flip())], ids=repr
)
def test_rows_that_are_no_images_are_refused(augmentation):
    name = type(augmentation).__name__ if not isinstance(augmentation, Sometimes) else "Flip"
    with pytest.raises(
        PairingError, match=rf"(?s){name}\(.*images.*; a row has the shape \(784,\).*in_shape"
    ):
        augmentation.check(Space.of("unit", 784))


@pytest.mark.parametrize("augmentation", [*LIGHTS, *COLOURS], ids=repr)
def test_colours_are_refused_outside_0_and_1(augmentation):
    with pytest.raises(
        PairingError, match=r"(?s)from 0 to 1; the data are of the kind 'real'.*Keep pixels in"
    ):
        augmentation.check(Space.of("real", 3, 12, 10))


@pytest.mark.parametrize("augmentation", COLOURS, ids=repr)
def test_colours_are_refused_where_there_are_none(augmentation):
    with pytest.raises(
        PairingError, match=r"(?s)needs red, green and blue; a row has the shape \(1, 12, 10\).*Use"
    ):
        augmentation.check(GREY)


def test_brightness_and_contrast_alone_need_no_colours():
    Colour(0.4, 0.4, 0.0, 0.0).check(GREY)
    Compose(Brightness(), Contrast(), Solarise()).check(Space.of("unit", 5, 4, 4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Affine(181), r"'rotate' parameter of Affine must be a number in .*180"),
        (lambda: Affine(scale=1.0), r"'scale' parameter of Affine .*\[0, 0.999\]"),
        (lambda: Affine(scale=(1.1, 0.9)), r"'scale' .* two numbers, the smaller one first"),
        (lambda: Affine(scale=(0.0, 0.9)), r"'scale' parameter of Affine .*\(0, inf\)"),
        (lambda: Affine(scale=(0.9,)), r"two numbers, the smaller one first. Got \(0.9,\)"),
        (lambda: Affine(shift=-0.1), "'shift' parameter of Affine"),
        (lambda: Affine(shear=90), "'shear' parameter of Affine"),
        (lambda: Affine(flip=1), "'flip' parameter of Affine must be True or False"),
        (lambda: Affine(elastic=0.6), r"'elastic' parameter of Affine .*\[0, 0.5\]"),
        (lambda: Affine(p=1.1), "'p' parameter of Affine"),
        (lambda: Rotate("a"), "'degrees' parameter of Rotate"),
        (lambda: Scale(1.5), "'share' parameter of Scale"),
        (lambda: Shift(2), "'share' parameter of Shift"),
        (lambda: Shear(-1), "'degrees' parameter of Shear"),
        (lambda: Flip(2), "'p' parameter of Flip"),
        (lambda: Flip(0.5, 0), "'vertical' parameter of Flip"),
        (lambda: Crop((0, 1)), r"'area' parameter of Crop .*\(0, 1\]"),
        (lambda: Crop(0.5), "'area' .* two numbers, the smaller one first. Got 0.5 instead"),
        (lambda: Crop(ratio=(2, 1)), "'ratio' .* two numbers"),
        (lambda: Brightness(-0.1), "'strength' parameter of Brightness"),
        (lambda: Contrast(float("nan")), "'strength' parameter of Contrast"),
        (lambda: Saturation(None), "'strength' parameter of Saturation"),
        (lambda: Hue(0.6), r"'share' parameter of Hue .*\[0, 0.5\]"),
        (lambda: Colour(hue=0.6), "'hue' parameter of Colour"),
        (lambda: Colour(contrast=-1), "'contrast' parameter of Colour"),
        (lambda: Grey(-1), "'p' parameter of Grey"),
        (lambda: Solarise(1.5), "'threshold' parameter of Solarise"),
        (lambda: Blur((0, 1)), "'sigma' parameter of Blur"),
        (lambda: Blur(1.0), "'sigma' .* two numbers"),
        (lambda: Erase((0.5, 2)), "'area' parameter of Erase"),
        (lambda: Erase(fill="grey"), "'fill' parameter of Erase"),
        (lambda: OneOf(), "(?s)at least one augmentation. Got none.*Compose"),
        (lambda: OneOf(0.5), "must be an augmentation such as Masking"),
        (lambda: Sometimes(0.5), "'augmentation' parameter of Sometimes must be an augmentation"),
        (lambda: Sometimes(Flip(), 2), "'p' parameter of Sometimes"),
        (lambda: RandAugment(0), "'n' parameter of RandAugment"),
        (lambda: RandAugment(strength=0.0), r"'strength' parameter of RandAugment .*\(0, 1\]"),
        (lambda: Resample(1.1), "'share' parameter of Resample"),
    ],
)
def test_wrong_settings_are_explained(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_a_range_may_be_a_list_and_is_kept_as_a_tuple():
    assert Crop([0.5, 1.0]) == Crop((0.5, 1.0)) and hash(Crop([0.5, 1.0]))
    assert Affine(scale=[0.9, 1.1]) == Affine()
