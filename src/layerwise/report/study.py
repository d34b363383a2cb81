"""The report of a study: from its result to a page and its JSON twin."""

from __future__ import annotations

from .._durable import Facts, jsonable
from .formats import MISSING, clean, gain, is_number, is_share, metric_name, number, score
from .render import environment, page_files
from .study_curves import LOOKS, cost_plot, curves, first_rows, recipes_of

_VERDICTS = {
    "helps": ("▲", "Pretraining helps", "helps"),
    "hurts": ("▼", "Pretraining hurts", "hurts"),
    "nil": ("=", "Pretraining changes nothing", "nil"),
    "not_separable": ("?", "Cannot be told yet", "unsure"),
    "baseline": ("▼", "A simple baseline is better", "hurts"),
    "too_few_draws": ("?", "Too few draws", "unsure"),
}
_PLAIN = {"None": "all", "True": "yes", "False": "no"}
_MOST = {"classes": 40, "rows": 400, "findings": 100}
_MEASURES = {
    "macro_f1": "macro F1",
    "ece": "calibration error",
    "brier": "Brier score",
    "log_loss": "log loss",
    "mean_absolute_error": "mean absolute error",
    "root_mean_squared_error": "root mean squared error",
}


def study_files(facts: Facts) -> dict[str, bytes]:
    """Return ``report.html`` and the same facts as ``report.json``, by name."""
    plain = clean(jsonable(facts))
    return page_files(render_study(plain), plain)


def render_study(facts: Facts) -> str:
    """Return the report of a study as one self-contained HTML page.

    Parameters
    ----------
    facts : dict
        What ``layerwise compare --json`` prints, with ``run``. Parts that are missing or empty are
        left out.

    Examples
    --------
    >>> words = {"finding": "No difference.", "details": "", "advice": "Do not pretrain."}
    >>> facts = {"verdict": {"kind": "nil"} | words}
    >>> "Pretraining changes nothing" in render_study(facts)
    True
    """
    return environment().get_template("study.html.j2").render(**_view(clean(jsonable(facts))))


def _view(facts: Facts) -> Facts:
    metric = str(facts.get("metric") or "score")
    return {
        "title": facts.get("data") or "Study",
        "version": facts.get("version") or "",
        "verdict": _verdict(facts.get("verdict") or {}),
        "counts": _counts(facts),
        "transductive": bool((facts.get("study") or {}).get("transductive")),
        "curves": curves(facts, metric),
        "table": _table(facts, metric),
        "measures": _measures(facts),
        "saved": _saved(facts),
        "classes": _classes(facts),
        "cost": cost_plot(facts, metric),
        "wins": _wins(facts),
        "guards": [str(finding.get("text") or "") for finding in facts.get("guards") or []][
            : _MOST["findings"]
        ],
        "notes": [str(note) for note in facts.get("notes") or []],
        "run": _run(facts),
        "metric": metric_name(metric),
    }


def _verdict(part: Facts) -> Facts | None:
    if not part.get("finding"):
        return None
    sign, words, look = _VERDICTS.get(str(part.get("kind")), ("", "", "none"))
    return {"sign": sign, "words": words, "look": look} | {
        key: part.get(key) or "" for key in ("finding", "details", "advice")
    }


def _counts(facts: Facts) -> list[tuple[str, str]]:
    counts = facts.get("counts") or {}
    shown = [
        (number(counts[key]), key.replace("_", " ")) for key in counts if counts[key] is not None
    ]
    return [*shown, (number(facts["draws"]), "draws")] if facts.get("draws") else shown


