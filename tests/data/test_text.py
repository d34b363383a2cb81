"""Columns of free text: which are found, and what a network is given of them."""

import json
import unicodedata

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from layerwise import Pieces, Preprocessor, Words
from layerwise._errors import DataError, ParameterError
from layerwise.data.text import is_free
from layerwise.data.text.pieces import BETWEEN, FIRST
from layerwise.data.texts import are_texts

SOME = ["where is my card?", "my card has not come", "top up failed", "a top up has failed"] * 5
ODD = [
    "",
    None,
    "naïve café, 12,50 €",
    "日本語のテキストです",
    "שלום עולם",
    "😀 ok 👩‍👩‍👧",
    "<b>bold</b> & <script>x</script>",
    "[MASK] [PAD] <0x41>",
    "tab\tand\nline",
    "x" * 100_000,
]


def cells(texts):
    result = np.empty(len(texts), dtype=object)
    result[:] = texts
    return result


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([f"the customer said something new, number {i}" for i in range(6)], True),
        ([f"the customer said something new, number {i}" for i in range(4)], False),  # too few
        (["the customer said the same thing every time"] * 20, False),
        ([f"id-{i}" for i in range(60)], False),
        ([f"2f6d1c3e-a1b2-4c3d-9e8f-{i:012d}" for i in range(60)], False),  # no spaces
        ([f"顧客は新しいことを言いました{i}" for i in range(6)], True),  # three bytes a letter
        ([None, "", " "] * 10, False),
        ([None] * 5 + [f"a sentence that is long enough, number {i}" for i in range(6)], True),
    ],
)
def test_free_text_is_long_different_and_of_several_words(texts, expected):
    assert is_free(pl.Series(texts, dtype=pl.String)) is expected


def test_weights_of_words_are_scikit_learns():
    bag = Words().fit([cells(SOME)])
    oracle = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b").fit(SOME)
    assert np.allclose(bag.rows([cells(SOME)]).toarray(), oracle.transform(SOME).toarray())
    assert bag.names(["t"])[0] == f"t: {oracle.get_feature_names_out()[0]}"


def test_a_binary_bag_says_which_words_are_there():
    bag = Words(2, weights="binary").fit([cells(["b a a", "a b", "a", "c"])])
    assert bag.names(["t"]) == ["t: a", "t: b"]
    assert bag.rows([cells(["a a", "c", None])]).toarray().tolist() == [[1, 0], [0, 0], [0, 0]]


def test_runs_of_words_are_features_where_asked():
    assert "t: my card" in Words(longest=2).fit([cells(SOME)]).names(["t"])


def test_scripts_without_spaces_are_read_as_characters_and_it_is_told():
    bag = Words().fit([cells(["日本語のテキスト", "日本の本"])])
    assert "t: 日本" in bag.names(["t"]) and "runs of 1 to 3 characters" in bag.notes[0]
    assert not Words().fit([cells(SOME)]).notes
    words = Words(units="words").fit([cells(["日本語のテキスト", "日本の本"])])
    assert len(words.names(["t"])) == 2 and not words.notes


def test_a_column_without_a_word_is_refused():
    with pytest.raises(DataError, match=r"holds no word at all.*Leave it out"):
        Words().fit([cells(["", None, "!!"])])


@pytest.mark.parametrize("encoding", [Words(), Words(weights="binary"), Pieces(500)])
def test_odd_texts_make_finite_rows_of_the_promised_space(encoding):
    fitted = encoding.fit([cells(SOME + ODD)])
    rows = fitted.rows([cells(ODD)])
    rows = rows.toarray() if fitted.sparse else rows
    (block,) = fitted.blocks
    assert rows.shape == (len(ODD), block.size) and np.isfinite(rows).all()
    assert rows.min() >= 0 and rows.max() <= (block.levels - 1 if block.kind == "token" else 1)


