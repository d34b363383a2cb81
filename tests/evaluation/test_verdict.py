"""The rules of the verdict, on made-up results: one test per branch."""

from __future__ import annotations

import pytest

from layerwise.evaluation import verdict as rules
from layerwise.evaluation.verdict import judge

BUDGETS = (20, 100, 500)
MINUS = "\N{MINUS SIGN}"


def cell(mean, p=0.5, nil=0.1):
    return {
        "mean": mean,
        "p": p,
        "p_adjusted": p,
        "p_practically_nil": nil,
        "low": mean - 0.02,
        "high": mean + 0.02,
        "error": 0.007,
    }


def study(gate, cells, *, baseline=None, at=(), saved=(), recipe="sdae", area=0.8, draws=5):
    """Tables as a study makes them: the average difference, three budgets, and perhaps a
    baseline."""
    names = {"recipe": recipe, "arm": f"{recipe}, pretrained", "draws": draws}
    control = names | {"against": f"{recipe}, random start"}
    differences = [
        control | {"labels": labels} | one for labels, one in zip(BUDGETS, cells, strict=True)
    ]
    overall = [control | {"control": True} | gate]
    areas = [{"arm": names["arm"], "role": "pretrained", "area": area}]
    summary = []
    for i, row in enumerate(differences):
        level = {"labels": row["labels"], "draws": draws, "seconds": 3.0}
        summary.append(
            level | {"arm": row["arm"], "mean": 0.7 + 0.1 * i + row["mean"], "seconds_prepare": 2.0}
        )
        summary.append(
            level | {"arm": row["against"], "mean": 0.7 + 0.1 * i, "seconds_prepare": 0.0}
        )
        if baseline is not None:
            summary.append(level | {"arm": "forest", "mean": 0.6, "seconds_prepare": 0.0})
    against = [
        names | {"baseline": "forest", "labels": labels} | one
        for labels, one in zip(BUDGETS, at, strict=False)
    ]
    if baseline is not None:
        overall.append(names | {"against": "forest", "control": False} | baseline)
        areas.append({"arm": "forest", "role": "baseline", "area": 0.79})
    return {
        "differences": differences,
        "overall": overall,
        "summary": summary,
        "areas": areas,
        "against_baselines": against,
        "labels_saved": list(saved),
        "rows": [{"error": None}],
    }


def of(*tables, metric="accuracy"):
    merged = {name: [row for table in tables for row in table[name]] for name in tables[0]}
    return judge(merged, metric, 0.005)


UNCLEAR = [cell(0.0, 0.9)] * 3


def test_helps_names_the_average_the_largest_gain_and_what_to_do():
    saved = [
        {
            "recipe": "sdae",
            "labels": 20,
            "needed": 44.0,
            "low": 31.0,
            "high": None,
            "saved": 24.0,
            "most": 500,
        }
    ]
    found = of(
        study(
            cell(0.03, 0.001), [cell(0.05, 0.001), cell(0.02, 0.03), cell(0.001, 0.9)], saved=saved
        )
    )
    assert found["kind"] == "helps"
    assert (found["helps_at"], found["unclear_at"], found["hurts_at"]) == ([20, 100], [500], [])
    assert found["finding"] == (
        "Pretraining helps: over 20 to 500 labels, sdae is on average 3.0 points above its control "
        "(95 % interval +1.0 to +5.0); "
        "helps most with 20 (75.0 % instead of 70.0 %)."
    )
    assert f"nothing can be told of 500 labels (+0.1 [{MINUS}1.9, +2.1])" in found["details"]
    assert (
        found["advice"]
        == "Pretrain with sdae: 20 labels do the work of about 44 (31 to more than 500)."
    )
    assert found["text"] == f"{found['finding']} {found['details']} {found['advice']}"


def test_labels_saved_beyond_the_largest_budget_are_said_so():
    saved = [
        {
            "recipe": "sdae",
            "labels": 20,
            "needed": None,
            "low": 100.0,
            "high": None,
            "saved": None,
            "most": 500,
        }
    ]
    found = of(study(cell(0.03, 0.001), UNCLEAR, saved=saved))
    assert (
        found["advice"]
        == "Pretrain with sdae: with 20 labels it does what its control does not do with 500."
    )


