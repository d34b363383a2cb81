"""Contrastive divergence against the statistic computed by hand, and against the exact likelihood
of small machines."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    At,
    Batch,
    Block,
    ContrastiveDivergence,
    Conv,
    Dense,
    Greedy,
    Joint,
    PairingError,
    ParameterError,
    Pretrainer,
    Progressive,
    Reconstruction,
    Space,
    Stack,
    Training,
)
from layerwise._random import Keys, bernoulli_of
from layerwise.data import ArraySource
from layerwise.objective.divergence import pseudo_likelihood
from layerwise.training import Feed, as_plan, run_plan

UNIT = Space.of("unit", 6)
REAL = Space.of("real", 6)
TABLE = Space((6,), (Block("category", 3), Block("unit", 3)))
CODES = Space.of("nonneg", 6, link="relu")
PLAIN = Training("sgd", learning_rate=0.2, shape="constant", batch_size=20)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def machine(space=UNIT, units=4, double=True, **settings):
    settings = {"activation": "sigmoid", "tied": True} | settings
    module = Stack(Dense(units, **settings)).build(space, Keys(0).torch("w"))
    module = module.double() if double else module
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0.0, 0.5, generator=generator(7))
    return module


def rows(space=UNIT, n=20):
    x = torch.rand(n, space.size, generator=generator(1), dtype=torch.float64)
    for block, part in space.slices():
        if block.kind == "category":
            x[:, part] = F.one_hot(torch.arange(n) % block.size, block.size).double()
        elif block.kind == "real":
            x[:, part] = torch.randn(n, block.size, generator=generator(2), dtype=torch.float64)
    return x


def draws(step=0):
    return At.of(0, step=step)


def gradients(objective, module, batch, state=None, step=0):
    module.zero_grad()
    loss, _ = objective.loss(module, state, batch, draws(step))
    loss.backward()
    return {name: p.grad.clone() for name, p in module.stages[0].named_parameters()}


def all_states(k):
    return torch.tensor(list(product([0.0, 1.0], repeat=k)), dtype=torch.float64)


# The chain by hand, with the generators that the objective uses


def hidden_by_hand(stage, v, noise):
    scale = 1.0 if stage.log_scale is None else stage.log_scale.exp()
    a = (v / scale) @ stage.weight.T + stage.bias
    name = stage.activation.name
    if name == "sigmoid":
        return torch.sigmoid(a), bernoulli_of(torch.sigmoid(a), noise)
    e = torch.randn(a.shape, generator=noise).double()
    return (
        (a, a + e)
        if name == "linear"
        else (a.clamp_min(0), (a + e * torch.sigmoid(a) ** 0.5).clamp_min(0))
    )


def visible_by_hand(stage, h):
    scale = 1.0 if stage.log_scale is None else stage.log_scale.exp()
    a = (h @ stage.weight) * scale + stage.decoder_bias
    parts = []
    for block, part in stage.in_space.slices():
        function = {
            "unit": torch.sigmoid,
            "category": lambda p: torch.softmax(p, 1),
            "real": lambda p: p,
            "nonneg": torch.relu,
        }
        parts.append(function[block.kind](a[:, part]))
    return torch.cat(parts, 1)


def sampled_by_hand(stage, mean, noise):
    if stage.in_space.kind == "unit":
        return bernoulli_of(mean, noise)
    e = torch.randn(mean.shape, generator=noise).double()
    return mean + e * (1.0 if stage.log_scale is None else stage.log_scale.exp())


def statistics(stage, v, h, weight=None):
    """Minus the derivatives of the mean energy: <v h>, <h>, <v - c> (or <v>), and that of the
    scale."""
    w = (
        torch.full((len(v), 1), 1.0 / len(v), dtype=torch.float64)
        if weight is None
        else (weight / weight.sum())[:, None]
    )
    scale = torch.ones(6, dtype=torch.float64) if stage.log_scale is None else stage.log_scale.exp()
    visible = v.clone()
    for block, part in stage.in_space.slices():
        if block.kind in ("real", "nonneg"):
            visible[:, part] = ((v - stage.decoder_bias) / scale**2)[:, part]
    found = {
        "weight": (h * w).T @ (v / scale),
        "bias": (h * w).sum(0),
        "decoder_bias": (visible * w).sum(0),
    }
    if stage.log_scale is not None:
        away = (v - stage.decoder_bias) / scale
        found["log_scale"] = ((away**2 - (h @ stage.weight) * v / scale) * w).sum(0)
    return found


MACHINES = [
    (UNIT, {}),
    (UNIT, {"activation": "linear"}),
    (UNIT, {"activation": "relu"}),
    (REAL, {}),
    (REAL, {"activation": "relu"}),
    (REAL, {"learned_scale": True}),
    (REAL, {"learned_scale": True, "activation": "linear"}),
    (TABLE, {}),
    (CODES, {"activation": "relu"}),
    (CODES, {}),
]


@pytest.mark.parametrize(("space", "settings"), MACHINES)
@pytest.mark.parametrize("k", [1, 2])
def test_the_gradient_is_minus_the_statistic_of_k_steps(space, settings, k):
    module, v0 = machine(space, **settings), rows(space)
    stage, noise = module.stages[0], draws().noise
    with torch.no_grad():
        h0, sample = hidden_by_hand(stage, v0, noise)
        for _ in range(k):
            vk = visible_by_hand(stage, sample)
            hk, sample = hidden_by_hand(stage, vk, noise)
        data, model = statistics(stage, v0, h0), statistics(stage, vk, hk)
    found = gradients(ContrastiveDivergence(k), module, Batch(v0))
    assert found.keys() == data.keys()
    for name, gradient in found.items():
        torch.testing.assert_close(
            gradient, -(data[name] - model[name]), msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize(
    ("space", "settings"),
    [(UNIT, {}), (REAL, {"learned_scale": True}), (REAL, {"activation": "relu"})],
)
def test_sampled_visible_units_drive_the_chain_and_stand_in_the_statistic(space, settings):
    module, v0 = machine(space, **settings), rows(space)
    stage, noise = module.stages[0], draws().noise
    with torch.no_grad():
        h0, sample = hidden_by_hand(stage, v0, noise)
        vk = sampled_by_hand(stage, visible_by_hand(stage, sample), noise)
        hk, _ = hidden_by_hand(stage, vk, noise)
        data, model = statistics(stage, v0, h0), statistics(stage, vk, hk)
    for name, gradient in gradients(
        ContrastiveDivergence(sample_visible=True), module, Batch(v0)
    ).items():
        torch.testing.assert_close(gradient, -(data[name] - model[name]))


@pytest.mark.parametrize("space", [UNIT, TABLE, REAL], ids=["unit", "table", "real"])
def test_for_binary_hidden_units_it_is_the_gradient_of_the_free_energies(space):
    module, v0 = machine(space), rows(space)
    stage, noise = module.stages[0], draws().noise
    with torch.no_grad():
        vk = visible_by_hand(stage, hidden_by_hand(stage, v0, noise)[1])
    found = gradients(ContrastiveDivergence(), module, Batch(v0))
    view = stage.energy_view()
    module.zero_grad()
    (view.free_energy(v0).mean() - view.free_energy(vk).mean()).backward()
    for name, parameter in stage.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad)


def test_a_row_of_weight_two_is_a_row_given_twice_in_both_statistics():
    module, v0 = machine(), rows()
    weight = torch.arange(20, dtype=torch.float64) % 3
    stage, noise = module.stages[0], draws().noise
    with torch.no_grad():
        h0, sample = hidden_by_hand(stage, v0, noise)
        vk = visible_by_hand(stage, sample)
        hk, _ = hidden_by_hand(stage, vk, noise)
        data, model = statistics(stage, v0, h0, weight), statistics(stage, vk, hk, weight)
    for name, gradient in gradients(
        ContrastiveDivergence(), module, Batch(v0, weight=weight)
    ).items():
        torch.testing.assert_close(gradient, -(data[name] - model[name]))


# Persistent chains


def test_persistent_chains_go_on_from_where_they_were():
    module, v0 = machine(), rows()
    objective = ContrastiveDivergence(persistent=True, chains=7)
    state = objective.init(module, None, generator(3)).double()
    stage = module.stages[0]
    chain = state.hidden.clone()
    assert set(chain.unique().tolist()) == {0.0, 1.0}
    for step in range(3):
        noise = draws(step).noise
        with torch.no_grad():
            h0, _ = hidden_by_hand(stage, v0, noise)  # the data's own samples are drawn first
            vk = sampled_by_hand(stage, visible_by_hand(stage, chain), noise)
            hk, chain = hidden_by_hand(stage, vk, noise)
            data, model = statistics(stage, v0, h0), statistics(stage, vk, hk)
        for name, gradient in gradients(objective, module, Batch(v0), state, step).items():
            torch.testing.assert_close(gradient, -(data[name] - model[name]))
        assert torch.equal(state.hidden, chain)


def test_validation_does_not_move_the_chains():
    source = ArraySource(rows().float(), UNIT)
    ends = []
    for held_out in (None, source):
        module = machine(double=False)
        plan = as_plan([(ContrastiveDivergence(persistent=True, chains=9), Greedy(2), PLAIN)])
        result = run_plan(module, plan, Feed(source, held_out=held_out), keys=Keys(0))
        ends.append((result.state.hidden.clone(), module.stages[0].weight.detach().clone()))
    assert torch.equal(ends[0][0], ends[1][0])
    assert torch.equal(ends[0][1], ends[1][1])


def test_validation_is_the_error_of_reconstruction():
    module, batch = machine(), Batch(rows())
    with torch.no_grad():
        ours = ContrastiveDivergence().validation(module, None, batch, draws())
        assert torch.equal(ours, Reconstruction().loss(module, None, batch, draws())[0])


# Small machines, exactly


def log_likelihood(stage, v):
    view = stage.energy_view()
    with torch.no_grad():
        energies = view.free_energy(all_states(stage.weight.shape[1]).to(stage.weight))
        return float(-view.free_energy(v.to(stage.weight)).mean() - torch.logsumexp(-energies, 0))


def two_prototypes(n=120):
    numbers = np.random.default_rng(0)
    prototypes = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 0, 1]])
    flips = numbers.random((n, 6)) < 0.04
    return np.abs(prototypes[numbers.integers(0, 2, n)] - flips).astype(float), prototypes


MACHINE = Stack(Dense(4, activation="sigmoid", tied=True, init="normal(0.01)"))


def trained(objective, epochs=60, **settings):
    X, prototypes = two_prototypes()
    pretrainer = Pretrainer(
        MACHINE,
        objective=objective,
        schedule=Greedy(epochs),
        training=PLAIN,
        random_state=0,
        **settings,
    )
    return pretrainer.fit(X), X, prototypes


@pytest.mark.parametrize(
    "objective",
    [ContrastiveDivergence(), ContrastiveDivergence(3), ContrastiveDivergence(persistent=True)],
)
def test_the_exact_likelihood_rises(objective):
    start, X, _ = trained(objective, epochs=0)
    end, _, _ = trained(objective)
    v = torch.from_numpy(X)
    before, after = (
        log_likelihood(start.module_.stages[0], v),
        log_likelihood(end.module_.stages[0], v),
    )
    assert before < -3.2  # six coins with the data's means
    assert after > before + 1.0


def test_the_pseudo_likelihood_has_the_expectation_of_the_exact_one():
    view, v = machine().stages[0].energy_view(), (rows() > 0.5).double()
    exact = torch.zeros(len(v), dtype=torch.float64)
    with torch.no_grad():
        for i in range(6):
            states = [v.clone(), v.clone()]
            states[0][:, i], states[1][:, i] = 0.0, 1.0
            log_p = torch.log_softmax(-torch.stack([view.free_energy(s) for s in states]), 0)
            exact += torch.where(v[:, i] == 1, log_p[1], log_p[0])
        many = pseudo_likelihood(view, v.repeat(2000, 1), generator()).view(2000, -1).mean(0)
    torch.testing.assert_close(many, exact, rtol=0.08, atol=0.05)


def test_the_history_shows_the_monitors():
    pretrainer, _, _ = trained(ContrastiveDivergence(), validation=0.2)
    first, last = pretrainer.history_[0], pretrainer.history_[-1]
    assert last["reconstruction"] < first["reconstruction"]
    assert last["pseudo_likelihood"] > first["pseudo_likelihood"]
    assert last["validation"] < first["validation"]


# Sampling


def test_samples_of_a_trained_machine_resemble_the_data():
    pretrainer, _, prototypes = trained(ContrastiveDivergence(5, persistent=True), epochs=100)
    drawn = pretrainer.sample(200, 50, random_state=0).round()
    distance = np.abs(drawn[:, None] - prototypes).sum(2)
    assert (distance.min(1) <= 1).mean() > 0.8
    assert np.bincount(distance.argmin(1), minlength=2).min() > 20


def test_a_belief_network_samples_rows_of_the_data():
    X = np.random.default_rng(0).random((40, 1, 3, 4)) * 5 + 2
    stack = Stack(*(Dense(k, activation="sigmoid", tied=True) for k in (6, 5, 4)))
    pretrainer = Pretrainer(
        stack, objective=ContrastiveDivergence(), schedule=Greedy(1), random_state=0
    ).fit(X)
    first, again, other = (pretrainer.sample(7, 20, random_state=seed) for seed in (0, 0, 1))
    assert first.shape == (7, 1, 3, 4)
    assert (first.min() >= X.min(), first.max() <= X.max()) == (True, True)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    torch_state = torch.get_rng_state()
    pretrainer.sample(2, 3)
    assert torch.equal(torch_state, torch.get_rng_state())


def test_a_sample_is_the_mean_of_its_last_step():
    module = machine(double=False)
    view, noise, again = module.stages[0].energy_view(), generator(5), generator(5)
    with torch.no_grad():
        h = bernoulli_of(torch.full((3, 4), 0.5), again)
        for _ in range(4):
            h = view.hidden(view.sample_visible(view.visible(h), again), again)[1]
        torch.testing.assert_close(module.sample(3, 4, noise), view.visible(h))


@pytest.mark.parametrize(
    ("settings", "words"), [({"n": 0}, "'n' parameter"), ({"steps": 0}, "'steps' parameter")]
)
def test_sampling_needs_a_row_and_a_step(settings, words):
    with pytest.raises(ParameterError, match=words):
        trained(ContrastiveDivergence(), epochs=0)[0].sample(**settings)


def test_only_a_machine_can_be_sampled_from():
    pretrainer = Pretrainer(Stack(Dense(3)), schedule=Greedy(0)).fit(two_prototypes()[0])
    with pytest.raises(
        PairingError, match=r"(?s)topmost stage is a restricted Boltzmann machine.*tied Dense"
    ):
        pretrainer.sample()


# Refused pairs


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        (
            Dense(4, activation="sigmoid"),
            r"This stage is Dense\(4, activation='sigmoid'\) on 'unit' values",
        ),
        (Dense(4, activation="tanh", tied=True), "activation='tanh'"),
        (Dense(4, tied=True, normalisation="batch"), "normalisation='batch'"),
        (Dense(4, tied=True, dropout=0.1), r"dropout=0\.1"),
    ],
)
def test_a_stage_that_is_no_machine_is_refused(stage, told):
    words = rf"(?s)needs a restricted Boltzmann machine: a tied Dense.*{told}.*'sigmoid', tied=True"
    with pytest.raises(PairingError, match=words):
        Pretrainer(Stack(stage), objective=ContrastiveDivergence()).fit(two_prototypes()[0])


def test_a_convolution_is_refused():
    with pytest.raises(PairingError, match=r"This stage is Conv\(2, tied=True\) on 'unit' values"):
        Pretrainer(
            Stack(Conv(2, tied=True), in_shape=(1, 2, 3)), objective=ContrastiveDivergence()
        ).fit(two_prototypes()[0])


@pytest.mark.parametrize("schedule", [Joint(1), Progressive(1)])
def test_two_stages_at_once_are_refused(schedule):
    stack = Stack(
        Dense(4, activation="sigmoid", tied=True), Dense(3, activation="sigmoid", tied=True)
    )
    with pytest.raises(
        PairingError, match=r"trains one stage at a time; this phase has 2.*(?s:.*)Use Greedy"
    ):
        Pretrainer(stack, objective=ContrastiveDivergence(), schedule=schedule).fit(
            two_prototypes()[0]
        )


@pytest.mark.parametrize(
    "settings", [{"k": 0}, {"chains": 0}, {"persistent": 1}, {"sample_visible": "no"}]
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(
        ParameterError,
        match=f"'{next(iter(settings))}' parameter of ContrastiveDivergence|must be True or False",
    ):
        ContrastiveDivergence(**settings)
