"""A scikit-learn ``Pipeline`` whose parts are known, as plain data and arrays.

The list of parts is closed: what each learned is a few arrays, set again on a part that is made
from its settings. Nothing is made by a name from the file.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import sklearn
import torch
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from .._errors import ModelError
from .._json import Facts
from ..data.preprocessing import Preprocessor
from . import schema
from .checks import check_columns, check_tensor
from .plans import FOREIGN
from .schema import Check, either, keys, many, number, one_of, perhaps, text, truth, whole

_NAN = {"nan": True}
_PASS = "passthrough"
_SEEN = "n_samples_seen_"
_MOST_COLUMNS = 10**6


class _Part(NamedTuple):
    """A transformer that can be kept: its settings, and the arrays that it learned."""

    kind: type
    settings: dict[str, Check]
    arrays: tuple[str, ...]


_PAIR = many(number, 2, 2)
_PARTS = {
    part.kind.__name__: part
    for part in (
        _Part(
            StandardScaler,
            dict.fromkeys(("copy", "with_mean", "with_std"), truth),
            ("mean_", "var_", "scale_", _SEEN),
        ),
        _Part(
            MinMaxScaler,
            {"copy": truth, "clip": truth, "feature_range": _PAIR},
            ("min_", "scale_", "data_min_", "data_max_", "data_range_", _SEEN),
        ),
        _Part(MaxAbsScaler, {"copy": truth}, ("scale_", "max_abs_", _SEEN)),
        _Part(
            RobustScaler,
            dict.fromkeys(("copy", "with_centering", "with_scaling", "unit_variance"), truth)
            | {"quantile_range": _PAIR},
            ("center_", "scale_"),
        ),
        _Part(
            SimpleImputer,
            {
                "missing_values": either("a number or {'nan': true}", number, keys({"nan": truth})),
                "strategy": one_of("mean", "median", "most_frequent", "constant"),
                "fill_value": perhaps(number),
                "copy": truth,
                "add_indicator": one_of(False),
                "keep_empty_features": truth,
            },
            ("statistics_",),
        ),
    )
}
_STEPS = many(
    keys(
        {"name": text, "kind": one_of(*_PARTS, "Preprocessor", _PASS)},
        {
            "settings": schema.named(schema.anything),
            "n_features_in": whole(1),
            "feature_names_in": perhaps(schema.different),
            "output": one_of("default", "pandas", "polars"),
        },
    )
)
_PIPELINE = keys({"steps": _STEPS, "last": text, "model": text, "scikit-learn": text})


def describe_steps(pipeline: Pipeline) -> tuple[Facts, dict[str, torch.Tensor]]:
    """Return all steps but the last as plain data and tensors.

    Raises
    ------
    ModelError
        When a step is not among the known ones; says what to do.
    """
    steps: list[Facts] = []
    tensors: dict[str, torch.Tensor] = {}
    for i, (name, part) in enumerate(pipeline.steps[:-1]):
        facts, arrays = _described(name, part)
        steps.append({"name": name} | facts)
        tensors |= {f"steps.{i}.{key}": torch.from_numpy(np.array(a)) for key, a in arrays.items()}
    model = type(pipeline.steps[-1][1]).__name__
    about = {"steps": steps, "last": pipeline.steps[-1][0], "model": model}
    about |= {"scikit-learn": sklearn.__version__}
    own = {name.removeprefix("steps."): tensor for name, tensor in tensors.items()}
    with_steps({"pipeline": about}, own, pipeline.steps[-1][1])  # it can be read again
    return about, tensors


def model_of(description: Facts) -> Facts:
    """Return the description of a pipeline's last step, or of a model itself.

    Raises
    ------
    ModelError
        When the steps before it are not described as they are written.
    """
    if description.get("kind") != "Pipeline":
        return description
    _PIPELINE(description.get("pipeline"), "pipeline")
    rest = {name: value for name, value in description.items() if name != "pipeline"}
    return rest | {"kind": description["pipeline"]["model"]}


def with_steps(description: Facts, tensors: dict[str, torch.Tensor], model: Any) -> Any:
    """Return a model behind the steps that a description names; ``tensors`` are theirs.

    Raises
    ------
    ModelError
        When a step and its arrays, or two steps, do not fit together.
    """
    facts, steps = description["pipeline"], []
    width = None
    for i, step in enumerate(facts["steps"]):
        place = f"pipeline.steps.{i}"
        arrays = {
            name.partition(".")[2]: value.numpy()
            for name, value in tensors.items()
            if name.partition(".")[0] == str(i)
        }
        part = _made(step, arrays, place)
        if part != _PASS:
            _check_width(part, width, place)
            width = _width(part)
        steps.append((step["name"], part))
    left = [name for name in tensors if not name.partition(".")[0].isdigit()]
    if left or len(tensors) != sum(len(_kept(part)) for _, part in steps):
        raise ModelError("The tensors steps.* are not those of the pipeline's steps.", FOREIGN)
    _check_width(model, width, "pipeline.last")
    pipeline = Pipeline([*steps, (facts["last"], model)])
    pipeline._validate_names([name for name, _ in pipeline.steps])
    return pipeline


def _described(name: str, part: Any) -> tuple[Facts, dict[str, np.ndarray]]:
    if part is None or part == _PASS:
        return {"kind": _PASS}, {}
    kind = type(part).__name__
    if type(part) not in (Preprocessor, *(known.kind for known in _PARTS.values())):
        raise _unknown(name, kind, "is not among the parts that a model folder can hold")
    check_is_fitted(part)
    facts = {
        "kind": kind,
        "n_features_in": part.n_features_in_,
        "feature_names_in": list(part.feature_names_in_)
        if hasattr(part, "feature_names_in_")
        else None,
        "output": getattr(part, "_sklearn_output_config", {}).get("transform") or "default",
    }
    if isinstance(part, Preprocessor):
        plain, arrays = part.to_state()
        return facts | {"settings": plain}, arrays
    settings = {key: _plain(part.get_params()[key]) for key in _PARTS[kind].settings}
    arrays = {key: _numbers(getattr(part, key)) for key in _kept(part)}
    try:
        keys(_PARTS[kind].settings)(settings, name)
    except ModelError as error:
        raise _unknown(
            name, kind, f"has a setting that cannot be kept ({error.message})"
        ) from error
    if any(array.dtype.kind not in "fi" for array in arrays.values()):
        raise _unknown(name, kind, "learned words, and numbers alone can be kept")
    return facts | {"settings": settings}, arrays


def _numbers(value: Any) -> np.ndarray:
    """Return an array; a constant imputer's numbers are objects."""
    array = np.asarray(value)
    if array.dtype.kind == "O" and all(type(one) in (int, float) for one in array.tolist()):
        return array.astype(np.float64)
    return array


