"""How columns become a network's input, as a value."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from .._checks import check_bool, check_int, check_kind, check_name, check_number
from .._spec import Spec, register
from .fitting import NUMBERS
from .preprocessing import Preprocessor
from .text import TextEncoding
from .whitening import WHITENINGS


@register
@dataclass(frozen=True, repr=False)
class Inputs(Spec):
    """The settings of a ``Preprocessor`` as a frozen value, for recipes.

    Parameters
    ----------
    numbers, max_categories, contrast, whitening, epsilon, text, text_columns
        As in ``Preprocessor``; None for the last two is 'auto'.

    Raises
    ------
    ParameterError
        When a setting is unknown or out of its range.

    Examples
    --------
    >>> from layerwise import Inputs
    >>> Inputs("robust").make()
    Preprocessor(numbers='robust')
    """

    numbers: str = "auto"
    _: KW_ONLY
    max_categories: int = 100
    contrast: bool = False
    whitening: str | None = None
    epsilon: float = 0.1
    text: TextEncoding | None = None
    text_columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_name(self, "numbers", self.numbers, NUMBERS)
        check_int(self, "max_categories", self.max_categories, 1)
        check_bool(self, "contrast", self.contrast)
        if self.whitening is not None:
            check_name(self, "whitening", self.whitening, WHITENINGS)
        check_number(self, "epsilon", self.epsilon, 0, open_low=True)
        check_kind(self, "text", self.text, (TextEncoding, type(None)), "Words(), Pieces() or None")
        check_kind(
            self,
            "text_columns",
            self.text_columns,
            (tuple, list, type(None)),
            "names of columns, or None",
        )

    def make(self) -> Preprocessor:
        """Return a preprocessor that is not fitted."""
        return Preprocessor(
            self.numbers,
            self.max_categories,
            contrast=self.contrast,
            whitening=self.whitening,
            epsilon=self.epsilon,
            text="auto" if self.text is None else self.text,
            text_columns="auto" if self.text_columns is None else self.text_columns,
        )
