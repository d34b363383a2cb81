"""What a code is worth as a compression, and a reconstruction as a denoising."""

from __future__ import annotations

from .._durable import Facts
from .formats import MISSING, is_number, number

_EXACT = 100.0  # decibels: an error that 32-bit numbers hardly hold


def compression(part: Facts) -> Facts | None:
    """Return a table of reconstructions beside those of PCA, and what it says in words."""
    rows = [row for row in part.get("rows") or [] if isinstance(row, dict)]
    if not rows:
        return None
    shown = [
        {
            "input": row.get("input") or "",
            "by": row.get("by") or "",
            "psnr": _psnr(row),
            "ssim": f"{row['ssim']:.3f}" if is_number(row.get("ssim")) else MISSING,
        }
        for row in rows
    ]
    return {
        "rows": shown,
        "code": number(part.get("code")),
        "pixels": number(part.get("pixels")),
        "images": number(part.get("images")),
        "components": number(part.get("components")),
        "trained": number(part.get("pca_rows")),
        "words": part.get("words") or "",
    }


def _psnr(row: Facts) -> str:
    """Return decibels; without any error they would be infinite, and come as None."""
    if is_number(row.get("psnr")) and row["psnr"] < _EXACT:
        return f"{row['psnr']:.1f} dB"
    return "exact" if is_number(row.get("ssim")) and row["ssim"] > 1 - 1e-9 else MISSING
