"""Small fitted models, and a way to write a folder whose hashes are right and whose content is
not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes

from layerwise import (
    Dense,
    Joint,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    Stack,
    Supervised,
    Training,
    save,
)
from layerwise._durable import write_bytes, write_json
from layerwise.artifacts.format import digest_of

FAST = [(Reconstruction(), Joint(1), Training(batch_size=64))]
TUNE = [(Supervised(), Joint(1), Training(batch_size=64))]


@pytest.fixture(scope="session")
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(40, 6)) * [1, 5, 1, 1, 2, 1] + 3


@pytest.fixture(scope="session")
def classifier(rows: np.ndarray) -> PretrainedClassifier:
    y = np.array(["no", "yes"], dtype=object)[(rows[:, 0] > 3).astype(int)]
    pretrainer = Pretrainer(Stack(Dense(4), Dense(3)), plan=FAST, random_state=0)
    return PretrainedClassifier(pretrainer, plan=TUNE, random_state=0).fit(rows, y)


@pytest.fixture(scope="session")
def saved(classifier: PretrainedClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that no test may change."""
    return save(classifier, tmp_path_factory.mktemp("models") / "classifier")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


Change = Callable[[dict[str, Any], dict[str, torch.Tensor]], Any]


@pytest.fixture
def forged(folder: Path) -> Callable[[Change], Path]:
    return forger(folder)


def forger(folder: Path) -> Callable[[Change], Path]:
    """Change description and tensors, and write them with matching hashes: only checks of the
    content can refuse."""

    def forge(change: Change) -> Path:
        description = json.loads((folder / "model.json").read_text())
        tensors = from_bytes((folder / "model.safetensors").read_bytes())
        changed = change(description, tensors)
        weights = changed if isinstance(changed, bytes) else to_bytes(tensors)
        sha256 = write_bytes(folder / "model.safetensors", weights)
        if isinstance(description.get("weights"), dict):
            description["weights"] |= {"sha256": sha256, "bytes": len(weights)}
        description["digest"] = digest_of(description)
        write_json(folder / "model.json", description)
        return folder

    return forge
