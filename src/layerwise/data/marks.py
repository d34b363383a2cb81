"""What a cell of text looks like: a mark for what is missing, a number with something on it, a
date.

Only looks are told here. What follows from them for a column is said in ``cells``.
"""

from __future__ import annotations

from typing import NamedTuple

# Missing wherever they stand in a file. ``None`` and ``none`` are categories, as many tables use
# them so.
MISSING = (
    *("", "?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "<NA>"),
    *("#N/A", "#n/a", "#N/A N/A", "#NA"),
)
# Missing too where all other cells are numbers or dates, in any case
MISSING_IN_NUMBERS = frozenset(
    {
        *(mark.lower() for mark in MISSING),
        *("none", "nil", "missing", "na.", "n.a.", "n.a", "n. a.", "n/a.", "n/d", "nd", "n.d."),
        *("-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "\N{MINUS SIGN}", ".", "..", "..."),
        *("-nan", "+nan", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "\N{HORIZONTAL ELLIPSIS}"),
        *("#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!", "(null)", "<null>", "\\n"),
    }
)

# Digits are those of ASCII alone: a parser takes no others
_SPACE = r"[ \u00a0\u2007\u2009\u202f]"
_SIGN = r"[+\-\u2010-\u2015\u2212]?"
_PLAIN = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_COMMA = r"[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?"
_GROUPED = (
    rf"(?:[1-9][0-9]{{0,2}}(?:(?:{_SPACE}|['\u2019_])[0-9]{{3}})+(?:[.,][0-9]+)?"
    r"|[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?|[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"
    r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?)"
)
_BARE = rf"(?:{_GROUPED}|{_PLAIN}|{_COMMA})"
_AMOUNT = rf"{_SIGN}{_BARE}"
_LARGE = rf"(?:{_SPACE}?(?i:[kmb]|mn|bn|thousand|million|billion|lakh|crore))?"
_MONEY = (
    r"(?:[A-Z]{0,2}[$\u20ac\u00a3\u00a5\u20b9\u20a9\u20bd\u20ba\u20ab\u20aa\u0e3f\u00a2]|"
    r"USD|EUR|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR|CNY|RUB|BRL|MXN|ZAR|TRY|KRW|"
    r"(?i:rs|kr|z\u0142)\.?)"
)
_ABOUT = r"(?i:ca|circa|about|approx|around|over|under|above|below|up to|max|min|no|nr)\.?"

PLAIN = rf"^[+-]?{_PLAIN}$"
LEADING_ZEROS = r"^[+-]?0[0-9]+$"


class Look(NamedTuple):
    """A way to write a number that no parser takes for one.

    Parameters
    ----------
    what : str
        In the words of a message.
    pattern : str
    cure : str
    """

    what: str
    pattern: str
    cure: str


# Whatever the count of different cells, these are numbers
LOOKS = (
    Look("percentages", rf"^{_AMOUNT}{_SPACE}?[%\u2030]$", "Write 12.5 for 12.5%."),
    Look(
        "amounts of money",
        rf"^{_SIGN}(?:{_MONEY}{_SPACE}?\(?{_AMOUNT}\)?{_LARGE}|\({_MONEY}{_SPACE}?{_BARE}\)|"
        rf"{_AMOUNT}{_LARGE}{_SPACE}?{_MONEY})(?:/-)?$",
        "Write the amount alone.",
    ),
    Look("numbers with a sign that is no hyphen", rf"^[\u2010-\u2015\u2212]{_BARE}$", "Write -5."),
    Look(
        "numbers with separators of thousands",
        rf"^{_SIGN}{_GROUPED}$",
        "Write them without thousands separators.",
    ),
    Look(
        "numbers with decimal commas",
        rf"^{_SIGN}{_COMMA}$",
        "Write 1.5 for 1,5, or part the cells of the file by semicolons.",
    ),
    Look("negative numbers in brackets", rf"^\({_BARE}\)$", "Write -5 for (5)."),
    Look("numbers with the sign behind", rf"^{_BARE}[-\u2212]$", "Write -5 for 5-."),
    Look("numbers with a space behind the sign", rf"^[+-] +{_BARE}$", "Write -5 for - 5."),
    Look(
        "numbers with an error",
        rf"^{_AMOUNT} ?(?:\u00b1|\+/-) ?{_BARE}$",
        "Write the number alone.",
    ),
    Look("mixed fractions", r"^[0-9]+ [0-9]+/[0-9]+$", "Write 1.5 for 1 1/2."),
    Look(
        "numbers in quotes or formulas",
        rf"^(?:=?\"+{_AMOUNT}\"+|'{_AMOUNT}'?|\[{_AMOUNT}\]|np\.[a-z0-9]+\({_AMOUNT}\))$",
        "Write the number alone.",
    ),
    Look(
        "numbers with a character that is not seen",
        rf"^[\u200b-\u200f\ufeff]+{_AMOUNT}|{_AMOUNT}[\u200b-\u200f\ufeff]+$",
        "Remove it.",
    ),
)
UNITS = Look(
    "numbers with units",
    rf"^{_AMOUNT}{_SPACE}?[A-Za-z\u00b5\u03bc\u00b0\u00ba\u2126\u03a9\"']"
    r"[ A-Za-z\u00b0/\u00b2\u00b3^23.\u00b7*-]{0,15}$",
    "Write the number alone, all in one unit.",
)
# These may be categories, such as 4+ or 4wd, while there are few
LOOSE = (
    Look(
        "limits of numbers",
        rf"^(?:(?:[<>\u2264\u2265~\u2248=\u00b1#]=?|{_ABOUT}){_SPACE}?{_AMOUNT}|{_AMOUNT}{_SPACE}?[<>+])$",
        "Write a number (for <0.1, say, 0.05), or leave the cell empty.",
    ),
    Look("numbers with a mark", rf"^{_AMOUNT}{_SPACE}?[*?!.,;]+$", "Write the number alone."),
    UNITS,
)
UNIT_OF = rf"^{_AMOUNT}{_SPACE}?(\D.*)$"
MOST_UNITS = 5

_YEAR, _M, _D = (
    r"(?:1[5-9][0-9][0-9]|20[0-9][0-9]|2100)",
    r"(?:0?[1-9]|1[0-2])",
    r"(?:0?[1-9]|[12][0-9]|3[01])",
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_TIME = (
    r"[0-9]{1,3}:[0-5][0-9](?::[0-5][0-9])?(?:[.,][0-9]+)?\s*(?:[ap]\.?m\.?)?"
    r"\s*(?:z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAY = "|".join(
    (
        rf"{_YEAR}([-/.]){_M}[-/.]{_D}",  # 2024-03-31
        rf"{_YEAR}[-/.](?:0[1-9]|1[0-2])",  # 2024-03
        rf"(?:{_D}[-/.]{_M}|{_M}[-/.]{_D})[-/.](?:{_YEAR}|[0-9]{{2}})",  # 31.03.2024, 3/31/24
        rf"{_YEAR}\u5e74[0-9]{{1,2}}\u6708[0-9]{{1,2}}\u65e5",
        rf"{_D}(?:st|nd|rd|th)?[-\s/.]*{_MONTH}[-\s/.,]*(?:{_YEAR}|'?[0-9]{{2}})",  # 31 Mar 2024
        rf"{_MONTH}[-\s]*{_D}(?:st|nd|rd|th)?,?\s+{_YEAR}",  # Mar 31, 2024
        rf"{_MONTH}[-\s/.,]*(?:{_YEAR}|'?[0-9]{{2}})",  # Mar 2024
        rf"{_YEAR}[-\s]?[qw][0-9]{{1,2}}|q[1-4][-\s/]?{_YEAR}",  # 2024Q1, 2024-W05
    )
)
DAY = rf"(?i)^{_WEEKDAY}(?:{_DAY})(?:[t,\s]+{_TIME})?$"
TIME = rf"(?i)^{_TIME}$"
DAY_OR_TIME = rf"(?i)^(?:{_WEEKDAY}(?:{_DAY})(?:[t,\s]+{_TIME})?|{_TIME})$"
