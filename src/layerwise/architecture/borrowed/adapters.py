"""Low-rank adapters: a borrowed encoder is fine-tuned by few numbers beside each of its weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..._errors import PairingError, ParameterError
from ..._random import seeded

_SCALE = 2  # what the adapters say is multiplied by


def adapted(model: nn.Module, rank: int, generator: torch.Generator, name: str) -> nn.Module:
    """Put ``(x A) B`` of a rank beside each linear layer of an encoder's blocks, in place, and let
    everything else stay as it is; ``B`` begins at zero, so the encoder says what it said.

    Raises
    ------
    ParameterError
        Without ``peft``.
    PairingError
        When the encoder's blocks have no linear layer.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise ParameterError(
            "Adapters need peft, which is not installed.", "Run pip install 'layerwise[transfer]'."
        ) from error
    targets = _linear_layers(model)
    if not targets:
        raise PairingError(
            f"{name!r} has no linear layers in its blocks that adapters could stand beside.",
            "Leave adapters out.",
        )
    config = LoraConfig(r=rank, lora_alpha=_SCALE * rank, target_modules=targets)
    with seeded(generator):
        return inject_adapter_in_model(config, model)


def merged(model: nn.Module) -> nn.Module:
    """Add what adapters say to the weights beside which they stand, and take them away, in place:
    the encoder answers as before, and needs ``peft`` no more."""
    from peft.tuners.lora import LoraLayer

    found = [(name, part) for name, part in model.named_modules() if isinstance(part, LoraLayer)]
    for name, part in found:
        above, _, own = name.rpartition(".")
        layer: Any = part
        layer.merge(safe_merge=True)
        setattr(model.get_submodule(above), own, layer.get_base_layer())
    return model


def _linear_layers(model: nn.Module) -> list[str]:
    """Return the names of the linear layers within lists of blocks."""
    lists = [name for name, part in model.named_modules() if isinstance(part, nn.ModuleList)]
    return [
        name
        for name, part in model.named_modules()
        if isinstance(part, nn.Linear) and any(name.startswith(f"{one}.") for one in lists)
    ]
