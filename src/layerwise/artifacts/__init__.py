"""Models on disk: weights without code."""

from .reading import inspect, load
from .writing import model_files, save

__all__ = ["inspect", "load", "model_files", "save"]
