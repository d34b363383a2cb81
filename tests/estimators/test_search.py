"""The search for the rate of each stage: on labelled rows alone, from the estimator's own
setting."""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import contextmanager

import numpy as np
import optuna
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from layerwise import (
    Combined,
    DataError,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    LayerRateSearch,
    LayerwiseError,
    ParameterError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    Stack,
    Supervised,
    Training,
    TrainingError,
)

X, Y = (part[:120] for part in load_digits(n_class=4, return_X_y=True))
X = X / 16
FEW = np.where(np.arange(120) < 40, Y, -1)
TARGET = X @ np.random.default_rng(0).normal(size=64)
FEW_TARGETS = np.where(np.arange(120) < 40, TARGET, np.nan)
TUNE = [
    (Supervised(), HeadOnly(1), Training(batch_size=16)),
    (Supervised(), Joint(3), Training(learning_rate=0.01, batch_size=16)),
]

SMALL = Pretrainer(Stack(Dense(8)), schedule=Greedy(2))
CHECKED = [(Supervised(), Joint(5), Training(learning_rate=0.05, batch_size=16))]


def pretrainer():
    return Pretrainer(Stack(Dense(12), Dense(6)), schedule=Greedy(1))


def classifier(**settings):
    return PretrainedClassifier(
        **({"pretrainer": pretrainer(), "plan": TUNE, "unlabeled": -1} | settings)
    )


def regressor(**settings):
    return PretrainedRegressor(
        **({"pretrainer": pretrainer(), "plan": TUNE, "unlabeled": np.nan} | settings)
    )


def search(estimator=None, **settings):
    return LayerRateSearch(
        estimator or classifier(), **({"n_trials": 3, "cv": 2, "random_state": 0} | settings)
    )


@contextmanager
def watching(monkeypatch):
    """Yield the (trained on, scored on) row contents of every trial's fold, in the order of their
    fits."""
    seen = []
    fit, score = PretrainedClassifier.fit, PretrainedClassifier.score

    def spied_fit(self, X, y, X_unlabeled=None, sample_weight=None):
        seen.append({"model": self, "train": (X, y), "more": X_unlabeled})
        return fit(self, X, y, X_unlabeled, sample_weight)

    def spied_score(self, X, y, sample_weight=None):
        next(item for item in seen if item["model"] is self)["held"] = (X, y)
        return score(self, X, y, sample_weight)

    with monkeypatch.context() as patch:
        patch.setattr(PretrainedClassifier, "fit", spied_fit)
        patch.setattr(PretrainedClassifier, "score", spied_score)
        yield seen


def rows(X):
    return {row.tobytes() for row in np.ascontiguousarray(X)}


# What is found


def test_the_same_seed_gives_the_same_search():
    a, b = search().fit(X, FEW), search().fit(X, FEW)
    assert a.trials_ == b.trials_
    assert np.array_equal(a.predict_proba(X), b.predict_proba(X))
    assert search(random_state=1).fit(X, FEW).trials_[1]["factors"] != a.trials_[1]["factors"]


