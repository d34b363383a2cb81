"""What learns beside the page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from layerwise import DataError
from layerwise.annotation import Cards, Journal, Session
from layerwise.annotation.learner import Learner

WAIT = 60.0
CODES = np.random.default_rng(0).normal(size=(80, 3))


def until(condition):
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def session(tmp_path):
    with Journal(tmp_path / "labels.log", {"target": "kind"}) as journal:
        yield Session(journal, Cards(CODES), "kind", ["a", "b"], overlap=0.0, batch=5)


@pytest.fixture
def learning(session):
    running = []

    def start(quick, better=None):
        running.append(Learner(session, quick, better))
        running[0].start()
        return running[0]

    yield start
    for one in running:
        one.stop()


def answer(session, n):
    for card in session.give("p", "ann", n):
        given = {"id": f"answer-{card['row']}", "row": card["row"], "who": "ann"}
        session.take("label", given | {"label": "a" if CODES[card["row"], 0] > 0 else "b"})


def test_it_learns_again_after_each_batch(session, learning):
    learning(lambda: CODES)
    until(lambda: session.beliefs is not None)
    assert session.beliefs.labels == 0 and session.queue.waiting == 20
    assert session.status == "A linear model on 3 principal components."
    answer(session, 4)
    time.sleep(0.3)
    assert session.beliefs.labels == 0  # a batch is five
    answer(session, 2)
    until(lambda: session.beliefs.labels == 6)
    answer(session, 10)
    until(lambda: session.beliefs.labels == 16)
    chosen = [card for card in session.give("p", "ann", 10) if card["share"] == "chosen"]
    assert chosen and all(len(card["says"]) == 2 for card in chosen)


def test_better_codes_are_taken_as_soon_as_they_are_there(session, learning, tmp_path):
    place = tmp_path / "codes.npy"

    def better(say):
        say("it learns")
        np.save(place, CODES[:, :2])
        return "the codes of something", place

    learning(lambda: CODES, better)
    until(lambda: session.status == "A linear model on the codes of something.")


def test_why_it_does_not_learn_is_said_and_rows_come_by_chance(session, learning):
    def fails():
        raise DataError("There are no rows.", "Give some.")

    learning(fails)
    until(lambda: "does not learn" in session.status)
    assert session.status == (
        "The model does not learn: There are no rows. Give some. Rows come by chance."
    )
    assert {card["share"] for card in session.give("p", "ann", 3)} == {"random"}


def test_a_pretraining_that_fails_is_said_and_the_model_learns(session, learning):
    def fails(say):
        raise ValueError("no such recipe")

    learning(lambda: CODES, fails)
    until(lambda: "No encoder was pretrained: ValueError: no such recipe." in session.status)
    assert session.beliefs is not None


def test_a_process_that_dies_is_told_of(session, learning):
    learning(lambda: os._exit(3))
    until(lambda: "its process has ended" in session.status)


def test_its_processes_end_with_the_one_that_began_them():
    code = """
import sys, time, tempfile, pathlib
import numpy as np
from layerwise.annotation import Cards, Journal, Session
from layerwise.annotation.learner import Learner
if __name__ == "__main__":
    place = pathlib.Path(tempfile.mkdtemp()) / "labels.log"
    session = Session(Journal(place, {}), Cards(np.eye(9)), "kind", ["a"])
    learner = Learner(session, lambda: np.eye(9), lambda say: time.sleep(600))
    learner.start()
    print(learner._model._process.pid, learner._encoder._process.pid, flush=True)
    while session.beliefs is None:
        time.sleep(0.05)
    print("ready", flush=True)
    time.sleep(600)
"""
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = [int(one) for one in run.stdout.readline().split()]
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGKILL)
    run.communicate()
    until(lambda: not any(alive(pid) for pid in pids))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
