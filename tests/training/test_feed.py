"""Which rows a batch holds where labelled rows and others come side by side."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise import Space
from layerwise._random import Keys
from layerwise.data import ArraySource
from layerwise.data.sources import Mix
from layerwise.training.feed import batches


def source(n, start=0):
    return ArraySource(
        torch.arange(start, start + n, dtype=torch.float32)[:, None],
        Space.of("real", 1),
        torch.zeros(n, dtype=int),
    )


def flat(lists):
    return [value for part in lists for value in part]


def epoch(mix, size):
    return [
        (b.x.flatten().tolist(), b.other.x.flatten().tolist())
        for b in batches(mix, size, Keys(0), 0)
    ]


def test_paced_by_labels_an_epoch_sees_every_labelled_row_once():
    pairs = epoch(Mix(source(10), source(50, 100), ratio=3), 4)
    assert sorted(flat(labelled for labelled, _ in pairs)) == list(range(10))
    assert [len(others) for _, others in pairs] == [12, 12, 6]


def test_paced_by_rows_an_epoch_sees_every_row_once_and_labelled_ones_in_turns():
    pairs = epoch(Mix(source(3), source(50, 100), ratio=4, paced_by="rows"), 20)
    assert sorted(flat(others for _, others in pairs)) == list(range(100, 150))
    drawn = flat(labelled for labelled, _ in pairs)
    assert len(drawn) == 5 + 5 + 2
    assert all(count == 4 for count in np.bincount(np.array(drawn, dtype=int)))


@pytest.mark.parametrize("paced_by", ["labels", "rows"])
def test_no_batch_holds_a_single_row(paced_by):
    pairs = epoch(Mix(source(9), source(9, 100), ratio=4, paced_by=paced_by), 4)
    assert all(len(labelled) > 1 and len(others) > 1 for labelled, others in pairs)


def test_the_rows_drawn_beside_come_in_another_order_in_every_turn_and_epoch():
    mix = Mix(source(4), source(5, 100), ratio=5)

    def drawn(epoch):
        (batch,) = batches(mix, 4, Keys(0), epoch)
        return batch.other.x.flatten().tolist()

    first = drawn(0)
    turns = [first[i : i + 5] for i in range(0, 20, 5)]
    assert all(sorted(turn) == [100, 101, 102, 103, 104] for turn in turns)
    assert len({tuple(turn) for turn in turns}) > 1
    assert first != drawn(1) and first == drawn(0)
