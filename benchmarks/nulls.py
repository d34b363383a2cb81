"""Does a study claim what is not there, and cover what is? ``python -m benchmarks.nulls`` (hours
with the default of 400 studies a setting; ``--quick`` minutes).

Made-up tables, learners that are fitted in no time (shrunk linear discriminants, ridge regression),
and everything else as ``layerwise compare`` has it at its default design: draws, budgets, metric,
intervals, adjustment, verdict.

* ``swap``: the two arms of a recipe learn from two halves of the columns that say as much: of equal
  skill in expectation, one of them luckier on a given table. Any claim is false.
* ``noise``: both learn from the same columns, each with noise of its own. Any claim is false.
* a gain: as ``swap``, the first arm better by a known amount. Intervals must cover it.

Every setting is one line of ``benchmarks/results/nulls.jsonl``; what stands there is not run again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import stats

from layerwise.evaluation import (
    Cells,
    Metric,
    Outcome,
    Study,
    StudyData,
    judge,
    judging,
    tables,
)
from layerwise.evaluation.claims import SIGNIFICANT
from layerwise.evaluation.design import fewest_labels, make_draw, shared_by
from layerwise.evaluation.measures import packed
from layerwise.evaluation.metrics import SMALLEST
from layerwise.evaluation.savings import labels_needed
from layerwise.evaluation.statistics import (
    RowScores,
    averaged,
    holm,
    weights_of,
)

OUT = Path(__file__).parent / "results" / "nulls.jsonl"
COLUMNS = 6  # that one arm sees
ROWS = (120, 200, 300, 1000, 2000)
KINDS = ("two", "ten", "10%", "2%", "normal", "lognormal")
TESTED = 1000  # rows of a test part of its own
GAINS = (0.01, 0.02, 0.04)
SHARES = {"two": (0.5, 0.5), "ten": (0.1,) * 10, "10%": (0.9, 0.1), "2%": (0.98, 0.02)}
APART = {"two": 0.5, "ten": 1.0, "10%": 0.9, "2%": 1.1}  # spread of the class means


@dataclass(frozen=True)
class Setting:
    """What is simulated."""

    kind: str
    rows: int
    null: str = "swap"
    recipes: int = 1
    test: bool = False
    gain: float = 0.0


def made(setting: Setting, rng: np.random.Generator) -> tuple[StudyData, list[np.ndarray]]:
    """Return data with labels alone, and the columns that each arm sees, of all rows."""
    total = setting.rows + (TESTED if setting.test else 0)
    count = setting.recipes * (2 if setting.null == "swap" else 1)
    if setting.kind in SHARES:
        share = SHARES[setting.kind]
        y: np.ndarray = rng.choice(len(share), total, p=share)
        means = APART[setting.kind] * rng.normal(size=(len(share), COLUMNS))
        blocks = [means[y] + rng.normal(size=(total, COLUMNS)) for _ in range(count)]
    else:
        hidden = rng.normal(size=(total, COLUMNS))
        signal = hidden.sum(axis=1) / math.sqrt(COLUMNS) + 0.5 * rng.normal(size=total)
        y = signal if setting.kind == "normal" else np.exp(signal)
        blocks = [hidden + rng.normal(size=(total, COLUMNS)) for _ in range(count)]
    n, classes = setting.rows, len(SHARES.get(setting.kind, ()))
    keys = tuple(i.to_bytes(4, "big") for i in range(total))
    test_X, test_y = (np.zeros((TESTED, 1)), y[n:]) if setting.test else (None, None)
    names = tuple(map(str, range(classes)))
    return StudyData("made up", np.zeros((n, 1)), y[:n], names, test_X, test_y, keys), blocks


def discriminant(X: np.ndarray, y: np.ndarray, classes: int, test: np.ndarray) -> np.ndarray:
    """Return probabilities by a linear discriminant with a shrunk covariance."""
    n, d = X.shape
    counts = np.bincount(y, minlength=classes)
    means = np.zeros((classes, d))
    np.add.at(means, y, X)
    means /= np.maximum(counts, 1)[:, None]
    rest = X - means[y]
    covariance = rest.T @ rest / max(n - classes, 1)
    shrink = 0.2 if n > 4 * d else 0.5
    scale = np.trace(covariance) / d + 1e-3
    covariance = (1 - shrink) * covariance + shrink * scale * np.eye(d)
    weights = np.linalg.solve(covariance, means.T)
    bias = np.log((counts + 0.5) / (n + 0.5 * classes)) - 0.5 * (means.T * weights).sum(axis=0)
    logits = 0.8 * (test @ weights + np.where(counts, bias, -1e3))
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def ridge(X: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return numbers by ridge regression."""
    centre = X.mean(axis=0)
    inner = (X - centre).T @ (X - centre) + 3.0 * np.eye(X.shape[1])
    return y.mean() + (test - centre) @ np.linalg.solve(inner, (X - centre).T @ (y - y.mean()))


