"""Two views and labels, at equal augmentation."""

from __future__ import annotations

from .arms import images
from .modern import encoder, network, simclr, sizes, tuned_error, tuning
from .study import Arms, Claim, Panel, Size, each, gap


def _measure(labels: int) -> str:
    return f"{labels:,} labels, error %"


BUDGETS = (100, 300, 1_000, 3_000)


def run(size: Size, seed: int) -> Arms:
    data, plan = images(size, seed), tuning(size)
    arms: Arms = {}
    for arm, objective in (("random start", None), ("SimCLR", simclr())):
        start = encoder(network(size), objective, size, data, seed)
        arms[arm] = {
            _measure(n): tuned_error(start, plan, data, min(n, size["rows"]), seed) for n in BUDGETS
        }
    return arms


def _gain(arms: Arms, labels: int) -> float:
    return arms["random start"][_measure(labels)] - arms["SimCLR"][_measure(labels)]


CLAIM = Claim(
    number=13,
    title="At equal augmentation, self-supervised pretraining helps below some number of labels",
    source="Chen et al. (2020), SimCLR: with 1 % of ImageNet's labels far ahead of a supervised "
    "net, with all of them no better (P).",
    ran="Six convolutions of {channels} channels on {rows:,} MNIST images; SimCLR for {epochs} "
    "epochs, or nothing; both are fine-tuned with the same augmentation for at least {steps:,} "
    "steps.",
    sizes=sizes(),
    run=run,
    contrasts=(
        gap("random start", "SimCLR", _measure(100), what="100 labels"),
        each("gain at 100 minus gain at 3,000 labels", lambda a: _gain(a, 100) - _gain(a, 3_000)),
        *(
            gap("random start", "SimCLR", _measure(n), what=f"{n:,} labels", judged=False)
            for n in BUDGETS[1:]
        ),
    ),
    panels=(Panel("error, %", tuple(map(_measure, BUDGETS)), kind="lines", x_label="labels"),),
)
