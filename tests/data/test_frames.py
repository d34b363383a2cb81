"""Any data frame at the door."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from layerwise import DataError, Preprocessor
from layerwise.data.frames import has_texts, is_frame, make_frame, read_frame


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"]
)
def test_each_library_gives_the_same_columns(make):
    frame = make(
        {"x": [1.5, None, 3.0], "n": [1, 2, 3], "b": [True, False, True], "c": ["a", None, "b"]}
    )
    read = read_frame(frame)
    assert read.columns == ("x", "n", "b", "c") and len(read) == 3
    assert np.array_equal(read.numbers["x"], [1.5, np.nan, 3.0], equal_nan=True)
    assert read.numbers["n"].tolist() == [1, 2, 3] and read.numbers["b"].tolist() == [1, 0, 1]
    assert read.texts["c"].tolist() == ["a", None, "b"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1.0, None, 3.0], dtype="Float64"),
        pd.Series([1.0, np.nan, 3.0]),
        pd.Series([1, None, 3], dtype="int64[pyarrow]"),
        pd.Series([True, None, True], dtype="boolean"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_missing_numbers_of_pandas_are_nan(column):
    read = read_frame(pd.DataFrame({"x": column, "c": ["a", "b", "c"]}))
    assert np.isnan(read.numbers["x"][1]) and not np.isnan(read.numbers["x"][[0, 2]]).any()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None, "b"], dtype=object),
        pd.Series(["a", np.nan, "b"], dtype=object),
        pd.Series(["a", pd.NA, "b"], dtype=object),
        pd.Series(["a", pd.NA, "b"], dtype="string"),
        pd.Series(["a", None, "b"], dtype="str"),
        pd.Series(["a", None, "b"], dtype="category"),
        pd.Series(["a", None, "b"], dtype="string[pyarrow]"),
    ],
    ids=["object-None", "object-nan", "object-NA", "string", "str", "category", "arrow"],
)
def test_missing_texts_of_pandas_are_none(column):
    assert read_frame(pd.DataFrame({"c": column})).texts["c"].tolist() == ["a", None, "b"]


def test_categories_that_are_numbers_become_words():
    assert read_frame(pd.DataFrame({"c": pd.Categorical([3, 1, 3])})).texts["c"].tolist() == [
        "3",
        "1",
        "3",
    ]
    enum = pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"]))
    assert read_frame(pl.DataFrame({"c": enum})).texts["c"].tolist() == ["a", "b"]


@pytest.mark.parametrize("backend", ["numpy", "pyarrow"])
def test_polars_nulls_in_a_frame_of_numbers_alone_are_missing(backend):
    X = pl.DataFrame({"x": [1, None, 3], "y": [0.5, 2.0, None], "b": [True, False, True]})
    X = X.to_arrow() if backend == "pyarrow" else X
    result = Preprocessor().fit(X).transform(X)
    assert result.dtype == np.float32 and np.isfinite(result).all()
    assert result.shape == (3, 5)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int64[pyarrow]"])
def test_nullable_numbers_of_pandas_alone_are_an_array(dtype):
    X = pd.DataFrame(
        {"x": pd.Series([1, None, 3], dtype=dtype), "y": pd.Series([1, 2, 3], dtype=dtype)}
    )
    assert Preprocessor().fit_transform(X).shape == (3, 3)


def test_decimals_are_numbers():
    frame = pl.DataFrame({"x": [decimal.Decimal("1.5"), None], "c": ["a", "b"]})
    assert read_frame(frame).numbers["x"][0] == 1.5


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            pl.DataFrame({"d": [dt.date(2020, 1, 1)]}),
            "Column 'd' holds Date; expected numbers or categories. Turn it into numbers",
        ),
        (pl.DataFrame({"d": [dt.datetime(2020, 1, 1)]}), "Column 'd' holds Datetime"),
        (pl.DataFrame({"d": [dt.timedelta(1)]}), "Column 'd' holds Duration"),
        (pl.DataFrame({"d": [[1, 2]]}), "Column 'd' holds List"),
        (pl.DataFrame({"d": [{"a": 1}]}), "Column 'd' holds Struct"),
        (pd.DataFrame({"d": pd.to_datetime(["2020-01-01"])}), "Column 'd' holds Datetime"),
        (pd.DataFrame({"c": ["a", "b"], "d": [[1], [2]]}), "Column 'd' holds list in row 0"),
        (pd.DataFrame({"d": ["a", dt.date(2020, 1, 1)]}), "Column 'd' holds date in row 1"),
        (
            pd.DataFrame({"x": [1.0, -np.inf], "c": ["a", "b"]}),
            "Column 'x' holds infinity in row 1",
        ),
    ],
    ids=[
        "date",
        "datetime",
        "duration",
        "list",
        "struct",
        "pandas-date",
        "pandas-list",
        "pandas-object",
        "infinity",
    ],
)
def test_columns_that_are_neither_numbers_nor_words_are_refused(frame, words):
    with pytest.raises(DataError, match=words):
        read_frame(frame)


def test_a_frame_is_told_from_an_array():
    assert (
        is_frame(pd.DataFrame({"a": [1]}))
        and is_frame(pl.DataFrame({"a": [1]}))
        and is_frame(pa.table({"a": [1]}))
    )
    assert not any(
        is_frame(X)
        for X in (np.eye(2), [[1]], {"a": [1]}, None, pl.LazyFrame({"a": [1]}), pd.Series([1]))
    )


def test_texts_are_told_from_numbers():
    assert has_texts(pl.DataFrame({"a": [1], "b": ["x"]}))
    assert not has_texts(pl.DataFrame({"a": [1], "b": [True]}))


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_frame_is_made_in_its_library(backend):
    made = make_frame({"a": np.array([1.0, 2.0]), "b": ["x", None]}, backend)
    assert backend in type(made).__module__
    assert read_frame(made).texts["b"].tolist() == ["x", None]


def test_rows_of_a_frame_are_taken_by_index():
    read = read_frame(pl.DataFrame({"x": [1, 2, 3], "c": ["a", "b", "c"]})).rows(
        np.array([2, 0, 2])
    )
    assert (
        len(read) == 3
        and read.texts["c"].tolist() == ["c", "a", "c"]
        and read.numbers["x"].tolist() == [3, 1, 3]
    )


def test_a_frame_without_rows_is_refused():
    with pytest.raises(ValueError, match="0 row|0 sample"):
        Preprocessor().fit(
            pl.DataFrame({"x": [], "c": []}, schema={"x": pl.Float64, "c": pl.String})
        )


def test_names_that_occur_twice_are_refused():
    X = pd.DataFrame([[1.0, "a"], [2.0, "b"]], columns=["x", "x"])
    with pytest.raises(ValueError, match="stand more than once"):
        Preprocessor().fit(X)


def test_names_that_are_numbers_are_taken_as_words():
    X = pd.DataFrame({0: [1.0, 2.0], 1: ["a", "b"]})
    model = Preprocessor().fit(X)
    assert list(model.get_feature_names_out()) == ["0", "1=a", "1=b", "1=other"]
    assert np.array_equal(model.transform(X), model.transform(X))
