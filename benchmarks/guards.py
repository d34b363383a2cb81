"""What do the guards of a study find, and what do they suspect? ``python -m benchmarks.guards``.

Twenty made-up tables with something planted for each kind, and a hundred clean ones, five of them
scikit-learn's own.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
from sklearn import datasets

from layerwise.workflows.given import given_rows
from layerwise.workflows.guarded import guarded

Table = tuple[Any, Any]
SUSPICIONS = (
    "leak",
    "joint_leak",
    "identifier",
    "duplicates",
    "near_duplicates",
    "groups",
    "order",
)


def plain(rng: np.random.Generator, numbers: bool = False) -> tuple[pl.DataFrame, Any]:
    """Return a table of numbers and categories from which the target can be learned in part."""
    n, d = int(rng.integers(150, 1200)), int(rng.integers(3, 9))
    X = rng.normal(size=(n, d)) * 10.0 ** rng.integers(-2, 4, d)
    signal = (X / X.std(axis=0))[:, :3].sum(axis=1) + rng.normal(0, 1.5, n)
    frame = pl.DataFrame({f"x{i}": X[:, i] for i in range(d)})
    frame = frame.with_columns(town=pl.Series(rng.choice(["a", "b", "c"], n)))
    k = int(rng.integers(2, 5))
    y = signal if numbers else np.digitize(signal, np.quantile(signal, np.arange(1, k) / k))
    return frame, y if numbers else np.array([f"c{v}" for v in y])


def leak(rng: np.random.Generator, i: int) -> Table:
    frame, y = plain(rng, i % 2 == 1)
    copy = 3 * y + 1 if i % 2 else np.array([v.upper() for v in y])
    return frame.with_columns(copied=pl.Series(copy)), y


def joint(rng: np.random.Generator, i: int) -> Table:
    frame, _ = plain(rng)
    n, way = len(frame), i % 5
    if way == 0:  # one thing or the other
        a, b = rng.integers(0, 2, n), rng.integers(0, 2, n)
        return frame.with_columns(a=pl.Series(a), b=pl.Series(b)), a ^ b
    if way == 1:  # the two digits of a code
        a, b = rng.integers(0, 3, n), rng.integers(0, 2, n)
        y = np.array([f"c{2 * p + q}" for p, q in zip(a, b, strict=True)])
        return frame.with_columns(a=pl.Series(a), b=pl.Series(b)), y
    if way == 2:  # a column for each class
        y = rng.integers(0, 4, n)
        more = {f"is{k}": pl.Series((y == k).astype(int)) for k in range(4)}
        return frame.with_columns(**more), np.array([f"c{v}" for v in y])
    a, b = rng.normal(size=n), rng.normal(size=n)
    if i == 3:  # one side or the other, of two measurements
        return frame.with_columns(a=pl.Series(a), b=pl.Series(b)), (a > 0) ^ (b > 0)
    if way == 3:
        return frame.with_columns(a=pl.Series(a), b=pl.Series(b)), 2 * a - b + 1
    a, b = np.exp(a), np.exp(b)
    return frame.with_columns(a=pl.Series(a), b=pl.Series(b)), a / b


def persons(rng: np.random.Generator, i: int) -> Table:
    count, rows = int(rng.integers(20, 200)), int(rng.integers(3, 12))
    who = rng.permutation(np.repeat(np.arange(count), rows))
    own = rng.normal(size=count)
    frame = pl.DataFrame(
        {"a": rng.normal(size=len(who)), "b": own[who] + rng.normal(size=len(who))}
    )
    names = rng.permutation(count) + 100
    person = names[who] if i % 2 else np.array([f"P{v:04}" for v in names[who]])
    y = own[who] + rng.normal(0, 0.1, len(who)) if i % 4 == 1 else np.where(own[who] > 0, "y", "n")
    return frame.with_columns(patient=pl.Series(person)), y


def copies(rng: np.random.Generator, i: int) -> Table:
    frame, y = plain(rng, i % 2 == 1)
    again = rng.integers(0, len(frame), len(frame) // 6)
    mixed = rng.permutation(len(frame) + len(again))
    return pl.concat([frame, frame[again]])[mixed], np.concatenate([y, y[again]])[mixed]


def near_copies(rng: np.random.Generator, i: int) -> Table:
    frame, y = copies(rng, i)
    if i % 2:
        noise = {
            name: frame[name] + 1e-7 * float(frame[name].std() or 1) * rng.normal(size=len(frame))
            for name in frame.columns
            if frame[name].dtype.is_numeric()
        }
        return frame.with_columns(**noise), y
    return frame.with_columns(token=pl.Series(rng.random(len(frame)))), y


def gaps(rng: np.random.Generator, i: int) -> Table:
    frame, y = plain(rng, i % 2 == 1)
    n = len(frame)
    if i % 2:
        number = np.cumsum(rng.integers(1, 12, n)) + 1000
        return frame.with_columns(nummer=pl.Series(number)), y
    name = ("customer_id", "patientID", "ID", "order nr")[i // 2 % 4]
    number = rng.choice(10**7, n, replace=False)
    return frame.with_columns(pl.Series(name, number)), y


def drift(rng: np.random.Generator, i: int) -> Table:
    frame, y = plain(rng, i % 2 == 1)
    n = len(frame)
    place = np.linspace(-1, 1, n)
    if i % 2:
        return frame, y / y.std() + 1.5 * place
    return frame, np.where(place + rng.normal(0, 0.8, n) > 0, "y", "n")


def times(rng: np.random.Generator, i: int) -> Table:
    frame, y = drift(rng, i)
    name = ("year", "timestamp", "start_time", "week")[i % 4]
    when = 2000 + 20 * np.arange(len(frame)) / len(frame)
    mixed = rng.permutation(len(frame))
    return frame.with_columns(pl.Series(name, when))[mixed], y[mixed]


PLANTED: dict[str, tuple[Callable[[np.random.Generator, int], Table], str]] = {
    "a column that tells the target": (leak, "leak"),
    "a target split over columns": (joint, "joint_leak"),
    "rows of one person": (persons, "groups"),
    "equal rows": (copies, "duplicates"),
    "nearly equal rows": (near_copies, "near_duplicates"),
    "identifiers with gaps": (gaps, "identifier"),
    "a place that predicts the target": (drift, "order"),
    "a time that predicts the target": (times, "order"),
}


def clean(rng: np.random.Generator, i: int) -> Table:
    """Return a table in which nothing is wrong."""
    n = int(rng.choice([60, 150, 400, 1000, 3000]))
    way = i % 10
    if way == 0:  # separated clusters, two numbers
        centres = np.array([[0, 0], [3, 3], [0, 3], [3, 0]])  # on a square: no side tells all
        y = rng.integers(0, 4, n)
        X = centres[y] + 0.5 * rng.normal(size=(n, 2))
        return pl.DataFrame({"a": X[:, 0], "b": X[:, 1]}), np.array([f"c{v}" for v in y])
    if way == 1:  # a border that is a straight line
        X = rng.normal(size=(n, 5))
        return pl.DataFrame(X), np.where(X[:, 0] + X[:, 1] > 0, "y", "n")
    if way == 2:  # salaries and populations: whole numbers that hardly repeat
        salary = np.round(np.exp(rng.normal(10.5, 0.5, n))).astype(int)
        age = rng.integers(18, 80, n)
        frame = pl.DataFrame(
            {"salary": salary, "age": age, "population": rng.integers(0, 10**6, n)}
        )
        return frame, np.where(np.log(salary) + rng.normal(0, 0.5, n) > 10.5, "rich", "poor")
    if way == 3:  # categories alone
        frame = pl.DataFrame({c: rng.choice(list("abcd"), n) for c in "pqrstuvwxyz"})
        y = (frame["p"] == "a").to_numpy() ^ (rng.random(n) < 0.2)
        return frame, y.astype(int)
    if way == 4:  # postcodes and towns with an effect of their own
        town = rng.integers(0, 40, n)
        effect = rng.normal(size=40)
        frame = pl.DataFrame({"town": [f"t{v}" for v in town], "size": rng.normal(size=n)})
        return frame, effect[town] + rng.normal(size=n)
    if way == 5:  # a regression, skewed
        X = rng.normal(size=(n, 6))
        return pl.DataFrame(X), np.exp(X[:, 0] + rng.normal(0, 0.5, n))
    if way == 6:  # integers of a questionnaire
        X = rng.integers(1, 6, (n, 8))
        return pl.DataFrame(X), (X.sum(axis=1) + rng.normal(0, 3, n) > 24).astype(int)
    if way == 7:  # years and ages without drift
        frame = pl.DataFrame({"year": rng.integers(1990, 2020, n), "x": rng.normal(size=n)})
        return frame, np.where(frame["x"].to_numpy() + rng.normal(size=n) > 0, "y", "n")
    if way == 8:  # a strong smooth predictor, rounded
        dose = np.round(rng.uniform(0, 100, n))
        y = np.where(dose + rng.normal(0, 8, n) > 50, "cured", "ill")
        return pl.DataFrame({"dose": dose, "x": rng.normal(size=n)}), y
    frame, y = plain(rng, i % 20 == 19)
    if i % 20 == 9:  # a file sorted by its classes
        order = np.argsort(y, kind="stable")
        return frame[order], y[order]
    return frame, y


def real() -> Iterator[Table]:
    """Yield scikit-learn's own tables."""
    for load in (datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer):
        data = load(as_frame=True)
        yield pl.from_pandas(data.data), np.array([f"c{v}" for v in data.target])
    data = datasets.load_diabetes(as_frame=True)
    yield pl.from_pandas(data.data), data.target.to_numpy()
    digits = datasets.load_digits(as_frame=True)
    some = np.flatnonzero((digits.target < 2).to_numpy())
    yield pl.from_pandas(digits.data)[some], np.array([f"c{v}" for v in digits.target.iloc[some]])


def findings(table: Table) -> list[Any]:
    frame, y = table
    return guarded(given_rows(frame, y), draws=False).findings


def found(count: int) -> dict[str, int]:
    """Return for each kind in how many tables it was found."""
    result = {}
    for name, (plant, kind) in PLANTED.items():
        hits = 0
        for i in range(count):
            kinds = {one.kind for one in findings(plant(np.random.default_rng([7, i]), i))}
            hits += kind in kinds
        result[name] = hits
    return result


def suspected(count: int) -> list[str]:
    """Return what was found in clean tables."""
    tables = [*real(), *(clean(np.random.default_rng([9, i]), i) for i in range(count - 5))]
    return [
        f"table {i}: {one.text}"
        for i, table in enumerate(tables)
        for one in findings(table)
        if one.kind in SUSPICIONS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20)
    options = parser.parse_args()
    for name, hits in found(options.count).items():
        print(f"| {name} | {hits} of {options.count} |", flush=True)
    wrong = suspected(5 * options.count)
    print(f"| clean tables that are suspected | {len(wrong)} of {5 * options.count} |")
    print("\n".join(wrong))


if __name__ == "__main__":
    main()
