"""Rows that a saved model makes up."""

from __future__ import annotations

import csv

import numpy as np
import polars as pl
import pytest
from PIL import Image
from typer.testing import CliRunner

from layerwise import PairingError, ParameterError, inspect, load
from layerwise.cli.app import app
from layerwise.workflows import compare, fit, generate
from layerwise.workflows.generating import _finished
from layerwise.workflows.made_images import holds_images

SHORT = [f"finetune.{i}.training.min_steps=0" for i in range(2)]
SMALL = ["units=3", "widths=[16]", "steps=200", "epochs=2", "finetune.0.schedule.epochs=2"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 400))
    frame = pl.DataFrame(
        {
            "size": x.round(3),
            "rooms": rng.integers(1, 7, 400),
            "colour": rng.choice(["red", "blue", "green"], 400, p=[0.7, 0.2, 0.1]),
            "age": [
                None if gone else round(v, 1)
                for v, gone in zip(x * 9, rng.random(400) < 0.3, strict=True)
            ],
            "kind": ["yes" if v > 0 else "no" for v in x + noise],
        }
    )
    frame[:300].write_csv(folder / "rows.csv")
    frame[300:].write_csv(folder / "other.csv")
    return folder


@pytest.fixture(scope="module")
def fitted(table):
    out = table / "out"
    settings = {"target": "kind", "recipe": "variational_autoencoder", "changes": SMALL}
    fit(str(table / "rows.csv"), out=out, **settings)
    return str(out / "model")


def test_rows_come_back_as_they_are_in_the_data(fitted, table):
    columns, found = generate(fitted, 500, seed=1)
    assert found is None
    assert list(columns) == ["row", "size", "rooms", "colour", "age", "kind"]
    assert all(isinstance(value, int) for value in columns["rooms"])
    assert set(columns["colour"]) <= {"red", "blue", "green"}
    assert 0.2 < np.mean([value is None for value in columns["age"]]) < 0.4
    assert not any(value is None for value in columns["size"])
    assert set(columns["kind"]) <= {"yes", "no"}


def test_the_seed_decides(fitted):
    one, two, other = (generate(fitted, 20, seed=seed)[0] for seed in (1, 1, 2))
    assert one["size"] == two["size"] != other["size"]


def test_what_is_made_up_is_tried_against_real_rows(fitted, table):
    said = []
    rows, other = str(table / "rows.csv"), str(table / "other.csv")
    _, found = generate(fitted, 300, data=rows, held_out=other, say=said.append)
    assert set(found) == {
        *("told_apart", "nearer", "missing", "sentences", "marginals", "pairs", "taught")
    }
    gaps = [gap for _, gap in found["marginals"]]
    assert gaps == sorted(gaps, reverse=True) and 0 <= gaps[-1] <= gaps[0] <= 1
    assert any("are correlated by" in one for one in found["sentences"])
    assert found["taught"]["real"][0] > 0.6
    assert 0.0 <= found["nearer"][1] <= found["nearer"][0] <= found["nearer"][2] <= 1.0
    assert set(found["sentences"]) <= set(said)
    columns, found = generate(fitted, 300, data=rows, say=said.append)
    assert found is None and len(columns["row"]) == 300
    assert said[-1].startswith("The rows were not tried: for that, real ones are needed")
    assert generate(fitted, 20, data=rows, held_out=other, say=said.append)[1] is None
    assert said[-1] == "The rows were not tried: of one kind there are 20, and 50 are needed."


def test_a_stack_without_a_distribution_mixes_codes(table):
    out = table / "plain"
    changes = ["plan.0.schedule.epochs=2", "finetune.0.schedule.epochs=2"]
    settings = {"target": "kind", "recipe": "deep_autoencoder", "changes": changes}
    fit(str(table / "rows.csv"), out=out, **settings)
    with pytest.raises(ParameterError, match="makes up rows between two rows"):
        generate(str(out), 10)
    rows, other = str(table / "rows.csv"), str(table / "other.csv")
    columns, _ = generate(str(out), 60, data=rows, held_out=other)
    assert len(columns["size"]) == 60 and set(columns["colour"]) <= {"red", "blue", "green", None}


def test_images_are_made_of_bytes(tmp_path):
    changes = ["units=4", "widths=[32]", "steps=50", "epochs=1"]
    fit(
        "digits",
        no_target=False,
        recipe="variational_autoencoder",
        labels=50,
        out=tmp_path / "o",
        changes=[*changes, "finetune.0.schedule.epochs=1"],
    )
    columns, _ = generate(str(tmp_path / "o"), 5)
    pixels = np.array([columns[f"x{i}"] for i in range(64)])
    assert pixels.dtype == np.uint8 and pixels.shape == (64, 5)


