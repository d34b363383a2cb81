"""Mistakes that other packages made; one test (at least) for each that concerns what is built
here."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from layerwise import (
    Corruption,
    Denoising,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    Masking,
    PretrainedClassifier,
    Pretrainer,
    Reconstruction,
    Space,
    Stack,
    Supervised,
    Training,
    Unfreeze,
    load,
    save,
)
from layerwise._contracts import Batch
from layerwise._random import At, Keys
from layerwise.data import ArraySource
from layerwise.estimators.transfer import transfer_report
from layerwise.training import Feed, as_plan, encoded, run_plan
from layerwise.training.feed import batches

SPACE = Space.of("unit", 6)
X = np.random.default_rng(0).random((40, 6))
Y = (X[:, 0] > 0.5).astype(int)


def draws(seed=0):
    return At.of(seed)


class Spy:
    """A codec that remembers what its encoder was given."""

    def __init__(self):
        self.module = Stack(Dense(4)).build(SPACE, Keys(0).torch("w"))
        self.in_space, self.stages = self.module.in_space, self.module.stages
        self.seen = []

    def encode(self, x, at=None):
        self.seen.append(x.clone())
        return self.module.encode(x, at)

    def reconstruct_params(self, x, at=None):
        return self.module.decode_params(self.encode(x, at))

    def link(self, params):
        return self.module.link(params)


def batch(n=8):
    return Batch(torch.rand(n, 6, generator=torch.Generator().manual_seed(3)) + 0.1)


def test_corruption_is_applied_to_the_input():
    spy = Spy()
    Denoising(Masking(1.0)).loss(spy, None, batch(), draws())
    assert torch.equal(spy.seen[0], torch.zeros(8, 6))


def test_masking_is_not_dropout_kept_entries_are_the_inputs():
    spy, rows = Spy(), batch(200)
    Denoising(Masking(0.5)).loss(spy, None, rows, draws())
    seen = spy.seen[0]
    assert 0.4 < float((seen == 0).float().mean()) < 0.6
    assert torch.equal(seen[seen != 0], rows.x[seen != 0])


def test_noise_is_fresh_for_every_batch_and_the_target_is_clean():
    spy, rows = Spy(), batch()
    before = rows.x.clone()
    for seed in (0, 100):
        Denoising(Masking(0.5)).loss(spy, None, rows, draws(seed))
    assert not torch.equal(spy.seen[0], spy.seen[1])
    assert torch.equal(rows.x, before)


def test_a_users_corruption_that_works_in_place_cannot_touch_the_target():
    from dataclasses import dataclass

    @dataclass(frozen=True, repr=False)
    class Rude(Corruption):
        def corrupt(self, x, space, generator):
            x.zero_()
            return x, torch.ones_like(x, dtype=torch.bool)

    spy, rows = Spy(), batch()
    before = rows.x.clone()
    Denoising(Rude()).loss(spy, None, rows, draws())
    assert torch.equal(spy.seen[0], torch.zeros(8, 6))
    assert torch.equal(rows.x, before)


def test_codes_are_of_the_clean_input_and_deterministic():
    module = Stack(Dense(5, dropout=0.5, normalisation="batch"), Dense(3)).build(
        SPACE, Keys(0).torch("w")
    )
    module.train()
    source = ArraySource(torch.from_numpy(X).float(), SPACE)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    first = encoded(module.slice(0, 0), source, torch.device("cpu")).x
    second = encoded(module.slice(0, 0), source, torch.device("cpu")).x
    assert torch.equal(first, second)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())


def test_tied_weights_are_one_parameter_through_training_clone_and_a_folder(tmp_path):
    stack = Stack(Dense(5, tied=True), Dense(3, tied=True))
    pretrainer = Pretrainer(stack, schedule=Joint(3), random_state=0).fit(X)
    stage = pretrainer.module_.stages[0]
    assert stage.decoder_weight is None
    z = torch.rand(2, 5)
    torch.testing.assert_close(stage.decode_params(z), z @ stage.weight + stage.decoder_bias)
    again = load(save(pretrainer, tmp_path / "m"))
    assert again.module_.stages[0].decoder_weight is None
    assert np.array_equal(again.reconstruct(X), pretrainer.reconstruct(X))
    assert clone(pretrainer).fit(X).module_.stages[0].decoder_weight is None
    untied = Stack(Dense(5)).build(SPACE, Keys(0).torch("w"))
    tied = Stack(Dense(5, tied=True)).build(SPACE, Keys(0).torch("w"))
    assert (
        sum(p.numel() for p in untied.parameters()) - sum(p.numel() for p in tied.parameters())
        == 30
    )


def test_a_tied_weight_gets_the_gradient_of_both_of_its_uses():
    module = (
        Stack(Dense(5, tied=True, activation="linear")).build(SPACE, Keys(0).torch("w")).double()
    )
    x = torch.rand(4, 6, dtype=torch.float64)
    weight = module.stages[0].weight

    def loss(w):
        return ((x @ w.T @ w) ** 2).sum()

    ((module.decode_params(module.encode(x))) ** 2).sum().backward()
    expected = torch.autograd.functional.jacobian(loss, weight.detach())
    torch.testing.assert_close(weight.grad, expected)


def test_fine_tuning_receives_the_pretrained_weights_and_moves_every_stage():
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(8), Dense(4)), random_state=0), random_state=0
    ).fit(X, Y)
    for row in model.transfer_report_:
        assert row["start_difference"] == 0.0
        assert row["moved"] > 0.0


def test_the_transfer_report_would_see_weights_that_did_not_arrive():
    a = Stack(Dense(4)).build(SPACE, Keys(0).torch("w"))
    b = Stack(Dense(4)).build(SPACE, Keys(1).torch("w"))
    assert transfer_report(a, b, b)[0]["start_difference"] > 0.1


@pytest.mark.parametrize(
    ("schedule", "moved"),
    [(HeadOnly(2), []), (Unfreeze((2, 0)), [1]), (Unfreeze(2), [0, 1]), (Joint(2), [0, 1])],
)
def test_gradients_reach_every_unfrozen_stage_and_no_other(schedule, moved):
    module = Stack(Dense(5), Dense(4)).build(SPACE, Keys(0).torch("w"))
    before = [stage.weight.detach().clone() for stage in module.stages]
    source = ArraySource(torch.from_numpy(X).float(), SPACE, torch.from_numpy(Y))
    run_plan(
        module,
        as_plan([(Supervised(), schedule)]),
        Feed(source, source, Space.of("category", 2)),
        keys=Keys(0),
    )
    changed = [
        i for i, stage in enumerate(module.stages) if not torch.equal(before[i], stage.weight)
    ]
    assert changed == moved


def test_score_falls_as_the_model_gets_worse():
    good = Pretrainer(
        Stack(Dense(6)), objective=Reconstruction(), schedule=Joint(60), random_state=0
    ).fit(X)
    bad = Pretrainer(
        Stack(Dense(6)), objective=Reconstruction(), schedule=Joint(1), random_state=0
    ).fit(X)
    assert good.score(X) > bad.score(X)


def test_parameters_survive_clone_and_pickle():
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(7)), objective=Denoising(Masking(0.1))), head=(3,)
    )
    assert clone(model).get_params()["pretrainer__objective__corruption__p"] == 0.1
    assert pickle.loads(pickle.dumps(model)).get_params()["pretrainer__stack"] == Stack(Dense(7))


@pytest.mark.parametrize("size", [1, 7, 13, 39, 40, 64])
def test_an_epoch_sees_every_row_once(size):
    source = ArraySource(torch.from_numpy(X).float(), SPACE)
    rows = np.concatenate([b.rows for b in batches(source, size, Keys(0), 0)])
    assert sorted(rows) == list(range(40))
    assert not np.array_equal(
        rows, np.concatenate([b.rows for b in batches(source, size, Keys(0), 1)])
    )


def test_no_batch_of_an_epoch_is_a_single_row():
    source = ArraySource(torch.from_numpy(X).float(), SPACE)
    assert min(len(b.x) for b in batches(source, 13, Keys(0), 0)) > 1


def test_early_stopping_stops_and_takes_back_the_best_weights():
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.random((20, 6))).float()
    held = ArraySource(torch.from_numpy(rng.random((200, 6))).float(), SPACE)
    training = Training(learning_rate=0.1, shape="constant", patience=3)
    module = Stack(Dense(64), Dense(64)).build(SPACE, Keys(0).torch("w"))
    run = run_plan(
        module,
        as_plan([(Reconstruction(), Joint(300), training)]),
        Feed(ArraySource(rows, SPACE), held_out=held),
        keys=Keys(0),
    )
    curve = [row["validation"] for row in run.history]
    assert len(curve) < 300
    assert len(curve) == run.best_epoch + 3
    assert run.best_epoch == int(np.argmin(curve)) + 1
    with torch.no_grad():
        restored = float(Reconstruction().loss(module, None, held.take(np.arange(200)), draws())[0])
    assert restored == pytest.approx(min(curve), rel=1e-5)


def test_a_shape_that_ends_is_run_whole_with_the_chosen_number_of_epochs():
    rows = torch.from_numpy(X).float()
    training = Training(learning_rate=0.1, shape="one_cycle", patience=2)
    feed = Feed(ArraySource(rows[:10], SPACE), held_out=ArraySource(rows[10:], SPACE))
    module = Stack(Dense(32), Dense(32)).build(SPACE, Keys(0).torch("w"))
    run = run_plan(module, as_plan([(Reconstruction(), Joint(200), training)]), feed, keys=Keys(0))
    final = [row for row in run.history if not row.get("search")]
    assert len(final) == run.best_epoch
    assert final[-1]["learning_rate"] < 0.02


def test_classes_are_sorted_and_probabilities_follow_them():
    labels = np.array(["b", "c", "a"] * 14)[:40]
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(4)), schedule=Joint(1)), random_state=0
    ).fit(X, labels)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert (model.classes_[model.predict_proba(X).argmax(1)] == model.predict(X)).all()


def test_the_control_differs_in_one_field():
    kind, pretrainer = (
        PretrainedClassifier,
        Pretrainer(Stack(Dense(8), Dense(4)), schedule=Greedy(2), random_state=0),
    )
    arms = [kind(pretrainer, start=start, random_state=0) for start in ("pretrained", "random")]
    a, b = (arm.get_params() for arm in arms)
    assert {name for name in a if a[name] is not b[name] and a[name] != b[name]} == {"start"}
    fitted = [arm.fit(X, Y) for arm in arms]
    assert fitted[0].plan_ == fitted[1].plan_
    assert fitted[0].pretrainer_.stack_ == fitted[1].pretrainer_.stack_
    assert fitted[1].pretrainer_.history_ == []
    heads = [[row["loss"] for row in arm.history_] for arm in fitted]
    assert len(heads[0]) == len(heads[1])


def test_the_control_has_the_best_initialisation_for_its_activation():
    stack = Stack(Dense(50, init="normal(0.001)"))
    model = PretrainedClassifier(
        Pretrainer(stack, random_state=0), start="random", random_state=0
    ).fit(X, Y)
    assert model.pretrainer_.stack_ == Stack(Dense(50))
    assert float(model.pretrainer_.module_.stages[0].weight.detach().std()) > 0.1
