"""The page of a study: what stands where, whatever the metric."""

from __future__ import annotations

import re
from typing import Any

import pytest

from layerwise.report import render_study

from .test_payloads import BASES, fill
from .test_report import Page
from .test_telling_apart import long_names

ARMS = (("deep, pretrained", "pretrained"), ("deep, random start", "control"))
BUDGETS = (10, 50, 200)


def level(arm: str, role: str, labels: int, mean: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"arm": arm, "role": role, "against": None, "labels": labels}
    ends = (
        {"low": None, "high": None} if mean is None else {"low": mean - 0.02, "high": mean + 0.02}
    )
    return row | {"mean": mean, "draws": 5, "seconds": 2.0, "peak_memory": 1e8} | ends


def make_study(**changes: Any) -> dict[str, Any]:
    arms = (*ARMS, ("forest", "baseline"))
    summary = [
        level(arm, role, labels, 0.5 + 0.1 * i + 0.1 * j)
        for j, (arm, role) in enumerate(arms)
        for i, labels in enumerate(BUDGETS)
    ]
    gap = {"recipe": "deep", "arm": ARMS[0][0], "against": ARMS[1][0], "mean": 0.03, "draws": 5}
    gap |= {"low": 0.01, "high": 0.05, "p": 0.02, "p_adjusted": 0.06, "p_practically_nil": 0.1}
    verdict = {"kind": "not_separable", "finding": "A finding.", "details": "", "advice": "Do."}
    facts = {
        "data": "table",
        "metric": "accuracy",
        "summary": summary,
        "differences": [gap | {"labels": labels} for labels in BUDGETS],
        "areas": [
            {"arm": arm, "role": role, "area": 0.5 + 0.1 * j} for j, (arm, role) in enumerate(arms)
        ],
        "verdict": verdict | {"recipe": "deep", "nil_at": [10], "unclear_at": [50, 200]},
        "study": {"practical": 0.005, "labels": list(BUDGETS)},
        "classes": recalls(["a", "b"], [0.5, 0.5]),
    }
    return facts | changes


def recalls(names: list[str], shares: list[float] | None) -> dict[str, Any]:
    rows = [
        {"arm": arm, "class": name, "recall": 0.5}
        | ({"share": shares[i]} if shares is not None else {})
        for arm, _ in ARMS
        for i, name in enumerate(names)
    ]
    return {"labels": 50, "rows": rows}


def text(facts: dict[str, Any]) -> str:
    return Page(render_study(facts)).text


def best_cells(page: str) -> list[str]:
    return re.findall(r'<td class="num best">([\d.]+)', page)


def test_a_row_whose_interval_excludes_zero_without_a_claim_says_why_in_an_open_table() -> None:
    page = render_study(make_study())
    assert "undecided: " in Page(page).text
    assert Page(page).text.count("not after adjusting for 3 comparisons") == 2
    assert "<details open><summary>These differences" in page


def test_practically_nothing_and_undecided_have_marks_of_their_own() -> None:
    page = render_study(make_study())
    assert '<b class="dot nil"></b>practically nothing' in page
    assert '<b class="dot unclear"></b>undecided' in page
    assert '<b class="dot helps">' not in page


@pytest.mark.parametrize(
    ("higher", "first", "best"), [(True, "forest", "0.9"), (False, "deep, p", "0.5")]
)
def test_best_and_order_follow_the_direction(higher: bool, first: str, best: str) -> None:
    page = render_study(make_study(metric="log_loss", higher_is_better=higher))
    cells = best_cells(page)
    assert len(cells) == len(BUDGETS) and best in {cell[:3] for cell in cells}
    arms = page[page.index('id="arms"') :]
    assert arms[arms.index('class="whole">') :].startswith(f'class="whole">{first}')
    assert ("higher" if higher else "lower") + " is better" in Page(page).text


def test_only_accuracies_are_in_percent() -> None:
    assert "+3.00 points" in text(make_study())
    assert "+3.00 points" in text(make_study(metric="balanced_accuracy"))
    for metric in ("macro_f1", "auc", "average_precision", "r2", "pinball"):
        assert "points" not in text(make_study(metric=metric, classes=None))


