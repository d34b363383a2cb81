"""What is asked next, and to whom."""

from __future__ import annotations

import numpy as np
from tests.annotation.test_answers import said

from layerwise.annotation import Answers, Ask, Queue
from layerwise.annotation.queue import LEASE


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def rows(asks):
    return [ask.row for ask in asks]


def test_what_a_strategy_wants_comes_first_and_chance_fills_up():
    queue = Queue(20, [0, 1], seed=3)
    queue.fill([Ask(7, "typical", "chosen"), Ask(8, "uncertain", "chosen")])
    found = queue.give("p", "ann", 5, Answers())
    assert rows(found)[:2] == [7, 8] and len(set(rows(found))) == 5
    assert {ask.share for ask in found[2:]} == {"random"} and not {0, 1} & set(rows(found))


def test_two_pages_never_get_the_same_row():
    queue = Queue(40, overlap=0.0)
    queue.fill([Ask(i, "typical", "chosen") for i in range(10)])
    one, two = queue.give("p", "ann", 15, Answers()), queue.give("q", "ann", 15, Answers())
    assert not set(rows(one)) & set(rows(two))


def test_a_row_that_nobody_answers_is_given_again_after_a_while():
    clock = Clock()
    queue = Queue(3, overlap=0.0, clock=clock)
    assert len(queue.give("p", "ann", 3, Answers())) == 3
    assert queue.give("q", "bob", 3, Answers()) == []
    clock.now = LEASE + 1
    assert len(queue.give("q", "bob", 3, Answers())) == 3


def test_a_page_that_leaves_gives_its_rows_back():
    queue = Queue(3, overlap=0.0)
    given = rows(queue.give("p", "ann", 3, Answers()))
    queue.leave("p")
    assert sorted(rows(queue.give("q", "bob", 3, Answers()))) == sorted(given)


def test_an_undone_row_is_asked_about_again():
    queue, answers = Queue(2, overlap=0.0), Answers()
    first = queue.give("p", "ann", 1, answers)[0].row
    record = said(first, "a")
    answers.take(record)
    other = queue.give("p", "ann", 1, answers)[0].row
    answers.take(said(other, "a"))
    assert queue.give("p", "ann", 1, answers) == []
    answers.take({"kind": "undo", "id": "u", "of": record["id"], "who": "ann"})
    queue.free(first)
    assert rows(queue.give("p", "ann", 1, answers)) == [first]


def test_chance_draws_every_row_alike():
    first = [Queue(5, seed=seed).give("p", "ann", 1, Answers())[0].row for seed in range(500)]
    counts = np.bincount(first, minlength=5)
    assert counts.min() > 60 and counts.max() < 140  # 100 each


def test_a_second_person_is_asked_about_a_share_of_the_rows():
    queue, answers = Queue(400, overlap=0.25, seed=1), Answers()
    for row in range(200):
        answers.take(said(row, "a"))
    answers.take(said(399, "b", "bob"))
    again = set()
    for _ in range(300):
        for ask in queue.give("q", "bob", 1, answers):
            answers.take(said(ask.row, "a", "bob", ask.share))
            if ask.share == "again":
                again.add(ask.row)
    assert 30 < len(again) < 70 and again <= set(range(200))
    fresh = Queue(400, overlap=1.0).give("p", "bob", 9, Answers([said(0, "a", "bob")]))
    assert all(ask.share != "again" for ask in fresh)  # nobody else has answered


def test_no_overlap_asks_nobody_twice():
    queue, answers = Queue(10, overlap=0.0), Answers([said(row, "a") for row in range(9)])
    assert rows(queue.give("q", "bob", 5, answers)) == [9]
