"""What would make a study say too much is found, and clean tables are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise.evaluation import check_classes, check_columns, check_rows, check_test


def clean_table(seed):
    """Numbers, counts, a category and a strong but honest column."""
    rng = np.random.default_rng(seed)
    n, classes = int(rng.integers(80, 400)), int(rng.integers(2, 5))
    y = rng.integers(0, classes, n)
    columns = {
        "honest": y + rng.normal(0, 0.6, n),
        "noise": rng.normal(size=n),
        "count": rng.poisson(6, n).astype(float),
        "category": np.array(["red", "green", "blue", None], dtype=object)[rng.integers(0, 4, n)],
        "income": np.round(rng.lognormal(10, 1, n)),
        "gaps": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
    }
    return columns, y, classes


def leaks(seed):
    """Ten ways in which a column can equal the target."""
    columns, y, classes = clean_table(seed)
    rng = np.random.default_rng(seed + 1000)
    words = np.array([f"class {i}" for i in range(classes)], dtype=object)
    planted = [
        y.astype(float),
        words[y],
        -3.0 * y + 7,
        y + rng.normal(0, 1e-3, len(y)),
        np.where(rng.random(len(y)) < 0.002, 0, y).astype(float),
        rng.permutation(classes)[y].astype(float),
        np.exp(y.astype(float)),
        np.array([f"{i}-{'x' * i}" for i in y], dtype=object),
        y * 1000 + rng.integers(0, 100, len(y)).astype(float),
        (y[:, None] == np.arange(classes)) @ rng.permutation(classes).astype(float),
    ]
    return columns | {"leak": planted[seed % 10]}, y, classes


@pytest.mark.parametrize("seed", range(10))
def test_a_column_that_equals_the_target_is_found(seed):
    columns, y, classes = leaks(seed)
    found = {finding.name: finding for finding in check_columns(columns, y, classes)}
    assert set(found) == {"leak"} and found["leak"].kind == "leak"
    assert "alone gives the target away" in found["leak"].text and "left out" in found["leak"].text


@pytest.mark.parametrize("scale", [1.0, -2.5])
@pytest.mark.parametrize("rows", [60, 1000])
@pytest.mark.parametrize(
    "shape",
    [lambda y: y, np.exp, lambda y: y**3, np.round],
    ids=["normal", "lognormal", "cubed", "counts"],
)
def test_a_column_that_equals_a_number_to_predict_is_found(scale, rows, shape):
    rng = np.random.default_rng(0)
    y = shape(2 * rng.normal(size=rows))
    found = check_columns({"copy": scale * y, "near": y + rng.normal(0, y.std(), rows)}, y, 0)
    assert [finding.name for finding in found] == ["copy"]


def test_a_hundred_clean_tables_are_not_flagged():
    flagged = [seed for seed in range(100) if check_columns(*clean_table(seed))]
    assert flagged == []


def test_labels_that_are_missing_do_not_hide_a_leak():
    columns, y, classes = leaks(0)
    y = np.where(np.arange(len(y)) % 3 == 0, -1, y)
    assert [finding.name for finding in check_columns(columns, y, classes)] == ["leak"]


def test_identifiers_and_constants_are_found_and_named():
    rng = np.random.default_rng(0)
    n = 200
    columns = {
        "row": np.arange(n).astype(float),
        "shuffled": rng.permutation(n).astype(float) + 1,
        "key": np.array([f"id-{i:05d}" for i in range(n)], dtype=object),
        "same": np.full(n, 3.0),
        "empty": np.full(n, np.nan),
        "measure": rng.normal(size=n),
    }
    found = check_columns(columns, rng.integers(0, 2, n), 2)
    assert {finding.name: finding.kind for finding in found} == {
        "row": "identifier",
        "shuffled": "identifier",
        "key": "identifier",
        "same": "constant",
        "empty": "constant",
    }
    assert "Column 'empty' is empty; it is left out." in [finding.text for finding in found]


def test_a_column_that_is_sometimes_missing_and_otherwise_one_value_is_kept():
    values = np.where(np.arange(100) % 3 == 0, np.nan, 1.0)
    assert check_columns({"flag": values}, np.arange(100) % 2, 2) == []


def test_a_leak_is_found_beside_a_very_rare_class():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 20_000)
    y[:12] = 2
    assert [one.kind for one in check_columns({"copy": y.astype(float)}, y, 3)] == ["leak"]


def test_duplicates_are_flagged_above_five_percent():
    groups = np.concatenate([np.arange(90), np.arange(10)])
    y, known = np.zeros(100), np.ones(100, bool)
    [found] = check_rows(groups, y, known)
    assert found.kind == "duplicates" and "20 of 100 rows (20.0%) equal another row" in found.text
    assert check_rows(np.concatenate([np.arange(98), [0, 1]]), y, known) == []


def test_equal_rows_with_different_labels_are_named():
    groups = np.concatenate([np.arange(100), [0]])
    y = np.zeros(101)
    y[-1] = 1
    [found] = check_rows(groups, y, np.ones(101, bool))
    assert (
        found.kind == "conflict" and "2 rows equal another row that has another label" in found.text
    )


def test_training_rows_of_a_given_test_part_are_left_out():
    keys = [b"a", *(bytes([i]) for i in range(7))]
    y = np.array([0, 1, 0, 1, 0, 1, 0, 1])
    found, out = check_test(keys, y, [b"a", b"d"])
    assert out.tolist() == [True, *[False] * 7]
    assert "1 training rows equal a row of the test part" in found[0].text
    assert "they are left out" in found[0].text
    assert check_test([b"a"], np.array([0]), [b"b"])[0] == []


@pytest.mark.parametrize(
    "y",
    [[0, 0, 1, -1, -1, -1, -1, -1], [1, 0, 0, 0, 0, 0, 0, 0], [np.nan] * 7 + [2.0]],
    ids=["most labels", "a whole class", "no number left"],
)
def test_training_rows_stay_where_leaving_them_out_would_take_labels_away(y):
    keys = [bytes([i]) for i in range(8)]
    equal = keys[:2] if y[0] == y[0] else keys[7:]
    found, out = check_test(keys, np.array(y), equal)
    assert not out.any() and "so many are kept" in found[0].text


def test_classes_with_few_labels_are_named():
    found, rare = check_classes(np.array([0] * 20 + [1] * 20 + [2] * 3 + [-1] * 5), ["x", "y", "z"])
    assert rare == [2]
    assert found[0].text == "Class 'z' has 3 labelled rows, fewer than 10: its labels are left out."
