"""Out of focus, held against scipy; and boxes that are gone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from layerwise import Blur, Denoising, Dense, Erase, Flip, Joint, Pretrainer, Space, Stack


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
@pytest.mark.parametrize(("height", "width", "radii"), [(28, 28, (1, 1)), (64, 30, (3, 2))])
def test_blur_is_the_gaussian_filter_of_scipy(sigma, height, width, radii):
    x = torch.rand(3, 2, height, width, generator=generator())
    space = Space.of("unit", 2, height, width)
    view = Blur((sigma, sigma), p=1.0).view(x, space, generator())
    for row, other in zip(x.flatten(0, 1).double(), view.flatten(0, 1), strict=True):
        expected = ndimage.gaussian_filter(row.numpy(), sigma, mode="mirror", radius=radii)
        assert np.abs(other.numpy() - expected).max() < 1e-5


def test_every_row_has_a_width_of_its_own_drawn_as_stated():
    x = torch.zeros(1500, 1, 9, 9)
    x[..., 4, 4] = 1.0
    view = Blur((0.5, 2.0), p=1.0).view(x, Space.of("unit", 1, 9, 9), generator())
    ratio = (view[:, 0, 4, 5] / view[:, 0, 4, 4]).double()  # exp(-1 / (2 sigma**2))
    sigma = (-0.5 / ratio.log()).sqrt().numpy()
    assert stats.kstest((sigma - 0.5) / 1.5, "uniform").pvalue > 1e-3
    assert view.sum((1, 2, 3)).numpy() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 9), (2, 2, 1)])
def test_images_smaller_than_the_window_are_blurred_too(shape):
    x = torch.rand(4, *shape, generator=generator())
    view = Blur((1.0, 1.0), p=1.0).view(x, Space.of("unit", *shape), generator())
    assert float(view.max()) <= float(x.max()) + 1e-6
    if shape == (1, 1, 1):
        assert torch.allclose(view, x)


def test_erased_is_one_box_inside_in_all_channels():
    x = torch.rand(1000, 3, 60, 50, generator=generator()) + 0.1
    area, ratio = (0.05, 0.3), (0.5, 2.0)
    view, chosen = Erase(area, ratio, p=0.5).corrupt(x, Space.of("real", 3, 60, 50), generator())
    assert torch.equal(view == 0, chosen)
    assert torch.equal(view[~chosen], x[~chosen])
    assert torch.equal(chosen[:, :1].expand_as(chosen), chosen)
    gone = chosen[:, 0]
    hit = gone.flatten(1).any(1)
    assert float(hit.float().mean()) == pytest.approx(0.5, abs=0.05)
    high, wide = gone.any(2).sum(1)[hit], gone.any(1).sum(1)[hit]
    assert torch.equal(high * wide, gone.sum((1, 2))[hit])  # it is a box
    shares = (high * wide / 3000).double()
    assert float(shares.min()) > 0.04 and float(shares.max()) < 0.32
    assert float(shares.mean()) == pytest.approx(0.175, abs=0.01)
    wider = (wide / 50) / (high / 60)
    assert float(wider.min()) > 0.4 and float(wider.max()) < 2.4
    assert float(wider.log().mean()) == pytest.approx(0.0, abs=0.06)


def test_every_edge_is_reached():
    x = torch.ones(3000, 1, 10, 10)
    gone = Erase(p=1.0).view(x, Space.of("unit", 1, 10, 10), generator())[:, 0] == 0
    assert float(gone.float().mean(0).min()) > 0.005


def test_a_box_is_filled_with_what_was_said():
    x = torch.rand(20, 1, 8, 8, generator=generator())
    view, chosen = Erase(p=1.0, fill=-2).corrupt(x, Space.of("real", 1, 8, 8), generator())
    assert set(view[chosen].tolist()) == {-2.0}


def test_what_was_erased_is_learned_again():
    x = torch.rand(40, 1, 6, 6, generator=generator()).numpy()
    stack = Stack(Dense(8), in_shape=(1, 6, 6))
    for noise in (Erase(), Flip()):
        objective = Denoising(noise, emphasis=(1.0, 0.5))
        model = Pretrainer(stack, objective=objective, schedule=Joint(2), random_state=0).fit(x)
        assert np.isfinite(model.transform(x)).all()
