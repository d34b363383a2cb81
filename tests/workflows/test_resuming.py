"""A fit that goes on where it was stopped."""

from __future__ import annotations

import pytest
from tests.resumes import figures

from layerwise import CheckpointError, FileError
from layerwise.training import checkpoint as module
from layerwise.workflows import fit

TINY = (
    "widths=[6]",
    "epochs=2",
    "finetune.0.training.min_steps=0",
    "finetune.1.training.min_steps=0",
)
GIVEN = {"labels": 60, "recipe": "stacked_denoising_autoencoder", "changes": TINY}


def stopped(out, monkeypatch, after=3, **changes):
    keep, left = module.Keeper.keep, iter(range(after))

    def kept(self, tree, *, ended=False):
        keep(self, tree, ended=ended)
        if next(left, None) is None:
            raise KeyboardInterrupt

    said = []
    with monkeypatch.context() as patch:
        patch.setattr(module.Keeper, "keep", kept)
        with pytest.raises(KeyboardInterrupt):
            fit("digits", out=out, say=said.append, **(GIVEN | changes))
    return said


def test_the_same_call_goes_on_to_the_same_model_and_report(tmp_path, monkeypatch):
    fit("digits", out=tmp_path / "whole", **GIVEN)
    out, said = tmp_path / "out", []
    told = stopped(out, monkeypatch)
    assert told[-1].startswith(f"What was trained is kept in {out}/checkpoint: the same command")
    assert not (out / "model").exists()
    fit("digits", out=out, say=said.append, **GIVEN)
    assert said[0].startswith("Going on from the checkpoint of 20")
    assert figures(out) == figures(tmp_path / "whole")
    assert not (out / "checkpoint").exists()


def test_another_call_is_refused_with_the_difference_unless_it_begins_anew(tmp_path, monkeypatch):
    stopped(tmp_path, monkeypatch)
    with pytest.raises(CheckpointError, match="another command: seed was 0 and is 3"):
        fit("digits", out=tmp_path, seed=3, **GIVEN)
    with pytest.raises(CheckpointError, match="labels was 60 and is 80"):
        fit("digits", out=tmp_path, **(GIVEN | {"labels": 80}))
    result = fit("digits", out=tmp_path, restart=True, **(GIVEN | {"labels": 80}))
    assert result["labels"] == 80


def test_a_file_that_has_changed_since_is_refused(tmp_path, monkeypatch):
    table = tmp_path / "t.csv"
    rows = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(120)]
    table.write_text("\n".join(["u,v,kind", *rows]))
    given = {"target": "kind", "labels": 40, "changes": TINY}
    given["recipe"] = "stacked_denoising_autoencoder"
    keep = module.Keeper.keep

    def once(self, tree, *, ended=False):
        keep(self, tree, ended=ended)
        raise FileError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(module.Keeper, "keep", once)
        with pytest.raises(FileError, match="the disk is full"):
            fit(str(table), out=tmp_path / "out", **given)
    table.write_text("\n".join(["u,v,kind", *rows[:-1], "9,9,b"]))
    with pytest.raises(CheckpointError, match="content of data differs"):
        fit(str(table), out=tmp_path / "out", **given)


def test_a_fault_of_the_settings_leaves_what_is_kept(tmp_path, monkeypatch):
    stopped(tmp_path, monkeypatch)
    before = sorted(path.name for path in (tmp_path / "checkpoint").iterdir())
    with pytest.raises(CheckpointError, match="recipe was"):
        fit("digits", out=tmp_path, **(GIVEN | {"recipe": "simclr"}))
    assert sorted(path.name for path in (tmp_path / "checkpoint").iterdir()) == before


def test_what_the_clock_decided_is_decided_once(tmp_path, monkeypatch):
    from layerwise.workflows import time_limit

    measured = []
    real = time_limit.measured
    monkeypatch.setattr(time_limit, "measured", lambda work: measured.append(1) or real(work))
    stopped(tmp_path, monkeypatch, time_limit=3000.0)
    fit("digits", out=tmp_path, time_limit=3000.0, **GIVEN)
    assert measured == [1]