def test_the_best_arm_is_the_headline_and_the_finding_follows() -> None:
    facts = make_study()
    facts["verdict"] |= {"best": "Forest is best.", "exploratory": ["Perhaps."], "kind": "baseline"}
    page = render_study(facts)
    assert page.index("Forest is best.") < page.index("A finding.") < page.index("Perhaps.")
    assert '<p class="headline finding">Forest is best.' in page
    assert "Exploratory" in page and "Exploratory" not in text(make_study())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("depends_on_labels", "± It depends on the number of labels"),
        ("no_better_than_guessing", "? Nothing beats guessing"),
        ("other_network", "▼ Another network is better"),
    ],
)
def test_every_kind_of_verdict_has_a_sign_and_words(kind: str, words: str) -> None:
    facts = make_study()
    facts["verdict"]["kind"] = kind
    assert words in text(facts)


def test_luck_and_the_note_on_the_metric_and_what_was_tried_are_told() -> None:
    tried = {"arm": "deep", "labels": 50, "setting": {"rate": 0.1}, "chosen": True, "score": 0.7}
    told = text(make_study(luck="Of draws alone.", metric_note="It is fair.", tuning=[tried]))
    for words in ("Of draws alone.", "It is fair.", "What was tried", "rate 0.1", "✓"):
        assert words in told
    assert "Bands: 95 %" not in told and "Bands: 95 %" in text(make_study())


def test_recall_is_shown_at_once_where_classes_are_unbalanced() -> None:
    fold = "<details><summary>Recall by class"
    assert fold in render_study(make_study())
    page = render_study(make_study(classes=recalls(["a", "b"], [0.8, 0.2])))
    assert fold not in page and "80.00 %" in page and "share of rows" in page
    old = render_study(make_study(classes=recalls(["a", "b"], None)))
    assert fold not in old and "share of rows" not in old


def test_long_classes_and_arms_are_told_in_full() -> None:
    names = long_names(3)
    page = render_study(make_study(classes=recalls(names, [0.9, 0.05, 0.05])))
    assert all(f'<span class="whole">{name}</span>' in page for name in names)
    assert "…" not in Page(page).text


def test_a_failed_arm_is_said_to_have_failed() -> None:
    facts = make_study()
    facts["summary"] += [level("broken", "baseline", labels, None) for labels in BUDGETS]
    assert text(facts).count("failed") == len(BUDGETS)


def test_all_further_measures_are_shown_under_their_names() -> None:
    facts = make_study()
    more = {"balanced_accuracy": 0.61, "auc": 0.72, "average_precision": 0.83, "ece": 0.04}
    facts["summary"] = [row | more for row in facts["summary"]]
    told = text(facts)
    for words in ("balanced accuracy", "AUC", "average precision", "61.00 %", "0.72", "0.83"):
        assert words in told


@pytest.mark.parametrize("labels", [(50,), (10, 11, 12, 13, 1000)])
def test_one_budget_or_crowded_ones_make_a_page(labels: tuple[int, ...]) -> None:
    facts = make_study()
    one = facts["summary"][0], facts["differences"][0]
    facts["summary"] = [one[0] | {"labels": n} for n in labels]
    facts["differences"] = [one[1] | {"labels": n} for n in labels]
    assert "1,000 labels" in text(facts) or len(labels) == 1


@pytest.mark.parametrize("payload", BASES[1::2])  # the others go through the plots of a fit
def test_payloads_in_every_text_of_a_study(payload: str) -> None:
    tried = {"arm": "deep", "labels": 50, "setting": {"rate": "x"}, "chosen": True, "score": 0.7}
    facts = make_study(luck="luck", metric_note="note", tuning=[tried], notes=["note"])
    facts["verdict"] |= {"best": "best", "exploratory": ["perhaps"]}
    facts["differences"][0]["reason"] = "reason"
    kept = {name: facts.pop(name) for name in ("metric", "study")}
    roles = [row["role"] for row in [*facts["summary"], *facts["areas"]]]

    def page(words: str) -> Page:
        filled = fill(facts, words, {})
        for row, role in zip([*filled["summary"], *filled["areas"]], roles, strict=True):
            row["role"] = role
        return Page(render_study(filled | kept))

    wild, calm = page(payload), page("a" * len(payload))
    assert wild.skeleton == calm.skeleton


def test_the_terminal_puts_the_lowest_loss_first() -> None:
    from layerwise.cli.output import _study_table

    facts = make_study(metric="log_loss", higher_is_better=False) | {"task": "classification"}
    table = _study_table(facts)
    names, first = (list(column.cells) for column in table.columns[:2])
    assert names == ["deep, pretrained", "deep, random start", "forest"]
    assert first == ["0.500", "0.600", "0.700"] and table.columns[0].header.startswith("test log")
