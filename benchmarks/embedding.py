"""Codes of many short texts by a borrowed encoder, beside the forward pass of ``transformers``:
``python -m benchmarks.embedding [--texts 10000] [--rounds 3]``.

The peer tokenises and pads batches of texts in the order in which they come, at the batch size that
was fastest on a thousand of them; rounds alternate, process time. ``make encoders`` installs the
encoder.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

from .transfer import banking77, minilm, start_of  # noqa: E402

SIZES = (8, 16, 32, 64, 128, 256)
TRIED = 1000  # texts that choose the peer's batch size


class Peer:
    """The library's own forward: tokenizer, model, mean over the tokens that are there."""

    def __init__(self) -> None:
        from transformers import AutoModel, AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(minilm())
        self.model: Any = AutoModel.from_pretrained(minilm()).eval()

    @torch.inference_mode()
    def codes(self, texts: list[str], size: int) -> np.ndarray:
        parts = []
        for start in range(0, len(texts), size):
            given = self.tokenizer(
                texts[start : start + size], padding=True, truncation=True, return_tensors="pt"
            )
            tokens = self.model(**given).last_hidden_state
            there = given["attention_mask"][:, :, None].float()
            codes = (tokens * there).sum(1) / there.sum(1)
            parts.append(torch.nn.functional.normalize(codes, dim=1).numpy())
        return np.concatenate(parts)


def seconds(run: Callable[[], Any]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    X = banking77()[0][: options.texts]
    texts = [str(text) for text in np.asarray(X).reshape(-1)]
    peer, own = Peer(), start_of("banking77", X, 0)
    size = min(SIZES, key=lambda one: seconds(lambda: peer.codes(texts[:TRIED], one)))
    print(f"{len(texts):,} texts; the peer's best batch has {size}", flush=True)
    apart = np.abs(own.transform(X[:200]) - peer.codes(texts[:200], size)).max()
    print(f"largest difference of 200 codes: {apart:.1e}", flush=True)
    pairs = [
        (seconds(lambda: own.transform(X)), seconds(lambda: peer.codes(texts, size)))
        for _ in range(options.rounds)
    ]
    ratios = [one / other for one, other in pairs]
    print(f"seconds (own, peer): {[(round(a, 1), round(b, 1)) for a, b in pairs]}")
    print(f"own / peer: {np.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
