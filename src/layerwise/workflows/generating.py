"""Rows that a saved model makes up, and what they are worth as rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from .._durable import Facts
from .._errors import PairingError, ParameterError
from .._indexing import rows_of
from ..architecture.drawing import with_levels
from ..artifacts import inspect, load
from ..data.frames import is_missing
from ..estimators import Pretrainer
from ..synthesis import LEAST, compared, sentences, taught, tried
from ..training import device_of
from .model_place import model_folder
from .opened import Opened, Say, open_rows, pretrainer_of, silent
from .table_out import Columns
from .telling import telling

BETWEEN = 2000  # rows whose codes are mixed at once
MOST_COLUMNS, MOST_PAIRS = 500, 20  # that are compared; pixels are not


@telling
def generate(
    model: str,
    n: int = 1000,
    *,
    data: str | None = None,
    held_out: str | None = None,
    steps: int = 1000,
    seed: int = 0,
    device: str = "auto",
    say: Say = silent,
) -> tuple[Columns, Facts | None]:
    """Return rows that a model makes up, in the columns that it was fitted on, and what was found
    about them.

    A stack with ``Latent`` on top is drawn from, a restricted Boltzmann machine by Gibbs sampling;
    of any other with a way back, rows are decoded from between the codes of two rows of ``data``. A
    classifier's rows carry its own prediction. Columns of whole numbers come back whole, numbers
    stay within the range of the data that the model was fitted on, categories are drawn by their
    probabilities, and cells are missing where the model says so.

    Parameters
    ----------
    model : str
        A model folder.
    n : int, default 1000
    data : str, optional
        The rows that the model learned from: then the made-up ones are tried against them.
    held_out : str, optional
        Real rows that it did not learn from; by default the test part of the data.
    steps : int, default 1000
        Of Gibbs sampling.

    Returns
    -------
    columns, facts : dict, dict or None
        ``facts`` has ``told_apart``, ``nearer`` and ``missing`` of ``layerwise.synthesis.tried``,
        ``marginals`` and ``pairs`` of ``compared`` (up to 500 columns), ``taught`` where rows have
        classes, and ``sentences``; all on the preprocessed columns.

    Raises
    ------
    ParameterError, PairingError, DataError
        When the model cannot make up rows, or the rows do not belong to it.
    """
    if n < 1:
        raise ParameterError(f"n is at least 1. Got {n} instead.")
    folder = model_folder(model, say)
    fitted = load(folder)
    device_of(device)
    fitted.set_params(device=device)
    pretrainer = pretrainer_of(fitted)
    labels = not isinstance(fitted, Pretrainer)
    opened = None if data is None else open_rows(model, data, device, say, labels=labels)
    known = None if opened is None else opened.X
    about = inspect(folder)["about"]
    names = getattr(pretrainer, "feature_names_in_", None)
    made = _finished(pretrainer, _made(pretrainer, known, n, steps, seed), names, about, seed)
    columns = _columns(made)
    if not isinstance(fitted, Pretrainer):
        columns[str(about.get("target") or "prediction")] = fitted.predict(made)
    test = None if opened is None else _held_out(model, opened, held_out, device, say)
    if opened is None or test is None:
        return columns, None
    least = min(len(opened.X), len(test.X), n)
    if least < LEAST:
        say(f"The rows were not tried: of one kind there are {least}, and {LEAST} are needed.")
        return columns, None
    found = _tried(pretrainer, known, test.X, made, seed)
    if hasattr(fitted, "classes_"):
        found = _with_taught(found, fitted, (made, fitted.predict(made)), opened, test, seed)
    for sentence in found["sentences"]:
        say(sentence)
    return columns, found


def _made(pretrainer: Pretrainer, known: Any, n: int, steps: int, seed: int) -> np.ndarray:
    """Return made-up rows as the network has them, ``(n, d)``."""
    module = pretrainer.module_
    top = module.chain[-1] if module.depth else None
    if top is not None and (top.latent_view() or top.energy_view()):
        return pretrainer._sampled(n, steps, seed)
    reason = pretrainer.why_no_decoder()
    if reason is not None:
        raise PairingError(f"This model makes up no rows. {reason}", "Use variational_autoencoder.")
    if known is None:
        raise ParameterError(
            "This model has no distribution to draw from; it makes up rows between two rows.",
            "Give the rows that it learned from (--data), or use variational_autoencoder.",
        )
    rng = np.random.default_rng([seed, 8])
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for start in range(0, n, BETWEEN):
        size = min(BETWEEN, n - start)
        pairs = [np.asarray(pretrainer.encode(_some(known, size, rng))) for _ in range(2)]
        share = rng.random((size, *[1] * (pairs[0].ndim - 1)))
        codes = (share * pairs[0] + (1 - share) * pairs[1]).astype(np.float32)
        with torch.no_grad():
            rows = module.decode(torch.from_numpy(codes).view(size, *module.code_space.shape))
        parts.append(with_levels(rows.flatten(1), module.in_space, generator).numpy())
    return np.concatenate(parts)


def _some(X: Any, n: int, rng: np.random.Generator) -> Any:
    return rows_of(X, rng.integers(0, len(X), n))


def _finished(
    pretrainer: Pretrainer, inner: np.ndarray, names: Any, about: Facts, seed: int
) -> Any:
    """Return rows in the original columns: pixels as bytes; in a table whole numbers whole, numbers
    within their range, and cells missing where the model says so, or, where it says nothing of
    that, as often as in its data."""
    import polars as pl

    made = pretrainer._originals(inner)
    if about.get("image_shape"):
        return np.asarray(made).round().clip(0, 255).astype(np.uint8)
    if not hasattr(made, "columns"):
        if names is None:
            return np.asarray(made)
        made = pl.DataFrame({name: made[:, i] for i, name in enumerate(names)})
    rng = np.random.default_rng([seed, 9])
    known = {one["name"]: one for one in about.get("features", [])}
    says = _missing(pretrainer, inner)
    columns: dict[str, Any] = {}
    for name in made.columns:
        column, it = made[name], known.get(name, {})
        column = column.round() if it.get("whole") else column
        if it.get("low") is not None and column.dtype.is_numeric():
            column = column.clip(it["low"], it["high"])
        share = 0.0 if column.null_count() else it.get("missing_share", 0.0)
        gone = rng.random(len(made)) < says.get(name, np.full(len(made), share))
        columns[name] = pl.select(pl.when(~pl.Series(gone)).then(column)).to_series()
    return pl.DataFrame(columns)


def _missing(pretrainer: Pretrainer, inner: np.ndarray) -> dict[str, np.ndarray]:
    """Return for columns that have an indicator of missing cells how probable one is in each
    row."""
    names = [str(name) for name in pretrainer.preprocessing_.get_feature_names_out()]
    if len(names) != inner.shape[1]:
        return {}
    ending = "_missing"
    return {
        name.removesuffix(ending): inner[:, i].clip(0, 1)
        for i, name in enumerate(names)
        if name.endswith(ending) and name.removesuffix(ending) in names
    }


def _columns(made: Any) -> Columns:
    found: Columns = {"row": np.arange(len(made))}
    if hasattr(made, "columns"):
        for name in made.columns:
            values = made[name].to_list()
            whole = made[name].dtype.is_float() and _is_whole(made[name])
            found[name] = [int(x) if whole and x is not None else x for x in values]
        return found
    flat = np.asarray(made).reshape(len(made), -1)
    return found | {f"x{i}": flat[:, i] for i in range(flat.shape[1])}


def _is_whole(column: Any) -> bool:
    values = column.drop_nulls().to_numpy()
    return len(values) > 0 and bool(np.all(values == np.round(values)))


def _held_out(
    model: str, opened: Opened, held_out: str | None, device: str, say: Say
) -> Opened | None:
    """Return real rows that the model did not learn from; None, and says so, where there are
    none."""
    labels = not isinstance(opened.fitted, Pretrainer)
    if held_out is not None:
        return open_rows(model, held_out, device, say, labels=labels)
    if opened.rows.test is not None:
        return replace(opened, rows=opened.rows.test)
    say(
        "The rows were not tried: for that, real ones are needed that the model did not learn "
        "from (--held-out)."
    )
    return None


def _tried(pretrainer: Pretrainer, known: Any, test: Any, made: Any, seed: int) -> Facts:
    """Return what is found on preprocessed columns; the model learned from the first rows."""
    learned, other, own = (_encoded(pretrainer, rows) for rows in (known, test, made))
    found = tried(learned, other, own, random_state=seed)
    facts: Facts = {
        "told_apart": list(found.told_apart),
        "nearer": list(found.nearer),
        "missing": [list(group) for group in found.missing],
        "sentences": found.sentences,
    }
    if own.shape[1] > MOST_COLUMNS:
        return facts
    names = [str(name) for name in pretrainer.preprocessing_.get_feature_names_out()]
    marginals, pairs = compared(other, own, names if len(names) == own.shape[1] else _numbers(own))
    facts["marginals"] = [list(one) for one in marginals]
    facts["pairs"] = [list(pair) for pair in pairs[:MOST_PAIRS]]
    facts["sentences"] += sentences(marginals, pairs)
    return facts


def _numbers(rows: np.ndarray) -> list[str]:
    return [f"x{i}" for i in range(rows.shape[1])]


def _encoded(pretrainer: Pretrainer, rows: Any) -> np.ndarray:
    """Return preprocessed rows, ``(n, d)``."""
    every = np.arange(len(rows))
    return np.asarray(pretrainer._source(rows).take(every).x).reshape(len(rows), -1)


def _with_taught(
    found: Facts, fitted: Any, made: tuple[Any, np.ndarray], known: Opened, test: Opened, seed: int
) -> Facts:
    """Add what a forest learns from made-up rows, where real ones have labels on both sides."""
    real, others = (_labelled(fitted, opened) for opened in (known, test))
    if min(len(real[1]), len(others[1])) < 2:
        return found
    pretrainer = pretrainer_of(fitted)
    teachers = _encoded(pretrainer, made[0]), np.asarray(made[1]).astype(str)
    taken = taught(teachers, real, others, random_state=seed)
    shares = {"made": list(taken.made), "real": list(taken.real)}
    return found | {"taught": shares, "sentences": [*found["sentences"], taken.sentence]}


def _labelled(fitted: Any, opened: Opened) -> tuple[np.ndarray, np.ndarray]:
    """Return the preprocessed rows that have a label, and their classes as words."""
    y = opened.rows.y
    if y is None:
        return np.zeros((0, 1)), np.zeros(0)
    known = np.flatnonzero([not is_missing(value) for value in y.tolist()])
    rows = rows_of(opened.X, known)
    return _encoded(pretrainer_of(fitted), rows), np.array([str(one) for one in y[known]])
