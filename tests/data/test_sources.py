"""Nothing of a row is lost on its way into a batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from layerwise import ArraySource, Dense, Space, Stack
from layerwise.data import Mix, RowsOf, SparseSource
from layerwise.data.sources import source_of
from layerwise.training import encoded

X = torch.arange(12.0).view(6, 2)
SPACE = Space.of("real", 2)
Y = torch.arange(6)
WEIGHT = torch.linspace(0.5, 3.0, 6)
OBSERVED = torch.arange(12).view(6, 2) % 3 > 0
ROWS = np.array([4, 1])


def array():
    return ArraySource(X, SPACE, Y, OBSERVED, WEIGHT)


def sparse():
    return SparseSource(sp.csr_matrix(X.numpy()), SPACE, Y, WEIGHT)


def whole(batch, index, observed=True):
    assert torch.equal(batch.x, X[index])
    assert torch.equal(batch.y, Y[index]) and torch.equal(batch.weight, WEIGHT[index])
    if observed:
        assert torch.equal(batch.observed, OBSERVED[index])


def test_a_source_hands_over_labels_weights_and_observed_cells():
    whole(array().take(ROWS), [4, 1])
    whole(sparse().take(ROWS), [4, 1], observed=False)


@pytest.mark.parametrize("make", [array, sparse])
def test_rows_of_rows_keep_what_is_not_replaced(make):
    observed = make is array
    part = RowsOf(make(), np.array([5, 4, 1]))
    whole(part.take(np.array([1, 2])), [4, 1], observed)
    assert part.take(np.array([1, 2])).rows.tolist() == [1, 2]
    whole(RowsOf(part, np.array([1, 2])).take(np.array([0, 1])), [4, 1], observed)
    own = RowsOf(make(), ROWS, Y[:2] + 10, WEIGHT[:2] * 100).take(np.array([1]))
    assert own.y.tolist() == [11] and own.weight.tolist() == [100.0]
    assert torch.equal(own.x, X[[1]]) and (not observed or own.observed is not None)


def test_a_part_of_rows_takes_their_own_labels_and_weights_along():
    part = RowsOf(array(), np.array([5, 4, 1]), Y[:3], WEIGHT[:3]).part(np.array([2, 0]))
    batch = part.take(np.array([0, 1]))
    assert batch.y.tolist() == [2, 0] and batch.weight.tolist() == WEIGHT[[2, 0]].tolist()
    assert torch.equal(batch.x, X[[1, 5]])


def test_rows_side_by_side_both_keep_theirs():
    pair = Mix(array(), sparse()).pair(ROWS, np.array([0, 2]))
    whole(pair, [4, 1])
    whole(pair.other, [0, 2], observed=False)
    turned = Mix(sparse(), array(), paced_by="rows").pair(ROWS, np.array([0, 2]))
    whole(turned, [0, 2], observed=False)
    whole(turned.other, [4, 1])


@pytest.mark.parametrize("make", [array, sparse])
def test_codes_keep_the_labels_and_weights_of_their_rows(make):
    module = Stack(Dense(3)).build(SPACE, torch.Generator().manual_seed(0))
    codes = encoded(module, make(), torch.device("cpu")).take(ROWS)
    with torch.no_grad():
        torch.testing.assert_close(codes.x, module.encode(X[ROWS]))
    assert torch.equal(codes.y, Y[ROWS]) and torch.equal(codes.weight, WEIGHT[ROWS])


def test_a_source_is_made_of_what_a_preprocessing_returns():
    dense = source_of(X.numpy(), SPACE, OBSERVED.numpy(), WEIGHT.numpy().astype(float))
    assert torch.equal(dense.take(ROWS).observed, OBSERVED[ROWS])
    assert torch.equal(dense.take(ROWS).weight, WEIGHT[ROWS])
    few = source_of(sp.csr_array(X.numpy()), SPACE, None, WEIGHT.numpy())
    assert torch.equal(few.take(ROWS).x, X[ROWS]) and torch.equal(
        few.take(ROWS).weight, WEIGHT[ROWS]
    )
    words = source_of(np.ones((2, 3)), Space.of("token", 3, levels=4))
    assert words.x.dtype == torch.int64


def test_a_batch_goes_to_a_device_whole():
    batch = replace(array().take(ROWS), other=array().take(ROWS[:1]))
    moved = batch.to(torch.device("meta"))
    for one in (moved, moved.other):
        parts = (one.x, one.y, one.observed, one.weight)
        assert all(part.device.type == "meta" for part in parts)
    assert moved.rows is batch.rows and batch.to(torch.device("cpu")) is batch
