"""A recipe: a stack, a plan to pretrain it and a plan to fine-tune it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from .._checks import check_kind, check_name
from .._spec import Spec, register
from ..architecture import Stack
from ..data.inputs import Inputs
from ..objective import PseudoLabels, Supervised
from ..schedule import HeadOnly, Joint
from ..training import EVERYTHING, HEAD_FIRST, Step, as_plan


@register
@dataclass(frozen=True, repr=False)
class Recipe(Spec):
    """A stack, a plan to pretrain it and a plan to fine-tune it.

    Parameters
    ----------
    name : str
    stack : Stack
    plan, finetune : tuple of Step
    control : tuple of Step, optional
        What the control arm does in place of ``finetune``, for recipes whose fine-tuning learns
        from unlabelled rows too.
    preprocessing : Inputs, default Inputs()
        How columns become the network's input.
    precision : {'float32', 'bfloat16', 'auto'}, default 'float32'
        As in ``Pretrainer``; the same for both arms.
    validation : {'auto'}, int, float or None, default None
        How the number of fine-tuning epochs is chosen, as in ``PretrainedClassifier``; the same for
        both arms.

    Examples
    --------
    >>> from layerwise import PretrainedClassifier, Pretrainer, recipes
    >>> recipe = recipes.stacked_autoencoder(widths=(100, 50))
    >>> pretrainer = Pretrainer(recipe.stack, plan=recipe.plan)
    >>> model = PretrainedClassifier(pretrainer, plan=recipe.finetune)
    """

    name: str
    _: KW_ONLY
    stack: Stack
    plan: tuple[Step, ...]
    finetune: tuple[Step, ...]
    control: tuple[Step, ...] | None = None
    preprocessing: Inputs = Inputs()
    precision: str = "float32"
    validation: float | int | str | None = None

    def __post_init__(self) -> None:
        check_kind(self, "stack", self.stack, Stack, "a Stack")
        check_kind(self, "preprocessing", self.preprocessing, Inputs, "Inputs(...)")
        check_name(self, "precision", self.precision, ("float32", "bfloat16", "auto"))
        for name in ("plan", "finetune"):
            object.__setattr__(self, name, as_plan(getattr(self, name)))
        if self.control is not None:
            object.__setattr__(self, "control", as_plan(self.control))


def finetune(
    *,
    head: tuple[int, ...] = (),
    dropout: float = 0.0,
    input_dropout: float = 0.0,
    label_smoothing: float = 0.0,
    head_epochs: int = 5,
    finetune_epochs: int = 25,
    finetune_rate: float = 1e-3,
    finetune_batch: int = 32,
    layer_decay: float | tuple[float, ...] | str = 1.0,
    self_training: int = 0,
    threshold: float = 0.7,
) -> tuple[Step, ...]:
    """Return the head first, then everything, then rounds of self-training.

    Parameters
    ----------
    head, dropout, input_dropout, label_smoothing
        As in ``Supervised``.
    head_epochs, finetune_epochs : int
        Of the head alone, and of everything.
    finetune_rate, finetune_batch, layer_decay
        As in ``Training``.
    self_training : int
        Rounds of ``PseudoLabels`` of 3 epochs over all rows each.
    threshold : float
        As in ``PseudoLabels``.
    """
    supervised = Supervised(
        head, dropout=dropout, input_dropout=input_dropout, label_smoothing=label_smoothing
    )
    first = replace(HEAD_FIRST, learning_rate=finetune_rate, batch_size=finetune_batch)
    then = replace(
        EVERYTHING, learning_rate=finetune_rate, batch_size=finetune_batch, layer_decay=layer_decay
    )
    round_ = Step(
        PseudoLabels(supervised, threshold=threshold),
        Joint(3),
        replace(then, batch_size=256, min_steps=0),
    )
    return as_plan(
        [
            (supervised, HeadOnly(head_epochs), first),
            (supervised, Joint(finetune_epochs), then),
            *[round_] * self_training,
        ]
    )
