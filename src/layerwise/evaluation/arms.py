"""What takes part in a study: anything that makes a scikit-learn estimator."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone

from .._durable import Facts, jsonable
from .._errors import ParameterError

if TYPE_CHECKING:
    from ..data.reading import Given
    from .data import StudyData
    from .design import Draw

ROLES = ("pretrained", "control", "baseline")
UNLABELLED = -1


class Arm(ABC):
    """Base of all arms; subclass it, or use :class:`EstimatorArm`.

    Attributes
    ----------
    name : str
        Unique in a study.
    role : {'pretrained', 'control', 'baseline'}
    against : str or None
        Of a pretrained arm: the name of its control.
    group : str
        Arms of one group run together and share what they prepare.
    learns_from : {'labelled', 'all'}
        Whether ``fit`` is given the labelled rows alone, or all rows with -1 (classes) or NaN
        (numbers) for those without a label.
    pays : bool
        Whether the seconds of ``prepare`` count as this arm's.
    cause, instead : str
        Of a pretrained arm, in sentences: what it has that its control has not, and how the control
        began.
    begins_alike : bool
        Of a pretrained arm: whether its control begins with the same pretrained network.
    keeps : bool
        Whether what was prepared is worth a place in the study folder; then there are ``keep`` and
        ``recall``.
    """

    name: str
    role: str = "baseline"
    against: str | None = None
    group: str = "baselines"
    learns_from: str = "labelled"
    pays: bool = True
    cause: str = "pretraining"
    instead: str = "from random weights"
    begins_alike: bool = False
    keeps: bool = False

    @abstractmethod
    def spec(self) -> Facts:
        """Return plain data that decides what this arm does; results are kept under it."""

    @abstractmethod
    def settings(self, count: int, labels: int) -> list[dict[str, Any]]:
        """Return the settings to choose from, the usual one first.

        Parameters
        ----------
        count : int
            How many a network may choose from (:class:`Study`'s ``settings``).
        labels : int
            How many labels there are to learn from, those that judge the settings among them.
        """

    @abstractmethod
    def shared(self) -> str:
        """Return what tells apart the things that ``prepare`` makes: arms with equal words share
        one."""

    @abstractmethod
    def prepare(self, X: Given, seed: int) -> Any:
        """Learn from rows without labels, once per draw."""

    def inputs(self, prepared: Any, X: Given) -> Any:
        """Return what the estimator is given for rows X."""
        return X

    @abstractmethod
    def make(self, prepared: Any, setting: Mapping[str, object], seed: int) -> Any:
        """Return an unfitted estimator."""

    def labels(self, given: Any, data: StudyData, draw: Draw, budget: int) -> np.ndarray:
        """Return the rows whose labels there are to learn from: the first of the draw. An arm that
        asks for its labels returns others."""
        return draw.order[:budget]

    def keep(self, prepared: Any, folder: Path) -> None:
        """Write what was prepared into an empty folder."""
        raise NotImplementedError

    def recall(self, folder: Path) -> Any:
        """Read what ``keep`` wrote."""
        raise NotImplementedError


class EstimatorArm(Arm):
    """A scikit-learn estimator, after a transformer that is fitted on all rows without their
    labels.

    Parameters
    ----------
    name : str
    estimator : estimator
    grid : sequence of dict, default ({},)
        Parameters of the settings to choose from, the usual one first.
    representation : transformer or None
        Fitted on all rows that the draw may learn from.
    learns_from : {'labelled', 'all'}, default 'labelled'
    role, against, group
        As in :class:`Arm`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> EstimatorArm("linear", LogisticRegression(), [{"C": 1.0}, {"C": 0.1}]).settings(2, 100)
    [{'C': 1.0}, {'C': 0.1}]
    """

    def __init__(
        self,
        name: str,
        estimator: BaseEstimator,
        grid: Iterable[Mapping[str, object]] = ({},),
        *,
        representation: TransformerMixin | None = None,
        learns_from: str = "labelled",
        role: str = "baseline",
        against: str | None = None,
        group: str = "baselines",
    ) -> None:
        if not (
            hasattr(estimator, "fit")
            and hasattr(estimator, "predict")
            and hasattr(estimator, "get_params")
        ):
            raise ParameterError(
                f"The arm {name!r} is no scikit-learn estimator: {type(estimator).__name__} lacks "
                "fit, predict or get_params.",
                "Give an unfitted classifier or regressor.",
            )
        if learns_from not in ("labelled", "all"):
            raise ParameterError(
                f"The 'learns_from' of {name!r} must be 'labelled' or 'all'. Got {learns_from!r} "
                "instead."
            )
        self.name, self.estimator, self.grid = name, estimator, [dict(setting) for setting in grid]
        self.representation, self.learns_from = representation, learns_from
        self.role, self.against, self.group = role, against, group

    def spec(self) -> Facts:
        return {
            "arm": f"{type(self).__module__}.{type(self).__qualname__}",
            "estimator": described(self.estimator),
            "package": _package(self.estimator),
            "grid": jsonable(self.grid),
            "representation": self.shared(),
            "learns_from": self.learns_from,
        }

    def settings(self, count: int, labels: int) -> list[dict[str, Any]]:
        return self.grid[:count]

    def shared(self) -> str:
        return described(self.representation)

    def prepare(self, X: Given, seed: int) -> Any:
        return (
            None if self.representation is None else seeded(clone(self.representation), seed).fit(X)
        )

    def inputs(self, prepared: Any, X: Given) -> Any:
        return X if prepared is None else prepared.transform(X)

    def make(self, prepared: Any, setting: Mapping[str, object], seed: int) -> Any:
        return seeded(clone(self.estimator).set_params(**setting), seed)


def seeded(estimator: BaseEstimator, seed: int) -> BaseEstimator:
    """Return the estimator with every ``random_state`` that is None set."""
    params = estimator.get_params(deep=True)
    names = [name for name in params if name == "random_state" or name.endswith("__random_state")]
    return estimator.set_params(**{name: seed for name in names if params[name] is None})


def described(value: object) -> str:
    """Return words that are the same for equal settings: class and parameters, nested ones too.

    >>> from sklearn.linear_model import Ridge
    >>> described(Ridge(2.0))[:40]
    'sklearn.linear_model._ridge.Ridge(alpha='
    """
    if isinstance(value, BaseEstimator) or (
        hasattr(value, "get_params") and not isinstance(value, type)
    ):
        params = value.get_params(deep=False)
        inner = ", ".join(f"{name}={described(params[name])}" for name in sorted(params))
        return (
            f"{type(value).__module__}.{type(value).__qualname__}{own_code(type(value))}({inner})"
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(described(item) for item in value)}]"
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{key}: {described(value[key])}' for key in sorted(value, key=str))}}}"
        )
    if isinstance(value, np.ndarray):
        return json.dumps(jsonable(value))
    if isinstance(value, partial):
        return (
            f"partial({described(value.func)}, {described(list(value.args))}, "
            f"{described(value.keywords)})"
        )
    if isinstance(value, FunctionType):
        cells = [described(cell.cell_contents) for cell in value.__closure__ or ()]
        code, defaults = _code(value.__code__), described(list(value.__defaults__ or ()))
        return f"{value.__module__}.{value.__qualname__}({code}, {defaults}, {cells})"
    if isinstance(value, (type, BuiltinFunctionType)):
        return f"{value.__module__}.{value.__qualname__}"
    return (
        value_hash(value)
        if callable(value) or type(value).__repr__ is object.__repr__
        else repr(value)
    )


def own_code(cls: type) -> str:
    """Return a hash of the file that holds a class of somebody's own, nothing for those of packages
    with a version: what a file does may change while a study goes on."""
    module = sys.modules.get(cls.__module__)
    top = sys.modules.get(cls.__module__.partition(".")[0])
    if module is None or hasattr(top, "__version__") or cls.__module__ == "builtins":
        return ""
    try:
        return f"[{hashlib.sha256(inspect.getsource(module).encode()).hexdigest()[:16]}]"
    except (OSError, TypeError):
        code = [v.__code__ for v in vars(cls).values() if isinstance(v, FunctionType)]
        return f"[{joblib.hash([_code(one) for one in code])}]"


def value_hash(value: object) -> str:
    """Return a name for what a value holds."""
    return f"{type(value).__module__}.{type(value).__qualname__}({joblib.hash(value)})"


def _code(code: CodeType) -> str:
    """Return a hash of what a function does: its instructions, names and constants, inner functions
    too."""
    constants = [_code(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return joblib.hash((code.co_code, code.co_names, constants))


def _package(estimator: BaseEstimator) -> str:
    """Return the package that an estimator comes from, with its version where it says one."""
    name = type(estimator).__module__.partition(".")[0]
    return f"{name} {getattr(sys.modules.get(name), '__version__', '')}"
