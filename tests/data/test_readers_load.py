"""Finding the right reader, and real data."""

import os
import time
from pathlib import Path

import pytest

from layerwise._errors import FileError
from layerwise.data.readers import load_dataset

REAL = Path(os.environ.get("LAYERWISE_DATA") or Path(__file__).parents[3] / "shared" / "data")
real = pytest.mark.skipif(
    not REAL.is_dir(), reason="no real data: set LAYERWISE_DATA to its folder"
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tabel.csv", "No file or folder.*Did you mean 'table.csv'"),
        ("nowhere/table.csv", "there is no folder"),
        ("line\nbreak.csv", r"No file or folder .*line\\nbreak.csv'"),
        ("../x/<img>.csv", "No file or folder"),
        ("*.parquet", "No file matches"),
        ("*", "matches files of several forms.*table.csv"),
        ("sheet.docx", "is of no form that can be read. Accepted are .csv"),
        ("nothing", "holds nothing that can be read .1 files.. Accepted are .csv"),
    ],
)
def test_what_cannot_be_found_or_read_is_said(tmp_path, name, message):
    for file in ("table.csv", "sheet.docx", "nothing/readme.txt"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("a\n1\n")
    with pytest.raises(FileError, match=message):
        load_dataset(str(tmp_path / name))


@pytest.mark.parametrize(
    "name", ["", "~nobody-of-this-name/x.csv", "a\0b.csv", "-x.csv", "x" * 5000]
)
def test_odd_names_are_refused_as_files(name):
    with pytest.raises(FileError, match=r"name of the data is empty|No file or folder|too long"):
        load_dataset(name)


def test_a_misspelt_embedded_set_is_recognised(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match=r"Did you mean 'digits'"):
        load_dataset("digit")


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FileError, match=r"is neither a file nor a folder"):
        load_dataset(tmp_path / "pipe.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "t.csv").chmod(0)
    with pytest.raises(FileError, match=r"cannot be read: Permission denied"):
        load_dataset(tmp_path / "t.csv")


@real
@pytest.mark.data
def test_adult_reads_quickly_with_its_test_table():
    load_dataset("digits")
    start = time.perf_counter()
    data = load_dataset(
        REAL / "tables/adult-train.csv", target="income", test=REAL / "tables/adult-test.csv"
    )
    assert time.perf_counter() - start < 10  # half a second on an idle core
    assert data.X.shape == (32561, 14)
    assert data.test.X.shape == (16281, 14)
    assert set(data.y) == {"<=50K", ">50K"}
    assert data.X["workclass"].null_count() > 0
    assert data.notes == ()


@real
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "target", "task", "shape"),
    [
        ("abalone", "rings", "regression", (4177, 8)),
        ("phoneme", "nasal_or_oral", "classification", (5404, 5)),
        ("segment", "class", "classification", (2310, 19)),
    ],
)
def test_real_tables(name, target, task, shape):
    data = load_dataset(REAL / f"tables/{name}.csv", target=target)
    assert (data.task, data.X.shape) == (task, shape)


@real
@pytest.mark.data
def test_mnist_has_its_four_files():
    data = load_dataset(REAL / "mnist")
    assert data.X.shape == (60000, 784)
    assert data.y[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.test.y[:3].tolist() == [7, 2, 1]
