"""Every form of file, and the parts of the data in files and folders."""

import csv
import io
import sys
import tarfile
import types
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from layerwise import DataError, FileError
from layerwise.data.readers import load_dataset
from layerwise.data.readers.splits import held_out, split_in, split_of

ROWS = pl.DataFrame({"a": [1.5, 2.5, None], "b": ["u", "v", "u"], "y": ["no", "yes", "no"]})


def same(data):
    assert data.X["a"].to_list() == [1.5, 2.5, None]
    assert data.X["b"].to_list() == ["u", "v", "u"]
    assert data.y.tolist() == ["no", "yes", "no"]


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("more")
    book.save(path)


def written(folder, name):
    path = folder / name
    if name.endswith((".csv", ".txt", ".data")):
        ROWS.write_csv(path)
    elif name.endswith(".tsv"):
        ROWS.write_csv(path, separator="\t")
    elif name.endswith("jsonl"):
        ROWS.write_ndjson(path)
    elif name.endswith(".arff"):
        head = (
            "@relation r\n@attribute a numeric\n@attribute b {u,v}\n@attribute y {no,yes}\n@data\n"
        )
        path.write_text(head + "1.5,u,no\n2.5,v,yes\n?,u,no\n")
    elif name.endswith(".xlsx"):
        workbook(path, [ROWS.columns, *ROWS.rows(), [None] * 3])
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "t.txt", "t.data", "t.tsv", "t.jsonl", "t.arff", "t.xlsx"]
)
def test_every_form_of_table_gives_the_same_rows(tmp_path, name):
    same(load_dataset(written(tmp_path, name), target="y"))


def test_numbers_of_a_workbook_are_what_they_are(tmp_path):
    rows = [["code", "n", "flag", "y"], [1, 1.5, True, "p"], ["x", 2, False, "q"]]
    workbook(tmp_path / "t.xlsx", rows)
    data = load_dataset(tmp_path / "t.xlsx", target="y")
    assert data.X.rows() == [("1", 1.5, 1.0), ("x", 2.0, 0.0)]
    assert "The sheet 'Sheet' was read; 1 more were not." in data.notes


def test_dates_of_a_workbook_are_refused_by_name(tmp_path):
    days = pd.date_range("2024-01-01", periods=9).to_pydatetime()
    workbook(
        tmp_path / "t.xlsx", [["day", "y"], *[[day, "pq"[i % 2]] for i, day in enumerate(days)]]
    )
    with pytest.raises(DataError, match="Column 'day' holds dates or times"):
        load_dataset(tmp_path / "t.xlsx", target="y")


def test_a_workbook_without_its_reader_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(FileError, match=r"pip install 'layerwise\[excel\]'.*CSV UTF-8"):
        load_dataset(written(tmp_path, "t.xlsx"))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("t.json", "read_json.'t.json'..to_parquet"),
        ("t.sav", "read_spss"),
        ("t.mat", "scipy.io.loadmat"),
        ("t.7z", "7z x t.7z"),
    ],
)
def test_a_form_that_is_not_read_names_the_command_that_converts(tmp_path, name, command):
    (tmp_path / name).write_text("x")
    with pytest.raises(FileError, match=command):
        load_dataset(tmp_path / name)


def test_cells_parted_by_spaces_get_the_command_that_parts_them_by_commas(tmp_path):
    (tmp_path / "t.data").write_text("a b c\n1 2 3\n")
    with pytest.raises(
        FileError, match=r"parted by spaces.*tr -s ' .t' ',' < t.data > t-commas.csv"
    ):
        load_dataset(tmp_path / "t.data")


def test_reading_arff_leaves_the_limits_of_csv_alone(tmp_path):
    before = csv.field_size_limit()
    load_dataset(written(tmp_path, "t.arff"))
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("damage", [b"", b"{", b'{"a": 1}\n{"a"', b"\xff\xfe\x00"])
@pytest.mark.parametrize("name", ["t.jsonl", "t.arff", "t.xlsx", "t.zip", "t.tar.gz"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path, name, damage):
    (tmp_path / name).write_bytes(damage)
    with pytest.raises(DataError, match=name):
        load_dataset(tmp_path / name)


@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz", "tgz", "tar.xz"])
def test_an_archive_is_read_like_the_folder_in_it(tmp_path, ending):
    folder = tmp_path / "images"
    for kind in ("cat", "dog"):
        for i in range(3):
            place = folder / "Train" / kind / f"{i}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((4, 4), i * 9, np.uint8)).save(place)
    path = tmp_path / f"pets.{ending}"
    files = [p for p in folder.rglob("*") if p.is_file()]
    if ending == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, file.relative_to(tmp_path))
    else:
        with tarfile.open(path, f"w:{ending.partition('.')[2].replace('tgz', 'gz')}") as archive:
            archive.add(folder, "images")
    data = load_dataset(path)
    assert sorted(set(data.y)) == ["cat", "dog"] and len(data) == 6
    assert "The data lie in the folder 'images'." in data.notes


