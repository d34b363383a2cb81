"""Files and embedded sets, read into one value."""

from .dataset import Dataset, ReadRows, declared
from .embedded import EMBEDDED
from .load import load_dataset
from .own import register_reader
from .tables import from_frame
from .targets import read_target

__all__ = [
    "EMBEDDED",
    "Dataset",
    "ReadRows",
    "declared",
    "from_frame",
    "load_dataset",
    "read_target",
    "register_reader",
]
