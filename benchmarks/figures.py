"""Figures of the house, each over several seeds: ``python -m benchmarks.figures NAME [--seeds 5]``.

The test part is touched once per seed, after all is fitted. Settings were chosen elsewhere
(docs/choosing.md).
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import os  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402

from layerwise import (  # noqa: E402
    Dense,
    Greedy,
    Joint,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    Stack,
    Training,
)
from layerwise.data.readers import load_dataset  # noqa: E402
from layerwise.estimators import make_pretrainer  # noqa: E402
from layerwise.evaluation import over_means  # noqa: E402
from layerwise.recipes import make_recipe  # noqa: E402
from layerwise.workflows.fit import fit_draw  # noqa: E402
from layerwise.workflows.guarded import guarded  # noqa: E402

from .problems import make_problem, typed  # noqa: E402

DATA = Path(os.environ.get("LAYERWISE_DATA", Path(__file__).parents[2] / "shared" / "data"))


def spread(values, scale=1.0, digits=2):
    array = scale * np.asarray(values, dtype=float)
    return f"{array.mean():.{digits}f}±{array.std(ddof=1):.{digits}f}"


def report(name, pretrained, random_start, unit, scale):
    """Print both arms and their paired difference over the seeds."""
    difference = over_means(
        [scale * (a - b) for a, b in zip(pretrained, random_start, strict=True)]
    )
    print(
        f"{name}: pretrained {spread(pretrained, scale)}, random start "
        f"{spread(random_start, scale)} {unit}; difference "
        f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]",
        flush=True,
    )


def mnist_labels(seeds):
    """3 x 1,000 stacked denoising autoencoder, modern=true: test error with 1,000 and with 100
    labels."""
    data = load_dataset(str(DATA / "mnist"))
    recipe = make_recipe("stacked_denoising_autoencoder", modern=True)
    errors = {(n, start): [] for n in (1000, 100) for start in ("pretrained", "random")}
    for seed in range(seeds):
        began = time.perf_counter()
        problem = make_problem(data, labels=1000, seed=seed)
        pretrainer = make_pretrainer(recipe, random_state=seed).fit(problem.X)
        took = time.perf_counter() - began
        for labels, start in errors:
            problem = make_problem(data, labels=labels, seed=seed)
            model = PretrainedClassifier(
                FrozenEstimator(pretrainer),
                plan=list(recipe.finetune),
                start=start,
                unlabeled="missing",
                random_state=seed,
            )
            model.fit(problem.X, problem.y)
            errors[labels, start].append(
                1 - model.score(problem.test_X, typed(problem.test_y, problem.task))
            )
        shown = ", ".join(
            f"{n} {start} {100 * values[-1]:.2f}" for (n, start), values in errors.items()
        )
        print(f"  seed {seed}: pretraining {took:.0f} s; {shown}", flush=True)
    for labels in (1000, 100):
        report(
            f"MNIST, {labels} labels, test error",
            errors[labels, "pretrained"],
            errors[labels, "random"],
            "%",
            100,
        )


def tables(seeds):
    """The default recipe on adult (200 labels, accuracy) and abalone (100 labels, R²), as
    ``layerwise fit`` runs it."""
    folder = DATA / "tables"
    cases = [("adult", "income", 200, folder / "adult-train.csv", folder / "adult-test.csv")]
    cases += [("abalone", "rings", 100, folder / "abalone.csv", None)]
    for name, target, labels, path, test in cases:
        data = load_dataset(str(path), target=target, test=None if test is None else str(test))
        rows = guarded(data, list(data.X.columns), draws=False)
        scores = {"pretrained": [], "random_start": [], "linear": []}
        for seed in range(seeds):
            found, _ = fit_draw(rows, labels=labels, seed=seed)
            for arm, value in zip(scores, found.scores(), strict=True):
                scores[arm].append(value)
            print(
                f"  {name} seed {seed}: "
                + ", ".join(f"{arm} {values[-1]:.4f}" for arm, values in scores.items()),
                flush=True,
            )
        scale, unit = (100, "% accuracy") if data.task == "classification" else (1, "R²")
        report(
            f"{name}, {labels} labels", scores["pretrained"], scores["random_start"], unit, scale
        )
        print(f"  {found.arms[2].name}: {spread(scores['linear'], scale)}")


def deep_or_stacked(seeds):
    """784-128-64-32 on MNIST, test cross-entropy per pixel: Joint, Greedy, and one after the other
    at the same epochs."""
    data = load_dataset(str(DATA / "mnist"))
    X, test = data.X, data.test.X
    stack = Stack(*(Dense(width, tied=True) for width in (128, 64, 32)))
    fast = Training(learning_rate=5e-3)
    plans = {
        "Joint(20)": [(Reconstruction(), Joint(20), fast)],
        "Greedy(20)": [(Reconstruction(), Greedy(20), fast)],
        "Greedy(1), Joint(17)": [
            (Reconstruction(), Greedy(1), fast),
            (Reconstruction(), Joint(17), fast),
        ],
    }
    losses = {name: [] for name in plans}
    for seed in range(seeds):
        for name, plan in plans.items():
            losses[name].append(-Pretrainer(stack, plan=plan, random_state=seed).fit(X).score(test))
        print(
            f"  seed {seed}: "
            + ", ".join(f"{name} {values[-1]:.4f}" for name, values in losses.items()),
            flush=True,
        )
    for name, values in losses.items():
        print(f"{name}: test cross-entropy {spread(values, digits=4)}")


def tied(seeds):
    """784-100-30 tied ReLU autoencoder: test squared error per pixel with the default training
    settings."""
    data = load_dataset(str(DATA / "mnist"))
    stack = Stack(Dense(100, tied=True), Dense(30, tied=True))
    test = data.test.X.reshape(len(data.test.X), -1) / 255
    for epochs in (4, 6, 10):
        errors = []
        for seed in range(seeds):
            model = Pretrainer(
                stack, objective=Reconstruction("mse"), schedule=Joint(epochs), random_state=seed
            ).fit(data.X)
            errors.append(
                float(
                    ((model.reconstruct(data.test.X).reshape(test.shape) / 255 - test) ** 2).mean()
                )
            )
        print(
            f"Joint({epochs}), default settings: {spread(errors, digits=5)} squared error "
            "per pixel",
            flush=True,
        )


FIGURES = {
    "mnist-labels": mnist_labels,
    "tables": tables,
    "deep-or-stacked": deep_or_stacked,
    "tied": tied,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(FIGURES), default=[])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    for name in options.names or FIGURES:
        print(f"== {name}: {FIGURES[name].__doc__}", flush=True)
        FIGURES[name](options.seeds)


if __name__ == "__main__":
    main()
