"""What a code is worth as a compression and a reconstruction as a denoising, beside PCA."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA

from .._durable import Facts
from .._indexing import rows_of
from ..data.readers import ReadRows
from ..estimators import Pretrainer
from .pictures import Shape, corrupted, inputs_of, rebuilt, sample, shown
from .similarity import psnr, ssim

IMAGES = 500
PCA_ROWS, WIDE_ROWS = 5000, 3000  # that PCA is fitted on; of wide rows fewer, for time
_SAME_PSNR, _SAME_SSIM = 0.05, 0.0005  # differences that nobody sees in the table
_EXACT = 1000  # features, up to which PCA takes the whole covariance


def compression(
    shape: Shape | None,
    pretrainer: Pretrainer,
    X: ReadRows,
    pool: np.ndarray,
    test_X: ReadRows,
) -> Facts | None:
    """Return PSNR and SSIM of reconstructed test images, and where the recipe denoises of denoised
    ones, beside those of PCA with as many numbers, fitted on training rows (``pool``).

    Returns
    -------
    dict or None
        None where there are no images or nothing that reconstructs.
    """
    if shape is None or pretrainer.why_no_decoder() is not None:
        return None
    few = rows_of(test_X, sample(len(test_X), IMAGES))
    originals = inputs_of(pretrainer, few)
    most = PCA_ROWS if originals.shape[1] <= _EXACT else WIDE_ROWS
    learned = inputs_of(pretrainer, rows_of(X, pool[sample(len(pool), most)]))
    code = int(np.prod(pretrainer.encode(rows_of(few, np.arange(1))).shape[1:]))
    pca = _pca(learned, code)

    def by_network(inputs: np.ndarray) -> np.ndarray:
        return rebuilt(pretrainer, inputs)

    def by_pca(inputs: np.ndarray) -> np.ndarray:
        back = pca.inverse_transform(pca.transform(inputs))
        return np.asarray(back, dtype=np.float32)

    truth = shown(pretrainer, originals, shape, originals)

    def row(given: str, by: str, images: np.ndarray) -> Facts:
        seen = shown(pretrainer, originals, shape, images)
        return {"input": given, "by": by, "psnr": psnr(truth, seen), "ssim": ssim(truth, seen)}

    rows = _rows("original", originals, by_network, by_pca, row)
    noisy = corrupted(pretrainer, originals)
    if noisy is not None:
        rows.append(row("corrupted", "left as they are", noisy))
        rows += _rows("corrupted", noisy, by_network, by_pca, row)
    return {
        "code": code,
        "pixels": originals.shape[1],
        "images": len(originals),
        "components": int(pca.n_components_),
        "pca_rows": len(learned),
        "rows": rows,
        "words": words_of(rows, code, originals.shape[1], int(pca.n_components_)),
    }


def _pca(learned: np.ndarray, code: int) -> PCA:
    most = min(code, *learned.shape)
    solver = "covariance_eigh" if learned.shape[1] <= _EXACT else "auto"
    return PCA(most, svd_solver=solver, random_state=0).fit(learned)


def _rows(
    given: str,
    inputs: np.ndarray,
    by_network: Callable[[np.ndarray], np.ndarray],
    by_pca: Callable[[np.ndarray], np.ndarray],
    row: Callable[[str, str, np.ndarray], Facts],
) -> list[Facts]:
    return [row(given, "by the network", by_network(inputs)), row(given, "by PCA", by_pca(inputs))]


def words_of(rows: list[Facts], code: int, pixels: int, components: int) -> str:
    """Return what the rows say: which is better, and whether anything is compressed or denoised."""
    network, pca, *noisy = rows
    other = (
        "PCA with as many numbers"
        if components == code
        else f"PCA with {components:,} numbers (more would need more training rows)"
    )
    if code >= pixels:
        words = [
            f"The code holds {code:,} numbers for {pixels:,}: nothing is compressed, and PCA with "
            "as many gives every image back as it came."
        ]
    else:
        words = [_which(network, pca, "rebuilds images", other)]
    if noisy:
        left, network, pca = noisy
        words.append(_denoised(left, network))
        if code < pixels:
            words.append(_which(network, pca, "denoises", other))
    return " ".join(words)


def _denoised(left: Facts, network: Facts) -> str:
    """Say whether the network's images are closer to the originals than the corrupted ones."""
    closer = [network[name] > left[name] for name in ("psnr", "ssim")]
    if all(closer):
        return (
            "The network denoises: what it makes of corrupted images is closer to the originals "
            "than they are."
        )
    if not any(closer):
        return (
            "The network does not denoise: corrupted images are closer to the originals than what "
            "it makes of them."
        )
    first, second = ("PSNR", "SSIM") if closer[0] else ("SSIM", "PSNR")
    return (
        f"What the network makes of corrupted images is closer to the originals by {first}, the "
        f"corrupted images themselves by {second}."
    )


def _which(network: Facts, pca: Facts, does: str, other: str) -> str:
    """Say which of two rows is better."""
    sides = [
        _side(network[name], pca[name], same)
        for name, same in (("psnr", _SAME_PSNR), ("ssim", _SAME_SSIM))
    ]
    if 1 in sides and -1 in sides:
        first, second = ("the network", "PCA") if sides[0] > 0 else ("PCA", "the network")
        return f"By PSNR {first} {does} better, by SSIM {second}."
    if sum(sides) == 0:
        return f"{other} {does} as well as the network."
    if sum(sides) > 0:
        return f"The network {does} better than {other}."
    return f"{other} {does} better than the network."


def _side(first: float, second: float, same: float) -> int:
    """Return 1 where the first is higher, -1 where the second is, else 0."""
    if first == second or (math.isfinite(first - second) and abs(first - second) <= same):
        return 0
    return 1 if first > second else -1
