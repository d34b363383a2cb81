"""What would make a study say too much, found before it runs.

What is done: a column that gives the target away, an identifier and a constant column are left out
for all arms; equal rows are kept on one side of the split, and training rows that equal a row of a
given test part are left out; classes with too few rows lose their labels. Each is named in the
results.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from .._durable import Facts

GIVEN_AWAY = 0.99  # score of a single column on rows that it was not fitted to
MANY_DUPLICATES = 0.05  # share of rows that equal another
DISTINCT = 0.99  # share of distinct values of an identifier
FEWEST_ROWS = 50  # to say anything about a column
MOST_EQUAL = 0.5  # share of the training rows that may be left out for equal test rows
FEWEST_OF_A_CLASS = 10  # labelled rows
LOOKED_AT = 1_000  # labelled rows that a column is tried on
FOLDS = 5
RANKED = 0.999  # correlation of ranks at which a column is a copy of a number to predict
# What pandas (index_col left out, to_parquet, reset_index) and R (write.csv, readr) call them
_ROW_NUMBERS = re.compile(
    r"Unnamed: \d+(?:\.\d+)?|__index_level_\d+__|level_\d+|\.\.\.\d+|rownames|row\.names"
)
_USUALLY = re.compile(r"|index|idx|row|row[ _]?(id|nr|num|number|no|index)", re.IGNORECASE)
_NAMED = re.compile(
    r"(?i:(^|.*[ _.-])(id|ids|uid|uuid|guid|key|nr|no|num|number|identifier|rowid))"
    r"|.*[a-z](ID|Id|Nr|No)|(?i:id)[ _.-].*"
)
MEAN_GAP = 20  # of identifiers that grow with the row
LARGEST = 3e38  # what a tree takes


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    kind : {'leak', 'joint_leak', 'identifier', 'constant', 'pixel', 'duplicates', \
'near_duplicates', 'test_duplicates', 'conflict', 'rare_class', 'groups', 'order'}
    name : str or None
        The column or class.
    text : str
        What was found, and what was done.
    value : float
        The score, or a count or share.
    """

    kind: str
    name: str | None
    text: str
    value: float

    def as_dict(self) -> Facts:
        """Return plain data."""
        return asdict(self)


def check_columns(
    columns: Mapping[str, np.ndarray], y: np.ndarray, classes: int, numeric_only: bool = False
) -> list[Finding]:
    """Look for columns that give the target away, identify rows, or never change.

    Parameters
    ----------
    columns : mapping of name to array of shape (n,)
        Numbers (NaN is missing), or objects (None is missing).
    y : array of shape (n,)
        Class indices with -1, or numbers with NaN, where there is no label.
    classes : int
        0 for a regression.
    numeric_only : bool, default False
        The columns are pixels or measurements of one kind: no identifiers among them.

    Returns
    -------
    list of Finding
        At most one per column, in the order of the columns.
    """
    labelled = looked_at(y, classes)
    found = []
    for name, values in columns.items():
        finding = _constant(name, values)
        finding = finding or _leak(name, values[labelled], y[labelled], classes)
        finding = finding or (None if numeric_only else _identifier(name, values))
        finding = finding or (None if numeric_only else _row_numbers(name, values))
        if finding is not None:
            found.append(finding)
    return found


def looked_at(y: np.ndarray, classes: int) -> np.ndarray:
    """Return labelled rows to try columns on: at most 1,000, but of every class some."""
    labelled = np.flatnonzero(y >= 0 if classes else ~np.isnan(y))
    if len(labelled) <= LOOKED_AT:
        return labelled
    labelled = np.random.default_rng(0).permutation(labelled)
    kept = labelled[:LOOKED_AT]
    some = [labelled[y[labelled] == c][: 4 * FOLDS] for c in range(classes)]
    return np.unique(np.concatenate([kept, *some]))


def check_rows(groups: np.ndarray, y: np.ndarray, known: np.ndarray) -> list[Finding]:
    """Look for rows that equal another, and for equal rows with different labels.

    Parameters
    ----------
    groups : int array of shape (n,)
        The same number for equal rows.
    y : array of shape (n,)
    known : bool array of shape (n,)
        Which rows have a label.
    """
    counts = np.bincount(groups)
    repeated = counts[groups] > 1
    share = float(repeated.mean())
    found = []
    if share > MANY_DUPLICATES:
        found.append(
            Finding(
                "duplicates",
                None,
                f"{int(repeated.sum()):,} of {len(groups):,} rows ({share:.1%}) equal another row; "
                "equal rows are kept on one "
                "side of every split.",
                share,
            )
        )
    labels: dict[int, set[float]] = {}
    for i in np.flatnonzero(repeated & known):
        labels.setdefault(int(groups[i]), set()).add(float(y[i]))
    torn = {group for group, values in labels.items() if len(values) > 1}
    if torn:
        rows = int((np.isin(groups, list(torn)) & known).sum())
        text = (
            f"{rows:,} rows equal another row that has another label: no model can be right "
            "about all of them. They are kept."
        )
        found.append(Finding("conflict", None, text, float(rows)))
    return found


