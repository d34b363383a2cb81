"""The rooms of the package: who may import whom, and what the door shows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import layerwise

SOURCE = Path(layerwise.__file__).parent
LEVELS = {
    "_spec": 0,
    "_errors": 0,
    "_commit": 0,
    "_durable": 0,
    "_json": 0,
    "_lock": 0,
    "_regular": 0,
    "_contracts": 0,
    "_random": 0,
    "_indexing": 0,
    "_version": 0,
    "_checks": 0,
    "_space": 0,
    "_text": 0,
    "architecture": 1,
    "augmentation": 1,
    "schedule": 1,
    "data": 1,
    "labelling": 1,
    "synthesis": 1,
    "annotation": 2,
    "objective": 2,
    "training": 3,
    "recipes": 4,
    "estimators": 5,
    "evaluation": 5,
    "artifacts": 6,
    "display": 6,
    "report": 7,
    "workflows": 8,
    "cli": 9,
    "__main__": 10,
}


def imports():
    """Yield (file, importing room, imported room) for every import inside the package."""
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        package = list(parts[:-1])
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = package[: len(package) - node.level + 1]
                names = [*base, *(node.module or "").split(".")] if node.module else base
                targets = [names[0]] if names and names[0] else [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("layerwise"):
                targets = (node.module or "").split(".")[1:2]
            else:
                continue
            for target in targets:
                if target in LEVELS:
                    yield path, parts[0], target


def test_a_room_imports_only_from_lower_levels():
    wrong = [
        f"{path.name}: {room} imports {other}"
        for path, room, other in imports()
        if room in LEVELS and room != other and LEVELS[other] >= LEVELS[room] and LEVELS[room] > 0
    ]
    assert wrong == []


def test_no_file_imports_from_the_door():
    """The door imports rooms, and no room the door."""
    up = []
    for path in SOURCE.rglob("*.py"):
        depth = len(path.relative_to(SOURCE).parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == depth and node.module is None:
                up += [(path.name, a.name) for a in node.names if a.name not in LEVELS]
    assert up == []


def test_the_import_test_sees_the_imports():
    seen = {(room, other) for _, room, other in imports()}
    assert ("training", "architecture") in seen
    assert ("cli", "workflows") in seen
    assert len(seen) > 25


def test_every_room_has_a_level():
    rooms = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    assert rooms - {"__init__"} == set(LEVELS)


def test_the_schedules_know_no_torch():
    code = "import sys, layerwise.schedule; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_door_shows_exactly_the_sorted_public_names():
    assert layerwise.__all__ == sorted(set(layerwise.__all__))
    for name in layerwise.__all__:
        assert getattr(layerwise, name) is not None
    assert not [name for name in layerwise.__all__ if name.startswith("_")]


def test_importing_the_package_loads_neither_torch_nor_plotting():
    code = (
        "import sys, layerwise; sys.exit(bool({'torch', 'matplotlib', 'typer', 'jinja2'} & "
        "set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Dence"):
        layerwise.Dence  # noqa: B018
