"""Labels beside points: none lies over a point, over another or outside."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from layerwise.report.cost_plot import CostPoint, cost
from layerwise.report.places import Box, box_around, label_places, text_size
from layerwise.report.study_plots import Axis

FRAME = Box(0, 0, 600, 200)
SIZE = text_size("12", 8.5)


def boxes(points: Any) -> list[Box]:
    places = label_places(points, [SIZE] * len(points), FRAME)
    return [box_around(place, SIZE) for place in places if place is not None]


def clusters() -> list[list[tuple[float, float]]]:
    rng = np.random.default_rng(0)
    found = [[(300.0, 100.0)] * 6, [(0.0, 0.0), (600.0, 200.0), (2.0, 198.0)]]
    for spread in (3, 15, 60):
        found.append([(300 + x, 100 + y) for x, y in rng.normal(0, spread, (20, 2)).tolist()])
    return found


@pytest.mark.parametrize("points", clusters())
def test_no_label_lies_over_a_point_or_another_label(points: list[tuple[float, float]]) -> None:
    labels = boxes(points)
    dots = [box_around(point, (8, 8)) for point in points]
    assert len(labels) >= 0.9 * len(points)
    assert all(label.within(FRAME) for label in labels)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(labels, 2))
    assert not any(label.overlaps(dot) for label in labels for dot in dots)


def test_a_label_without_room_is_left_out() -> None:
    assert label_places([(5.0, 5.0)], [(50.0, 50.0)], Box(0, 0, 20, 20)) == [None]


def test_boxes_that_touch_do_not_overlap() -> None:
    assert not Box(0, 0, 1, 1).overlaps(Box(1, 0, 2, 1))
    assert Box(0, 0, 1, 1).overlaps(Box(0.9, 0.9, 2, 2))


def texts(svg: str) -> list[tuple[str, float, float]]:
    """Return the upright texts of a plot with their middles."""
    found = re.findall(r'rotate\(-0 ([\d.]+) ([\d.]+)\)"[^>]*>([^<]+)<', svg)
    return [(text, float(x), float(y)) for x, y, text in found]


def test_numbers_of_a_crowded_cost_plot_do_not_overlap() -> None:
    points = [CostPoint(i + 1, 10 + 0.05 * i, 0.9 + 0.0002 * (i % 5), "other") for i in range(14)]
    svg = str(cost("cost", "cost", [*points, CostPoint(15, 0.1, 0.2, "first")], Axis("r2")))
    wide = svg[: svg.index('class="narrow"')]
    found = {text: (x, y) for text, x, y in texts(wide)[-15:]}
    assert set(found) == {str(i) for i in range(1, 16)}
    around = [box_around(place, text_size(text, 8.5)) for text, place in found.items()]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(around, 2))
