"""What labels have brought, and whether more of them pay."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression, Ridge

from layerwise import DataError
from layerwise.labelling import progress
from layerwise.labelling.ensemble import scaled
from layerwise.labelling.progress import FROM, STEP, _mean, _paired, _share


def blobs(n=2000, classes=4, noise=1.0, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    centres = np.random.default_rng(3).normal(size=(classes, 5)) * 3
    return centres[y] + rng.normal(size=(n, 5)) * noise, y


def test_the_score_is_that_of_models_that_have_not_seen_the_row():
    codes, y = blobs(noise=3.0)
    n = 60
    found = progress(codes, range(n), y[:n], [True] * n)
    every = scaled(codes)
    right = []
    for i in range(10):  # the same ten parts, by hand
        held = np.arange(i, n, 10)
        rest = np.setdiff1d(np.arange(n), held)
        model = LogisticRegression(max_iter=1000).fit(every[rest], y[rest])
        right += (model.predict(every[held]) == y[held]).tolist()
    assert found.score.value == pytest.approx(np.mean(right))


def test_a_row_that_a_strategy_chose_is_learned_from_and_not_judged_by():
    codes, y = blobs()
    drawn = np.arange(100) % 5 == 0
    found = progress(codes, range(100), y[:100], drawn)
    assert (found.labels, found.drawn) == (100, 20)
    wrong = y[:100].copy()
    lying = progress(codes, range(100), np.where(drawn, (wrong + 1) % 4, wrong), drawn)
    assert found.score.value > 0.9 and lying.score.value < 0.1


@pytest.mark.parametrize("n", [20, 400])
def test_the_interval_covers_the_accuracy_on_all_rows(n):
    hit = 0
    for seed in range(40):
        codes, y = blobs(noise=2.0, seed=seed)
        every = scaled(codes)
        model = LogisticRegression(max_iter=1000).fit(every[:n], y[:n])
        truth = (model.predict(every[n:]) == y[n:]).mean()
        found = progress(codes, range(n), y[:n], np.arange(n) % 2 == 0, curve=False)
        hit += found.score.low <= truth <= found.score.high
    assert hit >= 34


def test_the_curve_ends_with_the_score_and_begins_below():
    codes, y = blobs(noise=2.5)
    found = progress(codes, range(150), y[:150], [True] * 150)
    numbers = [m for m, _ in found.curve]
    assert numbers == sorted(numbers) and numbers[-1] == 150 and 150 - STEP in numbers
    assert found.curve[-1][1] == found.score
    assert found.curve[0][1].value < found.score.value
    at = dict(found.curve)
    assert found.recent.value == pytest.approx(found.score.value - at[150 - STEP].value)


def test_what_is_easy_is_enough_and_what_is_hard_is_not():
    codes, y = blobs(noise=0.5)
    easy = progress(codes, range(200), y[:200], [True] * 200)
    assert easy.enough and easy.advice.endswith("You may stop.")
    codes, y = blobs(noise=6.0, classes=8)
    hard = progress(codes, range(200), y[:200], [True] * 200)
    assert not hard.enough and hard.advice.endswith("more labels may still pay.")


def test_numbers_are_judged_by_the_error_of_a_guess():
    codes, _ = blobs()
    y = codes[:, 0] + 0.1 * codes[:, 1]
    found = progress(codes, range(200), y[:200], [True] * 200, task="regression")
    assert found.score.value > 0.9 and found.enough
    assert "changed answers by 0.5% of the error of a guess" in found.advice
    noise = np.random.default_rng(0).normal(size=200)
    nothing = progress(codes, range(200), noise, [True] * 200, task="regression")
    assert nothing.score.low < 0.05


def test_with_few_labels_nothing_is_claimed():
    codes, y = blobs()
    few = progress(codes, range(FROM - 1), y[: FROM - 1], [False] * (FROM - 1))
    assert few.score is None and not few.enough and few.curve == ()
    assert few.advice == "Whether more labels pay is said from 120 labels on."
    for n in (0, 1):
        assert progress(codes, range(n), y[:n], [True] * n).score is None
    one = progress(codes, range(50), ["a"] * 50, [True] * 50)
    assert one.score is None and not one.enough


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(DataError, match="3 rows, 2 labels and 3 marks were given"):
        progress(np.eye(5), [0, 1, 2], ["a", "b"], [True] * 3)


def test_intervals_are_those_of_their_authors():
    right = np.array([1.0] * 17 + [0.0] * 3)
    wilson = binomtest(17, 20).proportion_ci(method="wilson")
    assert _share(right)[1:] == pytest.approx((wilson.low, wilson.high))
    # Agresti and Min (2005): half a pair is added to each of the two kinds that differ
    differences = np.array([1.0] * 8 + [-1.0] * 3 + [0.0] * 39)
    half = 1.959964 * np.sqrt((8.5 + 3.5) - 5.0**2 / 52) / 52
    assert _paired(differences)[1:] == pytest.approx((5 / 52 - half, 5 / 52 + half))
    assert _paired(np.zeros(10)).high > 0.1  # nothing differed in ten rows, and that is little
    assert _mean(np.array([1.0]), 1.0).low == -np.inf


@pytest.mark.parametrize("heavy", [False, True])
def test_numbers_are_judged_by_rows_that_chance_drew_alone_though_others_are_extreme(heavy):
    """A strategy that asks for extreme rows does not make a guess look worse than it is; and 95 %
    intervals hold what is true about as often as they say."""
    held, found, true = 0, [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        codes = rng.standard_t(3, size=(2000, 4)) if heavy else rng.normal(size=(2000, 4))
        y = codes[:, 0] + rng.normal(size=2000) * 1.2
        chance = rng.permutation(2000)[:60]
        extreme = np.setdiff1d(np.argsort(-np.abs(codes[:, 0]))[:140], chance)
        rows = np.concatenate([chance, extreme])
        drawn = np.arange(len(rows)) < 60
        says = progress(codes, rows, y[rows], drawn, task="regression", curve=False).score
        others = np.setdiff1d(np.arange(2000), rows)
        model = Ridge(1.0).fit(codes[rows], y[rows])
        lost = np.abs(model.predict(codes[others]) - y[others]).mean()
        truth = 1 - lost / np.abs(y - np.median(y)).mean()
        held += says.low <= truth <= says.high
        found.append(says.value)
        true.append(truth)
    assert abs(np.mean(found) - np.mean(true)) < 0.03
    assert held >= 52  # of 60; 57 are meant
