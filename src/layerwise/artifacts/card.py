"""The model card."""

from __future__ import annotations

import torch

from .._durable import Facts
from .._spec import spelled
from .borrowed import origins, shown

_CARD = """# A Layerwise model

| | |
|---|---|
| kind | {kind} |
| made by | layerwise {layerwise} |
| stack | `{stack}` |
| pretraining | {plan} |
{rows}
Weights: `model.safetensors` ({count:,} numbers). Structure, columns and preprocessing:
`model.json`. Neither holds code.

```python
import layerwise

model = layerwise.load(".")  # this folder
```

Without Layerwise:

```python
from safetensors.torch import load_file

weights = load_file("model.safetensors")
print({{name: tuple(tensor.shape) for name, tensor in weights.items()}})
```
"""


def model_card(description: Facts, tensors: dict[str, torch.Tensor]) -> str:
    """Return the card as Markdown. Values from data (names, classes) are left out: they are in
    ``model.json``."""
    pretrainer = description["pretrainer"]
    rows = "".join(f"| encoder | {line} |\n" for line in origins(pretrainer["stack"]))
    if "finetuned" in description:
        rows += (
            f"| fine-tuning | {_steps(description['finetuned']['plan'])} |\n| start | "
            f"{description['finetuned']['start']} |\n"
        )
    return _CARD.format(
        kind=description["kind"],
        layerwise=description["layerwise"],
        stack=spelled(shown(pretrainer["stack"])),
        plan=_steps(pretrainer["plan"]),
        rows=rows,
        count=sum(
            tensor.numel()
            for name, tensor in tensors.items()
            if not name.startswith("preprocessing.")
        ),
    )


def _steps(plan: list[Facts]) -> str:
    return "; ".join(
        f"`{spelled(step['objective'])}` on `{spelled(step['schedule'])}`" for step in plan
    )
