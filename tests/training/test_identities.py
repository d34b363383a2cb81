"""The identities of the schedules: what must be equal, is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise import (
    Denoising,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    Masking,
    Progressive,
    Reconstruction,
    Space,
    Stack,
    Supervised,
    Training,
)
from layerwise._random import Keys
from layerwise.data import ArraySource
from layerwise.training import Feed, as_plan, encoded, run_plan

N, D = 96, 12
SPACE = Space.of("unit", D)
X = torch.rand(N, D, generator=torch.Generator().manual_seed(1))
SOURCE = ArraySource(X, SPACE)
FAST = Training(batch_size=32)


def built(stack):
    return stack.build(SPACE, Keys(0).torch("weights"))


def run(module, plan, **feed):
    return run_plan(module, as_plan(plan, FAST), Feed(SOURCE, **feed), keys=Keys(0))


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("objective", [Reconstruction(), Denoising(Masking(0.3))])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_a_greedy_phase_equals_its_stage_trained_alone_on_precomputed_codes(objective, activation):
    stack = Stack(
        Dense(8, activation=activation, dropout=0.1), Dense(5, activation=activation), Dense(3)
    )
    whole = built(stack)
    run(whole, [(objective, Greedy(2))])

    alone = built(stack)
    keys = Keys(0)
    for i in range(3):
        source = SOURCE if i == 0 else encoded(alone.slice(0, i - 1), SOURCE, torch.device("cpu"))
        piece = alone.slice(i, i)
        from layerwise.training import run as module
        from layerwise.training.loop import Work, run_phase
        from layerwise.training.rates import layers_of
        from layerwise.training.trainee import Trainee

        phase = list(Greedy(2).phases(3))[i]
        work = Work(
            trainee=Trainee(piece, objective, None),
            source=source,
            training=FAST,
            layers=layers_of(alone, phase, None, FAST),
            epochs=2,
            keys=keys.under("step", 0, "phase", i),
            row={"first": i, "last": i},
            observe=lambda event: None,
            device=torch.device("cpu"),
        )
        module.centre(piece, source)
        run_phase(work)
    assert same(weights(whole), weights(alone))


def test_a_recomputed_prefix_agrees_with_the_cached_codes():
    module = built(Stack(Dense(8), Dense(4)))
    cached = encoded(module.slice(0, 0), SOURCE, torch.device("cpu"))
    with torch.no_grad():
        direct = module.slice(0, 0).encode(X)
    torch.testing.assert_close(cached.x, direct, rtol=1e-6, atol=1e-6)


def test_joint_on_one_stage_equals_greedy_on_one_stage():
    stack = Stack(Dense(6))
    a, b = built(stack), built(stack)
    run(a, [(Denoising(), Joint(3))])
    run(b, [(Denoising(), Greedy(3))])
    assert same(weights(a), weights(b))


def test_progressive_begins_as_greedy_and_then_moves_the_old_stage():
    stack = Stack(Dense(6), Dense(4))
    greedy, progressive = built(stack), built(stack)
    run(greedy, [(Reconstruction(), Greedy((2, 0)))])
    run(progressive, [(Reconstruction(), Progressive((2, 0)))])
    assert same(weights(greedy), weights(progressive))
    before = weights(progressive)
    run(progressive, [(Reconstruction(), Progressive((0, 2)))])
    assert not torch.equal(before["stages.0.weight"], progressive.state_dict()["stages.0.weight"])


def test_no_frozen_weight_and_no_running_statistic_moves():
    stack = Stack(Dense(8, normalisation="batch"), Dense(4, normalisation="batch"))
    module = built(stack)
    run(module, [(Denoising(), Greedy((2, 0)))])
    before = weights(module.slice(0, 0))
    run(module, [(Denoising(), Greedy((0, 2)))])
    assert same(before, weights(module.slice(0, 0)))


def test_a_head_alone_moves_no_stage():
    module = built(Stack(Dense(8, normalisation="batch"), Dense(4)))
    before = weights(module)
    y = torch.arange(N) % 3
    result = run_plan(
        module,
        as_plan([(Supervised(), HeadOnly(2))], FAST),
        Feed(SOURCE, ArraySource(X, SPACE, y), Space.of("category", 3)),
        keys=Keys(0),
    )
    assert same(before, weights(module))
    assert result.state is not None


def test_the_unrolled_net_is_the_composition_of_its_parts():
    module = built(Stack(Dense(8), Dense(4)))
    run(module, [(Reconstruction(), Greedy(1))])
    first, second = module.slice(0, 0), module.slice(1, 1)
    with torch.no_grad():
        parts = first.decode(second.decode(second.encode(first.encode(X))))
        assert torch.equal(module.decode(module.encode(X)), parts)


@pytest.mark.parametrize(
    "activation",
    [
        "sigmoid",
        "tanh",
        "relu",
        "leaky_relu",
        "elu",
        "gelu",
        "silu",
        "softplus",
        "abs_tanh",
        "linear",
    ],
)
def test_the_greedy_phase_sees_the_code_of_the_final_net(activation):
    module = built(Stack(Dense(8, activation=activation), Dense(4, activation=activation)))
    codes = encoded(module.slice(0, 0), SOURCE, torch.device("cpu")).x
    with torch.no_grad():
        stage = module.stages[0]
        expected = stage.activation(X @ stage.weight.T + stage.bias)
    torch.testing.assert_close(codes, expected, rtol=1e-5, atol=1e-6)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    def once(seed):
        module = Stack(Dense(6), Dense(3)).build(SPACE, Keys(seed).torch("weights"))
        run_plan(module, as_plan([(Denoising(), Greedy(2))], FAST), Feed(SOURCE), keys=Keys(seed))
        return weights(module)

    assert same(once(0), once(0))
    assert not same(once(0), once(1))


def test_training_leaves_torchs_global_state_alone():
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    module = built(Stack(Dense(6, dropout=0.2), Dense(3)))
    run(module, [(Denoising(), Greedy(1))])
    y = torch.from_numpy(np.arange(N) % 2)
    target = Space.of("category", 2)
    run(
        module,
        [(Supervised((4,), dropout=0.3, input_dropout=0.1), Joint(1))],
        labelled=ArraySource(X, SPACE, y),
        target=target,
    )
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_linear_autoencoder_at_its_optimum_spans_the_subspace_of_pca():
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(D, D, generator=generator))[0]
    scales = torch.tensor([5.0, 4.0, 3.0, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    data = torch.randn(512, D, generator=generator) * scales @ basis
    data = data - data.mean(0)
    space = Space.of("real", D)
    module = Stack(Dense(3, activation="linear")).build(space, Keys(0).torch("weights"))
    plan = [(Reconstruction("mse"), Joint(300), Training(learning_rate=0.02, batch_size=512))]
    run_plan(module, as_plan(plan), Feed(ArraySource(data, space)), keys=Keys(0))
    decoder = torch.linalg.qr(module.stages[0].decoder_weight.detach())[0]
    principal = torch.linalg.svd(data, full_matrices=False)[2][:3].T
    cosines = torch.linalg.svdvals(decoder.T @ principal)
    assert float(cosines.min()) > 0.999
