"""The parts of a study on their own: scores, what an arm is given, memory, keys of rows."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn.naive_bayes import GaussianNB

from layerwise import EstimatorArm, ParameterError, Study
from layerwise.evaluation import memory, row_keys, run_single, single_draw
from layerwise.evaluation.design import Draw
from layerwise.evaluation.guards import check_columns
from layerwise.evaluation.sentences import _cost
from layerwise.evaluation.statistics import over_rows
from layerwise.evaluation.store import Store
from layerwise.evaluation.task import Givens
from layerwise.evaluation.trial import _score


def test_no_difference_in_n_rows_may_hide_as_many_as_clopper_and_pearson_say():
    seen = over_rows(np.zeros(50), True)
    share = stats.binomtest(0, 50).proportion_ci(0.95, "exact").high
    assert seen.high == pytest.approx(share) and seen.low == pytest.approx(-share)


def test_an_answer_without_probabilities_is_scored_by_its_accuracy(data):
    truth, answer = np.array([0, 1, 2, 1]), np.array([0, 1, 2, 2])
    assert _score(truth, answer, None, data, 0.0) == 0.75


@pytest.mark.parametrize("name", ["settings", "draws"])
def test_a_study_of_no_settings_or_draws_is_refused(name):
    with pytest.raises(ParameterError, match=name):
        Study(**{name: 0})


def test_memory_is_the_kernels_high_water_mark(tmp_path, monkeypatch):
    status = tmp_path / "status"
    status.write_text("Name:\tx\nVmPeak:\t 9000 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 7 kB\n")
    monkeypatch.setattr(memory, "_STATUS", status)
    with memory.peak_memory() as peak:
        pass
    assert peak.bytes == 1234 * 1024


def test_one_draw_says_how_long_it_took(data):
    began = time.perf_counter()
    draw, _ = single_draw(data, None, 0)
    outcome = run_single(data, [EstimatorArm("naive Bayes", GaussianNB())], draw).outcome
    assert 0 < outcome.seconds < time.perf_counter() - began + 1e-6


def test_a_transductive_arm_is_given_the_rows_of_a_test_part_too(make_data):
    table = pl.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]})
    test = pl.DataFrame({"a": [9.0], "b": ["z"]})
    y = np.array([0, 1, 0])
    data = make_data(table, y, ("n", "y"), (test, np.array([1])))
    draw = Draw(0, 0, np.arange(3), np.arange(3), np.arange(1))
    given = Givens(data, Study((3,), 1, transductive=True), draw, Store(None))._rows()
    assert given.rows() == [(1.0, "x"), (2.0, "y"), (3.0, "x"), (9.0, "z")]


def test_a_column_of_just_enough_different_values_is_an_identifier():
    words = np.array([f"id {i}" for i in range(99)] + ["id 0"], dtype=object)
    y = np.arange(100) % 2
    assert [f.kind for f in check_columns({"name": words}, y, 2)] == ["identifier"]
    words[1] = "id 0"
    assert check_columns({"name": words}, y, 2) == []


def test_rows_with_equal_values_have_one_key_whatever_type_their_columns_have():
    numbers = [
        np.array([[1, 2], [3, 0]]),
        np.array([[1.0, 2.0], [3.0, -0.0]]),
        np.array([[1, 2], [3, 0]], dtype=np.uint8),
        np.array([[1, 2], [3, 0]], dtype=np.float32),
    ]
    assert len({row_keys(X) for X in numbers}) == 1
    tables = [
        pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pl.DataFrame({"a": [1.0, 2.0], "b": ["x", None]}),
    ]
    assert len({row_keys(table) for table in tables}) == 1
    one, other = row_keys(np.array([[1.0, np.nan], [1.0, 0.0]]))
    assert one != other and one == row_keys(np.array([[1.0, -np.nan]]))[0]


def test_missing_cells_of_pandas_are_missing_in_a_study():
    from layerwise.workflows.given import given_rows

    frame = pd.DataFrame(
        {
            "a": pd.array([1, None, 3], dtype="Int64"),
            "b": pd.Series(["x", np.nan, "z"], dtype=object),
        }
    )
    data = given_rows(frame, ["n", "y", "n"])
    assert data.X["a"].to_list() == [1, None, 3] and data.X["b"].to_list() == ["x", None, "z"]


def test_what_pretraining_takes_is_told_apart_from_fine_tuning():
    rows = [
        {"seconds": 10.0, "seconds_prepare": 8.0},
        {"seconds": 12.0, "seconds_prepare": 8.0},
        {"seconds": None, "seconds_prepare": None},
    ]
    study = SimpleNamespace(levels=lambda arm: rows, gate={"arm": "mine"})
    assert _cost(study) == (
        "Pretraining takes 8.0 s once, fine-tuning 3.0 s a budget (settings tried included)."
    )
