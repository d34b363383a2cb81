"""Mixing rows and labels, at few and at more labels."""

from __future__ import annotations

from layerwise import CutMix, Mixing, MixUp

from .arms import images
from .modern import encoder, network, sizes, tuned_error, tuning
from .study import Arms, Claim, Panel, Size, gap

ARMS: dict[str, Mixing | None] = {"none": None, "mixup": MixUp(0.4), "cutmix": CutMix()}
BUDGETS = (100, 1_000)


def _measure(labels: int) -> str:
    return f"{labels:,} labels, error %"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    start = encoder(network(size), None, size, data, seed)
    return {
        arm: {
            _measure(n): tuned_error(start, tuning(size, mix=mix), data, min(n, size["rows"]), seed)
            for n in BUDGETS
        }
        for arm, mix in ARMS.items()
    }


CLAIM = Claim(
    number=20,
    title="Mixup helps with few labels",
    source="Zhang et al. (2018): error on CIFAR-10 with all labels 5.6 % to 4.2 % (P).",
    ran="Six convolutions of {channels} channels from random weights, augmented, for at least "
    "{steps:,} steps on 100 and on 1,000 labelled MNIST images.",
    sizes=sizes(),
    run=run,
    contrasts=(
        gap("none", "mixup", _measure(100), what="100 labels"),
        gap("none", "mixup", _measure(1_000), what="1,000 labels", judged=False),
        gap("none", "cutmix", _measure(100), what="100 labels", judged=False),
        gap("none", "cutmix", _measure(1_000), what="1,000 labels", judged=False),
    ),
    panels=(Panel("error, %", tuple(map(_measure, BUDGETS))),),
)
