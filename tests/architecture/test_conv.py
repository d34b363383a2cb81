"""Convolutional and residual stages: shapes, tying, places of maxima, contrast."""

from __future__ import annotations

from copy import deepcopy
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits

from layerwise import (
    At,
    Conv,
    Denoising,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    MaskedPatches,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    Pretrainer,
    Progressive,
    Reconstruction,
    Residual,
    Space,
    Stack,
    Supervised,
    Training,
    load,
    save,
)
from layerwise._random import Keys
from layerwise.architecture.local_contrast import _window, local_contrast

IMAGES = np.random.default_rng(0).random((24, 2, 7, 6))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def built(*stages, shape=(2, 7, 6), kind="unit"):
    return Stack(*stages).build(Space.of(kind, *shape), Keys(0).torch("w"))


def images(*shape, seed=0):
    return torch.rand(shape, generator=generator(seed))


# The transposed convolution


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
@pytest.mark.parametrize("size", [(7, 7), (8, 6), (5, 9)])
@pytest.mark.parametrize("padding", [None, 0, 1])
def test_a_tied_decoder_is_the_transpose_of_the_encoder(stride, kernel, size, padding):
    stage = Conv(4, kernel, stride=stride, padding=padding, activation="linear", tied=True)
    module = built(stage, shape=(3, *size), kind="real").double()
    with torch.no_grad():
        x = torch.randn(2, 3, *size, generator=generator(), dtype=torch.float64)
        code = module.encode(x)
        z = torch.randn(code.shape, generator=generator(1), dtype=torch.float64)
        torch.testing.assert_close((code * z).sum(), (x * module.decode(z)).sum())


def test_shapes_come_back_exactly():
    sizes, kernels, strides, pools = [(5, 5), (6, 7), (8, 3)], [1, 2, 3, 5], [1, 2, 3], [1, 2, 3]
    for size, kernel, stride, pool, pooling in product(
        sizes, kernels, strides, pools, ["max", "average"]
    ):
        module = built(Conv(3, kernel, stride=stride, pool=pool, pooling=pooling), shape=(2, *size))
        with torch.no_grad():
            x = images(2, 2, *size)
            code = module.encode(x)
            assert tuple(code.shape[1:]) == module.code_space.shape
            assert module.decode(code).shape == module.reconstruct(x).shape == x.shape, (
                size,
                kernel,
                stride,
                pool,
            )
            assert torch.equal(module.encode(x), module.stages[0].encode_traced(x)[0])


@pytest.mark.parametrize("padding", [0, 3])
def test_a_padding_of_ones_own_is_kept(padding):
    module = built(Conv(3, 3, padding=padding))
    assert module.code_space.shape == (3, 7 + 2 * padding - 2, 6 + 2 * padding - 2)
    with torch.no_grad():
        assert module.reconstruct(images(1, 2, 7, 6)).shape == (1, 2, 7, 6)


def test_the_encoder_is_the_formula():
    module = built(Conv(4, 3, stride=2, pool=2, activation="tanh"))
    stage, x = module.stages[0], images(3, 2, 7, 6)
    with torch.no_grad():
        stage.bias.normal_(generator=generator())
        maps = torch.tanh(
            F.conv2d(x, stage.weight, stage.bias, stride=2, padding=1)
        )  # (3, 4, 4, 3)
        expected = torch.stack(
            [maps[:, :, i : i + 2, j : j + 2].amax((2, 3)) for i in (0, 2) for j in (0, 2)], 2
        )
        torch.testing.assert_close(module.encode(x).flatten(2), expected)


def test_tied_filters_are_one_parameter_through_training_copy_and_a_folder(tmp_path):
    stack = Stack(Conv(3, 3, tied=True, stride=2), Conv(4, 2, tied=True, pool=2))
    pretrainer = Pretrainer(stack, schedule=Joint(3), random_state=0).fit(IMAGES)
    again = load(save(pretrainer, tmp_path / "m"))
    assert np.array_equal(again.reconstruct(IMAGES), pretrainer.reconstruct(IMAGES))
    for module in (pretrainer.module_, deepcopy(pretrainer.module_), again.module_):
        stage = module.stages[0]
        assert stage.decoder_weight is None
        z = torch.rand(2, *stage.code_space.shape, generator=generator())
        with torch.no_grad():
            expected = F.conv_transpose2d(
                z, stage.weight, stage.decoder_bias, stride=2, padding=1, output_padding=(0, 1)
            )
            torch.testing.assert_close(stage.decode_params(z), expected.flatten(1))
    untied = built(Conv(3, 3))
    assert (
        sum(p.numel() for p in untied.parameters())
        - sum(p.numel() for p in built(Conv(3, 3, tied=True)).parameters())
        == 54
    )


