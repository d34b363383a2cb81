"""How many labels the control needs to do as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from .._errors import DataError
from .axes import axes_for, budget_axis, plain_text, tidy, words
from .look import PRINT, Look
from .study import Result, numbers, recipe_of, study_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

SIZE = (5.0, 4.8)  # inches
ROOM = 1.5  # the largest budget times this is the top of the axes, where open intervals end


class LabelsSavedDisplay:
    """Labels that the control needs, over the labels that the pretrained network was given; both on
    log scales. Above the diagonal pretraining saves labels.

    Parameters
    ----------
    labels : array of int, shape (b,)
        Labels given to the pretrained network.
    needed, low, high : array of shape (b,)
        Labels with which the control does as well, and the 95 % interval; NaN or infinity where
        that is more than ``most``.
    most : int, optional
        The largest budget of the control; by default the largest of ``labels``.
    or_fewer : array of bool, shape (b,), optional
        Where the control does as well with its smallest budget already.
    name : str, optional
        Of the recipe, for the title.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
    points_ : list of Line2D
        One for each number of labels: a triangle points to where the number lies, when only a bound
        is known.
    intervals_ : list of Line2D or Annotation
        A line, or an arrow for an interval without an end.
    diagonal_ : Line2D

    Raises
    ------
    DataError
        When the shapes do not go together.

    Examples
    --------
    >>> from layerwise import LabelsSavedDisplay
    >>> needed = {"needed": [60, float("nan")], "low": [30, 150], "high": [90, float("nan")]}
    >>> display = LabelsSavedDisplay([20, 200], **needed).plot()
    >>> [line.get_marker() for line in display.points_]
    ['o', '^']
    """

    def __init__(
        self,
        labels: ArrayLike,
        needed: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        *,
        most: int | None = None,
        or_fewer: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:
        self.labels = np.asarray(labels, dtype=int)
        self.needed, self.low, self.high = (
            np.asarray(part, dtype=float) for part in (needed, low, high)
        )
        fewer = np.zeros(len(self.labels)) if or_fewer is None else or_fewer
        self.or_fewer, self.name = np.asarray(fewer, dtype=bool), name
        parts = (self.labels, self.needed, self.low, self.high, self.or_fewer)
        if {part.shape for part in parts} != {(len(self.labels),)} or not len(self.labels):
            raise DataError(
                "labels, needed, low and high have the shapes "
                f"{[part.shape for part in parts[:4]]}; expected one number each for every number "
                "of labels, and at least one."
            )
        self.most = int(self.labels.max()) if most is None else int(most)

    @classmethod
    def from_study(
        cls, result: Result, recipe: str | None = None, *, ax: Axes | None = None
    ) -> Self:
        """Plot the labels that a recipe of a study saves.

        Parameters
        ----------
        result : dict or path
            What ``layerwise.compare`` returns, or its ``report.json``.
        recipe : str, optional
            By default the one that the verdict speaks of.
        ax : matplotlib axes, optional

        Raises
        ------
        DataError, FileError, ParameterError
            When this is no result of a study, or one that cannot tell: that takes three draws and
            two numbers of labels; for an unknown recipe.
        """
        found = study_of(result)
        name = recipe_of(found, recipe)
        rows = [row for row in found.get("labels_saved") or [] if row["recipe"] == name]
        if not rows:
            raise DataError(
                f"This study says nothing of labels saved by {name!r}.",
                "That takes at least three draws and two numbers of labels.",
            )
        parts = (numbers(rows, part) for part in ("needed", "low", "high"))
        fewer = [bool(row["or_fewer"]) for row in rows]
        most = int(rows[0]["most"])
        made = cls([row["labels"] for row in rows], *parts, most=most, or_fewer=fewer, name=name)
        return made.plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw on axes, by default new ones."""
        self.figure_, self.ax_ = axes_for(ax, SIZE)
        self.points_, self.intervals_, self.diagonal_ = paint_saved(self, self.ax_)
        return self


def paint_saved(
    saved: LabelsSavedDisplay, axes: Axes, look: Look = PRINT
) -> tuple[list[Line2D], list[Artist], Line2D]:
    """Paint points, intervals and the diagonal, and return them."""
    least, top = int(saved.labels.min()), saved.most * ROOM
    ends = [least / ROOM, top]
    axes.fill_between(ends, ends, [top, top], color=look.first, alpha=0.07, linewidth=0)
    [diagonal] = axes.plot(ends, ends, color=look.ink, linewidth=1)
    intervals = [_interval(saved, i, axes, top, look) for i in range(len(saved.labels))]
    points = [_point(saved, i, axes, look) for i in range(len(saved.labels))]
    budget_axis(axes, saved.labels.tolist(), "x")
    budget_axis(axes, [*saved.labels.tolist(), saved.most], "y")
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.set_xlabel("labels given to the pretrained network\n(shaded: the control needs more)")
    axes.set_ylabel("labels that the control needs")
    if saved.name is not None:
        plain_text(axes.set_title(words(saved.name, 60), loc="left", fontsize="medium"))
    tidy(axes, "both", look)
    return points, intervals, diagonal


def _point(saved: LabelsSavedDisplay, i: int, axes: Axes, look: Look) -> Line2D:
    """Paint what is known best: a number, or a triangle that points beyond the budgets."""
    open_up = not np.isfinite(saved.needed[i])
    marker = "^" if open_up else "v" if saved.or_fewer[i] else "o"
    height = saved.most if open_up else saved.needed[i]
    [line] = axes.plot(
        [saved.labels[i]], [height], marker, color=look.first, markersize=8, zorder=4
    )
    return line


def _interval(saved: LabelsSavedDisplay, i: int, axes: Axes, top: float, look: Look) -> Artist:
    """Paint an interval; one without an upper end is an arrow to the top."""
    x = saved.labels[i]
    low = saved.low[i] if np.isfinite(saved.low[i]) else saved.most
    if np.isfinite(saved.high[i]):
        [line] = axes.plot(
            [x, x], [low, saved.high[i]], "_-", color=look.first, markersize=9, linewidth=2.2
        )
        return line
    arrow = {"arrowstyle": "->,head_width=0.3", "color": look.first, "linewidth": 2.0}
    arrow |= {"shrinkA": 0, "shrinkB": 0}
    return axes.annotate("", (x, top * 0.97), (x, low), arrowprops=arrow)
