"""Files and embedded sets, read into one value."""

from .dataset import Dataset, ReadRows
from .embedded import EMBEDDED
from .load import load_dataset
from .own import register_reader

__all__ = ["EMBEDDED", "Dataset", "ReadRows", "load_dataset", "register_reader"]
