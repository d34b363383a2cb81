"""Guess the hidden tokens of a row from the codes of all of them."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_int, check_number
from ..._contracts import Batch, Codec, TokenLayer
from ..._errors import PairingError, ParameterError
from ..._random import At, seeded
from ..._space import Block, Space
from ..._spec import register
from ..collapse import ranked
from ..objective import Objective, Terms
from .chain import check_pooled, encoded_tokens, token_floors


@register
@dataclass(frozen=True, repr=False)
class MaskedTokens(Objective):
    """The error of the tokens that were chosen, guessed from the codes of all: pieces of a text,
    columns of a table, patches of an image, each by what its kind asks for.

    Of the chosen tokens most give way to a learned vector, some to another token, and some stay, so
    that a code must say what stands in its own place too. A token is chosen afresh each time;
    padding and marks never are.

    Parameters
    ----------
    share : float, default 0.15
        Of the tokens, chosen; in (0, 1). At least one of each row is.
    random, same : float, default 0.1
        Shares of the chosen ones that give way to another token, and that stay; together at most 1.
    marks : int, default 5
        Pieces of a text below this number mark something (padding, beginning, end, a mask).

    Raises
    ------
    ParameterError
        When a setting is out of its range.
    PairingError
        On a stack that does not begin with tokens, or has stages to train above them.

    References
    ----------
    Devlin, Chang, Lee and Toutanova (2019), "BERT: pre-training of deep bidirectional transformers
    for language understanding".

    Examples
    --------
    >>> from layerwise import MaskedTokens
    >>> MaskedTokens(0.3)
    MaskedTokens(0.3)
    """

    level: ClassVar[str] = "data"

    share: float = 0.15
    _: KW_ONLY
    random: float = 0.1
    same: float = 0.1
    marks: int = 5

    def __post_init__(self) -> None:
        check_number(self, "share", self.share, 0.0, 0.999, open_low=True)
        check_number(self, "random", self.random, 0.0, 1.0)
        check_number(self, "same", self.same, 0.0, 1.0)
        check_int(self, "marks", self.marks, 1)
        if self.random + self.same > 1.0:
            raise ParameterError(
                "The 'random' and 'same' parameters of MaskedTokens must be at most 1 together. "
                f"Got {self.random!r} and {self.same!r} instead."
            )

    def check(self, codec: Codec, target: Space | None) -> None:
        first = codec.chain[0].token_view() if codec.depth else None
        if first is None:
            raise PairingError(
                f"{self!r} hides tokens; the stack does not begin with a stage that reads rows as "
                "tokens.",
                "Use Stack(Embedding(), Transformer(), Pool()) for text, Cells for tables, Patches "
                "for images, or MaskedModelling.",
            )
        check_pooled(self, codec, "tokens")

    def predictor(self, state: nn.Module | None) -> None:
        """Nothing is left to predict with: what guesses is thrown away."""
        return None

    def init(self, codec: Codec, target: Space | None, generator: torch.Generator) -> nn.Module:
        width = codec.chain[0].code_space.shape[-1]
        k = token_floors(codec)[-1].code_space.shape[-1]
        return TokenGuesser(k, width, tokens_of(codec).meanings, generator)

    def loss(
        self, codec: Codec, state: nn.Module | None, batch: Batch, at: At
    ) -> tuple[Tensor, Terms]:
        assert isinstance(state, TokenGuesser)
        first, text = tokens_of(codec), codec.in_space.holds("token")
        x = codec.trimmed(batch.x)
        may = (x >= self.marks) if text else x.new_ones(len(x), first.count, dtype=torch.bool)
        chosen, hidden, swapped = self.drawn(may, at)
        place = codec.reading(x, at).seeing(instead=(hidden, state.mask))
        others = first.others(x, at.stream("others")) if self.random else x
        seen = first.exchanged(x, others, swapped)
        codes = encoded_tokens(codec, seen, place)[:, -may.shape[1] :]
        errors = state.errors(codes, chosen, first.meaning(x))  # (chosen,)
        row = chosen.nonzero()[:, 0]
        weight = errors.new_ones(len(errors)) if batch.weight is None else batch.weight[row]
        loss = (errors * weight).sum() / weight.sum().clamp_min(1e-12)
        return loss, ranked(_mean(codes, may), at.step)

    def drawn(self, may: Tensor, at: At) -> tuple[Tensor, Tensor, Tensor]:
        """Return which tokens are guessed, which of them are hidden, and which are another; bool
        ``(n, t)``. ``may`` says which can be chosen."""
        generator = at.stream("mask")
        first, second = torch.rand(2, *may.shape, generator=generator).to(may.device)
        first = first.masked_fill(~may, 2.0)
        least = first.argmin(1, keepdim=True)
        chosen = (first < self.share).scatter(1, least, True) & may
        swapped = chosen & (second < self.random)
        hidden = chosen & (second >= self.random + self.same)
        return chosen, hidden, swapped


def tokens_of(codec: Codec) -> TokenLayer:
    """Return the stage that reads a row as tokens."""
    first = codec.chain[0].token_view()
    assert first is not None  # check() has refused
    return first


def _mean(codes: Tensor, may: Tensor) -> Tensor:
    """Return the mean code of each row's tokens, ``(n, k)``."""
    return (codes * may[:, :, None]).sum(1) / may.sum(1, keepdim=True).clamp_min(1)


