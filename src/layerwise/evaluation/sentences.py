"""The sentences of a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .read import Read, Table
from .wording import seconds

_MOST_DRAWS = 200


def beaten_by(study: Read) -> str:
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


def finding_of(own: str, study: Read, kind: str) -> str:
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


def rest_of(study: Read, states: dict[str, Table]) -> str:
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


def shared_said(shared: Sequence[int], study: Read) -> str:
    """Say at which budgets draws share labelled rows."""
    if not shared:
        return ""
    return (
        f"With {study.words.numbers(shared)} labels the draws share labelled rows, so what is "
        "said of them holds for these rows."
    )


def baselines_said(study: Read) -> str:
    """Say how the recipe stands beside the baselines."""
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


def cost_of(study: Read) -> str:
    """Say what pretraining takes."""
    rows = [row for row in study.levels(study.gate["arm"]) if row["seconds"] is not None]
    if not rows:
        return ""
    prepare = rows[0]["seconds_prepare"] or 0.0
    rest = sum(row["seconds"] - (row["seconds_prepare"] or 0.0) for row in rows) / len(rows)
    return (
        f"Pretraining takes {seconds(prepare)} once, fine-tuning {seconds(rest)} a budget "
        "(settings tried included)."
    )


def advice_for(kind: str, study: Read, states: dict[str, Table]) -> str:
    """Say what to do."""
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


def _try_first(study: Read) -> str:
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


def _saved(study: Read, states: dict[str, Table]) -> str:
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


def _more_labels(study: Read) -> str:
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


def _more_draws(study: Read) -> str:
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