def test_an_archive_of_one_table_is_that_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.write(written(tmp_path, "t.csv"), "t.csv")
    same(load_dataset(tmp_path / "t.zip", target="y"))


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "a/../../out.csv"])
def test_an_archive_that_leads_out_of_itself_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr(name, "a,b\n1,2\n")
    with pytest.raises(FileError, match="leads out of it"):
        load_dataset(tmp_path / "t.zip")


def test_an_archive_that_fills_the_disk_is_stopped(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", b"0" * 30_000_000)
    with pytest.raises(FileError, match="holds over .* bytes"):
        load_dataset(tmp_path / "t.zip")


def test_links_in_an_archive_are_passed_over(tmp_path):
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        link = tarfile.TarInfo("secret.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(FileError, match="holds no file"):
        load_dataset(tmp_path / "t.tar")


def test_standard_input_is_read(monkeypatch):
    stream = types.SimpleNamespace(
        buffer=io.BytesIO(ROWS.write_csv().encode()), isatty=lambda: False
    )
    monkeypatch.setattr(sys, "stdin", stream)
    data = load_dataset("-", target="y")
    same(data)
    assert data.name == "stdin"


def test_standard_input_may_be_parquet(monkeypatch):
    content = io.BytesIO()
    ROWS.write_parquet(content)
    content.seek(0)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=content, isatty=lambda: False))
    same(load_dataset("-", target="y"))


def test_nothing_on_standard_input_says_how(monkeypatch):
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(isatty=lambda: True))
    with pytest.raises(FileError, match="nothing is piped there.*cat rows.csv"):
        load_dataset("-")


def test_csv_files_of_a_pattern_are_one_table_with_one_type_a_column(tmp_path):
    (tmp_path / "p1.csv").write_text("a,y\n1,u\n2,v\n")
    (tmp_path / "p2.csv").write_text("a,y\nx,u\n2,v\n")
    data = load_dataset(str(tmp_path / "p*.csv"), target="y")
    assert data.X["a"].to_list() == ["1", "2", "x", "2"]
    (tmp_path / "p2.csv").write_text("b,y\n1,u\n")
    with pytest.raises(FileError, match=r"p2.csv' has the columns \['b', 'y'\].*one header"):
        load_dataset(str(tmp_path / "p*.csv"), target="y")


def test_a_cell_of_a_joined_table_is_named_with_its_file(tmp_path):
    (tmp_path / "p1.csv").write_text("a,y\n" + "".join(f"{i}.5,u\n" for i in range(40)))
    (tmp_path / "p2.csv").write_text("a,y\n\n1,u\noops,v\n")
    with pytest.raises(DataError, match=r"'oops' in row 41 \(line 4 of 'p2.csv'\)"):
        load_dataset(str(tmp_path / "p*.csv"), target="y")


