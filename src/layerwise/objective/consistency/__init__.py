"""Labels, and answers that do not change where they should not: labelled and unlabelled rows at
once."""

from .consistency import Consistency
from .fixmatch import FixMatch
from .mean_teacher import MeanTeacher
from .pi_model import PiModel
from .vat import VAT
from .vime_consistency import VIMEConsistency

__all__ = ["Consistency", "FixMatch", "MeanTeacher", "PiModel", "VAT", "VIMEConsistency"]
