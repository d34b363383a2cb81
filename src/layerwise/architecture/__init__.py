"""What is trained: a stack of stages, each of which encodes and decodes."""

from .activations import ACTIVATIONS
from .dense import Dense
from .initialisers import INITIALISERS
from .normalisations import NORMALISATIONS
from .stack import Stack, StackModule
from .stage import Stage, StageModule

__all__ = ["ACTIVATIONS", "Dense", "INITIALISERS", "NORMALISATIONS", "Stack", "StackModule", "Stage", "StageModule"]