def test_the_command_writes_them(fitted, tmp_path, capsys):
    out = tmp_path / "made.csv"
    app(["generate", fitted, "--n", "12", "--out", str(out), "--quiet"], standalone_mode=False)
    with open(out, newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 and list(rows[0]) == ["row", "size", "rooms", "colour", "age", "kind"]


def test_a_study_says_what_made_up_rows_are_worth(table, tmp_path):
    from layerwise import Study

    result = compare(
        str(table / "rows.csv"),
        target="kind",
        synthetic="mix",
        changes=["widths=[16]", "steps=100", "epochs=2", *SHORT],
        baseline=["majority"],
        study=Study((20,), 3, settings=1),
        out=tmp_path / "study",
        workers=1,
    )
    arms = {row["arm"] for row in result["summary"]}
    assert arms == {
        "variational_autoencoder, real and made-up rows",
        "variational_autoencoder, real rows alone",
        "majority",
    }
    verdict = result["verdict"]
    assert verdict["about"] == "made-up rows" and "retrain" not in verdict["finding"]
    assert verdict["finding"].startswith(("Made-up rows", "Whether made-up rows"))
    assert verdict["advice"].startswith(("Make no rows up", "Fine-tune on real", "Make rows up"))
    page = (tmp_path / "study" / "report.html").read_text()
    assert "are made-up rows worth anything beside the real ones?" in page
    assert "no compute in place" not in page  # both arms begin at the same pretrained network


def test_two_questions_at_once_are_refused(table, tmp_path):
    rows = str(table / "rows.csv")
    with pytest.raises(ParameterError, match="Run two studies"):
        compare(rows, target="kind", synthetic="mix", choose=["margin"], out=tmp_path / "a")
    with pytest.raises(ParameterError, match="made-up rows have no place in it"):
        compare(rows, target="kind", synthetic="mix", recipes=["ladder"], out=tmp_path / "b")


def test_a_model_without_a_way_back_makes_up_no_rows(table, tmp_path):
    out = tmp_path / "scarf"
    fit(
        str(table / "rows.csv"),
        target="kind",
        recipe="scarf",
        out=out,
        changes=["plan.0.schedule.epochs=1", "finetune.0.schedule.epochs=1"],
    )
    with pytest.raises(PairingError, match="makes up no rows"):
        generate(str(out), 10, data=str(table / "rows.csv"))


def test_cells_are_missing_where_the_model_says_so_and_numbers_stay_in_their_range(fitted, table):
    model, about = load(fitted), inspect(fitted)["about"]
    pretrainer = model._fitted_pretrainer()
    inner = pretrainer._sampled(200, 1, 0)
    names = list(pretrainer.preprocessing_.get_feature_names_out())
    inner[:100, names.index("age_missing")], inner[100:, names.index("age_missing")] = 1.0, 0.0
    inner[:, names.index("rooms")], inner[:, names.index("size")] = 50.0, -50.0
    made = _finished(pretrainer, inner, None, about, 0)
    assert made["age"][:100].null_count() == 100 and made["age"][100:].null_count() == 0
    given = pl.read_csv(table / "rows.csv")
    assert set(made["rooms"]) == {6} and set(made["size"]) == {given["size"].min()}


def test_images_are_written_as_images(tmp_path):
    changes = ["widths=[16]", "units=3", "steps=20", "finetune.0.schedule.epochs=1"]
    fit("digits", labels=50, recipe="variational_autoencoder", changes=changes, out=tmp_path / "o")
    model, run = str(tmp_path / "o" / "model"), CliRunner()
    done = run.invoke(app, ["generate", model, "--n", "12", "--out", str(tmp_path / "m.png")])
    assert done.exit_code == 0 and "12 rows written to" in done.output
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.size == (10 * 9 - 1, 2 * 9 - 1) and np.asarray(picture).std() > 5
    run.invoke(app, ["generate", model, "--n", "12", "--out", str(tmp_path / "m.npy")])
    assert np.load(tmp_path / "m.npy").shape == (12, 1, 8, 8)


def test_a_table_is_not_written_as_a_picture(fitted, tmp_path):
    with pytest.raises(ParameterError, match="this model makes rows of a table"):
        holds_images(tmp_path / "m.png", fitted)
