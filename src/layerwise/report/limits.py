"""How much of a thing a report shows, and how its arms look."""

from __future__ import annotations

LOOKS = {
    "pretrained": "first",
    "random start": "second",
    "with unlabelled rows": "first",
    "labels alone": "second",
}
MOST = {
    "classes": 30,
    "panels": 12,
    "pictures": 16,
    "filters": 64,
    "columns": 40,
    "rows": 6,
    "matrix": 20,
    "recalls": 100,
    "draws": 200,
}


def texts_of(items: object) -> list[str]:
    """Return a list of strings from a list of anything, a string alone, or nothing."""
    if items is None:
        return []
    return [str(item) for item in items] if isinstance(items, list) else [str(items)]
