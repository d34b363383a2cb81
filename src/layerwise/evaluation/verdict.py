"""The verdict: rules over the numbers, and the words for each.

The rules, in order (``SIGNIFICANT`` is 0.05, ``SURE`` 0.95, ``FEWEST`` 3):

1. Fewer than three draws in common: ``too_few_draws``.
2. A recipe *differs* when its difference from its control, averaged over the budgets, has a p-value
   under 0.05, adjusted over the recipes (Holm). Only then is anything claimed of it: where nothing
   is there, a study claims something in at most 5 % of cases.
3. The recipe that is spoken of has the highest learning curve (mean over the logarithm of the
   labels) among the recipes that differ for the better, or among all when none does.
4. A budget of it is *nil* when the probability that the difference there is within the region of
   practical equivalence is at least 0.95; else it *helps* or *hurts* when the recipe differs and
   the p-value, adjusted over its budgets, is under 0.05; else it is *unclear*.
5. ``baseline``: averaged over the budgets some baseline is better than the recipe (p under 0.05,
   Holm over baselines), and at no budget is the recipe better than every baseline.
6. ``nil``: the average difference is practically nil (0.95), and no budget helps or hurts; of a
   recipe that does not differ no budget has a p-value under 0.05 without being nil.
7. ``helps``, ``hurts``: the recipe differs, for the better or the worse.
8. ``not_separable``: anything else.

Labels saved are told of the smallest budget that helps. A baseline whose learning curve is higher,
though not shown to be, is advised to be tried first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .._durable import Facts
from .wording import Words, seconds

SIGNIFICANT, SURE, FEWEST = 0.05, 0.95, 3
KINDS = ("helps", "hurts", "nil", "not_separable", "baseline", "too_few_draws")
_MOST_DRAWS = 200

Table = list[Facts]


def judge(tables: Facts, metric: str, practical: float, shared: Sequence[int] = ()) -> Facts:
    """Return the verdict on the tables of a study.

    Parameters
    ----------
    tables : dict
        What :func:`layerwise.evaluation.tables` returns.
    metric : {'accuracy', 'r2'}
    practical : float
        Half the region of practical equivalence.
    shared : sequence of int
        Budgets at which the draws share labelled rows, so that the intervals are too short for
        other rows.

    Returns
    -------
    dict
        ``kind``, ``text`` (the sentences of ``finding``, ``details`` and ``advice``), ``recipe``,
        and the budgets ``helps_at``, ``hurts_at``, ``nil_at`` and ``unclear_at``, and
        ``better_baselines``.
    """
    gates = [row for row in tables["overall"] if row["control"]]
    if not gates:
        return _verdict(
            "not_separable",
            "No pretrained arm took part, so there is nothing to judge.",
            "",
            "",
            None,
            {},
        )
    if max(row["draws"] for row in gates) < FEWEST:
        return _too_few(gates, tables)
    study = _Read(tables, Words(metric, practical))
    states = {
        name: [row for row in study.cells if study.state(row) == name]
        for name in ("helps", "hurts", "nil", "unclear")
    }
    own = _kind(study, states)
    kind = "baseline" if study.better_baselines() and not study.ahead() else own
    finding = _finding(own, study, kind)
    details = [
        _rest(study, states),
        _baselines(study),
        _shared(shared, study),
        _cost(study),
        _failed(gates),
    ]
    if kind == "baseline":
        finding, details = _beaten(study), [finding, *details]
    return _verdict(
        kind,
        finding,
        " ".join(part for part in details if part),
        _advice(kind, study, states),
        study.recipe,
        states,
        study.better_baselines(),
    )


class _Read:
    """The tables, read for the recipe that is spoken of."""

    def __init__(self, tables: Facts, words: Words) -> None:
        self.tables, self.words = tables, words
        self.gates = {
            row["recipe"]: row
            for row in tables["overall"]
            if row["control"] and row["draws"] >= FEWEST
        }
        self.areas = {row["arm"]: row["area"] for row in tables["areas"]}
        better = [
            name for name, row in self.gates.items() if self._differs(row) and row["mean"] > 0
        ]
        self.recipe: str = max(
            better or self.gates,
            key=lambda name: self.areas.get(self.gates[name]["arm"], -math.inf),
        )
        self.gate = self.gates[self.recipe]
        self.cells = [row for row in tables["differences"] if row["recipe"] == self.recipe]
        self.budgets = [row["labels"] for row in self.cells]
        self.differs = self._differs(self.gate)

    @staticmethod
    def _differs(row: Facts) -> bool:
        return bool(row["p_adjusted"] < SIGNIFICANT)

    def over(self) -> str:
        """Return 'over 20 to 500 labels', or 'with 20 labels'."""
        first, last = self.budgets[0], self.budgets[-1]
        return f"with {first:,} labels" if first == last else f"over {first:,} to {last:,} labels"

    def state(self, row: Facts) -> str:
        """Return 'helps', 'hurts', 'nil' or 'unclear' for a budget."""
        if row["p_practically_nil"] >= SURE:
            return "nil"
        if self.differs and row["p_adjusted"] < SIGNIFICANT:
            return "helps" if row["mean"] > 0 else "hurts"
        return "unclear"

    def better_baselines(self) -> list[str]:
        """Return the baselines that are better on average over the budgets, the highest first."""
        rows = [
            row
            for row in self.tables["overall"]
            if row["recipe"] == self.recipe and not row["control"]
        ]
        names = [
            row["against"] for row in rows if row["p_adjusted"] < SIGNIFICANT and row["mean"] < 0
        ]
        return sorted(names, key=lambda name: -self.areas.get(name, -math.inf))

    def ahead(self) -> list[int]:
        """Return the budgets at which the recipe is better than every baseline."""
        rows = [
            row
            for row in self.tables["against_baselines"]
            if row["recipe"] == self.recipe and row["draws"]
        ]
        better = {
            (row["labels"], row["baseline"])
            for row in rows
            if row["p_adjusted"] < SIGNIFICANT and row["mean"] > 0
        }
        budgets = sorted({row["labels"] for row in rows})
        return [
            b
            for b in budgets
            if all((b, row["baseline"]) in better for row in rows if row["labels"] == b)
        ]

    def best_baseline(self) -> str | None:
        """Return the baseline with the highest learning curve."""
        rows = [row for row in self.tables["areas"] if row["role"] == "baseline"]
        return max(rows, key=lambda row: row["area"])["arm"] if rows else None

    def level(self, arm: str, labels: int) -> float:
        """Return the mean score of an arm at a budget."""
        return next(
            row["mean"]
            for row in self.tables["summary"]
            if (row["arm"], row["labels"]) == (arm, labels)
        )

    def levels(self, arm: str) -> Table:
        """Return the rows of the summary of an arm that has results."""
        return [row for row in self.tables["summary"] if row["arm"] == arm and row["draws"]]


def _kind(study: _Read, states: dict[str, Table]) -> str:
    """Return what pretraining is worth against its own control."""
    loud = states["helps"] + states["hurts"]
    if not study.differs:
        loud = [row for row in states["unclear"] if row["p"] < SIGNIFICANT]
    if study.gate["p_practically_nil"] >= SURE and not loud:
        return "nil"
    if study.differs:
        return "helps" if study.gate["mean"] > 0 else "hurts"
    return "not_separable"


def _beaten(study: _Read) -> str:
    """Return the finding when a baseline is better: by how much, of the highest of those that
    are."""
    best = study.better_baselines()[0]
    row = next(
        row
        for row in study.tables["overall"]
        if (row["recipe"], row["against"]) == (study.recipe, best)
    )
    turned = row | {"mean": -row["mean"], "low": -row["high"], "high": -row["low"]}
    return (
        f"A simple baseline is better: {study.over()}, {best} is "
        f"{study.words.beside(turned, f'the pretrained {study.recipe}')}."
    )


def _finding(own: str, study: _Read, kind: str) -> str:
    """Return the sentence that a reader in a hurry takes away: what pretraining is worth against
    its own control."""
    words, gate, recipe, over = study.words, study.gate, study.recipe, study.over()
    beside = words.beside(gate, "its control")
    if own in ("helps", "hurts"):
        most = max if own == "helps" else min
        start = (
            f"Pretraining {own}" if kind == own else f"Against its own control, pretraining {own}"
        )
        row = most(study.cells, key=lambda row: row["mean"])
        first, second = (
            words.level(study.level(row[arm], row["labels"])) for arm in ("arm", "against")
        )
        where = "" if len(study.budgets) == 1 else f"; {own} most with {row['labels']:,}"
        return f"{start}: {over}, {recipe} is {beside}{where} ({first} instead of {second})."
    if own == "nil":
        return f"Pretraining with {recipe} makes no practical difference {over}: {beside}."
    start = f"With {gate['draws']} draws it cannot be told whether pretraining with {recipe} helps"
    return f"{start}: {over}, it is {beside}."


def _rest(study: _Read, states: dict[str, Table]) -> str:
    """Say what was seen at every budget."""
    if len(study.budgets) == 1:
        return ""
    said = {
        "helps": "it is shown to help with",
        "hurts": "it is shown to hurt with",
        "nil": "it makes no practical difference with",
        "unclear": "nothing can be told of",
    }
    words, parts = study.words, []
    for name, text in said.items():
        if states[name]:
            shown = words.list(words.difference(row) for row in states[name])
            parts.append(
                f"{text} {words.numbers([row['labels'] for row in states[name]])} labels ({shown})"
            )
    return f"By itself, {'; '.join(parts)}; in brackets 95 % intervals."


def _shared(shared: Sequence[int], study: _Read) -> str:
    if not shared:
        return ""
    return (
        f"With {study.words.numbers(shared)} labels the draws share labelled rows, so what is "
        "said of them holds for these rows."
    )


def _baselines(study: _Read) -> str:
    best, words = study.best_baseline(), study.words
    if best is None:
        return ""
    better = study.better_baselines()
    levels = words.list(words.level(row["mean"]) for row in study.levels(best))
    if better:
        return (
            f"Better than it on average over these budgets: {words.list(better)}. The highest "
            f"baseline, {best}, has {levels}."
        )
    ahead = study.ahead()
    where = (
        f"better than every baseline with {words.numbers(ahead)} labels"
        if ahead
        else "not shown to be better than every baseline"
    )
    return f"It is {where}; the highest of them, {best}, has {levels}."


def _cost(study: _Read) -> str:
    rows = [row for row in study.levels(study.gate["arm"]) if row["seconds"] is not None]
    if not rows:
        return ""
    prepare = rows[0]["seconds_prepare"] or 0.0
    rest = sum(row["seconds"] - (row["seconds_prepare"] or 0.0) for row in rows) / len(rows)
    return (
        f"Pretraining takes {seconds(prepare)} once, fine-tuning {seconds(rest)} a budget "
        "(settings tried included)."
    )


def _advice(kind: str, study: _Read, states: dict[str, Table]) -> str:
    if kind == "baseline":
        return (
            f"Use {study.better_baselines()[0]}; a pretrained network is not worth its trouble "
            "here."
        )
    if kind == "helps":
        where = (
            f" with {study.words.numbers([row['labels'] for row in states['helps']])} labels"
            if states["helps"]
            else ""
        )
        but = (
            f"; with {study.words.numbers([row['labels'] for row in states['hurts']])} do not"
            if states["hurts"]
            else ""
        )
        first = _try_first(study)
        do = f"{first}For a network, pretrain" if first else "Pretrain"
        return f"{do} with {study.recipe}{where if but else ''}{but}{_saved(study, states)}."
    if kind == "hurts":
        return (
            f"Do not pretrain with {study.recipe}: its control, {study.gate['against']}, is "
            f"better.{_more_labels(study)}"
        )
    if kind == "nil":
        return f"Do not pretrain: it costs time and changes nothing.{_more_labels(study)}"
    return f"{_try_first(study)}{_more_draws(study)}{_more_labels(study)}"


def _try_first(study: _Read) -> str:
    """Name the baseline that is higher, though nothing shows that it is better than the pretrained
    network."""
    best = study.best_baseline()
    if (
        best is None
        or study.areas[best] <= study.areas[study.gate["arm"]]
        or study.better_baselines()
    ):
        return ""
    return (
        f"Try {best} first: its scores are higher on average, though {study.gate['draws']} "
        "draws do not show that it is better. "
    )


def _saved(study: _Read, states: dict[str, Table]) -> str:
    """Say how many labels of the control the pretrained network saves, at the smallest budget that
    helps, or could."""
    helps, hurts = ([row["labels"] for row in states[name]] for name in ("helps", "hurts"))
    for row in study.tables["labels_saved"]:
        budget = row["labels"]
        if (
            row["recipe"] != study.recipe
            or budget in (*hurts, row["most"])
            or (helps and budget not in helps)
        ):
            continue
        if row["needed"] is not None and row["needed"] > row["labels"]:
            low, high = (
                f"{row[end]:,.0f}" if row[end] is not None else f"more than {row['most']:,}"
                for end in ("low", "high")
            )
            return (
                f": {row['labels']:,} labels do the work of about {row['needed']:,.0f} ({low} "
                f"to {high})"
            )
        if row["needed"] is None:
            return (
                f": with {row['labels']:,} labels it does what its control does not do with "
                f"{row['most']:,}"
            )
    return ""


def _more_labels(study: _Read) -> str:
    """Say what the next step in labels is worth to the control."""
    levels = [(row["labels"], row["mean"]) for row in study.levels(study.gate["against"])]
    if len(levels) < 2:
        return ""
    (fewer, low), (more, high) = levels[-2:]
    if high - low <= study.words.practical:
        return ""
    return (
        f" More labels help: from {fewer:,} to {more:,} the network without pretraining gains "
        f"{study.words.gain(high - low)}."
    )


def _more_draws(study: _Read) -> str:
    """Say how many draws would tell a difference of the size seen."""
    gate = study.gate
    if abs(gate["mean"]) <= study.words.practical:
        return "Do not pretrain on this evidence: the difference seen is practically nothing."
    half = (gate["high"] - gate["low"]) / 2
    needed = math.ceil(
        1.3 * gate["draws"] * (half / abs(gate["mean"])) ** 2
    )  # a third more, for luck
    if needed > _MOST_DRAWS:
        return "More draws would hardly tell."
    return (
        f"About {max(needed, gate['draws'] + 1)} draws (--draws) would tell a difference of "
        "the size seen."
    )


def _too_few(gates: Table, tables: Facts) -> Facts:
    most = max(row["draws"] for row in gates)
    advice = (
        "Run the same command with --draws 5 or more; what is there stays. At least "
        f"{FEWEST} are needed for an interval."
    )
    finding = f"{most} {'draw' if most == 1 else 'draws'} of labels cannot tell chance from effect."
    if any(row["error"] for row in tables["rows"]):
        finding = (
            f"{most} draws ended with a result for both arms of a recipe at every number of "
            "labels: too few to tell anything."
        )
        advice = "Trials failed; the notes say why. The same command tries them again."
    return _verdict("too_few_draws", finding, "", advice, gates[0]["recipe"], {})


def _failed(gates: Table) -> str:
    """Name the recipes of which nothing can be said."""
    names = [row["recipe"] for row in gates if row["draws"] < FEWEST]
    return (
        f"Nothing is said of {Words.list(names)}: too many of their trials failed." if names else ""
    )


def _verdict(
    kind: str,
    finding: str,
    details: str,
    advice: str,
    recipe: str | None,
    states: dict[str, Table],
    better: Sequence[str] = (),
) -> Facts:
    text = " ".join(part for part in (finding, details, advice) if part)
    at = {
        f"{name}_at": [row["labels"] for row in states.get(name, [])]
        for name in ("helps", "hurts", "nil", "unclear")
    }
    parts = {"finding": finding, "details": details, "advice": advice}
    return (
        {"kind": kind, "text": text}
        | parts
        | {"recipe": recipe}
        | at
        | {"better_baselines": list(better)}
    )
