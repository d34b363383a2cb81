"""The plots of a study: scores over the number of labels, and paired differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from .canvas import HALF_WIDTH, draw, plain, ticks
from .formats import is_number, is_share, metric_name, short
from .places import text_size
from .svg import FIRST, INK, MUTED, PAPER, RULE, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"first": FIRST, "second": SECOND, "other": MUTED}
_MARGINS = (0.7, 0.2, 0.5, 0.1)
# colour of line and mark, mark, and its face: what is told from one another by form, not by colour
_MARKS = {
    "helps": (FIRST, "o", FIRST),
    "hurts": (SECOND, "o", SECOND),
    "nil": (MUTED, "s", MUTED),
    "unclear": (MUTED, "o", PAPER),
}


@dataclass(frozen=True)
class Axis:
    """An axis of a metric."""

    metric: str

    @property
    def scale(self) -> float:
        """What values are multiplied by: 100 for a share."""
        return 100.0 if is_share(self.metric) else 1.0

    def label(self, start: str) -> str:
        """Return the words at an axis of values."""
        unit = ", %" if is_share(self.metric) else ""
        return f"{start} {self.name}{unit}"

    @property
    def name(self) -> str:
        """The metric in words, short enough for an axis."""
        return short(metric_name(self.metric), 30)


@dataclass(frozen=True)
class Curve:
    """Mean, low and high of an arm by number of labels; ``look`` is 'first', 'second' or
    'other'."""

    labels: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]
    look: str


@dataclass(frozen=True)
class Gap:
    """A paired difference at a number of labels, with its interval (None: unknown) and its
    state."""

    labels: int
    mean: float | None
    low: float | None
    high: float | None
    state: str


def budget_curves(name: str, label: str, curves: Sequence[Curve], axis: Axis) -> Markup:
    """Return scores over the number of labels (a log scale), with bands for the 95 % intervals of
    networks."""

    def paint(axes: Axes) -> None:
        budgets = sorted({n for curve in curves for n in curve.labels})
        for i, curve in enumerate(curves):
            # with one budget the arms stand side by side, else they would hide one another
            beside = 1.25 ** (i - (len(curves) - 1) / 2) if len(budgets) == 1 else 1.0
            _paint_curve(axes, curve, axis.scale, beside)
        _budget_axis(axes, budgets)
        axes.yaxis.set_major_formatter(plain)
        axes.set_ylabel(axis.label("test"))
        axes.grid(axis="y", color=RULE, linewidth=0.5)

    return draw(name, label, (HALF_WIDTH, 3.0), _MARGINS, paint)


def _paint_curve(axes: Axes, curve: Curve, scale: float, beside: float) -> None:
    labels = [beside * n for n in curve.labels]
    colour, other = COLOURS[curve.look], curve.look == "other"
    mean, low, high = ([scale * v for v in part] for part in (curve.mean, curve.low, curve.high))
    if not other and all(map(math.isfinite, [*low, *high])):
        if len(mean) > 1:
            axes.fill_between(labels, low, high, color=colour, alpha=0.16, linewidth=0)
        else:
            axes.vlines(labels, low, high, color=colour, alpha=0.5, linewidth=3)
    axes.plot(
        labels,
        mean,
        color=colour,
        linestyle=(0, (3, 2)) if other else "-",
        marker="o",
        markerfacecolor=PAPER if curve.look == "second" else colour,
        markersize=4.5,
    )


def differences(
    name: str, label: str, gaps: Sequence[Gap], axis: Axis, practical: float, first: str
) -> Markup:
    """Return each budget's paired gain with its interval, against zero and the region of practical
    equivalence; the mark says what is known of it."""
    scale = axis.scale

    def paint(axes: Axes) -> None:
        places = list(range(len(gaps)))
        axes.axvspan(-scale * practical, scale * practical, color=MUTED, alpha=0.15, linewidth=0)
        axes.axvline(0, color=INK, linewidth=1)
        for place, gap in zip(places, gaps, strict=True):
            _paint_gap(axes, place, gap, scale)
        axes.set_ylim(len(gaps) - 0.5, -0.5)
        axes.set_yticks(places, [f"{gap.labels:,} labels" for gap in gaps])
        axes.tick_params(axis="y", length=0)
        ticks(axes, x=6)
        axes.xaxis.set_major_formatter(plain)
        unit = "points" if is_share(axis.metric) else axis.name
        axes.set_xlabel(f"gain, {unit}; {short(first, 24)} better \N{RIGHTWARDS ARROW}")
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)

    return draw(name, label, (HALF_WIDTH, 0.75 + 0.36 * len(gaps)), (1.05, 0.15, 0.5, 0.05), paint)


def _paint_gap(axes: Axes, place: int, gap: Gap, scale: float) -> None:
    colour, mark, face = _MARKS.get(gap.state, _MARKS["unclear"])
    if is_number(gap.low) and is_number(gap.high):
        axes.plot(
            [scale * gap.low, scale * gap.high],
            [place, place],
            color=colour,
            linewidth=3,
            solid_capstyle="butt",
        )
    if is_number(gap.mean):
        edge = colour if face == PAPER else PAPER
        axes.plot(
            [scale * gap.mean],
            [place],
            mark,
            color=colour,
            markersize=8 if mark == "o" else 7.5,
            markerfacecolor=face,
            markeredgecolor=edge,
            markeredgewidth=1.5 if edge == PAPER else 2,
        )


def _budget_axis(axes: Axes, budgets: Sequence[int]) -> None:
    """Make the x axis a logarithmic one of numbers of labels."""
    axes.set_xscale("log")
    axes.set_xticks(budgets, _apart(budgets))
    axes.set_xticks([], minor=True)
    axes.margins(x=0.06)
    if len(budgets) == 1:
        axes.set_xlim(budgets[0] / 2, budgets[0] * 2)
    axes.set_xlabel("labels")


def _apart(budgets: Sequence[int]) -> list[str]:
    """Return the texts of the ticks, none where it would touch the one after it."""
    width = 0.9 * 72 * (HALF_WIDTH - _MARGINS[0] - _MARGINS[1])
    span = math.log(budgets[-1] / budgets[0]) if len(budgets) > 1 else 1.0
    texts: list[str] = []
    free = math.inf
    for n in reversed(budgets):
        place, half = width * math.log(n / budgets[0]) / span, text_size(f"{n:,}", 8.5)[0] / 2
        texts.insert(0, f"{n:,}" if place + half < free else "")
        free = place - half - 3 if texts[0] else free
    return texts
