"""Columns from other rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from layerwise import Block, Resample, Space

MIXED = Space(
    (9,), (Block("real", 2), Block("category", 3), Block("unit", 1), Block("category", 3))
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def table(n=400):
    x = torch.zeros(n, 9)
    x[:, :2] = torch.randn(n, 2, generator=generator(1))
    x[:, 5] = torch.rand(n, generator=generator(2))
    for start, seed in ((2, 3), (6, 4)):
        level = torch.multinomial(
            torch.tensor([0.6, 0.3, 0.1]), n, replacement=True, generator=generator(seed)
        )
        x[torch.arange(n), start + level] = 1.0
    return x


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.6, 1.0])
def test_every_row_changes_exactly_the_share_of_its_columns(share):
    x = torch.rand(300, 13, generator=generator())
    view, chosen = Resample(share).corrupt(x, Space.of("unit", 13), generator())
    assert set(chosen.sum(1).tolist()) == {round(share * 13)}
    assert torch.equal(view != x, chosen)  # another row's value is another value


def test_columns_are_chosen_alike():
    x = torch.rand(4000, 10, generator=generator())
    _, chosen = Resample(0.6).corrupt(x, Space.of("unit", 10), generator())
    counts = chosen.sum(0).numpy()
    assert np.abs(counts / 4000 - 0.6).max() < 0.03
    assert np.abs(np.corrcoef(chosen.float().numpy().T)[0, 1:] + 1 / 9).max() < 0.06


def test_a_column_keeps_its_marginal():
    x = table(3000)
    view = Resample(0.6).view(x, MIXED, generator())
    for column in (0, 1, 5):
        assert stats.ks_2samp(x[:, column], view[:, column]).pvalue > 1e-3
        assert set(view[:, column].tolist()) <= set(x[:, column].tolist())
    for start in (2, 6):
        before, after = (side[:, start : start + 3].sum(0).numpy() for side in (x, view))
        assert stats.chisquare(after, before).pvalue > 1e-3


def test_the_columns_of_a_category_move_together():
    x = table()
    view, chosen = Resample(0.6).corrupt(x, MIXED, generator())
    for start in (2, 6):
        assert bool((view[:, start : start + 3].sum(1) == 1).all())
        part = chosen[:, start : start + 3]
        assert torch.equal(part, part[:, :1].expand_as(part))
    columns = chosen[:, [0, 1, 2, 5, 6]]
    assert set(columns.sum(1).tolist()) == {3}  # of five


def test_each_column_has_a_donor_of_its_own_and_never_the_row_itself():
    n = 500
    x = torch.arange(n).float()[:, None].repeat(1, 8)
    view = Resample(1.0).view(x, Space.of("real", 8), generator())
    assert not bool((view == x).any())
    assert min(len(set(row.tolist())) for row in view) > 4
    donors = view.flatten().numpy()
    assert stats.kstest(donors / n, "uniform").pvalue > 1e-3


def test_the_dependence_between_columns_is_broken():
    first = torch.randn(3000, 1, generator=generator())
    x = torch.cat([first, first], 1)
    view = Resample(1.0).view(x, Space.of("real", 2), generator())
    assert abs(np.corrcoef(view.numpy().T)[0, 1]) < 0.06


def test_rows_of_any_shape_and_a_single_row():
    x = torch.rand(30, 2, 3, 4, generator=generator())
    view, chosen = Resample(0.5).corrupt(x, Space.of("unit", 2, 3, 4), generator())
    assert view.shape == chosen.shape == x.shape
    assert set(chosen.flatten(1).sum(1).tolist()) == {12}
    alone, none = Resample(0.5).corrupt(x[:1], Space.of("unit", 2, 3, 4), generator())
    assert torch.equal(alone, x[:1]) and not bool(none.any())
