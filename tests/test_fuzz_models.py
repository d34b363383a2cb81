"""Some hundreds of the mutations of ``make fuzz``: one exception type, or a model that works."""

from __future__ import annotations

import pytest

from . import fuzz_models


@pytest.fixture(scope="module")
def whole():
    return {name: fuzz_models.saved(model) for name, model in fuzz_models.models().items()}


@pytest.mark.filterwarnings("ignore::layerwise.DataWarning")
def test_models_of_every_kind_work_before_they_are_mutated(whole, tmp_path):
    for name, model in fuzz_models.models().items():
        fuzz_models.use(model)
        place = fuzz_models.lw.save(model, tmp_path / name)
        assert fuzz_models.outcome(place) == "works"


def test_mutated_models_are_refused_by_one_error_or_work(whole):
    counts, bad = fuzz_models.run(whole, 0, 400)
    assert bad == []
    assert counts["refused"] > 250 and counts["works"] > 30


def test_a_mutation_is_the_same_each_time(whole):
    import numpy as np

    found = [
        fuzz_models.mutated(whole["table"], np.random.default_rng([0, 7]))[:2] for _ in range(2)
    ]
    assert found[0] == found[1]


def test_an_error_of_another_kind_and_a_wait_are_told(monkeypatch, tmp_path):
    def wrong(folder):
        raise KeyError("x")

    monkeypatch.setattr(fuzz_models.lw, "load", wrong, raising=False)
    assert "KeyError: 'x'" in fuzz_models.outcome(tmp_path)
    monkeypatch.setattr(fuzz_models, "SECONDS", 0.0)
    assert fuzz_models.outcome(tmp_path).startswith("0.0 s: ")
