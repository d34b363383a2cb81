"""One draw: what is held out, what is hidden, and what it can say."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, r2_score

from layerwise import DataError, EstimatorArm
from layerwise.evaluation import (
    Cells,
    Outcome,
    Single,
    Study,
    StudyData,
    estimate,
    flags_of,
    judge_one,
    over_means,
    row_keys,
    run_single,
    side_of,
    single_draw,
)
from layerwise.evaluation.design import Draw
from layerwise.evaluation.measures import packed_rows
from layerwise.evaluation.statistics import Estimate, RowScores, over_rows


def rows(y, X=None, test=None):
    """Study data whose classes are a, b, ...; -1 is no label."""
    y = np.asarray(y)
    X = np.arange(len(y) * 2, dtype=float).reshape(-1, 2) if X is None else X
    names = tuple("abc"[: int(y.max()) + 1]) if y.dtype.kind == "i" else ()
    test_X = None if test is None else np.arange(len(test) * 2, dtype=float).reshape(-1, 2) + 0.5
    keys = row_keys(X) + (() if test is None else row_keys(test_X))
    return StudyData("rows", X, y, names, test_X, None if test is None else np.array(test), keys)


def counts(data, index):
    return dict(
        zip(*(part.tolist() for part in np.unique(data.y[index], return_counts=True)), strict=True)
    )


def test_a_fifth_of_the_labelled_rows_is_held_out_in_proportion_to_the_classes():
    data = rows([0] * 80 + [1] * 20 + [-1] * 100)
    draw, notes = single_draw(data, None, 0)
    assert counts(data, draw.test) == {0: 16, 1: 4} and counts(data, draw.order) == {0: 64, 1: 16}
    assert len(draw.pool) == 180
    assert any("20 labelled rows were held out" in note for note in notes)


def test_train_and_test_rows_share_none_and_miss_none():
    draw, _ = single_draw(rows([0, 1] * 20), None, 0)
    assert sorted([*draw.pool, *draw.test]) == list(range(40))


def test_the_split_and_the_labels_follow_the_seed():
    data = rows([0, 1] * 30)
    one, again, other = (single_draw(data, 10, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one.test, again.test) and np.array_equal(one.order, again.order)
    assert not np.array_equal(one.test, other.test)
    single_draw(data, None, 2**40)


@pytest.mark.parametrize("labels", [2, 3, 10, 46, 47, 48])
def test_so_many_labels_are_kept_and_the_others_hidden(labels):
    data = rows([0, 1] * 30)
    draw, notes = single_draw(data, labels, 0)
    assert len(draw.order) == labels and set(counts(data, draw.order)) == {0, 1}
    assert len(draw.pool) == 48 and set(draw.order) <= set(draw.pool)
    assert f"{labels:,} labels were kept" in notes[-1]
    assert f"{48 - labels:,} rows were hidden" in notes[-1]


def test_labels_are_drawn_in_proportion_to_the_classes():
    data = rows([0] * 75 + [1] * 25)
    assert counts(data, single_draw(data, 40, 0)[0].order) == {0: 30, 1: 10}


@pytest.mark.parametrize("labels", [1, 0, 49, 1000])
def test_another_number_of_labels_is_refused_with_the_range(labels):
    words = (
        f"--labels {labels} was given; the training part has 48 labelled rows of 2 classes. "
        "Give a number from 2 to 48"
    )
    with pytest.raises(DataError, match=words):
        single_draw(rows([0, 1] * 30), labels, 0)


@pytest.mark.parametrize("labels", [2, 39, 40])
def test_labels_of_a_regression_are_drawn(labels):
    draw, _ = single_draw(rows(np.arange(50.0)), labels, 0)
    assert len(draw.order) == labels


def test_too_few_labels_to_hold_some_out_are_refused():
    with pytest.raises(DataError, match="4 rows have a label: too few.*--test"):
        single_draw(rows([0, 1, 0, 1, -1, -1]), None, 0)


def test_a_class_of_one_row_is_no_fault():
    assert len(single_draw(rows([0] * 20 + [1] * 20 + [2]), None, 0)[0].test) == 9


def test_a_test_part_is_taken_as_it_is():
    draw, notes = single_draw(rows([0, 1, -1], test=[0, 1]), None, 0)
    assert draw.test.tolist() == [0, 1] and draw.pool.tolist() == [0, 1, 2] and notes == []


def test_rows_that_equal_a_held_out_row_take_no_part():
    X = np.concatenate([np.arange(60.0).reshape(30, 2), np.arange(20.0).reshape(10, 2)])
    data = rows(np.arange(40) % 2, X)
    draw, notes = single_draw(data, None, 0)
    assert not set(data.groups[draw.pool]) & set(data.groups[draw.test])
    assert any("equal a row that was held out" in note and "left out" in note for note in notes)


def test_where_most_rows_equal_a_held_out_row_they_are_kept_and_it_is_said():
    data = rows(np.arange(60) % 2, (np.arange(120.0) % 6).reshape(60, 2))
    draw, notes = single_draw(data, None, 0)
    assert len(draw.pool) == 48
    assert any("so many are kept, and the score says little" in note for note in notes)


# What one draw can say


def test_the_interval_over_means_is_students():
    values = [0.01, 0.03, -0.01, 0.04, 0.02]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = over_means(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.draws == 5 and side_of(over_means([0.3])) == "not_separable"


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (0.01, 0.02, "helps"),
        (-0.02, -0.01, "hurts"),
        (-0.01, 0.02, "not_separable"),
        (0.0, 0.0, "not_separable"),
    ],
)
def test_the_verdict_is_the_side_of_zero(low, high, kind):
    assert side_of(Estimate(0.0, low, high, 0.0, 1.0, 1.0, 1)) == kind


def single(truth, answers, classes=("a", "b", "c"), others=()):
    """What run_single gives, made of answers: of a pretrained arm, its control, simpler ones."""
    arms = [FIRST, SECOND, *others]
    names, n = [arm.name for arm in arms], len(truth)
    y = np.concatenate([np.arange(7) % max(len(classes), 1), truth])
    y = y.astype(np.int64) if classes else np.concatenate([np.linspace(-1, 1, 7), truth])
    data = StudyData("made up", np.zeros((n + 7, 1)), y, classes, keys=row_keys(np.eye(n + 7)))
    records = [
        {"arm": name, "labels": 7, "draw": 0, "measures": {"answered": len(np.unique(answer))}}
        | {"rows": packed_rows(truth, answer, None, len(classes))}
        for name, answer in zip(names, answers, strict=True)
    ]
    draw = Draw(0, 0, np.arange(7), np.arange(7), np.arange(7, n + 7))
    study = Study((7,), 1, metric="accuracy" if classes else "r2")
    outcome = Outcome(study, data, tuple(arms), records, (0,), {0: draw}, {}, (), 0.0)
    return Single(outcome, draw, {})


def verdict_on(truth, answers, classes=("a", "b", "c"), simple=()):
    found = single(truth, answers, classes, simple)
    return judge_one(found, Cells(found.outcome), FIRST, SECOND, simple)


FIRST = SimpleNamespace(name="first", cause="pretraining", instead="from random weights")
SECOND = SimpleNamespace(name="second")
FOREST = SimpleNamespace(name="random forest")


def test_the_difference_is_that_of_the_scores_and_its_interval_is_paired():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 400)
    first = np.where(rng.random(400) < 0.1, (truth + 1) % 3, truth)
    second = np.where(rng.random(400) < 0.3, (truth + 1) % 3, truth)
    found = verdict_on(truth, [first, second])
    gap = accuracy_score(truth, first) - accuracy_score(truth, second)
    assert found["difference"]["mean"] == pytest.approx(gap)
    wins = int(((first == truth) & (second != truth)).sum())
    losses = int(((second == truth) & (first != truth)).sum())
    shown = stats.binomtest(wins, wins + losses).pvalue < 0.05
    assert (found["difference"]["low"] > 0) == shown
    assert found["difference"]["low"] < gap < found["difference"]["high"]
    assert found["verdict"]["kind"] == "helps"
    assert "On this draw of labels, pretraining helped: test accuracy" in found["verdict"]["text"]
    assert (
        "from random weights, with 7 labels. Another draw can differ." in found["verdict"]["text"]
    )
    same = verdict_on(truth, [first, first])
    assert same["verdict"]["kind"] == "not_separable"
    assert same["difference"]["low"] < 0 < same["difference"]["high"]
    worse = verdict_on(truth, [second, first])
    assert worse["verdict"]["kind"] == "hurts"


def test_three_rows_that_differ_of_ten_show_nothing():
    truth = np.zeros(10, int)
    found = verdict_on(truth, [truth, np.array([1, 1, 1, *[0] * 7])], ("a", "b"))
    assert found["verdict"]["kind"] == "not_separable"
    assert "no difference that 10 test rows can show" in found["verdict"]["text"]


def test_in_regression_the_difference_is_that_of_r2():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=300)
    first, second = truth + rng.normal(0, 0.3, 300), truth + rng.normal(0, 0.9, 300)
    found = verdict_on(truth, [first, second], ())
    gap = r2_score(truth, first) - r2_score(truth, second)
    assert found["difference"]["mean"] == pytest.approx(gap, rel=1e-5)
    assert found["verdict"]["text"].count("R²") == 1


def test_equal_rows_of_numbers_show_nothing():
    assert over_rows(np.zeros(5), classes=False).high == np.inf


def test_something_simpler_that_does_better_is_said_first():
    truth = np.arange(90) % 3
    off = (truth + 1) % 3
    first, second = (
        np.where(np.arange(90) < 40, off, truth),
        np.where(np.arange(90) < 60, off, truth),
    )
    found = verdict_on(truth, [first, second, truth], simple=[FOREST])["verdict"]
    assert found["kind"] == "baseline"
    assert found["text"].startswith(
        "Something simpler does better: random forest, test accuracy 100.0% (shown by these test "
        "rows). On this draw of labels, pretraining helped"
    )
    close = np.where(np.arange(90) < 38, off, truth)
    unsure = verdict_on(truth, [first, second, close], simple=[FOREST])["verdict"]
    assert "(though these test rows do not show it)" in unsure["text"]
    worse = verdict_on(truth, [first, second, second], simple=[FOREST])["verdict"]
    assert worse["kind"] == "helps" and "simpler" not in worse["text"]


def test_a_network_that_is_not_above_a_guess_or_answers_with_one_class_is_named():
    truth = np.array([0] * 80 + [1] * 10)
    ones, zeros = np.ones(90, dtype=int), np.zeros(90, dtype=int)
    text = verdict_on(truth, [ones, zeros], ("a", "b"))["verdict"]["text"]
    assert "It answers every row with one class. It is not above a guess" in text


def test_a_weak_control_is_flagged_in_the_words_of_its_arm():
    (flag,) = flags_of(0.1, 0.005, "logistic regression", FIRST)
    assert flag.startswith("The random start is much worse than logistic regression: a weak")
    assert flags_of(0.01, 0.005, "logistic regression", FIRST) == []
    other = SimpleNamespace(instead="from the labels alone")
    assert flags_of(0.1, 0.005, "ridge regression", other)[0].startswith(
        "The arm with labels alone"
    )


def test_an_arm_is_run_once_and_its_model_is_kept():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    data = rows((X[:, 0] > 0).astype(int), X)
    draw, _ = single_draw(data, 20, 0)
    told = []
    arms = [EstimatorArm(name, LogisticRegression()) for name in ("one", "two")]
    found = run_single(data, arms, draw, lambda arm, what: told.append((arm.name, what)))
    assert told == [("one", "prepare"), ("one", "fit"), ("two", "fit")]
    model = found.answered["one"].model
    again = LogisticRegression().fit(X[draw.order], data.y[draw.order])
    assert np.allclose(model.coef_, again.coef_)
    accuracy = (found.answered["one"].answer == data.y[draw.test]).mean()
    assert found.record(arms[0])["measures"]["accuracy"] == pytest.approx(accuracy)
    assert found.outcome.study.labels == (20,) and found.outcome.draws == (0,)


def test_draws_whose_splits_share_rows_are_estimated_as_a_study_does():
    rng = np.random.default_rng(0)
    draws = [RowScores(np.sort(rng.permutation(50)[:10]), rng.normal(0.1, 1, 10)) for _ in range(6)]
    found = estimate(draws)
    plain = over_means([draw.values.mean() for draw in draws])
    assert found.mean == pytest.approx(plain.mean) and found.high - found.low > 0


def test_a_draw_of_one_class_is_refused_in_words():
    data = rows([0, 0, 0, 0, 0, 0, 1])
    found = None
    for seed in range(20):
        try:
            single_draw(data, None, seed)
        except DataError as error:
            found = str(error)
    assert found is not None and "of one class, 'a'; at least two classes are needed" in found
