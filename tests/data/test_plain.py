"""Text files that polars splits read as the strict parser reads them; the others are left to it."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from layerwise.data.readers.delimited import _plainly, _strictly, read_delimited

PLAIN = {
    "usual": b"a,b,c\n1,2,3\n4,5,6\n",
    "no line end at the end": b"a,b\n1,2\n3,4",
    "carriage returns": b"a,b\r\n1,2\r\n3,4\r\n",
    "a mark of order": b"\xef\xbb\xbfa,b\n1,2\n",
    "semicolons": b"a;b\n1,5;2\n;x\n",
    "tabs": b"a\tb\nx y\tz\n",
    "spaces": b"a , b\n 1 , x y \n2,\xc2\xa0z\n",
    "empty cells": b"a,b,c\n1,,\n,,2\n",
    "beyond ASCII": "a,b\nä,日本\n🙂,z\n".encode(),
    "marks that mean nothing here": b"a,b\n#x,'y'\nNA,null\n",
    "an index without a name": b",b\n0,x\n1,y\n",
}
STRICT = {
    "quotes": b'a,b\n"1,2",3\n',
    "a quote in a cell": b'a,b\n5" pipe,3\n',
    "a blank line": b"a,b\n1,2\n\n3,4\n",
    "a blank line at the end": b"a,b\n1,2\n\n",
    "an empty row": b"a,b\n1,2\n,\n3,4\n",
    "the header again": b"a,b\n1,2\na,b\n3,4\n",
    "one column": b"a\n1\n2\n",
    "Excel's own line": b"sep=;\na;b\n1;2\n",
    "a blank line first": b"\na,b\n1,2\n",
}
WRONG = {
    "too few cells": b"a,b,c\n1,2,3\n1,2\n",
    "too many cells": b"a,b\n1,2\n1,2,3\n",
    "one too few and one too many": b"a,b,c\n1,2\n1,2,3,4\n",
    "no UTF-8": b"a,b\n\xff,2\n",
    "a NUL byte": b"a,b\n1,\x002\n",
    "a lone carriage return": b"a,b\n1\r,2\n",
    "a long cell": b"a,b\n1," + b"x" * 200_000 + b"\n",
    "no rows": b"a,b\n",
    "numbers as a header": b"1.5,2.5\n1,2\n",
}


SIGNS = {
    **dict.fromkeys(["a", "b", " ", "0", "1", "."], 10),
    **dict.fromkeys(["-", "'", "#", "", "é", "\xa0", "\u2028"], 3),
    **dict.fromkeys([",", ";", "\t", "|", "\n", "\r"], 0.5),
}


def same(one, two):
    assert one.frame.equals(two.frame) and one.frame.columns == two.frame.columns
    assert (one.delimiter, one.lines, one.notes) == (two.delimiter, two.lines, two.notes)
    assert one.where(0) == two.where(0)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", PLAIN)
def test_both_ways_read_the_same(tmp_path, name, packed):
    place = tmp_path / "rows.csv"
    place.write_bytes(gzip.compress(PLAIN[name]) if packed else PLAIN[name])
    found = _plainly(place)
    assert found is not None
    same(found, _strictly(place))


@pytest.mark.parametrize("name", STRICT)
def test_what_has_to_be_explained_is_left_to_the_strict_parser(tmp_path, name):
    place = tmp_path / "rows.csv"
    place.write_bytes(STRICT[name])
    assert _plainly(place) is None
    assert read_delimited([place]).frame.equals(_strictly(place).frame)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_in_the_same_words(tmp_path, name):
    place = tmp_path / "rows.csv"
    place.write_bytes(WRONG[name])
    said = []
    for read in (lambda: read_delimited([place]), lambda: _strictly(place)):
        with pytest.raises(ValueError) as caught:
            read()
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_made_up_tables_read_the_same(tmp_path):
    """Cells of letters, spaces, digits and signs in random tables: whenever polars splits a file,
    it says what the strict parser says."""
    rng = np.random.default_rng(0)
    signs, likely = list(SIGNS), np.array(list(SIGNS.values())) / sum(SIGNS.values())
    plain = 0
    for i in range(400):
        width, rows = rng.integers(2, 5), rng.integers(1, 6)
        lines = [",".join("abcdef"[:width])]
        for _ in range(rows):
            cells = ["".join(rng.choice(signs, rng.integers(0, 4), p=likely)) for _ in range(width)]
            lines.append(",".join(cells))
        end = "\r\n" if i % 3 == 0 else "\n"
        place = tmp_path / f"{i}.csv"
        place.write_bytes((end.join(lines) + end * (i % 2)).encode())
        found = _plainly(place)
        if found is not None:
            plain += 1
            same(found, _strictly(place))
    assert plain > 100
