"""What comes back from the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._checks import check_int
from .._errors import DataError
from .._indexing import rows_of
from ..data.frames import is_frame, read_frame
from ..data.reading import Given
from .axes import axes_for, bare, plain_text, words
from .look import PRINT, Look
from .model import decoder_of, image_rows, length_of, shape_of, some_rows
from .mosaic import GAP, as_pictures, mosaic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 1000  # of a table
MOST_PANELS = 12
ACROSS = 4  # panels in a line
WHOLE, PANEL = 1.05, 1.6  # inches: an image, a panel
SHOWN = 3.0  # standard deviations to both sides of the mean


class ReconstructionDisplay:
    """Rows beside what a model reconstructs of them: images under one another, or of a table a
    panel for each column with reconstructed over original values.

    Parameters
    ----------
    originals, reconstructions : array of shape (m, h, w) or (m, c, h, w), or (m, d)
        Images with values in [0, 1], or rows of a table.
    corrupted : array of the same shape, optional
        Images as a denoising objective saw them.
    columns : sequence of str, optional
        Names of a table's columns.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
    image_ : AxesImage
        Of images: all of them, one kind a line.
    axes_ : list of axes
        Of a table: a panel for each column, at most 12. Values are standardised by the originals'
        mean and deviation; on the diagonal a value comes back as it was.

    Raises
    ------
    DataError
        When the shapes do not go together.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import ReconstructionDisplay
    >>> images = np.random.default_rng(0).random((5, 8, 8))
    >>> display = ReconstructionDisplay(images, 0.9 * images).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['original', 'reconstruction']
    """

    def __init__(
        self,
        originals: ArrayLike,
        reconstructions: ArrayLike,
        corrupted: ArrayLike | None = None,
        *,
        columns: Sequence[str] | None = None,
    ) -> None:
        self.originals, self.reconstructions = (
            np.asarray(part, dtype=float) for part in (originals, reconstructions)
        )
        self.corrupted = None if corrupted is None else np.asarray(corrupted, dtype=float)
        shapes = {
            part.shape
            for part in (self.originals, self.reconstructions, self.corrupted)
            if part is not None
        }
        if len(shapes) > 1 or not 2 <= self.originals.ndim <= 4 or not len(self.originals):
            raise DataError(
                f"originals and reconstructions have the shapes {sorted(shapes)}; expected the "
                "same: images (m, h, w) or (m, c, h, w), or rows (m, d)."
            )
        self.columns = None if columns is None else [str(name) for name in columns]
        if self.columns is not None and len(self.columns) != self.originals.shape[1]:
            raise DataError(
                f"{len(self.columns)} names were given for {self.originals.shape[1]} columns."
            )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Given,
        *,
        image_shape: Sequence[int] | None = None,
        n: int = 10,
        ax: Axes | None = None,
    ) -> Self:
        """Plot rows beside what a fitted model reconstructs of them; of a classifier or regressor
        what it was fine-tuned from does.

        Parameters
        ----------
        estimator : Pretrainer, PretrainedClassifier or PretrainedRegressor
        X : rows as the model takes them
            The first ``n`` images are shown; of a table all rows, up to 1,000.
        image_shape : (h, w) or (c, h, w), optional
            Of a row, where the model was fitted on flat rows that are images.
        n : int, default 10
            Number of images.
        ax : matplotlib axes, optional

        Raises
        ------
        DataError, ParameterError
            When rows cannot be used; when no decoder was trained.
        """
        check_int("ReconstructionDisplay", "n", n, 1)
        pretrainer, rows = decoder_of(estimator), length_of(X)
        shape = shape_of(pretrainer, image_shape)
        if shape is not None:
            few = rows_of(X, np.arange(min(n, rows)))
            found: dict[str, Any] = image_rows(pretrainer, few, shape)
            return cls(**found).plot(ax)
        few = rows_of(X, some_rows(rows, MOST_ROWS))
        names = [str(name) for name in getattr(pretrainer, "feature_names_in_", [])]
        original, back = _table(few, names), _table(pretrainer.reconstruct(few), names)
        columns = [name for name in original if name in back]
        if not columns:
            raise DataError(
                "No column holds numbers, so there is nothing to plot against another.",
                "pretrainer.reconstruct(X) gives the categories.",
            )
        parts = (np.column_stack([part[name] for name in columns]) for part in (original, back))
        return cls(*parts, columns=columns).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw on axes, by default new ones."""
        if self.originals.ndim == 2:
            return self._plot_table(ax)
        kinds = {
            "original": self.originals,
            "corrupted": self.corrupted,
            "reconstruction": self.reconstructions,
        }
        shown = {name: as_pictures(part, name) for name, part in kinds.items() if part is not None}
        count, height = len(self.originals), self.originals.shape[-2]
        self.figure_, self.ax_ = axes_for(ax, (1.2 + 0.62 * count, 0.3 + 0.66 * len(shown)))
        whole = mosaic(np.concatenate(list(shown.values())), count)
        self.image_ = self.ax_.imshow(whole, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        bare(self.ax_)
        middles = [i * (height + GAP) + (height - 1) / 2 for i in range(len(shown))]
        self.ax_.set_yticks(middles, list(shown))
        self.ax_.tick_params(axis="y", length=0)
        return self

    def _plot_table(self, ax: Axes | None) -> Self:
        count = min(self.originals.shape[1], MOST_PANELS)
        across = min(ACROSS, count)
        down = -(-count // across)
        self.figure_, self.ax_ = axes_for(ax, (0.5 + PANEL * across, 0.5 + (PANEL + 0.3) * down))
        bare(self.ax_)
        self.axes_ = [
            _panel(self, i, self.ax_, divmod(i, across), (down, across)) for i in range(count)
        ]
        self.ax_.set_xlabel("original, standardised", labelpad=22)
        self.ax_.set_ylabel("reconstruction, standardised", labelpad=26)
        return self


def _panel(
    display: ReconstructionDisplay,
    i: int,
    axes: Axes,
    place: tuple[int, int],
    grid: tuple[int, int],
    look: Look = PRINT,
) -> Axes:
    """Paint the panel of one column."""
    (row, column), (down, across) = place, grid
    height, width = 1 / down, 1 / across
    box = (column * width, 1 - (row + 1) * height, width * 0.88, height * 0.78)
    panel = axes.inset_axes(box)
    original, back = display.originals[:, i], display.reconstructions[:, i]
    mean, spread = np.nanmean(original), max(float(np.nanstd(original)), 1e-12)
    x, y = ((part - mean) / spread for part in (original, back))
    panel.plot([-SHOWN, SHOWN], [-SHOWN, SHOWN], color=look.muted, linewidth=0.9)
    panel.scatter(x, y, s=5, color=look.first, alpha=0.45, linewidths=0)
    panel.set_xlim(-SHOWN, SHOWN)
    panel.set_ylim(-SHOWN, SHOWN)
    ticks, names, none = [-2, 0, 2], ["\N{MINUS SIGN}2", "0", "2"], ["", "", ""]
    last = i + across >= min(display.originals.shape[1], MOST_PANELS)
    panel.set_xticks(ticks, names if last else none)
    panel.set_yticks(ticks, names if column == 0 else none)
    panel.tick_params(labelsize="x-small", length=2)
    name = f"column {i}" if display.columns is None else words(display.columns[i], 20)
    plain_text(panel.set_title(name, fontsize="small", loc="left", pad=3))
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)
    return panel


def _table(X: Any, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Return the columns of numbers by name."""
    if is_frame(X):
        return read_frame(X).numbers
    dense = np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)
    dense = dense.reshape(len(dense), -1)
    known = (
        names if len(names) == dense.shape[1] else [f"column {i}" for i in range(dense.shape[1])]
    )
    return {str(name): dense[:, i] for i, name in enumerate(known)}
