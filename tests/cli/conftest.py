"""The command in this process, and small files for it."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

TINY = ["--set", "widths=[4]", "--set", "epochs=1"]
TINY += ["--set", "head_epochs=1", "--set", "finetune_epochs=1"]
TINY += ["--set", "finetune.0.training.min_steps=0", "--set", "finetune.1.training.min_steps=0"]


@dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.fixture(autouse=True)
def old_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def layerwise(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run ``layerwise ...`` as the shell would; an exception that is no exit would be a traceback,
    and fails the test."""
    from layerwise.cli import main

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["layerwise", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Done(int(stopped.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of good and bad files."""
    folder = tmp_path_factory.mktemp("files")
    generator = np.random.default_rng(0)
    good = "".join(
        f"{generator.normal():.3f},{i % 7},{'uvw'[i % 3]},{['no', 'yes'][i % 2] if i % 4 else ''}\n"
        for i in range(60)
    )
    text = {
        "good.csv": "x,z,city,kind\n" + good,
        "unlabelled.csv": "x,z,kind\n" + "".join(f"{i},{i % 3},\n" for i in range(20)),
        "ragged.csv": "x,z\n1,2\n3,4,5\n",
        "quotes.csv": 'x,z\n1,"2\n3,4\n',
        "empty.csv": "",
        "header.csv": "x,z\n",
        "numbers.csv": "1.5,2.5\n3,4\n",
        "twice.csv": "x,x\n1,2\n",
        "dates.csv": "x,day,kind\n"
        + "".join(f"{i},2020-01-{i + 1:02},{'ab'[i % 2]}\n" for i in range(20)),
        "datetarget.csv": "x,day\n" + "".join(f"{i},2020-01-{i + 1:02}\n" for i in range(20)),
        "freetext.csv": "x,kind\n"
        + "".join(f"{i},This is the remark number {i} of all\n" for i in range(60)),
        "textcolumn.csv": "x,note,kind\n"
        + "".join(
            f"{i % 5},This is the long remark number {i} of all,{'ab'[i % 2]}\n" for i in range(60)
        ),
        "oneclass.csv": "x,z,kind\n" + "".join(f"{i},{i % 3},a\n" for i in range(20)),
        "few.csv": "x,z,kind\n" + "1,2,a\n2,3,b\n" + "3,4,\n" * 20,
        "onerow.csv": "x,z\n1,2\n",
        "constant.csv": "x,z\n" + "1,2\n" * 20,
        "huge.csv": "x,z\n" + "1,1e39\n" * 20,
        "onlytarget.csv": "kind\n" + "a\nb\n" * 20,
        "stray.csv": "x,kind\n"
        + "".join(f"{i if i != 30 else 'oops'},{'ab'[i % 2]}\n" for i in range(60)),
        "file.log": "hello",
    }
    for name, content in text.items():
        (folder / name).write_text(content)
    (folder / "utf16.csv").write_text("x,z\n1,2\n", encoding="utf-16")
    (folder / "latin1.csv").write_bytes("x,city\n1,Köln\n".encode("latin-1"))
    (folder / "nul.csv").write_bytes(b"x,z\n1,\x00\n")
    np.save(folder / "flat.npy", np.zeros(3))
    np.save(folder / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(folder / "infinite.npy", np.array([[1.0, np.inf]] * 9))
    (folder / "truncated.npy").write_bytes((folder / "flat.npy").read_bytes()[:-8])
    (folder / "nothing").mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / "links").mkdir()
    (folder / "links" / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe.csv")
    import polars as pl

    pl.DataFrame({"x": range(20), "tags": [["a", "b"], ["a"]] * 10}).write_parquet(
        folder / "lists.parquet"
    )
    (folder / "broken.parquet").write_bytes((folder / "lists.parquet").read_bytes()[:100])
    return folder


@pytest.fixture(scope="session")
def model(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model of good.csv."""
    from layerwise import workflows

    changes = [text for text in TINY if text != "--set"]
    out = tmp_path_factory.mktemp("fitted")
    workflows.fit(str(files / "good.csv"), target="kind", changes=changes, out=out, device="cpu")
    return out / "model"
