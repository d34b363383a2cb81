"""Readers, baselines and recipes of one's own, and the words for what cannot be registered."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from layerwise import DataError, ParameterError, recipes, register_baseline, register_reader
from layerwise.data.readers import load_dataset
from layerwise.evaluation import baselines


def lines(path):
    return pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()])


def test_a_reader_of_ones_own_gives_a_table_like_any_other(tmp_path):
    register_reader(".lines")(lines)
    rows = [{"age": i / 2, "city": "ab"[i % 2], "paid": [True, None][i % 2]} for i in range(8)]
    for name, part in (("train.lines", rows), ("test.LINES", rows[:2])):
        (tmp_path / name).write_text("\n".join(map(json.dumps, part)))
    data = load_dataset(
        str(tmp_path / "train.lines"), target="paid", test=str(tmp_path / "test.LINES")
    )
    assert data.name == "train" and data.X.columns == ["age", "city"] and len(data.test) == 2
    assert data.X["age"].to_list() == [i / 2 for i in range(8)]
    assert sum(value is None for value in data.y) == 4
    with pytest.raises(DataError, match="no column 'pay' to take as the target.*'paid'"):
        load_dataset(str(tmp_path / "train.lines"), target="pay")


def test_what_a_reader_returns_is_looked_at(tmp_path):
    register_reader(".odd")(lambda path: np.zeros((3, 2)))
    (tmp_path / "x.odd").write_text("")
    with pytest.raises(DataError, match=r"returned ndarray for 'x.odd'; expected a data frame"):
        load_dataset(str(tmp_path / "x.odd"))


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("csv", "begins with a dot"),
        (".", "begins with a dot"),
        (".csv", "have a reader already"),
        (".PARQUET", "have a reader already"),
    ],
)
def test_an_ending_that_cannot_be_had_is_refused(ending, words):
    with pytest.raises(ParameterError, match=words):
        register_reader(ending)(lines)


def test_the_same_reader_may_be_registered_again_and_another_may_not():
    register_reader(".twice")(lines)
    register_reader(".twice")(lines)
    with pytest.raises(ParameterError, match="have a reader already"):
        register_reader(".twice")(lambda path: None)


def test_a_baseline_of_ones_own_is_one_of_its_task_alone():
    from sklearn.tree import DecisionTreeClassifier

    @register_baseline("one tree")
    def one_tree():
        return DecisionTreeClassifier()

    named, _ = baselines("classification", 100, None, ["one tree"])
    assert [arm.name for arm in named] == ["one tree"]
    assert "one tree" in [arm.name for arm in baselines("classification", 100, None)[0]]
    assert "one tree" not in [arm.name for arm in baselines("regression", 100, None)[0]]
    with pytest.raises(ParameterError, match="There is a baseline 'random forest' already"):
        register_baseline("random forest")(one_tree)
    with pytest.raises(ParameterError, match="'task' parameter of register_baseline"):
        register_baseline("x", "clustering")


def test_a_recipe_needs_a_name_of_its_own_and_a_docstring():
    def ladder():
        """Return something else."""

    with pytest.raises(ParameterError, match=r"The recipe 'ladder' is taken by layerwise.recipes"):
        recipes.register_recipe(ladder)

    def silent_one():
        return None

    with pytest.raises(ParameterError, match="'silent_one' has no docstring"):
        recipes.register_recipe(silent_one)
