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
        ValueError,
        match="held numbers when the model was fitted, and holds .x. in row 0|feature names",
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
        "text": "auto",
        "text_columns": "auto",
    }
    assert model.get_params() == expected
    assert not hasattr(model, "space_")


def test_whole_numbers_up_to_one_are_no_fractions_of_bytes():
    model = Preprocessor().fit(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20)
    assert np.allclose(model.transform(np.array([[0.0, 1.0, 0.0, 1.0]])) * 255, [[0, 1, 0, 1]])
    with pytest.raises(DataError, match="fitted on bytes from 0 to 255; these rows are fractions"):
        model.transform(np.array([[0.0, 0.5, 0.0, 1.0]]))


# Scales of columns in any unit, and numbers far from all others


@pytest.mark.parametrize("unit", [1e-300, 1e-170, 1e-15, 1e-4, 1.0, 1e9, 1e30, 1e37])
@pytest.mark.parametrize("numbers", ["auto", "standard", "robust", "minmax"])
def test_a_table_in_other_units_is_the_same_table(unit, numbers):
    X = np.random.default_rng(0).gamma(2.0, size=(200, 3)) + 0.01
    one, other = Preprocessor(numbers).fit(X), Preprocessor(numbers).fit(X * unit)
    assert np.allclose(one.transform(X), other.transform(X * unit), atol=1e-5)


def test_values_in_zero_to_one_are_left_alone_only_where_they_use_that_range():
    U = np.random.default_rng(0).random((200, 6))
    pixels = np.random.default_rng(0).integers(0, 256, (200, 30)) / 255
    pixels[:, :5] /= 17  # the corners of pictures stay dark
    small = U * np.array([1, 1, 1, 1, 1, 1e-4])
    assert Preprocessor().fit(U).space_.kind == "unit"
    assert Preprocessor().fit(pixels).space_.kind == "unit"
    assert Preprocessor().fit(small).space_.kind == "real"
    assert Preprocessor().fit(U * 1e-3).space_.kind == "real"


@pytest.mark.parametrize("far", [1e30, -1e30, 1e12])
@pytest.mark.parametrize("numbers", ["auto", "standard", "minmax"])
def test_one_cell_far_from_all_others_does_not_move_the_scale(far, numbers):
    X = np.random.default_rng(0).normal(size=(100, 2))
    with_far = np.concatenate([X, [[far, 0.0]]])
    model = Preprocessor(numbers).fit(with_far)
    assert np.allclose(
        model.steps_.scaling.scale, Preprocessor(numbers).fit(X).steps_.scaling.scale, rtol=0.02
    )
    assert model.notes_ == [
        f"Column 'x0' holds {far:g} in row 100, over a million spreads from all other values: it "
        "does not count for the scale, and is taken for missing."
    ]
    assert list(model.get_feature_names_out()) == ["x0", "x1", "x0_missing"]


def test_many_cells_far_out_decide_the_scale_and_are_told():
    X = np.random.default_rng(0).normal(size=(100, 1))
    X[::10] = 1e30
    model = Preprocessor("standard").fit(X)
    assert "'x0' holds 10 numbers over a million spreads" in model.notes_[0]
    assert model.steps_.scaling.scale[0] > 1e28


@pytest.mark.parametrize("count", [2, 5])
def test_a_few_cells_far_out_do_not_move_the_scale(count):
    X = np.random.default_rng(0).normal(size=(100, 2))
    X[:count, 1] = 1e30
    model = Preprocessor().fit(X)
    assert model.steps_.scaling.scale[1] < 2 and f"in row 0 and {count - 1} more" in model.notes_[0]


@pytest.mark.parametrize("low", [0.9, 0.5, 0.25])
def test_columns_in_a_narrow_part_of_zero_to_one_are_standardised(low):
    U = np.random.default_rng(0).random((100, 4))
    assert Preprocessor().fit(low + 0.1 * U).space_.kind == "real"


def test_rows_on_another_scale_are_refused_whatever_their_type():
    U = np.random.default_rng(0).random((100, 6))
    model = Preprocessor().fit(U)
    for rows in (U * 255, (U * 255).astype(np.float32), (U * 255).astype(int)):
        with pytest.raises(
            DataError, match="fitted on values from 0 to 1; .*Give them the same sc"
        ):
            model.transform(rows)
    bytes_ = Preprocessor().fit((U * 255).astype(np.uint8))
    with pytest.raises(DataError, match="fitted on values from 0 to 255; these rows hold"):
        bytes_.transform(U * 65535)


