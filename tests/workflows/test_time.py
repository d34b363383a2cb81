"""The time of a fit: said before it starts, and cut to a limit for both arms alike."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from layerwise import Dense, ParameterError, Pretrainer, Reconstruction, Stack, recipes
from layerwise.schedule import Greedy
from layerwise.training import Clock, limited_by
from layerwise.workflows import fit, time_limit, timing
from layerwise.workflows.time_limit import about, fitted_to, planned
from layerwise.workflows.timing import Times, Work, measured

X = np.random.default_rng(0).normal(size=(600, 8))
Y = np.where(np.arange(600) < 60, np.arange(600) % 2, -1)
RECIPE = recipes.stacked_autoencoder(widths=(8, 4), epochs=40)
WORK = Work(RECIPE, X, Y, np.arange(60), "cpu")
# more seconds than any test takes
TIMES = Times(pretrain=900.0, finetune=50.0, arms=2)


def epochs(plan):
    return [step.schedule.epochs for step in plan]


def test_the_steps_of_a_fit_are_counted():
    pretrain = WORK.steps(RECIPE.plan)
    tuned = Pretrainer(RECIPE.stack, plan=RECIPE.plan, random_state=0, device="cpu").fit(X)
    assert pretrain == sum(row["batches"] for row in tuned.history_)
    assert WORK.steps(RECIPE.finetune) >= 500  # 100 for the head and 400 for all


def test_a_few_steps_tell_the_time_of_all():
    times = measured(WORK)
    assert times.arms == 2 and 0 < times.finetune < 60 and 0 < times.pretrain < 60
    assert times.total == times.pretrain + 2 * times.finetune
    twice = replace(WORK, recipe=recipes.stacked_autoencoder(widths=(8, 4), epochs=4000))
    assert measured(twice).pretrain > 10 * times.pretrain


@pytest.mark.parametrize("name", ["ladder", "deep_belief_network", "tabular_denoising_autoencoder"])
def test_every_kind_of_recipe_is_measured(name):
    work = replace(WORK, recipe=getattr(recipes, name)(widths=(8, 4)))
    assert measured(work).total > 0


def test_targets_and_encoders_are_measured():
    y = np.where(np.arange(600) < 60, X[:, 0], np.nan)
    assert measured(replace(WORK, y=y)).finetune > 0
    assert measured(replace(WORK, y=None, labelled=None)).total > 0


def test_time_that_is_enough_changes_nothing():
    recipe, times, notes = fitted_to(WORK, TIMES, 1000.0)
    assert recipe == RECIPE and times == TIMES and notes == []


def test_pretraining_is_cut_first_and_it_is_said():
    recipe, times, notes = fitted_to(WORK, TIMES, 500.0)
    assert recipe.finetune == RECIPE.finetune
    assert 0 < epochs(recipe.plan)[0] < 20 and times.total <= 500
    assert notes == [
        f"The time limit cuts training, for both arms alike: pretraining "
        f"{epochs(recipe.plan)[0]} + {epochs(recipe.plan)[0]} of 40 + 40 epochs."
    ]


def test_fine_tuning_is_cut_too_where_it_is_long():
    recipe, times, notes = fitted_to(WORK, replace(TIMES, finetune=500.0), 600.0)
    assert times.total <= 600 and "fine-tuning" in notes[0]
    before, after = (WORK.steps(r.finetune) for r in (RECIPE, recipe))
    assert after < before
    assert all(step.training.min_steps == 0 for step in recipe.finetune)


def test_a_limit_that_no_epoch_fits_into_is_refused():
    with pytest.raises(ParameterError, match=r"too short: .* seconds more.*--time-limit"):
        fitted_to(WORK, TIMES, 5.0)


@pytest.mark.parametrize("minutes", [0, -1.0, float("nan"), "3"])
def test_a_limit_must_be_above_0(minutes, tmp_path):
    with pytest.raises(ParameterError, match="'time_limit' parameter of fit must be a number"):
        fit("digits", time_limit=minutes, out=tmp_path)


def test_a_fit_of_more_than_a_minute_is_said_before_it_starts(monkeypatch):
    monkeypatch.setattr(time_limit, "measured", lambda work: TIMES)
    said = []
    recipe, times, notes = planned(replace(WORK, recipe=RECIPE), said.append, None)
    assert said == ["This takes about 17 minutes."] and (times, notes) == (None, [])
    assert recipe == RECIPE


def test_a_short_fit_is_not_measured(monkeypatch):
    monkeypatch.setattr(time_limit, "measured", lambda work: pytest.fail("measured"))
    short = recipes.stacked_autoencoder(widths=(4,), epochs=1)
    assert planned(Work(short, X), print, None)[1] is None


def test_durations_are_words():
    assert [about(s) for s in (61, 130, 5400, 7200)] == [
        "about 1 minute",
        "about 2 minutes",
        "about 1.5 hours",
        "about 2.0 hours",
    ]


# The clock


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_training_stops_when_the_clock_is_over(seconds):
    model = Pretrainer(
        Stack(Dense(4)), objective=Reconstruction(), schedule=Greedy(10**6), random_state=0
    )
    began, clock = time.perf_counter(), Clock()
    clock.allow(seconds)
    with limited_by(clock):
        model.fit(X)
    assert time.perf_counter() - began < seconds + 5
    assert model.history_[-1]["cut"] and model.history_[-1]["epoch"] < 10**6
    assert np.isfinite(model.transform(X)).all()


def test_training_that_ends_in_time_is_not_called_cut():
    clock = Clock()
    clock.allow(1000)
    with limited_by(clock):
        model = Pretrainer(Stack(Dense(4)), schedule=Greedy(2), random_state=0).fit(X)
    assert not any("cut" in row for row in model.history_)


def test_outside_the_block_nothing_is_limited():
    with limited_by(Clock(until=0.0)):
        pass
    model = Pretrainer(Stack(Dense(4)), schedule=Greedy(2), random_state=0).fit(X)
    assert len(model.history_) == 2


@pytest.fixture
def run(tmp_path, tiny):
    return partial(fit, labels=50, out=tmp_path, device="cpu", changes=[*tiny[:1], *tiny[2:]])


def test_a_limit_holds_and_both_arms_are_cut_alike(run, monkeypatch):
    monkeypatch.setattr(time_limit, "REPORT", 1.0)
    said: list[str] = []
    began = time.perf_counter()
    result = fit(
        "digits",
        labels=50,
        changes=["widths=[64]", "epochs=100000"],
        time_limit=5.0,
        out=run.keywords["out"],
        device="cpu",
        say=said.append,
    )
    assert time.perf_counter() - began < 5.0 + 15
    assert "of 100,000 epochs" in said[0] and said[0] in result["notes"]
    ran = result["epochs"]
    assert ran["pretrain"][0]["epochs"] < 100_000
    cut = [note for note in result["notes"] if note.startswith("The time limit stopped")]
    assert cut or ran["finetune"] == ran["random_start"]


def test_weights_are_the_same_whether_the_time_was_measured_or_not(run, tiny, monkeypatch):
    monkeypatch.setattr(timing, "WORTH", 0)
    first = run("diabetes", changes=tiny, say=lambda note: None)
    second = run("diabetes", changes=tiny, say=None)
    assert first["test"] == second["test"]


def test_an_encoder_is_cut_too(run, monkeypatch):
    monkeypatch.setattr(time_limit, "REPORT", 1.0)
    settings = {"changes": ["widths=[8]", "epochs=100000"], "no_target": True, "time_limit": 4.0}
    result = fit("diabetes", out=run.keywords["out"], device="cpu", **settings)
    assert any(note.startswith("The time limit cuts training: pretr") for note in result["notes"])
