"""What was tried and chosen: how each arm came to its settings, for every number of labels."""

from __future__ import annotations

import json

import numpy as np

from .._durable import Facts, jsonable
from .runner import Outcome


def tuning(outcome: Outcome) -> list[Facts]:
    """Return a row per arm, number of labels and setting; arms that had nothing to choose have
    none.

    Returns
    -------
    list of dict
        ``arm``, ``role``, ``labels``, ``setting``; ``tried`` and ``chosen``, counts of draws;
        ``score``, the mean over draws of minus the log loss (nats; of an arm without probabilities
        the accuracy) or R² on the labelled rows that were held out to judge settings, None where no
        draw has one.
    """
    rows: dict[tuple[str, int, str], Facts] = {}
    scores: dict[tuple[str, int, str], list[float]] = {}
    for record in outcome.records:
        tried = record.get("tried") or []
        for i, one in enumerate(tried if len(tried) > 1 else []):
            words = json.dumps(jsonable(one["setting"]), sort_keys=True)
            key = (record["arm"], record["labels"], words)
            about = {name: record[name] for name in ("arm", "role", "labels")}
            counts = {"setting": one["setting"], "tried": 0, "chosen": 0}
            row = rows.setdefault(key, about | counts)
            row["tried"] += 1
            row["chosen"] += i == record["chosen"]
            scores.setdefault(key, []).extend([] if one["score"] is None else [one["score"]])
    return [
        row | {"score": float(np.mean(scores[key])) if scores[key] else None}
        for key, row in _in_order(rows, outcome)
    ]


def _in_order(rows: dict[tuple[str, int, str], Facts], outcome: Outcome) -> list[tuple]:
    """Return the rows by arm and number of labels, settings as they were tried."""
    names = [arm.name for arm in outcome.arms]
    return sorted(rows.items(), key=lambda item: (names.index(item[0][0]), item[0][1]))
