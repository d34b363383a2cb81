"""Recipes whose encoder somebody else has trained."""

from __future__ import annotations

from ..architecture import Pretrained, Stack
from ..augmentation import Augmentation
from ..data.inputs import Inputs
from ..data.text import PretrainedPieces
from ..objective import LabelPairs, MaskedModelling, Supervised
from ..schedule import HeadOnly, Joint
from ..training import Plan, Training, as_plan
from .images import MILD
from .recipe import Recipe

NOTHING: Plan = [(MaskedModelling(), Joint(0))]  # the encoder is as it came


def sentence_encoder(
    encoder: str,
    *,
    length: int | None = None,
    frozen: bool = False,
    top_layers: int | None = None,
    adapters: int = 0,
    head_steps: int = 600,
    head_rate: float = 0.03,
    finetune_epochs: int = 5,
    finetune_steps: int = 60,
    finetune_rate: float = 1e-4,
    finetune_batch: int = 32,
    layer_decay: float = 0.8,
    dropout: float = 0.0,
    label_smoothing: float = 0.0,
) -> Recipe:
    """Return a borrowed encoder of texts.

    An encoder from a folder. The head first, on codes that are computed once; then everything,
    lower layers more slowly. The control is the same network from random weights; it differs in its
    start alone.

    Parameters
    ----------
    encoder : str
        Folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json``.
    length : int, optional
        Tokens of a row at most.
    frozen : bool
        Whether the head alone is trained.
    top_layers, adapters
        As in ``Pretrained``: train the topmost blocks alone, or low-rank adapters.
    head_steps, head_rate
        Of the head alone: the least number of steps, and the rate.
    finetune_epochs, finetune_steps, finetune_rate, finetune_batch, layer_decay
        Of everything; see ``Training``.

    References
    ----------
    Reimers and Gurevych (2019), "Sentence-BERT: sentence embeddings using siamese BERT-networks".
    Howard and Ruder (2018), "Universal language model fine-tuning for text classification" (rates
    by layer).
    """
    supervised = Supervised(dropout=dropout, label_smoothing=label_smoothing)
    head = _head(head_rate, head_steps)
    everything = _whole(finetune_rate, finetune_batch, finetune_steps, layer_decay)
    first = (supervised, HeadOnly(1), head)
    then = (supervised, Joint(finetune_epochs), everything)
    return Recipe(
        "sentence_encoder",
        stack=Stack(Pretrained(encoder, top_layers=top_layers, adapters=adapters)),
        plan=as_plan(NOTHING),
        finetune=as_plan([first] if frozen else [first, then]),
        preprocessing=Inputs(text=PretrainedPieces(encoder, length=length)),
    )


def setfit(
    encoder: str,
    *,
    length: int | None = None,
    top_layers: int | None = None,
    adapters: int = 0,
    pair_epochs: int = 2,
    pair_steps: int = 100,
    pair_rate: float = 3e-5,
    pair_batch: int = 64,
    layer_decay: float = 1.0,
    head_steps: int = 600,
    head_rate: float = 0.03,
) -> Recipe:
    """Return a borrowed encoder, by pairs.

    An encoder of texts from a folder. Labelled rows make pairs: those of one class come near one
    another, those of two go apart; then a head on the codes. The control is the same network from
    random weights.

    Parameters
    ----------
    encoder, length, top_layers, adapters
        As in ``sentence_encoder``.
    pair_epochs, pair_steps, pair_rate, pair_batch, layer_decay
        Of the pairs; see ``Training``.
    head_steps, head_rate
        Of the head.

    References
    ----------
    Tunstall, Reimers, Jo, Bates, Korat, Wasserblat and Pereg (2022), "Efficient few-shot learning
    without prompts".
    """
    pairs = _whole(pair_rate, pair_batch, pair_steps, layer_decay)
    head = _head(head_rate, head_steps)
    return Recipe(
        "setfit",
        stack=Stack(Pretrained(encoder, top_layers=top_layers, adapters=adapters)),
        plan=as_plan(NOTHING),
        finetune=as_plan(
            [(LabelPairs(), Joint(pair_epochs), pairs), (Supervised(), HeadOnly(1), head)]
        ),
        preprocessing=Inputs(text=PretrainedPieces(encoder, length=length)),
    )


def vision_encoder(
    encoder: str,
    *,
    tower: str = "auto",
    frozen: bool = False,
    top_layers: int | None = None,
    adapters: int = 0,
    augment: Augmentation | None = MILD,
    head_steps: int = 600,
    head_rate: float = 0.03,
    finetune_epochs: int = 5,
    finetune_steps: int = 200,
    finetune_rate: float = 1e-4,
    finetune_batch: int = 32,
    layer_decay: float = 0.8,
) -> Recipe:
    """Return a borrowed encoder of images.

    The head first, on codes that are computed once; then everything on views of the labelled rows,
    lower layers more slowly. The control is the same network from random weights.

    Parameters
    ----------
    encoder : str
        Folder with ``config.json`` and ``model.safetensors``.
    tower : {'auto', 'image'}
        Of CLIP, 'image'.
    frozen : bool
        Whether the head alone is trained.
    top_layers, adapters
        As in ``Pretrained``.
    augment : Augmentation
        Of the labelled rows, in both arms.
    head_steps, head_rate, finetune_epochs, finetune_steps, finetune_rate, finetune_batch
        As in ``sentence_encoder``.
    layer_decay
        As in ``Training``.

    References
    ----------
    Kornblith, Shlens and Le (2019), "Do better ImageNet models transfer better?"
    """
    head = _head(head_rate, head_steps)
    everything = _whole(finetune_rate, finetune_batch, finetune_steps, layer_decay)
    first = (Supervised(), HeadOnly(1), head)
    then = (Supervised(augment=augment), Joint(finetune_epochs), everything)
    return Recipe(
        "vision_encoder",
        stack=Stack(Pretrained(encoder, tower=tower, top_layers=top_layers, adapters=adapters)),
        plan=as_plan(NOTHING),
        finetune=as_plan([first] if frozen else [first, then]),
        preprocessing=Inputs("unit"),
    )


def _head(rate: float, steps: int) -> Training:
    """Return how a head is trained on codes that stay."""
    return Training(learning_rate=rate, shape="cosine", batch_size=128, min_steps=steps)


def _whole(rate: float, batch: int, steps: int, layer_decay: float) -> Training:
    """Return how an encoder is trained on."""
    return Training(
        "adamw",
        learning_rate=rate,
        shape="warmup_linear",
        batch_size=batch,
        weight_decay=0.01,
        layer_decay=layer_decay,
        min_steps=steps,
    )
