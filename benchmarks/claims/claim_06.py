"""Greedy training with the codes stored, and with the stages below computed again for every
batch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

from layerwise import Batch, Denoising, Greedy, Masking, Pretrainer, Space, Training
from layerwise._random import Keys
from layerwise.training.feed import batches

from .arms import dense, image_error, images
from .study import Arms, Claim, Panel, Size, each

BATCH, ROUNDS, TOLERANCE = 256, 2, 0.01
SECONDS, ERROR = "seconds", "error per image"


@dataclass(frozen=True)
class Recomputed:
    """The rows of a source behind a frozen prefix, which is applied whenever rows are taken."""

    prefix: Any
    source: Any

    @property
    def space(self) -> Space:
        return self.prefix.code_space

    def __len__(self) -> int:
        return len(self.source)

    def take(self, rows: np.ndarray) -> Batch:
        batch = self.source.take(rows)
        with torch.no_grad():
            return replace(batch, x=self.prefix.encode(batch.x), observed=None)


@contextmanager
def recomputing() -> Iterator[None]:
    """Let every phase inside the block compute the stages below afresh."""
    with patch(
        "layerwise.training.run.encoded",
        lambda prefix, source, device: Recomputed(prefix.eval(), source),
    ):
        yield


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    plan = [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training(batch_size=BATCH))]
    pretrainer = Pretrainer(dense(size["widths"]), plan=plan, random_state=seed)
    ways = {"codes stored": nullcontext, "computed again": recomputing}
    seconds: dict[str, list[float]] = {arm: [] for arm in ways}
    arms: Arms = {}
    for _ in range(ROUNDS):
        for arm, way in ways.items():
            began = time.perf_counter()
            with way():
                pretrainer.fit(data.X)
            seconds[arm].append(time.perf_counter() - began)
            arms[arm] = {SECONDS: min(seconds[arm]), ERROR: image_error(pretrainer, data.test_X)}
    check_agreement(*(arms[arm][ERROR] for arm in ways))
    rows = pretrainer._source(data.X)
    passes = [
        _pass(Recomputed(pretrainer.module_.slice(0, last), rows)) - _pass(rows)
        for last in range(len(size["widths"]) - 1)
    ]
    return arms | {"the spared passes": {SECONDS: (size["epochs"] - 1) * sum(passes)}}


def check_agreement(stored: float, again: float) -> None:
    """Raise unless the two ways learned the same, but for rounding."""
    if abs(stored - again) > TOLERANCE * stored:
        raise AssertionError(
            f"the two ways differ: error {stored:.5f} with stored codes, {again:.5f} without"
        )


def _pass(rows: Any) -> float:
    """Return the shortest time in which all rows are taken once, in batches."""
    found = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        for _batch in batches(rows, BATCH, Keys(0), 0):
            pass
        found.append(time.perf_counter() - began)
    return min(found)


def _saved(arms: Arms) -> float:
    saved = arms["computed again"][SECONDS] - arms["codes stored"][SECONDS]
    return 100 * saved / arms["the spared passes"][SECONDS]


CLAIM = Claim(
    number=6,
    title="Storing the codes saves the time that it should",
    source="Greedy training is said to be cheap because the stages below are frozen: their codes "
    "need computing once.",
    ran="Greedy denoising of {widths} ReLU units, {epochs} epochs a stage, {rows:,} images: with "
    "the codes of the frozen stages "
    "stored, and with these stages applied to every batch. Both learn the same (checked: the "
    "errors agree to 1 %). What it should "
    "save is the measured time of the passes that it spares. The shortest of {rounds} fits each, "
    "by turns.",
    sizes={
        "quick": {
            "rows": 1_000,
            "test": 500,
            "widths": [64, 64, 64],
            "epochs": 3,
            "rounds": ROUNDS,
        },
        "default": {
            "rows": 10_000,
            "test": 10_000,
            "widths": [500, 500, 500, 500],
            "epochs": 4,
            "rounds": ROUNDS,
        },
        "full": {
            "rows": 60_000,
            "test": 10_000,
            "widths": [1000, 1000, 1000, 1000],
            "epochs": 10,
            "rounds": ROUNDS,
        },
    },
    run=run,
    contrasts=(
        each("time saved, of the time of the spared passes", _saved, 75.0, "%", digits=0),
        each(
            "time saved, of the time without",
            lambda arms: (
                100 * (1 - arms["codes stored"][SECONDS] / arms["computed again"][SECONDS])
            ),
            unit="%",
            digits=1,
            judged=False,
        ),
    ),
    panels=(Panel("seconds", (SECONDS,)),),
    formats={ERROR: "{:.3f}"},
)
