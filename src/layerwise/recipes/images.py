"""What networks for images are made of, and how they are fine-tuned."""

from __future__ import annotations

from ..architecture import Conv, Patches, Pool, Stack, Transformer
from ..augmentation import Augmentation, Mixing, Suited
from ..objective import Supervised
from ..schedule import Joint
from ..training import Step, Training, as_plan

CHANNELS = (16, 32, 64)  # for two cores; widths of 32, 64, 128 take three times as long
PLACES = 2  # a side that the code keeps: one place forgets where strokes are
WEAK, MILD, STRONG, VIEWS = Suited("weak"), Suited(), Suited("strong"), Suited("views")


def convolutions(channels: tuple[int, ...] = CHANNELS, places: int = PLACES) -> Stack:
    """Return two convolutions of each width with batch normalisation, the first with a stride of 2,
    and means over ``places`` x ``places`` parts of the image."""
    stages = [
        Conv(width, stride=stride, normalisation="batch", decoder=False)
        for width in channels
        for stride in (2, 1)
    ]
    return Stack(*stages, Pool(size=places))


def vision_transformer(size: int, width: int, depth: int, heads: int) -> Stack:
    """Return a small vision transformer, pooled by the mean."""
    return Stack(Patches(size, width), Transformer(depth, heads), Pool())


def augmented(
    *,
    head: tuple[int, ...] = (),
    augment: Augmentation | None = MILD,
    mix: Mixing | None = None,
    dropout: float = 0.1,
    label_smoothing: float = 0.1,
    finetune_epochs: int = 25,
    finetune_steps: int = 2000,
    finetune_rate: float = 8e-3,
    finetune_batch: int = 50,
    weight_decay: float = 0.02,
    layer_decay: float | tuple[float, ...] | str = 1.0,
) -> tuple[Step, ...]:
    """Return fine-tuning of everything on views of the labelled rows.

    Parameters
    ----------
    head, augment, mix, dropout, label_smoothing
        As in ``Supervised``.
    finetune_epochs, finetune_steps : int
        Epochs over the labelled rows, and the least number of steps.
    finetune_rate, finetune_batch, weight_decay, layer_decay
        As in ``Training``.
    """
    supervised = Supervised(
        head, augment=augment, mix=mix, dropout=dropout, label_smoothing=label_smoothing
    )
    training = Training(
        "adamw",
        learning_rate=finetune_rate,
        batch_size=finetune_batch,
        weight_decay=weight_decay,
        layer_decay=layer_decay,
        min_steps=finetune_steps,
    )
    return as_plan([(supervised, Joint(finetune_epochs), training)])
