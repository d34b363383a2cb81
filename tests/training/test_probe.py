"""The probe: what codes say about labels while an encoder learns, on labelled rows alone."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import (
    Dense,
    Greedy,
    Joint,
    ParameterError,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    Stack,
    probing,
)


def blobs(n=120):
    """Three far classes, shuffled: a probe that mixed rows up would find nothing."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    return rng.normal(size=(n, 4)) + 8 * np.eye(4)[y], y


def learned(X, schedule=None, **settings):
    stack = Stack(Dense(6), Dense(5))
    model = Pretrainer(stack, schedule=schedule or Greedy(10), random_state=0, **settings)
    return model.fit(X)


def test_codes_of_far_classes_tell_them_apart():
    X, y = blobs()
    with probing(np.arange(40), y[:40]):
        rows = learned(X).history_
    assert rows[-1]["knn"] > 0.8 and rows[-1]["linear"] > 0.8


def test_it_is_made_at_most_five_times_a_phase_and_when_it_ends():
    X, y = blobs()
    with probing(np.arange(40), y[:40]):
        rows = learned(X, Joint(23)).history_
    made = [row["epoch"] for row in rows if "knn" in row]
    assert made == [1, 6, 11, 16, 21, 23]


def test_nothing_that_is_learned_depends_on_it():
    X, y = blobs()
    plain = learned(X)
    with probing(np.arange(40), y[:40]):
        probed = learned(X)
    assert np.array_equal(plain.transform(X), probed.transform(X))


def test_other_labels_change_the_probe_and_other_rows_do_not():
    X, y = blobs()
    rows = np.arange(40)
    with probing(rows, y[:40]):
        first = learned(X, Joint(1)).history_[-1]["linear"]
    with probing(rows, np.random.default_rng(1).permutation(y[:40])):
        assert learned(X, Joint(1)).history_[-1]["linear"] < 0.7 < first


def test_numbers_are_probed_by_r2():
    X, _ = blobs()
    with probing(np.arange(60), X[:60, 0]):
        row = learned(X, Joint(1)).history_[-1]
    assert 0.3 < row["linear"] <= 1.0


def test_a_validation_split_leaves_out_labelled_rows_without_harm():
    X, y = blobs()
    with probing(np.arange(60), y[:60]):
        row = learned(X, Joint(3), validation=0.3).history_[-1]
    assert row["knn"] > 0.7


@pytest.mark.parametrize("y", [np.array([0, 1, 1]), np.array([], dtype=int)])
def test_too_few_labels_are_no_probe(y):
    X, _ = blobs()
    with probing(np.arange(len(y)), y):
        assert "knn" not in learned(X, Joint(1)).history_[-1]


def test_what_learns_from_labels_is_not_probed():
    X, y = blobs()
    model = PretrainedClassifier(Pretrainer(Stack(Dense(4)), random_state=0), random_state=0)
    with probing(np.arange(40), y[:40]):
        model.fit(X, y)
    assert "knn" in model.pretrainer_.history_[-1]
    assert not any("knn" in row for row in model.history_)


def test_a_label_for_each_row():
    with pytest.raises(ParameterError, match="3 rows and 2 labels"), probing([0, 1, 2], [0, 1]):
        pass


def test_outside_of_it_there_is_none():
    X, _ = blobs()
    row = Pretrainer(Stack(Dense(3)), objective=Reconstruction(), random_state=0).fit(X).history_[0]
    assert "knn" not in row
