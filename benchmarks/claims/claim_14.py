"""Linear probes of codes: two views and autoencoders."""

from __future__ import annotations

from layerwise import Conv, Denoising, Greedy, Masking, Stack, Training

from .arms import dense, images, pretrained
from .modern import encoder, network, probe_error, shaped, simclr, sizes
from .study import Arms, Claim, Panel, Size, gap

MEASURE = "linear probe, 1,000 labels, error %"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    greedy = [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())]
    stages = [Conv(width, stride=2, tied=True) for width in size["channels"]]
    starts = {
        "random convolutions": encoder(network(size), None, size, data, seed),
        "SimCLR": encoder(network(size), simclr(), size, data, seed),
        "stacked autoencoder": pretrained(dense(size["widths"]), greedy, data.X, seed),
        "convolutional autoencoder": pretrained(shaped(Stack(*stages)), greedy, data.X, seed),
    }
    labels = min(1_000, size["rows"])
    return {arm: {MEASURE: probe_error(start, data, labels)} for arm, start in starts.items()}


CLAIM = Claim(
    number=14,
    title="Codes of self-supervised nets beat a stacked autoencoder's under a linear probe",
    source="Common knowledge since 2020; LightlySSL's and others' tables compare with supervised "
    "nets alone.",
    ran="SimCLR on six convolutions of {channels} channels, against greedy denoising autoencoders "
    "of {widths} ReLU units and of convolutions, {epochs} epochs each (of each stage) on {rows:,} "
    "MNIST images; logistic regression on the codes of 1,000 labelled ones.",
    sizes=sizes(widths=([32, 32], [500, 500], [1000, 1000, 1000])),
    run=run,
    contrasts=(
        gap("stacked autoencoder", "SimCLR", MEASURE, what="dense"),
        gap("convolutional autoencoder", "SimCLR", MEASURE, what="convolutions", judged=False),
        gap("random convolutions", "SimCLR", MEASURE, what="random", judged=False),
    ),
    panels=(Panel("error, %", (MEASURE,)),),
)
