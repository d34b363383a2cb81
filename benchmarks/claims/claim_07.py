"""Greedy, progressive and joint training at equal gradient steps."""

from __future__ import annotations

import time
from typing import Any

from layerwise import Greedy, Joint, Progressive, Reconstruction, Training

from .arms import dense, image_error, images, label_error, pretrained
from .study import Arms, Claim, Panel, Size, gap

ERROR, FEW, MORE, SECONDS = "error per image", "100 labels", "1000 labels", "seconds"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    stages, epochs = len(size["widths"]), size["epochs"]
    schedules: dict[str, Any] = {
        "greedy": Greedy(epochs),
        "progressive": Progressive(epochs),
        "joint": Joint(stages * epochs),
    }
    arms: Arms = {}
    for arm, schedule in schedules.items():
        began = time.perf_counter()
        model = pretrained(
            dense(size["widths"]), [(Reconstruction(), schedule, Training())], data.X, seed
        )
        arms[arm] = {SECONDS: time.perf_counter() - began, ERROR: image_error(model, data.test_X)}
        for name, labels in ((FEW, 100), (MORE, min(1_000, size["rows"]))):
            arms[arm][name] = label_error(model, data, labels, seed)
    return arms


CLAIM = Claim(
    number=7,
    title="At equal gradient steps the whole net (joint, or grown step by step) reconstructs "
    "better than greedy stages, and greedy "
    "codes classify no worse",
    source="The trade that is told of the deep and the stacked autoencoder.",
    ran="{widths} tied ReLU units on {rows:,} images, plain reconstruction: {epochs} epochs a "
    "stage, greedy or progressive, "
    "against as many epochs in all end to end. The steps are as many; a step of the whole net "
    "costs more, as the seconds show. "
    "Squared error per test image; test error in % after fine-tuning.",
    sizes={
        "quick": {"rows": 1_000, "test": 500, "widths": [64, 32, 16], "epochs": 2},
        "default": {"rows": 10_000, "test": 10_000, "widths": [500, 250, 50], "epochs": 8},
        "full": {"rows": 60_000, "test": 10_000, "widths": [1000, 500, 250], "epochs": 20},
    },
    run=run,
    contrasts=(
        gap("greedy", "joint", ERROR, unit="per image", what="reconstruction"),
        gap("greedy", "progressive", ERROR, unit="per image", what="reconstruction"),
        gap("joint", "greedy", MORE, -0.5),
        gap("progressive", "greedy", MORE, -0.5),
        gap("joint", "progressive", ERROR, unit="per image", what="reconstruction", judged=False),
        gap("joint", "greedy", FEW, judged=False),
        gap("progressive", "greedy", FEW, judged=False),
    ),
    panels=(
        Panel("error per image", (ERROR,)),
        Panel("test error, %, 100 labels", (FEW,)),
        Panel("test error, %, 1000 labels", (MORE,)),
        Panel("seconds", (SECONDS,)),
    ),
)
