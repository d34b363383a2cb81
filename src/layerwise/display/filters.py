"""What the first layer looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .._checks import check_int
from .._errors import ParameterError
from .axes import axes_for, bare
from .model import check_model, first_filters, pretrainer_of, shape_of
from .mosaic import as_pictures, mosaic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE = 4.6  # inches


class FilterDisplay:
    """First-layer filters as images: grey is 0, white a filter's largest weight, black its
    negative.

    Parameters
    ----------
    filters : array of shape (m, h, w) or (m, c, h, w)
    total : int, optional
        How many filters there are, of which these are the strongest.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
    image_ : AxesImage
        All filters, row by row.

    Raises
    ------
    DataError
        When these are no images.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import FilterDisplay
    >>> display = FilterDisplay(np.random.default_rng(0).normal(size=(4, 5, 5))).plot()
    >>> display.image_.get_array().shape
    (11, 11)
    """

    def __init__(self, filters: ArrayLike, *, total: int | None = None) -> None:
        self.filters = as_pictures(filters, "filters")
        self.total = len(self.filters) if total is None else total

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: Sequence[int] | None = None,
        n: int = 64,
        ax: Axes | None = None,
    ) -> Self:
        """Plot the filters of a fitted model, those of largest norm; of a classifier or regressor
        they are fine-tuned.

        Parameters
        ----------
        estimator : Pretrainer, PretrainedClassifier or PretrainedRegressor
        image_shape : (h, w) or (c, h, w), optional
            Of a row, where the model was fitted on flat rows.
        n : int, default 64
            Number of filters, at most.
        ax : matplotlib axes, optional

        Raises
        ------
        ParameterError
            When the weights are no images.
        """
        check_int("FilterDisplay", "n", n, 1)
        model, pretrainer = check_model(estimator), pretrainer_of(estimator)
        shape = shape_of(pretrainer, image_shape)
        found = first_filters(pretrainer, model.module_, shape, n)
        if found is None:
            raise ParameterError(
                f"The weights of the first stage, {pretrainer.stack_.stages[0]!r}, are no images.",
                "Give image_shape=(height, width) where rows are flat images; a stage without "
                "weights of its own and inputs rotated by whitening='pca' have none.",
            )
        filters, total = found
        return cls(filters, total=total).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw on axes, by default new ones."""
        columns = math.ceil(math.sqrt(len(self.filters)))
        largest = np.abs(self.filters).max(axis=(1, 2, 3), keepdims=True)
        shown = 0.5 + 0.5 * self.filters / np.maximum(largest, 1e-12)
        self.figure_, self.ax_ = axes_for(ax, (SIDE, SIDE + 0.3))
        self.image_ = self.ax_.imshow(
            mosaic(shown, columns), cmap="gray", vmin=0, vmax=1, interpolation="nearest"
        )
        bare(self.ax_)
        of = f" of {self.total:,}" if self.total > len(self.filters) else ""
        self.ax_.set_title(f"{len(self.filters):,}{of} filters", loc="left", fontsize="medium")
        return self
