"""Tables as SCARF's authors split them: ``python -m benchmarks.scarf_splits [phoneme segment
adult]``.

70 % of the rows to learn from, a quarter of them with their labels; 20 % to test on. The 10 % that
they validate on are left alone: nothing here is stopped or chosen by them. Every recipe with its
control (the same network from random weights); both choose between the default fine-tuning and a
longer one by cross-validation on the labelled rows. Two forests of trees on the labelled rows.
Five draws; finished ones are lines of ``benchmarks/results/scarf-splits.jsonl``.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from itertools import product  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.compose import make_column_transformer  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.model_selection import StratifiedKFold, train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OrdinalEncoder  # noqa: E402

from layerwise import PretrainedClassifier, Pretrainer  # noqa: E402
from layerwise.data.readers import Dataset, load_dataset  # noqa: E402
from layerwise.estimators.chosen import plan_of  # noqa: E402
from layerwise.recipes import Recipe  # noqa: E402
from layerwise.workflows.choices import resolve  # noqa: E402

from .claims.study import DATA  # noqa: E402
from .spread import spread  # noqa: E402

OUT = Path(__file__).parent / "results" / "scarf-splits.jsonl"
SETS = {"phoneme": "nasal_or_oral", "segment": "class", "adult": "income"}
PUBLISHED = {  # control, SCARF, noise autoencoder, XGBoost
    "phoneme": (81.95, 84.81, 82.72, 83.97),
    "segment": (86.48, 88.05, 85.83, 89.96),
    "adult": (84.90, 85.01, 84.89, 86.34),
}
TREES: dict[str, Callable[[int], Any]] = {
    "boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "forest": lambda seed: RandomForestClassifier(300, random_state=seed),
}
ARMS = ("scarf", "vime", "auto", *TREES)
LONG = ("finetune_rate=3e-3", "finetune_epochs=100")
SETTINGS = ((), LONG)  # chosen on the labelled rows, arm by arm
Split = tuple[pl.DataFrame, np.ndarray, np.ndarray, np.ndarray]  # rows, labels, learned, tested


def table(name: str) -> tuple[pl.DataFrame, np.ndarray]:
    """Return all rows of a set and their labels; adult's two files are one, as on OpenML."""
    files = ["adult-train.csv", "adult-test.csv"] if name == "adult" else [f"{name}.csv"]
    parts: list[Dataset] = [
        load_dataset(str(DATA / "tables" / file), target=SETS[name]) for file in files
    ]
    rows = pl.concat([part.X for part in parts], how="vertical_relaxed")
    return rows, np.concatenate([np.asarray(part.y).astype(str) for part in parts])


def split(name: str, draw: int) -> Split:
    rows, y = table(name)
    learned, rest = train_test_split(
        np.arange(len(y)), train_size=0.7, random_state=draw, stratify=y
    )
    tested, _ = train_test_split(rest, train_size=2 / 3, random_state=draw, stratify=y[rest])
    return rows, y, learned, tested


def answers(name: str, draw: int, arm: str) -> Iterator[float]:
    """Yield the test accuracy of an arm, in %; of a recipe, then that of its control."""
    rows, y, learned, tested = split(name, draw)
    labelled, _ = train_test_split(learned, train_size=0.25, random_state=draw, stratify=y[learned])
    if arm in TREES:
        words = [i for i, kind in enumerate(rows.dtypes) if not kind.is_numeric()]
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        model = make_pipeline(
            make_column_transformer((codes, words), remainder="passthrough"), TREES[arm](draw)
        )
        model.fit(rows[labelled], y[labelled])
        yield 100 * float(model.score(rows[tested], y[tested]))
        return
    few = np.full(len(y), None, dtype=object)
    few[labelled] = y[labelled]
    data = Dataset(name, rows[learned], few[learned], SETS[name], None, "classification")
    offered = ((),) if arm == "vime" else SETTINGS
    recipes = [resolve(data, arm, changes)[0] for changes in offered]
    X, seen = rows[learned], few[learned]
    encoder = FrozenEstimator(Pretrainer(recipe=recipes[0], random_state=draw).fit(X))
    for start in ("pretrained", "random"):
        tuned = [tuning(encoder, recipe, start, draw) for recipe in recipes]
        scores = [cross_validated(model, X, seen) for model in tuned] if len(tuned) > 1 else [0.0]
        model = tuned[int(np.argmax(scores))].fit(X, seen)
        yield 100 * float(np.mean(model.predict(rows[tested]) == y[tested]))


def tuning(encoder: Any, recipe: Recipe, start: str, draw: int) -> PretrainedClassifier:
    return PretrainedClassifier(
        encoder, plan=plan_of(recipe, start), start=start, unlabeled="missing", random_state=draw
    )


def cross_validated(model: PretrainedClassifier, X: pl.DataFrame, y: np.ndarray) -> float:
    """Return the accuracy on labelled rows whose labels were hidden, a third at a time."""
    labelled = np.flatnonzero([value is not None for value in y])
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    right = 0
    for _, fold in folds.split(labelled, y[labelled].astype(str)):
        hidden, rows = y.copy(), labelled[fold]
        hidden[rows] = None
        right += int(np.sum(clone(model).fit(X, hidden).predict(X[rows]) == y[rows]))
    return right / len(labelled)


def shown(lines: list[dict[str, Any]]) -> str:
    """Return means over the draws with 95 % intervals, and the paired gain over the control."""
    text = ["| table | arm | draws | accuracy % | control | gain | seconds |", "|" + "---|" * 7]
    for name in SETS:
        for arm in dict.fromkeys(line["arm"] for line in lines if line["table"] == name):
            mine = [line for line in lines if (line["table"], line["arm"]) == (name, arm)]
            scores = np.array([line["accuracy"] for line in mine])
            own, control = scores[:, 0], scores[:, 1:].ravel()
            beside = [spread(control), spread(own - control)] if len(control) else ["", ""]
            took = f"{np.mean([line['seconds'] for line in mine]):.0f}"
            cells = [name, arm, str(len(mine)), spread(own), *beside, took]
            text.append(f"| {' | '.join(cells)} |")
        published = "control {}, SCARF {}, noise autoencoder {}, XGBoost {}"
        text.append(f"| {name} | published **P**: {published.format(*PUBLISHED[name])} | | | | | |")
    return "\n".join(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", default=list(SETS), help=", ".join(SETS))
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--first", type=int, default=20, help="the first draw; see README")
    options = parser.parse_args()
    lines = [json.loads(line) for line in OUT.read_text().splitlines()] if OUT.exists() else []
    draws = range(options.first, options.first + options.draws)
    for draw, name, arm in product(draws, options.tables, options.arms.split(",")):
        key = {"table": name, "arm": arm, "draw": draw}
        if any(key.items() <= line.items() for line in lines):
            continue
        began = time.perf_counter()
        accuracy = list(answers(name, draw, arm))
        lines.append(key | {"accuracy": accuracy, "seconds": time.perf_counter() - began})
        print(lines[-1], flush=True)
        with OUT.open("a") as file:
            file.write(json.dumps(lines[-1]) + "\n")
    print(shown(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
