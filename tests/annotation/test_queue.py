"""What is asked next, and to whom."""

from __future__ import annotations

import numpy as np
import pytest
from tests.annotation.test_answers import said

from layerwise.annotation import Answers, Ask, Queue
from layerwise.annotation.queue import LEASE


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def rows(asks):
    return [ask.row for ask in asks]


def test_every_fifth_row_is_drawn_the_others_are_wanted_and_chance_fills_up():
    queue = Queue(60, [0, 1], seed=3)
    wanted = range(20, 28)
    queue.fill([Ask(row, "typical", "chosen") for row in wanted])
    found = queue.give("p", "ann", 20, Answers())
    shares = [ask.share for ask in found]
    assert shares[:10] == ["random", *["chosen"] * 4] * 2 and set(shares[10:]) == {"random"}
    assert {row for row in rows(found[:10]) if row in wanted} >= set(range(20, 26))
    assert len(set(rows(found))) == 20 and not {0, 1} & set(rows(found))


def test_rows_that_chance_has_come_to_are_a_fair_sample_whatever_a_strategy_took_before():
    """A strategy asks about the hard rows first; the share of hard rows among those that count as
    drawn is that among all rows."""
    shares = []
    for seed in range(150):
        queue, answers = Queue(200, [0, 1], seed=seed), Answers()
        hard = set(range(100, 150))
        queue.fill([Ask(row, "hard", "chosen") for row in hard])
        for _ in range(80):
            (ask,) = queue.give("p", "ann", 1, answers)
            answers.take(said(ask.row, "a", share=ask.share))
        reached = queue.reached(answers.drawn())
        drawn = [row for row in answers.labelled() if queue.is_drawn(row, reached)]
        shares.append(np.mean([row in hard for row in drawn]))
    assert abs(np.mean(shares) - 50 / 198) < 0.02


def test_the_page_that_takes_an_answer_back_keeps_the_row():
    queue, answers = Queue(30, overlap=0.0), Answers()
    (first,) = rows(queue.give("p", "ann", 1, answers))
    answers.take(said(first, "a"))
    queue.answered(first)
    queue.free(first)
    queue.hold("p", first)
    assert first not in rows(queue.give("q", "bob", 29, answers))


@pytest.mark.parametrize(
    ("overlap", "least", "most"), [(0.1, 2, 20), (0.5, 35, 65), (1.0, 99, 100)]
)
def test_a_second_person_is_asked_about_as_many_rows_as_is_said(overlap, least, most):
    """Both label at once: Ann's answers are asked again of Bob as soon as they are there."""
    queue, answers = Queue(400, overlap=overlap, seed=2), Answers()
    again = 0
    answers.take(said(399, "a", "bob"))
    for _ in range(100):
        for page, who in (("p", "ann"), ("q", "bob")):
            for ask in queue.give(page, who, 1, answers):
                answers.take(said(ask.row, "a", who, ask.share))
                queue.answered(ask.row)
                again += ask.share == "again"
    assert least <= again <= most


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
