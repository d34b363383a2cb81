"""From a file to a model folder, a report and figures, and from the folder to predictions."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from layerwise import DataError, FileError, ModelError, Pretrainer, load
from layerwise.display.model import bright
from layerwise.workflows import embed, fit, predict, reconstruct, score
from layerwise.workflows.use import write_columns

KEYS = {
    "task",
    "metric",
    "recipe",
    "seed",
    "rows",
    "labels",
    "unlabelled",
    "test",
    "seconds",
    "epochs",
    "model",
    "report",
    "notes",
    "guards",
}
LABELLED = KEYS | {"arms", "difference", "verdict", "baseline", "flags"}


def figures(result):
    """The result without seconds and places."""
    return {
        name: value for name, value in result.items() if name not in ("seconds", "model", "report")
    }


@pytest.fixture(scope="module")
def digits(tmp_path_factory, tiny):
    return fit(
        "digits", labels=50, changes=tiny, out=tmp_path_factory.mktemp("digits"), device="cpu"
    )


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, tiny, mixed_csv):
    return fit(
        str(mixed_csv),
        target="kind",
        changes=tiny,
        out=tmp_path_factory.mktemp("mixed"),
        device="cpu",
    )


@pytest.fixture(scope="module")
def encoder(tmp_path_factory, tiny, mixed_csv):
    return fit(
        str(mixed_csv),
        no_target=True,
        changes=tiny[:2],
        out=tmp_path_factory.mktemp("encoder"),
        device="cpu",
    )


def test_the_result_has_the_documented_keys(digits):
    assert set(digits) == LABELLED
    assert set(digits["test"]) == {"rows", "pretrained", "random_start"}
    assert set(digits["seconds"]) == {"pretrain", "finetune", "random_start", "report"}
    assert set(digits["baseline"]) == {"name", "value"}
    assert {"mean", "low", "high"} <= set(digits["difference"]) and set(digits["verdict"]) == {
        "kind",
        "text",
    }
    assert json.loads(json.dumps(digits, allow_nan=False)) == digits


def test_the_figures_add_up(digits):
    assert (digits["task"], digits["metric"], digits["recipe"]) == (
        "classification",
        "accuracy",
        "stacked_denoising_autoencoder",
    )
    assert digits["labels"] == 50 and digits["rows"] == digits["labels"] + digits["unlabelled"]
    assert digits["rows"] + digits["test"]["rows"] == 1797
    assert all(0 <= digits["test"][arm] <= 1 for arm in ("pretrained", "random_start"))
    difference = digits["difference"]
    assert difference["mean"] == pytest.approx(
        digits["test"]["pretrained"] - digits["test"]["random_start"], abs=1e-9
    )
    assert difference["low"] <= difference["mean"] <= difference["high"]
    assert all(value >= 0 for value in digits["seconds"].values())


@pytest.mark.parametrize("name", ["digits", "mixed", "encoder"])
def test_the_model_the_report_and_its_facts_are_written(name, request):
    result = request.getfixturevalue(name)
    load(result["model"])
    page = Path(result["report"])
    assert page.name == "report.html" and "<html" in page.read_text()
    facts = json.loads(page.with_suffix(".json").read_text())
    assert facts["data"]["rows"] == result["rows"] and facts["run"]["recipe"] == result["recipe"]
    assert sorted(item.name for item in page.parent.iterdir()) == [
        "model",
        "report.html",
        "report.json",
    ]


def test_the_model_scores_what_the_result_says(mixed, mixed_csv):
    from layerwise.data.readers import load_dataset
    from layerwise.evaluation import single_draw
    from layerwise.workflows.guarded import guarded

    rows = guarded(load_dataset(str(mixed_csv), target="kind"), draws=False)
    draw, _ = single_draw(rows.study, None, 0)
    model = load(mixed["model"])
    truth = np.array(rows.values)[rows.study.y[draw.test]]
    assert (model.predict(rows.study.rows(draw.test)) == truth).mean() == pytest.approx(
        mixed["test"]["pretrained"]
    )
    assert model.classes_.tolist() == ["@no", "yes"]


def test_rows_of_the_test_are_never_learned_from(digits):
    model = load(digits["model"])
    assert model.pretrainer_.preprocessing_ is not None
    assert digits["rows"] == 1797 - digits["test"]["rows"]


def test_missing_target_cells_are_rows_without_label(mixed):
    assert mixed["task"] == "classification" and mixed["labels"] + mixed["test"]["rows"] == 60
    assert mixed["unlabelled"] == 30


def test_a_constant_column_that_was_dropped_is_said(mixed):
    assert any("constant" in note and "'same'" in note for note in mixed["notes"])


@pytest.mark.parametrize(("data", "metric"), [("diabetes", "r2"), ("breast-cancer", "accuracy")])
def test_the_other_embedded_sets_are_fitted(tmp_path, tiny, data, metric):
    result = fit(data, changes=tiny, out=tmp_path, device="cpu")
    assert result["metric"] == metric and set(result) == LABELLED
    columns = predict(result["model"], data)
    assert np.isfinite(columns["prediction"].astype(float)).all()


def test_the_same_seed_gives_the_same_figures(tmp_path, tiny, mixed, mixed_csv):
    again = fit(str(mixed_csv), target="kind", changes=tiny, out=tmp_path / "again", device="cpu")
    assert figures(again) == figures(mixed)
    one, two = (predict(result["model"], str(mixed_csv)) for result in (mixed, again))
    assert all(one[name].tolist() == two[name].tolist() for name in one)
    other = fit(
        str(mixed_csv), target="kind", changes=tiny, seed=1, out=tmp_path / "other", device="cpu"
    )
    assert figures(other) != figures(mixed)


def test_without_a_target_an_encoder_is_fitted(encoder):
    assert set(encoder) == KEYS
    assert encoder["task"] is None and encoder["labels"] == 0 and encoder["metric"] == "score"
    assert isinstance(load(encoder["model"]), Pretrainer)
    assert encoder["rows"] == 72 and encoder["test"]["rows"] == 18


def test_a_test_file_is_taken_for_the_test(tmp_path, tiny, mixed_csv):
    test = tmp_path / "test.csv"
    lines = mixed_csv.read_text().splitlines()
    test.write_text("\n".join([lines[0], *lines[2:20]]) + "\n")
    result = fit(
        str(mixed_csv),
        target="kind",
        test=str(test),
        changes=tiny,
        out=tmp_path / "out",
        device="cpu",
    )
    assert result["rows"] == 90 - 12 and result["test"]["rows"] == 12
    assert [finding["kind"] for finding in result["guards"]] == ["test_duplicates"]


@pytest.fixture(scope="module")
def leaking(tmp_path_factory):
    """A column that copies the target, one that numbers the rows, and two honest ones; 120 rows,
    as a table and as an array."""
    folder = tmp_path_factory.mktemp("leaking")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    X = np.column_stack([rng.normal(size=120) + y, 3.0 * y - 1, rng.normal(size=120)])
    lines = ["age,copy,height,id,ill"]
    lines += [
        f"{a},{c},{h},{i},{['no', 'yes'][k]}"
        for i, ((a, c, h), k) in enumerate(zip(X.tolist(), y, strict=True))
    ]
    (folder / "ill.csv").write_text("\n".join(lines) + "\n")
    np.savez(folder / "ill.npz", X=X, y=y)
    np.save(folder / "new.npy", X)
    return folder


def test_a_column_that_copies_the_target_is_left_out_and_named(leaking, tiny, tmp_path):
    settings = {"changes": tiny, "device": "cpu"}
    table = fit(str(leaking / "ill.csv"), target="ill", out=tmp_path / "a", **settings)
    found = {finding["name"]: finding["kind"] for finding in table["guards"]}
    assert found == {"copy": "leak", "id": "identifier"}
    assert table["test"]["pretrained"] < 1.0
    assert set(load(table["model"]).feature_names_in_) == {"age", "height"}
    assert len(predict(table["model"], str(leaking / "ill.csv"))["prediction"]) == 120
    page = Path(table["report"]).read_text()
    assert "alone gives the target away" in page
    array = fit(str(leaking / "ill.npz"), out=tmp_path / "b", **settings)
    assert [finding["name"] for finding in array["guards"]] == ["x1"]
    assert load(array["model"]).n_features_in_ == 2
    assert len(predict(array["model"], str(leaking / "new.npy"))["prediction"]) == 120
    assert list(reconstruct(array["model"], str(leaking / "new.npy"))) == ["row", "x_0", "x_2"]
    kept = fit(str(leaking / "ill.npz"), keep=["x1"], out=tmp_path / "c", **settings)
    assert load(kept["model"]).n_features_in_ == 3
    assert "it was kept as asked" in kept["guards"][0]["text"]
    assert kept["baseline"]["value"] == 1.0


def test_a_fit_and_a_study_of_one_draw_say_the_same(leaking, tiny, tmp_path):
    from layerwise import Study
    from layerwise.workflows import compare

    result = fit(
        str(leaking / "ill.csv"), target="ill", changes=tiny, out=tmp_path / "fit", device="cpu"
    )
    study = compare(
        str(leaking / "ill.csv"),
        target="ill",
        recipes=[],
        study=Study((20,), 3),
        out=tmp_path / "compare",
        workers=1,
    )
    assert result["guards"] == study["guards"] and result["metric"] == study["metric"]


def test_what_is_told_while_it_runs(tmp_path, tiny, mixed_csv):
    told: list[str] = []
    fit(str(mixed_csv), target="kind", changes=tiny, out=tmp_path, device="cpu", tell=told.append)
    assert told == ["reading", "pretraining", "fine-tuning", "random start", "comparing", "report"]


@pytest.mark.parametrize(
    "values", [["1.5", "2.5"], ["a", "b"]], ids=["regression", "classification"]
)
@pytest.mark.parametrize("n", [5, 6, 11])
def test_a_handful_of_labels_gives_figures_or_words(tmp_path, tiny, values, n):
    path = tmp_path / "few.csv"
    target = [f"{i * 1.5:.1f}" if values[0] == "1.5" else values[i % 2] for i in range(n)]
    path.write_text(
        "x,z,y\n" + "".join(f"{i % 7},{i * i % 5},{target[i]}\n" for i in range(n)) + "1,2,\n" * 30
    )
    try:
        result = fit(str(path), target="y", changes=tiny, out=tmp_path / "out", device="cpu")
    except DataError:
        return
    assert all(isinstance(result["test"][arm], float) for arm in ("pretrained", "random_start"))


@pytest.mark.parametrize(
    "name", ["café.csv", "a b.csv", "-x.csv", "<img onerror=1>.csv", "$(rm).csv", b"\xff.csv"]
)
def test_a_file_of_any_name_is_fitted(tmp_path, tiny, mixed_csv, name):
    import os

    path = Path(
        os.fsdecode(
            os.fsencode(tmp_path) + b"/" + (name if isinstance(name, bytes) else name.encode())
        )
    )
    path.write_bytes(mixed_csv.read_bytes())
    settings = {"no_target": True, "changes": tiny[:2], "device": "cpu"}
    result = fit(str(path), out=tmp_path / "out", **settings)
    assert "<img" not in Path(result["report"]).read_text()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, tiny, mixed_csv):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="Cannot write"):
        fit(str(mixed_csv), target="kind", changes=tiny, out=tmp_path / "file", device="cpu")


def test_a_folder_that_cannot_be_written_is_refused_before_training(tmp_path, tiny, mixed_csv):
    from layerwise import observing

    (tmp_path / "file").write_text("")
    with observing(lambda event: pytest.fail("training began")), pytest.raises(FileError):
        fit(str(mixed_csv), target="kind", changes=tiny, out=tmp_path / "file", device="cpu")


# Using a model


def test_predictions_have_a_probability_per_class(mixed, mixed_csv):
    columns = predict(mixed["model"], str(mixed_csv))
    assert list(columns) == ["row", "prediction", "p_@no", "p_yes"]
    assert np.allclose(columns["p_@no"] + columns["p_yes"], 1)
    assert len(columns["row"]) == 90 and set(columns["prediction"]) <= {"@no", "yes"}


@pytest.mark.parametrize("name", ["mixed", "encoder"])
def test_codes_scores_and_reconstructions(name, request, mixed_csv):
    model = request.getfixturevalue(name)["model"]
    codes = embed(model, str(mixed_csv))
    assert list(codes) == ["row", *(f"code_{i}" for i in range(8))]
    scores = score(model, str(mixed_csv))["score"]
    assert scores.shape == (90,) and np.isfinite(scores).all() and (scores <= 0).all()
    assert {"age", "city", "same"} <= set(reconstruct(model, str(mixed_csv)))


def test_a_column_called_row_is_not_lost_among_the_reconstructions(encoder, mixed_csv):
    columns = reconstruct(encoder["model"], str(mixed_csv))
    assert np.asarray(columns["row"]).tolist() == list(range(90))
    assert len(columns) == 1 + 5


def test_images_are_reconstructed_as_they_came(digits):
    columns = reconstruct(digits["model"], "digits")
    assert len(columns) == 65 and all(
        0 <= columns[f"x_{i}"].min() <= columns[f"x_{i}"].max() <= 1 for i in (0, 63)
    )


def test_whitened_images_are_shown_and_reconstructed_in_their_own_units(tmp_path, tiny):
    changes = (*tiny, "contrast=true", "whitening=zca", "epsilon=0.01")
    result = fit("digits", labels=50, changes=changes, out=tmp_path, device="cpu")
    model = load(result["model"])
    preprocessing = model.pretrainer_.preprocessing_
    assert (preprocessing.contrast, preprocessing.whitening, preprocessing.epsilon) == (
        True,
        "zca",
        0.01,
    )
    Z = preprocessing.transform(np.eye(64))
    assert Z.min() < 0 and model.pretrainer_.space_.kind == "real"
    assert 0 < reconstruct(result["model"], "digits")["x_27"].mean() < 1
    images = bright(model.pretrainer_, Z, Z)
    assert (
        images.min() == 0 and images.max() == 1 and np.array_equal(images.argmax(axis=1), range(64))
    )
    page = Path(result["report"]).read_text()
    assert all(
        re.search(rf"{name}\W.*?{value}", page, re.DOTALL)
        for name, value in (("whitening", "zca"), ("epsilon", "0.01"))
    )


def test_an_encoder_predicts_nothing(encoder, mixed_csv):
    with pytest.raises(
        DataError, match="is an encoder.*predicts nothing. Use embed, reconstruct or score"
    ):
        predict(encoder["model"], str(mixed_csv))


def test_other_rows_than_the_models_are_refused(mixed, digits, mixed_csv, tmp_path):
    with pytest.raises(DataError, match="cannot be a test set, nor rows for a model of a table"):
        predict(mixed["model"], "digits")
    with pytest.raises(ValueError, match="features|convert"):
        predict(digits["model"], str(mixed_csv))
    other = tmp_path / "other.csv"
    other.write_text(mixed_csv.read_text().replace("age,", "aje,", 1))
    with pytest.raises(
        DataError, match="lacks 1 of the 4 columns of the training table: 'age'.*Did you mean 'aje'"
    ):
        predict(mixed["model"], str(other))
    np.save(tmp_path / "images.npy", np.zeros((3, 1, 4, 4), np.float32))
    with pytest.raises(
        DataError, match=r"have the shape \(1, 4, 4\); the model was fitted on \(1, 8, 8\). Resize"
    ):
        embed(digits["model"], str(tmp_path / "images.npy"))
    with pytest.raises(ModelError, match="no model folder"):
        predict(str(tmp_path), str(mixed_csv))


def table(tmp_path, text):
    path = tmp_path / "new.csv"
    path.write_text(text)
    return str(path)


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize(
    "row",
    [
        "30,c,1,0.5",
        ",c,1,0.5",
        "30,,1,0.5",
        "30,7,1,0.5",
        "30,true,1,0.5",
        "30,never seen,2,0.5",
        ",,,",
    ],
    ids=[
        "whole",
        "no number",
        "no category",
        "category like a number",
        "category like a truth",
        "unseen",
        "nothing",
    ],
)
def test_a_single_row_is_predicted_whatever_is_missing_in_it(mixed, tmp_path, row):
    columns = predict(mixed["model"], table(tmp_path, f"age,city,same,row\n{row}\n"))
    assert len(columns["prediction"]) == 1


def test_columns_the_model_does_not_know_do_no_harm(mixed, tmp_path):
    text = "when,age,city,same,row,note\n2020-01-01,30,c,1,0.5,hello\n2020-01-02,31,c,1,0.5,world\n"
    assert len(predict(mixed["model"], table(tmp_path, text))["prediction"]) == 2


def test_columns_in_another_order_give_the_same_predictions(mixed, tmp_path):
    one = predict(mixed["model"], table(tmp_path, "age,city,same,row\n30,c,1,0.5\n"))
    two = predict(mixed["model"], table(tmp_path, "row,same,city,age\n0.5,1,c,30\n"))
    assert one["p_yes"].tolist() == two["p_yes"].tolist()


def test_words_among_the_numbers_are_named(mixed, tmp_path):
    with pytest.raises(DataError, match="Column 'age'"):
        predict(mixed["model"], table(tmp_path, "age,city,same,row\nold,c,1,0.5\n"))


# CSV


@pytest.mark.parametrize(
    "text", ["=1+1", "=cmd|' /C calc'!A0", "+A1", "-b", "-1+1", "@SUM(A1)", "\tx", "\rx"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_guarded_unless_raw(text):
    columns = {"row": [0], text: [text]}
    header, cells = csv.reader(io.StringIO(write_columns(columns, None), newline=""))
    assert header == ["row", f"'{text}"] and cells == ["0", f"'{text}"]
    assert list(csv.reader(io.StringIO(write_columns(columns, None, raw=True), newline="")))[1] == [
        "0",
        text,
    ]


@pytest.mark.parametrize("text", ["+", "-", "--", "-1", "+1.5", "-.5", "-1e-3", "-1,077.5", "+-1"])
def test_signs_alone_and_numbers_are_no_formula(text):
    assert write_columns({"row": [0], "prediction": [text]}, None, raw=True) == write_columns(
        {"row": [0], "prediction": [text]}, None
    )


def test_values_are_the_shortest_texts_that_read_back():
    columns = {
        "a": np.array([-1.5, 1 / 3]),
        "b": np.array([-1, 2]),
        "c": [None, "x,y"],
        "d": np.array([True, False]),
        "e": np.array([0.1, 1 / 3], dtype=np.float32),
        "f": [np.nan, 1.6e9 + 0.25],
    }
    assert write_columns(columns, None) == (
        "a,b,c,d,e,f\n-1.5,-1,,True,0.1,\n"
        '0.3333333333333333,2,"x,y",False,0.33333334,1600000000.25\n'
    )


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_number_reads_back_as_itself(kind):
    numbers = (1e9 * np.random.default_rng(0).normal(size=500)).astype(kind)
    text = write_columns({"x": np.concatenate([numbers, 1 / numbers])}, None)
    read = np.array(text.split()[1:], dtype=kind)
    assert (read == np.concatenate([numbers, 1 / numbers])).all()


def test_predictions_from_the_data_are_guarded(mixed, mixed_csv, tmp_path):
    assert write_columns(predict(mixed["model"], str(mixed_csv)), tmp_path / "p.csv") is None
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    assert {row["prediction"] for row in rows} <= {"'@no", "yes"}


def test_columns_are_not_written_below_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="Cannot write"):
        write_columns({"row": [0]}, tmp_path / "file" / "x.csv")


def test_images_that_were_skipped_are_said_when_a_model_is_used(tmp_path, tiny):
    from PIL import Image

    rng = np.random.default_rng(0)
    for i in range(40):
        folder = tmp_path / "pictures" / ("one", "two")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (6, 6), dtype=np.uint8)).save(folder / f"{i:02}.png")
    fit(str(tmp_path / "pictures"), changes=tiny, out=tmp_path / "out")
    (tmp_path / "pictures" / "one" / "00.png").write_bytes(b"")
    said = []
    columns = predict(str(tmp_path / "out" / "model"), str(tmp_path / "pictures"), say=said.append)
    assert len(columns["row"]) == 39
    assert any("00.png" in note for note in said)


def test_a_model_of_fit_can_be_fitted_again_on_rows_whose_labels_are_missing(
    mixed_csv, tiny, tmp_path
):
    result = fit(str(mixed_csv), target="kind", changes=tiny, out=tmp_path, device="cpu")
    model = load(result["model"])
    assert model.unlabeled == "missing" and type(model.pretrainer).__name__ == "Pretrainer"
    rows = pl.read_csv(mixed_csv).filter(pl.col("age").is_not_null())
    before = model.pretrainer_.module_.chain[0].weight.clone()
    model.fit(rows.select("age", "city", "row"), rows["kind"])
    assert model.classes_.tolist() == ["@no", "yes"]
    assert not torch.equal(before, model.pretrainer_.module_.chain[0].weight)


def test_a_class_of_the_test_part_alone_stands_in_the_confusion_and_the_notes(tiny, tmp_path):
    rng = np.random.default_rng(0)
    for name, classes in (("train", ["a", "b"]), ("test", ["a", "b", "c"])):
        y = np.array([classes[i % len(classes)] for i in range(60)])
        pl.DataFrame({"u": rng.normal(size=60), "v": rng.normal(size=60), "y": y}).write_csv(
            tmp_path / f"{name}.csv"
        )
    result = fit(
        str(tmp_path / "train.csv"),
        test=str(tmp_path / "test.csv"),
        target="y",
        changes=tiny,
        out=tmp_path / "out",
        device="cpu",
    )
    facts = json.loads(Path(tmp_path / "out" / "report.json").read_text())
    assert facts["confusion"]["classes"] == ["a", "b", "c"]
    assert np.array(facts["confusion"]["matrix"]).sum() == 60
    assert any("of classes that no training row has: 'c'" in note for note in result["notes"])
