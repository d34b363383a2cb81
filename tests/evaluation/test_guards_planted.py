"""Planted leaks, persons, copies, identifiers and drifts, and clean tables: a few of those that
``make guards`` counts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from benchmarks.guards import PLANTED, clean, findings, suspected

from layerwise.evaluation import check_groups, check_order, check_together, near_keys, row_keys


@pytest.mark.parametrize("i", range(4))
@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name, i):
    plant, kind = PLANTED[name]
    found = findings(plant(np.random.default_rng([7, i]), i))
    assert kind in {one.kind for one in found}


def test_clean_tables_are_not_suspected():
    assert suspected(25) == []


def test_columns_that_tell_the_target_together_are_named_and_kept():
    rng = np.random.default_rng(0)
    a, b, x = rng.integers(0, 2, 300), rng.integers(0, 2, 300), rng.normal(size=300)
    (found,) = check_together({"a": a.astype(float), "x": x, "b": b.astype(float)}, a ^ b, 2)
    assert found.kind == "joint_leak"
    assert found.text.startswith("Columns 'a', 'b' give the target away together, though none does")


def test_a_flipped_percent_of_labels_is_no_leak_of_all():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 400), rng.integers(0, 2, 400)
    y = a ^ b ^ (rng.random(400) < 0.05)
    assert check_together({"a": a.astype(float), "b": b.astype(float)}, y, 2) == []


def test_nearly_equal_rows_have_one_key():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 5))
    X[30:40] = X[:10] + 1e-6 * rng.normal(size=(10, 5))
    X[40:50] = X[10:20]
    X[40:50, 2] = rng.normal(size=10)
    keys, (found,) = near_keys({f"x{i}": X[:, i] for i in range(5)}, row_keys(X))
    assert all(keys[30 + i] == keys[i] and keys[40 + i] == keys[10 + i] for i in range(10))
    assert len(set(keys)) == 40 and found.text.startswith("40 of 60 rows (66.7%) are nearly equal")


def test_rows_of_a_few_categories_are_not_nearly_equal():
    rng = np.random.default_rng(0)
    columns = {c: rng.integers(0, 3, 200).astype(float) for c in "abcd"}
    keys = row_keys(np.column_stack(list(columns.values())))
    assert near_keys(columns, keys) == (keys, [])


def test_a_file_sorted_by_its_classes_does_not_drift():
    y = np.repeat([0, 1, 2], 60)
    assert check_order({}, y, 3) == []
    mixed = np.where(np.arange(180) + np.random.default_rng(0).normal(0, 40, 180) > 90, 1, 0)
    (found,) = check_order({}, mixed, 2)
    assert "give the last rows as --test" in found.text


def test_a_strong_rounded_predictor_is_no_person():
    rng = np.random.default_rng(0)
    dose = np.round(rng.uniform(0, 60, 900))
    y = (dose + rng.normal(0, 2, 900) > 30).astype(int)
    assert check_groups({"dose": dose}, y, 2) == []


def test_whole_numbers_that_hardly_repeat_are_measurements_unless_named_or_counted():
    rng = np.random.default_rng(0)
    number = rng.choice(10**6, 200, replace=False)
    y = rng.integers(0, 2, 200).astype(str)
    x = rng.normal(size=200)

    def kinds(name, values):
        frame = pl.DataFrame({name: values, "x": x})
        return {one.kind for one in findings((frame, y))}

    assert "identifier" not in kinds("salary", number)
    assert "identifier" not in kinds("salary", np.sort(number))
    assert "identifier" in kinds("customer_id", number)
    assert "identifier" in kinds("ticket", np.cumsum(rng.integers(1, 9, 200)))
    assert clean(np.random.default_rng(0), 2)[0].columns[0] == "salary"
