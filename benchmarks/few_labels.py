"""What few labels are worth under each recipe: ``python -m benchmarks.few_labels mnist --labels 100
--recipes fixmatch,simclr --draws 5``.

Every draw takes other labelled images, balanced over the classes, and other random weights; all
training images are there without their labels. Both arms of a recipe are fitted: the recipe, and
its control. The test part is looked at once for each. Finished fits are lines of
``benchmarks/few-labels-out.jsonl``; what stands there is not run again.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

from layerwise import PretrainedClassifier  # noqa: E402
from layerwise.data.readers import Dataset, load_dataset  # noqa: E402
from layerwise.workflows.choices import parse, resolve  # noqa: E402

from .claims.arms import in_turn  # noqa: E402
from .claims.study import DATA  # noqa: E402

OUT = Path(__file__).parent / "few-labels-out.jsonl"
STARTS = ("pretrained", "random")


def fitted(data: Dataset, key: dict[str, Any]) -> dict[str, Any]:
    """Return a line: the test error of one arm of a recipe, and what it took."""
    recipe, _ = resolve(data, key["recipe"], key["changes"])
    y, rng = np.asarray(data.y), np.random.default_rng([key["draw"], 2006])
    order = rng.permutation(len(y))
    rows = order[in_turn(y[order])][: key["labels"]]
    few = np.full(len(y), None, dtype=object)
    few[rows] = y[rows]
    model = PretrainedClassifier(
        recipe=recipe, start=key["start"], unlabeled="missing", random_state=key["draw"]
    )
    began, burned = time.perf_counter(), time.process_time()
    model.fit(data.X, few)
    took = {"seconds": time.perf_counter() - began, "core_seconds": time.process_time() - burned}
    assert data.test is not None
    wrong = model.predict(data.test.X) != np.asarray(data.test.y)
    return key | {"error": 100 * float(np.mean(wrong))} | took


def table(lines: list[dict[str, Any]]) -> str:
    """Return means over the draws with 95 % intervals, and the paired difference of both arms."""
    groups: dict[tuple[Any, ...], dict[str, dict[int, dict[str, Any]]]] = {}
    for line in lines:
        key = (line["data"], line["labels"], line["recipe"], " ".join(line["changes"]))
        groups.setdefault(key, {}).setdefault(line["start"], {})[line["draw"]] = line
    rows = [
        "| data | labels | recipe | draws | error % | control % | gain | core-seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (data, labels, recipe, changes), arms in sorted(groups.items()):
        both = sorted(set(arms.get("pretrained", {})) & set(arms.get("random", {})))
        errors = {s: np.array([arms[s][d]["error"] for d in sorted(arms[s])]) for s in arms}
        gain = np.array([arms["random"][d]["error"] - arms["pretrained"][d]["error"] for d in both])
        took = [np.mean([one["core_seconds"] for one in arms[s].values()]) for s in arms]
        shown = [_mean(errors.get(start, np.array([]))) for start in STARTS]
        rows.append(
            f"| {data} | {labels} | {recipe} {changes} | {len(both)} | {shown[0]} | {shown[1]} | "
            f"{_mean(gain)} | {' and '.join(f'{seconds:.0f}' for seconds in took)} |"
        )
    return "\n".join(rows)


def _mean(values: np.ndarray) -> str:
    if len(values) < 2:
        return ", ".join(f"{value:.2f}" for value in values)
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.2f} ± {half:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", default="mnist", help="a folder of the data folder")
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--recipes", default="fixmatch,simclr,vicreg,vat")
    parser.add_argument("--set", action="append", default=[], help="as in layerwise fit")
    parser.add_argument("--draws", type=int, default=5)
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
    for draw in range(options.draws):
        for name in options.recipes.split(","):
            for start in STARTS:
                key = {
                    "data": options.data,
                    "labels": options.labels,
                    "recipe": name,
                    "changes": options.set,
                    "start": start,
                    "draw": draw,
                }
                if any(key.items() <= line.items() for line in lines):
                    continue
                lines.append(fitted(data, key))
                print(lines[-1], flush=True)
                with OUT.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    print(table([line for line in lines if line["data"] == options.data]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
