"""CSV and Parquet: what is read, and what is refused with which words."""

import contextlib
import gzip
import re

import numpy as np
import polars as pl
import pytest

from layerwise._errors import DataError, FileError, ParameterError
from layerwise.data.readers import load_dataset

GOOD = "a,b,c,y\n1,x,0.5,yes\n2,z,1.5,no\n3,x,?,\n"


@pytest.fixture
def csv(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def labels(values):
    """Rows with a target column y and one number."""
    return "a,y\n" + "".join(f"{row},{value}\n" for row, value in enumerate(values))


def test_csv_has_typed_columns_and_none_where_unlabelled(csv):
    data = load_dataset(csv(GOOD), target="y")
    assert data.name == "table"
    assert data.X.schema == {"a": pl.Int64, "b": pl.String, "c": pl.Float64}
    assert data.X["c"].to_list() == [0.5, 1.5, None]
    assert data.y.tolist() == ["yes", "no", None]
    assert (data.task, data.target) == ("classification", "y")
    assert data.notes == ("Column 'c': 1 cell '?' was taken for missing.",)


def test_without_a_target_every_column_is_a_feature(csv):
    data = load_dataset(csv(GOOD))
    assert data.X.columns == ["a", "b", "c", "y"]
    assert (data.y, data.task, data.target) == (None, None, None)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiter_is_found_in_the_header(csv, mark):
    assert load_dataset(csv(GOOD.replace(",", mark)), target="y").X.shape == (3, 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b"\xef\xbb\xbf" + b,
        gzip.compress,
        lambda b: b.replace(b"\n", b"\r\n"),
        lambda b: b[:-1],
    ],
)
def test_byte_order_mark_gzip_line_ends_and_a_missing_last_one_change_nothing(csv, change):
    plain, other = (
        load_dataset(csv(GOOD), target="y"),
        load_dataset(csv(change(GOOD.encode()), "other.csv"), target="y"),
    )
    assert plain.X.equals(other.X)


def test_packed_csv_loses_both_endings_in_its_name(csv):
    assert (
        load_dataset(csv(gzip.compress(GOOD.encode(), mtime=0), "my.table.csv.gz")).name
        == "my.table"
    )


def test_spaces_around_cells_quotes_and_newlines_in_quotes(csv):
    data = load_dataset(csv('a, b , c\n 1 , "x, y" , u\n2, "p\nq",v\n'))
    assert data.X.rows() == [(1, "x, y", "u"), (2, "p\nq", "v")]


def test_every_marker_of_missing_is_null(csv):
    cells = ["?", "NA", "N/A", "NaN", "null", '""', "  "]
    data = load_dataset(csv("a,b\n1,2\n" + "".join(f"{cell},1\n" for cell in cells)))
    assert data.X["a"].to_list() == [1, *[None] * len(cells)]


def test_decimal_comma_is_read_as_a_number_and_said(csv):
    data = load_dataset(csv("a;b\n1,5;x\n-2;y\n"))
    assert data.X["a"].to_list() == [1.5, -2.0]
    assert data.notes == ("The comma in column 'a' was read as a decimal point.",)


def test_truth_values_become_numbers_as_features_and_texts_as_target(csv):
    data = load_dataset(csv("a,y\nTrue,FALSE\nfalse,TRUE\n,TRUE\nTrue,\n"), target="y")
    assert data.X["a"].to_list() == [1.0, 0.0, None, 1.0]
    assert data.y.tolist() == ["FALSE", "TRUE", "TRUE", None]


def test_column_names_that_are_zero_to_n_are_a_header(csv):
    assert load_dataset(csv("0,1,2\n5.5,6,7\n")).X.columns == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("values", "task", "kind"),
    [
        (range(20), "classification", int),
        (range(21), "regression", float),
        ([0, 1.5], "regression", float),
        (["1.0", "0.0", ""], "classification", int),
        ("ab", "classification", str),
    ],
)
def test_task_follows_from_the_target(csv, values, task, kind):
    data = load_dataset(csv(labels(values)), target="y")
    assert data.task == task
    assert type(data.y[0]) is kind


def test_task_may_be_overridden(csv):
    path = csv(labels(range(30)))
    assert load_dataset(path, target="y", task="classification").y[3] == 3
    assert (
        load_dataset(csv(labels([0, 1]), "b.csv"), target="y", task="regression").y.dtype == object
    )
    with pytest.raises(ParameterError, match=r"Did you mean 'regression'"):
        load_dataset(path, target="y", task="regresion")


