"""Where recipes stand in the literature: the year, and what kind of answer to few labels they
are."""

from __future__ import annotations

LAYERWISE = "layer by layer"
END_TO_END = "autoencoder"
VIEWS = "two views"
MASKS = "masks"
BORROWED = "a borrowed encoder"
CONSISTENCY = "consistency"
OWN = "yours"
KINDS = (LAYERWISE, END_TO_END, VIEWS, MASKS, CONSISTENCY, BORROWED, OWN)

_KNOWN = {
    "deep_belief_network": (2006, LAYERWISE),
    "deep_autoencoder_from_rbms": (2006, LAYERWISE),
    "stacked_autoencoder": (2007, LAYERWISE),
    "stacked_denoising_autoencoder": (2010, LAYERWISE),
    "stacked_convolutional_autoencoder": (2011, LAYERWISE),
    "progressive_autoencoder": (2006, LAYERWISE),
    "deep_autoencoder": (2016, END_TO_END),
    "tabular_denoising_autoencoder": (2017, END_TO_END),
    "variational_autoencoder": (2014, END_TO_END),
    "ladder": (2015, CONSISTENCY),
    "pi_model": (2017, CONSISTENCY),
    "mean_teacher": (2017, CONSISTENCY),
    "vat": (2018, CONSISTENCY),
    "fixmatch": (2020, CONSISTENCY),
    "simclr": (2020, VIEWS),
    "moco": (2020, VIEWS),
    "byol": (2020, VIEWS),
    "dino": (2021, VIEWS),
    "barlow_twins": (2021, VIEWS),
    "vicreg": (2022, VIEWS),
    "vime": (2020, MASKS),
    "masked_autoencoder": (2022, MASKS),
    "scarf": (2022, VIEWS),
    "bag_of_words_denoising_autoencoder": (2011, LAYERWISE),
    "masked_language_model": (2019, MASKS),
    "sentence_encoder": (2019, BORROWED),
    "vision_encoder": (2019, BORROWED),
    "setfit": (2022, BORROWED),
}


def year_of(name: str) -> int | None:
    """Return the year of a recipe's paper, or None for one of the user's own.

    >>> year_of("simclr"), kind_of("simclr")
    (2020, 'two views')
    """
    return _KNOWN[name][0] if name in _KNOWN else None


def kind_of(name: str) -> str:
    """Return which kind of answer a recipe is."""
    return _KNOWN[name][1] if name in _KNOWN else OWN
