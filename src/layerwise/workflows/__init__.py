"""What the commands do, as functions."""

from .demo import demo
from .fit import fit
from .use import embed, predict, reconstruct, score

__all__ = ["demo", "embed", "fit", "predict", "reconstruct", "score"]
