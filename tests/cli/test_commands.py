"""What the verbs print and write."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from functools import partial

import pytest

import layerwise as package

TINY = [
    "--set",
    "widths=[4]",
    "--set",
    "epochs=1",
    "--set",
    "head_epochs=1",
    "--set",
    "finetune_epochs=1",
]
TINY += ["--set", "finetune.0.training.min_steps=0", "--set", "finetune.1.training.min_steps=0"]
VERBS = ["demo", "fit", "compare", "predict", "embed", "reconstruct", "score", "inspect"]


@pytest.mark.parametrize("module", ["layerwise", "layerwise.cli"])
def test_the_command_is_a_module_too(module):
    run = [sys.executable, "-m", module, "--version"]
    assert subprocess.run(run, capture_output=True, text=True).stdout.strip() == package.__version__


def test_help_names_every_verb(layerwise):
    done = layerwise("--help")
    assert done.code == 0 and not done.err
    assert all(f" {verb} " in done.out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(layerwise, verb):
    done = layerwise(verb, "--help")
    assert done.code == 0 and "--json" in done.out and f"layerwise {verb}" in done.out
    assert verb in ("inspect", "demo", "fit", "compare") or all(
        name in done.out.lower() for name in ("model", "data", "--out", "--raw")
    )


def test_the_version_is_told(layerwise):
    done = layerwise("--version")
    assert (done.code, done.out) == (0, f"{package.__version__}\n")


def test_no_verb_at_all_shows_the_help(layerwise):
    done = layerwise()
    assert all(f" {verb} " in done.out + done.err for verb in VERBS)
    assert done.code in (0, 2)


def test_fit_prints_one_json_object(layerwise, files, tmp_path):
    done = layerwise(
        "fit",
        files / "good.csv",
        "--target",
        "kind",
        *TINY,
        "--out",
        tmp_path,
        "--device",
        "cpu",
        "--json",
    )
    assert done.code == 0, done.err
    assert done.out.count("\n") == 1 and done.json["task"] == "classification"
    assert {
        "test",
        "seconds",
        "model",
        "report",
        "recipe",
        "seed",
        "rows",
        "labels",
        "unlabelled",
        "metric",
    } <= done.json.keys()


def test_fit_prints_a_table_a_verdict_and_the_places(layerwise, files, tmp_path):
    done = layerwise(
        "fit",
        files / "good.csv",
        "--target",
        "kind",
        *TINY,
        "--out",
        tmp_path,
        "--quiet",
        "--seed",
        3,
    )
    assert done.code == 0 and not done.err
    for words in (
        "pretrained",
        "random start",
        "logistic regression",
        "test accuracy",
        "pretraining",
        f"model: {tmp_path}/model",
    ):
        assert words in done.out
    assert f"report: {tmp_path}/report.html" in done.out


STUDY = [
    "--recipe",
    "stacked_autoencoder",
    *TINY,
    "--baseline",
    "random forest",
    "--labels",
    "4,8",
    "--draws",
    "3",
    "--workers",
    "1",
]


def test_compare_prints_one_json_object(layerwise, files, tmp_path):
    done = layerwise(
        "compare", files / "good.csv", "--target", "kind", *STUDY, "--out", tmp_path, "--json"
    )
    assert done.code == 0, done.err
    assert done.out.count("\n") == 1 and len(done.json["rows"]) == 3 * 2 * 3
    assert {
        "summary",
        "differences",
        "labels_saved",
        "guards",
        "verdict",
        "report",
    } <= done.json.keys()
    assert "3 arms, 4, 8 labels, 3 draws: 18 trials of 2 settings on 1 worker" in done.err


def test_compare_prints_a_table_a_verdict_and_the_report(layerwise, files, tmp_path):
    done = layerwise(
        "compare", files / "good.csv", "--target", "kind", *STUDY, "--out", tmp_path, "--quiet"
    )
    assert done.code == 0 and not done.err
    for words in (
        "test accuracy with",
        "stacked_autoencoder, pretrained",
        "random forest",
        "fine-tuning",
    ):
        assert words in " ".join(done.out.split())
    assert f"report: {tmp_path}/report.html" in done.out


def test_the_report_holds_the_command(layerwise, files, tmp_path):
    layerwise("fit", files / "good.csv", "--no-target", *TINY[:4], "--out", tmp_path, "--quiet")
    assert json.loads((tmp_path / "report.json").read_text())["command"].startswith(
        f"layerwise fit {files}/good.csv --no-target --set"
    )


def test_fit_without_a_target_tells_the_score(layerwise, files, tmp_path):
    done = layerwise(
        "fit", files / "good.csv", "--no-target", *TINY[:4], "--out", tmp_path, "--quiet"
    )
    assert done.code == 0 and "Mean score of 12 held-out rows" in done.out


def test_fit_of_a_regression_tells_r2(layerwise, tmp_path):
    done = layerwise("fit", "diabetes", *TINY, "--out", tmp_path, "--quiet", "--labels", 30)
    assert done.code == 0 and "test R²" in done.out and "ridge regression" in done.out


def test_demo_runs_the_whole_story(layerwise, tmp_path, monkeypatch):
    home = sys.modules["layerwise.workflows.demo"]
    changes = [text for text in TINY if text != "--set"]
    monkeypatch.setattr(home, "DRAWS", 2)
    monkeypatch.setattr(home, "fit_draw", partial(home.fit_draw, changes=changes))
    done = layerwise("demo", "--out", tmp_path, "--json", "--quiet", "--device", "cpu")
    assert done.code == 0, done.err
    assert done.json["labels"] == 50 and len(done.json["draws"]) == 2
    assert (tmp_path / "report.html").is_file() and (tmp_path / "model" / "model.json").is_file()


@pytest.mark.parametrize("verb", ["predict", "embed", "reconstruct", "score"])
def test_a_model_is_used_in_three_forms(layerwise, files, model, tmp_path, verb):
    plain = layerwise(verb, model, files / "good.csv")
    rows = list(csv.DictReader(io.StringIO(plain.out)))
    assert (
        plain.code == 0
        and len(rows) == 60
        and [row["row"] for row in rows] == [str(i) for i in range(60)]
    )
    as_json = layerwise(verb, model, files / "good.csv", "--json")
    assert as_json.out.count("\n") == 1 and len(as_json.json["rows"]) == 60
    assert list(as_json.json["rows"][0]) == list(rows[0])
    written = layerwise(verb, model, files / "good.csv", "--out", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == plain.out and "60 rows written" in written.out
    both = layerwise(verb, model, files / "good.csv", "--out", tmp_path / "x.csv", "--json")
    assert both.json == {"rows": 60, "out": str(tmp_path / "x.csv")}


def test_inspect_tells_what_a_model_is(layerwise, model):
    done = layerwise("inspect", model)
    assert done.code == 0
    for words in (
        "PretrainedClassifier",
        "'good', 3 features",
        "Stack(Dense(4",
        "pretraining Denoising",
        "'no', 'yes'",
        "test        accuracy",
    ):
        assert words in done.out
    assert layerwise("inspect", model, "--json").json["format"] == "layerwise-model"


def test_only_json_is_printed_on_standard_output(layerwise, files, tmp_path):
    done = layerwise(
        "fit", files / "good.csv", "--target", "kind", *TINY, "--out", tmp_path, "--json"
    )
    assert done.out.startswith("{") and done.out.endswith("}\n")


def test_names_from_the_data_are_no_markup(layerwise, tmp_path):
    path = tmp_path / "[bold]x[#ff0000].csv"
    path.write_text(
        "x,[red]k\n" + "".join(f"{i},{['[blue]a', '[/]b'][i % 2]}\n" for i in range(40))
    )
    done = layerwise(
        "fit", path, "--target", "[red]k", *TINY, "--out", tmp_path / "[out]", "--quiet"
    )
    assert done.code == 0, done.err
    assert f"model: {tmp_path}/[out]/model" in done.out


def test_evaluate_prints_measures_classes_and_a_confusion_table(layerwise, files, model):
    done = layerwise("evaluate", model.parent, files / "good.csv")
    assert done.code == 0 and "The model is taken from" in done.err
    for words in ("45 labelled rows, 15 without a label", "balanced accuracy", "macro-F1", "AUC"):
        assert words in done.out
    assert "true \\ predicted" in done.out and "95 % interval" in done.out
    as_json = layerwise("evaluate", model, files / "good.csv", "--json").json
    assert as_json["labelled"] == 45 and set(as_json["measures"]) >= {"accuracy", "log_loss"}


def test_evaluate_of_a_regression_prints_its_errors(layerwise, tmp_path):
    layerwise("fit", "diabetes", *TINY, "--out", tmp_path, "--quiet")
    done = layerwise("evaluate", tmp_path, "diabetes", "--quiet")
    assert done.code == 0 and not done.err
    assert "R²" in done.out and "mean absolute error" in done.out


def test_predict_prints_the_score_of_labelled_rows_on_standard_error(layerwise, files, model):
    done = layerwise("predict", model, files / "good.csv")
    assert done.err.startswith("Score: accuracy ") and done.err.count("\n") == 1
    assert not layerwise("predict", model, files / "good.csv", "--quiet").err


def test_inspect_lists_features_target_and_the_epochs_that_ran(layerwise, model, tmp_path):
    out = layerwise("inspect", model).out
    for words in (
        "target      'kind', a classification",
        "'x'     number, -",
        "'city'  category, 3 levels: 'u', 'v', 'w'",
        "learned from 51 rows, 36 with a label",
        "  ran       1 epoch of 1 batch (stage 1)",
        "inputs      numbers 'robust', 1 category column",
    ):
        assert words in out
    layerwise("fit", "breast-cancer", *TINY, "--out", tmp_path, "--quiet")
    wide = layerwise("inspect", tmp_path)
    assert "'x0'   number, 6.981 to 28.11" in wide.out
    assert "... and 10 more (--json has all)" in wide.out
    assert len(layerwise("inspect", tmp_path, "--json").json["about"]["features"]) == 30


def test_many_epochs_of_few_rows_are_said(layerwise, files, tmp_path):
    small = [*TINY[:2], "--set", "epochs=600", *TINY[4:]]
    done = layerwise(
        "fit", files / "good.csv", "--target", "kind", *small, "--out", tmp_path, "--quiet"
    )
    assert "Pretraining ran 600 epochs of 1 batch (stage 1)" in " ".join(done.out.split())


def test_classes_can_be_weighed_and_columns_left_out(layerwise, files, tmp_path):
    call = ["fit", files / "good.csv", "--target", "kind", *TINY, "--out", tmp_path, "--json"]
    weights = ["--class-weight", "yes=3", "--class-weight", "no=0.5"]
    notes = " ".join(layerwise(*call, *weights, "--drop", "city", "--drop", "z").json["notes"])
    assert "Classes weigh in the loss: no 0.5, yes 3" in notes
    assert "Left out as asked: 'city', 'z'." in notes
