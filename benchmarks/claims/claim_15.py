"""Augmentation alone, and pretraining of several kinds without it."""

from __future__ import annotations

from layerwise import Denoising, Greedy, Masking, Training

from .arms import dense, images, label_error, pretrained, untrained
from .modern import encoder, network, simclr, sizes, tuned_error, tuning
from .study import Arms, Claim, Panel, Size, each, gap

MEASURE = "100 labels, error %"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    random = encoder(network(size), None, size, data, seed)
    views = encoder(network(size), simclr(), size, data, seed)
    stack = dense(size["widths"])
    greedy = [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())]
    plain = tuning(size, augment=None)
    errors = {
        "convolutions": tuned_error(random, plain, data, 100, seed),
        "convolutions, augmented": tuned_error(random, tuning(size), data, 100, seed),
        "convolutions, SimCLR": tuned_error(views, plain, data, 100, seed),
        "dense": label_error(untrained(stack, data.X, seed), data, 100, seed, start="random"),
        "dense, denoising": label_error(pretrained(stack, greedy, data.X, seed), data, 100, seed),
    }
    return {arm: {MEASURE: value} for arm, value in errors.items()}


def _worth(arms: Arms, without: str, having: str) -> float:
    return arms[without][MEASURE] - arms[having][MEASURE]


CLAIM = Claim(
    number=15,
    title="Augmentation alone is worth more than pretraining of any kind at 100 labels",
    source="No paper; practice.",
    ran="{rows:,} MNIST images, 100 labels. Six convolutions of {channels} channels from random "
    "weights, with and without augmentation; after SimCLR, without it; dense nets of {widths} with "
    "and without denoising pretraining.",
    sizes=sizes(widths=([32, 32], [500, 500], [1000, 1000, 1000])),
    run=run,
    contrasts=(
        each(
            "worth of augmentation minus worth of SimCLR",
            lambda a: _worth(a, "convolutions, SimCLR", "convolutions, augmented"),
        ),
        each(
            "worth of augmentation minus worth of denoising",
            lambda a: (
                _worth(a, "convolutions", "convolutions, augmented")
                - _worth(a, "dense", "dense, denoising")
            ),
        ),
        gap("convolutions", "convolutions, augmented", MEASURE, what="augmentation", judged=False),
        gap("convolutions", "convolutions, SimCLR", MEASURE, what="SimCLR", judged=False),
        gap("dense", "dense, denoising", MEASURE, what="denoising", judged=False),
    ),
    panels=(Panel("error, %", (MEASURE,)),),
)