def test_the_first_trial_is_the_estimator_as_it_stands():
    fitted = search(n_trials=1).fit(X, FEW)
    assert fitted.trials_ == [
        {"factors": (1.0, 1.0), "rate": 1.0, "scores": fitted.trials_[0]["scores"]}
    ]
    assert fitted.best_score_ == fitted.plain_score_ == np.mean(fitted.trials_[0]["scores"])
    expected = classifier(random_state=fitted.best_estimator_.random_state).fit(X, FEW)
    assert np.array_equal(fitted.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize("decay", [0.5, (0.25, 0.5), 0.0, (0.0, 2.0)])
def test_factors_of_ones_own_are_the_first_trial_also_outside_the_ranges(decay):
    plan = [TUNE[0], (Supervised(), Joint(2), Training(layer_decay=decay))]
    fitted = search(classifier(plan=plan)).fit(X, FEW)
    assert fitted.trials_[0]["factors"] == (
        decay if isinstance(decay, tuple) else (decay**2, decay)
    )
    assert all(1e-3 <= factor <= 1 for trial in fitted.trials_[1:] for factor in trial["factors"])
    assert all(0.1 <= trial["rate"] <= 3 for trial in fitted.trials_)


def test_factors_from_the_gradients_can_be_the_plain_setting():
    plan = [(Supervised(), Joint(2), Training(layer_decay="gradient"))]
    fitted = search(classifier(plan=plan), n_trials=2).fit(X, FEW)
    assert fitted.trials_[0]["factors"] == "gradient"
    assert len(fitted.trials_[1]["factors"]) == 2


def test_the_best_is_at_least_the_plain_score_and_the_first_of_equals():
    fitted = search(n_trials=5).fit(X, FEW)
    means = [np.mean(trial["scores"]) for trial in fitted.trials_]
    best = fitted.trials_[int(np.argmax(means))]
    assert fitted.plain_score_ == means[0] <= fitted.best_score_ == max(means)
    assert (fitted.best_factors_, fitted.best_rate_) == (best["factors"], best["rate"])


def test_a_rate_that_is_far_too_small_is_raised():
    slow = [(Supervised(), Joint(20), Training(learning_rate=1e-3, batch_size=16))]
    fitted = search(classifier(plan=slow), n_trials=8, low=0.5).fit(X, FEW)
    assert fitted.best_rate_ > 1
    assert fitted.best_score_ > fitted.plain_score_
    last = fitted.best_estimator_.plan_[-1].training
    assert last.learning_rate == pytest.approx(1e-3 * fitted.best_rate_)
    assert last.layer_decay == fitted.best_factors_


def test_a_factor_of_low_moves_a_stage_less(monkeypatch):
    with watching(monkeypatch) as seen:
        fitted = search(n_trials=6).fit(X, FEW)
    moved = [
        [row["moved"] for row in item["model"].transfer_report_] for item in seen if "held" in item
    ]
    factors = np.repeat([trial["factors"] for trial in fitted.trials_], 2, axis=0)
    for stage in range(2):
        low, high = factors[:, stage].argmin(), factors[:, stage].argmax()
        assert factors[low, stage] < 0.1 < factors[high, stage]
        assert moved[low][stage] < 0.5 * moved[high][stage]


@pytest.mark.parametrize("rate", [None, 0.01, (0.01, 0.02)])
def test_the_rate_scales_the_last_step_alone_and_the_factors_go_where_stages_are_trained(
    monkeypatch, rate
):
    plan = [
        TUNE[0],
        (Supervised(), Joint(1), Training("sgd")),
        (Supervised(), Joint(1), Training("sgd", learning_rate=rate)),
    ]
    with watching(monkeypatch) as seen:
        fitted = search(classifier(plan=plan), n_trials=2, cv=2).fit(X, FEW)
    head, middle, last = (step.training for step in seen[3]["model"].plan_)
    tried = fitted.trials_[1]
    assert (head, middle) == (TUNE[0][2], Training("sgd", layer_decay=tried["factors"]))
    own = 0.1 if rate is None else rate
    assert last.layer_decay == tried["factors"]
    assert last.learning_rate == (
        tuple(r * tried["rate"] for r in own) if isinstance(own, tuple) else own * tried["rate"]
    )


def test_the_default_plan_and_a_head_are_searched():
    fitted = search(PretrainedClassifier(pretrainer(), head=(5,), unlabeled=-1), n_trials=2).fit(
        X, FEW
    )
    assert fitted.best_estimator_.plan_[-1].objective == Supervised((5,))


def test_a_regressor_is_searched():
    fitted = search(regressor(), n_trials=4).fit(X, FEW_TARGETS)
    assert is_regressor(fitted)
    assert fitted.predict(X).shape == (120,)
    assert fitted.score(X, TARGET) == fitted.best_estimator_.score(X, TARGET)
    assert fitted.best_score_ >= fitted.plain_score_
    assert not hasattr(fitted, "predict_proba")
    assert not hasattr(fitted, "classes_")


def test_a_regressor_of_several_outputs_is_searched():
    y = np.stack([FEW_TARGETS, -FEW_TARGETS], axis=1)
    assert search(regressor(), n_trials=2).fit(X, y).predict(X[:3]).shape == (3, 2)


# On what


def test_the_pretrainer_learns_once(monkeypatch):
    fits = []
    learn = Pretrainer._learn
    monkeypatch.setattr(
        Pretrainer,
        "_learn",
        lambda self, X, *args, **kw: fits.append(len(X)) or learn(self, X, *args, **kw),
    )
    fitted = search().fit(X[:60], FEW[:60], X_unlabeled=X[60:])
    assert fits == [120]
    pretrainer = fitted.best_estimator_._fitted_pretrainer()
    search(classifier(pretrainer=FrozenEstimator(pretrainer))).fit(X, FEW)
    assert fits == [120]


def test_a_held_out_row_is_never_trained_on_and_never_unlabelled(monkeypatch):
    with watching(monkeypatch) as seen:
        search(cv=3).fit(X, FEW)
    folds = [item for item in seen if "held" in item]
    assert len(folds) == 9
    assert [i for i, item in enumerate(seen) if "held" not in item] in (
        [0],
        [0, 10],
    )  # the first fit, and that with the best
    for item in folds:
        assert not rows(item["held"][0]) & rows(item["train"][0])
        assert rows(item["held"][0]) | rows(item["train"][0]) == rows(X[:40])
        assert (item["held"][1] >= 0).all()
    assert set.union(*(rows(item["held"][0]) for item in folds[:3])) == rows(X[:40])


def test_every_trial_has_the_same_folds(monkeypatch):
    with watching(monkeypatch) as seen:
        search().fit(X, FEW)
    held = [rows(item["held"][0]) for item in seen if "held" in item]
    assert held[:2] == held[2:4] == held[4:]
    assert held[0] != held[1]


def test_unlabelled_rows_are_trained_on_where_the_plan_learns_from_them(monkeypatch):
    plan = [(Combined(Supervised(), Reconstruction()), Joint(1), Training(batch_size=16))]
    with watching(monkeypatch) as seen:
        search(classifier(plan=plan), n_trials=2).fit(X[:80], FEW[:80], X_unlabeled=X[80:])
    folds = [item for item in seen if "held" in item]
    for item in folds:
        assert rows(X[40:80]) <= rows(item["train"][0])
        assert not rows(item["held"][0]) & (rows(item["train"][0]) | rows(item["more"]))
        assert rows(item["more"]) == rows(X[80:])


def test_rows_without_weight_are_neither_trained_on_nor_scored(monkeypatch):
    weight = np.where(np.arange(120) % 4 == 0, 0.0, 1.5)
    with watching(monkeypatch) as seen:
        search(n_trials=1).fit(X, FEW, sample_weight=weight)
    for item in seen:
        if "held" in item:
            assert not (rows(item["held"][0]) | rows(item["train"][0])) & rows(X[weight == 0])


def test_hidden_labels_are_not_used():
    other = np.where(np.arange(120) < 40, Y, -1)
    assert (
        search().fit(X, FEW).trials_ == search().fit(X[:40], other[:40], X_unlabeled=X[40:]).trials_
    )


@pytest.mark.parametrize(
    "form",
    [pd.DataFrame, sp.csr_matrix, lambda X: X.reshape(-1, 1, 8, 8)],
    ids=["frame", "sparse", "images"],
)
def test_frames_sparse_rows_and_images_are_searched(form):
    given = form(X)
    fitted = search(n_trials=2).fit(given, FEW)
    assert fitted.predict(given).shape == (120,)
    assert fitted.n_features_in_ == fitted.best_estimator_.n_features_in_


def test_a_splitter_and_given_positions_split_the_labelled_rows_alone(monkeypatch):
    splitter = KFold(2)
    positions = list(splitter.split(np.arange(40)))
    with watching(monkeypatch) as seen:
        a = search(cv=splitter, n_trials=2).fit(X, FEW)
    assert [rows(item["held"][0]) for item in seen if "held" in item] == [
        rows(X[:20]),
        rows(X[20:40]),
    ] * 2
    assert search(cv=positions, n_trials=2).fit(X, FEW).trials_ == a.trials_


@pytest.mark.parametrize(
    ("marker", "y"),
    [
        ("missing", np.array([None if v < 0 else str(v) for v in FEW], dtype=object)),
        ("missing", np.array([None if v < 0 else int(v) for v in FEW], dtype=object)),
        ("missing", pd.Series([None if v < 0 else f"c{v}" for v in FEW])),
    ],
)
def test_every_kind_of_label_is_searched_alike(marker, y):
    fitted = search(classifier(unlabeled=marker), n_trials=2).fit(X, y)
    assert fitted.trials_ == search(n_trials=2).fit(X, FEW).trials_


# Limits


def test_the_search_ends_in_time_but_not_before_the_first_trial():
    assert len(search(timeout=1e-9).fit(X, FEW).trials_) == 1


def test_a_trial_that_diverges_is_the_worst(monkeypatch):
    fit = PretrainedClassifier.fit

    def diverging(self, X, y, *args):
        if self._plan()[-1].training.learning_rate != 0.01:
            raise TrainingError("The loss is not finite.")
        return fit(self, X, y, *args)

    monkeypatch.setattr(PretrainedClassifier, "fit", diverging)
    fitted = search().fit(X, FEW)
    assert [len(trial["scores"]) for trial in fitted.trials_] == [2, 0, 0]
    assert fitted.best_factors_ == (1.0, 1.0)


def test_a_line_is_printed_for_each_trial_only_when_asked(capsys):
    search(n_trials=2).fit(X, FEW)
    assert capsys.readouterr() == ("", "")
    search(n_trials=2, verbose=1).fit(X, FEW)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["trial 1/2", "trial 2/2"]


def test_optuna_is_silent_inside_and_as_before_after_while_our_warnings_are_heard(
    monkeypatch, caplog
):
    fit = PretrainedClassifier.fit

    def warned(self, *args):
        warnings.warn("ours", UserWarning, stacklevel=1)
        return fit(self, *args)

    monkeypatch.setattr(PretrainedClassifier, "fit", warned)
    optuna.logging.set_verbosity(optuna.logging.INFO)
    optuna.logging.enable_propagation()
    try:
        with pytest.warns(UserWarning, match="ours"), caplog.at_level(logging.DEBUG):
            search(n_trials=2).fit(X, FEW)
        assert optuna.logging.get_verbosity() == optuna.logging.INFO
    finally:
        optuna.logging.disable_propagation()
    assert [record for record in caplog.records if record.name.startswith("optuna")] == []


# As an estimator


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings(
    "ignore:X (has|does not have valid) feature names:UserWarning"
)  # the checks mix both on purpose
@parametrize_with_checks(
    [
        search(kind(SMALL, plan=CHECKED), n_trials=2)
        for kind in (PretrainedClassifier, PretrainedRegressor)
    ]
)
def test_check_estimator(estimator, check):
    check(estimator)


def test_it_is_cloned_and_its_parameters_are_set():
    model = search()
    assert clone(model).get_params()["n_trials"] == 3
    model.set_params(
        low=0.1, estimator__unlabeled="missing", estimator__pretrainer__schedule__epochs=2
    )
    assert (model.low, model.estimator.unlabeled, model.estimator.pretrainer.schedule) == (
        0.1,
        "missing",
        Greedy(2),
    )
    assert is_classifier(model)


def test_it_answers_as_the_best_estimator():
    fitted = search().fit(X, FEW)
    best = fitted.best_estimator_
    assert np.array_equal(fitted.predict(X), best.predict(X))
    assert np.array_equal(fitted.predict_proba(X), best.predict_proba(X))
    assert np.array_equal(fitted.classes_, best.classes_)
    assert fitted.score(X, Y) == best.score(X, Y)


def test_what_is_given_is_not_changed():
    model = classifier()
    before = repr(model.get_params())
    fitted = search(model).fit(X, FEW)
    assert repr(model.get_params()) == before
    assert fitted.estimator is model
    assert not hasattr(model, "module_")


def test_a_random_start_is_searched_from_random_weights():
    fitted = search(classifier(start="random"), n_trials=2).fit(X, FEW)
    assert {row["start_difference"] for row in fitted.best_estimator_.transfer_report_} == {None}


# Words


@pytest.mark.parametrize("missing", ["optuna", "cmaes"])
def test_without_optuna_it_says_what_to_install(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        LayerwiseError,
        match=rf'needs optuna and cmaes.*{missing}.*Run pip install "layerwise\[search\]"',
    ):
        search().fit(X, FEW)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"estimator": LogisticRegression()},
            "'estimator' parameter.*PretrainedClassifier.*LogisticRegression",
        ),
        ({"n_trials": 0}, r"'n_trials' parameter.*\[1, inf\). Got 0"),
        ({"low": 0.0}, r"'low' parameter.*\(0.0, 1.0\). Got 0.0"),
        ({"low": 1.0}, r"'low' parameter.*\(0.0, 1.0\). Got 1.0"),
        ({"cv": 1}, r"'cv' parameter.*\[2, inf\).*Got 1"),
        ({"timeout": 0}, r"'timeout' parameter.*\(0.0, inf\).*Got 0"),
        ({"random_state": "x"}, "'random_state' parameter.*Got 'x'"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        search(**settings).fit(X, FEW)


@pytest.mark.parametrize(
    ("estimator", "y", "words"),
    [
        (
            classifier(),
            np.where(np.arange(120) < 1, 0, FEW + (FEW == 0)),
            "2 labelled rows of every class. Got 1 of the rarest",
        ),
        (
            regressor(),
            np.where(np.arange(120) < 7, TARGET, np.nan),
            "at least 8 labelled rows. Got 7. Label more",
        ),
        (classifier(), np.full(120, -1), "None of the 120 rows has a label"),
    ],
)
def test_too_few_labelled_rows_are_refused_before_pretraining(monkeypatch, estimator, y, words):
    monkeypatch.setattr(Pretrainer, "fit", lambda *args, **kw: pytest.fail("pretrained"))
    with pytest.raises(DataError, match=words):
        search(estimator).fit(X, y)


def test_labelled_rows_that_all_weigh_nothing_are_refused():
    with pytest.raises(DataError, match="Every labelled row has the weight 0. Give"):
        search().fit(X, FEW, sample_weight=(FEW < 0).astype(float))


def test_a_plan_without_a_rate_to_search_is_refused():
    with pytest.raises(
        ParameterError,
        match=r"No step of the fine-tuning plan.*HeadOnly.*Add a step such as \(Supervised\(\), "
        r"Joint",
    ):
        search(classifier(plan=TUNE[:1])).fit(X, FEW)


def test_labels_are_needed():
    with pytest.raises(ValueError, match="requires y to be passed"):
        search(regressor()).fit(X, None)
    with pytest.raises(ValueError, match="requires y to be passed"):
        search().fit(X, None)


def test_it_is_fitted_first():
    for ask in (search().predict, search().predict_proba, lambda X: search().score(X, Y)):
        with pytest.raises(NotFittedError):
            ask(X)