def check_test(
    train: Sequence[bytes],
    y: np.ndarray,
    test: Sequence[bytes],
    what: str = "equal a row of the test part",
) -> tuple[list[Finding], np.ndarray]:
    """Look for training rows that equal a test row; return findings and which training rows to
    leave out.

    Where that would take most of the rows, or of the labelled ones, or a whole class (a table of a
    few categories), they are kept and it is said.

    Parameters
    ----------
    train, test : sequence of bytes
        What each row holds, as :func:`layerwise.evaluation.row_keys` says it, or belongs to.
    y : array of shape (n,)
        Class indices with -1, or numbers with NaN, of the training rows.
    """
    tested = set(test)
    equal = np.array([key in tested for key in train], dtype=bool)
    if not equal.any():
        return [], equal
    share, count = float(equal.mean()), int(equal.sum())
    known = y >= 0 if y.dtype.kind == "i" else ~np.isnan(y)
    left = known & ~equal
    lost = y.dtype.kind == "i" and len(np.unique(y[left])) < len(np.unique(y[known]))
    few = left.sum() < max(2, (1 - MOST_EQUAL) * known.sum())
    many = share > MOST_EQUAL or few or lost
    done = (
        "so many are kept, and the score says little about rows of other values"
        if many
        else "they are left out"
    )
    text = f"{count:,} training rows {what} ({share:.1%}); {done}."
    found = [Finding("test_duplicates", None, text, share)]
    return found, np.zeros_like(equal) if many else equal


def check_classes(y: np.ndarray, names: Sequence[str]) -> tuple[list[Finding], list[int]]:
    """Look for classes with too few labelled rows; return findings and the classes to leave out."""
    counts = Counter(y[y >= 0].tolist())
    rare = [i for i in range(len(names)) if counts.get(i, 0) < FEWEST_OF_A_CLASS]
    return [
        Finding(
            "rare_class",
            str(names[i]),
            f"Class {names[i]!r} has {counts.get(i, 0)} labelled rows, fewer than "
            f"{FEWEST_OF_A_CLASS}: its labels are left out.",
            float(counts.get(i, 0)),
        )
        for i in rare
    ], rare


def _constant(name: str, values: np.ndarray) -> Finding | None:
    missing = _missing(values)
    known = values[~missing]
    if len(known) and (missing.any() or _differ(known)):
        return None  # that a cell is missing may tell something too
    what = "is empty" if not len(known) else "has the same value in every row"
    return Finding("constant", name, f"Column {name!r} {what}; it is left out.", 0.0)


def _differ(values: np.ndarray) -> bool:
    """Say whether two values differ."""
    if values.dtype == object:
        return any(value != values[0] for value in values)
    return bool((values != values[0]).any())


def _distinct(values: np.ndarray) -> int:
    """Return how many different values there are."""
    return len(set(values.tolist())) if values.dtype == object else len(np.unique(values))


def _identifier(name: str, values: np.ndarray) -> Finding | None:
    """Find words that hardly repeat, and whole numbers that count the rows."""
    known = values[~_missing(values)]
    if len(known) < FEWEST_ROWS or not (known.dtype == object or _whole(known)):
        return None
    distinct = _distinct(known)
    if distinct < DISTINCT * len(known):
        return None
    if known.dtype != object and not _counts(name, known.astype(float), distinct):
        return None
    text = (
        f"Column {name!r} has {distinct:,} different values in {len(known):,} rows: an "
        "identifier; it is left out."
    )
    return Finding("identifier", name, text, distinct / len(known))


def _whole(numbers: np.ndarray) -> bool:
    return bool((numbers == np.round(numbers)).all())


def _counts(name: str, numbers: np.ndarray, distinct: int) -> bool:
    """Say whether whole numbers that hardly repeat count the rows: nearly without gaps; or all
    different, with few gaps, growing with the row; or called as identifiers are."""
    span = float(numbers.max() - numbers.min())
    if span < 1.5 * len(numbers):
        return True
    grows = bool((np.diff(numbers) > 0).all()) and span <= MEAN_GAP * len(numbers)
    return grows or (distinct == len(numbers) and bool(_NAMED.fullmatch(name.strip())))


