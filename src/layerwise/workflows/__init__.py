"""What the commands do, as functions."""

from .comparison import compare
from .demo import demo
from .download import download_encoder
from .evaluate import evaluate
from .fit import fit
from .generating import generate
from .labelling import label
from .recipes import recipes
from .study_result import StudyResult
from .suggesting import suggest
from .use import embed, predict, reconstruct, score

__all__ = [
    "StudyResult",
    "compare",
    "demo",
    "download_encoder",
    "embed",
    "evaluate",
    "fit",
    "generate",
    "label",
    "predict",
    "recipes",
    "reconstruct",
    "score",
    "suggest",
]