def test_a_centred_decoder_begins_at_the_channels_means():
    module = built(Conv(3, 3, stride=2))
    mean = torch.cat([torch.full((42,), 0.2), torch.full((42,), 0.7)])
    module.stages[0].centre(mean)
    with torch.no_grad():
        torch.testing.assert_close(module.decode(torch.zeros(1, 3, 4, 3)).flatten(), mean)


# Pooling


def identity(**settings):
    """One channel that encodes and decodes as itself, so that what pooling does can be seen."""
    module = built(
        Conv(1, 1, activation="linear", tied=True, **settings), shape=(1, 4, 4), kind="real"
    )
    with torch.no_grad():
        module.stages[0].weight.fill_(1.0)
    return module


def test_reconstruction_puts_maxima_back_and_everything_else_is_zero():
    module, x = identity(pool=2), images(3, 1, 4, 4)
    with torch.no_grad():
        code, back = module.encode(x), module.reconstruct(x)
    kept = x == F.interpolate(code, scale_factor=2)
    assert int(kept.sum()) == 3 * 4
    torch.testing.assert_close(back, torch.where(kept, x, 0.0))


def test_a_code_alone_is_spread_evenly_and_keeps_its_sum():
    module, z = identity(pool=2), images(3, 1, 2, 2)
    with torch.no_grad():
        back = module.decode(z)
    torch.testing.assert_close(back, F.interpolate(z, scale_factor=2) / 4)
    torch.testing.assert_close(back.sum((1, 2, 3)), z.sum((1, 2, 3)))


def test_a_code_keeps_its_sum_where_windows_hang_over_the_edge():
    module, z = identity(pool=3), images(3, 1, 2, 2)  # windows of 9, 3, 3 and 1 places
    with torch.no_grad():
        back = module.decode(z)
    torch.testing.assert_close(back.sum((1, 2, 3)), z.sum((1, 2, 3)))


@pytest.mark.parametrize("pool", [2, 3])
def test_average_pooling_keeps_the_means_of_its_windows(pool):
    module, x = identity(pool=pool, pooling="average"), images(3, 1, 4, 4)
    with torch.no_grad():
        code, back = module.encode(x), module.reconstruct(x)
        torch.testing.assert_close(code[:, :, 0, 0], x[:, :, :pool, :pool].mean((2, 3)))
        torch.testing.assert_close(
            code[:, :, -1, -1], x[:, :, pool * (3 // pool) :, pool * (3 // pool) :].mean((2, 3))
        )
        torch.testing.assert_close(module.encode(back), code)
        torch.testing.assert_close(module.decode(code), back)


# In a stack


def test_convolutions_below_dense_stages_encode_and_come_back():
    stack = Stack(Conv(4, 3, pool=2), Conv(3, 2, stride=2, tied=True), Dense(5))
    pretrainer = Pretrainer(stack, schedule=Greedy(1), random_state=0).fit(IMAGES)
    codes = pretrainer.transform(IMAGES)
    assert codes.shape == (24, 5)
    assert [pretrainer.encode(IMAGES, depth).shape[1] for depth in (1, 2)] == [4 * 4 * 3, 3 * 3 * 2]
    assert (
        pretrainer.inverse_transform(codes).shape
        == pretrainer.reconstruct(IMAGES).shape
        == IMAGES.shape
    )


def test_flat_rows_with_in_shape_are_images():
    flat = IMAGES.reshape(24, -1)
    stack = Stack(Conv(3, 3, pool=2, tied=True), Dense(4))
    shaped = Pretrainer(stack, schedule=Joint(2), random_state=0).fit(IMAGES)
    told = Pretrainer(
        Stack(*stack.stages, in_shape=(2, 7, 6)), schedule=Joint(2), random_state=0
    ).fit(flat)
    assert np.array_equal(shaped.transform(IMAGES), told.transform(flat))
    assert told.reconstruct(flat).shape == flat.shape


@pytest.mark.parametrize("schedule", [Greedy, Progressive, Joint])
def test_convolutions_learn_under_every_schedule(schedule):
    stack = Stack(
        Conv(6, 3, stride=2), Conv(8, 3, pool=2, activation="tanh", normalisation="batch")
    )
    training = Training(learning_rate=0.01, shape="constant", batch_size=8)
    pretrainer = Pretrainer(
        stack, objective=Reconstruction(), schedule=schedule(12), training=training, random_state=0
    ).fit(IMAGES)
    last = [row for row in pretrainer.history_ if row["phase"] == pretrainer.history_[-1]["phase"]]
    assert last[-1]["loss"] < last[0]["loss"]


def test_patches_are_inpainted():
    stack = Stack(Conv(4, 3, stride=2))
    history = (
        Pretrainer(
            stack, objective=Denoising(MaskedPatches(0.3, 2)), schedule=Joint(3), random_state=0
        )
        .fit(IMAGES)
        .history_
    )
    assert history[-1]["loss"] < history[0]["loss"]


@pytest.mark.parametrize(
    ("make", "X", "words"),
    [
        (
            lambda: Stack(Conv(3)),
            IMAGES.reshape(24, -1),
            r"needs images \(channels, height, width\).*shape \(84,\)",
        ),
        (
            lambda: Stack(Dense(9), Conv(3)),
            IMAGES,
            r"(?s)needs images.*shape \(9,\).*put Conv below Dense",
        ),
        (
            lambda: Stack(Conv(3, 9, padding=0)),
            IMAGES,
            r"filters larger than its input of shape \(2, 7, 6\)",
        ),
        (
            lambda: Stack(Conv(3, stride=3, pool=3), Conv(3, 4, padding=1)),
            IMAGES,
            r"filters larger.*\(3, 1, 1\)",
        ),
    ],
)
def test_rows_that_are_no_images_or_too_small_are_refused(make, X, words):
    with pytest.raises(PairingError, match=words):
        Pretrainer(make(), schedule=Greedy(1)).fit(X)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"channels": 0}, "'channels' parameter of Conv"),
        ({"kernel": 0}, "'kernel' parameter of Conv"),
        ({"stride": 0}, "'stride' parameter of Conv"),
        ({"padding": -1}, "'padding' parameter of Conv"),
        ({"pooling": "mean"}, "'pooling' parameter of Conv"),
        ({"local_contrast": 4}, "must be 0 or odd and at least 3. Got 4"),
        ({"local_contrast": 1}, "must be 0 or odd and at least 3. Got 1"),
        ({"activation": "abstanh"}, "Did you mean 'abs_tanh'"),
    ],
)
def test_wrong_settings_are_explained(settings, words):
    with pytest.raises(ParameterError, match=words):
        Conv(**({"channels": 3} | settings))


