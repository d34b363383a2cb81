"""What the features of the rows hold, for the model folder."""

from __future__ import annotations

import numpy as np

from .._durable import Facts
from ..data.readers import ReadRows

MOST = 2000  # features that are described


def features_of(X: ReadRows) -> list[Facts]:
    """Return for each feature its name, its range where it is a number and whether all are whole,
    and its missing cells; nothing for more than 2,000 features."""
    if X.shape[1] > MOST:
        return []
    if isinstance(X, np.ndarray):
        return [_number(f"x{i}", X[:, i].astype(float)) for i in range(X.shape[1])]
    found = []
    for name in X.columns:
        column = X[name]
        if column.dtype.is_numeric():
            found.append(_number(name, column.to_numpy().astype(float)))
        else:
            missing = column.null_count()
            share = missing / max(len(column), 1)
            found.append(
                {"name": name, "type": "category", "missing": missing, "missing_share": share}
            )
    return found


def _number(name: str, values: np.ndarray) -> Facts:
    known = values[~np.isnan(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (None, None)
    missing = len(values) - len(known)
    return {
        "name": name,
        "type": "number",
        "low": low,
        "high": high,
        "whole": bool(len(known) and np.all(known == np.round(known))),
        "missing": missing,
        "missing_share": missing / max(len(values), 1),
    }
