"""Who learns from what: the draws of a study.

The labelled rows are dealt into ten parts, stratified. A draw takes its labels from its own place
in the circle of parts onwards, so that the label sets of n draws have no row in common while a
budget is at most 1/n of the rows, and a larger budget of a draw contains its smaller ones. Without
a given test part, a draw is tested on the two parts before its place: five draws test every row
once. A draw does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from .._errors import DataError
from .data import StudyData
from .statistics import Sharing
from .study import Study

PARTS = 10
MOST_SHARED = 0.99  # of the labels of two draws; the rest keeps a variance finite
# Of the draws in the circle; the first five test disjoint parts
_PLACES = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw: the first ``b`` rows of ``order`` are the labelled ones for a budget of ``b``.

    Parameters
    ----------
    index : int
    seed : int
        Of everything random in the arms of this draw.
    order : array of int
        Labelled rows of X to learn from, in the order in which they get their labels.
    pool : array of int
        Rows of X to learn from without labels; contains ``order``.
    test : array of int
        Rows of X, or of test_X where the data have one.
    """

    index: int
    seed: int
    order: np.ndarray = field(repr=False)
    pool: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)


def make_draw(data: StudyData, study: Study, index: int) -> Draw:
    """Return one draw."""
    block, place = divmod(index, PARTS)
    place = _PLACES[place]
    parts, unlabelled = _dealt(data, study.seed, block)
    if data.test_y is None:
        own = [(place + i) % PARTS for i in range(PARTS - 2)]
        test = np.sort(np.concatenate([parts[(place - i) % PARTS] for i in (1, 2)]))
        tested = np.isin(data.groups, data.groups[test])
        unlabelled = unlabelled[~tested[unlabelled]]
    else:
        own = [(place + i) % PARTS for i in range(PARTS)]
        test = np.arange(len(data.test_y))
    order = _all_classes_first(np.concatenate([parts[i] for i in own]), data)
    order, unlabelled = _limited(
        order, np.roll(unlabelled, -place * len(unlabelled) // PARTS), study.rows
    )
    seed = int(np.random.SeedSequence([study.seed, index]).generate_state(1)[0] % 2**31)
    return Draw(index, seed, order, np.sort(np.concatenate([order, unlabelled])), test)


def fewest_labels(data: StudyData, study: Study) -> int:
    """Return how many labelled rows every draw has at least."""
    return min(len(make_draw(data, study, index).order) for index in range(PARTS))


def shared_by(
    draws: Sequence[Draw],
    budget: int,
    own_test: bool,
    asked: Sequence[Sequence[np.ndarray]] = (),
) -> Sharing:
    """Return what draws have in common with so many labels.

    Parameters
    ----------
    draws : sequence of Draw
    budget : int
    own_test : bool
        Whether the data have a test part of their own: then no row is both learned from and tested
        on.
    asked : sequence of sequences of array
        Of each arm that asks for its labels, the labelled rows of each draw: what has most in
        common counts.
    """
    drawn = [draw.order[:budget] for draw in draws]
    if not drawn:
        return Sharing()
    found = [_shared(sets, draws, own_test) for sets in (drawn, *asked)]
    return Sharing(max(one.labels for one in found), max(one.tested for one in found))


def _shared(sets: Sequence[np.ndarray], draws: Sequence[Draw], own_test: bool) -> Sharing:
    pairs = [
        len(np.intersect1d(one, other, assume_unique=True)) / len(one)
        for one, other in combinations(sets, 2)
    ]
    labels = float(np.mean(pairs)) if pairs else 0.0
    learned = np.unique(np.concatenate(sets))
    tested = np.unique(np.concatenate([draw.test for draw in draws]))
    both = 0 if own_test else len(np.intersect1d(learned, tested, assume_unique=True))
    return Sharing(min(labels, MOST_SHARED), both / float(np.sqrt(len(learned) * len(tested))))


def _dealt(data: StudyData, seed: int, block: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the ten parts of the labelled rows, and the other rows in some order: the same for all
    draws of a circle, so they are dealt once."""
    if (seed, block) not in data.dealt:
        rng = np.random.default_rng([seed, block])
        parts = _parts(data, rng)
        others = np.setdiff1d(np.arange(len(data.y)), data.labelled)
        data.dealt[seed, block] = (parts, rng.permutation(others))
    return data.dealt[seed, block]


def _parts(data: StudyData, rng: np.random.Generator) -> list[np.ndarray]:
    """Deal the labelled rows into ten parts, class by class; equal rows go to one part."""
    rows = data.labelled
    group = data.groups[rows]
    first = np.unique(group, return_index=True)[1]  # one row stands for all that equal it
    stratum = data.y[rows] if data.classes else np.zeros(len(rows), dtype=int)
    part_of: dict[int, int] = {}
    dealt = 0
    for value in np.unique(stratum[first]):
        for i in rng.permutation(first[stratum[first] == value]):
            part_of[int(group[i])] = dealt % PARTS
            dealt += 1
    part = np.array([part_of[int(g)] for g in group])
    if len(first) < PARTS:
        raise DataError(
            f"Only {len(first)} labelled rows of {data.name!r} differ from one another"
            f"{'' if data.belongs is None else ' and are of different groups'}; a study deals them "
            f"into {PARTS} parts.",
            "Give more columns, or more rows.",
        )
    return [_mixed(rows[part == i], stratum[part == i], rng) for i in range(PARTS)]


def _mixed(rows: np.ndarray, stratum: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Order rows so that every beginning holds the classes in about their proportions."""
    key = np.empty(len(rows))
    for value in np.unique(stratum):
        of = np.flatnonzero(stratum == value)
        key[of] = (rng.permutation(len(of)) + rng.random(len(of))) / len(of)
    return rows[np.argsort(key, kind="stable")]


def _all_classes_first(order: np.ndarray, data: StudyData) -> np.ndarray:
    """Bring the first row of each class to the front: a budget that can hold all classes does."""
    if not data.classes:
        return order
    first = np.sort(np.unique(data.y[order], return_index=True)[1])
    return np.concatenate([order[first], np.delete(order, first)])


def _limited(
    order: np.ndarray, unlabelled: np.ndarray, rows: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Keep ``rows`` of them, of both kinds in proportion."""
    total = len(order) + len(unlabelled)
    if rows is None or rows >= total:
        return order, unlabelled
    kept = max(1, round(rows * len(order) / total))
    return order[:kept], unlabelled[: rows - kept]
