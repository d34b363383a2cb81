"""Reading a model folder: nothing in it is run, everything in it is checked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from .._durable import Facts
from .._errors import ModelError, ParameterError
from .._space import Space
from .._spec import from_dict
from ..architecture import Stack, StackModule
from ..data.preprocessing import Preprocessor
from ..data.protocol import AsIs
from ..estimators import Model, PretrainedClassifier, PretrainedRegressor, Pretrainer
from ..objective.supervised import Head
from .checks import check_model, classes_of
from .format import DESCRIPTION, WEIGHTS
from .opening import opened, tensors_of
from .pipeline import model_of, with_steps
from .plans import FOREIGN, marker_of, plan_of, widths_of

_KINDS = {kind.__name__: kind for kind in (Pretrainer, PretrainedClassifier, PretrainedRegressor)}
_MAX_STAGES = 1000
M = TypeVar("M", bound=torch.nn.Module)


def inspect(folder: str | os.PathLike[str]) -> Facts:
    """Return what ``model.json`` says, after checking it and the weights' hash; builds nothing.

    Raises
    ------
    ModelError
        When the folder is no model, or damaged.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from layerwise import Dense, Pretrainer, Stack, inspect, save
    >>> pretrainer = Pretrainer(Stack(Dense(2)), random_state=0).fit(np.eye(4))
    >>> folder = save(pretrainer, tempfile.mkdtemp())
    >>> inspect(folder)["kind"]
    'Pretrainer'
    """
    folder = Path(folder)
    description, weights = opened(folder)
    with _refusing(folder):
        check_model(model_of(description), tensors_of(weights))
    return description


def load(folder: str | os.PathLike[str]) -> Any:
    """Return the estimator that :func:`save` wrote.

    Parameters
    ----------
    folder : path
        With ``model.json`` and ``model.safetensors``.

    Raises
    ------
    ModelError
        When a file is missing, damaged, foreign or of a newer format. No code from the folder is
        run.

    Notes
    -----
    What the model answers is kept to the bit. Settings that matter to another ``fit`` alone
    (class_weight, validation, training, device, precision) are not.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from layerwise import Dense, Pretrainer, Stack, load, save
    >>> pretrainer = Pretrainer(Stack(Dense(2)), random_state=0).fit(np.eye(4))
    >>> folder = save(pretrainer, tempfile.mkdtemp())
    >>> load(folder).transform(np.eye(4)).shape
    (4, 2)
    """
    folder = Path(folder)
    description, weights = opened(folder)
    with _refusing(folder):
        tensors = tensors_of(weights)
        inner = model_of(description)
        check_model(inner, tensors)
        mine = {n: t for n, t in tensors.items() if inner is description or not _of_step(n)}
        model = _rebuild(inner, mine)
        if inner is description:
            return model
        theirs = {n.partition(".")[2]: t for n, t in tensors.items() if _of_step(n)}
        return with_steps(description, theirs, model)


def _of_step(name: str) -> bool:
    """Whether a tensor belongs to a step of a pipeline before the model."""
    return name.startswith("steps.")


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Turn whatever a wrong description leads to into a ``ModelError``."""
    try:
        yield
    except ModelError:
        raise
    except (
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RuntimeError,
        OverflowError,
        ParameterError,
        ValueError,
    ) as error:
        words, hint = f"{error}.", FOREIGN
        if isinstance(error, ParameterError):
            words, hint = error.message, error.hint or hint
        raise ModelError(
            f"{str(folder / DESCRIPTION)!r} does not describe a model: {type(error).__name__}: "
            f"{words}",
            hint,
        ) from error


def _rebuild(description: Facts, tensors: dict[str, torch.Tensor]) -> Model:
    kind = _KINDS[description["kind"]]
    parts = _by_prefix(tensors)
    pretrainer = _pretrainer(description["pretrainer"], parts)
    if kind is Pretrainer:
        _refuse_rest(parts)
        return pretrainer
    model = _finetuned(kind, description["finetuned"], pretrainer, parts)
    _refuse_rest(parts)
    return model


