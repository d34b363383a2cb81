"""Pictures of what a model has learned: what stands on the axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from layerwise import (
    Cells,
    CodeMapDisplay,
    Conv,
    DataError,
    Denoising,
    Dense,
    FilterDisplay,
    Joint,
    Masking,
    ParameterError,
    Patches,
    Pool,
    PretrainedClassifier,
    PretrainedRegressor,
    Pretrainer,
    Reconstruction,
    ReconstructionDisplay,
    Stack,
)

RNG = np.random.default_rng(0)
X = RNG.random((60, 12))
Y = np.arange(60) % 3


def pretrained(rows=X, stack=None, objective=None, **settings):
    stack = Stack(Dense(9), Dense(5)) if stack is None else stack
    objective = Reconstruction() if objective is None else objective
    return Pretrainer(
        stack, objective=objective, schedule=Joint(1), random_state=0, **settings
    ).fit(rows)


@pytest.fixture(scope="module")
def flat():
    return pretrained(objective=Denoising(Masking(0.5)))


@pytest.fixture(scope="module")
def classifier():
    model = PretrainedClassifier(
        Pretrainer(Stack(Dense(9), Dense(5)), schedule=Joint(1)), unlabeled=-1
    )
    return model.set_params(random_state=0).fit(X, np.where(np.arange(60) < 40, Y, -1))


def lines_of(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def test_images_stand_above_what_was_seen_and_what_came_back(flat):
    display = ReconstructionDisplay.from_estimator(flat, X, image_shape=(3, 4), n=5)
    assert lines_of(display) == ["original", "corrupted", "reconstruction"]
    shown = np.asarray(display.image_.get_array())
    assert shown.shape == (3 * 3 + 2, 5 * 4 + 4)
    assert shown[:3, :4] == pytest.approx(display.originals[0, 0])
    assert display.originals.min() >= 0 and display.originals.max() <= 1
    assert (display.corrupted != display.originals).any()


def test_what_was_not_corrupted_has_two_lines():
    display = ReconstructionDisplay.from_estimator(pretrained(), X, image_shape=(3, 4))
    assert lines_of(display) == ["original", "reconstruction"] and display.corrupted is None


def test_images_need_no_shape_and_colours_stay():
    images = RNG.random((20, 3, 4, 4))
    model = pretrained(images, Stack(Conv(4, 3)))
    display = ReconstructionDisplay.from_estimator(model, images, n=2)
    assert np.asarray(display.image_.get_array()).shape == (9, 9, 3)
    assert FilterDisplay.from_estimator(model).filters.shape == (4, 3, 3, 3)


def test_a_table_has_a_panel_for_each_column_of_numbers():
    frame = pd.DataFrame(X[:, :5], columns=["a", "b", "_c", "$d", "e"])
    frame["word"] = np.array(["x", "y"])[np.arange(60) % 2]
    display = ReconstructionDisplay.from_estimator(pretrained(frame), frame)
    titles = [panel.get_title(loc="left") for panel in display.axes_]
    assert titles == ["a", "b", "_c", "$d", "e"] and display.columns == titles
    points = display.axes_[0].collections[0].get_offsets()
    assert len(points) == 60 and abs(points[:, 0].mean()) < 1e-9
    display.figure_.canvas.draw()


def test_a_wide_table_shows_twelve_columns():
    wide = RNG.normal(size=(40, 15))
    assert len(ReconstructionDisplay.from_estimator(pretrained(wide), wide).axes_) == 12


def test_of_a_classifier_what_it_was_fine_tuned_from_reconstructs(classifier):
    display = ReconstructionDisplay.from_estimator(classifier, X)
    back = classifier._fitted_pretrainer().reconstruct(X)
    assert display.reconstructions == pytest.approx(back)


def test_where_no_decoder_was_trained_the_reason_is_said():
    model = PretrainedClassifier(start="random", random_state=0).fit(X, Y)
    with pytest.raises(ParameterError, match="no reconstruction to show.*weights.*are random"):
        ReconstructionDisplay.from_estimator(model, X)


def test_a_table_of_categories_alone_is_refused():
    frame = pd.DataFrame(
        {"word": np.array(["x", "y", "z"])[Y], "other": np.array(["u", "v"])[Y % 2]}
    )
    with pytest.raises(DataError, match="No column holds numbers"):
        ReconstructionDisplay.from_estimator(pretrained(frame), frame)


def test_filters_are_the_strongest_first_and_grey_is_zero(flat):
    display = FilterDisplay.from_estimator(flat, image_shape=(3, 4), n=4)
    weight = flat.module_.stages[0].weight.detach().numpy()
    norms = np.linalg.norm(weight, axis=1)
    assert display.filters[0, 0].ravel() == pytest.approx(weight[norms.argmax()])
    assert display.ax_.get_title(loc="left") == "4 of 9 filters"
    shown = np.asarray(display.image_.get_array())
    assert shown.shape == (2 * 3 + 1, 2 * 4 + 1) and np.abs(shown[:3, :4] - 0.5).max() == 0.5
    assert FilterDisplay(np.zeros((2, 3, 3))).plot().image_.get_array()[0, 0] == 0.5


def test_the_filters_of_patches_are_patches_and_cells_have_none():
    images, y = RNG.random((20, 3, 4, 4)), np.arange(20) % 2
    model = PretrainedClassifier(
        Pretrainer(Stack(Patches(2, 8), Pool())), start="random", random_state=0
    ).fit(images, y)
    shown = FilterDisplay.from_estimator(model).filters
    assert shown.shape == (8, 3, 2, 2)
    model = PretrainedClassifier(
        Pretrainer(Stack(Cells(4), Pool("first"))), start="random", random_state=0
    ).fit(X, Y)
    with pytest.raises(ParameterError, match=r"Cells\(4\), are no images"):
        FilterDisplay.from_estimator(model, image_shape=(3, 4))


def test_the_filters_of_a_classifier_are_fine_tuned(classifier):
    shown = FilterDisplay.from_estimator(classifier, image_shape=(3, 4)).filters.reshape(9, 12)
    weight = classifier.module_.stages[0].weight.detach().numpy()
    assert np.sort(shown, axis=None) == pytest.approx(np.sort(weight, axis=None))


def test_weights_that_are_no_images_are_refused(flat):
    with pytest.raises(ParameterError, match=r"Dense\(9\), are no images.*Give image_shape"):
        FilterDisplay.from_estimator(flat)
    with pytest.raises(ParameterError, match=r"image_shape=\(5, 5\) does not fit rows of 12"):
        FilterDisplay.from_estimator(flat, image_shape=(5, 5))


def test_codes_are_coloured_by_class_and_rows_without_a_label_are_grey(classifier):
    y = np.where(np.arange(60) < 40, Y, -1)
    display = CodeMapDisplay.from_estimator(classifier, X, y)
    assert display.classes_ == [0, 1, 2] and len(display.scatters_) == 4
    assert [len(s.get_offsets()) for s in display.scatters_] == [20, 14, 13, 13]
    names = [text.get_text() for text in display.legend_.get_texts()]
    assert names == ["no label", "0", "1", "2"]
    points = PCA(2, random_state=0).fit_transform(classifier.encode(X))
    assert np.asarray(display.scatters_[1].get_offsets()) == pytest.approx(points[y == 0])


def test_codes_are_coloured_by_a_number(flat):
    y = np.where(np.arange(60) < 50, X[:, 0], np.nan)
    display = CodeMapDisplay.from_estimator(flat, X, y)
    assert display.colorbar_ is not None and display.legend_ is None
    none, known = display.scatters_
    assert len(none.get_offsets()) == 10
    assert np.asarray(known.get_array()) == pytest.approx(y[:50])


def test_of_a_regressor_whole_numbers_are_amounts():
    model = PretrainedRegressor(Pretrainer(Stack(Dense(4)), schedule=Joint(1)), random_state=0)
    display = CodeMapDisplay.from_estimator(model.fit(X, Y.astype(float)), X, Y)
    assert display.numbers and display.colorbar_ is not None


def test_codes_without_labels_have_one_colour_and_no_legend(flat):
    display = CodeMapDisplay.from_estimator(flat, X, method="tsne")
    assert len(display.scatters_) == 1 and display.legend_ is None
    assert display.ax_.get_xlabel() == "t-SNE, first"


def test_of_many_rows_a_sample_is_shown_with_its_own_labels(flat):
    display = CodeMapDisplay.from_estimator(flat, X, Y.tolist(), most=30)
    assert len(display.points) == len(display.y) == 30
    whole = flat.encode(X)
    kept = np.sort(np.random.default_rng(0).permutation(60)[:30])
    assert display.y.tolist() == Y[kept].tolist()
    points = PCA(2, random_state=0).fit_transform(whole[kept])
    assert display.points == pytest.approx(points, abs=1e-4)


def test_many_classes_of_strange_names_are_told_apart(tmp_path):
    names = [f"_$x^{{{i} <b>" for i in range(40)]
    display = CodeMapDisplay(RNG.random((80, 2)), names * 2).plot()
    looks = {
        (tuple(s.get_facecolor()[0]), s.get_paths()[0].vertices.tobytes())
        for s in display.scatters_
    }
    assert len(looks) == 40 and len(display.legend_.get_texts()) == 30
    assert display.legend_.get_title().get_text() == "30 of 40"
    display.figure_.savefig(tmp_path / "map.png")


def test_given_axes_are_painted_on(flat):
    before = pyplot.get_fignums()
    for axes, make in (
        (Figure().add_subplot(), lambda ax: CodeMapDisplay.from_estimator(flat, X, X[:, 0], ax=ax)),
        (Figure().add_axes((0, 0, 1, 1)), lambda ax: FilterDisplay(np.ones((2, 3, 3))).plot(ax)),
        (Figure().add_subplot(), lambda ax: ReconstructionDisplay.from_estimator(flat, X, ax=ax)),
    ):
        assert make(axes).ax_ is axes
    assert pyplot.get_fignums() == before


def test_what_is_no_fitted_model_is_refused(flat):
    with pytest.raises(ParameterError, match="Got PCA instead.*Pipeline"):
        CodeMapDisplay.from_estimator(PCA().fit(X), X)
    with pytest.raises(NotFittedError):
        FilterDisplay.from_estimator(Pretrainer())
    with pytest.raises(ParameterError, match="'method' parameter of CodeMapDisplay"):
        CodeMapDisplay.from_estimator(flat, X, method="umap")
    with pytest.raises(DataError, match=r"y has the shape \(3,\)"):
        CodeMapDisplay.from_estimator(flat, X, [1, 2, 3])


@pytest.mark.parametrize(
    "make",
    [
        lambda: ReconstructionDisplay(np.ones((2, 3)), np.ones((2, 4))),
        lambda: ReconstructionDisplay(np.ones((2, 3)), np.ones((2, 3)), columns=["a"]),
        lambda: FilterDisplay(np.ones((2, 3))),
        lambda: CodeMapDisplay(np.ones((2, 3))),
        lambda: CodeMapDisplay(np.ones((2, 2)), [1]),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(make):
    with pytest.raises(DataError, match="expected|were given"):
        make()
