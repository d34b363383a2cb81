"""Nothing from data drives a terminal: colours, titles, cursors, and marks that reorder text."""

from __future__ import annotations

import io
import json
import sys
import warnings

import pytest

from layerwise import DataError
from layerwise._text import UNFIT, json_line, printable
from layerwise.cli.output import Output
from layerwise.cli.progress import Live, Plain

DRIVES = [
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\x00",
    "\x08\x08",
    "\x7f",
    "\r",
    "\u202e",
    "\u2066",
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("text", [*DRIVES, "\ud800"], ids=repr)
def test_what_drives_a_terminal_is_replaced_and_the_rest_kept(text):
    assert printable(f"a{text}b").startswith("a\ufffd") and not UNFIT.search(printable(text))
    assert printable("ü\t\u4e2d\n\U0001f600 \u0634") == "ü\t\u4e2d\n\U0001f600 \u0634"


@pytest.mark.parametrize("text", [*DRIVES, "\ud800", "ü\u4e2d"], ids=repr)
def test_json_keeps_the_data_and_drives_no_terminal(text):
    line = json_line({text: [text]})
    assert json.loads(line) == {text: [text]} and not UNFIT.search(line)
    assert "ü\u4e2d" in json_line("ü\u4e2d")


@pytest.mark.parametrize("text", DRIVES, ids=repr)
def test_errors_warnings_and_notes_are_cleaned(layerwise, monkeypatch, text):
    import layerwise.workflows as workflows

    def failing(*args, **settings):
        settings["say"](f"note {text}x")
        warnings.warn(f"warned {text}x", UserWarning, stacklevel=1)
        raise DataError(f"message {text}x", f"hint {text}x")

    monkeypatch.setattr(workflows, "predict", failing)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        done = layerwise("predict", "model", "data")
        plain = layerwise("predict", "model", "data", "--json", "--quiet")
    assert [line.split()[-2] for line in done.err.splitlines()] == [
        "note",
        "warned",
        "message",
        "hint",
    ]
    assert not UNFIT.search(done.err)
    assert plain.json["error"]["message"] == f"message {text}x" and not UNFIT.search(plain.out)


@pytest.mark.parametrize("kind", [Live, Plain])
def test_progress_is_cleaned(monkeypatch, kind):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = kind()
    progress.last = -1e9
    with progress:
        progress.tell("about \x1b]0;evil\x07 it")
        if kind is Live:
            progress.progress.refresh()
    assert "about \ufffd]0;evil\ufffd it" in terminal.getvalue()


def shown(columns, place):
    with Output(False, True) as output:
        output.show_columns(columns, place, raw=False)


def test_csv_is_cleaned_on_a_terminal_alone(monkeypatch, tmp_path):
    columns = {"row": [0], "p_\x1b[31m": ["\x9bx"]}
    for stream, cleaned in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stdout", stream)
        shown(columns, None)
        assert bool(UNFIT.search(stream.getvalue())) is not cleaned
    shown(columns, tmp_path / "x.csv")
    assert "\x1b[31m" in (tmp_path / "x.csv").read_text()


def test_words_in_brackets_are_no_style(monkeypatch, capsys):
    with Output(False, True) as output:
        output.show_recipes(
            [
                {
                    "name": "[red]x[/red]",
                    "kind": "yours",
                    "year": None,
                    "summary": ":smile: \x1b[0m",
                }
            ]
        )
    assert "[red]x[/red]" in capsys.readouterr().out