def test_identifier_column_is_dropped_and_named(csv):
    data = load_dataset(csv("id,a\n" + "".join(f"u{row},{row % 3}\n" for row in range(60))))
    assert data.X.columns == ["a"]
    assert (
        "Column 'id' was dropped: it looks like an identifier (60 different texts in 60 rows); "
        "--text id learns from it." in data.notes
    )


def test_test_table_is_matched_by_name(csv):
    train = csv("a,b,y\n1,x,0\n2,1,1\n")
    test = csv("y,extra,b,a\n1,9,1,3\n", "test.csv")
    data = load_dataset(train, target="y", test=test)
    assert data.test.X.rows() == [(3, "1")]
    assert data.test.X.columns == ["a", "b"]
    assert data.test.y.tolist() == [1]
    assert data.test.notes == (
        "Columns of 'test' that were not learned from were left out: 'extra'.",
    )


def test_test_table_without_the_dropped_identifier_is_fine(csv):
    train = csv("id,a,y\n" + "".join(f"u{row},{row % 3},{row % 2}\n" for row in range(60)))
    assert load_dataset(train, target="y", test=csv("a,y\n1,0\n", "t.csv")).test.X.columns == ["a"]


def test_texts_of_the_target_stay_texts_in_the_test(csv):
    data = load_dataset(csv(labels(["1", "x"])), target="y", test=csv(labels(["1", "01"]), "t.csv"))
    assert data.test.y.tolist() == ["1", "01"]
    assert data.test.notes == (
        "1 test rows are of classes that no training row has: '01'. They count as errors.",
    )


def test_truth_value_labels_are_the_same_in_both(csv):
    data = load_dataset(
        csv(labels(["True", "False"])), target="y", test=csv(labels(["FALSE"]), "t.csv")
    )
    assert data.test.y.tolist() == ["False"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n  \n", "is empty"),
        (b"a,b\n", "has a header but no rows"),
        (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, the header has 2"),
        (b'a,b\n"1\n1",2\n\n1\n', "line 5 has 1 field, the header has 2"),
        (b"a,a,b\n1,2,3\n", "more than once in the header: 'a'"),
        (b"a,\n0,1\n", "no name for column 2 of 2"),
        (b"1,2.5\n3,4\n", "has no header: its first line holds only numbers"),
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16"),
        ("a,b\n1,é\n".encode("latin-1"), r"is not UTF-8: in line 2, byte 7 is 0xe9"),
        (b"a,b\n1,\0\n", "NUL byte .line 2, byte 7."),
        (b'a,b\n1,"x\n2,y\n', "begins in line 2 cannot be read"),
        (b"a,b\r1,2\r", "carriage return stands inside line 1"),
        (
            b"a,b\n" + b"x" * 200_000 + b",1\n",
            "line 2 cannot be read: field larger than field limit",
        ),
        (
            b'a,b\n"1,000",1\n20,2\n',
            "'a' holds numbers, except for 1 of 2 cells.*'1,000'.*without thousands separators",
        ),
        (b"PK\x03\x04\0\0", "is a zip by its content, not text"),
        (b"a,b\n1,inf\n", "Column 'b' holds inf in row 0 .line 2."),
        (b"a,b\n1,1\n2,1e39\n", "Column 'b' holds 1e.*39 in row 1 .line 3."),
        (
            b"a,day\n1,2024-01-31\n2,2024-02-01 10:30\n",
            "Column 'day' holds dates or times .'2024-01-31' in row 0",
        ),
        (
            b"a,b\n" + b"".join(b"%d,1\n" % row for row in range(99)) + b"oops,1\n",
            "holds numbers, except for 1 of 100 cells.*'oops' in row 99 .line 101.",
        ),
        (gzip.compress(GOOD.encode() * 50, mtime=0)[:-20], "is truncated"),
        (b"\x1f\x8bnot gzip", "is not a valid gzip file"),
    ],
)
def test_bad_csv_is_refused_with_the_place(csv, content, message):
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(csv(content))
    assert caught.value.hint


def test_free_text_is_found_and_told(csv):
    rows = "".join(f"the customer number {row} wrote that all was well,1\n" for row in range(60))
    data = load_dataset(csv("review,a\n" + rows))
    assert data.text_columns == ("review",)
    assert data.X["review"][3] == "the customer number 3 wrote that all was well"
    assert (
        "Column 'review' is read as free text (60 different texts in 60 rows, 46 characters in the "
        "mean)." in data.notes
    )


