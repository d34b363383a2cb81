"""Masked autoencoders: a transformer, a convolution, few images and many."""

from __future__ import annotations

from layerwise import MaskedAutoencoder, MaskedModelling, MaskedPatches
from layerwise.recipes.images import vision_transformer

from .arms import Images, images
from .modern import encoder, network, shaped, sizes, tuned_error, tuning
from .study import Arms, Claim, Panel, Size, each

LABELS = 1_000


def _measure(rows: str) -> str:
    return f"{rows} images, {LABELS:,} labels, error %"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    few = Images(
        data.X[data.turn[: size["few"]]],
        data.y[data.turn[: size["few"]]],
        data.test_X,
        data.test_y,
        data.turn[: size["few"]].argsort().argsort(),
    )
    transformer = shaped(vision_transformer(4, size["width"], 4, 4))
    kinds = (
        ("transformer", transformer, MaskedAutoencoder(), {"finetune_rate": 1e-3}),
        ("convolutions", network(size), MaskedModelling(MaskedPatches(0.6, 4)), {}),
    )
    arms: Arms = {}
    for name, stack, objective, settings in kinds:
        plan = tuning(size, **settings)
        for arm, learned in ((f"{name}, random", None), (f"{name}, masked", objective)):
            arms[arm] = {}
            for which, rows in (("few", few), ("many", data)):
                start = encoder(stack, learned, size, rows, seed)
                labels = min(LABELS, len(rows.y))
                arms[arm][_measure(which)] = tuned_error(start, plan, data, labels, seed)
    return arms


def _gain(arms: Arms, name: str, which: str) -> float:
    return arms[f"{name}, random"][_measure(which)] - arms[f"{name}, masked"][_measure(which)]


CLAIM = Claim(
    number=17,
    title="Masked autoencoders need a transformer and many images",
    source="He et al. (2022), on ImageNet; LightlySSL's Imagenette table: MAE 84.1 %, SimMIM "
    "22.5 % under a linear probe (P).",
    ran="MNIST, 1,000 labels: a transformer of 4 blocks of width {width} after a masked "
    "autoencoder, six convolutions of {channels} channels after masked modelling, and both from "
    "random weights; {epochs} epochs on {few:,} and on {rows:,} images.",
    sizes=sizes(width=(8, 64, 96), few=(256, 2_000, 5_000)),
    run=run,
    contrasts=(
        each("gain of the transformer, many images", lambda a: _gain(a, "transformer", "many")),
        each(
            "gain of the transformer, many minus few images",
            lambda a: _gain(a, "transformer", "many") - _gain(a, "transformer", "few"),
        ),
        each(
            "gain of the transformer minus gain of convolutions",
            lambda a: _gain(a, "transformer", "many") - _gain(a, "convolutions", "many"),
        ),
    ),
    panels=(Panel("error, %", (_measure("few"), _measure("many"))),),
)
