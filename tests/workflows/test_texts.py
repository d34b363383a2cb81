"""What a report shows of texts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from layerwise._durable import jsonable
from layerwise.data.readers import Dataset
from layerwise.estimators import PretrainedClassifier
from layerwise.report.texts import texts
from layerwise.workflows import fit
from layerwise.workflows.texts import text_facts


class Words(PretrainedClassifier):
    """Sure of 'b' by 0.3 for "good" and by 0.2 more for "very"; codes are the counts of both."""

    def __init__(self):
        pass

    def predict_proba(self, X):
        said = X["t"].to_list()
        b = np.array([0.4 + 0.3 * ("good" in s) + 0.2 * ("very" in s) for s in said])
        return np.column_stack([1 - b, b])

    def encode(self, X):
        return np.array([[s.count("good"), s.count("very")] for s in X["t"].to_list()], float)


class Letters:
    def encode(self, X):
        return np.array([[s.count("o"), s.count("e") + 0.1] for s in X["t"].to_list()], float)


@pytest.fixture
def facts():
    said = ["very good things", "a good thing", "nothing of it", "very <b>bad</b>"]
    X = pl.DataFrame({"n": [1.0, 2.0, 3.0, 4.0], "t": said})
    data = Dataset("d", X, None, None, None, "classification", text_columns=("t",))
    truth, answers = np.array(list("bbab")), np.array(list("bbba"))
    return text_facts(data, X, truth, answers, Letters(), Words())


def test_a_word_counts_for_what_the_answer_loses_without_it(facts):
    (first, *_) = facts["examples"]
    assert first["true"] == first["predicted"] == "b" and first["probability"] == pytest.approx(0.9)
    assert [word for word, _ in first["words"]] == ["very ", "good ", "things"]
    assert [fall for _, fall in first["words"]] == pytest.approx([0.2, 0.3, 0.0])


def test_mistakes_are_among_the_examples_and_counted_with_their_texts(facts):
    assert [one["true"] == one["predicted"] for one in facts["examples"]] == [
        True,
        True,
        False,
        False,
    ]
    assert facts["confusions"] == [
        {"true": "a", "predicted": "b", "count": 1, "texts": ["nothing of it"]},
        {"true": "b", "predicted": "a", "count": 1, "texts": ["very <b>bad</b>"]},
    ]


def test_the_nearest_text_is_that_of_the_least_angle(facts):
    first = facts["nearest"][0]
    assert first["text"] == "very good things"
    assert first["after"] in ("a good thing", "very <b>bad</b>")
    codes = Letters().encode(pl.DataFrame({"t": [n["text"] for n in facts["nearest"]]}))
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    like = codes @ codes.T - 2 * np.eye(4)
    said = [one["text"] for one in facts["nearest"]]
    assert [one["before"] for one in facts["nearest"]] == [said[i] for i in like.argmax(1)]


def test_lengths_are_words(facts):
    lengths = facts["lengths"]
    assert sum(lengths["counts"]) == 4 and lengths["median"] == 3.0


def test_a_table_without_text_has_no_such_part():
    X = pl.DataFrame({"n": [1.0]})
    data = Dataset("d", X, None, None, None, "classification")
    assert text_facts(data, X, np.array(["a"]), np.array(["a"]), Letters(), Words()) is None
    assert texts({}) is None


def test_what_is_shown_of_an_example_is_marked_by_strength_and_sign(facts):
    facts["examples"][0]["words"] = [["very ", 0.4], ["good ", -0.1], ["things", 0.001]]
    shown = texts(jsonable(facts))["examples"][0]
    assert shown["words"] == [
        ("very", " ", 100, False),
        ("good", " ", 25, True),
        ("things", "", 0, False),
    ]


def test_texts_in_a_report_are_never_markup(tmp_path):
    evil = '<script>alert("x")</script> & "quotes"'
    rows = [
        f"{evil} where is my card number {i}" if i % 2 else f"top up {evil} {i}" for i in range(60)
    ]
    pl.DataFrame({"text": rows, "y": ["a", "b"] * 30}).write_csv(tmp_path / "t.csv")
    changes = ["widths=[8]", "epochs=1"]
    fit(str(tmp_path / "t.csv"), target="y", labels=30, changes=changes, out=tmp_path / "o")
    page = (tmp_path / "o" / "report.html").read_text()
    assert 'id="texts"' in page and "<script" not in page and "&lt;script&gt;" in page
