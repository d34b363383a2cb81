"""Lower learning rates on the pretrained layers."""

from __future__ import annotations

from typing import Any

from sklearn.frozen import FrozenEstimator

from layerwise import (
    Denoising,
    Greedy,
    LayerRateSearch,
    Masking,
    PretrainedClassifier,
    Pretrainer,
    Training,
)
from layerwise.recipes.recipe import finetune

from .arms import Images, dense, images, label_error, pretrained, test_error
from .study import Arms, Claim, Panel, Size, gap

LABELS = {"100 labels": 100, "1000 labels": 1_000}
ONE = "one rate"
SETTINGS: dict[str, dict[str, Any]] = {
    ONE: {},
    "one rate, a third": {"finetune_rate": 3e-4},
    "factor 0.75": {"layer_decay": 0.75},
    "factor 0.5": {"layer_decay": 0.5},
    "factor 0.25": {"layer_decay": 0.25},
    "factor 0.1": {"layer_decay": 0.1},
    "gradient": {"layer_decay": "gradient"},
}
SEARCH = "searched"


def run(size: Size, seed: int) -> Arms:
    data = images(size, seed)
    model = pretrained(
        dense(size["widths"]),
        [(Denoising(Masking(0.25)), Greedy(size["epochs"]), Training())],
        data.X,
        seed,
    )
    arms: Arms = {arm: {} for arm in (*SETTINGS, SEARCH)}
    for name, labels in LABELS.items():
        for arm, settings in SETTINGS.items():
            arms[arm][name] = label_error(
                model, data, min(labels, size["rows"]), seed, plan=finetune(**settings)
            )
        arms[SEARCH][name] = test_error(
            _searched(model, data, min(labels, size["rows"]), size["trials"], seed), data
        )
    return arms


def _searched(
    model: Pretrainer, data: Images, labels: int, trials: int, seed: int
) -> PretrainedClassifier:
    """Return the classifier with the rates that did best on folds of the labelled rows."""
    rows = data.labelled(labels)
    plain = PretrainedClassifier(FrozenEstimator(model), plan=list(finetune()), random_state=seed)
    return (
        LayerRateSearch(plain, n_trials=trials, random_state=seed)
        .fit(data.X[rows], data.y[rows])
        .best_estimator_
    )


def _beats(arm: str, labels: str, judged: bool = True):
    return gap(ONE, arm, labels, judged=judged)


CLAIM = Claim(
    number=10,
    title="Lower learning rates on the pretrained layers beat one rate for all",
    source="A habit of fine-tuning; rates from the gradient and by evolution are in the design of "
    "this library.",
    ran="{widths} tied ReLU units, denoising for {epochs} epochs a stage on {rows:,} images, then "
    "100 or 1,000 labels (no "
    "dropout): one rate of 0.001, a third of it, a factor per layer below the head, rates from the "
    "gradients, and a search of "
    "{trials} trials by CMA-ES on three folds of the labelled rows. Judged: the factor 0.5, the "
    "gradients and the search. Test "
    "error in %.",
    sizes={
        "quick": {"rows": 1_000, "test": 500, "widths": [64, 64], "epochs": 1, "trials": 2},
        "default": {
            "rows": 10_000,
            "test": 10_000,
            "widths": [500, 500, 500],
            "epochs": 6,
            "trials": 10,
        },
        "full": {
            "rows": 60_000,
            "test": 10_000,
            "widths": [1000, 1000, 1000],
            "epochs": 20,
            "trials": 40,
        },
    },
    run=run,
    contrasts=(
        *(_beats(arm, labels) for arm in ("factor 0.5", "gradient", SEARCH) for labels in LABELS),
        *(
            _beats(arm, labels, judged=False)
            for arm in SETTINGS
            if arm not in (ONE, "factor 0.5", "gradient")
            for labels in LABELS
        ),
    ),
    panels=tuple(Panel(f"test error, %, {labels}", (labels,)) for labels in LABELS),
    needs="any",
)
