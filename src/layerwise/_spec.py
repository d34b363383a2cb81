"""Frozen values: settings that are data.

A :class:`Spec` is a frozen dataclass whose ``repr`` can be typed back in, which turns into plain
data and back, and whose nested fields can be read and changed by path. The registry is closed:
plain data names a registered class or is refused.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import numbers
from collections.abc import Mapping
from typing import Any, Self

from ._errors import ParameterError, did_you_mean

_REGISTRY: dict[str, type[Spec]] = {}
_MAX_DEPTH = 32


class Spec:
    """Base of all frozen values; subclasses are frozen dataclasses."""

    def to_dict(self) -> dict[str, Any]:
        """Return this value as plain data (JSON types only)."""
        return {"type": type(self).__name__} | {
            name: _plain(value) for name, value in self._fields().items()
        }

    def replace(self, path: str, value: object) -> Self:
        """Return a copy in which the field at a dotted path has another value.

        >>> from layerwise import Denoising, Masking
        >>> Denoising(Masking(0.25)).replace("corruption.p", 0.3)
        Denoising(Masking(0.3))
        """
        name, _, rest = path.replace("__", ".").partition(".")
        fields = self._fields()
        if name not in fields:
            raise ParameterError(
                f"{type(self).__name__} has no field {name!r}.", did_you_mean(name, fields)
            )
        changed = (
            _replaced(fields[name], rest, value, f"{type(self).__name__}.{name}") if rest else value
        )
        return self.from_fields(fields | {name: changed})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the fields, nested ones as ``outer__inner`` (scikit-learn's convention)."""
        params = dict(self._fields())
        if deep:
            for name, value in self._fields().items():
                if isinstance(value, Spec):
                    params |= {
                        f"{name}__{inner}": item for inner, item in value.get_params().items()
                    }
        return params

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Build from field values by name."""
        return cls(**fields)

    def _fields(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]

    def __sklearn_clone__(self) -> Self:
        return self

    def __repr__(self) -> str:
        shown = []
        positional = True
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            required = (
                field.default is dataclasses.MISSING
                and field.default_factory is dataclasses.MISSING
            )
            if required or value != field.default:
                first = positional and not field.kw_only
                text = repr(value.item() if hasattr(value, "item") else value)
                shown.append(text if first else f"{field.name}={text}")
            else:
                positional = False
        return f"{type(self).__name__}({', '.join(shown)})"


def registered(kind: type[Spec]) -> list[type[Spec]]:
    """Return the registered classes of a kind, by name."""
    return [_REGISTRY[name] for name in sorted(_REGISTRY) if issubclass(_REGISTRY[name], kind)]


def register(cls: type[Spec]) -> type[Spec]:
    """Let a model folder name this class; use it on your own stages, objectives, schedules and
    corruptions.

    Parameters
    ----------
    cls : subclass of Spec
        A frozen dataclass. Its name must not be taken.

    Raises
    ------
    ParameterError
        When another class of this name is registered.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import layerwise
    >>> @layerwise.register
    ... @dataclass(frozen=True, repr=False)
    ... class Fewer(layerwise.Schedule):
    ...     def spans(self, depth):
    ...         return [(0, 0)]
    >>> list(Fewer(3).phases(2))
    [Phase(first=0, last=0, epochs=3)]
    """
    known = _REGISTRY.get(cls.__name__)
    if known is not None and (known.__module__, known.__qualname__) != (
        cls.__module__,
        cls.__qualname__,
    ):
        raise ParameterError(
            f"The name {cls.__name__!r} is taken by {known.__module__}.",
            "Give your class another name.",
        )
    _REGISTRY[cls.__name__] = cls
    return cls


def from_dict(data: object, depth: int = 0) -> Any:
    """Build the value that :meth:`Spec.to_dict` described; only registered classes are built."""
    if depth > _MAX_DEPTH:
        raise ParameterError(f"The description is nested deeper than {_MAX_DEPTH} levels.")
    if isinstance(data, list):
        return tuple(from_dict(item, depth + 1) for item in data)
    if not isinstance(data, Mapping):
        return data
    cls = _REGISTRY.get(str(data.get("type")))
    if cls is None:
        raise ParameterError(
            f"Unknown type {data.get('type')!r}.",
            "If it is your own class, call layerwise.register(...) on it before loading, on the "
            "command line by --with.",
        )
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = set(data) - known - {"type"}
    if unknown:
        raise ParameterError(
            f"{cls.__name__} has no field {sorted(unknown)[0]!r}.",
            did_you_mean(sorted(unknown)[0], known),
        )
    try:
        return cls.from_fields(
            {name: from_dict(value, depth + 1) for name, value in data.items() if name != "type"}
        )
    except (TypeError, KeyError) as error:
        raise ParameterError(f"{cls.__name__} cannot be built: {error}.") from error


def from_words(text: str) -> Any:
    """Return the value that words spell, as its ``repr`` would: names of registered classes with
    plain values as arguments. Nothing is run.

    Raises
    ------
    ParameterError
        When the words spell no such value.

    >>> from_words("Denoising(Masking(0.3), emphasis=(1, 0.5))")
    Denoising(Masking(0.3), emphasis=(1, 0.5))
    """
    try:
        return _spoken(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ParameterError):
            raise
        raise ParameterError(
            f"{text!r} spells no value.", "Write it as Python shows it: Denoising(Masking(0.3))."
        ) from error


def _spoken(node: ast.expr) -> Any:
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_spoken(item) for item in node.elts)
    if not isinstance(node, ast.Call):
        return ast.literal_eval(node)
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in _REGISTRY:
        raise ParameterError(
            f"There is no registered class {name!r}.", did_you_mean(name, _REGISTRY)
        )
    arguments = [_spoken(item) for item in node.args]
    if any(item.arg is None for item in node.keywords):
        raise ParameterError(f"{name}(**...) spells no value.", "Name each argument.")
    settings = {str(item.arg): _spoken(item.value) for item in node.keywords}
    try:
        return _REGISTRY[name](*arguments, **settings)
    except TypeError as error:
        raise ParameterError(f"{name} cannot be built: {error}.") from error


def unregistered(data: object) -> list[str]:
    """Return the names in plain data of classes that are not registered."""
    if isinstance(data, list):
        return [name for item in data for name in unregistered(item)]
    if not isinstance(data, Mapping):
        return []
    own = [str(data["type"])] if "type" in data and data["type"] not in _REGISTRY else []
    return [*own, *(name for item in data.values() for name in unregistered(item))]


def foreign(data: Any) -> bool:
    """Whether plain data name a class that is not the package's own."""
    if isinstance(data, list):
        return any(foreign(item) for item in data)
    if not isinstance(data, Mapping):
        return False
    cls = _REGISTRY.get(str(data.get("type"))) if "type" in data else Spec
    own = cls is not None and cls.__module__.startswith("layerwise.")
    return not own or any(foreign(item) for item in data.values())


