"""Numbers in the sentences of a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .metrics import Metric

_MINUS = "\N{MINUS SIGN}"


class Words:
    """Numbers in sentences: percent and points for a share of rows, else plain numbers.

    Parameters
    ----------
    metric : Metric
    """

    def __init__(self, metric: Metric) -> None:
        self.metric, self.points = metric, metric.points

    def level(self, value: float) -> str:
        """Return a level with its name where it is no share.

        >>> from layerwise.evaluation.metrics import metric_named
        >>> Words(metric_named("log_loss", "classification")).level(0.3141)
        'log loss 0.314'
        """
        return f"{100 * value:.1f} %" if self.points else f"{self.metric.title} {self.plain(value)}"

    def plain(self, value: float) -> str:
        """Return a level without its name.

        >>> from layerwise.evaluation.metrics import metric_named
        >>> Words(metric_named("accuracy", "classification")).plain(0.873)
        '87.3%'
        """
        return f"{value:.1%}" if self.points else _number(value).replace("-", _MINUS)

    def measured(self, value: float) -> str:
        """Return a level with the name of its measure.

        >>> from layerwise.evaluation.metrics import metric_named
        >>> Words(metric_named("accuracy", "classification")).measured(0.873)
        'accuracy 87.3%'
        """
        return f"{self.metric.title} {self.plain(value)}"

    def levels(self, values: Sequence[float]) -> str:
        """Return '77.3 to 95.0 %', or one level.

        >>> from layerwise.evaluation.metrics import metric_named
        >>> Words(metric_named("r2", "regression")).levels([0.5, 0.75])
        'R² 0.500 to 0.750'
        """
        first, last = (self.level(value) for value in (values[0], values[-1]))
        if first == last:
            return first
        if self.points:
            return f"{first.removesuffix(' %')} to {last}"
        return f"{first} to {self.plain(values[-1])}"

    def signed(self, value: float) -> str:
        text = f"{100 * value:+.1f}" if self.points else _number(value, sign=True)
        return text.replace("-", _MINUS)

    def gain(self, value: float) -> str:
        """Return a gain with its unit; for a loss it is what the loss falls by."""
        if self.points:
            return f"{self.signed(value)} points"
        return f"{self.signed(value)} {self.metric.title}"

    def beside(self, row: Mapping[str, float], other: str) -> str:
        """Return the average difference with its interval.

        >>> from layerwise.evaluation.metrics import metric_named
        >>> row = {"mean": 0.023, "low": 0.009, "high": 0.037}
        >>> Words(metric_named("accuracy", "classification")).beside(row, "its control")
        'on average 2.3 points above its control (95 % interval +0.9 to +3.7)'
        >>> Words(metric_named("log_loss", "classification")).beside(row, "its control")
        'on average 0.023 better in log loss than its control (95 % interval +0.009 to +0.037)'
        """
        size = self.signed(row["mean"])[1:]
        better = row["mean"] >= 0
        if self.metric.higher_is_better:
            unit = "points" if self.points else self.metric.title
            what = f"{size} {unit} {'above' if better else 'below'} {other}"
        else:
            side = "better" if better else "worse"
            what = f"{size} {side} in {self.metric.title} than {other}"
        return (
            f"on average {what} (95 % interval {self.signed(row['low'])} to "
            f"{self.signed(row['high'])})"
        )

    def difference(self, row: Mapping[str, float]) -> str:
        return f"{self.signed(row['mean'])} [{self.signed(row['low'])}, {self.signed(row['high'])}]"

    def numbers(self, values: Sequence[int]) -> str:
        return self.list(f"{value:,}" for value in sorted(values))

    @staticmethod
    def list(items: Iterable[str]) -> str:
        """Return 'a, b and c'."""
        words = list(items)
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _number(value: float, sign: bool = False) -> str:
    """Return three decimals, or three digits of a large number."""
    plus = "+" if sign else ""
    if value != value or abs(value) < 100:
        return f"{value:{plus}.3f}"
    return f"{value:{plus},.0f}" if abs(value) < 1e7 else f"{value:{plus}.3g}"


def over(budgets: Sequence[int]) -> str:
    """Return 'over 20 to 500 labels', or 'with 20 labels'.

    >>> over([20, 100, 500]), over([20])
    ('over 20 to 500 labels', 'with 20 labels')
    """
    first, last = budgets[0], budgets[-1]
    return f"with {first:,} labels" if first == last else f"over {first:,} to {last:,} labels"


def between(budgets: Sequence[int]) -> str:
    """Return 'with 20 to 500 labels', or 'with 20 labels'."""
    return over(budgets).replace("over", "with")


def seconds(value: float) -> str:
    """Return a time.

    >>> seconds(3.21), seconds(90), seconds(0.01)
    ('3.2 s', '1.5 min', 'under 0.1 s')
    """
    if value < 0.05:
        return "under 0.1 s"
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.1f} min"
