"""Rows of one person stay on one side of every split."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from layerwise import DataError, EstimatorArm, ParameterError, Study, compare, load
from layerwise.evaluation import StudyData, row_keys, run_study, single_draw
from layerwise.evaluation.cells import Cells
from layerwise.evaluation.design import make_draw
from layerwise.evaluation.trial import _parted
from layerwise.workflows import fit, predict
from layerwise.workflows.given import given_rows
from layerwise.workflows.guarded import guarded

PEOPLE = 40


@pytest.fixture
def table():
    """Forty people of four rows, each with an answer of its own."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(PEOPLE), 4)
    ill = rng.integers(0, 2, PEOPLE)[person]
    return pl.DataFrame(
        {
            "person": [f"p{i:02}" for i in person],
            "a": rng.normal(size=160) + ill,
            "b": rng.normal(size=160),
            "ill": np.where(ill, "yes", "no"),
        }
    )


def studied(table, groups="person", **more):
    data = given_rows(table.drop("ill"), table["ill"].to_list())
    return guarded(data, groups=groups, **more)


def people_of(table, rows):
    return set(table["person"].to_numpy()[rows])


@pytest.mark.parametrize("index", [0, 3, 12])
def test_no_person_is_learned_from_and_tested_on_in_a_draw(table, index):
    draw = make_draw(studied(table).study, Study(), index)
    assert not people_of(table, draw.test) & people_of(table, draw.pool)
    assert len(draw.test) > 10 and set(draw.order) <= set(draw.pool)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("numbers", [False, True])
def test_no_person_is_learned_from_and_tested_on_in_a_fit(table, seed, numbers):
    y = np.random.default_rng(0).normal(size=160) if numbers else table["ill"].to_list()
    checked = guarded(given_rows(table.drop("ill"), y), groups="person", draws=False)
    draw, _ = single_draw(checked.study, None, seed)
    assert not people_of(table, draw.test) & people_of(table, draw.pool)
    assert 20 <= len(draw.test) <= 44


def test_a_person_judges_settings_or_is_learned_from():
    groups = np.array([0, 1, 0, 2, 2, 3, 3, 4, 1, 5])
    held, kept = _parted(groups, 2)
    assert set(groups[held]) == {2, 5} and not set(groups[held]) & set(groups[kept])
    assert sorted([*held, *kept]) == list(range(10))


def test_the_column_is_not_learned_from_and_a_note_says_how_many_groups_there_are(table):
    checked = studied(table)
    assert list(checked.data.X.columns) == ["a", "b"] and "person" in checked.left_out
    assert any(
        "The rows belong to 40 groups (person) of 1 to 4 rows." in n for n in checked.data.notes
    )


def test_groups_are_a_column_or_a_value_for_each_row(table):
    named = studied(table).study
    given = guarded(
        given_rows(table.drop("ill", "person"), table["ill"].to_list()),
        groups=table["person"].to_numpy(),
    ).study
    assert np.array_equal(named.groups, given.groups)
    assert named.fingerprint == given.fingerprint
    assert (
        named.fingerprint
        != studied(table.with_columns(person=pl.Series(range(160)))).study.fingerprint
    )


def test_a_row_that_says_no_group_is_one_of_its_own(table):
    some = table.with_columns(
        person=pl.when(pl.int_range(160) < 100).then(pl.col("person")).otherwise(None)
    )
    assert len(set(studied(some).study.groups)) == 25 + 60


def test_training_rows_of_a_persons_in_the_test_part_are_left_out(table, tmp_path):
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    table[:140].write_csv(train)
    table[120:].write_csv(test)
    from layerwise.data.readers import load_dataset

    checked = guarded(load_dataset(str(train), target="ill", test=str(test)), groups="person")
    assert len(checked.study.y) == 120 and len(checked.study.test_y) == 40
    (found,) = [f for f in checked.findings if "group of the test part" in f.text]
    assert found.text.startswith("20 training rows belong to a group of the test part (14.3%)")


def test_equal_rows_join_the_groups_they_are_in():
    X = np.arange(24.0).reshape(12, 2)
    X[1] = X[0]
    belongs = np.array([0, 1, 1, *range(2, 11)])
    data = StudyData("rows", X, np.arange(12) % 2, ("a", "b"), None, None, row_keys(X), belongs)
    assert len({data.groups[i] for i in (0, 1, 2)}) == 1 and len(set(data.groups)) == 10


def test_rows_of_a_person_are_one_witness(table):
    checked = studied(table)
    arms = [
        EstimatorArm("one", LogisticRegression(), role="pretrained", against="two"),
        EstimatorArm("two", LogisticRegression(C=0.1), role="control"),
    ]
    from layerwise.data import Preprocessor

    for arm in arms:
        arm.representation = Preprocessor()
    cells = Cells(run_study(Study((10,), 3), checked.study, arms, workers=1))
    score = cells.known("one", 10, 0)
    record = cells.records["one", 10, 0]
    assert score.values.mean() == pytest.approx(record["measures"]["accuracy"])
    assert len(score.values) == len(people_of(table, cells.outcome.drawn[0].test))


@pytest.mark.parametrize(
    ("groups", "error", "words"),
    [
        ("persn", ParameterError, "There is no column 'persn' to group by"),
        (np.zeros(3), ParameterError, "groups has 3 values for 160 rows"),
        (np.arange(160) % 4, DataError, "belong to 4 groups; at least 10 are needed"),
    ],
)
def test_groups_that_are_none_are_told(table, groups, error, words):
    with pytest.raises(error, match=words):
        studied(table, groups)


def test_groups_named_for_an_array_are_told():
    rng = np.random.default_rng(0)
    data = given_rows(rng.normal(size=(60, 3)), rng.integers(0, 2, 60))
    with pytest.raises(ParameterError, match="these rows have no named columns"):
        guarded(data, groups="person")


def test_a_model_that_was_fitted_with_groups_predicts_with_and_without_them(table, tmp_path, tiny):
    path = tmp_path / "people.csv"
    table.write_csv(path)
    result = fit(
        str(path), target="ill", groups="person", changes=tiny, out=tmp_path / "out", device="cpu"
    )
    assert load(result["model"]).n_features_in_ == 2
    bare = tmp_path / "bare.csv"
    table.drop("person", "ill").write_csv(bare)
    one, two = (predict(result["model"], str(p)) for p in (path, bare))
    assert one["prediction"].tolist() == two["prediction"].tolist()


def test_compare_takes_groups_of_rows(table, tmp_path):
    X, y = table.select("a", "b").to_numpy(), table["ill"].to_list()
    result = compare(
        X,
        y,
        groups=table["person"].to_numpy(),
        recipes=[],
        baseline=["majority", "logistic regression"],
        study=Study((10,), 3),
        out=tmp_path,
        workers=1,
    )
    assert any("belong to 40 groups" in note for note in result["notes"])
