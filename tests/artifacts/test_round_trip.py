"""What is loaded answers bit for bit as what was saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

import layerwise
from layerwise import (
    ACTIVATIONS,
    Cells,
    Combined,
    Conv,
    DataError,
    Dense,
    Greedy,
    Joint,
    ModelError,
    ParameterError,
    Patches,
    Pool,
    Preprocessor,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    ResidualBlock,
    ResidualDense,
    Space,
    Stack,
    Stage,
    Supervised,
    Training,
    Transformer,
    _spec,
    inspect,
    load,
    register,
    save,
)
from layerwise.architecture.stage import StageModule

FAST = [(Reconstruction(), Joint(1), Training(batch_size=64))]
TUNE = [(Supervised(), Joint(1), Training(batch_size=64))]


def pretrained(X, stack=None, **settings):
    return Pretrainer(stack or Stack(Dense(4)), plan=FAST, random_state=0, **settings).fit(X)


def same(a, b):
    a, b = (part.to_numpy() if hasattr(part, "to_numpy") else np.asarray(part) for part in (a, b))
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    if a.dtype == object:
        assert [[repr(cell) for cell in row] for row in a] == [
            [repr(cell) for cell in row] for row in b
        ]
    else:
        assert a.tobytes() == b.tobytes()


def same_encoder(model, again, X):
    assert type(again) is type(model)
    same(model.transform(X), again.transform(X))
    same(model.encode(X, depth=0), again.encode(X, depth=0))
    same(model.reconstruct(X), again.reconstruct(X))
    same(model.inverse_transform(model.transform(X)), again.inverse_transform(again.transform(X)))
    same(model.score_samples(X), again.score_samples(X))
    assert list(model.get_feature_names_out()) == list(again.get_feature_names_out())
    assert model.n_features_in_ == again.n_features_in_
    assert (
        model.plan_ == again.plan_ and model.stack_ == again.stack_ and model.seed_ == again.seed_
    )


def mixed_frame(library: str = "pandas"):
    generator = np.random.default_rng(1)
    n = 30
    age = generator.normal(40, 10, n)
    age[[2, 7]] = np.nan
    data = {
        "age": age,
        "count": generator.integers(0, 5, n).astype(float),
        "city": [None if i % 11 == 0 else "abc"[i % 3] * 2 for i in range(n)],
        "same": [7.0] * n,
        "word": ["x"] * n,
    }
    return (
        pd.DataFrame(data)
        if library == "pandas"
        else pl.DataFrame(data).with_columns(pl.col("age").fill_nan(None))
    )


@pytest.mark.parametrize("numbers", ["auto", "standard", "robust", "minmax", "quantile", "none"])
def test_an_encoder_of_an_array_comes_back_bit_for_bit(tmp_path, rows, numbers):
    X = rows.copy()
    X[3, 1] = np.nan
    model = pretrained(X, preprocessing=Preprocessor(numbers))
    same_encoder(model, load(save(model, tmp_path)), X)


@pytest.mark.parametrize(
    "X",
    [
        np.random.default_rng(0).random((20, 5)).astype(np.float32),
        np.random.default_rng(0).integers(0, 256, (20, 5)).astype(np.uint8),
        np.random.default_rng(0).random((20, 5)) > 0.5,
        np.random.default_rng(0).random((20, 1, 3, 3)),
        sp.random(20, 5, 0.4, format="csr", random_state=0),
    ],
    ids=["unit", "bytes", "bool", "images", "sparse"],
)
def test_each_kind_of_rows_comes_back(tmp_path, X):
    model = pretrained(X)
    again = load(save(model, tmp_path))
    same_encoder(model, again, X)
    assert again.row_shape_ == model.row_shape_


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_mixed_frame_with_missing_cells_and_unseen_categories_comes_back(tmp_path, library):
    X = mixed_frame(library)
    new = {
        "age": [np.nan, 30.0],
        "count": [1.0, 9.0],
        "city": ["never seen", None],
        "same": [8.0, 7.0],
        "word": ["y", None],
    }
    new = pd.DataFrame(new) if library == "pandas" else pl.DataFrame(new)
    model = pretrained(X)
    again = load(save(model, tmp_path))
    same_encoder(model, again, X)
    same_encoder(model, again, new)
    assert type(again.reconstruct(X)) is type(X)
    assert list(again.reconstruct(X).columns) == list(X.columns)


WHITENED = [
    {"contrast": True},
    {"whitening": "zca"},
    {"contrast": True, "whitening": "pca", "epsilon": 0.01},
]


@pytest.mark.parametrize("settings", WHITENED, ids=lambda settings: " ".join(settings))
@pytest.mark.parametrize("kind", ["array", "frame"])
def test_contrast_and_whitening_come_back_bit_for_bit(tmp_path, rows, kind, settings):
    X = mixed_frame() if kind == "frame" else np.where(rows > 9, np.nan, rows)
    model = pretrained(X, preprocessing=Preprocessor(**settings))
    again = load(save(model, tmp_path))
    same_encoder(model, again, X)
    assert again.preprocessing.get_params() == model.preprocessing.get_params()


def test_a_frame_of_numbers_keeps_its_names(tmp_path, rows):
    X = pd.DataFrame(rows, columns=list("abcdef"))
    model = pretrained(X)
    again = load(save(model, tmp_path))
    same_encoder(model, again, X)
    assert list(again.feature_names_in_) == list("abcdef")
    with pytest.raises(ValueError, match="feature names"):
        again.transform(X[list("fedcba")])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_comes_back(tmp_path, rows, activation):
    model = pretrained(rows, Stack(Dense(4, activation=activation), Dense(2)))
    same_encoder(model, load(save(model, tmp_path)), rows)


@pytest.mark.parametrize(
    "settings",
    [
        {"tied": True},
        {"normalisation": "batch"},
        {"normalisation": "layer"},
        {"dropout": 0.2},
        {"init": "normal(0.1)"},
    ],
    ids=lambda settings: next(iter(settings)) + str(next(iter(settings.values()))),
)
def test_every_setting_of_a_stage_comes_back(tmp_path, rows, settings):
    model = pretrained(rows, Stack(Dense(4, **settings), Dense(3, **settings)))
    again = load(save(model, tmp_path))
    same_encoder(model, again, rows)
    assert again.stack_ == model.stack_
    assert not again.module_.training


CLASSES = {
    "words": np.array(["no", "yes", "ünsure, maybe"]),
    "objects": np.array(["no", "yes", "x"], dtype=object),
    "int64": np.array([-5, 3, 10]),
    "uint8": np.array([0, 1, 7], dtype=np.uint8),
    "bool": np.array([False, True, True]),
    "float": np.array([0.0, 1.0, 2.0]),
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_of_every_kind_come_back(tmp_path, rows, name):
    y = CLASSES[name][np.arange(len(rows)) % 3]
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4)), plan=FAST), plan=TUNE, random_state=0
    ).fit(rows, y)
    again = load(save(model, tmp_path))
    assert again.classes_.dtype == model.classes_.dtype
    assert again.classes_.tolist() == model.classes_.tolist()
    assert again.predict(rows).tolist() == model.predict(rows).tolist()
    same(model.predict_proba(rows), again.predict_proba(rows))
    same(model.encode(rows), again.encode(rows))
    assert again.score(rows, y) == model.score(rows, y)


def test_a_classifier_of_a_mixed_frame_comes_back(tmp_path):
    X = mixed_frame()
    y = np.array(["a", "b", ""], dtype=object)[np.arange(len(X)) % 3]
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4)), plan=FAST), plan=TUNE, unlabeled="missing", random_state=0
    ).fit(X, y)
    again = load(save(model, tmp_path))
    same(model.predict_proba(X), again.predict_proba(X))
    assert (
        again.unlabeled == "missing"
        and again.history_
        and again.transfer_report_ == model.transfer_report_
    )


@pytest.mark.parametrize("outputs", [(), (1,), (3,)])
def test_a_regressor_comes_back_with_its_outputs(tmp_path, rows, outputs):
    y = np.random.default_rng(2).normal(100, 30, (len(rows), *outputs))
    model = PretrainedRegressor(
        Pretrainer(Stack(Dense(4)), plan=FAST), plan=TUNE, random_state=0
    ).fit(rows, y)
    again = load(save(model, tmp_path))
    same(model.predict(rows), again.predict(rows))
    assert again.predict(rows).shape == y.shape
    assert again.score(rows, y) == model.score(rows, y)


@pytest.mark.parametrize("head", [(), (5,), (5, 4)])
def test_the_head_and_a_combined_objective_come_back(tmp_path, rows, head):
    plan = [
        (
            Combined(Supervised(head), Reconstruction(), weight=0.5),
            Joint(1),
            Training(batch_size=64),
        )
    ]
    y = np.arange(len(rows)) % 2
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4)), plan=FAST), plan=plan, random_state=0
    ).fit(rows, y)
    same(model.predict_proba(rows), load(save(model, tmp_path)).predict_proba(rows))


def test_a_random_start_comes_back(tmp_path, rows):
    y = np.arange(len(rows)) % 2
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4, activation="sigmoid")), plan=FAST),
        plan=TUNE,
        start="random",
        random_state=0,
    ).fit(rows, y)
    again = load(save(model, tmp_path))
    same(model.predict_proba(rows), again.predict_proba(rows))
    assert again.start == "random"


@pytest.mark.parametrize("start", ["pretrained", "random"])
def test_a_frozen_pretrainer_comes_back_frozen(tmp_path, rows, start):
    frozen = FrozenEstimator(pretrained(rows))
    model = PretrainedClassifier(frozen, plan=TUNE, start=start, random_state=0).fit(
        rows, np.arange(len(rows)) % 2
    )
    again = load(save(model, tmp_path))
    assert isinstance(again.pretrainer_, FrozenEstimator)
    same(model.predict_proba(rows), again.predict_proba(rows))
    same(frozen.transform(rows), again.pretrainer_.transform(rows))


def test_a_nan_marker_is_still_the_marker_after_loading(tmp_path, rows):
    y = np.where(np.arange(len(rows)) % 2, rows[:, 0], np.nan)
    model = PretrainedRegressor(
        Pretrainer(Stack(Dense(4)), plan=FAST), plan=TUNE, unlabeled=np.nan, random_state=0
    ).fit(rows, y)
    again = load(save(model, tmp_path))
    assert again.unlabeled != again.unlabeled
    with pytest.raises(DataError, match="have no label"):
        again.score(rows, y)


def test_a_loaded_model_can_be_saved_again_with_the_same_weights(tmp_path, classifier):
    first = save(classifier, tmp_path / "a")
    second = save(load(first), tmp_path / "b")
    assert (first / "model.safetensors").read_bytes() == (second / "model.safetensors").read_bytes()
    assert (first / "model.json").read_bytes() == (second / "model.json").read_bytes()


def test_saving_into_a_folder_replaces_the_model_in_it(tmp_path, rows, classifier):
    save(classifier, tmp_path)
    model = pretrained(rows)
    save(model, tmp_path)
    same_encoder(model, load(tmp_path), rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "model.json",
        "model.safetensors",
    ]


def test_inspect_tells_what_is_in_a_folder(saved, classifier):
    facts = inspect(saved)
    assert facts["kind"] == "PretrainedClassifier"
    assert facts["finetuned"]["classes"]["values"] == ["no", "yes"]
    assert facts["weights"]["bytes"] == (saved / "model.safetensors").stat().st_size


def test_about_is_kept_as_plain_data(tmp_path, classifier):
    about = {"data": "x", "figures": {"a": np.float32(0.5), "b": float("nan"), "c": (1, 2)}}
    assert inspect(save(classifier, tmp_path, about=about))["about"] == {
        "data": "x",
        "figures": {"a": 0.5, "b": None, "c": [1, 2]},
    }


def test_the_card_holds_no_value_from_the_data(tmp_path, rows):
    X = pd.DataFrame(
        {"<img src=x>": rows[:, 0], "city": np.array(["`rm`", "b"])[np.arange(len(rows)) % 2]}
    )
    y = np.array(["<script>", "b"])[np.arange(len(rows)) % 2]
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4)), plan=FAST), plan=TUNE, random_state=0
    ).fit(X, y)
    card = (save(model, tmp_path, about={"data": "<b>"}) / "README.md").read_text()
    assert "Dense(4)" in card
    assert not any(text in card for text in ("<img", "`rm`", "<script>", "<b>"))


def test_the_weights_can_be_read_without_layerwise(saved):
    from safetensors.torch import load_file

    names = load_file(saved / "model.safetensors")
    assert {
        "pretrained.stages.0.weight",
        "stack.stages.1.bias",
        "head.layers.0.weight",
    } <= names.keys()


# Stages that only encode

IMAGES = {"in_shape": (1, 4, 8)}
ENCODERS = [
    Stack(Patches(2, 8), Transformer(2, 2, dropout=0.1), Pool(), **IMAGES),
    Stack(Patches(4, 8, class_token=True), Transformer(1, 4), Pool("first"), **IMAGES),
    Stack(Cells(8), Transformer(1, 2), Pool("first")),
    Stack(
        Conv(4, normalisation="batch", decoder=False),
        ResidualBlock(6, stride=2, dropout=0.1, last=True),
        Pool(),
        **IMAGES,
    ),
    Stack(Dense(6, activation="linear"), ResidualDense(8, last=True)),
]


@dataclass(frozen=True, repr=False)
class Spread(layerwise.Objective):
    """Codes that differ: it needs no way back."""

    level = "data"

    def loss(self, codec, state, batch, at):
        return -codec.encode(batch.x, at).flatten(1).std(0).mean(), {}


@pytest.mark.parametrize("stack", ENCODERS, ids=repr)
def test_a_stack_that_only_encodes_comes_back_bit_for_bit(tmp_path, registry, stack):
    register(Spread)
    X = np.random.default_rng(0).random((40, 32)).astype(np.float32)
    plan = [(Spread(), Joint(1), Training(batch_size=16))]
    pretrainer = Pretrainer(stack, plan=plan, random_state=0)
    model = PretrainedClassifier(pretrainer, plan=TUNE, random_state=0).fit(X, X[:, 0] > 0.5)
    again = load(save(model, tmp_path / "a"))
    same(model.encode(X), again.encode(X))
    same(model.predict_proba(X), again.predict_proba(X))
    same(model._fitted_pretrainer().transform(X), again._fitted_pretrainer().transform(X))
    assert again._fitted_pretrainer().stack_ == stack
    assert not hasattr(again._fitted_pretrainer(), "reconstruct")
    second = save(again, tmp_path / "b")
    assert (second / "model.safetensors").read_bytes() == (
        tmp_path / "a" / "model.safetensors"
    ).read_bytes()


def test_columns_with_categories_are_cells_that_come_back(tmp_path):
    X = mixed_frame()
    stack = Stack(Cells(8), Transformer(1, 2), Pool("first"))
    model = PretrainedClassifier(
        Pretrainer(stack, plan=FAST), plan=TUNE, start="random", random_state=0
    ).fit(X, np.arange(len(X)) % 2)
    again = load(save(model, tmp_path))
    same(model.predict_proba(X), again.predict_proba(X))
    blocks = again.module_.in_space.blocks
    assert any(block.kind == "category" for block in blocks)
    numbers = sum(block.size for block in blocks if block.kind != "category")
    cells = numbers + sum(block.kind == "category" for block in blocks)
    assert again.module_.chain[0].count == cells < again.module_.in_space.size


# What cannot be saved


def test_an_unfitted_estimator_is_refused(tmp_path):
    with pytest.raises(NotFittedError):
        save(Pretrainer(), tmp_path)


def test_another_estimator_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="fitted Pretrainer.*Got StandardScaler"):
        save(StandardScaler(), tmp_path)


def test_a_transformer_of_ones_own_is_refused_with_what_to_do(tmp_path, rows):
    model = pretrained(rows, preprocessing=StandardScaler())
    with pytest.raises(ModelError, match="StandardScaler.*holds no code.*Use Preprocessor"):
        save(model, tmp_path)
    assert not list(tmp_path.iterdir())


# A stage of one's own


@dataclass(frozen=True, repr=False)
class Doubling(Stage):
    """Twice the input, half of the code: nothing to learn but a bias."""

    factor: float = 2.0

    def build(self, in_space, generator):
        return DoublingCodec(self.factor, in_space)


class DoublingCodec(StageModule):
    def __init__(self, factor, in_space):
        super().__init__(in_space, Space.of("real", in_space.size))
        self.factor = factor
        self.bias = torch.nn.Parameter(torch.zeros(in_space.size))

    def encode(self, x, at=None):
        return self.factor * x.flatten(1) + self.bias

    def decode_params(self, z):
        return (z - self.bias) / self.factor


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(_spec, "_REGISTRY", dict(_spec._REGISTRY))
    return _spec._REGISTRY


def test_a_registered_stage_of_ones_own_comes_back(tmp_path, rows, registry):
    register(Doubling)
    model = pretrained(rows, Stack(Doubling(3.0), Dense(2)))
    same_encoder(model, load(save(model, tmp_path)), rows)


def test_a_stage_that_is_not_registered_is_refused_when_saving_and_when_loading(
    tmp_path, rows, registry
):
    model = pretrained(rows, Stack(Doubling(3.0), Dense(2)))
    with pytest.raises(ParameterError, match=r"'Doubling'.*register"):
        save(model, tmp_path / "a")
    assert not (tmp_path / "a").exists()
    register(Doubling)
    save(model, tmp_path / "b")
    del registry["Doubling"]
    with pytest.raises(ModelError, match=r"'Doubling'.*register"):
        load(tmp_path / "b")


def test_another_class_of_a_name_that_is_taken_is_refused(registry):
    other = dataclass(frozen=True, repr=False)(
        type("Dense", (Doubling,), {"__module__": "mine", "__doc__": ""})
    )
    with pytest.raises(ParameterError, match=r"'Dense' is taken by layerwise.*another name"):
        register(other)


def test_the_description_is_strict_json_with_documented_keys(saved):
    text = (saved / "model.json").read_text()
    facts = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert {
        "format",
        "format_version",
        "layerwise",
        "kind",
        "pretrainer",
        "finetuned",
        "about",
        "weights",
        "digest",
    } == set(facts)
    assert Path(saved / facts["weights"]["file"]).is_file()
    assert Greedy.__name__ not in text


# A plan is text until somebody wants to train again


@dataclass(frozen=True, repr=False)
class Plainly(Reconstruction):
    """An objective of the user's own."""

    power: float = 2.0


