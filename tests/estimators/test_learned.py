"""What a notebook shows of a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from tests.report.test_payloads import BASES
from tests.report.test_report import Page

from layerwise import Dense, Greedy, PretrainedClassifier, Pretrainer, Stack, load, save
from layerwise.estimators.learned import phase_rows

UNFIT = dict.fromkeys([0, *range(0xD800, 0xE000)])  # no name in a data frame
X = np.random.default_rng(0).random((40, 4))
Y = np.arange(40) % 2


def pretrainer(**settings):
    return Pretrainer(Stack(Dense(4), Dense(2)), schedule=Greedy(2), random_state=0, **settings)


def learned(model):
    """Return the text of what stands above the diagram."""
    whole = model._repr_html_()
    above, mark, _ = whole.partition("<style")
    assert mark and model._repr_mimebundle_()["text/html"]
    return Page(above).text


def test_a_pretrainer_shows_each_phase_above_the_diagram():
    model = pretrainer(validation=0.25).fit(X)
    text = learned(model)
    assert "Stack(Dense(4), Dense(2)), rows of 4 columns" in text
    for words in ("stage 1", "stage 2", "Denoising", "last loss", "validation", "30"):
        assert words in text
    assert f"{model.history_[-1]['loss']:.4g}" in text
    assert f"{model.history_[-1]['validation']:.4g}" in text


def test_before_a_fit_there_is_only_the_diagram():
    model = pretrainer()
    assert "layerwise-learned" not in model._repr_html_() and model._repr_html_()


def test_a_classifier_shows_pretraining_and_fine_tuning():
    text = learned(PretrainedClassifier(pretrainer(), random_state=0).fit(X, Y))
    assert text.index("pretraining") < text.index("fine-tuning") < text.index("Supervised")
    assert "random" not in text


@pytest.mark.parametrize("frozen", [False, True])
def test_a_random_start_is_said_to_be_one(frozen):
    start = FrozenEstimator(pretrainer().fit(X)) if frozen else pretrainer()
    model = PretrainedClassifier(start, start="random", random_state=0).fit(X, Y)
    assert "The weights began at random: nothing was pretrained." in learned(model)


def test_a_recipe_is_named_with_who_chose_it():
    model = PretrainedClassifier(recipe="stacked_autoencoder", random_state=0).fit(X, Y)
    assert f"stacked_autoencoder. {model.why_}" in learned(model)


def test_of_a_loaded_model_the_times_alone_are_blank(tmp_path):
    model = pretrainer().fit(X)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.history_ and "seconds" not in again.history_[0]
    timed = [row[:4] + row[5:7] for row in phase_rows("pretraining", model.history_)]
    kept = phase_rows("pretraining", again.history_)
    assert [row[:4] + row[5:7] for row in kept] == timed
    assert [(row[4], row[7]) for row in kept] == [("", ""), ("", "")]
    assert "stage 2" in learned(again)


def test_a_pipeline_and_the_text_display_go_on_as_before():
    model = pretrainer()
    assert make_pipeline(model).fit(X)._repr_html_()
    with config_context(display="text"):
        assert not hasattr(model.fit(X), "_repr_html_")


@pytest.mark.parametrize("payload", BASES[::6])
def test_names_of_columns_and_classes_are_only_ever_text(payload):
    names = [f"{payload}{i}".translate(UNFIT) for i in range(4)]
    frame, classes = pd.DataFrame(X, columns=names), np.array(names, dtype=object)[Y]
    calm = [f"a{i}" for i in range(4)]
    pages = []
    for columns, y in ((frame, classes), (frame.set_axis(calm, axis=1), np.array(calm)[Y])):
        model = PretrainedClassifier(pretrainer(), random_state=0).fit(columns, y)
        pages.append(Page(model._repr_html_().partition("<style")[0]).skeleton)
    assert pages[0] == pages[1]
