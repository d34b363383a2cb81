"""What goes wrong with the estimators is said in words: what was given, what was expected, what to
do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

from layerwise import (
    Combined,
    DataError,
    Denoising,
    Dense,
    Gaussian,
    Greedy,
    HeadOnly,
    Joint,
    LabeledSplit,
    LayerwiseError,
    Masking,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    SaltAndPepper,
    Stack,
    Supervised,
    Training,
    TrainingError,
    Unfreeze,
    observing,
)

FAST = [(Reconstruction(), Joint(1), Training(batch_size=64))]
TUNE = [(Supervised(), Joint(1), Training(batch_size=64))]
X = np.random.default_rng(0).normal(size=(20, 4))
Y = np.arange(20) % 2


def pretrainer(stack=None, **settings):
    settings = {"plan": FAST, "random_state": 0} | settings
    return Pretrainer(stack or Stack(Dense(3)), **settings)


def classifier(**settings):
    return PretrainedClassifier(
        **({"pretrainer": pretrainer(), "plan": TUNE, "random_state": 0} | settings)
    )


def regressor(**settings):
    return PretrainedRegressor(
        **({"pretrainer": pretrainer(), "plan": TUNE, "random_state": 0} | settings)
    )


def refused(kind, words):
    return pytest.raises(kind, match=words)


def with_marker(marker, y=Y, every=3):
    values = y.astype(object)
    values[::every] = marker
    return values


# Labels


@pytest.mark.parametrize("marker", [-1, "", "?"])
def test_rows_with_the_marker_are_not_scored(marker):
    y = with_marker(marker, Y if marker == -1 else np.where(Y, "b", "a"))
    model = classifier(unlabeled=marker).fit(X, y)
    with refused(DataError, "7 of the 20 rows to score have no label.*LabeledSplit"):
        model.score(X, y)


def test_rows_with_a_nan_target_are_not_scored():
    y = np.where(Y, X[:, 0], np.nan)
    model = regressor(unlabeled=np.nan).fit(X, y)
    with refused(DataError, r"10 of the 20 rows to score have no label \(y is nan\)"):
        model.score(X, y)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_no_label_at_all(make):
    with refused(DataError, "None of the 20 rows has a label .*marker -1.*use Pretrainer"):
        make(unlabeled=-1).fit(X, np.full(20, -1))


def test_no_label_among_words():
    with refused(DataError, "None of the 20 rows has a label"):
        classifier(unlabeled="missing").fit(X, np.array([None, "", np.nan, None] * 5, dtype=object))


@pytest.mark.parametrize(("y", "name"), [(np.zeros(20), "0.0"), (np.array(["a"] * 20), "'a'")])
def test_one_class(y, name):
    with refused(
        DataError,
        f"All 20 labelled rows are of one class, .*{name}.*at least two classes.*Label rows of "
        "another class",
    ):
        classifier().fit(X, y)


def test_one_class_beside_unlabelled_rows():
    with refused(DataError, "All 10 labelled rows are of one class"):
        classifier(unlabeled=-1).fit(X, np.where(Y, 1, -1))


@pytest.mark.parametrize(
    "y", [with_marker(np.nan, Y.astype(float)), np.where(Y, 1.0, np.nan), with_marker(None)]
)
def test_missing_labels_without_a_marker(y):
    with refused(DataError, r"Input y contains NaN or None in \d+ rows.*unlabeled='missing'"):
        classifier().fit(X, y)


def test_missing_targets_without_a_marker():
    with refused(ValueError, "Input y contains NaN.*unlabeled=np.nan"):
        regressor().fit(X, np.where(Y, 1.0, np.nan))


@pytest.mark.parametrize("values", [[1, "a"], ["a", 2.5], [True, "yes"], [(1, 2), "a"]])
def test_labels_of_several_kinds(values):
    y = np.empty(20, dtype=object)
    y[:] = [values[i % 2] for i in range(20)]
    with refused(
        DataError, "The labels mix .*expected classes of one kind.*words or all into numbers"
    ):
        classifier().fit(X, y)


def test_infinite_classes():
    with refused(ValueError, "Input y contains infinity"):
        classifier().fit(X, np.where(Y, 1.0, np.inf))


def test_continuous_classes():
    with refused(ValueError, "Unknown label type"):
        classifier().fit(X, X[:, 0])


def test_words_as_targets():
    with refused(ValueError, "a regression needs numbers"):
        regressor().fit(X, np.where(Y, "a", "b"))


def test_one_labelled_row_in_regression():
    y = np.full(20, np.nan)
    y[0] = 1.0
    with refused(DataError, "1 row has a label; at least 2 are needed"):
        regressor(unlabeled=np.nan).fit(X, y)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_no_y(make):
    with refused(ValueError, "requires y to be passed, but the target y is None"):
        make().fit(X, None)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_another_number_of_labels_than_rows(make):
    with refused(ValueError, "inconsistent numbers of samples"):
        make().fit(X, Y[:10])


def test_a_split_without_labels():
    with refused(DataError, "LabeledSplit needs y"):
        list(LabeledSplit(2).split(X))
    with refused(DataError, "None of the 20 rows has a label"):
        list(LabeledSplit(2).split(X, np.full(20, -1)))


# Rows


@pytest.mark.parametrize(
    ("given", "more", "words"),
    [
        (X, X[:, :3], r"X_unlabeled has rows of shape \(3,\), X of \(4,\)"),
        (sp.csr_array(X), sp.csr_array(X[:, :3]), r"X_unlabeled has rows of shape \(3,\)"),
        (X.reshape(20, 1, 2, 2), X, r"X_unlabeled has rows of shape \(4,\), X of \(1, 2, 2\)"),
        (
            pd.DataFrame(X, columns=list("abcd")),
            pd.DataFrame(X, columns=list("abce")),
            "X_unlabeled lacks the column 'd' of X",
        ),
        (
            pl.DataFrame(X, schema=list("abcd")),
            pl.DataFrame(X[:, :3], schema=list("abc")),
            "X_unlabeled lacks the column 'd'",
        ),
    ],
    ids=["array", "sparse", "images", "pandas", "polars"],
)
def test_other_columns_among_the_unlabelled_rows(given, more, words):
    with refused(DataError, words):
        classifier().fit(given, Y, X_unlabeled=more)


@pytest.mark.parametrize(
    ("given", "more"),
    [
        (pd.DataFrame(X, columns=list("abcd")), X),
        (X, sp.csr_array(X)),
        (sp.csr_array(X), X),
        (pd.DataFrame(X, columns=list("abcd")), pl.DataFrame(X, schema=list("abcd"))),
        (pl.DataFrame({"a": [1.0, 2.0] * 10}), pl.DataFrame({"a": ["x", "y"] * 10})),
    ],
    ids=["frame-array", "array-sparse", "sparse-array", "pandas-polars", "numbers-words"],
)
def test_unlabelled_rows_of_another_form_are_refused_or_joined(given, more):
    try:
        model = classifier().fit(given, Y, X_unlabeled=more)
    except ValueError:  # DataError is one
        return
    assert model.predict(given).shape == (20,)


@pytest.mark.parametrize("make", [pretrainer, classifier, regressor])
@pytest.mark.parametrize(
    "rows",
    [np.zeros((1, 4)), np.zeros((0, 4)), pl.DataFrame({"a": ["x"], "b": [1.0]})],
    ids=["1", "0", "frame"],
)
def test_too_few_rows(make, rows):
    with refused(ValueError, r"minimum of 2 is required|at least 2 are needed"):
        make().fit(rows, np.zeros(len(rows)))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_rows(value):
    rows = X.copy()
    rows[3, 2] = value
    with refused(ValueError, "infinity"):
        pretrainer().fit(rows)


@pytest.mark.parametrize("use", ["transform", "encode", "reconstruct", "score_samples", "score"])
def test_another_number_of_features(use):
    model = pretrainer().fit(X)
    with refused(ValueError, "X has 3 features, but Pretrainer is expecting 4 features"):
        getattr(model, use)(X[:, :3])


@pytest.mark.parametrize("use", ["predict", "predict_proba", "encode"])
def test_another_number_of_features_at_prediction(use):
    model = classifier().fit(X, Y)
    with refused(ValueError, "X has 3 features, but PretrainedClassifier is expecting 4 features"):
        getattr(model, use)(X[:, :3])


def test_images_of_another_shape():
    model = pretrainer().fit(X.reshape(20, 1, 2, 2))
    with refused(
        DataError,
        r"A row has the shape \(1, 4, 1\); the model was fitted on rows of shape \(1, 2, 2\)",
    ):
        model.transform(X.reshape(20, 1, 4, 1))


@pytest.mark.parametrize("codes", [np.zeros((2, 4)), np.zeros(3), np.zeros((2, 3, 1))])
def test_codes_of_another_size(codes):
    model = pretrainer().fit(X)
    with refused(DataError, r"Codes have the shape \(n, 3\); got .*Give what transform returns"):
        model.inverse_transform(codes)


@pytest.mark.parametrize("depth", [-1, 2, 100])
def test_a_depth_that_the_stack_has_not(depth):
    with refused(ParameterError, f"depth must be from 0 to 1.*Got {depth}"):
        pretrainer().fit(X).encode(X, depth=depth)


@pytest.mark.parametrize("in_shape", [(5,), (1, 3, 3), (2,)])
def test_a_shape_that_does_not_hold_a_row(in_shape):
    with refused(
        DataError,
        r"A row has 4 features, in_shape=\(.*\) holds \d+.*Set in_shape to the shape of one row",
    ):
        pretrainer(Stack(Dense(3), in_shape=in_shape)).fit(X)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.full(20, -1.0), "[Nn]egative"),
        (np.ones(5), "shape|inconsistent"),
        (np.full(20, np.nan), "NaN"),
        (np.zeros(20), "zero"),
    ],
    ids=["negative", "short", "nan", "zero"],
)
@pytest.mark.parametrize("make", [pretrainer, classifier, regressor])
def test_weights_that_cannot_be_used(make, weight, words):
    with refused(ValueError, words):
        make().fit(X, Y.astype(float), sample_weight=weight)


@pytest.mark.parametrize(
    "model", [pretrainer(), classifier(), regressor()], ids=lambda m: type(m).__name__
)
def test_nothing_is_used_before_fit(model):
    for use in (
        "transform",
        "encode",
        "inverse_transform",
        "reconstruct",
        "score_samples",
        "predict",
        "predict_proba",
    ):
        if hasattr(model, use):
            with refused(NotFittedError, "not fitted"):
                getattr(model, use)(X)


# Settings


def test_a_plan_and_an_objective():
    with refused(
        ParameterError, "given a plan and also an objective or a schedule.*Give one or the other"
    ):
        pretrainer(objective=Denoising()).fit(X)
    with refused(ParameterError, "given a plan and also an objective or a schedule"):
        pretrainer(schedule=Greedy(1)).fit(X)


def test_a_plan_and_a_head():
    with refused(
        ParameterError,
        r"PretrainedClassifier was given a plan and also head=\(5,\).*Give the head to Supervised",
    ):
        classifier(head=(5,)).fit(X, Y)


@pytest.mark.parametrize("last", [Reconstruction(), Denoising()])
def test_a_plan_that_ends_without_labels(last):
    with refused(
        ParameterError,
        "last step of the fine-tuning plan is .*learns no labels.*End the plan with Supervised",
    ):
        classifier(plan=[*TUNE, (last, Joint(1))]).fit(X, Y)


@pytest.mark.parametrize(
    "plan",
    [
        [],
        [Reconstruction()],
        [(Reconstruction(),)],
        [(Greedy(1), Reconstruction())],
        [(1, 2, 3, 4)],
    ],
)
def test_a_plan_that_is_none(plan):
    with refused(ParameterError, "plan"):
        pretrainer(plan=plan).fit(X)


@pytest.mark.parametrize(
    ("plan", "kind", "words"),
    [
        (
            [(Supervised(), Joint(1))],
            PairingError,
            r"Supervised\(\) needs labels, and none were given.*PretrainedClassifier",
        ),
        ([(Combined(), Joint(1))], PairingError, "needs labels"),
        (
            [(Reconstruction(), HeadOnly(1))],
            PairingError,
            "no stage to train in a phase of the head alone.*HeadOnly with Supervised",
        ),
        ([(Denoising(), HeadOnly(1))], PairingError, "no stage to train"),
        (
            [(Reconstruction("bce"), Joint(1))],
            PairingError,
            r"needs values in \[0, 1\]; the input of the stage is 'real'.*or 'mse'",
        ),
        (
            [(Reconstruction(), Greedy((1, 2, 3)))],
            ParameterError,
            r"lists epochs for 3 phases; a stack of 1 stages has 1",
        ),
        ([(Reconstruction(), Unfreeze((1, 2)))], ParameterError, "lists epochs for 2 phases"),
        (
            [(Reconstruction(), Joint(1), Training(learning_rate=(0.1, 0.2)))],
            ParameterError,
            "learning_rate for 2 stages; the stack has 1",
        ),
        (
            [(Reconstruction(), Joint(1), Training(layer_decay=(0.1, 0.2)))],
            ParameterError,
            "layer_decay for 2 stages",
        ),
    ],
    ids=lambda value: None if isinstance(value, type) else str(value)[:40],
)
def test_settings_that_do_not_go_together(plan, kind, words):
    with refused(kind, words):
        pretrainer(plan=plan).fit(X)


def test_cross_entropy_on_codes_that_are_not_in_the_unit_interval():
    rows = np.random.default_rng(0).random((20, 4))
    with refused(PairingError, "the input of the stage is 'nonneg'"):
        pretrainer(Stack(Dense(3), Dense(2)), plan=[(Reconstruction("bce"), Greedy(1))]).fit(rows)


@pytest.mark.parametrize(
    ("corruption", "words"),
    [(Gaussian(), "categories alone"), (SaltAndPepper(), "categories have none")],
)
def test_a_corruption_of_numbers_on_categories(corruption, words):
    rows = pl.DataFrame({"a": ["x", "y"] * 10, "b": ["u", "v", "w", "w"] * 5})
    with refused(PairingError, f"{words}.*Masking or Swap"):
        pretrainer(plan=[(Denoising(corruption), Joint(1))]).fit(rows)


def no_training():
    return observing(lambda event: pytest.fail("training began"))


def test_settings_are_checked_before_the_first_batch():
    plan = [(Reconstruction(), Joint(1)), (Supervised(), Joint(1))]
    with no_training(), refused(PairingError, "needs labels"):
        pretrainer(plan=plan).fit(X)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Dense(0),
            r"'units' parameter of Dense must be an int in the range \[1, inf\). Got 0 instead",
        ),
        (
            lambda: Dense(3, activation="sigmoyd"),
            "'activation' parameter of Dense.*Did you mean 'sigmoid'",
        ),
        (lambda: Dense(3, init="glorot"), "'init' parameter of Dense.*Did you mean 'glorot_"),
        (lambda: Dense(3, normalisation="bach"), "Did you mean 'batch'"),
        (lambda: Dense(3, dropout=1.0), "'dropout' parameter of Dense"),
        (lambda: Dense(3, tied="yes"), "'tied' parameter of Dense must be True or False"),
        (lambda: Stack(), r"at least one stage.*Stack\(Dense\(500\)"),
        (lambda: Stack(500), "stages such as Dense"),
        (lambda: Masking(1.5), r"'p' parameter of Masking must be a number in the range \[0, 1\]"),
        (lambda: Gaussian(0), r"range \(0, inf\)"),
        (lambda: Denoising(0.3), "a corruption such as Masking"),
        (lambda: Denoising(emphasis=(1, 2, 3)), "two weights"),
        (lambda: Reconstruction("msee"), "Did you mean 'mse'"),
        (lambda: Supervised((0,)), "'head' parameter of Supervised"),
        (lambda: Combined(Reconstruction()), "Supervised"),
        (lambda: Greedy(-1), "'epochs' parameter of Greedy"),
        (lambda: Greedy(1.5), "'epochs' parameter of Greedy"),
        (lambda: Training("adamm"), "Did you mean 'adam"),
        (lambda: Training(shape="cosin"), "Did you mean 'cosine'"),
        (
            lambda: Training(learning_rate=0),
            r"'learning_rate' parameter of Training must be a number in the range \(0, inf\)",
        ),
        (lambda: Training(batch_size=0), "'batch_size' parameter of Training"),
        (lambda: Training(clip=-1), "'clip' parameter of Training"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_setting_out_of_its_range_is_refused_at_once(make, words):
    with refused(ParameterError, words):
        make()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stack": [Dense(3)]}, "'stack' parameter of Pretrainer must be an instance of .*Stack"),
        ({"plan": None, "objective": "mse"}, "'objective' parameter of Pretrainer"),
        ({"plan": None, "schedule": 20}, "'schedule' parameter of Pretrainer"),
        ({"plan": "greedy"}, "'plan' parameter of Pretrainer"),
        ({"training": 0.1}, "'training' parameter of Pretrainer"),
        ({"preprocessing": "standard"}, "'preprocessing' parameter of Pretrainer"),
        ({"validation": 0.9}, "'validation' parameter of Pretrainer"),
        (
            {"precision": "float16"},
            "'precision' parameter of Pretrainer must be .*'bfloat16'.*Got 'float16'",
        ),
        ({"device": 0}, "'device' parameter of Pretrainer"),
        ({"random_state": "a"}, "'random_state' parameter of Pretrainer"),
    ],
    ids=str,
)
def test_a_wrong_parameter_of_the_pretrainer_is_refused_in_fit(settings, words):
    model = pretrainer().set_params(**settings)
    with refused(ValueError, words):
        model.fit(X)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pretrainer": StandardScaler()}, "'pretrainer' parameter of PretrainedClassifier"),
        (
            {"start": "radom"},
            "'start' parameter of PretrainedClassifier must be .*'pretrained'.*Got 'radom'",
        ),
        ({"head": 0, "plan": None}, "'head' parameter of PretrainedClassifier"),
        ({"head": (0,), "plan": None}, "'head' parameter of Supervised"),
        ({"validation": 0.7}, "'validation' parameter of PretrainedClassifier"),
        ({"validation": 1}, "'validation' parameter of PretrainedClassifier"),
        ({"unlabeled": [1]}, "'unlabeled' parameter of PretrainedClassifier"),
        ({"class_weight": 3}, "'class_weight' parameter of PretrainedClassifier"),
        ({"class_weight": "balance"}, "balanced"),
    ],
    ids=str,
)
def test_a_wrong_parameter_of_the_classifier_is_refused_in_fit(settings, words):
    with refused(ValueError, words):
        classifier(**settings).fit(X, Y)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "tpu", "", "cpu:7"])
@pytest.mark.parametrize("make", [pretrainer, classifier, regressor])
def test_a_device_that_is_not_there(make, device):
    with refused(ParameterError, f"There is no device '{device}' here.*Devices: cpu.*or 'auto'"):
        make(device=device).fit(X, Y.astype(float))


def test_an_unknown_device_is_refused_before_anything_is_trained():
    with no_training(), refused(ParameterError, "no device 'gpu'"):
        classifier(device="gpu").fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"plan": [(Reconstruction(), Joint(1))]}, "learns no labels"),
        ({"head": 5}, "a plan and also head=5"),
        ({"plan": [(Supervised(), Greedy((1, 2, 3)))]}, "lists epochs for 3 phases"),
    ],
    ids=["no labels", "head", "epochs"],
)
def test_a_wrong_fine_tuning_plan_is_refused_before_anything_is_trained(settings, words):
    with no_training(), refused(ParameterError, words):
        classifier(**settings).fit(X, Y)


def test_a_frozen_estimator_that_is_no_pretrainer():
    with refused(ParameterError, "frozen estimator must be a Pretrainer. Got KMeans"):
        classifier(pretrainer=FrozenEstimator(KMeans(2, n_init=1, random_state=0).fit(X))).fit(X, Y)


def test_a_frozen_pretrainer_that_was_not_fitted():
    with refused(NotFittedError, "not fitted"):
        classifier(pretrainer=FrozenEstimator(pretrainer())).fit(X, Y)


def test_a_frozen_pretrainer_of_other_columns():
    with refused(ValueError, "X has 4 features, but Pretrainer is expecting 3"):
        classifier(pretrainer=FrozenEstimator(pretrainer().fit(X[:, :3]))).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("objectiv", "Invalid parameter 'objectiv'"),
        ("objective__corruption__q", "Masking has no field 'q'"),
        ("objective__coruption__p", "Did you mean 'corruption'"),
        ("stack__5__units", "positions 0 to 0"),
        ("schedule__epoch", "Did you mean 'epochs'"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_closest(name, words):
    model = Pretrainer(Stack(Dense(3)), objective=Denoising(), schedule=Greedy(1))
    with refused(ValueError, words):
        model.set_params(**{name: 1})


# Training


def test_a_loss_that_is_not_finite_stops_at_its_step_and_says_what_to_do():
    model = pretrainer(
        plan=[(Reconstruction(), Joint(5), Training("sgd", learning_rate=1e30, shape="constant"))]
    )
    with refused(
        TrainingError,
        r"The loss became (nan|inf) in epoch \d, step \d, while training stage 1 .*Lower Training",
    ):
        model.fit(X)


def test_every_error_of_ones_own_has_a_hint_or_says_what_was_expected():
    for make in (
        lambda: Stack(),
        lambda: Dense(3, activation="x"),
        lambda: pretrainer(objective=Denoising()).fit(X),
    ):
        with pytest.raises(LayerwiseError) as caught:
            make()
        assert caught.value.hint
