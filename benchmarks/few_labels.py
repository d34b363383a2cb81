"""What few labels are worth under each recipe: ``python -m benchmarks.few_labels mnist --labels 100
--recipes fixmatch,simclr --draws 5``.

Every draw takes other labelled images, balanced over the classes, and other random weights; all
training images are there without their labels. Both arms of a recipe are fitted: the recipe, and
its control; an encoder that was pretrained serves all numbers of labels of its draw, and its time
counts for each. The test part is looked at once for each. Finished fits are lines of
``benchmarks/results/few-labels.jsonl``; what stands there is not run again, unless the recipe has
changed since.

With ``--held-out N`` N training images are taken away and judged instead of the test images, the
same for every draw: settings are chosen so, and the test part has no say in them.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import hashlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from itertools import product  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402

from layerwise import PretrainedClassifier, Pretrainer  # noqa: E402
from layerwise.data.readers import Dataset, load_dataset  # noqa: E402
from layerwise.recipes import Recipe  # noqa: E402
from layerwise.workflows.choices import parse, resolve  # noqa: E402

from .claims.arms import in_turn  # noqa: E402
from .claims.study import DATA  # noqa: E402
from .spread import spread  # noqa: E402

OUT = Path(__file__).parent / "results" / "few-labels.jsonl"
STARTS = ("pretrained", "random")


def recipe_of(data: Dataset, key: dict[str, Any]) -> Recipe:
    recipe, _ = resolve(data, key["recipe"], key["changes"])
    return recipe


def values_of(recipe: Recipe, start: str) -> str:
    """Return a hash of what an arm is made of: defaults change."""
    control = recipe.stack, recipe.control or recipe.finetune, recipe.preprocessing
    values = repr(recipe if start == "pretrained" else control)
    return hashlib.sha256(values.encode()).hexdigest()[:8]


def shared(key: dict[str, Any]) -> dict[str, Any]:
    """Return what two controls have in common that are the same fit."""
    return {name: key[name] for name in key if name not in ("recipe", "changes")}


class Encoders:
    """What was learned without labels, the last of it kept: budgets of one draw share it."""

    def __init__(self) -> None:
        self.kept: tuple[Any, ...] = ()

    def of(self, recipe: Recipe, x: Any, draw: int) -> tuple[Pretrainer, dict[str, float]]:
        key = (repr(recipe), draw, len(x))
        if not self.kept or self.kept[0] != key:
            pretrainer = Pretrainer(recipe=recipe, random_state=draw)
            clock = Clock()
            self.kept = (key, pretrainer.fit(x), clock.taken())
        return self.kept[1:]


class Clock:
    def __init__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def taken(self) -> dict[str, float]:
        wall, cores = self.began
        return {"seconds": time.perf_counter() - wall, "core_seconds": time.process_time() - cores}


def fitted(data: Dataset, key: dict[str, Any], encoders: Encoders) -> dict[str, Any]:
    """Return a line: the test error of one arm of a recipe, and what it took."""
    recipe = recipe_of(data, key)
    x, y, judged_x, judged_y = parted(data, key["held_out"])
    rng = np.random.default_rng([key["draw"], 2006])
    order = rng.permutation(len(y))
    rows = order[in_turn(y[order])][: key["labels"]]
    few = np.full(len(y), None, dtype=object)
    few[rows] = y[rows]
    settings: dict[str, Any] = {"unlabeled": "missing", "random_state": key["draw"]}
    before = {"seconds": 0.0, "core_seconds": 0.0}
    if key["start"] == "pretrained":
        encoder, before = encoders.of(recipe, x, key["draw"])
        model = PretrainedClassifier(
            FrozenEstimator(encoder),
            plan=recipe.finetune,
            precision=recipe.precision,
            **settings,
        )
    else:
        model = PretrainedClassifier(recipe=recipe, start=key["start"], **settings)
    clock = Clock()
    model.fit(x, few)
    took = {name: value + before[name] for name, value in clock.taken().items()}
    wrong = model.predict(judged_x) != judged_y
    found = {"error": 100 * float(np.mean(wrong)), "device": computed_on()}
    return key | found | took


def computed_on() -> str:
    """Return the device that ``device="auto"`` takes, by name."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def parted(data: Dataset, held_out: int) -> tuple[Any, np.ndarray, Any, np.ndarray]:
    """Return the rows to learn from and the rows to judge: the test part, or held-out rows."""
    y = np.asarray(data.y)
    if held_out:
        order = np.random.default_rng(1998).permutation(len(y))
        rows, judged = np.sort(order[held_out:]), np.sort(order[:held_out])
        return data.X[rows], y[rows], data.X[judged], y[judged]
    assert data.test is not None
    return data.X, y, data.test.X, np.asarray(data.test.y)


