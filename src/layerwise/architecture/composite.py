"""A stage made of stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from .._checks import check_kind
from .._errors import ParameterError
from .stage import Stage


@dataclass(frozen=True, repr=False, init=False)
class Composite(Stage):
    """Base of stages that hold stages, each the input of the next (abstract)."""

    stages: tuple[Stage, ...]

    def __init__(self, *stages: Stage) -> None:
        name = type(self).__name__
        if not stages:
            raise ParameterError(
                f"A {name} needs at least one stage.", f"For example {name}(Dense(64), Dense(64))."
            )
        for stage in stages:
            check_kind(self, "stages", stage, Stage, "stages such as Dense(500)")
        object.__setattr__(self, "stages", tuple(stages))

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["stages"])

    @property
    def takes_images(self) -> bool:  # type: ignore[override]
        """Whether its first stage does."""
        return self.stages[0].takes_images

    def with_best_init(self) -> Self:
        return type(self)(*(stage.with_best_init() for stage in self.stages))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.stages))})"
