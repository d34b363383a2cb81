"""The plots of a run: learning curves, draws, differences, residuals.

Little data text goes into a plot: what can be a heading, a caption or a legend is HTML, beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from .canvas import HALF_WIDTH, draw, draw_wide, empty, metric_axis, plain, ticks
from .formats import short
from .maps import PALETTE, dot_area
from .svg import FIRST, INK, MUTED, PAPER, RULE, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DECADES = 20.0  # a loss that falls by more is drawn on a log scale
_PANELS = {2: (4.75, 2.2), 3: (3.1, 2.0), 4: (2.3, 1.75)}  # size in inches by panels in a row


@dataclass(frozen=True)
class Line:
    """A curve: its values by epoch (NaN leaves a gap), the first or the second colour, solid or
    dashed."""

    epochs: list[float]
    values: list[float]
    second: bool = False
    dashed: bool = False


def curves(
    name: str, label: str, lines: Sequence[Line], across: int = 1, *, shares: bool = False
) -> Markup:
    """Return a panel of learning curves, one of so many across the page; a loss is on a log scale
    if it falls by more than a factor of 20, ``shares`` never are."""

    def paint(axes: Axes) -> None:
        for line in lines:
            colour, style = SECOND if line.second else FIRST, (0, (3, 2)) if line.dashed else "-"
            axes.plot(
                line.epochs,
                line.values,
                color=colour,
                linestyle=style,
                marker="o" if len(line.epochs) < 3 else "",
            )
        values = [v for line in lines for v in line.values if math.isfinite(v)]
        positive = bool(values) and min(values) > 0 and not shares
        if positive and max(values) / min(values) > _DECADES:
            axes.set_yscale("log")
            from matplotlib.ticker import LogLocator

            narrow = (
                max(values) / min(values) < 100
            )  # fewer than two decades: their ends alone would say little
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
            axes.yaxis.set_minor_formatter(empty)
        else:
            ticks(axes, y=4)
        axes.yaxis.set_major_formatter(plain)
        ticks(axes, x=6 if across < 4 else 4, integer=True)
        axes.set_xlabel("epoch")
        axes.grid(axis="y", color=RULE, linewidth=0.5)

    margins = (0.55, 0.12, 0.42, 0.1)
    if across == 1:
        return draw_wide(name, label, (2.5, 2.3), margins, paint)
    return draw(name, label, _PANELS[across], margins, paint)


def histogram(
    name: str, edges: Sequence[float], counts: Sequence[float], label: str
) -> Markup | None:
    """Return how many rows lie between edges, one more than there are counts; None without any."""
    if not counts or len(edges) != len(counts) + 1:
        return None

    def paint(axes: Axes) -> None:
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=FIRST, linewidth=0)
        axes.set_xlabel(label)
        ticks(axes, x=6, y=3, integer=True)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=RULE, linewidth=0.5)

    return draw(name, f"histogram: {label}", _PANELS[2], (0.55, 0.12, 0.42, 0.1), paint)


def draws(
    name: str,
    label: str,
    seeds: Sequence[str],
    pretrained: Sequence[float],
    start: Sequence[float],
    metric: str,
) -> Markup:
    """Return one row per draw: a hollow dot for the random start, a full one for the pretrained
    arm, a line between."""
    rows = list(range(len(seeds)))

    def paint(axes: Axes) -> None:
        axes.hlines(rows, start, pretrained, color=MUTED, linewidth=1.2, zorder=1)
        axes.plot(
            start, rows, "o", color=SECOND, markerfacecolor=PAPER, markeredgewidth=1.6, markersize=6
        )
        axes.plot(pretrained, rows, "o", color=FIRST, markersize=6.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(
            rows if len(rows) <= 30 else [],
            [short(s, 14) for s in seeds] if len(rows) <= 30 else [],
        )
        axes.tick_params(axis="y", length=0)
        metric_axis(axes, metric)

    height = 0.75 + min(0.24 * len(rows), 6.0)
    return draw(name, label, (HALF_WIDTH, height), (0.95, 0.15, 0.45, 0.1), paint)


def interval(
    name: str, label: str, values: Sequence[float], bounds: tuple[float, float, float], metric: str
) -> Markup:
    """Return the gains of the draws, with their mean and its 95 % interval (``bounds``: mean, low,
    high), against zero; without draws as wide as the page."""
    mean, low, high = bounds

    def paint(axes: Axes) -> None:
        axes.axvline(0, color=INK, linewidth=1)
        if len(values):
            axes.plot(values, [0.45] * len(values), "o", color=MUTED, alpha=0.6, markersize=5)
        axes.plot([low, high], [0, 0], color=FIRST, linewidth=3.5, solid_capstyle="butt")
        axes.plot(
            [mean],
            [0],
            "o",
            color=FIRST,
            markersize=8.5,
            markeredgecolor=PAPER,
            markeredgewidth=1.5,
        )
        axes.set_ylim(-0.4, 0.85 if len(values) else 0.4)
        axes.set_yticks(
            [0, 0.45][: 2 if len(values) else 1],
            ["mean, 95 %", "each draw"][: 2 if len(values) else 1],
        )
        axes.tick_params(axis="y", length=0)
        metric_axis(axes, metric, difference=True)

    margins = (0.95, 0.15, 0.45, 0.1)
    if not len(values):
        return draw_wide(name, label, (1.1, 1.1), margins, paint)
    return draw(name, label, (HALF_WIDTH, 1.5), margins, paint)


def residuals(name: str, label: str, true: Sequence[float], predicted: Sequence[float]) -> Markup:
    """Return predicted over true values, with the diagonal on which a perfect model lies."""

    def paint(axes: Axes) -> None:
        both = [*true, *predicted]
        axes.plot([min(both), max(both)], [min(both), max(both)], color=INK, linewidth=1)
        axes.scatter(
            true,
            predicted,
            s=dot_area(len(true)),
            c=PALETTE[0],
            alpha=0.6,
            linewidths=0,
            rasterized=True,
        )
        axes.set_xlabel("true")
        axes.set_ylabel("predicted")
        ticks(axes, x=5, y=5)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(plain)
        axes.grid(color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)

    return draw(name, label, (HALF_WIDTH, 4.2), (0.85, 0.15, 0.5, 0.12), paint)
