"""Intervals, p-values, labels saved: against known values, other libraries and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from layerwise.evaluation.claims import SIGNIFICANT, family, others
from layerwise.evaluation.savings import labels_needed, labels_saved
from layerwise.evaluation.statistics import (
    Estimate,
    RowScores,
    Sharing,
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
    values = [rng.normal(rng.normal(0.3, 1), 1, 20) for _ in range(6)]  # draws differ in truth
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
    assert common.error > 2 * apart.error


def test_a_luckily_small_variance_of_draws_does_not_fall_below_what_the_test_rows_make():
    rng = np.random.default_rng(4)
    rows = [np.arange(50) + 50 * i for i in range(5)]
    values = [one - one.mean() + 0.1 for one in rng.normal(size=(5, 50))]  # equal means by luck
    found = estimate(scores(*values, rows=rows))
    own = np.mean([one.var(ddof=1) / 50 for one in values])
    assert found.error == pytest.approx(math.sqrt(own / 5))
    assert found.freedom > 100  # known from 250 rows, not from five draws


def test_labels_in_common_widen_the_part_of_the_labels_alone():
    rng = np.random.default_rng(5)
    values = [rng.normal(rng.normal(), 1, 30) for _ in range(4)]
    rows = [np.arange(30) + 30 * i for i in range(4)]
    apart = estimate(scores(*values, rows=rows))
    own = np.mean([one.var(ddof=1) / 30 for one in values])
    of_labels = np.var([one.mean() for one in values], ddof=1) - own
    f = 0.25
    found = estimate(scores(*values, rows=rows), sharing=Sharing(f))
    expected = of_labels / (1 - f) * (1 / 4 + 3 * f / 4) + own / 4
    assert found.error**2 == pytest.approx(expected)
    assert found.error > apart.error


def test_rows_that_are_learned_from_and_tested_on_have_luck_in_common():
    rng = np.random.default_rng(6)
    values = [rng.normal(rng.normal(), 1, 30) for _ in range(4)]
    rows = [np.arange(30) + 30 * i for i in range(4)]
    apart = estimate(scores(*values, rows=rows))
    own = np.mean([one.var(ddof=1) / 30 for one in values]) / 4
    found = estimate(scores(*values, rows=rows), sharing=Sharing(0.0, 1.0))
    both = 2 * math.sqrt((apart.error**2 - own) * own)  # what Cauchy and Schwarz allow
    assert found.error**2 == pytest.approx(apart.error**2 + both)


def test_a_near_tie_is_no_surer_than_a_tie():
    one = np.zeros(100)
    one[0] = 1.0
    draws = scores(*[one] * 5, rows=[np.arange(100)] * 5)
    least = smallest_half_width(100)
    found = estimate(draws, least)
    assert found.high - found.low >= 2 * least and found.p > 0.05


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
                    index, gain + rng.normal(0, 0.1) + of_row[index] + rng.normal(0, 0.4, rows)
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


def test_weighted_holm_agrees_with_the_equal_weights_and_with_bonferroni_at_its_first_step():
    p = [0.01, 0.03, 0.005, 0.04]
    assert holm(p, [0.25] * 4) == pytest.approx(holm(p))
    assert min(holm([0.02, 0.5, 0.5], [0.5, 0.25, 0.25])) == pytest.approx(0.02 / 0.5)


@pytest.mark.parametrize("look", [1, 2, 3])
def test_all_that_may_be_claimed_of_nothing_is_5_percent(look):
    alone = SIGNIFICANT / (family(1e-4, [], look)[0] / 1e-4)
    rivals = SIGNIFICANT / (others([1e-4], look)[0] / 1e-4)
    assert alone + rivals == pytest.approx(0.04 / 5 ** (look - 1))
    assert sum(0.04 / 5**k for k in range(50)) == pytest.approx(0.05)


def test_the_average_has_half_of_what_a_family_has():
    first, *rest = family(1e-4, [1e-4, 1e-4, 0.5, 0.5])
    assert first == pytest.approx(1e-4 * 2 * 5 / 3)
    assert rest[0] == pytest.approx(1e-4 * 4 * 5 / 3)  # the average is rejected first: 8 becomes 4
    assert family(0.5, [float("nan"), 1e-4])[1:] == [1.0, pytest.approx(1e-4 * 5 / 3)]


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
    assert found.mean == pytest.approx(0.05) and 0.05 < found.p < 0.5


def test_labels_needed_reads_the_monotone_curve():
    budgets = [10, 100, 1000]
    assert labels_needed(0.7, budgets, [0.5, 0.7, 0.9]) == pytest.approx(100)
    assert labels_needed(0.4, budgets, [0.5, 0.7, 0.9]) == 10
    assert math.isinf(labels_needed(0.91, budgets, [0.5, 0.7, 0.9]))
    assert labels_needed(0.6, budgets, [0.5, 0.45, 0.7]) == pytest.approx(
        100 * 10**0.5
    )  # a dip does not count


def curve_of(means):
    """The same test rows in every draw."""
    row = np.linspace(-0.01, 0.01, 40)
    return [RowScores(np.arange(40), mean + row) for mean in means]


def test_the_interval_of_the_labels_saved_holds_what_the_paired_difference_does_not_rule_out():
    rng = np.random.default_rng(7)
    budgets, level = (10, 100, 1000), np.array([0.5, 0.6, 0.7])
    first = [curve_of(0.62 + rng.normal(0, 0.02, 5)) for _ in budgets]
    control = [curve_of(mean + rng.normal(0, 0.02, 5)) for mean in level]
    row = labels_saved(budgets, first, control)[0]

    def ruled_out(labels):
        share = np.log(labels / 100) / np.log(10)
        low, high = (0, 1) if share < 0 else (1, 2)
        share = share + 1 if share < 0 else share
        gaps = [
            RowScores(p.rows, p.values - (1 - share) * a.values - share * b.values)
            for p, a, b in zip(first[0], control[low], control[high], strict=True)
        ]
        found = estimate(gaps)
        return not found.low <= 0 <= found.high

    assert not ruled_out(row["low"] * 1.03) and not ruled_out(row["high"] * 0.97)
    assert ruled_out(row["low"] * 0.95) and ruled_out(row["high"] * 1.05)
    assert row["low"] < row["needed"] < row["high"]


def test_ends_of_the_labels_saved_are_open_where_the_curve_ends():
    budgets = (10, 100)
    control = [curve_of(mean + np.array([1, -1, 2, -2]) / 100) for mean in (0.5, 0.6)]
    better, worse = ([curve_of(np.full(4, mean)) for _ in budgets] for mean in (0.9, 0.1))
    above = labels_saved(budgets, better, control)[0]
    assert (above["needed"], above["low"], above["high"]) == (None, None, None)
    below = labels_saved(budgets, worse, control)[0]
    assert (below["needed"], below["low"], below["high"]) == (10, 10, 10)
    assert below["or_fewer"] and below["low_or_fewer"]


def test_labels_saved_of_a_curve_shifted_by_a_factor_is_that_factor():
    budgets = (10, 100, 1000)
    level = np.tile([0.5, 0.6, 0.7], (6, 1)) + np.random.default_rng(0).normal(0, 0.001, (6, 1))
    control = [curve_of(level[:, k]) for k in range(3)]
    rows = labels_saved(budgets, [curve_of(level[:, k] + 0.05) for k in range(3)], control)
    assert [round(row["needed"]) for row in rows[:2]] == pytest.approx([32, 316], abs=1)
    assert rows[0]["low"] <= rows[0]["needed"] <= rows[0]["high"]
    assert rows[0]["saved"] == pytest.approx(rows[0]["needed"] - 10)
    assert rows[2]["needed"] is None and rows[2]["saved"] is None and rows[2]["most"] == 1000


def test_the_area_of_a_flat_curve_is_its_height():
    assert area([10, 50, 2000], [0.8, 0.8, 0.8]) == pytest.approx(0.8)
    assert area([10], [0.3]) == 0.3
