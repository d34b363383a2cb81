"""The lower bound of the evidence against torch's distributions, and rows that are drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import distributions as D

from layerwise import (
    At,
    Batch,
    Block,
    Dense,
    Greedy,
    Joint,
    Latent,
    PairingError,
    Pretrainer,
    Space,
    Stack,
    Training,
    Variational,
    load,
    save,
)
from layerwise._random import Keys
from layerwise.architecture.drawing import drawn
from layerwise.objective.variational import nats_of

MIXED = Space((7,), (Block("real", 2), Block("unit", 2), Block("category", 3)))


def built(space, *stages, seed=0):
    return Stack(*stages).build(space, Keys(seed).torch("w"))


def mixed_rows(n=6):
    draws = torch.Generator().manual_seed(3)
    x = torch.randn(n, 7, generator=draws)
    x[:, 2:4] = torch.rand(n, 2, generator=draws)
    x[:, 4:] = torch.nn.functional.one_hot(torch.arange(n) % 3, 3).float()
    return x


def test_the_likelihood_is_that_of_torchs_distributions():
    module, x = built(MIXED, Latent(2)), mixed_rows()
    params = torch.randn(6, 7, generator=torch.Generator().manual_seed(5))
    nats, log_noise = nats_of(params, x, module)
    square = (x[:, :2] - params[:, :2]).square().mean()
    assert log_noise.exp().item() == pytest.approx(square.sqrt().item(), rel=1e-5)
    expected = (
        D.Normal(params[:, :2], log_noise.exp()).log_prob(x[:, :2]).sum(1)
        + (
            x[:, 2:4] * torch.nn.functional.logsigmoid(params[:, 2:4])
            + (1 - x[:, 2:4]) * torch.nn.functional.logsigmoid(-params[:, 2:4])
        ).sum(1)
        + D.OneHotCategorical(logits=params[:, 4:]).log_prob(x[:, 4:])
    )
    torch.testing.assert_close(nats, -expected)


def test_the_divergence_is_that_of_torchs_distributions():
    module, x = built(MIXED, Latent(3)), mixed_rows()
    with torch.no_grad():
        for one in module.chain[0].parameters():
            one.add_(0.3 * torch.randn(one.shape, generator=torch.Generator().manual_seed(1)))
    mean, spread = module.chain[0].posterior(x)
    expected = D.kl_divergence(D.Normal(mean, (0.5 * spread).exp()), D.Normal(0.0, 1.0)).sum(1)
    _, terms = Variational().loss(module, None, Batch(x), At.of(0))
    assert terms["kl"].item() == pytest.approx(expected.mean().item(), rel=1e-5)


def test_the_weight_weighs_the_divergence_alone():
    module, batch = built(MIXED, Dense(5), Latent(3)), Batch(mixed_rows())
    losses = {w: Variational(w).loss(module, None, batch, At.of(0)) for w in (0.0, 1.0, 2.0)}
    kl = losses[1.0][1]["kl"] / 5  # two real, two in [0, 1], one category
    assert (losses[2.0][0] - losses[1.0][0]).item() == pytest.approx(kl.item(), rel=1e-4)
    assert (losses[1.0][0] - losses[0.0][0]).item() == pytest.approx(kl.item(), rel=1e-4)


def test_a_missing_cell_has_no_say():
    module, x = built(MIXED, Latent(2)), mixed_rows()
    observed = torch.ones_like(x, dtype=torch.bool)
    observed[:, 0] = False
    params = module.decode_params(module.encode(x))
    one = nats_of(params, x, module, observed)[0]
    other = x.clone()
    other[:, 0] = 99.0
    torch.testing.assert_close(one, nats_of(params, other, module, observed)[0])


def test_it_learns_what_a_linear_gaussian_model_is():
    """Rows of two factors and noise of 0.3: the deviation is found, and so is the likelihood."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(2, 6))
    X = rng.normal(size=(4000, 2)) @ W + 0.3 * rng.normal(size=(4000, 6))
    model = Pretrainer(
        Stack(Latent(2)),
        objective=Variational(),
        schedule=Joint(60),
        training=Training(learning_rate=1e-2, shape="cosine", batch_size=256),
        preprocessing=None,
        random_state=0,
    ).fit(X.astype(np.float32))
    noise = model.module_.chain[-1].log_noise.exp().item()
    assert noise == pytest.approx(0.3, abs=0.03)
    covariance = W.T @ W + 0.09 * np.eye(6)
    entropy = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * covariance)[1]
    last = model.history_[-1]
    assert last["kl"] + last["nats"] == pytest.approx(entropy, abs=0.15)  # the bound is tight
    made = model.sample(20_000, random_state=1)
    np.testing.assert_allclose(np.cov(made.T), covariance, atol=0.45)


def test_categories_are_drawn_as_often_as_they_are():
    space = Space.of("category", 3)
    params = torch.log(torch.tensor([[0.7, 0.2, 0.1]])).expand(20_000, 3)
    rows = drawn(params, space, 0.0, torch.Generator().manual_seed(0))
    assert set(rows.flatten().tolist()) == {0.0, 1.0} and (rows.sum(1) == 1).all()
    np.testing.assert_allclose(rows.mean(0), [0.7, 0.2, 0.1], atol=0.015)


def test_pixels_are_their_means_and_real_values_vary():
    image, real = Space.of("real", 1, 2, 2), Space.of("real", 4)
    params = torch.zeros(5, 4)
    draws = torch.Generator().manual_seed(0)
    assert drawn(params, image, 1.0, draws).abs().max() == 0
    assert drawn(params, real, 1.0, draws).std() > 0.5
    assert drawn(params, real, 0.0, draws).abs().max() == 0


def test_a_model_folder_draws_the_same_rows(tmp_path):
    X = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    stack = Stack(Dense(8), Latent(2))
    model = Pretrainer(stack, objective=Variational(), schedule=Joint(2), random_state=0).fit(X)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(model.sample(7, random_state=3), again.sample(7, random_state=3))
    assert again.module_.chain[-1].log_noise == model.module_.chain[-1].log_noise != 0


def test_where_codes_are_no_distributions_it_is_refused():
    X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    for stack, schedule in ((Stack(Dense(4)), Joint(1)), (Stack(Dense(4), Latent(2)), Greedy(1))):
        with pytest.raises(PairingError, match=r"the topmost stage of the phase is Dense\(4\)"):
            Pretrainer(stack, objective=Variational(), schedule=schedule).fit(X)
    fitted = Pretrainer(Stack(Dense(4)), schedule=Joint(1)).fit(X)
    with pytest.raises(PairingError, match="restricted Boltzmann machine or Latent"):
        fitted.sample(3)
