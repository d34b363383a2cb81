"""The report of a study: from its result to a page and its JSON twin."""

from __future__ import annotations

from .._durable import Facts, jsonable
from .formats import better, clean, is_higher_better, is_number, metric_name, number
from .limits import texts_of
from .render import environment, page_files
from .study_classes import classes
from .study_curves import cost_plot, curves
from .study_tables import arms_table, further_measures, saved, tried, wins
from .verdicts import look_of

_PLAIN = {"None": "all", "True": "yes", "False": "no"}
_FINDINGS = 100


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
    findings = [str(finding.get("text") or "") for finding in facts.get("guards") or []]
    return {
        "title": facts.get("data") or "Study",
        "version": facts.get("version") or "",
        "verdict": _verdict(facts.get("verdict") or {}),
        "counts": _counts(facts),
        "transductive": bool((facts.get("study") or {}).get("transductive")),
        "luck": facts.get("luck") or "",
        "curves": curves(facts, metric),
        "table": arms_table(facts, metric),
        "measures": further_measures(facts, metric),
        "saved": saved(facts),
        "classes": classes(facts),
        "cost": cost_plot(facts, metric),
        "wins": wins(facts),
        "tried": tried(facts),
        "guards": findings[:_FINDINGS],
        "notes": texts_of(facts.get("notes")),
        "run": _run(facts),
        "metric": metric_name(metric),
        "metric_note": facts.get("metric_note") or "",
        "better": better(is_higher_better(facts)),
    }


_QUESTIONS = {
    "compare": "what is pretraining worth on these data?",
    "choosing": "which rows should get the next labels?",
    "made-up rows": "are made-up rows worth anything beside the real ones?",
}


def _verdict(part: Facts) -> Facts | None:
    """Return sign, words and look, and the sentences: the best arm where it is named, else the
    finding, stands first."""
    if not part.get("finding"):
        return None
    said = str(part.get("about"))
    about = said if said in _QUESTIONS else "compare"
    sign, words, look = look_of(part.get("kind"), about)
    best, finding = part.get("best") or "", part["finding"]
    return {
        "sign": sign,
        "words": words,
        "look": look,
        "headline": best or finding,
        "finding": finding if best and best != finding else "",
        "details": part.get("details") or "",
        "advice": part.get("advice") or "",
        "exploratory": texts_of(part.get("exploratory")),
        "question": _QUESTIONS[about],
    }


def _counts(facts: Facts) -> list[tuple[str, str]]:
    counts = facts.get("counts") or {}
    shown = [
        (number(counts[key]), key.replace("_", " ")) for key in counts if counts[key] is not None
    ]
    return [*shown, (number(facts["draws"]), "draws")] if facts.get("draws") else shown


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
