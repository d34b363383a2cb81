"""What was learned from numbers as named arrays, and back."""

from __future__ import annotations

import numpy as np

from .._errors import DataError
from .contrast import Contrast
from .scaling import Scaling
from .whitening import Whitening

Steps = tuple[Scaling, Contrast | None, Whitening | None]


def state_of(
    scaling: Scaling, contrast: Contrast | None, whitening: Whitening | None
) -> dict[str, np.ndarray]:
    """Return the three steps as arrays; one that is not taken has none."""
    names = ("offset", "scale", "fill", "indicators", "quantiles")
    arrays = {
        f"{name}_": getattr(scaling, name) for name in names if getattr(scaling, name) is not None
    }
    if contrast is not None:
        arrays["contrast_"] = np.array([contrast.constant, contrast.level, contrast.spread])
    if whitening is not None:
        arrays |= {
            f"whitening_{name}_": getattr(whitening, name) for name in ("mean", "matrix", "inverse")
        }
    return arrays


def from_arrays(
    arrays: dict[str, np.ndarray], kind: str, m: int, *, contrast: bool, whitening: bool
) -> Steps:
    """Return the three steps for ``m`` columns from what :func:`state_of` returned: a file is not
    to be believed.

    Raises
    ------
    DataError
        When an array lacks, is too many, has another shape or type than the columns ask for, or
        holds what no ``fit`` leaves.
    """
    _check_shapes(arrays, _shapes(arrays, m, contrast, whitening))
    _check_values(arrays, kind, m)
    numbers = {name: arrays[f"{name}_"] for name in ("offset", "scale", "fill", "indicators")}
    return (
        Scaling(kind, **numbers, quantiles=arrays.get("quantiles_")),
        Contrast(*arrays["contrast_"].tolist()) if contrast else None,
        Whitening(*(arrays[f"whitening_{name}_"] for name in ("mean", "matrix", "inverse")))
        if whitening
        else None,
    )


def _shapes(
    arrays: dict[str, np.ndarray], m: int, contrast: bool, whitening: bool
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("offset_", "scale_", "fill_"), (m,))
    shapes["indicators_"] = (len(arrays.get("indicators_", ())),)
    if "quantiles_" in arrays:
        shapes["quantiles_"] = (len(arrays["quantiles_"]), m)
    if contrast:
        shapes["contrast_"] = (3,)
    if whitening:
        shapes |= {
            "whitening_mean_": (m,),
            "whitening_matrix_": (m, m),
            "whitening_inverse_": (m, m),
        }
    return shapes


def _check_shapes(arrays: dict[str, np.ndarray], shapes: dict[str, tuple[int, ...]]) -> None:
    for name in sorted(arrays.keys() | shapes.keys()):
        if name not in arrays or name not in shapes:
            what = "lacks" if name not in arrays else "has, beyond the model,"
            raise DataError(f"The file {what} the tensor preprocessing.{name}.")
        kind = np.int64 if name == "indicators_" else np.float64
        if arrays[name].shape != shapes[name] or arrays[name].dtype != kind:
            raise DataError(
                f"The tensor preprocessing.{name} is {arrays[name].dtype} of shape "
                f"{arrays[name].shape}; the model needs "
                f"{np.dtype(kind)} of shape {shapes[name]}."
            )


def _check_values(arrays: dict[str, np.ndarray], kind: str, m: int) -> None:
    if kind not in ("real", "unit", "bounded"):
        raise DataError(
            f"The preprocessing's numbers are of the kind {kind!r}; expected 'real', 'unit' or "
            "'bounded'."
        )
    indicators = arrays["indicators_"]
    if len(indicators) and not (indicators.min() >= 0 and indicators.max() < m):
        raise DataError("The tensor preprocessing.indicators_ names columns that are not there.")
    for name in ("contrast_", "whitening_mean_", "whitening_matrix_", "whitening_inverse_"):
        if name in arrays and not np.isfinite(arrays[name]).all():
            raise DataError(f"The tensor preprocessing.{name} holds values that are not finite.")
    if "contrast_" in arrays and not (arrays["contrast_"][0] > 0 and arrays["contrast_"][2] > 0):
        raise DataError(
            "The tensor preprocessing.contrast_ must hold a constant and a spread above 0."
        )
