"""What stands around the loop, as ratios within one run: ``python -m benchmarks.around``.

Start-up, inference over its products, and reading over the libraries that read. Rounds alternate;
the median is printed with the least and the most. ``make bench`` runs it after
``benchmarks.speed``.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from PIL import Image  # noqa: E402

from layerwise import Dense, Greedy, Pretrainer, Stack, workflows  # noqa: E402
from layerwise.data.readers import load_dataset  # noqa: E402
from layerwise.training.device import product_seconds  # noqa: E402

WIDTHS = (1000, 500, 250, 30)
FLOPS = 2 * 256 * 512 * 512


def in_turn(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> None:
    """Print how many times as long one takes as the other."""
    ratios, seconds = [], []
    for i in range(rounds + 1):
        pair = [_seconds(run) for run in (ours, theirs)]
        if i:  # the first round warms up
            ratios.append(pair[0] / pair[1])
            seconds.append(pair)
    span = f"{min(ratios):.2f} to {max(ratios):.2f}"
    one, other = (statistics.median(column) for column in zip(*seconds, strict=True))
    print(
        f"{name}: {statistics.median(ratios):.2f} ({span}), {one:.3f} s over {other:.3f} s",
        flush=True,
    )


def _seconds(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def starting(folder: Path, rounds: int) -> None:
    """Whole processes over ``import torch``."""
    table = folder / "rows.csv"
    x = np.random.default_rng(0).normal(size=(60, 3)).round(3)
    lines = [f"{a},{b},{c},{'yes' if a > 0 else 'no'}" for a, b, c in x]
    table.write_text("\n".join(["a,b,c,kind", *lines]))
    changes = ("epochs=1", *(f"finetune.{i}.training.min_steps=0" for i in range(2)))
    given = {"target": "kind", "recipe": "stacked_denoising_autoencoder", "changes": changes}
    workflows.fit(str(table), out=folder / "out", **given)
    (folder / "one.csv").write_text("a,b,c\n0.1,0.2,0.3")

    def process(*words: str) -> Callable[[], Any]:
        run = [sys.executable, *words]
        return lambda: subprocess.run(run, check=True, capture_output=True)

    torch_alone = process("-c", "import torch")
    command = ("-m", "layerwise")
    model, one = str(folder / "out" / "model"), str(folder / "one.csv")
    in_turn("layerwise --help / import torch", process(*command, "--help"), torch_alone, rounds)
    in_turn(
        "import layerwise / import torch", process("-c", "import layerwise"), torch_alone, rounds
    )
    predict = process(*command, "predict", model, one, "--quiet")
    in_turn("layerwise predict, one row / import torch", predict, torch_alone, rounds)


def inference(rounds: int) -> None:
    """Codes of 784-1000-500-250-30 over the products alone, by numbers of rows."""
    X = np.random.default_rng(0).random((100_000, 784), dtype=np.float32)
    stack = Stack(*(Dense(width) for width in WIDTHS))
    model = Pretrainer(stack, schedule=Greedy(1), random_state=0).fit(X[:512])
    layers = [(stage.weight.detach(), stage.bias.detach()) for stage in model.module_.stages]

    def products(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            for weight, bias in layers:
                x = torch.relu(F.linear(x, weight, bias))
        return x

    for n in (1, 512, 100_000):
        ours, theirs = partial(model.transform, X[:n]), partial(products, torch.from_numpy(X[:n]))
        in_turn(f"transform of {n:,} rows / its products", ours, theirs, rounds)


def reading(folder: Path, rounds: int) -> None:
    """A CSV file over polars, a folder of JPEG files over Pillow."""
    rng = np.random.default_rng(0)
    place = folder / "table.csv"
    frame = pl.DataFrame({f"c{i}": rng.normal(size=100_000).round(4) for i in range(50)})
    frame.write_csv(place)
    in_turn(
        "CSV, 100,000 x 50 / polars",
        lambda: load_dataset(str(place)),
        lambda: pl.read_csv(place),
        rounds,
    )
    pictures = folder / "pictures"
    for i in range(600):
        (pictures / f"class{i % 3}").mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 255, (128, 128, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(pictures / f"class{i % 3}" / f"{i}.jpg", quality=90)

    def decoded() -> list[np.ndarray]:
        return [np.asarray(Image.open(path)) for path in sorted(pictures.rglob("*.jpg"))]

    in_turn("600 JPEG, 128 x 128 / Pillow", lambda: load_dataset(str(pictures)), decoded, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    single, half = product_seconds()
    rates = f"{FLOPS / single / 1e9:.0f} with float32, {FLOPS / half / 1e9:.0f} with bfloat16"
    versions = f"torch {torch.__version__}, polars {pl.__version__}"
    print(f"products: GFLOP/s {rates}, on {torch.get_num_threads()} threads; {versions}")
    with tempfile.TemporaryDirectory() as folder:
        starting(Path(folder), rounds)
        inference(rounds)
        reading(Path(folder), rounds)


if __name__ == "__main__":
    main()
