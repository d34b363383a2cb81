"""Text from data, fit to be shown."""

from __future__ import annotations

import json
import re
from typing import Any

# What neither XML nor UTF-8 can carry, what drives a terminal, and what reorders the text around
# it: C0 without tab and line end, delete, C1, direction marks, surrogates.
UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(value: Any) -> Any:
    """Return plain data whose strings drive no terminal: each unfit character is replaced.

    >>> printable({"\\x1b[31m": ["a\\r\\nb", 1]})
    {'�[31m': ['a\\nb', 1]}
    """
    if isinstance(value, str):
        return UNFIT.sub("\ufffd", value.replace("\r\n", "\n"))
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    return [printable(item) for item in value] if isinstance(value, (list, tuple)) else value


def json_line(data: object) -> str:
    """Return JSON in one line; what would drive a terminal is escaped, and reads back as it was.

    >>> json_line("\\x9b31mü")
    '"\\\\u009b31mü"'
    """
    text = json.dumps(data, ensure_ascii=False)
    return UNFIT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
