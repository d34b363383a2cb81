"""A module of ``transformers``, made from what a folder says, with its weights or random ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from ..._errors import ModelError, ParameterError
from ..._random import seeded
from .folder import Facts

if TYPE_CHECKING:
    from .pretrained import Pretrained


def made(stage: Pretrained, generator: torch.Generator) -> nn.Module:
    """Return the module of ``transformers``, with the folder's weights or random ones; without
    memory on the meta device."""
    config, kind = configured(stage.known)
    if torch.empty(0).device.type == "meta":
        model = kind(config, **_PLAIN.get(stage.known.kind, {}))
    elif not stage.weights:
        with seeded(generator):
            model = kind(config, **_PLAIN.get(stage.known.kind, {}))
    elif not stage.folder:
        raise ModelError(
            f"The weights of {stage.known.name!r} are in the model folder alone, not in a folder "
            "of their own.",
            "Give Pretrained(FOLDER) to train anew.",
        )
    else:
        model = _loaded(stage, config, kind)
    for part in model.modules():
        part._non_persistent_buffers_set.clear()  # a model folder holds them all
    return model.float().eval()


def _loaded(stage: Pretrained, config: Any, kind: Any) -> nn.Module:
    with quiet():
        model, told = kind.from_pretrained(
            stage.folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # told, and refused below
            dtype=torch.float32,
            **_PLAIN.get(stage.known.kind, {}),
        )
    odd = [name for name, *_ in told["mismatched_keys"]]
    lacking = [*sorted(told["missing_keys"]), *sorted(f"{name} in its size" for name in odd)]
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise ModelError(
            f"The weights in {stage.folder!r} lack {', '.join(lacking[:3])}{more}: random numbers "
            "would stand in for them.",
            "Download the folder whole, or take one whose config.json is its own.",
        )
    return model


# What has a pooler of its own, which is never used: it is often untrained
_PLAIN = {
    name: {"add_pooling_layer": False}
    for name in ("bert", "camembert", "roberta", "xlm-roberta", "mpnet", "vit", "deit")
}


def configured(known: Facts) -> tuple[Any, Any]:
    """Return the configuration and the class of ``transformers`` for an encoder.

    Raises
    ------
    ParameterError
        Without ``transformers``.
    ModelError
        When the configuration is refused, or a library beside it does not match.
    """
    try:
        import transformers
    except ImportError as error:
        raise ParameterError(
            "Encoders from folders need transformers, which is not installed.",
            "Run pip install 'layerwise[transfer]'.",
        ) from error
    try:
        settings = {name: v for name, v in known.config.items() if name != "model_type"}
        config = transformers.AutoConfig.for_model(known.kind, **settings)
        kind = _class_of(transformers, known.kind, config)
    except (ImportError, RuntimeError) as error:
        raise ModelError(
            f"transformers cannot make a {known.kind}: {error}. {_torchvision()}",
            "Install versions that belong together, or remove torchvision.",
        ) from error
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(
            f"The configuration of {known.name!r} is refused by transformers: {error}.",
            "Take a copy that is whole.",
        ) from error
    return config, kind


def _class_of(transformers: Any, kind: str, config: Any) -> Any:
    if kind in ("clip_text_model", "clip_vision_model"):
        return transformers.CLIPTextModel if "text" in kind else transformers.CLIPVisionModel
    return transformers.MODEL_MAPPING[type(config)]


def _torchvision() -> str:
    """Return a sentence on a torchvision that does not match torch, or ''."""
    try:
        import torchvision  # noqa: F401
    except ImportError:
        return ""
    except (RuntimeError, OSError) as error:
        return f"torchvision does not match torch {torch.__version__}: {error}."
    return ""


@contextmanager
def quiet() -> Iterator[None]:
    """Let ``transformers`` say nothing inside the block: what matters is said by Layerwise."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
