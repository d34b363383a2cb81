"""Layerwise: unsupervised pretraining for many rows and few labels, and what it was worth.

>>> import layerwise
>>> layerwise.Dense(500)
Dense(500)
"""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import recipes
    from ._contracts import Batch, Source
    from ._errors import (
        CheckpointError,
        DataError,
        DataWarning,
        FileError,
        LabelWarning,
        LayerwiseError,
        ModelError,
        PairingError,
        ParameterError,
        TrainingError,
        TrainingWarning,
    )
    from ._random import BY_HAND, At, seeded
    from ._space import Block, Space
    from ._spec import Spec, register
    from .architecture import (
        ACTIVATIONS,
        INITIALISERS,
        NORMALISATIONS,
        Cells,
        Concatenate,
        Conv,
        Dense,
        Embedding,
        Latent,
        Patches,
        Pool,
        Pretrained,
        Residual,
        ResidualBlock,
        ResidualDense,
        Stack,
        Stage,
        StageModule,
        Transformer,
        Wrapped,
        register_encoder,
    )
    from .artifacts import inspect, load, save
    from .augmentation import (
        Affine,
        Augmentation,
        Blur,
        Brightness,
        Colour,
        Compose,
        Contrast,
        Corruption,
        Crop,
        CutMix,
        Erase,
        Flip,
        Gaussian,
        Grey,
        Hue,
        MaskedPatches,
        Masking,
        Mixing,
        MixUp,
        OneOf,
        RandAugment,
        Resample,
        Rotate,
        SaltAndPepper,
        Saturation,
        Scale,
        Shear,
        Shift,
        Solarise,
        Sometimes,
        Suited,
        Swap,
    )
    from .data import ArraySource, Inputs, Pieces, Preprocessor, PretrainedPieces, Words
    from .data.readers import register_reader
    from .display import (
        BudgetCurveDisplay,
        CodeMapDisplay,
        DifferenceDisplay,
        FilterDisplay,
        LabelsSavedDisplay,
        ReconstructionDisplay,
    )
    from .estimators import (
        LabeledSplit,
        LayerRateSearch,
        PretrainedClassifier,
        PretrainedRegressor,
        Pretrainer,
    )
    from .evaluation import Arm, EstimatorArm, Study, register_baseline
    from .labelling import (
        Badge,
        Candidates,
        Coverage,
        Disagreement,
        Entropy,
        Margin,
        Query,
        Random,
        Strategy,
        Typical,
        TypicalThenMargin,
        WithRandom,
    )
    from .objective import (
        BYOL,
        DINO,
        SCARF,
        VAT,
        VIME,
        BarlowTwins,
        Combined,
        Consistency,
        Contractive,
        ContrastiveDivergence,
        Denoising,
        FixMatch,
        LabelPairs,
        Ladder,
        MaskedAutoencoder,
        MaskedModelling,
        MaskedTokens,
        MeanTeacher,
        MoCo,
        Objective,
        PiModel,
        PseudoLabels,
        Reconstruction,
        SimCLR,
        Sparse,
        Supervised,
        Synthetic,
        TwoViews,
        Variational,
        VICReg,
        VIMEConsistency,
    )
    from .recipes import Recipe, register_recipe
    from .schedule import Greedy, HeadOnly, Joint, Phase, Progressive, Schedule, Unfreeze
    from .training import (
        OPTIMISERS,
        SHAPES,
        Event,
        Step,
        Training,
        checkpointed,
        observing,
        probing,
    )
    from .workflows import StudyResult, compare, download_encoder, label, suggest

# name -> the module that holds it; loaded when it is first used, so that the command line answers
# before torch is there
_HOMES = {
    "_contracts": ("Batch", "Source"),
    "_errors": (
        "CheckpointError",
        "DataError",
        "DataWarning",
        "FileError",
        "LabelWarning",
        "LayerwiseError",
        "ModelError",
        "PairingError",
        "ParameterError",
        "TrainingError",
        "TrainingWarning",
    ),
    "_random": ("At", "BY_HAND", "seeded"),
    "_space": ("Block", "Space"),
    "_spec": ("Spec", "register"),
    "architecture": (
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
        "Stage",
        "StageModule",
        "Transformer",
        "Wrapped",
        "register_encoder",
    ),
    "artifacts": ("inspect", "load", "save"),
    "augmentation": (
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
    ),
    "data": ("ArraySource", "Inputs", "Pieces", "Preprocessor", "PretrainedPieces", "Words"),
    "display": (
        "BudgetCurveDisplay",
        "CodeMapDisplay",
        "DifferenceDisplay",
        "FilterDisplay",
        "LabelsSavedDisplay",
        "ReconstructionDisplay",
    ),
    "estimators": (
        "LabeledSplit",
        "LayerRateSearch",
        "PretrainedClassifier",
        "PretrainedRegressor",
        "Pretrainer",
    ),
    "data.readers": ("register_reader",),
    "evaluation": ("Arm", "EstimatorArm", "Study", "register_baseline"),
    "objective": (
        "BYOL",
        "BarlowTwins",
        "Combined",
        "Consistency",
        "Contractive",
        "ContrastiveDivergence",
        "DINO",
        "Denoising",
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
    ),
    "recipes": ("Recipe", "register_recipe"),
    "schedule": ("Greedy", "HeadOnly", "Joint", "Phase", "Progressive", "Schedule", "Unfreeze"),
    "training": (
        "Event",
        "OPTIMISERS",
        "SHAPES",
        "Step",
        "Training",
        "checkpointed",
        "observing",
        "probing",
    ),
    "labelling": (
        "Badge",
        "Candidates",
        "Coverage",
        "Disagreement",
        "Entropy",
        "Margin",
        "Query",
        "Random",
        "Strategy",
        "Typical",
        "TypicalThenMargin",
        "WithRandom",
    ),
    "workflows": ("StudyResult", "compare", "download_encoder", "label", "suggest"),
}
_MODULES = ("recipes",)
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted((*_HOME_OF, *_MODULES))


# what a name is called now; the old one is kept for a release
_RENAMED = {"Draws": "At"}


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        told = f"layerwise.{name} is called layerwise.{_RENAMED[name]} now."
        warnings.warn(told, DeprecationWarning, stacklevel=2)
        return __getattr__(_RENAMED[name])
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module 'layerwise' has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
