"""The settings of a study, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._checks import check_bool, check_int, check_number
from .._errors import ParameterError
from .._spec import Spec

SMALL = 1_000  # rows; below, a study has more draws
MOST_BUDGETS = 4
LARGEST_BUDGET = 5_000
MOST_SETTINGS = 4


@dataclass(frozen=True, repr=False)
class Study(Spec):
    """How many labels, how often drawn, and how arms are treated.

    Parameters
    ----------
    labels : tuple of int, optional
        The budgets: numbers of labels to learn from. By default up to four numbers in equal ratios,
        from two a class (at least 10) to half of the labels there are (at most 5,000).
    draws : int, optional
        How often the labels (and, without a given test part, the test rows) are drawn; by default
        5, and 10 with fewer than 1,000 rows. Draw ``i`` is the same whatever their number: a
        widened study only adds.
    settings : int, default 2
        Fine-tuning settings that a network may choose from, in [1, 4]. Baselines have grids of
        their own, no smaller; with 1 nothing is chosen, and every arm has its usual one.
    rows : int, optional
        Rows without labels that an arm may learn from in one draw; by default all that are not
        tested on.
    transductive : bool, default False
        Let arms see the test rows, without their labels, while they pretrain.
    practical : float, default 0.005
        Half the region of practical equivalence, in the metric's units: 0.005 is half a point of
        accuracy. Of a loss it is a share of what a guess loses. A tenth of the control's error is
        the most it can be.
    seed : int, default 0
    metric : str, optional
        What arms are compared by (``layerwise.evaluation.metrics``); by default what suits the
        data. Results do not depend on it: a study that is there can be judged by another.

    Raises
    ------
    ParameterError
        When a value is out of its range.

    Examples
    --------
    >>> Study(draws=3, labels=(20, 100))
    Study((20, 100), 3)
    """

    labels: tuple[int, ...] | None = None
    draws: int | None = None
    settings: int = 2
    rows: int | None = None
    transductive: bool = False
    practical: float = 0.005
    seed: int = 0
    metric: str | None = None

    def __post_init__(self) -> None:
        if self.labels is not None:
            object.__setattr__(self, "labels", _budgets(self, self.labels))
        check_int(self, "draws", self.draws, 1, optional=True)
        check_int(self, "settings", self.settings, 1)
        if self.settings > MOST_SETTINGS:
            raise ParameterError(
                f"The 'settings' of Study must be an int in the range [1, {MOST_SETTINGS}]. Got "
                f"{self.settings} instead."
            )
        check_int(self, "rows", self.rows, 2, optional=True)
        check_bool(self, "transductive", self.transductive)
        check_number(self, "practical", self.practical, 0.0, open_low=True)
        check_int(self, "seed", self.seed, 0)
        if self.metric is not None and not isinstance(self.metric, str):
            raise ParameterError(
                f"The 'metric' of Study must be a str or None. Got {self.metric!r} instead."
            )

    def fitted(self, rows: int, labelled: int, classes: int) -> Study:
        """Return the same with numbers where there was None.

        Parameters
        ----------
        rows, labelled : int
            All rows, and the labelled ones that one draw may learn from.
        classes : int
            0 for a regression.

        Raises
        ------
        ParameterError
            When a budget is smaller than the number of classes, or larger than the labels there
            are.
        """
        least = max(classes, 2)
        labels = (
            self.labels
            if self.labels is not None
            else ladder(max(10, 2 * classes), min(labelled // 2, LARGEST_BUDGET))
        )
        if not labels:
            raise ParameterError(
                f"{labelled:,} labelled rows a draw are too few: the smallest default budget is "
                f"{max(10, 2 * classes)} labels.",
                "Label more rows, or name the budgets with --labels.",
            )
        for budget in labels:
            if not least <= budget <= labelled:
                what = f"{classes} classes need" if classes else "a regression needs"
                raise ParameterError(
                    f"A budget of {budget:,} labels was asked for; {what} at least {least}, and a "
                    f"draw has {labelled:,}.",
                    f"Choose budgets from {least} to {labelled:,}.",
                )
        return replace(self, labels=labels, draws=self.draws or (10 if rows < SMALL else 5))


def ladder(low: int, high: int) -> tuple[int, ...]:
    """Return up to four numbers from the series 1, 2, 5, 10, ..., in about equal ratios.

    >>> ladder(20, 700), ladder(10, 30_000), ladder(10, 12), ladder(40, 30)
    ((20, 50, 200, 500), (10, 100, 2000, 20000), (10,), ())
    """
    series = [m * 10**e for e in range(9) for m in (1, 2, 5) if low <= m * 10**e <= high]
    if len(series) <= MOST_BUDGETS:
        return tuple(series)
    last = len(series) - 1
    return tuple(series[round(i * last / (MOST_BUDGETS - 1))] for i in range(MOST_BUDGETS))


def _budgets(owner: Study, labels: object) -> tuple[int, ...]:
    if not isinstance(labels, (tuple, list)) or not labels:
        raise ParameterError(
            f"The 'labels' of Study must be a tuple of ints or None. Got {labels!r} instead."
        )
    for budget in labels:
        check_int(owner, "labels", budget, 2)
    return tuple(sorted({int(budget) for budget in labels}))
