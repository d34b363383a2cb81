"""Encoders that somebody else has trained."""

from .folder import Facts, facts_of, facts_text, read_facts
from .pretrained import Pretrained, PretrainedEncoder

__all__ = ["Facts", "Pretrained", "PretrainedEncoder", "facts_of", "facts_text", "read_facts"]
