"""From columns to a network's input, and back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, RobustScaler, StandardScaler

from layerwise import DataError, DataWarning, Preprocessor
from layerwise._space import Block
from layerwise.data.reading import read_table

MODES = ["auto", "standard", "robust", "minmax", "quantile", "none"]


@pytest.fixture(scope="module")
def X() -> np.ndarray:
    return np.random.default_rng(0).normal([0, 100, -3, 1e-3], [1, 20, 0.1, 1e-3], (60, 4))


def frame(**columns):
    return pl.DataFrame(columns, strict=False)


MIXED = {
    "age": [20.0, None, 40.0, 60.0],
    "city": ["b", "a", None, "b"],
    "flag": [True, False, True, True],
    "same": [5, 5, 5, 5],
    "empty": [None, None, None, None],
    "word": ["x", "x", "x", "x"],
}


# Numbers


def test_standard_is_scikit_learns(X):
    assert np.allclose(
        Preprocessor("standard").fit_transform(X), StandardScaler().fit_transform(X), atol=1e-5
    )


def test_minmax_is_scikit_learns_and_stays_in_its_range(X):
    model = Preprocessor("minmax").fit(X[:30])
    expected = MinMaxScaler(clip=True).fit(X[:30]).transform(X)
    with pytest.warns(DataWarning, match="outside of what was learned: cut off at its ends"):
        assert np.allclose(model.transform(X), expected, atol=1e-6)
    assert model.space_.kind == "unit"


def test_quantile_is_scikit_learns(X):
    ours = Preprocessor("quantile").fit(X[:40]).transform(X)
    theirs = (
        QuantileTransformer(n_quantiles=40, output_distribution="normal").fit(X[:40]).transform(X)
    )
    assert np.allclose(ours, theirs, atol=1e-5)


def test_robust_is_scikit_learns_with_a_bound(X):
    z = RobustScaler(unit_variance=True).fit(X[:40]).transform(X)
    assert np.allclose(
        Preprocessor("robust").fit(X[:40]).transform(X), z / np.sqrt(1 + (z / 3) ** 2), atol=1e-5
    )


def test_robust_neither_moves_for_an_outlier_nor_lets_it_out_of_bounds():
    X = np.arange(101.0)[:, None]
    far = X.copy()
    far[-1] = 1e9
    near, with_outlier = (Preprocessor("robust").fit(rows).transform(rows) for rows in (X, far))
    assert np.array_equal(near[:-1], with_outlier[:-1])
    assert 2.99 < with_outlier[-1, 0] <= 3


def test_robust_measures_a_column_that_is_mostly_one_value_by_the_others():
    X = np.array([[0.0]] * 20 + [[10.0], [4.0], [1e6]])
    z = np.array([1.0, 0.4, 1e5])
    assert np.allclose(
        Preprocessor("robust").fit(X).transform(X)[20:, 0], z / np.sqrt(1 + (z / 3) ** 2)
    )


def test_what_a_network_says_beyond_the_bound_of_robust_is_given_back_finite():
    model = Preprocessor("robust").fit(np.arange(9.0)[:, None])
    back = model.inverse_transform(np.array([[0.0], [3.0], [50.0], [-50.0]], dtype=np.float32))
    assert np.isfinite(back).all() and back[1] == back[2] > 8 > 0 > back[3] and back[0] == 4


def test_none_leaves_numbers_as_they_are(X):
    assert np.array_equal(Preprocessor("none").fit_transform(X), X.astype(np.float32))


def test_auto_divides_bytes():
    X = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    model = Preprocessor().fit(X)
    assert np.allclose(model.transform(X), X / 255)
    assert model.space_.blocks == (Block("unit", 4),)


def test_auto_leaves_values_in_the_unit_interval_without_a_copy():
    X = np.random.default_rng(0).random((5, 3)).astype(np.float32)
    assert np.shares_memory(Preprocessor().fit(X).transform(X), X)


def test_auto_standardises_everything_else(X):
    model = Preprocessor().fit(X)
    assert np.array_equal(model.transform(X), Preprocessor("standard").fit_transform(X))
    assert model.space_.kind == "real"


@pytest.mark.parametrize("numbers", MODES)
def test_the_inverse_gives_back_the_numbers(X, numbers):
    model = Preprocessor(numbers).fit(X)
    assert np.allclose(model.inverse_transform(model.transform(X)), X, rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize("numbers", MODES)
def test_a_row_does_not_depend_on_the_rows_beside_it(X, numbers):
    model = Preprocessor(numbers).fit(X[:30])
    before = model.transform(X[:30])
    together = model.transform(np.concatenate([X[:30], X[30:] * 1e6]))
    assert np.array_equal(together[:30], before)
    assert np.array_equal(model.transform(X[3:4])[0], before[3])


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize("numbers", MODES)
def test_the_result_is_finite_float32_whatever_comes_later(X, numbers):
    model = Preprocessor(numbers).fit(X)
    later = np.array([[1e300, -1e300, 0.0, np.nan], [3e38, 1e39, 5e-324, -0.0]])
    result = model.transform(later)
    assert result.dtype == np.float32 and np.isfinite(result).all()


@pytest.mark.parametrize("numbers", MODES)
def test_a_constant_column_of_an_array_does_no_harm(numbers):
    X = np.array([[1.0, 7.0], [2.0, 7.0], [4.0, 7.0]])
    model = Preprocessor(numbers).fit(X)
    result = model.transform(X)
    assert np.isfinite(result).all() and np.ptp(result[:, 1]) == 0
    assert np.allclose(model.inverse_transform(result)[:, 1], 7.0)


def test_large_numbers_that_differ_little_are_not_blown_up():
    X = np.full((10, 1), 1e9) + np.arange(10)[:, None] * 1e-6
    assert np.abs(Preprocessor("standard").fit_transform(X)).max() < 10


def test_rows_are_standardised_in_blocks_as_at_once():
    X = np.random.default_rng(0).normal(3, 2, (20_000, 2))
    assert np.allclose(
        Preprocessor("standard").fit_transform(X), StandardScaler().fit_transform(X), atol=1e-5
    )


@pytest.mark.parametrize(
    "dtype", [np.int8, np.int64, np.uint16, np.float16, np.float32, np.float64, bool]
)
def test_every_type_of_numbers_is_taken(dtype):
    X = np.array([[0, 1], [1, 0], [1, 1]]).astype(dtype)
    result = Preprocessor().fit(X).transform(X)
    assert result.dtype == np.float32 and np.isfinite(result).all()


# Missing cells


@pytest.mark.parametrize("numbers", MODES)
def test_missing_numbers_get_a_value_and_an_indicator(X, numbers):
    X = X.copy()
    X[[1, 4], 2] = np.nan
    model = Preprocessor(numbers).fit(X)
    result = model.transform(X)
    assert result.shape == (60, 5) and np.isfinite(result).all()
    assert np.flatnonzero(result[:, 4]).tolist() == [1, 4]
    assert model.space_.blocks[1] == Block("unit", 1)
    observed = model.observed(X)
    assert not observed[[1, 4], 2].any() and observed.sum() == observed.size - 2


def test_the_value_of_a_missing_number_is_the_mean():
    X = np.array([[0.0, 10.0], [np.nan, 20.0], [4.0, 30.0]])
    assert Preprocessor("standard").fit(X).transform(X)[1, 0] == 0
    unit = np.array([[0.2], [np.nan], [0.6]])
    assert np.isclose(Preprocessor().fit(unit).transform(unit)[1, 0], 0.4)


def test_a_cell_that_is_missing_only_later_gets_the_value_and_no_indicator(X):
    model = Preprocessor().fit(X)
    later = X.copy()
    later[0, 0] = np.nan
    assert model.transform(later).shape == (60, 4)
    assert model.transform(later)[0, 0] == 0
    assert not model.observed(later)[0, 0]


def test_rows_without_missing_cells_have_no_mask(X):
    assert Preprocessor().fit(X).observed(X) is None


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
@pytest.mark.parametrize("numbers", MODES)
def test_a_column_of_an_array_without_any_value_does_no_harm(numbers):
    X = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan]])
    model = Preprocessor(numbers).fit(X)
    assert np.isfinite(model.transform(X)).all()
    assert np.isfinite(model.transform(np.array([[1.0, 5.0]]))).all()


# Data frames


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_a_frame_becomes_numbers_indicators_and_categories(make):
    model = Preprocessor().fit(make(MIXED))
    assert list(model.get_feature_names_out()) == [
        "age",
        "flag",
        "age_missing",
        "city=a",
        "city=b",
        "city=other",
    ]
    result = model.transform(make(MIXED))
    assert result[:, 2].tolist() == [0, 1, 0, 0]
    assert result[:, 3:].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert [block.kind for block in model.space_.blocks] == ["real", "unit", "category"]


def test_constant_and_empty_columns_are_dropped_and_said():
    model = Preprocessor().fit(frame(**MIXED))
    assert model.dropped_ == ["same", "empty", "word"]
    assert model.notes_ == ["Dropped 3 constant or empty column(s): 'same', 'empty', 'word'."]


@pytest.mark.parametrize("numbers", MODES)
@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_the_inverse_gives_back_the_columns_in_their_library(make, numbers):
    given = make(
        {name: values for name, values in MIXED.items() if name not in ("age", "empty")}
        | {"age": [2.0, 4.0, 6.0, 1.0]}
    )
    model = Preprocessor(numbers).fit(given)
    back = model.inverse_transform(model.transform(given))
    assert type(back) is type(given) and list(back.columns) == list(given.columns)
    assert list(back["word"]) == ["x"] * 4 and list(back["same"]) == [5] * 4
    assert np.allclose(np.array(back["age"], dtype=float), given["age"], atol=1e-3)
    assert [list(back["city"])[i] for i in (0, 1, 3)] == ["b", "a", "b"]


def test_a_category_that_was_never_seen_takes_the_last_column():
    model = Preprocessor().fit(frame(c=["a", "b", "a"]))
    with pytest.warns(DataWarning, match="'c' holds in 1 row a category that was not seen .*'z'"):
        result = model.transform(frame(c=["z", "a", None]))
    assert result.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0]]


def test_rare_categories_share_the_last_column():
    model = Preprocessor(max_categories=2).fit(frame(c=["a"] * 3 + ["b"] * 2 + ["c", "d"]))
    assert model.levels_ == {"c": ["a", "b"]}
    with pytest.warns(DataWarning, match="in 2 rows a category that was rare or not seen"):
        result = model.transform(frame(c=["c", "d", "b"]))
    assert result.tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]


def test_equally_frequent_categories_are_chosen_in_the_same_way_in_every_order():
    one = Preprocessor(max_categories=2).fit(frame(c=["d", "c", "b", "a"]))
    two = Preprocessor(max_categories=2).fit(frame(c=["a", "b", "c", "d"]))
    assert one.levels_ == two.levels_ == {"c": ["a", "b"]}


def test_columns_in_another_order_are_refused():
    model = Preprocessor().fit(frame(**MIXED))
    with pytest.raises(ValueError, match="same order as they were in fit"):
        model.transform(frame(**{name: MIXED[name] for name in reversed(MIXED)}))


def test_a_text_column_that_is_empty_later_is_missing():
    model = Preprocessor().fit(frame(c=["a", "b"], x=[1.0, 2.0]))
    later = pl.DataFrame(
        {"c": [None, None], "x": [1.0, 2.0]}, schema={"c": pl.String, "x": pl.Float64}
    )
    assert model.transform(later)[:, 1:].sum() == 0
    assert model.transform(pl.DataFrame({"c": [None], "x": [1.0]})).shape == (1, 4)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (frame(c=["a"]), "(?s)missing.*x"),
        (frame(c=["a"], y=[1.0]), "x"),
        (
            frame(c=["a"], x=["b"]),
            "Column 'x' held numbers when the model was fitted, and holds 'b' in row 0 now",
        ),
        (np.array([[1.0, 2.0]]), "fitted on a data frame and is given an array|feature names"),
    ],
)
def test_other_columns_than_in_fit_are_refused(given, words):
    model = Preprocessor().fit(frame(c=["a", "b"], x=[1.0, 2.0]))
    with pytest.raises(ValueError, match=words):
        model.transform(given)


@pytest.mark.filterwarnings("ignore:X has feature names")
def test_a_frame_where_an_array_was_is_refused():
    model = Preprocessor().fit(np.eye(3))
    with pytest.raises(
        ValueError, match="fitted on an array and is given a data frame|feature names"
    ):
        model.transform(frame(a=["x"], b=["y"], c=["z"]))


def test_another_number_of_features_is_refused():
    with pytest.raises(ValueError, match="X has 2 features, but Preprocessor is expecting 3"):
        Preprocessor().fit(np.eye(3)).transform(np.eye(2))


def test_a_frame_of_constants_alone_is_refused():
    with pytest.raises(DataError, match="Every column is constant or empty.*Check what was read"):
        Preprocessor().fit(frame(a=["x", "x"], b=[1, 1]))


def test_a_frame_of_numbers_alone_is_an_array_with_names(X):
    model = Preprocessor().fit(pd.DataFrame(X, columns=list("abcd")))
    assert model.columns_ is None
    assert list(model.get_feature_names_out()) == list("abcd")


# Sparse matrices


@pytest.mark.parametrize("kind", [sp.csr_matrix, sp.csr_array, sp.csc_matrix, sp.coo_array])
@pytest.mark.parametrize("scale", [1.0, 50.0, -50.0])
def test_a_sparse_matrix_stays_sparse(kind, scale):
    dense = (
        np.random.default_rng(0).random((20, 6))
        * (np.random.default_rng(1).random((20, 6)) < 0.3)
        * scale
    )
    model = Preprocessor().fit(kind(dense))
    result = model.transform(kind(dense))
    assert sp.issparse(result) and result.format == "csr" and result.dtype == np.float32
    assert (result != 0).sum() == np.count_nonzero(dense)
    assert abs(result).max() <= 1
    assert np.allclose(model.inverse_transform(result.toarray()), dense, atol=1e-4)


@pytest.mark.parametrize("numbers", ["standard", "robust", "minmax", "quantile"])
def test_a_mode_that_would_make_a_sparse_matrix_dense_is_refused(numbers):
    with pytest.raises(
        DataError,
        match=f"numbers='{numbers}' would make a sparse matrix dense. Use numbers='auto' or 'none'",
    ):
        Preprocessor(numbers).fit(sp.eye_array(4, format="csr"))


def test_a_sparse_matrix_without_entries_does_no_harm():
    model = Preprocessor().fit(sp.csr_array((3, 2)))
    assert model.transform(sp.csr_array((3, 2))).nnz == 0


def test_nan_in_a_sparse_matrix_is_refused():
    with pytest.raises(DataError, match="sparse matrix holds NaN"):
        Preprocessor().fit(sp.csr_array(np.array([[np.nan, 1.0], [0.0, 1.0]])))


# Parameters, state


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"numbers": "standart"},
            "'numbers' parameter of Preprocessor must be .*'standard'.*Got 'standart'",
        ),
        ({"numbers": None}, "'numbers' parameter of Preprocessor"),
        (
            {"max_categories": 0},
            r"'max_categories' parameter of Preprocessor must be an int in the range \[1, inf\)",
        ),
        ({"max_categories": 2.5}, "Got 2.5 instead"),
    ],
)
def test_a_wrong_parameter_is_refused_in_fit(settings, words):
    model = Preprocessor(**settings)
    with pytest.raises(ValueError, match=words):
        model.fit(np.eye(3))


def test_infinity_is_refused():
    with pytest.raises(ValueError, match="infinity"):
        Preprocessor().fit(np.array([[np.inf], [1.0]]))


def test_nothing_can_be_used_before_fit():
    for use in ("transform", "inverse_transform", "get_feature_names_out", "to_state"):
        with pytest.raises(NotFittedError):
            getattr(Preprocessor(), use)(
                *([] if use in ("get_feature_names_out", "to_state") else [np.eye(2)])
            )


def test_fitting_again_forgets_the_first_rows(X):
    model = Preprocessor().fit(frame(**MIXED)).fit(X)
    fresh = Preprocessor().fit(X)
    assert np.array_equal(model.transform(X), fresh.transform(X))
    assert model.columns_ is None and not model.levels_ and not model.dropped_
    assert not getattr(model, "notes_", None)


@pytest.mark.parametrize("numbers", MODES)
@pytest.mark.parametrize("kind", ["array", "missing", "frame", "sparse"])
def test_the_state_comes_back_through_json(X, numbers, kind):
    if kind == "sparse" and numbers not in ("auto", "none"):
        pytest.skip("refused")
    X = X.copy()
    if kind == "missing":
        X[::7, 1] = np.nan
    rows = {"array": X, "missing": X, "frame": frame(**MIXED), "sparse": sp.csr_array(np.abs(X))}[
        kind
    ]
    model = Preprocessor(numbers, max_categories=7).fit(rows)
    plain, arrays = model.to_state()
    again = Preprocessor.from_state(json.loads(json.dumps(plain, allow_nan=False)), arrays)
    a, b = (
        model.transform(rows),
        again.transform(read_table(again, rows, reset=False) if kind == "frame" else rows),
    )
    a, b = (part.toarray() if sp.issparse(part) else part for part in (a, b))
    assert a.tobytes() == b.tobytes()
    assert again.space_ == model.space_ and again.max_categories == 7 and again.numbers == numbers
    back = [np.asarray(part.inverse_transform(a)).tolist() for part in (model, again)]
    assert repr(back[0]) == repr(back[1])
    assert list(again.get_feature_names_out()) == list(model.get_feature_names_out())


def test_it_can_be_cloned(X):
    model = clone(Preprocessor("minmax", max_categories=3).fit(X))
    expected = {
        "numbers": "minmax",
        "max_categories": 3,
        "contrast": False,
        "whitening": None,
        "epsilon": 0.1,
    }
    assert model.get_params() == expected
    assert not hasattr(model, "space_")


def test_whole_numbers_up_to_one_are_no_fractions_of_bytes():
    model = Preprocessor().fit(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20)
    assert np.allclose(model.transform(np.array([[0.0, 1.0, 0.0, 1.0]])) * 255, [[0, 1, 0, 1]])
    with pytest.raises(DataError, match="fitted on bytes from 0 to 255; these rows are fractions"):
        model.transform(np.array([[0.0, 0.5, 0.0, 1.0]]))
