"""Pictures on matplotlib axes: of a study, and of what a model has learned."""

from .budget_curve import BudgetCurveDisplay
from .code_map import CodeMapDisplay
from .difference import DifferenceDisplay
from .filters import FilterDisplay
from .labels_saved import LabelsSavedDisplay
from .reconstruction import ReconstructionDisplay

__all__ = [
    "BudgetCurveDisplay",
    "CodeMapDisplay",
    "DifferenceDisplay",
    "FilterDisplay",
    "LabelsSavedDisplay",
    "ReconstructionDisplay",
]
