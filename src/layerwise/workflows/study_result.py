"""What ``compare`` returns: plain data that shows its answer in a notebook."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from .._durable import Facts
from .._text import printable
from ..display.metric import level_words, scale_of

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


class StudyResult(dict[str, Any]):
    """The result of a study: a dict like any other, whose ``repr`` is the finding, and which a
    notebook shows as the verdict above a table of arms by numbers of labels.

    Examples
    --------
    >>> from layerwise import StudyResult
    >>> StudyResult(verdict={"kind": "nil", "finding": "Pretraining makes no difference."})
    <StudyResult: nil. Pretraining makes no difference.>
    """

    def __repr__(self) -> str:
        verdict = self.get("verdict") or {}
        told = f"{verdict.get('kind', 'no verdict')}. {verdict.get('finding', '')}".strip()
        return f"<{type(self).__name__}: {printable(told)}>"

    def _repr_html_(self) -> str:
        """Return the verdict and the table, everything escaped."""
        return f'<div class="layerwise-study">{_verdict(self)}{_table(self)}{_report(self)}</div>'


def _verdict(result: Mapping[str, Any]) -> str:
    """Return the sentences of the verdict; the details are folded."""
    verdict = result.get("verdict") or {}
    said = {
        part: _safe(verdict[part])
        for part in ("best", "finding", "advice", "details")
        if isinstance(verdict.get(part), str) and verdict[part]
    }
    lines = []
    for part in ("best", "finding"):
        if part in said:
            lines.append(f"<p><strong>{said[part]}</strong></p>")
    if "advice" in said:
        lines.append(f"<p>{said['advice']}</p>")
    if "details" in said:
        lines.append(f"<details><summary>Details</summary><p>{said['details']}</p></details>")
    return "".join(lines)


def _table(result: Mapping[str, Any]) -> str:
    """Return arms by numbers of labels, the best first and in each column in bold."""
    summary = result.get("summary") or []
    if not summary:
        return ""
    metric = str(result.get("metric") or "score")
    up, scale = bool(result.get("higher_is_better", True)), scale_of(metric)
    cells = {(row["arm"], row["labels"]): row for row in summary}
    budgets = sorted({row["labels"] for row in summary})
    arms = sorted(dict.fromkeys(row["arm"] for row in summary), key=lambda a: _height(a, cells, up))
    best = {n: _best([row for row in summary if row["labels"] == n], up) for n in budgets}
    heads = "".join(f"<th>{budget:,} labels</th>" for budget in budgets)
    lines = ""
    for arm in arms:
        values = ""
        for budget in budgets:
            row = cells.get((arm, budget), {})
            text = _cell(row, scale)
            loud = _known(row) is not None and row["mean"] == best[budget]
            values += f"<td>{f'<strong>{text}</strong>' if loud else text}</td>"
        lines += f"<tr><th>{_safe(arm)}</th>{values}</tr>"
    caption = f"{level_words(metric, up)}; in brackets 95 % intervals"
    return (
        f"<table><caption>{_safe(caption)}</caption><thead><tr><th></th>{heads}</tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _height(arm: str, cells: Mapping[tuple[str, int], Facts], up: bool) -> float:
    """Return what arms are sorted by: the mean over the budgets, the best one smallest."""
    means = [_known(row) for (name, _), row in cells.items() if name == arm]
    known = [mean for mean in means if mean is not None]
    return (-1 if up else 1) * sum(known) / len(known) if known else math.inf


def _best(rows: list[Facts], up: bool) -> float | None:
    known = [mean for mean in map(_known, rows) if mean is not None]
    return (max if up else min)(known, default=None)


def _known(row: Facts) -> float | None:
    mean = row.get("mean")
    return mean if isinstance(mean, (int, float)) and math.isfinite(mean) else None


def _cell(row: Facts, scale: float) -> str:
    """Return a mean with its interval; a share in percent with one digit.

    >>> _cell({"mean": 0.912, "low": 0.9, "high": 0.924}, 100.0), _cell({"mean": None}, 1.0)
    ('91.2 [90.0, 92.4]', '–')
    """
    if _known(row) is None:
        return MISSING
    digits = 1 if scale != 1 else 3
    mean, *ends = (
        None if row.get(part) is None else f"{scale * row[part]:.{digits}f}".replace("-", MINUS)
        for part in ("mean", "low", "high")
    )
    return f"{mean} [{ends[0]}, {ends[1]}]" if all(ends) else str(mean)


def _report(result: Mapping[str, Any]) -> str:
    return f"<p>Report: {_safe(result['report'])}</p>" if result.get("report") else ""


def _safe(text: object) -> str:
    return html.escape(str(printable(str(text))))
