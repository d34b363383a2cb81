"""How a verdict looks: its sign, its words, its colour."""

from __future__ import annotations

_STUDY = {
    "helps": ("▲", "Pretraining helps", "helps"),
    "hurts": ("▼", "Pretraining hurts", "hurts"),
    "nil": ("=", "Pretraining changes nothing", "nil"),
    "not_separable": ("?", "Cannot be told yet", "unsure"),
    "depends_on_labels": ("±", "It depends on the number of labels", "unsure"),
    "baseline": ("▼", "A simple baseline is better", "hurts"),
    "other_network": ("▼", "Another network is better", "hurts"),
    "no_better_than_guessing": ("?", "Nothing beats guessing", "unsure"),
    "too_few_draws": ("?", "Too few draws", "unsure"),
}
_CHOOSING = _STUDY | {
    "helps": ("▲", "Choosing helps", "helps"),
    "hurts": ("▼", "Choosing hurts", "hurts"),
    "nil": ("=", "Choosing changes nothing", "nil"),
}
_MADE_UP = _STUDY | {
    "helps": ("▲", "Made-up rows help", "helps"),
    "hurts": ("▼", "Made-up rows hurt", "hurts"),
    "nil": ("=", "Made-up rows change nothing", "nil"),
}
_FIT = _STUDY | {
    "helps": ("▲", "It helped", "helps"),
    "hurts": ("▼", "It hurt", "hurts"),
    "nil": ("=", "No difference", "nil"),
    "not_separable": ("?", "Undecided", "unsure"),
}


def look_of(kind: object, command: str) -> tuple[str, str, str]:
    """Return sign, words and look of a kind of verdict, of ``fit``, of ``compare``, or of a study
    of strategies (``choosing``) or of ``made-up rows``.

    >>> look_of("nil", "fit"), look_of("unheard of", "compare")
    (('=', 'No difference', 'nil'), ('', '', 'none'))
    """
    kinds = {"fit": _FIT, "choosing": _CHOOSING, "made-up rows": _MADE_UP}.get(command, _STUDY)
    return kinds.get(str(kind), ("", "", "none"))
