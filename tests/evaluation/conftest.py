"""Small data for studies, and arms that are fitted in no time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.random_projection import GaussianRandomProjection

from layerwise.evaluation import EstimatorArm, StudyData, row_keys


def data_of(X, y, classes=("a", "b", "c"), test=None):
    keys = row_keys(X) + (row_keys(test[0]) if test else ())
    return StudyData("made up", X, y, tuple(classes), *(test or (None, None)), keys)


@pytest.fixture
def make_data():
    return data_of


@pytest.fixture
def data():
    """240 labelled and 60 unlabelled rows of three classes."""
    rng = np.random.default_rng(0)
    y = np.arange(300) % 3
    X = rng.normal(size=(300, 6)) + 2.0 * np.eye(3, 6)[y]
    return data_of(X, np.where(np.arange(300) % 5 == 0, -1, y))


@pytest.fixture
def arms():
    """A pretrained arm (PCA), its control (random directions), and a baseline."""
    return make_arms()


def make_arms(extra=()):
    shared = {"group": "pca", "estimator": LogisticRegression()}
    return [
        EstimatorArm(
            "pca", **shared, grid=C, representation=PCA(3), role="pretrained", against="random"
        ),
        EstimatorArm(
            "random", **shared, grid=C, representation=GaussianRandomProjection(3), role="control"
        ),
        EstimatorArm("naive Bayes", GaussianNB()),
        *extra,
    ]


C = ({"C": 1.0}, {"C": 0.1})


@pytest.fixture
def ridge_arms():
    return [
        EstimatorArm(
            "pca", Ridge(), representation=PCA(3), role="pretrained", against="random", group="pca"
        ),
        EstimatorArm(
            "random",
            Ridge(),
            representation=GaussianRandomProjection(3),
            role="control",
            group="pca",
        ),
    ]
