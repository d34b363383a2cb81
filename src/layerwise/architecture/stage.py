"""What a stage is, before and after it is built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from .._contracts import EnergyCodec, LadderLayer, LatentFloor, PatchLayer, TokenLayer
from .._errors import PairingError
from .._random import BY_HAND, At
from .._space import Space
from .._spec import Spec
from .activations import apply_link


class Stage(Spec, ABC):
    """One floor of a stack: a frozen value that builds an encoder, with or without a way back.

    Subclasses are frozen dataclasses. ``build`` returns a :class:`StageModule`; every random number
    of the build comes from the generator (stock torch modules: ``with seeded(generator):``).
    ``takes_images`` says that rows are images, for stacks whose rows come flattened.
    """

    takes_images: ClassVar[bool] = False

    @abstractmethod
    def build(self, in_space: Space, generator: torch.Generator) -> StageModule:
        """Return the module for rows of ``in_space``."""

    def with_best_init(self) -> Stage:
        """Return this stage with the initialisation that suits training from random weights."""
        return self


class StageModule(nn.Module, ABC):
    """A built stage: it encodes, and decodes where its class has ``decode_params``.

    Parameters
    ----------
    in_space, code_space : Space
        Of the rows that it encodes, and of their codes.

    Attributes
    ----------
    block_rows : int
        Rows that are encoded at once where nothing is trained; a last block is filled up.
    """

    block_rows: ClassVar[int] = 512

    def __init__(self, in_space: Space, code_space: Space) -> None:
        super().__init__()
        self.in_space = in_space
        self.code_space = code_space

    @abstractmethod
    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, *in) -> (n, *code)``; noise of the stage itself (dropout) is drawn from
        ``at.dropout``, in training mode."""

    @property
    def decodes(self) -> bool:
        """Whether there is a way back from the code."""
        return type(self).decode_params is not StageModule.decode_params

    def decode_params(self, z: Tensor) -> Tensor:
        """``(n, *code) -> (n, p)``, before the link; p is ``in_space.parameters``."""
        raise PairingError(
            f"{type(self).__name__} only encodes: there is no way back from its codes.",
            "Give it decode_params, or use what needs no decoder.",
        )

    def decode(self, z: Tensor) -> Tensor:
        """``(n, *code) -> (n, *in)``."""
        return self.linked(self.decode_params(z))

    def linked(self, params: Tensor) -> Tensor:
        """Map ``decode_params`` into the input's space: ``(n, p) -> (n, *in)``."""
        rows = apply_link(params, self.in_space)
        return rows if len(self.in_space.shape) == 1 else rows.unflatten(1, self.in_space.shape)

    # What a stage may offer beyond that

    def layers(self) -> list[nn.Module]:
        """Return the parts with a learning rate of their own, from the input up; by default the
        whole stage is one, and a stage without parameters none."""
        return [self] if next(self.parameters(), None) is not None else []

    def encode_traced(self, x: Tensor, at: At = BY_HAND) -> tuple[Tensor, Any]:
        """Encode, and return beside the code what reconstructing the same rows may use (the places
        of maxima), or None."""
        return self.encode(x, at), None

    def decode_traced(self, z: Tensor, trace: Any) -> Tensor:
        """``decode_params`` with the trace of the same rows."""
        return self.decode_params(z)

    def centre(self, mean: Tensor) -> None:
        """Let an untrained decoder begin at the mean of the input, ``(d,)``; by default nothing."""

    def energy_view(self) -> EnergyCodec | None:
        """Return this stage as a restricted Boltzmann machine, or None where it is none."""
        return None

    def ladder_view(self) -> LadderLayer | None:
        """Return this stage as a layer of a ladder network, or None where it cannot be one."""
        return None

    def latent_view(self) -> LatentFloor | None:
        """Return this stage as one whose codes are distributions, or None where they are not."""
        return None

    def patch_view(self) -> PatchLayer | None:
        """Return this stage as one that cuts images into patches, or None where it does not."""
        return None

    def token_view(self) -> TokenLayer | None:
        """Return this stage as one that reads a row as tokens, or None where it does not."""
        return None

    def jacobian_norm(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """Return the squared Frobenius norm of the encoder's Jacobian at each row, ``(n, *in) ->
        (n,)``."""
        return jacobian_norm(lambda rows: self.encode(rows, at), x)

    def forward(self, x: Tensor) -> Tensor:
        return self.encode(x)


def check_numbers(stage: Stage, in_space: Space) -> None:
    """Raise unless the rows are numbers a weight can be multiplied with."""
    if in_space.holds("token"):
        raise PairingError(
            f"{stage!r} takes numbers; its input holds tokens, whole numbers that only name "
            "something.",
            "Put a stage below it that looks tokens up (torch.nn.Embedding in a stage of yours).",
        )


def jacobian_norm(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return ``sum (d code / d x)**2`` of each row by automatic differentiation, one pass a unit of
    the code."""
    x = x.detach().requires_grad_()
    with sdpa_kernel(SDPBackend.MATH):  # the others cannot be differentiated twice
        code = encode(x).flatten(1)  # (n, k)
    total = x.new_zeros(len(x))
    for unit in range(code.shape[1]):
        (slope,) = torch.autograd.grad(code[:, unit].sum(), x, create_graph=True)
        total = total + slope.flatten(1).square().sum(1)
    return total
