"""Training that is stopped anywhere and goes on: the same bits as if it had not been stopped."""

from __future__ import annotations

import errno
import os
import re
import signal
import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from tests import stops
from tests.going_on import stopped_again_and_again

from layerwise import (
    CheckpointError,
    Conv,
    Denoising,
    Dense,
    FileError,
    Greedy,
    HeadOnly,
    Joint,
    Masking,
    ParameterError,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Progressive,
    Shift,
    Stack,
    Supervised,
    Training,
    TrainingError,
    checkpointed,
)
from layerwise.objective import (
    BYOL,
    DINO,
    ContrastiveDivergence,
    MeanTeacher,
    MoCo,
    SimCLR,
)
from layerwise.training import checkpoint as module
from layerwise.training import unkept
from layerwise.training.tree import unpacked

RNG = np.random.default_rng(0)
X = RNG.random((90, 12)).astype(np.float32)
IMAGES = RNG.random((60, 1, 8, 8)).astype(np.float32)
Y = np.where(np.arange(90) < 40, np.arange(90) % 2, -1)
SHORT = {"training": Training(batch_size=16), "random_state": 0, "preprocessing": None}
DENSE = Stack(Dense(6), Dense(4))
TIED = Stack(Dense(6, activation="sigmoid", tied=True))
STOPS = Training("momentum", shape="cosine", patience=2, batch_size=16)


def autoencoder(schedule, training=None, objective=None, **more):
    training = training or SHORT["training"]
    settings = SHORT | {"training": training} | more
    return Pretrainer(DENSE, objective=objective, schedule=schedule, **settings)


def images(objective):
    return Pretrainer(Stack(Conv(4, 3), Dense(6)), objective=objective, schedule=Joint(3), **SHORT)


def classifier(plan, **more):
    start = Pretrainer(DENSE, schedule=Greedy(2), **SHORT)
    return PretrainedClassifier(start, plan=plan, random_state=0, unlabeled=-1, **more)


FITS = {
    "greedy": (autoencoder(Greedy(3)), (X,)),
    "growing": (autoencoder(Progressive(2), validation=0.2), (X,)),
    "depth of its own": (autoencoder(Greedy(2), depth="auto"), (X,)),
    "adam, cosine, average": (
        autoencoder(Joint(4), Training("adam", average=0.3, clip=1.0, batch_size=16)),
        (X,),
    ),
    "stopping under a shape that ends": (autoencoder(Greedy(6), STOPS, validation=0.2), (X,)),
    "rates from gradients": (
        autoencoder(Joint(3), Training(layer_decay="gradient", batch_size=16)),
        (X,),
    ),
    "noise": (autoencoder(Greedy(2), objective=Denoising(Masking(0.3))), (X,)),
    "persistent chains": (
        Pretrainer(
            TIED,
            objective=ContrastiveDivergence(persistent=True, chains=8),
            schedule=Greedy(3),
            **SHORT,
        ),
        (X,),
    ),
    "two views": (images(SimCLR(Shift(1))), (IMAGES,)),
    "a queue": (images(MoCo(Shift(1), queue=32)), (IMAGES,)),
    "a teacher": (images(BYOL(Shift(1))), (IMAGES,)),
    "a teacher and a centre": (images(DINO(Shift(1), prototypes=8)), (IMAGES,)),
    "fine-tuning": (
        classifier([(Supervised(), HeadOnly(2)), (Supervised(), Joint(3))], validation=None),
        (X, Y),
    ),
    "fine-tuning with its epochs chosen": (
        classifier([(Supervised(), Joint(4), STOPS)], validation=2),
        (X, Y),
    ),
    "a mean teacher": (
        classifier([(MeanTeacher(augment=Masking(0.2)), Joint(3))], validation=None),
        (X, Y),
    ),
    "regression": (
        PretrainedRegressor(
            Pretrainer(DENSE, schedule=Greedy(1), **SHORT),
            plan=[(Supervised(), Joint(2))],
            validation=None,
            random_state=0,
        ),
        (X[:30], X[:30, 0]),
    ),
}


def bits(model):
    """Return every weight and every number of the history but times."""
    weights = {name: value.numpy() for name, value in model.module_.state_dict().items()}
    head = getattr(model, "head_", None)
    if head is not None:
        weights |= {f"head {name}": value.numpy() for name, value in head.state_dict().items()}
    timed = ("seconds", "rows_per_second")
    rows = [{k: v for k, v in row.items() if k not in timed} for row in model.history_]
    return {name: value.tobytes() for name, value in weights.items()}, rows


