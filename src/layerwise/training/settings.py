"""How a phase is trained."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from .._checks import check_int, check_name, check_number
from .._errors import ParameterError
from .._spec import Spec, register
from .optimisers import OPTIMISERS
from .shapes import SHAPES


@register
@dataclass(frozen=True, repr=False)
class Training(Spec):
    """Optimiser, learning rate and its shape, batch size and stopping. Each phase begins with a
    fresh optimiser and shape.

    Parameters
    ----------
    optimiser : str, default 'adam'
        One of ``layerwise.OPTIMISERS``.
    learning_rate : float or tuple of float, optional
        Peak rate, above 0; a tuple holds one per stage (the head takes the last). By default the
        optimiser's own rate.
    shape : {'constant', 'step', 'cosine', 'one_cycle', 'warmup_linear'}, default 'one_cycle'
        How the rate changes over the steps of a phase.
    batch_size : int, default 256
        Rows per step, at least 1. An epoch sees every row once; the last batch is smaller.
    momentum : float or tuple of two floats, default 0.9
        For 'momentum' and 'nesterov', in [0, 1). Of two values the first holds for the first
        ``momentum_switch`` epochs of a phase, the second after them (Hinton 2010).
    momentum_switch : int, default 5
    weight_decay : float, default 0.0
        On weights, not on biases and normalisations.
    clip : float, optional
        Largest norm of the gradient.
    layer_decay : float, tuple of float or 'gradient', default 1.0
        One factor per layer: a stage ``j`` layers below the head is trained at ``learning_rate *
        layer_decay**j``. A tuple lists the factor of each stage from the input up (the head takes
        1). 'gradient' sets the factors from the size of the gradients when the phase begins: ``1 /
        sqrt(sum of the L1 norms of a layer's gradients over one epoch)``, scaled so that their mean
        is 1, then fixed.
    min_steps : int, default 0
        A phase has at least so many steps, however few rows there are: its epochs are raised to
        reach it. Few labels make short epochs.
    average : float, default 0.0
        What is kept of a phase is a moving average of its weights that reaches over this share of
        its steps, in [0, 1); 0 keeps the last weights. Under a rate that ends near 0 the last
        weights are as good.
    patience : int, optional
        Stop a phase after this many epochs without a better validation loss, and take back the best
        weights; needs ``validation`` on the estimator.

    Raises
    ------
    ParameterError
        When a setting is unknown or out of its range.

    Examples
    --------
    >>> from layerwise import Training
    >>> Training("sgd", learning_rate=0.1, shape="constant")
    Training('sgd', learning_rate=0.1, shape='constant')
    """

    optimiser: str = "adam"
    _: KW_ONLY
    learning_rate: float | tuple[float, ...] | None = None
    shape: str = "one_cycle"
    batch_size: int = 256
    momentum: float | tuple[float, float] = 0.9
    momentum_switch: int = 5
    weight_decay: float = 0.0
    clip: float | None = None
    layer_decay: float | tuple[float, ...] | str = 1.0
    min_steps: int = 0
    average: float = 0.0
    patience: int | None = None

    def __post_init__(self) -> None:
        check_name(self, "optimiser", self.optimiser, OPTIMISERS)
        check_name(self, "shape", self.shape, SHAPES)
        check_int(self, "batch_size", self.batch_size, 1)
        self._check_momentum()
        check_number(self, "weight_decay", self.weight_decay, 0.0)
        check_number(self, "clip", self.clip, 0.0, open_low=True, optional=True)
        check_int(self, "min_steps", self.min_steps, 0)
        check_number(self, "average", self.average, 0.0, 0.999)
        check_int(self, "patience", self.patience, 1, optional=True)
        if isinstance(self.layer_decay, str):
            check_name(self, "layer_decay", self.layer_decay, ("gradient",))
        for name in ("learning_rate", "layer_decay"):
            value = getattr(self, name)
            if isinstance(value, str) and name == "layer_decay":
                continue
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))
            for number in value if isinstance(value, (tuple, list)) else (value,):
                check_number(
                    self,
                    name,
                    number,
                    0.0,
                    open_low=name == "learning_rate",
                    optional=name == "learning_rate",
                )

    def momentum_at(self, epoch: int) -> float:
        """Return the momentum of an epoch, counted from 0.

        >>> Training("momentum", momentum=(0.5, 0.9)).momentum_at(4)
        0.5
        """
        if not isinstance(self.momentum, tuple):
            return self.momentum
        return self.momentum[0] if epoch < self.momentum_switch else self.momentum[1]

    def _check_momentum(self) -> None:
        if isinstance(self.momentum, list):
            object.__setattr__(self, "momentum", tuple(self.momentum))
        pair = isinstance(self.momentum, tuple)
        if pair and len(self.momentum) != 2:  # type: ignore[arg-type]
            raise ParameterError(
                "The 'momentum' parameter of Training must be one or two numbers. Got "
                f"{self.momentum!r} instead."
            )
        for number in self.momentum if isinstance(self.momentum, tuple) else (self.momentum,):
            check_number(self, "momentum", number, 0.0, 0.9999)
        check_int(self, "momentum_switch", self.momentum_switch, 0)


# Fine-tuning on few labels: small batches, and a number of steps that does not shrink with the
# labels.
HEAD_FIRST = Training(learning_rate=1e-3, shape="cosine", batch_size=32, min_steps=100)
EVERYTHING = Training(learning_rate=1e-3, shape="cosine", batch_size=32, min_steps=400)
