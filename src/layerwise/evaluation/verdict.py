"""The verdict: rules over the numbers, and the words for each.

The rules, in order (``SIGNIFICANT`` is 0.05, ``SURE`` 0.95, ``FEWEST`` 3):

1. Fewer than three draws in common: ``too_few_draws``.
2. A cell is one recipe at one budget. It is *nil* when the probability that the difference lies within the region of practical
   equivalence is at least 0.95; else it *helps* or *hurts* when its p-value, adjusted over all cells of the study (Holm), is under
   0.05; else it is *unclear*.
3. The recipe that is spoken of has the highest learning curve (mean over the logarithm of the labels) among the recipes with a cell
   that helps, or among all when none does.
4. ``baseline``: at half of the budgets or more some baseline is better than that recipe (p under 0.05, Holm over baselines and
   budgets), and at no budget is the recipe better than every baseline.
5. ``helps``: some cell of the recipe helps. 6. ``hurts``: some cell of it hurts. 7. ``nil``: all its cells are nil.
8. ``not_separable``: anything else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

SIGNIFICANT, SURE, FEWEST = 0.05, 0.95, 3
KINDS = ("helps", "hurts", "nil", "not_separable", "baseline", "too_few_draws")
_MOST_DRAWS = 200

Table = list[dict[str, Any]]


def judge(tables: dict[str, Any], metric: str, practical: float) -> dict[str, Any]:
    """Return the verdict on the tables of a study.

    Returns
    -------
    dict
        ``kind``, ``text`` (the sentences of ``finding``, ``details`` and ``advice``), ``recipe``, and the budgets
        ``helps_at``, ``hurts_at``, ``nil_at``, ``unclear_at`` and ``baseline_at``.
    """
    differences: Table = tables["differences"]
    words = _Words(metric, practical)
    if not differences:
        return _verdict("not_separable", "No pretrained arm took part, so there is nothing to judge.", "", "", None, {})
    if min(row["draws"] for row in differences) < FEWEST:
        return _too_few(differences)
    recipe = _spoken_of(tables)
    cells = [row for row in differences if row["recipe"] == recipe]
    states = {name: [row for row in cells if state(row) == name] for name in ("helps", "hurts", "nil", "unclear")}
    beaten = _budgets_where(tables, recipe, lost=True)
    kind = _kind(states, cells, beaten, _beats_all(tables, recipe))
    advice = _advice(kind, recipe, states, beaten, tables, words)
    finding = _finding(kind, recipe, states, tables, words)
    others = [_rest(states, words), _baselines(recipe, beaten, tables, words), _cost(recipe, tables)]
    details = " ".join(part for part in others if part)
    return _verdict(kind, finding, details, advice, recipe, states, beaten)


def state(row: dict[str, Any]) -> str:
    """Return 'helps', 'hurts', 'nil' or 'unclear' for a row of the differences."""
    if row["p_practically_nil"] is not None and row["p_practically_nil"] >= SURE:
        return "nil"
    if row["p_study"] < SIGNIFICANT:
        return "helps" if row["mean"] > 0 else "hurts"
    return "unclear"


def _kind(states: dict[str, Table], cells: Table, beaten: list[int], ahead: list[int]) -> str:
    if 2 * len(beaten) >= len(cells) and not ahead:
        return "baseline"
    for name in ("helps", "hurts"):
        if states[name]:
            return name
    return "nil" if len(states["nil"]) == len(cells) else "not_separable"


def _spoken_of(tables: dict[str, Any]) -> str:
    """Return the recipe with the highest learning curve, of those that help somewhere if any does."""
    recipe_of = {row["arm"]: row["recipe"] for row in tables["differences"]}
    areas = {recipe_of[row["arm"]]: row["area"] for row in tables["areas"] if row["arm"] in recipe_of}
    helping = {row["recipe"] for row in tables["differences"] if state(row) == "helps"}
    among = [name for name in dict.fromkeys(recipe_of.values()) if name in helping or not helping]
    return max(among, key=lambda name: areas.get(name, -math.inf))


def _budgets_where(tables: dict[str, Any], recipe: str, *, lost: bool) -> list[int]:
    """Return the budgets at which some baseline is better than a recipe."""
    rows = [row for row in tables["against_baselines"] if row["recipe"] == recipe and row["p_adjusted"] < SIGNIFICANT]
    return sorted({row["labels"] for row in rows if (row["mean"] < 0) == lost})


def _beats_all(tables: dict[str, Any], recipe: str) -> list[int]:
    """Return the budgets at which a recipe is better than every baseline."""
    rows = [row for row in tables["against_baselines"] if row["recipe"] == recipe and row["draws"]]
    budgets = sorted({row["labels"] for row in rows})
    better = {(row["labels"], row["baseline"]) for row in rows if row["p_adjusted"] < SIGNIFICANT and row["mean"] > 0}
    return [b for b in budgets if all((b, row["baseline"]) in better for row in rows if row["labels"] == b)]


def _finding(kind: str, recipe: str, states: dict[str, Table], tables: dict[str, Any], words: _Words) -> str:
    """Return the sentence that a reader in a hurry takes away."""
    for name, most in (("helps", max), ("hurts", min)):
        if states[name]:
            start = f"Pretraining {name}" if kind == name else f"Against its own random start, pretraining {name}"
            row = most(states[name], key=lambda row: row["mean"])
            where = f": most with {row['labels']:,}, where" if len(states[name]) > 1 else ":"
            return f"{start} with {words.budgets(states[name])}{where} {recipe} has {words.cell(row, tables)}."
    rows = sorted(states["nil"] + states["unclear"], key=lambda row: row["labels"])
    if kind == "nil":
        return f"Pretraining with {recipe} makes no practical difference with {words.budgets(rows)}: {words.nil(rows)}."
    return (
        f"With {rows[0]['draws']} draws it cannot be told whether pretraining with {recipe} helps: the mean differences are "
        f"{words.means(rows)} with {words.budgets(rows)}, and none is clear of chance."
    )


def _rest(states: dict[str, Table], words: _Words) -> str:
    """Say what was seen at every budget."""
    said = {
        "helps": "it helps with",
        "hurts": "it hurts with",
        "nil": "it makes no practical difference with",
        "unclear": "nothing can be told with",
    }
    parts = []
    for name, text in said.items():
        if states[name]:
            shown = words.list(words.difference(row) for row in states[name])
            parts.append(f"{text} {words.budgets(states[name])} ({shown})")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}; in brackets 95 % intervals."


def _baselines(recipe: str, beaten: list[int], tables: dict[str, Any], words: _Words) -> str:
    best = _best_baseline(tables)
    if best is None:
        return ""
    if beaten:
        names = sorted(
            {
                row["baseline"]
                for row in tables["against_baselines"]
                if row["recipe"] == recipe and row["p_adjusted"] < SIGNIFICANT and row["mean"] < 0
            },
            key=lambda name: -_area(tables, name),
        )
        return f"A simple baseline is better with {words.numbers(beaten)} labels ({words.list(names)})."
    ahead = _beats_all(tables, recipe)
    where = (
        f"better than every baseline with {words.numbers(ahead)} labels" if ahead else "not shown to be better than every baseline"
    )
    return f"It is {where}; the highest of them is {best}{words.levels_of(best, tables)}."


def _best_baseline(tables: dict[str, Any]) -> str | None:
    rows = [row for row in tables["areas"] if row["role"] == "baseline"]
    return max(rows, key=lambda row: row["area"])["arm"] if rows else None


def _area(tables: dict[str, Any], arm: str) -> float:
    return next((row["area"] for row in tables["areas"] if row["arm"] == arm), -math.inf)


def _cost(recipe: str, tables: dict[str, Any]) -> str:
    arm = next(row["arm"] for row in tables["differences"] if row["recipe"] == recipe)
    rows = [row for row in tables["summary"] if row["arm"] == arm and row["seconds"] is not None]
    if not rows:
        return ""
    prepare = rows[0]["seconds_prepare"] or 0.0
    rest = sum(row["seconds"] - (row["seconds_prepare"] or 0.0) for row in rows) / len(rows)
    return f"Pretraining takes {_seconds(prepare)} once, fine-tuning {_seconds(rest)} a budget (settings tried included)."


def _advice(kind: str, recipe: str, states: dict[str, Table], beaten: list[int], tables: dict[str, Any], words: _Words) -> str:
    if kind == "baseline":
        return f"Use {_best_baseline(tables)}; a pretrained network is not worth its trouble here."
    if kind == "helps":
        return f"Pretrain with {recipe}{_saved(recipe, states['helps'], tables)}."
    if kind == "hurts":
        return f"Do not pretrain with {recipe}: start from random weights{_more_labels(recipe, tables, words)}."
    if kind == "nil":
        return f"Do not pretrain: it costs time and changes nothing{_more_labels(recipe, tables, words)}."
    return f"{_more_draws(states['unclear'], words)}{_more_labels(recipe, tables, words, start='')}"


def _saved(recipe: str, helped: Table, tables: dict[str, Any]) -> str:
    rows = {row["labels"]: row for row in tables["labels_saved"] if row["recipe"] == recipe}
    parts = []
    for labels in [row["labels"] for row in helped if row["labels"] in rows]:
        row = rows[labels]
        if row["needed"] is None:
            parts.append(f"with {labels:,} labels it does what random weights do not do with {row['most']:,}")
        elif row["needed"] > labels:
            low, high = (f"{row[end]:,.0f}" if row[end] is not None else f"more than {row['most']:,}" for end in ("low", "high"))
            parts.append(f"{labels:,} labels do the work of about {row['needed']:,.0f} ({low} to {high})")
    return f": {parts[0]}" if parts else ""


def _more_labels(recipe: str, tables: dict[str, Any], words: _Words, start: str = "; ") -> str:
    """Say what the next step in labels is worth to the control."""
    control = next(row["against"] for row in tables["differences"] if row["recipe"] == recipe)
    levels = [(row["labels"], row["mean"]) for row in tables["summary"] if row["arm"] == control and row["draws"]]
    if len(levels) < 2:
        return ""
    (fewer, low), (more, high) = levels[-2:]
    if high - low <= words.practical:
        return ""
    text = f"labelling more helps: from {fewer:,} to {more:,} labels the network without pretraining gains {words.gain(high - low)}"
    return f"{start}{text}" if start else f" {text[0].upper()}{text[1:]}."


def _more_draws(unclear: Table, words: _Words) -> str:
    """Say how many draws would tell a difference of the size seen."""
    seen = [row for row in unclear if abs(row["mean"]) > words.practical]
    if not seen:
        return "Do not pretrain on this evidence: every difference seen is practically nothing."
    row = max(seen, key=lambda row: abs(row["mean"]) / max(row["error"], 1e-12))
    half = (row["high"] - row["low"]) / 2
    needed = math.ceil(row["draws"] * (half / abs(row["mean"])) ** 2 * 1.3)
    if needed > _MOST_DRAWS:
        return "More draws would hardly tell."
    more = max(needed, row["draws"] + 1)
    return f"About {more} draws (--draws) would tell a difference of the size seen with {row['labels']:,} labels."


def _too_few(differences: Table) -> dict[str, Any]:
    fewest = min(row["draws"] for row in differences)
    advice = f"Run the same command with --draws 5 or more; what is there stays. At least {FEWEST} are needed for an interval."
    finding = f"{fewest} {'draw' if fewest == 1 else 'draws'} of labels cannot tell chance from effect."
    return _verdict("too_few_draws", finding, "", advice, differences[0]["recipe"], {})


def _verdict(
    kind: str, finding: str, details: str, advice: str, recipe: str | None, states: dict[str, Table], beaten: Sequence[int] = ()
) -> dict[str, Any]:
    text = " ".join(part for part in (finding, details, advice) if part)
    at = {f"{name}_at": [row["labels"] for row in states.get(name, [])] for name in ("helps", "hurts", "nil", "unclear")}
    parts = {"finding": finding, "details": details, "advice": advice}
    return {"kind": kind, "text": text} | parts | {"recipe": recipe} | at | {"baseline_at": list(beaten)}


class _Words:
    """Numbers in sentences: points for an accuracy, plain numbers for R²."""

    def __init__(self, metric: str, practical: float) -> None:
        self.points = metric == "accuracy"
        self.practical = practical

    def level(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.points else f"R² {value:.3f}"

    def signed(self, value: float) -> str:
        return (f"{100 * value:+.1f}" if self.points else f"{value:+.3f}").replace("-", "\N{MINUS SIGN}")

    def gain(self, value: float) -> str:
        return self.signed(value) + (" points" if self.points else " R²")

    def difference(self, row: dict[str, Any]) -> str:
        return f"{self.signed(row['mean'])} [{self.signed(row['low'])}, {self.signed(row['high'])}]"

    def cell(self, row: dict[str, Any], tables: dict[str, Any]) -> str:
        """Return the levels of both arms, and the difference."""
        mean = {(other["arm"], other["labels"]): other["mean"] for other in tables["summary"]}
        first, second = (self.level(mean[row[name], row["labels"]]) for name in ("arm", "against"))
        interval = f"95 % interval {self.signed(row['low'])} to {self.signed(row['high'])}"
        return f"{first} instead of {second} ({self.gain(row['mean'])}, {interval})"

    def means(self, rows: Table) -> str:
        return self.list(self.signed(row["mean"]) for row in rows) + (" points" if self.points else " R²")

    def nil(self, rows: Table) -> str:
        return f"the mean differences are {self.means(rows)}, within {self.size(self.practical)} with 95 % probability"

    def size(self, value: float) -> str:
        return f"{100 * value:g} points" if self.points else f"{value:g} R²"

    def levels_of(self, arm: str, tables: dict[str, Any]) -> str:
        means = [row["mean"] for row in tables["summary"] if row["arm"] == arm and row["draws"]]
        return f" ({self.list(self.level(mean) for mean in means)})" if means else ""

    def budgets(self, rows: Table) -> str:
        return f"{self.numbers(sorted(row['labels'] for row in rows))} labels"

    def numbers(self, values: Sequence[int]) -> str:
        return self.list(f"{value:,}" for value in values)

    @staticmethod
    def list(items: Any) -> str:
        """Return 'a, b and c'."""
        words = list(items)
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.1f} min"
