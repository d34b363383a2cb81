"""Files and embedded sets, read into one value."""

from .dataset import Dataset, NoIds, NoLabels, ReadRows, declared
from .embedded import EMBEDDED
from .load import load_dataset
from .own import register_reader
from .tables import check_dropped, from_frame, left_out_note
from .targets import read_target
from .whole import cells_of

__all__ = [
    "EMBEDDED",
    "Dataset",
    "NoIds",
    "NoLabels",
    "ReadRows",
    "cells_of",
    "check_dropped",
    "declared",
    "from_frame",
    "left_out_note",
    "load_dataset",
    "read_target",
    "register_reader",
]
