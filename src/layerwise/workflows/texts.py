"""What a report shows of texts: examples and what tells in them, mistakes, neighbours, lengths."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from .._durable import Facts
from .._indexing import rows_of
from ..data.readers import Dataset
from ..estimators import Model, PretrainedClassifier, Pretrainer
from .pictures import sample

if TYPE_CHECKING:
    import polars as pl

EXAMPLES, WORDS, PAIRS, EACH, NEAREST, AMONG = 6, 30, 5, 2, 4, 1000
_CHARACTERS = 300  # of a text that are shown


def text_facts(
    data: Dataset,
    test_X: pl.DataFrame,
    truth: np.ndarray,
    answers: np.ndarray,
    pretrainer: Pretrainer,
    model: Model,
) -> Facts | None:
    """Return what is shown of the first column of text of the test rows, or None where there is
    none."""
    if not data.text_columns:
        return None
    column = data.text_columns[0]
    texts = ["" if cell is None else str(cell) for cell in test_X[column].to_list()]
    facts: Facts = {"column": column, "lengths": _lengths(texts)}
    facts["nearest"] = _nearest(test_X, texts, pretrainer, model)
    if isinstance(model, PretrainedClassifier):
        facts["examples"] = _examples(test_X, column, texts, truth, answers, model)
        facts["confusions"] = _confusions(texts, truth, answers)
    return facts


def _lengths(texts: list[str]) -> Facts:
    """Return a histogram of the words of the texts."""
    counts = np.array([len(text.split()) for text in texts])
    most = int(np.quantile(counts, 0.99)) if len(counts) else 0
    bins = min(24, max(1, most))
    found, edges = np.histogram(counts.clip(max=most), bins=bins, range=(0, max(1, most)))
    return {"counts": found, "edges": edges, "median": float(np.median(counts)), "most": most}


def _examples(
    test_X: pl.DataFrame,
    column: str,
    texts: list[str],
    truth: np.ndarray,
    answers: np.ndarray,
    model: PretrainedClassifier,
) -> list[Facts]:
    """Return texts with their classes and, for each word, how much the probability of the answer
    falls when it is left out. Up to half of them were taken for another class."""
    wrong = [i for i in np.flatnonzero(truth != answers) if texts[i].strip()]
    right = [i for i in np.flatnonzero(truth == answers) if texts[i].strip()]
    half = EXAMPLES // 2
    chosen = [*right[: EXAMPLES - min(half, len(wrong))], *wrong[:half]]
    return [
        {"true": str(truth[i]), "predicted": str(answers[i])}
        | _told(rows_of(test_X, np.array([i])), column, texts[i], model)
        for i in chosen
    ]


def _told(row: pl.DataFrame, column: str, text: str, model: PretrainedClassifier) -> Facts:
    """Return the words of a text, each with the fall of the answer's probability without it."""
    import polars as pl

    words = re.findall(r"\S+\s*", text)[:WORDS]
    rest = text[sum(map(len, words)) :]
    without = ["".join(words[:i] + words[i + 1 :]) + rest for i in range(len(words))]
    rows = pl.concat([row] * (1 + len(words)))
    rows = rows.with_columns(pl.Series(column, [text, *without], pl.String))
    probability = model.predict_proba(rows)
    best = int(probability[0].argmax())
    falls = probability[0, best] - probability[1:, best]
    return {
        "probability": float(probability[0, best]),
        "words": [[word, float(fall)] for word, fall in zip(words, falls, strict=True)],
        "more": bool(rest.strip()),
    }


def _confusions(texts: list[str], truth: np.ndarray, answers: np.ndarray) -> list[Facts]:
    """Return the most frequent mistakes, with two texts of each."""
    wrong = np.flatnonzero(truth != answers)
    pairs = Counter((str(truth[i]), str(answers[i])) for i in wrong)
    return [
        {
            "true": true,
            "predicted": predicted,
            "count": count,
            "texts": [
                texts[i][:_CHARACTERS]
                for i in wrong
                if (str(truth[i]), str(answers[i])) == (true, predicted)
            ][:EACH],
        }
        for (true, predicted), count in pairs.most_common(PAIRS)
    ]


def _nearest(
    test_X: pl.DataFrame, texts: list[str], pretrainer: Pretrainer, model: Model
) -> list[Facts]:
    """Return a few texts with the nearest of the others by the angle of their codes, before and
    after fine-tuning."""
    few = sample(len(texts), AMONG)
    if len(few) < 2:
        return []
    rows = rows_of(test_X, few)
    before, after = (_nearest_of(_codes(encoder, rows)) for encoder in (pretrainer, model))
    return [
        {
            "text": texts[few[i]][:_CHARACTERS],
            "before": texts[few[before[i]]][:_CHARACTERS],
            "after": texts[few[after[i]]][:_CHARACTERS],
        }
        for i in range(min(NEAREST, len(few)))
    ]


def _codes(encoder: Any, rows: pl.DataFrame) -> np.ndarray:
    codes = np.asarray(encoder.encode(rows), dtype=np.float64).reshape(len(rows), -1)
    return codes / np.linalg.norm(codes, axis=1, keepdims=True).clip(1e-12)


def _nearest_of(codes: np.ndarray) -> np.ndarray:
    """Return the nearest other row of the first few."""
    like = codes[:NEAREST] @ codes.T
    like[np.arange(len(like)), np.arange(len(like))] = -np.inf
    return like.argmax(axis=1)
