"""Models on disk: weights without code."""

from .reading import inspect, load
from .writing import save

__all__ = ["inspect", "load", "save"]
