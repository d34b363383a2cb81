"""A study of one draw and one number of labels: every arm once, the fitted models kept."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, train_test_split

from .._durable import Facts
from .._errors import DataError
from .arms import Arm
from .data import StudyData
from .design import Draw
from .guards import check_test, texts
from .runner import Outcome
from .statistics import Sharing
from .store import Store
from .study import Study
from .task import Givens
from .trial import Answered, run_trial

TEST_SHARE = 0.2
Began = Callable[[Arm, str], None]


@dataclass(frozen=True, eq=False)
class Single:
    """What one draw gave: an outcome like any study's, and by the name of each arm its fitted model
    and what it answered on the test rows.

    Parameters
    ----------
    outcome : Outcome
    draw : Draw
    answered : dict of str to Answered
    """

    outcome: Outcome
    draw: Draw
    answered: dict[str, Answered] = field(repr=False)

    def record(self, arm: Arm) -> Facts:
        """Return the record of an arm."""
        return next(r for r in self.outcome.records if r["arm"] == arm.name)


def single_draw(data: StudyData, labels: int | None, seed: int) -> tuple[Draw, list[str]]:
    """Return the draw, and notes on what was held out and hidden.

    Without a test part a fifth of the labelled rows is held out, in proportion to the classes, and
    unlabelled rows that equal one of them take no part.

    Parameters
    ----------
    labels : int, optional
        Number of labelled rows to learn from, in proportion to the classes; the other labels are
        hidden.
    seed : int
        Of the split, the labels and the arms.

    Raises
    ------
    DataError
        When there are too few labels.
    """
    notes, labelled, pool = [], data.labelled, np.arange(len(data.y))
    if data.test_y is None:
        test = _hold_out(data, labelled, seed)
        notes.append(
            f"{len(test):,} labelled rows were held out for the test; pretraining does not see "
            "them."
        )
        pool, more = _without_equal(data, test, pool)
        labelled = np.intersect1d(labelled, pool)
        notes += more
    else:
        test = np.arange(len(data.test_y))
    if len(test) < (fewest := 1 if data.classes else 2):  # R² of one row says nothing
        raise DataError(
            f"The test part has {len(test)} labelled row; at least {fewest} needed.",
            "Give a --test file whose target is filled in, or label more rows.",
        )
    if labels is not None:
        kept = _drawn(data, labelled, labels, seed)
        notes.append(
            f"{labels:,} labels were kept (drawn with seed {seed}); the labels of "
            f"{len(labelled) - labels:,} rows were hidden."
        )
        labelled = kept
    known = np.unique(data.y[labelled])
    if data.classes and len(known) < 2:
        raise DataError(
            f"All {len(labelled):,} labelled rows to learn from are of one class, "
            f"{data.classes[known[0]]!r}; at least two classes are needed.",
            "Label rows of another class.",
        )
    return Draw(0, seed, labelled, pool, test), notes


def run_single(
    data: StudyData, arms: Sequence[Arm], draw: Draw, began: Began = lambda arm, what: None
) -> Single:
    """Run every arm once, in this process.

    Parameters
    ----------
    data : StudyData
    arms : sequence of Arm
        Arms that share what they prepare have it prepared once.
    draw : Draw
    began : callable
        Told the arm, and 'prepare' or 'fit'.
    """
    start = time.perf_counter()
    budget = len(draw.order)
    study = Study((budget,), 1, settings=1, seed=draw.seed)
    givens = Givens(data, study, draw, Store(None), lambda arm: began(arm, "prepare"))
    answered, records = {}, []
    for arm in arms:
        given = givens.of(arm)
        began(arm, "fit")
        answered[arm.name] = run_trial(arm, given, data, study, draw, budget)
        about = {"arm": arm.name, "role": arm.role, "against": arm.against}
        records.append(about | {"labels": budget, "draw": 0} | answered[arm.name].record)
    seconds = time.perf_counter() - start
    drawn, sharing = {0: draw}, {budget: Sharing()}
    outcome = Outcome(study, data, tuple(arms), records, (0,), drawn, sharing, (), seconds)
    return Single(outcome, draw, answered)


def _hold_out(data: StudyData, labelled: np.ndarray, seed: int) -> np.ndarray:
    if len(labelled) < 5:
        raise DataError(
            f"{len(labelled)} rows have a label: too few to hold some out for the test.",
            "Label more rows, or give a --test file.",
        )
    if data.belongs is not None:
        return _hold_out_groups(data, labelled, seed)
    _, held = train_test_split(
        labelled,
        test_size=TEST_SHARE,
        random_state=seed % 2**32,
        stratify=_strata(data, labelled, int(TEST_SHARE * len(labelled))),
    )
    return np.sort(held)


def _hold_out_groups(data: StudyData, labelled: np.ndarray, seed: int) -> np.ndarray:
    """Hold whole groups out, about a fifth of the rows."""
    groups, y = data.groups[labelled], data.y[labelled]
    kind = StratifiedGroupKFold if data.classes else GroupKFold
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer rows than folds
        folds = kind(round(1 / TEST_SHARE), shuffle=True, random_state=seed % 2**32)
        _, held = next(folds.split(labelled[:, None], y, groups))
    return np.sort(labelled[held])


def _without_equal(
    data: StudyData, test: np.ndarray, pool: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the rows to learn from: none that is held out, none that equals one of those."""
    pool = np.setdiff1d(pool, test)
    if data.belongs is not None:
        pool = pool[~np.isin(data.groups[pool], data.groups[test])]
    keys = data.keys
    found, out = check_test(
        [keys[i] for i in pool],
        data.y[pool],
        [keys[i] for i in test],
        "equal a row that was held out",
    )
    return pool[~out], texts(found)


def _drawn(data: StudyData, labelled: np.ndarray, labels: int, seed: int) -> np.ndarray:
    """Return so many of the labelled rows."""
    classes = len(np.unique(data.y[labelled])) if data.classes else 2
    if not classes <= labels <= len(labelled):
        of = f" of {classes} classes" if data.classes else ""
        raise DataError(
            f"--labels {labels} was given; the training part has {len(labelled):,} labelled "
            f"rows{of}.",
            f"Give a number from {classes} to {len(labelled):,}.",
        )
    if labels == len(labelled):
        return labelled
    smaller = min(labels, len(labelled) - labels)
    kept, _ = train_test_split(
        labelled,
        train_size=labels,
        random_state=seed % 2**32,
        stratify=_strata(data, labelled, smaller),
    )
    return np.sort(kept)


def _strata(data: StudyData, labelled: np.ndarray, size: int) -> np.ndarray | None:
    """Return what to stratify by, or None where a class is too rare for it."""
    if not data.classes:
        return None
    names = np.array(data.classes)[data.y[labelled]]
    classes, counts = np.unique(names, return_counts=True)
    return names if counts.min() >= 2 and size >= len(classes) else None
