"""Writing a model folder."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import save as to_bytes
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._commit import write_folder
from .._durable import Facts, jsonable
from .._errors import ModelError, ParameterError
from .._spec import Spec, from_dict
from .._version import __version__
from ..data.preprocessing import Preprocessor
from ..data.protocol import AsIs
from ..estimators import Model, PretrainedClassifier, PretrainedRegressor, Pretrainer
from ..objective.supervised import Head
from ..training import Step, Written
from .card import model_card
from .checks import check_model
from .format import CARD, DESCRIPTION, FORMAT, FORMAT_VERSION, WEIGHTS, digest_of
from .pipeline import describe_steps, model_of

_SUMMARY = (
    "step",
    "phase",
    "objective",
    "first",
    "last",
    "epoch",
    "epochs",
    "batches",
    "loss",
    "begin",
    "learning_rate",
    "validation",
)


def save(
    model: Model | Pipeline, folder: str | os.PathLike[str], *, about: Facts | None = None
) -> Path:
    """Write a fitted estimator to a folder: weights, description, model card.

    Parameters
    ----------
    model : Pretrainer, PretrainedClassifier or PretrainedRegressor
        Or a scikit-learn ``Pipeline`` that ends with one, behind scalers (StandardScaler,
        MinMaxScaler, MaxAbsScaler, RobustScaler), a SimpleImputer or a Preprocessor.
    folder : path
        Made when it is not there; a model in it is replaced.
    about : dict, optional
        Plain data to keep with the model (name of the data, figures).

    Raises
    ------
    ModelError
        When the model holds something that is not plain data, such as a transformer of your own.
    FileError
        When the folder cannot be written.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from layerwise import Dense, Pretrainer, Stack, load, save
    >>> pretrainer = Pretrainer(Stack(Dense(2)), random_state=0).fit(np.eye(4))
    >>> folder = save(pretrainer, tempfile.mkdtemp())
    >>> bool((load(folder).transform(np.eye(4)) == pretrainer.transform(np.eye(4))).all())
    True
    """
    write_folder(Path(folder), model_files(model, about or {}))
    return Path(folder)


def model_files(model: Model | Pipeline, about: Facts) -> dict[str, bytes]:
    """Return the files of a model folder by name.

    Raises
    ------
    ModelError
        As :func:`save`.
    """
    description, tensors = _described(model, about)
    weights = to_bytes(
        {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    )
    description["weights"] = {
        "file": WEIGHTS,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "bytes": len(weights),
    }
    description["digest"] = digest_of(description)
    check_model(model_of(description), tensors)
    text = json.dumps(description, indent=2, allow_nan=False) + "\n"
    card = model_card(description, tensors)
    return {WEIGHTS: weights, CARD: card.encode(), DESCRIPTION: text.encode()}


def _described(model: Model | Pipeline, about: Facts) -> tuple[Facts, dict[str, torch.Tensor]]:
    if not isinstance(model, Pipeline):
        return describe(model, about)
    steps, arrays = describe_steps(model)
    description, tensors = describe(model.steps[-1][1], about)
    return description | {"kind": "Pipeline", "pipeline": steps}, tensors | arrays


def describe(model: Model, about: Facts) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Return a model as plain data and tensors."""
    kinds = (Pretrainer, PretrainedClassifier, PretrainedRegressor)
    if type(model) not in kinds:
        names = ", ".join(kind.__name__ for kind in kinds)
        raise ParameterError(
            f"save takes a fitted {names}, or a Pipeline that ends with one. Got "
            f"{type(model).__name__} instead."
        )
    check_is_fitted(model)
    pretrainer = model if isinstance(model, Pretrainer) else model._fitted_pretrainer()
    for module in {pretrainer.module_, model.module_}:
        _check_buffers(module)
    preprocessing, arrays = _preprocessing(pretrainer)
    tensors = {
        f"preprocessing.{name}": torch.from_numpy(np.array(array)) for name, array in arrays.items()
    }
    tensors |= {
        f"pretrained.{name}": value for name, value in pretrainer.module_.state_dict().items()
    }
    description = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "layerwise": __version__,
        "kind": type(model).__name__,
        "pretrainer": _pretrainer(pretrainer) | {"preprocessing": preprocessing},
        "about": jsonable(about),
    }
    if not isinstance(model, Pretrainer):
        tensors |= {f"stack.{name}": value for name, value in model.module_.state_dict().items()}
        head = cast(Head, model.head_)  # a fitted model has one
        tensors |= {f"head.{name}": value for name, value in head.state_dict().items()}
        description["finetuned"] = _finetuned(model)
    return description, tensors


