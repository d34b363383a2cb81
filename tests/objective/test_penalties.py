"""Penalties on codes and on the encoder's Jacobian, and corruption by squares."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise import (
    ACTIVATIONS,
    At,
    Batch,
    Combined,
    Contractive,
    ContrastiveDivergence,
    Conv,
    Denoising,
    Dense,
    Greedy,
    Joint,
    Ladder,
    MaskedPatches,
    Masking,
    PairingError,
    ParameterError,
    Pretrainer,
    Reconstruction,
    Residual,
    Space,
    Sparse,
    Stack,
    Supervised,
    Training,
)
from layerwise._random import Keys
from layerwise.architecture.stage import jacobian_norm

UNIT = Space.of("unit", 6)
X = torch.rand(20, 6, generator=torch.Generator().manual_seed(0))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def built(*stages, space=UNIT):
    module = Stack(*stages).build(space, Keys(0).torch("w"))
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "bias" in name or "log_scale" in name:
                parameter.normal_(0.0, 0.5, generator=generator(1))
    return module


def parts(objective, module, batch=None, state=None):
    loss, terms = objective.loss(module, state, batch or Batch(X), At.of(0))
    return float(loss.detach()), {name: float(value) for name, value in terms.items()}


# Sparse codes


def test_the_divergence_is_the_formula_around_any_objective():
    module = built(Dense(4, activation="sigmoid"))
    with torch.no_grad():
        module.stages[0].bias.copy_(
            torch.tensor([-8.0, 6.0, 0.0, 1.0])
        )  # also units that are nearly off or on
        q = module.encode(X).double().mean(0).numpy()
    p = 0.1
    expected = (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).mean()
    for inner in (Reconstruction(), Denoising()):
        loss, terms = parts(Sparse(inner, target=p, weight=0.7), module)
        assert terms["sparsity"] == pytest.approx(expected, rel=1e-4)
        assert loss == pytest.approx(parts(inner, module)[0] + 0.7 * expected, rel=1e-5)


def test_l1_is_the_mean_absolute_code():
    module = built(Dense(4, activation="tanh"))
    with torch.no_grad():
        expected = float(module.encode(X).abs().mean())
    loss, terms = parts(Sparse(penalty="l1", weight=0.5), module)
    assert terms["sparsity"] == pytest.approx(expected, rel=1e-6)
    assert loss == pytest.approx(parts(Reconstruction(), module)[0] + 0.5 * expected, rel=1e-6)


@pytest.mark.parametrize("target", [0.05, 0.7])
def test_mean_activations_are_pulled_to_the_target(target):
    fast = Training(learning_rate=0.05, batch_size=20)
    stack = Stack(Dense(8, activation="sigmoid"))
    means = []
    for weight in (0.0, 5.0):
        objective = Sparse(target=target, weight=weight)
        pretrainer = Pretrainer(
            stack, objective=objective, schedule=Joint(100), training=fast, random_state=0
        ).fit(X.numpy())
        means.append(pretrainer.transform(X.numpy()).mean(0))
    assert np.abs(means[1] - target).max() < 0.05 < np.abs(means[0] - target).max()


def test_l1_makes_codes_smaller():
    sizes = []
    for weight in (0.0, 1.0):
        objective = Sparse(penalty="l1", weight=weight)
        pretrainer = Pretrainer(
            Stack(Dense(8)), objective=objective, schedule=Joint(40), random_state=0
        ).fit(X.numpy())
        sizes.append(np.abs(pretrainer.transform(X.numpy())).mean())
    assert sizes[1] < 0.8 * sizes[0]


def test_a_machine_can_be_sparse_and_keeps_its_chains():
    stack = Stack(Dense(8, activation="sigmoid", tied=True))
    objective = Sparse(ContrastiveDivergence(persistent=True, chains=10), target=0.1, weight=1.0)
    history = (
        Pretrainer(stack, objective=objective, schedule=Greedy(3), random_state=0)
        .fit(X.numpy())
        .history_
    )
    assert {"reconstruction", "pseudo_likelihood", "sparsity"} <= history[-1].keys()
    assert history[-1]["sparsity"] < history[0]["sparsity"]


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus", "linear"])
def test_the_divergence_is_refused_on_codes_outside_0_and_1(activation):
    with pytest.raises(
        PairingError,
        match=r"(?s)compares mean activations in \[0, 1\]; the codes are '(nonneg|real)'.*'l1'",
    ):
        Pretrainer(Stack(Dense(4, activation=activation)), objective=Sparse()).fit(X.numpy())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sparse(penalty="kld"), "Did you mean 'kl'"),
        (lambda: Sparse(target=0.0), "'target' parameter of Sparse"),
        (lambda: Sparse(weight=-1), "'weight' parameter of Sparse"),
        (lambda: Contractive(weight=-1), "'weight' parameter of Contractive"),
        (
            lambda: Sparse(Supervised()),
            r"(?s)learns from rows without labels. Got Supervised\(\).*Wrap Reconstruction",
        ),
        (
            lambda: Contractive(Combined()),
            "Contractive wraps an objective that learns from rows without labels",
        ),
        (lambda: Contractive(Ladder()), "Contractive wraps an objective"),
        (lambda: Sparse(0.1), "must be an objective such as Reconstruction"),
        (lambda: MaskedPatches(1.0), "'p' parameter of MaskedPatches"),
        (lambda: MaskedPatches(0.2, 0), "'size' parameter of MaskedPatches"),
    ],
)
def test_wrong_settings_are_explained(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_what_is_wrapped_still_refuses():
    stack = Stack(
        Dense(4, activation="sigmoid", tied=True), Dense(3, activation="sigmoid", tied=True)
    )
    with pytest.raises(PairingError, match="trains one stage at a time"):
        Pretrainer(stack, objective=Sparse(ContrastiveDivergence()), schedule=Joint(1)).fit(
            X.numpy()
        )


# Contraction


def autograds(module, x):
    """The squared norm of each row's Jacobian, one row at a time."""
    whole = [torch.autograd.functional.jacobian(module.encode, row[None]) for row in x]
    return torch.stack([each.square().sum() for each in whole])


