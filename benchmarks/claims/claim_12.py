"""Pixels as they are, standardised, and whitened."""

from __future__ import annotations

from layerwise import Denoising, Greedy, Masking, Preprocessor, Training

from .arms import dense, images, label_error, pretrained
from .study import Arms, Claim, Panel, Size, gap

PLAIN = "as they are"
WAYS = {
    PLAIN: {},
    "standardised": {"numbers": "standard"},
    "ZCA": {"contrast": True, "whitening": "zca"},
}
SETS = {"MNIST": "mnist", "Fashion-MNIST": "fashion-mnist"}


def run(size: Size, seed: int) -> Arms:
    arms: Arms = {way: {} for way in WAYS}
    for title, name in SETS.items():
        data = images(size, seed, name)
        for way, settings in WAYS.items():
            plan = [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())]
            model = pretrained(dense(size["widths"]), plan, data.X, seed, Preprocessor(**settings))
            for measure, start in ((title, "pretrained"), (f"{title}, random start", "random")):
                arms[way][measure] = label_error(model, data, min(1_000, size["rows"]), seed, start)
    return arms


CLAIM = Claim(
    number=12,
    title="Standardising the pixels, or ZCA whitening, helps",
    source="A step that most pipelines of the time have; Coates, Lee and Ng (2011) measured it on "
    "natural images, which are not "
    "among these data.",
    ran="{widths} tied ReLU units, denoising (masking 0.25) for {epochs} epochs a stage on "
    "{rows:,} images, 1,000 labels: pixels "
    "in [0, 1], standardised by column, or contrast-normalised and whitened (ZCA, epsilon 0.1). "
    "Test error in %; beside it the "
    "same from random weights.",
    sizes={
        "quick": {"rows": 1_000, "test": 500, "widths": [64], "epochs": 1},
        "default": {"rows": 10_000, "test": 10_000, "widths": [500, 500], "epochs": 8},
        "full": {"rows": 60_000, "test": 10_000, "widths": [1000, 1000, 1000], "epochs": 10},
    },
    run=run,
    contrasts=(
        *(gap(PLAIN, way, title) for way in ("standardised", "ZCA") for title in SETS),
        *(
            gap(PLAIN, way, f"{title}, random start", judged=False)
            for way in ("standardised", "ZCA")
            for title in SETS
        ),
    ),
    panels=tuple(Panel(f"test error, %, {title}", (title,)) for title in SETS),
    needs="any",
)
