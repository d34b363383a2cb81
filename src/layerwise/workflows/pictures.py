"""Images of what was learned: reconstructions and filters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from .._durable import Facts
from .._indexing import rows_of
from .._random import Keys
from ..architecture import StackModule
from ..augmentation import Augmentation, view_of
from ..data.readers import ReadRows
from ..estimators import Pretrainer
from ..objective import Denoising
from ..recipes import Recipe
from ..training import as_plan

SHOWN_IMAGES = 12
SHOWN_FILTERS = 64
Shape = tuple[int, int, int]


def pictures(
    shape: Shape | None, test_X: ReadRows, pretrainer: Pretrainer, recipe: Recipe
) -> Facts | None:
    """Return some test images, as they were, as views, corrupted and reconstructed, and filters."""
    if shape is None:
        return None
    few = rows_of(test_X, sample(len(test_X), SHOWN_IMAGES))
    originals = inputs_of(pretrainer, few)
    in_units = partial(shown, pretrainer, originals, shape)
    found: Facts = {"image_shape": shape, "views": []}
    for i, (words, images) in enumerate(views(pretrainer, recipe, originals), start=1):
        found["views"].append([f"views_{i}", words])
        found[f"views_{i}"] = in_units(images)
    if pretrainer.why_no_decoder() is not None:  # nothing was learned that could reconstruct
        return found | ({"originals": in_units(originals)} if found["views"] else {})
    noisy = corrupted(pretrainer, originals)
    found |= {
        "originals": in_units(originals),
        "corrupted": None if noisy is None else in_units(noisy),
        "reconstructions": in_units(rebuilt(pretrainer, originals)),
    }
    return found | filters(pretrainer, shape, pretrainer.module_)


def views(
    pretrainer: Pretrainer, recipe: Recipe, inputs: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield views of inputs (n, features) as the recipe's objectives make them, and whose they are:
    whoever looks sees whether a 6 became a 9."""
    space = pretrainer.space_
    made: dict[Augmentation, str] = {}
    for step in (*recipe.plan, *recipe.finetune):
        for objective in step.objectives if step.schedule.epochs != 0 else ():
            own = () if isinstance(objective, Denoising) else objective.augmentations(space)
            strengths = ("weak view", "strong view") if len(own) == 2 else ("view",) * len(own)
            for words, augmentation in zip(strengths, own, strict=True):
                made.setdefault(augmentation, f"{words} of {type(objective).__name__}")
    for i, (augmentation, words) in enumerate(made.items()):
        generator = Keys(pretrainer.seed_).torch("report", "views", i)
        images = view_of(augmentation, _batch(pretrainer, inputs), space, generator)
        yield words, images.numpy().reshape(inputs.shape)


def inputs_of(pretrainer: Pretrainer, X: ReadRows) -> np.ndarray:
    """Return rows as the network sees them: preprocessed, as float32 of shape (n, features)."""
    return pretrainer.encode(X, depth=0).reshape(len(X), -1)


def rebuilt(pretrainer: Pretrainer, inputs: np.ndarray) -> np.ndarray:
    """Return what comes back of inputs (n, features)."""
    with torch.no_grad():
        decoded = pretrainer.module_.reconstruct(_batch(pretrainer, inputs))
    return decoded.numpy().reshape(inputs.shape)


def corrupted(pretrainer: Pretrainer, inputs: np.ndarray) -> np.ndarray | None:
    """Return inputs (n, features) as the first phase corrupted its own, or None where it corrupted
    nothing."""
    first = as_plan(pretrainer.plan_)[0].objectives[0]
    if not isinstance(first, Denoising):
        return None
    generator = Keys(pretrainer.seed_).torch("report")
    noisy, _ = first.corruption.corrupt(_batch(pretrainer, inputs), pretrainer.space_, generator)
    return noisy.numpy().reshape(inputs.shape)


def _batch(pretrainer: Pretrainer, inputs: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(inputs.reshape(len(inputs), *pretrainer.space_.shape))


def shown(
    pretrainer: Pretrainer, originals: np.ndarray, shape: Shape, images: np.ndarray
) -> np.ndarray:
    """Return preprocessed images as (n, c, h, w) in [0, 1]: as they are, or in their own units from
    the originals' darkest to their brightest."""
    if pretrainer.space_.kind == "unit":
        return images.reshape(-1, *shape).clip(0, 1)
    first, own = (
        pretrainer.preprocessing_.inverse_transform(part.reshape(len(part), -1))
        for part in (originals, images)
    )
    low, high = first.min(), first.max()
    return ((own - low) / max(high - low, 1e-12)).reshape(-1, *shape).clip(0, 1)


def filters(pretrainer: Pretrainer, shape: Shape, module: StackModule) -> Facts:
    """Return first-layer weights as images, or nothing where they are none (a stage without weights
    of its own, rotated inputs)."""
    weight = getattr(module.stages[0], "weight", None)
    if weight is None or getattr(pretrainer.preprocessing_, "whitening", None) == "pca":
        return {"filters": None}
    weight = weight.detach()
    strongest = weight.flatten(1).norm(dim=1).argsort(descending=True)[:SHOWN_FILTERS]
    images = weight[strongest].numpy()
    if images.ndim != 4:
        images = images.reshape(-1, *shape)
    return {
        "filters": images if images.shape[1] in (1, 3) else images[:, :1],
        "filter_note": f"The {len(strongest)} first-layer filters of largest norm, of "
        f"{len(weight)}.",
    }


def sample(n: int, most: int) -> np.ndarray:
    """Return some rows, in order: files come sorted by class, so the first ones would show one
    class."""
    return np.sort(np.random.default_rng(0).permutation(n)[:most])
