"""Train on made-up rows, test on real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.ensemble import RandomForestClassifier

from .fidelity import LEVEL, Share


@dataclass(frozen=True)
class Taught:
    """How often a random forest is right on real rows, after made-up rows and after real ones.

    Parameters
    ----------
    made, real : Share
    """

    made: Share
    real: Share

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        one, other = (
            f"{share.value:.1%} [{share.low:.1%}, {share.high:.1%}]"
            for share in (self.made, self.real)
        )
        return (
            f"A random forest that learned from them is right on {one} of real rows, one that "
            f"learned from the labelled real rows on {other}."
        )


def taught(
    made: tuple[np.ndarray, np.ndarray],
    real: tuple[np.ndarray, np.ndarray],
    held_out: tuple[np.ndarray, np.ndarray],
    random_state: int = 0,
) -> Taught:
    """Try made-up rows as teachers.

    Parameters
    ----------
    made, real, held_out : (rows, classes)
        Made-up rows, the labelled rows that were learned from, and other real rows to be right on.

    References
    ----------
    Esteban, Hyland and Rätsch (2017), "Real-valued (medical) time series generation with recurrent
    conditional GANs" (train on synthetic, test on real).

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise.synthesis import taught
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2))
    >>> y = X[:, 0] > 0
    >>> found = taught((X[:100], ~y[:100]), (X[100:200], y[100:200]), (X[200:], y[200:]))
    >>> found.made.value < 0.1, found.real.value > 0.9
    (True, True)
    """
    X, y = held_out

    def right(rows: tuple[np.ndarray, np.ndarray]) -> Share:
        forest = RandomForestClassifier(200, random_state=random_state).fit(*rows)
        count = int((forest.predict(X) == y).sum())
        interval = binomtest(count, len(y)).proportion_ci(LEVEL, "wilson")
        return Share(count / len(y), float(interval.low), float(interval.high))

    return Taught(right(made), right(real))
