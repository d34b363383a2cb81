"""Colours, markers and dashes: told apart in print without colour, and with any colour vision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Look:
    """The colours of a picture: of text, of what is beside the point, of thin lines, of the first
    and the second thing that is compared, and of the ground."""

    ink: str = "#1a1a1a"
    muted: str = "#6b6f73"
    rule: str = "#d5d7d9"
    first: str = "#0072b2"
    second: str = "#d55e00"
    paper: str = "#ffffff"


PRINT = Look()

# Okabe and Ito (2008), "Color universal design": after the first and the second colour of a look.
OTHERS = ("#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#6b6f73", "#1a1a1a")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
DASHES: dict[str, Any] = {"pretrained": "-", "control": (0, (5, 2)), "baseline": (0, (1.2, 1.6))}

# Petroff (2021), "Accessible color sequences for data visualization", for classes.
PALETTE = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadb",
)


def line_style(index: int, role: str, look: Look = PRINT) -> dict[str, Any]:
    """Return how the curve of an arm looks: colour and marker by its place, dashes by its role; the
    control's markers are hollow.

    >>> style = line_style(1, "control")
    >>> style["color"], style["marker"], style["markerfacecolor"]
    ('#d55e00', 's', '#ffffff')
    """
    colours = (look.first, look.second, *OTHERS)
    colour = colours[index % len(colours)]
    return {
        "color": colour,
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES.get(role, "-"),
        "markerfacecolor": look.paper if role == "control" else colour,
    }


def class_style(index: int) -> tuple[str, str]:
    """Return colour and marker of a class: no two of the first hundred are alike.

    >>> len({class_style(i) for i in range(100)})
    100
    """
    turns = index // len(PALETTE)
    return PALETTE[index % len(PALETTE)], MARKERS[(index + turns) % len(MARKERS)]
