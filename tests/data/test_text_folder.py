"""A folder of texts: the folder is the class."""

import pytest

from layerwise._errors import DataError, FileError
from layerwise.data.readers import load_dataset
from layerwise.workflows import fit

SAID = {"sport": "the match was won in minute {}", "money": "shares fell by {} per cent today"}


@pytest.fixture
def folder(tmp_path):
    for kind, words in SAID.items():
        for i in range(12):
            place = tmp_path / "texts" / kind / f"{i:02}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(words.format(i))
    return tmp_path / "texts"


def test_each_file_is_a_row_its_folder_the_class_and_its_path_the_name(folder):
    data = load_dataset(folder)
    assert data.X.columns == ["text"] and data.text_columns == ("text",) and len(data) == 24
    assert data.y.tolist() == ["money"] * 12 + ["sport"] * 12 and data.task == "classification"
    assert data.X["text"][0] == "shares fell by 0 per cent today" and data.ids[0] == "money/00.txt"


def test_unlabelled_and_test_texts_have_their_folders(folder):
    for kind in SAID:
        target = folder / "train" / kind
        target.parent.mkdir(exist_ok=True)
        (folder / kind).rename(target)
    for place in ("unlabeled/a.txt", "test/sport/b.txt"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(f"something else in {place}")
    data = load_dataset(folder)
    assert len(data) == 25 and data.y.tolist().count(None) == 1
    assert data.test.y.tolist() == ["sport"] and data.test.text_columns == ("text",)


def test_empty_texts_are_missing(folder):
    (folder / "sport" / "00.txt").write_text(" \n")
    assert load_dataset(folder).X["text"].null_count() == 1


def test_tables_under_the_name_of_texts_are_not_taken_for_texts(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "t.txt").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(FileError, match="holds nothing that can be read"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("sport/x.txt", b"caf\xe9", FileError, r"no UTF-8 text.*iconv"),
        ("sport/x.txt", b"x" * 5_000_000, FileError, "5,000,000 bytes"),
    ],
)
def test_what_is_no_text_is_refused(folder, name, content, error, words):
    (folder / name).write_bytes(content)
    with pytest.raises(error, match=words):
        load_dataset(folder)


@pytest.mark.parametrize("named", [{"drop": ["a"]}, {"id_column": "a"}, {"text": ["a"]}])
def test_a_folder_of_texts_has_no_columns_to_name(folder, named):
    with pytest.raises(DataError, match="no columns to name"):
        load_dataset(folder, **named)


def test_a_folder_of_texts_is_fitted_without_any_option(folder, tmp_path):
    changes = ["widths=[8]", "epochs=1"]
    result = fit(str(folder), labels=16, changes=changes, out=tmp_path / "out")
    assert result["recipe"] == "bag_of_words_denoising_autoencoder"
    assert result["test"]["pretrained"] > 0.5
