"""The verdict: rules over the numbers, and the words for each.

The *tested* recipe is the one that was named first (that did not fail); other recipes are
exploratory. The rules, in order:

1. Fewer than three complete draws at every budget: ``too_few_draws``. A budget with fewer is left
   out and named; the others are judged.
2. What pretraining is worth in the tested recipe is one family of claims: its difference from its
   control averaged over the budgets, and at each budget. What of it is claimed has an adjusted
   p-value under 0.05 (:mod:`layerwise.evaluation.claims`): where nothing is there, a study claims
   something in at most 5 % of cases.
3. A budget is *nil* when the probability that its difference is within the region of practical
   equivalence is at least 0.95; else it *helps* or *hurts* when it is claimed; else it is
   *unclear*. Nothing but *hurts* is said of an arm that is below a guess there.
4. ``depends_on_labels``: some budget helps and another hurts, or the average is claimed to go one
   way and a budget the other, or a budget is claimed and the average is not.
5. ``helps``, ``hurts``: the average is claimed, for the better or the worse, unless it is
   practically nil and no budget is claimed.
6. ``nil``: the average difference is practically nil (0.95), and no budget helps or hurts.
7. ``not_separable``: anything else.
8. ``no_better_than_guessing`` takes the place of ``helps`` and ``nil`` where the pretrained network
   is not shown to be better than a guess from the labels alone, on average, and helps at no budget;
   and of ``not_separable`` where its control is not either.
9. ``baseline``, ``other_network`` take the place of any where, averaged over the budgets, a
   baseline or another network is shown to be better than the pretrained one, and at no budget is
   that one shown to be better than every other.

Before all that stands the best arm for each range of budgets, by its mean, among all arms.
"""

from __future__ import annotations

from .._durable import Facts
from .cells import FEWEST
from .claims import SURE
from .metrics import Metric
from .read import STATES, Read
from .sentences import details_of, exploratory_of, finding_of
from .suggestions import advice_for, best_of
from .wording import Words

KINDS = (
    "helps",
    "hurts",
    "depends_on_labels",
    "nil",
    "not_separable",
    "no_better_than_guessing",
    "baseline",
    "other_network",
    "too_few_draws",
)


def judge(tables: Facts, metric: Metric, luck: str = "") -> Facts:
    """Return the verdict on the tables of a study.

    Parameters
    ----------
    tables : dict
        What :func:`layerwise.evaluation.tables` returns.
    metric : Metric
    luck : str
        Whose luck the intervals speak of (:func:`layerwise.evaluation.luck_of`).

    Returns
    -------
    dict
        ``kind``, ``text`` (the sentences of ``best``, ``finding``, ``advice`` and ``details``),
        ``exploratory`` (a list of sentences), ``recipe``, the budgets ``helps_at``, ``hurts_at``,
        ``nil_at`` and ``unclear_at``, and ``better``, the arms that are shown to be better.
    """
    words = Words(metric)
    gates = [row for row in tables["overall"] if row["control"]]
    if not gates:
        nothing = "No pretrained arm took part, so there is nothing to judge."
        return _verdict("not_separable", best_of(tables, words), nothing)
    if max(row["draws"] for row in gates) < FEWEST:
        return _too_few(tables, words)
    study = Read(tables, words)
    own = _against_guess(kind_of(study), study)
    kind = _against_others(own, study)
    return _verdict(
        kind,
        best_of(tables, words),
        finding_of(own, kind, study),
        advice_for(own, kind, study),
        details_of(study, luck),
        exploratory_of(study),
        study,
    )


def kind_of(study: Read) -> str:
    """Return what pretraining is worth against its own control."""
    helps, hurts = bool(study.states["helps"]), bool(study.states["hurts"])
    way = study.gate["mean"] > 0
    if (helps and hurts) or ((helps or hurts) and not study.differs):
        return "depends_on_labels"
    if study.differs and ((way and hurts) or (not way and helps)):
        return "depends_on_labels"
    if study.gate["p_practically_nil"] >= SURE and not (helps or hurts):
        return "nil"
    if study.differs:
        return "helps" if way else "hurts"
    return "not_separable"


def _against_guess(own: str, study: Read) -> str:
    first, second = (study.above_guess(study.gate[name]) for name in ("arm", "against"))
    if own == "helps" and not first and study.states["helps"]:
        return "depends_on_labels"
    nothing = own == "not_separable" and not (first or second)
    if nothing or (own in ("helps", "nil") and not first):
        return "no_better_than_guessing"
    return own


def _against_others(own: str, study: Read) -> str:
    better = study.better()
    if not better or study.ahead():
        return own
    simple = study.role(better[0]["against"]) == "baseline"
    return "baseline" if simple else "other_network"


def _too_few(tables: Facts, words: Words) -> Facts:
    gates = [row for row in tables["overall"] if row["control"]]
    most = max(row["draws"] for row in gates)
    advice = (
        "Run the same command with --draws 5 or more; what is there stays. At least "
        f"{FEWEST} are needed for an interval."
    )
    finding = f"{most} {'draw' if most == 1 else 'draws'} of labels cannot tell chance from effect."
    if any(row["error"] for row in tables["rows"]):
        finding = (
            f"{most} draws ended with a result for both arms of a recipe at a number of labels: "
            "too few to tell anything."
        )
        advice = "Trials failed; the notes say why. The same command tries them again."
    found = _verdict("too_few_draws", best_of(tables, words), finding, advice)
    return found | {"recipe": gates[0]["recipe"]}


def empty_verdict(kind: str, best: str, finding: str, advice: str = "", details: str = "") -> Facts:
    """Return a verdict that says nothing of a recipe."""
    return _verdict(kind, best, finding, advice, details)


def _verdict(
    kind: str,
    best: str,
    finding: str,
    advice: str = "",
    details: str = "",
    exploratory: tuple[str, ...] = (),
    study: Read | None = None,
) -> Facts:
    parts = {"best": best, "finding": finding, "advice": advice, "details": details}
    at = {
        f"{name}_at": [row["labels"] for row in study.states[name]] if study else []
        for name in STATES
    }
    return (
        {"kind": kind, "text": " ".join(part for part in parts.values() if part)}
        | parts
        | {"exploratory": list(exploratory), "recipe": study.recipe if study else None}
        | at
        | {"better": [row["against"] for row in study.better()] if study else []}
        | {"about": "pretraining"}
    )
