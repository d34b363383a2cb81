"""What is trained: a stack of stages, each of which encodes and decodes."""

from .activations import ACTIVATIONS
from .concatenate import Concatenate
from .conv import Conv
from .dense import Dense
from .initialisers import INITIALISERS
from .normalisations import NORMALISATIONS
from .pool import Pool
from .residual import Residual
from .stack import Stack, StackModule
from .stage import Stage, StageModule

__all__ = [
    "ACTIVATIONS",
    "Concatenate",
    "Conv",
    "Dense",
    "INITIALISERS",
    "NORMALISATIONS",
    "Pool",
    "Residual",
    "Stack",
    "StackModule",
    "Stage",
    "StageModule",
]
