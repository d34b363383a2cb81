"""What a call of fit and compare may say: the task, columns to leave out, weights of classes, and
that there is no target."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import Ridge

from layerwise import DataError, ParameterError, Pretrainer, Study, compare, load
from layerwise.data.readers import load_dataset
from layerwise.workflows import fit, predict
from layerwise.workflows.arms import RecipeArm
from layerwise.workflows.choices import resolve
from layerwise.workflows.forgotten import forgotten_target


def table(folder, text, name="t.csv"):
    path = folder / name
    path.write_text(text)
    return str(path)


def stars(n=60):
    """Rows with a target of five whole numbers, and a column of dates that cannot be used."""
    generator = np.random.default_rng(0)
    return "size,day,stars\n" + "".join(
        f"{generator.normal() + i % 5:.3f},2020-01-{i % 28 + 1:02},{i % 5 if i % 3 else ''}\n"
        for i in range(n)
    )


@pytest.fixture
def run(tmp_path, tiny):
    return partial(fit, changes=tiny, out=tmp_path / "out", device="cpu")


# Task


def test_the_task_of_a_target_can_be_said(tmp_path, run, tiny):
    path = table(tmp_path, stars())
    assert run(path, target="stars", drop=["day"])["task"] == "classification"
    result = run(path, target="stars", drop=["day"], task="regression")
    assert result["task"] == "regression" and result["metric"] == "r2"
    assert load(result["model"]).predict(pl.DataFrame({"size": [1.0]})).dtype == float


def test_the_task_of_a_comparison_can_be_said(tmp_path):
    settings = {"recipes": [], "baseline": [], "study": Study((20,), 3), "workers": 1}
    arms = {"own": Ridge()}
    path = table(tmp_path, stars(150))
    for given, more in (
        ((path,), {"target": "stars", "drop": ["day"]}),
        ((np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 5), {}),
    ):
        out = tmp_path / str(len(given))
        result = compare(*given, **more, **settings, arms=arms, task="regression", out=out)
        assert result["task"] == "regression"


def test_texts_are_no_regression(tmp_path):
    with pytest.raises(DataError, match="holds texts .'a'.; regression needs numbers"):
        compare(np.zeros((4, 1)), ["a", "b", "a", "b"], task="regression", out=tmp_path)


@pytest.mark.parametrize("verb", [fit, compare])
def test_an_unknown_task_is_named(verb, tmp_path):
    with pytest.raises(ParameterError, match="Did you mean 'regression'"):
        verb("diabetes", task="regresion", out=tmp_path)


def test_a_task_without_a_target_is_refused(tmp_path, run):
    path = table(tmp_path, "a,b\n" + "".join(f"{i / 7},{i / 3}\n" for i in range(30)))
    with pytest.raises(ParameterError, match="--task regression was given, and 't' has no target"):
        run(path, task="regression")


# Columns to leave out


def test_a_column_can_be_left_out_before_it_is_refused(tmp_path, run):
    path = table(tmp_path, stars())
    with pytest.raises(DataError, match="Column 'day' holds dates"):
        run(path, target="stars")
    result = run(path, target="stars", drop=["day"])
    assert "Left out as asked: 'day'." in result["notes"]
    about = json.loads((tmp_path / "out" / "model" / "model.json").read_text())["about"]
    assert about["left_out"] == ["day"]
    assert len(predict(result["model"], path)["row"]) == 60


def test_columns_of_an_array_are_left_out_by_number(tmp_path, run):
    X = np.random.default_rng(0).normal(size=(60, 3))
    np.savez(tmp_path / "a.npz", X=X, y=np.arange(60) % 2)
    result = run(str(tmp_path / "a.npz"), drop=["x1"])
    model = load(result["model"])
    assert model.n_features_in_ == 2
    answers = predict(result["model"], str(tmp_path / "a.npz"))["prediction"]
    assert (answers == model.predict(X[:, [0, 2]])).all()


@pytest.mark.parametrize(
    ("data", "drop", "words"),
    [
        ("table", ["dya"], "no column 'dya' to leave out. Did you mean 'day'"),
        ("table", ["stars"], "'stars' is the target"),
        ("diabetes", ["y3"], "no column 'y3' to leave out. Known: 'x0'"),
        ("digits", ["x3"], "holds images, which have no columns"),
    ],
)
def test_a_column_that_cannot_be_left_out_is_named(data, drop, words, tmp_path, run):
    given = table(tmp_path, stars()) if data == "table" else data
    with pytest.raises(ParameterError, match=words):
        run(given, target="stars" if data == "table" else None, drop=drop)


def test_columns_of_a_frame_are_left_out_of_a_comparison(tmp_path):
    frame = pl.DataFrame({"a": range(40), "b": np.random.default_rng(0).normal(size=40)})
    study = Study((10,), 3)
    settings = {"recipes": [], "baseline": ["majority"], "study": study, "workers": 1}
    y = [0, 1] * 20
    result = compare(frame, y, drop=["a"], out=tmp_path, **settings)
    assert "Left out as asked: 'a'." in result["notes"]
    with pytest.raises(ParameterError, match="no column 'c' to leave out"):
        compare(frame, y, drop=["c"], out=tmp_path / "no", **settings)


# Weights


def rare(tmp_path):
    generator = np.random.default_rng(0)
    lines = ["x,z,ill"]
    for i in range(300):
        ill = i % 10 == 0
        lines.append(f"{generator.normal() + 1.2 * ill:.3f},{generator.normal():.3f},{'ny'[ill]}")
    return table(tmp_path, "\n".join(lines) + "\n")


def test_weights_of_classes_change_both_arms_and_the_linear_model(tmp_path, run, tiny):
    path = rare(tmp_path)
    plain = run(path, target="ill")
    longer = [*tiny[:3], "finetune_epochs=20", *tiny[4:]]
    result = fit(
        path,
        target="ill",
        changes=longer,
        class_weight="balanced",
        out=tmp_path / "b",
        device="cpu",
    )
    note = next(note for note in result["notes"] if note.startswith("Classes weigh alike"))
    assert note.endswith("in both arms, in the logistic regression and in the random forest.")
    before, after = (one["measures"][3]["recall"][1] for one in (plain, result))
    assert after > before  # the linear model answers 'y' now
    assert set(predict(result["model"], path)["prediction"]) == {"n", "y"}


def test_both_arms_are_given_the_same_weights(tmp_path):
    data = load_dataset("digits")
    recipe, _ = resolve(data, None, ())
    made = [
        RecipeArm(recipe, "classification", start, "cpu", {0: 2.0, 1: 1.0}).make(
            Pretrainer().fit(data.X[:20]), {"rate": 1.0}, 0
        )
        for start in ("pretrained", "random")
    ]
    assert [model.class_weight for model in made] == [{0: 2.0, 1: 1.0}] * 2


def test_weights_by_class_come_back_in_the_words_of_the_data(tmp_path, run):
    result = run(rare(tmp_path), target="ill", class_weight={"y": 5})
    assert "Classes weigh in the loss: n 1, y 5; in both arms" in " ".join(result["notes"])


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ("balnced", "Did you mean 'balanced'"),
        ({"x": 2}, "no class 'x' to weigh. Known: 'n', 'y'"),
        ({"y": 0}, "weight of the class 'y' must be a number above 0. Got 0"),
        ({"y": float("nan")}, "must be a number above 0"),
    ],
)
def test_weights_that_cannot_be_used_are_named(weight, words, tmp_path, run):
    with pytest.raises(ParameterError, match=words):
        run(rare(tmp_path), target="ill", class_weight=weight)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({}, "given for a regression"), ({"no_target": True}, "data without a target")],
)
def test_weights_need_classes(settings, words, run):
    with pytest.raises(ParameterError, match=words):
        run("diabetes", class_weight="balanced", **settings)


# A target that was forgotten


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"Species": range(30), "a": range(30)}, "Species"),
        ({"a": range(30), "loan_class": range(30)}, "loan_class"),
        ({"a": range(30), "kind": ["u", "v"] * 15}, "kind"),
        ({"a": range(30), "sick": [None] * 20 + [0.5] * 10}, "sick"),
        ({"a": range(30), "b": [i % 3 for i in range(30)]}, "b"),
        ({"kind": ["u", "v"] * 15, "a": range(30)}, None),
        ({"a": range(30), "b": [i / 7 for i in range(30)]}, None),
        ({"a": range(10), "b": [0, 1] * 5}, None),
        ({"b": [0, 1] * 15}, None),
        ({"a": range(30), "b": [1] * 30}, None),
    ],
)
def test_a_column_that_looks_like_a_target_is_found(columns, found):
    answer = forgotten_target(pl.DataFrame(columns))
    assert (answer and answer[0]) == found


def test_arrays_have_no_column_that_looks_like_a_target():
    assert forgotten_target(np.zeros((30, 2))) is None


def test_a_forgotten_target_is_asked_for_with_the_command(tmp_path, run):
    path = table(tmp_path, "a,my class\n" + "".join(f"{i / 7},{i % 2}\n" for i in range(30)))
    words = rf"'my class' of 't' .*layerwise fit {path} --target 'my class'.* {path} --no-target"
    with pytest.raises(ParameterError, match=words):
        run(path)
    result = run(path, no_target=True, changes=("widths=[4]", "epochs=1"))
    assert result["task"] is None


def test_a_set_with_labels_of_its_own_can_be_learned_without_them(run):
    result = run("breast-cancer", no_target=True, changes=("widths=[4]", "epochs=1"))
    assert result["task"] is None and result["labels"] == 0


@pytest.mark.parametrize("settings", [{"target": "stars"}, {"task": "regression"}])
def test_no_target_beside_a_target_is_refused(settings, tmp_path, run):
    with pytest.raises(ParameterError, match="--no-target was given and also"):
        run(table(tmp_path, stars()), no_target=True, **settings)
