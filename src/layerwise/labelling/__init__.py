"""Which rows to label next: strategies as values over codes and what a model says."""

from .badge import Badge
from .label_studio import read_annotations, tasks
from .progress import Estimate, Progress, progress
from .spread import Coverage, Random, Typical
from .strategy import Candidates, Query, Strategy, strategy_named
from .turns import TypicalThenMargin, WithRandom
from .unsure import Disagreement, Entropy, Margin

__all__ = [
    "Badge",
    "Coverage",
    "Disagreement",
    "Entropy",
    "Estimate",
    "Progress",
    "Margin",
    "Candidates",
    "Query",
    "Random",
    "Strategy",
    "Typical",
    "TypicalThenMargin",
    "WithRandom",
    "progress",
    "read_annotations",
    "strategy_named",
    "tasks",
]
