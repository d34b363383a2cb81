"""What learns beside the page: processes of their own, which end with the page."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from .._errors import LayerwiseError
from .beliefs import Known, believe, judge
from .session import Session

Say = Callable[[str], None]
Quick = Callable[[], np.ndarray]
Better = Callable[[Say], tuple[str, Path]]
PAUSE = 5.0  # seconds without a full batch, after which is learned from what is there
AHEAD = 4  # batches that are asked for at once: enough until the next answer comes


class Learner:
    """Learns again after each batch of labels, and tells the session what it believes.

    A linear model learns on codes: on those of ``quick`` at once, and on those of ``better`` as
    soon as these are there. Both run in processes of their own, which are kind to others (nice 10),
    and end when this one ends, however it ends.

    Parameters
    ----------
    session : Session
    quick : callable
        Returns codes ``(n, k)`` within seconds. It is called in another process, as ``better``.
    better : callable, optional
        Given a function to tell what it does; returns its name and a ``.npy`` file of codes.
    seed : int, default 0
    """

    def __init__(
        self, session: Session, quick: Quick, better: Better | None = None, seed: int = 0
    ) -> None:
        self.session, self.seed = session, seed
        self._wake, self._end = threading.Event(), threading.Event()
        self._codes: list[tuple[str, Path]] = []  # that are ready and not yet taken
        self._note = ""
        about = (session.task, AHEAD * session.batch, seed)
        self._model = _Child(_learn, quick, *about)
        self._encoder = None if better is None else _Child(_encode, better)
        self._threads = [threading.Thread(target=self._run, daemon=True)]
        if self._encoder is not None:
            self._threads.append(threading.Thread(target=self._wait_for_codes, daemon=True))
        session.listeners.append(self._answered)
        self._learned = -1  # the number of changes that were learned from last

    def start(self) -> None:
        """Begin to learn."""
        self.session.status = "The rows are being read for the model."
        for child in (self._model, self._encoder):
            if child is not None:
                child.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the processes."""
        self._end.set()
        self._wake.set()
        for child in (self._model, self._encoder):
            if child is not None:
                child.stop()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(10)

    def _answered(self) -> None:
        """Wake the model where enough labels are new, or others."""
        if self.session.changes - self._learned >= self.session.batch:
            self._wake.set()

    def _run(self) -> None:
        """Learn whenever there is something new."""
        try:
            name = str(self._model.hear())
            self._wake.set()
            while not self._end.is_set():
                # the last labels before a pause are learned too, few as they may be
                woken = self._wake.wait(PAUSE)
                if self._end.is_set() or not (woken or self._learned != self.session.changes):
                    continue
                self._wake.clear()
                while self._codes:
                    name, path = self._codes.pop(0)
                    self._model.tell(("codes", str(path)))
                self._learned = self.session.changes
                known = self.session.so_far()
                self._model.tell(("known", known))
                found = self._model.hear()  # what to ask about is wanted first
                self.session.believed(found, f"A linear model on {name}. {self._note}".strip())
                self.session.judged(self._model.hear())
        except _Failed as error:
            if not self._end.is_set():
                self.session.status = f"The model does not learn: {error} Rows come by chance."

    def _wait_for_codes(self) -> None:
        """Hear what the encoder says until its codes are ready."""
        assert self._encoder is not None
        try:
            while not self._end.is_set():
                what, value = self._encoder.hear()
                if what == "done":
                    self._note = ""
                    self._codes.append(value)
                    self._wake.set()
                    return
                self._note = str(value)
                if self.session.beliefs is not None:
                    first = self.session.status.partition(".")[0]
                    self.session.status = f"{first}. {self._note}"
        except _Failed as error:
            if not self._end.is_set():
                self._note = f"No encoder was pretrained: {error}"
                self._wake.set()


class _Failed(Exception):
    """A process has ended, or cannot go on; in its words."""


class _Child:
    """A process that is told things and says things."""

    def __init__(self, work: Callable[..., None], *given: Any) -> None:
        context = mp.get_context("spawn")  # threads are running here
        self._ours, self._theirs = context.Pipe()
        task = cloudpickle.dumps((work, given))
        self._process = context.Process(target=_run, args=(self._theirs, task), daemon=True)

    def start(self) -> None:
        self._process.start()
        self._theirs.close()  # else its end would not be heard of

    def stop(self) -> None:
        if self._process.pid is not None:
            self._process.terminate()
            self._process.join(5)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(5)
        self._ours.close()

    def tell(self, what: object) -> None:
        try:
            self._ours.send(what)
        except OSError as error:
            raise _Failed("its process has ended.") from error

    def hear(self) -> Any:
        try:
            what, value = self._ours.recv()
        except (EOFError, OSError) as error:
            raise _Failed("its process has ended.") from error
        if what == "failed":
            raise _Failed(value)
        return value


def _run(pipe: Connection, task: bytes) -> None:
    """Do the work of a process; what goes wrong is told in words."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the page's process ends this one
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(10)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work, given = cloudpickle.loads(task)
        work(pipe, *given)
    except (EOFError, BrokenPipeError):
        pass
    except LayerwiseError as error:
        _fail(pipe, f"{error.message} {error.hint}".strip())
    except Exception as error:
        _fail(pipe, f"{type(error).__name__}: {error}.")


def _fail(pipe: Connection, words: str) -> None:
    with suppress(OSError):
        pipe.send(("failed", words))


def _end_with_parent() -> None:
    """End at once when the process that began this one has gone, killed or not."""
    parent = mp.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _learn(pipe: Connection, quick: Quick, task: str, n: int, seed: int) -> None:
    codes = quick()
    pipe.send(("ready", f"{codes.shape[1]} principal components"))
    while True:
        what, value = pipe.recv()
        if what == "codes":
            codes = np.load(value, allow_pickle=False)
        else:
            assert isinstance(value, Known)
            found = believe(codes, value, task=task, n=n, seed=seed, judged=False)
            pipe.send(("believed", found))
            pipe.send(("judged", judge(codes, value, task)))


def _encode(pipe: Connection, better: Better) -> None:
    found = better(lambda note: pipe.send(("said", ("said", note))))
    pipe.send(("done", ("done", found)))
