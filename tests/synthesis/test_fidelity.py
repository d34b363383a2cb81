"""Made-up rows whose faults are known."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import DataError
from layerwise.synthesis import tried
from layerwise.synthesis.fidelity import _nearer

CENTRES = np.random.default_rng(7).normal(size=(6, 4)) * 4


def real(n, rng, modes=6):
    """Rows of six groups; their density is known."""
    return CENTRES[rng.integers(0, modes, n)] + rng.normal(size=(n, 4))


def test_good_rows_are_not_suspected():
    """Twenty sets of rows of the very density: what is claimed wrongly is rare."""
    told = copied = missing = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = tried(real(400, rng), real(400, rng), real(400, rng), seed)
        told += found.told_apart.low > 0.5
        copied += found.copies
        missing += bool(found.missing)
    assert told <= 2 and copied <= 2 and missing <= 1


def test_copies_are_found_in_twenty_of_twenty():
    """A model that gives its training rows back, with a little noise."""
    for seed in range(20):
        rng = np.random.default_rng([seed, 1])
        learned = real(400, rng)
        made = learned[rng.integers(0, 400, 400)] + 0.1 * rng.normal(size=(400, 4))
        found = tried(learned, real(400, rng), made, seed)
        assert found.copies and found.nearer.value > 0.9
        assert "they are copies in part" in found.sentences[1]


def test_a_lost_mode_is_found_in_twenty_of_twenty():
    """One of six groups is never made up."""
    for seed in range(20):
        rng = np.random.default_rng([seed, 2])
        found = tried(real(600, rng), real(600, rng), real(600, rng, modes=5), seed)
        assert found.missing and not found.copies
        assert any("is hardly reached" in one for one in found.sentences)
        lost = sum(expected for _, expected, _ in found.missing)
        assert 50 < lost < 150


def test_what_is_easily_told_apart_is_said_so():
    rng = np.random.default_rng(0)
    found = tried(real(300, rng), real(300, rng), real(300, rng) + 2.0)
    assert found.told_apart.value > 0.9
    assert found.sentences[0].startswith("A random forest tells them easily from real rows")
    same = tried(real(300, rng), real(300, rng), real(300, rng))
    assert same.sentences[0].startswith("A random forest cannot tell them from real rows")


@pytest.mark.parametrize(
    ("n", "width", "value", "words"),
    [
        (49, 4, 0.0, "There are 49 rows in made; 50 are needed"),
        (60, 3, 0.0, "The rows have 4, 4 and 3 columns"),
        (60, 4, np.nan, "made holds a number that is not finite"),
    ],
)
def test_rows_that_cannot_be_tried_are_refused(n, width, value, words):
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match=words):
        tried(real(60, rng), real(60, rng), np.full((n, width), value))


@pytest.mark.parametrize(("n", "made"), [(100, 1000), (200, 2000)])
def test_rows_of_the_true_density_are_seldom_called_copies_however_many_are_made(n, made):
    """Half of the real rows are near to more made-up rows by chance; that is in the interval."""
    found = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        share = _nearer(*(rng.normal(size=(m, 3)) for m in (n, n, made)), rng)
        found += share.low > 0.5
    assert found <= 8  # 2.5 are meant


def test_rows_that_have_nothing_to_do_with_the_data_are_seldom_called_copies():
    found = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        real = rng.normal(size=(2, 200, 3))
        found += _nearer(*real, 0.01 * rng.normal(size=(1000, 3)), rng).low > 0.5
    assert found <= 6
