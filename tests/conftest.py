"""What tests share: a place for real data, and one thread so that small matrices do not wait for
one another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data; the test is skipped where there is none."""
    folder = Path(os.environ.get("LAYERWISE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data: set LAYERWISE_DATA to its folder ({folder} is not there)")
    return folder
