"""The ``recipe`` parameter: the same as writing out what the recipe says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits

from layerwise import (
    Dense,
    Greedy,
    Joint,
    LayerRateSearch,
    ParameterError,
    Preprocessor,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    Stack,
    Training,
    load,
    recipes,
    save,
)
from layerwise.recipes import make_recipe
from layerwise.recipes.choice import choose, choose_three

X, Y = load_digits(return_X_y=True)
X = (X / 16)[:200]
Y = Y[:200]
FEW = np.where(np.arange(200) < 50, Y, -1)
TINY = recipes.stacked_denoising_autoencoder(
    widths=(8,), epochs=1, head_epochs=1, finetune_epochs=1, modern=True
)


def test_a_recipe_is_what_it_says_written_out():
    short = PretrainedClassifier(recipe=TINY, unlabeled=-1, random_state=0).fit(X, FEW)
    pretrainer = Pretrainer(TINY.stack, plan=TINY.plan, random_state=0)
    long = PretrainedClassifier(pretrainer, plan=TINY.finetune, unlabeled=-1, random_state=0).fit(
        X, FEW
    )
    assert np.array_equal(short.predict_proba(X), long.predict_proba(X))
    assert short.recipe_ == TINY and short.why_ == "Recipe stacked_denoising_autoencoder was given."
    alone = Pretrainer(recipe=TINY, random_state=0).fit(X)
    assert np.array_equal(alone.transform(X), pretrainer.fit(X).transform(X))


def test_the_random_start_of_a_recipe_with_a_control_is_that_control():
    ladder = recipes.ladder(widths=(8,), epochs=1)
    model = PretrainedClassifier(recipe=ladder, start="random", unlabeled=-1, random_state=0).fit(
        X, FEW
    )
    assert model.plan_ == ladder.control


def test_a_recipe_by_name_and_a_name_that_is_none():
    assert (
        Pretrainer(recipe="progressive_autoencoder", random_state=0).fit(X[:20]).recipe_
        == recipes.progressive_autoencoder()
    )
    with pytest.raises(
        ParameterError,
        match=r"There is no recipe 'progresive_.*Did you mean 'progressive_autoencoder'",
    ):
        Pretrainer(recipe="progresive_autoencoder").fit(X)


@pytest.mark.parametrize(
    ("rows", "name", "words"),
    [
        (X, "stacked_denoising_autoencoder", "rows are arrays of only 64 features."),
        (np.zeros((5, 300)), "stacked_denoising_autoencoder", "rows are arrays of 300 features."),
        (
            pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
            "tabular_denoising_autoencoder",
            "the data are a table.",
        ),
    ],
)
def test_auto_goes_by_the_kind_of_data(rows, name, words):
    from layerwise.data.reading import Table
    from layerwise.estimators.chosen import chosen

    recipe, why = chosen("auto", Table(rows, rows))
    assert recipe.name == name and why == f"Recipe {name} was chosen: {words}"


@pytest.mark.parametrize(
    ("rows", "epochs"), [(50_000, 16), (1_000_000, 10), (256, 3000), (0, 3000)]
)
def test_auto_goes_through_a_small_table_more_often(rows, epochs):
    assert choose(table=True, features=4, rows=rows).arguments == {"epochs": epochs}


def test_auto_says_when_every_row_has_a_label():
    choice = choose(table=True, features=4, rows=10, labels=10)
    assert choice.why.endswith("Every row has a label, so pretraining has no rows to add.")


@pytest.mark.parametrize(
    ("image", "labels", "name"),
    [
        ((1, 28, 28), 100, "fixmatch"),
        ((3, 32, 32), 100, "simclr"),
        ((3, 32, 32), 1000, "stacked_denoising_autoencoder"),
        ((3, 8, 8), 100, "stacked_denoising_autoencoder"),
    ],
)
def test_images_with_and_without_colours_are_answered_in_their_own_way(image, labels, name):
    size = int(np.prod(image))
    told = {"table": False, "features": size, "rows": 1000, "image": image, "classes": True}
    choice = choose(**told, labels=labels)
    assert choice.name == name
    make_recipe(choice.name, **choice.arguments)
    arms = choose_three(**told)
    assert len({arm.name for arm in arms}) == 3 or min(image[1:]) < 16
    for arm in arms:
        make_recipe(arm.name, **arm.arguments)


def test_photographs_are_fine_tuned_alike_in_every_arm_of_a_study():
    told = {"table": False, "features": 3072, "rows": 1000, "image": (3, 32, 32), "classes": True}
    simclr, fixmatch, _ = (make_recipe(c.name, **c.arguments) for c in choose_three(**told))
    assert fixmatch.control == (simclr.control or simclr.finetune)


def test_settings_of_ones_own_stand_before_the_recipe():
    model = Pretrainer(
        recipe=TINY, preprocessing=Preprocessor("none"), precision="bfloat16", random_state=0
    ).fit(X)
    assert model.preprocessing_.numbers == "none" and model.used_["precision"] == "bfloat16"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Pretrainer(TINY.stack, recipe="auto"), "Pretrainer was given a recipe and also stack="),
        (
            PretrainedClassifier(Pretrainer(), recipe="auto"),
            "PretrainedClassifier was given a recipe and also pretrainer=",
        ),
        (
            PretrainedRegressor(head=(5,), recipe="auto"),
            "PretrainedRegressor was given a recipe and also head=",
        ),
    ],
)
def test_a_recipe_beside_what_it_says_is_refused(model, words):
    with pytest.raises(ParameterError, match=words):
        model.fit(X, Y.astype(float)) if isinstance(model, PretrainedRegressor) else model.fit(X, Y)


def test_a_regressor_a_clone_and_a_saved_model_know_it(tmp_path):
    A, b = load_diabetes(return_X_y=True)
    model = clone(PretrainedRegressor(recipe=TINY, random_state=0)).fit(A, b)
    assert np.array_equal(load(save(model, tmp_path)).predict(A), model.predict(A))


def test_a_fit_forgets_what_an_earlier_one_learned():
    X = np.random.default_rng(0).random((40, 6))
    model = Pretrainer(recipe="deep_autoencoder", random_state=0)
    model.set_params(recipe=make_recipe("deep_autoencoder", widths=[4], epochs=1)).fit(X)
    assert model.recipe_.name == "deep_autoencoder"
    model.set_params(recipe=None, stack=Stack(Dense(3)), schedule=Joint(1)).fit(X)
    assert not hasattr(model, "recipe_") and not hasattr(model, "why_")
    control = Pretrainer(Stack(Dense(3)), depth="auto", schedule=Greedy(1), random_state=0).fit(X)
    assert control.depth_report_
    assert not hasattr(control.set_params(depth=None).fit_random(X), "depth_report_")


def test_training_beside_a_recipe_is_refused():
    X = np.random.default_rng(0).random((40, 6))
    with pytest.raises(ParameterError, match="was given a recipe and also training="):
        Pretrainer(recipe="auto", training=Training()).fit(X)


def test_a_recipe_that_was_not_fitted_says_what_it_offers():
    assert hasattr(Pretrainer(recipe=make_recipe("deep_autoencoder")), "score")


def test_a_plan_of_a_grown_stack_lists_values_for_the_stages_that_were_kept():
    X = np.random.default_rng(0).normal(size=(120, 6))  # of which a code of 4 keeps too little
    stack = Stack(Dense(5), Dense(4), Dense(3), Dense(2))
    plan = [(Reconstruction(), Greedy([1, 1, 1, 1]))]
    model = Pretrainer(stack, plan=plan, depth="auto", random_state=0).fit(X)
    depth = model.module_.depth
    assert depth < 4 and model.plan_[0].schedule.epochs == (1,) * depth
    assert model.stack_.depth == depth and hasattr(model, "score")


def test_a_search_tunes_what_a_recipe_means():
    pytest.importorskip("optuna")
    X = np.random.default_rng(0).random((60, 6))
    y = np.where(np.arange(60) < 30, np.arange(60) % 2, -1)
    recipe = make_recipe("deep_autoencoder", widths=[4], epochs=1)
    model = PretrainedClassifier(recipe=recipe, unlabeled=-1, random_state=0)
    search = LayerRateSearch(model, n_trials=2, cv=2, random_state=0).fit(X, y)
    assert len(search.trials_) == 2 and len(search.best_factors_) == 1
    assert search.predict(X).shape == (60,)
