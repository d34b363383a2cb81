"""A model folder in words."""

from __future__ import annotations

from .._durable import Facts
from .._errors import ModelError
from .._spec import spelled


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
        f"data        {about.get('data', 'not recorded')!r}, "
        f"{pretrainer['n_features_in']} features",
        f"stack       {spelled(pretrainer['stack'])}",
    ]
    lines += [f"pretraining {words}" for words in _steps(pretrainer["plan"])]
    tuned = description.get("finetuned")
    if tuned is not None:
        lines += [f"fine-tuning {words}" for words in _steps(tuned["plan"])]
        lines.append(f"start       {tuned['start']}")
        if "classes" in tuned:
            classes = tuned["classes"]["values"]
            lines.append(
                f"classes     {len(classes)}: "
                f"{', '.join(map(repr, classes[:12]))}{', ...' if len(classes) > 12 else ''}"
            )
    result = about.get("result") or {}
    if "test" in result and "random_start" in result["test"]:
        test = result["test"]
        lines.append(
            f"test        {result['metric']} {test['pretrained']:.4f}; {test['random_start']:.4f} "
            "from random weights"
        )
    lines.append(
        f"weights     {description['weights']['bytes']:,} bytes, SHA-256 "
        f"{description['weights']['sha256'][:16]}... (checked)"
    )
    return lines


def _steps(plan: list[Facts]) -> list[str]:
    return [f"{spelled(step['objective'])} on {spelled(step['schedule'])}" for step in plan]
