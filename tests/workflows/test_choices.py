"""The recipe for some rows, and what --set changes in it."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise import Dense, Gaussian, Greedy, Masking, ParameterError
from layerwise.data.readers import Dataset, load_dataset
from layerwise.recipes import make_recipe
from layerwise.workflows.choices import default_recipes, parse, resolve
from layerwise.workflows.facts import plan_words


def dataset(y, X=None):
    X = np.arange(len(y) * 2, dtype=np.float32).reshape(-1, 2) if X is None else X
    return Dataset("rows", X, np.array(y, dtype=object), "kind", None, "classification")


def test_the_default_recipe_follows_the_kind_of_data(mixed_csv):
    assert (
        default_recipes(load_dataset(str(mixed_csv), target="kind"), 100)[0].name
        == "tabular_denoising_autoencoder"
    )
    digits = default_recipes(load_dataset("digits"), 1797)
    assert [choice.name for choice in digits] == [
        "stacked_denoising_autoencoder",
        "progressive_autoencoder",
        "deep_autoencoder",
    ]
    assert "widths" in digits[0].arguments and "64 features" in digits[0].why
    wide = dataset(["a", "b"] * 10, X=np.zeros((20, 300), np.float32))
    assert "widths" not in default_recipes(wide, 100)[0].arguments


def test_auto_says_what_was_chosen_and_why_and_when_there_is_nothing_to_add():
    some = dataset(["a", "b", None, None] * 10)
    named = resolve(some, "auto", (), labels=20)
    assert named == resolve(some, None, (), labels=20)
    assert named[1].startswith(
        "Recipe stacked_denoising_autoencoder was chosen: rows are arrays of only"
    )
    full = resolve(some, "auto", (), labels=len(some.X))
    assert full[1].endswith("Every row has a label, so pretraining has no rows to add.")


@pytest.fixture(scope="module")
def problem():
    return dataset(["a", "b"] * 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("widths=[500, 250]", ("widths", (500, 250))),
        ("widths=500,250", ("widths", (500, 250))),
        ("layer_decay=1e-1, 0.5,1", ("layer_decay", (0.1, 0.5, 1))),
        ("words=a,b", ("words", "a,b")),
        (" p = 0.3 ", ("p", 0.3)),
        ("activation=relu", ("activation", "relu")),
        ('activation="relu"', ("activation", "relu")),
        ("modern=true", ("modern", True)),
        ("training.clip=null", ("training.clip", None)),
        ("a=b=c", ("a", "b=c")),
        ("a=", ("a", "")),
    ],
)
def test_a_change_is_a_path_and_json_or_a_word(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["widths", "", "=3", "  =3"])
def test_a_change_without_a_path_or_a_value_is_refused(text):
    with pytest.raises(
        ParameterError,
        match=r"--set takes field.path=value. Got .*For example --set objective.corruption.p=0.3",
    ):
        parse(text)


@pytest.mark.parametrize(
    ("change", "read", "expected"),
    [
        ("widths=[7,5]", lambda r: [s.units for s in r.stack.stages], [7, 5]),
        ("objective.corruption.p=0.3", lambda r: r.plan[0].objective.corruption, Masking(0.3)),
        ("corruption.p=0.3", lambda r: r.plan[0].objective.corruption, Masking(0.3)),
        ("schedule.epochs=2", lambda r: r.plan[0].schedule, Greedy(2)),
        ("stack.0=x", None, None),
        ("stack.0.units=9", lambda r: r.stack.stages[0].units, 9),
        ("stack.1.activation=tanh", lambda r: r.stack.stages[1].activation, "tanh"),
        ("training.learning_rate=0.5", lambda r: r.plan[0].training.learning_rate, 0.5),
        ("plan.0.training.optimiser=sgd", lambda r: r.plan[0].training.optimiser, "sgd"),
        ("finetune.1.schedule.epochs=3", lambda r: r.finetune[1].schedule.epochs, 3),
        ("numbers=minmax", lambda r: r.preprocessing.numbers, "minmax"),
        ("contrast=true", lambda r: r.preprocessing.contrast, True),
        ("whitening=zca", lambda r: r.preprocessing.whitening, "zca"),
        ("epsilon=0.01", lambda r: r.preprocessing.epsilon, 0.01),
        ("dropout=0.5", lambda r: r.finetune[0].objective.dropout, 0.5),
    ],
)
def test_a_field_is_changed_by_its_path(problem, change, read, expected):
    if read is None:
        with pytest.raises(ParameterError):
            resolve(problem, "stacked_denoising_autoencoder", [change])
    else:
        recipe, why = resolve(problem, "stacked_denoising_autoencoder", [change])
        assert read(recipe) == expected and "was asked for" in why


def test_changes_are_made_in_their_order(problem):
    recipe, why = resolve(problem, None, ["stack.0.units=9", "widths=[7]", "stack.0.units=11"])
    assert recipe.stack.stages == (Dense(11, activation="relu", tied=True),)
    assert why.startswith("Recipe stacked_denoising_autoencoder was chosen: ")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (
            "stacked_denoisin_autoencoder",
            None,
            "There is no recipe 'stacked_denoisin_autoencoder'. Did you mean "
            "'stacked_denoising_autoencoder'",
        ),
        (None, "width=[3]", "has no argument or field 'width'. Did you mean 'widths'"),
        (None, "objectve.corruption.p=1", "Did you mean 'objective'"),
        (None, "objective.coruption.p=1", "Did you mean 'corruption'"),
        (None, "corruption.q=1", "Masking has no field 'q'"),
        (None, "stack.9.units=1", r"has the positions 0 to \d"),
        (None, "plan.3.objective=1", "has the positions 0 to 0"),
        (None, "p=1.5", r"'p' parameter of Masking"),
        (None, "p=high", r"'p' parameter of Masking.*Got 'high'"),
        (None, "epochs=-1", "'epochs' parameter of Greedy"),
        (None, "epochs=NaN", "'epochs' parameter of Greedy"),
        (None, "objective=mse", "an objective such as Reconstruction"),
        (None, "schedule=5", "a schedule such as Greedy"),
        (None, "name=x", "no argument or field 'name'"),
        (None, "widths=5", "widths"),
        (None, "widths=null", "widths"),
        (None, "widths=[]", "at least one stage"),
        (None, "widths=[[1]]", "'units' parameter of Dense"),
        (None, "stack=5", "[Ss]tack"),
        (None, "plan=5", "plan"),
        (None, "finetune=5", "plan|finetune"),
        (None, "stack.in_shape=5", "in_shape"),
        (None, "head=null", "head"),
        (None, "objective.emphasis=3", "emphasis"),
        (None, "contrast=yes", "'contrast' parameter of Inputs must be True or False. Got 'yes'"),
        (
            None,
            "whitening=zka",
            "'whitening' parameter of Inputs must be one of 'zca', 'pca'.*Did you mean 'zca'",
        ),
        (
            None,
            "epsilon=0",
            r"'epsilon' parameter of Inputs must be a number in the range \(0, inf\)",
        ),
    ],
)
def test_a_wrong_recipe_or_change_is_refused_with_the_closest(problem, name, change, words):
    with pytest.raises(ParameterError, match=words):
        resolve(problem, name, [] if change is None else [change])


def test_a_corruption_cannot_be_named_by_a_word(problem):
    with pytest.raises(ParameterError, match="a corruption such as Masking"):
        resolve(problem, None, ["corruption=gaussian"])
    assert Gaussian() != Masking()


def test_the_test_rows_change_nothing_that_is_learned(tmp_path):
    from layerwise import load
    from layerwise.workflows import fit

    rng = np.random.default_rng(0)
    X, y, test_X, test_y = (
        rng.random((60, 5)),
        rng.integers(0, 2, 60),
        rng.random((20, 5)),
        rng.integers(0, 2, 20),
    )
    weights = []
    for i, rows in enumerate((test_X, 1 - test_X**2)):
        np.savez(tmp_path / f"{i}.npz", X=X, y=y, X_test=rows, y_test=test_y)
        fit(
            str(tmp_path / f"{i}.npz"), changes=["widths=[4]", "epochs=1"], out=tmp_path / f"out{i}"
        )
        weights.append(load(tmp_path / f"out{i}" / "model").module_.state_dict())
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_table_of_categories_alone_is_fitted(tmp_path):
    from layerwise.workflows import fit

    rows = "\n".join(f"{'ab'[i % 2]},{'xyz'[i % 3]},{['no', 'yes'][i % 2]}" for i in range(60))
    (tmp_path / "words.csv").write_text(f"first,second,answer\n{rows}\n")
    result = fit(
        str(tmp_path / "words.csv"),
        target="answer",
        changes=["widths=[4]", "epochs=1"],
        out=tmp_path / "out",
    )
    assert result["test"]["pretrained"] >= 0


def test_steps_of_no_epochs_are_not_told():
    recipe = make_recipe("fixmatch")
    assert plan_words(recipe.plan) == [] and len(plan_words(recipe.finetune)) == 2
    assert plan_words(make_recipe("simclr").plan)[0].startswith("SimCLR() on Joint(6)")
