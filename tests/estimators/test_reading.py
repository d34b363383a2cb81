"""A table is read once; rows can come from a Source; what is not read is not copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator

from layerwise import (
    BY_HAND,
    ArraySource,
    Batch,
    Combined,
    DataError,
    Dense,
    Greedy,
    Joint,
    ParameterError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    Space,
    Stack,
    Stage,
    StageModule,
    Supervised,
    Training,
    load,
    save,
)
from layerwise.data import reading
from layerwise.data.reading import is_source, read_table

X = np.random.default_rng(0).random((40, 5)).astype(np.float32)
Y = (X[:, 0] > 0.5).astype(int)
WORDS = np.where(X[:, 1] > 0.5, "b", "a")
FRAMES = [
    pd.DataFrame({"x": X[:, 0], "w": WORDS, "z": X[:, 2]}),
    pl.DataFrame({"x": X[:, 0], "w": WORDS, "z": X[:, 2]}),
]
FORMS = [X, X.tolist(), pd.DataFrame(X, columns=list("abcde")), *FRAMES]


def small(**settings):
    return Pretrainer(Stack(Dense(4)), schedule=Greedy(1), random_state=0, **settings)


@pytest.fixture
def reads(monkeypatch):
    """The number of times that cells were read: a frame taken apart, or an array checked."""
    found = []
    for name in ("_of_frame", "_of_array", "_of_source"):
        real = getattr(reading, name)

        def counted(*args, real=real, **kw):
            found.append(1)
            return real(*args, **kw)

        monkeypatch.setattr(reading, name, counted)
    return found


@pytest.mark.parametrize("rows", FORMS, ids=lambda rows: type(rows).__module__.split(".")[0])
@pytest.mark.parametrize("recipe", [None, "deep_autoencoder"])
def test_a_table_is_read_once(reads, rows, recipe):
    if recipe is None:
        small().fit(rows)
    else:
        Pretrainer(recipe=recipe, random_state=0).fit(rows)
    assert len(reads) == 1
    given = None if recipe else small()
    model = PretrainedClassifier(given, recipe=recipe, random_state=0).fit(rows, Y)
    assert len(reads) == 2
    model.predict(rows)
    assert len(reads) == 3
    model.encode(rows)
    assert len(reads) == 4
    PretrainedRegressor(FrozenEstimator(model._fitted_pretrainer()), random_state=0).fit(
        rows, X[:, 0]
    )
    assert len(reads) == 5


@pytest.mark.parametrize("kind", [0, 3], ids=["array", "frame"])
def test_rows_without_labels_are_read_together_with_the_others(reads, kind):
    rows = FORMS[kind]
    PretrainedClassifier(small(), random_state=0).fit(rows[:30], Y[:30], X_unlabeled=rows[30:])
    assert len(reads) == 1


class Halved(TransformerMixin, BaseEstimator):
    """A stranger's transformer that counts what it is given."""

    seen: ClassVar = []

    def fit(self, X, y=None):
        self.seen.append(type(X))
        return self

    def transform(self, X):
        return np.asarray(X["x"])[:, None].repeat(3, 1) / 2

    def inverse_transform(self, Z):
        return 2 * Z


@pytest.mark.parametrize("frame", FRAMES)
def test_a_transformer_of_the_users_own_gets_what_the_user_gave(frame):
    Halved.seen.clear()
    model = small(preprocessing=Halved()).fit(frame)
    assert Halved.seen == [type(frame)] and model.space_ == Space.of("real", 3)
    assert model.transform(frame).shape == (40, 4) and model.reconstruct(frame).shape == (40, 3)
    weighted = small(preprocessing=Halved()).fit(frame, sample_weight=np.arange(40) % 3 / 2)
    assert weighted.transform(frame).shape == (40, 4)


class Steps(BaseEstimator):
    """A stranger's preprocessing: it says what its rows are, and makes a source of its own."""

    @property
    def space_(self):
        return Space.of("token", 5, levels=6)

    def fit(self, X, y=None):
        return self

    def rows(self, X, *, shape=None, weight=None):
        tokens = torch.from_numpy(1 + (np.asarray(X.values) * 4).astype(np.int64))
        return ArraySource(tokens, self.space_)

    def transform(self, X):
        return X

    def inverse_transform(self, Z):
        return (np.asarray(Z) - 1) / 4


class Looked(StageModule):
    """Tokens looked up and averaged, with a way back to every level."""

    def __init__(self, space):
        super().__init__(space, Space.of("real", 4))
        self.table = torch.nn.Parameter(torch.eye(6)[:, :4] + 0.1)
        self.back = torch.nn.Parameter(torch.full((4, space.parameters), 0.01))

    def encode(self, x, at=BY_HAND):
        return self.table[x].mean(1)

    def decode_params(self, z):
        return z @ self.back


@dataclass(frozen=True, repr=False)
class Look(Stage):
    def build(self, in_space, generator):
        return Looked(in_space)


def test_a_preprocessing_that_makes_tokens_is_trained_and_scored():
    model = Pretrainer(
        Stack(Look()),
        objective=Reconstruction(),
        schedule=Joint(40),
        training=Training(learning_rate=0.05, batch_size=20),
        preprocessing=Steps(),
        random_state=0,
    ).fit(X)
    losses = [row["loss"] for row in model.history_]
    assert losses[0] > losses[-1] > 0
    assert model.score(X) == pytest.approx(-losses[-1], rel=0.1)
    assert set(np.unique(model.reconstruct(X) * 4)) <= {0.0, 1.0, 2.0, 3.0}
    classifier = PretrainedClassifier(model, random_state=0).fit(X, Y)
    assert classifier.score(X, Y) > 0.6


