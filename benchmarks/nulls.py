"""Does a study claim what is not there, and cover what is? ``python -m benchmarks.nulls [--studies
200]`` (minutes).

Three kinds of studies of five draws and two budgets:

* ``noise``: the features say nothing about the target. Any claim is false.
* ``independent``: the target can be learned, and two arms are pretrained on different rows that are
  independent of it: their true difference is nil. Any claim is false.
* ``planted``: answers of two made-up models whose true difference is known; the intervals must
  cover it.

A claim is a verdict that the pretrained arm differs from its control (the average over the budgets,
p under 0.05).
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import math  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402

from layerwise import Greedy, HeadOnly, Joint, Reconstruction, Stack, Study, Supervised, Training  # noqa: E402
from layerwise.evaluation import EstimatorArm, StudyData, row_keys, run_study, tables  # noqa: E402
from layerwise.recipes import Recipe  # noqa: E402
from layerwise.training import as_plan  # noqa: E402
from layerwise.workflows.arms import RecipeArm, recipe_arms  # noqa: E402

STUDY = Study((20, 60), 5, settings=1)
ROWS, COLUMNS = 400, 8


def tiny_recipe() -> Recipe:
    """Return a network that is trained in a tenth of a second, with enough steps to learn
    something."""
    quick = Training(learning_rate=3e-3, batch_size=32)
    return Recipe(
        "tiny",
        stack=Stack.of_widths((16, 16)),
        plan=as_plan([(Reconstruction(), Greedy(5), quick)]),
        finetune=as_plan([(Supervised(), HeadOnly(2), quick), (Supervised(), Joint(10), quick)]),
    )


def data_of(X: np.ndarray, y: np.ndarray) -> StudyData:
    return StudyData("made up", X, y, ("no", "yes"), keys=row_keys(X))


def noise(seed: int) -> tuple[StudyData, list[Any]]:
    """Features that say nothing."""
    rng = np.random.default_rng(seed)
    return data_of(rng.normal(size=(ROWS, COLUMNS)), rng.integers(0, 2, ROWS)), recipe_arms(
        tiny_recipe(), "classification"
    )


class Elsewhere(RecipeArm):
    """A recipe that pretrains on numbers which have nothing to do with the rows; ``which`` tells
    two of them apart."""

    def __init__(self, which: int) -> None:
        super().__init__(tiny_recipe(), "classification", "pretrained")
        self.which = which
        self.name, self.group = f"elsewhere {which}", f"elsewhere {which}"
        self.role, self.against = ("pretrained", "elsewhere 1") if which == 0 else ("control", None)

    def shared(self) -> str:
        return f"{super().shared()} {self.which}"

    def prepare(self, X: Any, seed: int) -> Any:
        return super().prepare(
            np.random.default_rng([seed, self.which]).normal(size=X.shape), seed + self.which
        )


def independent(seed: int) -> tuple[StudyData, list[Any]]:
    """A target that can be learned, and two arms pretrained on different rows that are independent
    of it."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(ROWS, COLUMNS))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(0, 0.5, ROWS) > 0).astype(int)
    return data_of(X, y), [Elsewhere(0), Elsewhere(1)]


class Answers(ClassifierMixin, BaseEstimator):
    """Right with a probability that depends on the row and the fit: ``level + gain + row effect +
    fit effect``."""

    def __init__(self, gain: float = 0.0, random_state: int = 0):
        self.gain = gain
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Answers:
        self.classes_ = np.array([0, 1])
        self.rng_ = np.random.default_rng([self.random_state, len(y), int(1e6 * (1 + self.gain))])
        self.level_ = 0.7 + self.gain / 2 + 0.03 * np.clip(self.rng_.normal(), -2, 2)
        return self

    def predict(self, X: Any) -> np.ndarray:
        right = self.rng_.random(len(X)) < self.level_ + self.gain * X[:, 1]  # of mean 0 over rows
        return np.where(right, X[:, 0], 1 - X[:, 0]).astype(int)


def planted(seed: int, gain: float) -> tuple[StudyData, list[Any]]:
    """Two models whose true difference in accuracy is ``gain``, more on some rows than on
    others."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, ROWS)
    X = np.column_stack([y, rng.choice([-1.0, 1.0], ROWS), rng.normal(size=ROWS)])
    pair = {"group": "answers"}
    return data_of(X, y), [
        EstimatorArm("better", Answers(gain, None), role="pretrained", against="worse", **pair),
        EstimatorArm("worse", Answers(-gain, None), role="control", **pair),
    ]


def run(data: StudyData, arms: list[Any], seed: int) -> dict[str, Any]:
    """Run a study and return its tables."""
    outcome = run_study(
        Study(STUDY.labels, STUDY.draws, settings=1, seed=seed), data, arms, workers=1
    )
    if outcome.notes:
        raise RuntimeError(outcome.notes[0])
    return tables(outcome)


def claims(make: Any, studies: int) -> int:
    """Return in how many studies something is claimed."""
    count = 0
    for seed in range(studies):
        count += any(row["p_adjusted"] < 0.05 for row in run(*make(seed), seed)["overall"])
        if (seed + 1) % 20 == 0:
            print(f"  {make.__name__}: {count} claims in {seed + 1} studies", flush=True)
    return count


def coverage(studies: int, gain: float = 0.04) -> tuple[int, int]:
    """Return how many intervals cover the planted difference, and how many there are."""
    covered = total = 0
    for seed in range(studies):
        found = run(*planted(seed, gain), seed)["differences"]
        covered += sum(row["low"] <= gain <= row["high"] for row in found)
        total += len(found)
    return covered, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=200)
    options = parser.parse_args()
    n = options.studies
    for make in (noise, independent):
        count = claims(make, n)
        most = 0.05 + 1.645 * math.sqrt(0.05 * 0.95 / n)
        print(
            f"{make.__name__}: {count} of {n} studies claim a difference ({count / n:.1%}; at most "
            f"{most:.1%} expected)"
        )
    covered, total = coverage(n)
    print(
        f"planted: {covered} of {total} intervals cover the true difference ({covered / total:.1%})"
    )


if __name__ == "__main__":
    main()
