"""More draws, without optional stopping: which further look at a study is planned."""

from __future__ import annotations

from collections.abc import Sequence

from .._durable import Facts
from .design import make_draw, shared_by
from .runner import Outcome

MOST = 2  # looks; a later one is judged too, with what is left for it, but none is advised
APART = 0.05  # of their labels that two draws may share: more draws tell little more then


def look_of(draws: int, earlier: Sequence[int]) -> int:
    """Return which look at a study this is, after it was judged with other numbers of draws.

    >>> look_of(5, []), look_of(5, [5]), look_of(10, [5]), look_of(20, [5, 10])
    (1, 1, 2, 3)
    """
    return 1 + len({n for n in earlier if n < draws})


def next_look(outcome: Outcome, look: int) -> Facts | None:
    """Return the number of draws of the next look, or None where none is planned: two looks are,
    and draws must have different labels to tell more.

    Returns
    -------
    dict or None
        ``draws``, and ``shared``: the budgets at which they would share labels.
    """
    if look >= MOST or outcome.study.draws is None:
        return None
    draws = 2 * outcome.study.draws
    dealt = [make_draw(outcome.data, outcome.study, i) for i in range(draws)]
    own = outcome.data.test_y is not None
    shared = [b for b in outcome.study.labels or () if shared_by(dealt, b, own).labels > APART]
    return {"draws": draws, "shared": shared}
