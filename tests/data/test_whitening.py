"""Whitening: the maths, then the step of the preprocessing."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.decomposition import PCA

from layerwise import DataError, Preprocessor
from layerwise._space import Block
from layerwise.data.whitening import fit_whitening

KINDS = ["zca", "pca"]


def correlated(n: int = 400, m: int = 6) -> np.ndarray:
    generator = np.random.default_rng(0)
    return (
        generator.normal(size=(n, m)) @ generator.normal(size=(m, m)) + generator.normal(size=m) * 5
    )


def covariance(X: np.ndarray) -> np.ndarray:
    return np.cov(X, rowvar=False)


# The maths


@pytest.mark.parametrize("epsilon", [1e-9, 0.1, 10.0])
def test_the_covariance_of_zca_is_that_of_its_formula(epsilon):
    X = correlated()
    D, V = np.linalg.eigh(covariance(X))
    ours = covariance(fit_whitening([X], "zca", epsilon).apply(X))
    assert np.allclose(ours, V @ np.diag(D / (D + epsilon)) @ V.T, atol=1e-9)


@pytest.mark.parametrize("epsilon", [1e-9, 0.1, 10.0])
def test_principal_components_are_uncorrelated_with_the_largest_first(epsilon):
    X = correlated()
    D = np.linalg.eigvalsh(covariance(X))[::-1]
    ours = covariance(fit_whitening([X], "pca", epsilon).apply(X))
    assert np.allclose(ours, np.diag(D / (D + epsilon)), atol=1e-9)


def test_pca_is_scikit_learns_when_epsilon_is_small():
    X = correlated()
    ours = fit_whitening([X], "pca", 1e-12).apply(X)
    theirs = PCA(whiten=True, svd_solver="full").fit_transform(X)
    assert np.allclose(np.abs(ours), np.abs(theirs), atol=1e-6)


def test_zca_is_symmetric_and_closer_to_the_rows_than_pca():
    X = correlated()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    zca, pca = (fit_whitening([X], kind, 0.1) for kind in KINDS)
    assert np.allclose(zca.matrix, zca.matrix.T)
    assert np.abs(zca.apply(X) - X).mean() < np.abs(pca.apply(X) - X).mean()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epsilon", [1e-300, 1e-9, 0.1, 10.0])
def test_whitening_is_undone(kind, epsilon):
    X = correlated()
    whitening = fit_whitening([X], kind, epsilon)
    assert np.allclose(whitening.undo(whitening.apply(X)), X, atol=1e-8)
    assert np.allclose(whitening.matrix @ whitening.inverse, np.eye(6), atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("epsilon", [1e-300, 0.1])
def test_directions_without_variance_do_no_harm(kind, epsilon):
    X = correlated(50, 3) @ np.ones((3, 8))  # rank 1
    whitening = fit_whitening([X], kind, epsilon)
    Z = whitening.apply(X)
    assert np.isfinite(Z).all() and np.abs(Z).max() < 100
    assert np.allclose(whitening.undo(Z), X, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_fewer_rows_than_columns_are_enough(kind):
    X = correlated(4, 9)
    for rows in (X, X[:1]):
        whitening = fit_whitening([rows], kind, 0.1)
        assert np.allclose(whitening.undo(whitening.apply(X)), X, atol=1e-9)


def test_rows_in_blocks_give_the_whitening_of_all_rows_at_once():
    X = np.sort(correlated(500), axis=0) + 1e6  # far from zero, and each block far from the others
    one, many = (fit_whitening(blocks, "zca", 0.1) for blocks in ([X], np.array_split(X, 7)))
    assert np.allclose(one.mean, many.mean, rtol=1e-12)
    assert np.allclose(one.matrix, many.matrix, atol=1e-8)
    assert np.allclose(one.mean, X.mean(axis=0), rtol=1e-12)


def test_a_component_points_to_its_largest_entry():
    matrix = fit_whitening([correlated()], "pca", 0.1).matrix
    assert (matrix[np.abs(matrix).argmax(axis=0), range(6)] > 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_has_the_same_bits_wherever_it_stands(kind):
    X = correlated(700, 37)
    whitening = fit_whitening([X], kind, 0.1)
    Z = whitening.apply(X)
    order = np.random.default_rng(1).permutation(700)
    assert np.array_equal(whitening.apply(X[order]), Z[order])
    assert np.array_equal(whitening.apply(X[5:6]), Z[5:6])


# The step


@pytest.mark.parametrize("numbers", ["auto", "standard", "robust", "minmax", "quantile", "none"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_scaled_and_then_whitened_and_come_back(numbers, kind):
    X = correlated()
    model = Preprocessor(numbers, whitening=kind).fit(X)
    scaled = Preprocessor(numbers).fit_transform(X).astype(np.float64)
    Z = model.transform(X)
    assert np.allclose(Z, fit_whitening([scaled], kind, 0.1).apply(scaled), atol=1e-4)
    assert Z.dtype == np.float32 and model.space_.blocks == (Block("real", 6),)
    assert np.allclose(model.inverse_transform(Z), X, atol=1e-3)


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize(
    "settings", [{"whitening": "zca"}, {"whitening": "pca"}, {"contrast": True, "whitening": "zca"}]
)
def test_later_rows_change_nothing_and_stay_finite(settings):
    X = correlated()
    model = Preprocessor(**settings).fit(X[:300])
    before = model.transform(X[:300])
    later = np.concatenate(
        [
            X[:300],
            X[300:] * 1e6,
            np.full((1, 6), 1e300),
            np.array([[np.nan] * 3 + [-1e300, 0, 1e39]]),
        ]
    )
    together = model.transform(later)
    assert np.array_equal(together[:300], before)
    assert np.array_equal(model.transform(X[3:4])[0], before[3])
    assert together.dtype == np.float32 and np.isfinite(together).all()


@pytest.mark.parametrize("settings", [{"whitening": "zca"}, {"contrast": True, "whitening": "pca"}])
def test_bits_do_not_depend_on_the_order_in_memory(settings):
    X = correlated()
    model = Preprocessor(**settings).fit(X)
    assert np.array_equal(model.transform(np.asfortranarray(X)), model.transform(X))


def test_many_rows_are_whitened_in_blocks_as_at_once():
    X = correlated(20_000, 4)
    ours = covariance(Preprocessor(whitening="zca", epsilon=1e-6).fit_transform(X))
    assert np.allclose(ours, np.eye(4), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_cells_are_filled_before_whitening(kind):
    X = correlated()
    X[[1, 4], 2] = np.nan
    model = Preprocessor(whitening=kind).fit(X)
    Z = model.transform(X)
    filled = Preprocessor().fit_transform(X)[:, :6].astype(np.float64)
    assert np.allclose(Z[:, :6], fit_whitening([filled], kind, 0.1).apply(filled), atol=1e-4)
    assert np.flatnonzero(Z[:, 6]).tolist() == [1, 4]
    assert model.space_.blocks == (Block("real", 6), Block("unit", 1))
    assert model.observed(X) is None  # every number is a mixture of all columns


def test_a_constant_column_does_no_harm():
    X = np.column_stack([correlated(), np.full(400, 7.0)])
    model = Preprocessor(whitening="zca").fit(X)
    Z = model.transform(X)
    assert np.allclose(Z[:, 6], 0, atol=1e-6)
    assert np.allclose(model.inverse_transform(Z)[:, 6], 7.0, atol=1e-6)


def frame() -> pl.DataFrame:
    X = correlated(60, 2)
    return pl.DataFrame(
        {"a": X[:, 0], "city": ["x", "y", None] * 20, "b": X[:, 1] + X[:, 0], "same": [3.0] * 60}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_numbers_of_a_frame_are_whitened(kind):
    model = Preprocessor(whitening=kind, epsilon=1e-6).fit(frame())
    Z = model.transform(frame())
    assert np.allclose(covariance(Z[:, :2]), np.eye(2), atol=1e-3)
    assert np.array_equal(Z[:, 2:], Preprocessor().fit_transform(frame())[:, 2:])
    names = ["pca0", "pca1"] if kind == "pca" else ["a", "b"]
    assert list(model.get_feature_names_out()) == [*names, "city=x", "city=y", "city=other"]
    back = model.inverse_transform(Z)
    assert np.allclose(back["a"], frame()["a"], atol=1e-4) and list(back["same"]) == [3.0] * 60


@pytest.mark.parametrize("settings", [{"whitening": "zca"}, {"contrast": True}])
def test_a_frame_of_categories_alone_has_nothing_to_whiten(settings):
    X = pl.DataFrame({"c": ["a", "b", "a"]})
    model = Preprocessor(**settings).fit(X)
    assert np.array_equal(model.transform(X), Preprocessor().fit_transform(X))
    plain, arrays = model.to_state()
    assert np.array_equal(Preprocessor.from_state(plain, arrays).transform(X), model.transform(X))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"whitening": "zca"},
            r"whitening='zca' would make a sparse matrix dense. Use whitening=None on sparse rows, "
            r"or give X.toarray",
        ),
        (
            {"contrast": True},
            r"contrast=True would make a sparse matrix dense. Use contrast=False on sparse rows",
        ),
    ],
)
def test_a_sparse_matrix_is_refused(settings, words):
    with pytest.raises(DataError, match=words):
        Preprocessor(**settings).fit(sp.eye_array(4, format="csr"))


@pytest.mark.parametrize(
    "settings",
    [{"whitening": "zca"}, {"contrast": True}, {"numbers": "standard"}, {"numbers": "quantile"}],
)
def test_a_sparse_matrix_is_refused_when_the_model_was_fitted_on_dense_rows_and_moves_zeros(
    settings,
):
    X = np.random.default_rng(0).random((9, 4))
    with pytest.raises(
        DataError, match=r"fitted on dense rows, whose zeros it moves.*X.toarray\(\)"
    ):
        Preprocessor(**settings).fit(X).transform(sp.csr_array(X))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"whitening": "zka"}, r"'whitening' parameter of Preprocessor must be .*'zca'.*Got 'zka'"),
        (
            {"epsilon": 0},
            r"'epsilon' parameter of Preprocessor must be a float in the range \(0.0, inf\)|range "
            r"\(0, inf\)",
        ),
        ({"epsilon": np.inf}, "'epsilon' parameter of Preprocessor"),
        ({"epsilon": np.nan}, "'epsilon' parameter of Preprocessor"),
        ({"contrast": "yes"}, "'contrast' parameter of Preprocessor must be .*Got 'yes'"),
    ],
)
def test_a_wrong_parameter_is_refused_in_fit(settings, words):
    with pytest.raises(ValueError, match=words):
        Preprocessor(**settings).fit(np.eye(3))


def test_fitting_again_without_whitening_forgets_it():
    X = correlated()
    model = (
        Preprocessor(contrast=True, whitening="zca")
        .fit(X)
        .set_params(contrast=False, whitening=None)
        .fit(X)
    )
    assert np.array_equal(model.transform(X), Preprocessor().fit_transform(X))
    assert set(model.to_state()[1]) == {"offset_", "scale_", "fill_", "indicators_"}


# State

STEPS = {
    "contrast": True,
    "whitening": "pca",
    "epsilon": np.float32(0.5),
    "max_categories": np.int64(7),
}


def test_the_state_comes_back_through_json():
    X = correlated()
    model = Preprocessor("minmax", **STEPS).fit(X)
    plain, arrays = model.to_state()
    again = Preprocessor.from_state(json.loads(json.dumps(plain, allow_nan=False)), arrays)
    Z = model.transform(X)
    assert again.transform(X).tobytes() == Z.tobytes()
    assert again.inverse_transform(Z).tobytes() == model.inverse_transform(Z).tobytes()
    assert again.get_params() == model.get_params() and again.space_ == model.space_
    assert list(again.get_feature_names_out()) == list(model.get_feature_names_out())


def test_a_state_from_before_there_was_whitening_is_read():
    X = correlated()
    plain, arrays = Preprocessor().fit(X).to_state()
    old = {
        name: value
        for name, value in plain.items()
        if name not in ("contrast", "whitening", "epsilon")
    }
    again = Preprocessor.from_state(old, arrays)
    assert again.get_params() == Preprocessor().get_params()
    assert np.array_equal(again.transform(X), Preprocessor().fit_transform(X))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("whitening_matrix_", None, "lacks the tensor preprocessing.whitening_matrix_"),
        ("whitening_inverse_", None, "lacks the tensor preprocessing.whitening_inverse_"),
        ("contrast_", None, "lacks the tensor preprocessing.contrast_"),
        (
            "whitening_evil_",
            np.zeros(6),
            "beyond the model, the tensor preprocessing.whitening_evil_",
        ),
        (
            "whitening_mean_",
            np.zeros(5),
            r"whitening_mean_ is float64 of shape \(5,\); the model needs float64 of shape \(6,\)",
        ),
        (
            "whitening_matrix_",
            np.zeros((6, 5)),
            r"whitening_matrix_ is float64 of shape \(6, 5\); .* \(6, 6\)",
        ),
        ("whitening_matrix_", np.zeros((6, 6), np.float32), "whitening_matrix_ is float32"),
        (
            "whitening_inverse_",
            np.full((6, 6), np.nan),
            "whitening_inverse_ holds values that are not finite",
        ),
        ("contrast_", np.ones(2), r"contrast_ is float64 of shape \(2,\)"),
        ("contrast_", np.array([-1.0, 0.0, 1.0]), "constant and a spread above 0"),
        ("contrast_", np.array([1.0, np.inf, 1.0]), "contrast_ holds values that are not finite"),
    ],
)
def test_tampered_arrays_are_refused(name, value, words):
    plain, arrays = Preprocessor(**STEPS).fit(correlated()).to_state()
    arrays = {key: array for key, array in arrays.items() if key != name} | (
        {} if value is None else {name: value}
    )
    with pytest.raises(DataError, match=words):
        Preprocessor.from_state(plain, arrays)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"whitening": None}, "beyond the model, the tensor preprocessing.whitening_inverse_"),
        ({"contrast": False}, "beyond the model, the tensor preprocessing.contrast_"),
        ({"whitening": "evil"}, "'whitening' parameter"),
        ({"whitening": ["zca"]}, "'whitening' parameter"),
        ({"epsilon": -1.0}, "'epsilon' parameter"),
        ({"kind_": "evil"}, "kind 'evil'; expected 'real', 'unit' or 'bounded'"),
        ({"blocks": [["unit", 6]]}, "not those of its columns"),
    ],
)
def test_a_tampered_description_is_refused(change, words):
    plain, arrays = Preprocessor(**STEPS).fit(correlated()).to_state()
    with pytest.raises(ValueError, match=words):
        Preprocessor.from_state(plain | change, arrays)
