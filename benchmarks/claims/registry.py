"""The twenty claims, in order."""

from __future__ import annotations

from . import (
    claim_01,
    claim_02,
    claim_03,
    claim_04,
    claim_05,
    claim_06,
    claim_07,
    claim_08,
    claim_09,
    claim_10,
    claim_11,
    claim_12,
    claim_13,
    claim_14,
    claim_15,
    claim_16,
    claim_17,
    claim_18,
    claim_19,
    claim_20,
)
from .study import Claim

CLAIMS: tuple[Claim, ...] = tuple(
    module.CLAIM
    for module in (
        claim_01,
        claim_02,
        claim_03,
        claim_04,
        claim_05,
        claim_06,
        claim_07,
        claim_08,
        claim_09,
        claim_10,
        claim_11,
        claim_12,
        claim_13,
        claim_14,
        claim_15,
        claim_16,
        claim_17,
        claim_18,
        claim_19,
        claim_20,
    )
)
