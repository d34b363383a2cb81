"""What views cost, as ratios within one run: ``python -m benchmarks.views [--rounds 5]``.

A step of SimCLR (two views of 128 images) beside a supervised step of the same convolutions on 256
images as they are; and the making of the 256 views alone. By turns on one thread, process time.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import torch  # noqa: E402

from layerwise import Joint, SimCLR, Space, Suited, Supervised, Training  # noqa: E402
from layerwise._random import Keys  # noqa: E402
from layerwise.augmentation import view_of  # noqa: E402
from layerwise.data import ArraySource  # noqa: E402
from layerwise.objective import Objective  # noqa: E402
from layerwise.recipes.images import convolutions  # noqa: E402
from layerwise.training import Feed, as_plan, run_plan  # noqa: E402

STEPS, ROWS = 10, 256
CHANNELS = ((16, 32, 64), (32, 64, 128))
SHAPES = ((1, 28, 28), (3, 32, 32))


def seconds_of(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return (time.process_time() - began) / STEPS


def steps(
    shape: tuple[int, ...], channels: tuple[int, ...], objective: Objective, rows: int
) -> float:
    """Return the seconds of a step of ``rows`` images, the mean of ``STEPS``."""
    space, n = Space.of("unit", *shape), rows * STEPS
    x = torch.rand(n, *shape, generator=torch.Generator().manual_seed(0))
    target = Space.of("category", 10)
    labelled = ArraySource(x, space, y=torch.arange(n) % 10)
    module = convolutions(channels).build(space, Keys(0).torch("weights"))
    feed = Feed(labelled, labelled, target)
    plan = as_plan([(objective, Joint(1), Training(batch_size=rows))])
    return seconds_of(lambda: run_plan(module, plan, feed, keys=Keys(0)))


def making(shape: tuple[int, ...]) -> float:
    """Return the seconds that the strong views of ``ROWS`` images take."""
    space, generator = Space.of("unit", *shape), torch.Generator().manual_seed(0)
    x = torch.rand(ROWS, *shape, generator=generator)
    return seconds_of(
        lambda: [view_of(Suited("strong"), x, space, generator) for _ in range(STEPS)]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for shape in SHAPES:
        for channels in CHANNELS:
            rounds = [
                (
                    steps(shape, channels, SimCLR(), ROWS // 2),
                    steps(shape, channels, Supervised(), ROWS),
                    making(shape),
                )
                for _ in range(options.rounds + 1)
            ][1:]  # the first warms up
            simclr, supervised, views = map(list, zip(*rounds, strict=True))
            whole = [a / (b + c) for a, b, c in rounds]
            share = [c / a for a, _, c in rounds]
            print(
                f"{shape}, channels {channels}: SimCLR {statistics.median(simclr):.3f} s, "
                f"supervised {statistics.median(supervised):.3f} s, views "
                f"{statistics.median(views):.4f} s; SimCLR / (supervised + views) "
                f"{statistics.median(whole):.2f} ({min(whole):.2f} to {max(whole):.2f}); views "
                f"{100 * statistics.median(share):.1f} % of a step",
                flush=True,
            )


if __name__ == "__main__":
    main()
