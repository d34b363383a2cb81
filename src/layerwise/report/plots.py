"""The plots, drawn by matplotlib, as inline SVG. Nothing here touches pyplot or leaves a global
setting changed.

Little data text goes into a plot: what can be a heading, a caption or a legend is HTML, beside it.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike

from .formats import floats, is_share, metric_name, number, short
from .svg import FIRST, INK, MUTED, PAPER, RULE, SECOND, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

# Petroff (2021), "Accessible color sequences for data visualization": told apart with any colour
# vision, on white and on black.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadb",
)
MARKERS = (("o", "●"), ("^", "▲"), ("s", "■"), ("D", "◆"), ("v", "▼"))
RAMP = ("#3f7fe0", "#9b8f9b", "#e8782a")  # low, middle, high
_DECADES = 20.0  # a loss that falls by more is drawn on a log scale
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "layerwise",
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "font.size": 9.0,
    "lines.linewidth": 1.6,
    "lines.markersize": 3.5,
}


@dataclass(frozen=True)
class Line:
    """A curve: its values by epoch (NaN leaves a gap), the first or the second colour, solid or
    dashed."""

    epochs: list[float]
    values: list[float]
    second: bool = False
    dashed: bool = False


def curves(name: str, label: str, lines: Sequence[Line]) -> Markup:
    """Return a small panel of learning curves; the loss is on a log scale if it falls by more than
    a factor of 20."""

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
        if values and min(values) > 0 and max(values) / min(values) > _DECADES:
            axes.set_yscale("log")
            from matplotlib.ticker import LogLocator

            narrow = (
                max(values) / min(values) < 100
            )  # fewer than two decades: their ends alone would say little
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
            axes.yaxis.set_minor_formatter(_empty)
        axes.yaxis.set_major_formatter(_plain)
        cast("MaxNLocator", axes.xaxis.get_major_locator()).set_params(integer=True, nbins=6)
        axes.set_xlabel("epoch", fontsize=9.5)
        axes.tick_params(labelsize=9.5)
        axes.grid(axis="y", color=RULE, linewidth=0.5)

    return draw(name, label, (2.9, 1.95), (0.55, 0.08, 0.42, 0.08), paint)


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
        _metric_axis(axes, metric)

    height = 0.75 + min(0.24 * len(rows), 6.0)
    return draw(name, label, (4.6, height), (0.95, 0.15, 0.45, 0.1), paint)


def interval(
    name: str, label: str, values: Sequence[float], bounds: tuple[float, float, float], metric: str
) -> Markup:
    """Return the differences of the draws, with their mean and its 95 % interval (``bounds``: mean,
    low, high), against zero."""
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
        _metric_axis(axes, metric, difference=True)

    return draw(name, label, (4.6, 1.5 if len(values) else 1.2), (0.95, 0.15, 0.45, 0.1), paint)


def scatter(
    name: str, label: str, points: np.ndarray, groups: Sequence[int], names: Sequence[str]
) -> Markup:
    """Return codes (m, 2) coloured by group; group -1 is grey; a few groups of short names are
    named at their medians."""
    members = np.asarray(groups)
    named = len(names) <= 20 and max(map(len, names), default=0) * len(names) <= 120

    def paint(axes: Axes) -> None:
        for group in sorted(set(groups)):
            colour, marker = group_look(group)
            mine = points[members == group]
            axes.scatter(
                mine[:, 0],
                mine[:, 1],
                s=_dot(len(points)),
                c=colour,
                marker=MARKERS[marker][0],
                alpha=0.75,
                linewidths=0,
                rasterized=True,
            )
        for group in sorted(set(groups)) if named else ():
            if group >= 0:
                x, y = np.median(points[members == group], axis=0)
                text = axes.text(
                    x,
                    y,
                    short(names[group], 16),
                    ha="center",
                    va="center",
                    fontsize=9.5,
                    fontweight="bold",
                )
                text.set_gid("halo")
        _bare(axes)

    return draw(name, label, (4.6, 4.2), (0.08, 0.08, 0.08, 0.08), paint)


def scatter_numbers(name: str, label: str, points: np.ndarray, values: Sequence[float]) -> Markup:
    """Return codes (m, 2) coloured by a number, from low to high along ``RAMP``."""

    def paint(axes: Axes) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        ramp = LinearSegmentedColormap.from_list("ramp", list(RAMP))
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=_dot(len(points)),
            c=list(values),
            cmap=ramp,
            alpha=0.8,
            linewidths=0,
            rasterized=True,
        )
        _bare(axes)

    return draw(name, label, (4.6, 4.2), (0.08, 0.08, 0.08, 0.08), paint)


def residuals(name: str, label: str, true: Sequence[float], predicted: Sequence[float]) -> Markup:
    """Return predicted over true values, with the diagonal on which a perfect model lies."""

    def paint(axes: Axes) -> None:
        both = [*true, *predicted]
        axes.plot([min(both), max(both)], [min(both), max(both)], color=INK, linewidth=1)
        axes.scatter(
            true,
            predicted,
            s=_dot(len(true)),
            c=PALETTE[0],
            alpha=0.6,
            linewidths=0,
            rasterized=True,
        )
        axes.set_xlabel("true")
        axes.set_ylabel("predicted")
        for axis in (axes.xaxis, axes.yaxis):
            cast("MaxNLocator", axis.get_major_locator()).set_params(nbins=5)
            axis.set_major_formatter(_plain)
        axes.grid(color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)

    return draw(name, label, (4.6, 4.2), (0.85, 0.15, 0.5, 0.12), paint)


def group_look(group: int) -> tuple[str, int]:
    """Return a group's colour and the number of its marker; past ten the colours come again with
    another marker."""
    if group < 0:
        return "#8a8f94", 0
    return PALETTE[group % len(PALETTE)], (group // len(PALETTE)) % len(MARKERS)


def draw(
    name: str,
    label: str,
    size: tuple[float, float],
    margins: tuple[float, float, float, float],
    paint: Callable[[Axes], None],
) -> Markup:
    """Return one axes of fixed margins (left, right, bottom, top, in inches): text can never change
    the layout."""
    from matplotlib.figure import Figure

    (width, height), (left, right, bottom, top) = size, margins
    with _settings():
        figure = Figure(figsize=size)
        box = (
            left / width,
            bottom / height,
            (width - left - right) / width,
            (height - bottom - top) / height,
        )
        paint(figure.add_axes(box))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, dpi=200, metadata={"Date": None})
    return inline(buffer.getvalue(), name, label)


@contextmanager
def _settings() -> Iterator[None]:
    """Hold our settings over matplotlib's own defaults, whatever the user's are; a missing glyph is
    the browser's to find."""
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def _metric_axis(axes: Axes, metric: str, difference: bool = False) -> None:
    cast("MaxNLocator", axes.xaxis.get_major_locator()).set_params(nbins=5)
    share, unit = is_share(metric), "points" if difference else "%"
    axes.xaxis.set_major_formatter(
        (lambda v, _: number(round(100 * v, 6)) + ("" if difference else " %")) if share else _plain
    )
    axes.set_xlabel(
        f"{short(metric_name(metric), 30)}{', ' + unit if share and difference else ''}"
    )
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.03)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _plain(value: float, _: object = None) -> str:
    return number(float(f"{value:.6g}"))


def _empty(value: float, _: object = None) -> str:
    return ""


def _dot(count: int) -> float:
    return float(np.clip(20_000 / max(count, 1), 7, 40))


def as_points(array: ArrayLike) -> np.ndarray:
    """Return points (m, 2) as floats; a third column and further ones are left out."""
    points = np.asarray(array, dtype=np.float64)
    points = points.reshape(len(points), -1)
    return (
        points[:, :2]
        if points.shape[1] >= 2
        else np.column_stack([points, np.zeros((len(points), 2 - points.shape[1]))])
    )


def plottable(points: np.ndarray) -> np.ndarray:
    """Say for each point (m, 2) whether it can be drawn."""
    return np.array(
        [all(math.isfinite(v) for v in floats(row)) for row in points.tolist()], dtype=bool
    )
