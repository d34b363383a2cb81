"""What is hidden is guessed from what is seen."""

from .autoencoder import MaskedAutoencoder
from .modelling import MaskedModelling
from .tokens import MaskedTokens
from .vime import VIME

__all__ = ["MaskedAutoencoder", "MaskedModelling", "MaskedTokens", "VIME"]
