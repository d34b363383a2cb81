"""Results and pretrained stacks, kept by content: what decides a result is its name.

Every file is complete or absent, so a study can be killed at any moment, go on, be widened, or run
twice at once. Every record has a digest of itself: one that was changed is measured again, and that
is told.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy
import sklearn

from .._durable import Facts, jsonable, read_json, staging, write_json
from .._errors import FileError, LayerwiseError
from .._version import __version__
from .arms import Arm
from .data import StudyData
from .memory import peak_memory
from .study import Study

if TYPE_CHECKING:
    from ..data.reading import Given

FORMAT = 2  # of the records; part of every key
COST = "cost.json"  # beside a stack: what it took to learn


class Prepared(NamedTuple):
    """What an arm learned without labels, the seconds that took, and the peak of memory in
    bytes."""

    value: Any
    seconds: float
    memory: int | None


class Store:
    """The study folder: ``trials/KEY.json`` and ``stacks/KEY/``.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.doubts: dict[str, str] = {}

    def read(self, key: str) -> Facts | None:
        """Return a record, or None when it is not there or not to be trusted; ``doubts`` then says
        why."""
        if self.folder is None:
            return None
        path = self.folder / "trials" / f"{key}.json"
        if not os.path.lexists(path):
            return None
        try:
            record = read_json(path)
        except FileError:
            record = None
        if not isinstance(record, dict) or record.get("key") != key:
            self.doubts[key] = "damaged"
        elif "digest" not in record:
            self.doubts[key] = "written without a digest, by an earlier version"
        elif record.pop("digest") != _hash(record):
            self.doubts[key] = "changed after it was written"
        return None if key in self.doubts else record

    def write(self, key: str, record: Facts) -> None:
        """Keep a record."""
        if self.folder is not None:
            self.doubts.pop(key, None)
            whole = jsonable(record | {"key": key})
            write_json(self.folder / "trials" / f"{key}.json", whole | {"digest": _hash(whole)})

    def notes(self) -> list[str]:
        """Return in sentences what was not trusted."""
        return [
            f"{count:,} {'trial is' if count == 1 else 'trials are'} measured again: the file of "
            f"{'its result' if count == 1 else 'each result'} was {reason}."
            for reason, count in Counter(self.doubts.values()).items()
        ]

    def prepared(self, arm: Arm, key: str, X: Given, seed: int) -> Prepared:
        """Return what an arm learns from rows X without labels: from the folder, or learned and
        kept."""
        place = None if self.folder is None else self.folder / "stacks" / key
        if place is not None and arm.keeps and (kept := _recalled(arm, place)) is not None:
            return kept
        began = time.perf_counter()
        with peak_memory() as memory:
            value = arm.prepare(X, seed)
        prepared = Prepared(value, time.perf_counter() - began, memory.bytes)
        if place is None or not arm.keeps:
            return prepared
        place.parent.mkdir(parents=True, exist_ok=True)
        with staging(place.parent) as staged:
            whole = staged / key
            whole.mkdir()
            arm.keep(value, whole)
            write_json(whole / COST, {"seconds": prepared.seconds, "memory": prepared.memory})
            if (
                not _named(whole, place) and _recalled(arm, place) is None
            ):  # what has the name is damaged
                shutil.rmtree(place, ignore_errors=True)
                _named(whole, place)
        return _recalled(arm, place) or prepared


def _named(whole: Path, place: Path) -> bool:
    """Give a whole folder its name; False when another process has done so before."""
    try:
        whole.rename(place)
    except OSError:
        return False
    return True


def _recalled(arm: Arm, place: Path) -> Prepared | None:
    """Return what is kept at a place, or None when nothing whole is."""
    if not (place / COST).exists():
        return None
    try:
        cost = read_json(place / COST)
        return Prepared(arm.recall(place), float(cost["seconds"]), cost["memory"])
    except (LayerwiseError, OSError, KeyError, TypeError, ValueError):  # damaged: learned again
        return None


def trial_key(arm: Arm, data: StudyData, study: Study, draw: int, budget: int) -> str:
    """Return the name of a trial's record."""
    about = _about(data, study, draw) | {
        "arm": arm.spec(),
        "labels": budget,
        "settings": arm.settings(study.settings, budget),
    }
    return _hash(about)


def stack_key(arm: Arm, data: StudyData, study: Study, draw: int) -> str:
    """Return the name of what an arm learns without labels."""
    return _hash(_about(data, study, draw) | {"prepared": arm.shared()})


def _about(data: StudyData, study: Study, draw: int) -> Facts:
    return {
        "format": FORMAT,
        "versions": {
            "layerwise": __version__,
            "numpy": numpy.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "data": data.fingerprint,
        "seed": study.seed,
        "rows": study.rows,
        "transductive": study.transductive,
        "draw": draw,
    }


def _hash(value: Facts) -> str:
    return hashlib.sha256(json.dumps(jsonable(value), sort_keys=True).encode()).hexdigest()
