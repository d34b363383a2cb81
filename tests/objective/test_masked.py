"""What is hidden is guessed: losses by hand, and what cannot leak."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    VIME,
    At,
    Batch,
    Block,
    Conv,
    Dense,
    Joint,
    MaskedAutoencoder,
    MaskedModelling,
    MaskedPatches,
    Masking,
    PairingError,
    ParameterError,
    Patches,
    Pool,
    Pretrainer,
    Resample,
    Space,
    Stack,
    Swap,
    Transformer,
)
from layerwise.objective.masked.autoencoder import encoded_tokens, standardised
from layerwise.objective.masked.vime import changed_cells

IMAGE = Space.of("unit", 1, 8, 8)
TABLE = Space((7,), (Block("real", 3), Block("unit", 1), Block("category", 3)))


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def images(n=5, seed=0):
    return torch.rand(n, 1, 8, 8, generator=draws(seed))


def vit(*above):
    return Stack(Patches(2, 8), Transformer(1, 2), *above).build(IMAGE, draws(1))


def table(n=6):
    x = torch.rand(n, 7, generator=draws())
    x[:, 4:] = torch.eye(3)[torch.arange(n) % 3]
    return x


def hidden_of(objective, n, t=16):
    order = torch.rand(n, t, generator=At.of(0).stream("mask")).argsort(1)
    return order[:, round(t * (1 - objective.hidden)) :]


@pytest.mark.parametrize("standard", [False, True])
def test_the_masked_autoencoder_is_judged_on_hidden_patches_alone(standard):
    codec, x = vit(Pool()), images()
    objective = MaskedAutoencoder(standardise=standard)
    state = objective.init(codec, None, draws())
    loss, _ = objective.loss(codec, state, Batch(x), At.of(0))
    hidden = hidden_of(objective, len(x))
    keep = torch.rand(5, 16, generator=At.of(0).stream("mask")).argsort(1)[:, :4]
    guess = state(encoded_tokens(codec, x, At.of(0).seeing(keep=keep)), keep)
    aim = codec.chain[0].patches(x)
    aim = standardised(aim) if standard else aim
    errors = ((guess - aim) ** 2).mean(2).gather(1, hidden)
    assert hidden.shape == (5, 12)
    assert loss.item() == pytest.approx(errors.mean().item(), rel=1e-5)


def test_the_guess_does_not_know_what_is_hidden():
    """Other pixels in hidden patches: the guess stays equal to the bit."""
    codec, objective = vit(Pool()), MaskedAutoencoder()
    state = objective.init(codec, None, draws())
    x, others = images(), images(seed=1)
    patches = codec.chain[0]
    hidden = torch.zeros(5, 16, dtype=torch.bool).scatter(1, hidden_of(objective, 5), True)
    mixed = patches.images(
        torch.where(hidden[:, :, None], patches.patches(others), patches.patches(x))
    )
    keep = torch.rand(5, 16, generator=At.of(0).stream("mask")).argsort(1)[:, :4]
    at = At.of(0).seeing(keep=keep)
    guesses = [state(encoded_tokens(codec, one, at), keep) for one in (x, mixed)]
    assert torch.equal(*guesses)


def test_a_class_token_is_none_of_the_patches():
    codec = Stack(Patches(2, 8, class_token=True), Transformer(1, 2), Pool("first")).build(
        IMAGE, draws(1)
    )
    objective = MaskedAutoencoder(hidden=0.5)
    state = objective.init(codec, None, draws())
    loss, terms = objective.loss(codec, state, Batch(images()), At.of(0))
    assert bool(torch.isfinite(loss))
    assert set(terms) == {"rank"}


def test_standardised_patches_have_no_mean_and_unit_variance():
    z = standardised(torch.rand(3, 4, 9, generator=draws()))
    assert torch.allclose(z.mean(2), torch.zeros(3, 4), atol=1e-5)
    assert torch.allclose(z.var(2, correction=0), torch.ones(3, 4), atol=1e-3)


def test_afterwards_the_encoder_sees_all_patches():
    X = images(30).numpy()
    stack = Stack(Patches(2, 8), Transformer(1, 2), Pool())
    model = Pretrainer(stack, objective=MaskedAutoencoder(), schedule=Joint(2), random_state=0)
    assert model.fit(X).transform(X).shape == (30, 8)
    assert "trains no decoder" in model.why_no_decoder()


def test_masked_modelling_is_the_error_of_the_hidden_entries():
    codec, x = Stack(Dense(4)).build(TABLE, draws(1)), table()
    objective = MaskedModelling(Masking(0.5))
    state = objective.init(codec, None, draws())
    loss, _ = objective.loss(codec, state, Batch(x), At.of(0))
    seen, hidden = Masking(0.5).corrupt(x, TABLE, At.of(0).noise)
    raw = state.guess(codec.encode(seen))
    errors = torch.cat(
        [
            (raw[:, :3] - x[:, :3]) ** 2,
            F.binary_cross_entropy_with_logits(raw[:, 3:4], x[:, 3:4], reduction="none"),
            F.cross_entropy(raw[:, 4:], x[:, 4:].argmax(1), reduction="none")[:, None],
        ],
        dim=1,
    )
    weight = hidden[:, :5].float()
    assert loss.item() == pytest.approx(((errors * weight).sum() / weight.sum()).item(), rel=1e-5)


def test_what_stands_in_for_a_hidden_entry_can_be_learned():
    codec, x = Stack(Conv(3)).build(IMAGE, draws(1)), images()
    objective = MaskedModelling(MaskedPatches(0.5, 2), learned=True)
    state = objective.init(codec, None, draws())
    objective.loss(codec, state, Batch(x), At.of(0))[0].backward()
    assert float(state.instead.grad.abs().sum()) > 0


def test_vime_asks_which_cells_are_others_than_before():
    x = table()
    corrupted = x.clone()
    corrupted[0, 1] = 9.0
    corrupted[1, 4:] = x[2, 4:]
    expected = torch.zeros(6, 5, dtype=torch.bool)
    expected[0, 1] = expected[1, 4] = True
    assert torch.equal(changed_cells(x, corrupted, TABLE), expected)


def test_a_cell_swapped_for_an_equal_value_has_not_changed():
    x = torch.ones(6, 7)
    corrupted, drawn = Swap(1.0).corrupt(x, Space.of("real", 7), draws())
    assert bool(drawn.all())
    assert not bool(changed_cells(x, corrupted, Space.of("real", 7)).any())


def test_vime_by_hand():
    space = Space.of("real", 5)
    codec, x = Stack(Dense(4)).build(space, draws(1)), torch.randn(6, 5, generator=draws())
    objective = VIME(Swap(0.4), weight=3.0)
    state = objective.init(codec, None, draws())
    loss, terms = objective.loss(codec, state, Batch(x), At.of(0))
    corrupted, _ = Swap(0.4).corrupt(x, space, At.of(0).noise)
    code = codec.encode(corrupted)
    mask = F.binary_cross_entropy_with_logits(state.mask(code), (x != corrupted).float())
    values = F.mse_loss(state.value(code), x)
    assert terms["mask"].item() == pytest.approx(mask.item(), rel=1e-5)
    assert loss.item() == pytest.approx((mask + 3.0 * values).item(), rel=1e-5)


@pytest.mark.parametrize("objective", [VIME(), MaskedModelling(Resample(0.5))], ids=repr)
def test_missing_cells_teach_nothing(objective):
    codec, x = Stack(Dense(4)).build(TABLE, draws(1)), table()
    state = objective.init(codec, None, draws())
    observed = torch.ones(6, 7, dtype=torch.bool)
    observed[:, 0] = False
    loss, _ = objective.loss(codec, state, Batch(x, observed=observed), At.of(0))
    loss.backward()
    head = getattr(state, "guess", None) or state.value
    assert float(head.weight.grad[0].abs().sum()) == 0.0
    assert float(head.weight.grad[1].abs().sum()) > 0.0


@pytest.mark.parametrize("objective", [VIME(), MaskedModelling()], ids=repr)
def test_it_trains_any_encoder_of_a_table(objective):
    X = np.random.default_rng(0).normal(size=(60, 1)) + np.zeros(5)  # one column tells the others
    model = Pretrainer(Stack(Dense(6)), objective=objective, schedule=Joint(40), random_state=0)
    rows = model.fit(X).history_
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert 1.0 <= rows[0]["rank"] <= 6.0


def test_a_stack_without_patches_is_refused_with_both_sides_named():
    codec = Stack(Conv(3), Pool()).build(IMAGE, draws())
    with pytest.raises(PairingError, match="MaskedAutoencoder.*does not begin with Patches"):
        MaskedAutoencoder().check(codec, None)


def test_a_stage_that_would_stay_as_it_is_is_refused():
    codec = Stack(Patches(2, 8), Transformer(1, 2), Pool(), Dense(3)).build(IMAGE, draws())
    with pytest.raises(PairingError, match=r"MaskedAutoencoder.*Dense\(3\).*would stay as it is"):
        MaskedAutoencoder().check(codec, None)
    MaskedAutoencoder().check(codec.slice(0, 2), None)


def test_one_patch_cannot_be_hidden():
    codec = Stack(Patches(8, 8), Transformer(1, 2)).build(IMAGE, draws())
    with pytest.raises(PairingError, match="the images have 1"):
        MaskedAutoencoder().check(codec, None)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MaskedAutoencoder(hidden=0.0), "'hidden' parameter of MaskedAutoencoder"),
        (
            lambda: MaskedAutoencoder(width=6),
            "'width' parameter of MaskedAutoencoder must be a multiple of 4. Got 6",
        ),
        (lambda: MaskedModelling("x"), "'corruption' parameter of MaskedModelling"),
        (lambda: VIME(weight=-1.0), "'weight' parameter of VIME"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
