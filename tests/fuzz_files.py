"""Tables whose truth is known, in many spellings, forms and ways in: is a wrong value ever read
without a word?

A case is a column of numbers, dates or words and a column of classes, spelled in one of the ways
that people's files have, with some share of dirt, written in one form. What comes out of a reader
is right when the values are the true ones, when the column is refused by name, or when a note names
it. Anything else is a silent wrong value.

    python -m tests.fuzz_files --cases 2000 --seed 0
"""

from __future__ import annotations

import argparse
import csv
import datetime
import decimal
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from layerwise import LayerwiseError, Preprocessor
from layerwise.data.frames import read_frame
from layerwise.data.kinds import settled
from layerwise.data.readers import load_dataset
from layerwise.workflows.given import given_rows


@dataclass(frozen=True)
class Case:
    """One table and what it means.

    Parameters
    ----------
    what : str
        The spelling, in words.
    cells : list
        Of the column x, as somebody wrote them: texts, or Python's own values.
    truth : list of float, str or None
        Its values; None where one is missing.
    labels : list of str
        Of the column y.
    form : str
    classes : bool
        Whether the labels are what is looked at.
    """

    what: str
    cells: list[Any] = field(repr=False)
    truth: list[Any] = field(repr=False)
    labels: list[Any] = field(repr=False)
    form: str
    classes: bool = False


def thousands(mark: str, decimals: int = 0, point: str = ".") -> Callable[[float], str]:
    table = str.maketrans({",": mark, ".": point})
    return lambda x: f"{x:,.{decimals}f}".translate(table)


NUMBERS: dict[str, Callable[[float], Any]] = {
    "plain": lambda x: f"{x:.3f}",
    "whole": lambda x: f"{x:.0f}",
    "plus": lambda x: f"{x:+.2f}",
    "scientific": lambda x: f"{x:.4e}",
    "spaces around": lambda x: f"  {x:.2f} ",
    "percent": lambda x: f"{x:.1f}%",
    "percent, spaced": lambda x: f"{x:.1f} %",
    "dollar": lambda x: f"${x:,.2f}",
    "euro": lambda x: f"{x:.2f} \N{EURO SIGN}",
    "currency": lambda x: f"USD {x:.0f}",
    "unit": lambda x: f"{x:.1f} kg",
    "unit, close": lambda x: f"{x:.0f}px",
    "degrees": lambda x: f"{x:.1f}\N{DEGREE SIGN}C",
    "comma thousands": thousands(","),
    "comma thousands, cents": thousands(",", 2),
    "european": thousands(".", 2, ","),
    "point thousands": thousands("."),
    "space thousands": thousands(" "),
    "thin space thousands": thousands("\u202f", 1),
    "apostrophe thousands": thousands("'"),
    "decimal comma": lambda x: f"{x:.2f}".replace(".", ","),
    "minus": lambda x: f"\N{MINUS SIGN}{x:.2f}",
    "brackets": lambda x: f"({x:.2f})",
    "sign behind": lambda x: f"{x:.2f}-",
}
NEGATIVE = ("minus", "brackets", "sign behind")
DIRT = (
    *("", "?", "NA", "N/A", "n/a", "NaN", "null", "NULL", "#N/A", "-", "--", "n.a.", "N.A."),
    *(
        "None",
        "none",
        ".",
        "<NA>",
        "#DIV/0!",
        "#VALUE!",
        "missing",
        "na",
        "Nan",
        "nil",
        "\N{EN DASH}",
    ),
)
WORDS = ("unknown", "broken", "see note", "<0.1", ">100", "~5", "12 or 13", "1e", "x", "o.k.")
DATES: dict[str, Callable[[datetime.date], str]] = {
    "iso": lambda d: d.isoformat(),
    "m/d/yy": lambda d: f"{d.month}/{d.day}/{d:%y}",
    "dd-mm-yyyy": lambda d: f"{d:%d-%m-%Y}",
    "dd.mm.yyyy": lambda d: f"{d:%d.%m.%Y}",
    "yyyy.mm.dd": lambda d: f"{d:%Y.%m.%d}",
    "yyyy/mm/dd": lambda d: f"{d:%Y/%m/%d}",
    "Mar 31, 2024": lambda d: f"{d:%b %d, %Y}",
    "31 March 2024": lambda d: f"{d:%d %B %Y}",
    "31-Mar-24": lambda d: f"{d:%d-%b-%y}",
    "Mon, 31 Mar 2024": lambda d: f"{d:%a, %d %b %Y}",
    "with time": lambda d: f"{d:%Y-%m-%d} 10:{d.day:02d}",
    "ISO with zone": lambda d: f"{d:%Y-%m-%d}T10:{d.day:02d}:00Z",
    "time": lambda d: f"{d.month:02d}:{d.day:02d}",
    "yyyymmdd": lambda d: f"{d:%Y%m%d}",
    "year and month": lambda d: f"{d:%Y-%m}",
}
CLASSES: dict[str, tuple[str, ...]] = {
    "words": ("cat", "dog", "bird"),
    "leading zeros": ("001", "1", "010"),
    "trailing zeros": ("1.1", "1.10", "1.2"),
    "many digits": ("12345678901234567890", "12345678901234567891", "7"),
    "signs": ("+", "-"),
    "signed": ("+1", "-1"),
    "True": ("True", "False"),
    "TRUE": ("TRUE", "FALSE"),
    "yes": ("Yes", "No"),
    "NA": ("NA", "EU", "AS"),
    "None": ("None", "some"),
    "dash": ("-", "low", "high"),
    "capitals": ("Cat", "cat", "dog"),
    "whole": ("0", "1", "2"),
    "floats": ("0.0", "1.0"),
    "formula": ("=1+1", "@x", "ok"),
    "spaces": ("New York", "York"),
    "accents": ("caf\u00e9", "cafe"),
    "long minus": ("\N{MINUS SIGN}1", "1"),
    "halves": ("0.5", "1.5", "2.5"),
}
TEXT_FORMS = ("comma", "semicolon", "tab", "quoted", "jsonl", "parquet", "pandas", "polars")
FRAME_FORMS = ("pandas", "polars", "preprocessor pandas", "preprocessor polars")
OBJECTS: dict[str, Callable[[float], Any]] = {
    "float objects": float,
    "int objects": lambda x: int(x),
    "Decimal": lambda x: decimal.Decimal(str(round(x, 3))),
    "numpy objects": np.float64,
    "mixed int and float": lambda x: int(x) if int(x) % 2 else float(x),
}


