"""The rules of the verdict, on made-up results: one test per branch."""

from __future__ import annotations

import pytest

from layerwise.evaluation.verdict import judge, state

BUDGETS = (20, 100, 500)


def difference(labels, mean, *, p=0.5, nil=0.1, draws=5, recipe="sdae"):
    half = 0.02
    return {
        "recipe": recipe,
        "arm": f"{recipe}, pretrained",
        "against": f"{recipe}, random start",
        "labels": labels,
        "mean": mean,
        "low": mean - half,
        "high": mean + half,
        "draws": draws,
        "error": half / 2.8,
        "freedom": 4.0,
        "p": p,
        "p_adjusted": p,
        "p_study": p,
        "p_practically_nil": nil,
    }


def study(rows, baselines=(), saved=(), recipes=("sdae",), areas=None):
    """Tables as a study makes them; ``baselines`` holds (labels, pretrained minus baseline, adjusted p)."""
    summary, by_area = [], []
    for recipe in recipes:
        mine = {row["labels"]: row for row in rows if row["recipe"] == recipe}
        for name, add in (("pretrained", 1), ("random start", 0)):
            for i, labels in enumerate(BUDGETS):
                summary.append(
                    {
                        "arm": f"{recipe}, {name}",
                        "labels": labels,
                        "mean": 0.7 + 0.1 * i + add * mine[labels]["mean"],
                        "draws": 5,
                        "seconds": 3.0,
                        "seconds_prepare": 2.0 * add,
                    }
                )
        by_area.append({"arm": f"{recipe}, pretrained", "role": "pretrained", "area": (areas or {}).get(recipe, 0.8)})
    if baselines:
        by_area.append({"arm": "forest", "role": "baseline", "area": 0.79})
        summary += [{"arm": "forest", "labels": n, "mean": 0.7, "draws": 5, "seconds": 0.1, "seconds_prepare": 0} for n in BUDGETS]
    against = [
        {"recipe": recipes[0], "baseline": "forest", "labels": n, "mean": gap, "draws": 5, "p_adjusted": p}
        for n, gap, p in baselines
    ]
    return {"differences": rows, "summary": summary, "areas": by_area, "against_baselines": against, "labels_saved": list(saved)}


def rows(*cells, **common):
    return [
        difference(labels, *cell[:1], **dict(zip(("p", "nil"), cell[1:], strict=False)), **common)
        for labels, cell in zip(BUDGETS, cells, strict=True)
    ]


def test_a_cell_is_nil_before_it_is_anything_else():
    assert state(difference(20, 0.003, p=0.001, nil=0.97)) == "nil"
    assert state(difference(20, 0.03, p=0.001)) == "helps"
    assert state(difference(20, -0.03, p=0.001)) == "hurts"
    assert state(difference(20, 0.03, p=0.06)) == "unclear"


def test_helps_names_budgets_gain_interval_labels_saved_and_what_to_do():
    saved = [{"recipe": "sdae", "labels": 20, "needed": 44.0, "low": 31.0, "high": None, "saved": 24.0, "most": 500}]
    found = judge(study(rows((0.05, 0.001), (0.02, 0.03), (0.001, 0.9)), saved=saved), "accuracy", 0.005)
    assert found["kind"] == "helps"
    assert (found["helps_at"], found["unclear_at"], found["hurts_at"]) == ([20, 100], [500], [])
    assert found["finding"] == (
        "Pretraining helps with 20 and 100 labels: most with 20, where sdae has 75.0 % instead of 70.0 % "
        "(+5.0 points, 95 % interval +3.0 to +7.0)."
    )
    assert "nothing can be told with 500 labels (+0.1 [\N{MINUS SIGN}1.9, +2.1])" in found["details"]
    assert found["advice"] == "Pretrain with sdae: 20 labels do the work of about 44 (31 to more than 500)."
    assert found["text"] == f"{found['finding']} {found['details']} {found['advice']}"


def test_hurts_says_so_and_advises_against_it():
    found = judge(study(rows((-0.05, 0.001), (0.0, 0.9), (0.0, 0.9))), "accuracy", 0.005)
    assert found["kind"] == "hurts" and found["hurts_at"] == [20]
    assert found["finding"].startswith("Pretraining hurts with 20 labels: sdae has 65.0 % instead of 70.0 %")
    assert found["advice"].startswith("Do not pretrain with sdae: start from random weights; labelling more helps: from 100 to 500")


