"""What every reader returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ..._errors import DataError

if TYPE_CHECKING:
    import polars as pl

# A table, or numbers of one kind
ReadRows: TypeAlias = "np.ndarray | pl.DataFrame"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows, and the labels that are known of them.

    Parameters
    ----------
    name : str
        File stem, folder name or name of an embedded set.
    X : float32, float64 or uint8 array of shape (n, d), or polars.DataFrame
        A data frame for tables, where each column is a number or a string and null is missing.
        Images are flattened in the order c, h, w. NaN is missing.
    y : array of shape (n,), optional
        None where there is no target. An object array holds None where a row is unlabelled.
    target : str, optional
        Name of the target's column, or 'label'.
    image_shape : tuple of int, optional
        ``(c, h, w)``.
    task : {'classification', 'regression'}, optional
        None where there is no target.
    test : Dataset, optional
        Rows kept for the test.
    notes : tuple of str
        Plain sentences about what was skipped, dropped or changed while reading.
    ids : tuple of str, optional
        A name for each row, carried through to every output.
    id_column : str, optional
        The column that they stood in.
    text_columns : tuple of str
        Columns of a table that hold free text.
    white : int
        Of images of 16 bits: the value that became 255.
    """

    name: str
    X: ReadRows = field(repr=False)
    y: np.ndarray | None = field(repr=False)
    target: str | None
    image_shape: tuple[int, int, int] | None
    task: str | None
    test: Dataset | None = None
    notes: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = field(repr=False, default=None)
    id_column: str | None = field(repr=False, default=None)
    text_columns: tuple[str, ...] = field(repr=False, default=())
    white: int = field(repr=False, default=255)

    def __len__(self) -> int:
        return len(self.X)

    def with_notes(self, notes: Sequence[str]) -> Dataset:
        """Return the data set with notes before its own."""
        return replace(self, notes=(*notes, *self.notes))


def declared(X: ReadRows, text_columns: Sequence[str] = ()) -> ReadRows:
    """Return rows whose columns of words are declared categories, but for those of free text: what
    they are was settled when they were read, and is not settled again from some of the rows."""
    if isinstance(X, np.ndarray):
        return X
    import polars as pl

    words = [name for name, kind in X.schema.items() if kind == pl.String]
    categories = [name for name in words if name not in text_columns]
    return X.with_columns(pl.col(categories).cast(pl.Categorical)) if categories else X


class NoIds(DataError):
    """A table has no column of the name that names its rows."""


class NoLabels(DataError):
    """A target whose column is not there, or is empty."""


def only_label(name: str, own: str, target: str | None, task: str | None) -> None:
    """Refuse a target or a task that a set with labels of its own does not have."""
    if target not in (None, "label"):
        raise DataError(
            f"{name!r} has no column {target!r}: its target is always 'label'.",
            "Leave the target out.",
        )
    if task not in (None, own):
        raise DataError(f"{name!r} is a set for {own}. Got task={task!r}.", "Leave the task out.")


def object_array(values: Sequence[object]) -> np.ndarray:
    """Return a 1-D object array.

    >>> object_array(["a", None])
    array(['a', None], dtype=object)
    """
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def listing(names: list[str], most: int = 5) -> str:
    r"""Return some names for a sentence, each quoted so that no name can be taken for text.

    >>> listing(["a", "b\n"], most=5)
    "'a', 'b\\n'"
    """
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
