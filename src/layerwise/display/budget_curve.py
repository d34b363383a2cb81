"""Scores over the number of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._errors import DataError, ParameterError, did_you_mean
from .axes import axes_for, budget_axis, legend_above, tidy
from .look import PRINT, Look, line_style
from .metric import level_words, scale_of
from .study import Result, metric_of, numbers, recipe_of, study_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.lines import Line2D

WIDTH, HEIGHT, LINE = 5.6, 3.5, 0.21  # inches; a line of the legend
BEYOND = 0.75  # of the span of the means; how far a wide band is shown above and below them


class BudgetCurveDisplay:
    """Scores of arms over the number of labels (a log scale), with bands for their intervals.

    Parameters
    ----------
    labels : array of int, shape (b,)
        Numbers of labels learned from.
    mean, low, high : array of shape (arms, b)
        Score of each arm on test rows and its 95 % interval, in the metric's units; NaN where there
        is none.
    arms : sequence of str
        Their names.
    roles : sequence of {'pretrained', 'control', 'baseline'}, optional
        They decide dashes and markers.
    metric : str, default 'accuracy'
    higher_is_better : bool, default True

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
    lines_ : list of Line2D
    bands_ : list of PolyCollection or None
        None for an arm without a band.
    legend_ : Legend

    Raises
    ------
    DataError
        When the shapes do not go together.

    Examples
    --------
    >>> from layerwise import BudgetCurveDisplay
    >>> mean = [[0.80, 0.90], [0.75, 0.89]]
    >>> low, high = [[0.78, 0.89], [0.72, 0.88]], [[0.82, 0.91], [0.78, 0.90]]
    >>> arms, roles = ["pretrained", "random start"], ["pretrained", "control"]
    >>> display = BudgetCurveDisplay([20, 200], mean, low, high, arms, roles).plot()
    >>> [float(round(value, 1)) for value in display.lines_[0].get_ydata()]
    [80.0, 90.0]
    """

    def __init__(
        self,
        labels: ArrayLike,
        mean: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        arms: Sequence[str],
        roles: Sequence[str] | None = None,
        *,
        metric: str = "accuracy",
        higher_is_better: bool = True,
    ) -> None:
        self.labels, self.arms = np.asarray(labels, dtype=int), list(arms)
        self.roles = ["pretrained"] * len(self.arms) if roles is None else list(roles)
        self.metric, self.higher_is_better = metric, higher_is_better
        self.mean, self.low, self.high = (
            np.asarray(part, dtype=float) for part in (mean, low, high)
        )
        shapes = {self.mean.shape, self.low.shape, self.high.shape}
        if shapes != {(len(self.arms), len(self.labels))} or len(self.roles) != len(self.arms):
            raise DataError(
                f"mean, low and high have the shapes {sorted(shapes)}; expected one row for each "
                f"of {len(self.arms)} arms (and its role) and one column for each of "
                f"{len(self.labels)} numbers of labels."
            )

    @classmethod
    def from_study(
        cls,
        result: Result,
        *,
        arms: Sequence[str] | str | None = None,
        ax: Axes | None = None,
        **settings: Any,
    ) -> Self:
        """Plot arms of a study.

        Parameters
        ----------
        result : dict or path
            What ``layerwise.compare`` returns, or its ``report.json``.
        arms : sequence of str, or 'all', optional
            By default the recipe that the verdict speaks of, its control, and the best baseline.
        ax, **settings
            For :meth:`plot`.

        Raises
        ------
        DataError, FileError, ParameterError
            When this is no result of a study; for an unknown arm.
        """
        found = study_of(result)
        metric, higher = metric_of(found)
        known = {row["arm"]: row["role"] for row in found["summary"]}
        names = _chosen(found, known, arms, higher)
        labels = sorted({row["labels"] for row in found["summary"]})
        rows = {(row["arm"], row["labels"]): row for row in found["summary"]}
        mean, low, high = (
            [numbers([rows.get((arm, n), {}) for n in labels], part) for arm in names]
            for part in ("mean", "low", "high")
        )
        roles = [known[arm] for arm in names]
        about: dict[str, Any] = {"metric": metric, "higher_is_better": higher}
        made = cls(labels, mean, low, high, names, roles, **about)
        return made.plot(ax, **settings)

    def plot(self, ax: Axes | None = None, *, bands: bool = True) -> Self:
        """Draw on axes, by default new ones.

        Parameters
        ----------
        ax : matplotlib axes, optional
        bands : bool, default True
            Whether 95 % intervals are drawn.
        """
        self.figure_, self.ax_ = axes_for(ax, (WIDTH, HEIGHT + LINE * len(self.arms)))
        self.lines_, self.bands_ = paint_curves(self, self.ax_, bands)
        self.legend_ = legend_above(self.ax_, self.lines_, self.arms)
        return self


def paint_curves(
    curves: BudgetCurveDisplay, axes: Axes, bands: bool = True, look: Look = PRINT
) -> tuple[list[Line2D], list[PolyCollection | None]]:
    """Paint curves and bands, and return the artists."""
    scale = scale_of(curves.metric)
    lines: list[Line2D] = []
    areas: list[PolyCollection | None] = []
    parts = zip(curves.roles, curves.mean, curves.low, curves.high, strict=True)
    for i, (role, mean, low, high) in enumerate(parts):
        style = line_style(i, role, look)
        known = np.isfinite(low) & np.isfinite(high)
        area: PolyCollection | None = None
        if bands and known.any():
            area = axes.fill_between(
                curves.labels,
                scale * low,
                scale * high,
                where=known.tolist(),
                color=style["color"],
                alpha=0.14,
                linewidth=0,
            )
        areas.append(area)
        lines += axes.plot(
            curves.labels, scale * mean, markersize=5.5, linewidth=1.7, zorder=3, **style
        )
    budget_axis(axes, curves.labels.tolist())
    axes.margins(x=0.05)
    _bound(curves, axes, scale)
    axes.set_xlabel("labels")
    axes.set_ylabel(level_words(curves.metric, curves.higher_is_better))
    tidy(axes, "y", look)
    return lines, areas


def _bound(curves: BudgetCurveDisplay, axes: Axes, scale: float) -> None:
    """Let no wide interval squeeze the curves into a line, nor go beyond 0 and 100 %."""
    means = scale * curves.mean[np.isfinite(curves.mean)]
    if not len(means):
        return
    span = max(float(np.ptp(means)), 1e-3 * float(np.abs(means).max()), 1e-9)
    low, high = axes.get_ylim()
    least, most = (0.0, 100.0) if scale != 1 else (-np.inf, np.inf)
    pad = 0.04 * (high - low)
    axes.set_ylim(
        max(low, means.min() - BEYOND * span, least - pad),
        min(high, means.max() + BEYOND * span, most + pad),
    )


def _chosen(
    result: Mapping[str, Any], known: Mapping[str, str], arms: Sequence[str] | str | None, up: bool
) -> list[str]:
    """Return the names of the arms to draw."""
    if arms == "all":
        return list(known)
    if arms is None:
        return _told(result, known, up)
    names = [arms] if isinstance(arms, str) else list(arms)
    for name in names:
        if name not in known:
            raise ParameterError(
                f"There is no arm {name!r} in this study.", did_you_mean(name, known)
            )
    return names


def _told(result: Mapping[str, Any], known: Mapping[str, str], up: bool) -> list[str]:
    """Return the pretrained arm of the verdict, its control and the best baseline; without recipes
    all arms."""
    if not result["differences"]:
        return list(known)
    recipe = recipe_of(result, None)
    row = next(row for row in result["differences"] if row["recipe"] == recipe)
    heights = {
        arm: float(np.mean(numbers([r for r in result["summary"] if r["arm"] == arm], "mean")))
        for arm, role in known.items()
        if role == "baseline"
    }
    finite = {arm: height for arm, height in heights.items() if np.isfinite(height)}
    best = (max if up else min)(finite, key=lambda arm: finite[arm]) if finite else None
    return [row["arm"], row["against"], *([best] if best else [])]
