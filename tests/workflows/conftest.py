"""Small files, and a recipe that is fitted in no time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

TINY = (
    "widths=[8]",
    "epochs=1",
    "head_epochs=1",
    "finetune_epochs=1",
    "finetune.0.training.min_steps=0",
    "finetune.1.training.min_steps=0",
)


@pytest.fixture(scope="session")
def tiny() -> tuple[str, ...]:
    return TINY


@pytest.fixture(scope="session")
def mixed_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 rows: numbers with missing cells, a category, a constant, a class that is missing in every
    third row."""
    generator = np.random.default_rng(0)
    lines = ["age,city,same,row,kind"]
    for i in range(90):
        age = "" if i % 13 == 0 else f"{generator.normal(40 + 20 * (i % 2), 5):.2f}"
        city = "" if i % 17 == 0 else ["=cmd()", "-b", "c"][i % 3]
        lines.append(
            f"{age},{city},1,{generator.normal():.3f},{'' if i % 3 == 0 else ['@no', 'yes'][i % 2]}"
        )
    path = tmp_path_factory.mktemp("data") / "mixed.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
