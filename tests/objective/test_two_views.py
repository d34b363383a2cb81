"""Losses of two views against computations by hand, their optima, and where gradients stop."""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from layerwise import (
    BYOL,
    DINO,
    SCARF,
    At,
    BarlowTwins,
    Batch,
    Dense,
    Greedy,
    Joint,
    Masking,
    MoCo,
    PairingError,
    ParameterError,
    Resample,
    SimCLR,
    Space,
    Stack,
    Training,
    TrainingWarning,
    VICReg,
)
from layerwise._random import Keys
from layerwise.data import ArraySource
from layerwise.objective.collapse import effective_rank, spread
from layerwise.objective.two_views.dino import Distilled
from layerwise.objective.two_views.moco import Queued, info_nce
from layerwise.training import Feed, as_plan, run_plan

SPACE = Space.of("unit", 6)
NOISE = Masking(0.3)
ALL = [
    SimCLR(NOISE),
    MoCo(NOISE, queue=20),
    BYOL(NOISE, hidden=8),
    DINO(NOISE, prototypes=7, small=Masking(0.6)),
    BarlowTwins(NOISE),
    VICReg(NOISE),
    SCARF(Resample(0.5)),
]


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


def embeddings(n=5, k=4, seed=0):
    return torch.randn(2, n, k, generator=draws(seed), dtype=torch.float64).unbind(0)


def module():
    return Stack(Dense(5), Dense(4)).build(SPACE, draws(1))


def trained(objective, epochs=2, n=32):
    source = ArraySource(torch.rand(n, 6, generator=draws(2)), SPACE)
    codec = module()
    plan = as_plan([(objective, Joint(epochs), Training(batch_size=16))])
    return codec, run_plan(codec, plan, Feed(source), keys=Keys(0))


def cosine(a, b):
    return float(a @ b / (a.norm() * b.norm()))


def test_nt_xent_is_the_sum_over_all_other_views():
    a, b = embeddings()
    z, n, t = torch.cat([a, b]), len(a), 0.5
    losses = []
    for i in range(2 * n):
        partner = (i + n) % (2 * n)
        below = sum(math.exp(cosine(z[i], z[k]) / t) for k in range(2 * n) if k != i)
        losses.append(-math.log(math.exp(cosine(z[i], z[partner]) / t) / below))
    assert float(SimCLR(temperature=t).compare(a, b)) == pytest.approx(np.mean(losses))


def test_nt_xent_of_two_equal_orthonormal_sets_has_a_closed_form():
    n, t = 6, 0.3
    eye = torch.eye(n, dtype=torch.float64)
    expected = math.log(math.exp(1 / t) + 2 * (n - 1)) - 1 / t
    assert float(SimCLR(temperature=t).compare(eye, eye)) == pytest.approx(expected)


def test_info_nce_is_one_sided_and_takes_more_keys():
    q, k = embeddings()
    more, t = embeddings(3, 4, 1)[0], 0.2
    keys = torch.cat([k, more])
    losses = []
    for i in range(len(q)):
        scores = [math.exp(cosine(q[i], key) / t) for key in keys]
        losses.append(-math.log(scores[i] / sum(scores)))
    given = info_nce(q, k, t, None, F.normalize(more, dim=1))
    assert float(given) == pytest.approx(np.mean(losses))


def test_barlow_twins_is_zero_where_the_correlation_is_the_identity():
    signs = torch.tensor([[1, 1], [1, -1], [-1, 1], [-1, -1]], dtype=torch.float64)
    assert float(BarlowTwins().compare(signs, 3 * signs + 1)) == pytest.approx(0.0, abs=1e-9)


def test_barlow_twins_by_hand():
    a, b = embeddings(7, 3)
    c = np.corrcoef(a.T.numpy(), b.T.numpy())[:3, 3:]
    beside = c[~np.eye(3, dtype=bool)]
    expected = ((1 - np.diag(c)) ** 2).sum() + 0.1 * (beside**2).sum()
    assert float(BarlowTwins(weight=0.1).compare(a, b)) == pytest.approx(expected)


