"""Models on disk: weights without code."""

from .load import inspect, load
from .save import save

__all__ = ["inspect", "load", "save"]
