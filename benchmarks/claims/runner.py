"""Runs units one after another, keeps each on the disk, and says how long the rest will take."""

from __future__ import annotations

import math
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .store import Store
from .study import DATA, Claim

Tell = Callable[[str], None]
QUICK_SEEDS = 2


def run_units(
    claims: Sequence[Claim],
    store: Store,
    mode: str,
    seeds: int | None,
    *,
    tell: Tell,
    retry: bool = False,
) -> None:
    """Run what is missing: the first seed of every claim, then the second, and so on.

    A unit that fails is kept with its error; ``retry`` runs such units again.
    """
    wanted = [
        (claim, seed)
        for seed in range(_most(claims, mode, seeds))
        for claim in claims
        if seed < _seeds(claim, mode, seeds)
    ]
    known = {claim.number: store.units(claim, claim.sizes[mode]) for claim in claims}
    left = [
        (claim, seed) for claim, seed in wanted if _missing(known[claim.number].get(seed), retry)
    ]
    if len(left) < len(wanted):
        tell(f"{len(wanted) - len(left)} of {len(wanted)} units are there already")
    took = {
        number: [record["seconds"] for record in units.values()] for number, units in known.items()
    }
    for done, (claim, seed) in enumerate(left):
        tell(
            f"claim {claim.number}, seed {seed} (unit {done + 1} of "
            f"{len(left)}{_time_left(took, left[done:])})"
        )
        record = run_unit(claim, mode, seed)
        store.append(record)
        took[claim.number].append(record["seconds"])
        tell(
            f"  {record['seconds']:.0f} s"
            + (f"; failed: {record['error']}" if "error" in record else "")
        )


def run_unit(claim: Claim, mode: str, seed: int) -> dict[str, Any]:
    """Run one claim with one seed; return what is stored of it."""
    record: dict[str, Any] = {
        "claim": claim.number,
        "version": claim.version,
        "mode": mode,
        "size": dict(claim.sizes[mode]),
    }
    record |= {"seed": seed, "machine": machine()}
    began, busy = time.perf_counter(), time.process_time()
    try:
        record["arms"] = _checked(claim.run(claim.sizes[mode], seed))
    except Exception as error:
        traceback.print_exc()
        record["error"] = said(error)
    return record | {
        "seconds": round(time.perf_counter() - began, 3),
        "cpu": round(time.process_time() - busy, 3),
    }


def said(error: Exception) -> str:
    """Return an error in one line, without the place of the data."""
    first = (
        (str(error).splitlines() or [""])[0][:200]
        .replace(str(DATA), "LAYERWISE_DATA")
        .replace(str(Path.home()), "~")
    )
    return f"{type(error).__name__}: {first}".rstrip(": .")


def machine() -> str:
    """Return what the figures depend on, without a date."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    where = "a GPU" if torch.cuda.is_available() else "no GPU"
    threads = torch.get_num_threads()
    return (
        f"{cores} cores of {_processor()}, {memory:.0f} GiB, {where}, {threads} "
        f"thread{'s' * (threads > 1)}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _checked(arms: Any) -> dict[str, dict[str, float]]:
    """Return plain numbers.

    Raises
    ------
    ValueError
        When a measure is not finite.
    """
    plain = {
        arm: {measure: float(value) for measure, value in measures.items()}
        for arm, measures in arms.items()
    }
    bad = [
        f"{arm}, {measure}"
        for arm, measures in plain.items()
        for measure, value in measures.items()
        if not math.isfinite(value)
    ]
    if bad:
        raise ValueError(f"not a finite number: {'; '.join(bad)}")
    return plain


def _seeds(claim: Claim, mode: str, seeds: int | None) -> int:
    return seeds if seeds is not None else QUICK_SEEDS if mode == "quick" else claim.seeds


def _most(claims: Sequence[Claim], mode: str, seeds: int | None) -> int:
    return max(_seeds(claim, mode, seeds) for claim in claims)


def _missing(record: dict[str, Any] | None, retry: bool) -> bool:
    return record is None or (retry and "error" in record)


def _time_left(took: dict[int, list[float]], left: Sequence[tuple[Claim, int]]) -> str:
    """Return the time left in words, from the units of the same claim, or of all claims where it
    has none yet."""
    everything = [seconds for units in took.values() for seconds in units]
    if not everything:
        return ""
    typical = sum(everything) / len(everything)
    seconds = sum(
        sum(units) / len(units) if (units := took[claim.number]) else typical for claim, _ in left
    )
    return f"; about {math.ceil(seconds / 60)} min left"


def tell(line: str) -> None:
    """Print progress on standard error."""
    print(line, file=sys.stderr, flush=True)
