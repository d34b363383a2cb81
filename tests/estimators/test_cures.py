"""What a wrong call gets: the line to write instead; and labels that are probably not meant as they
stand."""

from __future__ import annotations

import re
import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score

from layerwise import (
    DataError,
    Denoising,
    Dense,
    EstimatorArm,
    Greedy,
    LabelWarning,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    Schedule,
    Stack,
    Study,
    Supervised,
    Training,
    compare,
)

X = np.random.default_rng(0).normal(size=(30, 4))
Y = np.arange(30) % 3
FEW = np.where(np.arange(30) % 2, Y, -1)
TUNE = [(Supervised(), Greedy(1), Training(batch_size=64))]


def pretrainer():
    return Pretrainer(
        Stack(Dense(3)), objective=Reconstruction(), schedule=Greedy(1), random_state=0
    )


def classifier(**settings):
    return PretrainedClassifier(pretrainer(), plan=TUNE, random_state=0, **settings)


def regressor(**settings):
    return PretrainedRegressor(pretrainer(), plan=TUNE, random_state=0, **settings)


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"objective": "denoising"}, r"Write objective=Denoising\(\)\."),
        ({"objective": "contrastive_divergense"}, r"Write objective=ContrastiveDivergence\(\)\."),
        ({"objective": Denoising}, r"Write objective=Denoising\(\)\."),
        ({"objective": 3}, r"Write objective=Denoising\(\)\."),
        ({"schedule": "greedy"}, r"Write schedule=Greedy\(20\)\."),
        ({"schedule": Greedy}, r"Write schedule=Greedy\(20\)\."),
        ({"schedule": Schedule}, r"Write schedule=Schedule\(20\)\."),
        ({"stack": [64, 32]}, r"Write stack=Stack.of_widths\(\[64, 32\]\)\."),
        ({"stack": 64}, r"Write stack=Stack.of_widths\(\[64\]\)\."),
        ({"stack": "64"}, r"Write stack=Stack.of_widths\(\[64, 32\]\)\."),
        ({"training": "adamm"}, r"Write training=Training\('adam'\)\."),
        ({"training": "x"}, r"Write training=Training\('adam'\)\."),
        ({"precision": "bfloat"}, "Did you mean 'bfloat16'?"),
        ({"recipe": "stacked_autoencoders"}, "Did you mean 'stacked_autoencoder'?"),
        ({"validation": 3}, "validation"),
    ],
)
def test_a_parameter_of_the_wrong_kind_says_what_to_write(settings, cure):
    with pytest.raises(ValueError, match=cure):
        Pretrainer(**settings).fit(X)


def test_a_pretrainer_that_is_a_class_or_a_word_says_what_to_write():
    for given in (Pretrainer, "pretrainer"):
        with pytest.raises(ValueError, match=r"Write pretrainer=Pretrainer\(\)\."):
            PretrainedClassifier(given).fit(X, Y)


def test_the_parameter_of_the_wrong_kind_is_still_named_in_the_words_of_scikit_learn():
    words = "'objective' parameter of Pretrainer must be .* Got 'denoising' instead"
    with pytest.raises(ValueError, match=words):
        Pretrainer(objective="denoising").fit(X)


def test_missing_targets_of_a_regression_name_the_marker():
    y = np.where(Y, X[:, 0], np.nan)
    with pytest.raises(DataError, match=r"NaN in 10 of 30 rows.*unlabeled=np\.nan"):
        regressor().fit(X, y)
    regressor(unlabeled=np.nan).fit(X, y)


# Cross-validation


def test_cross_validation_with_unlabelled_rows_names_labeled_split_where_it_fails():
    with pytest.raises(DataError, match=r"cv=LabeledSplit\(5, unlabeled=-1\)"):
        cross_val_score(classifier(unlabeled=-1), X, FEW, cv=2, error_score="raise")


@pytest.mark.parametrize("search", [False, True])
def test_the_last_line_of_scikit_learns_warning_names_labeled_split(search):
    model = classifier(unlabeled=-1)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        if search:
            GridSearchCV(model, {"start": ["random"]}, cv=2).fit(X, FEW)
        else:
            cross_val_score(model, X, FEW, cv=2)
    last = [str(one.message).strip().splitlines()[-1] for one in heard]
    assert sum("LabeledSplit" in line for line in last) == 2


def test_folds_without_a_label_name_labeled_split():
    with pytest.raises(ValueError, match=r"None of the 15 rows .*cv=LabeledSplit"):
        classifier(unlabeled=-1).fit(X[:15], np.full(15, -1))


# Markers


@pytest.mark.parametrize(
    ("marker", "y"),
    [
        (-1, np.array(["cat", "dog", "-1"] * 10)),
        (-1, np.array(["cat", "dog", "-1"] * 10, dtype=object)),
        (0.5, np.array(["cat", "dog", "x"] * 10)),
        (np.nan, np.array(["cat", "dog", np.nan] * 10)),
    ],
)
def test_a_number_as_the_marker_of_texts_is_refused(marker, y):
    with pytest.raises(DataError, match=f'labels are texts.*Write unlabeled="{marker}"'):
        classifier(unlabeled=marker).fit(X, y)


def test_a_number_among_texts_is_a_marker():
    y = np.array(["cat", "dog", -1] * 10, dtype=object)
    assert classifier(unlabeled=-1).fit(X, y).classes_.tolist() == ["cat", "dog"]