def test_labels_saved_are_told_of_the_smallest_budget_that_helps():
    saved = [
        {
            "recipe": "sdae",
            "labels": labels,
            "needed": 1.5 * labels,
            "low": labels,
            "high": 2.0 * labels,
            "saved": 1.0,
            "most": 500,
        }
        for labels in (20, 100)
    ]
    cells = [cell(0.01, 0.4), cell(0.03, 0.001), cell(0.02, 0.01)]
    assert of(study(cell(0.02, 0.001), cells, saved=saved))["advice"] == (
        "Pretrain with sdae: 100 labels do the work of about 150 (100 to 200)."
    )
    unclear = [cell(0.01, 0.4)] * 3
    assert (
        "20 labels do the work of about 30"
        in of(study(cell(0.02, 0.001), unclear, saved=saved))["advice"]
    )


def test_a_difference_that_is_shown_and_practically_nothing_is_nil():
    gate, cells = cell(0.002, 0.001, nil=0.99), [cell(0.002, 0.3, nil=0.99)] * 3
    found = of(study(gate, cells))
    assert found["kind"] == "nil" and found["advice"].startswith(
        "Do not pretrain: it costs time and changes nothing."
    )
    assert found["finding"].startswith(
        "Pretraining with sdae makes no practical difference over 20 to 500 labels: on average 0.2"
    )


def test_a_budget_that_helps_counts_even_when_the_average_is_practically_nothing():
    gate, cells = (
        cell(0.004, 0.001, nil=0.96),
        [cell(0.0, 0.9, nil=0.99), cell(0.0, 0.9, nil=0.99), cell(0.012, 0.01)],
    )
    found = of(study(gate, cells))
    assert found["kind"] == "helps" and found["helps_at"] == [500] and found["nil_at"] == [20, 100]


@pytest.mark.parametrize(("area", "said"), [(0.78, True), (0.8, False)])
@pytest.mark.parametrize("p", [0.001, 0.6])
def test_a_baseline_that_is_higher_without_proof_is_to_be_tried_first(p, area, said):
    found = of(
        study(
            cell(0.03, p),
            [cell(0.05, p), *UNCLEAR[1:]],
            baseline=cell(-0.01, 0.4),
            at=UNCLEAR,
            area=area,
        )
    )
    words = (
        "Try forest first: its scores are higher on average, though 5 draws do not show that "
        "it is better."
    )
    assert (
        found["kind"] == ("helps" if p < 0.05 else "not_separable")
        and found["advice"].startswith(words) == said
    )
    assert ("For a network, pretrain with sdae" in found["advice"]) == (said and p < 0.05)


def test_hurts_says_so_and_advises_against_it():
    found = of(study(cell(-0.03, 0.001), [cell(-0.05, 0.001), cell(0.0, 0.9), cell(0.0, 0.9)]))
    assert found["kind"] == "hurts" and found["hurts_at"] == [20]
    assert found["finding"].startswith(
        "Pretraining hurts: over 20 to 500 labels, sdae is on average 3.0 points below its control "
        "(95 %"
    )
    assert "hurts most with 20 (65.0 % instead of 70.0 %)" in found["finding"]
    assert found["advice"].startswith(
        "Do not pretrain with sdae: its control, sdae, random start, is better. More labels help: "
        "from 100 to 500"
    )


def test_helping_on_average_and_hurting_somewhere_says_both():
    found = of(study(cell(0.02, 0.001), [cell(0.09, 0.001), cell(0.0, 0.9), cell(-0.05, 0.001)]))
    assert found["kind"] == "helps" and found["hurts_at"] == [500]
    assert found["advice"].startswith("Pretrain with sdae with 20 labels; with 500 do not")
    assert (
        f"it is shown to hurt with 500 labels ({MINUS}5.0 [{MINUS}7.0, {MINUS}3.0])"
        in found["details"]
    )


