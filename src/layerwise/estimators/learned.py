"""What a fitted model has learned, as a small table for a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from .._durable import Facts
from .._text import printable
from ..training.ran import phases_that_ran

HEADS = ("", "objective", "trained", "epochs", "rows", "last loss", "validation", "seconds")


def learned_html(model: Any) -> str:
    """Return what a model learned as an HTML table, everything escaped; nothing before a fit."""
    if not hasattr(model, "history_"):
        return ""
    about = "".join(f"<div>{_safe(line)}</div>" for line in _about(model))
    rows = [row for name, history in _histories(model) for row in phase_rows(name, history)]
    heads = "".join(f"<th>{_safe(head)}</th>" for head in HEADS)
    lines = "".join(
        f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    return f'<div class="layerwise-learned">{about}{table if rows else ""}</div>'


def phase_rows(name: str, history: Sequence[Facts]) -> list[tuple[str, ...]]:
    """Return the cells of each phase that ran.

    >>> row = {"step": 0, "phase": 0, "objective": "Denoising", "first": 0, "last": 0, "epoch": 1}
    >>> row |= {"loss": 0.25, "seconds": 2.0, "rows_per_second": 50.0}
    >>> phase_rows("pretraining", [row])
    [('pretraining', 'Denoising', 'stage 1', '1', '100', '0.25', '', '2')]
    """
    last: dict[object, Facts] = {}
    seconds: dict[object, float] = {}
    for row in history:
        key = (row.get("step"), row["phase"])
        last[key] = row
        seconds[key] = seconds.get(key, 0.0) + float(row.get("seconds") or 0.0)
    return [
        (
            name,
            str(ran["objective"]),
            str(ran["trained"]),
            f"{ran['epochs']:,}",
            _rows(last[key]),
            _figure(last[key].get("loss")),
            _figure(last[key].get("validation")),
            _time(seconds[key]),
        )
        for key, ran in zip(last, phases_that_ran(history), strict=True)
    ]


def _histories(model: Any) -> list[tuple[str, Sequence[Facts]]]:
    """Return what was trained, in order."""
    if not hasattr(model, "pretrainer_"):
        return [("pretraining", model.history_)]
    return [
        ("pretraining", model._fitted_pretrainer().history_),
        ("fine-tuning", model.history_),
    ]


def _about(model: Any) -> list[str]:
    """Return the recipe, the stack, and where the weights began."""
    fine_tuned = hasattr(model, "pretrainer_")
    pretrainer = model._fitted_pretrainer() if fine_tuned else model
    lines = []
    if hasattr(model, "recipe_"):
        lines.append(f"{model.recipe_.name}. {getattr(model, 'why_', '')}".strip())
    lines.append(f"{pretrainer.stack_!r}, rows of {pretrainer.n_features_in_:,} columns")
    if not pretrainer.history_ or (fine_tuned and model.start == "random"):
        lines.append("The weights began at random: nothing was pretrained.")
    return lines


def _rows(row: Facts) -> str:
    """Return how many rows an epoch went through."""
    speed, seconds = row.get("rows_per_second"), row.get("seconds")
    return f"{round(speed * seconds):,}" if speed and seconds else ""


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _time(seconds: float) -> str:
    """Return seconds; a folder of a model does not keep them."""
    return "" if not seconds else f"{seconds:.2g}" if seconds < 10 else f"{seconds:,.0f}"


def _safe(text: object) -> str:
    return html.escape(str(printable(str(text))))
