"""Files and embedded sets, read into one value."""

from .dataset import TASKS, Dataset, NoLabels, ReadRows
from .embedded import EMBEDDED
from .load import load_dataset
from .own import register_reader
from .tables import check_dropped, left_out_note

__all__ = [
    "EMBEDDED",
    "TASKS",
    "Dataset",
    "NoLabels",
    "ReadRows",
    "check_dropped",
    "left_out_note",
    "load_dataset",
    "register_reader",
]
