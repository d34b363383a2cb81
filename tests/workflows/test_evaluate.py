"""A saved model on labelled rows, and where it lies."""

from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest

from layerwise import DataError, ModelError, ParameterError, load, save
from layerwise.workflows import embed, evaluate, fit, predict
from layerwise.workflows.model_place import model_folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, tiny, mixed_csv):
    out = tmp_path_factory.mktemp("mixed")
    fit(str(mixed_csv), target="kind", changes=tiny, out=out, device="cpu")
    return out


@pytest.fixture(scope="module")
def numbers(tmp_path_factory, tiny):
    out = tmp_path_factory.mktemp("numbers")
    fit("diabetes", changes=tiny, out=out, device="cpu")
    return out


def rows(mixed_csv, tmp_path, **columns):
    frame = pl.read_csv(mixed_csv, infer_schema_length=None)
    path = tmp_path / "new.csv"
    frame.with_columns(**columns).write_csv(path)
    return str(path)


def test_the_score_is_that_of_the_predictions(mixed, mixed_csv):
    said = []
    result = evaluate(str(mixed / "model"), str(mixed_csv), say=said.append)
    kinds = pl.read_csv(mixed_csv)["kind"].to_list()
    answers = predict(str(mixed / "model"), str(mixed_csv))["prediction"]
    right = [a == k for a, k in zip(answers, kinds, strict=True) if k]
    assert result["measures"]["accuracy"]["value"] == pytest.approx(np.mean(right))
    assert (result["rows"], result["labelled"], result["unlabelled"]) == (90, 60, 30)
    assert [one["class"] for one in result["classes"]] == ["@no", "yes"]
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert any("fitted on data of this name ('mixed')" in note for note in said)


def test_predict_tells_the_score_of_labelled_rows(mixed, mixed_csv, tmp_path):
    said = []
    predict(str(mixed / "model"), str(mixed_csv), say=said.append)
    assert any(
        note.startswith("Score: accuracy ")
        and "60 rows with a label in 'kind' (30 have none" in note
        for note in said
    )
    assert not any("not learned from" in note for note in said)


@pytest.mark.parametrize("labels", ["absent", "empty"])
def test_predict_needs_no_labels(labels, mixed, mixed_csv, tmp_path):
    path = rows(mixed_csv, tmp_path, kind=pl.lit(None, pl.String))
    if labels == "absent":
        pl.read_csv(path).drop("kind").write_csv(path)
    said = []
    plain = predict(str(mixed / "model"), path, say=said.append)
    assert not [note for note in said if "Score" in note]
    with_labels = predict(str(mixed / "model"), str(mixed_csv))
    assert (plain["p_yes"] == with_labels["p_yes"]).all()
    with pytest.raises(DataError, match="has no labels in 'kind'.*--target"):
        evaluate(str(mixed / "model"), path)


def test_classes_that_the_model_does_not_know_are_named(mixed, mixed_csv, tmp_path):
    path = rows(mixed_csv, tmp_path, kind=pl.when(pl.col("city") == "c").then(pl.lit("maybe")))
    result = evaluate(str(mixed / "model"), path)
    assert list(result["unknown"]) == ["maybe"]
    assert result["measures"]["accuracy"]["value"] == 0
    said = []
    predict(str(mixed / "model"), path, say=said.append)
    assert any(
        "classes that the model does not know, which count as errors: 'maybe'" in note
        for note in said
    )


def test_another_column_may_hold_the_labels(mixed, mixed_csv, tmp_path):
    path = rows(mixed_csv, tmp_path, truth=pl.col("kind"), kind=pl.lit("yes"))
    assert evaluate(str(mixed / "model"), path, target="truth")["labelled"] == 60
    with pytest.raises(DataError, match="no column 'trth' to take as the target.*'truth'"):
        evaluate(str(mixed / "model"), path, target="trth")


