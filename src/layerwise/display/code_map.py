"""The code in two dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._checks import check_int, check_name
from .._errors import DataError
from .._indexing import rows_of
from ..data.frames import is_missing
from ..data.reading import Given
from ..estimators import PretrainedRegressor
from ..estimators.labels import as_labels, is_unlabelled
from .axes import axes_for, bare, plain_text, words
from .look import PRINT, class_style
from .model import MAPS, check_model, in_plane, length_of, some_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.legend import Legend

SIZE = (5.6, 4.4)  # inches
MOST_CLASSES = 30  # that are named
NO_LABEL = "#c3c6c9"
MANY = 30  # different whole numbers; beyond, they are amounts
AXES = {
    "pca": ("first principal component", "second principal component"),
    "tsne": ("t-SNE, first", "t-SNE, second"),
}


class CodeMapDisplay:
    """Codes in two dimensions, coloured by class or by a number.

    Parameters
    ----------
    points : array of shape (n, 2)
    y : array of shape (n,), optional
        Class or number of each row; None or NaN where there is none (grey).
    numbers : bool, optional
        Whether ``y`` holds amounts; by default when it holds numbers that are not all whole, or
        more than 30 different ones.
    method : {'pca', 'tsne'}, optional
        For the axes' names.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
    scatters_ : list of PathCollection
        One for each class in the order of ``classes_``, after those without one; of numbers one.
    classes_ : list
    legend_, colorbar_ : Legend, Colorbar or None

    Raises
    ------
    DataError
        When the shapes do not go together.

    Examples
    --------
    >>> from layerwise import CodeMapDisplay
    >>> display = CodeMapDisplay([[0, 0], [1, 0], [1, 1]], ["cat", "dog", "cat"]).plot()
    >>> display.classes_, len(display.scatters_)
    (['cat', 'dog'], 2)
    """

    def __init__(
        self,
        points: ArrayLike,
        y: ArrayLike | None = None,
        *,
        numbers: bool | None = None,
        method: str | None = None,
    ) -> None:
        self.points = np.asarray(points, dtype=float)
        if self.points.ndim != 2 or self.points.shape[1] != 2:
            raise DataError(f"points has the shape {self.points.shape}; expected (n, 2).")
        self.y = None if y is None else as_labels(y)
        if self.y is not None and self.y.shape != (len(self.points),):
            raise DataError(
                f"y has the shape {self.y.shape}; expected one value for each of "
                f"{len(self.points):,} points."
            )
        self.numbers = _are_amounts(self.y) if numbers is None else numbers
        self.method = method

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Given,
        y: ArrayLike | None = None,
        *,
        method: str = "pca",
        most: int = 2000,
        random_state: int = 0,
        ax: Axes | None = None,
    ) -> Self:
        """Plot the codes of rows by a fitted model; of a classifier or regressor those after
        fine-tuning.

        Parameters
        ----------
        estimator : Pretrainer, PretrainedClassifier or PretrainedRegressor
        X : rows as the model takes them
        y : array of shape (n,), optional
            Classes or numbers; what marks a row without a label for the model, does so here.
        method : {'pca', 'tsne'}, default 'pca'
        most : int, default 2000
            Rows that are shown; of more a sample is.
        random_state : int, default 0
        ax : matplotlib axes, optional

        Raises
        ------
        DataError, ParameterError
            When rows or settings cannot be used.
        """
        check_name("CodeMapDisplay", "method", method, MAPS)
        check_int("CodeMapDisplay", "most", most, 2)
        model, n = check_model(estimator), length_of(X)
        labels = None if y is None else as_labels(y)
        if labels is not None and labels.shape != (n,):
            raise DataError(f"y has the shape {labels.shape}; expected one value for {n:,} rows.")
        if n > most:
            rows = some_rows(n, most)
            X, labels = rows_of(X, rows), None if labels is None else labels[rows]
        if labels is not None and (marker := getattr(model, "unlabeled", None)) is not None:
            none = is_unlabelled(labels, marker)
            if none.any():
                labels = labels.astype(object)
                labels[none] = None
        amounts = True if isinstance(model, PretrainedRegressor) else None
        points = in_plane(model.encode(X), method, random_state)
        return cls(points, labels, numbers=amounts, method=method).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw on axes, by default new ones."""
        self.figure_, self.ax_ = axes_for(ax, SIZE)
        self.classes_: list[Any] = []
        self.scatters_: list[PathCollection] = []
        self.legend_: Legend | None = None
        self.colorbar_: Colorbar | None = None
        if self.y is None:
            self._plot_points()
        elif self.numbers:
            self._plot_numbers(self.y)
        else:
            self._plot_classes(self.y)
        bare(self.ax_)
        first, second = AXES.get(self.method or "", ("", ""))
        self.ax_.set_xlabel(first)
        self.ax_.set_ylabel(second)
        return self

    def _plot_numbers(self, y: np.ndarray) -> None:
        values = np.array([_number(value) for value in y.tolist()])
        known = np.isfinite(values)
        size = dot_size(len(values))
        if not known.all():
            self.scatters_.append(_dots(self.ax_, self.points[~known], size))
        x, y = self.points[known].T
        painted = self.ax_.scatter(x, y, s=size, c=values[known], cmap="viridis", linewidths=0)
        self.scatters_.append(painted)
        self.colorbar_ = self.figure_.colorbar(painted, ax=self.ax_, shrink=0.8)

    def _plot_points(self) -> None:
        size = dot_size(len(self.points))
        self.scatters_ = [_dots(self.ax_, self.points, size, PRINT.first)]

    def _plot_classes(self, y: np.ndarray) -> None:
        labels = [None if is_missing(label) else label for label in y.tolist()]
        self.classes_ = classes_of(labels)
        places = {label: i for i, label in enumerate(self.classes_)}
        group = np.array([places.get(label, -1) for label in labels])
        size = dot_size(len(group))
        names: list[str] = []
        if (group < 0).any():
            self.scatters_.append(_dots(self.ax_, self.points[group < 0], size))
            names.append("no label")
        for i, label in enumerate(self.classes_):
            colour, marker = class_style(i)
            x, y = self.points[group == i].T
            style: dict[str, Any] = {"color": colour, "marker": marker}
            style |= {"alpha": 0.8, "linewidths": 0}
            self.scatters_.append(self.ax_.scatter(x, y, s=size, **style))
            names.append(str(label))
        if self.classes_:
            self.legend_ = _legend(self.ax_, self.scatters_, names)