def test_the_header_again_and_empty_rows_at_the_end_are_left_out_and_told(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\na,b\n3,4\n,\n,\n")
    data = load_dataset(tmp_path / "t.csv")
    assert data.X.rows() == [(1, 2), (3, 4)]
    assert data.notes == (
        "1 line was left out of 't.csv': the header again, as joined files have it.",
        "2 empty rows at the end of 't.csv' were left out.",
    )


def test_a_blank_line_in_a_file_of_one_column_is_a_missing_cell(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n\n3\n\n")
    assert load_dataset(tmp_path / "t.csv").X["a"].to_list() == [1, None, 3]


def test_columns_without_a_name_or_a_cell_are_left_out(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,,\n1,2,,\n3,4,,\n")
    data = load_dataset(tmp_path / "t.csv")
    assert data.X.columns == ["a", "b"] and "2 columns without a name" in data.notes[0]


@pytest.mark.parametrize("head", ['"a",1.5,2.5,3.5', "1,2.5", "-1,0.5,x", "5,3,2", "1.5,1.5,1.5"])
def test_a_first_line_of_mostly_numbers_is_a_missing_header(tmp_path, head):
    (tmp_path / "t.csv").write_text(f"{head}\n{head}\n")
    with pytest.raises(FileError, match="has no header: its first line holds"):
        load_dataset(tmp_path / "t.csv")


@pytest.mark.parametrize("head", ["0,1,2", "y,0,1,2", "country,1990,1991,1992", "a,1"])
def test_numbers_that_count_are_a_header(tmp_path, head):
    (tmp_path / "t.csv").write_text(f"{head}\n" + ",".join("5" for _ in head.split(",")) + "\n")
    assert load_dataset(tmp_path / "t.csv").X.columns == head.split(",")


@pytest.mark.parametrize(
    "first", ["", "Unnamed: 0", "Unnamed: 0.1", "Index", "__index_level_0__", "rownames", "X"]
)
def test_row_numbers_under_the_name_of_an_index_are_told(tmp_path, first):
    (tmp_path / "t.csv").write_text(f"{first},a\n" + "".join(f"{i},{i % 3}\n" for i in range(9)))
    note = f"Column {first or 'Unnamed: 0'!r} holds "
    assert load_dataset(tmp_path / "t.csv").notes[0].startswith(note)


def test_an_index_of_days_is_left_out_and_told(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2.0]}, index=pd.date_range("2024-01-01", periods=2))
    frame.to_parquet(tmp_path / "t.parquet")
    data = load_dataset(tmp_path / "t.parquet")
    assert data.X.columns == ["a"] and "was dropped: it is the index" in data.notes[0]


def test_an_id_column_names_the_rows_and_is_not_learned_from(tmp_path):
    (tmp_path / "t.csv").write_text("who,a,y\n007,1,u\nJo,2,v\n")
    data = load_dataset(tmp_path / "t.csv", target="y", id_column="who")
    assert data.ids == ("007", "Jo") and data.X.columns == ["a"]
    with pytest.raises(DataError, match=r"column 'wo' is not there.*Did you mean 'who'"):
        load_dataset(tmp_path / "t.csv", id_column="wo")
    with pytest.raises(DataError, match="'y' is the target"):
        load_dataset(tmp_path / "t.csv", target="y", id_column="y")
    with pytest.raises(DataError, match=r"is no table.*count the rows from 0"):
        load_dataset("digits", id_column="who")


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *[(name, "train") for name in ("train", "Train", "TRAINING", "train_set", "train-images")],
        *[(name, "test") for name in ("Test", "testing", "t10k", "eval", "test data")],
        *[(name, "validation") for name in ("val", "Valid", "validation", "dev")],
        *[(name, "unlabeled") for name in ("Unlabeled", "unlabelled", "unsupervised")],
        *[(name, None) for name in ("cat", "trainers", "contest", "tests of cats", "")],
    ],
)
def test_names_say_a_split_in_any_case_and_usual_spelling(name, split):
    assert split_of(name) == split


def test_a_name_with_two_splits_says_none():
    assert split_in("train_test.csv") is None
    assert held_out(["test"]) is None and held_out(["train"]) is None


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize(
    "names",
    [
        ("train-00000-of-00001", "test-00000-of-00001"),
        ("Training", "Testing"),
        ("adult_train", "adult_test"),
        ("train/part", "test/part"),
        ("train", "validation"),
    ],
)
def test_files_that_are_called_train_and_test_are_the_two_parts(tmp_path, ending, names):
    for i, name in enumerate(names):
        table = pl.DataFrame({"x": [1.0 + i, 2.0, 3.5], "y": ["a", "b", "a"]})
        path = tmp_path / f"{name}.{ending}"
        path.parent.mkdir(exist_ok=True)
        (table.write_csv if ending == "csv" else table.write_parquet)(path)
    data = load_dataset(tmp_path, target="y")
    assert data.X["x"].to_list()[0] == 1.0 and len(data) == 3
    assert data.test.X["x"].to_list()[0] == 2.0 and len(data.test) == 3
    assert any("holds the test rows" in n for n in data.notes) is (names[1] == "validation")


def test_a_test_part_without_the_target_is_rows_without_a_label(tmp_path):
    (tmp_path / "train.csv").write_text("x,y\n1,a\n2,b\n")
    (tmp_path / "test.csv").write_text("x\n5\n6\n7\n")
    data = load_dataset(tmp_path, target="y")
    assert data.test is None and data.y.tolist() == ["a", "b", None, None, None]
    assert "3 rows of the test part, which has no labels in 'y'" in data.notes[-1]


def test_files_that_are_called_unlabeled_are_rows_without_a_label(tmp_path):
    (tmp_path / "train.csv").write_text("x,y\n1,a\n2,b\n")
    (tmp_path / "unlabeled.csv").write_text("x,y\n5,\n6,\n")
    data = load_dataset(tmp_path, target="y")
    assert data.y.tolist() == ["a", "b", None, None]


