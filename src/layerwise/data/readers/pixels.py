"""One image file: its size from the header, then its pixels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
MOST_PIXELS = 25_000_000
_ENDINGS = {
    ".png",
    ".jpg",
    ".jpeg",
    ".jpe",
    ".webp",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".ppm",
    ".pgm",
    ".pbm",
    ".pnm",
}
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Header:
    """Width and height as they are shown, whether there is only grey, and the bits of a value."""

    size: tuple[int, int]
    grey: bool
    bits: int = 8


def probe(path: Path) -> Header | str | None:
    """Return an image's header, a reason why it cannot be read, or None for a file that is no
    image.

    The kind is told by content. A file that only its ending calls an image is unreadable, not
    ignored.
    """
    from PIL import Image, UnidentifiedImageError

    named = is_named(path)
    try:
        if path.stat().st_size == 0:
            return "empty" if named else None
        with _quiet(), open(path, "rb") as stream, Image.open(stream, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                return _too_large(f"{width} x {height}")
            turned = _orientation(image) in (5, 6, 7, 8)
            shown = (height, width) if turned else (width, height)
            return Header(shown, image.mode in _GREY, _bits(path, image))
    except UnidentifiedImageError:
        return "not an image of a known kind" if named else None
    except Image.DecompressionBombError:
        return _too_large("its size")
    except Exception as error:  # a decoder may raise anything on damaged bytes
        return _reason(error)


def is_named(path: Path) -> bool:
    """Tell whether a file is called an image."""
    return path.suffix.lower() in _ENDINGS


def brightest(path: Path) -> int:
    """Return the largest value of an image of 16 bits, 0 where it cannot be read."""
    from PIL import Image

    try:
        with _quiet(), open(path, "rb") as stream, Image.open(stream, formats=FORMATS) as image:
            largest = int(np.asarray(image).max())
            return largest if image.mode.startswith("I") else 257 * largest
    except Exception:  # named by pixels, which reads it again
        return 0


def pixels(path: Path, size: tuple[int, int], grey: bool, white: int = 65535) -> np.ndarray | str:
    """Return the image as uint8 of shape (c, h, w), or a reason why it cannot be read.

    Parameters
    ----------
    path : Path
    size : (width, height)
        The image is resized when it has another.
    grey : bool
        One channel instead of three. Transparency is laid on white.
    white : int
        The value of an image of 16 bits that becomes 255.
    """
    from PIL import Image, ImageOps

    try:
        # A stream, not the path: Pillow maps a path into memory, and there mixes up the pixels of a
        # turned TIFF (13.0).
        with _quiet(), open(path, "rb") as stream, Image.open(stream, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                return _too_large(f"{image.width} x {image.height}")
            image.load()
            turned = (
                image if image.format == "TIFF" else ImageOps.exif_transpose(image)
            )  # a TIFF is turned by load
            flat = _converted(turned, grey, white)
            if flat.size != size:
                flat = flat.resize(
                    size, Image.Resampling.BILINEAR
                )  # Pillow averages when it makes images smaller
            array = np.asarray(flat, dtype=np.uint8)
    except Exception as error:  # a decoder may raise anything on damaged bytes
        return _reason(error)
    return array[None] if grey else array.transpose(2, 0, 1)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings of large sizes and odd metadata; sizes are checked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _bits(path: Path, image: Image.Image) -> int:
    """Return 16 for an image with more than 256 levels of a colour, else 8."""
    if image.mode.startswith("I"):
        return 16
    if image.format != "PNG":
        return 8
    with open(path, "rb") as stream:  # Pillow keeps the upper half of 16-bit colours
        header = stream.read(25)
    return 16 if header[24:25] == b"\x10" else 8


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        # Pillow has turned the size of a TIFF already; asking a PNG without EXIF would decode it
        return 1
    return image.getexif().get(_ORIENTATION, 1)


def _converted(image: Image.Image, grey: bool, white: int) -> Image.Image:
    from PIL import Image

    mode = "L" if grey else "RGB"
    if image.mode.startswith("I"):
        deep = np.asarray(image).astype(np.int64)
        if deep.min() < 0 or deep.max() > 65535:
            raise ValueError("values outside 16 bits")
        scaled = deep // 257 if white == 65535 else np.minimum(deep * 255 // white, 255)
        image = Image.fromarray(scaled.astype(np.uint8))
    elif image.mode == "F":
        raise ValueError("floating-point pixels")
    elif image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        cover = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", cover.size, "white"), cover)
    return image if image.mode == mode else image.convert(mode)


def _too_large(size: str) -> str:
    return f"{size} is over {MOST_PIXELS // 1_000_000} million pixels"


def _reason(error: Exception) -> str:
    text = (str(error).splitlines() or [""])[0]
    return (
        "truncated" if "truncated" in text.lower() else f"damaged: {text or type(error).__name__}"
    )
