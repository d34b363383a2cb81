"""Figures of the layer-wise family on MNIST: ``python -m benchmarks.family NAME [--seeds 5]
[--labels 1000]``.

The test part is touched once per seed, after all is fitted. Settings were chosen on the last 10,000
training images (docs/choosing.md).
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
from sklearn.frozen import FrozenEstimator  # noqa: E402

from benchmarks import larochelle  # noqa: E402
from benchmarks.figures import DATA, report, spread  # noqa: E402
from layerwise import PretrainedClassifier, Pretrainer  # noqa: E402
from layerwise.data.readers import load_dataset  # noqa: E402
from layerwise.estimators import make_model, make_pretrainer  # noqa: E402
from layerwise.recipes import make_recipe  # noqa: E402
from layerwise.workflows.fit import fit_draw  # noqa: E402
from layerwise.workflows.guarded import guarded  # noqa: E402

from .problems import make_problem, typed  # noqa: E402

SELF_TRAINING = {"self_training": 6}


def mnist():
    return load_dataset(str(DATA / "mnist"))


def seeds_of(options):
    return range(options.first, options.first + options.seeds)


def per_image(model, images):
    """Return the squared error of reconstructions, summed over the pixels of an image, pixels in
    [0, 1]."""
    rows = images.reshape(len(images), -1)
    return float((((model.reconstruct(rows) - rows) / 255.0) ** 2).sum(1).mean())


def error(model, problem):
    return 1 - model.score(problem.test_X, typed(problem.test_y, problem.task))


def autoencoder(options):
    """784-1000-500-250-30, test squared error per image: CD-1 then joint as in 2006, and the recipe
    of the house."""
    data = mnist()
    train, test = data.X.reshape(len(data.X), -1), data.test.X
    recipes = {
        "deep_autoencoder_from_rbms": make_recipe(
            "deep_autoencoder_from_rbms", epochs=10, joint_epochs=40
        ),
        "modern": make_recipe(
            "deep_autoencoder_from_rbms", epochs=10, joint_epochs=80, modern=True
        ),
    }
    for name, recipe in recipes.items():
        if options.only and name != options.only:
            continue
        errors = []
        for seed in seeds_of(options):
            began = time.perf_counter()
            model = Pretrainer(recipe.stack, plan=recipe.plan, random_state=seed).fit(train)
            took = time.perf_counter() - began
            errors.append(per_image(model, test))
            fitted = per_image(model, train[:10000])
            print(
                f"  {name} seed {seed}: test {errors[-1]:.3f}, train {fitted:.3f}, {took:.0f} s",
                flush=True,
            )
        if options.seeds > 1:
            print(f"{name}: {spread(errors)} per image", flush=True)


def full_labels(options):
    """All labels of 50,000 images: a deep belief network and a stacked denoising autoencoder, and
    both from random weights."""
    data = mnist()
    settings = {"finetune_batch": 128, "finetune_epochs": 40}
    recipes = {
        "deep_belief_network": make_recipe("deep_belief_network", modern=True, **settings),
        "stacked_denoising_autoencoder": make_recipe(
            "stacked_denoising_autoencoder", modern=True, **settings
        ),
    }
    problem = make_problem(data)
    chosen = np.arange(50_000)
    for name, recipe in recipes.items():
        if options.only and name != options.only:
            continue
        errors = {"pretrained": [], "random": []}
        for seed in seeds_of(options):
            for start, values in errors.items():
                began = time.perf_counter()
                model = make_model(
                    recipe, problem.task, start=start, random_state=seed, unlabeled="missing"
                )
                model.fit(problem.X[chosen], typed(problem.y[chosen], problem.task))
                values.append(error(model, problem))
                print(
                    f"  {name} {start} seed {seed}: {100 * values[-1]:.2f} %, "
                    f"{time.perf_counter() - began:.0f} s",
                    flush=True,
                )
        if options.seeds > 1:
            report(name, errors["pretrained"], errors["random"], "% test error", 100)


def both_arms(data, labels, seed, recipe, changes=()):
    """Return the test scores of a recipe and its control on one draw."""
    rows = guarded(data, [f"x{i}" for i in range(data.X.shape[1])], draws=False)
    found, _ = fit_draw(rows, recipe, changes, labels=labels, seed=seed)
    return dict(zip(("pretrained", "random_start"), found.scores(), strict=False))


def ladder(options):
    """A ladder network with 1,000 and with 100 labels; with --control the same without its
    denoising costs beside it."""
    recipe = make_recipe("ladder").replace("precision", options.precision)
    changes = [f"precision={options.precision}"]
    for labels in (options.labels,) if options.labels else (1000, 100):
        errors = {"pretrained": [], "random_start": []}
        for seed in seeds_of(options):
            problem = make_problem(mnist(), labels=labels, seed=seed)
            began = time.perf_counter()
            if options.control:
                scores = both_arms(mnist(), labels, seed, "ladder", changes)
            else:
                model = make_model(
                    recipe, problem.task, random_state=seed, unlabeled="missing"
                ).fit(problem.X, problem.y)
                scores = {"pretrained": 1 - error(model, problem)}
            for arm, value in scores.items():
                errors[arm].append(1 - value)
            shown = ", ".join(
                f"{arm} {100 * values[-1]:.2f} %" for arm, values in errors.items() if values
            )
            print(
                f"  {labels} labels, seed {seed}: {shown}; {time.perf_counter() - began:.0f} s",
                flush=True,
            )
        if options.seeds > 1 and options.control:
            report(
                f"ladder, {labels} labels",
                errors["pretrained"],
                errors["random_start"],
                "% test error",
                100,
            )
        elif options.seeds > 1:
            print(
                f"ladder, {labels} labels: {spread(errors['pretrained'], 100)} % test error",
                flush=True,
            )


def self_training(options):
    """Six rounds of self-training on the pretrained 3 x 1,000 net, with 1,000 and with 100
    labels."""
    data = mnist()
    plain = make_recipe("stacked_denoising_autoencoder", modern=True)
    taught = make_recipe("stacked_denoising_autoencoder", modern=True, **SELF_TRAINING)
    errors = {}
    for seed in seeds_of(options):
        pretrainer = make_pretrainer(plain, random_state=seed).fit(
            make_problem(data, labels=1000, seed=seed).X
        )
        for labels in (options.labels,) if options.labels else (1000, 100):
            problem = make_problem(data, labels=labels, seed=seed)
            for name, recipe in (("plain", plain), ("self-training", taught)):
                model = PretrainedClassifier(
                    FrozenEstimator(pretrainer),
                    plan=list(recipe.finetune),
                    unlabeled="missing",
                    random_state=seed,
                )
                errors.setdefault((labels, name), []).append(
                    error(model.fit(problem.X, problem.y), problem)
                )
                print(
                    f"  seed {seed}, {labels} labels, {name}: {100 * errors[labels, name][-1]:.2f} "
                    "%",
                    flush=True,
                )
    if options.seeds > 1:
        for (labels, name), values in errors.items():
            print(f"{labels} labels, {name}: {spread(values, 100)} % test error", flush=True)


def convolution(options):
    """A convolutional recipe at 1,000 labels without augmentation, beside its random start."""
    arguments = [
        "channels=[32,64,128]",
        "modern=true",
        "epochs=2",
        f"self_training={options.rounds}",
    ]
    errors = {"pretrained": [], "random_start": []}
    labels = options.labels or 1000
    for seed in seeds_of(options):
        scores = both_arms(mnist(), labels, seed, "stacked_convolutional_autoencoder", arguments)
        for arm, value in scores.items():
            errors[arm].append(1 - value)
        shown = ", ".join(f"{arm} {100 * values[-1]:.2f} %" for arm, values in errors.items())
        print(f"  seed {seed}: {shown}", flush=True)
    if options.seeds > 1:
        report(
            f"convolution, {labels} labels",
            errors["pretrained"],
            errors["random_start"],
            "% test error",
            100,
        )


def larochelle_suite(options):
    """The stacked denoising autoencoder on rectangles, basic, rot and bg-rand; beside it
    ``benchmarks.larochelle svm``."""
    for name in options.sets.split(","):
        errors = {"pretrained": [], "random": []}
        for seed in seeds_of(options):
            suite = larochelle.make(name, seed)
            recipe = make_recipe(
                "stacked_denoising_autoencoder", modern=True, epochs=30, finetune_epochs=60
            )
            for start, values in errors.items():
                model = PretrainedClassifier(
                    make_pretrainer(recipe, random_state=seed),
                    plan=list(recipe.finetune),
                    start=start,
                    random_state=seed,
                )
                model.fit(suite.train.X, suite.train.y)
                values.append(1 - model.score(suite.test.X, suite.test.y))
                print(f"  {name} {start} seed {seed}: {100 * values[-1]:.2f} %", flush=True)
        if options.seeds > 1:
            report(name, errors["pretrained"], errors["random"], "% test error", 100)


FIGURES = {
    "autoencoder": autoencoder,
    "full-labels": full_labels,
    "ladder": ladder,
    "self-training": self_training,
    "convolution": convolution,
    "larochelle": larochelle_suite,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(FIGURES), default=[])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--labels", type=int, help="of ladder, self-training and convolution")
    parser.add_argument("--rounds", type=int, default=0, help="of self-training, of convolution")
    parser.add_argument("--precision", default="auto", help="of the ladder")
    parser.add_argument(
        "--control", action="store_true", help="run the control arm of the ladder too"
    )
    parser.add_argument("--only", help="one recipe of autoencoder or full-labels")
    parser.add_argument("--sets", default="rectangles,basic,rot,bg-rand", help="of larochelle")
    options = parser.parse_args()
    for name in options.names or FIGURES:
        print(f"== {name}: {FIGURES[name].__doc__}", flush=True)
        FIGURES[name](options)


if __name__ == "__main__":
    main()