def _preprocessing(pretrainer: Pretrainer) -> tuple[Facts, dict[str, np.ndarray]]:
    if not isinstance(pretrainer.preprocessing_, (Preprocessor, AsIs)):
        raise ModelError(
            f"The preprocessing is {type(pretrainer.preprocessing_).__name__}, which a model "
            "folder cannot hold: it holds no code.",
            "Use Preprocessor, or apply your transformer before Layerwise.",
        )
    return pretrainer.preprocessing_.to_state()


def _pretrainer(model: Pretrainer) -> Facts:
    return {
        "stack": _plain(model.stack_),
        "plan": _plan(model.plan_),
        "decodes": model.why_no_decoder() is None,
        "seed": model.seed_,
        "shape": list(model.space_.shape),
        "row_shape": None if model.row_shape_ is None else list(model.row_shape_),
        "mixed": hasattr(model, "mixed_"),
        "history": _summary(model.history_),
    } | _features(model)


def _finetuned(model: PretrainedClassifier | PretrainedRegressor) -> Facts:
    facts = {
        "plan": _plan(model.plan_),
        "head_widths": [layer.out_features for layer in list(cast(Head, model.head_).layers)[:-1]],
        "start": model.start,
        "unlabeled": {"nan": True}
        if model.unlabeled != model.unlabeled
        else jsonable(model.unlabeled),
        "frozen": isinstance(model.pretrainer_, FrozenEstimator),
        "seed": model.seed_,
        "mixed": hasattr(model, "mixed_"),
        "history": _summary(model.history_),
        "transfer": model.transfer_report_,
    } | _features(model)
    if isinstance(model, PretrainedClassifier):
        return facts | {
            "classes": {"dtype": model.classes_.dtype.str, "values": model.classes_.tolist()}
        }
    targets = {
        "mean": model.target_mean_.tolist(),
        "scale": model.target_scale_.tolist(),
        "outputs": list(model.outputs_),
    }
    return facts | {"target": targets}


def _features(model: Model) -> Facts:
    names = getattr(model, "feature_names_in_", None)
    return {
        "n_features_in": model.n_features_in_,
        "feature_names_in": None if names is None else list(names),
    }


def _summary(history: list[Facts]) -> list[Facts]:
    return [{name: jsonable(row[name]) for name in _SUMMARY if name in row} for row in history]


def _check_buffers(module: torch.nn.Module) -> None:
    """Raise when a stage keeps something that would not come back."""
    kept = module.state_dict()
    lost = [name for name, _ in module.named_buffers() if name not in kept]
    if lost:
        raise ModelError(
            f"The buffer {lost[0]!r} is not persistent, so a model folder cannot hold it.",
            "Register it with persistent=True, or compute it in encode.",
        )


def _plan(plan: tuple[Step, ...] | Written) -> list[Facts]:
    """Return a plan as plain data; a model folder keeps it as text for whoever trains again."""
    return plan.steps if isinstance(plan, Written) else [step.to_dict() for step in plan]


def _plain(spec: Spec) -> Facts:
    """Return a spec as plain data, sure that it can be read back."""
    data = spec.to_dict()
    from_dict(data)
    return data
