"""A model folder in words."""

from __future__ import annotations

from .._durable import Facts
from .._errors import ModelError
from .._spec import spelled
from ..training import phases_that_ran, ran_words
from .borrowed import origins, shown
from .features import feature_lines


def model_lines(description: Facts) -> list[str]:
    """Return what ``model.json`` says as lines for a terminal.

    Raises
    ------
    ModelError
        When it does not describe a model.
    """
    try:
        return _lines(description)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelError(
            f"model.json does not describe a model: {type(error).__name__}: {error}.",
            "Take a copy that is whole.",
        ) from error


def _lines(description: Facts) -> list[str]:
    from .. import architecture, objective, schedule, training  # noqa: F401  (they register what a description may name)

    pretrainer, about = description["pretrainer"], description["about"]
    lines = [
        f"kind        {description['kind']} (layerwise {description['layerwise']}, format "
        f"{description['format_version']})",
        f"data        {about.get('data') or 'not recorded'!r}, "
        f"{pretrainer['n_features_in']:,} features{_counts(about)}",
    ]
    tuned = description.get("finetuned")
    if tuned is not None:
        target = about.get("target")
        named = f"{target!r}, a " if target is not None else "not recorded, a "
        lines.append(
            f"target      {named}{'classification' if 'classes' in tuned else 'regression'}"
        )
        if "classes" in tuned:
            classes = tuned["classes"]["values"]
            lines.append(
                f"classes     {len(classes)}: "
                f"{', '.join(map(repr, classes[:12]))}{', ...' if len(classes) > 12 else ''}"
            )
    features = feature_lines(description)
    lines += [f"{'features' if i == 0 else '':<11} {line}" for i, line in enumerate(features)]
    if about.get("left_out"):
        lines.append(f"left out    {', '.join(map(repr, about['left_out'][:12]))}")
    lines += [
        f"inputs      {_inputs(pretrainer['preprocessing'])}",
        f"stack       {spelled(shown(pretrainer['stack']))}",
    ]
    lines += [f"encoder     {line}" for line in origins(pretrainer["stack"])]
    lines += [f"pretraining {words}" for words in _steps(pretrainer["plan"])]
    lines += _ran(pretrainer["history"])
    if tuned is not None:
        lines += [f"fine-tuning {words}" for words in _steps(tuned["plan"])]
        lines += _ran(tuned["history"])
        lines.append(f"start       {tuned['start']}")
    lines += _tested(about.get("result") or {})
    lines.append(
        f"weights     {description['weights']['bytes']:,} bytes, SHA-256 "
        f"{description['weights']['sha256'][:16]}... (checked)"
    )
    return lines


def _tested(result: Facts) -> list[str]:
    """Return the scores on the test rows, where they are recorded."""
    test, metric = result.get("test") or {}, result.get("metric")
    first, second = test.get("pretrained"), test.get("random_start")
    if metric is None or first is None:
        return []
    if metric == "score":
        return [f"test        mean score {first:.4f}"]
    beside = "" if second is None else f"; {second:.4f} from random weights"
    return [f"test        {metric} {first:.4f}{beside}"]


def _counts(about: Facts) -> str:
    """Return the rows that were learned from, where they are recorded."""
    result = about.get("result") or {}
    if result.get("rows") is None:
        return ""
    labels = f", {result['labels']:,} with a label" if result.get("labels") else ""
    return f"; learned from {result['rows']:,} rows{labels}"


def _inputs(preprocessing: Facts) -> str:
    """Return what the preprocessing does in words."""
    if "as_is" in preprocessing:
        return "as they are"
    words = [f"numbers {preprocessing['numbers']!r}"]
    if preprocessing.get("contrast"):
        words.append("contrast per row")
    if preprocessing.get("whitening"):
        words.append(f"whitening {preprocessing['whitening']!r}")
    if preprocessing.get("levels_"):
        count = len(preprocessing["levels_"])
        words.append(f"{count:,} category column{'s' * (count != 1)}, a unit for each level")
    if preprocessing.get("text"):
        words.append(f"text as {spelled(preprocessing['text']['encoding'])}")
    return ", ".join(words)


def _ran(history: list[Facts]) -> list[str]:
    return [f"  ran       {ran_words(phase)}" for phase in phases_that_ran(history)]


def _steps(plan: list[Facts]) -> list[str]:
    return [f"{spelled(step['objective'])} on {spelled(step['schedule'])}" for step in plan]
