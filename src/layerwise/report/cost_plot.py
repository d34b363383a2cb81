"""What each arm costs against what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from .canvas import draw_wide, empty, plain
from .maps import in_points
from .places import Box, label_places, text_size
from .study_plots import COLOURS, Axis
from .svg import MUTED, PAPER, RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TEXT = 8.5
_NEAR = 12.0  # points from label to dot, beyond which a line joins them


@dataclass(frozen=True)
class CostPoint:
    """An arm's number, its seconds a budget, the height of its learning curve, and its look."""

    number: int
    seconds: float
    value: float
    look: str


def cost(name: str, label: str, points: Sequence[CostPoint], axis: Axis) -> Markup:
    """Return the height of each arm's learning curve over its seconds a budget (a log scale), by
    number; no number lies over a point or another number."""

    def paint(axes: Axes) -> None:
        for point in points:
            axes.plot(
                [point.seconds],
                [axis.scale * point.value],
                "o",
                color=COLOURS[point.look],
                markerfacecolor=PAPER if point.look == "second" else COLOURS[point.look],
                markersize=6,
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(plain)
        axes.xaxis.set_minor_formatter(empty)
        axes.yaxis.set_major_formatter(plain)
        axes.margins(0.12)
        axes.set_xlabel("seconds for one budget of one draw")
        axes.set_ylabel(axis.label("mean test"))
        axes.grid(color=RULE, linewidth=0.5)
        axes.set_axisbelow(True)
        _number(axes, points, axis.scale)

    return draw_wide(name, label, (3.2, 3.0), (0.7, 0.15, 0.5, 0.1), paint)


def _number(axes: Axes, points: Sequence[CostPoint], scale: float) -> None:
    """Write each point's number where there is room; a thin line leads to one that lies further
    away."""
    dots = in_points(axes, [(point.seconds, scale * point.value) for point in points])
    sizes = [text_size(str(point.number), _TEXT) for point in points]
    box = axes.get_window_extent()
    unit = 72 / axes.figure.dpi
    frame = Box(*(unit * side for side in (box.x0, box.y0, box.x1, box.y1)))
    for point, dot, place in zip(points, dots, label_places(dots, sizes, frame), strict=True):
        if place is None:
            continue
        offset = (place[0] - dot[0], place[1] - dot[1])
        far = max(map(abs, offset)) > _NEAR
        axes.annotate(
            str(point.number),
            (point.seconds, scale * point.value),
            offset,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=_TEXT,
            color=MUTED,
            arrowprops={
                "arrowstyle": "-",
                "color": RULE,
                "linewidth": 0.8,
                "shrinkA": 5,
                "shrinkB": 3,
            }
            if far
            else None,
        )