def test_numbers_outside_of_what_was_learned_are_told_by_value():
    U = np.random.default_rng(0).random((100, 6))
    model = Preprocessor().fit(U)
    later = U.copy()
    later[7, 2] = 12.5
    words = "1 number in 1 row outside .* in column 'x2', is 12.5 in row 7; .* from 0 to 1"
    with pytest.warns(DataWarning, match=words):
        model.transform(later)
    assert model.outside(U) == [] and "'x2'" in model.outside(later)[0]


def test_a_few_cells_a_little_outside_are_not_told():
    X = np.random.default_rng(0).normal(size=(400, 4))
    model = Preprocessor("minmax").fit(X[:350])
    assert model.transform(X[350:]).min() >= 0


# What text in a data frame means


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_numbers_as_text_are_numbers_in_fit_and_later(make):
    model = Preprocessor().fit(make({"a": ["1.5", "n.a.", "2.5", "4"], "b": [1.0, 2.0, 3.0, 4.0]}))
    assert model.number_columns_ == ["a", "b"] and model.levels_ == {}
    assert "Column 'a': 1 cell 'n.a.' was taken for missing." in model.notes_
    assert "Column 'a' holds numbers as text; they were read as numbers." in model.notes_
    as_text = model.transform(make({"a": ["2.5", "-"], "b": [1.0, 2.0]}))
    as_number = model.transform(make({"a": [2.5, None], "b": [1.0, 2.0]}))
    assert np.array_equal(as_text, as_number)


def test_a_declared_category_is_a_name_whatever_it_looks_like():
    model = Preprocessor().fit(
        pd.DataFrame({"k": pd.Categorical(["1", "2", "3"] * 9), "x": np.arange(27.0)})
    )
    assert model.levels_ == {"k": ["1", "2", "3"]}


def test_a_category_has_one_spelling_whatever_its_type():
    v = np.arange(6.0)
    model = Preprocessor().fit(pd.DataFrame({"k": pd.Categorical([1, 2, 3, 1, 2, 3]), "x": v}))
    forms = [
        pd.Series([1.0, 2.0, np.nan]).astype("category"),
        pd.Series([1, 2, None], dtype=object),
        pd.Series(["1", "2", None]),
        pd.Series(["1.0", "2.0", None]),
        pd.Series([1.0, 2.0, np.nan]),
        pd.Series([1, 2, None], dtype="Int64"),
    ]
    for form in forms:
        Z = model.transform(pd.DataFrame({"k": form, "x": v[:3]}))
        assert Z[:, 1:].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
@pytest.mark.parametrize(
    ("cell", "words"),
    [("12%", "percentages"), ("31.12.2024", "1 of 6 cells.*'31.12.2024'"), ("3 kg", "3 kg")],
)
def test_text_that_only_looks_like_numbers_is_refused_by_name(make, cell, words):
    with pytest.raises(DataError, match=f"Column 'a' holds .*{words}"):
        Preprocessor().fit(make({"a": [cell, "5%", "7%", "1%", "9%", "8%"], "b": [1.0] * 6}))


def test_names_of_columns_that_stand_twice_are_our_own_error():
    frame = pd.DataFrame([["a", 1.0, 2.0]] * 3, columns=["k", "x", "x"])
    with pytest.raises(DataError, match="names of columns stand more than once: 'x'"):
        Preprocessor().fit(frame)


def test_one_value_far_out_does_not_scale_a_sparse_column():
    X = sp.random_array((200, 3), density=0.3, rng=np.random.default_rng(0), format="csr") * 9
    far = X.tolil()
    far[7, 1] = 1e30
    model = Preprocessor().fit(far.tocsr())
    assert np.allclose(model.steps_.scaling.scale, Preprocessor().fit(X).steps_.scaling.scale)
    assert "Column 'x1' holds 1e+30 in row 7" in model.notes_[0]
    with pytest.warns(DataWarning, match="'x1', is 1e.30 in row 7; it is taken for missing"):
        assert np.abs(model.transform(far.tocsr()).data).max() <= 1 + 1e-6


