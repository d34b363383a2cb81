"""What is learned: losses over a codec, with the state they need."""

from .combined import Combined
from .corruption import Compose, Corruption, Gaussian, Masking, SaltAndPepper, Swap
from .denoising import Denoising
from .objective import Objective
from .reconstruction import ERRORS, Reconstruction
from .supervised import Supervised

__all__ = [
    "Combined",
    "Compose",
    "Corruption",
    "Denoising",
    "ERRORS",
    "Gaussian",
    "Masking",
    "Objective",
    "Reconstruction",
    "SaltAndPepper",
    "Supervised",
    "Swap",
]
