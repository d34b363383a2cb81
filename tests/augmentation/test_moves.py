"""Where the pixels of an image come from: held against scipy, by pictures of their own places."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from layerwise import Affine, Crop, Flip, Rotate, Scale, Shear, Shift, Space

H, W = 21, 31  # the middle is a pixel, and images are not square
SPACE = Space.of("real", 3, H, W)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(n, seed=3):
    """Noise, and the row and the column of every pixel."""
    x = torch.rand(n, 3, H, W, generator=generator(seed))
    x[:, 1] = torch.arange(H)[:, None]
    x[:, 2] = torch.arange(W)
    return x


def maps(augmentation, n, seed=0):
    """Views and the map from their places ``(row, column)`` to those in the images, read off the
    middle of the pictures: bilinear resampling keeps what is linear."""
    x = pictures(n)
    view = augmentation.view(x, SPACE, generator(seed))
    place, y, z = view[:, 1:].double().numpy(), H // 2, W // 2
    down = (place[:, :, y + 1, z] - place[:, :, y - 1, z]) / 2
    right = (place[:, :, y, z + 1] - place[:, :, y, z - 1]) / 2
    matrix = np.stack([down, right], 2)  # (n, 2, 2)
    middle = place[:, :, y, z] - (y, z)  # how far the middle comes from
    return x, view, matrix, middle


MANY = 1500
EVERY = [
    Rotate(40),
    Scale(0.3),
    Shift(0.2),
    Shear(25),
    Affine(40, scale=(0.8, 1.4), shift=0.15, shear=20, flip=True),
    Crop((0.2, 1.0), (0.5, 2.0)),
]


@pytest.mark.parametrize("augmentation", EVERY, ids=repr)
def test_images_are_resampled_as_scipy_resamples_them(augmentation):
    x, view, matrix, middle = maps(augmentation, 12)
    mode = "nearest" if isinstance(augmentation, Crop) else "grid-constant"
    centre = np.array([H // 2, W // 2])
    for i in range(12):
        offset = centre + middle[i] - matrix[i] @ centre
        expected = ndimage.affine_transform(
            x[i, 0].double().numpy(), matrix[i], offset, order=1, mode=mode
        )
        assert np.abs(view[i, 0].numpy() - expected).max() < 5e-4


def uniform(values, low, high):
    assert values.min() >= low - 1e-4 and values.max() <= high + 1e-4
    assert stats.kstest((values - low) / (high - low), "uniform").pvalue > 1e-3


def test_a_rotation_is_one_also_where_images_are_not_square():
    _, _, matrix, middle = maps(Rotate(30), MANY)
    assert np.abs(matrix @ matrix.transpose(0, 2, 1) - np.eye(2)).max() < 1e-4
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-4)
    assert np.abs(middle).max() < 1e-4
    uniform(np.degrees(np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0])), -30, 30)


def test_a_quarter_turn_moves_every_pixel_of_a_square():
    x = torch.rand(200, 2, 7, 7, generator=generator())
    view = Rotate(180).view(x, Space.of("unit", 2, 7, 7), generator(1))
    turned = torch.stack([torch.rot90(x, k, (2, 3)) for k in range(4)])
    centre = (view - x)[:, :, 3, 3].abs().max()
    assert float(centre) < 1e-5
    nearest = (turned - view).abs().mean((2, 3, 4)).amin(0)
    assert float(nearest.min()) < 0.02 < float(nearest.max())


def test_a_scale_is_that_of_both_sides():
    _, _, matrix, middle = maps(Scale(0.25), MANY)
    assert np.abs(matrix - matrix[:, :1, :1] * np.eye(2)).max() < 1e-4
    assert np.abs(middle).max() < 1e-4
    uniform(1 / matrix[:, 0, 0], 0.75, 1.25)


def test_a_scale_above_1_makes_things_larger():
    x = torch.zeros(1, 1, 20, 20)
    x[..., 8:12, 8:12] = 1.0
    grown = Affine(0, (1.5, 1.5), 0).view(x, Space.of("unit", 1, 20, 20), generator())
    assert float(grown.sum()) == pytest.approx(1.5**2 * 16, rel=0.01)


def test_a_shift_is_a_share_of_each_side():
    _, _, matrix, middle = maps(Shift(0.2), MANY)
    assert np.abs(matrix - np.eye(2)).max() < 1e-4
    uniform(middle[:, 0] / H, -0.2, 0.2)
    uniform(middle[:, 1] / W, -0.2, 0.2)
    assert abs(np.corrcoef(middle.T)[0, 1]) < 0.08


def test_a_shear_lets_upright_lines_lean():
    _, _, matrix, middle = maps(Shear(25), MANY)
    kept = matrix - matrix * [[0, 0], [1, 0]]
    assert np.abs(kept - np.eye(2)).max() < 1e-4
    assert np.abs(middle).max() < 1e-4
    uniform(np.degrees(np.arctan(matrix[:, 1, 0])), -25, 25)


def test_an_affine_is_all_of_them_in_order():
    _, _, matrix, middle = maps(Affine(30, (0.8, 1.2), 0.1, 20, True), MANY)
    forward = np.linalg.inv(matrix)[:, ::-1, ::-1]  # (x, y): scale * turn * shear * mirror
    mirror = np.sign(np.linalg.det(forward))
    assert abs(mirror.mean()) < 0.1
    first = forward[:, :, 0] * mirror[:, None]  # where "right" goes: shear leaves it
    turn = np.arctan2(first[:, 1], first[:, 0])
    zoom = np.linalg.norm(first, axis=1)
    uniform(np.degrees(turn), -30, 30)
    uniform(zoom, 0.8, 1.2)
    back = np.stack([np.cos(turn), np.sin(turn)], 1)
    lean = (forward[:, :, 1] * back).sum(1) / zoom
    uniform(np.degrees(np.arctan(lean)), -20, 20)
    shift = -np.einsum("nij,nj->ni", np.linalg.inv(matrix), middle)
    uniform(shift[:, 0] / H, -0.1, 0.1)
    uniform(shift[:, 1] / W, -0.1, 0.1)
    drawn = np.stack([turn, zoom, lean, shift[:, 0], shift[:, 1], mirror])
    assert np.abs(np.corrcoef(drawn) - np.eye(6)).max() < 0.09  # each on its own


def test_outside_of_an_image_are_zeros():
    ones = torch.ones(50, 1, 8, 8)
    view = Shift(1.0).view(ones, Space.of("unit", 1, 8, 8), generator())
    assert float(view.min()) == 0.0


@pytest.mark.parametrize(
    ("area", "ratio"), [((0.5, 1.0), (0.75, 4 / 3)), ((0.1, 0.3), (0.3, 3.3)), ((0.4, 0.4), (1, 1))]
)
def test_a_crop_is_a_box_inside_of_the_stated_area_and_ratio(area, ratio):
    _, _, matrix, middle = maps(Crop(area, ratio), MANY)
    high, wide = matrix[:, 0, 0], matrix[:, 1, 1]
    assert np.abs(matrix[:, [0, 1], [1, 0]]).max() < 1e-4
    shares = high * wide
    if area[0] < area[1]:
        uniform(shares, *area)
    assert shares == pytest.approx(np.clip(shares, *area), abs=1e-4)
    wider = np.log(wide / high)
    assert wider.min() >= math.log(ratio[0]) - 1e-3 and wider.max() <= math.log(ratio[1]) + 1e-3
    if area[1] < 0.301:  # every such box fits in
        uniform(wider, *np.log(ratio))
    for side, size, off in ((high, H, middle[:, 0]), (wide, W, middle[:, 1])):
        start = 0.5 + off / size - side / 2
        assert start.min() >= -1e-4 and (start + side).max() <= 1 + 1e-4
        uniform(start[side < 0.99] / (1 - side[side < 0.99]), 0, 1)


def test_a_crop_at_the_edge_has_no_dark_rim():
    ones = torch.ones(300, 1, 8, 9)
    view = Crop((0.4, 1.0)).view(ones, Space.of("unit", 1, 8, 9), generator())
    assert torch.allclose(view, ones, atol=1e-5)


@pytest.mark.parametrize("vertical", [False, True])
def test_a_flip_is_exact(vertical):
    x = pictures(400)
    view = Flip(0.5, vertical).view(x, SPACE, generator())
    mirrored = x.flip(2 if vertical else 3)
    is_it = (view == mirrored).flatten(1).all(1)
    assert bool((is_it | (view == x).flatten(1).all(1)).all())
    assert float(is_it.float().mean()) == pytest.approx(0.5, abs=0.08)


def test_half_numbers_are_resampled_in_full():
    x = torch.rand(4, 1, 9, 9).bfloat16()
    view = Affine().view(x, Space.of("unit", 1, 9, 9), generator())
    full = Affine().view(x.float(), Space.of("unit", 1, 9, 9), generator())
    assert view.dtype == torch.bfloat16 and torch.equal(view, full.bfloat16())


def test_an_elastic_image_is_pulled_at_its_knots_and_resampled_as_scipy_does():
    elastic, n = Affine(0, scale=0.0, shift=0.0, elastic=0.08), 400
    x = pictures(n)
    view = elastic.view(x, SPACE, generator())
    place = view[:, 1:].double().numpy()
    inner = (slice(4, -4), slice(4, -4))  # nothing comes from outside
    for i in range(5):
        expected = ndimage.map_coordinates(x[i, 0].double().numpy(), place[i], order=1)
        assert np.abs(view[i, 0].numpy() - expected)[inner].max() < 5e-4
    pulled = place[:, :, H // 2, W // 2] - (H // 2, W // 2)  # the knot in the middle
    uniform(pulled[:, 0] / H, -0.08, 0.08)
    uniform(pulled[:, 1] / W, -0.08, 0.08)
    assert abs(np.corrcoef(pulled.T)[0, 1]) < 0.15
    steps = np.diff(place[:, 0], axis=1)[:, inner[0], inner[1]]
    assert steps.std() > 0.02 and np.abs(np.diff(steps, axis=1)).max() < 1.0  # bent, smoothly
