"""Consistency, pretraining, and both."""

from __future__ import annotations

from .arms import images
from .modern import consistent_error, encoder, network, simclr, sizes, tuned_error, tuning
from .study import Arms, Claim, Panel, Size, gap

MEASURE = "100 labels, error %"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    random = encoder(network(size), None, size, data, seed)
    views = encoder(network(size), simclr(), size, data, seed)
    errors = {
        "labels alone": tuned_error(random, tuning(size), data, 100, seed),
        "SimCLR": tuned_error(views, tuning(size), data, 100, seed),
        "FixMatch": consistent_error(random, size, data, 100, seed),
        "SimCLR, then FixMatch": consistent_error(views, size, data, 100, seed),
    }
    return {arm: {MEASURE: value} for arm, value in errors.items()}


CLAIM = Claim(
    number=16,
    title="Consistency beats pretraining at few labels, and both together beat each",
    source="Sohn et al. (2020), FixMatch: 4.97 % on CIFAR-10 with 250 labels (P, USB's table); "
    "Chen et al. (2020), SimCLR v2, for pretraining before self-training.",
    ran="Six convolutions of {channels} channels on {rows:,} MNIST images, 100 labels; SimCLR for "
    "{epochs} epochs, FixMatch for at least {steps:,} steps; the same augmentation everywhere.",
    sizes=sizes(),
    run=run,
    contrasts=(
        gap("SimCLR", "FixMatch", MEASURE, what="consistency"),
        gap("SimCLR", "SimCLR, then FixMatch", MEASURE, what="both"),
        gap("FixMatch", "SimCLR, then FixMatch", MEASURE, what="both"),
        gap("labels alone", "FixMatch", MEASURE, what="labels alone", judged=False),
        gap("labels alone", "SimCLR", MEASURE, what="labels alone", judged=False),
    ),
    panels=(Panel("error, %", (MEASURE,)),),
)
