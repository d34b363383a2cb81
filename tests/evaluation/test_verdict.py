"""The rules of the verdict, on made-up results: kind and sentence of each."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from layerwise.evaluation import metric_named
from layerwise.evaluation import verdict as rules
from layerwise.evaluation.suggestions import _pretrain
from layerwise.evaluation.verdict import judge

from .made_up import judged, outcome, pair

A = np.array([0.70, 0.80, 0.90])
MINUS = "\N{MINUS SIGN}"
EVERY = (20, 100, 500)
NOWHERE: tuple[int, ...] = ()


def sdae(gain, **more):
    return pair(A + gain, A) | more


def failed(arm, budgets, draws):
    return {(arm, labels, draw) for labels in budgets for draw in range(draws)}


CASES = {
    "it helps everywhere": (
        {"levels": sdae([0.05, 0.04, 0.03])},
        "helps",
        "Pretraining helps: over 20 to 500 labels, sdae is on average 4.0 points above its control",
    ),
    "it hurts everywhere": (
        {"levels": sdae([-0.05, -0.04, -0.03])},
        "hurts",
        "Do not pretrain with sdae: its control, sdae, random start, is better.",
    ),
    "it helps with few labels and hurts with many": (
        {"levels": sdae([0.09, 0.0, -0.10])},
        "depends_on_labels",
        "depends on the number of labels: it helps with 20 (+9.0 [+7.9, +10.1]) and it hurts with "
        f"500 ({MINUS}10.0 [",
    ),
    "it helps on average and hurts with many": (
        {"levels": sdae([0.062, 0.060, -0.058])},
        "depends_on_labels",
        "Pretrain with sdae with 20 and 100 labels; do not pretrain with 500 labels.",
    ),
    "it helps with few labels, and on average it cannot be told": (
        {"levels": sdae([0.03, -0.01, -0.01])},
        "depends_on_labels",
        "which does not tell.",
    ),
    "it changes nothing": (
        {"levels": sdae([0.001, 0.001, 0.0]), "spread": 0.0004, "rows": 2000},
        "nil",
        "Do not pretrain: it costs time and changes nothing.",
    ),
    "it is not 0 and counts as nothing": (
        {"levels": sdae([0.002, 0.002, 0.002]), "spread": 0.0004, "rows": 2000},
        "nil",
        "it is not 0, but less than the 0.5 that count as nothing.",
    ),
    "no row differs": (
        {"levels": sdae([0.0, 0.0, 0.0]), "spread": 0.0},
        "nil",
        f"(95 % interval {MINUS}0.1 to +0.1)",
    ),
    "few rows are tested and none differs": (
        {"levels": sdae([0.0, 0.0, 0.0]), "spread": 0.0, "rows": 60},
        "not_separable",
        f"(95 % interval {MINUS}1.0 to +1.0)",
    ),
    "few rows are tested and one differs": (
        {"levels": sdae([0.01, 0.0, 0.0]), "spread": 0.0, "rows": 60},
        "not_separable",
        "With 5 draws it cannot be told whether pretraining with sdae helps",
    ),
    "draws differ too much": (
        {"levels": sdae([0.01, 0.01, 0.01]), "spread": 0.03},
        "not_separable",
        "More draws would share labels (with 500 labels) and tell little",
    ),
    "draws differ too much and nothing was seen": (
        {"levels": sdae([0.001, 0.002, 0.001]), "spread": 0.03},
        "not_separable",
        "Do not pretrain on this evidence: the difference seen is practically nothing.",
    ),
    "an interval leaves 0 out and nothing is claimed": (
        {"levels": sdae([0.02, 0.02, 0.018]), "spread": 0.02},
        "not_separable",
        "; the interval leaves 0 out by itself, which is too little to claim where 4 differences "
        "are looked at.",
    ),
    "a budget's interval leaves 0 out and nothing is claimed of it": (
        {"levels": sdae([0.02, 0.02, 0.018]), "spread": 0.0105},
        "helps",
        "With 20, 100 and 500 labels the intervals leave 0 out by themselves; of 4 differences "
        "looked at that happens by chance too.",
    ),
    "accuracies near 1: half of the errors is not nothing": (
        {"levels": pair([0.9955] * 3, [0.992] * 3), "rows": 2000, "spread": 0.0003},
        "helps",
        "(99.6 % instead of 99.2 %)",
    ),
    "both are below a guess": (
        {"levels": pair([0.965] * 3, [0.94] * 3) | {"majority": [0.98] * 3}, "share": 0.98},
        "no_better_than_guessing",
        "With 20, 100 and 500 labels it is below a guess.",
    ),
    "both are below a guess and alike": (
        {"levels": pair([0.965] * 3, [0.965] * 3), "share": 0.98, "spread": 0.0003},
        "no_better_than_guessing",
        "Look at the columns and the labels before any network",
    ),
    "nothing is learned": (
        {"levels": pair([0.5] * 3, [0.5] * 3), "spread": 0.01},
        "no_better_than_guessing",
        "so it is not told what pretraining is worth",
    ),
    "unbalanced classes, by their log loss": (
        {"levels": pair([0.07] * 3, [0.095] * 3), "share": 0.98, "metric": "log_loss"},
        "helps",
        "on average 0.025 better in log loss than its control",
    ),
    "a model answers with one class": (
        {"levels": sdae([0.05] * 3, boosting=[0.5, 0.5, 0.9]), "one_class": {"boosting"}},
        "helps",
        "Always answers with one class: boosting with 20 labels in 5 of 5 draws",
    ),
    "R² below 0": (
        {"levels": pair([-0.3, -0.2, -0.1], [-0.6, -0.5, -0.4]), "metric": "r2"},
        "no_better_than_guessing",
        f"(R² {MINUS}0.300 to {MINUS}0.100)",
    ),
    "R²": (
        {"levels": pair([0.55, 0.65, 0.75], [0.5, 0.6, 0.7]), "metric": "r2"},
        "helps",
        "on average 0.050 R² above its control",
    ),
    "one fit of a regression diverges": (
        {
            "levels": pair([0.3, 0.25, 0.2], [0.35, 0.3, 0.25]),
            "metric": "mean_absolute_error",
            "diverged": {("sdae, pretrained", 20, 1)},
        },
        "depends_on_labels",
        "Errors of more than five standard deviations count as five: sdae, pretrained with 20 "
        "labels in 1 of 5 draws.",
    ),
    "the control fails at one budget": (
        {
            "levels": sdae([0.05] * 3),
            "failing": failed("sdae, random start", (500,), 4),
        },
        "helps",
        "Nothing is said of 500 labels: of the draws only 1 ended there for both arms.",
    ),
    "the control fails everywhere": (
        {
            "levels": sdae([0.05] * 3),
            "failing": failed("sdae, random start", EVERY, 4),
        },
        "too_few_draws",
        "Trials failed; the notes say why. The same command tries them again.",
    ),
    "one budget": (
        {"levels": pair([0.8], [0.7]), "budgets": (50,)},
        "helps",
        "Pretraining helps: with 50 labels, sdae is on average 10.0 points above its control",
    ),
    "three draws": (
        {"levels": sdae([0.05] * 3), "draws": 3, "spread": 0.002},
        "helps",
        "3 draws are the fewest that give an interval: how much draws differ is known from 2 "
        "degrees of freedom",
    ),
    "two draws": (
        {"levels": sdae([0.05] * 3), "draws": 2},
        "too_few_draws",
        "2 draws of labels cannot tell chance from effect.",
    ),
    "a baseline is better": (
        {"levels": pair([0.70, 0.72, 0.75], [0.65, 0.70, 0.73]) | {"forest": [0.9, 0.93, 0.95]}},
        "baseline",
        "Use forest. If it has to be sdae, pretrain a network like sdae.",
    ),
    "a baseline is better with many labels": (
        {"levels": pair([0.80, 0.88, 0.93], A) | {"forest": [0.60, 0.80, 0.97]}},
        "helps",
        "with 20 to 100 labels sdae, pretrained (80.0 to 88.0 %; 1.0 s); with 500 labels forest",
    ),
    "a baseline is higher, though not shown to be": (
        {
            "levels": pair([0.80, 0.88, 0.93], A) | {"forest": [0.815, 0.885, 0.94]},
            "spread": 0.02,
        },
        "helps",
        "Best of 3 arms by the mean: with 20 to 500 labels forest",
    ),
    "another recipe is better": (
        {"levels": pair([0.7] * 3, [0.6, 0.62, 0.64], "low") | pair([0.9] * 3, [0.88] * 3, "high")},
        "other_network",
        "Another network is better: over 20 to 500 labels, high, pretrained is on average 20.0 "
        "points above the pretrained low",
    ),
    "another recipe's random start is better": (
        {"levels": pair([0.7] * 3, [0.6, 0.62, 0.64], "low") | pair([0.85] * 3, [0.9] * 3, "high")},
        "other_network",
        "Use high, random start. If it has to be low, pretrain a network like low.",
    ),
    "the recipe named first fails": (
        {
            "levels": pair(A, A, "low") | pair(A + 0.05, A, "high"),
            "failing": failed("low, pretrained", EVERY, 5),
        },
        "helps",
        "Nothing is said of low: too many of their trials failed.",
    ),
    "something cheaper is as good": (
        {
            "levels": sdae([0.05] * 3, linear=A + 0.045),
            "seconds": {"sdae, pretrained": 60.0, "linear": 0.1},
            "spread": 0.01,
        },
        "helps",
        "Not shown to be worse, and cheaper: linear (20, 100 and 500 labels).",
    ),
    "no recipe takes part": (
        {"levels": {"forest": A}},
        "not_separable",
        "No pretrained arm took part, so there is nothing to judge.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_kind_and_sentence_of(name):
    how, kind, sentence = CASES[name]
    found, _ = judged(how["levels"], **{key: how[key] for key in how if key != "levels"})
    assert found["kind"] == kind, found["text"]
    assert sentence in found["text"]
    assert "  " not in found["text"] and " ." not in found["text"]


def test_nothing_can_be_told_is_never_said_beside_an_interval_that_leaves_0_out_without_a_reason():
    for how, _, _ in CASES.values():
        found, made = judged(how["levels"], **{key: how[key] for key in how if key != "levels"})
        gates = [row for row in made["overall"] if row["control"] and row.get("tested")]
        if (
            found["kind"] == "not_separable"
            and gates
            and not gates[0]["low"] <= 0 <= gates[0]["high"]
        ):
            assert "too little to claim" in found["finding"]


def test_budgets_are_named_by_what_is_said_of_them():
    found, _ = judged(sdae([0.09, 0.0, -0.10]))
    assert (found["helps_at"], found["hurts_at"], found["unclear_at"]) == ([20], [500], [100])
    nil, _ = judged(sdae([0.001, 0.001, 0.0]), spread=0.0004, rows=2000)
    assert nil["nil_at"] == [20, 100, 500]


def test_the_parts_make_the_text_and_the_best_arm_stands_first():
    found, _ = judged(sdae([0.05, 0.04, 0.03]))
    parts = [found[name] for name in ("best", "finding", "advice", "details")]
    assert found["text"] == " ".join(parts)
    assert found["best"].startswith("Best of 2 arms by the mean: with 20 to 500 labels sdae, pretr")


def test_the_ends_of_the_labels_saved_are_always_said():
    found, made = judged(sdae([0.05, 0.04, 0.03]))
    assert "20 labels then do the work of about 45 without (95 % interval 4" in found["advice"]
    beyond, _ = judged(pair([0.95] * 3, A))
    assert (
        "20 labels then do the work of more than 500 without (95 % interval more than 500)."
        in beyond["advice"]
    )
    rows = [row["labels"] for row in made["labels_saved"]]
    assert rows == [20, 100, 500] and "500 labels then" not in found["advice"]


def test_of_the_largest_budget_no_labels_are_said_to_be_saved():
    """Nothing is known of more labels: "500 do the work of more than 500" says nothing."""
    found, _ = judged(sdae([0.0, 0.0, 0.05]))
    assert found["helps_at"] == [500] and "do the work of" not in found["advice"]


def test_a_claim_of_the_first_look_may_be_none_of_the_second():
    levels = sdae([0.02, 0.02, 0.018])
    first, _ = judged(levels, spread=0.013)
    second, made = judged(levels, spread=0.013, look=2)
    assert (first["kind"], second["kind"]) == ("helps", "not_separable")
    assert made["next_look"] is None
    assert "this was the last look that is planned" in second["advice"]


def test_one_further_look_is_advised_where_draws_have_labels_of_their_own():
    found, made = judged(pair([0.72], [0.70]), budgets=(20,), spread=0.012, rows=2000)
    assert made["next_look"] == {"draws": 10, "shared": []}
    assert "--draws 10 would tell a difference of the size seen, if it is real" in found["advice"]


def test_other_recipes_are_exploratory_and_nothing_is_claimed_of_them():
    low, high = pair(A, A, "low"), pair(A + 0.03, A, "high")
    found, made = judged(low | high, spread=0.04)
    assert found["recipe"] == "low" and found["kind"] == "not_separable"
    assert found["helps_at"] == [] and len(found["exploratory"]) == 1
    assert found["exploratory"][0].startswith(
        "high (the recipe with the highest curve), pretrained"
    )
    assert [row["tested"] for row in made["overall"] if row["control"]] == [True, False]


def test_of_exploratory_recipes_more_is_asked_the_more_there_are():
    many = {name: pair(A + 0.02, A, name) for name in "bcdefg"}
    levels = pair(A, A, "low")
    for part in many.values():
        levels |= part
    _, made = judged(levels, spread=0.01)
    _, alone = judged(pair(A, A, "low") | many["b"], spread=0.01)

    def adjusted(tables):
        return next(r["p_adjusted"] for r in tables["overall"] if r["recipe"] == "b")

    assert adjusted(made) == pytest.approx(6 * adjusted(alone))


def test_what_is_best_at_every_budget_is_advised_before_a_network_that_helps():
    study = SimpleNamespace(
        averaged=[20, 100],
        is_among_best=lambda labels: False,
        better=lambda: [],
        recipe="sdae",
        states={"helps": [], "hurts": []},
        tables={"best": [{"arm": "forest"}, {"arm": "forest"}], "labels_saved": []},
    )
    assert _pretrain(study) == "Take forest; a network like sdae is better pretrained."


def test_whose_luck_it_is_stands_in_the_details():
    found, _ = judged(sdae([0.05] * 3), luck="With these rows to pretrain on.")
    assert found["details"].endswith("With these rows to pretrain on.")


def test_the_draws_that_are_shared_widen_the_interval():
    def widths(shared):
        _, made = judged(sdae([0.05] * 3), shared=shared, draws=10, spread=0.03)
        return [row["high"] - row["low"] for row in made["differences"]]

    apart, together = widths(0.0), widths(0.4)  # of the largest budget
    assert together[:2] == pytest.approx(apart[:2]) and together[2] > 1.5 * apart[2]


@pytest.mark.parametrize("kind", rules.KINDS)
def test_the_rules_stand_in_the_documentation(kind):
    assert f"``{kind}``" in (rules.__doc__ or "")


def test_every_kind_has_a_case():
    assert {kind for _, kind, _ in CASES.values()} == set(rules.KINDS)
    assert len(CASES) >= 30


def test_without_any_arm_there_is_nothing_to_judge():
    names = ("differences", "overall", "summary", "areas", "labels_saved", "rows", "best")
    found = judge({name: [] for name in names}, metric_named("accuracy", "classification"))
    assert found["finding"] == "No pretrained arm took part, so there is nothing to judge."
    assert found["best"] == "" and outcome({"forest": A}).draws == (0, 1, 2, 3, 4)
