"""Classification or regression: one rule, whichever way the rows come."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from layerwise import ParameterError
from layerwise.data.readers import load_dataset
from layerwise.data.task import odd_minus_one, task_of
from layerwise.workflows.given import given_rows

LABELS = {
    "few whole": ([0, 1, 2] * 20, "classification"),
    "fractions": ([0.5, 1.5, 2.0] * 20, "regression"),
    "many whole with gaps": (list(range(0, 120, 2)), "regression"),
    "letters": ([i % 26 for i in range(260)], "classification"),
    "letters from one": ([1 + i % 26 for i in range(260)], "classification"),
    "counted, too few rows": (list(range(60)), "regression"),
    "whole floats": ([1.0, 2.0] * 30, "classification"),
}


@pytest.mark.parametrize("name", LABELS)
def test_files_and_python_agree(tmp_path, name):
    labels, expected = LABELS[name]
    X = np.random.default_rng(0).normal(size=(len(labels), 2))
    pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": labels}).write_csv(tmp_path / "t.csv")
    pl.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": labels}).write_parquet(tmp_path / "t.parquet")
    np.savez(tmp_path / "t.npz", X=X, y=np.array(labels))
    found = [
        load_dataset(tmp_path / "t.csv", target="y"),
        load_dataset(tmp_path / "t.parquet", target="y"),
        load_dataset(tmp_path / "t.npz"),
        given_rows(X, labels),
        given_rows(pd.DataFrame(X), pd.Series(labels)),
    ]
    assert {data.task for data in found} == {expected}
    word = expected.capitalize()
    assert all(any(note.startswith(f"{word}: the target") for note in d.notes) for d in found)


def test_the_reason_says_what_to_ask_for():
    assert task_of("y", list(range(0, 60, 2)))[1] == (
        "Regression: the target 'y' holds 30 different whole numbers; if they are classes, ask for "
        "the task 'classification'."
    )
    assert "ask for the task 'regression'" in task_of("y", [1, 2, 3])[1]


def test_the_task_may_be_said_in_python():
    X = np.zeros((40, 1)) + np.arange(40)[:, None]
    assert given_rows(X, list(range(40)), task="classification").task == "classification"
    with pytest.raises(ParameterError, match="Did you mean 'regression'"):
        given_rows(X, list(range(40)), task="regresion")


@pytest.mark.parametrize(
    ("labels", "told"),
    [([-1, 0, 1], True), ([-1, 1], False), ([-2, -1, 0, 1], False), ([0], False)],
)
def test_minus_one_beside_zero_and_one_is_told(labels, told):
    assert bool(odd_minus_one("y", labels)) is told
