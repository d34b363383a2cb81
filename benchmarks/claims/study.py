"""What a claim is: arms that are run over seeds, differences between them, and the margins that
were set beforehand."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("LAYERWISE_DATA", Path(__file__).parents[3] / "shared" / "data"))
Arms = dict[str, dict[str, float]]  # arm -> measure -> value
Size = Mapping[str, Any]
MODES = ("quick", "default", "full")


@dataclass(frozen=True)
class Contrast:
    """A difference, one value a seed, which the claim says lies above ``margin``.

    ``values`` takes the arms of every seed. A contrast that is not ``judged`` was looked at beside
    the claim: it is shown with its interval and has no part in the verdict.
    """

    name: str
    values: Callable[[Sequence[Arms]], list[float]]
    margin: float = 0.0
    unit: str = "points"
    judged: bool = True
    digits: int = 2


@dataclass(frozen=True)
class Panel:
    """A picture of some measures: 'dots' (an arm a line) or 'lines' (measures along the x axis, an
    arm a curve)."""

    label: str
    measures: tuple[str, ...]
    kind: str = "dots"
    x_label: str = ""


@dataclass(frozen=True)
class Claim:
    """An experiment.

    Parameters
    ----------
    number, title, source
        ``source`` names the paper and what it published, with its mark (P or S).
    ran : str
        What is run, in a sentence or two; fields of the size are filled in.
    sizes : dict of dict
        For 'quick', 'default' and 'full'.
    run : function (size, seed) -> {arm: {measure: value}}
    contrasts : tuple of Contrast
    panels : tuple of Panel
    needs : 'all' or 'any'
        Whether all judged contrasts must lie above their margins, or one of them.
    formats : dict
        How a measure is written in the table, for instance '{:.1f}'.
    seeds : int
        Of the default size, at least 5.
    version : int
        Raise it when ``run`` changes: stored units of another version do not count.
    """

    number: int
    title: str
    source: str
    ran: str
    sizes: Mapping[str, Size]
    run: Callable[[Size, int], Arms]
    contrasts: tuple[Contrast, ...]
    panels: tuple[Panel, ...]
    needs: str = "all"
    formats: Mapping[str, str] = field(default_factory=dict)
    seeds: int = 5
    version: int = 1

    @property
    def judged(self) -> list[Contrast]:
        return [contrast for contrast in self.contrasts if contrast.judged]

    @property
    def rule(self) -> str:
        """The rule in one line, made from the contrasts themselves."""
        parts = [f"{c.name} > {c.margin:g} {c.unit}".rstrip() for c in self.judged]
        which = "each of these lies" if self.needs == "all" else "one of these lies"
        return (
            f"{parts[0]}." if len(parts) == 1 else f"{which} above its margin: {'; '.join(parts)}."
        )


def each(
    name: str,
    value: Callable[[Arms], float],
    margin: float = 0.0,
    unit: str = "points",
    **settings: Any,
) -> Contrast:
    """Return a contrast of one value per seed."""
    return Contrast(name, lambda seeds: [value(arms) for arms in seeds], margin, unit, **settings)


def gap(
    worse: str,
    better: str,
    measure: str,
    margin: float = 0.0,
    unit: str = "points",
    **settings: Any,
) -> Contrast:
    """Return the contrast ``worse minus better`` of an error measure."""
    what = settings.pop("what", measure)
    return each(
        f"{worse} minus {better}, {what}",
        lambda arms: arms[worse][measure] - arms[better][measure],
        margin,
        unit,
        **settings,
    )
