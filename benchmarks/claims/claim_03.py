"""What pretraining is worth at each number of labels."""

from __future__ import annotations

from layerwise import Denoising, Greedy, Masking, Training
from layerwise.recipes.autoencoders import MODERN
from layerwise.recipes.recipe import finetune

from .arms import dense, images, label_error, pretrained
from .study import Arms, Claim, Panel, Size, each, gap

LABELS = ("100", "600", "1000", "3000", "all")
PLAN = finetune(**MODERN, finetune_epochs=10)  # at least 400 steps, however few labels


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    model = pretrained(
        dense(size["widths"]),
        [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())],
        data.X,
        seed,
    )
    arms: Arms = {"pretrained": {}, "random start": {}}
    for name in LABELS:
        labels = min(size["rows"], size["rows"] if name == "all" else int(name))
        for arm, start in (("pretrained", "pretrained"), ("random start", "random")):
            arms[arm][name] = label_error(model, data, labels, seed, start, PLAN)
    return arms


def _gain(arms: Arms, labels: str) -> float:
    return arms["random start"][labels] - arms["pretrained"][labels]


def _shrinks(few: str, many: str):
    return each(
        f"gain at {few} minus gain at {many} labels",
        lambda arms: _gain(arms, few) - _gain(arms, many),
    )


CLAIM = Claim(
    number=3,
    title="Pretraining helps classification most when labels are few, and the gain shrinks as "
    "labels grow",
    source="Bengio et al. (2007), Erhan et al. (2010), and the tables of few labels since.",
    ran="{widths} tied ReLU units, denoising (masking 0.25) for {epochs} epochs a stage on "
    "{rows:,} images, against the same net "
    "from random weights; both are fine-tuned alike (dropout, label smoothing, at least 400 "
    "steps). 'All' is every one of these "
    "images. Test error in %.",
    sizes={
        "quick": {"rows": 4_000, "test": 1_000, "widths": [64, 64], "epochs": 1},
        "default": {"rows": 10_000, "test": 10_000, "widths": [500, 500, 500], "epochs": 8},
        "full": {"rows": 60_000, "test": 10_000, "widths": [1000, 1000, 1000], "epochs": 20},
    },
    run=run,
    contrasts=(
        gap("random start", "pretrained", "100", 0.5, what="100 labels"),
        _shrinks("100", "1000"),
        _shrinks("1000", "all"),
        gap("random start", "pretrained", "600", what="600 labels", judged=False),
        gap("random start", "pretrained", "1000", what="1000 labels", judged=False),
        gap("random start", "pretrained", "3000", what="3000 labels", judged=False),
        gap("random start", "pretrained", "all", what="all labels", judged=False),
    ),
    panels=(Panel("test error, %", LABELS, "lines", "labels"),),
)
