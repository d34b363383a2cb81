"""A pipeline of known parts is kept without pickle, answers to the bit, and others are refused with
what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

from layerwise import (
    DataError,
    Dense,
    ModelError,
    ParameterError,
    Preprocessor,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Stack,
    inspect,
    load,
    save,
)
from layerwise.artifacts.describe import model_lines
from layerwise.workflows import predict

from .conftest import FAST, TUNE, forger
from .test_damage import _drop, _set

X = np.random.default_rng(0).normal(size=(40, 4)) * [1, 5, 0.1, 100] + 3
HOLES = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X)
Y = np.arange(40) % 2


def classifier():
    pretrainer = Pretrainer(Stack(Dense(3)), plan=FAST, random_state=0)
    return PretrainedClassifier(pretrainer, plan=TUNE, random_state=0)


def saved(pipeline, folder, rows=X):
    return save(pipeline.fit(rows, Y), folder / "model")


STEPS = {
    "standard": [StandardScaler()],
    "neither": [StandardScaler(with_mean=False, with_std=False)],
    "minmax": [MinMaxScaler((-1, 1), clip=True)],
    "maxabs": [MaxAbsScaler()],
    "robust": [RobustScaler(quantile_range=(10.0, 90.0), unit_variance=True)],
    "centred": [RobustScaler(with_scaling=False)],
    "imputed": [SimpleImputer(), StandardScaler()],
    "constant": [SimpleImputer(strategy="constant", fill_value=7.0), "passthrough", MaxAbsScaler()],
    "preprocessor": [Preprocessor(numbers="robust")],
    "framed": [StandardScaler().set_output(transform="pandas")],
}


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_pipeline_answers_to_the_bit(tmp_path, steps):
    rows = HOLES if isinstance(steps[0], (SimpleImputer, Preprocessor)) else X
    pipeline = make_pipeline(*steps, classifier())
    again = load(saved(pipeline, tmp_path, rows))
    assert type(again) is Pipeline and list(again.named_steps) == list(pipeline.named_steps)
    more = np.random.default_rng(2).normal(size=(5, 4)) * 10
    for part in (rows, more, rows.astype(np.float32)):
        assert again.predict_proba(part).tobytes() == pipeline.predict_proba(part).tobytes()
    assert again.predict(rows).tolist() == pipeline.predict(rows).tolist()


def test_what_a_step_learned_and_its_settings_are_kept(tmp_path):
    pipeline = Pipeline([("fill", SimpleImputer(missing_values=-1.0)), ("scale", StandardScaler())])
    pipeline.steps.append(("model", classifier()))
    again = load(saved(pipeline, tmp_path, pd.DataFrame(X, columns=list("abcd"))))
    for one, two in zip(pipeline[:-1], again[:-1], strict=True):
        assert str(one.get_params()) == str(two.get_params())
        assert one.get_feature_names_out().tolist() == two.get_feature_names_out().tolist()
    assert again["scale"].n_samples_seen_ == 40 and again["fill"].missing_values == -1.0


def test_a_pretrainer_and_a_regressor_may_be_last(tmp_path):
    encoder = make_pipeline(StandardScaler(), Pretrainer(Stack(Dense(2)), plan=FAST)).fit(X)
    assert np.array_equal(load(save(encoder, tmp_path / "a")).transform(X), encoder.transform(X))
    regressor = PretrainedRegressor(classifier().pretrainer, plan=TUNE)
    numbers = make_pipeline(MinMaxScaler(), regressor).fit(X, X[:, 0])
    assert np.array_equal(load(save(numbers, tmp_path / "b")).predict(X), numbers.predict(X))


def test_a_preprocessor_of_a_table_may_be_first(tmp_path):
    table = pd.DataFrame({"a": HOLES[:, 0], "w": ["p", "q"] * 20, "b": X[:, 1]})
    pipeline = make_pipeline(Preprocessor(), classifier())
    again = load(saved(pipeline, tmp_path, table))
    assert again.predict_proba(table).tobytes() == pipeline.predict_proba(table).tobytes()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (PCA(2), "The step 'pca' of the pipeline, PCA, is not among the parts.*StandardScaler"),
        (OneHotEncoder(sparse_output=False), "OneHotEncoder, is not among the parts"),
        (SimpleImputer(add_indicator=True), "has a setting that cannot be kept .*add_indicator"),
        (make_pipeline(StandardScaler()), "Pipeline, is not among the parts"),
    ],
    ids=["pca", "onehot", "indicator", "pipeline"],
)
def test_another_part_is_refused_with_what_to_do(tmp_path, part, words):
    pipeline = make_pipeline(part, classifier()).fit(X.round(), Y)
    with pytest.raises(ModelError, match=words) as caught:
        save(pipeline, tmp_path / "model")
    assert "layerwise.save(pipeline[-1], folder)" in caught.value.hint
    assert "skops" in caught.value.hint and not list(tmp_path.iterdir())


def test_a_part_of_ones_own_that_inherits_is_refused(tmp_path):
    class Mine(StandardScaler):
        pass

    with pytest.raises(ModelError, match="The step 'mine' of the pipeline, Mine, is not among"):
        saved(make_pipeline(Mine(), classifier()), tmp_path)


def test_a_pipeline_that_ends_with_something_else_is_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"or a Pipeline that ends with one\. Got PCA"):
        save(make_pipeline(StandardScaler(), PCA()).fit(X), tmp_path)


def test_a_pipeline_is_described_and_not_used_by_the_command(tmp_path):
    folder = saved(make_pipeline(StandardScaler(), classifier()), tmp_path)
    assert inspect(folder)["pipeline"]["steps"][0]["kind"] == "StandardScaler"
    assert any("Pipeline" in line for line in model_lines(inspect(folder)))
    with pytest.raises(DataError, match=r"is a Pipeline, which is used in Python alone.*load\("):
        predict(str(folder), "digits")


def fill(name, value, dtype=torch.float64):
    return lambda d, t: t.update({name: torch.full_like(t[name], value, dtype=dtype)})


def add(name):
    return lambda d, t: t.update({name: torch.zeros(4)})


STEP = "pipeline.steps.0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set(f"{STEP}.kind", "PCA"), "kind is 'PCA'; expected 'StandardScaler' or"),
        (_set(f"{STEP}.kind", "MinMaxScaler"), "unknown key|lacks the key"),
        (_set(f"{STEP}.extra", 1), r"unknown key 'pipeline\.steps\.0\.extra'"),
        (_set(f"{STEP}.settings.evil", 1), "unknown key .*evil"),
        (_set(f"{STEP}.settings.with_mean", 1), "with_mean is 1; expected true or false"),
        (_set(f"{STEP}.settings.with_std", False), "arrays of .* are not those of a Standard"),
        (_set(f"{STEP}.n_features_in", 5), "is not of 5 numbers"),
        (_set(f"{STEP}.n_features_in", 10**12), "is not of 1000000000000 numbers"),
        (_set(f"{STEP}.feature_names_in", ["a"]), "n_features_in is 4"),
        (_set(f"{STEP}.output", "evil"), "output is 'evil'"),
        (_set("pipeline.model", "Pipeline"), "unknown kind 'Pipeline'"),
        (_set("pipeline.model", "Pretrainer"), "unknown key 'finetuned'"),
        (_set("pipeline.last", "standardscaler"), "not unique"),
        (_set("pipeline.last", "a__b"), "must not contain __"),
        (_set("pipeline.steps", []), "are not those of the pipeline's steps"),
        (_set("kind", "PretrainedClassifier"), "unknown key 'pipeline'"),
        (_drop("pipeline"), "pipeline is None; expected values by name"),
        (_drop(f"{STEP}.settings"), r"lacks the key 'pipeline\.steps\.0\.settings'"),
        (fill("steps.0.scale_", 0.0), "scales of pipeline.steps.0 are not above 0"),
        (fill("steps.0.mean_", float("nan")), "mean_ of pipeline.steps.0 is not of 4 numbers"),
        (fill("steps.0.mean_", 1, torch.int64), "mean_ of pipeline.steps.0 is of int64"),
        (add("steps.0.evil"), "arrays of pipeline.steps.0 are not those"),
        (add("steps.1.mean_"), "are not those of the pipeline's steps"),
        (add("steps.x"), "are not those of the pipeline's steps"),
    ],
)
def test_a_forged_pipeline_is_refused(tmp_path, change, words):
    folder = forger(saved(make_pipeline(StandardScaler(), classifier()), tmp_path))(change)
    with pytest.raises(ModelError, match=words):
        load(folder)
