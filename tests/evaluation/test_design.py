"""Who learns from what: draws are nested, stratified, paired, and do not see their test rows."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import ParameterError, Study
from layerwise.evaluation.design import fewest_labels, make_draw, shared_by
from layerwise.evaluation.study import ladder


def test_no_draw_learns_from_a_row_that_it_is_tested_on(data):
    for index in range(12):
        draw = make_draw(data, Study(), index)
        assert not set(draw.test) & set(draw.pool)
        assert set(draw.order) <= set(draw.pool)
        assert (data.y[draw.order] >= 0).all() and (data.y[draw.test] >= 0).all()


def test_five_draws_test_every_labelled_row_once_and_ten_twice(data):
    for count in (5, 10):
        tested = np.concatenate([make_draw(data, Study(), index).test for index in range(count)])
        assert np.bincount(tested, minlength=300)[data.labelled].tolist() == [count // 5] * 240


def test_five_draws_take_different_labels_up_to_a_fifth_of_the_rows(data):
    draws = [make_draw(data, Study(), index) for index in range(5)]
    assert shared_by(draws, 45, False).labels == 0
    assert shared_by(draws, 120, False).labels > 0.2


def test_every_budget_holds_every_class_in_about_its_proportion(data):
    for index in range(5):
        order = make_draw(data, Study(), index).order
        assert set(data.y[order[:3]]) == {0, 1, 2}
        for budget in (30, 60, 120):
            assert np.abs(np.bincount(data.y[order[:budget]]) / budget - 1 / 3).max() < 0.08


def test_a_draw_is_the_same_however_many_there_are_and_another_with_another_seed(data):
    first = make_draw(data, Study(draws=5), 3)
    again = make_draw(data, Study(draws=50, labels=(10, 20)), 3)
    other = make_draw(data, Study(seed=1), 3)
    assert (
        np.array_equal(first.order, again.order)
        and np.array_equal(first.test, again.test)
        and first.seed == again.seed
    )
    assert not np.array_equal(first.order, other.order) and first.seed != other.seed


def test_equal_rows_stay_on_one_side_of_the_split(make_data):
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(60, 3)), 4, axis=0)  # every row four times
    y = np.repeat(np.arange(60) % 2, 4)
    y[::4] = -1  # one of the four without a label
    data = make_data(X, y, ("a", "b"))
    for index in range(5):
        draw = make_draw(data, Study(), index)
        assert not set(data.groups[draw.pool]) & set(data.groups[draw.test])


def test_a_given_test_part_is_everyones_test_part(make_data):
    rng = np.random.default_rng(0)
    data = make_data(
        rng.normal(size=(100, 2)),
        np.arange(100) % 2,
        ("a", "b"),
        (rng.normal(size=(30, 2)), np.arange(30) % 2),
    )
    draws = [make_draw(data, Study(), index) for index in range(5)]
    assert all(np.array_equal(draw.test, np.arange(30)) for draw in draws)
    assert all(len(draw.pool) == 100 for draw in draws)
    assert shared_by(draws, 20, False).labels == 0


def test_fewer_rows_are_taken_of_both_kinds_in_proportion(data):
    draws = [make_draw(data, Study(rows=60), index) for index in range(5)]
    for draw in draws:
        assert len(draw.pool) == 60
        assert len(draw.order) == pytest.approx(60 * 192 / 252, abs=1)
    assert shared_by(draws, 40, False).labels == 0
    assert fewest_labels(data, Study(rows=60)) == pytest.approx(46, abs=1)


def test_budgets_are_chosen_to_fit_the_data():
    assert Study().fitted(1797, 1437, 10).labels == (20, 50, 200, 500)
    assert Study().fitted(60_000, 60_000, 10).labels == (20, 100, 1000, 5000)
    assert Study().fitted(442, 353, 0).labels == (10, 20, 50, 100)
    assert Study().fitted(442, 353, 0).draws == 10 and Study().fitted(1797, 1437, 10).draws == 5
    assert ladder(10, 12) == (10,)


def test_budgets_that_cannot_be_are_refused_with_what_can():
    with pytest.raises(
        ParameterError,
        match=r"A budget of 2,000 labels was asked for; 10 classes need at least 10.*has 1,437",
    ):
        Study((2000,)).fitted(1797, 1437, 10)
    with pytest.raises(ParameterError, match=r"A budget of 5 labels.*10 classes need at least 10"):
        Study((5,)).fitted(1797, 1437, 10)
    with pytest.raises(
        ParameterError,
        match=r"12 labelled rows a draw are too few: the smallest default budget is 10 labels",
    ):
        Study().fitted(15, 12, 2)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"labels": "20"}, "'labels' of Study must be a tuple of ints"),
        ({"labels": (1,)}, r"'labels' parameter of Study must be an int in the range \[2, inf\)"),
        (
            {"draws": 0},
            r"'draws' parameter of Study must be an int in the range \[1, inf\) or None",
        ),
        ({"settings": 9}, r"'settings' of Study must be an int in the range \[1, 4\]"),
        (
            {"practical": 0},
            r"'practical' parameter of Study must be a number in the range \(0, inf\)",
        ),
        ({"transductive": 1}, "'transductive' parameter of Study must be True or False"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(ParameterError, match=words):
        Study(**settings)
