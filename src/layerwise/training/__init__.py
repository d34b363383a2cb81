"""The one loop, and what it needs."""

from .cache import BLOCK_ROWS, encoded, in_block, in_turn
from .checkpoint import Checkpoint, checkpointed, decided, unkept
from .device import bfloat16_pays, device_of, precision_of
from .events import Event, Observer, describe, observer_for, observing, silent
from .feed import Feed, batches, count_batches
from .limit import Clock, limited_by
from .loop import LoopResult, Work, run_phase
from .optimisers import OPTIMISERS, default_rate
from .phases import parts_of, trains_decoders
from .plan import Plan, Step, Written, as_plan
from .probe import in_order, probing
from .ran import phases_that_ran, ran_words
from .run import Run, run_plan
from .settings import EVERYTHING, HEAD_FIRST, Training
from .shapes import SHAPES
from .troubles import troubles

__all__ = [
    "bfloat16_pays",
    "checkpointed",
    "unkept",
    "BLOCK_ROWS",
    "Checkpoint",
    "Clock",
    "EVERYTHING",
    "Event",
    "Feed",
    "HEAD_FIRST",
    "LoopResult",
    "OPTIMISERS",
    "Observer",
    "Plan",
    "Run",
    "SHAPES",
    "Step",
    "Training",
    "Work",
    "Written",
    "as_plan",
    "batches",
    "count_batches",
    "decided",
    "default_rate",
    "describe",
    "device_of",
    "encoded",
    "troubles",
    "in_block",
    "in_turn",
    "in_order",
    "observer_for",
    "parts_of",
    "limited_by",
    "observing",
    "precision_of",
    "probing",
    "run_phase",
    "phases_that_ran",
    "ran_words",
    "run_plan",
    "silent",
    "trains_decoders",
]
