"""The page of the claims, made from the stored units alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from layerwise._durable import write_bytes, write_text

from .plots import draw, half_width
from .store import Store, arms_of, failures_of
from .study import Arms, Claim
from .verdicts import FAILS, HOLDS, OPEN, Finding, Verdict, interval, judge, number

COMMANDS = {
    "quick": "python -m benchmarks.claims --quick",
    "default": "make claims",
    "full": "python -m benchmarks.claims --full",
}
ABOUT = {
    "quick": "**This is the quick size: a check that everything runs, on tiny networks. Its "
    "verdicts say nothing about the "
    "claims.**",
    "default": "The default size: up to 10,000 images and networks of up to 500 units, smaller "
    "than what was published.",
    "full": "The full size: the rows and widths of the papers, with fewer epochs.",
}
SIGNS = {"above": HOLDS, "below": FAILS, "open": OPEN, "looked at": "looked at"}


def write_page(folder: Path, claims: Sequence[Claim], store: Store, mode: str) -> Path:
    """Write ``claims.md`` and a plot for each claim that has units; return the page."""
    parts = []
    for claim in claims:
        units = store.units(claim, claim.sizes[mode])
        seeds = arms_of(units)
        if seeds:
            write_bytes(folder / "claims" / f"{claim.number:02d}.svg", draw(claim, seeds))
        parts.append((claim, units, judge(claim, seeds)))
    write_text(folder / "claims.md", render(parts, mode))
    return folder / "claims.md"


def render(parts: Sequence[tuple[Claim, Mapping[int, Any], Verdict]], mode: str) -> str:
    """Return the page as Markdown."""
    return (
        "\n".join(
            [
                *_head(parts, mode),
                *_summary(parts),
                *(line for part in parts for line in _section(*part, mode)),
            ]
        )
        + "\n"
    )


def _head(parts: Sequence[Any], mode: str) -> list[str]:
    records = [record for _, units, _ in parts for record in units.values()]
    machines = sorted({record["machine"] for record in records})
    return [
        "# The claims of the field, measured",
        "",
        f"Made by `{COMMANDS[mode]}`; do not edit. {ABOUT[mode]}",
        "",
        f"Machine: {'; '.join(machines) or 'none yet'}. {_total(records)}",
        "",
        "A seed draws the training images, the labelled ones among them, the first weights and the "
        "order of the batches, the "
        "same for every arm of a claim, so that arms are compared seed by seed. Arms that are "
        "compared with one another train "
        "for as many steps, unless the claim is about the difference. Settings were chosen on "
        "training rows; the test rows are "
        "touched once per arm and seed, after fitting.",
        "",
        "A difference is given with its mean over the seeds and a 95 % interval by Student's t; "
        "positive is in favour of the "
        "claim. Its margin was set beforehand: a negative one says how much worse still counts as "
        "no worse. It is judged by a "
        "two-sided t test against the margin at 5 %; the differences that are judged in one claim "
        "are corrected by Holm's method "
        "(p in the tables), so an interval may exclude the margin where the verdict does not. "
        "**Holds**: above the margin. "
        "**Does not hold**: below it. **Not separable here**: these seeds cannot tell. Differences "
        "that were looked at beside "
        "the claim have no verdict, and their intervals no correction.",
        "",
        "Published figures: **P** read in the paper or its authors' files, **S** in somebody "
        "else's account of it.",
        "",
    ]


def _total(records: Sequence[Any]) -> str:
    return (
        f"{len(records)} units, {sum(record['seconds'] for record in records) / 60:.0f} "
        "minutes of them in all."
    )


def _summary(parts: Sequence[tuple[Claim, Mapping[int, Any], Verdict]]) -> list[str]:
    lines = ["| | claim | verdict | seeds | minutes |", "|---|---|---|---|---|"]
    for claim, units, verdict in parts:
        minutes = sum(record["seconds"] for record in units.values()) / 60
        lines.append(
            f"| {claim.number} | {claim.title} | {verdict.kind or 'not run'} | {_seeds(units)} | "
            f"{minutes:.1f} |"
        )
    return [*lines, ""]


def _seeds(units: Mapping[int, Any]) -> str:
    done, failed = len(arms_of(dict(units))), len(failures_of(dict(units)))
    return f"{done} ({failed} failed)" if failed else str(done)


def _section(claim: Claim, units: Mapping[int, Any], verdict: Verdict, mode: str) -> list[str]:
    seeds = arms_of(dict(units))
    lines = [
        f"## {claim.number}. {claim.title}",
        "",
        claim.source,
        "",
        f"Run: {sentence(claim, mode)}",
        "",
        f"Rule: {claim.rule[0].upper()}{claim.rule[1:]}",
        "",
    ]
    lines += [
        f"Seed {seed} failed and is left out: {error}."
        for seed, error in failures_of(dict(units)).items()
    ]
    lines += [""] if failures_of(dict(units)) else []
    if seeds:
        lines += [*_arms_table(claim, seeds), "", *_differences(verdict.findings), ""]
        lines += [
            f"![Claim {claim.number}: each arm, its seeds, mean and 95 % "
            f"interval](claims/{claim.number:02d}.svg)",
            "",
        ]
    return [*lines, f"**{_first(verdict.sentence)}**{_rest(verdict.sentence)}", ""]


def sentence(claim: Claim, mode: str) -> str:
    """Return what was run, with the numbers of the size."""
    size = {
        name: "-".join(map(str, value)) if isinstance(value, list) else value
        for name, value in claim.sizes[mode].items()
    }
    return claim.ran.format(**size)


def _arms_table(claim: Claim, seeds: Mapping[int, Arms]) -> list[str]:
    """Mean and half of the 95 % interval of each measure."""
    measures = list(
        dict.fromkeys(
            measure for arms in seeds.values() for values in arms.values() for measure in values
        )
    )
    lines = [
        f"| arm (mean ± half of the 95 % interval) | {' | '.join(measures)} |",
        "|---" * (len(measures) + 1) + "|",
    ]
    for arm in dict.fromkeys(arm for arms in seeds.values() for arm in arms):
        cells = []
        for measure in measures:
            values = np.array(
                [arms[arm][measure] for arms in seeds.values() if measure in arms.get(arm, {})]
            )
            cells.append(_cell(values, claim.formats.get(measure, "{:.2f}")))
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return lines


def _cell(values: np.ndarray, form: str) -> str:
    if not len(values):
        return ""
    return form.format(values.mean()) + (
        f" ± {form.format(half_width(values))}" if len(values) > 1 and values.std() > 0 else ""
    )


def _differences(findings: Sequence[Finding]) -> list[str]:
    lines = ["| difference | mean | 95 % interval | margin | p | |", "|---|---|---|---|---|---|"]
    for finding in findings:
        contrast, judged = finding.contrast, finding.contrast.judged
        margin = f"{contrast.margin:g} {contrast.unit}" if judged else contrast.unit
        p = ("< 0.001" if finding.p < 0.001 else f"{finding.p:.3f}") if judged else ""
        cells = (
            contrast.name,
            number(finding.mean, finding),
            interval(finding),
            margin,
            p,
            SIGNS[finding.side],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _first(text: str) -> str:
    for kind in (HOLDS, FAILS, OPEN):
        if text.lower().startswith(kind):
            return text[: len(kind) + 1]
    return text


def _rest(text: str) -> str:
    return text[len(_first(text)) :]
