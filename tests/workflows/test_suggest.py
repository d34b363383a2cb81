"""Which rows to label next, by a saved model."""

from __future__ import annotations

import json

import numpy as np
import pytest

from layerwise import DataError, Margin, PairingError, ParameterError
from layerwise.cli.app import app
from layerwise.labelling import Candidates, read_annotations
from layerwise.labelling.ensemble import predictions, probabilities
from layerwise.workflows import fit, predict, suggest


@pytest.fixture(scope="module")
def fitted(mixed_csv, tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("fitted")
    fit(str(mixed_csv), target="kind", changes=tiny, out=out)
    return str(out / "model")


def test_rows_without_a_label_are_suggested_with_what_the_model_says(fitted, mixed_csv):
    said = []
    columns = suggest(fitted, str(mixed_csv), n=7, strategy="margin", say=said.append)
    assert list(columns) == ["row", "reason", "prediction", "p"]
    rows = [int(row) for row in columns["row"]]
    assert len(set(rows)) == 7 and all(row % 3 == 0 for row in rows)  # a label is missing there
    told = predict(fitted, str(mixed_csv))
    p = np.column_stack([told["p_@no"], told["p_yes"]])
    np.testing.assert_array_equal(columns["prediction"], np.asarray(told["prediction"])[rows])
    np.testing.assert_allclose(np.asarray(columns["p"], float), p[rows].max(1), rtol=1e-6)
    gaps = np.abs(p[:, 0] - p[:, 1])
    assert gaps[rows[0]] == gaps[[i for i in range(90) if i % 3 == 0]].min()
    assert columns["reason"][0].startswith("uncertain between '")
    assert any("60 of 90 rows have a label; 7 are suggested by Margin()" in line for line in said)


def test_few_labels_want_typical_rows_and_more_want_uncertain_ones(fitted, mixed_csv):
    columns = suggest(fitted, str(mixed_csv), n=2)  # 60 labels of two classes
    assert all(reason.startswith("uncertain") for reason in columns["reason"])
    columns = suggest(fitted, str(mixed_csv), n=2, strategy="typical")
    assert all(reason.startswith("typical of") for reason in columns["reason"])


def test_the_command_writes_them_as_csv_and_as_json(fitted, mixed_csv, tmp_path, capsys):
    out = tmp_path / "next.csv"
    common = ["suggest", fitted, str(mixed_csv), "--n", "3", "--quiet"]
    app([*common, "--out", str(out)], standalone_mode=False)
    lines = out.read_text().splitlines()
    assert lines[0] == "row,reason,prediction,p" and len(lines) == 4
    capsys.readouterr()
    app([*common, "--json"], standalone_mode=False)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [str(row["row"]) for row in rows] == [line.split(",")[0] for line in lines[1:]]


def test_suggestions_are_tasks_for_label_studio_and_come_back(fitted, mixed_csv, tmp_path):
    columns = suggest(fitted, str(mixed_csv), n=3, label_studio=tmp_path / "tasks.json")
    made = json.loads((tmp_path / "tasks.json").read_text())
    assert [task["data"]["layerwise_row"] for task in made] == [int(row) for row in columns["row"]]
    assert (
        set(made[0]["data"]) >= {"age", "city", "layerwise_reason"}
        and "kind" not in made[0]["data"]
    )
    first = made[0]["predictions"][0]["result"]
    assert first[0]["value"]["choices"] == [str(columns["prediction"][0])]
    export = [task | {"annotations": task["predictions"]} for task in made]
    (tmp_path / "export.json").write_text(json.dumps(export))
    assert read_annotations(tmp_path / "export.json") == {
        int(row): [str(name)]
        for row, name in zip(columns["row"], columns["prediction"], strict=True)
    }


def test_an_encoder_suggests_by_where_rows_lie(mixed_csv, tiny, tmp_path):
    fit(str(mixed_csv), no_target=True, changes=tiny[:2], drop=["kind"], out=tmp_path)
    model = str(tmp_path / "model")
    columns = suggest(model, str(mixed_csv), n=4)
    assert list(columns) == ["row", "reason"] and len(columns["row"]) == 4
    with pytest.raises(PairingError, match="needs probabilities of classes"):
        suggest(model, str(mixed_csv), strategy="margin")


def test_a_label_that_the_model_cannot_have_is_an_error_and_not_a_missing_one(tmp_path, tiny):
    lines = ["a,y", *[f"{i % 7 + 0.5},{i % 2 if i % 3 else ''}" for i in range(60)]]
    table = tmp_path / "numbers.csv"
    table.write_text("\n".join(lines) + "\n")
    fit(str(table), target="y", changes=tiny, out=tmp_path / "o")
    lines[2] = "1.5,unsure"
    table.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match="unsure"):
        suggest(str(tmp_path / "o" / "model"), str(table))


def test_an_encoder_leaves_out_rows_of_the_target_that_is_named(mixed_csv, tiny, tmp_path):
    fit(str(mixed_csv), no_target=True, changes=tiny[:2], drop=["kind"], out=tmp_path)
    model, said = str(tmp_path / "model"), []
    columns = suggest(model, str(mixed_csv), n=20, target="kind", say=said.append)
    assert all(int(row) % 3 == 0 for row in columns["row"])
    assert not any("encoder without a target" in line for line in said)
    suggest(model, str(mixed_csv), n=4, say=said.append)
    assert any("is an encoder without a target: every row counts" in line for line in said)


def test_numbers_are_suggested_where_models_disagree(mixed_csv, tiny, tmp_path):
    fit(str(mixed_csv), target="age", changes=tiny, out=tmp_path)
    columns = suggest(str(tmp_path / "model"), str(mixed_csv), n=3, strategy="disagreement")
    assert all(reason.startswith("5 models say") for reason in columns["reason"])
    assert all(int(row) % 13 == 0 for row in columns["row"])


def test_an_ensemble_disagrees_where_there_are_no_labels():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(200, 2))
    codes[150:] += 30
    y = codes[:, 0] + rng.normal(0, 0.5, 200)
    spread = predictions(codes, y, np.arange(150), 0).std(0)
    assert spread[150:].mean() > 3 * spread[:150].mean()
    again = predictions(codes, y, np.arange(150), 0).std(0)
    np.testing.assert_array_equal(spread, again)


def test_classes_without_a_label_have_no_probability():
    rng = np.random.default_rng(0)
    codes, y = rng.normal(size=(30, 2)), np.arange(30) % 3
    p = probabilities(codes, y, np.flatnonzero(y != 1), 4)
    assert (p[:, [1, 3]] == 0).all() and np.allclose(p.sum(1), 1)
    assert (probabilities(codes, y, np.array([0, 3]), 3)[:, 0] == 1).all()
    many = np.arange(30)  # a label each: warnings are errors here
    assert np.allclose(probabilities(codes, many, np.arange(30), 30).sum(1), 1)


def test_what_cannot_be_suggested_is_said(fitted, mixed_csv, tmp_path):
    lines = mixed_csv.read_text().splitlines()
    full = tmp_path / "full.csv"
    full.write_text("\n".join([lines[0], *[line for line in lines[1:] if line[-1] != ","]]) + "\n")
    with pytest.raises(DataError, match="Every one of the 60 rows .* has a label in 'kind'"):
        suggest(fitted, str(full))
    with pytest.raises(ParameterError, match="There is no strategy 'marginal'"):
        suggest(fitted, str(mixed_csv), strategy="marginal")
    assert Margin().choose(Candidates(np.eye(2), [0, 1], probabilities=np.eye(2)), 1) == []
