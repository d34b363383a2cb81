"""What all pictures share: axes to paint on, and text that is only ever text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from .._text import printable
from .look import PRINT, Look

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.text import Text

CLOSE = 0.055  # of the axis; budgets nearer to one another have one tick label


def axes_for(ax: Axes | None, size: tuple[float, float]) -> tuple[Figure, Axes]:
    """Return the figure and the axes that were given, or new ones of a size in inches whose
    margins fit their text."""
    if ax is None:
        from matplotlib import pyplot

        return pyplot.subplots(figsize=size, layout="constrained")
    return cast("Figure", ax.figure), ax


def words(text: object, most: int = 40) -> str:
    """Return one line of at most ``most`` characters; a longer one loses its middle.

    >>> words("a name\\nof two lines"), words("temperature sensor 17", 12)
    ('a name of two lines', 'temper…or 17')
    """
    line = " ".join(str(printable(str(text))).split()) or " "
    tail = (most - 1) // 2
    return line if len(line) <= most else line[: most - 1 - tail] + "…" + line[len(line) - tail :]


def plain_text(text: Text) -> Text:
    """Let no formula be read in a text: a ``$`` in the data is a ``$``."""
    text.set_parse_math(False)
    return text


def tidy(axes: Axes, grid: str, look: Look = PRINT) -> None:
    """Take away what frames the picture, and draw thin lines behind it, across ``grid`` ('x', 'y',
    'both')."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, axis=cast(Any, grid), color=look.rule, linewidth=0.6)
    axes.set_axisbelow(True)


def bare(axes: Axes) -> None:
    """Take away ticks and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def budget_ticks(budgets: Sequence[int]) -> list[int]:
    """Return the budgets that have a tick label on a log scale: none is written over another.

    >>> budget_ticks([20, 50, 200, 210, 500])
    [20, 50, 210, 500]
    """
    known = sorted(set(budgets), reverse=True)
    span = math.log(known[0] / known[-1]) or 1.0
    kept = known[:1]
    for budget in known[1:]:
        if math.log(kept[-1] / budget) > CLOSE * span:
            kept.append(budget)
    return kept[::-1]


def budget_axis(axes: Axes, budgets: Sequence[int], which: str = "x") -> None:
    """Put numbers of labels on a log scale, in full figures."""
    ticks = budget_ticks(budgets)
    names = [f"{budget:,}" for budget in ticks]
    if which == "x":
        axes.set_xscale("log")
        axes.set_xticks(ticks, names)
        axes.set_xticks([], minor=True)
    else:
        axes.set_yscale("log")
        axes.set_yticks(ticks, names)
        axes.set_yticks([], minor=True)


def legend_above(axes: Axes, artists: Sequence[Artist], names: Sequence[str]) -> Legend:
    """Name artists above the axes, one a line, where they hide nothing."""
    places = [str(i) for i in range(len(names))]  # a name may begin with "_" or hold a formula
    legend = axes.legend(
        list(artists),
        places,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        frameon=False,
        borderaxespad=0.2,
        handlelength=3.2,
        fontsize="small",
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        plain_text(text).set_text(words(name, 60))
    return legend