def test_a_classifier_reads_digits_with_convolutions_and_comes_back_from_its_folder(tmp_path):
    X, y = load_digits(return_X_y=True)
    X = X[:700].reshape(-1, 1, 8, 8) / 16
    few = np.where(np.arange(700) < 150, y[:700], -1)
    stack = Stack(Conv(8, 3, pool=2, tied=True), Conv(12, 3), Dense(24))
    pretrainer = Pretrainer(
        stack, schedule=Joint(2), training=Training(batch_size=64), random_state=0
    )
    fast = Training(learning_rate=5e-3, batch_size=32)
    plan = [(Supervised(), HeadOnly(2)), (Supervised(), Joint(40))]
    model = PretrainedClassifier(
        pretrainer, plan=plan, unlabeled=-1, training=fast, random_state=0
    ).fit(X, few)
    assert model.score(X[150:], y[150:700]) > 0.7  # logistic regression: 0.79
    assert all(row["start_difference"] == 0 for row in model.transfer_report_)
    again = load(save(model, tmp_path / "m"))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert np.array_equal(again.encode(X), model.encode(X))


# Contrast


def test_local_contrast_removes_the_mean_and_the_scale():
    x = torch.randn(3, 2, 12, 12, generator=generator(), dtype=torch.float64)
    y = local_contrast(x, 5)
    assert float(y.mean().abs()) < 0.05
    torch.testing.assert_close(local_contrast(x + 7.0, 5), y)
    torch.testing.assert_close(local_contrast(x * 3.0, 5), y)
    assert 0.5 < float(y.std()) < 1.2


def test_local_contrast_leaves_flat_places_flat():
    assert float(local_contrast(torch.full((1, 2, 6, 6), 3.0), 3).abs().max()) < 1e-2
    x = torch.zeros(1, 1, 16, 16)
    x[..., 8:] = 1.0
    y = local_contrast(x, 3)
    assert float(y[..., :6].abs().max()) < 1e-5
    assert float(y[..., 8].min()) > 0.5


def test_local_contrast_is_the_formula():
    x = torch.randn(1, 2, 5, 5, generator=generator(), dtype=torch.float64)
    place = np.arange(3) - 1
    one = np.exp(-0.5 * (place / 0.75) ** 2)
    window = np.outer(one, one)

    def mean(values):
        out = np.zeros((5, 5))
        for i, j in product(range(5), repeat=2):
            inside = [
                (a, b) for a, b in product(place, repeat=2) if 0 <= i + a < 5 and 0 <= j + b < 5
            ]
            weights = np.array([window[a + 1, b + 1] for a, b in inside])
            out[i, j] = np.average(
                [values[:, i + a, j + b].mean() for a, b in inside], weights=weights
            )
        return out

    centred = x[0].numpy() - mean(x[0].numpy())
    deviation = np.sqrt(mean(centred**2))
    expected = centred / np.maximum(deviation, deviation.mean())
    np.testing.assert_allclose(local_contrast(x, 3)[0].numpy(), expected, rtol=1e-6)


