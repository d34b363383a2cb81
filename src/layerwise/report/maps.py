"""Maps of codes in two dimensions, coloured by class or by number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike

from .canvas import HALF_WIDTH, draw
from .formats import floats
from .places import Box, box_around, text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Petroff (2021), "Accessible color sequences for data visualization": told apart with any colour
# vision, on white and on black.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadb",
)
MARKERS = (("o", "●"), ("^", "▲"), ("s", "■"), ("D", "◆"), ("v", "▼"))
RAMP = ("#3f7fe0", "#9b8f9b", "#e8782a")  # low, middle, high
_SIZE, _MARGINS = (HALF_WIDTH, 4.2), (0.08, 0.08, 0.08, 0.08)
_NAMED = 16  # characters of the longest name that is written into a map
_TEXT = 9.5


def scatter(
    name: str, label: str, points: np.ndarray, groups: Sequence[int], names: Sequence[str]
) -> Markup:
    """Return codes (m, 2) coloured by group; group -1 is grey; a few groups of short names are
    named at their medians, but where two names would overlap."""
    members = np.asarray(groups)

    def paint(axes: Axes) -> None:
        for group in sorted(set(groups)):
            colour, marker = group_look(group)
            mine = points[members == group]
            axes.scatter(
                mine[:, 0],
                mine[:, 1],
                s=dot_area(len(points)),
                c=colour,
                marker=MARKERS[marker][0],
                alpha=0.75,
                linewidths=0,
                rasterized=True,
            )
        _bare(axes)
        if len(names) <= 20 and max(map(len, names), default=0) <= _NAMED:
            _name_groups(axes, points, members, names)

    return draw(name, label, _SIZE, _MARGINS, paint)


def _name_groups(axes: Axes, points: np.ndarray, members: np.ndarray, names: Sequence[str]) -> None:
    """Write each group's name at its median; one that would lie over another is left to the
    legend."""
    taken: list[Box] = []
    for group in sorted({int(g) for g in members if g >= 0}):
        x, y = np.median(points[members == group], axis=0)
        box = box_around(in_points(axes, [(x, y)])[0], text_size(names[group], _TEXT))
        if any(box.overlaps(other) for other in taken):
            continue
        taken.append(box)
        text = axes.text(
            x, y, names[group], ha="center", va="center", fontsize=_TEXT, fontweight="bold"
        )
        text.set_gid("halo")


def scatter_numbers(name: str, label: str, points: np.ndarray, values: Sequence[float]) -> Markup:
    """Return codes (m, 2) coloured by a number, from low to high along ``RAMP``."""

    def paint(axes: Axes) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        ramp = LinearSegmentedColormap.from_list("ramp", list(RAMP))
        axes.scatter(
            points[:, 0],
            points[:, 1],
            s=dot_area(len(points)),
            c=list(values),
            cmap=ramp,
            alpha=0.8,
            linewidths=0,
            rasterized=True,
        )
        _bare(axes)

    return draw(name, label, _SIZE, _MARGINS, paint)


def in_points(axes: Axes, values: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return where these values lie on the page, in points (1/72 inch)."""
    axes.autoscale_view()
    scale = 72 / axes.figure.dpi
    found = axes.transData.transform(np.asarray(values, dtype=float)) * scale
    return [(float(x), float(y)) for x, y in found]


def group_look(group: int) -> tuple[str, int]:
    """Return a group's colour and the number of its marker; past ten the colours come again with
    another marker."""
    if group < 0:
        return "#8a8f94", 0
    return PALETTE[group % len(PALETTE)], (group // len(PALETTE)) % len(MARKERS)


def dot_area(count: int) -> float:
    """Return the area of a dot, in square points: the more dots, the smaller."""
    return float(np.clip(20_000 / max(count, 1), 7, 40))


def as_points(array: ArrayLike) -> np.ndarray:
    """Return points (m, 2) as floats; a third column and further ones are left out."""
    points = np.asarray(array, dtype=np.float64)
    points = points.reshape(len(points), -1)
    return (
        points[:, :2]
        if points.shape[1] >= 2
        else np.column_stack([points, np.zeros((len(points), 2 - points.shape[1]))])
    )


def plottable(points: np.ndarray) -> np.ndarray:
    """Say for each point (m, 2) whether it can be drawn."""
    return np.array(
        [all(math.isfinite(v) for v in floats(row)) for row in points.tolist()], dtype=bool
    )


def _bare(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.03)
    for spine in axes.spines.values():
        spine.set_visible(False)
