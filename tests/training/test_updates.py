"""A step of each optimiser: torch's own classes as the oracle."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from layerwise.training import OPTIMISERS
from layerwise.training.optimisers import make_optimiser, set_momentum
from layerwise.training.updates import LAMB, Group, Optimiser

MOMENTUM = {"momentum": 0.7, "weight_decay": 0.01}
ORACLES = {
    "adam": lambda p, **kw: torch.optim.Adam(p, fused=True, **kw),
    "adamw": lambda p, **kw: torch.optim.AdamW(p, fused=True, **kw),
    "sgd": lambda p, **kw: torch.optim.SGD(p, fused=True, **kw),
    "momentum": lambda p, **kw: torch.optim.SGD(p, momentum=0.7, fused=True, **kw),
    "nesterov": lambda p, **kw: torch.optim.SGD(p, momentum=0.7, nesterov=True, fused=True, **kw),
    "adagrad": lambda p, **kw: torch.optim.Adagrad(p, fused=True, **kw),
    "adadelta": lambda p, **kw: torch.optim.Adadelta(p, **kw),
    "rmsprop": lambda p, **kw: torch.optim.RMSprop(p, **kw),
}


class Lines(nn.Module):
    """Two matrices; the second has a gradient at every other step."""

    def __init__(self) -> None:
        super().__init__()
        noise = torch.Generator().manual_seed(0)
        self.a = nn.Parameter(torch.randn(4, 3, generator=noise))
        self.b = nn.Parameter(torch.randn(2, 3, generator=noise))

    def gradients(self, step: int) -> None:
        noise = torch.Generator().manual_seed(step)
        self.a.grad = torch.randn(4, 3, generator=noise)
        self.b.grad = torch.randn(2, 3, generator=noise) if step % 2 else None


def test_every_optimiser_but_lamb_has_an_oracle():
    assert {*OPTIMISERS} == {*ORACLES, "lamb"}


@pytest.mark.parametrize("name", ORACLES)
def test_every_step_has_the_bits_of_torch(name):
    ours, theirs = Lines(), Lines()
    optimiser = make_optimiser(name, [(ours, 0.1)], **MOMENTUM)
    oracle = ORACLES[name](list(theirs.parameters()), lr=0.1, weight_decay=0.01)
    for step in range(6):
        rate = 0.1 * (1 - step / 8)
        optimiser.groups[0].rate = oracle.param_groups[0]["lr"] = rate
        for module in (ours, theirs):  # torch's momentum wants every gradient at the first step
            module.gradients(step + (name in ("momentum", "nesterov")))
        optimiser.step()
        oracle.step()
        assert torch.equal(ours.a, theirs.a), step
        assert torch.equal(ours.b, theirs.b), step
    assert not torch.equal(ours.b, Lines().b)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_that_begins_at_zero_is_that_of_torch(nesterov):
    ours, theirs = Lines(), Lines()
    name = "nesterov" if nesterov else "momentum"
    optimiser = make_optimiser(name, [(ours, 0.1)], momentum=0.0, weight_decay=0.0)
    oracle = torch.optim.SGD(theirs.parameters(), lr=0.1)
    for step in (1, 3, 5, 7):
        if step == 5:
            set_momentum(optimiser, name, 0.9)
            oracle.param_groups[0] |= {"momentum": 0.9, "nesterov": nesterov}
        for module in (ours, theirs):
            module.gradients(step)
        optimiser.step()
        oracle.step()
    torch.testing.assert_close(ours.a, theirs.a)
    torch.testing.assert_close(ours.b, theirs.b)


def test_gradients_are_forgotten():
    module = Lines()
    module.gradients(1)
    make_optimiser("adam", [(module, 0.1)], **MOMENTUM).zero_grad()
    assert module.a.grad is None and module.b.grad is None


def test_training_does_not_import_the_compiler():
    code = """
import sys, numpy as np, layerwise
layerwise.Pretrainer(layerwise.Stack(layerwise.Dense(2))).fit(np.eye(8, dtype="float32"))
print([name for name in ("torch._dynamo", "torch._inductor", "sympy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


# LAMB


def lamb(*parameters, decay=0.0):
    return Optimiser([Group(list(parameters), 0.1, decay, 0.1)], LAMB)


def test_lamb_is_the_formula():
    noise = np.random.default_rng(0)
    gradients = noise.normal(size=(4, 3, 2))
    w, m, v = noise.normal(size=(3, 2)), np.zeros((3, 2)), np.zeros((3, 2))
    parameter = nn.Parameter(torch.from_numpy(w.copy()))
    optimiser = lamb(parameter, decay=0.3)
    for step, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        r = (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-6) + 0.3 * w
        w = w - 0.1 * np.linalg.norm(w) / np.linalg.norm(r) * r
        parameter.grad = torch.from_numpy(g)
        optimiser.step()
        np.testing.assert_allclose(parameter.detach().numpy(), w, rtol=1e-9)


def test_lamb_moves_a_parameter_of_zeros_and_leaves_one_without_a_gradient():
    zeros, other = (nn.Parameter(torch.full((3,), value)) for value in (0.0, 1.0))
    zeros.grad = torch.tensor([1.0, -2.0, 3.0])
    lamb(zeros, other).step()
    torch.testing.assert_close(zeros.detach(), torch.tensor([-0.1, 0.1, -0.1]), rtol=1e-4, atol=0)
    assert torch.equal(other.detach(), torch.ones(3))


def test_lamb_adds_its_epsilon_to_the_root():
    weight = nn.Parameter(torch.ones(2))
    weight.grad = torch.tensor([1e-6, 1e-2])
    lamb(weight).step()
    moved = 1 - weight.detach()
    assert float(moved[0] / moved[1]) == pytest.approx(0.5, rel=1e-2)
