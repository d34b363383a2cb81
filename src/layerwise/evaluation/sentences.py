"""The sentences of a verdict: what was found."""

from __future__ import annotations

from .cells import FEWEST
from .claims import SIGNIFICANT
from .read import GUESSES, Read, Table
from .wording import seconds


def finding_of(own: str, kind: str, study: Read) -> str:
    """Return the sentence that a reader in a hurry takes away: what pretraining is worth against
    its own control, after what is better than both."""
    worth = _worth(own, kind != own, study)
    if kind == own:
        return worth
    row = study.better()[0]
    turned = row | {"mean": -row["mean"], "low": -row["high"], "high": -row["low"]}
    what = "A simple baseline" if kind == "baseline" else "Another network"
    beside = study.words.beside(turned, f"the pretrained {study.recipe}")
    return f"{what} is better: {study.over()}, {row['against']} is {beside}. {worth}"


def _worth(own: str, beaten: bool, study: Read) -> str:
    start = "Against its own control, p" if beaten else "P"
    beside = study.words.beside(study.gate, "its control")
    if own in ("helps", "hurts"):
        return f"{start}retraining {own}: {_most(own, study, beside)}"
    if own == "depends_on_labels":
        return f"{start}retraining with {study.recipe} depends on the number of labels: " + _where(
            study, beside
        )
    if own == "nil":
        small = _reason_nil(study)
        return (
            f"{start}retraining with {study.recipe} makes no practical difference {study.over()}: "
            f"{beside}{small}."
        )
    if own == "no_better_than_guessing":
        return _guessing(study, beside)
    return (
        f"With {study.gate['draws']} draws it cannot be told whether pretraining with "
        f"{study.recipe} helps: {study.over()}, it is {beside}{_reason_unclear(study)}."
    )


def _most(own: str, study: Read, beside: str) -> str:
    most = max if own == "helps" else min
    row = most(study.cells, key=lambda row: row["mean"])
    values = [study.level(row[arm], row["labels"]) for arm in ("arm", "against")]
    first = study.words.level(values[0])
    second = study.words.level(values[1]) if study.words.points else study.words.plain(values[1])
    where = "" if len(study.budgets) == 1 else f"; {own} most with {row['labels']:,}"
    text = f"{study.over()}, {study.recipe} is {beside}"
    return f"{text}{where} ({first} instead of {second})."


def _where(study: Read, beside: str) -> str:
    """Say at which budgets it helps and hurts."""
    words, parts = study.words, []
    for name in ("helps", "hurts"):
        if rows := study.states[name]:
            shown = words.list(words.difference(row) for row in rows)
            parts.append(f"it {name} with {words.numbers(_labels(rows))} ({shown})")
    average = f"{study.over()} it is {beside}"
    told = "" if study.differs else ", which does not tell"
    return f"{' and '.join(parts)}; {average}{told}."


def _guessing(study: Read, beside: str) -> str:
    words, rows = study.words, study.averaged
    levels = words.levels([study.level(study.gate["arm"], b) for b in rows])
    return (
        f"Nothing shows that the pretrained {study.recipe} is better than a guess from the labels "
        f"alone {study.over()} ({levels}), so it is not told what pretraining is worth; it is "
        f"{beside}."
    )


def _reason_unclear(study: Read) -> str:
    """Say why an interval that leaves 0 out is no claim."""
    if study.gate["low"] <= 0 <= study.gate["high"]:
        return ""
    count = len(study.budgets) + (len(study.budgets) > 1)
    return (
        f"; the interval leaves 0 out by itself, which is too little to claim where {count} "
        "differences are looked at"
        if count > 1
        else "; the interval leaves 0 out, which is too little to claim"
    )


def _reason_nil(study: Read) -> str:
    row = study.gate
    if row["low"] <= 0 <= row["high"]:
        return ""
    region = study.words.signed(row["practical"])[1:]
    return f"; it is not 0, but less than the {region} that count as nothing"


def details_of(study: Read, luck: str) -> str:
    """Say what was seen at every budget, how the recipe stands beside other arms, what it takes,
    and whose luck the intervals speak of."""
    parts = (
        _rest(study),
        _missing(study),
        _others(study),
        _below(study),
        _cost(study),
        _few(study),
        luck,
    )
    return " ".join(part for part in parts if part)


def _rest(study: Read) -> str:
    if len(study.budgets) < 2:
        return ""
    said = {
        "helps": "it is shown to help with",
        "hurts": "it is shown to hurt with",
        "nil": "it makes no practical difference with",
        "unclear": "it cannot be told with",
    }
    words, parts = study.words, []
    for name, text in said.items():
        if rows := study.states[name]:
            shown = words.list(words.difference(row) for row in rows)
            parts.append(f"{text} {words.numbers(_labels(rows))} labels ({shown})")
    return f"By itself, {'; '.join(parts)}; in brackets 95 % intervals.{_alone(study)}"


