"""What is believed with the labels so far, and what is asked about next."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import Margin
from layerwise.annotation import Known, believe
from layerwise.annotation import beliefs as module
from layerwise.labelling.ensemble import probabilities, scaled

CODES = np.random.default_rng(0).normal(size=(300, 3))
TRUTH = np.where(CODES[:, 0] > 0, "b", "a")


def known(n, drawn=False):
    return Known(list(range(n)), TRUTH[:n].tolist(), [drawn] * n, [298, 299])


def test_rows_that_are_done_are_not_asked_about():
    found = believe(CODES, known(60), n=40)
    rows = [ask.row for ask in found.asks]
    assert {ask.share for ask in found.asks} == {"chosen"}  # what chance draws is the queue's
    assert len(set(rows)) == 40 and not set(rows) & {*range(60), 298, 299}


def test_what_is_said_of_a_row_are_the_probabilities_of_the_model():
    found = believe(CODES, known(60), n=20)
    for ask in found.asks:
        says = found.says[ask.row]
        assert [name for name, _ in says] == sorted(["a", "b"], key=lambda c: -dict(says)[c])
        assert sum(p for _, p in says) == pytest.approx(1.0)
    y = (TRUTH == "b").astype(int)
    p = probabilities(scaled(CODES), y, np.arange(60), 2)
    for row, says in found.says.items():
        assert dict(says)["b"] == pytest.approx(p[row, 1])


def test_numbers_are_said_as_numbers():
    rows = list(range(40))
    labels = (3 * CODES[:40, 0]).tolist()
    found = believe(CODES, Known(rows, labels, [True] * 40), task="regression", n=5)
    for ask in found.asks:
        assert found.says[ask.row][0][0] == pytest.approx(3 * CODES[ask.row, 0], abs=1.0)
    assert found.progress["unit"] == "points of a guess's error"


def test_with_no_label_or_one_class_rows_are_asked_about_all_the_same():
    for labels in (known(0), Known([0, 1], ["a", "a"], [True, True])):
        found = believe(CODES, labels, n=10)
        assert len(found.asks) == 10 and all(said == [] for said in found.says.values())


def test_when_all_rows_are_labelled_nothing_is_asked():
    every = Known(list(range(300)), TRUTH.tolist(), [True] * 300)
    assert believe(CODES, every, n=10).asks == []


def test_of_many_rows_a_strategy_sees_some_that_chance_draws(monkeypatch):
    monkeypatch.setattr(module, "POOL", 50)
    counts = np.zeros(300)
    for seed in range(100):
        for ask in believe(CODES, known(60), n=10, seed=seed, judged=False).asks:
            counts[ask.row] += 1
    assert not counts[:60].any() and not counts[298:].any()
    assert (counts > 0).sum() > 20  # without the limit the same ten each time


def test_the_same_seed_is_the_same_answer():
    one, two = (believe(CODES, known(30), n=10, seed=7) for _ in range(2))
    assert one.asks == two.asks


def test_another_strategy_may_be_given():
    found = believe(CODES, known(60), n=10, strategy=Margin())
    assert all(ask.reason.startswith("uncertain between") for ask in found.asks)
