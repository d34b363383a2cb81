"""What the commands print."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._text import json_line, printable
from .parts import load_parts
from .progress import Live, Plain, Silent

if TYPE_CHECKING:
    from .._durable import Facts
    from ..evaluation.wording import Words
    from ..workflows.use import Columns


class Output(contextlib.ExitStack):
    """Progress on standard error while a command runs; its result on standard output."""

    def __init__(self, as_json: bool, quiet: bool, parts: Sequence[str] | None = None) -> None:
        super().__init__()
        if parts is not None:
            load_parts(parts)
        self.as_json = as_json
        self.quiet = quiet
        self.progress: Any = Silent() if quiet else Live() if _is_terminal() else Plain()

    def __enter__(self) -> Output:
        from ..training import observing

        super().__enter__()
        self.running = self.enter_context(contextlib.ExitStack())
        self.running.enter_context(self.progress)
        self.running.enter_context(observing(self.progress.hear))
        return self

    def tell(self, title: str) -> None:
        """Say what begins."""
        self.progress.tell(title)

    def say(self, note: str) -> None:
        """Tell a note about the rows on standard error: what was skipped shifts the row numbers."""
        if not self.quiet and sys.stderr is not None:
            print(printable(note), file=sys.stderr)

    def note(self, note: str) -> None:
        """Tell what the user has to know to go on, however quiet the command is."""
        if sys.stderr is not None:
            print(printable(note), file=sys.stderr, flush=True)

    def show_labels(self, result: Facts) -> None:
        """Print how many labels there are and where, and the fit on them."""
        if result["fit"] is not None and not self.as_json:
            self.show_fit(result["fit"])
            return
        self.running.close()
        if self.as_json:
            print(json_line(result))

    def show_fit(self, result: Facts) -> None:
        """Print a table of the arms, the headline, and where model and report lie."""
        self.running.close()
        if self.as_json:
            print(json_line(result))
            return
        result = printable(result)
        from rich.console import Console
        from rich.text import Text

        console = Console(highlight=False, markup=False, emoji=False)
        console.print(_facts_line(result))
        if result["task"] is not None:
            console.print(_arms_table(result))
            console.print(Text(result["verdict"]["text"], style="bold"))
        else:
            score = result["test"]["pretrained"]
            if score is not None:
                console.print(
                    f"Mean score of {result['test']['rows']:,} held-out rows: {score:.4f}"
                )
        for flag in (*(one["text"] for one in result["guards"]), *result.get("flags", ())):
            console.print(Text(flag, style="yellow"))
        for note in result["notes"]:
            console.print(Text(note, style="dim"))
        for name in ("model", "report"):
            print(f"{name}: {result[name]}")

    def show_study(self, result: Facts) -> None:
        """Print a table of arms by numbers of labels, the findings of the guards, the verdict, and
        where the report lies."""
        self.running.close()
        if self.as_json:
            print(json_line(result))
            return
        result = printable(result)
        from rich.console import Console
        from rich.text import Text

        console = Console(highlight=False, markup=False, emoji=False)
        console.print(_study_table(result))
        for finding in result["guards"]:
            console.print(Text(finding["text"], style="yellow"))
        for note in result["notes"]:
            console.print(Text(note, style="dim"))
        verdict = result["verdict"]
        for text in (verdict["best"], verdict["finding"]):
            if text:
                console.print(Text(text, style="bold"))
        for text in (verdict["advice"], verdict["details"]):
            if text:
                console.print(Text(text))
        for text in verdict["exploratory"]:
            console.print(Text(f"Exploratory, not tested: {text}"))
        print(f"report: {result['report']}")

    def show_columns(self, columns: Columns, out: Path | None, raw: bool) -> None:
        """Write columns as CSV, or as JSON records."""
        from .._durable import jsonable
        from ..workflows.use import write_columns

        self.running.close()
        rows = len(columns["row"])
        if self.as_json and out is None:
            names = list(columns)
            records = [
                dict(zip(names, jsonable(list(row)), strict=True))
                for row in zip(*columns.values(), strict=True)
            ]
            print(json_line({"rows": records}))
            return
        text = write_columns(columns, out, raw=raw)
        if text is not None:
            sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        elif out is not None:
            self.show_written(rows, out)

    def show_written(self, rows: int, out: Path) -> None:
        """Say how many rows are in a file."""
        self.running.close()
        if self.as_json:
            print(json_line({"rows": rows, "out": str(out)}))
        else:
            print(printable(f"{rows:,} rows written to {out}"))

    def show_scores(self, result: Facts) -> None:
        """Print measures with their intervals, counts per class and a confusion table."""
        self.running.close()
        if self.as_json:
            print(json_line(result))
            return
        from .scores import print_scores

        print_scores(printable(result))

    def show_folder(self, folder: Path) -> None:
        """Print where an encoder lies, and how it is used."""
        self.running.close()
        if self.as_json:
            print(json_line({"folder": str(folder)}))
            return
        print(printable(f"{folder} is ready: --encoder {shlex.quote(str(folder))}"))

    def show_recipes(self, recipes: list[Facts]) -> None:
        """Print a line per recipe."""
        self.running.close()
        if self.as_json:
            print(json_line({"recipes": recipes}))
            return
        recipes = printable(recipes)
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        kind = None
        for recipe in recipes:
            if recipe["kind"] != kind:
                if kind is not None:
                    table.add_row()
                kind = recipe["kind"]
                table.add_row(kind, style="bold")
            table.add_row(f"  {recipe['name']}", str(recipe["year"] or ""), recipe["summary"])
        console = Console(highlight=False, markup=False, emoji=False)
        console.print(table)
        console.print("\nlayerwise fit DATA --recipe NAME --set ARGUMENT=VALUE", style="dim")

    def show_model(self, description: Facts) -> None:
        """Print what a model folder holds."""
        self.running.close()
        if self.as_json:
            print(json_line(description))
            return
        from ..artifacts.describe import model_lines

        for line in model_lines(description):
            print(printable(line))


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _facts_line(result: Facts) -> str:
    rows = (
        f"{result['rows']:,} rows, {result['labels']:,} with a label; "
        f"{result['test']['rows']:,} test rows"
    )
    return f"{rows}; recipe {result['recipe']}"


def _study_table(result: Facts) -> Any:
    """Return arms by numbers of labels, the best learning curve first."""
    from rich.table import Table

    words, sign = _words(result), 1 if result["higher_is_better"] else -1
    budgets = sorted({row["labels"] for row in result["summary"]})
    mean = {(row["arm"], row["labels"]): row["mean"] for row in result["summary"]}
    area = {row["arm"]: row["area"] for row in result["areas"]}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(f"test {words.metric.title} with labels", overflow="fold")
    for budget in budgets:
        table.add_column(f"{budget:,}", justify="right")
    for arm in sorted(
        dict.fromkeys(arm for arm, _ in mean), key=lambda arm: -sign * area.get(arm, -sign * 1e9)
    ):
        values = [mean[arm, budget] for budget in budgets]
        shown = ["failed" if value is None else words.plain(value) for value in values]
        table.add_row(arm, *shown)
    return table


def _arms_table(result: Facts) -> Any:
    from rich.table import Table

    test, seconds, words = result["test"], result["seconds"], _words(result)
    table = Table(
        "start",
        f"test {words.metric.title}",
        "seconds",
        box=None,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )

    def row(name: str, value: float, took: float | None) -> None:
        table.add_row(
            name,
            f"{value:.2%}" if words.points else words.plain(value),
            "" if took is None else f"{took:.1f}",
        )

    row(result["arms"]["pretrained"], test["pretrained"], seconds["pretrain"] + seconds["finetune"])
    row(result["arms"]["random_start"], test["random_start"], seconds["random_start"])
    for one in result["baselines"]:
        row(f"({one['name']})", one["value"], seconds[one["name"]])
    return table


def _words(result: Facts) -> Words:
    from ..evaluation import metric_named
    from ..evaluation.wording import Words

    return Words(metric_named(result["metric"], result["task"]))
