"""Proposals of rates: optuna's CMA-ES, and its ranges."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from .._errors import LayerwiseError

# Factors of the last step's whole rate
LOW_RATE, HIGH_RATE = 0.1, 3.0
GENERATION = (
    5  # proposals of CMA-ES between two updates: small, so that a small budget holds several
)


def load_optuna() -> ModuleType:
    """Return optuna, or raise with what to install."""
    try:
        import cmaes  # noqa: F401
        import optuna
    except ImportError as error:
        raise LayerwiseError(
            f"LayerRateSearch needs optuna and cmaes ({error}).",
            'Run pip install "layerwise[search]".',
        ) from error
    return optuna


@contextmanager
def quiet(optuna: ModuleType) -> Iterator[None]:
    """Silence what optuna says about its trials and its experimental parts, and nothing else."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def make_study(
    optuna: ModuleType, own: tuple[float, ...], low: float, seed: int
) -> tuple[Any, dict[str, Any]]:
    """Return a study whose first proposal is the estimator's own setting, and its space: a place
    per stage, then the rate's."""
    space = {
        f"stage {i + 1}": optuna.distributions.FloatDistribution(0.0, 1.0) for i in range(len(own))
    }
    space["rate"] = optuna.distributions.FloatDistribution(-1.0, 1.0)
    study = optuna.create_study(direction="maximize", sampler=_sampler(optuna, seed))
    places = np.sqrt(np.log(np.clip(own, low, 1.0)) / np.log(low))  # what factor_at undoes
    study.enqueue_trial(dict(zip(space, [*np.clip(places, 0.0, 1.0).tolist(), 0.0], strict=True)))
    return study, space


def factor_at(place: float, low: float) -> float:
    """Return the factor of a stage at a place in [0, 1]."""
    return float(low ** (place**2))


def rate_at(place: float) -> float:
    """Return the factor of the whole rate at a place in [-1, 1]."""
    return float(HIGH_RATE**place if place > 0 else LOW_RATE**-place)


def _sampler(optuna: ModuleType, seed: int) -> Any:
    return optuna.samplers.CmaEsSampler(seed=seed, popsize=GENERATION)
