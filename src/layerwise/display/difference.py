"""What pretraining gains at every number of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from .._errors import DataError
from .axes import axes_for, plain_text, tidy, words
from .look import PRINT, Look
from .metric import gain_words, scale_of
from .study import Result, metric_of, numbers, recipe_of, study_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer

WIDTH = 5.6  # inches
MARGIN, EACH = 1.25, 0.42  # inches of height, and more for every number of labels


class DifferenceDisplay:
    """Paired differences of a pretrained arm and its control by number of labels, with their
    intervals, against zero and the region of practical equivalence.

    Parameters
    ----------
    labels : array of int, shape (b,)
    mean, low, high : array of shape (b,)
        Gain and its 95 % interval, in the metric's units, above zero where pretraining is better;
        NaN where there is none.
    practical : float, default 0.0
        Half the region of practical equivalence, in the same units.
    metric : str, default 'accuracy'
    name : str, optional
        Of the recipe, for the title.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
    errorbar_ : ErrorbarContainer
    zero_ : Line2D
    region_ : Rectangle

    Raises
    ------
    DataError
        When the shapes do not go together.

    Examples
    --------
    >>> from layerwise import DifferenceDisplay
    >>> gain = {"mean": [0.05, 0.01], "low": [0.02, -0.01], "high": [0.08, 0.03]}
    >>> display = DifferenceDisplay([20, 200], **gain, practical=0.005).plot()
    >>> display.ax_.get_xlabel()
    'gain over the control, points of accuracy'
    """

    def __init__(
        self,
        labels: ArrayLike,
        mean: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        *,
        practical: float = 0.0,
        metric: str = "accuracy",
        name: str | None = None,
    ) -> None:
        self.labels = np.asarray(labels, dtype=int)
        self.mean, self.low, self.high = (
            np.asarray(part, dtype=float) for part in (mean, low, high)
        )
        self.practical, self.metric, self.name = float(practical), metric, name
        shapes = {self.labels.shape, self.mean.shape, self.low.shape, self.high.shape}
        if len(shapes) > 1 or self.labels.ndim != 1:
            raise DataError(
                f"labels, mean, low and high have the shapes {sorted(shapes)}; expected one number "
                "each for every number of labels."
            )

    @classmethod
    def from_study(
        cls, result: Result, recipe: str | None = None, *, ax: Axes | None = None
    ) -> Self:
        """Plot the differences of a recipe of a study.

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
            When this is no result of a study; for an unknown recipe.
        """
        found = study_of(result)
        name = recipe_of(found, recipe)
        rows = [row for row in found["differences"] if row["recipe"] == name]
        parts = (numbers(rows, part) for part in ("mean", "low", "high"))
        practical = (found.get("study") or {}).get("practical") or 0.0
        made = cls(
            [row["labels"] for row in rows],
            *parts,
            practical=practical,
            metric=metric_of(found)[0],
            name=name,
        )
        return made.plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw on axes, by default new ones."""
        self.figure_, self.ax_ = axes_for(ax, (WIDTH, MARGIN + EACH * len(self.labels)))
        self.errorbar_, self.zero_, self.region_ = paint_differences(self, self.ax_)
        return self


def paint_differences(
    gains: DifferenceDisplay, axes: Axes, look: Look = PRINT
) -> tuple[ErrorbarContainer, object, object]:
    """Paint the differences, zero and the region, and return the artists."""
    scale, places = scale_of(gains.metric), np.arange(len(gains.labels))
    mean, low, high = (scale * part for part in (gains.mean, gains.low, gains.high))
    half = scale * gains.practical
    region = axes.axvspan(-half, half, color=look.muted, alpha=0.18, linewidth=0)
    zero = axes.axvline(0, color=look.ink, linewidth=1)
    bars = axes.errorbar(
        mean,
        places,
        xerr=np.maximum(np.nan_to_num(np.stack([mean - low, high - mean])), 0),
        fmt="o",
        color=look.first,
        markersize=7,
        elinewidth=2.2,
        capsize=4,
        capthick=1.6,
    )
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_yticks(places, [f"{labels:,} labels" for labels in gains.labels])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"gain over the control, {gain_words(gains.metric)}")
    if gains.name is not None:
        plain_text(axes.set_title(words(gains.name, 60), loc="left", fontsize="medium"))
    tidy(axes, "x", look)
    axes.spines["left"].set_visible(False)
    return bars, zero, region
