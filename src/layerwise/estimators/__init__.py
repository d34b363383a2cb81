"""scikit-learn estimators over stacks and plans."""

from .classifier import PretrainedClassifier
from .maker import Model, make_model, make_pretrainer
from .pretrainer import Pretrainer
from .regressor import PretrainedRegressor
from .search import LayerRateSearch
from .splits import LabeledSplit

__all__ = [
    "LabeledSplit",
    "LayerRateSearch",
    "Model",
    "PretrainedClassifier",
    "PretrainedRegressor",
    "Pretrainer",
    "make_model",
    "make_pretrainer",
]
