"""A plot of each claim, as SVG that reads on white and on black: no background, grey axes, colours
of medium brightness."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from scipy import stats

from .study import Arms, Claim, Panel

GREY = "#808080"
COLOURS = ("#3d85c6", "#e0743a", "#35a077", "#b06ac4", "#b59a1c", "#d9536f", "#4aa9b5", "#8f8f8f")
STYLE = {
    "svg.hashsalt": "layerwise",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": GREY,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
COLUMNS = 3


def draw(claim: Claim, seeds: Mapping[int, Arms]) -> bytes:
    """Return the SVG of a claim's panels; the same data give the same bytes."""
    runs = list(seeds.values())
    with matplotlib.rc_context(STYLE):
        columns = min(COLUMNS, len(claim.panels))
        rows = math.ceil(len(claim.panels) / columns)
        figure = Figure(figsize=(8.0, rows * _height(claim, runs)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, columns, squeeze=False).flatten()
        colours = {
            arm: COLOURS[i % len(COLOURS)]
            for i, arm in enumerate(dict.fromkeys(arm for arms in runs for arm in arms))
        }
        for i, (panel, place) in enumerate(zip(claim.panels, axes, strict=False)):
            beside = claim.panels[i - 1] if i % columns else None
            _lines(place, panel, runs, colours) if panel.kind == "lines" else _dots(
                place, panel, runs, colours, beside
            )
        for unused in axes[len(claim.panels) :]:
            unused.set_axis_off()
        file = io.BytesIO()
        figure.savefig(
            file, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return b"\n".join(line.rstrip() for line in file.getvalue().splitlines()) + b"\n"


def half_width(values: np.ndarray) -> float:
    """Return half of the 95 % interval of the mean by Student's t; 0 for one value."""
    n = len(values)
    return float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / math.sqrt(n)) if n > 1 else 0.0


def _height(claim: Claim, seeds: Sequence[Arms]) -> float:
    if any(panel.kind == "lines" for panel in claim.panels):
        return 3.0
    return 0.9 + 0.26 * max(len(_arms(panel, seeds)) for panel in claim.panels)


def _arms(panel: Panel, seeds: Sequence[Arms]) -> list[str]:
    names = dict.fromkeys(arm for arms in seeds for arm in arms)
    return [
        arm
        for arm in names
        if any(measure in arms.get(arm, {}) for arms in seeds for measure in panel.measures)
    ]


def _values(seeds: Sequence[Arms], arm: str, measure: str) -> np.ndarray:
    return np.array(
        [arms[arm][measure] for arms in seeds if measure in arms.get(arm, {})], dtype=float
    )


def _dots(
    axes: Axes,
    panel: Panel,
    seeds: Sequence[Arms],
    colours: Mapping[str, str],
    beside: Panel | None,
) -> None:
    """A line for each arm: a dot for each seed, the mean and its 95 % interval. Names stand where
    the panel beside has others."""
    arms = _arms(panel, seeds)
    for place, arm in enumerate(arms):
        values, colour = _values(seeds, arm, panel.measures[0]), colours[arm]
        axes.plot(values, [place + 0.24] * len(values), ".", color=colour, alpha=0.7, markersize=4)
        axes.errorbar(
            values.mean(),
            place,
            xerr=half_width(values),
            fmt="o",
            color=colour,
            capsize=2,
            markersize=5,
        )
    named = beside is None or _arms(beside, seeds) != arms
    axes.set_yticks(range(len(arms)), arms if named else [""] * len(arms))
    axes.set_ylim(len(arms) - 0.4, -0.6)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(panel.label)
    _grid(axes, "x")


def _lines(axes: Axes, panel: Panel, seeds: Sequence[Arms], colours: Mapping[str, str]) -> None:
    """A curve for each arm along the measures, with 95 % intervals."""
    places = np.arange(len(panel.measures))
    arms = _arms(panel, seeds)
    for i, arm in enumerate(arms):
        columns = [_values(seeds, arm, measure) for measure in panel.measures]
        means, halves = [c.mean() for c in columns], [half_width(c) for c in columns]
        shift = 0.06 * (i - (len(arms) - 1) / 2)
        axes.errorbar(
            places + shift,
            means,
            yerr=halves,
            fmt="o-",
            color=colours[arm],
            capsize=2,
            markersize=4,
            label=arm,
        )
    axes.set_xticks(places, panel.measures)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.label)
    _grid(axes, "y")
    axes.legend(frameon=False)


def _grid(axes: Axes, axis: str) -> None:
    axes.grid(axis=axis, color=GREY, alpha=0.25)
    axes.set_axisbelow(True)
