"""A small result of a study, as ``compare`` returns it, and figures that are closed."""

from __future__ import annotations

import matplotlib
import pytest


@pytest.fixture(autouse=True)
def _closed():
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


ARMS = (
    ("sdae, pretrained", "pretrained", (0.80, 0.90)),
    ("sdae, random start", "control", (0.70, 0.88)),
    ("deep, pretrained", "pretrained", (0.60, 0.70)),
    ("deep, random start", "control", (0.61, 0.71)),
    ("forest", "baseline", (0.75, 0.93)),
    ("majority", "baseline", (0.10, 0.10)),
)


def study(metric="accuracy", **more):
    summary = [
        {"arm": arm, "role": role, "labels": n, "mean": m, "low": m - 0.02, "high": m + 0.02}
        for arm, role, means in ARMS
        for n, m in zip((20, 200), means, strict=True)
    ]
    gains = [
        {"recipe": r, "arm": f"{r}, pretrained", "against": f"{r}, random start", "labels": n}
        | {"mean": gain, "low": gain - 0.01, "high": gain + 0.01}
        for r, n, gain in (
            ("deep", 20, -0.01),
            ("deep", 200, -0.01),
            ("sdae", 20, 0.10),
            ("sdae", 200, 0.02),
        )
    ]
    saved = [
        {"recipe": "sdae", "labels": 20, "needed": 70.0, "low": 30.0, "high": 120.0},
        {"recipe": "sdae", "labels": 200, "needed": None, "low": 180.0, "high": None},
    ]
    return {
        "data": "made up",
        "metric": metric,
        "study": {"practical": 0.005},
        "summary": summary,
        "differences": gains,
        "labels_saved": [row | {"most": 200, "or_fewer": False} for row in saved],
        "verdict": {"kind": "helps", "recipe": "sdae", "finding": "It helps.", "advice": "Use it."},
    } | more


@pytest.fixture
def make_study():
    return study
