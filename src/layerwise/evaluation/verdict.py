"""The verdict: rules over the numbers, and the words for each.

The rules, in order (``SIGNIFICANT`` is 0.05, ``SURE`` 0.95, ``FEWEST`` 3):

1. Fewer than three draws in common: ``too_few_draws``.
2. A recipe *differs* when its difference from its control, averaged over the budgets, has a p-value
   under 0.05, adjusted over the recipes (Holm). Only then is anything claimed of it: where nothing
   is there, a study claims something in at most 5 % of cases.
3. The recipe that is spoken of has the highest learning curve (mean over the logarithm of the
   labels) among the recipes that differ for the better, or among all when none does.
4. A budget of it is *nil* when the probability that the difference there is within the region of
   practical equivalence is at least 0.95; else it *helps* or *hurts* when the recipe differs and
   the p-value, adjusted over its budgets, is under 0.05; else it is *unclear*.
5. ``baseline``: averaged over the budgets some baseline is better than the recipe (p under 0.05,
   Holm over baselines), and at no budget is the recipe better than every baseline.
6. ``nil``: the average difference is practically nil (0.95), and no budget helps or hurts; of a
   recipe that does not differ no budget has a p-value under 0.05 without being nil.
7. ``helps``, ``hurts``: the recipe differs, for the better or the worse.
8. ``not_separable``: anything else.

Labels saved are told of the smallest budget that helps. A baseline whose learning curve is higher,
though not shown to be, is advised to be tried first.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._durable import Facts
from .read import FEWEST, SIGNIFICANT, SURE, Read, Table
from .sentences import (
    advice_for,
    baselines_said,
    beaten_by,
    cost_of,
    finding_of,
    rest_of,
    shared_said,
)
from .wording import Words

KINDS = ("helps", "hurts", "nil", "not_separable", "baseline", "too_few_draws")


def judge(tables: Facts, metric: str, practical: float, shared: Sequence[int] = ()) -> Facts:
    """Return the verdict on the tables of a study.

    Parameters
    ----------
    tables : dict
        What :func:`layerwise.evaluation.tables` returns.
    metric : {'accuracy', 'r2'}
    practical : float
        Half the region of practical equivalence.
    shared : sequence of int
        Budgets at which the draws share labelled rows, so that the intervals are too short for
        other rows.

    Returns
    -------
    dict
        ``kind``, ``text`` (the sentences of ``finding``, ``details`` and ``advice``), ``recipe``,
        and the budgets ``helps_at``, ``hurts_at``, ``nil_at`` and ``unclear_at``, and
        ``better_baselines``.
    """
    gates = [row for row in tables["overall"] if row["control"]]
    if not gates:
        return _verdict(
            "not_separable",
            "No pretrained arm took part, so there is nothing to judge.",
            "",
            "",
            None,
            {},
        )
    if max(row["draws"] for row in gates) < FEWEST:
        return _too_few(gates, tables)
    study = Read(tables, Words(metric, practical))
    states = {
        name: [row for row in study.cells if study.state(row) == name]
        for name in ("helps", "hurts", "nil", "unclear")
    }
    own = _kind(study, states)
    kind = "baseline" if study.better_baselines() and not study.ahead() else own
    finding = finding_of(own, study, kind)
    details = [
        rest_of(study, states),
        baselines_said(study),
        shared_said(shared, study),
        cost_of(study),
        _failed(gates),
    ]
    if kind == "baseline":
        finding, details = beaten_by(study), [finding, *details]
    return _verdict(
        kind,
        finding,
        " ".join(part for part in details if part),
        advice_for(kind, study, states),
        study.recipe,
        states,
        study.better_baselines(),
    )


def _kind(study: Read, states: dict[str, Table]) -> str:
    """Return what pretraining is worth against its own control."""
    loud = states["helps"] + states["hurts"]
    if not study.differs:
        loud = [row for row in states["unclear"] if row["p"] < SIGNIFICANT]
    if study.gate["p_practically_nil"] >= SURE and not loud:
        return "nil"
    if study.differs:
        return "helps" if study.gate["mean"] > 0 else "hurts"
    return "not_separable"


def _too_few(gates: Table, tables: Facts) -> Facts:
    most = max(row["draws"] for row in gates)
    advice = (
        "Run the same command with --draws 5 or more; what is there stays. At least "
        f"{FEWEST} are needed for an interval."
    )
    finding = f"{most} {'draw' if most == 1 else 'draws'} of labels cannot tell chance from effect."
    if any(row["error"] for row in tables["rows"]):
        finding = (
            f"{most} draws ended with a result for both arms of a recipe at every number of "
            "labels: too few to tell anything."
        )
        advice = "Trials failed; the notes say why. The same command tries them again."
    return _verdict("too_few_draws", finding, "", advice, gates[0]["recipe"], {})


def _failed(gates: Table) -> str:
    """Name the recipes of which nothing can be said."""
    names = [row["recipe"] for row in gates if row["draws"] < FEWEST]
    return (
        f"Nothing is said of {Words.list(names)}: too many of their trials failed." if names else ""
    )


def _verdict(
    kind: str,
    finding: str,
    details: str,
    advice: str,
    recipe: str | None,
    states: dict[str, Table],
    better: Sequence[str] = (),
) -> Facts:
    text = " ".join(part for part in (finding, details, advice) if part)
    at = {
        f"{name}_at": [row["labels"] for row in states.get(name, [])]
        for name in ("helps", "hurts", "nil", "unclear")
    }
    parts = {"finding": finding, "details": details, "advice": advice}
    return (
        {"kind": kind, "text": text}
        | parts
        | {"recipe": recipe}
        | at
        | {"better_baselines": list(better)}
    )
