"""How tables were given their recipe: ``python -m benchmarks.tables [scale] [rate] [long] [inputs]
[steps]`` (minutes each).

On tables other than those of the studies: adult's training rows (the income, and the age as a
regression), breast-cancer, wine, two made-up tables of five classes (one with heavy tails) and
Friedman's first. Each draw holds a third of the rows out.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from dataclasses import replace  # noqa: E402

import numpy as np  # noqa: E402
import polars as pl  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_wine, make_classification, make_friedman1  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402

from benchmarks.figures import DATA  # noqa: E402
from layerwise import Inputs, PretrainedClassifier, PretrainedRegressor, Pretrainer, Training  # noqa: E402
from layerwise.recipes import Recipe, make_recipe  # noqa: E402

DRAWS = 4
STEPS = 3000
Table = tuple[
    str, pl.DataFrame, np.ndarray, bool, tuple[int, ...]
]  # name, rows, target, whether classes, labels


def variants(kind: str) -> dict[str, Recipe]:
    """Return the recipes that are compared: the tabular one with one thing changed."""
    if kind == "scale":
        return {name: tabular(numbers=name) for name in ("quantile", "standard", "robust")}
    if kind == "rate":
        return {
            f"{rate:g}, dropout {p}": tabular(finetune_rate=rate, dropout=p)
            for rate in (3e-4, 1e-3)
            for p in (0.1, 0.3, 0.5)
        }
    if kind == "long":
        longer = {"finetune_rate": 3e-3, "finetune_epochs": 100}
        return {"as it is": tabular()} | {
            f"3e-3, 100 epochs, dropout {p}": tabular(dropout=p, **longer) for p in (0.1, 0.3)
        }
    if kind == "inputs":
        return {f"input dropout {p}": tabular(input_dropout=p) for p in (0.0, 0.2)}
    return {"10 epochs": tabular(), f"{STEPS} steps": tabular(min_steps=STEPS)}


def tabular(*, numbers: str = "robust", min_steps: int = 0, **settings: float) -> Recipe:
    recipe = make_recipe("tabular_denoising_autoencoder", **settings)
    plan = [
        replace(step, training=replace(step.training or Training(), min_steps=min_steps))
        for step in recipe.plan
    ]
    return replace(recipe, plan=tuple(plan), preprocessing=Inputs(numbers))


def data() -> Iterator[Table]:
    adult = pl.read_csv(DATA / "tables" / "adult-train.csv").sample(9000, seed=0)
    yield (
        "adult",
        adult.drop("income"),
        np.unique(adult["income"].to_numpy(), return_inverse=True)[1],
        True,
        (50, 200, 1000),
    )
    yield (
        "adult's age",
        adult.drop("age", "income"),
        adult["age"].to_numpy().astype(float),
        False,
        (50, 200, 1000),
    )
    for name, load, labels in (
        ("breast-cancer", load_breast_cancer, (30, 200)),
        ("wine", load_wine, (30, 60)),
    ):
        X, y = load(return_X_y=True)
        yield name, frame(X), y, True, labels
    for name, power in (("made up", 1.0), ("made up, heavy tails", 1.5)):
        X, y = make_classification(
            3000,
            18,
            n_informative=8,
            n_redundant=4,
            n_classes=5,
            class_sep=1.5,
            random_state=int(power > 1),
        )
        yield name, frame(np.sign(X) * np.abs(X) ** power), y, True, (50, 200, 1000)
    X, y = make_friedman1(3000, n_features=10, noise=1.0, random_state=0)
    yield "Friedman 1", frame(X), y, False, (50, 200, 1000)


def frame(X: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(X, schema=[f"x{i}" for i in range(X.shape[1])])


def measure(kind: str, table: Table, draw: int) -> dict[tuple[str, int], float]:
    """Return test scores by variant (and start, where pretraining is what is compared) and number
    of labels."""
    _, X, y, classes, budgets = table
    train, test = train_test_split(
        np.arange(len(y)), test_size=1 / 3, random_state=draw, stratify=y if classes else None
    )
    wrapped = PretrainedClassifier if classes else PretrainedRegressor
    scores = {}
    for name, recipe in variants(kind).items():
        scaled = recipe.preprocessing.make().fit(X[train])
        starts = ("random",) if kind != "steps" else ("pretrained", "random")
        base = Pretrainer(recipe.stack, plan=recipe.plan, random_state=draw)
        if kind == "steps":
            base = FrozenEstimator(base.fit(scaled.transform(X[train])))
        for labels in budgets:
            few, _ = train_test_split(
                train, train_size=labels, random_state=draw, stratify=y[train] if classes else None
            )
            for start in starts:
                model = wrapped(base, plan=recipe.finetune, start=start, random_state=draw).fit(
                    scaled.transform(X[few]), y[few]
                )
                key = name if kind != "steps" else f"{name}, {start}"
                scores[key, labels] = model.score(scaled.transform(X[test]), y[test])
    return scores


def main() -> None:
    kinds = ("scale", "rate", "long", "inputs", "steps")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(kinds))
    options = parser.parse_args()
    for kind in options.kinds or kinds:
        if kind not in kinds:
            parser.error(f"there is no {kind!r}; there are {', '.join(kinds)}")
        for table in data():
            draws = [measure(kind, table, draw) for draw in range(DRAWS)]
            names = dict.fromkeys(name for name, _ in draws[0])
            print(
                f"== {kind}, {table[0]}: {'accuracy %' if table[3] else 'R² x 100'} with "
                f"{table[4]} labels, seeds 0 to {DRAWS - 1}"
            )
            for name in names:
                cells = [
                    100 * np.array([draw[name, labels] for draw in draws]) for labels in table[4]
                ]
                print(
                    f"  {name:28s}",
                    "  ".join(f"{cell.mean():5.1f}±{cell.std(ddof=1):.1f}" for cell in cells),
                    flush=True,
                )


if __name__ == "__main__":
    main()
