"""What a notebook shows of a study."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from tests.display.conftest import study
from tests.report.test_payloads import BASES
from tests.report.test_report import Page

from layerwise import StudyResult


@pytest.fixture
def result():
    return StudyResult(study(report="out/report.html"))


def test_it_is_a_dict_like_any_other(result):
    plain = dict(result)
    assert result == plain and isinstance(result, dict)
    assert json.loads(json.dumps(result)) == json.loads(json.dumps(plain))
    for twin in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert twin == plain and type(twin) is StudyResult


def test_its_repr_is_the_kind_and_the_finding(result):
    assert repr(result) == "<StudyResult: helps. It helps.>"
    assert repr(StudyResult()) == "<StudyResult: no verdict.>"
    assert "\x1b" not in repr(StudyResult(verdict={"kind": "nil", "finding": "\x1b[31m"}))


def test_the_verdict_stands_above_the_table(result):
    result["verdict"] |= {"best": "The forest is best.", "details": "More."}
    text = Page(result._repr_html_()).text
    said = ("The forest is best.", "It helps.", "Use it.", "More.", "test accuracy, %", "20 labels")
    assert sorted(said, key=text.index) == list(said)
    assert "Report: out/report.html" in text


def rows(result):
    html = result._repr_html_().partition("<tbody>")[2]
    return [line.partition("</th>") for line in html.split("<tr><th>")[1:]]


def test_arms_are_sorted_and_the_best_of_each_budget_is_bold(result):
    arms = [name for name, _, _ in rows(result)]
    assert arms[:3] == ["sdae, pretrained", "forest", "sdae, random start"]
    cells = {name: rest for name, _, rest in rows(result)}
    assert "<strong>80.0 [78.0, 82.0]</strong>" in cells["sdae, pretrained"]
    assert "<strong>93.0 [91.0, 95.0]</strong>" in cells["forest"]


def test_of_a_loss_the_lowest_is_best():
    found = StudyResult(study("log_loss", higher_is_better=False))
    name, _, rest = rows(found)[0]
    assert name == "majority" and "<strong>0.100 [0.080, 0.120]</strong>" in rest
    assert "test log loss (lower is better)" in found._repr_html_()


def test_what_is_missing_is_left_out(result):
    result["summary"][0] |= {"mean": None, "low": None, "high": None}
    result["summary"][1] |= {"low": None}
    assert "\N{EN DASH}" in result._repr_html_()
    assert StudyResult()._repr_html_() == '<div class="layerwise-study"></div>'


@pytest.mark.parametrize("payload", BASES)
def test_text_from_data_is_only_ever_text(payload):
    def shown(text):
        found = StudyResult(study(text, report=text))
        found["verdict"] |= dict.fromkeys(("best", "finding", "advice", "details"), text)
        for row in found["summary"]:
            row["arm"] = f"{row['arm']} {text}"
        return Page(found._repr_html_())

    assert shown(payload).skeleton == shown("a" * len(payload)).skeleton
