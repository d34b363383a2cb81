"""What a cell of text means: numbers, marks of what is missing, names, and what is refused."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from layerwise import DataError
from layerwise.data.cells import Reading, as_numbers, understood
from layerwise.data.spelling import column_of, spelled


def read(cells, **how):
    return understood(pl.Series("x", cells), Reading(**how))


@pytest.mark.parametrize("mark", ["#N/A", "-", "--", "n.a.", "None", ".", "#DIV/0!", "\N{EM DASH}"])
def test_usual_marks_among_numbers_are_missing_and_counted(mark):
    series, notes = read(["1", mark, "2.5", mark])
    assert series.to_list() == [1.0, None, 2.5, None]
    assert notes == [f"Column 'x': 2 cells {mark!r} were taken for missing."]


def test_marks_in_several_spellings_are_told_in_one_note():
    _, notes = read(["1", "-", "NA", "NA"])
    assert notes == ["Column 'x': 2 cells 'NA', 1 cell '-' were taken for missing."]


@pytest.mark.parametrize("mark", ["-", "None", "missing"])
def test_marks_that_may_be_names_stay_among_words(mark):
    assert read(["a", mark, "b"])[0].to_list() == ["a", mark, "b"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("12.5%", r"percentages .'12.5%' in row 0.*Write 12.5 for 12.5%"),
        ("$3.20", r"amounts of money.*Write the amount alone"),
        ("3,20 \N{EURO SIGN}", r"amounts of money"),
        ("7.1 kg", r"numbers with units.*all in one unit"),
        ("1 234", r"separators of thousands"),
        ("1'234", r"separators of thousands"),
        ("1,234", r"separators of thousands.*without thousands separators"),
        ("1,5", r"decimal commas.*part the cells of the file by semicolons"),
        ("\N{MINUS SIGN}5.1", r"a sign that is no hyphen"),
        ("(5)", r"negative numbers in brackets.*Write -5"),
        ("5-", r"the sign behind"),
    ],
)
def test_numbers_with_something_on_them_are_refused_with_the_cure(cell, words):
    with pytest.raises(DataError, match=f"Column 'x' holds .*{words}"):
        read([cell, cell])


@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_a_stray_word_among_numbers_is_named_whatever_its_share(share):
    cells = [str(i / 7) for i in range(100)]
    stray = int(100 * share)
    cells[:stray] = ["broken"] * stray
    words = rf"holds numbers, except for {stray} of 100 cells; the first is 'broken' in row 0"
    with pytest.raises(DataError, match=words):
        read(cells)


@pytest.mark.parametrize("cells", [["1", "2", "3", "4+"] * 20, ["4wd", "2wd"] * 9, ["25-34"] * 9])
def test_a_few_categories_that_look_like_numbers_stay_categories(cells):
    series, notes = read(cells)
    assert series.to_list() == cells and notes == []


@pytest.mark.parametrize(
    "day",
    [
        *("3/31/24", "31-03-2024", "2024.03.31", "Mar 31, 2024", "31 March 2024", "2024-03-31"),
        *("Sun, 31 Mar 2024", "2024-03-31T10:00:00Z", "2024-03", "2024Q1", "31-Mar-24"),
    ],
)
def test_dates_in_any_form_are_refused_with_the_cure(day):
    with pytest.raises(DataError, match=r"holds dates or times \(.*days since a fixed day"):
        read([day, "", day])


def test_dates_with_a_word_among_them_are_counted():
    cells = ["unknown", *[f"2024-01-{day:02d}" for day in range(1, 31)]]
    with pytest.raises(DataError, match=r"dates or times in 30 of 31 cells \('2024-01-01' in row"):
        read(cells)


def test_whole_numbers_that_are_all_days_are_numbers_and_told():
    series, notes = read(["20240131", "20240201", "20240302", "20231224", "20240610", "20240611"])
    assert series.dtype == pl.Int64 and "looks like dates (20240131)" in notes[0]


def test_leading_zeros_make_names():
    series, notes = read(["01", "1", "10"])
    assert series.to_list() == ["01", "1", "10"]
    assert notes == [
        "Column 'x' holds leading zeros ('01'): its cells are taken for names, not for numbers."
    ]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "-2"], [1.5, -2.0]),
        (["1.234,5", "950"], [1234.5, 950.0]),
        (["1.234.567", "1"], [1234567, 1]),
        (["0,567", "1,234"], [0.567, 1.234]),
        (["1.234", "2.5"], [1.234, 2.5]),
    ],
)
def test_decimal_commas_are_read_where_they_are_sure(cells, values):
    assert read(cells, decimal_comma=True)[0].to_list() == values


@pytest.mark.parametrize("cells", [["1,077", "950"], ["12,500", "1,250"], ["1.077", "950"]])
def test_what_may_be_thousands_or_decimals_is_refused(cells):
    with pytest.raises(DataError, match=r"that may part thousands or decimals.*Write them without"):
        read(cells, decimal_comma=True)


def test_who_knows_that_cells_are_numbers_reads_over_leading_zeros():
    assert as_numbers(pl.Series("x", ["007", "n.a."]), Reading())[0].to_list() == [7, None]
    assert as_numbers(pl.Series("x", ["7", "u"]), Reading())[0] is None


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2.5, Decimal("0.5"), None], pl.Float64),
        ([Fraction(1, 2), np.float32(1)], pl.Float64),
        ([1, np.int8(2), None], pl.Int64),
        ([True, None], pl.Boolean),
        ([10**30, 1], pl.Float64),
        (["a", None], pl.String),
        (["a", 1.0], pl.String),
    ],
)
def test_pythons_own_cells_have_the_type_that_they_are(cells, kind):
    assert column_of("x", cells).dtype == kind


def test_a_cell_that_is_no_number_and_no_word_is_named():
    with pytest.raises(DataError, match=r"Column 'x' holds dict in row 1; expected numbers or"):
        column_of("x", ["a", {}])


def test_whole_numbers_have_one_spelling():
    assert {spelled(one) for one in (1, 1.0, Decimal("1.0"), np.float32(1), Fraction(1))} == {"1"}
    assert spelled("1.0") == "1.0" and spelled(1e300) == "1e+300"


@pytest.mark.parametrize(
    ("cells", "values"),
    [(["1.234", "12,5", "2.070"], [1234.0, 12.5, 2070.0]), (["1,234", "12,5"], [1.234, 12.5])],
)
def test_thousands_are_read_where_another_cell_says_which_mark_is_which(cells, values):
    assert read(cells, decimal_comma=True)[0].to_list() == values


@pytest.mark.parametrize("cells", [["1,234", "12.5"], ["1.5", "1,5"], ["1,234,567.5", "2,5"]])
def test_commas_and_points_in_one_column_are_refused(cells):
    with pytest.raises(DataError, match="commas and with points.*which of them parts decimals"):
        read(cells, decimal_comma=True)


@pytest.mark.parametrize(
    "form",
    [
        *(
            "{} \N{RUBLE SIGN}",
            "A${}",
            "R$ {}",
            "CAD {}",
            "kr. {}",
            "Rs {}/-",
            "$({})",
            "{}\N{CENT SIGN}",
        ),
        *("USD {} million", "\N{EURO SIGN}{}M", "{} mm Hg", "{} \N{MASCULINE ORDINAL INDICATOR}C"),
        *(
            "{}\N{PLUS-MINUS SIGN}0.2",
            "ca. {}",
            "about {}",
            "- {}",
            "#{}",
            "[{}]",
            "np.float64({})",
        ),
        *('="{}"', "'{}", "\N{ZERO WIDTH SPACE}{}", "{},", "\N{NON-BREAKING HYPHEN}{}"),
    ],
)
def test_numbers_in_a_form_that_a_person_reads_are_refused(form):
    with pytest.raises(DataError, match="Column 'x' holds "):
        read([form.format(100 + 7 * i) for i in range(40)])


@pytest.mark.parametrize("form", ["0x{}", "120/{}", "u{}", "{}d+03", "item-{}"])
def test_texts_with_digits_that_hardly_repeat_are_told_of(form):
    series, notes = read([form.format(100 + 7 * i) for i in range(40)])
    assert series.dtype == pl.String and "40 different texts with digits in 40 rows" in notes[0]


def test_a_rare_word_among_few_numbers_is_a_slip():
    cells = ["bad" if i == 500 else str(i % 10) for i in range(1000)]
    with pytest.raises(
        DataError, match="except for 1 of 1,000 cells; the first is 'bad' in row 500"
    ):
        read(cells)


def test_times_alone_are_called_times():
    with pytest.raises(
        DataError, match=r"holds times \('00:00' in row 0\).*minutes since midnight"
    ):
        read([f"{i // 60:02d}:{i % 60:02d}" for i in range(90)])


def test_many_points_that_may_part_thousands_are_refused_and_a_few_told():
    few = ["377", "950", "1.921", "2.070"]
    series, notes = read(few)
    assert series.to_list() == [377.0, 950.0, 1.921, 2.07] and "'1.921'" in notes[0]
    with pytest.raises(DataError, match="may part thousands or decimals"):
        read(few + [f"{i}.{i:03d}" for i in range(1, 20)])
    assert read(["100", "1.25", "1.921"])[1] == []


def test_numbers_of_so_many_digits_that_they_merge_are_names():
    near = ["12345678901234567890", "12345678901234567891", "12345678901234567892"]
    assert read(near)[0].to_list() == near


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("\N{MINUS SIGN}0.132", "a sign that is no hyphen"),
        ("0,13", "decimal commas"),
        ("1,23,456", "thousands"),
    ],
)
def test_the_reason_is_the_right_one(cell, words):
    with pytest.raises(DataError, match=words):
        read([cell, cell])
