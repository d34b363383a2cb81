"""Light and colour, held against Pillow and colorsys."""

from __future__ import annotations

import colorsys
import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from scipy import stats

from layerwise import (
    Brightness,
    Colour,
    Compose,
    Contrast,
    Grey,
    Hue,
    Saturation,
    Solarise,
    Space,
)
from layerwise.augmentation.recolour import recoloured

RGB = Space.of("unit", 3, 9, 8)
WEIGHTS = torch.tensor([0.299, 0.587, 0.114])
STEP = 1 / 255


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n, low=0, high=256):
    """Images of whole levels, as Pillow holds them."""
    return torch.randint(low, high, (n, 3, 9, 8), generator=generator(2)) / 255


def grey(x):
    return torch.einsum("nchw,c->nhw", x, WEIGHTS)[:, None]


def pillow(x):
    return Image.fromarray((x * 255).round().byte().permute(1, 2, 0).numpy())


def levels(image):
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255


def brightness(x, view):
    return view / x


def contrast(x, view):
    mean = grey(x).mean((2, 3), keepdim=True)
    return (view - mean) / (x - mean)


def saturation(x, view):
    return (view - grey(x)) / (x - grey(x))


CASES = [
    (Brightness, brightness, ImageEnhance.Brightness),
    (Contrast, contrast, ImageEnhance.Contrast),
    (Saturation, saturation, ImageEnhance.Color),
]


@pytest.mark.parametrize(("kind", "factor", "enhance"), CASES)
def test_a_factor_is_that_of_pillow_and_drawn_as_stated(kind, factor, enhance):
    x = images(1000, 100, 150)  # nothing is cut off
    view = kind(0.4).view(x, RGB, generator())
    factors = factor(x, view).flatten(1).nanmedian(1).values
    for i in range(10):
        expected = levels(enhance(pillow(x[i])).enhance(float(factors[i])))
        assert float((view[i] - expected).abs().max()) < 2.1 * STEP  # it rounds, twice
    assert stats.kstest((factors.numpy() - 0.6) / 0.8, "uniform").pvalue > 1e-3
    assert factors.min() > 0.6 - 1e-3 and factors.max() < 1.4 + 1e-3


@pytest.mark.parametrize(("kind", "factor", "enhance"), CASES)
def test_a_large_factor_is_never_below_0_and_colours_are_cut_off(kind, factor, enhance):
    x = images(200)
    view = kind(3.0).view(x, RGB, generator())
    assert float(view.min()) == 0.0 and float(view.max()) == 1.0
    inside = (view > 0.01) & (view < 0.99)
    values = factor(x, view)[inside & ((factor(x, view) - 1).abs() > 0.01)]
    assert float(values.quantile(0.01)) >= 0.0 and float(values.quantile(0.99)) <= 4.0 + 1e-2


def turned(x, view):
    """The angle and the factor between the colours of two images, in YIQ."""
    a, b = (
        np.array([colorsys.rgb_to_yiq(*map(float, pixel)) for pixel in side.flatten(1).T])
        for side in (x, view)
    )
    before, after = (side[:, 1] + 1j * side[:, 2] for side in (a, b))
    coloured = np.abs(before) > 0.02  # grey has no angle
    return after[coloured] / before[coloured]


def test_hue_turns_colours_and_keeps_their_brightness():
    x = images(300, 100, 150)
    view = Hue(0.1).view(x, RGB, generator())
    assert torch.allclose(grey(view), grey(x), atol=1e-4)
    turns = []
    for row, other in zip(x, view, strict=True):
        turn = turned(row, other)
        assert np.abs(np.abs(turn) - 1).max() < 0.06  # its matrix has two digits
        assert np.ptp(np.angle(turn)) < 0.1
        turns.append(np.angle(turn).mean() / (2 * math.pi))
    assert stats.kstest((np.array(turns) + 0.1) / 0.2, "uniform").pvalue > 1e-3


