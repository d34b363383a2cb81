"""What is learned: losses over a codec, with the state they need."""

from .combined import Combined
from .compose import Compose
from .contractive import Contractive
from .corruption import Corruption, Gaussian, Masking, SaltAndPepper, Swap
from .denoising import Denoising
from .divergence import ContrastiveDivergence
from .ladder import Ladder
from .objective import Objective
from .patches import Patches
from .pseudo import PseudoLabels
from .reconstruction import ERRORS, Reconstruction
from .sparse import Sparse
from .supervised import Supervised

__all__ = [
    "Combined",
    "Compose",
    "Contractive",
    "ContrastiveDivergence",
    "Corruption",
    "Denoising",
    "ERRORS",
    "Gaussian",
    "Ladder",
    "Masking",
    "Objective",
    "Patches",
    "PseudoLabels",
    "Reconstruction",
    "SaltAndPepper",
    "Sparse",
    "Supervised",
    "Swap",
]
