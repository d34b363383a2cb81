"""What the records of a file of labels say."""

from __future__ import annotations

import itertools

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
    assert found.drawn(5) and not found.drawn(2)


def test_a_person_goes_back_and_forth_through_answers():
    found = Answers([said(5, "a"), said(2, None), said(9, "b"), said(1, "b", "bob")])
    assert found.review("ann", None, -1) == 9
    assert found.review("ann", 9, -1) == 2 and found.review("ann", 2, -1) == 5
    assert found.review("ann", 5, -1) is None and found.review("ann", 2, 1) == 9
    assert found.review("ann", 9, 1) is None and found.review("zoe", None, -1) is None
