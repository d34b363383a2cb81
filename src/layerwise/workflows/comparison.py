"""What is pretraining worth on these data: the study, its verdict and its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from .._commit import write_folder
from .._durable import Facts, jsonable
from .._errors import ParameterError
from ..data.readers import Dataset, check_dropped, left_out_note, load_dataset
from ..evaluation import (
    Arm,
    EstimatorArm,
    Finding,
    Outcome,
    Study,
    baselines,
    caveats,
    judge,
    judge_made_up,
    judge_strategies,
    judging,
    look_of,
    luck_of,
    run_study,
    tables,
)
from ..evaluation.metrics import Metric
from ..recipes import RECIPES, Recipe, arguments_of
from ..report import PAGE, study_files
from .arms import RecipeArm, SyntheticArm, recipe_arms, synthetic_arms
from .asking import AskingArm, asking_arms
from .choices import default_recipes, encoder_recipe, pixels_for, resolve
from .codes import frozen_arm, keep_codes
from .columns import plain_columns, texts_of
from .given import GivenRows, Labels, given_rows
from .grouping import Groups
from .guarded import Guarded, guarded
from .place import claims_out
from .study_facts import earlier_looks, row_files, study_facts
from .study_result import StudyResult

Tell = Callable[[str], None]


@claims_out
def compare(
    data: str | Path | GivenRows,
    y: Labels | None = None,
    *,
    target: str | None = None,
    test: str | None = None,
    task: str | None = None,
    recipes: Sequence[str] | None = None,
    changes: Sequence[str] = (),
    baseline: Sequence[str] | None = None,
    arms: Mapping[str, BaseEstimator] | Sequence[Arm] = (),
    study: Study | None = None,
    metric: str | None = None,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    text: Sequence[str] = (),
    encoder: str | None = None,
    choose: Sequence[str] = (),
    synthetic: str | None = None,
    id_column: str | None = None,
    groups: Groups | None = None,
    out: str | Path = "compare-out",
    workers: int | None = None,
    backend: str = "loky",
    address: str | None = None,
    time_limit: float | None = None,
    device: str = "auto",
    command: str = "",
    tell: Tell = lambda line: None,
) -> StudyResult:
    """Say what pretraining is worth on some data: recipes, their random starts and baselines over
    label budgets and draws.

    Parameters
    ----------
    data : str, array, sparse matrix or data frame
        What ``layerwise compare`` takes, or rows ``(n, d)`` or images ``(n, c, h, w)`` with their
        labels in ``y``.
    y : array of shape (n,), optional
        Labels of the rows; None or NaN where there is none. Numbers that are not all whole are a
        regression.
    target, test : str, optional
        Column of the labels, and a test part, for files.
    task : {'classification', 'regression'}, optional
        Overrides what follows from the labels.
    recipes : sequence of str, optional
        By default three that fit the data.
    changes : sequence of 'path=value'
        As ``--set`` of ``layerwise fit``, for every recipe; one that has no such field is an error,
        so name the recipes.
    baseline : sequence of str, optional
        Names of baselines; by default all that fit.
    arms : mapping of name to estimator, or sequence of Arm
        More arms: any scikit-learn classifier or regressor. It is given numbers, scaled by
        ``Preprocessor``.
    study : Study, optional
    metric : str, optional
        What judges: accuracy, balanced_accuracy, macro_f1, log_loss, auc, average_precision, brier;
        r2, mean_absolute_error, root_mean_squared_error, pinball (or ``pinball:0.9``). By default
        what suits the data, and it is told why.
    keep : sequence of str
        Columns to keep whatever the guards find.
    id_column : str, optional
        Of a file: the column that names the rows; it is not learned from.
    groups : str or sequence of n, optional
        What rows belong together, such as those of one person: a column, which is not learned from,
        or a value for each row. Such rows stay on one side of every split.
    drop : sequence of str
        Columns to leave out.
    text : sequence of str
        Columns of free text, beside those that are found.
    encoder : str, optional
        Folder of an encoder that somebody else has trained: it is fine-tuned, and a linear model is
        fitted on its codes.
    choose : sequence of str
        Names of strategies (``layerwise suggest``): then the arms are these and ``random``, each a
        linear model on the codes of the recipe's encoder, or of ``encoder``, with labels that the
        strategy asks for; the first is the tested one. No recipe is fine-tuned, and there are no
        baselines.
    synthetic : {'mix', 'posterior'}, optional
        Compare fine-tuning on real and made-up rows with real ones alone (:class:`Synthetic`), in
        place of pretraining with a random start; by default of ``variational_autoencoder``.
    out : path
        The study folder, where a study goes on: results, pretrained stacks, report.
    workers, backend, address, time_limit
        As in ``layerwise.evaluation.run_study``; the time limit in seconds.
    device : str
    command : str
        For the report.
    tell : callable

    Returns
    -------
    StudyResult
        A dict, what ``layerwise compare --json`` prints: ``rows``, ``summary``, ``differences``,
        ``labels_saved``, ``guards``, ``verdict``, ``report`` and more.

    Raises
    ------
    LayerwiseError
        When the data, the settings or the place to write cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from layerwise import Study, compare
    >>> X, y = load_iris(return_X_y=True)
    >>> study, out = Study((10, 30), 3), tempfile.mkdtemp()
    >>> result = compare(X, y, recipes=[], study=study, out=out, workers=1)
    >>> result["verdict"]["kind"], len(result["rows"])
    ('not_separable', 48)
    """
    began = time.perf_counter()
    out, study = Path(out), study or Study()
    study = study if metric is None else replace(study, metric=metric)
    given = _dataset(data, y, target, test, task, drop, id_column, text, encoder)
    checked = guarded(given, keep, drop, groups=groups)
    tested = () if checked.data.test is None else checked.data.test.notes
    rows, kept, found = checked.study, checked.data, checked.findings
    judging(rows, study.metric)  # a name that is none is found before anything is run
    learned = min(study.rows or len(rows.y), len(rows.y))
    codes = None
    if encoder is not None:
        tell("Computing the codes of all rows, once.")
        borrowed, _ = resolve(kept, None, (), encoder=encoder)
        codes = keep_codes(borrowed, rows, out, device)
    if choose and synthetic:
        raise ParameterError(
            "A study of strategies (choose) was asked for, and also one of made-up rows "
            "(synthetic).",
            "Run two studies.",
        )
    if synthetic is not None:
        recipes = ["variational_autoencoder"] if recipes is None else recipes
    if choose:
        _refuse_beside_choosing(baseline, arms, changes if codes is not None else ())
        recipe, reason = encoder_recipe(kept, recipes, changes, encoder)
        chosen, why = [recipe], [reason]
        smallest = min(study.labels) if study.labels else None
        asks: dict[str, Any] = {"smallest": smallest, "codes": codes, "device": device}
        everyone: list[Arm] = [*asking_arms(choose, recipe, rows, **asks)]
    else:
        chosen, why = _recipes(kept, recipes, changes, learned, encoder)
        simple, left_out = _simple(checked, learned, baseline, codes, arms)
        pairs = [arm for one in chosen for arm in _pair(one, rows.task, synthetic, device)]
        everyone, why = [*pairs, *simple], [*why, *left_out]
    for finding in found:
        tell(finding.text)
    outcome = run_study(
        study,
        rows,
        everyone,
        folder=out,
        workers=workers,
        backend=backend,
        address=address,
        time_limit=time_limit,
        tell=tell,
    )
    earlier = earlier_looks(out, rows.fingerprint)
    look = look_of(len(outcome.draws), earlier)
    result = _result(outcome, look, found, [*why, *checked.data.notes, *tested])
    result["looks"] = sorted({*earlier, len(outcome.draws)})
    files = row_files(result["rows"])
    facts = jsonable(
        study_facts(outcome, result, {"command": command, "recipes": chosen, "files": list(files)})
    )
    write_folder(out, files | study_files(facts))
    about = {"report": str(out / PAGE), "seconds": time.perf_counter() - began}
    return StudyResult(facts | about)


def _pair(recipe: Recipe, task: str, synthetic: str | None, device: str) -> list[RecipeArm]:
    """Return the two arms of a recipe: with and without pretraining, or made-up rows."""
    if synthetic is not None:
        return synthetic_arms(recipe, task, synthetic, device)
    return recipe_arms(recipe, task, device)


def _result(outcome: Outcome, look: int, found: list[Finding], notes: list[str]) -> Facts:
    metric, why = judging(outcome.data, outcome.study.metric)
    found_tables = tables(outcome, metric, look)
    luck = luck_of(outcome)
    about = {
        "data": outcome.data.name,
        "fingerprint": outcome.data.fingerprint,
        "task": outcome.data.task,
        "metric": metric.name,
        "higher_is_better": metric.higher_is_better,
        "metric_note": why,
        "luck": luck,
        "look": look,
        "study": outcome.study.to_dict(),
        "draws": len(outcome.draws),
        "shared_labels": {budget: one.labels for budget, one in outcome.sharing.items()},
    }
    said = {
        "guards": [finding.as_dict() for finding in found],
        "notes": [
            *([why] if why else []),
            *notes,
            *outcome.notes,
            *_cautions(outcome),
            *caveats(outcome),
        ],
        "verdict": _judged(outcome, found_tables, metric, luck),
    }
    return about | found_tables | said


def _judged(outcome: Outcome, found: Facts, metric: Metric, luck: str) -> Facts:
    """Return the verdict, in the words of what the study asked."""
    first = outcome.arms[0]
    if isinstance(first, AskingArm):
        return judge_strategies(found, metric)
    if isinstance(first, SyntheticArm):
        return judge_made_up(found, metric)
    return judge(found, metric, luck)


def _cautions(outcome: Outcome) -> list[str]:
    """Return what a reader of the figures must know."""
    notes = _diverged(outcome)
    if outcome.study.transductive:
        notes.append("Transductive: the test rows, without their labels, took part in pretraining.")
    return notes


def _diverged(outcome: Outcome) -> list[str]:
    """Return a note for each arm in whose trials a loss grew by orders of magnitude."""
    told: dict[str, list[str]] = {}
    for record in outcome.records:
        said = [w for w in record.get("warnings", []) if w.startswith("TrainingWarning: ")]
        told.setdefault(record["arm"], []).extend(said[:1])
    return [
        f"{arm}: training went wrong in {len(said):,} of its trials, the first: "
        f"{said[0].removeprefix('TrainingWarning: ')}"
        for arm, said in told.items()
        if said
    ]


def _dataset(
    data: str | Path | GivenRows,
    y: Labels | None,
    target: str | None,
    test: str | None,
    task: str | None,
    drop: Sequence[str],
    id_column: str | None,
    text: Sequence[str],
    encoder: str | None,
) -> Dataset:
    if isinstance(data, (str, Path)):
        if y is not None:
            raise ParameterError("y was given for a file.", "Name the column with target=.")
        named: dict[str, Any] = {
            "target": target,
            "test": test,
            "task": task,
            "id_column": id_column,
            "text": text,
        }
        return load_dataset(str(data), drop=drop, **named, **pixels_for(encoder))
    if y is None:
        raise ParameterError(
            "Rows were given without y.", "Give the labels, None where a row has none."
        )
    if target is not None or test is not None or id_column is not None:
        raise ParameterError(
            "target=, test= and id_column= are for files; rows were given.",
            "Give y, and let each draw hold out its test rows.",
        )
    rows = given_rows(data, y, task=task, text=text)
    if isinstance(rows.X, np.ndarray) or not drop:
        return rows
    X = rows.X.drop(check_dropped(drop, rows.X.columns))
    return replace(rows, X=X, notes=(*rows.notes, *left_out_note(drop)))


def _recipes(
    data: Dataset,
    names: Sequence[str] | None,
    changes: Sequence[str],
    rows: int,
    encoder: str | None,
) -> tuple[list[Recipe], list[str]]:
    """Return recipes with their changes, and who chose them; ``rows`` are those to learn from."""
    if names is not None:
        own = [resolve(data, name, changes, encoder=_for(name, encoder)) for name in _once(names)]
        return [recipe for recipe, _ in own], []
    choices = default_recipes(data, rows, encoder)
    recipes = [
        resolve(data, choice.name, [*choice.changes, *changes], choice.arguments)[0]
        for choice in choices
    ]
    return recipes, [
        f"Recipes {', '.join(choice.name for choice in choices)} were chosen: {choices[0].why}"
    ]


def _simple(
    checked: Guarded,
    learned: int,
    names: Sequence[str] | None,
    codes: TransformerMixin | None,
    own: Mapping[str, BaseEstimator] | Sequence[Arm],
) -> tuple[list[Arm], list[str]]:
    """Return what stands beside the recipes, the user's own arms too, and what was left out."""
    rows, columns = checked.study, plain_columns(checked.data)
    texts, classes = texts_of(checked.data), len(rows.classes)
    found, left_out = baselines(rows.task, learned, columns, names, classes, texts)
    frozen = [] if codes is None else [frozen_arm(codes, rows.task, classes)]
    return [*found, *frozen, *_own_arms(own, columns)], left_out


def _refuse_beside_choosing(
    baseline: Sequence[str] | None,
    arms: Mapping[str, BaseEstimator] | Sequence[Arm],
    changes: Sequence[str],
) -> None:
    """Refuse what a study of strategies would ignore; ``changes`` are those of a borrowed
    encoder."""
    if changes:
        raise ParameterError(
            "--set changes a recipe; strategies choose on the encoder as it came.",
            "Leave --set out.",
        )
    if baseline is not None or len(arms):
        what = "baselines" if baseline is not None else "arms of your own"
        raise ParameterError(
            f"A study of strategies (choose) was asked for, and also {what}.",
            "Leave one out: its arms are the strategies.",
        )


def _once(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _for(name: str, encoder: str | None) -> str | None:
    """Return the encoder for a recipe that takes one."""
    takes = name in ("auto", *RECIPES) and (name == "auto" or "encoder" in arguments_of(name))
    return encoder if takes else None


def _own_arms(
    arms: Mapping[str, BaseEstimator] | Sequence[Arm], columns: TransformerMixin
) -> list[Arm]:
    if isinstance(arms, Mapping):
        return [
            EstimatorArm(name, estimator, representation=columns, group=name)
            for name, estimator in arms.items()
        ]
    return list(arms)