def cases(seed: int) -> Iterator[Case]:
    """Yield cases without end."""
    rng = np.random.default_rng(seed)
    makers = (number_case, number_case, number_case, date_case, class_case, object_case, code_case)
    while True:
        yield makers[rng.integers(len(makers))](rng)


def number_case(rng: np.random.Generator) -> Case:
    """Numbers in one spelling, with marks of what is missing or with words."""
    name = str(rng.choice(list(NUMBERS)))
    n = int(rng.choice([12, 40, 200]))
    size = float(rng.choice([1.0, 100.0, 5000.0, 1e6]))
    values = np.round(rng.uniform(0.1, 1.0, n) * size, 3)
    cells = [NUMBERS[name](float(x)) for x in values]
    truth: list[Any] = [meaning(name, cell) for cell in cells]
    share = float(rng.choice([0.0, 0.02, 0.12, 0.4, 0.7]))
    words = rng.random() < 0.25
    mark = str(rng.choice(WORDS if words else DIRT))
    for i in np.flatnonzero(rng.random(n) < share):
        cells[i], truth[i] = mark, mark if words else None
    what = f"numbers, {name}, {share:.0%} {mark!r}"
    return Case(what, cells, truth, two_classes(n), str(rng.choice([*TEXT_FORMS, *FRAME_FORMS])))


def meaning(name: str, cell: str) -> float:
    """Return the number that somebody who wrote a cell meant."""
    text = cell.strip().strip("()")
    if name in ("european", "point thousands"):
        text = text.replace(".", "").replace(",", ".")
    elif name == "decimal comma":
        text = text.replace(",", ".")
    kept = "".join(c for c in text if c in "0123456789.eE+-" and c != ",")
    kept = kept.replace("E", "", 1) if name in ("currency",) else kept
    kept = kept.rstrip("-").strip()
    return -abs(float(kept)) if name in NEGATIVE else float(kept)