def test_partitioned_folders_give_a_column(tmp_path):
    frame = pd.DataFrame({"x": [0.5, 1.5, 2.5], "year": [2020, 2021, 2021], "y": ["a", "b", "a"]})
    frame.to_parquet(tmp_path / "d", partition_cols=["year"])
    data = load_dataset(tmp_path / "d", target="y")
    assert data.X["year"].to_list() == [2020, 2021, 2021]
    assert "Column 'year' was read from the names of the folders (year=2020)." in data.notes


def images(folder, *names):
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 4), 10 * i, np.uint8)).save(path)


@pytest.mark.parametrize("parts", [("Train", "Test"), ("training", "testing"), ("TRAIN", "val")])
@pytest.mark.parametrize("above", ["", "archive/"])
def test_split_folders_in_any_spelling_are_parts_and_no_classes(tmp_path, parts, above):
    names = [f"{above}{part}/{kind}/{i}.png" for part in parts for kind in "ab" for i in range(2)]
    images(tmp_path / "d", *names)
    data = load_dataset(tmp_path / "d")
    assert sorted(set(data.y)) == ["a", "b"] and len(data) == len(data.test) == 4


def test_folders_called_like_parts_without_classes_are_told(tmp_path):
    images(tmp_path / "d", "train/0.png", "cats/1.png", "test/2.png")
    assert "called like parts of the data are classes here" in load_dataset(tmp_path / "d").notes[0]


@pytest.mark.parametrize(("top", "white"), [(200, 255), (1000, 1023), (4095, 4095), (65535, 65535)])
def test_images_of_16_bits_are_scaled_by_the_folders_range_and_told(tmp_path, top, white):
    for i, kind in enumerate("ab"):
        (tmp_path / "d" / kind).mkdir(parents=True)
        values = np.linspace(0, top, 64).reshape(8, 8).astype(np.uint16)
        Image.fromarray(values).save(tmp_path / "d" / kind / f"{i}.png")
    data = load_dataset(tmp_path / "d")
    assert data.white == white and data.X.max() == top * 255 // white
    assert f"16-bit values up to {top:,}" in data.notes[0]


def test_test_images_of_16_bits_keep_the_range_of_training(tmp_path):
    for part, top in (("train", 4095), ("test", 1000)):
        for kind in "ab":
            (tmp_path / "d" / part / kind).mkdir(parents=True)
            values = np.full((4, 4), top, np.uint16)
            Image.fromarray(values).save(tmp_path / "d" / part / kind / "0.png")
    data = load_dataset(tmp_path / "d")
    assert data.X.max() == 255 and data.test.X.max() == 1000 * 255 // 4095


