"""Numbers in the sentences of a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class Words:
    """Numbers in sentences: points for an accuracy, plain numbers for R²."""

    def __init__(self, metric: str, practical: float) -> None:
        self.points = metric == "accuracy"
        self.practical = practical

    def level(self, value: float) -> str:
        return f"{100 * value:.1f} %" if self.points else f"R² {value:.3f}"

    def plain(self, value: float) -> str:
        """Return a level without its name.

        >>> Words("accuracy", 0.005).plain(0.873), Words("r2", 0.005).plain(0.5)
        ('87.3%', '0.500')
        """
        return f"{value:.1%}" if self.points else f"{value:.3f}"

    def measured(self, value: float) -> str:
        """Return a level with the name of its measure.

        >>> Words("accuracy", 0.005).measured(0.873)
        'accuracy 87.3%'
        """
        return f"{'accuracy' if self.points else 'R²'} {self.plain(value)}"

    def signed(self, value: float) -> str:
        return (f"{100 * value:+.1f}" if self.points else f"{value:+.3f}").replace(
            "-", "\N{MINUS SIGN}"
        )

    def gain(self, value: float) -> str:
        return self.signed(value) + (" points" if self.points else " R²")

    def beside(self, row: Mapping[str, float], other: str) -> str:
        """Return the average difference with its interval.

        >>> row = {"mean": 0.023, "low": 0.009, "high": 0.037}
        >>> Words("accuracy", 0.005).beside(row, "its control")
        'on average 2.3 points above its control (95 % interval +0.9 to +3.7)'
        """
        gain = self.gain(row["mean"])
        return (
            f"on average {gain[1:]} {'above' if gain[0] == '+' else 'below'} {other} "
            f"(95 % interval {self.signed(row['low'])} to {self.signed(row['high'])})"
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


def seconds(value: float) -> str:
    """Return a time.

    >>> seconds(3.21), seconds(90)
    ('3.2 s', '1.5 min')
    """
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.1f} min"
