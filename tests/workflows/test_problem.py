"""Rows to learn from and rows to test on; the recipe and what --set changes in it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from layerwise import DataError, Dense, Gaussian, Greedy, Masking, ParameterError
from layerwise.data.readers import Dataset, load_dataset
from layerwise.workflows.choices import default_recipes, parse, resolve
from layerwise.workflows.problem import make_problem


def dataset(y, task="classification", X=None, test=None):
    X = np.arange(len(y) * 2, dtype=np.float32).reshape(-1, 2) if X is None else X
    return Dataset("rows", X, np.array(y, dtype=object), "kind", None, task, test)


def counts(y):
    values = [value for value in y.tolist() if value is not None]
    return {value: values.count(value) for value in set(values)}


def test_a_fifth_of_the_labelled_rows_is_held_out_in_proportion_to_the_classes():
    problem = make_problem(dataset(["a"] * 80 + ["b"] * 20 + [None] * 100))
    assert counts(problem.test_y) == {"a": 16, "b": 4}
    assert counts(problem.y) == {"a": 64, "b": 16}
    assert len(problem.X) == 180 and len(problem.test_X) == 20
    assert any("20 labelled rows were held out" in note for note in problem.notes)


def test_train_and_test_rows_share_none_and_miss_none():
    data = dataset(["a", "b"] * 20)
    problem = make_problem(data)
    rows = np.concatenate([problem.X, problem.test_X])[:, 0]
    assert sorted(rows.tolist()) == data.X[:, 0].tolist()


def test_the_split_and_the_draw_follow_the_seed():
    data = dataset(["a", "b"] * 30)
    one, again, other = (make_problem(data, labels=10, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.test_X, again.test_X) and one.y.tolist() == again.y.tolist()
    assert not np.array_equal(one.test_X, other.test_X)
    make_problem(data, seed=2**40)


@pytest.mark.parametrize("labels", [2, 3, 10, 46, 47, 48])
def test_so_many_labels_are_kept_and_the_others_hidden(labels):
    problem = make_problem(dataset(["a", "b"] * 30), labels=labels)
    assert len(problem.labelled) == labels == sum(counts(problem.y).values())
    assert len(problem.y) == 48 and set(counts(problem.y)) == {"a", "b"}
    assert (
        f"{labels:,} labels were kept" in problem.notes[-1]
        and f"{48 - labels:,} rows were hidden" in problem.notes[-1]
    )


def test_labels_are_drawn_in_proportion_to_the_classes():
    assert counts(make_problem(dataset(["a"] * 75 + ["b"] * 25), labels=40).y) == {"a": 30, "b": 10}


@pytest.mark.parametrize("labels", [1, 0, 49, 1000])
def test_another_number_of_labels_is_refused_with_the_range(labels):
    with pytest.raises(
        DataError,
        match=f"--labels {labels} was given; the training part has 48 labelled rows of 2 classes. "
        "Give a number from 2 to 48",
    ):
        make_problem(dataset(["a", "b"] * 30), labels=labels)


@pytest.mark.parametrize("labels", [2, 39, 40])
def test_labels_of_a_regression_are_drawn(labels):
    problem = make_problem(dataset([float(i) for i in range(50)], "regression"), labels=labels)
    assert len(problem.labelled) == labels


def test_labels_without_a_target_are_refused():
    data = Dataset("rows", np.zeros((9, 2), np.float32), None, None, None, None)
    with pytest.raises(
        DataError, match="--labels 3 was given, but 'rows' has no target. Name the target column"
    ):
        make_problem(data, labels=3)


def test_rows_without_a_target_are_split_too():
    problem = make_problem(
        Dataset("rows", np.arange(20, dtype=np.float32).reshape(10, 2), None, None, None, None)
    )
    assert (
        len(problem.X) == 8
        and len(problem.test_X) == 2
        and problem.y is None
        and not len(problem.labelled)
    )


def test_no_label_is_refused():
    with pytest.raises(
        DataError, match="None of the 6 rows of 'rows' has a label in 'kind'.*leave --target out"
    ):
        make_problem(dataset([None] * 6))


def test_nan_is_no_label():
    with pytest.raises(DataError, match="None of the 6 rows"):
        make_problem(dataset([float("nan")] * 6, "regression"))


@pytest.mark.parametrize("n", [1, 4])
def test_too_few_labels_to_hold_some_out_are_refused(n):
    with pytest.raises(DataError, match=f"{n} rows have a label: too few.*--test"):
        make_problem(dataset(["a"] * n + [None] * 5))


def test_a_class_of_one_row_is_no_fault():
    problem = make_problem(dataset(["a"] * 20 + ["b"] * 20 + ["c"]))
    assert len(problem.test_y) == 9


def test_a_test_set_is_taken_as_it_is_but_for_rows_without_label():
    test = dataset(["a", None, "b"])
    problem = make_problem(dataset(["a", "b", None], test=test))
    assert problem.test_y.tolist() == ["a", "b"] and problem.test_X.tolist() == [[0, 1], [4, 5]]
    assert len(problem.X) == 3


def test_a_test_set_without_labels_is_refused():
    with pytest.raises(
        DataError, match="The test part has no labelled row; at least 1 needed. Give a --test file"
    ):
        make_problem(dataset(["a", "b"] * 5, test=dataset([None, None])))


def test_tables_are_split_as_tables():
    X = pl.DataFrame({"x": range(20), "c": ["u", "v"] * 10})
    problem = make_problem(dataset(["a", "b"] * 10, X=X))
    assert problem.X.columns == ["x", "c"] and len(problem.X) == 16


# Recipes


def test_the_default_recipe_follows_the_kind_of_data(mixed_csv):
    assert (
        default_recipes(make_problem(load_dataset(str(mixed_csv), target="kind")), 100)[0].name
        == "tabular_denoising_autoencoder"
    )
    digits = default_recipes(make_problem(load_dataset("digits")), 1797)
    assert [choice.name for choice in digits] == [
        "stacked_denoising_autoencoder",
        "progressive_autoencoder",
        "deep_autoencoder",
    ]
    assert "widths" in digits[0].arguments and "64 features" in digits[0].why
    wide = make_problem(dataset(["a", "b"] * 10, X=np.zeros((20, 300), np.float32)))
    assert "widths" not in default_recipes(wide, 100)[0].arguments


def test_auto_says_what_was_chosen_and_why_and_when_there_is_nothing_to_add():
    some = make_problem(dataset(["a", "b", None, None] * 10))
    named = resolve(some, "auto", (), labels=20)
    assert named == resolve(some, None, (), labels=20)
    assert named[1].startswith(
        "Recipe stacked_denoising_autoencoder was chosen: rows are arrays of only"
    )
    full = resolve(some, "auto", (), labels=len(some.X))
    assert full[1].endswith("Every row has a label, so pretraining has no rows to add.")


@pytest.fixture(scope="module")
def problem():
    return make_problem(dataset(["a", "b"] * 10))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("widths=[500, 250]", ("widths", (500, 250))),
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


def test_test_rows_that_stand_among_the_training_rows_are_said():
    X = np.arange(40, dtype=float).reshape(20, 2)
    data = Dataset(
        "twice", np.concatenate([X, X]), np.arange(40) % 2, "label", None, "classification"
    )
    assert any(
        "test rows also stand among the training rows" in note for note in make_problem(data).notes
    )
    alone = Dataset("once", X, np.arange(20) % 2, "label", None, "classification")
    assert not any("also stand" in note for note in make_problem(alone).notes)


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
    for i, rows in enumerate((test_X, test_X * 7 - 3)):
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
