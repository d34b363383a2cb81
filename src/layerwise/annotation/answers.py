"""What the records of a file of labels say: answers, by row and by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._json import Facts

RANDOM, CHOSEN, AGAIN = "random", "chosen", "again"  # why a row was asked about
Label = str | float


@dataclass(frozen=True)
class Answer:
    """What a person said of a row; no label where the row was skipped.

    Parameters
    ----------
    id : str
        Of the record.
    row : int
    who : str
        The person.
    label : str or float, optional
    share : {'random', 'chosen', 'again'}
        Why the row was asked about.
    """

    id: str
    row: int
    who: str
    label: Label | None
    share: str


class Answers:
    """Answers as they stand after all records: changed ones replace, undone ones go.

    Examples
    --------
    >>> from layerwise.annotation import Answers
    >>> said = Answers()
    >>> for who, label in (("a", "cat"), ("b", "dog")):
    ...     record = {"kind": "label", "id": who, "row": 3, "who": who, "label": label}
    ...     said.take(record | {"share": "random"})
    >>> said.label(3), said.disputed()
    (None, [3])
    >>> said.take({"kind": "undo", "id": "c", "of": "b", "who": "b"})
    >>> said.label(3), said.disputed()
    ('cat', [])
    """

    def __init__(self, records: Iterable[Facts] = ()) -> None:
        self.said_by_id: dict[str, Facts] = {}  # the records, without when and why
        self.changes = 0  # of labels: given, changed, taken back
        self.classes: list[str] = []
        self.notes: dict[int, list[Facts]] = {}
        self._answers: dict[tuple[int, str], list[Answer]] = {}
        self._people: dict[int, dict[str, None]] = {}  # of a row, in the order of answering
        self._done: dict[str, list[Answer]] = {}  # of a person, the last one last
        self._labels: dict[int, Label] = {}  # of the rows that have one, as they stand
        self._classes: Counter[str] = Counter()
        self._disputed: dict[int, None] = {}
        self._skipped: set[int] = set()
        self._once: dict[int, None] = {}
        self._drawn: set[int] = set()
        for record in records:
            self.take(record)

    def take(self, record: Facts) -> None:
        """Add a record; one whose id is known says nothing new."""
        if record["id"] in self.said_by_id:
            return
        self.said_by_id[record["id"]] = content_of(record)
        kind = record["kind"]
        if kind == "class":
            if record["name"] not in self.classes:
                self.classes.append(record["name"])
        elif kind == "note":
            kept = {name: record.get(name) for name in ("who", "text", "at")}
            self.notes.setdefault(record["row"], []).append(kept)
        elif kind == "undo":
            self._undo(record["who"], record["of"])
        else:
            self._answer(record)

    def _answer(self, record: Facts) -> None:
        one = Answer(
            record["id"], record["row"], record["who"], record.get("label"), record["share"]
        )
        self._answers.setdefault((one.row, one.who), []).append(one)
        self._people.setdefault(one.row, {})[one.who] = None
        if one.share == RANDOM:
            self._drawn.add(one.row)
        self._done.setdefault(one.who, []).append(one)
        self._stands(one.row)

    def _stands(self, row: int) -> None:
        """Note how a row stands after a change."""
        self.changes += 1
        before = self._labels.get(row)
        if isinstance(before, str):
            self._classes[before] -= 1
        said = set(self.said(row).values())
        label = self._label(row)
        if label is None:
            self._labels.pop(row, None)
        else:
            self._labels[row] = label
        if isinstance(label, str):
            self._classes[label] += 1
        self._disputed.pop(row, None)
        if len(said - {None}) > 1:
            self._disputed[row] = None
        self._once.pop(row, None)
        if label is not None and len(self._people[row]) == 1:
            self._once[row] = None
        self._skipped.discard(row)
        if said == {None}:
            self._skipped.add(row)

    def _undo(self, who: str, of: str) -> None:
        done = self._done.get(who, [])
        found = next((one for one in reversed(done) if one.id == of), None)
        if found is None:
            return
        done.remove(found)
        mine = self._answers[found.row, who]
        mine.remove(found)
        if not mine:
            del self._answers[found.row, who]
            del self._people[found.row][who]
            if not self._people[found.row]:
                del self._people[found.row]
        self._stands(found.row)

    def last(self, who: str) -> Answer | None:
        """Return a person's last answer that was not undone."""
        done = self._done.get(who)
        return done[-1] if done else None

    def of(self, row: int, who: str) -> Answer | None:
        """Return what a person says of a row now."""
        mine = self._answers.get((row, who))
        return mine[-1] if mine else None

    def said(self, row: int) -> dict[str, Label | None]:
        """Return what each person says of a row now; None for one who skipped it."""
        return {who: self._answers[row, who][-1].label for who in self._people.get(row, ())}

    def seen(self, row: int) -> bool:
        """Say whether anybody has answered, or skipped, a row."""
        return row in self._people

    def label(self, row: int) -> Label | None:
        """Return the label of a row: what most say of it (for numbers: their mean); None where
        nobody has said anything, or as many say one thing as another."""
        return self._labels.get(row)

    def _label(self, row: int) -> Label | None:
        labels = [label for label in self.said(row).values() if label is not None]
        if not labels:
            return None
        if not isinstance(labels[0], str):
            return sum(map(float, labels)) / len(labels)
        (first, most), *others = Counter(labels).most_common()
        return None if others and others[0][1] == most else first

    def disputed(self) -> list[int]:
        """Return the rows of which people say different things."""
        return list(self._disputed)

    def labelled(self) -> dict[int, Label]:
        """Return the label of every row that has one, in the order in which they were first
        answered."""
        return {row: self._labels[row] for row in self._people if row in self._labels}

    def rows(self) -> list[int]:
        """Return the rows that anybody has answered or skipped, in the order in which they were
        first."""
        return list(self._people)

    def once(self) -> list[int]:
        """Return the labelled rows of which one person has said something."""
        return list(self._once)

    def drawn(self) -> set[int]:
        """Return the rows that were asked about because chance came to them."""
        return self._drawn

    def count(self) -> dict[str, int]:
        """Return how many labelled, skipped and disputed rows there are."""
        counts = len(self._labels), len(self._skipped), len(self._disputed)
        return dict(zip(("labelled", "skipped", "disputed"), counts, strict=True))

    def per_class(self) -> dict[str, int]:
        """Return how many rows have each class."""
        return {name: count for name, count in self._classes.items() if count}

    def people(self) -> dict[str, int]:
        """Return how many labels each person has given."""
        return {who: sum(one.label is not None for one in done) for who, done in self._done.items()}

    def review(self, who: str, row: int | None, step: int) -> int | None:
        """Return the row that a person answered before (``step=-1``) or after (``1``) a row; the
        last one where no row is given; None beyond the ends."""
        rows = list(dict.fromkeys(one.row for one in self._done.get(who, ())))
        if row is None or row not in rows:
            return rows[-1] if rows and step < 0 else None
        place = rows.index(row) + step
        return rows[place] if 0 <= place < len(rows) else None


def content_of(record: Facts) -> Facts:
    """Return what a record says, without when it came and why its row was asked about."""
    return {name: value for name, value in record.items() if name not in ("at", "share")}


def record_of(kind: str, given: dict[str, Any], at: str) -> Facts:
    """Return a record of a kind from what a page sent; what it does not know is left out."""
    names = {
        "label": ("id", "row", "who", "label", "share"),
        "skip": ("id", "row", "who", "share"),
        "undo": ("id", "of", "who"),
        "note": ("id", "row", "who", "text"),
        "class": ("id", "name", "who"),
    }[kind]
    return {"kind": kind, **{name: given[name] for name in names}, "at": at}
