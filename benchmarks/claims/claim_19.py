"""Batch sizes of contrastive and other losses."""

from __future__ import annotations

from layerwise import BYOL, Objective, SimCLR, Suited, VICReg

from .arms import images
from .modern import encoder, network, probe_error, sizes
from .study import Arms, Claim, Panel, Size, each

VIEWS = Suited("strong")
OBJECTIVES: dict[str, Objective] = {
    "SimCLR": SimCLR(VIEWS),
    "BYOL": BYOL(VIEWS),
    "VICReg": VICReg(VIEWS),
}


def _measure(batch: str) -> str:
    return f"{batch} batches, linear probe, error %"


def run(size: Size, seed: int) -> Arms:
    data, labels = images(size, seed), min(1_000, size["rows"])
    arms: Arms = {}
    for arm, objective in OBJECTIVES.items():
        arms[arm] = {}
        for name in ("small", "large"):
            start = encoder(network(size), objective, size, data, seed, batch_size=size[name])
            arms[arm][_measure(name)] = probe_error(start, data, labels)
    return arms


def _price(arms: Arms, arm: str) -> float:
    return arms[arm][_measure("small")] - arms[arm][_measure("large")]


CLAIM = Claim(
    number=19,
    title="Large batches are needed for contrastive losses, not for VICReg or BYOL",
    source="Chen et al. (2020); Grill et al. (2020), BYOL stable from 4,096 down to 256, SimCLR "
    "falling (P).",
    ran="Six convolutions of {channels} channels, {epochs} epochs on {rows:,} MNIST images in "
    "batches of {small} and of {large}, the same rate; logistic regression on the codes of 1,000 "
    "labelled ones. Small batches make more steps.",
    sizes=sizes(small=(16, 32, 32), large=(64, 512, 1024)),
    run=run,
    contrasts=(
        each("price of small batches, SimCLR", lambda a: _price(a, "SimCLR")),
        each(
            "price of small batches, SimCLR minus BYOL",
            lambda a: _price(a, "SimCLR") - _price(a, "BYOL"),
        ),
        each(
            "price of small batches, SimCLR minus VICReg",
            lambda a: _price(a, "SimCLR") - _price(a, "VICReg"),
        ),
    ),
    panels=(Panel("error, %", (_measure("small"), _measure("large"))),),
)
