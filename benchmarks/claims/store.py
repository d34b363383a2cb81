"""Finished units: JSON lines, one per claim and seed, on the disk before the next unit begins."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .study import Arms, Claim, Size

Record = dict[str, Any]


class Store:
    """The units of one mode. A line that a kill cut short is passed over, and its unit is run
    again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: Record) -> None:
        """Write one line and flush it to the disk."""
        line = json.dumps(record, ensure_ascii=False, allow_nan=False).encode()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a+b") as file:
            torn = file.tell() > 0 and self._last_byte() != b"\n"
            file.write((b"\n" if torn else b"") + line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def records(self) -> list[Record]:
        """Return every whole line, oldest first."""
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        return [record for line in lines if (record := _read(line)) is not None]

    def units(self, claim: Claim, size: Size) -> dict[int, Record]:
        """Return the latest record of each seed that was run with this version of the claim and
        this size."""
        same = {"claim": claim.number, "version": claim.version, "size": plain(size)}
        found = {
            r["seed"]: r
            for r in self.records()
            if all(r.get(key) == value for key, value in same.items())
        }
        return dict(sorted(found.items()))

    def _last_byte(self) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1)


def plain(size: Size) -> dict[str, Any]:
    """Return a size as JSON gives it back."""
    return json.loads(json.dumps(dict(size)))


def arms_of(units: dict[int, Record]) -> dict[int, Arms]:
    """Return the arms of the units that did not fail."""
    return {seed: record["arms"] for seed, record in units.items() if "arms" in record}


def failures_of(units: dict[int, Record]) -> dict[int, str]:
    """Return the errors of the units that failed."""
    return {seed: record["error"] for seed, record in units.items() if "error" in record}


def _read(line: bytes) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and {"claim", "seed"} <= record.keys() else None
