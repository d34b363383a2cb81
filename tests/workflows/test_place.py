"""The folder of the results: one command at a time, all of its files or none, nothing left
behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest

from layerwise import DataError, FileError, Study, load
from layerwise._lock import LOCK
from layerwise.workflows import compare, demo, fit
from layerwise.workflows.place import claimed
from layerwise.workflows.resuming import CHECKPOINT

FILES = {"report.html", "report.json"} | {
    f"model/{name}" for name in ("README.md", "model.json", "model.safetensors")
}


def files_in(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@contextlib.contextmanager
def other_process(out: Path):
    """Another process that has the folder, until it is killed."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with claimed(out):
            os.write(tell, b"x")
            signal.pause()
    os.read(ready, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ready)
        os.close(tell)


@pytest.mark.parametrize(
    "run",
    [
        lambda out: fit("digits", out=out),
        lambda out: demo(out=out),
        lambda out: compare("digits", out=out),
    ],
    ids=["fit", "demo", "compare"],
)
def test_the_second_command_is_refused_at_once_and_told_of_the_first(tmp_path, run):
    out = tmp_path / "out"
    with other_process(out) as pid:
        words = rf"is in use by process {pid}, which began at \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
        with pytest.raises(FileError, match=words) as caught:
            run(out)
        assert "another --out" in caught.value.hint
        assert [path.name for path in out.iterdir()] == [LOCK]


def test_a_lock_dies_with_its_owner_and_is_removed_by_the_next(tmp_path):
    with other_process(tmp_path):
        pass
    assert (tmp_path / LOCK).exists()
    with claimed(tmp_path):
        assert re.match(rf"{os.getpid()} \d", (tmp_path / LOCK).read_text())
    assert not list(tmp_path.iterdir())


def test_a_file_system_without_locks_is_told_of(tmp_path, monkeypatch):
    import fcntl

    def flock(handle, operation):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.warns(UserWarning, match="cannot be locked .*not supported"), claimed(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("run", [fit, compare])
def test_a_refused_command_leaves_no_folder(tmp_path, mixed_csv, run):
    with pytest.raises(DataError):
        run(str(mixed_csv), target="nothing", out=tmp_path / "a" / "b" / "out")
    assert not (tmp_path / "a").exists()


def test_a_refused_command_leaves_a_folder_as_it_was(tmp_path, mixed_csv):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError):
        fit(str(mixed_csv), target="nothing", out=tmp_path)
    assert files_in(tmp_path) == {"notes.txt": b"mine"}


@pytest.mark.parametrize("name", ["loop", "loop/below"])
def test_a_link_to_itself_is_no_place(tmp_path, mixed_csv, name):
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(FileError, match="Cannot write to .*Too many levels"):
        fit(str(mixed_csv), target="kind", out=tmp_path / name)


@pytest.mark.parametrize(
    ("operation", "nth", "which"),
    [("rename", 0, "old"), ("replace", 0, "new"), ("replace", 3, "new")],
)
def test_a_fit_that_is_interrupted_while_it_writes_leaves_the_old_results_or_the_new(
    tmp_path, tiny, mixed_csv, monkeypatch, operation, nth, which
):
    def run(seed):
        return fit(str(mixed_csv), target="kind", changes=tiny, out=tmp_path, seed=seed)

    run(0)
    old, calls, real = files_in(tmp_path), [], getattr(os, operation)

    def interrupted(*given):
        if CHECKPOINT not in str(given[1]):  # of the results, not of what is kept meanwhile
            calls.append(given)
            if len(calls) == nth + 1:
                raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(os, operation, interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(1)
    monkeypatch.undo()
    found = {name: data for name, data in files_in(tmp_path).items() if CHECKPOINT not in name}
    assert set(found) == FILES
    same = {name for name in found if found[name] == old[name]}
    assert same == (FILES if which == "old" else {"model/README.md"})
    load(tmp_path / "model")


def test_what_was_left_by_the_dead_is_swept_at_the_next_start(tmp_path):
    for name in (".layerwise-1", "trials/.layerwise-2", "stacks/.layerwise-3/key"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "trials" / ".layerwise-4").write_text("half")
    (tmp_path / "trials" / "whole.json").write_text("{}")
    with claimed(tmp_path):
        pass
    assert set(files_in(tmp_path)) == {"trials/whole.json"}
    assert [path.name for path in tmp_path.rglob(".layerwise*")] == []


def test_report_and_rows_of_a_study_are_one_commit(tmp_path, mixed_csv, monkeypatch):
    settings = {"recipes": [], "baseline": ["majority"], "study": Study((10,), 2)}

    def run():
        return compare(str(mixed_csv), target="kind", out=tmp_path, workers=1, **settings)

    run()
    old = {name: data for name, data in files_in(tmp_path).items() if "/" not in name}
    assert set(old) == {"report.html", "report.json", "rows.csv", "rows.parquet"}
    monkeypatch.setattr(os, "rename", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
    settings["study"] = Study((10,), 3)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert {name: data for name, data in files_in(tmp_path).items() if "/" not in name} == old
