"""Small random weights learn the mean image; pretraining rescues the deep sigmoid autoencoder."""

from __future__ import annotations

from .arms import image_error, images, pretrained
from .deep import RATE, SMALL, deep, from_greedy, from_rbms, jointly, references
from .study import Arms, Claim, Panel, Size, gap

ERROR = "error"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    widths = size["widths"]
    models = {
        "small weights": (deep(widths, SMALL), jointly(size, RATE)),
        "large weights": (deep(widths, "normal(0.3)"), jointly(size, RATE)),
        "larger weights": (deep(widths, "normal(1.0)"), jointly(size, RATE)),
        "greedy autoencoders": (deep(widths, SMALL), from_greedy(size)),
        "RBMs": (deep(widths, SMALL, tied=True), from_rbms(size)),
    }
    arms = references(data.X, data.test_X, widths[-1])
    for name, (stack, plan) in models.items():
        arms[name] = {ERROR: image_error(pretrained(stack, plan, data.X, seed), data.test_X)}
    return arms


def _gap(worse: str, better: str, margin: float):
    return gap(worse, better, ERROR, margin, "per image", what="error")


CLAIM = Claim(
    number=1,
    title="From small random weights a deep sigmoid autoencoder learns only the mean image, large "
    "weights end in poor minima, "
    "and pretraining rescues it",
    source="Hinton and Salakhutdinov (2006). Published: 3.00 per test image with Boltzmann "
    "machines, 784-1000-500-250-30, 60,000 "
    "images (P); 52.90 is the figure of the mean image that goes with a failure on MNIST (S).",
    ran="784-{widths}, sigmoid units, linear code, {rows:,} images, gradient descent with "
    "momentum, batches of 100: "
    "{joint} joint epochs after {greedy} epochs a stage, or as many epochs in all without "
    "pretraining. Weights of standard "
    "deviation 0.01 (small), 0.3 (large), 1 (larger). Squared error per test image.",
    sizes={
        "quick": {"rows": 1_000, "test": 500, "widths": [64, 32, 8], "greedy": 2, "joint": 4},
        "default": {
            "rows": 10_000,
            "test": 10_000,
            "widths": [500, 250, 100, 30],
            "greedy": 3,
            "joint": 8,
        },
        "full": {
            "rows": 60_000,
            "test": 10_000,
            "widths": [1000, 500, 250, 30],
            "greedy": 4,
            "joint": 16,
        },
    },
    run=run,
    contrasts=(
        _gap("small weights", "mean image", -1.0),
        _gap("small weights", "RBMs", 10.0),
        _gap("small weights", "greedy autoencoders", 10.0),
        _gap("large weights", "RBMs", 1.0),
        _gap("larger weights", "RBMs", 1.0),
    ),
    panels=(Panel("squared error per test image", (ERROR,)),),
)
