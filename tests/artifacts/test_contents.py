"""Folders with right hashes whose contents do not fit together are refused when they are opened,
by ``load`` and by ``inspect``, and never written."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import torch

from layerwise import Dense, ModelError, PretrainedRegressor, Pretrainer, Stack, inspect, load, save

from .conftest import FAST, TUNE
from .test_damage import _drop, _retype, _set


def fill(name, value):
    return lambda d, t: t.update({name: torch.full_like(t[name], value)})


def both(*changes):
    return lambda d, t: [change(d, t) for change in changes] and None


PRE = "pretrainer.preprocessing"
REFUSED = [
    (_set("format_version", True), "format version True; this Layerwise reads 1"),
    (_set("format_version", 1.0), r"format version 1\.0"),
    (_set("extra", 1), "unknown key 'extra'"),
    (_set("finetuned.extra", 1), r"unknown key 'finetuned\.extra'"),
    (_set("pretrainer.sede", 1), r"unknown key 'pretrainer\.sede'.*Did you mean 'seed'"),
    (_set(f"{PRE}.extra", 1), r"unknown key 'pretrainer\.preprocessing\.extra'"),
    (_set("pretrainer.history.0.extra", 1), r"unknown key 'pretrainer\.history\.0\.extra'"),
    (_set("weights.extra", 1), r"unknown key 'weights\.extra'"),
    (_set("weights.file", "other"), r"weights\.file is 'other'; expected 'model.safetensors'"),
    (_set("layerwise", 1), "layerwise is 1; expected a text"),
    (_set("pretrainer.seed", -1), "seed is -1; expected a whole number from 0"),
    (_set("pretrainer.seed", 0.5), r"seed is 0\.5; expected a whole number"),
    (_set("pretrainer.seed", 2**40), "seed is 1099511627776; expected a whole number"),
    (_set("pretrainer.shape", [-6]), r"shape\.0 is -6; expected a whole number from 1"),
    (_set("pretrainer.shape", [2**50]), r"shape\.0 is 1125899906842624"),
    (_set("pretrainer.shape", []), r"shape is \[\]; expected a list of 1 to 8"),
    (_set("pretrainer.row_shape", [1, 6]), "n_features_in is 6; expected the features"),
    (_set("pretrainer.mixed", 1), "mixed is 1; expected true or false"),
    (_set("pretrainer.mixed", True), "mixed is True; expected false for rows without names"),
    (_set("finetuned.mixed", True), "mixed is True"),
    (_set("pretrainer.history", {}), r"history is \{\}; expected a list"),
    (_set("pretrainer.history.0.loss", "x"), r"history\.0\.loss is 'x'; expected a number"),
    (_set("pretrainer.history.0.epoch", True), r"epoch is True; expected a whole number"),
    (_set("pretrainer.n_features_in", 5), "n_features_in is 5; expected"),
    (_set("finetuned.n_features_in", 5), "n_features_in is 5; expected 6 as in the pretrainer"),
    (_set("pretrainer.feature_names_in", ["a"]), r"feature_names_in is \['a'\]; expected 6 names"),
    (_set("finetuned.feature_names_in", [*"abcde", 1]), r"feature_names_in\.5 is 1; expected a te"),
    (_set("finetuned.feature_names_in", [*"abcdee"]), "every name once, and 'e' is there twice"),
    (_set("finetuned.frozen", 0), "frozen is 0; expected true or false"),
    (_set("finetuned.start", "warm"), "start is 'warm'; expected 'pretrained' or 'random'"),
    (_set("finetuned.unlabeled", [0]), r"unlabeled is \[0\]; expected null, a text, a number"),
    (_set("finetuned.unlabeled", {"nan": False}), "unlabeled is"),
    (_set("finetuned.transfer", None), "transfer is None; expected a list"),
    (_set("finetuned.head_widths", [True]), r"head_widths\.0 is True; expected a whole number"),
    (_set("finetuned.classes.values", ["yes", "yes"]), "expected every class once"),
    (_set("finetuned.classes.values", ["no"]), "expected a list of at least 2"),
    (_set("finetuned.classes.values", ["no", 1]), "values is 1; expected a class of the type '<U3"),
    (_set("finetuned.classes.values", ["no", "yes", "oh"]), "head"),
    (_set("finetuned.classes.dtype", "<U9"), "dtype is '<U9'; expected '<U3'"),
    (_set("finetuned.classes.dtype", "<i8"), "values is 'no'; expected a class of the type '<i8'"),
    (_set("about", []), r"about is \[\]; expected values by name"),
    (_set("about.image_shape", "x"), r"about\.image_shape is 'x'; expected a list"),
    (_set("about.left_out", [1]), r"about\.left_out\.0 is 1; expected a text"),
    (_set("about.result", 5), r"about\.result is 5; expected values by name"),
    (_set(f"{PRE}.levels_", {"w": ["a"]}), "levels_ is .* an array has numbers alone"),
    (_set(f"{PRE}.dropped_", ["x0"]), "dropped_ is .* an array has numbers alone"),
    (_set(f"{PRE}.number_columns_", ["x0"] * 6), "'x0' is there twice"),
    (_set(f"{PRE}.number_columns_", [*"abcdef"]), "expected x0, x1 and so on"),
    (_set(f"{PRE}.columns_", [*"abcdef"]), "expected columns for a table with words"),
    (_set(f"{PRE}.max_categories", 0), "max_categories is 0; expected a whole number from 1"),
    (_set(f"{PRE}.epsilon", "x"), "epsilon is 'x'; expected a number"),
    (fill("head.layers.0.weight", float("nan")), r"tensor head\.layers\.0\.weight .*not finite"),
    (fill("stack.stages.0.bias", float("inf")), r"tensor stack\.stages\.0\.bias .*not finite"),
    (fill("preprocessing.scale_", 0.0), "scale_ .*no training leaves: a scale or a variance"),
    (fill("preprocessing.scale_", -1.0), "scale_ .*no training leaves"),
    (fill("preprocessing.offset_", float("nan")), "offset_ .*not finite"),
]


@pytest.mark.parametrize(
    ("change", "words"), REFUSED, ids=[f"{i} {words[:30]}" for i, (_, words) in enumerate(REFUSED)]
)
def test_contents_that_do_not_fit_are_refused_when_the_folder_is_opened(forged, change, words):
    folder = forged(change)
    with pytest.raises(ModelError, match=words) as caught:
        load(folder)
    assert caught.value.hint
    if words != "head":  # what a description alone does not tell
        with pytest.raises(ModelError, match=words):
            inspect(folder)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=30), "w": list("pq") * 15, "one": [1.5] * 30, "v": ["c"] * 30}
    pretrainer = Pretrainer(Stack(Dense(3)), plan=FAST, random_state=0)
    model = PretrainedRegressor(pretrainer, plan=TUNE, random_state=0)
    return model.fit(pl.DataFrame(columns), rng.normal(size=(30, 2)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set(f"{PRE}.levels_", {"w": ["p", "p"]}), "'p' is there twice"),
        (_set(f"{PRE}.levels_", {"w": ["p", 1]}), r"levels_\.w\.1 is 1; expected a text"),
        (_set(f"{PRE}.levels_", {"u": ["p", "q"]}), "columns_ is .* each a number, a category"),
        (_set(f"{PRE}.max_categories", 1), r"levels_\.w is .* expected at most 1 levels"),
        (_set(f"{PRE}.constants_", {}), "constants_ is {}; expected a value for each of dropped_"),
        (_set(f"{PRE}.constants_.v", True), r"constants_\.v is True; expected a text, a number"),
        (_set(f"{PRE}.constants_.v", [1]), r"constants_\.v is \[1\]"),
        (
            _set(f"{PRE}.dropped_", ["one"]),
            "columns_ is .* each a number, a category, a text or dropped",
        ),
        (_set(f"{PRE}.number_columns_", ["a", "one"]), "columns_ is .* each a number"),
        (_set(f"{PRE}.columns_", ["a", "w", "v", "one"]), "the names of feature_names_in"),
        (_set(f"{PRE}.backend_", "evil"), "backend_ is 'evil'; expected one of pandas, polars"),
        (_set("pretrainer.row_shape", [4]), r"row_shape is \[4\]; expected null for a table"),
        (_set("finetuned.target.scale", [1.0, 0.0]), "scale is .*expected numbers above 0"),
        (_set("finetuned.target.scale", [1.0, -1.0]), "scale is .*expected numbers above 0"),
        (_set("finetuned.target.scale", [1.0]), "outputs is .*expected as many as the 2 means"),
        (_set("finetuned.target.outputs", [3]), "outputs is .*expected as many as the 2 means"),
        (_set("finetuned.target.outputs", []), "outputs is .*expected as many as the 2 means"),
        (_set("finetuned.target.mean", [1.0, "x"]), r"mean\.1 is 'x'; expected a number"),
        (_drop("finetuned.target"), r"lacks the key 'finetuned\.target'"),
        (_retype("preprocessing.indicators_"), "indicators_"),
    ],
)
def test_columns_and_targets_that_do_not_fit_are_refused(table, tmp_path, change, words):
    from .conftest import forger

    folder = forger(save(table, tmp_path / "model"))(change)
    with pytest.raises(ModelError, match=words):
        load(folder)


def test_two_names_of_one_tensor_in_the_header_are_refused(forged):
    def twice(description, tensors):
        header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        header += b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        return len(header).to_bytes(8, "little") + header + bytes(4)

    with pytest.raises(ModelError, match="not a safetensors file.*a key occurs twice"):
        load(forged(twice))


def test_the_header_of_the_weights_is_bounded(forged):
    size = 9 * 2**20
    folder = forged(lambda d, t: size.to_bytes(8, "little") + b" " * size)
    with pytest.raises(ModelError, match="its header says that it has 9,437,184 bytes"):
        load(folder)


@pytest.mark.parametrize(
    "about", [{"image_shape": 5}, {"left_out": "x"}, {"result": 1}], ids=lambda one: str(one)
)
def test_what_would_be_refused_is_not_written(classifier, tmp_path, about):
    with pytest.raises(ModelError, match=r"model.json: about\."):
        save(classifier, tmp_path / "model", about=about)
    assert not list(tmp_path.iterdir())


def test_weights_of_another_size_than_the_description_says_are_not_read(folder):
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(300 * 2**30)
    with pytest.raises(ModelError, match=r"322,122,547,200 bytes; at most [0-9,]+ are read"):
        load(folder)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder, name):
    import os

    (folder / name).unlink()
    os.mkfifo(folder / name)
    for read in (load, inspect):
        with pytest.raises(ModelError, match="is a pipe, not a file"):
            read(folder)


@pytest.mark.parametrize("name", ["model.json", "model.safetensors", ""])
def test_a_link_to_itself_is_refused(folder, tmp_path, name):
    place = folder / name if name else tmp_path / "loop"
    if name:
        place.unlink()
    place.symlink_to(place.name)
    for read in (load, inspect):
        with pytest.raises(ModelError, match="no model|Too many levels"):
            read(folder if name else place)


def test_a_model_that_is_replaced_while_it_is_read_is_read_again(folder, monkeypatch, rows):
    from layerwise.artifacts import opening

    real, read = opening.weights_bytes, []
    newer = Pretrainer(Stack(Dense(2)), plan=FAST, random_state=1).fit(rows)

    def replaced(place, description):
        if not read:
            read.append(save(newer, place))
        return real(place, description)

    monkeypatch.setattr(opening, "weights_bytes", replaced)
    assert load(folder).transform(rows).tobytes() == newer.transform(rows).tobytes()


def test_what_fit_keeps_about_a_run_may_be_kept(classifier, tmp_path):
    about = {"image_shape": (1, 2, 3), "left_out": ["a"], "result": {"test": {"rows": 1}}, "x": [1]}
    folder = save(classifier, tmp_path / "model", about=about)
    assert inspect(folder)["about"] == json.loads(json.dumps(about))
