"""Places for labels beside points, such that nothing lies over anything else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
_DIRECTIONS = [(math.cos(a), math.sin(a)) for a in (k * math.pi / 8 for k in (2, 0, *range(16)))]
_RADII = (1.0, 5.0, 10.0, 16.0, 24.0, 34.0, 46.0, 60.0)


@dataclass(frozen=True)
class Box:
    """A rectangle, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        """Say whether two rectangles share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def within(self, other: Box) -> bool:
        """Say whether this rectangle lies inside the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


def box_around(centre: Point, size: Point) -> Box:
    """Return the rectangle of this width and height around a point."""
    (x, y), (width, height) = centre, size
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def text_size(text: str, size: float) -> Point:
    """Return about how wide and high a text is, rather too large than too small: the reader's font
    is not known.

    >>> text_size("12", 10.0)
    (13.5, 10.0)
    """
    wide = sum(1.0 if ord(c) > 0x2E80 else 0.675 for c in text)
    return wide * size, size


def label_places(
    points: Sequence[Point], sizes: Sequence[Point], frame: Box, radius: float = 4.0
) -> list[Point | None]:
    """Return a centre for each point's label, the nearest that is free: no label lies over a point
    or another label, or leaves the frame.

    Parameters
    ----------
    points : sequence of (x, y)
        In points.
    sizes : sequence of (width, height)
        Of the labels.
    frame : Box
    radius : float
        Of a point.

    Returns
    -------
    list of (x, y) or None
        None where there is no room.
    """
    taken = [box_around(point, (2 * radius, 2 * radius)) for point in points]
    crowd = [sum(math.dist(p, q) < 30 for q in points) for p in points]
    found: dict[int, Point | None] = {}
    for i in sorted(range(len(points)), key=lambda i: -crowd[i]):
        found[i] = _free(points[i], sizes[i], taken, frame, radius)
        if (place := found[i]) is not None:
            taken.append(box_around(place, sizes[i]))
    return [found[i] for i in range(len(points))]


def _free(
    point: Point, size: Point, taken: Sequence[Box], frame: Box, radius: float
) -> Point | None:
    """Return the first candidate around a point that is free."""
    for gap in _RADII:
        for dx, dy in _DIRECTIONS:
            reach = radius + gap
            place = (
                point[0] + dx * (reach + size[0] / 2),
                point[1] + dy * (reach + size[1] / 2),
            )
            box = box_around(place, size)
            if box.within(frame) and not any(box.overlaps(other) for other in taken):
                return place
    return None