def test_the_keys_of_medmnist_are_its_parts(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", 6), ("val", 3), ("test", 4)):
        arrays[f"{part}_images"] = rng.integers(0, 256, (n, 5, 5, 3), dtype=np.uint8)
        arrays[f"{part}_labels"] = rng.integers(0, 2, (n, 1))
    np.savez(tmp_path / "med.npz", **arrays)
    data = load_dataset(tmp_path / "med.npz")
    assert data.image_shape == (3, 5, 5) and len(data) == 6 and len(data.test) == 4
    pixel = arrays["train_images"][0, 1, 2, 0]
    assert data.X[0].reshape(3, 5, 5)[0, 1, 2] == pixel
    assert any("'val_images', 'val_labels'" in note for note in data.notes)


def test_idx_files_are_found_one_folder_down(tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    head = bytes((0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4))
    (folder / "train-images-idx3-ubyte").write_bytes(head + bytes(32))
    data = load_dataset(tmp_path)
    assert data.image_shape == (1, 4, 4) and len(data) == 2


def test_the_page_on_formats_names_every_ending_and_mark():
    from layerwise.data.marks import MISSING
    from layerwise.data.readers.forms import ENDINGS

    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    short = {ending.removesuffix(".gz") for ending in ENDINGS if ending != ".tbz2"} - {".txz"}
    assert [ending for ending in sorted(short) if ending and f"`{ending}" not in page] == []
    assert [mark for mark in ("?", "NA", "N/A", "<NA>", "#N/A") if f"`{mark}`" not in page] == []
    assert {"?", "NA", "N/A", "<NA>", "#N/A"} <= set(MISSING)


@pytest.mark.parametrize(
    "names",
    [
        ("KDDTrain+", "KDDTest+"),
        ("mytrain", "mytest"),
        ("TrainData", "TestData"),
        ("unsup_train", "unsup_test"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_names_that_are_alike_but_for_the_split_are_parts(tmp_path, names, ending):
    for i, name in enumerate(names):
        table = pl.DataFrame({"x": [1.5 + i, 2.5], "y": ["a", "b"]})
        path = tmp_path / f"{name}.{ending}"
        (table.write_csv if ending == "csv" else table.write_parquet)(path)
    data = load_dataset(tmp_path, target="y")
    assert (len(data), len(data.test)) == (2, 2) and data.test.X["x"][0] == 2.5


@pytest.mark.parametrize(
    "names",
    [
        (
            "seg_train/seg_train/a",
            "seg_train/seg_train/b",
            "seg_test/seg_test/a",
            "seg_test/seg_test/b",
        ),
        ("train/train/a", "train/train/b", "test/test/a", "test/test/b"),
        ("a/train", "b/train", "a/test", "b/test"),
    ],
)
def test_splits_in_other_places_are_parts(tmp_path, names):
    images(tmp_path / "d", *[f"{name}/{i}.png" for name in names for i in range(3)])
    data = load_dataset(tmp_path / "d")
    assert sorted(set(data.y)) == ["a", "b"] and len(data) == len(data.test) == 6


def test_folders_that_hold_the_same_folders_are_told(tmp_path):
    names = [f"fold{i}/{kind}/0.png" for i in (1, 2) for kind in "ab"]
    images(tmp_path / "d", *names)
    assert "hold folders of the same names ('a', 'b')" in load_dataset(tmp_path / "d").notes[0]


def test_json_lines_may_hold_nan_a_mark_and_mixed_types(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('\ufeff{"a": NaN, "b": true}\n\n{"a": 2, "b": 3, "y": "u"}\n')
    data = load_dataset(path)
    assert data.X.rows() == [(None, 1.0, None), (2.0, 3.0, "u")]
    path.write_text('{"a": 1}\n{"a": 2}\noops\n')
    with pytest.raises(FileError, match=r"as JSON lines: line 3: .*Each line must be one object"):
        load_dataset(path)
    path.write_text('[{"a": 1}, {"a": 2}]')
    with pytest.raises(FileError, match=r"one JSON array.*jq -c '\.\[\]' t.jsonl"):
        load_dataset(path)


def test_numbers_as_names_of_a_workbook_and_columns_without_a_name(tmp_path):
    workbook(tmp_path / "t.xlsx", [["y", 2019, 2020], ["p", 1, 2], ["q", 3, 4]])
    assert load_dataset(tmp_path / "t.xlsx", target="y").X.columns == ["2019", "2020"]
    workbook(tmp_path / "t.xlsx", [["a", None, "y"], [1, 2.5, "p"]])
    with pytest.raises(FileError, match="column 2 of the sheet 'Sheet' has no name"):
        load_dataset(tmp_path / "t.xlsx", target="y")


def test_arrays_in_capitals_and_rows_without_labels(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "t.npz", X=rng.random((4, 2)), Y=[0, 1, 0, 1], X_unlabeled=rng.random((3, 2))
    )
    data = load_dataset(tmp_path / "t.npz")
    assert data.y.tolist() == [0, 1, 0, 1, None, None, None] and len(data) == 7
    assert data.notes[-1] == "3 rows of 'X_unlabeled' were added as rows without a label."


def test_excels_own_first_line_says_the_delimiter(tmp_path):
    (tmp_path / "t.csv").write_text("sep=;\na;b\n1;2,5\nx;y;z\n")
    with pytest.raises(FileError, match="line 4 has 3 fields, the header has 2"):
        load_dataset(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("sep=;\na;b\n1;2,5\n")
    assert load_dataset(tmp_path / "t.csv").X.rows() == [(1, 2.5)]


def test_a_comment_in_the_first_line_gets_a_command_that_leaves_the_file_alone(tmp_path):
    (tmp_path / "t.csv").write_text("# made by me\na,b\n1,2\n")
    with pytest.raises(FileError, match=r"line 1 is a comment.*grep -v '.#' t.csv > t-rows.csv"):
        load_dataset(tmp_path / "t.csv")


def test_a_file_that_belies_its_ending_is_named_by_its_content(tmp_path):
    ROWS.write_parquet(tmp_path / "t.csv")
    with pytest.raises(
        FileError, match=r"is a Parquet file by its content, not text. Call it .par"
    ):
        load_dataset(tmp_path / "t.csv")


def test_wavelengths_are_a_header(tmp_path):
    head = ["y", *[f"{400 + 2.5 * i}" for i in range(12)]]
    (tmp_path / "t.csv").write_text(",".join(head) + "\n" + ",".join(["1"] * 13) + "\n")
    assert load_dataset(tmp_path / "t.csv").X.columns == head