def date_case(rng: np.random.Generator) -> Case:
    name = str(rng.choice(list(DATES)))
    n = int(rng.choice([40, 200]))
    first = datetime.date(2024, 1, 1)
    days = [first + datetime.timedelta(days=int(d)) for d in rng.integers(0, 360, n)]
    cells = [DATES[name](day) for day in days]
    truth: list[Any] = ["date"] * n
    share, mark = float(rng.choice([0.0, 0.02, 0.3])), str(rng.choice([*DIRT, *WORDS]))
    for i in np.flatnonzero(rng.random(n) < share):
        cells[i] = mark
    what = f"dates, {name}, {share:.0%} {mark!r}"
    return Case(what, cells, truth, two_classes(n), str(rng.choice([*TEXT_FORMS, *FRAME_FORMS])))


def class_case(rng: np.random.Generator) -> Case:
    name = str(rng.choice(list(CLASSES)))
    n = int(rng.choice([30, 60, 200]))
    labels = [CLASSES[name][i % len(CLASSES[name])] for i in range(n)]
    numbers = [f"{x:.3f}" for x in rng.normal(size=n)]
    form = str(rng.choice(TEXT_FORMS))
    return Case(f"classes, {name}", numbers, [float(x) for x in numbers], labels, form, True)


def object_case(rng: np.random.Generator) -> Case:
    name = str(rng.choice(list(OBJECTS)))
    n = int(rng.choice([12, 60]))
    values = np.round(rng.normal(size=n) * 100, 3)
    cells = [OBJECTS[name](float(x)) for x in values]
    truth: list[Any] = [float(cell) for cell in cells]
    for i in np.flatnonzero(rng.random(n) < float(rng.choice([0.0, 0.2]))):
        cells[i], truth[i] = rng.choice([None, float("nan")]), None
    cells = [None if c is None or c != c else c for c in cells]
    form = str(rng.choice([*FRAME_FORMS[::2], "array", "preprocessor array"]))
    return Case(f"objects, {name}", cells, truth, two_classes(n), form)


def code_case(rng: np.random.Generator) -> Case:
    """Categories that look like numbers: they may be names or numbers, but no two are one."""
    n, levels = 60, ("01", "1", "02", "10")
    cells = [levels[i % len(levels)] for i in range(n)]
    form = str(rng.choice([*TEXT_FORMS, *FRAME_FORMS]))
    return Case("codes with leading zeros", cells, list(cells), two_classes(n), form)


def two_classes(n: int) -> list[Any]:
    return ["pq"[i % 2] for i in range(n)]


def read(case: Case, folder: Path) -> tuple[str, list[Any], list[Any], list[str]]:
    """Return what came of a case: 'numbers' or 'words' with x and y, or 'refused' with a
    message."""
    try:
        return _read(case, folder)
    except LayerwiseError as error:
        return "refused", [], [], [str(error)]


def _read(case: Case, folder: Path) -> tuple[str, list[Any], list[Any], list[str]]:
    z = [float(i % 7) + 0.5 for i in range(len(case.cells))]
    if "array" in case.form:
        X = np.array(list(zip(case.cells, z, strict=True)), dtype=object)
        if case.form == "array":
            data = given_rows(X, case.labels)
            return "numbers", _listed(data.X[:, 0]), list(data.y), list(data.notes)
        model = Preprocessor("none").fit(X)
        numbers, missing = model.transform(X)[:, 0], [cell is None for cell in case.cells]
        return "numbers", _listed(np.where(missing, np.nan, numbers)), case.labels, []
    columns = {"x": case.cells, "z": z}
    if case.form.endswith("pandas") or case.form.endswith("polars"):
        frame = _frame(case, columns)
        if case.form.startswith("preprocessor"):
            table, notes = settled(read_frame(frame))
            Preprocessor().fit(frame)
            if "x" in table.numbers:
                return "numbers", _listed(table.numbers["x"]), case.labels, notes
            return "words", table.texts["x"].tolist(), case.labels, notes
        data = given_rows(frame, case.labels)
    else:
        data = load_dataset(str(_written(case, folder, z)), target="y")
    notes = list(data.notes)
    if "x" not in data.X.columns:
        return "dropped", [], list(data.y), notes
    series = data.X["x"]
    return (
        "numbers" if series.dtype.is_numeric() else "words",
        series.to_list(),
        list(data.y),
        notes,
    )


