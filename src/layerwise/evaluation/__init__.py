"""The study: arms, label budgets, draws, statistics, a verdict. Any scikit-learn estimator takes
part."""

from .arms import Arm, EstimatorArm
from .baselines import baselines, register_baseline
from .caveats import caveats
from .data import StudyData, row_keys
from .guards import Finding, check_classes, check_columns, check_rows, check_test
from .one_draw import as_difference, flags_of, judge_one, row_scores_of, side_of
from .runner import Outcome, run_study
from .scores import scores_of_classes, scores_of_numbers
from .single import Single, run_single, single_draw
from .statistics import estimate, over_means
from .study import Study
from .summary import metric_of, tables
from .verdict import judge
from .workers import BACKENDS

__all__ = [
    "Arm",
    "BACKENDS",
    "EstimatorArm",
    "Finding",
    "Outcome",
    "Single",
    "Study",
    "StudyData",
    "as_difference",
    "baselines",
    "caveats",
    "check_classes",
    "check_columns",
    "check_rows",
    "check_test",
    "estimate",
    "flags_of",
    "judge",
    "judge_one",
    "metric_of",
    "over_means",
    "register_baseline",
    "row_keys",
    "row_scores_of",
    "run_single",
    "run_study",
    "scores_of_classes",
    "scores_of_numbers",
    "side_of",
    "single_draw",
    "tables",
]
