"""How columns become a network's input, as a value."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from .._checks import check_bool, check_int, check_name, check_number
from .._spec import Spec, register
from .fitting import NUMBERS
from .preprocessing import Preprocessor
from .whitening import WHITENINGS


@register
@dataclass(frozen=True, repr=False)
class Inputs(Spec):
    """The settings of a ``Preprocessor`` as a frozen value, for recipes.

    Parameters
    ----------
    numbers, max_categories, contrast, whitening, epsilon
        As in ``Preprocessor``.

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

    def __post_init__(self) -> None:
        check_name(self, "numbers", self.numbers, NUMBERS)
        check_int(self, "max_categories", self.max_categories, 1)
        check_bool(self, "contrast", self.contrast)
        if self.whitening is not None:
            check_name(self, "whitening", self.whitening, WHITENINGS)
        check_number(self, "epsilon", self.epsilon, 0, open_low=True)

    def make(self) -> Preprocessor:
        """Return a preprocessor that is not fitted."""
        return Preprocessor(
            self.numbers,
            self.max_categories,
            contrast=self.contrast,
            whitening=self.whitening,
            epsilon=self.epsilon,
        )