def test_text_that_is_asked_for_is_read_as_it_stands(csv):
    rows = "".join(f"word{row},{row % 3},NA\n" for row in range(60))
    data = load_dataset(csv("name,a,b\n" + rows), text=["name", "b"])
    assert data.text_columns == ("name", "b") and data.X["b"].to_list() == ["NA"] * 60


def test_the_one_column_of_names_is_text(csv):
    data = load_dataset(csv("name,y\n" + "".join(f"w{r},{r % 2}\n" for r in range(60))), target="y")
    assert data.text_columns == ("name",) and "is read as free text" in " ".join(data.notes)


def test_text_columns_of_the_training_table_are_those_of_the_test_table(csv):
    rows = "".join(f"a text of so many words with number {row},{row % 2}\n" for row in range(9))
    test = csv("t,y\nx,1\nx,0\n", "test.csv")
    data = load_dataset(csv("t,y\n" + rows), target="y", test=test)
    assert data.test.text_columns == ("t",)


@pytest.mark.parametrize(
    ("text", "message"),
    [(["nam"], "no column 'nam' to read as text.*Did you mean 'name'"), (["a"], "holds numbers")],
)
def test_text_that_is_none_is_refused(tmp_path, text, message):
    pl.DataFrame({"name": ["x", "y"], "a": [1, 2]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        load_dataset(str(tmp_path / "t.parquet"), text=text)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("yy", "has no column 'yy'.*Did you mean 'y'.*Columns: 'a', 'b', 'c', 'y'"),
        ("qqq", "has no column 'qqq'.*Known: 'a'"),
    ],
)
def test_unknown_target_names_the_closest(csv, target, message):
    with pytest.raises(DataError, match=message):
        load_dataset(csv(GOOD), target=target)


def test_target_that_is_empty_is_refused(csv):
    with pytest.raises(DataError, match=r"target 'y' is empty in all 3 rows.*leave the target out"):
        load_dataset(csv(labels(["", "?", "NA"])), target="y")


def test_target_of_free_text_is_refused(csv):
    with pytest.raises(
        DataError, match=r"'y' looks like free text: 30 different values in 30 labelled rows"
    ):
        load_dataset(csv(labels([f"v{row}" for row in range(30)])), target="y")


def test_many_classes_are_taken_when_the_task_is_said(csv):
    assert (
        load_dataset(
            csv(labels([f"v{row}" for row in range(30)])), target="y", task="classification"
        ).y[29]
        == "v29"
    )


def test_labels_of_more_digits_than_a_number_holds_are_names(csv):
    near = ["1" * 20, "1" * 19 + "2", "2"]
    assert load_dataset(csv(labels(near)), target="y").y.tolist() == near


def test_nothing_is_learned_from_a_column_without_values(csv):
    data = load_dataset(csv("a,b\n,1\n,2\n"), test=csv("a,b\nx,1\n", "t.csv"))
    assert data.test.X.rows() == [(None, 1)]


def test_texts_cannot_be_regressed_on(csv):
    with pytest.raises(DataError, match=r"holds texts .'a'.; regression needs numbers"):
        load_dataset(csv(labels("ab")), target="y", task="regression")


def test_target_alone_is_no_table(csv):
    with pytest.raises(DataError, match=r"no column to learn from"):
        load_dataset(csv("y\n1\n2\n"), target="y")


def test_test_table_that_lacks_a_column_names_the_closest(csv):
    with pytest.raises(
        DataError, match=r"'t' lacks 1 of the 3 columns.*'width'.*Did you mean 'widht'"
    ):
        load_dataset(csv("width,b,y\n1,2,0\n"), target="y", test=csv("widht,b,y\n1,2,0\n", "t.csv"))


def test_test_table_without_the_target_is_refused(csv):
    with pytest.raises(DataError, match=r"'t' has no column 'y' to take as the target"):
        load_dataset(csv(GOOD), target="y", test=csv("a,b,c\n1,x,2\n", "t.csv"))


def test_test_table_with_texts_for_numbers_is_refused(csv):
    with pytest.raises(
        DataError,
        match=r"'a' holds numbers in the training rows, but 'u' in row 1 .line 3. of the test",
    ):
        load_dataset(csv(GOOD), target="y", test=csv("a,b,c,y\n1,x,1,no\nu,x,1,no\n", "t.csv"))


def test_test_labels_of_another_kind_are_refused(csv):
    with pytest.raises(
        DataError, match=r"'y' holds numbers in the training rows, but texts in the test .'no'"
    ):
        load_dataset(csv(labels([0, 1])), target="y", test=csv(labels(["no"]), "t.csv"))


