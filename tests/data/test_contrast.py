"""Global contrast normalisation: the maths, then the step of the preprocessing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from layerwise import DataError, Preprocessor
from layerwise._space import Block
from layerwise.data.contrast import fit_contrast


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 9), dtype=np.uint8)
    pixels[0, :2] = 0, 255
    return pixels


def formula(X: np.ndarray, constant: float) -> np.ndarray:
    X = X.astype(np.float64)
    return (X - X.mean(axis=1, keepdims=True)) / np.sqrt(X.var(axis=1, keepdims=True) + constant)


@pytest.mark.parametrize("numbers", ["auto", "none"])
def test_pixels_are_normalised_with_the_constant_10(pixels, numbers):
    model = Preprocessor(numbers, contrast=True).fit(pixels)
    assert np.allclose(model.transform(pixels), formula(pixels, 10.0), atol=1e-5)
    assert model.space_.blocks == (Block("real", 9),)


def test_fractions_are_normalised_like_the_pixels_that_they_were(pixels):
    ours = Preprocessor(contrast=True).fit_transform(pixels / 255)
    assert np.allclose(ours, Preprocessor(contrast=True).fit_transform(pixels), atol=1e-5)


@pytest.mark.parametrize("numbers", ["standard", "quantile"])
def test_other_numbers_take_the_constant_of_their_range(pixels, numbers):
    scaled = Preprocessor(numbers).fit_transform(pixels).astype(np.float64)
    expected = formula(scaled, 10 * (np.ptp(scaled) / 255) ** 2)
    assert np.allclose(
        Preprocessor(numbers, contrast=True).fit_transform(pixels), expected, atol=1e-5
    )


def test_the_unit_of_the_numbers_does_not_matter(pixels):
    ours, theirs = (
        Preprocessor("none", contrast=True).fit_transform(pixels * unit) for unit in (1.0, 1e-3)
    )
    assert np.allclose(ours, theirs, atol=1e-5)


def test_brightness_and_contrast_of_a_row_are_taken_away(pixels):
    model = Preprocessor(contrast=True).fit(pixels)
    rows = pixels.astype(np.float64)
    ours = model.transform(rows)
    assert np.allclose(ours.mean(axis=1), 0, atol=1e-6)
    assert (ours.var(axis=1) < 1).all() and np.allclose(ours.var(axis=1), 1, atol=0.1)
    assert np.allclose(model.transform(rows / 2 + 60), ours, atol=0.05)


def test_an_even_row_becomes_zero(pixels):
    model = Preprocessor(contrast=True).fit(pixels)
    assert np.array_equal(model.transform(np.full((1, 9), 128, np.uint8)), np.zeros((1, 9)))


def test_blocks_give_what_all_rows_at_once_give(pixels):
    X = pixels / 255
    one, many = (fit_contrast(blocks) for blocks in ([X], np.array_split(X, 7)))
    assert np.allclose(
        [one.constant, one.level, one.spread], [many.constant, many.level, many.spread], rtol=1e-12
    )


@pytest.mark.parametrize("settings", [{}, {"whitening": "zca"}, {"whitening": "pca"}])
def test_the_inverse_has_the_average_brightness_and_contrast_and_the_rows_own_shape(
    pixels, settings
):
    model = Preprocessor(contrast=True, **settings).fit(pixels)
    back = model.inverse_transform(model.transform(pixels))
    assert np.allclose(formula(back, 0), formula(pixels, 0), atol=1e-4)
    assert np.allclose(back.mean(axis=1), pixels.mean(), atol=1e-3)
    assert np.allclose(back.std(axis=1).mean(), pixels.std(axis=1).mean(), rtol=0.01)


def test_contrast_comes_before_whitening(pixels):
    model = Preprocessor(contrast=True, whitening="zca").fit(pixels)
    D, V = np.linalg.eigh(np.cov(formula(pixels, 10.0), rowvar=False))
    ours = np.cov(model.transform(pixels), rowvar=False)
    assert np.allclose(ours, V @ np.diag(D / (D + 0.1)) @ V.T, atol=1e-5)


def test_a_missing_cell_is_filled_first_and_stays_missing(pixels):
    X = pixels / 255
    X[2, 3] = np.nan
    model = Preprocessor(contrast=True).fit(X)
    filled = np.where(np.isnan(X), np.nanmean(X[:, 3]), X)
    assert np.allclose(model.transform(X)[:, :9], formula(filled, 10 / 255**2), atol=1e-5)
    assert not model.observed(X)[2, 3] and model.observed(X).sum() == 50 * 10 - 1


def test_only_the_numbers_of_a_frame_are_normalised():
    X = pl.DataFrame({"a": [1.0, 2.0, 4.0], "c": ["x", "y", "x"], "b": [3.0, 1.0, 0.0]})
    Z = Preprocessor(contrast=True).fit_transform(X)
    assert np.allclose(Z[:, :2].mean(axis=1), 0, atol=1e-6)
    assert Z[:, 2:].tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]


def test_a_single_column_of_numbers_is_refused():
    with pytest.raises(
        DataError, match=r"at least 2 columns of numbers. Got n_features=1. Use contrast=False"
    ):
        Preprocessor(contrast=True).fit(np.array([[1.0], [2.0]]))
