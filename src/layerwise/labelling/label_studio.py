"""Label Studio's files: tasks to import, and the annotations of its export. Data, never code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._errors import FileError
from .strategy import Query

# The fields of a task's data that name the row and say why it is asked about: no column's name
ROW, REASON = "layerwise_row", "layerwise_reason"
_MOST_BYTES = 2**30
_CHOICE = "label"  # from_name of the choices in predictions


def tasks(
    queries: Sequence[Query],
    cells: Sequence[Mapping[str, object]],
    said: Sequence[tuple[str, float]] | None = None,
    shown: str = "text",
) -> list[dict[str, Any]]:
    """Return tasks as Label Studio imports them: the cells of a row, why it is asked about, and
    what a model says of it as a prediction.

    Parameters
    ----------
    queries : sequence of Query
    cells : sequence of dict
        Of each row, in the same order: plain data.
    said : sequence of (class, probability), optional
    shown : str
        The object tag of the labelling configuration that the choices belong to (``to_name``).

    References
    ----------
    Tkachenko, Malyuk, Holmanyuk and Liubimov (2020), "Label Studio: data labeling software".

    Examples
    --------
    >>> (task,) = tasks([Query(3, "typical")], [{"text": "a card"}], [("lost", 0.8)])
    >>> task["data"]
    {'text': 'a card', 'layerwise_row': 3, 'layerwise_reason': 'typical'}
    >>> task["predictions"][0]["result"][0]["value"]
    {'choices': ['lost']}
    """
    found = []
    for i, (query, row) in enumerate(zip(queries, cells, strict=True)):
        task: dict[str, Any] = {"data": {**row, ROW: query.row, REASON: query.reason}}
        if said is not None:
            name, probability = said[i]
            choice = {"from_name": _CHOICE, "to_name": shown, "type": "choices"}
            result = [choice | {"value": {"choices": [str(name)]}}]
            task["predictions"] = [
                {"model_version": "layerwise", "score": float(probability), "result": result}
            ]
        found.append(task)
    return found


def read_annotations(path: str | Path) -> dict[int, list[str]]:
    """Return what annotators chose for each row, in the order of their annotations, from an export
    in the format JSON; what was skipped or taken back is left out. Of several controls with choices
    the one that is called 'label' counts.

    Raises
    ------
    FileError
        When the file is no such export, a task does not say its row, or there are several controls
        and none is called 'label'.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> chosen = {"result": [{"type": "choices", "value": {"choices": ["lost"]}}]}
    >>> place = Path(tempfile.mkdtemp()) / "export.json"
    >>> _ = place.write_text(json.dumps([{"data": {"layerwise_row": 3}, "annotations": [chosen]}]))
    >>> read_annotations(place)
    {3: ['lost']}
    """
    found: dict[int, list[str]] = {}
    for number, task in enumerate(_tasks_of(Path(path))):
        row = task["data"].get(ROW) if isinstance(task.get("data"), dict) else None
        if not isinstance(row, int) or isinstance(row, bool) or row < 0:
            raise FileError(
                f"Task {number} of {str(path)!r} does not say its row in data.{ROW}.",
                "Import tasks as layerwise suggest --label-studio writes them.",
            )
        given = task.get("annotations")
        for one in given if isinstance(given, list) else []:
            if isinstance(one, dict) and not one.get("was_cancelled"):
                found.setdefault(row, []).extend(_choices(one))
    return {row: chosen for row, chosen in found.items() if chosen}


def _tasks_of(path: Path) -> list[dict[str, Any]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileError(f"{str(path)!r} has more than a gibibyte.", "Export fewer tasks.")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise FileError(
            f"{str(path)!r} is no JSON: {error}.", "Export in the format JSON."
        ) from error
    whole = isinstance(data, list) and all(isinstance(task, dict) for task in data)
    if not whole or not all("annotations" in task for task in data):
        raise FileError(
            f"{str(path)!r} is no export of Label Studio with annotations.",
            "Export in the format JSON, not JSON-MIN.",
        )
    return data


def _choices(annotation: dict[str, Any]) -> list[str]:
    """Return the choice of an annotation, or nothing."""
    results = annotation.get("result")
    found: dict[str, list[str]] = {}
    for part in results if isinstance(results, list) else []:
        value = part.get("value") if isinstance(part, dict) else None
        chosen = value.get("choices") if isinstance(value, dict) else None
        if isinstance(chosen, list) and len(chosen) == 1 and isinstance(chosen[0], str):
            found.setdefault(str(part.get("from_name", _CHOICE)), [chosen[0]])
    if len(found) > 1 and _CHOICE not in found:
        raise FileError(
            f"An annotation has choices of {', '.join(sorted(found))}: which are the labels?",
            f"Call the control of the labels {_CHOICE!r}.",
        )
    return found.get(_CHOICE, next(iter(found.values()), []))
