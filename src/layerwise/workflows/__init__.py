"""What the commands do, as functions."""

from .demo import demo
from .fit import fit
from .recipes import recipes
from .use import embed, predict, reconstruct, score

__all__ = ["demo", "embed", "fit", "predict", "recipes", "reconstruct", "score"]