def test_a_regression_is_scored(numbers):
    result = evaluate(str(numbers / "model"), "diabetes")
    assert set(result["measures"]) == {"r2", "mean_absolute_error", "root_mean_squared_error"}
    said = []
    predict(str(numbers / "model"), "diabetes", say=said.append)
    assert any(note.startswith("Score: R² ") for note in said)


def test_the_test_part_of_the_data_is_scored(tmp_path, tiny):
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    arrays = {"X": X[:40], "y": y[:40], "X_test": X[40:], "y_test": y[40:]}
    np.savez(tmp_path / "parts.npz", **arrays)
    fit(str(tmp_path / "parts.npz"), changes=tiny, out=tmp_path / "o", device="cpu")
    place = str(tmp_path / "o")
    assert evaluate(place, str(tmp_path / "parts.npz"))["rows"] == 40
    assert evaluate(place, str(tmp_path / "parts.npz"), test_part=True)["rows"] == 20
    with pytest.raises(ParameterError, match="no test part of its own"):
        evaluate(place, "digits", test_part=True)


def test_an_encoder_has_no_score(tmp_path, tiny):
    fit("diabetes", no_target=True, changes=tiny[:2], out=tmp_path, device="cpu")
    with pytest.raises(DataError, match="is an encoder"):
        evaluate(str(tmp_path), "diabetes")


def test_a_model_that_was_saved_by_hand_needs_the_column(mixed, mixed_csv, tmp_path):
    save(load(mixed / "model"), tmp_path / "own")
    with pytest.raises(ParameterError, match="does not say which column.*--target"):
        evaluate(str(tmp_path / "own"), str(mixed_csv))
    assert evaluate(str(tmp_path / "own"), str(mixed_csv), target="kind")["labelled"] == 60


# Where a model lies


def test_the_model_inside_a_folder_of_fit_is_taken_and_said(mixed, mixed_csv):
    said = []
    columns = embed(str(mixed), str(mixed_csv), say=said.append)
    assert len(columns["row"]) == 90
    assert said[0] == f"The model is taken from '{mixed}/model'."


def test_the_description_of_a_model_leads_to_it(mixed):
    assert model_folder(str(mixed / "model" / "model.json")) == str(mixed / "model")


@pytest.mark.parametrize("name", ["german", "germn/model", "germn"])
def test_a_model_that_is_not_there_names_the_closest(name, mixed, tmp_path):
    shutil.copytree(mixed, tmp_path / "germany")
    with pytest.raises(ModelError, match=r"not there\. Did you mean '.*germany/model'\?"):
        model_folder(str(tmp_path / name))


def test_a_file_is_no_model(mixed_csv):
    with pytest.raises(ModelError, match=r"is no model folder: it is a file\. Give the folder"):
        model_folder(str(mixed_csv))


def test_a_folder_of_parts_is_predicted_as_its_training_rows_and_told(tmp_path):
    from layerwise.workflows import fit, predict

    folder = tmp_path / "split"
    folder.mkdir()
    for name, n in (("Train", 60), ("TEST", 20)):
        rows = "".join(f"{i % 7}.5,{i % 5}.25,{'pq'[i % 2]}\n" for i in range(n))
        (folder / f"{name}.csv").write_text(f"a,b,y\n{rows}")
    made = fit(str(folder), target="y", changes=["epochs=1"], out=tmp_path / "o")
    said = []
    columns = predict(made["model"], str(folder), say=said.append)
    assert len(columns["row"]) == 60
    assert any("The 20 test rows" in note for note in said)


def test_a_feature_is_no_target_of_a_model(tmp_path):
    from layerwise import DataError
    from layerwise.workflows import evaluate, fit

    rows = "".join(f"{i % 7}.5,{i % 5}.25,{'pq'[i % 2]}\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}")
    made = fit(str(tmp_path / "t.csv"), target="y", changes=["epochs=1"], out=tmp_path / "o")
    with pytest.raises(DataError, match="'a' is one of the columns that were learned from"):
        evaluate(made["model"], str(tmp_path / "t.csv"), target="a")