@pytest.mark.parametrize("encoding", [Words(), Words(weights="binary"), Pieces(500)])
def test_what_was_learned_of_texts_comes_back_from_plain_data(encoding):
    fitted = encoding.fit([cells(SOME), cells(ODD * 2)])
    plain, arrays = fitted.to_state()
    again = encoding.restored(json.loads(json.dumps(plain)), dict(arrays), 2)
    new = [cells(["my new card", *ODD]), cells(["x", *ODD])]
    first, second = fitted.rows(new), again.rows(new)
    assert (abs(first - second)).max() == 0
    assert again.to_state()[0] == plain


def test_a_vocabulary_of_pieces_is_the_same_bytes_for_the_same_texts():
    texts = [f"{a}{b} {b}{a} ab ac ad" for a in "abcdefgh" for b in "ijklmnop"]
    states = {Pieces(600).fit([cells(texts)]).to_state()[0]["tokenizer"] for _ in range(5)}
    assert len(states) == 1


@pytest.mark.parametrize("text", [*filter(None, ODD[:-2]), *SOME[:3]])
def test_any_text_comes_back_from_its_pieces_in_small_letters(text):
    pieces = Pieces(500, length=256).fit([cells(SOME)])
    (row,) = pieces.rows([cells([text])])
    assert pieces.text_of(row) == unicodedata.normalize("NFKC", text).lower()


def test_marks_are_in_no_text_and_padding_is_zero():
    pieces = Pieces(500).fit([cells(SOME)])
    (row, empty) = pieces.rows([cells(["[PAD][MASK] card", None])])
    assert row[0] == FIRST and not np.isin(row[1:], [0, 1, 2, 4]).any()
    assert empty.tolist()[:3] == [FIRST, BETWEEN, 0]


def test_columns_of_text_stand_one_after_the_other():
    pieces = Pieces(500).fit([cells(SOME), cells(SOME)])
    (row,) = pieces.rows([cells(["my card"]), cells(["top up"])])
    assert pieces.texts(np.array([row]), ["a", "b"]) == {"a": ["my card"], "b": ["top up"]}


def test_length_covers_nearly_all_texts_and_cutting_is_told():
    texts = ["card"] * 999 + ["card " * 300]
    pieces = Pieces(500).fit([cells(texts)])
    assert pieces.length == 8
    assert pieces.notes == (
        "1 of 1,000 texts are longer than 8 pieces, and are cut there (the longest has 302).",
    )
    assert (pieces.rows([cells(texts[-1:])]) > 0).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Words(0), "'most' parameter of Words"),
        (lambda: Words(weights="bm25"), "'weights' parameter of Words"),
        (lambda: Words(units="bytes"), "'units' parameter of Words"),
        (lambda: Pieces(10), "'vocabulary' parameter of Pieces"),
        (lambda: Pieces(length=1), "'length' parameter of Pieces"),
    ],
)
def test_settings_out_of_range_are_refused(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


@pytest.mark.parametrize(
    ("encoding", "change", "words"),
    [
        (Words(), lambda p, a: a.clear(), "text_weights_0_ is not one of"),
        (Words(), lambda p, a: a.update(text_weights_0_=a["text_weights_0_"][1:]), "is not one of"),
        (Words(), lambda p, a: a["text_weights_0_"].__setitem__(0, -1), "not above 0"),
        (Words(), lambda p, a: a["text_weights_0_"].__setitem__(0, np.nan), "not above 0"),
        (Words(), lambda p, a: p["columns"].clear(), "describes 0 columns"),
        (Pieces(500), lambda p, a: p.update(tokenizer="{"), "no tokenizer that can be read"),
        (Pieces(500), lambda p, a: a.update(x=np.zeros(1)), "beyond the model"),
        (
            Pieces(500),
            lambda p, a: p.update(tokenizer=p["tokenizer"].replace("[MASK]", "[MOSK]")),
            "first pieces are not",
        ),
    ],
)
def test_plain_data_of_a_stranger_are_refused(encoding, change, words):
    plain, arrays = encoding.fit([cells(SOME)]).to_state()
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(plain, arrays)
    with pytest.raises(DataError, match=words):
        encoding.restored(plain, arrays, 1)


TABLE = {
    "n": [float(i % 7) for i in range(20)],
    "t": [f"{text}, and that was all of it {i}" for i, text in enumerate(SOME)],
    "k": ["p", "q"] * 10,
}


@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame])
def test_text_stands_behind_numbers_and_categories(frame):
    model = Preprocessor().fit(frame(TABLE))
    assert [block.kind for block in model.space_.blocks] == ["real", "category", "unit"]
    assert model.text_columns_ == ["t"] and "'t' is read as free text" in model.notes_[0]
    rows = model.transform(frame(TABLE))
    assert (
        rows.format == "csr" and rows.shape == (20, model.space_.size) and rows.dtype == np.float32
    )
    assert list(model.get_feature_names_out()[:4]) == ["n", "k=p", "k=q", "k=other"]
    without = Preprocessor().fit_transform(frame({"n": TABLE["n"], "k": TABLE["k"]}))
    assert np.array_equal(rows[:, :4].toarray(), without)


