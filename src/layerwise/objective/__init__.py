"""What is learned: losses over a codec, with the state they need."""

from .combined import Combined
from .contractive import Contractive
from .denoising import Denoising
from .divergence import ContrastiveDivergence
from .ladder import Ladder
from .objective import Objective
from .pseudo import PseudoLabels
from .reconstruction import ERRORS, Reconstruction
from .sparse import Sparse
from .supervised import Supervised

__all__ = [
    "Combined",
    "Contractive",
    "ContrastiveDivergence",
    "Denoising",
    "ERRORS",
    "Ladder",
    "Objective",
    "PseudoLabels",
    "Reconstruction",
    "Sparse",
    "Supervised",
]
