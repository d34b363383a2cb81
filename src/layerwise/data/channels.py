"""Images as (n, channels, height, width): one check for every way in."""

from __future__ import annotations

from .._errors import DataError

_COLOURS = (1, 3, 4)


def check_channels(shape: tuple[int, ...], name: str) -> None:
    """Refuse an array of images whose channels seem to be last.

    Parameters
    ----------
    shape : tuple of int
        Of the array; one of other than four dimensions is not looked at.
    name : str

    Raises
    ------
    DataError
        For (n, h, w, c) with 1, 3 or 4 in the place of c, below h and w, and not in that of the
        channels.
    """
    if len(shape) != 4 or shape[3] not in _COLOURS or shape[1] in _COLOURS:
        return
    if shape[3] >= min(shape[1], shape[2]):  # a small map of features: nothing says which is which
        return
    raise DataError(
        f"{name} has the shape {tuple(shape)}: the channels seem to be last; expected "
        "(n, c, h, w).",
        "Give X.transpose(0, 3, 1, 2).",
    )
