"""Kill fits at random moments and let them go on: ``python -m tests.resumes --kills 200``.

Each fit runs in a process of its own that is killed (SIGKILL), half of them twice, some while they
are going on; in the end its weights and the figures of its report are those of the fit that nobody
disturbed, to the bit. ``make resumes``.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import torch

from layerwise import workflows
from layerwise.workflows import resuming

EVERY = 0.1  # seconds between two checkpoints: a fit here takes some seconds
ONE = ("finetune.0.training.min_steps=0", "finetune.0.schedule.epochs=4")
TWO = (*ONE, "finetune.1.training.min_steps=0", "finetune.1.schedule.epochs=6")
FITS = {
    "layer-wise": ("stacked_denoising_autoencoder", ("epochs=2", "widths=[64,32]", *TWO)),
    "convolutional": (
        "stacked_convolutional_autoencoder",
        ("epochs=1", "channels=[4,4]", "kernels=[3,3]", "pools=[2,1]", *TWO),
    ),
    "ladder": ("ladder", ("epochs=1", "widths=[64,32]", "steps=30")),
    "self-supervised": ("simclr", ("epochs=1", "channels=[4,8,8]", *ONE)),
    "consistency": ("mean_teacher", ("channels=[4,8,8]", "steps=20", "control_steps=30")),
    "machines": ("deep_belief_network", ("epochs=2", "widths=[64,32]", *TWO)),
}
_TIMES = ("seconds", "rows_per_second", "model", "report", "created", "time")


def fit(recipe: str, changes: tuple[str, ...], out: Path) -> None:
    """Fit a recipe on digits."""
    torch.set_num_threads(1)
    resuming.checkpointed = functools.partial(resuming.checkpointed, every=EVERY)  # type: ignore[assignment]
    workflows.fit("digits", labels=60, recipe=recipe, changes=changes, out=out)


def in_process(
    recipe: str, changes: tuple[str, ...], out: Path, seconds: float | None = None
) -> bool:
    """Fit in a child, killed after some seconds; whether it came to its end before."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(out.with_suffix(".said"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        code = 1
        try:
            fit(recipe, changes, out)
            code = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    ended = os.waitpid(child, 0)[1]
    assert ended in (0, signal.SIGKILL), out.with_suffix(".said").read_text()
    return ended == 0


def figures(out: Path) -> tuple[bytes, str]:
    """Return the weights and the report's figures but times."""
    report = json.loads((out / "report.json").read_text())
    weights = (out / "model" / "model.safetensors").read_bytes()
    return weights, json.dumps(without_times(report))


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in _TIMES}
    return [without_times(v) for v in value] if isinstance(value, list) else value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="fits that are killed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    place = Path(tempfile.mkdtemp(prefix="resumes"))
    whole: dict[str, tuple[float, tuple[bytes, str]]] = {}
    for name, given in FITS.items():
        began = time.perf_counter()
        in_process(*given, place / name)
        whole[name] = time.perf_counter() - began, figures(place / name)
        print(f"{name}: {whole[name][0]:.1f} seconds undisturbed", flush=True)
    killed = wrong = went_on = 0
    for number in range(options.kills):
        name = list(FITS)[number % len(FITS)]
        out, (seconds, expected) = place / "killed", whole[name]
        for _ in range(1 + number % 2):
            if not in_process(*FITS[name], out, rng.uniform(0.1, seconds)):
                killed += 1
                went_on += bool(list(out.glob("checkpoint/plan-*")))
        in_process(*FITS[name], out)
        if figures(out) != expected or (out / "checkpoint").exists():
            wrong += 1
            print(f"{number} ({name}) is not the same", flush=True)
        shutil.rmtree(out)
        if number % 20 == 19:
            print(f"{number + 1} fits, killed {killed} times, {wrong} wrong", flush=True)
    shutil.rmtree(place)
    print(
        f"{options.kills} fits were killed {killed} times; {went_on} of these times something was "
        f"kept; {wrong} ended otherwise than undisturbed"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
