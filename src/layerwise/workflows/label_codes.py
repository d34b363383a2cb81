"""Codes of the rows that are labelled: some within seconds, better ones when an encoder has
learned."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .._durable import Facts, read_json, write_bytes, write_json
from .._errors import FileError
from ..data.readers import Dataset, declared
from ..estimators import make_pretrainer
from ..training import Clock, limited_by
from .choices import encoder_recipe
from .time_limit import planned
from .timing import Work

CODES, ABOUT = "codes.npy", "codes.json"  # in the folder of the labels
COMPONENTS = 50


@dataclass(frozen=True, eq=False)
class Coding:
    """How rows become codes, in a process of its own, which reads them again.

    Parameters
    ----------
    read : callable
        Returns the rows.
    given : dict
        Its arguments.
    folder : Path
        Where the codes of an encoder are kept.
    about : dict
        What they are codes of, and by what: they are used again where that is the same.
    recipe, encoder : str, optional
    seconds : float, optional
        At most so long is pretrained.
    """

    read: Callable[..., Dataset]
    given: Facts
    folder: Path
    about: Facts = field(default_factory=dict)
    recipe: str | None = None
    encoder: str | None = None
    seconds: float | None = None
    seed: int = 0
    device: str = "auto"

    def quick(self) -> np.ndarray:
        """Return principal components of the rows, ``(n, 50)`` or fewer."""
        return components(self.read(**self.given), self.seed)

    def better(self, say: Callable[[str], None]) -> tuple[str, Path]:
        """Return the name of an encoder and the file of its codes, which is made unless it is
        there."""
        data = self.read(**self.given)
        names = None if self.recipe is None else [self.recipe]
        recipe, _ = encoder_recipe(data, names, (), self.encoder)
        name = f"the codes of {recipe.name}"
        about = self.about | {"recipe": recipe.to_dict(), "seed": self.seed}
        if self._are_there(about):
            return name, self.folder / CODES
        say(f"{recipe.name} {'reads' if self.encoder else 'learns from'} all rows meanwhile.")
        until = None if self.seconds is None else time.perf_counter() + self.seconds
        X = declared(data.X, data.text_columns)
        work = Work(recipe, X, device=self.device, seed=self.seed)
        cut, times, _ = planned(work, lambda note: say(f"{recipe.name}: {note}"), until)
        clock = Clock()
        clock.allow(None if times is None else times.pretrain)
        with limited_by(clock):
            model = make_pretrainer(cut, random_state=self.seed, device=self.device).fit(X)
        codes = np.asarray(model.transform(X), dtype=np.float32)
        buffer = io.BytesIO()
        np.save(buffer, codes.reshape(len(codes), -1), allow_pickle=False)
        write_bytes(self.folder / CODES, buffer.getvalue())
        write_json(self.folder / ABOUT, about)
        return name, self.folder / CODES

    def _are_there(self, about: Facts) -> bool:
        try:
            known = read_json(self.folder / ABOUT)
        except FileError:
            return False
        return known == about and (self.folder / CODES).is_file()


def components(data: Dataset, seed: int = 0) -> np.ndarray:
    """Return principal components of rows of any kind, of words by their weights in a text."""
    from sklearn.decomposition import PCA, TruncatedSVD

    from ..data import Preprocessor, Words

    if isinstance(data.X, np.ndarray):
        rows: Any = np.nan_to_num(np.asarray(data.X, dtype=np.float32))
    else:
        X = declared(data.X, data.text_columns)
        named = data.text_columns
        plain = Preprocessor(text=Words(), text_columns=named) if named else Preprocessor()
        rows = plain.fit_transform(X)
    most = min(COMPONENTS, rows.shape[1] - 1, rows.shape[0] - 1)
    if hasattr(rows, "toarray"):
        return TruncatedSVD(max(most, 1), random_state=seed).fit_transform(rows)
    if rows.shape[1] <= COMPONENTS:
        return np.asarray(rows)
    return PCA(most, random_state=seed, svd_solver="randomized").fit_transform(np.asarray(rows))
