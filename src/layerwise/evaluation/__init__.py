"""The study: arms, label budgets, draws, statistics, a verdict. Any scikit-learn estimator takes
part."""

from .arms import Arm, EstimatorArm
from .asked import judge_strategies
from .baselines import Texts, baselines, register_baseline
from .caveats import caveats
from .cells import Cells
from .data import StudyData, row_keys
from .guards import Finding, check_classes, check_columns, check_rows, check_test
from .guards_joint import check_together
from .guards_order import check_groups, check_order
from .guards_rows import near_keys
from .judging import judging
from .looks import look_of
from .luck import luck_of
from .made_up import judge_made_up
from .metrics import CLASSES, NUMBERS, Metric, metric_named
from .one_draw import as_difference, difference_of, flags_of, judge_one, side_of
from .runner import Outcome, run_study
from .scores import scores_of_classes, scores_of_numbers
from .single import Single, run_single, single_draw
from .statistics import Sharing, estimate, over_means
from .study import Study
from .summary import tables
from .verdict import judge
from .workers import BACKENDS

__all__ = [
    "BACKENDS",
    "CLASSES",
    "NUMBERS",
    "as_difference",
    "baselines",
    "caveats",
    "check_classes",
    "check_columns",
    "check_groups",
    "check_order",
    "check_rows",
    "check_test",
    "check_together",
    "difference_of",
    "estimate",
    "flags_of",
    "judge",
    "judge_one",
    "judge_made_up",
    "judge_strategies",
    "judging",
    "look_of",
    "luck_of",
    "metric_named",
    "near_keys",
    "over_means",
    "register_baseline",
    "row_keys",
    "run_single",
    "run_study",
    "scores_of_classes",
    "scores_of_numbers",
    "side_of",
    "single_draw",
    "tables",
    "Arm",
    "Cells",
    "EstimatorArm",
    "Texts",
    "Finding",
    "Metric",
    "Outcome",
    "Sharing",
    "Single",
    "Study",
    "StudyData",
]
