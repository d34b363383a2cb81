"""Rows of a Source: taken as they are, with the weights and the space that they bring."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer

from layerwise import (
    ArraySource,
    DataError,
    Dense,
    Inputs,
    Joint,
    LayerRateSearch,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Recipe,
    Reconstruction,
    Space,
    Stack,
    Supervised,
    Training,
)

X = np.random.default_rng(0).random((24, 4)).astype(np.float32)
Y = np.arange(24) % 2
WEIGHT = np.where(np.arange(24) < 12, 1, 3)
SMALL = Pretrainer(Stack(Dense(3)), schedule=Joint(1), random_state=0)
PLAN = [(Reconstruction(), Joint(1), Training("sgd", learning_rate=0.01))]


def source(x=X, weight=None, kind="unit"):
    weight = None if weight is None else torch.from_numpy(weight.astype(np.float32))
    return ArraySource(torch.from_numpy(x), Space.of(kind, 4), weight=weight)


def test_weights_that_a_source_brings_are_those_of_sample_weight():
    y = X[:, 0] * 5
    plan = SMALL.get_params(deep=False) | {"preprocessing": None}
    own = PretrainedRegressor(SMALL, random_state=0).fit(source(weight=WEIGHT), y)
    given = PretrainedRegressor(Pretrainer(**plan), random_state=0)
    given = given.fit(X, y, sample_weight=WEIGHT.astype(float))
    assert own.target_mean_ == pytest.approx(np.average(y, weights=WEIGHT))
    assert own.target_mean_ == pytest.approx(given.target_mean_)
    assert own.target_scale_ == pytest.approx(given.target_scale_)


@pytest.mark.parametrize("kind", [Pretrainer, PretrainedClassifier])
def test_a_recipe_takes_a_source_as_it_is(kind):
    recipe = Recipe(
        "own",
        stack=Stack(Dense(3)),
        plan=PLAN,
        finetune=[(Supervised(), Joint(1))],
        preprocessing=Inputs("standard"),
    )
    model = kind(recipe=recipe, random_state=0).fit(source(), Y)
    pretrainer = model if kind is Pretrainer else model.pretrainer_
    assert type(pretrainer.preprocessing_).__name__ == "AsIs"


def test_a_source_of_another_space_is_refused():
    model = SMALL.fit(source())
    with pytest.raises(DataError, match=r"fitted on rows of .*unit.*; these are of .*real"):
        model.transform(source(kind="real"))


def test_a_source_is_refused_by_a_model_of_arrays():
    with pytest.raises(DataError, match="fitted on an array or a table and is given a Source"):
        Pretrainer(Stack(Dense(3)), schedule=Joint(1)).fit(X).transform(source())


def test_missing_cells_of_an_array_are_refused_by_a_model_of_a_source():
    holes = X.copy()
    holes[3, 1] = np.nan
    model = Pretrainer(Stack(Dense(3)), schedule=Joint(1)).fit(source())
    with pytest.raises(DataError, match="The rows have missing cells"):
        model.transform(holes)


def test_missing_cells_that_a_transformer_leaves_are_refused_and_filled_ones_are_not():
    holes = X.copy()
    holes[3, 1] = np.nan
    own = Pretrainer(Stack(Dense(3)), schedule=Joint(1), preprocessing=FunctionTransformer())
    with pytest.raises(DataError, match="What FunctionTransformer gives has missing cells"):
        own.fit(holes)
    own.set_params(preprocessing=SimpleImputer()).fit(holes)


def test_a_search_refuses_a_source_in_words():
    search = LayerRateSearch(PretrainedClassifier(SMALL), n_trials=1)
    with pytest.raises(DataError, match="cuts the labelled rows into folds and was given a Source"):
        search.fit(source(), Y)
