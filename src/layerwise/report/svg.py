"""Turn matplotlib's SVG files into SVG that lives inside a page and takes its colours and fonts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from markupsafe import Markup

# matplotlib is told these impossible colours; the page's style sheet says what they are, by day and
# by night.
INK, MUTED, RULE, FIRST, SECOND, PAPER = (f"#0{i}0{i}0{i}" for i in range(1, 7))
_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    FIRST: "--first",
    SECOND: "--second",
    PAPER: "--paper",
}
_COLOUR = re.compile("|".join(_VARIABLES), re.IGNORECASE)
_FONT = re.compile(r"font-family:[^;]*;?|font:(?P<rest>[^;]*?)(?P<size>[\d.]+px)[^;]*;?")
_REFERENCE = re.compile(r"(?:^|url\()#([^)]+)")


def inline(svg: str, name: str, label: str) -> Markup:
    """Return an SVG file's root element, for the body of an HTML page.

    Parameters
    ----------
    svg : str
        A file that matplotlib wrote.
    name : str
        Unique in the page; the start of every id.
    label : str
        What a reader who cannot see it is told.
    """
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("style", "metadata", "title"):
                parent.remove(child)
    used = {
        found
        for element in root.iter()
        for value in element.attrib.values()
        for found in _REFERENCE.findall(value)
    }
    names = {old: f"{name}-{i}" for i, old in enumerate(sorted(used))}
    for element in root.iter():
        _adapt(element, names)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "role": "img",
        "aria-label": label,
        "style": f"aspect-ratio: {width} / {height}",
    }
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _adapt(element: ElementTree.Element, names: dict[str, str]) -> None:
    """Drop namespaces and unused ids, rename the used ones, and let the page choose fonts and
    colours."""
    element.tag = element.tag.rpartition("}")[2]
    element.tail = None
    if element.tag != "text" and element.tag != "tspan":
        element.text = None
    attributes = {}
    for key, value in element.attrib.items():
        key = key.rpartition("}")[2]
        if key == "id" and value.startswith("halo"):
            key, value = "class", "halo"
        elif key == "id" and value not in names:
            continue
        elif key == "id":
            value = names[value]
        elif key == "style":
            value = _FONT.sub(lambda m: f"font-size: {m['size']};" if m["size"] else "", value)
        elif key == "space":
            continue
        value = "".join(value.split()) if value.startswith("data:") else " ".join(value.split())
        value = _REFERENCE.sub(lambda m: m.group(0).replace(m.group(1), names[m.group(1)]), value)
        attributes[key] = (
            _COLOUR.sub(lambda m: f"var({_VARIABLES[m.group(0).lower()]})", value)
            if key != "href"
            else value
        )
    element.attrib = attributes
