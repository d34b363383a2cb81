"""Training that is stopped again and again, as a signal would, and goes on each time."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from layerwise import checkpointed
from layerwise.training import checkpoint as module

Result = TypeVar("Result")


class Stopped(BaseException):
    """As a signal would."""


def stopped_again_and_again(
    fit: Callable[[], Result], folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int = 0
) -> tuple[Result, int]:
    """Run a fit to its end, kept after every step and stopped after some of them; return what came
    of it, and how often it was stopped."""
    keep, rng = module.Keeper.keep, np.random.default_rng(seed)
    for stops in itertools.count():
        left = iter(range(int(rng.integers(0, 4))))

        def kept(self, tree, *, ended=False, left=left):
            keep(self, tree, ended=ended)
            if next(left, None) is None:
                raise Stopped

        try:
            with (
                monkeypatch.context() as patch,
                checkpointed(folder, every=0.0),
                warnings.catch_warnings(),
            ):
                patch.setattr(module.Keeper, "keep", kept)
                warnings.simplefilter("ignore")
                return fit(), stops
        except Stopped:
            pass
    raise AssertionError
