"""Objectives of consistency: what they compute by hand, where gradients stop, what predicts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    VAT,
    At,
    Batch,
    Denoising,
    Dense,
    FixMatch,
    Gaussian,
    HeadOnly,
    Joint,
    Masking,
    MeanTeacher,
    MixUp,
    PairingError,
    ParameterError,
    PiModel,
    PretrainedClassifier,
    Pretrainer,
    Space,
    Stack,
    Supervised,
    Swap,
    Training,
    VIMEConsistency,
)
from layerwise._random import Keys
from layerwise.data import ArraySource
from layerwise.objective.consistency.consistency import ramp
from layerwise.objective.consistency.vat import direction, divergence, entropy_of, unit
from layerwise.training import Feed, as_plan, run_plan

SPACE, TARGET = Space.of("real", 6), Space.of("category", 3)
NONE = Masking(0.0)
ALL = [
    FixMatch(weak=Gaussian(0.1), strong=Masking(0.5), threshold=0.5),
    FixMatch(weak=Gaussian(0.1), strong=Masking(0.5), threshold=0.5, momentum=0.9),
    PiModel(augment=Gaussian(0.1)),
    MeanTeacher(augment=Gaussian(0.1)),
    VAT(),
    VIMEConsistency(),
]


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def module(normalisation="none"):
    stack = Stack(Dense(5, activation="tanh", normalisation=normalisation), Dense(4))
    return stack.build(SPACE, draws(1))


def given(n=8, m=12):
    x, more = torch.randn(n + m, 6, generator=draws(2)).split([n, m])
    return Batch(x, torch.arange(n) % 3, other=Batch(more))


def started(objective, codec):
    """A state whose head has weights."""
    state = objective.init(codec, TARGET, draws())
    for head in (
        getattr(state, "head", state),
        *getattr(getattr(state, "teacher", None), "heads", ()),
    ):
        with torch.no_grad():
            head.layers[-1].weight.copy_(torch.randn(3, 4, generator=draws(3)))
    return state


def logits(codec, state, x):
    with torch.no_grad():
        return getattr(state, "head", state)(codec.encode(x))


def terms(objective, codec, state, batch, share=1.0):
    loss, found = objective.loss(codec, state, batch, At.of(0, share=share))
    return loss, {name: float(value) for name, value in found.items()}


def test_fixmatch_takes_the_sure_rows_of_the_weak_view_as_labels():
    codec, batch = module(), given()
    objective = FixMatch(weak=NONE, strong=NONE, threshold=0.6, weight=2.0)
    state = started(objective, codec)
    loss, found = terms(objective, codec, state, batch)
    z, more = logits(codec, state, batch.x), logits(codec, state, batch.other.x)
    own = F.cross_entropy(z, batch.y)
    sure, label = F.softmax(more, dim=1).max(1)
    mask = (sure >= 0.6).float()
    term = (mask * F.cross_entropy(more, label, reduction="none")).mean()
    assert 0 < found["sure"] < 1
    assert found["sure"] == pytest.approx(float(mask.mean()))
    assert loss.item() == pytest.approx(float(own + 2.0 * term), rel=1e-5)


def test_no_gradient_flows_through_the_weak_view():
    """At a threshold of 0 the weak answer is a constant: the gradient is that of the strong view's
    cross-entropy alone."""
    codec, batch = module(), given()
    objective = FixMatch(weak=NONE, strong=NONE, threshold=0.0)
    state = started(objective, codec)
    objective.loss(codec, state, batch, At.of(0))[0].backward()
    got = codec.chain[0].weight.grad.clone()
    codec.zero_grad()
    own = state(codec.encode(batch.x))
    more = state(codec.encode(batch.other.x))
    loss = F.cross_entropy(own, batch.y) + F.cross_entropy(more, more.detach().argmax(1))
    loss.backward()
    assert torch.allclose(got, codec.chain[0].weight.grad, atol=1e-6)


def test_a_moving_average_guesses_where_it_is_asked_for():
    """After steps of momentum 1/11, 0.1, 0.1 ..., labels are those of the averaged network."""
    codec, batch = module("batch").train(), given()
    objective = FixMatch(weak=NONE, strong=NONE, threshold=0.0, momentum=0.1)
    state = started(objective, codec)
    weight, kept = codec.chain[0].weight, codec.chain[0].weight.detach().clone()
    mean = codec.chain[0].norm.running_mean.clone()
    for momentum in (0.0, 1 / 11, 0.1):
        with torch.no_grad():
            weight += torch.randn(weight.shape, generator=draws())
        objective.loss(codec, state, batch, At.of(0))
        objective.after_step(codec, state, batch, At.of(0))
        kept = momentum * kept + (1 - momentum) * weight.detach()
        mean = momentum * mean + (1 - momentum) * codec.chain[0].norm.running_mean
    teacher = state.teacher
    assert torch.allclose(teacher.codec.chain[0].weight, kept, atol=1e-6)
    assert torch.allclose(teacher.codec.chain[0].norm.running_mean, mean, atol=1e-6)
    with torch.no_grad():
        label = teacher.heads[0](teacher.codec.encode(batch.other.x)).argmax(1)
    z = state.head(codec.encode(torch.cat([batch.x, batch.other.x])))
    loss = F.cross_entropy(z[: len(batch.x)], batch.y) + F.cross_entropy(z[len(batch.x) :], label)
    assert objective.loss(codec, state, batch, At.of(0))[0].item() == pytest.approx(loss.item())
    objective.end(codec, state)
    assert torch.equal(weight, teacher.codec.chain[0].weight)
    assert objective.predictor(state) is state.head


def test_labelled_and_other_rows_share_the_statistics_of_a_batch():
    codec, batch = module("batch").train(), given()
    objective = FixMatch(weak=NONE, strong=NONE)
    state = started(objective, codec)
    objective.loss(codec, state, batch, At.of(0))
    every = torch.cat([batch.x, batch.other.x])
    mean = (every @ codec.chain[0].weight.T + codec.chain[0].bias).mean(0)
    assert torch.allclose(codec.chain[0].norm.running_mean, 0.1 * mean.detach(), atol=1e-5)


def test_the_pi_model_is_the_squared_difference_of_two_answers():
    codec, batch = module(), given()
    objective = PiModel(augment=NONE)
    state = started(objective, codec)
    assert terms(objective, codec, state, batch)[1]["consistency"] == pytest.approx(0.0, abs=1e-9)
    noisy = replace(objective, augment=Masking(1.0))
    both = terms(noisy, codec, state, batch)[1]["consistency"]
    assert both == pytest.approx(0.0, abs=1e-9)  # the same view twice
    apart = replace(objective, augment=Gaussian(1.0))
    full = terms(apart, codec, state, batch)[1]["consistency"]
    assert full > 0
    early = terms(apart, codec, state, batch, share=0.0)[1]["consistency"]
    assert early == pytest.approx(full * math.exp(-5))


def test_the_ramp_is_the_papers():
    assert ramp(0.15) == pytest.approx(math.exp(-5 * 0.25))
    assert ramp(0.3) == ramp(0.9) == 1.0


def test_the_mean_teacher_predicts_after_the_phase():
    source = ArraySource(torch.randn(40, 6, generator=draws(4)), SPACE, torch.arange(40) % 3)
    codec, seen = module(), []

    class Watched(MeanTeacher):
        def after_step(self, codec, state, batch, at):
            super().after_step(codec, state, batch, at)
            seen.append(
                (state.teacher.codec.chain[0].weight.clone(), codec.chain[0].weight.clone())
            )

    plan = as_plan([(Watched(augment=Gaussian(0.1)), Joint(3), Training(batch_size=20))])
    run = run_plan(codec, plan, Feed(source, source, TARGET), keys=Keys(0))
    teacher, student = seen[-1]
    assert torch.equal(codec.chain[0].weight, teacher)
    assert not torch.equal(teacher, student)
    assert tuple(run.state(codec.encode(source.x)).shape) == (40, 3)


def test_the_teacher_gets_no_gradient_and_is_judged_on_what_is_held_out():
    codec, batch = module(), given()
    objective = MeanTeacher(augment=Gaussian(0.1))
    state = started(objective, codec)
    objective.loss(codec, state, batch, At.of(0))[0].backward()
    assert all(p.grad is None for p in state.teacher.parameters())
    with torch.no_grad():
        for parameter in state.teacher.heads[0].parameters():
            parameter.zero_()
        value = objective.validation(codec, state, batch, At.of(0))
    assert float(value) == pytest.approx(1 - 3 / 8 + 1e-3 * math.log(3), abs=1e-6)


def curved(seed=0):
    """A small net in float64, and the Hessian of its divergence at a row."""
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)
    ).double()
    with torch.no_grad():
        for i, parameter in enumerate(net.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=draws(seed + i)))
    x = torch.randn(1, 5, generator=draws(9), dtype=torch.float64)
    plain = net(x).detach()
    hessian = torch.autograd.functional.hessian(
        lambda r: divergence(plain, net(x + r)).sum(), 0 * x
    )
    return net, x, plain, hessian.view(5, 5)


@pytest.mark.parametrize("seed", range(3))
def test_vats_direction_is_the_dominant_eigenvector_of_the_hessian(seed):
    net, x, plain, hessian = curved(10 * seed)
    start = torch.randn(x.shape, generator=draws(5), dtype=torch.float64)
    found = direction(net, x, plain, start, xi=1e-5, iterations=60)
    dominant = torch.linalg.eigh(hessian).eigenvectors[:, -1]
    assert abs(float((found[0] * dominant).sum())) == pytest.approx(1.0, abs=1e-3)
    assert float(found.norm()) == pytest.approx(1.0)


def test_one_step_of_the_power_method_is_the_hessian_times_the_start():
    net, x, plain, hessian = curved()
    start = unit(torch.randn(x.shape, generator=draws(5), dtype=torch.float64))
    found = direction(net, x, plain, start, xi=1e-5)
    expected = unit((hessian @ start[0])[None])
    assert torch.allclose(found, expected, atol=1e-3)


def test_vats_divergence_and_entropy_by_hand():
    p, q = torch.randn(2, 4, 3, generator=draws()).unbind(0)
    a, b = F.softmax(p, 1), F.softmax(q, 1)
    assert torch.allclose(divergence(p, q), (a * (a / b).log()).sum(1), atol=1e-6)
    assert torch.allclose(entropy_of(p), -(a * a.log()).sum(1), atol=1e-6)


def test_labelled_rows_and_others_go_apart_and_perturbed_ones_leave_no_statistics():
    codec, batch = module("batch").train(), given()
    objective = VAT()
    state = started(objective, codec)
    objective.loss(codec, state, batch, At.of(0))
    weight, bias = codec.chain[0].weight.detach(), codec.chain[0].bias.detach()
    own, other = ((x @ weight.T + bias).mean(0) for x in (batch.x, batch.other.x))
    kept = 0.9 * 0.1 * own + 0.1 * other
    assert torch.allclose(codec.chain[0].norm.running_mean, kept, atol=1e-5)
    assert codec.chain[0].norm.momentum == 0.1


def test_rows_that_are_not_moved_have_the_same_answer_under_batch_normalisation():
    codec, batch = module("batch").train(), given()
    objective = VAT(eps=1e-6, entropy=0.0)
    state = started(objective, codec)
    assert terms(objective, codec, state, batch)[1]["change"] == pytest.approx(0.0, abs=1e-6)


def test_vimes_second_phase_is_the_variance_over_copies():
    codec, batch = module(), given()
    objective = VIMEConsistency(corruption=Swap(0.5), copies=3)
    state = started(objective, codec)
    at = At.of(0)
    views = [
        objective.corruption.view(batch.other.x, SPACE, at.stream("unlabelled", str(i)))
        for i in range(3)
    ]
    outputs = torch.stack([logits(codec, state, x) for x in views])
    expected = float(((outputs - outputs.mean(0)) ** 2).mean())
    assert terms(objective, codec, state, batch)[1]["consistency"] == pytest.approx(
        expected, rel=1e-4
    )


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_a_weight_of_zero_is_the_supervised_loss(objective):
    codec, batch = module(), given()
    alone = replace(objective, weight=0.0)
    state = started(alone, codec)
    loss, found = terms(alone, codec, state, batch)
    plain, _ = Supervised().loss(codec, getattr(state, "head", state), batch, At.of(0))
    assert loss.item() == pytest.approx(plain.item(), rel=1e-5)
    assert found["supervised"] == pytest.approx(plain.item(), rel=1e-5)


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_it_learns_from_few_labels_after_a_head(objective):
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    X = rng.normal(size=(120, 6)).astype(np.float32)
    X[np.arange(120), y] += 3
    few = np.where(np.arange(120) < 30, y, -1)
    plan = [
        (Supervised(), HeadOnly(30), Training(learning_rate=0.05)),
        (objective, Joint(15), Training(batch_size=30)),
    ]
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(16)), random_state=0), plan=plan, unlabeled=-1, random_state=0
    )
    assert model.fit(X, few).score(X, y) > 0.8


def test_mixed_labels_are_those_of_two_rows():
    codec, batch = module().train(), given()
    objective = Supervised(mix=MixUp(1.0))
    state = started(objective, codec)
    at = At.of(0)
    mixed = objective.mix.mix(batch.x, SPACE, at.stream("mix"))
    z = state(codec.encode(mixed.x))
    one = F.one_hot(batch.y, 3).float()
    soft = mixed.share[:, None] * one + (1 - mixed.share[:, None]) * one[mixed.partner]
    assert torch.allclose(soft.sum(1), torch.ones(8))
    expected = -(soft * F.log_softmax(z, 1)).sum(1).mean()
    loss, _ = objective.loss(codec, state, batch, At.of(0))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_predictions_and_validation_see_rows_as_they_are():
    codec, batch = module(), given()
    objective = Supervised(augment=Masking(1.0), mix=MixUp())
    state = started(objective, codec)
    plain = Supervised().loss(codec, state, batch, At.of(0))[0]
    state.eval()
    assert objective.loss(codec, state, batch, At.of(0))[0].item() == plain.item()


@pytest.mark.parametrize("objective", [*ALL, Supervised(augment=NONE)], ids=repr)
def test_it_is_refused_where_it_would_see_codes(objective):
    source = ArraySource(torch.randn(40, 6, generator=draws(4)), SPACE, torch.arange(40) % 3)
    plan = as_plan([(objective, HeadOnly(1))])
    with pytest.raises(PairingError, match=f"{type(objective).__name__}.*trains no stage"):
        run_plan(module(), plan, Feed(source, source, TARGET), keys=Keys(0))


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_numbers_are_refused(objective):
    with pytest.raises(PairingError, match="the targets are numbers"):
        objective.check(module(), Space.of("real", 1))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: FixMatch(threshold=1.2), "'threshold' parameter of FixMatch"),
        (lambda: FixMatch(strong="x"), "'strong' parameter of FixMatch"),
        (lambda: FixMatch(Joint(1)), "'supervised' parameter of FixMatch"),
        (lambda: PiModel(weight=-1.0), "'weight' parameter of PiModel"),
        (lambda: MeanTeacher(momentum=0.9), "'momentum' parameter of MeanTeacher"),
        (lambda: VAT(eps=0.0), "'eps' parameter of VAT"),
        (lambda: VAT(iterations=0), "'iterations' parameter of VAT"),
        (lambda: VIMEConsistency(copies=1), "'copies' parameter of VIMEConsistency"),
        (lambda: Supervised(augment=MixUp()), "'augment' parameter of Supervised"),
        (lambda: Supervised(mix=NONE), "'mix' parameter of Supervised"),
        (lambda: MixUp(0.0), "'alpha' parameter of MixUp"),
        (lambda: Training(average=1.0), "'average' parameter of Training"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


# Guesses that taught themselves


@pytest.mark.parametrize("objective", [o for o in ALL if not isinstance(o, VAT)])
def test_the_history_says_over_how_many_classes_guesses_are_spread(objective):
    codec, batch = module(), given()
    state = started(objective, codec)
    head = getattr(state, "head", state)
    said = []
    for bias in ([0.0, 0.0, 0.0], [50.0, 0.0, 0.0]):  # all alike, and always the first
        for layer in head.layers:
            layer.weight.data.zero_()
            layer.bias.data = torch.tensor(bias)
        said.append(terms(objective, codec, state, batch)[1]["classes_guessed"])
    labels = torch.tensor([3, 3, 2]) / 8
    alike = math.exp(float(-(labels * labels.log()).sum()))
    assert said == pytest.approx([2 / (alike - 1), 0.0], abs=1e-4)


def test_guesses_of_one_class_alone_are_told_of():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 6)).astype(np.float32)
    y = np.full(200, -1)
    y[:10] = np.arange(10) % 10
    X[10:] = X[3]  # whatever is guessed of one row is guessed of all
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(16)), plan=[(Denoising(), Joint(0))], random_state=0),
        plan=[
            (
                FixMatch(weak=NONE, strong=NONE, threshold=0.0),
                Joint(60),
                Training(learning_rate=0.05),
            )
        ],
        unlabeled=-1,
        random_state=0,
    )
    with pytest.warns(UserWarning, match="guesses nearly one class for all rows"):
        model.fit(X, y)
