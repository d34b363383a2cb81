"""The faults that ``mutate.py`` tries are faults of today's code."""

from __future__ import annotations

from pathlib import Path

from tests import mutants

ROOT = Path(__file__).parents[1]
# Their faults are seen by looking: pages, words, commands, choices of settings.
SHOWN = {"cli", "display", "recipes", "report", "workflows"}


def test_every_fault_that_is_named_has_its_place():
    assert mutants.stale(ROOT) == []


def test_every_room_that_computes_is_mutated():
    rooms = {path.parent.name for path in (ROOT / mutants.PACKAGE).glob("*/__init__.py")}
    assert set(mutants.ROOMS) == rooms - SHOWN
