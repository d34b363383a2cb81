"""From facts to a page, and to files."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .._commit import write_folder
from .._durable import Facts, encoded, jsonable
from .._json import json_text
from .formats import clean, short
from .sections import view

PAGE, TWIN = "report.html", "report.json"
_TEMPLATES = Path(__file__).parent / "templates"
_ARRAYS = {
    "pictures": ("originals", "corrupted", "reconstructions", "filters"),
    "codes": ("points", "tsne"),
}


def render(facts: Facts) -> str:
    """Return the report as one self-contained HTML page.

    Parameters
    ----------
    facts : dict
        What happened, section by section: ``title``, ``version``, ``command``, ``headline``,
        ``data``, ``comparison``, ``run``, ``history``, ``pictures``, ``table_reconstruction``,
        ``codes``, ``confusion``, ``residuals``, ``transfer``, ``seconds``. A section that is
        missing, empty or None is left out.

    Examples
    --------
    >>> headline = {"kind": "helps", "text": "The error fell from 7.3 % to 5.9 %."}
    >>> "It helped" in render({"headline": headline})
    True
    """
    plain, arrays = split(facts)
    page = view(plain, arrays)
    return environment().get_template("report.html.j2").render(**page)


def write_report(facts: Facts, folder: Path) -> Path:
    """Write ``report.html`` and the same facts as ``report.json``; return the path of the page.

    In the JSON an image array is its shape, and a point of a map has five digits.

    Raises
    ------
    FileError
        When the folder cannot be written.
    """
    write_folder(Path(folder), report_files(facts))
    return Path(folder) / PAGE


def report_files(facts: Facts) -> dict[str, bytes]:
    """Return the files of a report by name."""
    plain, arrays = split(facts)
    for section, found in arrays.items():
        for name, array in found.items():
            plain[section][name] = (
                {"shape": list(array.shape)} if section == "pictures" else jsonable(_rounded(array))
            )
    return page_files(render(facts), plain)


def page_files(page: str, plain: Facts) -> dict[str, bytes]:
    """Return a page and its facts as files by name."""
    texts = {PAGE: page, TWIN: json_text(plain)}
    return {name: encoded(Path(name), text) for name, text in texts.items()}


def split(facts: Facts) -> tuple[Facts, dict[str, dict[str, np.ndarray]]]:
    """Return the facts as clean plain data (None for what is not finite), and apart from them the
    pictures and points."""
    arrays: dict[str, dict[str, np.ndarray]] = {}
    rest = dict(facts)
    for section, names in _ARRAYS.items():
        part = rest.get(section)
        if part:
            found = [
                name
                for name, value in part.items()
                if value is not None and (name in names or np.ndim(value) > 2)
            ]
            arrays[section] = {name: np.asarray(part[name], dtype=float) for name in found}
            rest[section] = {
                key: value for key, value in part.items() if key not in arrays[section]
            }
    return clean(jsonable(rest)), arrays


@functools.cache
def environment() -> Environment:
    """Return the template engine: autoescape, and an error for a name that is missing."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["short"] = short
    return made


def _rounded(array: np.ndarray) -> list[list[float]]:
    rows = array.reshape(len(array), -1).tolist() if array.size else []
    return [[float(f"{value:.5g}") for value in row] for row in rows]
