"""What one draw of labels can say: differences on its test rows, in the words of a study."""

from __future__ import annotations

from collections.abc import Sequence

from .._durable import Facts
from .arms import Arm
from .cells import GUESS, Cells
from .single import Single
from .statistics import LEVEL, Estimate, over_rows
from .wording import Words

WEAK = 4  # times what is practically nothing, by which a control may be worse than a simple arm


def difference_of(cells: Cells, first: str, second: str) -> Estimate:
    """Return how much better the first of two arms is on the test rows of one draw, paired."""
    ((labels, draw),) = {(labels, draw) for _, labels, draw in cells.records}
    gap = cells.oriented(first, labels, draw).minus(cells.oriented(second, labels, draw))
    return over_rows(gap.values, cells.metric.name == "accuracy")


def side_of(found: Estimate) -> str:
    """Return the kind of a verdict: the side of 0 that an interval lies on.

    >>> side_of(Estimate(0.02, 0.01, 0.03, 0.005, 4.0, 0.01, 5))
    'helps'
    """
    return "helps" if found.low > 0 else "hurts" if found.high < 0 else "not_separable"


def as_difference(found: Estimate, of: str) -> Facts:
    """Return a difference as plain data; ``of`` says what the interval speaks of."""
    draws = {"draws": found.draws} if of == "draws" else {}
    interval = {"mean": found.mean, "low": found.low, "high": found.high}
    return interval | {"of": of} | draws | {"level": LEVEL}


def judge_one(
    single: Single, cells: Cells, first: Arm, second: Arm, simple: Sequence[Arm]
) -> Facts:
    """Return the difference of a pretrained arm from its control, and the verdict in words; before
    it, where something simpler is better, what.

    Parameters
    ----------
    single : Single
    cells : Cells
    first, second : Arm
        Pretrained, and its control.
    simple : sequence of Arm
        Baselines that were fitted beside them.
    """
    words, budget = Words(cells.metric), len(single.draw.order)
    found = difference_of(cells, first.name, second.name)
    levels = [cells.level(arm.name, budget).mean for arm in (first, second)]
    kind, rows = side_of(found), len(single.draw.test)
    said = {
        "helps": f"{first.cause} helped",
        "hurts": f"{first.cause} hurt",
        "not_separable": f"{first.cause} made no difference that {rows:,} test rows can show",
    }[kind]
    text = (
        f"On this draw of labels, {said}: test {words.measured(levels[0])} instead of "
        f"{words.plain(levels[1])} {first.instead}, with {budget:,} labels."
    )
    better = _simpler(cells, first, simple, words, budget)
    if better:
        kind, text = "baseline", f"{better} {text}"
    text = f"{text} Another draw can differ.{_below(cells, first, words, budget)}"
    verdict = {"kind": kind, "text": text}
    return {"difference": as_difference(found, "test rows"), "verdict": verdict}


def _simpler(cells: Cells, first: Arm, simple: Sequence[Arm], words: Words, budget: int) -> str:
    """Name the best of the simpler arms, where it is better than the pretrained network."""
    known = [arm for arm in simple if cells.level(arm.name, budget).draws]
    if not known:
        return ""
    sign = cells.metric.sign
    best = max(known, key=lambda arm: sign * cells.level(arm.name, budget).mean)
    found = difference_of(cells, best.name, first.name)
    if found.mean <= cells.region(first.name, budget):
        return ""
    shown = "shown by these test rows" if found.low > 0 else "though these test rows do not show it"
    level = words.measured(cells.level(best.name, budget).mean)
    return f"Something simpler does better: {best.name}, test {level} ({shown})."


def _below(cells: Cells, first: Arm, words: Words, budget: int) -> str:
    """Say that a network is not above a guess, or answers with one class."""
    ((labels, draw),) = {(labels, draw) for _, labels, draw in cells.records}
    record = cells.records[first.name, labels, draw]
    one = record["measures"].get("answered") == 1 and len(cells.outcome.data.classes) > 1
    text = " It answers every row with one class." if one else ""
    guess = cells.level(GUESS, budget)
    if not guess.draws or difference_of(cells, first.name, GUESS).mean > 0:
        return text
    return f"{text} It is not above a guess from the labels alone ({words.plain(guess.mean)})."


def flags_of(gap: float, region: float, name: str, first: Arm) -> list[str]:
    """Return a warning when the control is worse than a simple arm by more than four times what is
    practically nothing.

    Parameters
    ----------
    gap : float
        How much better the simple arm is than the control.
    region : float
        Half the region of practical equivalence.
    name : str
        Of the simple arm.
    first : Arm
        The pretrained one.
    """
    if gap <= WEAK * region:
        return []
    what = "random start" if first.instead == "from random weights" else "arm with labels alone"
    return [
        f"The {what} is much worse than {name}: a weak control. Read the comparison with {name} "
        "too."
    ]
