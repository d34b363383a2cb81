"""Rows between rows."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from layerwise import CutMix, MixUp, PairingError, Space

SPACE = Space.of("unit", 2, 12, 9)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n):
    return torch.rand(n, 2, 12, 9, generator=generator(1))


@pytest.mark.parametrize("mixing", [MixUp(), MixUp(1.0), CutMix(), CutMix(0.3)], ids=repr)
def test_shares_and_labels_are_those_of_two_rows(mixing):
    x = images(200)
    before = x.clone()
    mixed = mixing.mix(x, SPACE, generator())
    assert torch.equal(x, before)
    assert float(mixed.share.min()) >= 0 and float(mixed.share.max()) <= 1
    assert not bool((mixed.partner == torch.arange(200)).any())
    labels = torch.eye(5)[torch.arange(200) % 5]
    share = mixed.share[:, None]
    both = share * labels + (1 - share) * labels[mixed.partner]
    assert torch.allclose(both.sum(1), torch.ones(200))
    again = mixing.mix(x, SPACE, generator())
    assert all(torch.equal(a, b) for a, b in zip(mixed, again, strict=True))


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixup_is_the_line_between_two_rows_and_its_share_has_the_stated_law(alpha):
    x = images(3000)
    mixed = MixUp(alpha).mix(x, SPACE, generator())
    share = mixed.share.view(-1, 1, 1, 1)
    assert torch.allclose(mixed.x, share * x + (1 - share) * x[mixed.partner], atol=1e-6)
    assert stats.kstest(mixed.share.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_the_share_of_cutmix_is_what_is_left_of_the_image():
    x = images(1000)
    mixed = CutMix().mix(x, SPACE, generator())
    own, others = (mixed.x == x).all(1), (mixed.x == x[mixed.partner]).all(1)
    assert bool((own ^ others).all())  # every pixel is the one's or the other's
    assert torch.allclose(own.float().mean((1, 2)), mixed.share)
    box = others.any(2).sum(1) * others.any(1).sum(1)
    assert torch.equal(box, others.sum((1, 2)))


def test_a_single_row_stays_as_it_is():
    for mixing in (MixUp(1.0), CutMix()):
        x = images(1)
        assert torch.allclose(mixing.mix(x, SPACE, generator()).x, x)


def test_mixing_is_refused_where_it_has_no_meaning():
    with pytest.raises(PairingError, match=r"cuts boxes out of images; a row has the shape \(5,\)"):
        CutMix().check(Space.of("real", 5))
    with pytest.raises(PairingError, match="mixes numbers; the data hold tokens"):
        MixUp().check(Space.of("token", 5, levels=9))