def test_helps_and_hurts_at_once_says_both():
    found = judge(study(rows((0.05, 0.001), (0.0, 0.9), (-0.05, 0.001))), "accuracy", 0.005)
    assert found["kind"] == "helps" and found["hurts_at"] == [500]
    assert "it hurts with 500 labels (\N{MINUS SIGN}5.0 [\N{MINUS SIGN}7.0, \N{MINUS SIGN}3.0])" in found["details"]


def test_nil_is_said_when_every_difference_is_practically_nothing():
    found = judge(study(rows((0.001, 0.5, 0.96), (0.002, 0.01, 0.99), (0.0, 1.0, 1.0))), "accuracy", 0.005)
    assert found["kind"] == "nil" and found["nil_at"] == [20, 100, 500]
    assert "makes no practical difference with 20, 100 and 500 labels" in found["finding"]
    assert found["advice"].startswith("Do not pretrain: it costs time and changes nothing")


def test_not_separable_says_how_many_draws_would_tell():
    found = judge(study(rows((0.015, 0.2), (0.001, 0.9), (0.0, 1.0, 0.99))), "accuracy", 0.005)
    assert found["kind"] == "not_separable"
    assert found["finding"].startswith("With 5 draws it cannot be told whether pretraining with sdae helps")
    assert found["advice"].startswith("About 12 draws (--draws) would tell a difference of the size seen with 20 labels.")


def test_not_separable_with_nothing_seen_advises_not_to_pretrain():
    found = judge(study(rows((0.004, 0.5), (0.001, 0.9), (0.0, 1.0))), "accuracy", 0.005)
    assert found["advice"].startswith("Do not pretrain on this evidence: every difference seen is practically nothing.")


def test_a_better_baseline_wins_even_when_pretraining_helps():
    lost = [(20, -0.04, 0.001), (100, -0.03, 0.01), (500, 0.0, 0.9)]
    found = judge(study(rows((0.05, 0.001), (0.0, 0.9), (0.0, 0.9)), baselines=lost), "accuracy", 0.005)
    assert found["kind"] == "baseline" and found["baseline_at"] == [20, 100]
    assert found["finding"].startswith("Against its own random start, pretraining helps with 20 labels")
    assert "A simple baseline is better with 20 and 100 labels (forest)." in found["details"]
    assert found["advice"] == "Use forest; a pretrained network is not worth its trouble here."


def test_a_baseline_that_is_beaten_somewhere_does_not_win():
    mixed = [(20, 0.04, 0.001), (100, -0.03, 0.01), (500, -0.03, 0.01)]
    found = judge(study(rows((0.05, 0.001), (0.0, 0.9), (0.0, 0.9)), baselines=mixed), "accuracy", 0.005)
    assert found["kind"] == "helps" and found["baseline_at"] == [100, 500]


def test_too_few_draws_says_nothing_else():
    found = judge(study(rows((0.5, 0.0), (0.5, 0.0), (0.5, 0.0), draws=2)), "accuracy", 0.005)
    assert found["kind"] == "too_few_draws"
    assert found["text"].startswith("2 draws of labels cannot tell chance from effect. Run the same command with --draws 5")


def test_the_recipe_spoken_of_helps_and_is_the_highest_of_those():
    helping = rows((0.05, 0.001), (0.0, 0.9), (0.0, 0.9), recipe="low")
    higher = rows((0.0, 0.9), (0.0, 0.9), (0.0, 0.9), recipe="high")
    tables = study([*helping, *higher], recipes=("low", "high"), areas={"low": 0.7, "high": 0.9})
    assert judge(tables, "accuracy", 0.005)["recipe"] == "low"
    for row in tables["differences"]:
        row["p_study"] = 0.5
    assert judge(tables, "accuracy", 0.005)["recipe"] == "high"


def test_numbers_are_spoken_of_in_r2():
    found = judge(study(rows((0.05, 0.001), (0.0, 0.9), (0.0, 0.9))), "r2", 0.005)
    assert "has R² 0.750 instead of R² 0.700 (+0.050 R², 95 % interval +0.030 to +0.070)" in found["finding"]


def test_without_a_pretrained_arm_there_is_nothing_to_judge():
    tables = {"differences": [], "summary": [], "areas": [], "against_baselines": [], "labels_saved": []}
    assert judge(tables, "accuracy", 0.005)["finding"] == "No pretrained arm took part, so there is nothing to judge."


@pytest.mark.parametrize("kind", ["baseline", "helps"])
def test_the_rules_stand_in_the_documentation(kind):
    from layerwise.evaluation import verdict

    assert f"``{kind}``" in (verdict.__doc__ or "")