def spelled(data: object) -> str:
    """Return plain data as its ``repr`` would be, or, of a class that is not registered, with all
    its fields.

    >>> spelled({"type": "Unheard", "p": 0.5, "of": [{"type": "Masking", "p": 0.1}]})
    'Unheard(p=0.5, of=(Masking(0.1),))'
    """
    if isinstance(data, list):
        items = [spelled(item) for item in data]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    if not isinstance(data, Mapping):
        return repr(data)
    with contextlib.suppress(ParameterError):
        return repr(from_dict(data))
    fields = [f"{_word(key)}={spelled(data[key])}" for key in data if key != "type"]
    return f"{_word(data.get('type'))}({', '.join(fields)})"


def _word(name: object) -> str:
    """Return a name that is one, and anything else in quotes: it comes from a file."""
    return name if isinstance(name, str) and name.isidentifier() else repr(name)


def _plain(value: object) -> Any:
    if isinstance(value, Spec):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise ParameterError(
        f"A value of type {type(value).__name__} cannot be written as plain data.",
        "Use numbers, strings, None, tuples or specs.",
    )


def _replaced(value: object, path: str, new: object, where: str) -> Any:
    if isinstance(value, Spec):
        return value.replace(path, new)
    head, _, rest = path.partition(".")
    if isinstance(value, tuple) and head.isdigit() and int(head) < len(value):
        items = list(value)
        items[int(head)] = (
            _replaced(items[int(head)], rest, new, f"{where}.{head}") if rest else new
        )
        return tuple(items)
    what = (
        f"has the positions 0 to {len(value) - 1}"
        if isinstance(value, tuple)
        else f"is {value!r}, which has no fields"
    )
    raise ParameterError(f"Cannot set {path!r}: {where} {what}.", "Name a field that exists.")
