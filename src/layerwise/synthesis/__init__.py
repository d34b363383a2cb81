"""Made-up rows, tried: are they like real ones, are they copies, is anything missing?"""

from .fidelity import Fidelity, Share, tried

__all__ = ["Fidelity", "Share", "tried"]
