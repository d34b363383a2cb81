"""What a picture reads from a fitted model: images, filters, codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.utils.validation import check_is_fitted

from .._errors import DataError, ParameterError
from .._random import Keys
from ..architecture import StackModule
from ..data.reading import Given
from ..estimators import Model, PretrainedClassifier, PretrainedRegressor, Pretrainer
from ..objective import Denoising
from ..training import Written, as_plan

Shape = tuple[int, int, int]
MAPS = ("pca", "tsne")


def check_model(estimator: object) -> Model:
    """Return a fitted model of this library.

    Raises
    ------
    ParameterError, NotFittedError
        When it is something else; when it is not fitted.
    """
    if not isinstance(estimator, (Pretrainer, PretrainedClassifier, PretrainedRegressor)):
        raise ParameterError(
            "A fitted Pretrainer, PretrainedClassifier or PretrainedRegressor is expected. Got "
            f"{type(estimator).__name__} instead.",
            "Of a Pipeline give the last step, and rows as they reach it.",
        )
    check_is_fitted(estimator)
    return estimator


def pretrainer_of(estimator: object) -> Pretrainer:
    """Return what was pretrained: the model itself, or what it was fine-tuned from."""
    model = check_model(estimator)
    return model if isinstance(model, Pretrainer) else model._fitted_pretrainer()


def decoder_of(estimator: object) -> Pretrainer:
    """Return what was pretrained and can reconstruct.

    Raises
    ------
    ParameterError
        When its decoder was not trained.
    """
    pretrainer = pretrainer_of(estimator)
    reason = pretrainer.why_no_decoder()
    if reason is not None:
        raise ParameterError(
            f"There is no reconstruction to show. {reason}",
            "Pretrain with an objective that decodes, such as Reconstruction() or Denoising().",
        )
    return pretrainer


def shape_of(pretrainer: Pretrainer, image_shape: Sequence[int] | None) -> Shape | None:
    """Return the shape (c, h, w) of a row as an image: the one that was given, else that of the
    rows that the model was fitted on; None where these are no images.

    Raises
    ------
    ParameterError
        When a row has another number of values.
    """
    own = next(
        (
            s
            for s in (pretrainer.row_shape_, pretrainer.space_.shape)
            if s is not None and len(s) == 3
        ),
        None,
    )
    if image_shape is None:
        return None if own is None else (own[0], own[1], own[2])
    shape = tuple(int(side) for side in image_shape)
    whole = (1, *shape) if len(shape) == 2 else shape
    if len(whole) != 3 or int(np.prod(whole)) != pretrainer.space_.size:
        raise ParameterError(
            f"image_shape={image_shape!r} does not fit rows of {pretrainer.space_.size} values.",
            "Give (height, width) or (channels, height, width).",
        )
    return whole[0], whole[1], whole[2]


def image_rows(pretrainer: Pretrainer, X: Given, shape: Shape) -> dict[str, np.ndarray | None]:
    """Return images ``(m, c, h, w)`` with values in [0, 1]: ``originals``, ``reconstructions``, and
    ``corrupted``, as the first objective saw them, where it denoises."""
    originals = pretrainer.encode(X, depth=0).reshape(-1, *shape)
    x = torch.from_numpy(originals.reshape(len(originals), *pretrainer.space_.shape))
    with torch.no_grad():
        decoded = pretrainer.module_.reconstruct(x)
    corrupted, plan = None, pretrainer.plan_
    first = None if isinstance(plan, Written) else as_plan(plan)[0].objectives[0]
    if isinstance(first, Denoising):
        generator = Keys(pretrainer.seed_).torch("report")
        noisy, _ = first.corruption.corrupt(x, pretrainer.space_, generator)
        corrupted = bright(pretrainer, originals, noisy.numpy().reshape(originals.shape))
    return {
        "originals": bright(pretrainer, originals, originals),
        "corrupted": corrupted,
        "reconstructions": bright(pretrainer, originals, decoded.numpy().reshape(originals.shape)),
    }


def bright(pretrainer: Pretrainer, originals: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return preprocessed images in [0, 1]: as they are, or in their own units from the originals'
    darkest to their brightest."""
    if pretrainer.space_.kind == "unit":
        return images.clip(0, 1)
    first, own = (
        pretrainer.preprocessing_.inverse_transform(part.reshape(len(part), -1))
        for part in (originals, images)
    )
    low, high = first.min(), first.max()
    return ((own - low) / max(high - low, 1e-12)).reshape(images.shape).clip(0, 1)


def first_filters(
    pretrainer: Pretrainer, module: StackModule, shape: Shape | None, most: int
) -> tuple[np.ndarray, int] | None:
    """Return the first-layer weights of largest norm as images ``(m, c, h, w)``, and how many there
    are, or None where they are no images: a stage without weights of its own, rotated inputs.

    Weights of a convolution are images themselves; others take the ``shape`` of a row.
    """
    weight = getattr(module.stages[0], "weight", None)
    rotated = getattr(pretrainer.preprocessing_, "whitening", None) == "pca"
    if weight is None or rotated or (weight.ndim != 4 and shape is None):
        return None
    weight = weight.detach().cpu()
    strongest = weight.flatten(1).norm(dim=1).argsort(descending=True)[:most]
    images = weight[strongest].numpy()
    if images.ndim != 4 and shape is not None:
        images = images.reshape(-1, *shape)
    return images if images.shape[1] in (1, 3) else images[:, :1], len(weight)


def in_plane(codes: np.ndarray, method: str = "pca", seed: int = 0) -> np.ndarray:
    """Return codes ``(n, k)`` in two dimensions ``(n, 2)``.

    Raises
    ------
    DataError
        When there are too few rows for a t-SNE.
    """
    if method == "tsne" and varied(codes):
        if len(codes) < 5:
            raise DataError(f"A t-SNE needs at least 5 rows. Got {len(codes)}.", "Give more rows.")
        perplexity = min(30.0, len(codes) / 4)
        map_ = TSNE(2, random_state=seed, init="pca", perplexity=perplexity)
        return map_.fit_transform(codes)
    points = PCA(2, random_state=seed).fit_transform(codes) if varied(codes) else codes[:, :2]
    return points if points.shape[1] == 2 else np.column_stack([points, np.zeros(len(points))])


def varied(codes: np.ndarray) -> bool:
    """Say whether there is something to project: more than two dimensions, and rows that differ."""
    return codes.shape[1] > 2 and len(codes) > 2 and float(codes.std(axis=0).max()) > 0


def some_rows(n: int, most: int) -> np.ndarray:
    """Return positions of some rows, in order: files come sorted by class, so the first ones would
    show one class."""
    return np.sort(np.random.default_rng(0).permutation(n)[:most])


def length_of(X: Any) -> int:
    """Return the number of rows."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)
