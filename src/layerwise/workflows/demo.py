"""The whole story on embedded digits."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np

from .._commit import write_folder
from .._durable import Facts, jsonable
from ..data.readers import load_dataset
from ..evaluation import as_difference, estimate, side_of
from ..evaluation.design import shared_by
from ..evaluation.statistics import Estimate
from ..report import PAGE, report_files
from .draw import Fit, Tell, about, facts_of, fit_draw, weak_control
from .facts import fit_facts
from .guarded import guarded
from .place import MODEL, claims_out, files_of

LABELS = 50
DRAWS = 10


@claims_out
def demo(
    *,
    seed: int = 0,
    out: str | Path = "demo-out",
    device: str = "auto",
    tell: Tell = lambda title: None,
) -> Facts:
    """Pretrain and fine-tune on digits with 50 labels, ten draws of them, each beside its random
    start.

    Returns
    -------
    dict
        What ``layerwise demo --json`` prints.
    """
    out = Path(out)
    rows = guarded(load_dataset("digits"), draws=False)
    fits: list[Fit] = []
    why = ""
    for i in range(DRAWS):
        found, why = fit_draw(
            rows,
            labels=LABELS,
            seed=seed + i,
            device=device,
            tell=partial(_tell_draw, tell, i),
            probe=i == 0,  # the report shows the first
        )
        fits.append(found)
    result = facts_of(fits[0], seed) | _over_draws(fits, seed)
    last_seed = seed + DRAWS - 1
    result["notes"] = [
        why,
        *fits[0].notes[:-1],
        f"{LABELS} labels were drawn {DRAWS} times (seeds {seed} to {last_seed}), each with its "
        "own "
        "split.",
    ]
    began = time.perf_counter()
    files = files_of(fits[0].models[0], about(rows, result))
    tell("report")
    context = {"command": f"layerwise demo --seed {seed}", "seed": seed, "why": why}
    facts = fit_facts(fits[0], result, context)
    facts["comparison"]["draws"] = result["draws"]
    write_folder(out, files | report_files(facts))
    result["seconds"]["report"] = time.perf_counter() - began
    return jsonable(result | {"model": str(out / MODEL), "report": str(out / PAGE)})


def _over_draws(fits: list[Fit], seed: int) -> Facts:
    """Return what all draws say together, by the estimate of a study."""
    scores = np.array([found.scores() for found in fits])
    simple = [arm.name for arm in fits[0].simple]
    names = ("pretrained", "random_start", *simple)
    draws = [
        {"seed": seed + i} | dict(zip(names, values, strict=True))
        for i, values in enumerate(scores.tolist())
    ]
    first, second, *values = scores.mean(axis=0).tolist()
    gap, taken = _over_splits(fits), [found.seconds() for found in fits]
    rows = len(fits[0].single.draw.test)
    difference = as_difference(gap, "draws")
    return {
        "draws": draws,
        "seconds": {part: sum(one[part] for one in taken) for part in taken[0]},
        "test": {"rows": rows, "pretrained": first, "random_start": second},
        "difference": difference,
        "baselines": [
            one | {"value": value}
            for one, value in zip(facts_of(fits[0], seed)["baselines"], values, strict=True)
        ],
        "verdict": {
            "kind": side_of(gap),
            "text": _headline(side_of(gap), first, second, difference),
        },
        "flags": weak_control(fits[0]),
    }


def _over_splits(fits: list[Fit]) -> Estimate:
    """Return the mean difference of the two arms over draws that share some labels and test
    rows."""
    gaps = []
    for found in fits:
        first, second = (found.cells.oriented(arm.name, LABELS, 0) for arm in found.pair)
        gaps.append(first.minus(second))
    sharing = shared_by([found.single.draw for found in fits], LABELS, own_test=False)
    return estimate(gaps, sharing=sharing)


def _tell_draw(tell: Tell, i: int, title: str) -> None:
    tell(f"draw {i + 1}/{DRAWS}: {title}")


def _headline(kind: str, first: float, second: float, difference: Facts) -> str:
    interval = f"{100 * difference['low']:+.1f} to {100 * difference['high']:+.1f} points"
    said = {
        "helps": "Pretraining helped",
        "hurts": "Pretraining hurt",
        "not_separable": "Pretraining made no difference that can be told",
    }[kind]
    return (
        f"{said} on this data set: mean accuracy {second:.1%} from random weights, {first:.1%} "
        f"pretrained, over {difference['draws']} draws of {LABELS} labels and of the split (95 % "
        f"interval of the difference {interval})."
    )
