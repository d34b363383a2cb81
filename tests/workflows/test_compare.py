"""layerwise compare: the study of a data set, its guards, its report and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.ensemble import ExtraTreesClassifier

import layerwise.report
from layerwise import DataError, EstimatorArm, ParameterError, Study, recipes
from layerwise.data.readers import Dataset, load_dataset
from layerwise.estimators import PretrainedClassifier
from layerwise.evaluation import run_study, tables
from layerwise.report import render_study
from layerwise.workflows import compare
from layerwise.workflows.arms import RATES, recipe_arms
from layerwise.workflows.given import given_rows
from layerwise.workflows.guarded import guarded

STUDY = Study((10, 30), 3)
TREES = ["random forest", "logistic regression"]


@pytest.fixture(scope="module")
def quick(tiny):
    return {
        "recipes": ["stacked_autoencoder"],
        "changes": tiny,
        "baseline": TREES,
        "study": STUDY,
        "workers": 1,
    }


@pytest.fixture(scope="module")
def result(quick, tmp_path_factory):
    return compare(
        "breast-cancer",
        **quick,
        out=tmp_path_factory.mktemp("study"),
        command="layerwise compare breast-cancer",
    )


def test_the_result_holds_to_its_published_schema(result):
    schema = json.loads((Path(layerwise.report.__file__).parent / "study.schema.json").read_text())
    jsonschema.validate(result, schema)
    twin = json.loads(Path(result["report"]).with_suffix(".json").read_text())
    jsonschema.validate(twin, schema)
    assert twin == {
        name: value for name, value in result.items() if name not in ("report", "seconds")
    }


def test_every_row_is_there_with_what_is_asked_for(result):
    assert len(result["rows"]) == 4 * 2 * 3
    assert {"arm", "labels", "draw", "metric", "value", "seconds"} <= set(result["rows"][0])
    assert {"arm", "labels", "mean", "low", "high"} <= set(result["summary"][0])
    assert {"recipe", "labels", "mean", "low", "high", "p_adjusted", "p_practically_nil"} <= set(
        result["differences"][0]
    )
    assert {"kind", "text"} <= set(result["verdict"])


def test_the_verdict_agrees_with_the_rows(result):
    by = {(row["arm"], row["labels"], row["draw"]): row["value"] for row in result["rows"]}
    for row in result["differences"]:
        gaps = [
            by[row["arm"], row["labels"], d] - by[row["against"], row["labels"], d]
            for d in range(3)
        ]
        assert row["mean"] == pytest.approx(np.mean(gaps))
    verdict, [gate] = result["verdict"], [row for row in result["overall"] if row["control"]]
    differs = gate["p_adjusted"] < 0.05
    assert (verdict["kind"] in ("helps", "hurts")) <= differs
    for row in result["differences"]:
        helped = (
            differs
            and row["p_adjusted"] < 0.05
            and row["mean"] > 0
            and row["p_practically_nil"] < 0.95
        )
        assert (row["labels"] in verdict["helps_at"]) == helped


def test_the_rows_lie_there_as_csv_and_parquet(result):
    folder = Path(result["report"]).parent
    for frame in (pl.read_csv(folder / "rows.csv"), pl.read_parquet(folder / "rows.parquet")):
        assert frame["value"].to_list() == pytest.approx([row["value"] for row in result["rows"]])
        assert frame["arm"].to_list() == [row["arm"] for row in result["rows"]]


def test_the_page_shows_the_answer_first_and_every_part(result):
    page = Path(result["report"]).read_text()
    assert (
        page.index(result["verdict"]["advice"][:40])
        < page.index("Learning curves")
        < page.index("All arms")
    )
    for words in (
        "Labels saved",
        "Cost and gain",
        "Win, tie, loss",
        "Guards",
        "layerwise compare breast-cancer",
        "</svg>",
    ):
        assert words in page
    assert "<script" not in page and "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    "payload",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "\x00\u202e"],
)
def test_text_from_data_is_only_ever_text(result, payload):
    facts = json.loads(json.dumps(result))
    text = (
        json.dumps(facts)
        .replace("stacked_autoencoder", json.dumps(payload)[1:-1])
        .replace("random forest", json.dumps(payload)[1:-1])
    )
    facts = json.loads(text) | {"data": payload, "notes": [payload], "guards": [{"text": payload}]}
    facts["classes"]["rows"] = [row | {"class": payload} for row in facts["classes"]["rows"]]
    page = render_study(facts)
    assert "<script" not in page and "<img src=x" not in page and "\x00" not in page
    assert payload != "{{ 7 * 7 }}" or "{{ 7 * 7 }}" in page


def test_the_two_arms_of_a_recipe_differ_in_their_start_alone():
    recipe = recipes.stacked_denoising_autoencoder(widths=(8, 8), modern=True)
    first, second = recipe_arms(recipe, "classification")
    spec, control = first.spec(), second.spec()
    assert {name for name in spec if spec[name] != control[name]} == {"start"}
    assert first.settings(4, 50) == second.settings(4, 50) == [{"rate": rate} for rate in RATES]
    rng = np.random.default_rng(0)
    prepared = first.prepare(rng.normal(size=(40, 4)), 0)
    one, other = (arm.make(prepared, {"rate": 0.3}, 7).get_params() for arm in (first, second))
    assert {
        name for name in one if one[name] != other[name] and not name.startswith("pretrainer")
    } == {"start"}
    assert one["plan"] == other["plan"]
    assert [step.training.learning_rate for step in one["plan"]] == [
        pytest.approx(0.3 * step.training.learning_rate) for step in recipe.finetune
    ]


def test_a_fitted_pair_has_the_same_network_epochs_and_optimiser(result):
    recipe = recipes.stacked_autoencoder(widths=(8,), epochs=1, head_epochs=1, finetune_epochs=2)
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 4)), np.arange(40) % 2
    arms = recipe_arms(recipe, "classification")
    prepared = arms[0].prepare(X, 0)
    models = [arm.make(prepared, {"rate": 1.0}, 0).fit(X, y) for arm in arms]
    shapes = [{name: p.shape for name, p in model.module_.named_parameters()} for model in models]
    heads = [{name: p.shape for name, p in model.head_.named_parameters()} for model in models]
    runs = [
        [
            {k: row[k] for k in ("objective", "epoch", "epochs", "learning_rate")}
            for row in m.history_
        ]
        for m in models
    ]
    assert shapes[0] == shapes[1] and heads[0] == heads[1] and runs[0] == runs[1]
    assert isinstance(models[0], PretrainedClassifier)


def test_pretraining_is_done_once_a_draw_and_kept(quick, tmp_path, monkeypatch):
    from layerwise.workflows import arms as module

    fitted = []
    real = module.make_pretrainer

    def counted(*arguments, **settings):
        fitted.append(arguments)
        return real(*arguments, **settings)

    monkeypatch.setattr(module, "make_pretrainer", counted)
    first = compare("breast-cancer", **quick, out=tmp_path)
    assert len(fitted) == 3
    wider = compare("breast-cancer", **quick | {"study": Study((10, 30, 60), 3)}, out=tmp_path)
    assert len(fitted) == 3
    values = [
        (row["arm"], row["labels"], row["draw"], row["value"])
        for row in wider["rows"]
        if row["labels"] < 60
    ]
    assert values == [
        (row["arm"], row["labels"], row["draw"], row["value"]) for row in first["rows"]
    ]


def test_a_stack_from_the_folder_gives_the_same_results_as_a_fresh_one(quick, tmp_path, tiny):
    from layerwise.workflows.choices import resolve

    data = load_dataset("breast-cancer")
    rows = guarded(data).study
    arms = recipe_arms(resolve(data, "stacked_autoencoder", tiny)[0], "classification")
    fresh = tables(run_study(STUDY, rows, arms, workers=1))["rows"]
    kept = tables(run_study(STUDY, rows, arms, workers=1, folder=tmp_path))["rows"]
    assert [(r["value"], r["log_loss"]) for r in fresh] == [
        (r["value"], r["log_loss"]) for r in kept
    ]


def test_rows_and_estimators_of_ones_own_take_part(quick, tmp_path):
    rng = np.random.default_rng(0)
    y = np.array(["no", "yes", None], dtype=object)[np.arange(150) % 3]
    X = rng.normal(size=(150, 4)) + (y == "yes")[:, None]
    own = {"extra trees": ExtraTreesClassifier(20)}
    found = compare(
        X, y, arms=own, **quick | {"baseline": [], "study": Study((10, 20), 3)}, out=tmp_path
    )
    assert {row["arm"] for row in found["rows"]} == {
        "stacked_autoencoder, pretrained",
        "stacked_autoencoder, random start",
        "extra trees",
    }
    assert found["counts"]["rows"] == 150 and found["counts"]["labelled_rows"] == 100
    arm = EstimatorArm("more trees", ExtraTreesClassifier(30))
    assert (
        len(
            compare(X, y, arms=[arm], **quick | {"baseline": [], "recipes": []}, out=tmp_path)[
                "rows"
            ]
        )
        == 6
    )


def test_a_table_with_a_leak_an_identifier_and_rare_classes_is_guarded(quick, tmp_path):
    rng = np.random.default_rng(0)
    n = 200
    kind = np.array(["a", "b"], dtype=object)[rng.integers(0, 2, n)]
    kind[:3] = "rare"
    frame = pl.DataFrame(
        {
            "size": rng.normal(size=n) + (kind == "a"),
            "copy": [f"code {value}" for value in kind],
            "id": [f"{i + 100_000}" for i in range(n)],
            "same": ["x"] * n,
            "kind": kind.tolist(),
        }
    )
    path = tmp_path / "table.csv"
    frame.write_csv(path)
    found = compare(str(path), target="kind", **quick, out=tmp_path / "out")
    assert {(one["kind"], one["name"]) for one in found["guards"]} == {
        ("rare_class", "rare"),
        ("leak", "copy"),
        ("identifier", "id"),
        ("constant", "same"),
    }
    assert max(row["value"] for row in found["rows"]) < 0.95
    kept = compare(str(path), target="kind", keep=["copy"], **quick, out=tmp_path / "out")
    assert any("it was kept as asked" in one["text"] for one in kept["guards"])
    assert max(row["value"] for row in kept["rows"]) > 0.95


def test_training_rows_that_equal_test_rows_are_left_out():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 3)), np.arange(100) % 2
    test = Dataset("d", X[:10].copy(), y[:10], "y", None, "classification")
    checked = guarded(Dataset("d", X, y, "y", None, "classification", test))
    rows, found = checked.study, checked.findings
    assert [one.kind for one in found] == ["test_duplicates"]
    assert len(rows.y) == 90 and rows.test_y is not None and len(rows.test_y) == 10


def test_rare_classes_are_not_tested_on():
    X, y = np.random.default_rng(0).normal(size=(60, 3)), np.array([0] * 28 + [1] * 28 + [2] * 4)
    rows = guarded(Dataset("d", X, y, "y", None, "classification")).study
    assert rows.classes == ("0", "1") and (rows.y == -1).sum() == 4


def test_transductive_is_written_all_over_the_report(quick, tmp_path):
    study = replace(STUDY, transductive=True)
    page = Path(
        compare("breast-cancer", **quick | {"study": study}, out=tmp_path)["report"]
    ).read_text()
    assert page.count("ransductive") >= 4


@pytest.mark.parametrize("form", ["pandas", "polars", "sparse", "images"])
def test_rows_of_every_form_are_taken(form, quick, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.random((120, 4)), [["no", "yes", float("nan")][i % 3] for i in range(120)]
    forms = {
        "pandas": lambda: pd.DataFrame(X, columns=list("abcd")),
        "polars": lambda: pl.DataFrame(X, schema=list("abcd")),
        "sparse": lambda: sp.csr_matrix(X),
        "images": lambda: X.reshape(120, 1, 2, 2),
    }
    found = compare(forms[form](), y, **quick | {"study": Study((10,), 1)}, out=tmp_path)
    assert found["counts"]["classes"] == 2 and found["counts"]["labelled_rows"] == 80
    assert [row["error"] for row in found["rows"]] == [None] * 4


@pytest.mark.parametrize(
    ("labels", "task", "classes"),
    [
        (pl.Series([0, 1, None] * 40), "classification", 2),
        (np.array([0.0, 1.0, np.nan] * 40), "classification", 2),
        (["yes", "no", None] * 40, "classification", 2),
        ([0.5, 1.5, None] * 40, "regression", 0),
    ],
)
def test_labels_keep_their_meaning(labels, task, classes):
    found = given_rows(np.random.default_rng(0).normal(size=(120, 3)), labels)
    assert found.task == task and len(guarded(found).study.classes) == classes
    assert sum(value is None for value in found.y) == 40


def test_a_test_part_without_labels_of_the_classes_is_refused():
    X, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    test = Dataset("d", X[:5] + 1, np.array([None] * 5, dtype=object), "y", None, "classification")
    with pytest.raises(
        DataError,
        match="0 rows of the test part have a label of a class that takes part; at least 2 are "
        "needed",
    ):
        guarded(Dataset("d", X, y, "y", None, "classification", test))


def test_rows_that_hardly_differ_are_refused(quick, tmp_path):
    X = (np.random.default_rng(0).random((200, 3)) < 0.5).astype(float)
    with pytest.raises(DataError, match="Only 8 labelled rows of 'data' differ from one another"):
        compare(X, np.arange(200) % 2, **quick, out=tmp_path)


def test_what_cannot_be_compared_is_refused(quick, tmp_path, mixed_csv):
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.arange(60) % 2
    refused = [
        (DataError, "has no target, so there is nothing to compare", (str(mixed_csv),), {}),
        (ParameterError, "Rows were given without y", (X,), {}),
        (DataError, "The rows hold infinity", (np.where(X > 2, np.inf, X), y), {}),
        (DataError, "expected numbers", (X.astype(str), y), {}),
        (DataError, "60 rows and 59 labels were given", (X, y[:59]), {}),
        (ParameterError, "target=, test= and id_column= are for files", (X, y), {"target": "kind"}),
        (ParameterError, "y was given for a file", ("digits", y), {}),
        (ParameterError, "There is no column 'x9' to keep", (X, y), {"keep": ["x9"]}),
        (
            DataError,
            "1 class of 'data' with at least 10 labelled rows; a study needs two",
            (X, np.array([0] * 55 + [1] * 5)),
            {},
        ),
        (ParameterError, "There is no recipe 'stacked'", (X, y), {"recipes": ["stacked"]}),
    ]
    for kind, words, arguments, changes in refused:
        with pytest.raises(kind, match=words):
            compare(*arguments, **quick | changes, out=tmp_path)