SETTINGS = [{"activation": name} for name in ACTIVATIONS]
SETTINGS += [
    {"tied": True, "activation": "tanh"},
    {"activation": "sigmoid", "normalisation": "weight"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_closed_form_is_the_jacobian(settings):
    module = built(Dense(4, **settings)).double()
    x = X.double()
    closed = module.jacobian_norm(x)
    torch.testing.assert_close(closed, autograds(module, x))
    torch.testing.assert_close(closed, jacobian_norm(module.encode, x))


def test_the_closed_form_knows_a_learned_scale():
    module = built(
        Dense(4, activation="tanh", tied=True, learned_scale=True), space=Space.of("real", 6)
    ).double()
    torch.testing.assert_close(module.jacobian_norm(X.double()), autograds(module, X.double()))


@pytest.mark.parametrize("settings", [*SETTINGS[:3], {"tied": True, "activation": "tanh"}])
def test_gradients_of_the_closed_form_are_those_of_automatic_differentiation(settings):
    module, found = built(Dense(4, **settings)).double(), []
    for norm in (module.jacobian_norm, lambda x: jacobian_norm(module.encode, x)):
        module.zero_grad()
        norm(X.double()).mean().backward()
        found.append(
            [
                p.grad.clone()
                for p in (module.stages[0].weight, module.stages[0].bias)
                if p.grad is not None
            ]
        )
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize(
    ("stages", "space"),
    [
        ((Dense(5, activation="tanh"), Dense(3, activation="sigmoid")), UNIT),
        ((Dense(5, activation="tanh", normalisation="layer"),), UNIT),
        ((Residual(Dense(4), Dense(6, activation="tanh")),), UNIT),
        ((Conv(2, 2, activation="tanh", pool=2),), Space.of("unit", 1, 2, 3)),
    ],
)
def test_deeper_slices_and_other_stages_use_automatic_differentiation(stages, space):
    module = built(*stages, space=space).double().eval()
    x = X.double().view(20, *space.shape)
    with torch.enable_grad():
        ours = module.jacobian_norm(x)
    torch.testing.assert_close(ours, autograds(module, x))
    ours.mean().backward()
    assert all(
        stage.weight.grad.abs().sum() > 0 for stage in module.modules() if hasattr(stage, "weight")
    )


def test_the_penalty_is_a_mean_over_rows_and_features():
    module = built(Dense(4, activation="sigmoid"))
    expected = float(autograds(module, X).mean()) / 6
    loss, terms = parts(Contractive(Denoising(Masking(0.3)), weight=0.4), module)
    assert terms["contraction"] == pytest.approx(expected, rel=1e-5)
    assert loss == pytest.approx(
        parts(Denoising(Masking(0.3)), module)[0] + 0.4 * expected, rel=1e-5
    )


def test_contraction_makes_the_encoder_flatter_and_is_reproducible():
    norms, codes, fast = [], [], Training(learning_rate=0.01)
    for weight in (0.0, 3.0, 3.0):
        torch.rand(3)  # noise inside stages is drawn from the key, whatever torch's own state is
        objective = Contractive(weight=weight)
        stack = Stack(Dense(8, activation="tanh", dropout=0.2), Dense(4, activation="tanh"))
        pretrainer = Pretrainer(
            stack, objective=objective, schedule=Joint(40), training=fast, random_state=0
        ).fit(X.numpy())
        norms.append(float(pretrainer.module_.jacobian_norm(X).detach().mean()))
        codes.append(pretrainer.transform(X.numpy()))
    assert norms[1] < 0.7 * norms[0]
    assert np.array_equal(codes[1], codes[2])


# Squares


@pytest.mark.parametrize(
    ("p", "size"), [(0.25, 4), (0.5, 3), (0.1, 1), (0.02, 12), (0.0, 3), (0.9, 2)]
)
def test_patches_mask_their_share_everywhere(p, size):
    x = torch.rand(4000, 1, 9, 8, generator=generator()) + 0.1
    corrupted, chosen = MaskedPatches(p, size).corrupt(x, Space.of("unit", 1, 9, 8), generator(1))
    share = chosen.float().mean((0, 1))
    assert float(share.mean()) == pytest.approx(p, rel=0.1, abs=1e-6)
    assert float((share - p).abs().max()) < 0.05  # also at the edges and in the corners
    assert torch.equal(corrupted == 0, chosen)
    assert torch.equal(corrupted[~chosen], x[~chosen])


def test_patches_are_squares_in_all_channels():
    x = torch.ones(300, 3, 10, 10)
    _, chosen = MaskedPatches(0.02, 4).corrupt(x, Space.of("unit", 3, 10, 10), generator())
    assert torch.equal(chosen[:, :1].expand_as(chosen), chosen)
    inside = [mask for mask in chosen[:, 0] if mask.sum() == 16]
    assert len(inside) > 5
    for mask in inside:
        rows, columns = mask.nonzero().T
        assert (int(rows.max() - rows.min()), int(columns.max() - columns.min())) == (3, 3)


def test_emphasis_knows_which_pixels_were_masked():
    space = Space.of("unit", 2, 3, 4)
    module = built(Conv(3), space=space)
    x = torch.rand(10, 2, 3, 4, generator=generator())
    noise = MaskedPatches(0.4, 2)
    corrupted, chosen = noise.corrupt(x, space, At.of(0).noise)
    with torch.no_grad():
        p = module.reconstruct(corrupted)
        losses = -(x * p.log() + (1 - x) * (1 - p).log())
        weights = torch.where(chosen, 1.0, 0.25)
        expected = float((losses * weights).sum() / weights.sum())
        loss, _ = parts(Denoising(noise, emphasis=(1.0, 0.25)), module, Batch(x))
    assert loss == pytest.approx(expected, rel=1e-4)


def test_patches_are_refused_on_rows_that_are_no_images():
    with pytest.raises(
        PairingError, match=r"(?s)masks squares of an image; a row has the shape \(6,\).*in_shape"
    ):
        Pretrainer(Stack(Dense(4)), objective=Denoising(MaskedPatches())).fit(X.numpy())
    with pytest.raises(PairingError, match="masks squares of an image"):
        Pretrainer(
            Stack(Dense(4), Dense(3), in_shape=(1, 2, 3)),
            objective=Denoising(MaskedPatches()),
            schedule=Greedy(1),
        ).fit(X.numpy())


# Weights of rows


@pytest.mark.parametrize("objective", [Sparse(penalty="l1"), Sparse(), Contractive()], ids=repr)
def test_a_row_of_weight_2_is_a_row_given_twice(objective):
    module = built(Dense(4, activation="sigmoid"))
    weighted = parts(objective, module, Batch(X[:2], weight=torch.tensor([2.0, 1.0])))
    repeated = parts(objective, module, Batch(X[[0, 0, 1]]))
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-5)


def test_the_jacobian_of_a_row_is_refused_where_its_code_depends_on_others():
    module = built(Dense(4, normalisation="batch"))
    with pytest.raises(
        PairingError, match="with batch normalisation that code depends on the other rows"
    ):
        Contractive().check(module, None)


def test_labels_and_a_machine_cannot_be_learned_at_once():
    with pytest.raises(
        ParameterError, match=r"must be Reconstruction\(...\), Denoising\(...\) or one wrapped"
    ):
        Combined(Supervised(), Sparse(ContrastiveDivergence()))


def test_the_jacobian_of_two_stages_is_that_of_both():
    module = Stack(Dense(4), Dense(3)).build(Space.of("unit", 5), Keys(0).torch("w")).eval()
    x = torch.rand(6, 5)
    whole = torch.func.vmap(torch.func.jacrev(lambda row: module.encode(row[None])[0]))(x)
    assert torch.allclose(module.jacobian_norm(x), whole.square().sum((1, 2)), rtol=1e-4)


@pytest.mark.parametrize("target", [1e-6, 1 - 1e-6])
def test_a_share_of_active_units_may_be_as_small_and_as_large(target):
    assert Sparse(Reconstruction(), target=target).target == target
    with pytest.raises(ParameterError, match="target"):
        Sparse(Reconstruction(), target=target + (1e-7 if target > 0.5 else -1e-7))
