"""What is trained: a stack of stages; each encodes, and decodes where it has a way back."""

from .activations import ACTIVATIONS
from .borrowed import Pretrained, Wrapped, register_encoder
from .cells import Cells
from .concatenate import Concatenate
from .conv import Conv
from .dense import Dense
from .embedding import Embedding
from .initialisers import INITIALISERS
from .latent import Latent
from .normalisations import NORMALISATIONS
from .patches import Patches
from .pool import Pool
from .residual import Residual
from .residual_block import ResidualBlock
from .residual_dense import ResidualDense
from .stack import Stack, StackModule
from .stage import Stage, StageModule
from .transformer import Transformer

__all__ = [
    "ACTIVATIONS",
    "Cells",
    "Concatenate",
    "Conv",
    "Dense",
    "Embedding",
    "INITIALISERS",
    "Latent",
    "NORMALISATIONS",
    "Patches",
    "Pool",
    "Pretrained",
    "Residual",
    "ResidualBlock",
    "ResidualDense",
    "Stack",
    "StackModule",
    "Stage",
    "StageModule",
    "Transformer",
    "Wrapped",
    "register_encoder",
]
