"""Self-training: which rows count, who teaches, what goes on."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from layerwise import (
    At,
    Batch,
    Dense,
    Greedy,
    HeadOnly,
    Joint,
    PairingError,
    ParameterError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    PseudoLabels,
    Space,
    Stack,
    Supervised,
    Training,
    load,
    save,
)
from layerwise._random import Keys
from layerwise.data import ArraySource
from layerwise.objective.pseudo import Taught
from layerwise.training import Feed, as_plan, run_plan
from layerwise.training.trainee import Trainee

SPACE = Space.of("unit", 6)
CLASSES = Space.of("category", 3)
X = torch.rand(60, 6, generator=torch.Generator().manual_seed(0))
Y = (X[:, :3]).argmax(1)
FEED = Feed(ArraySource(X, SPACE), ArraySource(X[:20], SPACE, Y[:20]), CLASSES)
FAST = Training(learning_rate=0.01, shape="constant", batch_size=12)


def built(*stages):
    return Stack(*(stages or (Dense(5), Dense(4)))).build(SPACE, Keys(0).torch("w"))


def taught(objective, module):
    """A state whose head, and so whose teacher, is sure of some rows and not of others."""
    head = objective.supervised.init(module, CLASSES, Keys(1).torch("head"))
    with torch.no_grad():
        for layer in head.layers:
            layer.weight.normal_(0.0, 3.0, generator=torch.Generator().manual_seed(2))
    return objective.resume(head, module)


def draws():
    return At.of(0)


def weights(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# The loss


def test_only_rows_that_the_teacher_is_sure_of_count():
    objective = PseudoLabels(threshold=0.7, weight=2.0)
    module = built()
    state = taught(objective, module)
    with torch.no_grad():
        logits = state.head(module.encode(X))
        p, label = torch.softmax(logits, 1).max(1)
        sure = p >= 0.7
        assert 5 < int(sure.sum()) < 55
        loss, terms = objective.loss(module, state, Batch(X[:20], Y[:20], other=Batch(X)), draws())
        supervised = torch.nn.functional.cross_entropy(logits[:20], Y[:20])
        pseudo = torch.nn.functional.cross_entropy(logits[sure], label[sure])
    assert float(terms["supervised"]) == pytest.approx(float(supervised), rel=1e-5)
    assert float(terms["pseudo"]) == pytest.approx(float(pseudo), rel=1e-5)
    assert float(terms["sure"]) == pytest.approx(float(sure.float().mean()))
    assert float(loss) == pytest.approx(float(supervised + 2.0 * pseudo), rel=1e-5)


def test_weights_of_the_other_rows_weigh_beside_being_sure():
    objective = PseudoLabels(threshold=0.7)
    module = built()
    state = taught(objective, module)
    weight = torch.arange(60) % 3.0
    with torch.no_grad():
        logits = state.head(module.encode(X))
        p, label = torch.softmax(logits, 1).max(1)
        w = weight * (p >= 0.7)
        losses = torch.nn.functional.cross_entropy(logits, label, reduction="none")
        _, terms = objective.loss(
            module, state, Batch(X[:20], Y[:20], other=Batch(X, weight=weight)), draws()
        )
    assert float(terms["pseudo"]) == pytest.approx(float((losses * w).sum() / w.sum()), rel=1e-5)


def test_where_no_row_is_sure_the_gradient_is_the_supervised_one():
    objective = PseudoLabels(Supervised((7,)), threshold=1.0, weight=5.0)
    module = built()
    state = objective.resume(
        objective.supervised.init(module, CLASSES, Keys(1).torch("head")), module
    )  # all classes at 1/3
    batch = Batch(X[:20], Y[:20], other=Batch(X))
    loss, terms = objective.loss(module, state, batch, draws())
    assert (float(terms["pseudo"]), float(terms["sure"])) == (0.0, 0.0)
    found = torch.autograd.grad(
        loss, [*module.stages.parameters(), *state.head.parameters()], allow_unused=True
    )
    alone, _ = objective.supervised.loss(module, state.head, replace(batch, other=None), draws())
    expected = torch.autograd.grad(
        alone, [*module.stages.parameters(), *state.head.parameters()], allow_unused=True
    )
    for a, b in zip(found, expected, strict=True):
        assert (a is None) == (b is None)
        assert a is None or torch.equal(a, b)


def test_a_threshold_of_zero_takes_every_row():
    objective = PseudoLabels(threshold=0.0)
    module = built()
    _, terms = objective.loss(
        module, taught(objective, module), Batch(X[:20], Y[:20], other=Batch(X)), draws()
    )
    assert float(terms["sure"]) == 1.0


@pytest.mark.parametrize(
    "settings", [{"threshold": 1.01}, {"threshold": -0.1}, {"weight": -1.0}, {"ratio": 0.0}]
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ParameterError, match=f"'{next(iter(settings))}' parameter of PseudoLabels"):
        PseudoLabels(**settings)


# The teacher


def test_the_teacher_is_a_copy_in_evaluation_mode_that_is_never_trained():
    module = built(Dense(5, dropout=0.5, normalisation="batch"))
    objective = PseudoLabels(threshold=0.0)
    state = taught(objective, module)
    Trainee(module, objective, state).train()
    assert module.training and state.head.training and not state.teacher.training
    assert all(
        not p.requires_grad for p in [*state.teacher.parameters(), *state.teacher_head.parameters()]
    )
    assert all(p.requires_grad for p in [*module.parameters(), *state.head.parameters()])
    before = weights(state.teacher)
    first, again = (state.answer(X, 0.5) for _ in range(2))
    assert torch.equal(first[0], again[0])
    objective.loss(module, state, Batch(X[:20], Y[:20], other=Batch(X)), draws())[0].backward()
    assert same(before, weights(state.teacher))
    shared = {id(p) for p in module.parameters()} & {id(p) for p in state.teacher.parameters()}
    assert not shared


def test_the_teacher_stands_still_in_a_phase_and_is_renewed_in_the_next_step(monkeypatch):
    teachers = []
    original = Taught.answer

    def spy(self, x, *settings):
        teachers.append((weights(self.teacher), weights(self.teacher_head)))
        return original(self, x, *settings)

    monkeypatch.setattr(Taught, "answer", spy)
    starts = []
    module = built()
    pseudo = PseudoLabels(threshold=0.4)
    plan = as_plan([(Supervised(), Joint(5)), (pseudo, Joint(2)), (pseudo, Joint(2))], FAST)

    def watch(event):
        if event.kind == "phase":
            starts.append(weights(module))

    result = run_plan(module, plan, FEED, keys=Keys(0), observe=watch)
    assert len(teachers) == 2 * 2 * 5  # five batches of all 60 rows an epoch
    first, second = teachers[:10], teachers[10:]
    assert all(same(teacher[0], starts[1]) for teacher in first)
    assert all(same(teacher[0], starts[2]) for teacher in second)
    assert all(same(a[1], b[1]) for a, b in pairwise(second))
    assert not same(first[0][0], second[0][0])
    assert not same(first[0][1], second[0][1])
    assert type(result.state).__name__ == "Head"


# The head goes on


@pytest.mark.parametrize("between", [Supervised((6,)), Supervised((6,), dropout=0.2)])
def test_the_head_of_a_supervised_step_goes_on_to_the_bit(between):
    ends = []
    for plan in (
        [(between, Joint(3))],
        [(between, Joint(3)), (PseudoLabels(Supervised((6,))), Joint(0))],
    ):
        module = built()
        result = run_plan(module, as_plan(plan, FAST), FEED, keys=Keys(0))
        ends.append((weights(module), weights(result.state)))
    assert same(ends[0][0], ends[1][0])
    assert same(ends[0][1], ends[1][1])


def test_a_head_goes_on_from_self_training_to_a_supervised_step():
    ends = []
    start = [(Supervised(), Joint(3)), (PseudoLabels(), Joint(2))]
    for plan in (start, [*start, (Supervised(), Joint(0))]):
        module = built()
        ends.append(weights(run_plan(module, as_plan(plan, FAST), FEED, keys=Keys(0)).state))
    assert same(*ends)


def test_a_head_of_another_width_begins_anew():
    plan = as_plan([(Supervised((6,)), Joint(2)), (PseudoLabels(), Joint(0))], FAST)
    state = run_plan(built(), plan, FEED, keys=Keys(0)).state
    assert len(state.layers) == 1
    weight = state.layers[0].weight.detach()
    assert float(weight.abs().max()) <= math.sqrt(6.0 / sum(weight.shape))  # Glorot and Bengio
    assert float(state.layers[0].bias.detach().abs().max()) == 0.0


def test_a_head_alone_can_be_taught():
    module = built()
    before = weights(module)
    plan = as_plan([(Supervised(), HeadOnly(5)), (PseudoLabels(threshold=0.3), HeadOnly(2))], FAST)
    history = run_plan(module, plan, FEED, keys=Keys(0)).history
    assert same(before, weights(module))
    assert history[-1]["sure"] > 0.0


# In use


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))[:600]
    return X[order] / 16, y[order], np.where(np.arange(600) < 80, y[order], -1)


def test_a_classifier_teaches_itself_and_comes_back_from_its_folder(digits, tmp_path):
    X, y, few = digits
    train = Training(learning_rate=5e-3, batch_size=32)
    teach = PseudoLabels(threshold=0.8)
    plan = [
        (Supervised(), HeadOnly(3)),
        (Supervised(), Joint(60)),
        (teach, Joint(3)),
        (teach, Joint(3)),
    ]
    pretrainer = Pretrainer(Stack(Dense(48)), schedule=Greedy(3), random_state=0)
    model = PretrainedClassifier(
        pretrainer, plan=plan, training=train, unlabeled=-1, random_state=0
    ).fit(X, few)
    taught = [row for row in model.history_ if row["objective"] == "PseudoLabels"]
    assert all(0.0 < row["sure"] <= 1.0 for row in taught)
    assert model.score(X[80:], y[80:]) > 0.75
    again = load(save(model, tmp_path / "m"))
    assert again.plan_ == model.plan_
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_epochs_of_self_training_can_be_chosen(digits):
    X, _, few = digits
    plan = [(Supervised(), Joint(5)), (PseudoLabels(threshold=0.5), Joint(3))]
    pretrainer = Pretrainer(Stack(Dense(16)), schedule=Greedy(0), random_state=0)
    settings = {"unlabeled": -1, "validation": 0.3, "training": FAST, "random_state": 0}
    model = PretrainedClassifier(pretrainer, plan=plan, **settings).fit(X[:200], few[:200])
    assert 1 <= model.plan_[1].schedule.epochs <= 3
    assert model.plan_[0].schedule.epochs == 5


def test_numbers_and_rows_without_labels_are_refused():
    rows = X.numpy()
    pretrainer = Pretrainer(Stack(Dense(4)), schedule=Greedy(0))
    with pytest.raises(
        PairingError, match=r"(?s)needs classes: a number has no confidence.*PretrainedClassifier"
    ):
        PretrainedRegressor(pretrainer, plan=[(PseudoLabels(), Joint(1))]).fit(rows, rows[:, 0])
    with pytest.raises(PairingError, match="needs labels, and none were given"):
        Pretrainer(Stack(Dense(4)), objective=PseudoLabels(), schedule=Joint(1)).fit(rows)


def test_a_teacher_is_as_sure_as_its_smoothed_labels_let_it_be():
    codec = Stack(Dense(3)).build(Space.of("real", 3), torch.Generator().manual_seed(0))
    head = Supervised().init(codec, Space.of("category", 4), torch.Generator().manual_seed(0))
    with torch.no_grad():  # the smoothed target itself, 0.925 and three times 0.025
        head.layers[0].bias.copy_(torch.log(torch.tensor([0.925, 0.025, 0.025, 0.025])))
    state = PseudoLabels(Supervised(label_smoothing=0.1)).resume(head, codec)
    x = torch.zeros(2, 3)
    assert state.answer(x, 0.95)[1].tolist() == [0.0, 0.0]
    assert state.answer(x, 0.95, smoothing=0.1)[1].tolist() == [1.0, 1.0]
