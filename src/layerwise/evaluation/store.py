"""Results and pretrained stacks, kept by content: what decides a result is its name.

Every file is complete or absent, so a study can be killed at any moment, go on, be widened, or run twice at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy
import sklearn

from .. import __version__
from .._durable import jsonable, read_json, write_json
from .._errors import FileError
from .arms import Arm
from .data import StudyData
from .study import Study

FORMAT = 1  # of the records; part of every key


class Store:
    """The study folder: ``trials/KEY.json`` and ``stacks/KEY/``.

    Parameters
    ----------
    folder : Path or None
        None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def read(self, key: str) -> dict[str, Any] | None:
        """Return a record, or None when it is not there or not whole."""
        if self.folder is None:
            return None
        path = self.folder / "trials" / f"{key}.json"
        try:
            record = read_json(path) if path.exists() else None
        except FileError:  # damaged: measured again, and written over
            return None
        return record if isinstance(record, dict) and record.get("key") == key else None

    def write(self, key: str, record: dict[str, Any]) -> None:
        """Keep a record."""
        if self.folder is not None:
            write_json(self.folder / "trials" / f"{key}.json", jsonable(record | {"key": key}))

    def prepared(self, arm: Arm, key: str, X: Any, seed: int) -> tuple[Any, float]:
        """Return what an arm learns from rows X without labels, and the seconds that took: from the folder, or learned and kept."""
        place = None if self.folder is None else self.folder / "stacks" / key
        if place is not None and (place / "seconds.json").exists():
            with contextlib.suppress(FileError):
                seconds = read_json(place / "seconds.json")["seconds"]
                return arm.recall(place), float(seconds)
        began = time.perf_counter()
        prepared = arm.prepare(X, seed)
        seconds = time.perf_counter() - began
        if place is None or not arm.keeps:
            return prepared, seconds
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{key[:8]}.", dir=place.parent) as name:
            whole = Path(name) / key
            whole.mkdir()
            arm.keep(prepared, whole)
            write_json(whole / "seconds.json", {"seconds": seconds})
            shutil.rmtree(place, ignore_errors=True)  # a damaged one; a whole one of another process is the same
            with contextlib.suppress(OSError):
                whole.rename(place)
        return arm.recall(place), seconds


def trial_key(arm: Arm, data: StudyData, study: Study, draw: int, budget: int) -> str:
    """Return the name of a trial's record."""
    about = _about(data, study, draw) | {"arm": arm.spec(), "labels": budget, "settings": study.settings}
    return _hash(about)


def stack_key(arm: Arm, data: StudyData, study: Study, draw: int) -> str:
    """Return the name of what an arm learns without labels."""
    return _hash(_about(data, study, draw) | {"prepared": arm.shared()})


def _about(data: StudyData, study: Study, draw: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "versions": {"layerwise": __version__, "numpy": numpy.__version__, "scikit-learn": sklearn.__version__},
        "data": data.fingerprint,
        "seed": study.seed,
        "rows": study.rows,
        "transductive": study.transductive,
        "draw": draw,
    }


def _hash(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(jsonable(value), sort_keys=True).encode()).hexdigest()
