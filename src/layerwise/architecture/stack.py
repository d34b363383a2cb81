"""Stages on top of one another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast

import torch
from torch import Tensor, nn

from .._checks import check_int, check_kind
from .._errors import DataError, PairingError, ParameterError
from .._random import BY_HAND, At, bernoulli_of
from .._space import Space
from .._spec import Spec, register
from .activations import apply_link
from .dense import Dense
from .drawing import drawn, with_levels
from .stage import Stage, StageModule, jacobian_norm


@register
@dataclass(frozen=True, repr=False, init=False)
class Stack(Spec):
    """Stages on top of one another: the code of one is the input of the next.

    Parameters
    ----------
    *stages : Stage
        From the input up, at least one.
    in_shape : tuple of int, optional
        Shape of one row when rows come flattened, for instance ``(1, 28, 28)``; by default the
        data's own.

    Raises
    ------
    ParameterError
        Without a stage, or when a stage is no :class:`Stage`.

    Examples
    --------
    >>> from layerwise import Dense, Stack
    >>> Stack(Dense(500), Dense(30, activation="linear"))
    Stack(Dense(500), Dense(30, activation='linear'))
    """

    stages: tuple[Stage, ...]
    in_shape: tuple[int, ...] | None = None

    def __init__(self, *stages: Stage, in_shape: Sequence[int] | None = None) -> None:
        if not stages:
            raise ParameterError(
                "A Stack needs at least one stage.", "For example Stack(Dense(500), Dense(250))."
            )
        for stage in stages:
            check_kind(self, "stages", stage, Stage, "stages such as Dense(500)")
        object.__setattr__(self, "stages", tuple(stages))
        check_kind(
            self,
            "in_shape",
            in_shape,
            (tuple, list, type(None)),
            "a tuple of sizes such as (1, 28, 28), or None",
        )
        object.__setattr__(self, "in_shape", None if in_shape is None else tuple(in_shape))
        for size in self.in_shape or ():
            check_int(self, "in_shape", size, 1)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        return cls(*fields["stages"], in_shape=fields.get("in_shape"))

    @staticmethod
    def of_widths(widths: Sequence[int], **settings: Any) -> Stack:
        """Return dense stages of these widths with equal settings.

        >>> Stack.of_widths([100, 30], tied=True)
        Stack(Dense(100, tied=True), Dense(30, tied=True))
        """
        check_kind(
            "Stack.of_widths",
            "widths",
            widths,
            (tuple, list),
            "a list of widths such as (500, 250)",
        )
        return Stack(*(Dense(width, **settings) for width in widths))

    @staticmethod
    def geometric(n_features: int, code: int, depth: int, **settings: Any) -> Stack:
        """Return ``depth`` dense stages whose widths fall geometrically from the features to the
        code.

        >>> Stack.geometric(1024, 16, 3)
        Stack(Dense(256), Dense(64), Dense(16))
        """
        ratio = (code / n_features) ** (1.0 / depth)
        return Stack.of_widths(
            [max(1, round(n_features * ratio ** (i + 1))) for i in range(depth)], **settings
        )

    def replace(self, path: str, value: object) -> Self:
        name = path.replace("__", ".")
        return super().replace(f"stages.{name}" if name[:1].isdigit() else name, value)

    @property
    def depth(self) -> int:
        """Number of stages."""
        return len(self.stages)

    @property
    def takes_images(self) -> bool:
        """Whether the first stage takes images."""
        return self.stages[0].takes_images

    def with_best_init(self) -> Stack:
        """Return the stack with each stage's best initialisation for training from random
        weights."""
        return Stack(*(stage.with_best_init() for stage in self.stages), in_shape=self.in_shape)

    def build(self, in_space: Space, generator: torch.Generator) -> StackModule:
        """Return the module with initial weights.

        Parameters
        ----------
        in_space : Space
            Of the rows.
        generator : torch.Generator
            The one source of the initial weights.

        Raises
        ------
        DataError
            When ``in_shape`` does not hold as many features as a row.
        """
        if self.in_shape is not None and self.in_shape != in_space.shape:
            if math.prod(self.in_shape) != in_space.size:
                raise DataError(
                    f"A row has {in_space.size} features, in_shape={self.in_shape} holds "
                    f"{math.prod(self.in_shape)}.",
                    "Set in_shape to the shape of one row.",
                )
            in_space = Space(self.in_shape, in_space.blocks)
        return build_chain(self.stages, in_space, generator)

    def __repr__(self) -> str:
        shown = [repr(stage) for stage in self.stages]
        if self.in_shape is not None:
            shown.append(f"in_shape={self.in_shape!r}")
        return f"Stack({', '.join(shown)})"


def build_chain(
    stages: Sequence[Stage], in_space: Space, generator: torch.Generator
) -> StackModule:
    """Return stages built on top of one another."""
    modules, space = [], in_space
    for stage in stages:
        modules.append(stage.build(space, generator))
        space = modules[-1].code_space
    return StackModule(modules, in_space)


class StackModule(nn.Module):
    """Built stages, or a slice of them.

    ``encode`` goes up, ``decode`` goes down through every stage's own decoder and link. A slice
    shares its modules with the whole, so training the slice trains the whole.
    """

    def __init__(
        self, stages: Sequence[StageModule], in_space: Space, at_input: bool = True
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.in_space = in_space
        self.at_input = at_input
        self.reads_tokens = in_space.kind == "token"

    @property
    def chain(self) -> list[StageModule]:
        """The stages as a list: walked at every step, where a ModuleList is slow."""
        return cast(list[StageModule], list(self.stages._modules.values()))

    @property
    def block_rows(self) -> int:
        """Rows that are encoded at once where nothing is trained."""
        return min((s.block_rows for s in self.chain), default=StageModule.block_rows)

    @property
    def decodes(self) -> bool:
        """Whether every stage has a way back from its code."""
        return all(stage.decodes for stage in self.chain)

    def layers(self) -> list[list[nn.Module]]:
        """Return the parts of each stage that have a learning rate of their own."""
        return [stage.layers() for stage in self.chain]

    @property
    def depth(self) -> int:
        """Number of stages."""
        return len(self.stages)

    @property
    def code_space(self) -> Space:
        """The space of the topmost code."""
        return self.space_at(self.depth)

    def space_at(self, depth: int) -> Space:
        """Return the space of the codes after ``depth`` stages; 0 is the input's."""
        return self.chain[depth - 1].code_space if depth else self.in_space

    def slice(self, first: int, last: int) -> StackModule:
        """Return stages ``first`` to ``last`` (both included; an empty slice when last < first)."""
        return StackModule(self.chain[first : last + 1], self.space_at(first), at_input=first == 0)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, *code)``."""
        x = self.trimmed(x)
        at = self.reading(x, at)
        for stage in self.chain:
            x = stage.encode(x, at)
        return x

    def trimmed(self, x: Tensor) -> Tensor:
        """Return rows of tokens without the padding that all of them end in, where a code has no
        tokens any more."""
        if not self.reads_tokens or len(self.code_space.shape) > 1:
            return x
        filled = (x != 0).any(0).nonzero()
        return x[:, : int(filled[-1]) + 1] if len(filled) else x[:, :1]

    def reading(self, x: Tensor, at: At) -> At:
        """Return the context in which rows are read: of tokens it says which are no padding."""
        return replace(at, mask=x != 0) if self.reads_tokens and at.mask is None else at

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, *code) -> (n, p)``, before the last link."""
        first, *above = self.chain
        for stage in reversed(above):
            z = stage.decode(z)
        return first.decode_params(z)

    def decode(self, z: Tensor) -> Tensor:
        """``(n, *code) -> (n, *in)``."""
        for stage in reversed(self.chain):
            z = stage.decode(z)
        return z

    def reconstruct_params(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, p)``: encode and decode, before the last link; the way down knows what
        the way up left as a trace."""
        traces, at = [], self.reading(x, at)
        for stage in self.chain:
            x, trace = stage.encode_traced(x, at)
            traces.append(trace)
        return self.descend(x, traces)

    def descend(self, z: Tensor, traces: Sequence[object]) -> Tensor:
        """``decode_params`` with the traces that the way up left: ``(n, *code) -> (n, p)``."""
        for i in range(self.depth - 1, -1, -1):
            stage = self.chain[i]
            params = stage.decode_traced(z, traces[i])
            z = stage.linked(params) if i else params
        return z

    def reconstruct(self, x: Tensor) -> Tensor:
        """``(n, *in) -> (n, *in)``."""
        rows = self.link(self.reconstruct_params(x))
        return rows if len(self.in_space.shape) == 1 else rows.unflatten(1, self.in_space.shape)

    def jacobian_norm(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """Return the squared Frobenius norm of the encoder's Jacobian at each row, ``(n, *in) ->
        (n,)``."""
        if self.depth == 1:
            return self.chain[0].jacobian_norm(x, at)
        return jacobian_norm(lambda rows: self.encode(rows, at), x)

    def sample(self, n: int, steps: int, generator: torch.Generator) -> Tensor:
        """Return ``n`` rows: a draw of the codes' distribution, or ``steps`` of Gibbs sampling in
        the topmost stage; then one pass down. Categories are drawn by their probabilities.

        Hinton, Osindero and Teh (2006), "A fast learning algorithm for deep belief nets".

        Raises
        ------
        PairingError
            When the topmost stage is neither ``Latent`` nor a restricted Boltzmann machine.
        """
        latent = self.chain[-1].latent_view() if self.depth else None
        if latent is not None:
            return self._decoded(n, float(latent.log_noise.detach().exp()), generator)
        top = self.chain[-1].energy_view() if self.depth else None
        if top is None:
            raise PairingError(
                "Only a stack whose topmost stage is a restricted Boltzmann machine or Latent can "
                "be sampled from.",
                "Make it a tied Dense with sigmoid, linear or ReLU units, without normalisation "
                "and dropout, or put Latent(k) on top.",
            )
        with torch.no_grad():
            like = torch.zeros(n, self.code_space.size, device=next(self.parameters()).device)
            h = bernoulli_of(like + 0.5, generator)
            for _ in range(steps):
                v = top.sample_visible(top.visible(h), generator)
                _, h = top.hidden(v, generator)
            rows = top.visible(h)
            for stage in reversed(self.chain[:-1]):
                rows = stage.decode(rows.view(n, *stage.code_space.shape))
            rows = with_levels(rows.flatten(1), self.in_space, generator)
        return rows.view(n, *self.in_space.shape)

    def _decoded(self, n: int, noise: float, generator: torch.Generator) -> Tensor:
        """Return ``n`` rows that are decoded from standard normal codes."""
        with torch.no_grad():
            z = torch.randn(n, self.code_space.size, generator=generator)
            params = self.decode_params(z.to(next(self.parameters()).device))
            rows = drawn(params, self.in_space, noise, generator)
        return rows.view(n, *self.in_space.shape)

    def link(self, params: Tensor) -> Tensor:
        """Map ``decode_params`` into the input's space."""
        return apply_link(params, self.in_space)

    def forward(self, x: Tensor) -> Tensor:
        return self.encode(x)
