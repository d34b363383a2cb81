"""A mean with its 95 % interval, in words."""

from __future__ import annotations

import numpy as np
from scipy import stats


def spread(values: np.ndarray) -> str:
    """Return mean and half of the interval by Student's t; of fewer than two values, the values."""
    if len(values) < 2:
        return ", ".join(f"{value:.2f}" for value in values)
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.2f} ± {half:.2f}"
