"""What a test or an example registers is gone after it."""

from __future__ import annotations

import sys

import pytest

REGISTRIES = {
    "layerwise._spec": "_REGISTRY",
    "layerwise.recipes": "RECIPES",
    "layerwise.evaluation.baselines": "_OWN",
    "layerwise.data.readers.own": "_READERS",
}


@pytest.fixture(autouse=True)
def registries():
    """Put back what was registered by name before the test; classes that a module brings with it
    when it is first imported stay."""
    kept = {name: set(registry) for name, registry in _loaded()}
    yield
    for name, registry in _loaded():
        for key in set(registry) - kept.get(name, set()):
            if not _own(registry[key]):
                del registry[key]


def _own(part):
    """Whether a part stands in a module of the package, and not in an example."""
    name = getattr(part, "__module__", "")
    return name.startswith("layerwise.") and hasattr(sys.modules[name], part.__name__)


def _loaded():
    there = [(name, of) for name, of in REGISTRIES.items() if name in sys.modules]
    return [(name, vars(sys.modules[name])[of]) for name, of in there]
