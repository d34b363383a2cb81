"""The spread over seeds, and what depth does, with and without pretraining."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from layerwise import Denoising, Greedy, Masking, Training
from layerwise.recipes.recipe import finetune

from .arms import cut, dense, images, label_error, pretrained
from .study import Arms, Claim, Contrast, Panel, Size, each

DEPTHS = ("1", "2", "3", "4")
# of the images and labels, for every seed: the spread is that of the start and of the order of the
# batches
DRAW = 0


def run(size: Size, seed: int) -> Arms:
    data = images(size, DRAW)
    stack = dense((size["width"],) * len(DEPTHS), activation="sigmoid")
    model = pretrained(
        stack, [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())], data.X, seed
    )
    plan = finetune(finetune_epochs=size["tune"])
    arms: Arms = {"pretrained": {}, "random start": {}}
    for depth in DEPTHS:
        lowest = cut(model, int(depth))
        for arm, start in (("pretrained", "pretrained"), ("random start", "random")):
            arms[arm][depth] = label_error(lowest, data, size["labels"], seed, start, plan)
    return arms


def _spread(seeds: Sequence[Arms]) -> list[float]:
    """Return for each seed how much further from their means the random starts lie, averaged over
    the depths (Levene's test)."""
    away = {}
    for arm in ("random start", "pretrained"):
        errors = np.array([[arms[arm][depth] for depth in DEPTHS] for arms in seeds])
        away[arm] = np.abs(errors - errors.mean(0)).mean(1)
    return (away["random start"] - away["pretrained"]).tolist()


def _hurt(arms: Arms, arm: str) -> float:
    return arms[arm]["4"] - arms[arm]["1"]


CLAIM = Claim(
    number=4,
    title="With pretraining the spread over seeds is smaller, and depth stops hurting",
    source="Erhan, Bengio, Courville, Manzagol, Vincent and Bengio (2010).",
    ran="1 to 4 tied sigmoid layers of {width} units, denoising (masking 0.25) for {epochs} epochs "
    "a stage on {rows:,} images, "
    "then {tune} epochs of Adam on {labels:,} labels, against random (Glorot) starts. The images "
    "and labels are the same for "
    "every seed, so that the spread is that of the start. The first difference compares the "
    "distances from each arm's mean. Test "
    "error in %.",
    sizes={
        "quick": {"rows": 1_000, "test": 500, "width": 50, "epochs": 1, "labels": 300, "tune": 3},
        "default": {
            "rows": 10_000,
            "test": 10_000,
            "width": 400,
            "epochs": 5,
            "labels": 3_000,
            "tune": 15,
        },
        "full": {
            "rows": 60_000,
            "test": 10_000,
            "width": 1_000,
            "epochs": 20,
            "labels": 60_000,
            "tune": 10,
        },
    },
    run=run,
    contrasts=(
        Contrast("distance from the mean, random start minus pretrained", _spread),
        each("random start, 4 layers minus 1 layer", lambda arms: _hurt(arms, "random start")),
        each("pretrained, 1 layer minus 4 layers", lambda arms: -_hurt(arms, "pretrained"), -0.25),
    ),
    panels=(Panel("test error, %", DEPTHS, "lines", "layers"),),
    seeds=10,
)
