"""What a model folder holds.

``model.safetensors``
    Every weight, and the arrays of the fitted preprocessing: ``pretrained.*``, ``stack.*`` and
    ``head.*`` for a fine-tuned model, ``preprocessing.*``.
``model.json``
    Format and library version, the specs as plain data, input columns, classes, a summary of the
    training, the SHA-256 of the weights, and a digest of itself.
``README.md``
    A model card.
"""

from __future__ import annotations

import hashlib
import json

from .._durable import Facts

FORMAT = "layerwise-model"
FORMAT_VERSION = 1
WEIGHTS = "model.safetensors"
DESCRIPTION = "model.json"
CARD = "README.md"


def digest_of(description: Facts) -> str:
    """Return the SHA-256 of a description without its own digest."""
    rest = {name: value for name, value in description.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
