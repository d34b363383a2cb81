"""Strict JSON, and plain data for it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, TypeAlias

from ._errors import FileError
from ._regular import read_regular

# Plain data by name, nested: facts of a report, a record of a study, a description of a model
Facts: TypeAlias = dict[str, Any]

MOST_BYTES = 64 * 2**20
_MOST_VALUES = 2 * 10**6  # a second's reading; the names of a million columns
_MAX_DEPTH = 32


def read_json(path: Path) -> Any:
    """Read strict JSON from a regular file of at most 64 MiB, as :func:`parsed` does.

    Raises
    ------
    FileError
        With the file and the line.
    """
    path = Path(path)
    return parsed(read_regular(path, MOST_BYTES), path.name)


def parsed(data: bytes, name: str) -> Any:
    """Return what strict JSON says: no duplicate keys, no NaN, no nesting over 32 levels, at most
    two million values.

    Raises
    ------
    FileError
        With the name and the line.
    """
    values = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    if values > _MOST_VALUES:
        raise FileError(f"{name!r} has some {values:,} values; at most {_MOST_VALUES:,} are read.")
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_small_int,
        )
    except json.JSONDecodeError as error:
        raise FileError(f"{name!r} is not JSON: line {error.lineno}: {error.msg}.") from error
    except RecursionError as error:
        raise FileError(f"{name!r} is nested deeper than {_MAX_DEPTH} levels.") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{name!r} is not UTF-8 text.") from error
    except ValueError as error:
        raise FileError(f"{name!r} is refused: {error}.") from error
    _check_depth(found, name)
    return found


def json_text(data: object) -> str:
    """Return strict JSON as the text of a file."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def jsonable(value: object) -> Any:
    """Return plain JSON data from numbers, numpy scalars and arrays; a number that is not finite
    becomes None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return (
        str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )  # a file's name need not be UTF-8


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is out of range")
    return number


def _small_int(text: str) -> int:
    if len(text) > 20:
        raise ValueError("an integer is out of range")
    return int(text)


def _check_depth(data: object, name: str, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise FileError(f"{name!r} is nested deeper than {_MAX_DEPTH} levels.")
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        if isinstance(item, (dict, list)):
            _check_depth(item, name, depth + 1)
