"""What two views of a row have in common."""

from .barlow import BarlowTwins
from .byol import BYOL
from .dino import DINO
from .moco import MoCo
from .scarf import SCARF
from .simclr import SimCLR
from .two_views import Projector, TwoViews
from .vicreg import VICReg

__all__ = [
    "BYOL",
    "BarlowTwins",
    "DINO",
    "MoCo",
    "Projector",
    "SCARF",
    "SimCLR",
    "TwoViews",
    "VICReg",
]