@pytest.mark.parametrize("name", FITS)
def test_stopped_training_goes_on_to_the_same_bits(name, tmp_path, monkeypatch):
    estimator, given = FITS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = estimator.fit(*given)
        expected = bits(whole)
        model, stops = stopped_again_and_again(lambda: estimator.fit(*given), tmp_path, monkeypatch)
    assert stops > 1
    assert bits(model) == expected
    assert not os.listdir(tmp_path)


def begun(folder, fit, *, after=2):
    """Begin a fit and stop it after so many checkpoints; every step is kept."""
    keep, left = module.Keeper.keep, iter(range(after))

    def kept(self, tree, *, ended=False):
        keep(self, tree, ended=ended)
        if next(left, None) is None:
            raise KeyboardInterrupt

    def run():
        with pytest.MonkeyPatch.context() as patch, checkpointed(folder, every=0.0):
            patch.setattr(module.Keeper, "keep", kept)
            fit()

    with pytest.raises(KeyboardInterrupt):
        run()


@pytest.mark.parametrize(
    ("change", "rows", "told"),
    [
        ({"random_state": 1}, X, "seed was '0' and is '1'"),
        ({"schedule": Greedy(4)}, X, "plan was"),
        ({"stack": Stack(Dense(5), Dense(4))}, X, "stack differs"),
        ({"precision": "bfloat16"}, X, "precision was 'float32' and is 'bfloat16'"),
        ({}, np.where(X.max() == X, 0.5, X), "another plan: rows differs"),
    ],
)
def test_another_training_is_refused_with_what_differs(change, rows, told, tmp_path):
    estimator = autoencoder(Greedy(3))
    begun(tmp_path, lambda: estimator.fit(X))
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError, match=re.escape(told)), checkpointed(tmp_path):
        clone(estimator).set_params(**change).fit(rows)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_another_number_of_threads_would_give_other_bits_and_is_refused(tmp_path):
    begun(tmp_path, lambda: autoencoder(Greedy(3)).fit(X))
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        with pytest.raises(CheckpointError, match=r"threads was '\d' and is '\d'"):
            autoencoder(Greedy(3), checkpoint=tmp_path).fit(X)
    finally:
        torch.set_num_threads(before)


def test_what_is_said_about_a_training_must_be_equal(tmp_path):
    def fit(command):
        with checkpointed(tmp_path, about={"command": command}):
            autoencoder(Greedy(1)).fit(X)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit("a")
    with pytest.raises(CheckpointError, match="another command: command was 'a' and is 'b'"):
        fit("b")


@pytest.mark.parametrize("fault", ["torn", "a bit", "empty", "a link"])
@pytest.mark.parametrize("both", [False, True])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(fault, both, tmp_path):
    estimator = autoencoder(Greedy(4))
    expected = bits(estimator.fit(X))
    begun(tmp_path, lambda: estimator.fit(X), after=3)
    files = sorted(tmp_path.glob("plan-*"), key=lambda path: path.stat().st_mtime_ns)
    assert len(files) == 2
    for path in files if both else files[-1:]:
        damage(path, fault)
    told = "this part begins anew" if both else "the one before it is taken"
    with pytest.warns(UserWarning, match=f"is damaged; {told}"), checkpointed(tmp_path):
        again = clone(estimator).fit(X)
    assert bits(again) == expected


