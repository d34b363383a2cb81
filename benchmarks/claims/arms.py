"""What the experiments share: rows and labels drawn by the seed, pretraining, fine-tuning, and the
errors on the test part."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils import _safe_indexing

from layerwise import PretrainedClassifier, Pretrainer, Stack, Training
from layerwise.data.readers import Dataset, load_dataset
from layerwise.recipes.autoencoders import MODERN
from layerwise.recipes.recipe import finetune

from .study import DATA, Size

TUNED = finetune(
    **MODERN
)  # head first, then everything: dropout 0.3, of the input 0.2, label smoothing 0.1


@dataclass(frozen=True, eq=False)
class Images:
    """Training rows (bytes), their labels, and the test part; ``turn`` lists the rows so that the
    classes take turns."""

    X: np.ndarray
    y: np.ndarray
    test_X: np.ndarray
    test_y: np.ndarray
    turn: np.ndarray

    def labelled(self, n: int) -> np.ndarray:
        """Return the positions of ``n`` labelled rows, balanced over the classes; the rows of fewer
        labels are among them."""
        return self.turn[:n]


@lru_cache
def read(name: str, **settings: Any) -> Dataset:
    """Return a data set of the data folder."""
    return load_dataset(str(DATA / name), **settings)


def images(size: Size, seed: int, name: str = "mnist") -> Images:
    """Return ``size['rows']`` training images that the seed draws, and the first ``size['test']``
    test images."""
    data = read(name)
    random = np.random.default_rng([seed, 2006])
    rows = random.permutation(len(data.X))[: size["rows"]]
    X, y = data.X[rows].reshape(len(rows), -1), np.asarray(data.y)[rows].astype(int)
    test = slice(0, size["test"])
    test_X, test_y = data.test.X[test], np.asarray(data.test.y)[test].astype(int)
    return Images(X, y, test_X.reshape(len(test_X), -1), test_y, in_turn(y))


def in_turn(y: np.ndarray) -> np.ndarray:
    """Return the positions of the rows, one of each class, then another of each, and so on.

    >>> in_turn(np.array([0, 0, 1, 0])).tolist()
    [0, 2, 1, 3]
    """
    nth = np.zeros(len(y), dtype=int)
    for label in np.unique(y):
        nth[y == label] = np.arange(int((y == label).sum()))
    return np.lexsort((y, nth))


def rows_of(data: Dataset, n: int, seed: int) -> Dataset:
    """Return a data set with ``n`` training rows that the seed draws."""
    rows = np.sort(np.random.default_rng([seed, 2006]).permutation(len(data))[:n])
    return replace(data, X=_safe_indexing(data.X, rows), y=np.asarray(data.y)[rows])


def dense(widths: Sequence[int], **settings: Any) -> Stack:
    """Return tied dense stages."""
    return Stack.of_widths(widths, **({"tied": True} | settings))


def pretrained(
    stack: Stack, plan: Sequence[Any], X: Any, seed: int, preprocessing: Any = "auto"
) -> Pretrainer:
    """Return a fitted pretrainer."""
    return Pretrainer(stack, plan=list(plan), preprocessing=preprocessing, random_state=seed).fit(X)


def untrained(stack: Stack, X: Any, seed: int, preprocessing: Any = "auto") -> Pretrainer:
    """Return a pretrainer with the random weights of the control."""
    return Pretrainer(stack, preprocessing=preprocessing, random_state=seed).fit_random(X)


def cut(pretrainer: Pretrainer, depth: int) -> Pretrainer:
    """Return a copy with the lowest stages alone. Greedy stages do not depend on those above
    them."""
    copy = deepcopy(pretrainer)
    copy._keep(depth, control=False)
    return copy


def image_error(model: Pretrainer, X: np.ndarray) -> float:
    """Return the squared error summed over the pixels of an image, pixels in [0, 1]; the mean over
    images."""
    return float(
        (((model.reconstruct(X).reshape(X.shape) - X.astype(np.float32)) / 255) ** 2).sum(1).mean()
    )


def label_error(
    pretrainer: Pretrainer,
    data: Images,
    labels: int,
    seed: int,
    start: str = "pretrained",
    plan: Sequence[Any] = TUNED,
) -> float:
    """Fine-tune on ``labels`` rows; return the test error in %, which is looked at here and nowhere
    else."""
    return test_error(tuned(pretrainer, data, labels, seed, start, plan), data)


def tuned(
    pretrainer: Pretrainer,
    data: Images,
    labels: int,
    seed: int,
    start: str = "pretrained",
    plan: Sequence[Any] = TUNED,
) -> PretrainedClassifier:
    """Return a classifier on the labelled rows; those without labels are behind the frozen
    pretrainer already."""
    rows = data.labelled(labels)
    model = PretrainedClassifier(
        FrozenEstimator(pretrainer), plan=list(plan), start=start, random_state=seed
    )
    return model.fit(data.X[rows], data.y[rows])


def test_error(model: Any, data: Images) -> float:
    """Return the test error of a fitted classifier in %."""
    return 100 * (1 - float(model.score(data.test_X, data.test_y)))


def momentum(rate: float | tuple[float, ...], **settings: Any) -> Training:
    """Return stochastic gradient descent with momentum 0.9, batches of 100, one cycle of the
    rate."""
    return Training("momentum", learning_rate=rate, **({"batch_size": 100} | settings))
