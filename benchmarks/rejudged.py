"""The kept studies judged again from their summaries: ``python -m benchmarks.rejudged [NAME ...]``.

docs/studies/ holds what a study found, not its trials: no score of a row. So what the test rows
alone make of an interval's width, and the labels saved, cannot be worked out again; they come with
the next run of ``python -m benchmarks.studies``. What can be: the spread of draws that share labels
(all of it taken for the labels' part), the family of claims, what is practically nil, the best arm
for each range of budgets, and the sentences. The least width of an interval of accuracies is that
of one row in twenty answered differently by the two networks, which is taken for granted and told
in a note: two networks of one architecture seldom differ in fewer.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import numpy as np
from scipy import optimize, stats

from benchmarks.studies import DOCS, STUDIES
from layerwise.evaluation import judge, metric_named
from layerwise.evaluation.claims import SIGNIFICANT, SURE, family, others
from layerwise.evaluation.statistics import Estimate, practically_nil, weights_of
from layerwise.report import study_files

Facts = dict[str, Any]
NOTE = (
    "Judged again from what was kept of this study, without its trials. The least width of an "
    "interval is taken as if one test row in twenty were answered differently by the two networks; "
    "the rows' own, and the labels saved, come with its next run."
)
DIFFERENT = 0.05  # share of the test rows
PLACES = (0, 2, 4, 6, 8)  # of five draws in the circle of ten parts


def shared(budget: int, labelled: int, parts: int) -> float:
    """Return the mean share of labels of two of five draws, from where they begin in the circle of
    ten parts, of which ``parts`` are their own."""
    part = labelled / 10
    length = min(budget, parts * part)
    pairs = []
    for i in PLACES:
        for j in PLACES:
            if i < j:
                gap = (j - i) * part
                ahead, behind = max(0.0, length - gap), max(0.0, length - (10 * part - gap))
                pairs.append((ahead + behind) / length)
    return float(np.mean(pairs))


def again(row: Facts, f: float, rows: int, of_rows: bool) -> Estimate:
    """Return a kept difference with the spread that draws have who share ``f`` of their labels."""
    n, mean, error = row["draws"], row["mean"], row["error"]
    freedom = row.get("freedom") or _freedom(abs(mean) / error, row["p"])
    between, common = _parts(error**2, freedom, n, rows)
    between *= (1 + (n - 1) * f) / (1 - f)
    least = max(abs(mean) - mean**2, DIFFERENT) / rows / n if of_rows else 0.0
    variance = max(between, least) + common
    unsure = min(between, variance) ** 2 / (n - 1) + common**2 / (rows - 1)
    freedom = variance**2 / max(unsure, 1e-300)
    error = math.sqrt(variance)
    half = float(stats.t.ppf(0.975, freedom)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, freedom))
    return Estimate(mean, mean - half, mean + half, error, freedom, p, n)


def _freedom(t: float, p: float) -> float:
    """Return the degrees of freedom at which ``t`` has the p-value."""

    def gap(freedom: float) -> float:
        return float(2 * stats.t.sf(t, freedom)) - p

    return 4.0 if gap(4.0) * gap(1e6) >= 0 else float(optimize.brentq(gap, 4.0, 1e6))


def _parts(variance: float, freedom: float, n: int, rows: int) -> tuple[float, float]:
    """Return the draws' part of a variance and that of their common test rows, from Satterthwaite's
    degrees of freedom."""
    wanted = variance**2 / freedom

    def gap(between: float) -> float:
        return between**2 / (n - 1) + (variance - between) ** 2 / (rows - 1) - wanted

    low = variance / n  # the larger of the two roots
    if gap(variance) <= 0 or gap(low) >= 0:
        return variance, 0.0
    between = float(optimize.brentq(gap, low, variance))
    return between, variance - between


def rejudged(facts: Facts) -> Facts:
    """Return the facts of a study with tables and verdict as they are now."""
    metric = metric_named(facts["metric"], facts["task"])
    counts, budgets = facts["counts"], facts["study"]["labels"]
    own_test = facts["run"]["command"].find("--test") >= 0 or "mnist" in facts["data"]
    labelled = min(facts["study"]["rows"] or counts["labelled_rows"], counts["labelled_rows"])
    f = {b: shared(b, labelled, 10 if own_test else 8) for b in budgets}
    guess = {r["labels"]: r["mean"] for r in facts["summary"] if r["arm"] in ("majority", "mean")}
    level = {(r["arm"], r["labels"]): r["mean"] for r in facts["summary"]}
    for row in facts["summary"]:
        row |= {"one_class": 0, "cut": 0, "above_guess": row["mean"] > guess[row["labels"]]}
    per_draw = counts["test_rows"]
    names = list(dict.fromkeys(row["recipe"] for row in facts["differences"]))
    overall, differences = [], []
    for recipe in names:
        gate = next(r for r in facts["overall"] if r["recipe"] == recipe and r["control"])
        at = [r for r in facts["differences"] if r["recipe"] == recipe]
        regions = [_region(level[r["against"], r["labels"]], metric) for r in at]
        found = [again(r, f[r["labels"]], per_draw, metric.points) for r in at]
        weights = weights_of(budgets)
        mean = again(gate, float(weights @ [f[b] for b in budgets]), per_draw, metric.points)
        first, *each = family(
            mean.p, [one.p for one in found], 1, 1 if recipe == names[0] else len(names) - 1
        )
        about = {"recipe": recipe, "arm": gate["arm"], "against": gate["against"]}
        about["tested"] = recipe == names[0]
        overall.append(
            about
            | {"control": True, "budgets": budgets}
            | _row(mean, first, float(weights @ regions))
        )
        for row, one, p, region in zip(at, found, each, regions, strict=True):
            new = about | {"labels": row["labels"]} | _row(one, p, region)
            above = level[row["arm"], row["labels"]] > guess[row["labels"]]
            differences.append(new | {"state": _state(new, above)})
    facts |= _others(facts, names) | {"differences": differences}
    facts["overall"] = overall + facts["overall"]
    facts |= {"labels_saved": [], "best": _best(facts, budgets)}
    together = [b for b, share in f.items() if share > 0.05]
    facts["next_look"] = {"draws": 2 * facts["draws"], "shared": together}
    facts |= {"higher_is_better": metric.higher_is_better, "look": 1, "looks": [facts["draws"]]}
    facts["shared_labels"] = {str(b): value for b, value in f.items()}
    facts["notes"] = [n for n in facts["notes"] if "share labelled rows" not in n and n != NOTE]
    facts["notes"].append(NOTE)
    facts["luck"] = (
        f"The intervals speak of other labels and other test rows, with these {labelled:,} rows to "
        "pretrain on: what another pool would do is not in them."
    )
    facts["verdict"] = judge(facts | {"rows": [{"error": None}]}, metric, facts["luck"])
    return facts


def _region(control: float, metric: Any) -> float:
    return min(0.005, 0.1 * metric.error(control))


def _row(found: Estimate, p: float, region: float) -> Facts:
    interval = {"mean": found.mean, "low": found.low, "high": found.high, "draws": found.draws}
    error = {"error": found.error, "freedom": found.freedom, "p": found.p, "p_adjusted": p}
    nil = practically_nil(found, region)
    return interval | error | {"p_practically_nil": nil, "practical": region}


def _state(row: Facts, above: bool) -> str:
    if above and row["p_practically_nil"] >= SURE:
        return "nil"
    if row["p_adjusted"] < SIGNIFICANT and (above or row["mean"] < 0):
        return "helps" if row["mean"] > 0 else "hurts"
    return "unclear"


def _others(facts: Facts, names: list[str]) -> Facts:
    """Return the comparisons with baselines, adjusted as they are now, and how far arms are above a
    guess."""
    overall, against, half = [], [], {}
    for recipe in names:
        rows = [r for r in facts["overall"] if r["recipe"] == recipe and not r["control"]]
        for row, p in zip(rows, others([r["p"] for r in rows]), strict=True):
            overall.append(row | {"p_adjusted": p})
            if row["against"] in ("majority", "mean"):
                half[row["arm"]] = (row["high"] - row["low"]) / 2
        kept = facts.get("against_baselines") or facts["against_others"]
        part = [r for r in kept if r["recipe"] == recipe]
        for row, p in zip(part, others([r["p"] for r in part]), strict=True):
            other = row.get("baseline") or row["other"]
            new = {key: row[key] for key in row if key != "baseline"}
            against.append(new | {"other": other, "role": "baseline", "p_adjusted": p})
    facts.pop("against_baselines", None)
    guess = next(r["area"] for r in facts["areas"] if r["arm"] in ("majority", "mean"))
    widest = max(half.values())
    for row in facts["areas"]:
        gap = row["area"] - guess
        row["above_guess"] = {"mean": gap, "low": gap - half.get(row["arm"], widest)}
    return {"overall": overall, "against_others": against}


def _best(facts: Facts, budgets: list[int]) -> list[Facts]:
    """Return the arm of the highest mean at each budget; what is not worse cannot be told."""
    table = []
    for budget in budgets:
        rows = [row for row in facts["summary"] if row["labels"] == budget]
        top = max(rows, key=lambda row: row["mean"])
        about = {"labels": budget, "arm": top["arm"], "role": top["role"], "recipe": None}
        took = {"seconds": top["seconds"], "seconds_prepare": top["seconds_prepare"]}
        table.append(about | {"mean": top["mean"]} | took | {"arms": len(rows)})
        table[-1] |= {"level": [], "cheaper": None}
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STUDIES))
    for name in parser.parse_args().names or STUDIES:
        path = DOCS / f"{name}.json"
        facts = json.loads(path.read_text())
        if "against_others" in facts and NOTE not in facts["notes"]:
            print(f"{name}: judged by its trials already")
            continue
        was = facts["verdict"]["kind"]
        facts = rejudged(facts)
        path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
        page = study_files(facts | {"rows": []})["report.html"]
        (DOCS / f"{name}.html").write_bytes(page)
        print(f"{name}: {was} -> {facts['verdict']['kind']}\n  {facts['verdict']['text']}")


if __name__ == "__main__":
    main()
