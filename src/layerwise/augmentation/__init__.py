"""What may change in a row without changing what it is: augmentations and corruptions."""

from .affine import Affine, Rotate, Scale, Shear, Shift
from .augmentation import Augmentation, view_of
from .blur import Blur
from .choose import OneOf, Sometimes
from .colour import Brightness, Colour, Contrast, Hue, Saturation
from .compose import Compose
from .corruption import Corruption, Gaussian, Masking, SaltAndPepper, Swap
from .crop import Crop, Flip
from .erase import Erase
from .masked_patches import MaskedPatches
from .mixing import CutMix, Mixed, Mixing, MixUp
from .rand_augment import RandAugment
from .resample import Resample
from .suitable import Suited, suited
from .tone import Grey, Solarise

__all__ = [
    "Affine",
    "Augmentation",
    "Blur",
    "Brightness",
    "Colour",
    "Compose",
    "Contrast",
    "Corruption",
    "Crop",
    "CutMix",
    "Erase",
    "Flip",
    "Gaussian",
    "Grey",
    "Hue",
    "MaskedPatches",
    "Masking",
    "MixUp",
    "Mixed",
    "Mixing",
    "OneOf",
    "RandAugment",
    "Resample",
    "Rotate",
    "SaltAndPepper",
    "Saturation",
    "Scale",
    "Shear",
    "Shift",
    "Solarise",
    "Sometimes",
    "Suited",
    "Swap",
    "suited",
    "view_of",
]
