"""Payloads in columns, categories, classes and the name of a file, through ``fit`` and ``compare``
from end to end: page, JSON, CSV and terminal."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from layerwise._text import UNFIT
from layerwise.cli import main

from .test_payloads import PAYLOADS
from .test_report import Page

COUNT, CLASSES, EACH = 150, 15, 16
SETTINGS = ("widths=[4]", "epochs=1", "head_epochs=1", "finetune_epochs=1")
SETTINGS += ("finetune.0.training.min_steps=0", "finetune.1.training.min_steps=0")
NAME = "<img src=x onerror=alert(1)>\x1b[31m.csv"


def readable() -> list[str]:
    """Return payloads that a CSV file can hold and that come back as they are, each once."""
    kept = [p.strip() for p in PAYLOADS if "\x00" not in p and "\ud800" not in p]
    return sorted(set(kept) | {"\x1b[31mred", "\x1b]0;t\x07x", "\x9b2Jx", "a\x08\x08b", "\x7fx"})


USED = readable()


def calm(payloads: list[str]) -> list[str]:
    """Return harmless texts of the same lengths and in the same order."""
    return [
        f"t{rank:03}" + "".join(c if c in " \n" else "a" for c in payload[4:])
        for rank, payload in enumerate(payloads)
    ]


def write_table(path: Path, texts: list[str], classes: list[str]) -> None:
    """Write a table whose columns, categories and classes are the texts."""
    rng = np.random.default_rng(0)
    n = CLASSES * EACH
    half = COUNT // 2
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*texts[:COUNT], "first", "second", "kind"])
        for i in range(n):
            numbers = [f"{value:.3f}" for value in rng.normal(size=COUNT) + i % CLASSES]
            words = [texts[i % half], texts[half + (7 * i + i // half) % half]]
            writer.writerow([*numbers, *words, classes[i % CLASSES]])


def run(*arguments: object) -> tuple[str, str, int]:
    """Run the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as around:
        around.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        patch = around.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(sys, "argv", ["layerwise", *map(str, arguments)])
        around.enter_context(contextlib.redirect_stdout(out))
        around.enter_context(contextlib.redirect_stderr(err))
        stopped = around.enter_context(pytest.raises(SystemExit))
        main()
    return out.getvalue(), err.getvalue(), int(stopped.value.code or 0)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("payloads")
    found = {"wild": folder / NAME, "calm": folder / "aaaa src=x onerror=alert(1)>aaaaaa.csv"}
    step = len(USED) // CLASSES
    for kind, texts in (("wild", USED), ("calm", calm(USED))):
        write_table(found[kind], texts, [f"{text}." for text in texts[::step]])
    return found


@pytest.fixture(scope="module")
def fitted(files, tmp_path_factory) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, path in files.items():
        out = tmp_path_factory.mktemp(kind)
        changes = [part for text in SETTINGS for part in ("--set", text)]
        given = ("fit", path, "--target", "kind", *changes, "--out", out, "--device", "cpu")
        found[kind] = (out, *run(*given, "--recipe", "stacked_autoencoder"))
    return found


@pytest.fixture(scope="module")
def compared(files, tmp_path_factory) -> dict[str, Any]:
    found: dict[str, Any] = {}
    few = ("--recipe", "stacked_autoencoder", "--baseline", "majority", "--labels", "60")
    few += ("--draws", "1", "--settings", "1", "--workers", "1", "--device", "cpu")
    for kind, path in files.items():
        out = tmp_path_factory.mktemp(kind)
        changes = [part for text in SETTINGS for part in ("--set", text)]
        found[kind] = (out, *run("compare", path, "--target", "kind", *few, *changes, "--out", out))
    return found


def test_there_are_at_least_150_payloads():
    assert len(USED) >= COUNT and len(set(USED)) == len(USED)
    assert calm(USED) == sorted(calm(USED)) and list(map(len, calm(USED))) == [
        max(4, len(text)) for text in USED
    ]


def skeleton(page: Page) -> tuple[list[Any], set[Any]]:
    """Return a page's tags outside its plots, and which there are in them: the ticks of a plot of
    seconds differ from run to run."""
    outside, inside, depth = [], set(), 0
    for item in page.skeleton:
        depth += (item[0] == "svg") - (item == "/svg")
        (inside.add if depth else outside.append)(item)
    return outside, inside


@pytest.mark.parametrize("command", ["fitted", "compared"])
def test_page_json_and_terminal(request, command):
    found = request.getfixturevalue(command)
    pages = {}
    for kind, (out, said, told, code) in found.items():
        assert code == 0, told[-2000:]
        assert not UNFIT.search(said + told)
        page = (out / "report.html").read_text("utf-8")
        pages[kind] = Page(page)
        assert not UNFIT.search(page)
        json.loads((out / "report.json").read_text("utf-8"))
    (wild, drawn), (calm, known) = (skeleton(pages[kind]) for kind in ("wild", "calm"))
    assert wild == calm and {item[0] for item in drawn} <= {item[0] for item in known}


def test_what_a_model_answers_is_the_classes_guarded_in_csv_and_whole_in_json(files, fitted):
    model, known = fitted["wild"][0] / "model", {f"{text}." for text in USED}
    said, _, code = run("predict", model, files["wild"], "--json", "--quiet")
    rows = json.loads(said)["rows"]
    assert code == 0 and not UNFIT.search(said)
    assert {row["prediction"] for row in rows} <= known and len(rows) == CLASSES * EACH
    place = fitted["wild"][0] / "p.csv"
    assert run("predict", model, files["wild"], "--out", place, "--quiet")[2] == 0
    header, *lines = csv.reader(io.StringIO(place.read_text("utf-8"), newline=""))
    assert len(header) == 2 + CLASSES and {len(line) for line in lines} == {len(header)}
    answers = {line[1] for line in lines}
    assert all(answer in known or answer.removeprefix("'") in known for answer in answers)


def test_a_description_of_the_model_drives_no_terminal(fitted):
    said, told, code = run("inspect", fitted["wild"][0] / "model")
    assert code == 0 and not UNFIT.search(said + told)
    kept = json.loads(run("inspect", fitted["wild"][0] / "model", "--json")[0])
    assert set(kept["finetuned"]["classes"]["values"]) <= {f"{text}." for text in USED}
