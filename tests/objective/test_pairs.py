"""Pairs of labelled rows: the loss by hand, and what it makes of codes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from layerwise import (
    At,
    Batch,
    Dense,
    HeadOnly,
    Joint,
    LabelPairs,
    PairingError,
    PretrainedClassifier,
    Pretrainer,
    Space,
    Stack,
    Supervised,
    Training,
)
from layerwise.objective.pairs import pair_loss


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_loss_is_that_of_all_pairs_one_by_one():
    codes, y = torch.randn(7, 3, generator=draws()), torch.tensor([0, 1, 0, 2, 1, 0, 2])
    weight = torch.rand(7, generator=draws(1))
    for given in (None, weight):
        sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
        for i, j in itertools.combinations(range(7), 2):
            same = bool(y[i] == y[j])
            cosine = torch.cosine_similarity(codes[i], codes[j], dim=0)
            w = 1.0 if given is None else float(given[i] * given[j])
            sums[same][0] += w * float((cosine - float(same)) ** 2)
            sums[same][1] += w
        wanted = 0.5 * sum(total / count for total, count in sums.values())
        assert float(pair_loss(codes, y, given)) == pytest.approx(wanted, abs=1e-6)


def test_it_is_zero_where_classes_are_orthogonal_points():
    codes = torch.eye(3)[torch.tensor([0, 1, 2, 0, 1])] * torch.tensor([[1.0], [2], [3], [4], [5]])
    assert float(pair_loss(codes, torch.tensor([0, 1, 2, 0, 1]))) == pytest.approx(0.0, abs=1e-12)


def test_rows_of_one_class_alone_give_a_finite_loss():
    loss = pair_loss(torch.randn(4, 2, generator=draws()), torch.zeros(4, dtype=torch.long))
    assert torch.isfinite(loss)


def test_the_gradient_reaches_every_row():
    codec = Stack(Dense(4, activation="tanh")).build(Space.of("real", 5), draws())
    x, y = torch.randn(6, 5, generator=draws(1)), torch.tensor([0, 1, 0, 1, 0, 1])
    x.requires_grad_()
    LabelPairs().loss(codec, None, Batch(x, y=y), At.of(0))[0].backward()
    assert (x.grad.abs().sum(1) > 0).all()


def test_classes_are_apart_after_it_and_a_head_reads_them():
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    X = np.concatenate([np.eye(3)[y] + 0.2 * rng.normal(size=(90, 3)), rng.normal(size=(90, 9))], 1)
    training = Training(learning_rate=1e-2, min_steps=100)
    plan = [
        (LabelPairs(), Joint(1), training),
        (Supervised(), HeadOnly(1), Training(learning_rate=3e-2, min_steps=100)),
    ]
    start = Pretrainer(Stack(Dense(16)), random_state=0)
    model = PretrainedClassifier(start, plan=plan, random_state=0).fit(X, y)
    codes = torch.from_numpy(model.encode(X))
    before = torch.from_numpy(model.pretrainer_.transform(X))
    after, first = (float(pair_loss(z, torch.from_numpy(y))) for z in (codes, before))
    assert after < 0.5 * first and model.score(X, y) > 0.95


@pytest.mark.parametrize(
    ("target", "words"),
    [(None, "none were given"), (Space.of("real", 1), "the targets are numbers")],
)
def test_it_is_refused_without_classes(target, words):
    codec = Stack(Dense(4)).build(Space.of("real", 5), draws())
    with pytest.raises(PairingError, match=words):
        LabelPairs().check(codec, target)


def test_it_is_refused_where_nothing_is_trained():
    codec = Stack(Dense(4)).build(Space.of("real", 5), draws()).slice(1, 0)
    with pytest.raises(PairingError, match="no stage is trained"):
        LabelPairs().check(codec, Space.of("category", 2))