def test_a_rectified_tanh_is_never_negative_and_normalised_maps_are_real():
    with torch.no_grad():
        code = built(Conv(4, activation="abs_tanh")).encode(images(3, 2, 7, 6))
    assert float(code.min()) >= 0.0
    assert float(code.max()) <= 1.0
    module = built(Conv(4, activation="abs_tanh", local_contrast=3, pool=2, pooling="average"))
    assert module.code_space.blocks[0].link == "linear"
    with torch.no_grad():
        assert float(module.encode(images(3, 2, 7, 6)).min()) < 0.0


# Skips


def test_a_residual_stage_adds_its_input():
    module = built(
        Residual(Dense(9, activation="tanh"), Dense(5, activation="linear")),
        shape=(5,),
        kind="real",
    )
    stage, x = module.stages[0], torch.randn(6, 5, generator=generator())
    with torch.no_grad():
        inner = stage.inner
        torch.testing.assert_close(module.encode(x), x + inner.encode(x))
        torch.testing.assert_close(module.decode(x), x + inner.decode_params(x))


def test_a_residual_convolution_keeps_the_shape():
    module = built(Conv(3), Residual(Conv(5), Conv(3)), Dense(4))
    with torch.no_grad():
        assert module.slice(0, 1).encode(images(2, 2, 7, 6)).shape == (2, 3, 7, 6)
        assert module.reconstruct(images(2, 2, 7, 6)).shape == (2, 2, 7, 6)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ((Dense(6, activation="relu"), Residual(Dense(6, activation="relu"))), ("nonneg", "relu")),
        (
            (Dense(6, activation="relu"), Residual(Dense(6, activation="sigmoid"))),
            ("nonneg", "relu"),
        ),
        ((Dense(6, activation="relu"), Residual(Dense(6, activation="tanh"))), ("real", "linear")),
    ],
)
def test_codes_of_a_residual_stage_have_the_kind_of_the_sum(stages, expected):
    block = built(*stages, shape=(4,)).code_space.blocks[0]
    assert (block.kind, block.link) == expected


def test_a_residual_stage_is_one_stage_of_its_stack_and_comes_back_from_its_folder(tmp_path):
    X = IMAGES.reshape(24, -1)
    stack = Stack(Dense(8), Residual(Dense(12), Dense(8, normalisation="batch")), Dense(3))
    pretrainer = Pretrainer(stack, schedule=Greedy(2), random_state=0).fit(X)
    assert [row["first"] for row in pretrainer.history_] == [0, 0, 1, 1, 2, 2]
    again = load(save(pretrainer, tmp_path / "m"))
    assert again.stack_ == stack
    assert np.array_equal(again.transform(X), pretrainer.transform(X))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Residual(), ParameterError, "needs at least one stage"),
        (lambda: Residual(8), ParameterError, "must be stages such as Dense"),
        (
            lambda: built(Residual(Dense(5)), shape=(6,)),
            PairingError,
            r"adds its input of shape \(6,\) to a code of shape \(5,\)",
        ),
        (
            lambda: built(Residual(Conv(2, stride=2))),
            PairingError,
            r"(?s)\(2, 7, 6\) to a code of shape \(2, 4, 3\).*Let the last",
        ),
    ],
)
def test_a_skip_between_different_shapes_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_the_window_of_a_contrast_is_a_mean():
    window = _window(9)
    assert window.sum().item() == pytest.approx(1.0, abs=1e-6)
    assert torch.allclose(window, window.flip(2)) and window.argmax().item() == 40
    middle = window[0, 0, 4]
    assert float(middle[3] / middle[4]) == pytest.approx(np.exp(-0.5 * (4 / 9) ** 2))


def test_a_kernel_of_five_keeps_the_size_of_an_image():
    module = Stack(Conv(2, kernel=5, pool=1)).build(Space.of("unit", 1, 8, 9), Keys(0).torch("w"))
    assert module.code_space.shape == (2, 8, 9)


def test_dropout_of_maps_works_in_training_alone():
    stack = Stack(Conv(4, pool=1, dropout=0.5))
    module = stack.build(Space.of("unit", 1, 8, 8), Keys(0).torch("w"))
    x = torch.rand(2, 1, 8, 8)
    with torch.no_grad():
        trained, rested = module.train().encode(x, At.of(0)), module.eval().encode(x, At.of(0))
    kept = trained != 0
    assert not torch.equal(trained, rested)
    assert torch.allclose(trained[kept], 2 * rested[kept])
