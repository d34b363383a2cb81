"""Which part of the data a file or a folder holds, by its name: one rule for every form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_WORDS = {
    "train": ("train", "training", "trn", "learn", "learning"),
    "test": ("test", "testing", "tst", "t10k", "eval", "evaluation", "holdout"),
    "validation": ("val", "valid", "validation", "validate", "dev"),
    "unlabeled": ("unlabeled", "unlabelled", "unsupervised", "unlab", "unsup"),
}
_SPLIT = {word: split for split, words in _WORDS.items() for word in words}
_FILLERS = {"", "set", "sets", "data", "dataset", "images", "image", "imgs", "img", "split", "part"}
_LETTERS = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GLUED = re.compile(r"(.*?)(train|test|valid|val|unlabeled)(.*)", re.DOTALL)


def split_of(name: str) -> str | None:
    """Return 'train', 'test', 'validation' or 'unlabeled' for a name that says nothing else.

    >>> [split_of(name) for name in ("Train", "testing", "Unlabelled", "test_set", "trainers")]
    ['train', 'test', 'unlabeled', 'test', None]
    """
    words = [word for word in _words(name) if word not in _FILLERS]
    joined = "".join(words)
    if joined in _SPLIT:
        return _SPLIT[joined]
    return _SPLIT.get(words[0]) if len(words) == 1 else None


def split_in(name: str) -> str | None:
    """Return the split that is one of the words of a file's name, or None when there is none or
    more than one.

    >>> split_in("train-00000-of-00001.parquet"), split_in("adult.test"), split_in("a.parquet")
    ('train', 'test', None)
    """
    found = {_SPLIT[word] for word in _words(name) if word in _SPLIT}
    return found.pop() if len(found) == 1 else None


def _words(name: str) -> list[str]:
    """Return the words of a name, without numbers behind them."""
    words = _LETTERS.split(_CAMEL.sub(" ", name).lower())
    return [word if word in _SPLIT else word.rstrip("0123456789") for word in words]


def splits_among(names: Iterable[str]) -> dict[str, str | None]:
    """Return the split of each of some names that stand side by side.

    Names that are alike but for the split, with a training part among them, are parts even where
    other words stand beside it.

    >>> splits_among(["seg_train", "seg_test"]), splits_among(["mytrain.csv", "mytest.csv"])
    ({'seg_train': 'train', 'seg_test': 'test'}, {'mytrain.csv': 'train', 'mytest.csv': 'test'})
    >>> splits_among(["contest", "cats"])
    {'contest': None, 'cats': None}
    """
    names = list(names)
    found = {name: split_of(name) for name in names}
    glued = {name: match for name in names if (match := _GLUED.fullmatch(name.lower()))}
    rests = Counter((match[1], match[3]) for match in glued.values())
    for name, match in glued.items():
        alike = [m[2] for m in glued.values() if (m[1], m[3]) == (match[1], match[3])]
        if found[name] is None and rests[match[1], match[3]] > 1 and "train" in alike:
            found[name] = _SPLIT[match[2]]
    return found


def held_out(found: Iterable[str | None]) -> str | None:
    """Return which split is for the test: the test part, else the validation part, where there is a
    training part beside it.

    >>> held_out(["train", "validation"]), held_out(["train", "test", "validation"])
    ('validation', 'test')
    """
    splits = set(found)
    if "train" not in splits:
        return None
    return next((split for split in ("test", "validation") if split in splits), None)


def told(names: Sequence[str], held: str | None) -> list[str]:
    """Return notes on a validation part that is not read, or is taken for the test."""
    if held == "validation":
        return [f"{_listed(names)} holds the test rows: there is no other test part."]
    if names:
        return [f"Beside the training and the test part these were not read: {_listed(names)}."]
    return []


def _listed(names: Sequence[str]) -> str:
    from .dataset import listing

    return listing(sorted(set(names)))
