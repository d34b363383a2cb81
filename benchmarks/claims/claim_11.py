"""Random filters against pretrained ones, both frozen, under a trained head."""

from __future__ import annotations

from typing import Any

from layerwise import Conv, Denoising, Greedy, HeadOnly, Masking, Stack, Supervised, Training

from .arms import images, label_error, pretrained, untrained
from .study import Arms, Claim, Panel, Size, gap

LABELS = {"100 labels": 100, "1000 labels": 1_000}
GOOD: dict[str, Any] = {"activation": "abs_tanh", "pooling": "average"}
PLAIN: dict[str, Any] = {"activation": "tanh", "pooling": "average"}
HEAD = [
    (
        Supervised(),
        HeadOnly(50),
        Training(learning_rate=3e-3, shape="cosine", batch_size=32, min_steps=1_000),
    )
]


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    good, plain = (
        _stack(size, kind) for kind in (GOOD | {"local_contrast": size["contrast"]}, PLAIN)
    )
    plan = [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())]
    models = {
        "random filters": untrained(good, data.X, seed),
        "pretrained filters": pretrained(good, plan, data.X, seed),
        "random filters, plain tanh": untrained(plain, data.X, seed),
        "pretrained filters, plain tanh": pretrained(plain, plan, data.X, seed),
    }
    return {
        arm: {
            name: label_error(model, data, min(n, size["rows"]), seed, plan=HEAD)
            for name, n in LABELS.items()
        }
        for arm, model in models.items()
    }


def _stack(size: Size, settings: dict[str, Any]) -> Stack:
    stage = Conv(
        size["channels"], size["kernel"], padding=0, pool=size["pool"], tied=True, **settings
    )
    return Stack(stage, in_shape=(1, 28, 28))


CLAIM = Claim(
    number=11,
    title="Random filters with good nonlinearities come close to pretrained ones when labels are "
    "few",
    source="Jarrett, Kavukcuoglu, Ranzato and LeCun (2009).",
    ran="One layer of {channels} filters of {kernel} x {kernel}, rectified tanh, local contrast "
    "normalisation over {contrast} x "
    "{contrast}, average pooling by {pool}: filters random, or pretrained by denoising for "
    "{epochs} epochs on {rows:,} images; "
    "then frozen, a linear head on 100 or 1,000 labels. Beside it the same without rectification "
    "and contrast. Test error in %.",
    sizes={
        "quick": {
            "rows": 500,
            "test": 300,
            "channels": 8,
            "kernel": 7,
            "pool": 4,
            "contrast": 5,
            "epochs": 1,
        },
        "default": {
            "rows": 10_000,
            "test": 10_000,
            "channels": 32,
            "kernel": 7,
            "pool": 4,
            "contrast": 7,
            "epochs": 4,
        },
        "full": {
            "rows": 60_000,
            "test": 10_000,
            "channels": 64,
            "kernel": 9,
            "pool": 5,
            "contrast": 9,
            "epochs": 20,
        },
    },
    run=run,
    contrasts=(
        gap("pretrained filters", "random filters", "100 labels", -1.5),
        gap("random filters, plain tanh", "random filters", "100 labels"),
        gap("pretrained filters", "random filters", "1000 labels", judged=False),
        gap("random filters, plain tanh", "random filters", "1000 labels", judged=False),
    ),
    panels=tuple(Panel(f"test error, %, {labels}", (labels,)) for labels in LABELS),
)