def test_nothing_is_claimed_of_a_budget_when_the_average_shows_nothing():
    found = of(study(cell(0.01, 0.2), [cell(0.09, 0.001), cell(0.0, 0.9), cell(-0.05, 0.001)]))
    assert found["kind"] == "not_separable" and found["unclear_at"] == [20, 100, 500]


def test_nil_is_said_when_the_average_is_practically_nothing():
    found = of(
        study(
            cell(0.001, 0.5, 0.97),
            [cell(0.001, 0.5, 0.96), cell(0.002, 0.3, 0.8), cell(0.0, 1.0, 1.0)],
        )
    )
    assert found["kind"] == "nil" and found["nil_at"] == [20, 500]
    assert "makes no practical difference over 20 to 500 labels" in found["finding"]
    assert found["advice"].startswith("Do not pretrain: it costs time and changes nothing.")


def test_nil_on_average_with_a_loud_budget_is_not_nil():
    found = of(
        study(cell(0.001, 0.5, 0.97), [cell(0.05, 0.01), cell(-0.04, 0.02), cell(0.0, 1.0, 1.0)])
    )
    assert found["kind"] == "not_separable"


def test_not_separable_says_how_many_draws_would_tell():
    found = of(study(cell(0.015, 0.2), UNCLEAR))
    assert found["finding"].startswith(
        "With 5 draws it cannot be told whether pretraining with sdae helps: over 20 to 500 labels"
    )
    assert found["advice"].startswith(
        "About 12 draws (--draws) would tell a difference of the size seen."
    )


def test_not_separable_with_nothing_seen_advises_not_to_pretrain():
    found = of(study(cell(0.004, 0.5), UNCLEAR))
    assert found["advice"].startswith(
        "Do not pretrain on this evidence: the difference seen is practically nothing."
    )


def test_not_separable_with_a_hopeless_difference_says_so():
    assert of(study(cell(0.0051, 0.5) | {"low": -0.1, "high": 0.11}, UNCLEAR))["advice"].startswith(
        "More draws would hardly tell."
    )


def test_a_better_baseline_wins_even_when_pretraining_helps():
    found = of(
        study(
            cell(0.03, 0.001),
            [cell(0.05, 0.001), *UNCLEAR[1:]],
            baseline=cell(-0.04, 0.01),
            at=UNCLEAR,
        )
    )
    assert found["kind"] == "baseline" and found["better_baselines"] == ["forest"]
    assert found["finding"] == (
        "A simple baseline is better: over 20 to 500 labels, forest is on average 4.0 points above "
        "the pretrained sdae (95 % interval +2.0 to +6.0)."
    )
    assert found["details"].startswith(
        "Against its own control, pretraining helps: over 20 to 500 labels"
    )
    assert "Better than it on average over these budgets: forest." in found["details"]
    assert found["advice"] == "Use forest; a pretrained network is not worth its trouble here."


def test_a_baseline_that_is_beaten_somewhere_does_not_win():
    at = [cell(0.04, 0.001), cell(-0.09, 0.01), cell(-0.09, 0.01)]
    found = of(study(cell(0.03, 0.001), UNCLEAR, baseline=cell(-0.04, 0.01), at=at))
    assert found["kind"] == "helps" and found["better_baselines"] == ["forest"]


def test_a_recipe_that_is_ahead_of_every_baseline_is_said_to_be():
    at = [cell(0.04, 0.001), *UNCLEAR[1:]]
    found = of(study(cell(0.03, 0.001), UNCLEAR, baseline=cell(0.01, 0.4), at=at))
    assert (
        "It is better than every baseline with 20 labels; the highest of them, forest, has 60.0 %"
        in found["details"]
    )


def test_too_few_draws_says_nothing_else():
    found = of(study(cell(0.5, 0.0), [cell(0.5, 0.0)] * 3, draws=2))
    assert found["kind"] == "too_few_draws"
    assert found["text"].startswith(
        "2 draws of labels cannot tell chance from effect. Run the same command with --draws 5"
    )


