"""Encoders that somebody else has trained."""

from .folder import ORIGIN, Facts, facts_of, facts_text, image_side, read_facts
from .pretrained import Pretrained, PretrainedEncoder
from .wrapped import Wrapped, register_encoder

__all__ = [
    "ORIGIN",
    "Facts",
    "Pretrained",
    "PretrainedEncoder",
    "Wrapped",
    "facts_of",
    "facts_text",
    "image_side",
    "read_facts",
    "register_encoder",
]
