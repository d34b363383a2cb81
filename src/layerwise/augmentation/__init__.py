"""What may change in a row without changing what it is: augmentations and corruptions."""

from .augmentation import Augmentation, view_of
from .compose import Compose
from .corruption import Corruption, Gaussian, Masking, SaltAndPepper, Swap
from .masked_patches import MaskedPatches
from .mixing import CutMix, Mixed, Mixing, MixUp

__all__ = [
    "Augmentation",
    "Compose",
    "Corruption",
    "CutMix",
    "Gaussian",
    "MaskedPatches",
    "Masking",
    "MixUp",
    "Mixed",
    "Mixing",
    "SaltAndPepper",
    "Swap",
    "view_of",
]
