"""Alike images, and what a code is worth beside PCA."""

from __future__ import annotations

import math

import numpy as np
import pytest

from layerwise import load
from layerwise.data.readers import load_dataset
from layerwise.workflows import fit
from layerwise.workflows.compression import compression, words_of
from layerwise.workflows.similarity import psnr, ssim


def images(count: int = 3, channels: int = 1, side: int = 20) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.random((count, channels, side, side))


@pytest.mark.parametrize("side", [8, 20])
@pytest.mark.parametrize("channels", [1, 3])
def test_equal_images_have_a_similarity_of_one_and_no_error(channels: int, side: int) -> None:
    x = images(channels=channels, side=side)
    assert ssim(x, x) == pytest.approx(1) and psnr(x, x) == math.inf


def test_similarity_is_symmetric() -> None:
    x, y = images(), images()[::-1]
    assert ssim(x, y) == pytest.approx(ssim(y, x)) and abs(ssim(x, y)) < 0.5


def test_similarity_and_psnr_fall_with_noise() -> None:
    x, noise = images(), np.random.default_rng(1).normal(size=(3, 1, 20, 20))
    measures = [
        (ssim(x, x + amount * noise), psnr(x, x + amount * noise)) for amount in (0.01, 0.1, 0.5)
    ]
    assert measures == sorted(measures, reverse=True)


def test_flat_images_have_the_similarity_of_their_means() -> None:
    # no variance: (2 a b + C1) / (a^2 + b^2 + C1), by hand
    a, b = np.full((1, 1, 12, 12), 0.2), np.full((1, 1, 12, 12), 0.6)
    assert ssim(a, b) == pytest.approx((0.24 + 1e-4) / (0.40 + 1e-4), abs=1e-9)


def test_an_image_and_its_negative_by_hand() -> None:
    # equal means of 1/2 and a covariance of minus the variance, in one window over a chequerboard
    board = np.indices((11, 11)).sum(axis=0) % 2.0
    weights = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights = np.outer(weights, weights) / weights.sum() ** 2
    mean = (weights * board).sum()
    variance = (weights * board**2).sum() - mean**2
    other = 1 - mean
    expected = (2 * mean * other + 1e-4) * (-2 * variance + 9e-4)
    expected /= (mean**2 + other**2 + 1e-4) * (2 * variance + 9e-4)
    assert ssim(board[None, None], 1 - board[None, None]) == pytest.approx(expected, abs=1e-9)


def row(psnr: float, ssim: float) -> dict[str, float]:
    return {"psnr": psnr, "ssim": ssim}


@pytest.mark.parametrize(
    ("network", "pca", "words"),
    [
        (row(20, 0.9), row(18, 0.8), "The network rebuilds images better than PCA"),
        (row(18, 0.8), row(20, 0.9), "PCA with as many numbers rebuilds images better"),
        (row(20, 0.8), row(18, 0.9), "By PSNR the network rebuilds images better, by SSIM PCA."),
        (row(18, 0.9), row(20, 0.8), "By PSNR PCA rebuilds images better, by SSIM the network."),
        (row(18, 0.9), row(18.01, 0.9), "as well as the network"),
    ],
)
def test_the_words_follow_the_numbers(network: dict, pca: dict, words: str) -> None:
    assert words in words_of([network, pca], 30, 784, 30)


def test_pca_of_few_rows_is_said_to_have_fewer_numbers() -> None:
    words = words_of([row(20, 0.9), row(18, 0.8)], 30, 784, 12)
    assert "better than PCA with 12 numbers (more would need more training rows)" in words


def test_a_code_of_as_many_numbers_as_pixels_compresses_nothing() -> None:
    assert "nothing is compressed" in words_of([row(20, 0.9), row(math.inf, 1.0)], 200, 64, 64)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (row(16, 0.7), "The network denoises"),
        (row(10, 0.4), "The network does not denoise"),
        (row(16, 0.4), "closer to the originals by PSNR, the corrupted images themselves by SSIM"),
    ],
)
def test_denoising_is_told_beside_the_corrupted_images(network: dict, words: str) -> None:
    rows = [row(20, 0.9), row(19, 0.9), row(14, 0.6), network, row(15, 0.6)]
    assert words in words_of(rows, 30, 784, 30)


@pytest.fixture(scope="module")
def digits(tmp_path_factory, tiny):
    result = fit(
        "digits", labels=50, changes=(*tiny, "widths=[8]"), out=tmp_path_factory.mktemp("code")
    )
    return load(result["model"]).pretrainer_


def test_pca_has_as_many_components_as_the_code_has_numbers(digits) -> None:
    data = load_dataset("digits")
    pool, seen = np.arange(900), data.X[:900]
    found = compression((1, 8, 8), digits, data.X, pool, seen)
    assert (found["code"], found["pixels"], found["components"]) == (8, 64, 8)
    assert (found["images"], found["pca_rows"]) == (500, 900)
    assert [(r["input"], r["by"]) for r in found["rows"]] == [
        ("original", "by the network"),
        ("original", "by PCA"),
        ("corrupted", "left as they are"),
        ("corrupted", "by the network"),
        ("corrupted", "by PCA"),
    ]
    # PCA of 8 is the best linear code: its error is what the other components hold
    flat = seen.reshape(900, -1) / data.X.max()
    centred = flat - flat.mean(axis=0)
    left = (np.linalg.svd(centred)[1][8:] ** 2).sum() / centred.size
    assert found["rows"][1]["psnr"] == pytest.approx(-10 * math.log10(left), abs=0.3)


def test_without_images_there_is_nothing_to_compress(digits) -> None:
    assert compression(None, digits, None, np.arange(3), None) is None
