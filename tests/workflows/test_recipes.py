"""Every recipe, through the command's function and as a value."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest
from sklearn.datasets import load_digits

import layerwise
from layerwise import ParameterError, PretrainedClassifier, PretrainedRegressor, Pretrainer
from layerwise._spec import from_dict
from layerwise.recipes import KINDS, RECIPES, arguments_of, make_recipe, needed_by, summary_of
from layerwise.workflows import fit, recipes

_VIEWS = ["channels=[4]", "finetune_steps=2"]
_STEPS = ["channels=[4]", "steps=2", "control_steps=2"]
SMALL = {
    "bag_of_words_denoising_autoencoder": ["widths=[16,8]"],
    "barlow_twins": _VIEWS,
    "byol": _VIEWS,
    "deep_autoencoder": ["widths=[16,8]"],
    "deep_autoencoder_from_rbms": ["widths=[16,8]", "joint_epochs=1"],
    "deep_belief_network": ["widths=[16,8]"],
    "dino": [*_VIEWS, "prototypes=16"],
    "fixmatch": [*_STEPS, "supervised_steps=2", "pretrained=1"],
    "ladder": ["widths=[16,8]", "steps=20"],
    "masked_autoencoder": ["size=2", "width=8", "depth=1", "finetune_steps=2"],
    "masked_language_model": ["width=8", "depth=1", "heads=2"],
    "mean_teacher": _STEPS,
    "moco": [*_VIEWS, "queue=32"],
    "pi_model": _STEPS,
    "progressive_autoencoder": ["widths=[16,8]"],
    "scarf": ["widths=[16,8]"],
    "simclr": [*_VIEWS, "temperature=0.2"],
    "stacked_autoencoder": ["widths=[16,8]"],
    "stacked_convolutional_autoencoder": ["channels=[4,4]"],
    "stacked_denoising_autoencoder": ["widths=[16,8]"],
    "tabular_denoising_autoencoder": ["widths=[16,8]", "all_layers=true"],
    "variational_autoencoder": ["widths=[16]", "units=4", "steps=20"],
    "vat": ["widths=[16,8]", "steps=2"],
    "vicreg": _VIEWS,
    "vime": ["widths=[16,8]", "consistency_epochs=1"],
}


# Like another one but for the objective: learned from without the command and its report
ALIKE = (
    "barlow_twins",
    "byol",
    "deep_autoencoder",
    "deep_autoencoder_from_rbms",
    "dino",
    "mean_teacher",
    "moco",
    "pi_model",
    "progressive_autoencoder",
    "scarf",
    "stacked_autoencoder",
    "vat",
    "vicreg",
)


@pytest.mark.parametrize("name", ALIKE)
def test_a_recipe_that_is_like_another_one_learns(name):
    X, y = load_digits(return_X_y=True)
    X = X.reshape(-1, 1, 8, 8)[:100] / 16
    settings = dict(change.split("=") for change in [*SMALL[name], "epochs=1"])
    recipe = make_recipe(name, **{key: json.loads(value) for key, value in settings.items()})
    recipe = recipe.replace("stack.in_shape", (1, 8, 8))
    few = np.where(np.arange(100) < 40, y[:100], -1)
    model = PretrainedClassifier(recipe=recipe, unlabeled=-1, random_state=0).fit(X, few)
    assert model.predict_proba(X).shape == (100, 10)
    assert model.recipe_.name == name


OF_TEXT = ("bag_of_words_denoising_autoencoder", "masked_language_model")
BORROWED = [name for name in RECIPES if needed_by(name)]  # tests/workflows/test_encoders.py


@pytest.mark.parametrize(
    "name", [name for name in RECIPES if name not in (*ALIKE, *OF_TEXT, *BORROWED)]
)
def test_a_recipe_goes_through_the_command(name, tmp_path):
    result = fit("digits", labels=50, recipe=name, changes=[*SMALL[name], "epochs=1"], out=tmp_path)
    assert result["recipe"] == name
    assert 0 <= result["test"]["pretrained"] <= 1
    loaded = layerwise.load(result["model"])
    assert loaded.pretrainer_.module_.depth == loaded.module_.depth
    assert (tmp_path / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("name", OF_TEXT)
def test_a_recipe_for_text_goes_through_the_command(name, tmp_path):
    rows = [
        f'"{"where is my card" if i % 2 else "the transfer has failed"}, again, for the {i}th time"'
        f",{'ab'[i % 2] if i < 40 else ''}"
        for i in range(60)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["text,y", *rows]))
    changes = [*SMALL[name], "epochs=1"]
    out = tmp_path / "out"
    result = fit(str(tmp_path / "t.csv"), target="y", recipe=name, changes=changes, out=out)
    assert result["recipe"] == name and result["test"]["pretrained"] > 0.6
    assert "TF-IDF + logistic regression" in (out / "report.html").read_text()
    loaded = layerwise.load(result["model"])
    assert loaded.predict(["where is my card", "the transfer failed"]).tolist() == ["b", "a"]


@pytest.mark.parametrize("name", BORROWED)
def test_a_recipe_without_its_encoder_says_what_it_needs(name):
    with pytest.raises(ParameterError, match=r"needs 'encoder'.*--encoder FOLDER"):
        make_recipe(name)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_a_value_with_a_source(name):
    if name not in BORROWED:
        recipe = make_recipe(name)
        assert recipe.name == name
        assert from_dict(recipe.to_dict()) == recipe
    assert "References" in inspect.getdoc(RECIPES[name])
    assert 10 < len(summary_of(name)) < 46, "one line of a terminal, beside the longest name"


def test_the_list_of_recipes_says_what_each_is_made_of():
    listed = {facts["name"]: facts for facts in recipes()}
    assert set(listed) == set(RECIPES) and list(RECIPES) == sorted(RECIPES)
    order = [(KINDS.index(facts["kind"]), facts["year"], name) for name, facts in listed.items()]
    assert order == sorted(order)
    assert all(2006 <= facts["year"] <= 2026 for facts in listed.values())
    network = listed["deep_belief_network"]
    assert network["stack"].startswith("Stack(Dense(500, activation='sigmoid', tied=True")
    assert network["plan"] == ["ContrastiveDivergence() on Greedy(10)"]
    assert "widths" in network["arguments"] and "finetune_rate" in network["arguments"]
    assert "finetune_rate" not in arguments_of("ladder")
    assert "mix" in arguments_of("simclr") and "mix" not in arguments_of("scarf")


def test_a_field_of_a_recipe_is_changed_by_its_path(tmp_path):
    result = fit(
        "digits",
        labels=50,
        recipe="stacked_autoencoder",
        changes=["widths=[8]", "epochs=1", "stack.0.units=9"],
        out=tmp_path,
    )
    assert layerwise.load(result["model"]).module_.code_space.size == 9


def test_a_convolutional_recipe_asks_for_images(tmp_path):
    with pytest.raises(
        ParameterError, match="needs images; the rows of these data have no height and width"
    ):
        fit("breast-cancer", recipe="stacked_convolutional_autoencoder", out=tmp_path)


def test_a_convolutional_recipe_needs_a_kernel_for_each_convolution():
    with pytest.raises(ParameterError, match="4 convolutions need as many kernels and pools"):
        make_recipe("stacked_convolutional_autoencoder", channels=(4, 4, 4, 4))


def test_the_ladder_has_a_control_without_denoising():
    recipe = make_recipe("ladder", widths=(16, 8))
    assert recipe.control[0].objective.weights == (0.0, 0.0, 0.0, 0.0)
    assert recipe.control[0].replace("objective.weights", None) == recipe.finetune[0]


def test_a_recipe_of_boltzmann_machines_serves_a_regressor():
    recipe = make_recipe("deep_belief_network", widths=(8, 4), epochs=1, finetune_epochs=1)
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    pretrainer = Pretrainer(
        recipe.stack, plan=recipe.plan, preprocessing=layerwise.Preprocessor("unit"), random_state=0
    )
    model = PretrainedRegressor(pretrainer, plan=list(recipe.finetune), random_state=0).fit(X, y)
    assert model.predict(X).shape == (len(X),)


def test_the_ladder_is_compared_with_its_labels_alone_and_shows_no_reconstructions(tmp_path):
    result = fit(
        "digits",
        labels=50,
        recipe="ladder",
        changes=["widths=[16,8]", "epochs=1", "steps=20"],
        out=tmp_path,
    )
    assert result["arms"] == {"pretrained": "with unlabelled rows", "random_start": "labels alone"}
    assert "learning from the unlabelled rows" in result["verdict"]["text"]
    page = (tmp_path / "report.html").read_text()
    assert "labels alone" in page and "random start" not in page
    assert "Reconstructions" not in page and "Filters" in page