def _frame(case: Case, columns: dict[str, list[Any]]) -> Any:
    if case.form.endswith("polars"):
        return pl.DataFrame(columns)
    return pd.DataFrame({"x": pd.Series(columns["x"], dtype=object), "z": columns["z"]})


def _written(case: Case, folder: Path, z: list[float]) -> Path:
    columns = {"x": case.cells, "z": z, "y": case.labels}
    if case.form == "parquet":
        path = folder / "t.parquet"
        pl.DataFrame(columns).write_parquet(path)
        return path
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if case.form == "jsonl":
        path = folder / "t.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)) + "\n")
        return path
    mark = {"semicolon": ";", "tab": "\t"}.get(case.form, ",")
    path = folder / "t.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        quoting = csv.QUOTE_ALL if case.form == "quoted" else csv.QUOTE_MINIMAL
        writer = csv.DictWriter(file, list(columns), delimiter=mark, quoting=quoting)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _listed(values: Any) -> list[Any]:
    return [None if value is None or value != value else float(value) for value in values]


def wrong(case: Case, folder: Path) -> str:
    """Return what is wrong about the reading of a case, '' where nothing is."""
    kind, x, y, notes = read(case, folder)
    if kind == "refused":
        named = "'y'" if case.classes else "'x'"
        loose = "array" in case.form
        return "" if named in notes[0] or loose else f"refused without its name: {notes[0]}"
    told = any("'x'" in note for note in notes)
    if case.classes:
        return _wrong_classes(case, y, notes)
    if kind == "numbers" and (_same(x, case.truth) or _same(x, _as_decimals(case))):
        return ""
    if kind == "words" and _are_names(case, x):
        return ""
    if told:
        return ""
    return f"read as {kind} without a word: {x[:3]} for {case.cells[:3]} (means {case.truth[:3]})"


def _as_decimals(case: Case) -> list[Any]:
    """Return the other truth of cells that all are like 1.234: nothing tells thousands parted by a
    point from decimals, where no other mark stands beside them."""
    if "point thousands" not in case.what or any(str(cell).count(".") > 1 for cell in case.cells):
        return []
    return [
        None if value is None else float(cell)
        for cell, value in zip(case.cells, case.truth, strict=True)
        if not isinstance(value, str)
    ]


def _same(found: list[Any], truth: list[Any]) -> bool:
    if len(found) != len(truth) or any(isinstance(value, str) for value in truth):
        return False
    return all(
        (a is None) == (b is None) and (a is None or abs(a - b) <= 1e-6 * max(1.0, abs(b)))
        for a, b in zip(found, truth, strict=True)
    )


def _are_names(case: Case, found: list[Any]) -> bool:
    """Whether text is right: cells that are names, or so few that they may be categories."""
    if case.what.startswith("codes"):
        return [cell.strip() for cell in found] == case.cells
    return len(set(case.cells)) <= 20 and len(set(case.cells)) <= max(5, len(case.cells) // 2)


def _wrong_classes(case: Case, y: list[Any], notes: list[str]) -> str:
    spelled = [None if value is None else str(value) for value in y]
    plain = case.what.split(", ")[1] in ("whole", "floats")
    if plain:
        same = [float(a) for a in spelled] == [float(b) for b in case.labels]
    else:
        same = spelled == case.labels
    if same or any("'y'" in note and "Regression" not in note for note in notes):
        return ""
    if case.what == "classes, halves" and [float(v) for v in y] == [float(v) for v in case.labels]:
        return ""
    return f"classes {sorted(set(map(str, y)))} for {sorted(set(case.labels))}; notes {notes}"


def run(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Return how many cases ended how, and what was wrong."""
    found: Counter[str] = Counter()
    faults = []
    with tempfile.TemporaryDirectory() as name:
        for i, case in zip(range(count), cases(seed), strict=False):
            folder = Path(name) / str(i % 50)
            folder.mkdir(exist_ok=True)
            for old in folder.iterdir():
                old.unlink()
            fault = wrong(case, folder)
            found["wrong" if fault else "right"] += 1
            if fault:
                faults.append(f"{case.what} as {case.form}: {fault}")
    return found, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found, faults = run(given.cases, given.seed)
    for fault in faults[:40]:
        print(fault)
    print(f"{given.cases:,} tables (seed {given.seed}): {found['wrong']:,} silent wrong values")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
