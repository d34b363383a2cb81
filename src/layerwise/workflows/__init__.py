"""What the commands do, as functions."""

from .comparison import compare
from .demo import demo
from .fit import fit
from .recipes import recipes
from .use import embed, predict, reconstruct, score

__all__ = ["compare", "demo", "embed", "fit", "predict", "recipes", "reconstruct", "score"]
