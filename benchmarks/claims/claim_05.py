"""Tied and untied weights."""

from __future__ import annotations

from typing import Any

from layerwise import Denoising, Greedy, Joint, Masking, Pretrainer, Reconstruction, Stack, Training

from .arms import Images, dense, image_error, images, label_error, pretrained
from .study import Arms, Claim, Panel, Size, each, gap

ROUNDS = 3
STARTS = {"tied": True, "untied": False}
PARAMETERS, SECONDS, ERROR, FEW, MORE = (
    "parameters",
    "seconds an epoch",
    "error per image",
    "100 labels",
    "1000 labels",
)


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    stacks = {arm: dense(size["widths"], tied=tied) for arm, tied in STARTS.items()}
    seconds = _seconds(stacks, data, seed)
    return {
        arm: _measures(stack, size, data, seed) | {SECONDS: seconds[arm]}
        for arm, stack in stacks.items()
    }


def _measures(stack: Stack, size: Size, data: Images, seed: int) -> dict[str, float]:
    plan: list[Any] = [
        (Denoising(Masking(0.25)), Greedy(size["epochs"])),
        (Reconstruction(), Joint(size["epochs"])),
    ]
    model = pretrained(stack, plan, data.X, seed)
    few = {
        name: label_error(model, data, labels, seed)
        for name, labels in ((FEW, 100), (MORE, min(1_000, size["rows"])))
    }
    parameters = float(sum(parameter.numel() for parameter in model.module_.parameters()))
    return {PARAMETERS: parameters, ERROR: image_error(model, data.test_X)} | few


def _seconds(stacks: dict[str, Stack], data: Images, seed: int) -> dict[str, float]:
    """Return the shortest epoch of joint training of each stack, by turns."""
    found: dict[str, list[float]] = {arm: [] for arm in stacks}
    for _ in range(ROUNDS):
        for arm, stack in stacks.items():
            model = Pretrainer(
                stack, plan=[(Reconstruction(), Joint(1), Training())], random_state=seed
            ).fit(data.X)
            found[arm].append(model.history_[-1]["seconds"])
    return {arm: min(seconds) for arm, seconds in found.items()}


def _share(measure: str):
    return lambda arms: 100 * (1 - arms["tied"][measure] / arms["untied"][measure])


CLAIM = Claim(
    number=5,
    title="Tying the weights halves the parameters and costs nothing else",
    source="Vincent et al. (2010) tie theirs; the gain in size is the usual reason.",
    ran="{widths} ReLU units on {rows:,} images, {epochs} epochs of denoising a stage, then "
    "{epochs} joint epochs, tied and "
    "untied; time is the shortest of three joint epochs, taken by turns. Reconstruction error per "
    "test image; test error in %.",
    sizes={
        "quick": {"rows": 1_000, "test": 500, "widths": [64, 32], "epochs": 1},
        "default": {"rows": 10_000, "test": 10_000, "widths": [500, 500, 250], "epochs": 5},
        "full": {"rows": 60_000, "test": 10_000, "widths": [1000, 1000, 1000], "epochs": 10},
    },
    run=run,
    contrasts=(
        each("parameters saved by tying", _share(PARAMETERS), 48.0, "%"),
        each("time of an epoch saved by tying", _share(SECONDS), -10.0, "%"),
        each("reconstruction error saved by tying", _share(ERROR), -5.0, "%"),
        gap("untied", "tied", FEW, -1.0),
        gap("untied", "tied", MORE, -0.5),
    ),
    panels=(
        Panel("parameters", (PARAMETERS,)),
        Panel("seconds an epoch", (SECONDS,)),
        Panel("error per image", (ERROR,)),
        Panel("test error, %, 100 labels", (FEW,)),
        Panel("test error, %, 1000 labels", (MORE,)),
    ),
    formats={PARAMETERS: "{:,.0f}"},
)
