"""What replaces old files may be stopped before any operation: the old ones or the new ones are
there entirely, and the next start leaves nothing else."""

from __future__ import annotations

import errno
import functools
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from layerwise import FileError
from layerwise._commit import COMMIT, current, recover, settle, write_folder
from layerwise._durable import write_bytes

from .stops import before, by_errors, by_signals, failing, operations

OLD = {"report.html": b"old page", "report.json": b"old", "model/weights": b"old weights"}
NEW = {"report.html": b"new page", "report.json": b"new", "model/weights": b"new weights"}


def files_in(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def over_old(folder: Path):
    write_folder(folder, OLD)
    (folder / "notes.txt").write_bytes(b"not ours")
    return lambda: write_folder(folder, NEW)


def old_or_new(folder: Path) -> None:
    seen = {name: current(folder / name).read_bytes() for name in OLD}
    assert seen in (OLD, NEW)
    recover(folder)
    assert files_in(folder) == seen | {"notes.txt": b"not ours"}


def test_several_files_stopped_by_a_signal_before_every_operation_are_the_old_or_the_new():
    assert by_signals(over_old, old_or_new) > 100


def test_several_files_whose_disk_fails_at_every_operation_are_the_old_or_the_new():
    assert by_errors(over_old, old_or_new) > 300


def one(folder: Path):
    write_bytes(folder / "x", b"old")
    return lambda: write_bytes(folder / "x", b"new")


def one_whole(folder: Path) -> None:
    seen = (folder / "x").read_bytes()
    assert seen in (b"old", b"new")
    recover(folder)
    assert files_in(folder) == {"x": seen}


def test_one_file_is_the_old_or_the_new_wherever_it_is_stopped():
    assert by_signals(one, one_whole) > 10
    assert by_errors(one, one_whole) > 50


def first(folder: Path):
    return lambda: write_folder(folder / "out", NEW)


def none_or_whole(folder: Path) -> None:
    out = folder / "out"
    seen = {name for name in NEW if current(out / name).exists()}
    assert seen in (set(), set(NEW))
    recover(out)
    assert files_in(folder) == ({f"out/{name}": NEW[name] for name in NEW} if seen else {})


def test_the_first_files_of_a_folder_are_all_there_or_none():
    assert by_signals(first, none_or_whole, [signal.SIGKILL, signal.SIGINT]) > 50
    assert by_errors(first, none_or_whole, [errno.ENOSPC]) > 50


def test_a_fault_leaves_nothing_behind_when_the_disk_still_lets_files_go(tmp_path):
    write = over_old(tmp_path)
    for nth in range(operations(over_old(tmp_path / "other"))):
        with before(nth, failing(errno.EIO)):
            try:
                write()
            except FileError as error:
                assert "Input/output error" in str(error)  # noqa: PT017
        names = {name for name in files_in(tmp_path) if not name.startswith("other")}
        assert names == {*OLD, "notes.txt"}
        write_folder(tmp_path, OLD)


def test_what_cannot_be_moved_after_the_commit_is_told_and_used_from_where_it_is(tmp_path):
    write, moved = over_old(tmp_path), []
    real = os.replace

    def replace(source, target):
        moved.append(target)
        if len(moved) > 1:
            raise OSError(errno.EIO, "Input/output error")
        return real(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(FileError, match="are whole, but cannot be moved.*Input/output error"):
            write()
    assert {name: current(tmp_path / name).read_bytes() for name in NEW} == NEW
    settle(tmp_path)
    assert not (tmp_path / COMMIT).exists() and files_in(tmp_path) | NEW == files_in(tmp_path)


def test_a_commit_that_waits_is_finished_before_the_next(tmp_path):
    over_old(tmp_path)
    (tmp_path / COMMIT).mkdir()
    (tmp_path / COMMIT / "report.json").write_bytes(b"between")
    write_folder(tmp_path, {"other": b"x"})
    assert files_in(tmp_path)["report.json"] == b"between"


def test_what_a_living_process_writes_is_left_alone(tmp_path):
    from layerwise._durable import staging

    with staging(tmp_path) as alive:
        (alive / "x").write_bytes(b"half")
        (tmp_path / ".layerwise-dead").mkdir()
        recover(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [alive.name]
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_place_of_a_file_is_refused_before_anything_is_written(tmp_path):
    over_old(tmp_path)
    (tmp_path / "report.json").unlink()
    (tmp_path / "report.json").mkdir()
    with pytest.raises(FileError, match="Is a directory"):
        write_folder(tmp_path, NEW)
    assert files_in(tmp_path)["report.html"] == b"old page"


def test_files_on_another_disk_are_copied(tmp_path, monkeypatch):
    write, real = over_old(tmp_path), os.replace

    def replace(source, target):
        if COMMIT in str(source):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    write()
    assert files_in(tmp_path) == NEW | {"notes.txt": b"not ours"}


def test_the_places_are_changed_after_what_goes_there_is_on_the_disk(tmp_path):
    write = over_old(tmp_path)
    with before(-1, lambda: None) as done:
        write()
    commit = done.index("rename")
    assert done[:commit].count("write") == done[:commit].count("fsync") - 2 == len(NEW)
    assert "replace" not in done[:commit] and done[commit + 1 : commit + 3] == ["open", "fsync"]
    assert done[-done[::-1].index("replace") :].count("fsync") == 2  # of the places


class Models:
    """An old model in a folder, and another that is saved over it."""

    def __init__(self) -> None:
        from layerwise import Dense, Joint, Pretrainer, Reconstruction, Stack, Training

        plan = [(Reconstruction(), Joint(1), Training(batch_size=64))]
        self.rows = np.random.default_rng(0).normal(size=(40, 3))
        self.models = [
            Pretrainer(Stack(Dense(2)), plan=plan, random_state=seed).fit(self.rows)
            for seed in (0, 1)
        ]

    @functools.cached_property
    def codes(self) -> list[bytes]:
        return [model.transform(self.rows).tobytes() for model in self.models]

    def make(self, folder: Path):
        from layerwise import save

        save(self.models[0], folder / "model")
        return lambda: save(self.models[1], folder / "model")

    def check(self, folder: Path) -> None:
        from layerwise import inspect, load

        seen = load(folder / "model").transform(self.rows).tobytes()
        assert seen in self.codes
        inspect(folder / "model")
        recover(folder / "model")
        assert {*files_in(folder / "model")} == {"README.md", "model.json", "model.safetensors"}
        assert load(folder / "model").transform(self.rows).tobytes() == seen


def test_a_model_that_is_replaced_loads_wherever_it_is_stopped():
    models = Models()
    assert by_signals(models.make, models.check, [signal.SIGKILL]) > 30
    assert by_errors(models.make, models.check, [errno.ENOSPC]) > 60
