"""Intervals, p-values, labels saved: against known values, other libraries and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from layerwise.evaluation.savings import labels_needed, labels_saved
from layerwise.evaluation.statistics import (
    Estimate,
    RowScores,
    area,
    estimate,
    holm,
    practically_nil,
    smallest_half_width,
)


def scores(*draws, rows=None):
    return [
        RowScores(np.arange(len(d)) if rows is None else rows[i], np.asarray(d, float))
        for i, d in enumerate(draws)
    ]


def test_on_disjoint_test_rows_the_estimate_is_the_paired_t_test():
    rng = np.random.default_rng(0)
    values = [rng.normal(0.3, 1, 20) for _ in range(6)]
    found = estimate(scores(*values, rows=[np.arange(20 * i, 20 * i + 20) for i in range(6)]))
    means = [v.mean() for v in values]
    test = stats.ttest_1samp(means, 0)
    interval = test.confidence_interval(0.95)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_on_common_test_rows_the_variance_is_that_of_the_two_way_analysis():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(5, 1)) + rng.normal(size=(1, 40)) + rng.normal(size=(5, 40))
    found = estimate(scores(*table))
    n, m = table.shape
    grand, draw, row = table.mean(), table.mean(axis=1), table.mean(axis=0)
    ms_draws = m * ((draw - grand) ** 2).sum() / (n - 1)
    ms_rows = n * ((row - grand) ** 2).sum() / (m - 1)
    ms_both = ((table - draw[:, None] - row[None] + grand) ** 2).sum() / ((n - 1) * (m - 1))
    # (m - 1) / m: rows are a sample without a correction for its mean
    expected = ms_draws / (n * m) + (ms_rows - ms_both) / (n * m) * (m - 1) / m
    assert found.error**2 == pytest.approx(expected)


def test_test_rows_in_common_widen_the_interval():
    rng = np.random.default_rng(2)
    row = rng.normal(size=50)
    values = [row + rng.normal(0, 0.1, 50) for _ in range(5)]
    common = estimate(scores(*values))
    apart = estimate(scores(*values, rows=[np.arange(50) + 50 * i for i in range(5)]))
    assert common.error > 5 * apart.error


@pytest.mark.parametrize("shared", [True, False], ids=["one test part", "five test parts"])
@pytest.mark.parametrize("gain", [0.0, 0.05])
def test_intervals_cover_a_planted_gain_in_95_percent_of_simulations(shared, gain):
    rng = np.random.default_rng(3)
    rounds, rows, draws = 600, 80, 5
    covered = 0
    for _ in range(rounds):
        of_row, found = rng.normal(0, 0.3, rows * (1 if shared else draws)), []
        for k in range(draws):
            index = np.arange(rows) if shared else np.arange(rows * k, rows * (k + 1))
            found.append(
                RowScores(
                    index, gain + rng.normal(0, 0.02) + of_row[index] + rng.normal(0, 0.4, rows)
                )
            )
        one = estimate(found)
        covered += one.low <= gain <= one.high
    assert abs(covered / rounds - 0.95) < 3 * math.sqrt(0.95 * 0.05 / rounds)


def test_one_draw_has_no_interval_and_none_has_nothing():
    one = estimate(scores([0.0, 1.0]))
    assert (one.mean, one.low, one.high, one.p) == (0.5, -math.inf, math.inf, 1.0)
    assert math.isnan(estimate([]).mean) and estimate([]).draws == 0


def test_arms_that_never_differ_keep_the_width_that_unseen_rows_could_have():
    same = estimate(scores(np.zeros(100), np.zeros(100), np.zeros(100)), smallest_half_width(100))
    assert same.p == 1.0
    assert same.high == -same.low == pytest.approx(1 - 0.05 ** (1 / 100))


def test_holm_agrees_with_the_worked_example():
    # Holm's procedure on four p-values by hand: 4 x .005, 3 x .01, 2 x .03, then no smaller than
    # the one before.
    assert holm([0.01, 0.03, 0.005, 0.04]) == pytest.approx([0.03, 0.06, 0.02, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_practically_nil_is_the_t_distributions_mass():
    one = Estimate(0.004, -0.006, 0.014, 0.004, 4.0, 0.4, 5)
    t = stats.t(4.0, loc=0.004, scale=0.004)
    assert practically_nil(one, 0.005) == pytest.approx(t.cdf(0.005) - t.cdf(-0.005))


def test_arms_that_never_differ_are_nil_only_as_far_as_the_test_rows_can_tell():
    assert practically_nil(Estimate(0.0, -0.004, 0.004, 0.0, 4.0, 1.0, 5), 0.005) == 1.0
    assert practically_nil(Estimate(0.0, -0.04, 0.04, 0.0, 4.0, 1.0, 5), 0.005) == 0.0


def test_draws_of_equal_means_are_no_proof():
    one_row_better = [np.eye(20)[i] for i in range(3)]
    found = estimate(scores(*one_row_better, rows=[np.arange(20) + 20 * i for i in range(3)]))
    assert found.mean == pytest.approx(0.05) and 0.1 < found.p < 0.5


def test_labels_needed_reads_the_monotone_curve():
    budgets = [10, 100, 1000]
    assert labels_needed(0.7, budgets, [0.5, 0.7, 0.9]) == pytest.approx(100)
    assert labels_needed(0.4, budgets, [0.5, 0.7, 0.9]) == 10
    assert math.isinf(labels_needed(0.91, budgets, [0.5, 0.7, 0.9]))
    assert labels_needed(0.6, budgets, [0.5, 0.45, 0.7]) == pytest.approx(
        100 * 10**0.5
    )  # a dip does not count


def test_labels_saved_of_a_curve_shifted_by_a_factor_is_that_factor():
    budgets = (10, 100, 1000)
    control = np.tile([0.5, 0.6, 0.7], (6, 1)) + np.random.default_rng(0).normal(0, 0.001, (6, 1))
    rows = labels_saved(budgets, control + 0.05, control)
    assert [round(row["needed"]) for row in rows[:2]] == pytest.approx([32, 316], abs=1)
    assert rows[0]["low"] <= rows[0]["needed"] <= rows[0]["high"]
    assert rows[0]["saved"] == pytest.approx(rows[0]["needed"] - 10)
    assert rows[2]["needed"] is None and rows[2]["saved"] is None and rows[2]["most"] == 1000


def test_the_area_of_a_flat_curve_is_its_height():
    assert area([10, 50, 2000], [0.8, 0.8, 0.8]) == pytest.approx(0.8)
    assert area([10], [0.3]) == 0.3
