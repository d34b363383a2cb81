"""The features of a model folder in words."""

from __future__ import annotations

from .._durable import Facts

SHOWN, LEVELS = 20, 6


def feature_lines(description: Facts) -> list[str]:
    """Return a line per feature: its name, its type, its levels or its range; of many the first
    20."""
    pretrainer = description["pretrainer"]
    preprocessing, about = pretrainer["preprocessing"], description["about"]
    shape = about.get("image_shape") or pretrainer.get("row_shape")
    if shape:
        return [f"images of {' x '.join(map(str, shape))} (channels, rows, columns)"]
    ranges = {one["name"]: one for one in about.get("features") or []}
    names = pretrainer["feature_names_in"]
    if names is None and not ranges:
        return []
    names = list(ranges) if names is None else names
    width = max((min(len(name), 40) for name in names[:SHOWN]), default=0)
    lines = [
        f"{name!r:<{width + 2}}  {_type(name, preprocessing, ranges.get(name))}"
        for name in names[:SHOWN]
    ]
    more = len(names) - SHOWN
    return [*lines, f"... and {more:,} more (--json has all)"] if more > 0 else lines


def _type(name: str, preprocessing: Facts, known: Facts | None) -> str:
    levels = (preprocessing.get("levels_") or {}).get(name)
    if levels is not None:
        shown = ", ".join(map(repr, levels[:LEVELS]))
        more = f" and {len(levels) - LEVELS:,} more" if len(levels) > LEVELS else ""
        words = f"category, {len(levels):,} levels: {shown}{more}"
    elif name in (preprocessing.get("text") or {}).get("columns", []):
        words = "text"
    elif name in (preprocessing.get("dropped_") or []):
        constant = (preprocessing.get("constants_") or {}).get(name)
        words = f"the same in every row: {constant!r}; not used"
    else:
        words = "number"
        ends = [(known or {}).get(end) for end in ("low", "high")]
        if None not in ends:
            words += f", {ends[0]:g} to {ends[1]:g}"
    missing = (known or {}).get("missing")
    return f"{words}; {missing:,} missing" if missing else words
