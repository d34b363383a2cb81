"""Every stage with every objective on every schedule: what holds for all holds for each."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from tests.going_on import stopped_again_and_again

import layerwise
from layerwise import (
    BYOL,
    DINO,
    SCARF,
    VAT,
    VIME,
    BarlowTwins,
    Block,
    Cells,
    Combined,
    Compose,
    Concatenate,
    Contractive,
    ContrastiveDivergence,
    Conv,
    Denoising,
    Dense,
    Embedding,
    FixMatch,
    Gaussian,
    Greedy,
    HeadOnly,
    Joint,
    LabelPairs,
    Ladder,
    Latent,
    MaskedAutoencoder,
    MaskedModelling,
    MaskedPatches,
    MaskedTokens,
    Masking,
    MeanTeacher,
    MixUp,
    MoCo,
    PairingError,
    Patches,
    PiModel,
    Pool,
    Progressive,
    PseudoLabels,
    Reconstruction,
    Residual,
    ResidualBlock,
    ResidualDense,
    SaltAndPepper,
    SimCLR,
    Space,
    Sparse,
    Stack,
    Supervised,
    Swap,
    Synthetic,
    Training,
    Transformer,
    Unfreeze,
    Variational,
    VICReg,
    VIMEConsistency,
)
from layerwise._random import Keys
from layerwise._spec import from_dict
from layerwise.data import ArraySource
from layerwise.training import Feed, as_plan, run_plan

STACKS = [
    Stack(Dense(6), Dense(4)),
    Stack(Dense(6, tied=True, activation="sigmoid"), Dense(4, tied=True, activation="linear")),
    Stack(
        Dense(6, normalisation="batch", dropout=0.2),
        Dense(4, activation="tanh", normalisation="batch"),
    ),
    Stack(
        Dense(6, activation="prelu", normalisation="layer"),
        Dense(4, activation="gelu", init="orthogonal"),
    ),
    Stack(
        Dense(6, normalisation="weight", tied=True),
        Dense(4, normalisation="spectral", init="sparse"),
    ),
    Stack(Residual(Dense(8), Dense(20)), Concatenate(Dense(6), Dense(4))),
    Stack(Conv(3, 3, pool=2, tied=True, activation="tanh"), Dense(4)),
    Stack(
        Conv(3, 2, stride=2, normalisation="batch"),
        Conv(2, pool=2, pooling="average", local_contrast=3, activation="abs_tanh"),
    ),
    Stack(Conv(3, 2, activation="sigmoid"), Pool()),
    Stack(Patches(1, 8), Transformer(1, 2, dropout=0.1)),
    Stack(Cells(8), Transformer(1, 2)),
    Stack(ResidualBlock(3, stride=2, dropout=0.1), Pool("max")),
    Stack(Dense(6), ResidualDense(5)),
    Stack(Embedding(4), Pool()),
    Stack(Dense(6), Latent(4)),
]
OBJECTIVES = [
    Reconstruction(),
    Reconstruction("huber"),
    Reconstruction("bce"),
    Denoising(),
    Denoising(Compose(Masking(0.2), Gaussian(0.1)), emphasis=(1.0, 0.5)),
    Denoising(SaltAndPepper(0.2)),
    Denoising(Swap(0.3), error="mse"),
    Denoising(MaskedPatches(0.2, 2)),
    Sparse(Denoising(), weight=0.01),
    Sparse(penalty="l1"),
    Contractive(Denoising()),
    ContrastiveDivergence(2),
    ContrastiveDivergence(persistent=True, chains=5),
    Supervised((3,), dropout=0.2, input_dropout=0.1, label_smoothing=0.1),
    Combined(Supervised(), Sparse(Denoising(), penalty="l1"), weight=0.5),
    PseudoLabels(Supervised((3,)), threshold=0.5),
    Ladder(),
    LabelPairs(),
    Supervised(augment=Gaussian(0.1), mix=MixUp()),
    SimCLR(Masking(0.2), projector=(6,)),
    MoCo(Masking(0.2), queue=10, projector=(6, 4)),
    BYOL(Masking(0.2), projector=(6, 4), hidden=5),
    DINO(Masking(0.2), projector=(6, 4), prototypes=5, small=Masking(0.6)),
    BarlowTwins(Masking(0.2), projector=(6, 4)),
    VICReg(projector=(6, 4)),
    SCARF(projector=(6, 4)),
    MaskedAutoencoder(width=8),
    MaskedModelling(),
    MaskedModelling(MaskedPatches(0.3, 2), learned=True),
    MaskedTokens(0.5),
    VIME(),
    PiModel(augment=Masking(0.2)),
    MeanTeacher(Supervised((9,)), augment=Masking(0.2)),
    VAT(Supervised(dropout=0.1)),
    FixMatch(threshold=0.4),
    VIMEConsistency(),
    Variational(0.5),
    Synthetic(Supervised((3,)), share=0.4),
    Synthetic(how="posterior"),
]
SCHEDULES = [Greedy(1), Progressive(1), Joint(1), HeadOnly(1), Unfreeze(1)]
TABLE = Space((20,), (Block("real", 10), Block("unit", 4), Block("category", 6)))
SPACES = {
    "real": Space.of("real", 20),
    "unit": Space.of("unit", 20),
    "table": TABLE,
    "image": Space.of("unit", 1, 5, 4),
    "text": Space.of("token", 20, levels=9),
}


def rows(space, n=20):
    """Rows with weights and missing cells, but for plain ones in [0, 1]."""
    draws = torch.Generator().manual_seed(0)
    x = torch.rand(n, 20, generator=draws)
    if space is TABLE:
        x[:, 14:] = torch.nn.functional.one_hot(torch.arange(n) % 6, 6).float()
    if space.kind == "token":
        x = (9 * x).long()
    plain = space is SPACES["unit"]
    observed = None if plain else torch.rand(n, 20, generator=draws) < 0.9
    weight = None if plain else torch.rand(n, generator=draws) + 0.1
    return ArraySource(x.view(n, *space.shape), space, torch.arange(n) % 2, observed, weight)


def innermost(objective):
    while isinstance(objective, (Sparse, Contractive, Combined)):
        objective = (
            objective.unsupervised if isinstance(objective, Combined) else objective.objective
        )
    return objective


def builds(stack, space):
    try:
        return stack.build(space, Keys(0).torch("w"))
    except PairingError:
        return None


def refused(stack, objective, schedule, name):
    """Whether this combination must be refused: asked of what the parts are able to do."""
    module = builds(stack, SPACES[name])
    if module is None:
        return True
    spans = [(phase.first, phase.last) for phase in schedule.phases(stack.depth)]
    if module.reads_tokens and any(f and len(module.space_at(f).shape) == 2 for f, _ in spans):
        return True  # which of the tokens are padding is not known there
    return any(refused_in(module.slice(*span), span[0], objective) for span in spans)


def misfit(augmentation, space):
    try:
        augmentation.check(space)
    except PairingError:
        return True
    return False


def refused_in(piece, first, objective):
    inner = innermost(objective)
    if objective.level == "data" and first > 0:
        return True
    if objective.trains_decoder and not (piece.depth and piece.decodes):
        return True
    if isinstance(objective, (Variational, Synthetic)):
        if not (piece.depth and piece.decodes) or piece.in_space.holds("token"):
            return True
        needs_latent = isinstance(objective, Variational) or objective.how == "posterior"
        return needs_latent and piece.chain[-1].latent_view() is None
    if isinstance(objective, LabelPairs):
        return not any(stage.layers() for stage in piece.chain)
    if isinstance(objective, MaskedAutoencoder):
        return not piece.depth or piece.chain[0].patch_view() is None
    if isinstance(objective, MaskedTokens):
        return not piece.depth or piece.chain[0].token_view() is None
    if piece.in_space.holds("token") and (
        isinstance(objective, VAT) or getattr(objective, "input_dropout", 0.0)
    ):
        return True
    if any(misfit(one, piece.in_space) for one in objective.augmentations(piece.in_space)):
        return True
    if isinstance(objective, Ladder):
        return any(stage.ladder_view() is None for stage in piece.chain)
    machine = piece.depth == 1 and piece.chain[0].energy_view() is not None
    if isinstance(inner, ContrastiveDivergence) and not machine:
        return True
    kinds = {block.kind for block in piece.in_space.blocks}
    if getattr(inner, "error", "") == "bce" and not kinds <= {"unit", "category"}:
        return True
    if isinstance(objective, Sparse) and objective.penalty == "kl":
        return piece.code_space.kind != "unit"
    normalised = any(isinstance(part, torch.nn.BatchNorm1d) for part in piece.modules())
    normalised |= any(isinstance(part, torch.nn.BatchNorm2d) for part in piece.modules())
    return isinstance(objective, Contractive) and normalised


# Weights that are hardly trained may well answer the same to every row
UNTRAINED = pytest.mark.filterwarnings(
    "ignore:.*answers nearly the same", "ignore:.*guesses nearly one class"
)


@UNTRAINED
@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
@pytest.mark.parametrize("stack", STACKS, ids=repr)
def test_every_combination_trains_or_is_refused_as_declared(stack, objective):
    """Of each stack and objective a quarter of the schedules and spaces: the pairs beside it have
    the rest."""
    turn = STACKS.index(stack) + OBJECTIVES.index(objective)
    for (i, schedule), (j, name) in product(enumerate(SCHEDULES), enumerate(SPACES)):
        if (turn + i + j) % 4:
            continue
        plan = as_plan([(objective, schedule, Training(batch_size=8))])
        source = rows(SPACES[name])
        feed = Feed(source, source, Space.of("category", 2))
        if refused(stack, objective, schedule, name):
            with pytest.raises(PairingError, match=r"\."):
                run_plan(stack.build(SPACES[name], Keys(0).torch("w")), plan, feed, keys=Keys(0))
        else:
            trains(stack, plan, schedule, feed)


def trains(stack, plan, schedule, feed):
    space = feed.rows.space
    module = stack.build(space, Keys(0).torch("w"))
    before = {key: value.clone() for key, value in module.state_dict().items()}
    run = run_plan(module, plan, feed, keys=Keys(0))
    assert all(np.isfinite(row["loss"]) for row in run.history)
    trained = {i for phase in schedule.phases(2) for i in range(phase.first, phase.last + 1)}
    after = module.state_dict()
    for i in range(2):
        keys = [key for key in before if key.startswith(f"stages.{i}.") and "decoder" not in key]
        moved = any(not torch.equal(before[key], after[key]) for key in keys)
        assert moved == (i in trained and bool(keys))
    again = stack.build(space, Keys(0).torch("w"))
    run_plan(again, plan, feed, keys=Keys(0))
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in after.items())
    with torch.no_grad():
        z = module.encode(feed.rows.x)
        assert tuple(z.shape) == (20, *module.code_space.shape)
        if module.decodes:
            assert tuple(module.decode(z).shape) == (20, *space.shape)
            assert tuple(module.reconstruct(feed.rows.x).shape) == (20, *space.shape)
        else:
            with pytest.raises(PairingError, match="only encodes"):
                module.decode(z)
    if plan[0].objective.head_widths() is not None:
        with torch.no_grad():
            assert tuple(run.state(z.flatten(1)).shape) == (20, 2)


@UNTRAINED
@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_every_objective_trains_in_mixed_precision(objective):
    turn = OBJECTIVES.index(objective) % 3
    for stack, schedule in product(STACKS[turn::3], (Greedy(1), Joint(1))):
        if not refused(stack, objective, schedule, "image"):
            module, source = stack.build(SPACES["image"], Keys(0).torch("w")), rows(SPACES["image"])
            feed = Feed(source, source, Space.of("category", 2))
            run = run_plan(
                module,
                as_plan([(objective, schedule)]),
                feed,
                keys=Keys(0),
                autocast=torch.bfloat16,
            )
            assert all(np.isfinite(row["loss"]) for row in run.history)


@UNTRAINED
@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_every_objective_goes_on_to_the_same_bits_after_it_was_stopped(
    objective, tmp_path, monkeypatch
):
    plan = as_plan([(objective, Joint(2), Training("adam", batch_size=8, average=0.5))])
    fits = [
        (stack, name)
        for stack, name in product(STACKS, SPACES)
        if not refused(stack, objective, Joint(2), name)
    ]
    for stack, name in fits[:: max(1, len(fits) // 3)][:3]:

        def trained(stack=stack, space=SPACES[name]):
            module, source = stack.build(space, Keys(0).torch("w")), rows(space)
            feed = Feed(source, source, Space.of("category", 2))
            run = run_plan(module, plan, feed, keys=Keys(0))
            losses = [row["loss"] for row in run.history]
            assert np.isfinite(losses).all()
            head = {} if run.state is None else run.state.state_dict()
            return losses, [value.numpy() for value in (module.state_dict() | head).values()]

        losses, values = trained()
        assert values
        (again, found), stops = stopped_again_and_again(trained, tmp_path, monkeypatch)
        assert stops > 0
        assert again == losses
        assert all(a.tobytes() == b.tobytes() for a, b in zip(values, found, strict=True))


def test_the_product_holds_both_kinds(capsys):
    cases = list(product(STACKS, OBJECTIVES, SCHEDULES, SPACES))
    count = sum(refused(*case) for case in cases)
    with capsys.disabled():
        print(
            f"\nconformance: {len(cases) - count} combinations train, {count} are refused as "
            "declared"
        )
    assert 0 < count < len(cases)


@pytest.mark.parametrize(
    "value",
    [*STACKS, *OBJECTIVES, *SCHEDULES, Training("momentum", momentum=(0.5, 0.9), clip=1.0)],
    ids=repr,
)
def test_a_value_is_what_its_repr_says_and_survives_plain_data(value):
    names = {name: getattr(layerwise, name) for name in layerwise.__all__}
    assert eval(repr(value), names) == value
    assert from_dict(value.to_dict()) == value
    assert hash(value) == hash(from_dict(value.to_dict()))
