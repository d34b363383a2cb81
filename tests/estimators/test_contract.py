"""scikit-learn's own checks: every one, and no expected failure."""

from __future__ import annotations

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    check_all_zero_sample_weights_error,
    check_classifiers_train,
    check_dataframe_column_names_consistency,
    check_get_feature_names_out_error,
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_inplace_ensure_writeable,
    check_param_validation,
    check_regressors_train,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from layerwise import (
    Joint,
    Preprocessor,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Supervised,
    Training,
)

SHORT = [(Supervised(), Joint(10), Training(learning_rate=5e-3, batch_size=32, min_steps=100))]
WHITENED = Preprocessor(contrast=True, whitening="pca")
TUNED = [PretrainedClassifier(plan=SHORT), PretrainedRegressor(plan=SHORT)]  # a third of the steps
ESTIMATORS = [Pretrainer(), *TUNED, Preprocessor(), WHITENED]
TRANSFORMERS = [Pretrainer(), Preprocessor(), WHITENED]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    pytest.mark.filterwarnings(
        "ignore:X (has|does not have valid) feature names:UserWarning"
    ),  # the checks mix both on purpose
]


def name_of(value):
    return type(value).__name__ if hasattr(value, "get_params") else value.__name__


@parametrize_with_checks(ESTIMATORS)
def test_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        (PretrainedClassifier(), check_classifiers_train),
        (PretrainedRegressor(), check_regressors_train),
    ],
    ids=name_of,
)
def test_the_defaults_learn(estimator, check):
    check(name_of(estimator), clone(estimator))


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name_of)
@pytest.mark.parametrize(
    "check", [check_dataframe_column_names_consistency, check_param_validation], ids=name_of
)
def test_names_of_features_and_values_of_parameters_are_checked(estimator, check):
    check(name_of(estimator), clone(estimator))


@pytest.mark.parametrize("estimator", ESTIMATORS[:3], ids=name_of)
def test_weights_that_are_all_zero_are_refused(estimator):
    check_all_zero_sample_weights_error(name_of(estimator), clone(estimator))


@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=name_of)
@pytest.mark.parametrize(
    "check",
    [
        check_transformer_get_feature_names_out,
        check_transformer_get_feature_names_out_pandas,
        check_get_feature_names_out_error,
        check_set_output_transform,
        check_set_output_transform_pandas,
        check_global_output_transform_pandas,
        check_set_output_transform_polars,
        check_global_set_output_transform_polars,
        check_inplace_ensure_writeable,
    ],
    ids=name_of,
)
def test_a_transformer_names_its_output_and_leaves_its_input_alone(estimator, check):
    check(name_of(estimator), clone(estimator))