def test_pieces_beside_columns_come_back():
    model = Preprocessor(text=Pieces(500)).fit(pl.DataFrame(TABLE))
    rows = model.transform(pl.DataFrame(TABLE))
    assert [block.kind for block in model.space_.blocks] == ["real", "category", "token"]
    assert rows.dtype == np.float32
    assert model.inverse_transform(rows)["t"].to_list() == [text.lower() for text in TABLE["t"]]


def test_words_come_back_the_surest_first():
    model = Preprocessor(text=Words(weights="binary")).fit(["b a", "a c", "a"])
    back = model.inverse_transform(np.array([[0.9, 0.1, 0.8], [0.1, 0.9, 0.2]]))
    assert back["text"].to_list() == ["a c", "b"]


@pytest.mark.parametrize("encoding", ["auto", Words(100, weights="binary"), Pieces(500)])
def test_a_preprocessing_with_text_is_kept_as_plain_data(encoding):
    model = Preprocessor(text=encoding).fit(pl.DataFrame(TABLE))
    plain, arrays = model.to_state()
    again = Preprocessor.from_state(json.loads(json.dumps(plain)), dict(arrays))
    first, second = (m.transform(pl.DataFrame(TABLE)) for m in (model, again))
    assert abs(first - second).max() == 0 and again.space_ == model.space_


def test_which_columns_are_text_can_be_said():
    frame = pl.DataFrame({"t": ["a b", "b c", "a c"] * 4, "k": ["x", "y", "z"] * 4})
    assert Preprocessor().fit(frame).text_columns_ == []
    model = Preprocessor(text_columns=["t"]).fit(frame.head(2))
    assert model.text_columns_ == ["t"] and list(model.levels_) == ["k"]
    none = Preprocessor(text_columns=[]).fit(pl.DataFrame(TABLE))
    assert none.text_columns_ == [] and "free text" not in " ".join(none.notes_)


@pytest.mark.parametrize(("name", "words"), [("u", "no column 'u'"), ("n", "holds numbers")])
def test_a_column_that_is_no_text_is_refused(name, words):
    with pytest.raises(DataError, match=words):
        Preprocessor(text_columns=[name]).fit(pl.DataFrame(TABLE))


@pytest.mark.parametrize(
    "X",
    [
        SOME,
        tuple(SOME),
        np.array(SOME),
        cells([*SOME[:-1], None]),
        pd.Series([*SOME[:-1], None]),
        pd.Series([*SOME[:-1], np.nan], dtype=object),
        pl.Series(SOME),
    ],
)
def test_a_sequence_of_strings_is_one_column_of_text(X):
    model = Preprocessor().fit(X)
    assert model.text_columns_ == ["text"] and model.transform(X).shape[0] == 20
    assert model.transform(["a card"]).shape[0] == 1


def test_numbers_as_strings_are_no_texts_unless_they_are_strings_alone():
    assert are_texts(["1", "2"]) and not are_texts([["1"]]) and not are_texts([1, "2"])
    assert not are_texts(np.array([1.0])) and not are_texts(pd.Series([1]))


def test_a_missing_column_of_text_is_named():
    model = Preprocessor().fit(pl.DataFrame(TABLE))
    with pytest.raises(ValueError, match=r"yet now missing:\n- t"):
        model.transform(pl.DataFrame({"n": [1.0], "k": ["p"], "tt": ["x"]}))
