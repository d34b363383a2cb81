"""Frozen values: their words can be typed back in, and so can their plain data."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from sklearn.base import clone

import layerwise
from layerwise import (
    ACTIVATIONS,
    Combined,
    Compose,
    Denoising,
    Dense,
    Gaussian,
    Greedy,
    HeadOnly,
    Joint,
    Masking,
    PairingError,
    ParameterError,
    Progressive,
    Reconstruction,
    SaltAndPepper,
    Stack,
    Step,
    Supervised,
    Swap,
    Training,
    Unfreeze,
    _spec,
    recipes,
)
from layerwise._checks import check_bool, check_int, check_name, check_number
from layerwise._errors import (
    DataError,
    FileError,
    LayerwiseError,
    ModelError,
    TrainingError,
    did_you_mean,
)
from layerwise._spec import from_dict
from layerwise.recipes import RECIPES, Recipe, needed_by

VALUES = [
    Dense(1),
    Dense(500, tied=True),
    *(Dense(3, activation=name) for name in ACTIVATIONS),
    Dense(7, init="normal(0.01)", normalisation="batch", dropout=0.5),
    Stack(Dense(1)),
    Stack(Dense(4), Dense(3, activation="linear"), in_shape=(1, 2, 2)),
    Reconstruction(),
    Reconstruction("huber"),
    Denoising(),
    Denoising(Masking(0.4), error="mse", emphasis=(1, 0)),
    Denoising(error="bce"),
    Denoising(Compose(Masking(0.1), Gaussian(1e-05), Swap(), SaltAndPepper(1.0))),
    Compose(),
    Supervised(),
    Supervised((100, 50), dropout=0.3, input_dropout=0.1, label_smoothing=0.05),
    Supervised(7),
    Combined(),
    Combined(Supervised((3,)), Denoising(Swap(0.5)), weight=0.25),
    Combined(unsupervised=Denoising()),
    Greedy(),
    Greedy(3),
    Greedy((1, 2)),
    Progressive(0),
    Joint([4]),
    HeadOnly(2),
    Unfreeze(3),
    Training(),
    Training("sgd", learning_rate=0.1, shape="constant"),
    Training(learning_rate=(0.1, 1e-07), layer_decay=(0.5, 1.0), clip=1, patience=3, min_steps=5),
    Training(learning_rate=[0.1, 0.2]),
    Step(Reconstruction(), Greedy(2)),
    Step(Supervised(), HeadOnly(5), Training(batch_size=32)),
    *(make() for name, make in RECIPES.items() if not needed_by(name)),
    recipes.stacked_denoising_autoencoder(modern=True, widths=(3, 2)),
]
NAMES = {name: getattr(layerwise, name) for name in layerwise.__all__} | {"Recipe": Recipe}


@pytest.mark.parametrize("value", VALUES, ids=repr)
class TestEveryValue:
    def test_its_repr_can_be_typed_back_in(self, value):
        again = eval(repr(value), {}, NAMES)
        assert again == value
        assert repr(again) == repr(value)

    def test_its_plain_data_come_back_through_json(self, value):
        again = from_dict(json.loads(json.dumps(value.to_dict(), allow_nan=False)))
        assert again == value and type(again) is type(value)
        assert again.to_dict() == value.to_dict()

    def test_it_can_be_hashed_pickled_and_cloned(self, value):
        assert hash(value) == hash(from_dict(value.to_dict()))
        assert pickle.loads(pickle.dumps(value)) == value
        assert clone(value) is value

    def test_it_cannot_be_changed(self, value):
        name = next(iter(value.get_params(deep=False)))
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, 1)

    def test_its_parameters_by_path_are_what_replace_takes(self, value):
        for path, part in value.get_params().items():
            assert value.replace(path, part) == value


def test_a_repr_leaves_out_what_is_the_default():
    assert repr(Denoising()) == "Denoising()"
    assert repr(Denoising(error="mse")) == "Denoising(error='mse')"
    assert repr(Combined(unsupervised=Denoising())) == "Combined(unsupervised=Denoising())"
    assert repr(Stack(Dense(3), in_shape=(3,))) == "Stack(Dense(3), in_shape=(3,))"


def test_numbers_of_numpy_are_shown_so_that_they_can_be_typed_back_in():
    for value in (Dense(np.int64(5)), Masking(np.float64(0.5)), Greedy(np.int32(2))):
        assert eval(repr(value), {}, NAMES) == value
        assert json.loads(json.dumps(value.to_dict())) == value.to_dict()


# Replacing by path


@pytest.mark.parametrize(
    ("value", "path", "new", "expected"),
    [
        (Denoising(), "corruption.p", 0.3, Denoising(Masking(0.3))),
        (Denoising(), "corruption__p", 0.3, Denoising(Masking(0.3))),
        (Denoising(), "corruption", Gaussian(), Denoising(Gaussian())),
        (Stack(Dense(3), Dense(2)), "1.units", 5, Stack(Dense(3), Dense(5))),
        (Stack(Dense(3), Dense(2)), "stages.0", Dense(9), Stack(Dense(9), Dense(2))),
        (Stack(Dense(3), Dense(2)), "0__tied", True, Stack(Dense(3, tied=True), Dense(2))),
        (Stack(Dense(3)), "in_shape", (3,), Stack(Dense(3), in_shape=(3,))),
        (Greedy((1, 2, 3)), "epochs.1", 9, Greedy((1, 9, 3))),
        (
            Denoising(Compose(Masking(), Swap())),
            "corruption.augmentations.1.p",
            0.5,
            Denoising(Compose(Masking(), Swap(0.5))),
        ),
        (
            Step(Denoising(), Greedy(2)),
            "objective.corruption.p",
            0.5,
            Step(Denoising(Masking(0.5)), Greedy(2)),
        ),
    ],
    ids=str,
)
def test_a_field_can_be_replaced_by_its_path(value, path, new, expected):
    before = repr(value)
    assert value.replace(path, new) == expected
    assert repr(value) == before


def test_a_recipe_can_be_changed_at_a_position():
    changed = (
        recipes.stacked_autoencoder(widths=(4, 3))
        .replace("plan.0.schedule.epochs", 2)
        .replace("stack.1.units", 7)
    )
    assert changed.plan[0].schedule == Greedy(2) and changed.stack.stages[1].units == 7


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        (
            Denoising(),
            "coruption.p",
            "Denoising has no field 'coruption'. Did you mean 'corruption'?",
        ),
        (
            Denoising(),
            "corruption.q",
            "Masking has no field 'q'. Did you mean|Masking has no field 'q'. Known: 'p'",
        ),
        (Denoising(), "", "has no field ''"),
        (Denoising(), "error.x", r"Cannot set 'x': Denoising.error is 'auto', which has no fields"),
        (Denoising(), "emphasis.0", r"is None, which has no fields"),
        (Stack(Dense(3), Dense(2)), "2.units", r"Stack.stages has the positions 0 to 1"),
        (Stack(Dense(3)), "-1.units", r"has no field '-1'"),
        (Stack(Dense(3)), "0.unit", r"Did you mean 'units'"),
        (Greedy((1, 2)), "epochs.2", r"has the positions 0 to 1"),
        (Greedy((1, 2)), "epochs.a", r"has the positions 0 to 1"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_with_the_closest(value, path, words):
    with pytest.raises(ParameterError, match=words):
        value.replace(path, 1)


def test_a_replaced_value_is_checked():
    with pytest.raises(
        ParameterError,
        match=r"'p' parameter of Masking must be a number in the range \[0, 1\]. Got 2",
    ):
        Denoising().replace("corruption.p", 2)


# Plain data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"type": "Evil"}, r"Unknown type 'Evil'.*layerwise.register"),
        ({"type": "os.system"}, r"Unknown type 'os.system'"),
        ({}, r"Unknown type None"),
        ({"type": "Dense", "unit": 3}, r"Dense has no field 'unit'. Did you mean 'units'"),
        ({"type": "Dense"}, r"Dense cannot be built: .*units"),
        (
            {"type": "Dense", "units": 0},
            r"'units' parameter of Dense must be an int in the range \[1, inf\). Got 0",
        ),
        ({"type": "Dense", "units": {"type": "Evil"}}, r"Unknown type 'Evil'"),
        ({"type": ["Dense"], "units": 1}, r"Unknown type"),
        ({"type": "Stack"}, r"Stack"),
        ({"type": "Stack", "stages": 3}, r"Stack"),
    ],
    ids=str,
)
def test_plain_data_that_describe_nothing_are_refused(data, words):
    with pytest.raises(ParameterError, match=words):
        from_dict(data)


def test_plain_data_that_are_nested_too_deep_are_refused():
    data: list = []
    for _ in range(40):
        data = [data]
    with pytest.raises(ParameterError, match="deeper than 32"):
        from_dict(data)


def test_a_value_that_is_no_plain_data_is_refused():
    value = Dense(3)
    object.__setattr__(value, "units", object())
    with pytest.raises(ParameterError, match="type object cannot be written as plain data"):
        value.to_dict()


# Checks


@pytest.mark.parametrize(
    "value",
    [
        True,
        "1",
        None,
        1j,
        float("nan"),
        float("inf"),
        -0.1,
        1.1,
        [0.5],
        pytest.param(10**400, id="huge"),
    ],
)
def test_a_number_out_of_its_range_is_refused_with_what_was_given(value):
    with pytest.raises(
        ParameterError, match=r"'p' parameter of X must be a number in the range \[0, 1\]. Got"
    ):
        check_number("X", "p", value, 0, 1)


def test_open_ends_and_none_are_said():
    with pytest.raises(ParameterError, match=r"range \(0, inf\) or None"):
        check_number("X", "clip", 0, 0, open_low=True, optional=True)
    check_number("X", "clip", None, 0, optional=True)
    check_int("X", "n", None, 1, optional=True)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, 0])
def test_what_is_no_int_is_refused(value):
    with pytest.raises(
        ParameterError, match=r"'n' parameter of X must be an int in the range \[1, inf\). Got"
    ):
        check_int("X", "n", value, 1)


@pytest.mark.parametrize("value", [0, 1, "True", None])
def test_what_is_no_bool_is_refused(value):
    with pytest.raises(ParameterError, match="must be True or False"):
        check_bool("X", "tied", value)


@pytest.mark.parametrize("value", ["sigmoyd", 3, None, ["sigmoid"]])
def test_an_unknown_name_is_refused_with_the_known_ones(value):
    with pytest.raises(
        ParameterError, match=r"one of 'relu', 'sigmoid'. Got .*(Did you mean|Known)"
    ):
        check_name("X", "activation", value, ["relu", "sigmoid"])


def test_did_you_mean_lists_at_most_thirty_names():
    assert did_you_mean("zzz", [f"n{i}" for i in range(40)]).endswith("'n29', ....")
    assert did_you_mean("n", []) == "Known: ."


# Errors


@pytest.mark.parametrize(
    "kind", [ParameterError, PairingError, DataError, FileError, ModelError, TrainingError]
)
def test_an_error_has_message_and_hint_and_survives_a_pickle(kind):
    error = kind("It broke.", "Mend it.")
    assert str(error) == "It broke. Mend it." and isinstance(error, LayerwiseError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.message, again.hint) == (kind, "It broke.", "Mend it.")
    assert isinstance(error, RuntimeError if kind is TrainingError else ValueError)


def test_each_kind_of_error_has_a_name_of_its_own():
    kinds = [
        kind.kind
        for kind in (ParameterError, PairingError, DataError, FileError, ModelError, TrainingError)
    ]
    assert len(set(kinds)) == len(kinds)


# Values in words


@pytest.mark.parametrize(
    "value",
    [
        Denoising(Masking(0.3), emphasis=(1.0, 0.5)),
        Stack(Dense(8, tied=True), Dense(3), in_shape=(1, 2, 2)),
        Training("momentum", momentum=(0.5, 0.9), clip=None),
    ],
    ids=repr,
)
def test_words_are_what_a_repr_says(value):
    assert _spec.from_words(repr(value)) == value
    assert _spec.from_words(f"[{value!r}, -1, 'word', None]") == (value, -1, "word", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Densse(3)", r"no registered class 'Densse'. Did you mean 'Dense'"),
        ("__import__('os').system('true')", "no registered class"),
        ("Dense(print(3))", "no registered class 'print'"),
        ("Dense(3, 4)", r"Dense cannot be built: .*positional"),
        ("Dense(width=3)", "Dense cannot be built"),
        ("Dense(0)", "'units' parameter of Dense"),
        ("Dense(3", "spells no value"),
        ("lambda: 3", "spells no value"),
        ("(" * 5000, "spells no value"),
    ],
)
def test_words_that_spell_no_value_are_refused(text, words):
    with pytest.raises(ParameterError, match=words):
        _spec.from_words(text)


def test_plain_data_of_unknown_classes_are_spelled_and_named():
    data = {"type": "Unheard", "of": [{"type": "Masking", "p": 0.5}], "in": {"type": "Never"}}
    assert _spec.unregistered(data) == ["Unheard", "Never"]
    assert _spec.spelled(data) == "Unheard(of=(Masking(0.5),), in=Never())"
    assert _spec.spelled({"type": "a b\x1b[31m"}) == "'a b\\x1b[31m'()"


def test_a_value_with_stars_is_refused():
    with pytest.raises(ParameterError, match=r"Dense\(\*\*\.\.\.\) spells no value"):
        _spec.from_words("Dense(**{'units': 3})")


@pytest.mark.parametrize(
    ("data", "own"),
    [
        ({"type": "Masking", "p": 0.5}, False),
        ([{"type": "Unheard"}], True),
        ({"type": "Denoising", "corruption": {"type": "Unheard"}}, True),
        (7, False),
    ],
)
def test_a_class_of_somebody_elses_is_told_from_a_broken_one(data, own):
    assert _spec.foreign(data) is own
