"""A class is a name and keeps its spelling."""

import polars as pl
import pytest

from layerwise import DataError
from layerwise.data.readers import load_dataset


@pytest.fixture
def read(tmp_path):
    def load(labels, mark=",", **how):
        rows = [f"{i % 9}{mark}{label}" for i, label in enumerate(labels)]
        path = tmp_path / "t.csv"
        path.write_text(f"x{mark}y\n" + "\n".join(rows) + "\n")
        return load_dataset(path, target="y", **how)

    return load


@pytest.mark.parametrize(
    "classes",
    [
        ("001", "1", "010"),
        ("1.1", "1.10"),
        ("12345678901234567890", "12345678901234567891"),
        ("+1", "-1"),
        ("+", "-"),
        ("True", "False"),
        ("TRUE", "FALSE"),
        ("1e3", "1000"),
    ],
)
def test_classes_come_back_as_they_are_written(read, classes):
    data = read(classes * 20)
    assert sorted(set(data.y.tolist())) == sorted(classes) and data.task == "classification"


@pytest.mark.parametrize("classes", [("0", "1"), ("0.0", "1.0"), ("-3", "12")])
def test_whole_numbers_in_plain_spelling_are_numbers(read, classes):
    data = read(classes * 20)
    assert sorted(set(data.y.tolist())) == sorted(int(float(c)) for c in classes)


@pytest.mark.parametrize("labels", [["1.50", "2.25", "3.75"] * 9, [f"{i}e3" for i in range(40)]])
def test_numbers_in_uneven_spelling_are_a_regression(read, labels):
    data = read(labels)
    assert data.task == "regression" and data.y[1] == float(labels[1])


def test_classes_that_are_asked_for_keep_their_spelling(read):
    data = read(["1.50", "2.5", "3.75"] * 9, task="classification")
    assert set(data.y.tolist()) == {"1.50", "2.5", "3.75"}


def test_marks_that_make_rows_unlabelled_are_counted(read):
    data = read(["NA", "EU", "AS"] * 20)
    assert data.notes[0] == (
        "The target 'y': 20 cells 'NA' were taken for rows without a label. If that is a class, "
        "rename it."
    )


def test_a_class_that_may_be_a_mark_is_told(read):
    assert (
        "Class '-' of 'y' (20 rows) may stand for a missing label"
        in read(["-", "low", "high"] * 20).notes[0]
    )


def test_classes_that_differ_in_capitals_are_told(read):
    assert (
        "differ in capital letters alone: 'Cat', 'cat'" in read(["Cat", "cat", "dog"] * 9).notes[0]
    )


def test_truth_values_in_several_spellings_are_one_class_each(read):
    data = read(["True", "False", "TRUE", "False"] * 9)
    assert set(data.y.tolist()) == {"True", "False"} and "several ways" in data.notes[0]


def test_minus_one_beside_zero_and_one_is_told(read):
    assert any("holds -1 in 20 rows beside 0 and 1" in n for n in read(["-1", "0", "1"] * 20).notes)


def test_marks_among_the_numbers_of_a_regression_are_missing_labels(read):
    data = read([*[f"{i}.5" for i in range(30)], "-", "n.a."])
    assert data.task == "regression" and data.y[-2:].tolist() == [None, None]
    assert any("'-'" in note for note in data.notes)


def test_thousands_in_the_target_are_refused(read):
    with pytest.raises(DataError, match="'y' holds numbers with commas .'1,077'"):
        read(["1,077", "950"] * 20, mark=";")


def test_truth_values_of_a_typed_table_are_spelled_as_pandas_does(tmp_path):
    pl.DataFrame({"x": [1, 2, 3], "y": [True, False, None]}).write_parquet(tmp_path / "t.parquet")
    assert load_dataset(tmp_path / "t.parquet", target="y").y.tolist() == ["True", "False", None]


@pytest.mark.parametrize(
    ("cell", "words"),
    [("${}", "The target 'y' holds amounts of money"), ("{} kg", "holds numbers with units")],
)
def test_a_target_that_only_looks_like_numbers_is_refused_in_the_words_of_a_column(
    read, cell, words
):
    with pytest.raises(DataError, match=words):
        read([cell.format(100 + 3 * i) for i in range(40)])


def test_a_word_in_a_regression_is_named_with_its_row(read):
    with pytest.raises(
        DataError, match="'y' holds numbers, except for 1 of 60 cells.*'oops' in row 7"
    ):
        read(["oops" if i == 7 else f"{i / 7:.3f}" for i in range(60)])


def test_numbers_as_text_in_a_typed_target_are_read_as_in_a_file(tmp_path):
    labels = [f"{i / 7:.2f}" for i in range(40)]
    pl.DataFrame({"x": range(1, 41), "y": labels}).write_parquet(tmp_path / "t.parquet")
    data = load_dataset(tmp_path / "t.parquet", target="y")
    assert data.task == "regression" and data.y[7] == 1.0


@pytest.mark.parametrize("form", ["{}%", "${}"])
def test_many_classes_that_are_numbers_with_a_mark_are_refused(read, form):
    with pytest.raises(DataError, match="The target 'y' holds "):
        read([form.format(i % 50) for i in range(200)])


def test_a_target_far_from_all_others_is_named(read):
    with pytest.raises(DataError, match=r"'y' holds 1e\+30 in row 7 \(line 9\), over a million"):
        read(["1e30" if i == 7 else f"{i / 7:.3f}" for i in range(60)])


def test_labels_of_unsigned_64_bits_stay_apart(tmp_path):
    y = pl.Series("y", [2**63, 2**63 + 1] * 9, dtype=pl.UInt64)
    pl.DataFrame({"x": range(2, 20), "y": y}).write_parquet(tmp_path / "t.parquet")
    assert len(set(load_dataset(tmp_path / "t.parquet", target="y").y)) == 2