def test_sparse_rows_in_small_units_are_scaled_and_values_outside_are_told():
    X = sp.random_array((200, 3), density=0.3, rng=np.random.default_rng(0), format="csr")
    unit, small = Preprocessor().fit(X), Preprocessor().fit(X * 1e-4)
    assert (unit.space_.kind, small.space_.kind) == ("unit", "real")
    assert np.isclose(np.abs(small.transform(X * 1e-4)).max(), 1.0)
    with pytest.warns(DataWarning, match="outside of what was learned.*values in .0, 1. were"):
        unit.transform(X * 255)
    later = (X * 1e-4).tolil()
    later[5, 2] = 1e9
    with pytest.warns(DataWarning, match="in column 'x2', is 1e.09 in row 5"):
        small.transform(later.tocsr())


@pytest.mark.parametrize("numbers", ["auto", "robust"])
@pytest.mark.parametrize("change", [lambda V: V * 1000, lambda V: V + 100])
def test_a_column_in_other_units_is_told_of(numbers, change):
    V = np.random.default_rng(0).normal(size=(200, 3))
    model = Preprocessor(numbers).fit(V)
    assert model.outside(V) == [] and model.outside(V[:1] * 3) == []
    with pytest.warns(DataWarning, match=r"'x.' .and 2 more. holds numbers far from"):
        model.transform(change(V))


def test_heavy_tails_are_what_was_learned():
    V = np.random.default_rng(0).standard_t(1.5, size=(2000, 2))
    for numbers in ("standard", "robust"):
        model = Preprocessor(numbers).fit(V[:1000])
        assert model.outside(V[1000:]) == []


def test_columns_of_a_frame_of_numbers_are_called_by_their_names():
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0, 5.0, 1e30], "b": np.arange(6.0)})
    model = Preprocessor().fit(frame)
    assert "Column 'age' holds 1e+30" in model.notes_[0]
    assert any("'b'" in told for told in model.outside(pd.DataFrame({"age": [1.0], "b": [1e9]})))


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.0, None, 3.0], dtype=object),
        pd.Series(["1", "-", "3"]),
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3]).astype("category"),
    ],
)
def test_a_model_of_numbers_takes_them_in_any_type(column):
    model = Preprocessor().fit(pd.DataFrame({"a": [1.0, 2.0, np.nan], "b": [1.0, 2.0, 4.0]}))
    plain = model.transform(pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [1.0, 2.0, 4.0]}))
    other = model.transform(pd.DataFrame({"a": column, "b": [1.0, 2.0, 4.0]}))
    assert np.array_equal(plain, other)


def test_truth_values_as_categories_are_known_in_any_type():
    v = np.arange(3.0)
    model = Preprocessor().fit(pd.DataFrame({"k": pd.Categorical([True, False, True]), "v": v}))
    for form in ([True, False, None], ["True", "False", None]):
        Z = model.transform(pd.DataFrame({"k": pd.Series(form, dtype=object), "v": v}))
        assert Z[:, 1:].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    Z = model.transform(pd.DataFrame({"k": [True, False, True], "v": v}))
    assert Z[:, 1:].tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]


def test_arrays_of_texts_are_read_as_frames_are():
    model = Preprocessor().fit(np.array([["1.5", "2"], ["2.5", "4"], ["3", "5"]]))
    assert model.transform(np.array([[1.5, 2.0]])).shape == (1, 2)
    for cells in ([["1.5", "0.1%"]], [["2020-01-02", "1"]]):
        with pytest.raises(DataError, match=r"Column x. holds '.*' in row 1; expected numbers"):
            Preprocessor().fit(np.array([["1", "2"], *cells], dtype=object))
    with pytest.raises(DataError, match="array of dates or times"):
        Preprocessor().fit(np.array([["2020-01-01"], ["2020-01-02"]], dtype="M8[D]"))


def test_texts_that_hardly_repeat_are_called_an_identifier():
    table = pd.DataFrame(
        {"k": [f"name{'abcdefghij'[i % 10]}{i}" for i in range(60)], "v": range(60)}
    )
    assert any(
        "'k' looks like an identifier (60" in note for note in Preprocessor().fit(table).notes_
    )