def forget(name):
    from layerwise import _spec

    _spec._REGISTRY.pop(name)


def test_a_model_of_known_stages_is_used_where_its_objective_is_not_known(
    tmp_path, rows, registry, capsys
):
    from layerwise.artifacts.describe import model_lines

    register(Plainly)
    plan = [(Plainly(power=3.0), Joint(1))]
    model = Pretrainer(Stack(Dense(3)), plan=plan, random_state=0).fit(rows)
    tuned = PretrainedClassifier(model, head=(4,), random_state=0)
    tuned.fit(rows, np.arange(len(rows)) % 2)
    save(tuned, tmp_path)
    forget("Plainly")
    again = load(tmp_path)
    assert np.array_equal(again.predict_proba(rows), tuned.predict_proba(rows))
    encoder = again._fitted_pretrainer()
    assert np.array_equal(encoder.reconstruct(rows), tuned._fitted_pretrainer().reconstruct(rows))
    words = "Plainly(error='auto', power=3.0) on Joint(1)"
    assert any(words in line for line in model_lines(inspect(tmp_path)))
    assert "Plainly(power=3.0)" in (tmp_path / "README.md").read_text()
    with pytest.raises(ParameterError, match=r"Unknown type 'Plainly'.*register"):
        clone(encoder).fit(rows)
    second = tmp_path / "again"
    save(again, second)
    assert np.array_equal(load(second).predict_proba(rows), tuned.predict_proba(rows))
    register(Plainly)
    assert load(second)._fitted_pretrainer().plan_[0].objective == Plainly(power=3.0)


