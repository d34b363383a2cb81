"""The one loop, and what it needs."""

from .cache import BLOCK_ROWS, CodeSource, encoded, in_block
from .events import Event, Observer, describe, observer_for, observing, silent
from .loop import LoopResult, Work, run_phase
from .optimisers import OPTIMISERS, default_rate
from .plan import Step, as_plan
from .run import Feed, Run, device_of, precision_of, run_plan
from .settings import EVERYTHING, HEAD_FIRST, Training
from .shapes import SHAPES

__all__ = [
    "BLOCK_ROWS",
    "CodeSource",
    "EVERYTHING",
    "Event",
    "Feed",
    "HEAD_FIRST",
    "LoopResult",
    "OPTIMISERS",
    "Observer",
    "Run",
    "SHAPES",
    "Step",
    "Training",
    "Work",
    "as_plan",
    "default_rate",
    "describe",
    "device_of",
    "encoded",
    "in_block",
    "observer_for",
    "observing",
    "precision_of",
    "run_phase",
    "run_plan",
    "silent",
]
