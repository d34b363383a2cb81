"""One axes of fixed margins, drawn by matplotlib, as inline SVG. Nothing here touches pyplot or
leaves a global setting changed."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from .formats import is_share, metric_name, number, short
from .svg import INK, MUTED, RULE, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import MaxNLocator

Paint = Callable[["Axes"], None]
Margins = tuple[float, float, float, float]
PAGE_WIDTH, HALF_WIDTH, NARROW_WIDTH = 9.7, 4.6, 4.0  # inches: a page, one of a pair, a telephone
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


def draw(
    name: str, label: str, size: tuple[float, float], margins: Margins, paint: Paint
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


def draw_wide(
    name: str, label: str, heights: tuple[float, float], margins: Margins, paint: Paint
) -> Markup:
    """Return a plot as wide as the page, and the same one for a narrow screen, where the first
    one's text would be too small; the style sheet shows one of them."""
    wide, narrow = heights
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(
        draw(name, label, (PAGE_WIDTH, wide), margins, paint),
        draw(f"{name}-narrow", label, (NARROW_WIDTH, narrow), margins, paint),
    )


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


def metric_axis(axes: Axes, metric: str, difference: bool = False) -> None:
    """Make the x axis one of a metric, or of gains in it."""
    ticks(axes, x=5)
    share, unit = is_share(metric), "points" if difference else "%"
    axes.xaxis.set_major_formatter(
        (lambda v, _: number(round(100 * v, 6)) + ("" if difference else " %")) if share else plain
    )
    axes.set_xlabel(
        f"{short(metric_name(metric), 30)}{', ' + unit if share and difference else ''}"
    )
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)


def ticks(axes: Axes, x: int | None = None, y: int | None = None, **settings: Any) -> None:
    """Allow at most so many steps between ticks."""
    for axis, most in ((axes.xaxis, x), (axes.yaxis, y)):
        if most is not None:
            cast("MaxNLocator", axis.get_major_locator()).set_params(nbins=most, **settings)


def plain(value: float, _: object = None) -> str:
    """Return a tick's number."""
    return number(float(f"{value:.6g}"))


def empty(value: float, _: object = None) -> str:
    """Return nothing, for a tick without a number."""
    return ""
