"""What a strategy is: rows, some of them labelled, and which to ask about next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from .._checks import check_int
from .._errors import DataError, PairingError, ParameterError
from .._spec import Spec

NEEDS = {
    "probabilities": "probabilities of classes",
    "predictions": "predictions of several models",
}


class Query(NamedTuple):
    """A row to ask about, and why.

    Examples
    --------
    >>> from layerwise import Query
    >>> Query(3, "drawn at random").row
    3
    """

    row: int
    reason: str


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows of which some have a label, as a strategy sees them.

    Parameters
    ----------
    codes : array of shape (n, k)
        Of an encoder, finite; rows that are alike have codes that are near.
    labelled : array of int, or of bool
        The rows that have a label, by number, or a mask of all rows.
    probabilities : array of shape (n, classes), optional
        Of a classifier, in [0, 1].
    predictions : array of shape (models, n), optional
        Of several models of numbers, two at least.
    classes : sequence, optional
        Names of the classes, for reasons.

    Raises
    ------
    DataError
        When the shapes do not belong together, or a number is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from layerwise import Candidates, Random
    >>> pool = Candidates(np.eye(4), labelled=[0])
    >>> pool.open.tolist(), len(Random().choose(pool, 2))
    ([1, 2, 3], 2)
    """

    codes: np.ndarray
    labelled: np.ndarray | Sequence[int] = ()
    probabilities: np.ndarray | None = None
    predictions: np.ndarray | None = None
    classes: Sequence[object] = ()
    open: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given: dict[str, np.ndarray] = {"codes": _codes(self.codes)}
        n = len(given["codes"])
        given["labelled"] = _rows(self.labelled, n)
        for name, axis in (("probabilities", 0), ("predictions", 1)):
            value = getattr(self, name)
            if value is None:
                continue
            given[name] = np.asarray(value, dtype=np.float64)
            if given[name].ndim != 2 or given[name].shape[axis] != n or not given[name].size:
                raise DataError(
                    f"{name} have the shape {given[name].shape}; there are {n:,} rows of codes.",
                    "Give (n, classes) probabilities, or (models, n) predictions.",
                )
        for name in ("codes", "probabilities", "predictions"):
            if name in given and not np.isfinite(given[name]).all():
                raise DataError(f"{name} hold a number that is not finite.")
        p = given.get("probabilities")
        if p is not None and not (p.min() >= -1e-6 and p.max() <= 1 + 1e-6):
            raise DataError(
                f"probabilities run from {p.min():.4g} to {p.max():.4g}.",
                "Give what predict_proba says, no scores.",
            )
        for name, value in given.items():
            object.__setattr__(self, name, value)
        known = np.zeros(n, dtype=bool)
        known[given["labelled"]] = True
        object.__setattr__(self, "open", np.flatnonzero(~known))

    def name(self, c: int) -> str:
        """Return the name of a class, as a reason says it."""
        return repr(str(self.classes[c])) if len(self.classes) > c else f"class {c}"


def _codes(given: object) -> np.ndarray:
    """Return codes as a matrix of floats.

    Raises
    ------
    DataError
        When they are none.
    """
    if hasattr(given, "toarray"):
        raise DataError("The codes are sparse.", "Give codes.toarray(), or those of an encoder.")
    codes = np.asarray(given)
    if codes.ndim < 1 or not codes.size or codes.dtype.kind not in "fiub":
        raise DataError(
            f"The codes are {codes.dtype} of the shape {codes.shape}; numbers of at least one row "
            "are needed.",
            "Give the codes of an encoder, (n, k).",
        )
    kept = codes if codes.dtype in (np.float32, np.float64) else codes.astype(np.float64)
    return kept.reshape(len(kept), -1)


def _rows(given: object, n: int) -> np.ndarray:
    """Return the numbers of rows, each once; a mask of the rows says the same.

    Raises
    ------
    DataError
        When they are neither, or no such row is there.
    """
    rows = np.asarray(given)
    if rows.dtype == bool and rows.shape == (n,):
        return np.flatnonzero(rows)
    if rows.size and rows.dtype.kind not in "iu":
        raise DataError(
            f"labelled is {rows.dtype} of the shape {rows.shape}.",
            f"Give numbers of rows, or a mask of {n:,} truth values.",
        )
    rows = np.unique(rows.astype(np.int64))
    outside = rows[(rows < 0) | (rows >= n)]
    if len(outside):
        raise DataError(f"Row {outside[0]} is labelled, and there are {n:,} rows, from 0.")
    return rows


class Strategy(Spec):
    """Base of what says which rows to ask about next (abstract); a frozen dataclass.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import dataclass
    >>> from layerwise import Candidates, Query, Strategy
    >>> @dataclass(frozen=True, repr=False)
    ... class Last(Strategy):
    ...     def chosen(self, pool, n, rng):
    ...         return [Query(int(row), "of the last ones") for row in pool.open[-n:]]
    >>> [query.row for query in Last().choose(Candidates(np.eye(5)), 2)]
    [3, 4]
    """

    needs: ClassVar[str | None] = None  # 'probabilities' or 'predictions'

    def choose(self, pool: Candidates, n: int, random_state: int = 0) -> list[Query]:
        """Return rows without a label to ask about, the most wanted first, with reasons.

        Parameters
        ----------
        pool : Candidates
        n : int
            How many, at least 1; fewer come back where fewer have no label.
        random_state : int, default 0

        Raises
        ------
        PairingError
            When the pool lacks what the strategy looks at.
        """
        check_int(self, "n", n, 1)
        self.check(pool)
        n = min(n, len(pool.open))
        return self.chosen(pool, n, np.random.default_rng(random_state)) if n else []

    def check(self, pool: Candidates) -> None:
        """Raise when the pool lacks what the strategy looks at."""
        if self.needs is not None and getattr(pool, self.needs) is None:
            raise PairingError(
                f"{self!r} needs {NEEDS[self.needs]}, and the pool has none.",
                "Fit a model on the rows that have a label first, or use Typical or Coverage.",
            )
        few = pool.predictions is not None and len(pool.predictions) < 2
        if self.needs == "predictions" and few:
            raise PairingError(
                f"{self!r} needs {NEEDS['predictions']}; one model was given.",
                "Fit it on several draws of the labelled rows.",
            )

    def chosen(self, pool: Candidates, n: int, rng: np.random.Generator) -> list[Query]:
        """Return ``n`` rows; there are as many without a label."""
        raise NotImplementedError


def strategy_named(name: str) -> Strategy:
    """Return the strategy of a name as the command line has it, such as 'typical-then-margin'.

    Raises
    ------
    ParameterError
        For an unknown name.

    >>> strategy_named("typical-then-margin")
    TypicalThenMargin()
    """
    from .._errors import did_you_mean
    from .._spec import registered

    kinds = {dashed(kind.__name__): kind for kind in registered(Strategy)}
    if name not in kinds:
        raise ParameterError(f"There is no strategy {name!r}.", did_you_mean(name, kinds))
    return kinds[name]()  # type: ignore[return-value]


def dashed(name: str) -> str:
    """Return 'TypicalThenMargin' as 'typical-then-margin'."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
