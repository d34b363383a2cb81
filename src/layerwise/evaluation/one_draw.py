"""What one draw of labels can say: a difference on its test rows, in the words of a study."""

from __future__ import annotations

from .._durable import Facts
from .arms import Arm
from .measures import unpacked
from .single import Single
from .statistics import LEVEL, Estimate, RowScores, over_rows
from .wording import Words

WEAK = 0.02  # points by which a control may be worse than a linear model


def row_scores_of(single: Single, arm: Arm) -> RowScores:
    """Return the scores of an arm on the test rows."""
    rows = single.draw.test
    packed = single.record(arm)["scores"]
    return RowScores(rows, unpacked(packed, len(rows), bool(single.outcome.data.classes)))


def difference_of(single: Single, first: Arm, second: Arm) -> Estimate:
    """Return the paired difference of two arms on the test rows."""
    gap = row_scores_of(single, first).minus(row_scores_of(single, second))
    return over_rows(gap.values, bool(single.outcome.data.classes))


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


def judge_one(single: Single, first: Arm, second: Arm) -> Facts:
    """Return the difference of a pretrained arm from its control, and the verdict in words."""
    metric = "accuracy" if single.outcome.data.classes else "r2"
    found, words = difference_of(single, first, second), Words(metric, 0.0)
    levels = [single.record(arm)["measures"][metric] for arm in (first, second)]
    kind, rows = side_of(found), len(single.draw.test)
    said = {
        "helps": f"{first.cause} helped",
        "hurts": f"{first.cause} hurt",
        "not_separable": f"{first.cause} made no difference that {rows:,} test rows can show",
    }[kind]
    text = (
        f"On this draw of labels, {said}: test {words.measured(levels[0])} instead of "
        f"{words.plain(levels[1])} {first.instead}, with {len(single.draw.order):,} labels. "
        "Another "
        "draw can differ."
    )
    verdict = {"kind": kind, "text": text}
    return {"difference": as_difference(found, "test rows"), "verdict": verdict}


def flags_of(control: float, baseline: tuple[str, float], first: Arm) -> list[str]:
    """Return a warning when the control is worse than a linear model by more than two points."""
    name, value = baseline
    if control >= value - WEAK:
        return []
    what = "random start" if first.instead == "from random weights" else "arm with labels alone"
    return [
        f"The {what} is worse than {name} by more than two points: a weak control. Read the "
        f"comparison with {name} too."
    ]
