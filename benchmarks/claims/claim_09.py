"""Convolutional and dense autoencoders on images; what convolutional pretraining is worth."""

from __future__ import annotations

from layerwise import Stack
from layerwise.recipes import Recipe, make_recipe

from .arms import images, label_error, pretrained
from .study import Arms, Claim, Panel, Size, gap

ERROR = "test error, %"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    recipes = {
        "dense": make_recipe(
            "stacked_denoising_autoencoder",
            widths=tuple(size["widths"]),
            epochs=size["epochs"],
            modern=True,
        ),
        "convolutional": make_recipe(
            "stacked_convolutional_autoencoder",
            channels=tuple(size["channels"]),
            kernels=tuple(size["kernels"]),
            pools=tuple(size["pools"]),
            epochs=size["epochs"],
            modern=True,
        ),
    }
    arms: Arms = {}
    for name, recipe in recipes.items():
        model = pretrained(_stack(recipe), recipe.plan, data.X, seed)
        for arm, start in (
            (f"{name}, pretrained", "pretrained"),
            (f"{name}, random start", "random"),
        ):
            arms[arm] = {
                ERROR: label_error(model, data, size["labels"], seed, start, recipe.finetune)
            }
    return arms


def _stack(recipe: Recipe) -> Stack:
    return recipe.stack.replace("in_shape", (1, 28, 28))


CLAIM = Claim(
    number=9,
    title="Convolutional autoencoders beat dense ones on images, and pretraining them gives a "
    "small gain at 1,000 labels",
    source="Masci, Meier, Ciresan and Schmidhuber (2011). Published at 1,000 labels: test error "
    "7.23 % after pretraining, 7.63 % "
    "from a random start (P).",
    ran="Tied convolutions of {channels} channels, filters of {kernels}, max-pooling by {pools}, "
    "masking 0.3, against {widths} "
    "tied dense units, masking 0.25; {epochs} epochs a stage on {rows:,} images, ReLU. Fine-tuned "
    "on {labels:,} labels, with and "
    "without pretraining. Test error in %.",
    sizes={
        "quick": {
            "rows": 500,
            "test": 300,
            "widths": [64, 64],
            "channels": [4, 8],
            "kernels": [5, 3],
            "pools": [2, 2],
            "epochs": 1,
            "labels": 100,
        },
        "default": {
            "rows": 10_000,
            "test": 10_000,
            "widths": [500, 500, 500],
            "channels": [32, 64],
            "kernels": [5, 3],
            "pools": [2, 2],
            "epochs": 3,
            "labels": 1_000,
        },
        "full": {
            "rows": 60_000,
            "test": 10_000,
            "widths": [1000, 1000, 1000],
            "channels": [100, 150, 200],
            "kernels": [5, 5, 3],
            "pools": [2, 2, 1],
            "epochs": 2,
            "labels": 1_000,
        },
    },
    run=run,
    contrasts=(
        gap("dense, pretrained", "convolutional, pretrained", ERROR, 0.5, what="error"),
        gap("convolutional, random start", "convolutional, pretrained", ERROR, what="error"),
        gap("dense, random start", "dense, pretrained", ERROR, what="error", judged=False),
    ),
    panels=(Panel(ERROR, (ERROR,)),),
)