def answered(
    setting: Setting,
    data: StudyData,
    block: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return answers and probabilities for the test rows, from the labelled rows of a block."""
    X, rows = block[labels], block[test]
    if setting.null == "noise":
        X = X + 0.7 * rng.normal(size=X.shape)
    if not data.classes:
        return ridge(X, data.y[labels], rows), None
    probability = discriminant(X, data.y[labels], len(data.classes), rows)
    return probability.argmax(axis=1), probability


def better(rows: np.ndarray, metric: Metric, gain: float, rng: np.random.Generator) -> np.ndarray:
    """Return row scores that are better by ``gain`` on average."""
    if metric.points:
        wrong = rows == 0
        share = gain / max(float(wrong.mean()), 1e-9)
        return rows + (wrong & (rng.random(len(rows)) < share))
    return rows + metric.sign * gain * rng.uniform(0, 2, len(rows))


def outcome_of(setting: Setting, seed: int, draws: int | None = None) -> Outcome | None:
    """Return a study; None where a class is too rare for one."""
    rng = np.random.default_rng([seed, setting.rows, KINDS.index(setting.kind), setting.recipes])
    data, blocks = made(setting, rng)
    if data.classes and np.bincount(data.y, minlength=len(data.classes)).min() < 10:
        return None
    study = Study(seed=seed, draws=draws)
    study = study.fitted(setting.rows, fewest_labels(data, study), len(data.classes))
    metric, _ = judging(data)
    dealt = [make_draw(data, study, i) for i in range(study.draws or 0)]
    arms, records = [], []
    for p, start in itertools.product(range(setting.recipes), ("pretrained", "control")):
        name, against = f"{p} {start}", f"{p} control" if start == "pretrained" else None
        arms.append(SimpleNamespace(name=name, role=start, against=against, group=f"recipe {p}"))
        place = 2 * p + (start == "control") if setting.null == "swap" else p
        gain = setting.gain if (p, start) == (0, "pretrained") else 0.0
        for draw, labels in itertools.product(dealt, study.labels or ()):
            luck = np.random.default_rng([seed, draw.index, labels, len(arms)])
            test = draw.test + (setting.rows if setting.test else 0)
            truth = data.y[draw.test] if data.test_y is None else data.test_y
            answer, probability = answered(
                setting, data, blocks[place], draw.order[:labels], test, luck
            )
            about = {"arm": name, "role": start, "labels": labels, "draw": draw.index}
            records.append(about | record_of(data, metric, truth, answer, probability, gain, luck))
    own = data.test_y is not None
    sharing = {b: shared_by(dealt, b, own) for b in study.labels or ()}
    drawn = {draw.index: draw for draw in dealt}
    indices = tuple(drawn)
    return Outcome(study, data, tuple(arms), records, indices, drawn, sharing, (), 0.0)


def record_of(
    data: StudyData,
    metric: Metric,
    truth: np.ndarray,
    answer: np.ndarray,
    probability: np.ndarray | None,
    gain: float,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return what a trial keeps, as far as the verdict needs it."""
    measures = {"recall": [None] * len(data.classes), "answered": len(np.unique(answer))}
    if not data.classes:
        error = truth - answer
        if gain:  # smaller errors, as far as the metric sees them
            error = error_with(error, metric, gain, float(np.var(truth)), rng)
        return {"rows": {"error": packed(error, "<f8")}, "measures": measures}
    if metric.name == "accuracy":
        rows = (truth == answer).astype(float)
    else:
        assert probability is not None
        rows = -np.log(np.clip(probability[np.arange(len(truth)), truth], SMALLEST, 1))
    rows = better(rows, metric, gain, rng) if gain else rows
    kind = "bits" if metric.name == "accuracy" else "<f4"
    return {"rows": {metric.name: packed(rows, kind)}, "measures": measures}


def error_with(
    error: np.ndarray, metric: Metric, gain: float, variance: float, rng: np.random.Generator
) -> np.ndarray:
    """Return errors whose squares, or sizes, are smaller on average by ``gain``: a share of the
    variance, or a size."""
    if metric.name == "r2":
        share = gain * variance / max(float((error**2).mean()), 1e-300)
        return error * np.sqrt(1 - np.clip(share * rng.uniform(0.5, 1.5, len(error)), 0, 1))
    share = gain / max(float(np.abs(error).mean()), 1e-300)
    return error * (1 - np.clip(share * rng.uniform(0, 2, len(error)), 0, 1))


def former(cells: Cells, first: str, second: str, labels: tuple[int, ...]) -> tuple[float, ...]:
    """Return mean, error and p of the interval that came before: ``s² / n + c``, whatever draws
    share, without a floor."""
    weights = weights_of(labels)
    gaps = []
    for draw in cells.draws:
        each = [
            cells.oriented(first, b, draw).minus(cells.oriented(second, b, draw)) for b in labels
        ]
        gaps.append(averaged(each, weights))
    return _former(gaps)


def _former(gaps: list[RowScores]) -> tuple[float, ...]:
    from layerwise.evaluation.statistics import _covariance

    n, means = len(gaps), np.array([gap.values.mean() for gap in gaps])
    between = float(means.var(ddof=1)) / n
    common, rows = _covariance(gaps)
    variance = between + common
    if variance <= 1e-24:
        return float(means.mean()), 0.0, 1.0, 0.0
    unsure = between**2 / (n - 1) + (common**2 / (rows - 1) if rows > 1 else 0.0)
    freedom = variance**2 / unsure
    error = math.sqrt(variance)
    p = float(2 * stats.t.sf(abs(means.mean()) / error, freedom))
    return float(means.mean()), error, p, float(stats.t.ppf(0.975, freedom)) * error


def one_study(setting: Setting, seed: int, draws: int | None = None, look: int = 1) -> Any:
    """Return what one study claims and covers; None where there is none."""
    outcome = outcome_of(setting, seed, draws)
    if outcome is None:
        return None
    cells = Cells(outcome)
    found = tables(outcome, cells.metric, look, savings=bool(setting.gain))
    verdict = judge(found, cells.metric)
    gates = [row for row in found["overall"] if row["control"]]
    rows = [row for row in (*gates, *found["differences"]) if row["recipe"] == "recipe 0"]
    exploratory = [
        row
        for row in (*gates, *found["differences"])
        if not row["tested"] and row["p_adjusted"] < SIGNIFICANT
    ]
    labels = outcome.study.labels or ()
    old = [former(cells, row["arm"], row["against"], labels) for row in gates]
    old_at = [former(cells, "0 pretrained", "0 control", (b,)) for b in labels]
    old_p = holm([one[2] for one in old])
    levels = {b: cells.metric.sign * cells.level("0 control", b).mean for b in labels}
    saved = [row for row in found["labels_saved"] if row["recipe"] == "recipe 0"]
    return {
        "kind": verdict["kind"],
        "claims": bool(verdict["helps_at"] or verdict["hurts_at"] or verdict["better"])
        or verdict["kind"] in ("helps", "hurts", "depends_on_labels"),
        "exploratory": bool(exploratory),
        "former": min(old_p) < SIGNIFICANT,
        "rows": [(row["mean"], row["low"], row["high"]) for row in rows],
        "former_rows": [(m, m - half, m + half) for m, _, _, half in (old[0], *old_at)],
        "levels": levels,
        "saved": [(r["labels"], r["low"], r["high"], r["low_or_fewer"]) for r in saved],
        "metric": cells.metric.name,
        "more": "--draws" in verdict["advice"],
    }


def run(setting: Setting, studies: int, workers: int) -> dict[str, Any]:
    """Return the figures of a setting."""
    found: list[dict[str, Any]] = []
    for start in range(0, 3 * studies, studies):  # until so many have no class that is too rare
        jobs = (delayed(one_study)(setting, seed) for seed in range(start, start + studies))
        found += [one for one in Parallel(workers)(jobs) if one is not None]
        if not studies / 4 <= len(found) < studies:
            break
    found = found[:studies]
    n = len(found)
    result = asdict(setting) | {"studies": n}
    if n < studies / 4:  # a class is too rare at this size
        return result
    result |= {
        "metric": max({one["metric"] for one in found}, key=[o["metric"] for o in found].count),
        "claims": sum(one["claims"] for one in found),
        "with_exploratory": sum(one["claims"] or one["exploratory"] for one in found),
        "former": sum(one["former"] for one in found),
        "nil": sum(one["kind"] == "nil" for one in found),
    }
    most = max({len(one["rows"]) for one in found}, key=[len(o["rows"]) for o in found].count)
    found = [one for one in found if len(one["rows"]) == most]
    for name in ("rows", "former_rows"):
        values = np.array([one[name] for one in found], dtype=float)
        truth = setting.gain
        inside = (values[:, :, 1] <= truth) & (truth <= values[:, :, 2])
        result[f"covered_{name}"] = inside.mean(axis=0).round(4).tolist()
        result[f"width_{name}"] = (
            np.median(values[:, :, 2] - values[:, :, 1], axis=0).round(5).tolist()
        )
    if setting.gain:
        result["saved"] = saved_covered(found, setting.gain)
    return result


def saved_covered(found: list[dict[str, Any]], gain: float) -> list[float]:
    """Return how often the labels that a control truly needs are covered, for each budget but the
    last; the truth is read off the mean curve of all studies."""
    budgets = list(found[0]["levels"])
    curve = [float(np.mean([one["levels"][b] for one in found])) for b in budgets]
    shares = []
    for k, budget in enumerate(budgets[:-1]):
        truth = labels_needed(curve[k] + gain, budgets, curve)
        inside = 0
        for one in found:
            _, low, high, fewer = next(row for row in one["saved"] if row[0] == budget)
            least = 0.0 if fewer else math.inf if low is None else low
            inside += least <= truth and (high is None or truth <= high)
        shares.append(round(inside / len(found), 4))
    return shares


def looks(setting: Setting, studies: int, workers: int) -> dict[str, Any]:
    """Return how often something is claimed by who doubles the draws while nothing is claimed,
    whether or not it is advised."""

    def follow(seed: int) -> tuple[bool, bool] | None:
        first = one_study(setting, seed)
        if first is None:
            return None
        if first["claims"]:
            return True, False
        outcome = outcome_of(setting, seed)
        assert outcome is not None and outcome.study.draws is not None
        return one_study(setting, seed, 2 * outcome.study.draws, look=2)["claims"], True

    found = Parallel(workers)(delayed(follow)(seed) for seed in range(studies))
    kept = [one for one in found if one is not None]
    return asdict(setting) | {
        "followed": True,
        "studies": len(kept),
        "claims": sum(one[0] for one in kept),
        "more": sum(one[1] for one in kept),
    }


def settings(quick: bool) -> Iterator[Setting]:
    """Yield the settings, the nulls first."""
    rows = (200, 1000) if quick else ROWS
    for kind, n, null in itertools.product(KINDS, rows, ("swap", "noise")):
        yield Setting(kind, n, null)
    for kind, n, gain in itertools.product(KINDS, rows, (0.02, 0.01, 0.04)):
        yield Setting(kind, n, gain=gain)
    for kind, n in itertools.product(KINDS, rows):
        yield Setting(kind, n, test=True)
    for kind, n in itertools.product(KINDS, rows):
        yield Setting(kind, n, recipes=3)
    for kind, n in itertools.product(KINDS, rows):
        yield Setting(kind, n, "noise", test=True)
    for kind, n in itertools.product(KINDS, (200, 1000)):
        yield Setting(kind, n, test=True, gain=0.02)


NAMES = {"two": "two classes", "ten": "ten classes", "10%": "10 % positives", "2%": "2 % positives"}


def table(lines: list[dict[str, Any]]) -> str:
    """Return the tables of docs/comparing.md."""
    kept = {_key(line): line for line in lines if "claims" in line}

    def of(setting: Setting, followed: bool = False) -> dict[str, Any] | None:
        return kept.get(_key(asdict(setting) | ({"followed": True} if followed else {})))

    def share(line: dict[str, Any] | None, name: str = "claims") -> str:
        return "" if line is None else f"{100 * line[name] / line['studies']:.1f}"

    claims = [
        "| false claims, % | rows | swap | noise | three recipes | + exploratory | test part: swap "
        "| noise | former: swap | noise |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    cover = [
        "| covered, % | rows | average | each budget | former | width, times the former "
        "| labels saved |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, n in itertools.product(KINDS, ROWS):
        swap, noise = of(Setting(kind, n)), of(Setting(kind, n, "noise"))
        three = of(Setting(kind, n, recipes=3))
        apart = [of(Setting(kind, n, null, test=True)) for null in ("swap", "noise")]
        if swap is None:
            continue
        cells = [share(one) for one in (swap, noise, three)]
        cells += [share(three, "with_exploratory"), *map(share, apart)]
        cells += [share(one, "former") for one in (swap, noise)]
        claims.append(f"| {NAMES.get(kind, kind)} | {n:,} | {' | '.join(cells)} |")
        gains = [one for g in GAINS if (one := of(Setting(kind, n, gain=g))) is not None]
        if gains:
            cover.append(f"| {NAMES.get(kind, kind)} | {n:,} | {_covered(gains)} |")
    power = ["| something claimed, % | rows | gain | now | former |", "|---|---|---|---|---|"]
    for kind, n, gain in itertools.product(KINDS, ROWS, GAINS):
        line = of(Setting(kind, n, gain=gain))
        if line is not None:
            cells = [share(line), share(line, "former")]
            power.append(f"| {NAMES.get(kind, kind)} | {n:,} | {gain} | {' | '.join(cells)} |")
    more = ["| draws doubled while nothing is claimed, % | rows | claims |", "|---|---|---|"]
    for kind, n in itertools.product(KINDS, (300, 1000)):
        line = of(Setting(kind, n), followed=True)
        if line is not None:
            more.append(f"| {NAMES.get(kind, kind)} | {n:,} | {share(line)} |")
    return "\n\n".join("\n".join(part) for part in (claims, cover, power, more))


def _covered(gains: list[dict[str, Any]]) -> str:
    """Return the cells of a row: coverage of all gains together."""

    def mean(name: str) -> np.ndarray:
        return np.mean([one[name] for one in gains], axis=0)

    now, before = mean("covered_rows"), mean("covered_former_rows")
    width = np.mean(mean("width_rows") / mean("width_former_rows"))
    budgets = ", ".join(f"{100 * v:.1f}" for v in now[1:])
    saved = ", ".join(f"{100 * v:.1f}" for v in mean("saved"))
    former_ = f"{100 * before[0]:.1f}; {', '.join(f'{100 * v:.1f}' for v in before[1:])}"
    return f"{100 * now[0]:.1f} | {budgets} | {former_} | {width:.2f} | {saved}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="two sizes, fewer combinations")
    parser.add_argument("--only", help="settings whose line holds this text")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--table", action="store_true", help="print the tables of what is there")
    options = parser.parse_args()
    text = options.out.read_text().splitlines() if options.out.exists() else []
    lines = [json.loads(line) for line in text]
    if options.table:
        print(table(lines))
        return
    there = {_key(line) for line in lines}
    todo = [(run, setting) for setting in settings(options.quick)]
    todo += [(looks, Setting(kind, n)) for n in (1000, 300) for kind in KINDS]
    for what, setting in todo:
        key = _key(asdict(setting) | ({"followed": True} if what is looks else {}))
        if key in there or (options.only and options.only not in key):
            continue
        studies = options.studies // 3 if setting.gain else options.studies
        line = json.dumps(what(setting, studies, options.workers))
        print(line, flush=True)
        with options.out.open("a") as file:
            file.write(line + "\n")


def _key(line: dict[str, Any]) -> str:
    names = [*Setting.__dataclass_fields__, "followed"]
    return " ".join(str(line.get(name, False)) for name in names)


if __name__ == "__main__":
    main()
