"""The file of labels: records that are appended, each with its length and checksum, and never
changed."""

from __future__ import annotations

import json
import os
import re
import zlib
from pathlib import Path
from typing import NamedTuple

from .._durable import sync
from .._errors import FileError
from .._json import Facts, parsed
from .._regular import read_regular

FORMAT = "layerwise labels"
VERSION = 1
LONGEST = 2**20  # bytes of a record
MOST_BYTES = 2**31
_HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ")
_START = 18  # bytes before what a record says


class Whole(NamedTuple):
    """What a file holds: its records, their length in bytes, and what follows them."""

    records: list[Facts]
    length: int
    torn: int


class Journal:
    """Records in a file that is appended to; each is on the disk before :meth:`append` returns.

    A record is a line: its length and its CRC-32, eight hexadecimal digits each, and JSON. What a
    stop has torn at the end of the file is cut when it is opened. The file is its owner's alone
    (mode 0600), and has one writer: the folder is locked by who opens it.

    Parameters
    ----------
    path : Path
    about : dict
        What the file belongs to; it is the first record, and must be the same when it is opened
        again.

    Raises
    ------
    FileError
        When the file is damaged before its end, is no such file, or belongs to something else.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from layerwise.annotation import Journal
    >>> place = Path(tempfile.mkdtemp()) / "labels.log"
    >>> with Journal(place, {"target": "kind"}) as journal:
    ...     journal.append({"row": 3, "label": "cat"})
    >>> with Journal(place, {"target": "kind"}) as journal:
    ...     journal.records
    [{'row': 3, 'label': 'cat'}]
    """

    def __init__(self, path: Path, about: Facts) -> None:
        self.path = Path(path)
        self.torn = 0
        first = {"format": FORMAT, "version": VERSION, **about}
        found = Whole([], 0, 0)
        if self.path.exists() and (found := whole(self.path)).records:
            _same(self.path, found.records[0], first)
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._length = found.length
        self.torn = found.torn
        self.records = found.records[1:]
        try:
            os.fchmod(self._handle, 0o600)
            if found.torn:
                os.ftruncate(self._handle, found.length)
                os.fsync(self._handle)
            if not found.records:
                self._write(line(first))
                sync(self.path.parent)
        except OSError as error:
            self.close()
            raise _unwritten(self.path, error) from error
        except BaseException:
            self.close()
            raise

    def append(self, record: Facts) -> None:
        """Write a record; it is on the disk when this returns.

        Raises
        ------
        FileError
            When the disk refuses it; nothing of it stays in the file.
        """
        self._write(line(record))
        self.records.append(record)

    def _write(self, data: bytes) -> None:
        try:
            rest, place = memoryview(data), self._length
            while rest:
                written = os.pwrite(self._handle, rest, place)
                rest, place = rest[written:], place + written
            os.fsync(self._handle)
        except OSError as error:
            try:
                os.ftruncate(self._handle, self._length)
            except OSError as worse:
                raise _unwritten(self.path, worse) from error
            raise _unwritten(self.path, error) from error
        self._length += len(data)

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def line(record: Facts) -> bytes:
    r"""Return a record as it stands in the file.

    >>> line({"a": 1})
    b'00000007 561bacaf {"a":1}\n'
    """
    said = json.dumps(record, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()
    if len(said) > LONGEST:
        raise FileError(f"A record has {len(said):,} bytes; at most {LONGEST:,} are kept.")
    return b"%08x %08x %s\n" % (len(said), zlib.crc32(said), said)


def whole(path: Path) -> Whole:
    """Return what a file of labels holds, up to what a stop has torn at its end.

    Raises
    ------
    FileError
        When whole records follow one that is not: that is damage, and no stop.
    """
    data = read_regular(path, MOST_BYTES)
    records: list[Facts] = []
    place = 0
    while (end := _end(data, place)) is not None:
        records.append(_read(data[place + _START : end - 1], path, len(records)))
        place = end
    if _any_whole(data, place):
        raise FileError(
            f"{str(path)!r} is damaged: its record {len(records)}, at byte {place:,}, is not what "
            "was written, and whole records follow it.",
            "Take it from a copy, or move it away to begin anew.",
        )
    return Whole(records, place, len(data) - place)


def _end(data: bytes, place: int) -> int | None:
    """Return where the record that begins at a place ends, if it is whole."""
    head = _HEAD.match(data, place)
    if head is None:
        return None
    length = int(head[1], 16)
    end = place + _START + length + 1
    if length > LONGEST or data[end - 1 : end] != b"\n":
        return None
    return end if zlib.crc32(data[place + _START : end - 1]) == int(head[2], 16) else None


def _any_whole(data: bytes, place: int) -> bool:
    """Say whether a whole record begins anywhere behind a place."""
    return any(_end(data, found.start()) is not None for found in _HEAD.finditer(data, place))


def _read(said: bytes, path: Path, number: int) -> Facts:
    record = parsed(said, f"record {number} of {path.name}")
    if not isinstance(record, dict):
        raise FileError(f"Record {number} of {str(path)!r} is no object.", "It is not ours.")
    return record


def _same(path: Path, found: Facts, wanted: Facts) -> None:
    """Refuse a file that belongs to something else, with what is different."""
    if found.get("format") != FORMAT:
        raise FileError(f"{str(path)!r} is no file of labels.", "Choose another --out.")
    different = [
        f"{name} {found.get(name)!r}, now {wanted.get(name)!r}"
        for name in dict.fromkeys([*found, *wanted])
        if found.get(name) != wanted.get(name)
    ]
    if different:
        raise FileError(
            f"{str(path)!r} holds labels of something else: {'; '.join(different)}.",
            "Give the data that they belong to, or choose another --out.",
        )


def _unwritten(path: Path, error: OSError) -> FileError:
    return FileError(
        f"Cannot write {str(path)!r}: {error.strerror or error}.",
        "Free the disk; every label that was acknowledged is in the file.",
    )
