"""A tied stage as a restricted Boltzmann machine, against scikit-learn and against enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from sklearn.neural_network import BernoulliRBM

from layerwise import Block, Conv, Dense, Residual, Space, Stack
from layerwise._random import Keys

UNIT = Space.of("unit", 6)
REAL = Space.of("real", 3)
MIXED = Space((7,), (Block("unit", 2), Block("category", 3), Block("real", 2)))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def stage(space=UNIT, units=4, seed=0, **settings):
    """A stage with weights and biases that are far from zero, in double precision."""
    settings = {"activation": "sigmoid", "tied": True} | settings
    built = Stack(Dense(units, **settings)).build(space, Keys(0).torch("w")).stages[0].double()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.normal_(0.0, 0.7, generator=generator(seed))
    return built


def rows(space=UNIT, n=9):
    x = torch.rand(n, space.size, generator=generator(1), dtype=torch.float64)
    for block, part in space.slices():
        if block.kind == "category":
            x[:, part] = torch.nn.functional.one_hot(
                torch.arange(n) % block.size, block.size
            ).double()
        elif block.kind == "real":
            x[:, part] = torch.randn(n, block.size, generator=generator(2), dtype=torch.float64)
    return x


def all_states(k):
    return torch.tensor(list(product([0.0, 1.0], repeat=k)), dtype=torch.float64)


def scikit_learns(codec):
    rbm = BernoulliRBM(n_components=codec.weight.shape[0])
    rbm.components_ = codec.weight.detach().numpy()
    rbm.intercept_hidden_ = codec.bias.detach().numpy()
    rbm.intercept_visible_ = codec.decoder_bias.detach().numpy()
    rbm.n_features_in_ = codec.weight.shape[1]
    return rbm


def by_hand(codec, v, h):
    """-v'W'h - b'h - c'v of one row, written out unit by unit."""
    W, b, c = (p.detach().numpy() for p in (codec.weight, codec.bias, codec.decoder_bias))
    total = 0.0
    for j, h_j in enumerate(h):
        total -= b[j] * h_j
        for i, v_i in enumerate(v):
            total -= v_i * W[j, i] * h_j
    return total - sum(c_i * v_i for c_i, v_i in zip(c, v, strict=True))


# Binary units


def test_free_energy_and_mean_field_values_are_scikit_learns():
    codec, v = stage(), rows()
    rbm, view = scikit_learns(codec), codec.energy_view()
    with torch.no_grad():
        np.testing.assert_allclose(view.free_energy(v), rbm._free_energy(v.numpy()), rtol=1e-9)
        np.testing.assert_allclose(codec.encode(v), rbm.transform(v.numpy()), rtol=1e-9)
        np.testing.assert_allclose(
            view.hidden(v, generator())[0], rbm._mean_hiddens(v.numpy()), rtol=1e-9
        )
        h = all_states(4)
        expected = 1 / (1 + np.exp(-(h.numpy() @ rbm.components_ + rbm.intercept_visible_)))
        np.testing.assert_allclose(view.visible(h), expected, rtol=1e-9)


def test_the_energy_of_a_row_is_the_formula_and_of_rows_its_weighted_mean():
    codec, v = stage(), rows()
    h = torch.rand(9, 4, generator=generator(3), dtype=torch.float64)
    weight = torch.rand(9, generator=generator(4), dtype=torch.float64)
    each = np.array([by_hand(codec, *pair) for pair in zip(v.tolist(), h.tolist(), strict=True)])
    with torch.no_grad():
        view = codec.energy_view()
        assert float(view.energy(v[:1], h[:1])) == pytest.approx(each[0], rel=1e-9)
        assert float(view.energy(v, h)) == pytest.approx(each.mean(), rel=1e-6)
        assert float(view.energy(v, h, weight)) == pytest.approx(
            np.average(each, weights=weight), rel=1e-9
        )


@pytest.mark.parametrize("space", [UNIT, MIXED], ids=["unit", "mixed"])
def test_free_energy_sums_over_all_hidden_states(space):
    codec, v = stage(space), rows(space)
    view, states = codec.energy_view(), all_states(4)
    with torch.no_grad():
        for row in v:
            energies = torch.stack([view.energy(row[None], h[None]) for h in states])
            assert float(-torch.logsumexp(-energies, 0)) == pytest.approx(
                float(view.free_energy(row[None])), rel=1e-9
            )


def test_conditional_means_are_those_of_the_enumerated_joint_distribution():
    codec = stage(Space.of("unit", 3), units=2)
    view, vs, hs = codec.energy_view(), all_states(3), all_states(2)
    with torch.no_grad():
        joint = torch.exp(
            -torch.tensor(
                [[float(view.energy(v[None], h[None])) for h in hs] for v in vs],
                dtype=torch.float64,
            )
        )
        given_v = (joint / joint.sum(1, keepdim=True)) @ hs
        given_h = (joint / joint.sum(0)).T @ vs
        torch.testing.assert_close(view.hidden(vs, generator())[0], given_v)
        torch.testing.assert_close(view.visible(hs), given_h)


def test_binary_samples_are_zeros_and_ones_with_their_means():
    view = stage().energy_view()
    with torch.no_grad():
        mean, sample = view.hidden(rows()[:1].repeat(20_000, 1), generator())
        assert set(sample.unique().tolist()) == {0.0, 1.0}
        torch.testing.assert_close(sample.mean(0), mean[0], atol=0.02, rtol=0)
        p = torch.tensor([[0.1, 0.5, 0.9, 0.0, 1.0, 0.3]], dtype=torch.float64)
        drawn = view.sample_visible(p.repeat(20_000, 1), generator(1))
        torch.testing.assert_close(drawn.mean(0), p[0], atol=0.02, rtol=0)
        assert drawn[:, 3].sum() == 0
        assert drawn[:, 4].min() == 1


# Gaussian units


@pytest.mark.parametrize("learned_scale", [False, True])
def test_gaussian_visible_units_have_the_moments_of_their_energy(learned_scale):
    codec = stage(REAL, units=2, learned_scale=learned_scale)
    view = codec.energy_view()
    scale = (
        torch.ones(3, dtype=torch.float64)
        if codec.log_scale is None
        else codec.log_scale.detach().exp()
    )
    h = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    with torch.no_grad():
        W, c = codec.weight, codec.decoder_bias
        mean = c + scale * (h @ W)[0]
        torch.testing.assert_close(view.visible(h)[0], mean)
        for i in range(
            3
            # the energy along one visible unit is a parabola: its minimum and its curvature are the
            # moments
        ):
            points = torch.zeros(3, 3, dtype=torch.float64)
            points[:, i] = mean[i] + torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
            low, middle, high = (float(view.energy(point[None], h)) for point in points)
            assert high == pytest.approx(low, rel=1e-9)
            assert high + low - 2 * middle == pytest.approx(float(1 / scale[i] ** 2), rel=1e-6)
        drawn = view.sample_visible(mean[None].repeat(40_000, 1), generator())
        torch.testing.assert_close(drawn.mean(0), mean, atol=0.1, rtol=0)
        torch.testing.assert_close(drawn.var(0), scale**2, rtol=0.05, atol=0)


def test_a_learned_scale_divides_what_the_encoder_sees():
    codec, v = stage(REAL, learned_scale=True), rows(REAL)
    with torch.no_grad():
        expected = torch.sigmoid((v / codec.log_scale.exp()) @ codec.weight.T + codec.bias)
        torch.testing.assert_close(codec.encode(v), expected)
        view, states = codec.energy_view(), all_states(4)
        energies = torch.stack([view.energy(v[:1], h[None]) for h in states])
        torch.testing.assert_close(torch.softmax(-energies, 0) @ states, expected[0])
        assert float(-torch.logsumexp(-energies, 0)) == pytest.approx(
            float(view.free_energy(v[:1])), rel=1e-9
        )


def test_gaussian_hidden_units_have_unit_variance_and_their_free_energy_is_the_integral():
    codec = stage(units=1, activation="linear")
    view, v = codec.energy_view(), rows()[:1]
    with torch.no_grad():
        mean, sample = view.hidden(v.repeat(40_000, 1), generator())
        torch.testing.assert_close(mean[0], codec.project(v)[0])
        assert float(sample.mean()) == pytest.approx(float(mean[0]), abs=0.03)
        assert float(sample.var()) == pytest.approx(1.0, abs=0.04)
        grid = torch.linspace(-12, 12, 4001, dtype=torch.float64)[:, None] + mean[0]
        energies = torch.stack([view.energy(v, h[None]) for h in grid])
        integral = (
            float(torch.logsumexp(-energies, 0)) + np.log(24 / 4000) - 0.5 * np.log(2 * np.pi)
        )
        assert -integral == pytest.approx(float(view.free_energy(v)), rel=1e-6)


# Softmax and rectified units


def test_a_mixed_table_has_softmax_blocks_beside_binary_and_gaussian_units():
    codec = stage(MIXED)
    view = codec.energy_view()
    assert view.visible_units == ("binary", "softmax", "gaussian")
    h = torch.tensor([[1.0, 0.0, 1.0, 1.0]], dtype=torch.float64)
    with torch.no_grad():
        mean = view.visible(h)
        a = (h @ codec.weight + codec.decoder_bias)[0]
        torch.testing.assert_close(
            mean[0], torch.cat([torch.sigmoid(a[:2]), torch.softmax(a[2:5], 0), a[5:]])
        )
        base = torch.zeros(3, 7, dtype=torch.float64)
        base[:, 2:5] = torch.eye(
            3, dtype=torch.float64
        )  # the three categories: their energies give the softmax
        energies = torch.stack([view.energy(row[None], h) for row in base])
        torch.testing.assert_close(torch.softmax(-energies, 0), mean[0, 2:5])
        drawn = view.sample_visible(mean.repeat(20_000, 1), generator())
        assert drawn[:, 2:5].sum(1).unique().tolist() == [1.0]
        assert set(drawn[:, :5].unique().tolist()) == {0.0, 1.0}
        torch.testing.assert_close(drawn.mean(0), mean[0], atol=0.04, rtol=0)
        assert drawn[:, 5:].var(0).tolist() == pytest.approx([1.0, 1.0], abs=0.05)


def test_noisy_rectified_units_have_noise_whose_variance_is_the_sigmoid():
    codec = stage(activation="relu")
    with torch.no_grad():
        codec.weight.zero_()
        codec.bias.copy_(torch.tensor([8.0, 0.0, -1.0, -30.0]))
        mean, sample = codec.energy_view().hidden(rows()[:1].repeat(40_000, 1), generator())
    assert mean[0].tolist() == [8.0, 0.0, 0.0, 0.0]
    assert float(sample.min()) == 0.0
    assert float(sample[:, 0].mean()) == pytest.approx(8.0, abs=0.03)
    assert float(sample[:, 0].var()) == pytest.approx(1.0, abs=0.04)
    assert float(sample[:, 1].mean()) == pytest.approx(
        0.5**0.5 / (2 * np.pi) ** 0.5, abs=0.01
    )  # half of a normal variable
    s = (1 / (1 + np.e)) ** 0.5
    from scipy.stats import norm

    assert float(sample[:, 2].mean()) == pytest.approx(
        -norm.cdf(-1 / s) + s * norm.pdf(1 / s), abs=0.01
    )
    assert float(sample[:, 3].max()) == 0.0


def test_codes_of_a_rectified_stage_are_rectified_visible_units():
    module = Stack(Dense(5, tied=True), Dense(3, tied=True)).build(UNIT, Keys(0).torch("w"))
    view = module.stages[1].energy_view()
    assert (view.visible_units, view.hidden_units) == (("rectified",), "rectified")
    with torch.no_grad():
        drawn = view.sample_visible(
            torch.zeros(20_000, 5) + torch.tensor([0.0, 0.0, 4.0, 4.0, 9.0]), generator()
        )
    assert float(drawn.min()) == 0.0
    assert float(drawn[:, 0].mean()) == pytest.approx((2 * np.pi) ** -0.5, abs=0.02)
    assert float(drawn[:, 4].mean()) == pytest.approx(9.0, abs=0.05)


# Which stages


@pytest.mark.parametrize(
    ("space", "units", "hidden"),
    [
        (UNIT, ("binary",), "binary"),
        (REAL, ("gaussian",), "gaussian"),
        (Space.of("category", 3), ("softmax",), "rectified"),
        (Space.of("nonneg", 3, link="relu"), ("rectified",), "binary"),
    ],
)
def test_a_tied_stage_has_an_energy(space, units, hidden):
    name = {"binary": "sigmoid", "gaussian": "linear", "rectified": "relu"}[hidden]
    view = stage(space, activation=name).energy_view()
    assert (view.visible_units, view.hidden_units) == (units, hidden)


@pytest.mark.parametrize(
    ("space", "settings"),
    [
        (UNIT, {"tied": False}),
        (UNIT, {"dropout": 0.1}),
        (UNIT, {"normalisation": "batch"}),
        (UNIT, {"normalisation": "weight"}),
        (UNIT, {"normalisation": "spectral"}),
        (UNIT, {"activation": "tanh"}),
        (UNIT, {"activation": "softplus"}),
        (UNIT, {"activation": "prelu"}),
        (Space.of("nonneg", 4), {}),
        (Space.of("real", 4, link="tanh"), {}),
    ],
)
def test_another_stage_has_none(space, settings):
    assert stage(space, **settings).energy_view() is None


def test_convolutions_and_skips_have_no_energy():
    images = Space.of("unit", 1, 4, 4)
    for other, space in [(Conv(2, tied=True), images), (Residual(Dense(6, tied=True)), UNIT)]:
        assert Stack(other).build(space, Keys(0).torch("w")).stages[0].energy_view() is None
