"""What is learned: losses over a codec, with the state they need."""

from .combined import Combined
from .consistency import VAT, Consistency, FixMatch, MeanTeacher, PiModel, VIMEConsistency
from .contractive import Contractive
from .denoising import Denoising
from .divergence import ContrastiveDivergence
from .ladder import Ladder
from .masked import VIME, MaskedAutoencoder, MaskedModelling, MaskedTokens
from .objective import Objective
from .pairs import LabelPairs
from .pseudo import PseudoLabels
from .reconstruction import ERRORS, Reconstruction
from .sparse import Sparse
from .supervised import Supervised
from .synthetic import Synthetic
from .two_views import BYOL, DINO, SCARF, BarlowTwins, MoCo, SimCLR, TwoViews, VICReg
from .variational import Variational

__all__ = [
    "BYOL",
    "BarlowTwins",
    "Combined",
    "Consistency",
    "Contractive",
    "ContrastiveDivergence",
    "DINO",
    "Denoising",
    "ERRORS",
    "FixMatch",
    "LabelPairs",
    "Ladder",
    "MaskedAutoencoder",
    "MaskedModelling",
    "MaskedTokens",
    "MeanTeacher",
    "MoCo",
    "Objective",
    "PiModel",
    "PseudoLabels",
    "Reconstruction",
    "SCARF",
    "SimCLR",
    "Sparse",
    "Supervised",
    "Synthetic",
    "TwoViews",
    "VAT",
    "VICReg",
    "VIME",
    "VIMEConsistency",
    "Variational",
]
