"""Recipes for text."""

from __future__ import annotations

from typing import Any

from ..architecture import Embedding, Pool, Stack, Transformer
from ..augmentation import Masking
from ..data.inputs import Inputs
from ..data.text import Pieces, Words
from ..objective import Denoising, MaskedTokens
from ..schedule import Greedy, Joint
from ..training import Training, as_plan
from .recipe import Recipe, finetune

REGULARISED: dict[str, Any] = {"dropout": 0.3, "label_smoothing": 0.1}


def bag_of_words_denoising_autoencoder(
    widths: tuple[int, ...] = (500, 500),
    *,
    words: int = 5000,
    p: float = 0.8,
    epochs: int = 10,
    batch_size: int = 128,
    **settings: Any,
) -> Recipe:
    """Return a denoising autoencoder on words.

    For text: which of the most frequent words a text holds, rectifiers, masking of 80 % of the
    words, one layer at a time.

    References
    ----------
    Glorot, Bordes and Bengio (2011), "Domain adaptation for large-scale sentiment classification: a
    deep learning approach".
    """
    training = Training(learning_rate=1e-3, batch_size=batch_size)
    return Recipe(
        "bag_of_words_denoising_autoencoder",
        stack=Stack.of_widths(widths),
        plan=as_plan([(Denoising(Masking(p)), Greedy(epochs), training)]),
        finetune=finetune(**(REGULARISED | settings)),
        preprocessing=Inputs(text=Words(words, weights="binary")),
    )


def masked_language_model(
    width: int = 128,
    depth: int = 2,
    heads: int = 4,
    *,
    vocabulary: int = 8000,
    share: float = 0.15,
    epochs: int = 20,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    dropout: float = 0.1,
    **settings: Any,
) -> Recipe:
    """Return hidden pieces of texts guessed.

    For text: a small transformer over the pieces of a vocabulary of its own, pooled by the mean.

    References
    ----------
    Devlin, Chang, Lee and Toutanova (2019), "BERT: pre-training of deep bidirectional transformers
    for language understanding".
    """
    training = Training(
        "adamw", learning_rate=learning_rate, batch_size=batch_size, weight_decay=0.01
    )
    return Recipe(
        "masked_language_model",
        stack=Stack(Embedding(width), Transformer(depth, heads, dropout=dropout), Pool()),
        plan=as_plan([(MaskedTokens(share), Joint(epochs), training)]),
        finetune=finetune(**(REGULARISED | settings)),
        preprocessing=Inputs(text=Pieces(vocabulary)),
    )
