"""Names that can be told apart, dots on a scale, gains that point one way."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise.report import render
from layerwise.report.track import track_of

from .test_report import Page


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5], [-3.0, 1e9], [0.0], [0.871, 0.8712]])
def test_a_scale_of_dots_has_numbered_ends_around_every_value(values: list[float]) -> None:
    track = track_of(values, True)
    assert track and all(0 <= (track.place(v) or 0.0) <= 100 for v in values)
    marks = track.marks("r2")
    assert len({text for _, text, _ in marks}) == len(marks) >= 2
    assert [marks[0][0], marks[-1][0]] == [0, 100]


def long_names(count: int) -> list[str]:
    same = "observed in the northern hemisphere", "by the second observer, in the morning"
    return [f"{same[0]}, kind {i}, {same[1]}" for i in range(count)]


def test_long_classes_that_differ_in_the_middle_can_be_told_apart() -> None:
    names = long_names(4)
    html = render({"confusion": {"classes": names, "matrix": np.eye(4).tolist()}})
    head, body = html[html.index("<thead>") :].split("</thead>")
    assert [f">{i}</span></th>" in head for i in range(1, 5)] == [True] * 4
    for i, name in enumerate(names):
        assert f'<span class="digit">{i + 1}</span><span class="whole">{name}</span>' in body


def test_short_classes_stand_over_their_columns_in_full() -> None:
    names = ["Iris-versicolor", "Iris-virginica"]
    html = render({"confusion": {"classes": names, "matrix": [[3, 1], [0, 4]]}})
    assert [html.count(f'<span class="class">{name}</span>') for name in names] == [1, 1]
    assert "75 %" in html and "100 %" in html


def test_the_gain_of_a_loss_lies_right_of_zero() -> None:
    part = {
        "metric": "log_loss",
        "higher_is_better": False,
        "draws": [{"seed": 0, "pretrained": 0.4, "random_start": 0.6}],
        "difference": {"mean": 0.2, "low": 0.1, "high": 0.3, "draws": 1},
    }
    text = Page(render({"comparison": part})).text
    assert "+0.200 on average" in text and "Right of zero, pretraining is better" in text


def test_a_code_is_told_beside_pca() -> None:
    rows = [
        {"input": "original", "by": "network", "psnr": 18.234, "ssim": 0.81},
        {"input": "original", "by": "PCA", "psnr": None, "ssim": 1.0},
    ]
    part = {"code": 30, "pixels": 784, "images": 500, "components": 30, "pca_rows": 5000}
    text = Page(render({"compression": part | {"rows": rows, "words": "PCA is better."}})).text
    for words in ("30 numbers in place of 784", "18.2 dB", "0.810", "exact", "PCA is better."):
        assert words in text
