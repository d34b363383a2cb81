"""A sitting of labelling, without a browser."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import ParameterError
from layerwise.annotation import Cards, Journal, Session, believe

LEGAL = {"id": "answer-00", "who": "ann", "page": "p"}


@pytest.fixture
def start(tmp_path):
    journals = []

    def make(n=12, classes=("a", "b"), known=None, **settings):
        for one in journals:
            one.close()
        journals.append(Journal(tmp_path / "labels.log", {"target": "kind"}))
        X = np.arange(2.0 * n).reshape(n, 2)
        settings = {"overlap": 0.0} | settings
        return Session(journals[-1], Cards(X), "kind", classes, known, **settings)

    yield make
    for one in journals:
        one.close()


def give(session, n=1, who="ann"):
    return session.give("p", who, n)


def answer(session, row, label, id, who="ann"):
    return session.take("label", {"id": id, "who": who, "page": "p", "row": row, "label": label})


def test_answers_are_there_after_a_start_anew(start):
    session = start()
    rows = [card["row"] for card in give(session, 3)]
    for i, row in enumerate(rows):
        answer(session, row, "a", f"answer-{i}")
    again = start()
    assert again.labels() == dict.fromkeys(sorted(rows), "a")
    assert again.state()["people"] == {"ann": 3}
    assert not {card["row"] for card in give(again, 9)} & set(rows)


def test_an_answer_that_is_sent_again_counts_once(start):
    session = start()
    row = give(session)[0]["row"]
    first, second = (answer(session, row, "a", "answer-00") for _ in range(2))
    assert first["labelled"] == second["labelled"] == 1
    assert len(session.journal.records) == 1


def test_undo_takes_the_last_answer_back_and_gives_its_row(start):
    session = start()
    row = give(session)[0]["row"]
    answer(session, row, "a", "answer-00")
    with pytest.raises(ParameterError, match="Only the last answer can be undone"):
        session.take("undo", LEGAL | {"id": "undo-0000", "of": "another-one"})
    done = session.take("undo", LEGAL | {"id": "undo-0000", "of": "answer-00"})
    assert done["row"] == row and done["labelled"] == 0
    assert start().labels() == {}


def test_a_class_of_the_page_is_there_after_a_start_anew(start):
    session = start(classes=())
    session.take("class", LEGAL | {"name": " new one "})
    row = give(session)[0]["row"]
    answer(session, row, "new one", "answer-01")
    assert start(classes=()).state()["classes"] == [["new one", 1]]


def test_notes_are_kept_and_shown(start):
    session = start()
    row = give(session)[0]["row"]
    session.take("note", LEGAL | {"row": row, "text": "blurred"})
    note = start().card(row, "bob")["notes"][0]
    assert (note["who"], note["text"]) == ("ann", "blurred")


def test_rows_that_came_with_a_label_are_not_asked_about(start):
    session = start(n=4, known={0: "a", 2: "b"})
    assert {card["row"] for card in give(session, 4)} == {1, 3}
    with pytest.raises(ParameterError, match="Row 0 came with a label"):
        answer(session, 0, "b", "answer-00")
    assert session.labels() == {0: "a", 2: "b"}
    assert session.state()["classes"] == [["a", 1], ["b", 1]]


def test_people_who_differ_are_shown_and_leave_no_label(start):
    session = start()
    row = give(session)[0]["row"]
    answer(session, row, "a", "answer-00")
    answer(session, row, "b", "answer-01", "bob")
    state = session.state()
    assert state["disagreements"] == [{"row": row, "said": {"ann": "a", "bob": "b"}}]
    assert session.card(row, "ann")["disputed"] == {"ann": "a", "bob": "b"}
    assert session.labels() == {}
    answer(session, row, "b", "answer-02")
    assert session.labels() == {row: "b"} and session.state()["disagreements"] == []


def test_what_is_believed_is_not_shown_where_it_would_lead_the_judge(start):
    session = start(n=60)
    session.believed(believe(np.random.default_rng(0).normal(size=(60, 2)), two_of(60)), "now")
    cards = give(session, 20)
    drawn = [card for card in cards if card["share"] == "random"]
    chosen = [card for card in cards if card["share"] == "chosen"]
    assert drawn and chosen
    assert all(card["says"] == [] for card in drawn)
    assert all(len(card["says"]) == 2 for card in chosen)
    assert session.card(drawn[0]["row"], "ann")["says"] == []


def two_of(n):
    from layerwise.annotation import Known

    return Known([n - 1, n - 2], ["a", "b"], [False, False])


def test_what_is_learned_from_says_which_rows_chance_drew(start):
    session = start(known={11: "b"})
    cards = give(session, 3)
    for i, card in enumerate(cards):
        answer(session, card["row"], "a", f"answer-{i}")
    known = session.so_far()
    assert list(known.rows) == [11, *(card["row"] for card in cards)]
    assert list(known.drawn) == [False, True, True, True]
    session.take("skip", LEGAL | {"id": "skip-0000", "row": give(session)[0]["row"]})
    assert len(session.so_far().busy) == 1


def test_numbers_are_asked_for_where_there_are_no_classes(start):
    session = start(classes=None)
    row = give(session)[0]["row"]
    for wrong in ("3", True, float("nan"), None):
        with pytest.raises(ParameterError, match="A number is asked for"):
            answer(session, row, wrong, "answer-00")
    answer(session, row, 3, "answer-00")
    assert session.labels() == {row: 3.0}


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("label", {"id": "short", "row": 0, "label": "a"}, "an id of 8 to 64"),
        ("label", {"id": "../../etc/passwd", "row": 0, "label": "a"}, "an id of 8 to 64"),
        ("label", {"row": 99, "label": "a"}, "There is no row 99; there are 12"),
        ("label", {"row": True, "label": "a"}, "There is no row True"),
        ("label", {"row": "0", "label": "a"}, "There is no row '0'"),
        ("label", {"row": 0, "label": "c"}, "There is no class 'c'"),
        ("label", {"row": 0, "label": ["a"]}, "There is no class"),
        ("label", {"row": 0, "label": "a", "who": ""}, "who is empty"),
        ("label", {"row": 0, "label": "a", "who": "x" * 101}, "who is to be a text of at most 100"),
        ("skip", {"row": -1}, "There is no row -1"),
        ("note", {"row": 0, "text": 3}, "text is to be a text"),
        ("class", {"name": "a\x00b"}, "class is empty, or holds what cannot be printed"),
        ("class", {"name": "\ud800"}, "class is no Unicode text"),
        ("chant", {}, "There is no answer of the kind 'chant'"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_nothing_is_kept(start, kind, given, words):
    session = start()
    with pytest.raises(ParameterError, match=words):
        session.take(kind, LEGAL | given)
    assert session.journal.records == []


@pytest.mark.parametrize("n", [0, 21, "5", True])
def test_a_page_is_given_a_few_rows_at_once(start, n):
    with pytest.raises(ParameterError, match="n is to be a whole number from 1 to 20"):
        give(start(), n)


def test_a_row_is_learned_from_once_though_the_data_hold_its_label_too(start):
    session = start()
    rows = [card["row"] for card in give(session, 5)]
    for i, row in enumerate(rows):
        answer(session, row, "a", f"answer-{i}")
    spare = min(set(range(12)) - set(rows))
    again = start(known={rows[0]: "a", spare: "b", rows[1]: "b"})
    known = again.so_far()
    assert len(known.rows) == len(set(known.rows)) == 6
    assert dict(zip(known.rows, known.labels, strict=True))[rows[1]] == "a"  # what was said counts
    assert dict(again.state()["classes"]) == {"a": 5, "b": 1}


def test_corrections_are_changes(start):
    session = start()
    row = give(session)[0]["row"]
    answer(session, row, "a", "answer-00")
    before = session.changes
    answer(session, row, "b", "answer-01")
    session.take("undo", LEGAL | {"id": "undo-0000", "of": "answer-01"})
    assert session.changes == before + 2 and session.labels() == {row: "a"}


@pytest.mark.parametrize("name", ["NA", "null", "", " ", "?"])
def test_a_class_that_a_file_cannot_hold_is_refused(start, name):
    with pytest.raises(ParameterError, match="missing cell|empty"):
        start().take("class", LEGAL | {"name": name})


def test_the_id_of_one_answer_is_not_that_of_another(start):
    session = start()
    one, two = (card["row"] for card in give(session, 2))
    answer(session, one, "a", "answer-00")
    with pytest.raises(ParameterError, match="is that of another answer"):
        answer(session, two, "b", "answer-00", who="bob")
    with pytest.raises(ParameterError, match="is that of another answer"):
        answer(session, one, "b", "answer-00")


def test_a_number_that_is_too_large_is_refused(start):
    session = start(classes=None)
    row = give(session)[0]["row"]
    for label in (10**400, float("inf"), "1", True):
        with pytest.raises(ParameterError, match="A number is asked for"):
            answer(session, row, label, "answer-00")


def test_what_is_believed_of_a_row_that_judges_is_hidden_from_everybody(start):
    session = start(40, overlap=1.0)
    session.beliefs = believe(np.eye(40), session.so_far())
    cards = give(session, 5)
    drawn = [card["row"] for card in cards if card["share"] == "random"]
    for i, card in enumerate(cards):
        answer(session, card["row"], "a", f"answer-{i}")
    session.beliefs.says.update({row: [["a", 0.9]] for row in range(40)})
    shown = {card["row"]: card for card in session.give("q", "bob", 5)}
    assert drawn[0] in shown and shown[drawn[0]]["share"] == "again"
    assert shown[drawn[0]]["hidden"] and shown[drawn[0]]["says"] == []


def test_a_row_whose_answer_is_taken_back_stays_with_its_page(start):
    session = start(12)
    row = give(session)[0]["row"]
    answer(session, row, "a", "answer-00")
    session.take("undo", LEGAL | {"id": "undo-0000", "of": "answer-00"})
    assert row not in [card["row"] for card in session.give("other", "bob", 11)]


def test_two_pages_without_a_name_have_two(start):
    session = start()
    assert session.free_name("p") == "1"
    session.give("p", "1", 1)
    assert session.free_name("q") == "2" and session.free_name("p") == "1"
    session.state("2", "q")
    assert session.state()["free_name"] == "3"
    session.leave("p")
    assert session.free_name("r") == "1"


def test_numbers_on_cards_keep_their_digits():
    X = np.array([[1234624.891, 3.0], [0.1, -0.0]])
    assert Cards(X).card(0)["cells"] == [["x0", "1234624.891"], ["x1", "3"]]
    assert Cards(X.astype(np.float32)).card(1)["cells"][0] == ["x0", "0.1"]


def test_counts_of_many_answers_take_no_time(start):
    """Answers are counted as they come: 20,000 of them are not looked through at each."""
    session = start(40_000)
    for row in range(20_000):
        record = {"kind": "label", "id": f"answer-{row}", "row": row, "who": "ann"}
        session.answers.take(record | {"label": "a", "share": "chosen"})
    seen = []
    real = session.answers.said
    session.answers.said = lambda row: seen.append(row) or real(row)
    session.state("ann")
    answer(session, 30_000, "b", "answer-0x")
    give(session, 5)
    assert len(seen) < 20
