"""A stage whose weights somebody else has trained."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..._checks import check_bool, check_int, check_name
from ..._errors import ModelError, PairingError, ParameterError
from ..._random import BY_HAND, At, seeded
from ..._space import Block, Space
from ..._spec import register
from ..stage import Stage, StageModule
from .adapters import adapted, merged
from .folder import UNKNOWN, Facts, facts_of, facts_text, read_facts
from .making import made

_USUAL = {"pool": "auto", "tower": "auto", "weights": True, "top_layers": None, "adapters": 0}
POOLS = ("auto", "mean", "first", "none")
TOWERS = ("auto", "text", "image")


@register
@dataclass(frozen=True, repr=False)
class Pretrained(Stage):
    """An encoder from a folder, as ``transformers`` writes it: BERT and its relatives, sentence
    encoders, ViT, DINOv2, ResNet, one of CLIP's towers. It only encodes.

    Texts are tokens of the folder's own tokenizer (``PretrainedPieces(folder)``), images are pixels
    in [0, 1], which are resized and standardised here. Nothing is downloaded, no code of the folder
    is run, and weights are read from safetensors alone; one that lacks is an error. A saved model
    holds configuration and weights, and needs the folder no more.

    Parameters
    ----------
    folder : str
        With ``config.json`` and ``*.safetensors``.
    pool : {'auto', 'mean', 'first', 'none'}, default 'auto'
        How tokens become one vector; 'auto' as the folder of a sentence encoder says, else the mean
        of texts and the class token of images; 'none' leaves tokens, for ``Pool`` above.
    tower : {'auto', 'text', 'image'}, default 'auto'
        Which of CLIP's encoders.
    weights : bool, default True
        Whether the folder's weights are taken; otherwise random ones, as a control arm has.
    top_layers : int, optional
        How many of the blocks are trained, counted from the top; what lies below, the embeddings
        too, stays as it is. By default everything is trained.
    adapters : int, default 0
        The rank of low-rank adapters beside each linear layer of the blocks; they are trained, and
        all other weights stay as they are. Needs ``peft``. A control of random weights has none,
        and trains everything.
    facts : str
        What was read from the folder, as JSON; for a model folder, which has no other.

    Raises
    ------
    FileError, ModelError
        When the folder does not hold what is needed, names code, or is of an unknown type.
    PairingError
        When built on rows that the encoder cannot read.
    ParameterError
        Without ``transformers``; when both ``top_layers`` and ``adapters`` are given, or either
        with random weights.

    References
    ----------
    Devlin, Chang, Lee and Toutanova (2019), "BERT". Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang and
    Chen (2022), "LoRA: low-rank adaptation of large language models" (adapters). Reimers and
    Gurevych (2019), "Sentence-BERT". Dosovitskiy et al. (2021), "An image is worth 16x16 words".
    Radford et al. (2021), "Learning transferable visual models from natural language supervision".

    Examples
    --------
    >>> import tempfile
    >>> import transformers
    >>> from layerwise import Pretrained, Space, Stack
    >>> transformers.utils.logging.disable_progress_bar()
    >>> sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    >>> config = transformers.BertConfig(num_hidden_layers=2, vocab_size=50, **sizes)
    >>> folder = tempfile.mkdtemp()
    >>> transformers.BertModel(config).save_pretrained(folder)
    >>> Pretrained(folder).known.kind, Pretrained(folder).known.pool
    ('bert', 'mean')
    """

    folder: str = field(default="", compare=False)
    _: KW_ONLY
    pool: str = "auto"
    tower: str = "auto"
    weights: bool = True
    top_layers: int | None = None
    adapters: int = 0
    facts: str = ""

    def __post_init__(self) -> None:
        check_name(self, "pool", self.pool, POOLS)
        check_name(self, "tower", self.tower, TOWERS)
        check_bool(self, "weights", self.weights)
        check_int(self, "top_layers", self.top_layers, 1, optional=True)
        check_int(self, "adapters", self.adapters, 0)
        self._check_what_is_trained()
        if bool(self.folder) == bool(self.facts) and not self.facts:
            raise ParameterError(
                "Pretrained needs a folder with an encoder.",
                "For example Pretrained('models/minilm').",
            )
        if not self.facts:
            found = read_facts(str(self.folder), self.tower)
            object.__setattr__(self, "facts", facts_text(found))
        self.known  # noqa: B018  (refuses)

    def _check_what_is_trained(self) -> None:
        asked = [f"{n}={v}" for n in ("top_layers", "adapters") if (v := getattr(self, n))]
        if len(asked) == 2:
            raise ParameterError(
                f"Pretrained cannot train {' and '.join(asked)} at once: adapters leave all other "
                "weights as they are.",
                "Give one of the two.",
            )
        if asked and not self.weights:
            raise ParameterError(
                f"Pretrained with random weights must train all of them; got {asked[0]}.",
                "Leave it out, or take the folder's weights.",
            )

    @cached_property
    def known(self) -> Facts:
        """What was read from the folder."""
        return facts_of(self.facts)

    @property
    def takes_images(self) -> bool:  # type: ignore[override]
        """Whether rows are images."""
        return not self.known.reads_text

    def with_best_init(self) -> Pretrained:
        """Return the same network with random weights."""
        return Pretrained(
            self.folder, pool=self.pool, tower=self.tower, weights=False, facts=self.facts
        )

    def build(self, in_space: Space, generator: torch.Generator) -> PretrainedEncoder:
        check_rows(self, in_space)
        return PretrainedEncoder(self, in_space, generator)

    def to_dict(self) -> dict[str, Any]:
        """Return this value as plain data, without the folder: its weights are kept elsewhere."""
        return super().to_dict() | {"folder": ""}

    def __repr__(self) -> str:
        shown = [repr(self.folder)] if self.folder else []
        for name, usual in _USUAL.items():
            if getattr(self, name) != usual:
                shown.append(f"{name}={getattr(self, name)!r}")
        if not self.folder:
            shown.append(f"facts={self.facts!r}")
        return f"Pretrained({', '.join(shown)})"


def check_rows(stage: Pretrained, in_space: Space) -> None:
    """Raise unless the encoder can read the rows."""
    known = stage.known
    name = known.name or known.kind
    if known.reads_text:
        levels = int(known.config["vocab_size"]) + known.offset
        block = in_space.blocks[0]
        if in_space.kind != "token" or len(in_space.shape) != 1 or block.levels != levels:
            raise PairingError(
                f"{name!r} reads tokens of a vocabulary of {levels:,}; its input is "
                f"{in_space.kind!r} of shape {in_space.shape}"
                + (f" with {block.levels:,} levels." if block.levels else "."),
                "Make the rows with Preprocessor(text=PretrainedPieces(FOLDER)).",
            )
        if in_space.size > known.size:
            raise PairingError(
                f"{name!r} reads at most {known.size} tokens; rows have {in_space.size}.",
                f"Say PretrainedPieces(FOLDER, length={known.size}).",
            )
    elif len(in_space.shape) != 3 or in_space.kind != "unit":
        raise PairingError(
            f"{name!r} reads images with pixels in [0, 1]; its input is "
            f"{in_space.kind!r} of shape {in_space.shape}.",
            "Give images (channels, height, width), and leave contrast and whitening out.",
        )


class PretrainedEncoder(StageModule):
    """The built form of :class:`Pretrained`: ``model``, a module of ``transformers``."""

    block_rows: ClassVar[int] = 32

    def __init__(self, stage: Pretrained, in_space: Space, generator: torch.Generator) -> None:
        known = stage.known
        pool = known.pool if stage.pool == "auto" else stage.pool
        if pool.startswith(UNKNOWN):
            raise ModelError(
                f"{known.name!r} makes its codes by {pool.removeprefix(UNKNOWN)}, which is not "
                "known here.",
                "Say pool='mean' or 'first' to take its tokens without it.",
            )
        model = made(stage, generator)
        if stage.adapters:
            adapted(model, stage.adapters, generator, known.name or known.kind)
        width = _width(known)
        tokens = (in_space.size,) if known.reads_text else ()
        if pool == "none" and not tokens:
            raise PairingError(
                f"{stage!r} leaves tokens of images, whose number depends on their size.",
                "Use pool='mean' or 'first'.",
            )
        shape = (*tokens, width) if pool == "none" else (width,)
        super().__init__(in_space, Space.of("real", *shape))
        self.stage, self.known, self.pool = stage, known, pool
        self.model: Any = model
        self.count = in_space.size
        self.held: list[nn.Module] = []
        if stage.top_layers is not None:
            self._hold_below(stage.top_layers)

    def encode(self, x: Tensor, at: At = BY_HAND) -> Tensor:
        """``(n, t)`` or ``(n, c, h, w)`` to ``(n, k)``, or ``(n, t, k)`` without a pool."""
        random = seeded(at.dropout) if self.training else nullcontext()
        with random:
            return self._texts(x, at) if self.known.reads_text else self._images(x)

    def _texts(self, x: Tensor, at: At) -> Tensor:
        there = x != 0
        pad = int(self.known.config.get("pad_token_id") or 0)
        ids = torch.where(there, x.long() - self.known.offset, pad)
        there = there | ~there.any(1, keepdim=True)  # of padding alone all: finite numbers
        given: dict[str, Tensor] = {"input_ids": ids}
        if at.instead is not None:
            hidden, vector = at.instead
            words = self.model.get_input_embeddings()(ids)
            given = {"inputs_embeds": torch.where(hidden[:, :, None], vector.to(words), words)}
        tokens = self.model(attention_mask=there.long(), **given).last_hidden_state
        if self.pool == "none":
            return tokens
        if self.pool == "first":
            return self._finished(tokens[:, 0])
        kept = there[:, :, None].to(tokens.dtype)
        return self._finished((tokens * kept).sum(1) / kept.sum(1))

    def _images(self, x: Tensor) -> Tensor:
        if x.shape[1] == 1:
            x = x.expand(-1, 3, -1, -1)
        side = self.known.size
        if x.shape[2:] != (side, side):
            x = F.interpolate(x, (side, side), mode="bicubic", antialias=True).clamp(0, 1)
        mean, deviation = (
            x.new_tensor(v)[:, None, None] for v in (self.known.mean, self.known.deviation)
        )
        codes = self.model(pixel_values=(x - mean) / deviation).last_hidden_state
        if codes.dim() == 4:
            return self._finished(codes.mean((2, 3)))
        return self._finished(codes[:, 0] if self.pool == "first" else codes.mean(1))

    def _finished(self, codes: Tensor) -> Tensor:
        return F.normalize(codes, dim=1) if self.known.normalise else codes

    def layers(self) -> list[nn.Module]:
        """Return the embeddings, then each block, and what stands above with the topmost."""
        blocks = max(
            (part for part in self.model.modules() if isinstance(part, nn.ModuleList)),
            key=len,
            default=nn.ModuleList(),
        )
        if len(blocks) < 2:
            return [self]
        inside = {id(p) for p in blocks.parameters()}
        below: list[nn.Module] = []
        above: list[nn.Module] = []
        passed = False
        for part in self.model.children():
            own = any(id(p) in inside for p in part.parameters())
            passed = passed or own
            if not own:
                (above if passed else below).append(part)
        *lower, top = blocks
        return [nn.ModuleList(below), *lower, nn.ModuleList([top, *above])]

    def _hold_below(self, top: int) -> None:
        """Leave everything below the topmost blocks as it is."""
        layers = self.layers()
        if not 1 <= top < len(layers):
            name = self.known.name or self.known.kind
            raise PairingError(
                f"top_layers={top}, and {name!r} has {max(len(layers) - 1, 0)} blocks.",
                "Give a smaller number, or leave it out to train everything.",
            )
        self.held = layers[: len(layers) - top]
        for layer in self.held:
            layer.requires_grad_(False)

    def train(self, mode: bool = True) -> PretrainedEncoder:
        """Set the mode of what is trained; what is held stays in evaluation mode, its statistics
        too."""
        super().train(mode)
        for layer in self.held:
            layer.eval()
        return self

    def merge(self) -> PretrainedEncoder:
        """Return itself with its adapters added to the weights beside which they stand: it answers
        as before, all of it is trained from here on, and a folder of it needs ``peft`` no more."""
        if self.stage.adapters:
            self.model = merged(self.model).requires_grad_(True)
            self.stage = replace(self.stage, adapters=0)
        return self

    # What a reader of tokens offers

    def token_view(self) -> PretrainedEncoder | None:
        """Return itself where its codes are tokens of texts."""
        return self if self.pool == "none" else None

    @property
    def meanings(self) -> tuple[Block, ...]:
        """Every token is one of the vocabulary."""
        return (Block("token", 1, levels=self.in_space.blocks[0].levels),) * self.count

    def meaning(self, x: Tensor) -> Tensor:
        """It is what it says: ``(n, t) -> (n, t)``."""
        return x

    def others(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Return any tokens of the vocabulary but padding."""
        levels = self.in_space.blocks[0].levels
        return torch.randint(1, levels, x.shape, generator=generator).to(x)

    def exchanged(self, x: Tensor, others: Tensor, where: Tensor) -> Tensor:
        """Return rows with the tokens of other ones in some places."""
        return torch.where(where, others, x)


def _width(known: Facts) -> int:
    config = known.config
    if "hidden_sizes" in config:
        return int(config["hidden_sizes"][-1])
    return int(config.get("hidden_size") or config["dim"])
