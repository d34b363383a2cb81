"""The command ``layerwise``: verbs over workflows."""

from .app import main

__all__ = ["main"]