@pytest.mark.parametrize("marker", [-1, "?", 7.5])
def test_a_marker_that_marks_no_row_is_told(marker):
    y = np.array(["a", "b", "c"])[Y] if marker == "?" else Y
    with pytest.warns(LabelWarning, match=re.escape(f"unlabeled={marker!r} marks none of")):
        classifier(unlabeled=marker).fit(X, y)


def test_a_marker_of_targets_that_marks_no_row_is_told():
    with pytest.warns(LabelWarning, match="unlabeled=-1 marks none"):
        regressor(unlabeled=-1).fit(X, X[:, 0])


@pytest.mark.parametrize("marker", ["missing", np.nan, None])
def test_rules_for_missing_labels_need_not_apply(marker):
    classifier(unlabeled=marker).fit(X, Y.astype(float))


def test_rows_without_labels_given_apart_need_no_marker():
    classifier(unlabeled=-1).fit(X[:20], Y[:20], X_unlabeled=X[20:])


def test_minus_one_beside_other_classes_is_told():
    with pytest.warns(LabelWarning, match="15 of 30 labels are -1, beside 0, 1, 2; .*unlabeled=-1"):
        model = classifier().fit(X, FEW)
    assert model.classes_.tolist() == [-1, 0, 1, 2]


@pytest.mark.parametrize("values", [(-1, 1), (-1, 0), (-2, -1, 0), (0, 1, 2), (-1, 0.0, 1.5)])
def test_other_negative_classes_are_classes(values):
    y = np.array(values)[np.arange(30) % len(values)]
    if 1.5 in values:
        with pytest.raises(ValueError, match="Unknown label type"):
            classifier().fit(X, y)
    else:
        classifier().fit(X, y)


def test_the_warning_points_at_the_line_of_the_caller():
    with pytest.warns(LabelWarning) as heard:
        classifier().fit(X, FEW)
    assert heard[0].filename == __file__


def test_a_study_that_labels_every_row_hears_no_warning(tmp_path):
    arm = EstimatorArm("own", classifier(unlabeled=-1), learns_from="all")
    study = Study((24,), 3)
    result = compare(
        X, Y, recipes=[], baseline=[], arms=[arm], study=study, out=tmp_path, workers=1
    )
    assert len(result["rows"]) == 3
    assert all(not row.get("error") and not row.get("warnings") for row in result["rows"])


# Data frames


@pytest.mark.parametrize("names", [[0, 1, 2, 3], [0, "a", 2, "b"], [3, 2, 1, 0]])
@pytest.mark.parametrize("words", [False, True])
def test_frames_with_numbers_for_names_work(names, words, tmp_path):
    frame = pd.DataFrame(X, columns=names)
    if words:
        frame[9] = ["u", "v"] * 15
    model = classifier(unlabeled=-1).fit(frame[:20], Y[:20], X_unlabeled=frame[20:])
    assert len(model.predict(frame)) == 30
    assert pretrainer().fit(frame).transform(frame).shape == (30, 3)
    study = Study((9,), 3)
    result = compare(
        frame, Y, recipes=[], baseline=["majority"], study=study, out=tmp_path, workers=1
    )
    assert len(result["rows"]) == 3


def test_a_frame_is_known_by_its_names_however_they_are_written():
    frame = pd.DataFrame(X, columns=[0, "a", 2, "b"])
    model = classifier().fit(frame, Y)
    assert model.feature_names_in_.tolist() == ["0", "a", "2", "b"]
    named = frame.set_axis(["0", "a", "2", "b"], axis=1)
    assert (model.predict(named) == model.predict(frame)).all()
    with pytest.raises(ValueError, match="must be in the same order"):
        model.predict(frame[["a", 0, 2, "b"]])


def test_a_name_that_is_a_number_and_a_word_is_refused():
    frame = pd.DataFrame(X, columns=[0, "0", 2, "b"])
    with pytest.raises(DataError, match="two columns '0', one named by a number"):
        pretrainer().fit(frame)


# Labels that are no labels


def small():
    return Pretrainer(Stack(Dense(4)), schedule=Greedy(1))


ROWS = np.random.default_rng(0).random((60, 4))


@pytest.mark.parametrize(
    "y", [np.array(["2024-01-01", "2024-01-02"] * 30, dtype="M8[D]"), [date(2024, 1, 1)] * 60]
)
def test_dates_are_no_classes(y):
    with pytest.raises(DataError, match=r"y holds dates or times \(2024-01-01\)"):
        PretrainedClassifier(small()).fit(ROWS, np.array(y))


def test_a_class_that_numpy_made_of_nan_is_told():
    with pytest.warns(LabelWarning, match=r"'nan' is taken as a class.*unlabeled='nan'"):
        PretrainedClassifier(small(), random_state=0).fit(ROWS, np.array(["nan", "a", "b"] * 20))


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.array(["cat"] * 60), "y holds 'cat' in row 0; a regression needs numbers"),
        (np.r_[1e300, np.arange(59.0)], r"y holds 1e\+300; targets must stay within"),
    ],
)
def test_what_is_no_target_is_refused(y, words):
    with pytest.raises(DataError, match=words):
        PretrainedRegressor(small()).fit(ROWS, y)


def test_targets_in_any_unit_are_the_same_targets():
    y = ROWS @ np.arange(4.0)
    one, other = (
        PretrainedRegressor(small(), random_state=0).fit(ROWS, y * unit).predict(ROWS) / unit
        for unit in (1.0, 2.0**-600)
    )
    assert np.ptp(one) > 0.1 and np.allclose(one, other)