def test_vicreg_by_hand():
    a, b = embeddings(9, 3)
    expected = 25 * float(((a - b) ** 2).mean())
    for z in (a.numpy(), b.numpy()):
        cov = np.cov(z.T)
        deviation = np.sqrt(np.diag(cov) + 1e-4)
        expected += 25 * np.maximum(0, 1 - deviation).mean() / 2
        expected += (cov[~np.eye(3, dtype=bool)] ** 2).sum() / 3
    assert float(VICReg().compare(a, b)) == pytest.approx(expected)


def test_byol_is_zero_for_the_right_guess_and_four_for_the_opposite():
    a, _ = embeddings()
    assert float(BYOL().compare(a, 2 * a)) == pytest.approx(0.0, abs=1e-12)
    assert float(BYOL().compare(a, -a)) == pytest.approx(4.0)


def test_dino_is_the_cross_entropy_with_a_sharpened_teacher():
    a, b = embeddings()
    objective = DINO(temperature=0.2, teacher_temperature=(0.05, 0.1))
    p, q = (F.softmax(b / 0.1, dim=1), F.log_softmax(a / 0.2, dim=1))
    assert float(objective.compare(a, b)) == pytest.approx(float(-(p * q).sum(1).mean()))
    assert torch.allclose(objective.aim(b, b.mean(0), 0.0), F.softmax((b - b.mean(0)) / 0.05, 1))
    halfway = objective.aim(b, torch.zeros(4), 0.15)  # half of the warm-up
    assert torch.allclose(halfway, F.softmax(b / 0.075, dim=1))


@pytest.mark.parametrize("objective", [SimCLR(), BarlowTwins(), VICReg()], ids=repr)
def test_swapping_the_views_changes_nothing(objective):
    a, b = embeddings(8)
    assert float(objective.compare(a, b)) == pytest.approx(float(objective.compare(b, a)))


@pytest.mark.parametrize("objective", [BarlowTwins(), VICReg()], ids=repr)
def test_equal_weights_are_no_weights(objective):
    a, b = embeddings(8)
    same = torch.full((8,), 2.5, dtype=torch.float64)
    assert float(objective.compare(a, b, same)) == pytest.approx(float(objective.compare(a, b)))


@pytest.mark.parametrize("objective", [SimCLR(), BYOL(), SCARF(), MoCo()], ids=repr)
def test_a_weight_is_that_of_the_rows_own_term(objective):
    a, b = embeddings(3)
    whole = float(objective.compare(a, b)) * 3
    parts = [float(objective.compare(a, b, F.one_hot(torch.tensor(i), 3))) for i in range(3)]
    assert sum(parts) == pytest.approx(whole)


def test_the_queue_holds_the_newest_keys_first_and_is_empty_at_first():
    objective = MoCo(NOISE, queue=5, projector=(3,))
    state = objective.init(module(), None, draws())
    assert len(state.kept()) == 0
    for start in (0, 4):
        state.keys = torch.arange(start, start + 4.0)[:, None].expand(4, 3)
        state.push()
    assert state.kept()[:, 0].tolist() == [4, 5, 6, 7, 0]


def test_moco_without_a_queue_and_with_a_teacher_that_is_the_student_is_info_nce():
    codec, x = module(), torch.rand(9, 6, generator=draws(3))
    objective = MoCo(Masking(0.0), queue=0, momentum=0.0, projector=(4,))
    state = objective.init(codec, None, draws())
    loss, _ = objective.loss(codec, state, Batch(x), At.of(0))
    z = state.projector(codec.encode(x))
    expected = info_nce(z, z, 0.2)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("objective", [ALL[1], ALL[2], ALL[3]], ids=repr)
def test_nothing_flows_into_teacher_queue_and_centre(objective):
    codec = module().train()
    state = objective.init(codec, None, draws())
    loss, _ = objective.loss(codec, state, Batch(torch.rand(16, 6, generator=draws(4))), At.of(0))
    loss.backward()
    assert all(p.grad is None and not p.requires_grad for p in state.teacher.parameters())
    assert not any(buffer.requires_grad for buffer in state.buffers())
    assert not state.teacher.training
    assert all(stage.weight.grad is not None for stage in codec.chain)


