"""A folder that was damaged, forged or is no model is refused with one kind of error; nothing in it
is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save as to_bytes

from layerwise import FileError, ModelError, inspect, load, save

FILES = ("model.json", "model.safetensors")


@pytest.mark.parametrize("name", FILES)
def test_every_flipped_byte_is_found(folder, name):
    path = folder / name
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    places = {0, 7, 8, len(whole) - 1, *generator.integers(0, len(whole), 75).tolist()}
    for place in sorted(places):
        damaged = bytearray(whole)
        damaged[place] ^= int(generator.integers(1, 256))
        path.write_bytes(damaged)
        if name == "model.json" and _same_json(damaged, whole):
            continue  # white space between tokens
        for read in (load, inspect):
            with pytest.raises(ModelError) as caught:
                read(folder)
            assert caught.value.hint, f"byte {place}"


def _same_json(damaged: bytearray, whole: bytes) -> bool:
    try:
        return json.loads(damaged) == json.loads(whole)
    except ValueError:
        return False


@pytest.mark.parametrize("name", FILES)
def test_every_truncation_is_found(folder, name):
    path = folder / name
    whole = path.read_bytes()
    end = len(whole.rstrip())  # the last line end is no content
    for length in {0, 1, 8, end - 1, *np.random.default_rng(1).integers(0, end, 25).tolist()}:
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            load(folder)


@pytest.mark.parametrize("name", FILES)
def test_bytes_at_the_end_are_found(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelError):
        load(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load(folder)


def test_the_card_is_not_needed(folder):
    (folder / "README.md").unlink()
    load(folder)


@pytest.mark.parametrize("name", ["nowhere", "a" * 5000, "model.json", ""])
def test_a_path_that_is_no_model_folder_is_refused(folder, name, monkeypatch):
    monkeypatch.chdir(folder.parent)
    with pytest.raises(ModelError, match="no model folder|no model|not"):
        load(folder / name if name == "model.json" else name)


def test_a_folder_in_place_of_the_weights_is_refused(folder):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        load(folder)


# Forgeries whose hashes are right


def _remove(name):
    return lambda d, t: (t.pop(name), None)[1]


def _add(name):
    return lambda d, t: t.update({name: torch.zeros(2)})


def _reshape(name):
    return lambda d, t: t.update({name: torch.cat([t[name], t[name][:1]])})


def _retype(name):
    return lambda d, t: t.update({name: t[name].to(torch.float16)})


TENSORS = [
    "pretrained.stages.0.weight",
    "stack.stages.1.bias",
    "head.layers.0.weight",
    "preprocessing.scale_",
]


@pytest.mark.parametrize(
    "name", [*TENSORS, "preprocessing.offset_", "preprocessing.fill_", "preprocessing.indicators_"]
)
def test_a_missing_tensor_is_refused_and_named(forged, name):
    folder = forged(_remove(name))
    with pytest.raises(ModelError, match=name.rpartition(".")[2]):
        load(folder)


@pytest.mark.parametrize(
    "name",
    [
        "pretrained.evil",
        "stack.stages.9.weight",
        "head.evil",
        "evil.x",
        "evil",
        "preprocessing.evil",
    ],
)
def test_an_extra_tensor_is_refused_and_named(forged, name):
    folder = forged(_add(name))
    with pytest.raises(ModelError, match="beyond the model.*evil|beyond the model.*stages.9"):
        load(folder)


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_of_another_shape_is_refused(forged, name):
    folder = forged(_reshape(name))
    with pytest.raises(ModelError, match=f"{name.rpartition('.')[2]}.*shape"):
        load(folder)


@pytest.mark.parametrize("name", TENSORS)
def test_a_tensor_of_another_type_is_refused(forged, name):
    folder = forged(_retype(name))
    with pytest.raises(ModelError, match=f"{name.rpartition('.')[2]}.*float16"):
        load(folder)


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil()))
    return buffer.getvalue()


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(2))
    return buffer.getvalue()


def _torch() -> bytes:
    buffer = io.BytesIO()
    torch.save({"a": torch.zeros(2)}, buffer)
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(2))
    return buffer.getvalue()


FOREIGN = {
    "a pickle": pickle.dumps(Evil()),
    "a zip file": _zip(),
    "npz": _npz(),
    "torch.save": _torch(),
    "a numpy array": _npy(),
}


@pytest.fixture
def no_pickle(monkeypatch):
    def fail(*args, **kwargs):
        pytest.fail("a pickle was loaded")

    for module, name in (
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (torch, "load"),
        (np, "load"),
    ):
        monkeypatch.setattr(module, name, fail)


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_under_the_name_of_the_weights_is_refused_by_its_kind(
    folder, no_pickle, kind
):
    (folder / "model.safetensors").write_bytes(FOREIGN[kind])
    with pytest.raises(ModelError, match=kind):
        load(folder)
    assert not Path("evil").exists()


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_with_the_right_hash_is_refused(forged, no_pickle, kind):
    folder = forged(lambda d, t: FOREIGN[kind])
    with pytest.raises(ModelError, match="not a safetensors file"):
        load(folder)


def test_loading_a_whole_folder_loads_no_pickle(saved, no_pickle, rows):
    load(saved).predict(rows)


@pytest.mark.parametrize(
    "header",
    [
        b"\xff" * 8,
        (10**9).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{",
        (2).to_bytes(8, "little") + b"{}",
        (64).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}}'[:64],
    ],
)
def test_a_wrong_header_of_the_weights_is_refused(forged, header):
    folder = forged(lambda d, t: header)
    with pytest.raises(ModelError):
        load(folder)


def _set(path, value):
    def change(description, tensors):
        *outer, last = path.split(".")
        part = description
        for name in outer:
            part = part[int(name)] if isinstance(part, list) else part[name]
        part[int(last) if isinstance(part, list) else last] = value

    return change


def _drop(path):
    def change(description, tensors):
        *outer, last = path.split(".")
        part = description
        for name in outer:
            part = part[int(name)] if isinstance(part, list) else part[name]
        del part[last]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("pretrainer.stack.stages.0.type", "Evil"), r"Unknown type 'Evil'.*register"),
        (_set("pretrainer.stack.type", "os.system"), r"Unknown type 'os.system'"),
        (_set("pretrainer.stack.type", "Masking"), r"has no field|not a Stack"),
        (_set("pretrainer.stack.stages.0.evil", 1), r"Dense has no field 'evil'"),
        (_set("pretrainer.stack.stages.0.units", -1), r"'units' parameter of Dense"),
        (_set("pretrainer.stack.stages.0.units", "4"), r"'units' parameter of Dense"),
        (_set("pretrainer.stack.stages.0.activation", "relo"), r"Did you mean 'relu'"),
        (_set("pretrainer.stack.stages", []), r"at least one stage"),
        (_set("pretrainer.plan", []), r"model"),
        (_set("pretrainer.plan.0.schedule.type", "Masking"), r"model"),
        (_set("kind", "Evil"), r"unknown kind 'Evil'.*Known: Pretrainer"),
        (_set("kind", ["Pretrainer"]), r"model"),
        (_set("kind", "PretrainedRegressor"), r"model"),
        (_set("kind", "Pretrainer"), r"unknown key 'finetuned'"),
        (_set("format", "other"), r"not a description of a Layerwise model"),
        (_set("format_version", 2), r"format version 2; this Layerwise reads 1.*Update layerwise"),
        (_set("format_version", "1"), r"format version '1'"),
        (_set("weights", 3), r"model"),
        (_set("pretrainer", None), r"pretrainer is None; expected values by name"),
        (_set("pretrainer.shape", [7]), r"model"),
        (_set("pretrainer.preprocessing.blocks", [["real", 5]]), r"model"),
        (_set("pretrainer.preprocessing.blocks", [["evil", 6]]), r"kind"),
        (_set("pretrainer.preprocessing.number_columns_", ["x0"]), r"model"),
        (_set("pretrainer.n_features_in", 7), r"model"),
        (_set("finetuned.classes.values", ["a"]), r"model"),
        (_set("finetuned.classes.dtype", "O"), r"'O'.*words or numbers"),
        (_set("finetuned.classes.dtype", "V4"), r"words or numbers"),
        (_set("finetuned.classes.dtype", "<M8[s]"), r"words or numbers"),
        (_set("finetuned.classes.dtype", "i4,evil"), r"model"),
        (_set("finetuned.plan.1", None), r"model"),
        (_drop("finetuned"), r"lacks the key 'finetuned'"),
        (_drop("finetuned.plan"), r"plan"),
        (_drop("pretrainer.stack"), r"stack"),
        (_drop("pretrainer.preprocessing"), r"preprocessing"),
        (_drop("weights"), r"model"),
        (_drop("kind"), r"kind"),
    ],
    ids=lambda value: None if callable(value) else value[:30],
)
def test_a_forged_description_is_refused_with_the_reason(forged, change, words):
    def both(description, tensors):
        if callable(change):
            try:
                change(description, tensors)
            except IndexError:
                description["finetuned"]["plan"] = [None]

    folder = forged(both)
    with pytest.raises(ModelError, match=words):
        load(folder)


def test_a_change_of_the_description_without_its_digest_is_found(folder):
    path = folder / "model.json"
    path.write_text(path.read_text().replace('"yes"', '"yex"'))
    with pytest.raises(ModelError, match="digest does not match"):
        load(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": NaN}', "NaN"),
        ('{"format": -Infinity}', "Infinity"),
        ('{"format": "layerwise-model", "format_version": 1, "a": 1e999}', "finite|range|number"),
        ('{"format": "a", "format": "b"}', "occurs twice"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "deeper than 32"),
        ("[" * 100_000 + "]" * 100_000, "deeper than 32"),
        ('{"a": 1' + "0" * 30 + "}", "out of range"),
        ('{"a": }', "line 1"),
        ("", "not JSON"),
        ("[]", "not a description"),
        ("null", "not a description"),
        ('"layerwise-model"', "not a description"),
        (
            '{"format": "layerwise-model", "format_version": 1, "a": "\\ud800"}',
            "digest|UTF-8|damaged",
        ),
    ],
    ids=[
        "NaN",
        "Infinity",
        "1e999",
        "twice",
        "deep",
        "very deep",
        "long",
        "syntax",
        "empty",
        "list",
        "null",
        "text",
        "surrogate",
    ],
)
def test_a_description_that_is_not_strict_json_is_refused(folder, text, words):
    (folder / "model.json").write_text(text)
    for read in (load, inspect):
        with pytest.raises(ModelError, match=words):
            read(folder)


def test_a_description_in_another_encoding_is_refused(folder):
    path = folder / "model.json"
    path.write_bytes(path.read_text().encode("utf-16"))
    with pytest.raises(ModelError, match="UTF-8"):
        load(folder)


@pytest.mark.parametrize("units", [10**9, 10**18, 10**19])
def test_a_billion_units_are_refused_without_being_allocated(forged, units):
    folder = forged(_set("pretrainer.stack.stages.0.units", units))
    began = time.perf_counter()
    with pytest.raises(ModelError):
        load(folder)
    assert time.perf_counter() - began < 2


def test_a_billion_units_in_the_head_are_refused_without_being_allocated(forged, monkeypatch):
    def filled(weight, **settings):
        assert weight.is_meta, "memory of the size that the file asks for was filled"

    monkeypatch.setattr(torch.nn.init, "kaiming_uniform_", filled)
    folder = forged(_set("finetuned.plan.0.objective.head", [10**9]))
    with pytest.raises(ModelError, match="head"):
        load(folder)


def test_two_thousand_stages_are_refused(forged):
    def many(description, tensors):
        stack = description["pretrainer"]["stack"]
        stack["stages"] = stack["stages"] * 1000

    folder = forged(many)
    with pytest.raises(ModelError, match="at most 1000 stages"):
        load(folder)


def test_a_type_of_classes_that_is_huge_is_refused_without_being_allocated(forged):
    folder = forged(_set("finetuned.classes.dtype", "<U50000000"))
    with pytest.raises(ModelError):
        load(folder)


def test_a_link_to_other_weights_is_only_read(folder, tmp_path, rows):
    other = tmp_path / "other"
    other.write_bytes((folder / "model.safetensors").read_bytes())
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(other)
    load(folder).predict(rows)


# Saving


def test_a_disk_that_fails_from_the_start_leaves_no_file(tmp_path, monkeypatch, classifier):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="Cannot write.*No space left on device"):
        save(classifier, tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_a_place_below_a_file_is_refused(tmp_path, classifier):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="Cannot write"):
        save(classifier, tmp_path / "file" / "model")


def test_loading_in_a_fresh_process_needs_no_training_code_from_the_folder(saved, tmp_path):
    """The folder holds the three files only, and loading imports nothing by a name from it."""
    code = f"import layerwise; m = layerwise.load({str(saved)!r}); print(type(m).__name__)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout.strip() == "PretrainedClassifier", done.stderr


def test_empty_weights_are_refused(forged):
    folder = forged(lambda d, t: to_bytes({}))
    with pytest.raises(ModelError, match="lacks the tensor|lacks"):
        load(folder)


# Preprocessing


def test_a_folder_from_before_there_was_whitening_is_loaded(forged, classifier, rows):
    def older(description, tensors):
        for name in ("contrast", "whitening", "epsilon"):
            del description["pretrainer"]["preprocessing"][name]

    again = load(forged(older))
    assert again.predict_proba(rows).tobytes() == classifier.predict_proba(rows).tobytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            _set("pretrainer.preprocessing.whitening", "zca"),
            r"lacks the tensor preprocessing\.whitening_inverse_",
        ),
        (
            _set("pretrainer.preprocessing.contrast", True),
            r"lacks the tensor preprocessing\.contrast_",
        ),
        (_set("pretrainer.preprocessing.whitening", "evil"), r"'whitening' parameter.*Got 'evil'"),
        (_set("pretrainer.preprocessing.epsilon", 0), r"'epsilon' parameter"),
        (_set("pretrainer.preprocessing.kind_", "evil"), r"kind_ is 'evil'; expected 'real'"),
        (
            _add("preprocessing.whitening_matrix_"),
            r"beyond the model, the tensor preprocessing\.whitening_matrix_",
        ),
    ],
)
def test_forged_contrast_or_whitening_is_refused(forged, change, words):
    folder = forged(change)
    with pytest.raises(ModelError, match=words):
        load(folder)