def _row_numbers(name: str, values: np.ndarray) -> Finding | None:
    """Find the row numbers that pandas and R write into a file, by their names, in however few
    rows; a column with such a name that holds measurements is none."""
    sure, usual = _ROW_NUMBERS.fullmatch(name.strip()), _USUALLY.fullmatch(name.strip())
    if not (sure or usual):
        return None
    known = values[~_missing(values)]
    if not len(known):
        return None
    distinct = _distinct(known)
    if known.dtype != object:
        if not _whole(known):
            return None
    elif distinct < len(known):
        return None
    if not sure and distinct < DISTINCT * len(known):
        return None
    text = f"Column {name!r} is called as row numbers are, and holds such; it is left out."
    return Finding("identifier", name, text, distinct / len(known))


def _leak(name: str, values: np.ndarray, y: np.ndarray, classes: int) -> Finding | None:
    """Find a column from which alone the target can be told, by a small tree on labelled rows that
    it was not fitted to."""
    largest = np.bincount(y.astype(int)).max() if classes and len(y) else 0
    if len(y) < FEWEST_ROWS or (classes and not FOLDS <= largest <= 0.999 * len(y)):
        return None
    score = single_score(values, y, classes)
    if score < GIVEN_AWAY:
        return None
    what = "balanced accuracy" if classes else "R²"
    text = (
        f"Column {name!r} alone gives the target away ({what} {score:.3f} on rows not fitted "
        "to); it is left out."
    )
    return Finding("leak", name, text, score)


def single_score(values: np.ndarray, y: np.ndarray, classes: int) -> float:
    """Return the balanced accuracy or R² of a column alone, on rows that it was not fitted to."""
    codes = codes_of(values)
    if not classes:  # by ranks: a copy of a skewed target is one too
        y = rankdata(y) / len(y)
        codes = codes if values.dtype == object else rankdata(codes) / len(y)
        if values.dtype != object and abs(np.corrcoef(codes, y)[0, 1]) >= RANKED:
            return 1.0
    scores = np.empty(len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a class with fewer rows than folds
        splits = list(
            (StratifiedKFold if classes else KFold)(FOLDS, shuffle=True, random_state=0).split(
                codes, y if classes else None
            )
        )
    for train, held in splits:
        if values.dtype == object:
            answer = _by_value(codes[train], y[train], codes[held], classes)
        else:
            tree: Any = (
                DecisionTreeClassifier(random_state=0, max_leaf_nodes=max(4, 4 * classes))
                if classes
                else None
            )
            tree = tree or DecisionTreeRegressor(random_state=0, min_samples_leaf=2)
            answer = tree.fit(codes[train, None], y[train]).predict(codes[held, None])
        scores[held] = answer == y[held] if classes else (answer - y[held]) ** 2
    if classes:
        return float(
            np.mean(
                [scores[y == c].mean() for c in np.unique(y) if (y == c).sum() >= FOLDS] or [0.0]
            )
        )
    return 1 - float(scores.mean()) / max(float(np.var(y)), 1e-300)


def _by_value(train: np.ndarray, y: np.ndarray, held: np.ndarray, classes: int) -> np.ndarray:
    """Answer with what is most frequent, or the mean, among rows of the same value; of all rows
    where there is none."""
    best = (lambda part: Counter(part.tolist()).most_common(1)[0][0]) if classes else np.mean
    known = {code: best(y[train == code]) for code in np.unique(train)}
    default = best(y)
    return np.array([known.get(code, default) for code in held])


def codes_of(values: np.ndarray) -> np.ndarray:
    """Return numbers: as they are, with a number of its own for what is missing; or one number for
    each different value."""
    missing = _missing(values)
    if values.dtype != object:
        numbers = values.astype(float)
        low = float(np.min(numbers[~missing])) if (~missing).any() else 0.0
        return np.where(missing, low - 1.0, np.clip(numbers, -LARGEST, LARGEST))
    words = np.array(
        ["" if gone else f"={value}" for value, gone in zip(values, missing, strict=True)]
    )
    return np.unique(words, return_inverse=True)[1].astype(float)


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([value is None or value != value for value in values], dtype=bool)
    return np.isnan(np.asarray(values, dtype=float))


def texts(findings: Iterable[Finding]) -> list[str]:
    """Return the sentences."""
    return [finding.text for finding in findings]
