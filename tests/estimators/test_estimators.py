"""What the estimators do for their users."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
import torch
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from layerwise import (
    Combined,
    Conv,
    DataError,
    DataWarning,
    Denoising,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    LabeledSplit,
    Masking,
    ParameterError,
    Preprocessor,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    Stack,
    Supervised,
    Training,
    Unfreeze,
)
from layerwise.estimators import finetuned

X, Y = (part[:300] for part in load_digits(return_X_y=True))
X = X / 16
FEW = np.where(np.arange(300) < 80, Y, -1)
SMALL = Pretrainer(
    Stack(Dense(32, tied=True), Dense(16, tied=True)), schedule=Greedy(3), random_state=0
)


def same(a, b):
    return np.array_equal(a, b)


def test_labels_that_are_hidden_are_not_used():
    other = FEW.copy()
    a = PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X, FEW)
    other[200:] = -1
    b = PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X, other)
    assert same(a.predict_proba(X), b.predict_proba(X))


def test_unlabelled_rows_inside_and_beside_are_the_same():
    inside = PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X, FEW)
    beside = PretrainedClassifier(SMALL, random_state=0).fit(X[:80], Y[:80], X_unlabeled=X[80:])
    assert same(inside.predict_proba(X), beside.predict_proba(X))


@pytest.mark.parametrize(
    ("marker", "y"),
    [
        (-1, FEW),
        ("missing", np.array([None if v < 0 else int(v) for v in FEW], dtype=object)),
        (float("nan"), np.where(FEW < 0, np.nan, FEW)),
        ("missing", np.where(FEW < 0, np.nan, FEW)),
        ("", np.array(["" if v < 0 else str(v) for v in FEW])),
        ("missing", pd.Series([None if v < 0 else str(v) for v in FEW])),
    ],
)
def test_every_marker_marks_the_same_rows(marker, y):
    expected = (
        PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X, FEW).predict_proba(X)
    )
    assert same(
        PretrainedClassifier(SMALL, unlabeled=marker, random_state=0).fit(X, y).predict_proba(X),
        expected,
    )


def test_the_order_of_the_rows_does_not_matter():
    order = np.random.default_rng(0).permutation(300)
    a = PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X, FEW)
    b = PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X[order], FEW[order])
    assert same(a.predict_proba(X), b.predict_proba(X))


def test_a_fitted_pretrainer_in_a_frozen_estimator_is_used_as_it_stands():
    fitted = Pretrainer(SMALL.stack, schedule=Greedy(3), random_state=0).fit(X)
    before = fitted.transform(X)
    frozen = PretrainedClassifier(FrozenEstimator(fitted), unlabeled=-1, random_state=0).fit(X, FEW)
    assert same(before, fitted.transform(X))
    assert same(
        frozen.predict_proba(X),
        PretrainedClassifier(SMALL, unlabeled=-1, random_state=0).fit(X, FEW).predict_proba(X),
    )
    control = PretrainedClassifier(
        FrozenEstimator(fitted), start="random", unlabeled=-1, random_state=0
    ).fit(X, FEW)
    expected = PretrainedClassifier(SMALL, start="random", unlabeled=-1, random_state=0).fit(X, FEW)
    assert same(control.predict_proba(X), expected.predict_proba(X))


def test_arrays_frames_and_sparse_rows_agree():
    codes = SMALL.fit_transform(X)
    names = [f"p{i}" for i in range(64)]
    assert same(
        Pretrainer(**SMALL.get_params(deep=False)).fit_transform(pd.DataFrame(X, columns=names)),
        codes,
    )
    assert same(
        Pretrainer(**SMALL.get_params(deep=False)).fit_transform(pl.DataFrame(X, schema=names)),
        codes,
    )
    np.testing.assert_allclose(
        Pretrainer(**SMALL.get_params(deep=False)).fit_transform(sp.csr_matrix(X)), codes, atol=1e-5
    )


def test_images_in_four_dimensions_keep_their_shape():
    images = X.reshape(-1, 1, 8, 8)
    model = Pretrainer(SMALL.stack, schedule=Greedy(1), random_state=0).fit(images)
    assert model.reconstruct(images[:3]).shape == (3, 1, 8, 8)
    stack = Stack(*SMALL.stack.stages, in_shape=(1, 8, 8))
    flat = Pretrainer(stack, schedule=Greedy(1), random_state=0).fit(X)
    assert same(flat.transform(X), model.transform(images))


def test_bytes_are_divided_by_255():
    model = Pretrainer(SMALL.stack, schedule=Greedy(1), random_state=0).fit(
        (X * 255).round().astype(np.uint8)
    )
    assert model.space_.kind == "unit"
    assert model.reconstruct(X[:2] * 255).min() >= 0


def test_an_encoding_of_any_depth():
    model = SMALL.fit(X)
    assert same(model.encode(X, depth=2), model.transform(X))
    assert model.encode(X, depth=1).shape == (300, 32)
    np.testing.assert_allclose(model.encode(X, depth=0), X, rtol=1e-6)


def test_inverse_transform_decodes_what_transform_encodes():
    model = SMALL.fit(X)
    np.testing.assert_allclose(
        model.inverse_transform(model.transform(X)), model.reconstruct(X), rtol=1e-6
    )


def test_strange_rows_have_lower_scores():
    model = Pretrainer(SMALL.stack, schedule=Joint(40), random_state=0).fit(X)
    assert np.median(model.score_samples(X)) > np.median(model.score_samples(1 - X))


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_regressor_learns_one_or_several_outputs(outputs):
    target = X @ np.random.default_rng(0).normal(size=(64, outputs)) * 100 + 1000
    target = target[:, 0] if outputs == 1 else target
    y = target.copy()
    y[150:] = np.nan
    model = PretrainedRegressor(SMALL, unlabeled=np.nan, random_state=0).fit(X, y)
    assert model.predict(X).shape == target.shape
    assert model.score(X[150:], target[150:]) > 0.6


def test_class_weights_shift_the_answer():
    plain = PretrainedClassifier(SMALL, random_state=0).fit(X, Y == 3)
    heavy = PretrainedClassifier(SMALL, class_weight={True: 100.0, False: 1.0}, random_state=0).fit(
        X, Y == 3
    )
    assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean()


def test_a_row_of_weight_two_is_a_row_given_twice():
    weight = np.random.default_rng(0).integers(0, 3, 300)
    a = PretrainedClassifier(SMALL, random_state=0).fit(X, Y, sample_weight=weight)
    twice = np.repeat(np.arange(300), weight)
    b = PretrainedClassifier(SMALL, random_state=0).fit(X[twice], Y[twice])
    assert same(a.predict_proba(X), b.predict_proba(X))


def test_weights_that_sum_to_the_number_of_rows_are_not_ignored():
    weight = np.ones(300, dtype=int)
    weight[:100], weight[100:200] = 0, 2
    kept = np.repeat(np.arange(300), weight)
    plain, weighted, repeated = (Pretrainer(**SMALL.get_params(deep=False)) for _ in range(3))
    a = weighted.fit(X, sample_weight=weight).transform(X)
    assert same(a, repeated.fit(X[kept]).transform(X))
    assert not same(a, plain.fit(X).transform(X))


def test_weights_of_zero_on_every_labelled_row_are_refused():
    weight = (FEW == -1).astype(float)
    with pytest.raises(DataError, match="Every labelled row has the weight 0"):
        PretrainedClassifier(SMALL, unlabeled=-1).fit(X, FEW, sample_weight=weight)
    with pytest.raises(DataError, match="Every labelled row has the weight 0"):
        PretrainedRegressor(SMALL, unlabeled=-1.0).fit(X, FEW.astype(float), sample_weight=weight)


def test_fractional_weights_weigh():
    weight = np.where(Y == 3, 50.5, 0.5)
    plain = PretrainedClassifier(SMALL, random_state=0).fit(X, Y)
    heavy = PretrainedClassifier(SMALL, random_state=0).fit(X, Y, sample_weight=weight)
    assert heavy.predict_proba(X)[:, 3].mean() > plain.predict_proba(X)[:, 3].mean()


PLANS = [
    [(Supervised(), HeadOnly(3)), (Supervised(), Unfreeze(3))],
    [(Supervised((8,), dropout=0.2), Joint(5), Training(min_steps=400, layer_decay=0.5))],
    [(Supervised((8, 8)), HeadOnly(2)), (Supervised((8, 8)), Joint(3))],
    [(Combined(Supervised(), Denoising(), weight=0.5), Joint(3))],
    [(Reconstruction(), Joint(1)), (Supervised(), Joint(3))],
    [(Supervised(), Greedy(2)), (Supervised(), Joint(2))],
]


@pytest.mark.parametrize("plan", PLANS, ids=repr)
def test_fine_tuning_is_a_plan(plan):
    training = Training(learning_rate=3e-3, batch_size=16, min_steps=250)
    model = PretrainedClassifier(
        SMALL, plan=plan, training=training, unlabeled=-1, random_state=0
    ).fit(X, FEW)
    assert model.score(X[80:], Y[80:]) > 0.5
    assert [step.objective for step in model.plan_] == [objective for objective, *_ in plan]


@pytest.mark.parametrize("validation", ["auto", 0.25, 3])
def test_the_number_of_epochs_is_chosen_on_labelled_rows(validation):
    model = PretrainedClassifier(SMALL, validation=validation, unlabeled=-1, random_state=0)
    asked = (
        PretrainedClassifier(SMALL, unlabeled=-1, random_state=0)
        .fit(X, FEW)
        .plan_[-1]
        .schedule.epochs
    )
    model.fit(X, FEW)
    last = [row for row in model.history_ if row["step"] == 1]
    assert len(last) == model.plan_[-1].schedule.epochs
    assert model.plan_[0] == PretrainedClassifier(SMALL).fit(X, Y).plan_[0]
    assert model.plan_[-1].schedule.epochs >= 1
    assert asked == 25


def test_the_epochs_of_the_last_phase_alone_are_chosen():
    plan = [(Supervised(), Unfreeze(4), Training(batch_size=16))]
    model = PretrainedClassifier(SMALL, plan=plan, validation=2, unlabeled=-1, random_state=0).fit(
        X, FEW
    )
    chosen = model.plan_[-1].schedule.epochs
    assert chosen[0] == 4
    assert [sum(row["phase"] == p for row in model.history_) for p in (0, 1)] == list(chosen)


def test_stopping_and_choosing_go_together():
    plan = [(Supervised(), Joint(40), Training(batch_size=16, learning_rate=0.02, patience=2))]
    model = PretrainedClassifier(
        SMALL, plan=plan, validation=0.3, unlabeled=-1, random_state=0
    ).fit(X, FEW)
    assert len(model.history_) == model.plan_[-1].schedule.epochs < 40


def test_a_random_start_reports_no_arrival():
    model = PretrainedClassifier(SMALL, start="random", unlabeled=-1, random_state=0).fit(X, FEW)
    assert [row["start_difference"] for row in model.transfer_report_] == [None, None]


def test_a_transformer_of_the_users_own_gets_what_the_user_gave():
    frame = pd.DataFrame({"a": X[:, 20], "b": X[:, 28], "kind": np.where(Y % 2, "odd", "even")})
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["kind"])
    )
    codes = Pretrainer(
        Stack(Dense(4)), preprocessing=columns, schedule=Joint(1), random_state=0
    ).fit_transform(frame)
    assert codes.shape == (300, 4)


def test_bytes_and_fractions_are_not_confused():
    as_bytes = (X * 255).round().astype(np.uint8)
    with pytest.raises(DataError, match="fitted on bytes from 0 to 255; these rows are fractions"):
        Pretrainer(SMALL.stack, schedule=Joint(1), random_state=0).fit(as_bytes).transform(X)
    with pytest.raises(DataError, match=r"fitted on values in \[0, 1\]; these rows are bytes"):
        Pretrainer(SMALL.stack, schedule=Joint(1), random_state=0).fit(X).transform(as_bytes)


def test_setting_a_part_of_what_is_none_is_explained():
    with pytest.raises(ParameterError, match="objective is None"):
        Pretrainer().set_params(objective__corruption__p=0.1)


def test_what_was_used_is_recorded():
    used = (
        Pretrainer(
            SMALL.stack, schedule=Joint(1), device="cpu", precision="bfloat16", random_state=0
        )
        .fit(X)
        .used_
    )
    assert used == {"device": "cpu", "precision": "bfloat16"}


def test_a_class_with_one_label_leaves_the_epochs_as_they_are():
    y = np.full(300, -1)
    y[[np.flatnonzero(c == Y)[0] for c in range(10)]] = np.arange(10)
    model = PretrainedClassifier(SMALL, validation="auto", unlabeled=-1, random_state=0).fit(X, y)
    assert model.plan_[-1].schedule == Joint(25)


def test_an_estimator_goes_into_a_pipeline_and_a_grid_search():
    pretrainer = Pretrainer(
        Stack(Dense(16)), objective=Denoising(Masking(0.25)), schedule=Joint(2), random_state=0
    )
    pipeline = make_pipeline(
        MinMaxScaler(), PretrainedClassifier(pretrainer, unlabeled=-1, random_state=0)
    )
    grid = {"pretrainedclassifier__pretrainer__objective__corruption__p": [0.1, 0.6]}
    search = GridSearchCV(pipeline, grid, cv=LabeledSplit(2), error_score="raise").fit(X, FEW)
    assert search.best_estimator_[-1].pretrainer.objective.corruption.p in (0.1, 0.6)
    assert pretrainer.objective.corruption.p == 0.25


def test_a_labeled_split_trains_on_every_unlabelled_row_and_tests_on_none():
    for train, test in LabeledSplit(4).split(X, FEW):
        assert (FEW[test] != -1).all()
        assert set(np.flatnonzero(FEW == -1)) <= set(train)
        assert not set(train) & set(test)
    assert LabeledSplit(4).get_n_splits(X, FEW) == 4
    scores = cross_val_score(
        PretrainedClassifier(SMALL, unlabeled=-1, random_state=0), X, FEW, cv=LabeledSplit(2)
    )
    assert scores.shape == (2,)


def test_held_out_rows_give_a_validation_loss_that_pretraining_does_not_see():
    model = Pretrainer(SMALL.stack, schedule=Greedy(2), validation=0.2, random_state=0).fit(X)
    assert all("validation" in row for row in model.history_)


def test_verbose_prints_a_line_an_epoch(capsys):
    Pretrainer(SMALL.stack, schedule=Greedy(1), random_state=0, verbose=1).fit(X)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Denoising, phase 1/2, stage 1: epoch 1/1  loss ")


def test_bfloat16_is_a_setting():
    model = Pretrainer(SMALL.stack, schedule=Greedy(1), precision="bfloat16", random_state=0).fit(X)
    assert np.isfinite(model.score(X))


def test_the_control_of_a_frozen_pretrainer_begins_with_the_best_initialisation():
    stack = Stack(Dense(30, activation="sigmoid", tied=True, init="normal(0.001)"))
    frozen = FrozenEstimator(Pretrainer(stack, schedule=Greedy(1), random_state=0).fit(X))
    plan = [(Supervised(), HeadOnly(1))]  # the stack stays as it began
    model = PretrainedClassifier(frozen, plan=plan, start="random", random_state=0)
    spread = model.fit(X, np.arange(len(X)) % 2).module_.chain[0].weight.detach().std()
    assert float(spread) > 0.05


def test_weights_of_rows_and_of_classes_multiply():
    model = PretrainedClassifier(class_weight={"a": 2.0, "b": 3.0})
    model.classes_ = np.array(["a", "b"])
    y, weight = np.array([0, 1, 1]), np.array([1.0, 10.0, 100.0])
    assert model._row_weights(y, weight).tolist() == [2.0, 30.0, 300.0]
    assert model._row_weights(y, None).tolist() == [2.0, 3.0, 3.0]


def test_classes_of_three_kinds_of_numbers_are_numbers():
    from layerwise.estimators.labels import comparable

    found = comparable(np.array([0, 1.0, True], dtype=object))
    assert found.dtype.kind == "f" and found.tolist() == [0.0, 1.0, 1.0]


def test_a_wrong_setting_of_the_pretrainer_inside_is_named_before_training():
    X = np.random.default_rng(0).random((20, 4))
    model = PretrainedClassifier(Pretrainer(Stack(Dense(3)), validation=0.9))
    with pytest.raises(ValueError, match="'validation' parameter of Pretrainer"):
        model.fit(X, np.arange(20) % 2)


def test_the_report_is_of_the_weights_that_fine_tuning_began_with(monkeypatch):
    real = finetuned.run_plan

    def shifted(module, *args, **settings):
        with torch.no_grad():
            module.chain[0].weight.add_(1.0)
        return real(module, *args, **settings)

    monkeypatch.setattr(finetuned, "run_plan", shifted)
    X = np.random.default_rng(0).random((20, 4))
    model = PretrainedClassifier(Pretrainer(Stack(Dense(3)), schedule=Joint(1), random_state=0))
    [row] = model.fit(X, np.arange(20) % 2).transfer_report_
    assert row["start_difference"] == pytest.approx(12**0.5, rel=1e-5)


# Rows outside of what was learned


@pytest.mark.parametrize("numbers", ["auto", "unit", "minmax", "standard", "robust", "quantile"])
@pytest.mark.parametrize("value", [-50.0, 1e6, 1e30])
def test_an_anomaly_is_not_cut_off_before_it_is_scored(numbers, value):
    U = np.random.default_rng(0).random((300, 6))
    model = Pretrainer(
        Stack(Dense(8)), schedule=Greedy(2), preprocessing=Preprocessor(numbers), random_state=0
    ).fit(U)
    row = np.full((1, 6), 0.5)
    row[0, 0] = value
    score = model.score_samples(row)
    assert np.isfinite(score).all()
    assert (model.score_samples(U) < score[0]).mean() < 0.02


def test_a_score_grows_with_the_distance_outside():
    U = np.random.default_rng(0).random((100, 4))
    model = Pretrainer(Stack(Dense(4)), schedule=Greedy(1), random_state=0).fit(U)
    rows = np.tile(U[:1], (3, 1))
    rows[:, 1] = (2.0, 10.0, 1e30)
    first, second, third = model.score_samples(rows)
    assert first > second > third
    within = U[:1].copy()
    within[0, 1] = 1.0
    base = model.score_samples(within)[0]
    assert np.isclose(base - first, (2.0 - 1.0) ** 2 / 4, rtol=1e-5)


def test_cells_outside_of_what_was_learned_are_told_by_every_answer():
    U = np.random.default_rng(0).random((100, 4))
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4)), schedule=Greedy(1)), random_state=0
    ).fit(U, np.arange(100) % 2)
    later = U.copy()
    later[3, 1] = 40.0
    for answer in (model.predict, model.predict_proba, model.encode, model.pretrainer_.transform):
        with pytest.warns(DataWarning, match="'x1', is 40 in row 3"):
            answer(later)
    with pytest.raises(DataError, match="Give them the same scale"):
        model.predict(U * 255)


def test_images_with_channels_last_are_refused_by_name():
    X = np.random.default_rng(0).random((9, 8, 8, 3))
    for stack in (Stack(Conv(4, 3)), Stack(Dense(4))):
        with pytest.raises(ValueError, match=r"channels seem to be last.*transpose\(0, 3, 1, 2\)"):
            Pretrainer(stack, schedule=Greedy(1)).fit(X)
