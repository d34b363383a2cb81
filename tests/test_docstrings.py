"""Every public name is documented, and what can be built or called shows how."""

from __future__ import annotations

import inspect

import pytest

import layerwise

BASES = {
    "Arm",
    "Augmentation",
    "Consistency",
    "Corruption",
    "Mixing",
    "Objective",
    "Schedule",
    "Source",
    "Spec",
    "Stage",
    "StageModule",
    "TwoViews",
}  # never built; docs/extending.md shows them
PUBLIC = [name for name in layerwise.__all__ if callable(getattr(layerwise, name))]
ERRORS = {
    name
    for name in PUBLIC
    if inspect.isclass(getattr(layerwise, name)) and issubclass(getattr(layerwise, name), Exception)
}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_says_what_it_is(name):
    text = inspect.getdoc(getattr(layerwise, name)) or ""
    assert len(text) > 20
    first, *_ = text.split("\n\n")
    assert first.endswith((".", ":"))


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - BASES - ERRORS - {"Phase"}))
def test_what_can_be_built_or_called_shows_an_example(name):
    assert ">>>" in (inspect.getdoc(getattr(layerwise, name)) or "")
