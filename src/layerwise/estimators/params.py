"""Parameters that are frozen values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import InvalidParameterError

from .._errors import ParameterError
from .._random import RandomState
from .._spec import Spec
from ..training import checkpointed
from .cures import cured
from .learned import learned_html


class SpecParams(BaseEstimator):
    """Lets ``set_params(objective__corruption__p=0.3)`` swap a frozen value for a changed copy, and
    shows in a notebook what was learned."""

    checkpoint: str | os.PathLike[str] | None
    random_state: RandomState

    def _begin(self) -> None:
        """Check the parameters, and forget what an earlier fit learned: all of it, so that nothing
        stands beside what this one learns."""
        self._validate_params()
        parameters = self.get_params(deep=False)
        for name in [name for name in vars(self) if name not in parameters]:
            if name.endswith("_") or name in ("_n_features_out",):
                delattr(self, name)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep what is trained inside the block in the folder ``checkpoint``, where one is set."""
        folder = self.checkpoint
        if folder is not None and self.random_state is None:
            raise ParameterError(
                f"{type(self).__name__} was given checkpoint={str(folder)!r} and no random_state: "
                "what goes on would be another training.",
                "Give a random_state, such as 0.",
            )
        with checkpointed(folder):
            yield

    def _validate_params(self) -> None:
        """Check the parameters; scikit-learn's words on one of the wrong kind say what to write
        instead."""
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            values = self.get_params(deep=False)
            raise cured(error, self._parameter_constraints, values) from None

    def _html_repr(self) -> str:
        """Return what a notebook shows: what was learned, above scikit-learn's diagram."""
        return learned_html(self) + str(super()._html_repr())

    def set_params(self, **params: Any) -> Self:
        """Set parameters, nested ones by ``outer__inner``.

        Raises
        ------
        ValueError
            For an unknown name.
        """
        whole = {name: value for name, value in params.items() if "__" not in name}
        super().set_params(**whole)
        others = {}
        for name, value in params.items():
            outer, _, inner = name.partition("__")
            if name in whole:
                continue
            if inner and outer in self.get_params(deep=False) and getattr(self, outer) is None:
                raise ParameterError(
                    f"Cannot set {name!r}: {outer} is None.", f"Set {outer} itself first."
                )
            if isinstance(current := getattr(self, outer, None), Spec):
                setattr(self, outer, current.replace(inner, value))
            else:
                others[name] = value
        super().set_params(**others)
        return self