def _alone(study: Read) -> str:
    """Name the budgets whose interval leaves 0 out without a claim."""
    rows = [row for row in study.states["unclear"] if not row["low"] <= 0 <= row["high"]]
    if not rows:
        return ""
    one = len(rows) == 1
    below = [row for row in rows if row["p_adjusted"] < SIGNIFICANT]
    if below:
        return f" With {study.words.numbers(_labels(below))} labels it is below a guess."
    return (
        f" With {study.words.numbers(_labels(rows))} labels the interval{'' if one else 's'} "
        f"leave{'s' if one else ''} 0 out by {'itself' if one else 'themselves'}; of "
        f"{len(study.budgets) + 1} differences looked at that happens by chance too."
    )


def _missing(study: Read) -> str:
    """Name what is not judged: budgets, and recipes."""
    words, parts = study.words, []
    short = [row for row in study.every if row["draws"] < FEWEST]
    if short:
        shown = words.list(f"{row['draws']}" for row in short)
        parts.append(
            f"Nothing is said of {words.numbers(_labels(short))} labels: of the draws only {shown} "
            "ended there for both arms."
        )
    outside = [b for b in study.budgets if b not in study.averaged]
    if outside:
        parts.append(f"The average leaves {words.numbers(outside)} labels out: too few draws.")
    failed = [row["recipe"] for row in study.gates if row["draws"] < FEWEST]
    if failed:
        parts.append(f"Nothing is said of {words.list(failed)}: too many of their trials failed.")
    return " ".join(parts)


def _others(study: Read) -> str:
    """Say how the recipe stands beside all other arms."""
    words, better, ahead = study.words, study.better(), study.ahead()
    if better:
        names = words.list(row["against"] for row in better)
        return f"Shown to be better than it on average over these budgets: {names}."
    if ahead:
        return f"It is better than every other arm with {words.numbers(ahead)} labels."
    if len(study.areas) > 2:
        return "It is not shown to be better than every other arm at any number of labels."
    return ""


def _below(study: Read) -> str:
    """Name arms that a guess beats, and those that answer with one class."""
    words, parts = study.words, []
    for arm, budgets in study.below_guess().items():
        parts.append(f"{arm} (with {words.numbers(budgets)} labels)")
    text = f"Not above a guess from the labels alone: {words.list(parts)}." if parts else ""
    one = [row for row in study.tables["summary"] if row["one_class"] and row["arm"] not in GUESSES]
    if one:
        named = words.list(
            f"{row['arm']} with {row['labels']:,} labels in {row['one_class']} of {row['draws']} "
            "draws"
            for row in one[:6]
        )
        more = f" and {len(one) - 6} more" if len(one) > 6 else ""
        text = f"{text} Always answers with one class: {named}{more}.".strip()
    cut = [row for row in study.tables["summary"] if row["cut"]]
    if cut:
        named = words.list(
            f"{row['arm']} with {row['labels']:,} labels in {row['cut']} of {row['draws']} draws"
            for row in cut[:6]
        )
        told = f"Errors of more than five standard deviations count as five: {named}"
        text = f"{text} {told}{f' and {len(cut) - 6} more' if len(cut) > 6 else ''}.".strip()
    return text


def _cost(study: Read) -> str:
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


def _few(study: Read) -> str:
    """Say what few draws are worth."""
    draws = study.gate["draws"]
    if draws > FEWEST:
        return ""
    return (
        f"{draws} draws are the fewest that give an interval: how much draws differ is known from "
        f"{draws - 1} degrees of freedom, so it is wide, and a study of 5 or 10 may say otherwise."
    )


def exploratory_of(study: Read) -> tuple[str, ...]:
    """Return what was seen of recipes that were not the tested one; nothing is claimed of them."""
    words, found = study.words, []
    rows = [row for row in study.gates if not row["tested"] and row["draws"] >= FEWEST]
    highest = _highest_recipe(study)
    for row in rows:
        budgets = [
            one
            for one in study.tables["differences"]
            if one["recipe"] == row["recipe"] and one["state"] in ("helps", "hurts")
        ]
        loud = row["p_adjusted"] < SIGNIFICANT or budgets
        if not loud and row["recipe"] != highest:
            continue
        at = "".join(f", {words.difference(one)} with {one['labels']:,} labels" for one in budgets)
        why = " (the recipe with the highest curve)" if row["recipe"] == highest else ""
        found.append(
            f"{row['recipe']}{why}, pretrained, is {words.beside(row, 'its control')}{at}."
        )
    return tuple(found)


def _highest_recipe(study: Read) -> str | None:
    """Return the recipe of the network with the best learning curve."""
    sign = study.words.metric.sign
    arms = {name: row["recipe"] for row in study.gates for name in (row["arm"], row["against"])}
    known = [arm for arm in arms if arm in study.areas]
    return arms[max(known, key=lambda arm: sign * study.areas[arm]["area"])] if known else None


def _labels(rows: Table) -> list[int]:
    return [row["labels"] for row in rows]