def table(lines: list[dict[str, Any]]) -> str:
    """Return means over the draws with 95 % intervals, and the paired difference of both arms."""
    groups: dict[tuple[Any, ...], dict[str, dict[int, dict[str, Any]]]] = {}
    for line in lines:
        judged = f"held out {line['held_out']}" if line["held_out"] else "test"
        changes = " ".join(line["changes"])
        key = (line["data"], judged, line["labels"], line["recipe"], changes)
        arm = groups.setdefault(key, {}).setdefault(line["start"], {})
        if any(one["values"] != line["values"] for one in arm.values()):
            arm.clear()  # of another version
        arm[line["draw"]] = line
    rows = [
        "| data | judged | labels | recipe | draws | error % | control % | gain | core-seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (data, judged, labels, recipe, changes), arms in sorted(groups.items()):
        both = sorted(set(arms.get("pretrained", {})) & set(arms.get("random", {})))
        errors = {s: np.array([arms[s][d]["error"] for d in sorted(arms[s])]) for s in arms}
        gain = np.array([arms["random"][d]["error"] - arms["pretrained"][d]["error"] for d in both])
        took = [np.mean([one["core_seconds"] for one in arms[s].values()]) for s in arms]
        shown = [spread(errors.get(start, np.array([]))) for start in STARTS]
        seconds = " and ".join(f"{value:.0f}" for value in took)
        cells = [data, judged, labels, f"{recipe} {changes}", len(both), *shown, spread(gain)]
        rows.append(f"| {' | '.join(map(str, [*cells, seconds]))} |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="mnist", help="a folder of the data folder")
    parser.add_argument("--labels", default="100", help="numbers of labels: 100,1000")
    parser.add_argument("--recipes", default="fixmatch,simclr,vicreg,vat")
    parser.add_argument("--set", action="append", default=[], help="as in layerwise fit")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first draw")
    parser.add_argument("--held-out", type=int, default=0, help="judge so many training images")
    parser.add_argument("--starts", default=",".join(STARTS), help="one arm, or both")
    parser.add_argument("--table", action="store_true", help="print what is there")
    options = parser.parse_args()
    text = OUT.read_text().splitlines() if OUT.exists() else []
    lines = [json.loads(line) for line in text]
    if options.table:
        print(table(lines))
        return 0
    for change in options.set:
        parse(change)  # refused before anything is run
    data = load_dataset(str(DATA / options.data))
    budgets = [int(n) for n in options.labels.split(",")]
    draws = range(options.first, options.first + options.draws)
    names, starts = options.recipes.split(","), options.starts.split(",")
    encoders = Encoders()
    for draw, name, start, labels in product(draws, names, starts, budgets):
        key = {
            "data": options.data,
            "labels": labels,
            "recipe": name,
            "changes": options.set,
            "start": start,
            "draw": draw,
            "held_out": options.held_out,
        }
        key["values"] = values_of(recipe_of(data, key), start)
        if any(key.items() <= line.items() for line in lines):
            continue
        alike = key if start == "pretrained" else shared(key)
        known = [line for line in lines if alike.items() <= line.items()]
        lines.append(known[0] | key if known else fitted(data, key, encoders))
        print(lines[-1], flush=True)
        with OUT.open("a") as file:
            file.write(json.dumps(lines[-1]) + "\n")
    print(table([line for line in lines if line["data"] == options.data]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
