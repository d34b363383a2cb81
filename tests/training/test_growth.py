"""A loss that grows by orders of magnitude is told of, one that falls or is small is not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from layerwise import (
    Dense,
    Joint,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    Stack,
    Study,
    Supervised,
    Training,
    TrainingWarning,
    compare,
)
from layerwise.training.growth import grown
from layerwise.workflows import fit

X = np.random.default_rng(0).normal(size=(200, 5)).cumsum(axis=1)


def rows(*losses, **more):
    about = {"step": 0, "phase": 0, "first": 0, "last": 1, "objective": "Reconstruction"} | more
    return [about | {"loss": loss} for loss in losses]


@pytest.mark.parametrize(
    ("losses", "told"),
    [
        ((1.0, 0.5, 51.0), True),
        ((1.0, 0.5, 49.0), False),
        ((1.0, 101.0), True),
        ((1.0, 1e6, 0.5), False),  # it came back
        ((1.0, 1e-9, 0.9), False),  # the smallest loss is as good as none
        ((1.0, 1e-9, 1.1), True),
        ((1e-3, 5.0), False),  # begins near 0, as a weight that is ramped up
        ((0.0, 5.0), False),
        ((-1.0, 500.0), False),  # has no orders of magnitude
        ((1.0, -0.5, 500.0), False),
        ((5.0,), False),
        ((), False),
    ],
)
def test_what_is_told_of(losses, told):
    assert bool(grown(rows(*losses))) is told


def test_each_phase_is_looked_at_alone_and_named():
    history = rows(900.0, 800.0, phase=0) + rows(1.0, 0.5, 700.0, phase=1, first=1, last=1)
    [said] = grown(history + rows(1.0, 0.5, phase=2))
    assert said.startswith("The loss of Reconstruction on stage 2 grew from 0.5 to 700: the traini")
    assert "Lower Training(learning_rate=...)" in said


def test_epochs_that_only_sought_the_number_of_epochs_are_left_out():
    assert grown(rows(1.0, 900.0, search=True) + rows(1.0, 0.5)) == []


def pretrainer(training, epochs=4):
    stack = Stack(Dense(4, activation="linear"))
    return Pretrainer(stack, plan=[(Reconstruction(), Joint(epochs), training)], random_state=0)


def constant(optimiser, rate, **more):
    return Training(optimiser, learning_rate=rate, shape="constant", batch_size=20, **more)


def test_a_loss_that_blew_up_within_the_first_epoch_is_told_of():
    history = rows(5e6, 3e6)
    history[0]["begin"] = 0.9
    assert "grew from 0.9 to 3e+06" in grown(history)[0]
    history[0]["begin"] = 0.001
    assert grown(history) == []


def test_a_learning_rate_that_is_far_too_high_is_warned_of():
    with pytest.warns(TrainingWarning, match="The loss of Reconstruction on stage 1 grew from"):
        model = pretrainer(constant("adam", 30.0)).fit(X)
    assert np.isfinite(model.transform(X)).all()


def test_a_good_learning_rate_is_not_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pretrainer(Training(batch_size=20)).fit(X)


def test_fine_tuning_that_diverges_is_warned_of():
    plan = [(Supervised(), Joint(6), constant("adam", 100.0, min_steps=0))]
    model = PretrainedClassifier(pretrainer(Training(batch_size=20), 1), plan=plan, random_state=0)
    with pytest.warns(TrainingWarning, match="The loss of Supervised"):
        model.fit(X, np.arange(200) % 2)


CHANGES = ("widths=[4]", "epochs=2", "head_epochs=1", "finetune_epochs=1")
CHANGES += ("training.optimiser=adam", "training.learning_rate=1000", "training.shape=constant")
CHANGES += ("finetune.0.training.min_steps=0", "finetune.1.training.min_steps=0")


@pytest.fixture
def table(tmp_path):
    names = [f"c{i}" for i in range(X.shape[1])]
    lines = [",".join([*map(str, row), "ab"[i % 2]]) for i, row in enumerate(X.round(3))]
    (tmp_path / "x.csv").write_text("\n".join([",".join([*names, "kind"]), *lines]) + "\n")
    return str(tmp_path / "x.csv")


@pytest.mark.filterwarnings("ignore:The loss of")
def test_fit_notes_it(table, tmp_path):
    out = tmp_path / "out"
    given = {"target": "kind", "recipe": "stacked_autoencoder", "changes": CHANGES}
    result = fit(table, **given, out=out, device="cpu")
    told = [note for note in result["notes"] if "the training diverged" in note]
    assert len(told) == 1 and told[0].startswith("The loss of Reconstruction")


@pytest.mark.filterwarnings("ignore:The loss of")
def test_compare_notes_it(table, tmp_path):
    given = {"target": "kind", "recipes": ["stacked_autoencoder"], "changes": CHANGES}
    study = Study((20,), 1, settings=1)
    more = {"study": study, "baseline": ["majority"], "workers": 1, "device": "cpu"}
    result = compare(table, **given, **more, out=tmp_path / "out")
    assert any("training went wrong in 1 of its trials" in note for note in result["notes"])