def test_a_recipe_that_failed_is_named_and_the_others_are_judged():
    broken = study(cell(float("nan"), 1.0), [cell(float("nan"), 1.0)] * 3, recipe="broken", draws=0)
    found = of(study(cell(0.03, 0.001), UNCLEAR), broken)
    assert found["kind"] == "helps" and found["recipe"] == "sdae"
    assert "Nothing is said of broken: too many of their trials failed." in found["details"]


def test_failed_trials_are_not_called_too_few_draws_of_labels():
    tables = study(cell(float("nan"), 1.0), [cell(float("nan"), 1.0)] * 3, draws=1)
    tables["rows"] = [{"error": "MemoryError"}]
    found = judge(tables, "accuracy", 0.005)
    assert (
        found["kind"] == "too_few_draws"
        and found["advice"]
        == "Trials failed; the notes say why. The same command tries them again."
    )


def test_budgets_whose_labels_are_shared_are_said_to_be():
    found = judge(study(cell(0.03, 0.001), UNCLEAR), "accuracy", 0.005, [500])
    assert (
        "With 500 labels the draws share labelled rows, so what is said of them holds for these "
        "rows." in found["details"]
    )


def test_the_recipe_spoken_of_differs_for_the_better_and_is_the_highest_of_those():
    low = study(cell(0.03, 0.001), UNCLEAR, recipe="low", area=0.7)
    high = study(cell(0.0, 0.9), UNCLEAR, recipe="high", area=0.9)
    assert of(low, high)["recipe"] == "low"
    assert of(study(cell(0.03, 0.2), UNCLEAR, recipe="low", area=0.7), high)["recipe"] == "high"


def test_one_budget_is_spoken_of_as_such():
    tables = study(cell(0.05, 0.001), [cell(0.05, 0.001), *UNCLEAR[1:]])
    tables["differences"] = tables["differences"][:1]
    found = judge(tables, "accuracy", 0.005)
    assert found["finding"] == (
        "Pretraining helps: with 20 labels, sdae is on average 5.0 points above its control (95 % "
        "interval +3.0 to +7.0) "
        "(75.0 % instead of 70.0 %)."
    )
    assert "By itself" not in found["details"]


def test_numbers_are_spoken_of_in_r2():
    found = of(study(cell(0.05, 0.001), [cell(0.05, 0.001), *UNCLEAR[1:]]), metric="r2")
    assert (
        "on average 0.050 R² above its control (95 % interval +0.030 to +0.070)" in found["finding"]
    )
    assert "(R² 0.750 instead of R² 0.700)" in found["finding"]


def test_without_a_pretrained_arm_there_is_nothing_to_judge():
    tables = {
        name: []
        for name in (
            "differences",
            "overall",
            "summary",
            "areas",
            "against_baselines",
            "labels_saved",
            "rows",
        )
    }
    assert (
        judge(tables, "accuracy", 0.005)["finding"]
        == "No pretrained arm took part, so there is nothing to judge."
    )


@pytest.mark.parametrize("kind", rules.KINDS)
def test_the_rules_stand_in_the_documentation(kind):
    assert f"``{kind}``" in (rules.__doc__ or "")


def test_a_recipe_ahead_of_one_baseline_of_two_is_not_ahead_of_all():
    table = study(
        cell(0.03, 0.001),
        [cell(0.03, 0.001)] * 3,
        baseline=cell(0.1, 0.001),
        at=[cell(0.1, 0.001)] * 3,
    )
    more = [row | {"baseline": "ridge", "mean": -0.05} for row in table["against_baselines"]]
    assert "better than every baseline with" in of(table)["details"]
    table["against_baselines"] += more
    assert "not shown to be better than every baseline" in of(table)["details"]


def test_the_largest_budget_is_never_told_to_save_labels():
    saved = [
        {
            "recipe": "sdae",
            "labels": 500,
            "needed": None,
            "low": None,
            "high": None,
            "saved": None,
            "most": 500,
        }
    ]
    found = of(study(cell(0.03, 0.001), [cell(0.03, 0.001)] * 3, saved=saved))
    assert found["advice"] == "Pretrain with sdae."
