"""The scores of a model in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from .._durable import Facts

MOST_CLASSES = 30
WIDEST = 10  # classes in a confusion table
_NAMES = {"r2": "R²", "macro_f1": "macro-F1", "auc": "AUC"}


def print_scores(result: Facts) -> None:
    """Print what ``layerwise evaluate`` found."""
    console = Console(highlight=False, markup=False, emoji=False)
    rows = f"{result['labelled']:,} labelled rows"
    if result["unlabelled"]:
        rows += f", {result['unlabelled']:,} without a label"
    console.print(Text(f"{rows}; target {result['target']!r}, a {result['task']}"))
    console.print(_measures(result["measures"]))
    if "classes" not in result:
        return
    unknown = result["unknown"]
    if unknown:
        names = ", ".join(map(repr, unknown))
        count = sum(unknown.values())
        words = f"{count:,} rows are of classes that the model does not know; they count as errors"
        console.print(Text(f"{words}: {names}.", style="yellow"))
    console.print(_classes(result["classes"]))
    more = len(result["classes"]) - MOST_CLASSES
    if more > 0:
        console.print(f"... and {more:,} more classes (--json has all).")
    if len(result["classes"]) <= WIDEST:
        console.print(_confusion(result["confusion"]))


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for i, column in enumerate(columns):
        table.add_column(Text(column), justify="left" if i == 0 else "right", overflow="fold")
    return table


def _measures(measures: Facts) -> Table:
    table = _table("measure", "value", "95 % interval")
    for name, measure in measures.items():
        percent = name in ("accuracy", "balanced_accuracy")
        value, low, high = (_number(measure[part], percent) for part in ("value", "low", "high"))
        interval = f"{low} to {high}" if measure["low"] is not None else ""
        table.add_row(_NAMES.get(name, name.replace("_", " ")), value or "not defined", interval)
    return table


def _classes(classes: list[Facts]) -> Table:
    table = _table("class", "rows", "predicted", "recall", "precision")
    for one in classes[:MOST_CLASSES]:
        shares = [_number(one[name], True) for name in ("recall", "precision")]
        table.add_row(Text(one["class"]), f"{one['rows']:,}", f"{one['predicted']:,}", *shares)
    return table


def _confusion(confusion: Facts) -> Table:
    table = _table("true \\ predicted", *confusion["classes"])
    for name, row in zip(confusion["classes"], confusion["matrix"], strict=True):
        table.add_row(Text(name), *(f"{count:,}" for count in row))
    return table


def _number(value: float | None, percent: bool) -> str:
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if percent else f"{value:.4g}"
