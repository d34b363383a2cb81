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
    kept = {
        name: dict(vars(module)[of])
        for name, of in REGISTRIES.items()
        if (module := sys.modules.get(name))
    }
    yield
    for name, before in kept.items():
        registry = vars(sys.modules[name])[REGISTRIES[name]]
        for key in set(registry) - set(before):
            own = getattr(registry[key], "__module__", "")
            if not own.startswith("layerwise."):
                del registry[key]
