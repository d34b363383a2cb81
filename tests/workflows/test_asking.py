"""Studies whose labels are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from layerwise import ParameterError, Random, Study, compare
from layerwise.evaluation import StudyData
from layerwise.evaluation.data import row_keys
from layerwise.evaluation.design import make_draw, shared_by
from layerwise.evaluation.store import Store
from layerwise.evaluation.task import Givens
from layerwise.labelling import strategy_named
from layerwise.recipes import make_recipe
from layerwise.workflows.asking import AskingArm, asking_arms

TINY = ["widths=[16]", "epochs=2"]


def blobs(n=400, seed=0):
    """One class is rare, and lies apart: chance finds few of it."""
    rng = np.random.default_rng(seed)
    y = rng.choice(4, n, p=[0.46, 0.3, 0.2, 0.04])
    return (rng.normal(size=(n, 4)) + 4 * np.eye(4)[y]).astype(np.float32), y


def study_data(X, y):
    keys = row_keys(X)
    return StudyData("made", X, y.astype(np.int64), tuple("abcd"), keys=tuple(keys))


def given_to(arm, data, study):
    draw = make_draw(data, study, 0)
    return Givens(data, study, draw, Store(None)).of(arm), draw


@pytest.mark.parametrize("name", ["typical", "margin", "badge", "random", "coverage"])
def test_an_arm_asks_for_rows_that_have_a_label_and_keeps_what_it_had(name):
    data, study = study_data(*blobs()), Study((10, 60), 3)
    recipe = make_recipe("stacked_denoising_autoencoder", widths=(8,), epochs=1)
    arm = AskingArm(strategy_named(name), recipe, "classification", classes=4, first=5)
    given, draw = given_to(arm, data, study)
    large = arm.labels(given, data, draw, 60)
    assert len(set(large)) == 60 and set(large) <= set(draw.order)
    np.testing.assert_array_equal(large[:5], draw.order[:5])
    again = AskingArm(strategy_named(name), recipe, "classification", classes=4, first=5)
    np.testing.assert_array_equal(again.labels(given, data, draw, 10), large[:10])
    np.testing.assert_array_equal(again.labels(given, data, draw, 60), large)
    everything = arm.labels(given, data, draw, 10_000)
    assert sorted(everything) == sorted(draw.order)


def test_a_strategy_that_helps_is_told_with_the_labels_it_saves(tmp_path):
    X, y = load_digits(return_X_y=True)
    result = compare(
        X / 16.0,
        y,
        choose=["typical-then-margin", "margin"],
        recipes=["stacked_denoising_autoencoder"],
        changes=TINY,
        study=Study((20, 60, 150), 5),
        out=tmp_path,
        workers=1,
    )
    assert [row["arm"] for row in result["summary"][:1]] == ["typical-then-margin"]
    assert {row["arm"] for row in result["summary"]} == {"typical-then-margin", "margin", "random"}
    verdict = result["verdict"]
    assert verdict["kind"] == "helps" and verdict["recipe"] == "typical-then-margin"
    assert "Choosing labels by typical-then-margin helps" in verdict["finding"]
    assert "Ask by typical-then-margin" in verdict["advice"]
    assert "drawn at random" in verdict["advice"]
    assert len(verdict["exploratory"]) == 1 and verdict["exploratory"][0].startswith("margin is ")
    assert not any("compute" in note for note in result["notes"])
    assert any("codes of stacked_denoising_autoencoder" in note for note in result["notes"])
    page = (tmp_path / "report.html").read_text()
    assert "typical-then-margin" in page
    goes_on = compare(
        X / 16.0,
        y,
        choose=["typical-then-margin", "margin"],
        recipes=["stacked_denoising_autoencoder"],
        changes=TINY,
        study=Study((20, 60, 150), 5),
        out=tmp_path,
        workers=1,
        tell=(told := []).append,
    )
    assert any("30 trials are there already" in line or "45 of 45" in line for line in told)
    assert goes_on["summary"] == result["summary"]


def test_labels_that_say_nothing_are_no_reason_to_choose(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 5)), rng.integers(0, 2, 300)
    result = compare(
        X,
        y,
        choose=["margin"],
        recipes=["stacked_denoising_autoencoder"],
        changes=TINY,
        study=Study((20, 60), 4),
        out=tmp_path,
        workers=1,
    )
    assert result["verdict"]["kind"] == "not_separable"
    assert "margin is not shown to beat chance" in result["verdict"]["finding"]
    assert result["verdict"]["advice"].startswith("Label rows drawn at random")


def test_what_draws_have_in_common_is_what_was_asked_for(tmp_path, monkeypatch):
    seen = {}

    def heard(draws, budget, own_test, asked=()):
        seen[budget] = [[set(rows.tolist()) for rows in arm] for arm in asked]
        return shared_by(draws, budget, own_test, asked)

    monkeypatch.setattr("layerwise.evaluation.runner.shared_by", heard)
    X, y = blobs()
    result = compare(
        X,
        y,
        choose=["coverage"],
        recipes=["stacked_denoising_autoencoder"],
        changes=TINY,
        study=Study((20, 60), 3),
        out=tmp_path,
        workers=1,
    )
    for labels in (20, 60):
        shares = [
            np.mean([len(arm[a] & arm[b]) / labels for a, b in ((0, 1), (0, 2), (1, 2))])
            for arm in seen[labels]
        ]
        assert len(shares) == 2  # chance asks for other rows than the first, too
        assert result["shared_labels"][str(labels)] == pytest.approx(max(shares))
    assert result["shared_labels"]["60"] > 0.1  # the same far rows in every draw


def test_numbers_are_asked_for_too(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    result = compare(
        X,
        X[:, 0] + 0.1 * rng.normal(size=300) + 0.5,
        choose=["coverage", "disagreement"],
        changes=["widths=[8]", "epochs=1"],
        recipes=["stacked_denoising_autoencoder"],
        study=Study((20, 60), 3),
        out=tmp_path,
        workers=1,
    )
    assert {row["arm"] for row in result["summary"]} == {"coverage", "disagreement", "random"}
    assert not any(row["error"] for row in result["rows"])


def test_what_cannot_be_chosen_is_refused_in_words(tmp_path):
    X, y = blobs()
    data, recipe = study_data(X, y), make_recipe("stacked_denoising_autoencoder")
    for names, words in (
        (["random"], "names no strategy beside chance"),
        (["margins"], "There is no strategy 'margins'"),
        (["disagreement"], "is not for a classification"),
    ):
        with pytest.raises(ParameterError, match=words):
            asking_arms(names, recipe, data)
    with pytest.raises(ParameterError, match="and also baselines"):
        compare(X, y, choose=["margin"], baseline=["majority"], out=tmp_path)
    with pytest.raises(ParameterError, match="2 recipes were named"):
        compare(X, y, choose=["margin"], recipes=["simclr", "vicreg"], out=tmp_path)
    with pytest.raises(ParameterError, match="learns nothing before it has labels"):
        asking_arms(["margin"], make_recipe("fixmatch"), data)
    with pytest.raises(ParameterError, match="With 4 labels of 4 classes nothing is left"):
        asking_arms(["margin"], recipe, data, smallest=4)
    assert len(asking_arms("margin, badge", recipe, data)) == 3
    arms = asking_arms(["margin", "random", "margin"], recipe, data, smallest=50)
    assert [(arm.name, arm.role, arm.against) for arm in arms] == [
        ("margin", "pretrained", "random"),
        ("random", "control", None),
    ]
    assert arms[0].first == 25 and isinstance(arms[1].strategy, Random)
