"""Folders that the first release wrote are read, and answer as they did."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl

from layerwise import inspect, load
from layerwise.artifacts.describe import model_lines

HERE = Path(__file__).parent / "first_release"
ANSWERS = json.loads((HERE / "answers.json").read_text())
X = np.array(ANSWERS["X"])


def test_a_classifier():
    model = load(HERE / "classifier")
    assert np.allclose(model.predict_proba(X), ANSWERS["probabilities"], atol=1e-6)
    assert model.classes_.tolist() == ["no", "yes"]
    encoder = model._fitted_pretrainer()
    assert np.allclose(encoder.score_samples(X), ANSWERS["scores"], atol=1e-6)


def test_a_regressor_of_a_table():
    frame = pl.DataFrame({"a": X[:, 0], "w": np.where(X[:, 1] > 0.5, "b", "c"), "z": X[:, 2]})
    found = load(HERE / "regressor").predict(frame)
    assert np.allclose(found, ANSWERS["numbers"], atol=1e-6)


def test_an_encoder_of_images():
    images = np.linspace(0, 1, 72).reshape(2, 1, 6, 6)
    assert np.allclose(load(HERE / "encoder").transform(images), ANSWERS["codes"], atol=1e-6)


def test_what_is_in_them_is_told():
    lines = "\n".join(model_lines(inspect(HERE / "classifier")))
    assert "Denoising(Masking(0.2)) on Greedy(1)" in lines and "Supervised((4,))" in lines