def test_parquet_types_become_numbers_and_strings(tmp_path):
    frame = pl.DataFrame(
        {
            "i": pl.Series([1, 2, None], dtype=pl.Int16),
            "f": [1.0, float("nan"), None],
            "t": [True, None, False],
            "k": pl.Series(["u", "v", "u"], dtype=pl.Categorical),
            "s": ["x", "", None],
            "d": pl.Series(["1.25", "2.50", None]).cast(pl.Decimal(10, 2)),
            "n": [None, None, None],
            "y": ["a", "", None],
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    data = load_dataset(tmp_path / "t.parquet", target="y")
    assert data.X.dtypes == [
        pl.Int16,
        pl.Float64,
        pl.Float64,
        pl.String,
        pl.String,
        pl.Float64,
        pl.Float64,
    ]
    assert data.X.rows()[1] == (2, None, None, "v", None, 2.5, None)
    assert data.y.tolist() == ["a", None, None]


@pytest.mark.parametrize("form", ["folder", "glob"])
def test_parquet_files_of_one_schema_are_joined(tmp_path, form):
    folder = tmp_path / "parts"
    folder.mkdir()
    pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}).write_parquet(folder / "0.parquet")
    pl.DataFrame({"b": ["z"], "a": [3]}).write_parquet(folder / "1.parquet")
    data = load_dataset(str(folder if form == "folder" else folder / "*.parquet"))
    assert data.name == "parts"
    assert data.X.rows() == [(1, "x"), (2, "y"), (3, "z")]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"a": ["1"]}, r"Column 'a' is String in '.*1.parquet', but Int64 in '0.parquet'"),
        ({"b": [1]}, r"1.parquet' has no column 'a', which '0.parquet' has"),
        ({"a": [1], "c": [1]}, r"1.parquet' has a column 'c', which '0.parquet' has not"),
    ],
)
def test_parquet_files_of_different_schemas_are_refused(tmp_path, second, message):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "0.parquet")
    pl.DataFrame(second).write_parquet(tmp_path / "1.parquet")
    with pytest.raises(FileError, match=message):
        load_dataset(str(tmp_path))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda b: b[: len(b) // 2], "is truncated"),
        (lambda b: b"", "is not a Parquet file"),
        (lambda b: b"a,b\n1,2\n", "is not a Parquet file"),
        (lambda b: b[:-8] + b"\xff\xff\xff\x7f" + b[-4:], "is damaged"),
    ],
)
def test_damaged_parquet_is_refused(tmp_path, damage, message):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": range(1000)}).write_parquet(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FileError, match=message):
        load_dataset(path)


def test_no_flipped_byte_of_a_parquet_file_escapes_as_another_exception(tmp_path, capfd):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": range(50), "b": [f"v{i % 3}" for i in range(50)]}).write_parquet(path)
    content, rng = path.read_bytes(), np.random.default_rng(0)
    for at in rng.integers(0, len(content), 150):
        path.write_bytes(
            content[:at] + bytes([content[at] ^ (1 << int(rng.integers(8)))]) + content[at + 1 :]
        )
        with contextlib.suppress(DataError):
            load_dataset(path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pl.Series(["2024-01-01"]).str.to_date(), "Column 'v' holds dates or times .Date"),
        (pl.Series([[1, 2]]), "Column 'v' is of the type List"),
        (pl.Series([{"p": 1}]), "Column 'v' is of the type Struct"),
        (pl.Series([b"x"]), "Column 'v' is of the type Binary"),
    ],
)
def test_parquet_types_that_cannot_be_learned_from_are_named(tmp_path, values, message):
    pl.DataFrame({"v": values, "a": [1]}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / "t.parquet")


def test_several_labels_a_row_and_dates_are_no_target(tmp_path):
    frame = pl.DataFrame(
        {"a": [1], "many": [["p", "q"]], "day": pl.Series(["2024-01-01"]).str.to_date()}
    )
    frame.write_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"several labels a row are not supported"):
        load_dataset(tmp_path / "t.parquet", target="many")
    with pytest.raises(DataError, match=r"dates or times .Date., which cannot be predicted"):
        load_dataset(tmp_path / "t.parquet", target="day")


def test_names_from_the_file_are_quoted_in_messages(csv):
    with pytest.raises(
        DataError,
        match=re.escape(r"Column '<img onerror=\'x\'>' holds inf")
        + "|"
        + re.escape('"<img onerror='),
    ):
        load_dataset(csv("<img onerror='x'>,b\ninf,1\n"))
