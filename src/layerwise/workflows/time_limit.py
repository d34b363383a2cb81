"""A fit's time: said before it starts, and cut to a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from .._checks import check_number
from .._durable import Facts
from .._errors import ParameterError
from ..recipes import Recipe
from ..training import Step, Training, decided
from .timing import Times, Work, measured

REPORT = 10.0  # seconds for the report and the linear model
MINUTE = 60.0
WHOLE = 0.4  # share of the time up to which fine-tuning is not cut


def until_of(time_limit: float | None) -> float | None:
    """Return when a time limit in seconds, from now, is over.

    Raises
    ------
    ParameterError
        When it is no number above 0.
    """
    if time_limit is None:
        return None
    check_number("fit", "time_limit", time_limit, 0.0, open_low=True)
    return time.perf_counter() + time_limit


def planned(
    work: Work, say: Callable[[str], None] | None, until: float | None
) -> tuple[Recipe, Times | None, list[str]]:
    """Return the recipe as it will be trained, the seconds that each training may take, and notes.

    A fit of more than a minute is said before it starts.

    Parameters
    ----------
    work : Work
    say : callable, optional
        Told the time where it is over a minute, and what is cut.
    until : float, optional
        The end of the time limit, in seconds of ``time.perf_counter``.
    """
    if until is None and (say is None or not work.is_long):
        return work.recipe, None, []
    say = say or (lambda note: None)
    found = decided("times", lambda: _measured(work, until))
    times, seconds = Times(**found["times"]), found["seconds"]
    if until is None:
        if times.total + REPORT > MINUTE:
            say(f"This takes {about(times.total + REPORT)}.")
        return work.recipe, None, []
    recipe, left, notes = fitted_to(work, times, seconds)
    for note in notes:
        say(note)
    if left.total + REPORT > MINUTE:
        say(f"This takes {about(left.total + REPORT)}.")
    spare = seconds / max(left.total, 1e-9)
    allowed = replace(left, pretrain=spare * left.pretrain, finetune=spare * left.finetune)
    return recipe, allowed, notes


def _measured(work: Work, until: float | None) -> Facts:
    """Return how long training takes, and how long it may."""
    times = asdict(measured(work))
    left = None if until is None else until - time.perf_counter() - REPORT
    return {"times": times, "seconds": left}


def fitted_to(work: Work, times: Times, seconds: float) -> tuple[Recipe, Times, list[str]]:
    """Return the recipe with as many epochs as fit into some seconds, the time that it takes then,
    and a note on what was cut.

    Raises
    ------
    ParameterError
        When not even an epoch of every phase fits.
    """
    if times.total <= seconds:
        return work.recipe, times, []
    shares = _shares(times, 0.9 * seconds)
    recipe, told = work.recipe, []
    for name, what in (("plan", "pretraining"), ("finetune", "fine-tuning"), ("control", "")):
        plan = getattr(recipe, name)
        if plan is None or (work.y is None and name != "plan"):
            continue
        whole = work.epochs(plan)
        share = shares[name == "plan"]
        if share >= 1:
            continue
        cut = [[min(e, max(1, int(share * e))) for e, _ in phases] for phases in whole]
        recipe = recipe.replace(
            name, tuple(_of_epochs(s, e) for s, e in zip(plan, cut, strict=True))
        )
        if what:
            all_epochs = " + ".join(f"{e:,}" for phases in whole for e, _ in phases)
            kept = " + ".join(f"{e:,}" for each in cut for e in each)
            told.append(f"{what} {kept} of {all_epochs} epochs")
    left = _cut_times(work, replace(work, recipe=recipe), times)
    if left.total > seconds:
        raise ParameterError(
            f"The time limit is too short: reading, the report and an epoch of every phase take "
            f"about {left.total - seconds:.0f} seconds more.",
            "Allow more minutes with --time-limit, or learn from fewer rows.",
        )
    alike = ", for both arms alike" if work.y is not None else ""
    return recipe, left, [f"The time limit cuts training{alike}: {', '.join(told)}."]


def about(seconds: float) -> str:
    """Return a duration in words.

    >>> about(200), about(50), about(9000)
    ('about 3 minutes', 'about 50 seconds', 'about 2.5 hours')
    """
    if seconds < MINUTE:
        return f"about {seconds:.0f} seconds"
    if seconds < 90 * MINUTE:
        minutes = round(seconds / MINUTE)
        return f"about {minutes} minute{'s' * (minutes != 1)}"
    return f"about {seconds / 3600:.1f} hours"


def cut_notes(histories: dict[str, list[Facts]]) -> list[str]:
    """Return a sentence on each training that the clock stopped."""
    notes = []
    for what, history in histories.items():
        cut = [row for row in history if row.get("cut")]
        if cut:
            places = ", ".join(f"epoch {row['epoch']:,} of {row['epochs']:,}" for row in cut)
            notes.append(
                f"The time limit stopped {what} in {places}: it went slower than measured."
            )
    return notes


def _shares(times: Times, seconds: float) -> tuple[float, float]:
    """Return the shares of fine-tuning and of pretraining that are kept: fine-tuning is whole where
    it is the smaller part."""
    tune = times.arms * times.finetune
    if tune <= WHOLE * seconds:
        return 1.0, max(0.0, (seconds - tune) / max(times.pretrain, 1e-9))
    share = max(0.0, seconds / times.total)
    return share, share


def _cut_times(work: Work, cut: Work, times: Times) -> Times:
    """Return the seconds of a recipe that was cut."""
    pretrain = cut.steps(cut.recipe.plan) / max(work.steps(work.recipe.plan), 1)
    tune = 0.0
    if work.y is not None:
        tune = cut.steps(cut.recipe.finetune) / max(work.steps(work.recipe.finetune), 1)
    return replace(times, pretrain=pretrain * times.pretrain, finetune=tune * times.finetune)


def _of_epochs(step: Step, epochs: list[int]) -> Step:
    training = replace(step.training or Training(), min_steps=0)
    value: Any = epochs[0] if len(set(epochs)) == 1 else tuple(epochs)
    return replace(step, schedule=step.schedule.replace("epochs", value), training=training)