class TokenGuesser(nn.Module):
    """From the code of a token to what stands there, and the vector that hides one."""

    def __init__(
        self, k: int, width: int, meanings: tuple[Block, ...], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.meanings = meanings
        self.alike = len(set(meanings)) == 1
        outputs = [block.parameters for block in meanings]
        with seeded(generator):
            self.mask = nn.Parameter(0.02 * torch.randn(width))
            self.hidden = nn.Sequential(nn.Linear(k, k), nn.GELU(), nn.LayerNorm(k))
            count = outputs[0] if self.alike else sum(outputs)
            self.out = nn.Linear(k, count)

    def errors(self, codes: Tensor, chosen: Tensor, meaning: Tensor) -> Tensor:
        """Return the error of each chosen token, in the order of rows and places: codes ``(n, t,
        k)``, chosen ``(n, t)``, meaning ``(n, d)``."""
        if self.alike:
            block = self.meanings[0]
            wanted = meaning.view(len(meaning), -1, block.size)[chosen]
            return error_of(self.out(self.hidden(codes[chosen])), wanted, block)
        return self._by_place(self.hidden(codes), meaning)[chosen]

    def _by_place(self, hidden: Tensor, meaning: Tensor) -> Tensor:
        """Return the error of every token, ``(n, t)``, where places stand for different things."""
        errors, first, begin = [], 0, 0
        for place, block in enumerate(self.meanings):
            last, end = first + block.parameters, begin + block.size
            weight, bias = self.out.weight[first:last], self.out.bias[first:last]
            guess = F.linear(hidden[:, place], weight, bias)
            errors.append(error_of(guess, meaning[:, begin:end], block))
            first, begin = last, end
        return torch.stack(errors, dim=1)


def error_of(guess: Tensor, wanted: Tensor, block: Block) -> Tensor:
    """Return the error of raw outputs ``(m, p)`` against what a block holds ``(m, size)``,
    ``(m,)``: the cross-entropy of a category, a token or of values in [0, 1], else the squared
    error."""
    if block.kind == "token":
        return F.cross_entropy(guess, wanted[:, 0].long(), reduction="none")
    if block.kind == "category":
        return -(wanted * F.log_softmax(guess, dim=1)).sum(1)
    if block.kind == "unit":
        return F.binary_cross_entropy_with_logits(guess, wanted, reduction="none").mean(1)
    return (guess - wanted).square().mean(1)
