"""The same study on a Ray cluster and on a Dask cluster of two workers gives the same results as at
home."""

from __future__ import annotations

import importlib.util
import os
import warnings
from pathlib import Path

import pytest
from sklearn.naive_bayes import GaussianNB

from layerwise import ParameterError, Study
from layerwise.evaluation import EstimatorArm, run_study, tables

STUDY = Study((6, 20), 2)


class Signed(GaussianNB):
    """Leaves the number of the process that fitted it."""

    def __init__(self, folder=None):
        super().__init__()
        self.folder = folder

    def fit(self, X, y):
        Path(self.folder, str(os.getpid())).touch()
        return super().fit(X, y)


def values(outcome):
    return [
        (row["arm"], row["labels"], row["draw"], row["value"], row["log_loss"])
        for row in tables(outcome)["rows"]
    ]


@pytest.mark.parametrize("backend", ["ray", "dask"])
@pytest.mark.filterwarnings("ignore")  # the clusters' own: ports, unclosed sockets, deprecations
def test_a_cluster_changes_no_result(data, arms, tmp_path, backend):
    pytest.importorskip("ray" if backend == "ray" else "distributed")
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    arms = [*arms, EstimatorArm("signed", Signed(str(signatures)), group="signed")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        there = run_study(STUDY, data, arms, workers=2, backend=backend, folder=tmp_path)
    assert str(os.getpid()) not in os.listdir(signatures) and os.listdir(
        signatures
    )  # it ran elsewhere
    assert values(there) == values(run_study(STUDY, data, arms, workers=1))
    assert len(list((tmp_path / "trials").iterdir())) == 16


@pytest.mark.parametrize("backend", ["ray", "dask"])
def test_a_backend_that_is_not_installed_says_how_to_install_it(data, arms, monkeypatch, backend):
    import builtins

    missing = {"ray": "ray", "dask": "distributed"}[backend]
    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name.split(".")[0] == missing:
            raise ImportError(f"No module named {missing!r}", name=missing)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(
        ParameterError,
        match=rf"--backend {backend} needs a package.*{missing}.*Install layerwise\[{backend}\]",
    ):
        run_study(STUDY, data, arms, workers=2, backend=backend)


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs layerwise[dask]")
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_does_not_answer_is_one_line(data, arms, monkeypatch):
    import dask

    refused = pytest.raises(
        ParameterError, match=r"The dask cluster at tcp://127.0.0.1:1 does not answer"
    )
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}), refused:
        run_study(STUDY, data, arms, workers=2, backend="dask", address="tcp://127.0.0.1:1")
