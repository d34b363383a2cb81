"""Writing files that must survive, and strict JSON.

A file is complete or absent: it is written beside its place, flushed to the disk, and renamed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

from ._errors import FileError

# Plain data by name, nested: facts of a report, a record of a study, a description of a model
Facts: TypeAlias = dict[str, Any]

_MAX_JSON_BYTES = 64 * 2**20
_MAX_DEPTH = 32


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file durably; return the SHA-256 of its bytes in hex.

    Raises
    ------
    FileError
        When the place cannot be written; the old file, if any, is untouched.
    """
    path = Path(path)
    write_folder(path.parent, {path.name: data})
    return hashlib.sha256(data).hexdigest()


def write_text(path: Path, text: str) -> str:
    """Write a text file durably as UTF-8; return its SHA-256."""
    return write_bytes(path, _encoded(path, text))


def write_json(path: Path, data: object) -> str:
    """Write strict JSON durably (no NaN); return its SHA-256."""
    return write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read strict JSON: no duplicate keys, no NaN, no nesting over 32 levels, at most 64 MiB.

    Raises
    ------
    FileError
        With the file and the line.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _MAX_JSON_BYTES:
            raise FileError(
                f"{path.name!r} has {size:,} bytes; at most {_MAX_JSON_BYTES:,} are read."
            )
        text = path.read_bytes().decode("utf-8")
        data = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_small_int,
        )
    except json.JSONDecodeError as error:
        raise FileError(f"{path.name!r} is not JSON: line {error.lineno}: {error.msg}.") from error
    except RecursionError as error:
        raise FileError(f"{path.name!r} is nested deeper than {_MAX_DEPTH} levels.") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path.name!r} is not UTF-8 text.") from error
    except OSError as error:
        raise FileError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from error
    except ValueError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path.name!r} is refused: {error}.") from error
    _check_depth(data, path.name)
    return data


def write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write several files durably: all of them, or, after a failure, what was there before.

    Raises
    ------
    FileError
        When the folder cannot be written; its old files are whole and nothing of the new ones is
        left.
    """
    folder = Path(folder)
    done: list[tuple[Path, Path | None]] = []
    staged: dict[Path, Path] = {}
    path = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in ((folder / name, data) for name, data in files.items()):
            staged[path] = _stage(path, data)
        for path, temporary in staged.items():
            done.append((path, _backup(path)))
            temporary.replace(path)
        _sync_folder(folder)
    except OSError as error:
        for place, backup in reversed(done):
            _put_back(place, backup)
        hint = "Choose another --out, or free the disk."
        raise FileError(f"Cannot write {str(path)!r}: {error.strerror or error}.", hint) from error
    finally:
        for leftover in (*staged.values(), *(backup for _, backup in done if backup is not None)):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)


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


def _stage(path: Path, data: bytes) -> Path:
    """Write data beside its place and flush it to the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _backup(path: Path) -> Path | None:
    """Give an existing file a second name, so that it can be put back."""
    if not path.exists():
        return None
    backup = path.with_name(f".{path.name}.{os.getpid()}.old")
    backup.unlink(missing_ok=True)
    try:
        os.link(path, backup)
    except OSError:  # a file system without hard links
        shutil.copy2(path, backup)
    return backup


def _put_back(path: Path, backup: Path | None) -> None:
    with contextlib.suppress(OSError):
        if backup is None:
            path.unlink(missing_ok=True)
        else:
            backup.replace(path)


def _encoded(path: Path, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FileError(
            f"Cannot write {str(path)!r}: the text is not Unicode.", "Rename what it names."
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
        _check_depth(item, name, depth + 1)
