"""What fit and compare leave out alike, and test rows of classes that nothing was learned of."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from layerwise import Study, compare
from layerwise.evaluation import check_columns
from layerwise.workflows import fit


def rows(n, **more):
    generator = np.random.default_rng(0)
    y = np.arange(n) % 2
    return pl.DataFrame({"a": generator.normal(size=n) + y, "b": generator.normal(size=n)} | more)


STUDY = {"recipes": [], "baseline": ["logistic regression"], "workers": 1}


@pytest.mark.parametrize(
    "name", ["Unnamed: 0", "__index_level_0__", "index", "level_0", "rownames", "...1", "row_id"]
)
@pytest.mark.parametrize("n", [30, 120])
def test_row_numbers_are_left_out_by_name(name, n, tmp_path, tiny):
    path = tmp_path / "t.csv"
    frame = rows(n, **{name: range(n)}).with_columns(y=pl.Series(["n", "y"] * (n // 2)))
    frame.write_csv(path)
    result = fit(str(path), target="y", changes=tiny, out=tmp_path / "fit", device="cpu")
    found = [one for one in result["guards"] if one["kind"] == "identifier"]
    assert [one["name"] for one in found] == [name] and "left out" in found[0]["text"]
    about = json.loads((tmp_path / "fit" / "model" / "model.json").read_text())["about"]
    assert about["left_out"] == [name]
    study = Study((8,), 3)
    compared = compare(str(path), target="y", study=study, out=tmp_path / "compare", **STUDY)
    assert [one["name"] for one in compared["guards"] if one["kind"] == "identifier"] == [name]


def test_row_numbers_can_be_kept(tmp_path, tiny):
    path = tmp_path / "t.csv"
    rows(30, index=range(30)).with_columns(y=pl.Series(["n", "y"] * 15)).write_csv(path)
    settings = {"target": "y", "changes": tiny, "device": "cpu"}
    result = fit(str(path), keep=["index"], out=tmp_path / "fit", **settings)
    model = json.loads((tmp_path / "fit" / "model" / "model.json").read_text())
    assert "index" in model["pretrainer"]["feature_names_in"]
    assert not result["guards"] or "it was kept as asked" in result["guards"][0]["text"]


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("Unnamed: 0", np.arange(10.0), True),
        ("Unnamed: 0", np.arange(10.0) % 5, True),
        ("Unnamed: 0", np.arange(10) / 3, False),
        ("Unnamed: 3", np.array(["u", "v"] * 5, dtype=object), False),
        ("rownames", np.array([f"car {i}" for i in range(10)], dtype=object), True),
        ("index", np.arange(10.0), True),
        ("index", np.arange(10.0) % 5, False),
        ("index", np.arange(10) / 3, False),
        ("index_of_refraction", np.arange(10.0), False),
        ("Unnamed: 0", np.full(10, np.nan), False),
    ],
)
def test_a_name_alone_makes_no_row_number(name, values, found):
    kinds = [f.kind for f in check_columns({name: values}, np.full(10, -1), 2)]
    assert ("identifier" in kinds) == found


@pytest.fixture
def unseen(tmp_path):
    """Classes n and y to learn from; a third of the test rows are of the class z."""
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    rows(120).with_columns(kind=pl.Series(["n", "y"] * 60)).write_csv(train)
    rows(60).with_columns(kind=pl.Series(["n", "y", "z"] * 20)).write_csv(test)
    return {"data": str(train), "test": str(test), "target": "kind"}


def test_a_fit_counts_test_rows_of_unknown_classes_as_errors(unseen, tmp_path, tiny):
    result = fit(**unseen, changes=tiny, out=tmp_path / "fit", device="cpu")
    assert result["test"]["rows"] == 60
    assert max(result["test"]["pretrained"], *(b["value"] for b in result["baselines"])) <= 2 / 3
    assert any(
        "20 test rows are of classes that no training row has: 'z'. They count as errors." in note
        for note in result["notes"]
    )
    model = json.loads((tmp_path / "fit" / "model" / "model.json").read_text())
    assert model["finetuned"]["classes"]["values"] == ["n", "y"]


def test_a_study_counts_test_rows_of_unknown_classes_as_errors(unseen, tmp_path):
    result = compare(**unseen, study=Study((10, 40), 3), out=tmp_path / "compare", **STUDY)
    assert any("'z'. They count as errors." in note for note in result["notes"])
    assert all(row["value"] <= 2 / 3 for row in result["rows"])
    assert all(20 / 60 * 13 < row["log_loss"] < 20 for row in result["rows"])  # -log(1e-6) a row
