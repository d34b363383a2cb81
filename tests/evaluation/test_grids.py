"""What baselines may choose from, and what is told of the choice."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from layerwise import EstimatorArm, ParameterError, Study
from layerwise.evaluation import baselines, caveats, run_study, tables
from layerwise.evaluation.baselines import Baseline
from layerwise.evaluation.grids import leaves, neighbours, penalties, ridges
from layerwise.evaluation.store import trial_key

BUDGETS = (4, 10, 20, 60, 100, 500, 5000)


@pytest.fixture
def everyone():
    found = baselines("classification", 100, StandardScaler(), classes=3)[0]
    found += baselines("regression", 100, StandardScaler())[0]
    return [arm for arm in found if isinstance(arm, Baseline)]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_baseline_tries_at_least_as_many_settings_as_networks_and_at_most_six(everyone, count):
    assert len(everyone) == 12
    for arm in everyone:
        for labels in BUDGETS:
            grid = arm.settings(count, labels)
            assert len({json.dumps(one, sort_keys=True) for one in grid}) == len(grid) <= 6
            few = arm.grid_of is neighbours and labels // (arm.classes or 2) < 6
            assert (len(grid) == 1) if count == 1 else (len(grid) >= (1 if few else max(count, 3)))


def test_every_setting_of_a_grid_is_one_of_its_estimator(everyone):
    for arm in everyone:
        for labels in BUDGETS:
            for setting in arm.settings(4, labels):
                made = arm.make(None, setting, 0).get_params()
                assert setting.items() <= made.items()


@pytest.mark.parametrize("labels", BUDGETS)
def test_no_more_neighbours_than_a_class_has_labels(labels):
    for classes in (2, 10):
        most = max(one["n_neighbors"] for one in neighbours(labels, classes))
        assert most <= max(1, labels // classes)
    assert max(one["n_neighbors"] for one in neighbours(labels, 0)) <= labels / 2


@pytest.mark.parametrize("labels", BUDGETS)
def test_the_leaves_of_boosting_can_be_split_by_what_a_choice_learns_from(labels):
    for one in leaves(labels, 2):
        assert 2 * one["min_samples_leaf"] <= labels - labels // 3


def test_few_labels_have_stronger_penalties():
    assert min(one["C"] for one in penalties(20, 2)) < min(one["C"] for one in penalties(500, 2))
    assert max(one["alpha"] for one in ridges(20, 0)) > max(one["alpha"] for one in ridges(500, 0))


def test_what_was_tried_and_chosen_is_counted(data, arms):
    linear = Baseline(
        "linear", LogisticRegression(), StandardScaler(), penalties, classes=3, always=3
    )
    outcome = run_study(Study((6, 40), 3), data, [*arms, linear], workers=1)
    found = tables(outcome)["tuning"]
    assert {row["arm"] for row in found} == {"pca", "random", "linear"}
    mine = [row for row in found if row["arm"] == "linear"]
    assert [(row["labels"], row["setting"]["C"]) for row in mine] == [
        (labels, C) for labels in (6, 40) for C in (1.0, 0.1, 10.0)
    ]
    for labels in (6, 40):
        assert sum(row["chosen"] for row in mine if row["labels"] == labels) == 3
    assert {row["tried"] for row in mine} == {3} and mine[0]["role"] == "baseline"
    scores = [
        next(t["score"] for t in r["tried"] if t["setting"] == {"C": 1.0})
        for r in outcome.records
        if r["arm"] == "linear" and r["labels"] == 40
    ]
    row = next(row for row in mine if row["labels"] == 40)
    assert row["score"] == pytest.approx(np.mean(scores))


def test_a_setting_that_failed_in_every_draw_has_no_score(data):
    arm = EstimatorArm("choosy", LogisticRegression(), [{"C": -1.0}, {"C": 1.0}])
    wrong, right = tables(run_study(Study((20,), 2), data, [arm], workers=1))["tuning"]
    assert (wrong["chosen"], wrong["score"]) == (0, None)
    assert right["chosen"] == 2 and right["score"] < 0


def test_an_arm_whose_settings_do_not_ask_for_the_labels_is_told_what_to_write(data):
    class Old(EstimatorArm):
        def settings(self, count):
            return self.grid[:count]

    words = r"settings of the arm 'old' .* it has settings\(count\).*settings\(self, count, labels"
    with pytest.raises(ParameterError, match=words):
        run_study(Study((6,), 1), data, [Old("old", Ridge())], workers=1)


def test_results_are_kept_under_the_settings_that_were_tried(data):
    study = Study((20, 60), 1)

    def key(grid_of, always, labels):
        arm = Baseline("b", LogisticRegression(), None, grid_of, classes=3, always=always)
        return trial_key(arm, data, study, 0, labels)

    first = key(penalties, 3, 20)
    assert first == key(lambda labels, classes: penalties(labels, classes)[:3], 6, 20)
    assert len({first, key(penalties, 4, 20), key(penalties, 3, 60)}) == 3


def test_what_the_design_is_kind_to_is_said_where_it_holds(data, arms, ridge_arms, make_data):
    outcome = run_study(Study((6,), 1), data, arms, workers=1)
    stratified, compute = caveats(outcome)
    assert "in proportion to the classes" in stratified and "no compute" in compute
    X = np.random.default_rng(0).normal(size=(60, 4))
    numbers = run_study(Study((6,), 1), make_data(X, X[:, 0], ()), ridge_arms, workers=1)
    assert caveats(numbers) == [compute]
    assert caveats(run_study(Study((6,), 1), data, arms[2:], workers=1)) == [stratified]