def _pretrainer(facts: Facts, parts: dict[str, dict[str, torch.Tensor]]) -> Pretrainer:
    stack, plan = from_dict(facts["stack"]), plan_of(facts["plan"], facts.get("decodes", False))
    if not isinstance(stack, Stack) or stack.depth > _MAX_STAGES:
        raise ModelError("The model's stack is not a Stack of at most 1000 stages.", FOREIGN)
    arrays = {name: value.numpy() for name, value in parts.pop("preprocessing", {}).items()}
    preprocessing = _preprocessing(facts["preprocessing"], arrays)
    own = clone(preprocessing) if isinstance(preprocessing, Preprocessor) else None
    model = Pretrainer(stack, plan=plan, preprocessing=own, random_state=facts["seed"])
    model.preprocessing_ = preprocessing
    known = getattr(preprocessing, "n_features_in_", preprocessing.space_.size)
    if facts["row_shape"] is None and facts["n_features_in"] != known:
        raise ModelError(
            "The number of features of the model and of its preprocessing differ.", FOREIGN
        )
    blocks = model.preprocessing_.space_.blocks
    model.space_ = Space(tuple(facts["shape"]), blocks)
    model.stack_, model.plan_, model.history_, model.seed_ = (
        stack,
        plan,
        facts["history"],
        facts["seed"],
    )
    model.row_shape_ = None if facts["row_shape"] is None else tuple(facts["row_shape"])
    model.module_ = _filled(
        _empty_stack(stack, model.space_), parts.pop("pretrained", {}), "pretrained"
    )
    model._n_features_out = model.module_.code_space.size
    model.why_no_decoder()  # its plan fits the stack
    _set_features(model, facts)
    return model


def _preprocessing(facts: Facts, arrays: dict[str, np.ndarray]) -> Preprocessor | AsIs:
    kind = AsIs if "as_is" in facts else Preprocessor
    return kind.from_state(facts, arrays)


def _finetuned(
    kind: type[PretrainedClassifier] | type[PretrainedRegressor],
    facts: Facts,
    pretrainer: Pretrainer,
    parts: dict[str, dict[str, torch.Tensor]],
) -> PretrainedClassifier | PretrainedRegressor:
    plan = plan_of(facts["plan"])
    given = FrozenEstimator(pretrainer) if facts["frozen"] else pretrainer
    model = kind(
        given,
        plan=plan,
        start=facts["start"],
        unlabeled=marker_of(facts["unlabeled"]),
        random_state=facts["seed"],
    )
    model.pretrainer_, model.plan_, model.history_, model.seed_ = (
        given,
        plan,
        facts["history"],
        facts["seed"],
    )
    model.transfer_report_ = facts["transfer"]
    if kind is PretrainedClassifier:
        model.classes_ = classes_of(facts["classes"])
        target = Space.of("category", len(model.classes_))
    else:
        model.target_mean_, model.target_scale_ = (
            np.array(facts["target"][name], dtype=float) for name in ("mean", "scale")
        )
        model.outputs_ = tuple(facts["target"]["outputs"])
        target = Space.of("real", len(model.target_mean_))
    model.module_ = _filled(
        _empty_stack(pretrainer.stack_, pretrainer.space_), parts.pop("stack", {}), "stack"
    )
    widths = widths_of(facts, plan)
    with torch.device("meta"):
        head = Head(model.module_.code_space.size, widths, target, torch.Generator())
    model.head_ = _filled(head, parts.pop("head", {}), "head")
    _set_features(model, facts)
    return model


def _empty_stack(stack: Stack, space: Space) -> StackModule:
    with torch.device(
        "meta"
    ):  # shapes without memory: the file decides nothing about what is allocated
        return stack.build(space, torch.Generator())


def _filled(module: M, tensors: dict[str, torch.Tensor], part: str) -> M:
    expected = module.state_dict()
    for name in expected.keys() | tensors.keys():
        if name not in tensors or name not in expected:
            what = "lacks" if name not in tensors else "has, beyond the model,"
            raise ModelError(
                f"{WEIGHTS} {what} the tensor {part}.{name}.",
                "The files of the folder do not belong together.",
            )
        want, have = expected[name], tensors[name]
        if want.shape != have.shape or want.dtype != have.dtype:
            raise ModelError(
                f"The tensor {part}.{name} is {have.dtype} of shape {tuple(have.shape)}; the model "
                f"needs {want.dtype} of shape "
                f"{tuple(want.shape)}.",
                "The files of the folder do not belong together.",
            )
    module.load_state_dict(tensors, assign=True)
    return module.eval()


def _by_prefix(tensors: dict[str, torch.Tensor]) -> dict[str, dict[str, torch.Tensor]]:
    parts: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        prefix, _, rest = name.partition(".")
        parts.setdefault(prefix, {})[rest] = tensor
    return parts


def _refuse_rest(parts: dict[str, dict[str, torch.Tensor]]) -> None:
    if parts:
        name = next(iter(parts))
        raise ModelError(
            f"{WEIGHTS} has, beyond the model, the tensors {name}.*.",
            "The files of the folder do not belong together.",
        )


def _set_features(model: Model, facts: Facts) -> None:
    model.n_features_in_ = facts["n_features_in"]
    if facts["feature_names_in"] is not None:
        model.feature_names_in_ = np.array(facts["feature_names_in"], dtype=object)
    if facts["mixed"]:
        model.mixed_ = True
