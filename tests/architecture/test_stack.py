"""Stacks and dense stages."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise import ACTIVATIONS, At, Block, DataError, Dense, ParameterError, Space, Stack
from layerwise._random import Keys
from layerwise.architecture.activations import apply_link, inverse_link

UNIT = Space.of("unit", 6)


def built(stack, space=UNIT, seed=0):
    return stack.build(space, Keys(seed).torch("w"))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("tied", [False, True])
def test_a_stack_encodes_and_decodes_to_the_shape_of_its_input(activation, tied):
    module = built(
        Stack(
            Dense(5, activation=activation, tied=tied), Dense(3, activation=activation, tied=tied)
        )
    )
    with torch.no_grad():
        z = module.encode(torch.rand(4, 6))
        back = module.decode(z)
    assert (tuple(z.shape), tuple(back.shape)) == ((4, 3), (4, 6))
    assert float(back.min()) >= 0.0
    assert float(back.max()) <= 1.0


def test_the_link_follows_the_kind_of_the_input():
    assert Block("real", 1).link == "linear"
    assert Block("unit", 1).link == "sigmoid"
    assert Block("category", 2).link == "softmax"
    assert built(Stack(Dense(4, activation="relu"))).code_space.blocks == (
        Block("nonneg", 4, "relu"),
    )
    assert built(Stack(Dense(4, activation="sigmoid"))).code_space.kind == "unit"


def test_a_tables_decoder_gives_probabilities_for_a_category_and_numbers_for_numbers():
    space = Space((5,), (Block("real", 2), Block("category", 3)))
    out = apply_link(torch.tensor([[-3.0, 2.0, 1.0, 1.0, 1.0]]), space)
    torch.testing.assert_close(out, torch.tensor([[-3.0, 2.0, 1 / 3, 1 / 3, 1 / 3]]))


@pytest.mark.parametrize("link", ["sigmoid", "tanh", "softplus", "relu", "linear"])
def test_a_centred_decoder_begins_at_the_mean(link):
    kind = {
        "sigmoid": "unit",
        "tanh": "real",
        "softplus": "nonneg",
        "relu": "nonneg",
        "linear": "real",
    }[link]
    space = Space.of(kind, 4, link=link)
    mean = torch.tensor([0.1, 0.3, 0.5, 0.9])
    torch.testing.assert_close(apply_link(inverse_link(mean, space)[None], space)[0], mean)
    module = built(Stack(Dense(3)), space)
    module.stages[0].centre(mean)
    with torch.no_grad():
        torch.testing.assert_close(module.decode(torch.zeros(1, 3))[0], mean)
        module.stages[0].centre(mean * 0.5)  # no longer untrained: stays
        torch.testing.assert_close(module.decode(torch.zeros(1, 3))[0], mean)


def test_rows_of_images_are_flattened_and_come_back():
    module = built(Stack(Dense(5)), Space.of("unit", 1, 4, 4))
    with torch.no_grad():
        assert tuple(module.decode(module.encode(torch.rand(2, 1, 4, 4))).shape) == (2, 1, 4, 4)


def test_in_shape_must_hold_a_row():
    with pytest.raises(DataError, match=r"A row has 6 features, in_shape=\(1, 2, 2\) holds 4"):
        built(Stack(Dense(3), in_shape=(1, 2, 2)))


def test_a_slice_trains_the_whole():
    module = built(Stack(Dense(5), Dense(3)))
    assert module.slice(1, 1).stages[0] is module.stages[1]
    assert module.slice(0, 0).at_input
    assert not module.slice(1, 1).at_input


def test_widths_fall_geometrically():
    assert Stack.geometric(1024, 16, 3) == Stack(Dense(256), Dense(64), Dense(16))


def test_weights_come_from_the_generator_alone():
    a, b, c = built(Stack(Dense(5))), built(Stack(Dense(5))), built(Stack(Dense(5)), seed=1)
    assert torch.equal(a.stages[0].weight, b.stages[0].weight)
    assert not torch.equal(a.stages[0].weight, c.stages[0].weight)


@pytest.mark.parametrize(
    ("init", "activation", "expected"),
    [
        ("auto", "relu", np.sqrt(2 / 400)),
        ("auto", "tanh", np.sqrt(2 / 700)),
        ("he_normal", "tanh", np.sqrt(2 / 400)),
        ("lecun_normal", "relu", np.sqrt(1 / 400)),
        ("glorot_normal", "relu", np.sqrt(2 / 700)),
        ("normal(0.01)", "relu", 0.01),
        ("uniform(0.3)", "relu", 0.3 / np.sqrt(3)),
        ("sparse", "relu", np.sqrt(15 / 400)),
    ],
)
def test_an_initialiser_has_its_spread(init, activation, expected):
    weight = (
        built(Stack(Dense(300, init=init, activation=activation)), Space.of("real", 400))
        .stages[0]
        .weight.detach()
    )
    assert float(weight.std()) == pytest.approx(expected, rel=0.05)


def test_a_sparse_initialiser_gives_each_unit_fifteen_weights():
    weight = built(Stack(Dense(30, init="sparse")), Space.of("real", 100)).stages[0].weight.detach()
    assert (weight != 0).sum(1).tolist() == [15] * 30


def test_an_orthogonal_initialiser_keeps_lengths():
    weight = (
        built(Stack(Dense(20, init="orthogonal")), Space.of("real", 50)).stages[0].weight.detach()
    )
    torch.testing.assert_close(weight @ weight.T, torch.eye(20), atol=1e-5, rtol=0)


def test_dropout_acts_in_training_alone_and_keeps_the_mean():
    module = built(Stack(Dense(2000, dropout=0.4)))
    x = torch.rand(1, 6)
    module.eval()
    with torch.no_grad():
        clean = module.encode(x)
        module.train()
        noisy = module.encode(x, At.of(0))
    alive = clean > 0
    assert float((noisy[alive] == 0).float().mean()) == pytest.approx(0.4, abs=0.05)
    torch.testing.assert_close(noisy[noisy > 0], clean[noisy > 0] / 0.6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Dense(0),
            r"'units' parameter of Dense must be an int in the range \[1, inf\). Got 0",
        ),
        (lambda: Dense(3, activation="sigmoyd"), "Did you mean 'sigmoid'"),
        (lambda: Dense(3, init="he"), "must be an initialiser. Got 'he'"),
        (lambda: Dense(3, normalisation="batchnorm"), "Did you mean 'batch'"),
        (lambda: Dense(3, dropout=1.0), "'dropout' parameter of Dense must be a number"),
        (lambda: Dense(3, tied="yes"), "must be True or False. Got 'yes'"),
        (lambda: Stack(), "needs at least one stage"),
        (lambda: Stack(500), "must be stages such as Dense"),
        (lambda: Stack(Dense(2)).replace("0.unit", 3), "no field 'unit'. Did you mean 'units'"),
        (lambda: Stack(Dense(2)).replace("4.units", 3), "has the positions 0 to 0"),
        (lambda: Space((3,), (Block("real", 2),)), "blocks hold 2 features"),
        (lambda: Block("number", 2), "needs a kind"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
