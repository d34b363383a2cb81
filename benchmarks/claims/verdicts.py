"""From values over seeds to a verdict.

A contrast is judged by a two-sided t test of its mean against its margin, over seeds. The p values
of one claim are adjusted by Holm's method; a contrast whose adjusted p is at most 0.05 lies above
or below its margin, any other is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from layerwise.evaluation import over_means

from .study import Arms, Claim, Contrast

ALPHA = 0.05
HOLDS, FAILS, OPEN = "holds", "does not hold", "not separable here"
ORDERS = {
    HOLDS: ("above", "below", "open"),
    FAILS: ("below", "open", "above"),
    OPEN: ("open", "below", "above"),
}


@dataclass(frozen=True)
class Finding:
    """A contrast, its mean and 95 % interval, the adjusted p value and 'above', 'below', 'open', or
    'looked at'."""

    contrast: Contrast
    n: int
    mean: float
    low: float
    high: float
    p: float
    side: str


@dataclass(frozen=True)
class Verdict:
    """One of the three verdicts and the sentence that says why; ``kind`` is '' when nothing was
    run."""

    kind: str
    sentence: str
    findings: tuple[Finding, ...]


def judge(claim: Claim, seeds: Mapping[int, Arms]) -> Verdict:
    """Return the verdict on a claim from the arms of each seed."""
    if not seeds:
        return Verdict("", "Not run.", ())
    values = {
        contrast.name: _values(contrast, list(seeds.values())) for contrast in claim.contrasts
    }
    adjusted = dict(
        zip(
            [c.name for c in claim.judged],
            holm([p_value(values[c.name], c.margin) for c in claim.judged]),
            strict=True,
        )
    )
    findings = tuple(
        _finding(contrast, values[contrast.name], adjusted.get(contrast.name))
        for contrast in claim.contrasts
    )
    kind = combined([finding.side for finding in findings if finding.contrast.judged], claim.needs)
    return Verdict(kind, _sentence(claim, kind, findings, len(seeds)), findings)


def p_value(values: Sequence[float], margin: float) -> float:
    """Return the two-sided p value of the mean against the margin by Student's t; 1 for fewer than
    two values."""
    away = np.asarray(values, dtype=float) - margin
    n = len(away)
    if n < 2:
        return 1.0
    mean, error = float(away.mean()), float(away.std(ddof=1)) / math.sqrt(n)
    if error <= 1e-12 * max(
        1.0, abs(mean)
    ):  # every seed says the same, as a count of parameters does
        return 1.0 if abs(mean) <= 1e-12 else 0.0
    return float(2 * stats.t.sf(abs(mean) / error, n - 1))


def holm(values: Sequence[float]) -> list[float]:
    """Return p values adjusted by Holm's method, in the order given.

    >>> holm([0.03, 0.01])
    [0.03, 0.02]
    """
    adjusted, worst = [0.0] * len(values), 0.0
    for rank, i in enumerate(np.argsort(values, kind="stable")):
        worst = max(worst, min(1.0, (len(values) - rank) * values[i]))
        adjusted[i] = worst
    return adjusted


def combined(sides: Sequence[str], needs: str) -> str:
    """Return the verdict from where the judged contrasts lie.

    >>> combined(["above", "open"], "all"), combined(["above", "below"], "any")
    ('not separable here', 'holds')
    """
    first, last = (
        (("below", FAILS), ("above", HOLDS))
        if needs == "all"
        else (("above", HOLDS), ("below", FAILS))
    )
    if first[0] in sides:
        return first[1]
    return last[1] if all(side == last[0] for side in sides) else OPEN


def _values(contrast: Contrast, seeds: list[Arms]) -> list[float]:
    return [float(value) for value in contrast.values(seeds)]


def _finding(contrast: Contrast, values: Sequence[float], p: float | None) -> Finding:
    estimate = over_means(list(values))
    found: dict[str, Any] = {
        "mean": estimate.mean,
        "low": estimate.low,
        "high": estimate.high,
        "draws": estimate.draws,
    }
    side = (
        "looked at"
        if p is None
        else "open"
        if p > ALPHA
        else "above"
        if found["mean"] > contrast.margin
        else "below"
    )
    return Finding(
        contrast,
        len(values),
        found["mean"],
        found["low"],
        found["high"],
        1.0 if p is None else p,
        side,
    )


def _sentence(claim: Claim, kind: str, findings: tuple[Finding, ...], n: int) -> str:
    """Return the verdict and why, in one sentence; what decided it stands first."""
    names: dict[str, list[str]] = {"above": [], "below": [], "open": []}
    for finding in findings:
        if finding.contrast.judged:
            names[finding.side].append(f"*{finding.contrast.name}*")
    order = ORDERS[kind]
    if kind == HOLDS and len(names["above"]) == len(claim.judged) > 1:
        return f"Holds: all {len(claim.judged)} differences lie above their margins."
    return (
        f"{kind[0].upper()}{kind[1:]}: "
        + "; ".join(_clause(side, names[side], n) for side in order if names[side])
        + "."
    )


def _clause(side: str, names: Sequence[str], n: int) -> str:
    one = len(names) == 1
    listed = names[0] if one else f"{', '.join(names[:-1])} and {names[-1]}"
    if side == "open":
        return (
            f"{n} {'seed does' if n == 1 else 'seeds do'} not tell {listed} from "
            f"{'its margin' if one else 'their margins'}"
        )
    return f"{listed} {'lies' if one else 'lie'} {side} {'its margin' if one else 'their margins'}"


def interval(finding: Finding) -> str:
    """Return the 95 % interval as text."""
    return (
        f"[{number(finding.low, finding)}, {number(finding.high, finding)}]"
        if finding.n > 1
        else ""
    )


def number(value: float, finding: Finding) -> str:
    """Return a signed number with the contrast's digits."""
    return f"{value:+.{finding.contrast.digits}f}"
