"""What is hidden is guessed from what is seen."""

from .autoencoder import MaskedAutoencoder
from .modelling import MaskedModelling
from .vime import VIME

__all__ = ["MaskedAutoencoder", "MaskedModelling", "VIME"]
