"""The plots of a study: scores over the number of labels, paired differences, cost against gain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from markupsafe import Markup

from .._durable import Facts
from .formats import is_share, metric_name, number, short
from .plots import draw
from .svg import FIRST, INK, MUTED, PAPER, RULE, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator


@dataclass(frozen=True)
class Curve:
    """Mean, low and high of an arm by number of labels; ``look`` is 'first', 'second' or
    'other'."""

    labels: list[int]
    mean: list[float]
    low: list[float]
    high: list[float]
    look: str


def budget_curves(name: str, label: str, curves: Sequence[Curve], metric: str) -> Markup:
    """Return scores over the number of labels (a log scale), with bands for the 95 % intervals of
    networks."""
    colours = {"first": FIRST, "second": SECOND, "other": MUTED}

    def paint(axes: Axes) -> None:
        scale = 100 if is_share(metric) else 1
        for curve in curves:
            colour, other = colours[curve.look], curve.look == "other"
            mean, low, high = (
                [scale * v for v in part] for part in (curve.mean, curve.low, curve.high)
            )
            if not other and all(map(math.isfinite, [*low, *high])):
                axes.fill_between(curve.labels, low, high, color=colour, alpha=0.16, linewidth=0)
            style = (0, (3, 2)) if other else "-"
            face = PAPER if curve.look == "second" else colour
            axes.plot(
                curve.labels,
                mean,
                color=colour,
                linestyle=style,
                marker="o",
                markerfacecolor=face,
                markersize=4.5,
            )
        _budget_axis(axes, sorted({n for curve in curves for n in curve.labels}))
        axes.set_ylabel(f"test {short(metric_name(metric), 30)}{', %' if scale == 100 else ''}")
        axes.grid(axis="y", color=RULE, linewidth=0.5)

    return draw(name, label, (4.6, 3.0), (0.7, 0.15, 0.5, 0.1), paint)


def differences(
    name: str, label: str, rows: Sequence[Facts], metric: str, practical: float
) -> Markup:
    """Return each budget's paired difference with its interval, against zero and the region of
    practical equivalence."""
    scale = 100 if is_share(metric) else 1

    def paint(axes: Axes) -> None:
        places = list(range(len(rows)))
        axes.axvspan(-scale * practical, scale * practical, color=MUTED, alpha=0.15, linewidth=0)
        axes.axvline(0, color=INK, linewidth=1)
        for place, row in zip(places, rows, strict=True):
            if all(isinstance(row[end], float) for end in ("low", "high")):
                axes.plot(
                    [scale * row["low"], scale * row["high"]],
                    [place, place],
                    color=FIRST,
                    linewidth=3,
                    solid_capstyle="butt",
                )
            if isinstance(row["mean"], float):
                axes.plot(
                    [scale * row["mean"]],
                    [place],
                    "o",
                    color=FIRST,
                    markersize=8,
                    markeredgecolor=PAPER,
                    markeredgewidth=1.5,
                )
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(places, [f"{row['labels']:,} labels" for row in rows])
        axes.tick_params(axis="y", length=0)
        cast("MaxNLocator", axes.xaxis.get_major_locator()).set_params(nbins=6)
        axes.xaxis.set_major_formatter(_plain)
        axes.set_xlabel(
            "pretrained minus control, "
            f"{'points' if scale == 100 else short(metric_name(metric), 30)}"
        )
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)

    return draw(name, label, (4.6, 0.75 + 0.36 * len(rows)), (1.05, 0.15, 0.5, 0.05), paint)


def cost(
    name: str, label: str, points: Sequence[tuple[int, float, float, str]], metric: str
) -> Markup:
    """Return the height of each arm's learning curve over its seconds a budget (a log scale), by
    number."""
    colours = {"first": FIRST, "second": SECOND, "other": MUTED}
    scale = 100 if is_share(metric) else 1

    def paint(axes: Axes) -> None:
        for count, seconds, value, look in points:
            face = PAPER if look == "second" else colours[look]
            axes.plot(
                [seconds],
                [scale * value],
                "o",
                color=colours[look],
                markerfacecolor=face,
                markersize=5.5,
            )
            axes.annotate(
                str(count),
                (seconds, scale * value),
                (5, 3),
                textcoords="offset points",
                fontsize=8.5,
                color=MUTED,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_plain)
        axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.yaxis.set_major_formatter(_plain)
        axes.margins(0.12)
        axes.set_xlabel("seconds for one budget of one draw")
        axes.set_ylabel(
            f"mean test {short(metric_name(metric), 30)}{', %' if scale == 100 else ''}"
        )
        axes.grid(color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)

    return draw(name, label, (4.6, 3.0), (0.7, 0.15, 0.5, 0.1), paint)


def _budget_axis(axes: Axes, budgets: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(budgets, [f"{n:,}" for n in budgets])
    axes.set_xticks([], minor=True)
    axes.margins(x=0.06)
    axes.set_xlabel("labels")


def _plain(value: float, _: object = None) -> str:
    return number(float(f"{value:.6g}"))
