"""Progress on standard error: a live line in a terminal, a calm one elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from .._text import printable

if TYPE_CHECKING:
    from .._durable import Facts
    from ..training import Event

PLAIN_SECONDS = 10.0  # between two lines when there is no terminal
FIRST_SECONDS = 2.0  # before the first; what is quicker needs no progress


class Live:
    """One live line with rich: what runs, epoch, loss, rows per second, time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self.title = ""
        self.task = self.progress.add_task("", total=1.0, detail="")

    def __enter__(self) -> Live:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def tell(self, title: str) -> None:
        """Say what begins."""
        self.title = printable(title)
        self.progress.reset(self.task, description=self.title, total=1.0, detail="")

    def hear(self, event: Event) -> None:
        """Follow the training loop."""
        if event.kind == "phase":
            self.progress.reset(self.task, total=1.0, detail="")
        self.progress.update(
            self.task,
            description=f"{self.title}, {where(event.row)}",
            completed=event.share,
            detail=detail(event.row),
        )


class Plain:
    """A line now and then, for logs."""

    def __init__(self) -> None:
        self.title = ""
        self.last = time.monotonic() - PLAIN_SECONDS + FIRST_SECONDS

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def tell(self, title: str) -> None:
        """Say what begins, unless the last line is recent."""
        self.title = title
        self._line(title)

    def hear(self, event: Event) -> None:
        """Follow the training loop."""
        if event.kind != "phase":
            self._line(f"{self.title}, {where(event.row)}: {detail(event.row)}")

    def _line(self, text: str) -> None:
        now = time.monotonic()
        if now - self.last >= PLAIN_SECONDS and sys.stderr is not None:
            self.last = now
            print(printable(text), file=sys.stderr, flush=True)


class Silent(Plain):
    """Nothing."""

    def _line(self, text: str) -> None:
        return None


def where(row: Facts) -> str:
    """Return phase and stages in words."""
    from ..training.events import stages_of

    return f"phase {row['phase'] + 1}/{row['phases']} ({stages_of(row)})"


def detail(row: Facts) -> str:
    """Return epoch, loss and speed in words."""
    if "loss" not in row:
        return ""
    batches = row.get("batches")
    of = "" if batches is None else f" of {batches:,} batch{'es' * (batches != 1)}"
    return (
        f"epoch {row['epoch']:,}/{row['epochs']:,}{of}  loss {row['loss']:.4f}  "
        f"{row['rows_per_second']:,.0f} rows/s"
    )
