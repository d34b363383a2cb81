"""The file of labels: whole records, or an error that says where it is damaged."""

from __future__ import annotations

import os
import stat

import pytest

from layerwise import FileError
from layerwise.annotation import Journal
from layerwise.annotation.journal import LONGEST, line, whole

ABOUT = {"target": "kind", "rows": 3}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "labels.log"


def written(place, n):
    with Journal(place, ABOUT) as journal:
        for i in range(n):
            journal.append({"row": i, "label": f"é{i}\n"})
    return place.read_bytes()


def opened(place):
    with Journal(place, ABOUT) as journal:
        return journal.records, journal.torn


def test_records_come_back_in_their_order(place):
    written(place, 3)
    assert opened(place) == ([{"row": i, "label": f"é{i}\n"} for i in range(3)], 0)
    with Journal(place, ABOUT) as journal:
        journal.append({"row": 7})
    assert len(opened(place)[0]) == 4


def test_the_file_is_its_owners_alone(place):
    written(place, 1)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.chmod(0o644)
    opened(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_stop_at_any_byte_loses_the_last_record_alone(place):
    data = written(place, 3)
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    for cut in range(len(data)):
        place.write_bytes(data[:cut])
        records, torn = opened(place)
        kept = max([0, *(end for end in ends if end <= cut)])
        assert len(records) == max(0, sum(end <= cut for end in ends) - 1)
        assert torn == cut - kept
        again = place.read_bytes()
        assert again[:kept] == data[:kept] and opened(place) == (records, 0)  # it was cut


def test_zeros_at_the_end_are_cut(place):
    data = written(place, 2)
    place.write_bytes(data + b"\0" * 512)
    assert opened(place)[1] == 512 and place.read_bytes() == data


def test_a_flipped_byte_before_the_end_is_damage_and_named(place):
    data = written(place, 3)
    last = data[:-1].rindex(b"\n")
    for at in range(last):
        flipped = bytearray(data)
        flipped[at] ^= 1
        place.write_bytes(flipped)
        with pytest.raises(FileError, match=r"is damaged: its record \d+, at byte [\d,]+"):
            opened(place)
        assert place.read_bytes() == flipped  # nothing was cut


def test_a_flipped_byte_of_the_last_record_is_never_read_as_a_record(place):
    data = written(place, 2)
    last = data[:-1].rindex(b"\n") + 1
    for at in range(last, len(data)):
        flipped = bytearray(data)
        flipped[at] ^= 1
        place.write_bytes(flipped)
        assert len(whole(place).records) == 2  # the first one, and one label


def test_labels_of_something_else_are_refused_with_the_difference(place):
    written(place, 1)
    with pytest.raises(FileError, match=r"holds labels of something else: rows 3, now 4"):
        Journal(place, ABOUT | {"rows": 4})
    place.write_bytes(line({"format": "other"}))
    with pytest.raises(FileError, match="is no file of labels"):
        Journal(place, ABOUT)


def test_a_full_disk_keeps_nothing_of_the_record(place, monkeypatch):
    with Journal(place, ABOUT) as journal:
        journal.append({"row": 0})
        before = place.read_bytes()
        real, calls = os.pwrite, []

        def half(handle, data, at):
            calls.append(1)
            if len(calls) > 1:
                raise OSError(28, "No space left on device")
            return real(handle, data[:5], at)

        monkeypatch.setattr(os, "pwrite", half)
        with pytest.raises(FileError, match="No space left on device"):
            journal.append({"row": 1})
        monkeypatch.undo()
        assert place.read_bytes() == before and len(journal.records) == 1
        journal.append({"row": 2})
    assert opened(place) == ([{"row": 0}, {"row": 2}], 0)


def test_a_failed_flush_is_no_acknowledgement(place, monkeypatch):
    def fails(handle):
        raise OSError(5, "Input/output error")

    with Journal(place, ABOUT) as journal:
        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(FileError, match="Input/output error"):
            journal.append({"row": 1})
        assert journal.records == []


def test_every_record_is_flushed_before_append_returns(place, monkeypatch):
    flushed = []
    real = os.fsync
    with Journal(place, ABOUT) as journal:
        monkeypatch.setattr(os, "fsync", lambda handle: (flushed.append(handle), real(handle))[1])
        journal.append({"row": 1})
        journal.append({"row": 2})
    assert len(flushed) == 2


def test_a_record_that_is_too_long_is_refused(place):
    with Journal(place, ABOUT) as journal:
        with pytest.raises(FileError, match="at most 1,048,576 are kept"):
            journal.append({"text": "x" * LONGEST})
        assert journal.records == []
