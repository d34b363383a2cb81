"""What a stage is."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch

from .._contracts import Space
from .._spec import Spec


class Stage(Spec):
    """One floor of a stack: a frozen value that builds a codec.

    Subclasses are frozen dataclasses. ``build`` returns an ``nn.Module`` with ``in_space``, ``code_space``, ``encode(x,
    generator=None)``, ``decode_params(z)`` (before the link) and ``decode(z)``; every random number of the build comes from
    the generator.
    """

    @abstractmethod
    def build(self, in_space: Space, generator: torch.Generator) -> Any:
        """Return the codec for rows of ``in_space``."""

    def with_best_init(self) -> Stage:
        """Return this stage with the initialisation that suits training from random weights."""
        return self