def dot_size(count: int) -> float:
    """Return the area of a dot, in square points: smaller where there are many."""
    return float(np.clip(20_000 / max(count, 1), 9, 40))


def classes_of(labels: Sequence[Any]) -> list[Any]:
    """Return the classes: numbers by size, others in the order of their names.

    >>> classes_of([10, 9, None]), classes_of(["b", "a"])
    ([9, 10], ['a', 'b'])
    """
    found = list(dict.fromkeys(label for label in labels if label is not None))
    numbers = all(isinstance(label, (int, float)) for label in found)
    return sorted(found) if numbers else sorted(found, key=str)


def _are_amounts(y: np.ndarray | None) -> bool:
    """Whether labels are amounts."""
    if y is None:
        return False
    known = [value for value in y.tolist() if not is_missing(value)]
    plain = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known)
    if not known or not plain:
        return False
    return any(v != math.floor(v) for v in known if math.isfinite(v)) or len(set(known)) > MANY


def _number(value: Any) -> float:
    return math.nan if is_missing(value) else float(value)


def _dots(axes: Axes, points: np.ndarray, size: float, colour: str = NO_LABEL) -> Any:
    x, y = points.T
    style: dict[str, Any] = {"color": colour, "alpha": 0.6, "linewidths": 0}
    return axes.scatter(x, y, s=size, marker="o", zorder=0, **style)


def _legend(axes: Axes, artists: Sequence[Any], names: Sequence[str]) -> Any:
    """Name classes beside the axes; the last line says how many are not named."""
    shown = list(artists[:MOST_CLASSES])
    legend = axes.legend(
        shown,
        [str(i) for i in range(len(shown))],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize="small",
        handletextpad=0.2,
        ncols=1 if len(shown) <= 15 else 2,
    )
    more = len(artists) - len(shown)
    if more:
        legend.set_title(f"{len(shown)} of {len(artists):,}")
    for text, name in zip(legend.get_texts(), names, strict=False):
        plain_text(text).set_text(words(name, 24))
    for handle in legend.legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_sizes([30.0])
            handle.set_alpha(1.0)
    return legend
