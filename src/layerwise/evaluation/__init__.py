"""The study: arms, label budgets, draws, statistics, a verdict. Any scikit-learn estimator takes
part."""

from .arms import Arm, EstimatorArm
from .baselines import baselines, register_baseline
from .data import StudyData, row_keys
from .guards import Finding, check_classes, check_columns, check_rows, check_test
from .runner import Outcome, run_study
from .study import Study
from .summary import metric_of, tables
from .verdict import judge
from .workers import BACKENDS

__all__ = [
    "BACKENDS",
    "Arm",
    "EstimatorArm",
    "Finding",
    "Outcome",
    "Study",
    "StudyData",
    "baselines",
    "check_classes",
    "check_columns",
    "check_rows",
    "check_test",
    "judge",
    "metric_of",
    "register_baseline",
    "row_keys",
    "run_study",
    "tables",
]
