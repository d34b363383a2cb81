"""Rows that are nearly equal: copies with a little noise, or with another number in one column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .guards import Finding, codes_of

ROUNDED = 1e-4  # of a column's standard deviation: what is nearer is the same
FINE = 3  # columns in which hardly a value repeats, for two rows not to be alike by chance
DISTINCT = 0.5  # share of different values of such a column
MOST_CELLS = 20_000_000  # of a table that is looked at
FEWEST, SHARE = 5, 0.01  # of the rows that are worth a word


def near_keys(
    columns: Mapping[str, np.ndarray], keys: tuple[bytes, ...]
) -> tuple[tuple[bytes, ...], list[Finding]]:
    """Give rows that are nearly equal one key.

    Two rows are nearly equal when they differ by less than a ten thousandth of a standard deviation
    in every column, or in every column but one (a random identifier, a time). Only tables with at
    least three columns in which hardly a value repeats are looked at: elsewhere rows are alike by
    chance; and of at most 20 million cells.

    Parameters
    ----------
    columns : mapping of name to array of shape (n,)
        Of the training rows and then of the test part.
    keys : tuple of n bytes
        What each row holds, as :func:`layerwise.evaluation.row_keys` says it.

    Returns
    -------
    keys : tuple of n bytes
        The key of the first of rows that are nearly equal.
    findings : list of Finding
        At most one.
    """
    n = len(keys)
    if n * len(columns) > MOST_CELLS:
        return keys, []
    fine = [name for name in columns if _is_fine(columns[name])]
    if len(fine) < FINE or n < 2:
        return keys, []
    hashes = [_hashes(columns[name], i) for i, name in enumerate(columns)]
    first = np.arange(n)
    for way in range(2):  # two roundings: no copy lies on a border of both
        total = np.add.reduce(np.array([pair[way] for pair in hashes]))
        first = _merged(first, total)
        if len(fine) > FINE:
            for pair in hashes:
                first = _merged(first, total - pair[way])
    exact = np.unique(np.array(keys, dtype=object), return_inverse=True)[1]
    near = int((np.bincount(first)[first] > 1).sum() - (np.bincount(exact)[exact] > 1).sum())
    found = []
    if near >= max(FEWEST, SHARE * n):
        text = (
            f"{near:,} of {n:,} rows ({near / n:.1%}) are nearly equal to another: alike but for a "
            "little noise, or for one column; they are kept on one side of every split."
        )
        found.append(Finding("near_duplicates", None, text, near / n))
    return tuple(keys[i] for i in first), found


def _is_fine(values: np.ndarray) -> bool:
    if values.dtype == object:
        return False
    known = values[~np.isnan(values.astype(float))]
    return len(known) > 0 and len(np.unique(known)) > DISTINCT * len(values)


def _hashes(values: np.ndarray, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a number of 64 bits for each cell, by two roundings."""
    codes = codes_of(values)
    spread = float(codes.std()) or 1.0
    step = 1.0 if values.dtype == object else spread * ROUNDED
    scaled = (codes - codes.mean()) / step
    low, high = (np.floor(scaled + shift).astype(np.int64).view(np.uint64) for shift in (0.0, 0.5))
    return _mixed(low, 2 * column), _mixed(high, 2 * column + 1)


def _mixed(values: np.ndarray, seed: int) -> np.ndarray:
    """Return well mixed bits (Steele, Lea and Flood (2014), "Fast splittable pseudorandom number
    generators")."""
    with np.errstate(over="ignore"):
        x = values + np.uint64((0x9E3779B97F4A7C15 * (seed + 1)) % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _merged(first: np.ndarray, hashed: np.ndarray) -> np.ndarray:
    """Return for each row the first row of its group, after rows of one hash were put together."""
    _, start, place = np.unique(hashed, return_index=True, return_inverse=True)
    if len(start) == len(hashed):
        return first
    target = np.minimum(first, first[start][place])
    while True:  # chains: a row's first may have a first of its own
        shorter = target[target]
        if np.array_equal(shorter, target):
            return target
        target = shorter
