"""A sitting of labelling: what is asked, what is answered, and what is believed meanwhile. It knows
no browser."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from .._errors import ParameterError
from .._json import Facts
from ..data.marks import MISSING
from .answers import AGAIN, CHOSEN, RANDOM, Answers, Label, content_of, record_of
from .beliefs import Beliefs, Known
from .cards import Cards
from .journal import Journal
from .queue import Ask, Queue

MOST = 20  # rows that a page is given at once
LONGEST_NAME, LONGEST_NOTE = 100, 10_000
MOST_CLASSES = 1000
PAGE_SECONDS = 120.0  # for which a page that is not heard of is taken to be there
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Session:
    """Answers to rows, kept in a file as they come.

    Parameters
    ----------
    journal : Journal
    cards : Cards
    target : str
        What is asked for.
    classes : sequence of str, optional
        Known from the start; others can be added. None: numbers are asked for.
    known : dict of int to label, optional
        Labels that the rows came with.
    overlap, seed : float, int
        Of :class:`Queue`.
    batch : int, default 10
        New labels after which is learned again.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from layerwise.annotation import Cards, Journal, Session
    >>> journal = Journal(Path(tempfile.mkdtemp()) / "labels.log", {"target": "kind"})
    >>> session = Session(journal, Cards(np.eye(4)), "kind", ["a", "b"])
    >>> row = session.give("page-1", "ann", 1)[0]["row"]
    >>> said = {"id": "answer-1", "row": row, "who": "ann", "label": "a", "page": "page-1"}
    >>> session.take("label", said)["labelled"]
    1
    >>> session.labels() == {row: "a"}
    True
    """

    def __init__(
        self,
        journal: Journal,
        cards: Cards,
        target: str,
        classes: Sequence[str] | None = (),
        known: dict[int, Label] | None = None,
        *,
        overlap: float = 0.1,
        seed: int = 0,
        batch: int = 10,
    ) -> None:
        self.journal, self.cards, self.target = journal, cards, target
        self.first_classes = None if classes is None else list(dict.fromkeys(classes))
        self.known = known or {}
        self.batch = batch
        self.answers = Answers(journal.records)
        self.queue = Queue(len(cards), self.known, overlap, seed)
        self.beliefs: Beliefs | None = None
        self.progress: Facts | None = None
        self.status = "The model has not begun to learn."
        self.done = threading.Event()
        self.listeners: list[Callable[[], None]] = []
        self._asked: dict[int, Ask] = {}  # the reason and the share of what was given
        self._pages: dict[str, tuple[str, float]] = {}  # who uses a page, and when it was last seen
        self._lock = threading.RLock()

    @property
    def task(self) -> str:
        """'classification' or 'regression'."""
        return "regression" if self.first_classes is None else "classification"

    @property
    def classes(self) -> list[str]:
        """The classes, in the order of their keys."""
        return list(dict.fromkeys([*(self.first_classes or ()), *self.answers.classes]))

    def give(self, page: str, who: str, n: int = 5) -> list[Facts]:
        """Return the next rows for a page: cards, with why they are asked about and, but for rows
        that chance drew, what is believed of them."""
        page, who = _named("page", page), _named("who", who)
        _between("n", n, 1, MOST)
        with self._lock:
            self._saw(page, who)
            asks = self.queue.give(page, who, n, self.answers)
            self._asked |= {ask.row: ask for ask in asks}
            return [self._shown(ask) for ask in asks]

    def card(self, row: int, who: str) -> Facts:
        """Return a row that somebody looks at again, with what was said of it."""
        with self._lock:
            self._row(row)
            mine = self.answers.of(row, _named("who", who))
            ask = Ask(row, "answered before", self._share_of(row, who))
            return self._shown(ask) | {"mine": None if mine is None else mine.label}

    def _shown(self, ask: Ask) -> Facts:
        # what a model says would lead the answer that judges it
        hidden = ask.share == RANDOM or self._is_drawn(ask.row)
        says = self.beliefs.says.get(ask.row, []) if self.beliefs and not hidden else []
        about = {"reason": ask.reason, "share": ask.share, "hidden": hidden, "says": says}
        notes = self.answers.notes.get(ask.row, [])
        said = self.answers.said(ask.row) if self.answers.seen(ask.row) else {}
        others = dict(said) if len(set(said.values())) > 1 else {}
        return self.cards.card(ask.row) | about | {"notes": notes, "disputed": others}

    def take(self, kind: str, given: Facts) -> Facts:
        """Keep an answer ('label', 'skip', 'undo', 'note' or 'class'); it is on the disk when this
        returns. The same answer again (by its id) is the same answer.

        Returns
        -------
        dict
            Counts after it, and for an undo the row that is asked about again.

        Raises
        ------
        ParameterError
            When something in it is missing or cannot be; nothing is kept.
        FileError
            When the disk refuses it; nothing is kept.
        """
        with self._lock:
            record = self._record(kind, given)
            row = record.get("row")
            before = self.answers.said_by_id.get(record["id"])
            if before is None:
                if kind == "undo":
                    row = self._undone(record)
                self.journal.append(record)
                self.answers.take(record)
                self._placed(kind, row, given.get("page"))
            elif before != content_of(record):
                raise ParameterError(
                    f"The id {record['id']!r} is that of another answer.", "Give each its own."
                )
            counts = self.answers.count()
        for listener in self.listeners:
            listener()
        return counts | {"row": row if kind == "undo" else None}

    def _placed(self, kind: str, row: int | None, page: object) -> None:
        """Let a row that was answered be given to others; one whose answer was taken back stays
        with the page that shows it."""
        if row is None:
            return
        if kind == "undo":
            self.queue.free(row)
            if isinstance(page, str):
                self.queue.hold(page, row)
        elif kind in ("label", "skip"):
            self.queue.answered(row)

    def _record(self, kind: str, given: Facts) -> Facts:
        given = dict(given)
        if not isinstance(given.get("id"), str) or not _ID.fullmatch(given["id"]):
            raise ParameterError("An answer needs an id of 8 to 64 letters, digits and dashes.")
        given["who"] = _named("who", given.get("who"))
        if kind in ("label", "skip", "note"):
            self._row(given.get("row"))
        if kind in ("label", "skip"):
            given["share"] = self._share_of(given["row"], given["who"])
        if kind == "label":
            given["label"] = self._label(given.get("label"))
        elif kind == "note":
            given["text"] = _text("text", given.get("text"), LONGEST_NOTE)
        elif kind == "class":
            given["name"] = self._class(given.get("name"))
        elif kind == "undo":
            given["of"] = _text("of", given.get("of"), 64)
        elif kind != "skip":
            raise ParameterError(f"There is no answer of the kind {kind!r}.")
        return record_of(kind, given, datetime.now(UTC).isoformat(timespec="milliseconds"))

    def _row(self, row: object) -> None:
        if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < len(self.cards):
            raise ParameterError(f"There is no row {row!r}; there are {len(self.cards):,}, from 0.")
        if row in self.known:
            raise ParameterError(f"Row {row} came with a label.", "Change it in the data.")

    def _share_of(self, row: int, who: str) -> str:
        mine = self.answers.of(row, who)
        if mine is not None:
            return mine.share
        if self.answers.seen(row):
            return AGAIN
        return self._asked[row].share if row in self._asked else CHOSEN

    def _label(self, label: object) -> Label:
        if self.task == "regression":
            if isinstance(label, (int, float)) and not isinstance(label, bool):
                with suppress(OverflowError):
                    if math.isfinite(number := float(label)):
                        return number
            raise ParameterError(f"A number is asked for. Got {str(label)[:100]!r} instead.")
        if label not in self.classes:
            raise ParameterError(f"There is no class {label!r}.", "Add it first.")
        return str(label)

    def _class(self, name: object) -> str:
        if self.task == "regression":
            raise ParameterError("Numbers are asked for; there are no classes.")
        if len(self.classes) >= MOST_CLASSES:
            raise ParameterError(f"There are {MOST_CLASSES:,} classes, and no more are taken.")
        return class_name(name)

    def _undone(self, record: Facts) -> int:
        last = self.answers.last(record["who"])
        if last is None or last.id != record["of"]:
            raise ParameterError(
                "Only the last answer can be undone, and that was another one.",
                "Go back to the row and answer it again.",
            )
        return last.row

    def leave(self, page: str) -> None:
        """Let the rows of a page that is closed be given to others."""
        with self._lock:
            self._pages.pop(page, None)
            self.queue.leave(page)

    def review(self, who: str, row: int | None, step: int) -> Facts | None:
        """Return the card that a person answered before (-1) or after (1) a row; None beyond the
        ends."""
        with self._lock:
            found = self.answers.review(_named("who", who), row, step)
            return None if found is None else self.card(found, who)

    def _saw(self, page: str, who: str) -> None:
        self._pages[page] = who, time.monotonic()

    def free_name(self, page: str = "") -> str:
        """Return a name for somebody who gave none: a number that no page of the last minutes
        uses."""
        now = time.monotonic()
        with self._lock:
            pages = self._pages.items()
            used = {who for one, (who, at) in pages if one != page and now - at < PAGE_SECONDS}
        return next(str(i) for i in range(1, len(used) + 2) if str(i) not in used)

    def _is_drawn(self, row: int) -> bool:
        return self.queue.is_drawn(row, self.queue.reached(self.answers.drawn()))

    def state(self, who: str = "", page: str = "") -> Facts:
        """Return how far labelling has come."""
        with self._lock:
            if who and page:
                self._saw(page, who)
            counts = self.answers.count()
            per = self.answers.per_class() if self.task == "classification" else {}
            for row, label in self.known.items():
                if not self.answers.seen(row):
                    per[str(label)] = per.get(str(label), 0) + 1
            last = self.answers.last(who) if who else None
            disputed = [
                {"row": row, "said": self.answers.said(row)} for row in self.answers.disputed()[:50]
            ]
            return counts | {
                "target": self.target,
                "task": self.task,
                "rows": len(self.cards),
                "known": len(self.known),
                "classes": [[name, per.get(name, 0)] for name in self.classes],
                "people": self.answers.people(),
                "free_name": self.free_name(page),
                "last": None if last is None else {"id": last.id, "row": last.row},
                "disagreements": disputed,
                "progress": self.progress,
                "status": self.status,
                "waiting": self.queue.waiting,
            }

    @property
    def changes(self) -> int:
        """How often a label was given, changed or taken back."""
        return self.answers.changes

    def so_far(self) -> Known:
        """Return the labels so far as a model learns from them, each row once: those that the data
        came with first. All labelled rows that chance has come to in its order are drawn, also
        those that a strategy had asked about before."""
        with self._lock:
            mine = self.answers.labelled()
            busy = [row for row in self.answers.rows() if row not in mine]
            came = {row: label for row, label in self.known.items() if row not in mine}
            reached = self.queue.reached(self.answers.drawn())
            drawn = [self.queue.is_drawn(row, reached) for row in mine]
            rows, labels = [*came, *mine], [*came.values(), *mine.values()]
            return Known(rows, labels, [False] * len(came) + drawn, busy)

    def believed(self, beliefs: Beliefs, status: str) -> None:
        """Take what was learned: rows to ask about, and what is believed of them."""
        with self._lock:
            self.beliefs, self.status = beliefs, status
            self.queue.fill(beliefs.asks)
            if beliefs.progress is not None:
                self.progress = beliefs.progress

    def judged(self, progress: Facts) -> None:
        """Take how far labelling has come."""
        with self._lock:
            self.progress = progress

    def labels(self) -> dict[int, Label]:
        """Return every label: those that the rows came with and those that were given, by row."""
        with self._lock:
            return dict(sorted({**self.known, **self.answers.labelled()}.items()))


def class_name(name: object) -> str:
    """Return the name of a class.

    Raises
    ------
    ParameterError
        When it is empty, or would be read from a file as a missing cell.
    """
    name = _named("class", name)
    if name in MISSING:
        raise ParameterError(
            f"{name!r} stands for a missing cell in a file: as a class it would be lost.",
            "Give the class another name, such as 'none'.",
        )
    return name


def _named(what: str, value: object) -> str:
    name = _text(what, value, LONGEST_NAME).strip()
    if not name or not name.isprintable():
        raise ParameterError(f"{what} is empty, or holds what cannot be printed.")
    return name


def _text(what: str, value: object, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ParameterError(f"{what} is to be a text of at most {most:,} characters.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ParameterError(f"{what} is no Unicode text.") from error
    return value


def _between(what: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ParameterError(f"{what} is to be a whole number from {low} to {high}.")