def damage(path, fault):
    data = bytearray(path.read_bytes())
    path.unlink()
    if fault == "a link":
        return path.symlink_to("/dev/null")
    if fault == "a bit":
        data[len(data) // 2] ^= 4
    return path.write_bytes({"torn": data[:-100], "a bit": data, "empty": b""}[fault])


def test_what_was_decided_by_a_clock_stays_decided(tmp_path):
    def decide():
        with checkpointed(tmp_path) as kept:
            assert kept.remembered("seconds", lambda: (1.5, [2])) == [1.5, [2]]
            autoencoder(Greedy(1)).fit(X)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decide()
    with checkpointed(tmp_path) as kept:
        assert kept.remembered("seconds", lambda: 3) == [1.5, [2]]


def test_a_full_disk_stops_the_training_and_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    estimator = autoencoder(Greedy(3))
    expected = bits(estimator.fit(X))
    begun(tmp_path, lambda: estimator.fit(X))
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    def fit():
        with monkeypatch.context() as patch, checkpointed(tmp_path, every=0.0):
            patch.setattr(os, "fsync", full)
            estimator.fit(X)

    told = r"No space left.*takes 1 MB; the one before is untouched"
    with pytest.raises(FileError, match=told):
        fit()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept
    with checkpointed(tmp_path):
        assert bits(estimator.fit(X)) == expected


def test_every_durable_operation_may_be_the_last():
    """The process is killed before each operation of the disk in turn, or each fails: the training
    goes on from what is there, to the same bits."""
    estimator = autoencoder(Greedy(2), Training(batch_size=45))
    expected = bits(estimator.fit(X))

    def make(folder):
        return lambda: kept_fit(clone(estimator), folder)

    def check(folder):
        assert bits(kept_fit(clone(estimator), folder)) == expected
        assert not os.listdir(folder)

    assert stops.by_signals(make, check, [signal.SIGKILL]) > 30
    assert stops.by_errors(make, check, [errno.ENOSPC, errno.EROFS]) > 120


def kept_fit(estimator, folder):
    with checkpointed(folder, every=0.0):
        return estimator.fit(X)


def test_a_training_that_cannot_end_well_leaves_no_checkpoint(tmp_path):
    wild = autoencoder(Greedy(3), Training("sgd", learning_rate=1e30, batch_size=16))
    with pytest.raises(TrainingError):
        wild.set_params(checkpoint=tmp_path).fit(X)
    assert not os.listdir(tmp_path)


def test_a_folder_that_another_process_works_in_is_refused(tmp_path):
    other = unkept(), checkpointed(tmp_path)
    with (
        checkpointed(tmp_path),
        pytest.raises(FileError, match=r"is in use by process \d+"),
        other[0],
        other[1],
    ):
        pass


def test_the_parameter_keeps_and_needs_a_seed(tmp_path):
    begun(tmp_path, lambda: autoencoder(Greedy(3)).fit(X))
    model = autoencoder(Greedy(3), checkpoint=tmp_path).fit(X)
    assert bits(model) == bits(autoencoder(Greedy(3)).fit(X))
    assert not os.listdir(tmp_path)
    with pytest.raises(ParameterError, match="Give a random_state, such as 0"):
        autoencoder(Greedy(1), checkpoint=tmp_path, random_state=None).fit(X)


def test_a_classifier_goes_on_too(tmp_path):
    plan = [(Supervised(), Joint(3))]
    begun(tmp_path, lambda: classifier(plan, validation=None).fit(X, Y), after=27)
    names = {path.name for path in tmp_path.iterdir()}
    assert "plan-0001.ended" in names
    model = classifier(plan, validation=None, checkpoint=str(tmp_path)).fit(X, Y)
    assert bits(model) == bits(classifier(plan, validation=None).fit(X, Y))


def test_nothing_is_kept_where_nobody_asked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with checkpointed(None) as kept:
        autoencoder(Greedy(1)).fit(X)
    assert kept is None
    assert not os.listdir(tmp_path)


def test_of_a_search_for_epochs_nothing_but_the_history_is_kept(tmp_path):
    estimator, given = FITS["fine-tuning with its epochs chosen"]
    begun(tmp_path, lambda: clone(estimator).fit(*given), after=48)
    ended = sorted(tmp_path.glob("*.ended"))
    assert len(ended) >= 2
    kept = [unpacked(path.read_bytes()) for path in ended]
    assert kept[0]["module"] is not None and kept[1]["module"] is None
    assert kept[1]["history"]


def test_a_training_that_was_stopped_before_anything_was_kept_binds_nobody(tmp_path):
    def stop(folder, command):
        with checkpointed(folder, about={"command": command}) as kept:
            kept.remembered("seconds", lambda: 1.5)
            raise KeyboardInterrupt

    for command in ("a", "b"):
        with pytest.raises(KeyboardInterrupt):
            stop(tmp_path / "new", command)
        assert not (tmp_path / "new").exists()
    killed = tmp_path / "killed"  # what a kill leaves: no plan, but what was decided
    with checkpointed(killed, about={"command": "a"}) as kept:
        kept.remembered("seconds", lambda: 1.5)
        run = (killed / "run").read_bytes()
    (killed / "run").write_bytes(run)
    with checkpointed(killed, about={"command": "b"}) as kept:
        assert kept.remembered("seconds", lambda: 2.5) == 2.5
