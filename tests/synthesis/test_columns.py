"""Columns, pairs and what is learned from made-up rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from layerwise.synthesis import compared, sentences, taught


def test_gaps_and_correlations_are_those_of_scipy_and_numpy():
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(300, 3)), rng.normal(size=(200, 3))
    made[:, 1] += 0.5
    real[:, 2] += real[:, 0]
    marginals, pairs = compared(real, made, ["a", "b", "c"])
    assert marginals[0].name == "b"
    assert marginals[0].gap == pytest.approx(ks_2samp(real[:, 1], made[:, 1]).statistic)
    first = pairs[0]
    assert (first.one, first.other) == ("a", "c")
    assert first.real == pytest.approx(np.corrcoef(real.T)[0, 2])
    assert first.made == pytest.approx(np.corrcoef(made.T)[0, 2])
    words = sentences(marginals, pairs)
    assert words[0].startswith("Largest gaps between the distributions of a column: 'b'")
    assert "'a' and 'c' are correlated by +0.7" in words[1]


def test_a_constant_column_is_correlated_with_nothing():
    rows = np.column_stack([np.ones(50), np.arange(50.0)])
    assert compared(rows, rows, ["one", "count"])[1][0][2:] == (0.0, 0.0)


def test_made_up_rows_teach_as_much_as_they_know():
    rng = np.random.default_rng(0)

    def drawn(n):
        X = rng.normal(size=(n, 3))
        return X, np.where(X[:, 0] > 0, "b", "a")

    real, held_out = drawn(200), drawn(400)
    good = taught(drawn(200), real, held_out)
    X, y = drawn(200)
    bad = taught((X, rng.permutation(y)), real, held_out)
    assert good.made.low > 0.85 and bad.made.high < 0.7 and good.real == bad.real
    assert "is right on 100.0% [99.0%, 100.0%] of real rows" in good.sentence