def test_a_teacher_is_the_geometric_average_of_its_students():
    codec = module()
    state = MoCo(NOISE, momentum=0.9).init(codec, None, draws())
    assert isinstance(state, Queued)
    first = codec.chain[0].weight.detach().clone()
    values = [float(i) for i in range(1, 5)]
    for value in values:
        with torch.no_grad():
            codec.chain[0].weight.fill_(value)
        state.teacher.follow(0.9, codec, state.projector)
    expected = 0.9**4 * first
    for i, value in enumerate(values):
        expected = expected + 0.1 * 0.9 ** (3 - i) * value
    assert torch.allclose(state.teacher.codec.chain[0].weight, expected, atol=1e-6)


def test_byols_teacher_stands_still_where_its_momentum_is_one():
    codec = module()
    objective = BYOL(NOISE, momentum=0.5)
    state = objective.init(codec, None, draws())
    before = deepcopy(state.teacher.codec.state_dict())
    with torch.no_grad():
        codec.chain[0].weight.add_(1.0)
    objective.after_step(codec, state, Batch(torch.zeros(1, 6)), At.of(0, share=1.0))
    assert torch.equal(
        state.teacher.codec.state_dict()["stages.0.weight"], before["stages.0.weight"]
    )


def test_the_centre_is_a_moving_average_of_the_teachers_outputs():
    objective = DINO(NOISE, prototypes=7, centre_momentum=0.75)
    state = objective.init(module(), None, draws())
    assert isinstance(state, Distilled)
    state.seen = torch.full((3, 7), 2.0)
    objective.after_step(module(), state, Batch(torch.zeros(1, 6)), At.of(0))
    assert torch.allclose(state.centre, torch.full((7,), 0.5))


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_it_trains_and_leaves_nothing_to_predict_with(objective):
    codec, run = trained(objective, epochs=25)
    first, last = run.history[0], run.history[-1]
    if isinstance(objective, (MoCo, DINO)):  # more keys, and a sharper teacher, raise the loss
        assert last["agreement"] > first["agreement"]
    else:
        assert last["loss"] < first["loss"]
    assert run.state is None
    for name in ("agreement", "spread", "rank"):
        assert np.isfinite(run.history[0][name])
    again, _ = trained(objective, epochs=25)
    assert torch.equal(codec.chain[0].weight, again.chain[0].weight)


@pytest.mark.parametrize("objective", ALL, ids=repr)
def test_it_is_refused_on_codes_with_both_sides_named(objective):
    source = ArraySource(torch.rand(20, 6), SPACE)
    with pytest.raises(PairingError, match=f"{type(objective).__name__}.*trains stage 2 on codes"):
        run_plan(module(), as_plan([(objective, Greedy(1))]), Feed(source), keys=Keys(0))


def test_an_encoder_that_collapses_is_told_of_in_words():
    """Agreement alone: everything may be mapped to one point."""
    with pytest.warns(TrainingWarning, match=r"answers nearly the same to every row.*spread 0\.0"):
        trained(VICReg(NOISE, projector=(8,), variance=0.0, covariance=0.0), epochs=400)


def test_spread_and_rank_of_known_sets():
    points = torch.randn(4000, 16, generator=draws())
    assert float(spread(points)) == pytest.approx(1.0, abs=0.01)
    assert float(effective_rank(torch.ones(9, 4))) == pytest.approx(1.0, abs=1e-2)
    two = torch.tensor([[1.0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
    assert float(effective_rank(two)) == pytest.approx(2.0, abs=1e-2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SimCLR(temperature=0.0), "'temperature' parameter of SimCLR"),
        (lambda: SimCLR(projector=()), "'projector' parameter of SimCLR"),
        (lambda: SimCLR("crop"), "an augmentation such as Crop"),
        (lambda: MoCo(momentum=1.5), "'momentum' parameter of MoCo"),
        (lambda: MoCo(queue=-1), "'queue' parameter of MoCo"),
        (lambda: BYOL(hidden=0), "'hidden' parameter of BYOL"),
        (lambda: DINO(teacher_temperature=0.1), "'teacher_temperature' parameter of DINO"),
        (lambda: DINO(prototypes=1), "'prototypes' parameter of DINO"),
        (lambda: BarlowTwins(weight=-1.0), "'weight' parameter of BarlowTwins"),
        (lambda: VICReg(variance=-1.0), "'variance' parameter of VICReg"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