def _table(facts: Facts, metric: str) -> Facts | None:
    """Return arms by budgets: mean and half the interval, in percent for a share; the best of each
    budget marked."""
    summary = facts.get("summary") or []
    if not summary:
        return None
    budgets = sorted({row["labels"] for row in summary})
    cells = {(row["arm"], row["labels"]): row for row in summary}
    best = {
        b: max(
            (row["mean"] for row in summary if row["labels"] == b and is_number(row["mean"])),
            default=None,
        )
        for b in budgets
    }
    areas = {row["arm"]: row["area"] for row in facts.get("areas") or []}
    rows = []
    for first in sorted(first_rows(summary), key=lambda row: -(areas.get(row["arm"]) or -1e9)):
        arm = first["arm"]
        values = []
        for budget in budgets:
            row = cells.get((arm, budget)) or {}
            half = (
                (row["high"] - row["low"]) / 2
                if is_number(row.get("low")) and is_number(row.get("high"))
                else None
            )
            values.append(
                (
                    _cell(row.get("mean"), metric),
                    f"± {_cell(half, metric)}" if half is not None else "",
                    row.get("mean") == best[budget] is not None,
                )
            )
        rows.append(
            {
                "arm": arm,
                "look": LOOKS.get(str(first["role"]), "other"),
                "values": values,
                "area": _cell(areas.get(arm), metric),
            }
        )
    return {
        "budgets": [number(b) for b in budgets],
        "rows": rows,
        "unit": " (%)" if is_share(metric) else "",
    }


def _cell(value: object, metric: str) -> str:
    """Return a number for a table whose head names the unit."""
    return f"{100 * value:.1f}" if is_number(value) and is_share(metric) else score(value, metric)


def _measures(facts: Facts) -> Facts | None:
    """Return the further measures at the budget in the middle."""
    summary = facts.get("summary") or []
    budgets = sorted({row["labels"] for row in summary})
    if not budgets:
        return None
    middle = budgets[(len(budgets) - 1) // 2]
    rows = [row for row in summary if row["labels"] == middle]
    names = [key for key in _MEASURES if any(is_number(row.get(key)) for row in rows)]
    shown = [
        {"arm": row["arm"], "values": [number(row.get(key), 3) for key in names]} for row in rows
    ]
    return (
        {"labels": number(middle), "names": [_MEASURES[key] for key in names], "rows": shown}
        if names
        else None
    )


def _saved(facts: Facts) -> list[Facts]:
    def count(value: float | None, most: float) -> str:
        return f"more than {number(most)}" if value is None else number(round(value))

    rows = []
    for row in facts.get("labels_saved") or []:
        low, high = count(row["low"], row["most"]), count(row["high"], row["most"])
        rows.append(
            {
                "recipe": row["recipe"],
                "labels": number(row["labels"]),
                "needed": count(row["needed"], row["most"])
                + (" or fewer" if row["or_fewer"] else ""),
                "interval": low if low == high else f"{low} to {high}",
                "saved": MISSING
                if row["saved"] is None or row["or_fewer"]
                else number(round(row["saved"])),
            }
        )
    return rows


def _classes(facts: Facts) -> Facts | None:
    part, recipes = facts.get("classes") or {}, recipes_of(facts)
    rows = part.get("rows") or []
    if not rows or not recipes:
        return None
    gap = next(row for row in facts["differences"] if row["recipe"] == recipes[0])
    recall = {(row["arm"], row["class"]): row["recall"] for row in rows}
    names = list(dict.fromkeys(row["class"] for row in rows))
    table = []
    for name in names[: _MOST["classes"]]:
        first, second = recall.get((gap["arm"], name)), recall.get((gap["against"], name))
        change = MISSING if first is None or second is None else gain(first - second)
        table.append(
            {"class": name, "first": score(first), "second": score(second), "change": change}
        )
    return {
        "labels": number(part.get("labels")),
        "arms": [gap["arm"], gap["against"]],
        "rows": table,
        "more": max(0, len(names) - _MOST["classes"]),
    }


def _wins(facts: Facts) -> list[Facts]:
    spoken = (facts.get("verdict") or {}).get("recipe")
    arms = {row["arm"] for row in facts.get("differences") or [] if row["recipe"] == spoken}
    return [row for row in facts.get("wins") or [] if row["arm"] in arms]


def _run(facts: Facts) -> Facts | None:
    run = facts.get("run") or {}
    if not run:
        return None
    return {
        "command": run.get("command"),
        "machine": run.get("machine"),
        "versions": [(str(key), str(value)) for key, value in (run.get("versions") or {}).items()],
        "study": [
            (str(key), _text(value))
            for key, value in (facts.get("study") or {}).items()
            if key != "type"
        ],
        "recipes": run.get("recipes") or [],
        "files": run.get("files") or [],
    }


def _text(value: object) -> str:
    return (
        ", ".join(number(v) for v in value)
        if isinstance(value, list)
        else number(value)
        if is_number(value)
        else _PLAIN.get(str(value), str(value))
    )
