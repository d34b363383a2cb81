"""Made-up rows in fine-tuning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris

from layerwise import (
    At,
    Batch,
    Dense,
    HeadOnly,
    Joint,
    Latent,
    PairingError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Space,
    Stack,
    Supervised,
    Synthetic,
    Training,
    Variational,
)
from layerwise._random import Keys
from layerwise.objective.synthetic import partners

CLASSES = Space.of("category", 2)


def parts(objective, *stages, n=8):
    module = Stack(*stages).build(Space.of("real", 4), Keys(0).torch("w"))
    state = objective.init(module, CLASSES, Keys(0).torch("s"))
    x = torch.randn(n, 4, generator=torch.Generator().manual_seed(0))
    return module, state, Batch(x, torch.arange(n) % 2)


def test_a_share_of_the_batch_is_made_up_and_the_rest_is_as_it_was():
    objective = Synthetic(share=0.5)
    _, state, batch = parts(objective, Dense(6))
    made = objective.made(state, batch, At.of(0))
    assert torch.equal(made.x[4:], batch.x[4:]) and torch.equal(made.y, batch.y)
    assert not (made.x[:4] == batch.x[:4]).any() and len(made.x) == 8


def test_a_made_up_row_lies_between_two_of_its_class():
    objective = Synthetic(share=1.0)
    module, state, batch = parts(objective, Dense(4, activation="linear"))
    with torch.no_grad():  # the stage that changes nothing
        for codec in (module.chain[0], state.maker.codec.chain[0]):
            for weight in (codec.weight, codec.decoder_weight):
                weight.copy_(torch.eye(4))
    made = objective.made(state, batch, At.of(0))
    for i in range(8):
        own = batch.x[batch.y == batch.y[i]]
        gaps = []
        for other in own:
            line = other - batch.x[i]
            share = ((made.x[i] - batch.x[i]) @ line / (line @ line).clamp_min(1e-9)).clamp(0, 1)
            gaps.append((batch.x[i] + share * line - made.x[i]).norm().item())
        assert min(gaps) < 1e-4


def test_partners_are_of_the_class_and_not_the_row_itself():
    y = torch.tensor([0, 0, 0, 1, 1, 2])
    draws = torch.Generator().manual_seed(0)
    seen = [partners(y, 6, draws).tolist() for _ in range(200)]
    for i in range(5):
        assert {row[i] for row in seen} == {j for j in range(6) if y[j] == y[i] and j != i}
    assert {row[5] for row in seen} == {5}  # the only one of its class
    numbers = [partners(torch.arange(4.0)[:, None], 4, draws).tolist() for _ in range(200)]
    assert {row[0] for row in numbers} == {1, 2, 3}


def test_numbers_as_labels_are_mixed_as_their_rows_are():
    objective = Synthetic(share=1.0)
    _, state, batch = parts(objective, Dense(4, activation="linear"))
    batch = Batch(batch.x, batch.x[:, :1].clone())
    with torch.no_grad():
        for weight in (
            state.maker.codec.chain[0].weight,
            state.maker.codec.chain[0].decoder_weight,
        ):
            weight.copy_(torch.eye(4))
    made = objective.made(state, batch, At.of(0))
    torch.testing.assert_close(made.y, made.x[:, :1])


def test_draws_of_a_codes_distribution_lie_around_the_row():
    objective = Synthetic(how="posterior", share=1.0)
    _, state, batch = parts(objective, Latent(4))
    latent = state.maker.codec.chain[0]
    with torch.no_grad():
        latent.weight.copy_(torch.eye(4))
        latent.decoder_weight.copy_(torch.eye(4))
        latent.spread_bias.fill_(2 * np.log(0.1))
    many = [objective.made(state, batch, At.of(0, step=i)).x - batch.x for i in range(300)]
    away = torch.stack(many)
    assert away.mean().abs() < 0.01 and away.std().item() == pytest.approx(0.1, rel=0.05)


def test_without_a_share_it_is_the_supervised_loss_and_so_is_its_validation():
    objective = Synthetic(Supervised((3,)), share=0.0)
    module, state, batch = parts(objective, Dense(6))
    own = Supervised((3,))
    loss = objective.loss(module, state, batch, At.of(0))[0]
    torch.testing.assert_close(loss, own.loss(module, state.head, batch, At.of(0))[0])
    full = Synthetic(Supervised((3,)), share=1.0)
    assert full.validation(module, state, batch, At.of(0)) == own.validation(
        module, state.head, batch, At.of(0)
    )


def test_no_gradient_reaches_what_makes_rows_up():
    objective = Synthetic()
    module, state, batch = parts(objective, Dense(6))
    state.train()
    objective.loss(module, state, batch, At.of(0))[0].backward()
    assert all(one.grad is None for one in state.maker.parameters())
    assert any(one.grad is not None for one in module.parameters())


def test_it_fine_tunes_after_a_head_and_predicts_by_it():
    X, y = load_iris(return_X_y=True)
    start = Pretrainer(
        Stack(Dense(16), Latent(3)),
        objective=Variational(),
        schedule=Joint(100),
        random_state=0,
    )
    steps = Training(learning_rate=1e-2, batch_size=32)
    plan = [(Supervised(), HeadOnly(20), steps), (Synthetic(), Joint(40), steps)]
    model = PretrainedClassifier(start, plan=plan, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.8
    numbers = PretrainedRegressor(start, plan=[(Synthetic(), Joint(60), steps)], random_state=0)
    assert numbers.fit(X, X[:, 0] - X[:, 2]).score(X, X[:, 0] - X[:, 2]) > 0.8


@pytest.mark.parametrize(
    ("objective", "stages", "words"),
    [
        (Synthetic(how="posterior"), (Dense(4),), "needs codes that are distributions"),
        (Synthetic(), (Dense(4),), None),
    ],
)
def test_a_stack_that_cannot_make_rows_up_is_refused(objective, stages, words):
    module = Stack(*stages).build(Space.of("real", 4), Keys(0).torch("w"))
    if words is None:
        objective.check(module, CLASSES)
        with pytest.raises(PairingError, match="needs labels"):
            objective.check(module, None)
    else:
        with pytest.raises(PairingError, match=words):
            objective.check(module, CLASSES)