def test_a_plan_that_is_not_known_says_whether_it_trained_a_decoder(tmp_path, rows, registry):
    @dataclass(frozen=True, repr=False)
    class Far(layerwise.Objective):
        def loss(self, codec, state, batch, at):
            return -codec.encode(batch.x, at).std(0).mean(), {}

    register(Far)
    model = Pretrainer(Stack(Dense(3)), objective=Far(), schedule=Joint(1), random_state=0)
    save(model.fit(rows), tmp_path)
    forget("Far")
    again = load(tmp_path)
    assert not hasattr(again, "score") and "Far()" in again.why_no_decoder()
    assert np.array_equal(again.transform(rows), model.transform(rows))


def test_a_buffer_that_a_folder_cannot_hold_is_refused(tmp_path):
    model = pretrained(np.random.default_rng(0).random((20, 5)))
    model.module_.chain[0].register_buffer("seen", torch.zeros(2), persistent=False)
    with pytest.raises(ModelError, match=r"The buffer 'stages.0.seen' is not persistent"):
        save(model, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("said", [True, None])
def test_a_folder_that_does_not_say_that_its_decoder_was_trained_offers_none(forged, said):
    def change(description, tensors):
        facts = description["pretrainer"]
        facts["plan"][0]["objective"] = {"type": "Unheard"}
        facts.pop("decodes")
        if said is not None:
            facts["decodes"] = said

    encoder = load(forged(change))._fitted_pretrainer()
    assert hasattr(encoder, "score") is (said is True)


def test_the_card_counts_the_weights_of_the_network_alone(rows, tmp_path):
    model = pretrained(rows)  # with a mean and a scale of six columns
    own = sum(value.numel() for value in model.module_.state_dict().values())
    assert f"({own:,} numbers)" in (save(model, tmp_path) / "README.md").read_text()