def _unknown(name: str, kind: str, why: str) -> ModelError:
    known = ", ".join([*_PARTS, "Preprocessor"])
    return ModelError(
        f"The step {name!r} of the pipeline, {kind}, {why}. Known: {known}.",
        "Save the last step, layerwise.save(pipeline[-1], folder), and apply the others to the "
        "rows before it; or keep all of it by skops.io, which asks before it loads a type.",
    )


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and value != value:
        return _NAN
    return list(value) if isinstance(value, tuple) else value


def _kept(part: Any) -> list[str]:
    """Return the names of the arrays that a part holds."""
    if part is None or isinstance(part, str):
        return []
    if isinstance(part, Preprocessor):
        return list(part.to_state()[1])
    names = _PARTS[type(part).__name__].arrays
    return [name for name in names if getattr(part, name, None) is not None]


def _made(step: Facts, arrays: dict[str, np.ndarray], place: str) -> Any:
    """Return a step from its settings and arrays."""
    if step["kind"] == _PASS:
        return _PASS
    for name in ("settings", "n_features_in", "feature_names_in", "output"):
        if name not in step:
            raise ModelError(f"model.json lacks the key '{place}.{name}'.", FOREIGN)
    if step["kind"] == "Preprocessor":
        part: Any = _preprocessor(step, arrays, place)
    else:
        part = _refitted(_PARTS[step["kind"]], step, arrays, place)
    names, n = step["feature_names_in"], step["n_features_in"]
    if part.n_features_in_ != n or (names is not None and len(names) != n):
        schema.refuse(f"{place}.n_features_in", n, f"{part.n_features_in_}, and as many names")
    if names is not None:
        part.feature_names_in_ = np.array(names, dtype=object)
    return part if step["output"] == "default" else part.set_output(transform=step["output"])


def _preprocessor(step: Facts, arrays: dict[str, np.ndarray], place: str) -> Preprocessor:
    """Return a preprocessor from a description of which nothing is believed."""
    plain = step["settings"]
    schema.PREPROCESSOR(plain, f"{place}.settings")
    owner = step | {"preprocessing": plain, "mixed": plain["columns_"] is not None}
    check_columns(owner | {"row_shape": None}, place)
    for name, array in arrays.items():
        check_tensor(f"preprocessing.{name}", torch.from_numpy(array))
    return Preprocessor.from_state(plain, arrays)


def _refitted(known: _Part, step: Facts, arrays: dict[str, np.ndarray], place: str) -> Any:
    """Return a transformer that is fitted on nothing, with what another has learned."""
    keys(known.settings)(step["settings"], f"{place}.settings")
    n = step["n_features_in"]
    for name, array in arrays.items():
        bad = np.isinf if known.kind is SimpleImputer else lambda x: ~np.isfinite(x)
        if array.shape not in ((n,), () if name == _SEEN else (n,)) or bad(array).any():
            raise ModelError(f"The array {name} of {place} is not of {n} numbers.", FOREIGN)
        if name == "scale_" and known.kind is not MinMaxScaler and not (array > 0).all():
            raise ModelError(f"The scales of {place} are not above 0.", FOREIGN)
    if n > _MOST_COLUMNS and not arrays:
        schema.refuse(f"{place}.n_features_in", n, f"at most {_MOST_COLUMNS:,}")
    settings = {
        key: np.nan if value == _NAN else tuple(value) if isinstance(value, list) else value
        for key, value in step["settings"].items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is set in place of the numbers is of no matter
        part = known.kind(**settings).fit(np.full((2, n), 0.5))
    if set(arrays) != set(_kept(part)):
        raise ModelError(f"The arrays of {place} are not those of a {step['kind']}.", FOREIGN)
    for name, array in arrays.items():
        own = np.asarray(getattr(part, name)).dtype
        if array.dtype.kind != ("f" if own.kind == "O" else own.kind):
            raise ModelError(f"The array {name} of {place} is of {array.dtype}.", FOREIGN)
        array = array.astype(object) if own.kind == "O" else array
        setattr(part, name, array[()] if array.ndim == 0 else array)
    return part


def _width(part: Any) -> int:
    """Return how many columns a step gives."""
    if isinstance(part, Preprocessor):
        return part.space_.size
    if isinstance(part, SimpleImputer) and not part.keep_empty_features:
        return int((~np.isnan(part.statistics_.astype(float))).sum())
    return int(part.n_features_in_)


def _check_width(part: Any, width: int | None, place: str) -> None:
    """Raise unless a step takes what the one before it gives."""
    if width is not None and (part.n_features_in_ != width or hasattr(part, "mixed_")):
        schema.refuse(f"{place}.n_features_in", part.n_features_in_, f"{width} columns of numbers")
