"""What the claims on views, masks and consistency share: networks for images, how they are
pretrained and fine-tuned, and a linear probe of their codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from layerwise import (
    FixMatch,
    Joint,
    MaskedModelling,
    PretrainedClassifier,
    Pretrainer,
    SimCLR,
    Stack,
    Suited,
    Supervised,
    Training,
)
from layerwise.objective import Objective
from layerwise.recipes.images import augmented, convolutions

from .arms import Images
from .study import Size

PIXELS = (1, 28, 28)
NOTHING = [(MaskedModelling(), Joint(0))]  # random weights stay random


def network(size: Size) -> Stack:
    """Return six convolutions of the size's widths, pooled."""
    return shaped(convolutions(tuple(size["channels"])))


def shaped(stack: Stack) -> Stack:
    """Return the stack for images that come flattened."""
    return stack.replace("in_shape", PIXELS)


def tuning(size: Size, **settings: Any) -> Sequence[Any]:
    """Return fine-tuning of everything with augmentation."""
    return augmented(**({"finetune_steps": size["steps"], "finetune_epochs": 1} | settings))


def encoder(
    stack: Stack, objective: Objective | None, size: Size, data: Images, seed: int, **settings: Any
) -> Pretrainer:
    """Return a pretrained encoder; without an objective one of random weights."""
    training = Training(**({"batch_size": 256} | settings))
    plan = NOTHING if objective is None else [(objective, Joint(size["epochs"]), training)]
    return Pretrainer(stack, plan=plan, random_state=seed).fit(data.X)


def tuned_error(
    pretrainer: Pretrainer, plan: Sequence[Any], data: Images, labels: int, seed: int
) -> float:
    """Fine-tune on the labelled rows alone; return the test error in %."""
    rows = data.labelled(labels)
    model = PretrainedClassifier(
        FrozenEstimator(pretrainer), plan=list(plan), random_state=seed
    ).fit(data.X[rows], data.y[rows])
    return error(model, data)


def consistent_error(
    pretrainer: Pretrainer, size: Size, data: Images, labels: int, seed: int
) -> float:
    """Learn by FixMatch from all rows; return the test error in %."""
    few = np.full(len(data.y), -1)
    rows = data.labelled(labels)
    few[rows] = data.y[rows]
    training = Training(
        "adamw",
        learning_rate=3e-3,
        weight_decay=0.02,
        batch_size=256,
        shape="cosine",
        min_steps=size["steps"],
    )
    objective = FixMatch(Supervised(augment=Suited()))
    model = PretrainedClassifier(
        FrozenEstimator(pretrainer),
        plan=[(objective, Joint(1), training)],
        unlabeled=-1,
        random_state=seed,
    )
    return error(model.fit(data.X, few), data)


def probe_error(pretrainer: Pretrainer, data: Images, labels: int) -> float:
    """Return the test error in % of logistic regression on the codes of the labelled rows."""
    rows = data.labelled(labels)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(pretrainer.transform(data.X[rows]), data.y[rows])
    return 100 * (1 - float(model.score(pretrainer.transform(data.test_X), data.test_y)))


def error(model: Any, data: Images) -> float:
    """Return the test error of a fitted classifier in %."""
    return 100 * (1 - float(model.score(data.test_X, data.test_y)))


def simclr() -> SimCLR:
    """Return the two-view objective that stands for self-supervised pretraining."""
    return SimCLR(Suited("strong"), temperature=0.2)


QUICK = {"rows": 512, "test": 256, "channels": [4, 8], "epochs": 1, "steps": 4}
DEFAULT = {"rows": 10_000, "test": 10_000, "channels": [16, 32, 64], "epochs": 10, "steps": 600}
FULL = {"rows": 60_000, "test": 10_000, "channels": [32, 64, 128], "epochs": 20, "steps": 2000}


def sizes(**more: Sequence[Any]) -> dict[str, Size]:
    """Return the three sizes; ``more`` gives a setting's value in each."""
    return {
        name: base | {key: values[i] for key, values in more.items()}
        for i, (name, base) in enumerate((("quick", QUICK), ("default", DEFAULT), ("full", FULL)))
    }
