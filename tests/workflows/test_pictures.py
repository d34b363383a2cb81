"""Pictures of the report: what a network learns from is shown beside what it was."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import Pretrainer
from layerwise.recipes import make_recipe
from layerwise.report import render
from layerwise.workflows.pictures import pictures

IMAGES = np.random.default_rng(0).random((12, 1, 16, 16)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fixmatch", ["view of Supervised", "weak view of FixMatch", "strong view of FixMatch"]),
        ("simclr", ["view of SimCLR", "view of Supervised"]),
    ],
)
def test_every_kind_of_view_is_shown_below_the_originals(name, words):
    untrained = make_recipe("fixmatch", channels=(2,))
    encoder = Pretrainer(recipe=untrained, random_state=0).fit(IMAGES)
    found = pictures((1, 16, 16), IMAGES, encoder, make_recipe(name, channels=(2,)))
    assert [one for _, one in found["views"]] == words
    shown = [found["originals"], *(found[key] for key, _ in found["views"])]
    assert len({np.asarray(images).tobytes() for images in shown}) == len(words) + 1
    page = render({"title": "t", "pictures": found})
    assert all(one in page for one in words)
