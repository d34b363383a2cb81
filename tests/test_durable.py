"""Files are whole or absent, and JSON is strict."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from layerwise import FileError
from layerwise._durable import jsonable, read_json, write_bytes, write_json, write_text


def read(tmp_path: Path, text: str | bytes):
    path = tmp_path / "x.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_json(path)


@pytest.mark.parametrize(
    "data", [{}, [], None, 1, -0.5, "ü\u2028", {"a": [1, {"b": None}]}, [True, False], 2**63]
)
def test_what_is_written_is_read(tmp_path, data):
    path = tmp_path / "x.json"
    digest = write_json(path, data)
    assert read_json(path) == data
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NaN", "NaN is not a JSON number"),
        ("[Infinity]", "Infinity is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        ("[1e999]", "refused"),
        ("[-1e999]", "refused"),
        ('{"a": 1, "a": 1}', "a key occurs twice"),
        ('{"b": {"a": 1, "\\u0061": 2}}', "a key occurs twice"),
        ("[" + "1" * 30 + "]", "an integer is out of range"),
        ("[" * 40 + "]" * 40, "deeper than 32 levels"),
        ('{"a":' * 40 + "1" + "}" * 40, "deeper than 32 levels"),
        ("[" * 200_000, "deeper than 32 levels"),
        ("", "line 1"),
        ("[1,\n2,\n]", "line 3"),
        ("{'a': 1}", "line 1"),
        ("[1] [2]", "Extra data"),
        (b"\xff\xfe[\x00]\x00", "not UTF-8"),
        (b'["\xff"]', "not UTF-8"),
        (b"\xef\xbb\xbf[]", "not JSON"),
    ],
    ids=lambda value: repr(value[:18]),
)
def test_json_that_is_not_strict_is_refused_with_the_file(tmp_path, text, words):
    with pytest.raises(FileError, match=words) as caught:
        read(tmp_path, text)
    assert "x.json" in str(caught.value)


def test_thirty_two_levels_are_read(tmp_path):
    assert read(tmp_path, "[" * 32 + "]" * 32)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.json"
    with path.open("wb") as file:
        file.truncate(100 * 2**30)
    with pytest.raises(FileError, match="at most 67,108,864 are read"):
        read_json(path)


def test_json_of_more_values_than_a_second_reads_is_refused_at_once(tmp_path):
    began = time.perf_counter()
    with pytest.raises(FileError, match="some 2,500,000 values; at most 2,000,000 are read"):
        read(tmp_path, "[" + "1," * 2_499_999 + "1]")
    assert time.perf_counter() - began < 1


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match=r"Cannot read .*nowhere.json.*No such file"):
        read_json(tmp_path / "nowhere.json")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_numbers_that_json_has_not_are_never_written(tmp_path, value):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", value)
    assert not list(tmp_path.iterdir())


def test_a_file_is_written_with_its_folders_and_can_be_read_by_all(tmp_path):
    path = tmp_path / "a" / "b" / "x.txt"
    assert write_text(path, "ü") == hashlib.sha256("ü".encode()).hexdigest()
    assert path.read_text(encoding="utf-8") == "ü"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [item.name for item in path.parent.iterdir()] == ["x.txt"]


@pytest.mark.parametrize("owner, name", [(os, "fsync"), (os, "replace"), (os, "write")])  # noqa: PT006
def test_when_writing_fails_the_old_file_stays_and_nothing_else(tmp_path, monkeypatch, owner, name):
    path = tmp_path / "x"
    write_bytes(path, b"old")

    def failing(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(owner, name, failing)
    with pytest.raises(FileError, match="Cannot write .*x.*No space left on device"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_no_temporary_file(tmp_path, monkeypatch, error):
    def failing(*args, **kwargs):
        raise error

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(error):
        write_bytes(tmp_path / "x", b"new")
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(FileError, match="Cannot write"):
        write_bytes(tmp_path / "x", b"")
    assert [item.name for item in tmp_path.iterdir()] == ["x"]


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(FileError, match="Cannot write.*name too long"):
        write_bytes(tmp_path / ("a" * 300), b"")
    write_bytes(tmp_path / ("a" * 255), b"")


# Files that are none


@pytest.fixture
def special(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("link")
    (tmp_path / "folder").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    made = socket.socket(socket.AF_UNIX)
    monkey = os.getcwd()
    os.chdir(tmp_path)
    made.bind("socket")
    os.chdir(monkey)
    yield tmp_path
    made.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pipe", "it is a pipe, not a file"),
        ("folder", "it is a folder, not a file"),
        ("zero", "it is a device, not a file"),
        ("socket", "it is a socket, not a file"),
        ("link", "Too many levels of symbolic links"),
    ],
)
def test_what_is_no_regular_file_is_refused_and_not_waited_for(special, name, words):
    with pytest.raises(FileError, match=f"Cannot read .*{words}"):
        read_json(special / name)


@pytest.mark.parametrize("size", [1, 5])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch, size):
    path = tmp_path / "x.json"
    path.write_text("[1]")
    real = os.fstat

    def changing(handle):
        found = real(handle)
        os.truncate(path, size)
        return found

    monkeypatch.setattr(os, "fstat", changing)
    with pytest.raises(FileError, match="changed while it was read"):
        read_json(path)


def test_a_file_that_does_not_fit_into_memory_is_no_memory_error(tmp_path, monkeypatch):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def read(self, size):
            raise MemoryError

    (tmp_path / "x.json").write_text("[1]")
    monkeypatch.setattr(os, "fdopen", lambda handle, mode: Full())
    with pytest.raises(FileError, match="not enough memory for the 3 bytes of 'x.json'"):
        read_json(tmp_path / "x.json")


def test_text_that_is_no_utf8_is_a_file_error(tmp_path):
    with pytest.raises(FileError):
        write_text(tmp_path / "x", "\udcff")


def test_jsonable_makes_plain_data_of_numbers_and_arrays():
    data = {
        1: np.float32(0.5),
        "a": np.arange(2),
        "b": (np.nan, np.inf, None),
        "c": np.bool_(True),
        "d": Path("x"),
    }
    assert jsonable(data) == {"1": 0.5, "a": [0, 1], "b": [None, None, None], "c": True, "d": "x"}
    json.dumps(jsonable(data), allow_nan=False)