def test_a_source_is_taken_as_it_is_and_can_be_saved(tmp_path):
    source = ArraySource(torch.from_numpy(X), Space.of("unit", 5))
    model = small().fit(source)
    same = small().fit(X)
    assert np.allclose(model.transform(source), model.transform(X), atol=1e-6)
    assert model.n_features_in_ == 5 and model.space_ == source.space
    assert np.array_equal(model.transform(X), same.transform(X))
    again = load(save(model, tmp_path))
    assert np.array_equal(again.transform(source), model.transform(source))
    assert np.array_equal(again.reconstruct(X), model.reconstruct(X))
    classifier = PretrainedClassifier(small(), random_state=0).fit(source, Y)
    assert classifier.predict(X).shape == (40,)
    with pytest.raises(DataError, match=r"X has 3 features, but Pretrainer is expecting 5"):
        model.transform(ArraySource(torch.zeros(2, 3), Space.of("unit", 3)))
    with (
        pytest.warns(UserWarning, match="X has feature names"),
        pytest.raises(DataError, match=r"fitted on a Source and is given a data frame"),
    ):
        model.transform(pd.DataFrame(X[:, 1:], columns=list("abcd")).assign(w=WORDS))


def test_what_does_not_go_with_a_source_is_refused():
    source = ArraySource(torch.from_numpy(X), Space.of("unit", 5))
    with pytest.raises(DataError, match="cannot be weighed from outside"):
        small().fit(source, sample_weight=np.arange(40))
    with pytest.raises(ParameterError, match=r"rows of a Source and also a preprocessing"):
        small(preprocessing=Halved()).fit(source)
    with pytest.raises(DataError, match=r"Give one Source that holds all rows"):
        PretrainedClassifier(small()).fit(source, Y, X_unlabeled=X)
    with pytest.raises(DataError, match=r"The source has 1 row\(s\); at least 2 are needed"):
        small().fit(ArraySource(torch.zeros(1, 2), Space.of("real", 2)))


def test_a_frame_with_columns_of_such_names_is_no_source():
    frame = pd.DataFrame({"space": [1.0, 2.0], "take": [3.0, 4.0]})
    assert not is_source(frame) and not is_source(X)
    assert read_table(small(), frame, reset=True).values.shape == (2, 2)


class Weighed:
    """A source whose batches bring weights of their own."""

    def __init__(self, weight):
        self.space, self.weight = Space.of("unit", 5), torch.from_numpy(weight)

    def __len__(self):
        return len(X)

    def take(self, rows):
        index = torch.from_numpy(rows)
        return Batch(torch.from_numpy(X)[index], weight=self.weight[index])


def test_the_weights_of_a_source_count():
    heavy = np.where(np.arange(40) < 20, 1.0, 1e-6).astype(np.float32)
    plan = {"objective": Reconstruction(), "schedule": Joint(30), "random_state": 0}
    weighed = Pretrainer(Stack(Dense(2)), **plan).fit(Weighed(heavy))
    alike = Pretrainer(Stack(Dense(2)), **plan).fit(X, sample_weight=heavy)
    assert np.allclose(weighed.transform(X), alike.transform(X), atol=1e-5)


def test_weights_reach_the_unsupervised_part_of_a_joint_loss():
    weight = np.where(np.arange(40) < 20, 1.5, 1e-4)
    plan = [(Combined(Supervised(), Reconstruction(), weight=50.0), Joint(40))]
    training = Training(min_steps=200, batch_size=40)

    def errors(weights):
        model = PretrainedClassifier(small(), plan=plan, training=training, random_state=0)
        model.fit(X, Y, sample_weight=weights)
        module = model.module_
        with torch.no_grad():
            back = module.reconstruct(torch.from_numpy(X)).numpy()
        return ((back - X) ** 2).mean(1)[:20].mean()

    assert errors(weight) < errors(None)


def test_rows_without_labels_weigh_as_one_beside_weighted_rows(monkeypatch):
    heard = []
    learn = Pretrainer._learn

    def listening(self, table, weight, **settings):
        heard.append(weight)
        return learn(self, table, weight, **settings)

    monkeypatch.setattr(Pretrainer, "_learn", listening)
    weight = np.linspace(0.5, 2.5, 30)
    for kind in (PretrainedClassifier, PretrainedRegressor):
        y = Y[:30] if kind is PretrainedClassifier else X[:30, 0]
        kind(small(), random_state=0).fit(X[:30], y, X_unlabeled=X[30:], sample_weight=weight)
        assert heard[-1].tolist() == [*weight, *[1.0] * 10]


def test_a_missing_cell_does_not_count_in_a_score():
    rows = X.copy()
    rows[3, 1] = rows[7, 4] = np.nan
    model = small().fit(rows)
    source = model._source(rows)
    batch = source.take(np.arange(40))
    with torch.no_grad():
        back = model.module_.reconstruct(batch.x)
    losses = torch.nn.functional.binary_cross_entropy(back, batch.x, reduction="none")
    mean = (losses * batch.observed).sum(1) / batch.observed.sum(1)
    kinds = {block.kind for block in model.space_.blocks}
    assert kinds == {"unit"} and not bool(batch.observed.all())
    assert np.allclose(model.score_samples(rows), -mean.numpy(), atol=1e-5)
