"""What to use, and what to do next."""

from __future__ import annotations

import math

from scipy import stats

from .._durable import Facts
from .claims import LATER, PRETRAINING
from .read import Read
from .wording import Words, between, seconds

Ranges = list[list[Facts]]


def best_of(tables: Facts, words: Words) -> str:
    """Name the arm of the highest mean for each range of budgets, with what it costs."""
    ranges = ranges_of(tables["best"])
    if not ranges:
        return ""
    parts = [_range(rows, words) for rows in ranges]
    arms = max(row["arms"] for row in tables["best"])
    return f"Best of {arms} arms by the mean: {'; '.join(parts)}.{_cheaper(ranges)}"


def ranges_of(best: list[Facts]) -> Ranges:
    """Return the rows of neighbouring budgets with the same best arm together."""
    ranges: Ranges = []
    for row in best:
        if ranges and ranges[-1][-1]["arm"] == row["arm"]:
            ranges[-1].append(row)
        else:
            ranges.append([row])
    return ranges


def _range(rows: list[Facts], words: Words) -> str:
    levels = words.levels([row["mean"] for row in rows])
    took = sum(row["seconds"] for row in rows) / len(rows)
    labels = [row["labels"] for row in rows]
    return f"{between(labels)} {rows[0]['arm']} ({levels}; {seconds(took)})"


def _cheaper(ranges: Ranges) -> str:
    """Name what is not shown to be worse and takes at most half the time."""
    found: dict[str, list[int]] = {}
    for rows in ranges:
        for row in rows:
            if row["cheaper"]:
                found.setdefault(row["cheaper"], []).append(row["labels"])
    if not found:
        return ""
    named = Words.list(
        f"{arm} ({Words.list(f'{b:,}' for b in budgets)} labels)" for arm, budgets in found.items()
    )
    return f" Not shown to be worse, and cheaper: {named}."


def advice_for(own: str, kind: str, study: Read) -> str:
    """Say what to do: what pretraining is good for, then more labels or more draws."""
    do = {
        "helps": _pretrain,
        "depends_on_labels": _pretrain_where,
        "hurts": _do_not,
        "nil": _no_need,
        "no_better_than_guessing": _look_again,
        "not_separable": _more_draws,
    }[own](study)
    if kind != own:
        better = study.better()[0]["against"]
        if own in ("helps", "depends_on_labels"):
            do = f"Use {better}. If it has to be {study.recipe}, {do[:1].lower()}{do[1:]}"
        else:
            do = f"Use {better}."
    return f"{do}{_more_labels(study)}"


def _pretrain(study: Read) -> str:
    best = [b for b in study.averaged if study.is_among_best(b)]
    if best == study.averaged:
        return f"Pretrain with {study.recipe}.{_saved(study)}"
    if study.better():
        return f"Pretrain a network like {study.recipe}.{_saved(study)}"
    if not best:
        first = Words.list(dict.fromkeys(row["arm"] for row in study.tables["best"]))
        return f"Take {first}; a network like {study.recipe} is better pretrained.{_saved(study)}"
    return (
        f"Pretrain with {study.recipe} {_with(best)}; elsewhere another arm is better."
        f"{_saved(study)}"
    )


def _pretrain_where(study: Read) -> str:
    parts = []
    for name, words in {
        "helps": f"pretrain with {study.recipe}",
        "hurts": "do not pretrain"
        if study.states["helps"]
        else f"do not pretrain with {study.recipe}",
        "nil": "it makes no difference",
        "unclear": "it is not told",
    }.items():
        if rows := study.states[name]:
            parts.append(f"{words} {_with([row['labels'] for row in rows])}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}.{_saved(study) if study.states['helps'] else ''}"


def _do_not(study: Read) -> str:
    return f"Do not pretrain with {study.recipe}: its control, {study.gate['against']}, is better."


def _no_need(study: Read) -> str:
    return "Do not pretrain: it costs time and changes nothing."


def _look_again(study: Read) -> str:
    return (
        "Look at the columns and the labels before any network: the target may not be in them, or "
        "so few labels do not show it."
    )


def _with(budgets: list[int]) -> str:
    return f"with {Words.list(f'{b:,}' for b in sorted(budgets))} labels"


def _saved(study: Read) -> str:
    """Say how many labels of the control the pretrained network saves, at the smallest budget that
    helps, or could; the ends of the interval always."""
    helps, hurts = ([row["labels"] for row in study.states[name]] for name in ("helps", "hurts"))
    for row in study.tables["labels_saved"]:
        budget = row["labels"]
        if (
            row["recipe"] != study.recipe
            or budget in (*hurts, row["most"])
            or (helps and budget not in helps)
            or (row["needed"] is not None and row["needed"] <= budget)
        ):
            continue
        needed = f"{row['needed']:,.0f}" if row["needed"] else f"more than {row['most']:,}"
        about = "about " if row["needed"] else ""
        return f" {budget:,} labels then do the work of {about}{needed} without ({_ends(row)})."
    return ""


def _ends(row: Facts) -> str:
    """Return the interval of the labels that are needed."""
    low, high = (_end(row, name) for name in ("low", "high"))
    return f"95 % interval {low}" + (f" to {high}" if high != low else "")


def _end(row: Facts, name: str) -> str:
    if row[name] is None:
        return f"more than {row['most']:,}"
    fewer = " or fewer" if name == "low" and row["low_or_fewer"] else ""
    return f"{row[name]:,.0f}{fewer}"


def _more_labels(study: Read) -> str:
    """Say what the next step in labels is worth to the best arm."""
    rows = study.tables["best"]
    if len(rows) < 2:
        return ""
    fewer, more = rows[-2:]
    gain = study.words.metric.sign * (more["mean"] - fewer["mean"])
    if gain <= study.gate["practical"]:
        return " More labels are worth little at the end of the curve."
    return (
        f" More labels help: from {fewer['labels']:,} to {more['labels']:,} the best arm gains "
        f"{study.words.gain(gain)}."
    )


def _more_draws(study: Read) -> str:
    """Say whether the one further look that is planned would tell a difference of the size seen."""
    gate, look = study.gate, study.tables["next_look"]
    if abs(gate["mean"]) <= gate["practical"]:
        return "Do not pretrain on this evidence: the difference seen is practically nothing."
    if look is None:
        return "Do not pretrain on this evidence; this was the last look that is planned."
    if look["shared"]:
        return (
            f"More draws would share labels ({_with(look['shared'])}) and tell little: label more "
            "rows, or take what is cheaper."
        )
    if abs(gate["mean"]) < _least_told(study):
        return "More draws would hardly tell a difference of the size seen; label more rows."
    return (
        f"--draws {look['draws']} would tell a difference of the size seen, if it is real; it is "
        "the one further look that is planned, and is judged more strictly for it."
    )


def _least_told(study: Read) -> float:
    """Return the difference that the next look claims if only the number of draws changes."""
    gate, draws = study.gate, study.tables["next_look"]["draws"]
    level = PRETRAINING / LATER / (1 if len(study.budgets) < 2 else 2)
    error = gate["error"] * math.sqrt(gate["draws"] / draws)
    return float(stats.t.ppf(1 - level / 2, draws - 1)) * error
