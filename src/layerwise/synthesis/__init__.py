"""Made-up rows, tried: are they like real ones, are they copies, is anything missing, and what can
be learned from them?"""

from .columns import Marginal, Pair, compared, sentences
from .fidelity import LEAST, Fidelity, Share, tried
from .taught import Taught, taught

__all__ = [
    "LEAST",
    "Fidelity",
    "Marginal",
    "Pair",
    "Share",
    "Taught",
    "compared",
    "sentences",
    "taught",
    "tried",
]
