"""Tasks on one core, on several, or on a cluster, through joblib's back ends."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import joblib

from .._durable import Facts
from .._errors import ParameterError, did_you_mean
from ..training import bfloat16_pays
from .task import Task, failed, run_task

BACKENDS = ("loky", "ray", "dask")

Records = list[Facts]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_each(workers: int) -> int:
    """Return how many threads a worker gets: its share of the cores, and no more than
    ``OMP_NUM_THREADS`` allows.

    Two programs whose threads want the same cores slow each other many times over; the variable is
    how one gives way.
    """
    allowed = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    most = int(allowed) if allowed.isdecimal() and int(allowed) else cores()
    return max(1, min(cores() // workers, most))


@contextlib.contextmanager
def cluster(backend: str, address: str | None, workers: int, threads: int) -> Iterator[None]:
    """Let joblib use a back end inside the block.

    Parameters
    ----------
    backend : {'loky', 'ray', 'dask'}
    address : str or None
        Of the cluster; None starts a local one of ``workers`` processes.

    Raises
    ------
    ParameterError
        For an unknown back end, one that is not installed, or a cluster that does not answer.
    """
    if backend not in BACKENDS:
        raise ParameterError(f"There is no backend {backend!r}.", did_you_mean(backend, BACKENDS))
    if backend == "loky":
        if address is not None:
            raise ParameterError(
                f"--address {address} was given for this machine alone.",
                "Add --backend ray or --backend dask.",
            )
        with joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=threads):
            yield
        return
    connect = _ray if backend == "ray" else _dask
    with connect(address, workers), joblib.parallel_config(backend, n_jobs=workers):
        yield


def run_tasks(
    tasks: Sequence[Task], workers: int, backend: str, done: Callable[[Task, Records], None]
) -> None:
    """Run tasks and hand over the records of each as it ends.

    A worker that dies takes its neighbours with it, and nobody knows which task was the cause: each
    that may have been is run again alone. One that dies then too has failed, and the others go on.
    """
    if workers == 1 and backend == "loky":
        for task in tasks:
            done(task, run_task(task))
        return
    bfloat16_pays()  # workers take this process' answer
    left = dict(enumerate(tasks))
    while left:
        try:
            for index, records in _parallel(workers)(
                joblib.delayed(_numbered)(i, task) for i, task in list(left.items())
            ):
                done(left.pop(index), records)
            return
        except Exception as error:
            if not _died(error):
                raise
        for index in list(left)[:workers]:
            task = left.pop(index)
            done(task, _alone(task, workers))


def _alone(task: Task, workers: int) -> Records:
    """Run one task by itself in a pool; its death is its own."""
    try:
        [(_, records)] = _parallel(max(workers, 2))([joblib.delayed(_numbered)(0, task)])
    except Exception as error:
        if not _died(error):
            raise
        if len(task.arms) > 1:  # find the arm that it was
            return [
                record
                for arm in task.arms
                for record in _alone(replace(task, arms=(arm,)), workers)
            ]
        return failed(
            task,
            f"its worker died twice ({type(error).__name__}); too little memory is the usual cause",
        )
    return records


def _parallel(workers: int) -> Any:
    parallel = joblib.Parallel(n_jobs=workers, batch_size=1, pre_dispatch=workers)
    if getattr(parallel._backend, "supports_return_generator", False):
        return joblib.Parallel(
            n_jobs=workers, batch_size=1, pre_dispatch=workers, return_as="generator_unordered"
        )
    return parallel


def _numbered(index: int, task: Task) -> tuple[int, Records]:
    return index, run_task(task)


def _died(error: Exception) -> bool:
    """Say whether an exception is about a worker rather than about what it ran: a task keeps its
    own exceptions."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(
        names
        & {
            "TerminatedWorkerError",
            "BrokenProcessPool",
            "KilledWorker",
            "RayActorError",
            "WorkerCrashedError",
        }
    )


@contextlib.contextmanager
def _ray(address: str | None, workers: int) -> Iterator[None]:
    with _installed("ray"):
        import ray
        from ray.util.joblib import register_ray
    register_ray()
    started = not ray.is_initialized()
    if started:
        with _answering("ray", address):
            local: dict[str, Any] = (
                {} if address else {"num_cpus": workers, "include_dashboard": False}
            )
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    try:
        yield
    finally:
        if started:
            ray.shutdown()


@contextlib.contextmanager
def _dask(address: str | None, workers: int) -> Iterator[None]:
    with _installed("dask"):
        from distributed import Client
    with _answering("dask", address):
        local: dict[str, Any] = (
            {}
            if address
            else {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
        )
        client = Client(address, **local)
    with client:
        yield


@contextlib.contextmanager
def _installed(extra: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ParameterError(
            f"--backend {extra} needs a package that is not installed: {error.name}.",
            f"Install layerwise[{extra}].",
        ) from error


@contextlib.contextmanager
def _answering(backend: str, address: str | None) -> Iterator[None]:
    try:
        yield
    except (OSError, ConnectionError, RuntimeError, ValueError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise ParameterError(
            f"The {backend} cluster at {address or 'this machine'} does not answer: {first}",
            "Look at --address.",
        ) from error
