"""What the records of a file of labels say."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np

from layerwise.annotation import Answers

NUMBERS = itertools.count()


def said(row, label, who="ann", share="chosen", id=None):
    kind = "skip" if label is None else "label"
    return {
        "kind": kind,
        "id": id or f"id-{next(NUMBERS)}",
        "row": row,
        "who": who,
        "label": label,
        "share": share,
    }


def undone(of, who="ann"):
    return {"kind": "undo", "id": f"id-{next(NUMBERS)}", "of": of, "who": who}


def test_the_last_answer_of_a_person_counts():
    found = Answers([said(3, "a"), said(3, "b")])
    assert found.labelled() == {3: "b"} and found.people() == {"ann": 2}


def test_the_same_record_again_says_nothing_new():
    record = said(3, "a")
    found = Answers([record, record, record | {"label": "b"}])
    assert found.labelled() == {3: "a"} and found.people() == {"ann": 1}


def test_undo_brings_back_what_was_said_before():
    first, second = said(3, "a"), said(3, "b")
    found = Answers([first, second, undone(second["id"])])
    assert found.label(3) == "a" and found.last("ann").id == first["id"]
    found.take(undone(first["id"]))
    assert found.labelled() == {} and not found.seen(3) and found.last("ann") is None


def test_only_the_persons_own_answers_are_undone():
    record = said(3, "a")
    found = Answers([record, undone(record["id"], who="bob")])
    assert found.label(3) == "a"


def test_a_tie_is_no_label_and_a_majority_is_one():
    found = Answers([said(3, "a"), said(3, "b", "bob")])
    assert found.label(3) is None and found.disputed() == [3]
    assert found.count() == {"labelled": 0, "skipped": 0, "disputed": 1}
    found.take(said(3, "b", "cleo"))
    assert found.label(3) == "b" and found.disputed() == [3]
    found.take(said(3, "b"))
    assert found.disputed() == []


def test_a_skip_is_no_label_and_no_dispute():
    found = Answers([said(3, None), said(4, None), said(4, "a", "bob")])
    assert found.labelled() == {4: "a"} and found.disputed() == []
    assert found.count()["skipped"] == 1 and found.seen(3)


def test_numbers_of_several_people_are_averaged():
    assert Answers([said(0, 2.0), said(0, 4.0, "bob")]).label(0) == 3.0


def test_rows_keep_the_order_of_their_first_answer_and_why_they_were_asked():
    found = Answers([said(5, "a", share="random"), said(2, "b"), said(5, "c", "bob", "again")])
    assert found.rows() == [5, 2]
    assert found.drawn() == {5} and found.once() == [2]


def test_counts_are_those_of_the_answers_as_they_stand_after_any_changes():
    rng, ids = np.random.default_rng(0), itertools.count()
    records = []
    for _ in range(600):
        who, row = f"person {rng.integers(3)}", int(rng.integers(20))
        label = [None, "a", "b", "c"][rng.integers(4)]
        records.append(said(row, label, who) | {"id": f"answer {next(ids)}"})
        if rng.random() < 0.3:
            back = {"kind": "undo", "of": records[-1]["id"], "who": who}
            records.append(back | {"id": f"answer {next(ids)}"})
    found = Answers(records)
    every = {row: set(found.said(row).values()) for row in found.rows()}
    labels = {row: found._label(row) for row in found.rows()}
    assert found.labelled() == {row: one for row, one in labels.items() if one is not None}
    assert set(found.disputed()) == {r for r, each in every.items() if len(each - {None}) > 1}
    assert found.count()["skipped"] == sum(each == {None} for each in every.values())
    assert found.per_class() == dict(Counter(found.labelled().values()))
    one = {row for row in found.labelled() if len(found.said(row)) == 1}
    assert set(found.once()) == one and found.changes == len(records)


def test_a_person_goes_back_and_forth_through_answers():
    found = Answers([said(5, "a"), said(2, None), said(9, "b"), said(1, "b", "bob")])
    assert found.review("ann", None, -1) == 9
    assert found.review("ann", 9, -1) == 2 and found.review("ann", 2, -1) == 5
    assert found.review("ann", 5, -1) is None and found.review("ann", 2, 1) == 9
    assert found.review("ann", 9, 1) is None and found.review("zoe", None, -1) is None
