"""The whole story on embedded digits."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .._durable import jsonable
from ..artifacts import save
from ..data.readers import load_dataset
from ..report import write_report
from .choices import resolve
from .facts import fit_facts
from .fit import Arms, Tell, about, result_of, run_arms, writable
from .judge import flags_of, floor, kind_of, over_draws
from .problem import Problem, make_problem

LABELS = 50
DRAWS = 10


def demo(
    *,
    seed: int = 0,
    out: str | Path = "demo-out",
    device: str = "auto",
    tell: Tell = lambda title: None,
) -> dict[str, Any]:
    """Pretrain and fine-tune on digits with 50 labels, ten draws of them, each beside its random
    start.

    Returns
    -------
    dict
        What ``layerwise demo --json`` prints.
    """
    out = writable(Path(out))
    data = load_dataset("digits")
    draws: list[dict[str, Any]] = []
    shown: tuple[Problem, Any, Arms] | None = None
    seconds = {"pretrain": 0.0, "finetune": 0.0, "random_start": 0.0}
    for i in range(DRAWS):
        problem = make_problem(data, labels=LABELS, seed=seed + i)
        recipe, why = resolve(problem, None, ())
        arms = run_arms(
            problem, recipe, seed=seed + i, device=device, tell=partial(_tell_draw, tell, i)
        )
        baseline = floor(problem, arms.pretrained)
        draws.append({"seed": seed + i} | arms.scores | {"baseline": baseline["value"]})
        seconds = {name: total + arms.seconds[name] for name, total in seconds.items()}
        shown = shown or (problem, recipe, arms)
    assert shown is not None
    problem, recipe, arms = shown
    result = result_of(problem, recipe, seed, arms) | {"draws": draws, "seconds": seconds}
    result["test"] = {"rows": result["test"]["rows"]} | {
        arm: float(np.mean([d[arm] for d in draws])) for arm in ("pretrained", "random_start")
    }
    result["difference"] = over_draws([d["pretrained"] - d["random_start"] for d in draws])
    result["baseline"] = {
        "name": baseline["name"],
        "value": float(np.mean([d["baseline"] for d in draws])),
    }
    result["verdict"] = _headline(result)
    result["flags"] = flags_of(result["test"]["random_start"], result["baseline"])
    result["notes"] = [
        why,
        *problem.notes[:-1],
        f"{LABELS} labels were drawn {DRAWS} times (seeds {seed} to {seed + DRAWS - 1}), each with "
        "its own split.",
    ]
    began = time.perf_counter()
    result["model"] = str(save(arms.pretrained, out / "model", about=about(problem, result)))
    tell("report")
    facts = fit_facts(
        problem,
        recipe,
        arms,
        result,
        {"command": f"layerwise demo --seed {seed}", "seed": seed, "why": why},
    )
    facts["comparison"]["draws"] = draws
    report = write_report(facts, out)
    result["seconds"]["report"] = time.perf_counter() - began
    return jsonable(result | {"report": str(report)})


def _tell_draw(tell: Tell, i: int, title: str) -> None:
    tell(f"draw {i + 1}/{DRAWS}: {title}")


def _headline(result: dict[str, Any]) -> dict[str, str]:
    difference, test = result["difference"], result["test"]
    kind = kind_of(difference)
    interval = f"{100 * difference['low']:+.1f} to {100 * difference['high']:+.1f} points"
    said = {
        "helps": "Pretraining helped",
        "hurts": "Pretraining hurt",
        "unsure": "Pretraining made no difference that can be told",
    }[kind]
    text = (
        f"{said} on this data set: mean accuracy {test['random_start']:.1%} from random weights, "
        f"{test['pretrained']:.1%} "
        f"pretrained, over {difference['draws']} draws of {result['labels']} labels and of the "
        "split (95 % interval of the "
        f"difference {interval})."
    )
    return {"kind": kind, "text": text}