def test_a_turn_is_an_angle_from_i_to_q():
    x = images(1, 100, 150)
    turn = turned(x[0], recoloured(x, turn=torch.tensor([0.5]))[0])
    assert np.angle(turn) == pytest.approx(0.5, abs=0.05)


def test_the_parts_of_colour_are_drawn_apart():
    x = images(300, 100, 150)
    view = Colour(0.2, 0.3, 0.4, 0.1, p=1.0).view(x, RGB, generator())
    turn = np.array([turned(row, other).mean() for row, other in zip(x, view, strict=True)])
    bright = (grey(view).mean((1, 2, 3)) / grey(x).mean((1, 2, 3))).numpy()
    tone = (grey(view).flatten(1).std(1) / grey(x).flatten(1).std(1)).numpy() / bright
    saturated = np.abs(turn) / bright / tone
    drawn = np.stack([bright, tone, saturated, np.angle(turn)])
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 0.15
    for values, strength in zip(drawn[:3], (0.2, 0.3, 0.4), strict=True):
        assert stats.kstest((values - 1 + strength) / 2 / strength, "uniform").pvalue > 1e-3


def test_a_whole_turn_is_none_and_two_halves_are_one():
    x = images(5, 100, 150)
    half = torch.full((5,), math.pi)
    assert torch.allclose(recoloured(x, turn=2 * half), x, atol=1e-5)
    assert torch.allclose(recoloured(recoloured(x, turn=half), turn=half), x, atol=1e-3)


def test_grey_stays_grey_in_any_colour():
    x = torch.rand(20, 1, 9, 8, generator=generator()).expand(-1, 3, -1, -1)
    for change in (Hue(0.5), Saturation(2.0), Grey(1.0)):
        assert torch.allclose(change.view(x, RGB, generator()), x, atol=1e-5)


def test_colour_is_its_four_parts_in_order_and_cut_off_once():
    x = images(30, 110, 140)
    drawn = torch.rand(4, 30, generator=generator()) * 0.4 + 0.8
    names = ("brightness", "contrast", "saturation", "turn")
    step = x
    for name, values in zip(names, drawn, strict=True):
        step = recoloured(step, **{name: values})
    whole = recoloured(x, **dict(zip(names, drawn, strict=True)))
    assert torch.allclose(whole, step, atol=1e-5)


def test_colour_with_one_strength_is_that_change():
    x = images(500, 100, 150)
    one = Colour(0.0, 0.0, 0.3, 0.0, p=1.0).view(x, RGB, generator())
    factors = saturation(x, one).flatten(1).nanmedian(1).values
    assert float(factors.min()) == pytest.approx(0.7, abs=0.01)
    assert float(factors.max()) == pytest.approx(1.3, abs=0.01)


def test_brightness_and_contrast_know_any_number_of_channels():
    x = torch.rand(8, 1, 9, 8, generator=generator()) * 0.2 + 0.4
    space = Space.of("unit", 1, 9, 8)
    view = Compose(Brightness(0.3), Contrast(0.3)).view(x, space, generator())
    ratio = (view - view.mean((2, 3), keepdim=True)) / (x - x.mean((2, 3), keepdim=True))
    assert float((ratio - ratio.mean((2, 3), keepdim=True)).abs().max()) < 1e-2
    assert torch.allclose(
        Contrast(0.3).view(x, space, generator()).mean((2, 3)), x.mean((2, 3)), atol=1e-5
    )


def test_grey_is_that_of_pillow():
    x = images(10)
    view = Grey(1.0).view(x, RGB, generator())
    for row, other in zip(x, view, strict=True):
        expected = levels(pillow(row).convert("L").convert("RGB"))
        assert float((other - expected).abs().max()) < 1.01 * STEP


def test_solarise_is_that_of_pillow():
    x = images(10)
    view = Solarise(128 / 255, p=1.0).view(x, RGB, generator())
    for row, other in zip(x, view, strict=True):
        assert torch.allclose(other, levels(ImageOps.solarize(pillow(row))), atol=1e-6)
