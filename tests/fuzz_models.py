"""Model files with structured faults and right hashes: one exception type, or a model that works.

``python -m tests.fuzz_models`` goes on where it was stopped (``build/fuzz/models.json``). Mutation
i is drawn from (seed, i) alone, so that any can be repeated: ``--only I``.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import layerwise as lw
from layerwise.artifacts.describe import model_lines
from layerwise.artifacts.format import digest_of

from .stops import IN_MEMORY

COUNT, SEED, SECONDS = 100_000, 0, 2.0
STATE = Path("build/fuzz/models.json")
FAST = [(lw.Reconstruction(), lw.Joint(1), lw.Training(batch_size=64))]
TUNE = [(lw.Supervised((3,)), lw.Joint(1), lw.Training(batch_size=64))]
PLAIN = [(lw.Supervised(), lw.HeadOnly(1), lw.Training(batch_size=64))]
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 7, 10**6, 10**12, 2**63, 0.0, 0.5, -0.5, 1.0, 1e300, 1e-300,
    "", "x", "x0", "a", "\ud83d\ude00", "\x1b[31m", "real", "unit", "category", "token", "Dense",
    "float32", "<U3", "<f8", "|b1", "nan", [], {}, [[]], [None], [1], [1, 2], ["x"], ["x", "x"],
    {"type": "Dense"}, {"type": "Dense", "units": 2}, {"nan": True}, {"x": 1},
]  # fmt: skip
Model = tuple[dict[str, Any], dict[str, torch.Tensor]]


class Late(BaseException):
    """A model took too long."""


def models() -> dict[str, Any]:
    """Return fitted models of all kinds, small."""
    import pandas as pd
    import polars as pl

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), np.arange(30) % 3
    holes = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    words = np.array(["no", "yes", "perhaps"])[y]
    table = {"a": holes[:, 0], "w": words, "z": X[:, 1], "same": ["c"] * 30, "one": [1.5] * 30}
    images = rng.random((12, 1, 6, 6)).astype(np.float32)
    source = lw.ArraySource(torch.rand(20, 4), lw.Space.of("unit", 4))
    gaussian = lw.ContrastiveDivergence()

    def learned(*stages: Any, plan: Any = FAST, **settings: Any) -> Any:
        return lw.Pretrainer(lw.Stack(*stages), plan=plan, random_state=0, **settings)

    def prepared(**settings: Any) -> Any:
        return learned(lw.Dense(3), preprocessing=lw.Preprocessor(**settings))

    deep = learned(lw.Dense(4, tied=True), lw.Dense(3, normalisation="batch"))
    return {
        "classifier": lw.PretrainedClassifier(deep, plan=TUNE, random_state=0).fit(X, words),
        "numbers": lw.PretrainedClassifier(
            prepared(numbers="quantile"), plan=PLAIN, random_state=0
        ).fit(holes, y),
        "truths": lw.PretrainedClassifier(
            prepared(numbers="robust"), plan=PLAIN, start="random", random_state=0
        ).fit(X, y > 0),
        "regressor": lw.PretrainedRegressor(
            learned(lw.Dense(3)), plan=TUNE, unlabeled=np.nan, random_state=0
        ).fit(pl.DataFrame(table), X[:, :2]),
        "table": learned(lw.Dense(3)).fit(pd.DataFrame(table)),
        "named": learned(lw.Dense(3)).fit(pd.DataFrame(X, columns=list("abcd"))),
        "images": learned(lw.Conv(2, 3, pool=2), lw.Dense(2)).fit(images),
        "whitened": prepared(contrast=True, whitening="zca").fit(X),
        "machine": learned(
            lw.Dense(3, tied=True, activation="sigmoid"),
            plan=[(gaussian, lw.Joint(1), lw.Training("sgd", learning_rate=0.01))],
        ).fit((X > 0).astype(float)),
        "source": lw.PretrainedRegressor(
            lw.Pretrainer(lw.Stack(lw.Dense(3)), plan=FAST, preprocessing=None, random_state=0),
            plan=PLAIN, random_state=0,
        ).fit(source, np.arange(20.0)),
        "pipeline": make_pipeline(
            SimpleImputer(), StandardScaler(), lw.PretrainedClassifier(deep, plan=PLAIN)
        ).fit(holes, words),
        "prepared": make_pipeline(lw.Preprocessor(), learned(lw.Dense(3))).fit(pd.DataFrame(table)),
        "mixed": learned(
            lw.Concatenate(lw.Dense(2), lw.Dense(2)), lw.Residual(lw.Dense(4))
        ).fit(X),
    }  # fmt: skip


def rows_for(model: Any) -> Any:
    """Return two rows that a model can be asked about, one of them with what it has not seen."""
    import pandas as pd
    import polars as pl

    if isinstance(model, Pipeline):  # the steps before a model
        model = next((part for _, part in model.steps if part != "passthrough"), None)
        if model is None:
            return np.full((2, 3), 0.25)
        names, levels = getattr(model, "feature_names_in_", None), getattr(model, "levels_", {})
        if names is None:
            return np.full((2, model.n_features_in_), 0.25)
        constants = getattr(model, "constants_", {})
        words = {n for n in names if n in levels or isinstance(constants.get(n), str)}
        return pd.DataFrame({n: ["new", None] if n in words else [0.5, 0.25] for n in names})
    pretrainer = model if isinstance(model, lw.Pretrainer) else model._fitted_pretrainer()
    names = getattr(model, "feature_names_in_", None)
    if hasattr(model, "mixed_"):
        levels, constants = pretrainer.preprocessing_.levels_, pretrainer.preprocessing_.constants_
        words = {n for n in names if n in levels or isinstance(constants.get(n), str)}
        return pl.DataFrame({n: ["new", None] if n in words else [0.5, None] for n in names})
    shape = pretrainer.row_shape_ or (model.n_features_in_,)
    rows = np.full((2, *shape), 0.25)
    return rows if names is None else pl.DataFrame({n: rows[:, i] for i, n in enumerate(names)})


def use(model: Any) -> None:
    """Ask a model for everything that it offers."""
    if isinstance(model, Pipeline):
        model, steps = model[-1], model[:-1]
        steps.transform(rows_for(steps))
    rows = rows_for(model)
    pretrainer = model if isinstance(model, lw.Pretrainer) else model._fitted_pretrainer()
    repr(model)
    assert len(pretrainer.get_feature_names_out()) == pretrainer.transform(rows).shape[1]
    for depth in range(pretrainer.module_.depth + 1):
        pretrainer.encode(rows, depth)
    if pretrainer.why_no_decoder() is None:
        pretrainer.reconstruct(rows)
        pretrainer.inverse_transform(pretrainer.transform(rows))
        assert np.shape(pretrainer.score_samples(rows)) == (2,)
    if model is not pretrainer:
        answer = model.predict(rows)
        assert len(answer) == 2
        model.encode(rows)
        if hasattr(model, "classes_"):
            assert model.predict_proba(rows).shape == (2, len(model.classes_))
            assert model.classes_.dtype == answer.dtype


ABOUT: dict[str, Any] = {
    "data": "rows",
    "task": "classification",
    "target": "y",
    "left_out": ["id"],
    "id": "id",
    "white": 255,
    "features": [{"name": "a", "type": "number", "low": 0.0, "high": 1.0, "missing": 0}],
    "result": {
        "rows": 20,
        "labels": 10,
        "metric": "accuracy",
        "test": {"rows": 5, "pretrained": 0.5, "random_start": 0.4},
    },
}


def saved(model: Any) -> Model:
    """Return description and tensors of a model."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = lw.save(model, place, about=ABOUT)
        description = json.loads((folder / "model.json").read_text())
        return description, from_bytes((folder / "model.safetensors").read_bytes())


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values; of a long list of alike things three."""
    found: list[tuple[Any, ...]] = []
    if isinstance(data, dict):
        items = list(data.items())
    else:
        items = list(enumerate(data))[:3] if isinstance(data, list) else []
    for name, value in items:
        found += [(*path, name), *paths(value, (*path, name))]
    return found


def mutate_plain(description: Any, rng: np.random.Generator) -> str:
    """Change one value of a description, or the keys around it."""
    known = paths(description)
    path = known[rng.integers(len(known))]
    part = description
    for name in path[:-1]:
        part = part[name]
    last, old = path[-1], part[path[-1]]
    way = str(rng.choice(["value", "drop", "key", "twice", "swap", "other", "near"]))
    if way == "value":
        part[last] = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    elif way == "drop":
        del part[last]
    elif way == "key" and isinstance(old, dict):
        old[str(rng.choice(["extra", "type", "x0", ""]))] = VALUES[rng.integers(len(VALUES))]
    elif way == "twice" and isinstance(old, list) and old:
        old.insert(int(rng.integers(len(old) + 1)), copy.deepcopy(old[rng.integers(len(old))]))
    elif way == "swap" and isinstance(old, list) and len(old) > 1:
        i, j = rng.choice(len(old), 2, replace=False)
        old[i], old[j] = old[j], old[i]
    elif way == "other":
        other = description
        for name in known[rng.integers(len(known))]:
            other = other[name]
        part[last] = copy.deepcopy(other)
    else:
        part[last] = near(old, rng)
    return f"{way} {'.'.join(map(str, path))}"


def near(old: Any, rng: np.random.Generator) -> Any:
    """Return a value beside another."""
    if isinstance(old, bool) or old is None:
        return not old
    if isinstance(old, (int, float)):
        larger = old * 1000 if abs(old) < 1e290 else 0.5
        return [old + 1, old - 1, -old, old / 2, float(old), str(old), larger][rng.integers(7)]
    if isinstance(old, str):
        return [old + "x", old[:-1], old.upper(), old + " ", [old], old[::-1]][rng.integers(6)]
    if isinstance(old, list):
        return [old[:-1], old[1:], [*old, None], [old], old * 2][rng.integers(5)]
    return [list(item) for item in old.items()]


def mutate_tensors(tensors: dict[str, torch.Tensor], rng: np.random.Generator) -> str:
    """Change one tensor, or which there are."""
    names = list(tensors)
    name, other = names[rng.integers(len(names))], names[rng.integers(len(names))]
    old = tensors[name].clone()
    value = [float("nan"), float("inf"), 0.0, -1.0, 1e30, -1e38, 1e-38, 2.0, 1e6][rng.integers(9)]
    way = int(rng.integers(11))
    if way in (0, 1) and old.numel():
        flat = old.reshape(-1)
        index = int(rng.integers(flat.numel()))
        flat[index if way == 0 else slice(None)] = (
            value if old.is_floating_point() else int(rng.choice([-1, 0, 1, 99, 2**40]))
        )
        tensors[name] = old
    elif way == 2:
        del tensors[name]
    elif way == 3:
        tensors[other] = old
    elif way == 4:
        tensors[name], tensors[other] = tensors[other].clone(), old
    elif way == 5:
        tensors[name] = old.reshape(-1)
    elif way == 6:
        tensors[name] = old.T.contiguous() if old.dim() == 2 else old[None]
    elif way == 7:
        kinds = [torch.float64, torch.float16, torch.int64, torch.bool, torch.float32]
        tensors[name] = old.nan_to_num().to(kinds[rng.integers(5)])
    elif way == 8:
        tensors[name + str(rng.choice(["x", ".0", ""]))] = (
            torch.cat([old, old]) if old.dim() else old
        )
    elif way == 9:
        tensors[str(rng.choice(["evil", "head.evil", "preprocessing.evil", ""]))] = old
    else:
        tensors[name] = old[:0] if old.dim() else old[None][:0]
    return f"tensor {name} way {way}"


def mutated(whole: Model, rng: np.random.Generator) -> tuple[bytes, bytes, str]:
    """Return the two files of a model with one to three faults, and words for them."""
    description, tensors = copy.deepcopy(whole[0]), dict(whole[1])
    words = []
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        plain = rng.random() < 0.7 or not tensors
        words.append(mutate_plain(description, rng) if plain else mutate_tensors(tensors, rng))
    weights = to_bytes(tensors)
    if rng.random() < 0.04:
        weights = torn(weights, rng)
        words.append("torn header")
    found = description.get("weights")
    if isinstance(found, dict) and not any("weights" in word for word in words):
        found |= {"sha256": hashlib.sha256(weights).hexdigest(), "bytes": len(weights)}
    if not any(word.endswith(" digest") for word in words):
        description["digest"] = digest_of(description)
    return json.dumps(description).encode("utf-8", "surrogatepass"), weights, "; ".join(words)


def torn(weights: bytes, rng: np.random.Generator) -> bytes:
    """Change a few bytes of the header."""
    data, end = bytearray(weights), 8 + int.from_bytes(weights[:8], "little")
    for _ in range(int(rng.integers(1, 4))):
        data[int(rng.integers(end))] = int(rng.integers(256))
    return bytes(data)


def outcome(folder: Path) -> str:
    """Return 'refused' or 'works', or the traceback of what should not be."""
    began = time.perf_counter()
    try:
        model = lw.load(folder)
        model_lines(lw.inspect(folder))
        use(model)
        found = "works"
    except lw.ModelError as error:
        found = "refused" if "model" not in locals() else traceback.format_exc()
        if not error.hint:
            found = f"no hint: {error}"
    except (Exception, Late):
        found = traceback.format_exc()
    took = time.perf_counter() - began
    return found if took < SECONDS else f"{took:.1f} s: {found}"


def run(whole: dict[str, Model], first: int, last: int, seed: int = SEED) -> tuple[Counter, list]:
    """Try mutations ``first`` to ``last - 1``; return counts, and number, words and traceback of
    what should not be."""
    counts: Counter[str] = Counter()
    bad = []
    names = list(whole)
    folder = Path(tempfile.mkdtemp(prefix="fuzz", dir=IN_MEMORY))
    before = signal.signal(signal.SIGALRM, _late)
    try:
        for i in range(first, last):
            rng = np.random.default_rng([seed, i])
            name = names[rng.integers(len(names))]
            plain, weights, words = mutated(whole[name], rng)
            (folder / "model.json").write_bytes(plain)
            (folder / "model.safetensors").write_bytes(weights)
            signal.setitimer(signal.ITIMER_REAL, 4 * SECONDS)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numbers of 1e38 overflow, and nothing else
                found = outcome(folder)
                if " s: " in found[:12]:  # once more: the machine may have been busy elsewhere
                    found = outcome(folder)
            signal.setitimer(signal.ITIMER_REAL, 0)
            counts[found if found in ("refused", "works") else "bad"] += 1
            if found not in ("refused", "works"):
                bad.append((i, f"{name}: {words}", found))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        shutil.rmtree(folder, ignore_errors=True)
    return counts, bad


def _late(number: int, frame: object) -> None:
    raise Late


def main() -> int:
    """Try many; tell how far it is; return 1 when something should not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", type=int)
    given = parser.parse_args()
    torch.set_num_threads(1)
    whole = {name: saved(model) for name, model in models().items()}
    if given.only is not None:
        print(*run(whole, given.only, given.only + 1, given.seed)[1])
        return 0
    state = {"seed": given.seed, "next": 0, "counts": {}, "bad": []}
    if STATE.exists() and (kept := json.loads(STATE.read_text()))["seed"] == given.seed:
        state = kept
    began, start = time.perf_counter(), state["next"]
    while state["next"] < given.count:
        last = min(given.count, state["next"] + 500)
        counts, bad = run(whole, state["next"], last, given.seed)
        state["next"], state["counts"] = last, dict(Counter(state["counts"]) + counts)
        state["bad"] += bad
        STATE.parent.mkdir(parents=True, exist_ok=True)
        STATE.with_suffix(".new").write_text(json.dumps(state, indent=1))
        os.replace(STATE.with_suffix(".new"), STATE)
        speed = (last - start) / (time.perf_counter() - began)
        print(f"{last:,} of {given.count:,}: {state['counts']}, {speed:.0f} a second", flush=True)
    for i, words, found in state["bad"]:
        print(f"--- {i} {words}\n{found}")
    return int(bool(state["bad"]))


if __name__ == "__main__":
    sys.exit(main())
