"""Encoders that somebody else has trained, through the command's functions."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

import layerwise
from layerwise import ParameterError, Pieces, Preprocessor, Study, compare
from layerwise._errors import FileError
from layerwise.data.readers import Dataset, load_dataset
from layerwise.workflows import fit, predict
from layerwise.workflows.choices import pixels_for
from layerwise.workflows.codes import KnownCodes
from layerwise.workflows.columns import Smaller, plain_columns

transformers = pytest.importorskip("transformers", reason="pip install 'layerwise[transfer]'")

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 24}


@pytest.fixture
def table(tmp_path):
    said = ("where is my card", "the transfer has failed")
    texts = [f"{said[i % 2]}, and this is the time number {i}" for i in range(80)]
    frame = pl.DataFrame({"text": texts, "y": ["card", "transfer"] * 40})
    frame.write_csv(tmp_path / "t.csv")
    return frame, str(tmp_path / "t.csv")


@pytest.fixture
def encoder(tmp_path, table):
    torch.manual_seed(0)
    transformers.utils.logging.disable_progress_bar()
    tokenizer = Preprocessor(text=Pieces(500)).fit(table[0]["text"]).text_.tokenizer
    size = tokenizer.get_vocab_size()
    config = transformers.BertConfig(vocab_size=size, max_position_embeddings=32, **SMALL)
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    tokenizer.save(str(tmp_path / "bert" / "tokenizer.json"))
    return str(tmp_path / "bert")


FAST = ["head_steps=5", "finetune_epochs=1", "finetune_steps=2"]


def test_fit_takes_the_encoder_that_is_named(table, encoder, tmp_path):
    out = tmp_path / "out"
    result = fit(table[1], target="y", labels=20, encoder=encoder, changes=FAST, out=out)
    assert result["recipe"] == "sentence_encoder"
    names = {row["name"] for row in result["baselines"]}
    assert {"TF-IDF + logistic regression", "frozen encoder + logistic regression"} <= names
    page = (out / "report.html").read_text()
    assert "random start" in page and "unlabelled rows is better" not in page
    model = layerwise.load(out / "model")
    assert model.predict(["where is my card"]).shape == (1,)
    assert encoder not in (out / "model" / "model.json").read_text()


def test_a_study_computes_frozen_codes_once(table, encoder, tmp_path, monkeypatch):
    frame, _ = table
    study, out = Study((6, 12), 2), tmp_path / "study"
    settings = {"study": study, "out": out, "workers": 1, "baseline": ["majority"]}
    X, y = frame.select("text"), frame["y"]
    result = compare(X, y, encoder=encoder, changes=FAST, **settings)
    arms = {row["arm"] for row in result["rows"]}
    assert "frozen encoder + logistic regression" in arms
    assert any(arm.startswith("sentence_encoder") for arm in arms)
    (place,) = out.glob("*/codes.npy")
    before = place.stat().st_mtime_ns
    compare(X, y, encoder=encoder, changes=FAST, **settings)
    assert place.stat().st_mtime_ns == before


def test_codes_of_unknown_rows_are_refused(tmp_path):
    np.save(tmp_path / "codes.npy", np.zeros((1, 2), dtype=np.float32))
    np.save(tmp_path / "codes-keys.npy", np.array(["ab" * 32]))
    with pytest.raises(layerwise.DataError, match="no code in the study folder"):
        KnownCodes(str(tmp_path), "x").transform(np.zeros((1, 3)))


def test_images_go_through_a_vision_encoder(tmp_path):
    torch.manual_seed(0)
    folder = tmp_path / "vit"
    config = transformers.ViTConfig(image_size=16, patch_size=8, **SMALL)
    transformers.ViTModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"size": {"height": 16}}))
    rng = np.random.default_rng(0)
    for i in range(40):
        kind = "ab"[i % 2]
        place = tmp_path / "images" / kind
        place.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 100, (16, 16, 3), dtype=np.uint8) + 100 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(place / f"{i}.png")
    result = fit(
        str(tmp_path / "images"), labels=12, encoder=str(folder), changes=FAST, out=tmp_path / "o"
    )
    assert result["recipe"] == "vision_encoder"


def test_images_are_read_as_large_as_the_encoder_reads_them(tmp_path):
    config = transformers.ViTConfig(image_size=96, patch_size=48, **SMALL)
    transformers.ViTModel(config, add_pooling_layer=False).save_pretrained(tmp_path / "vit")
    bert = transformers.BertModel(transformers.BertConfig(vocab_size=50, **SMALL))
    bert.save_pretrained(tmp_path / "bert")
    assert pixels_for(str(tmp_path / "vit")) == {"side": 96}
    assert pixels_for(str(tmp_path / "bert")) == pixels_for(None) == {}
    for i in range(4):
        place = tmp_path / "images" / "ab"[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (200, 100), (i, 0, 0)).save(place / f"{i}.png")
    shapes = [
        load_dataset(str(tmp_path / "images"), **given).image_shape for given in ({}, {"side": 96})
    ]
    assert shapes == [(3, 32, 64), (3, 48, 96)]


def test_a_model_reads_images_as_large_as_it_was_fitted_on(tmp_path):
    config = transformers.ViTConfig(image_size=96, patch_size=48, **SMALL)
    transformers.ViTModel(config, add_pooling_layer=False).save_pretrained(tmp_path / "vit")
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps({"size": {"height": 96}}))
    rng = np.random.default_rng(0)
    for i in range(30):
        place = tmp_path / "images" / "ab"[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 100, (128, 128, 3), dtype=np.uint8) + 100 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(place / f"{i}.png")
    images, out = str(tmp_path / "images"), tmp_path / "o"
    fit(images, labels=12, encoder=str(tmp_path / "vit"), changes=FAST, out=out)
    assert len(predict(str(out / "model"), images)["prediction"]) == 30


def test_simple_models_get_means_of_the_pixels_of_large_images(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (5, 3, 96, 128), dtype=np.uint8)
    small = Smaller((3, 96, 128)).fit_transform(images.reshape(5, -1))
    by_hand = images.reshape(5, 3, 48, 2, 64, 2).mean((3, 5)).reshape(5, -1)
    np.testing.assert_allclose(small, by_hand, rtol=1e-6)
    data = Dataset("photos", images.reshape(5, -1), None, None, (3, 96, 128), None)
    assert plain_columns(data).fit(data.X).transform(data.X).shape == (5, 3 * 48 * 64)
    assert Smaller((3, 96, 128)).transform(data.X[:0]).shape == (0, 3 * 48 * 64)
    data = replace(data, X=data.X[:, : 3 * 64 * 64], image_shape=(3, 64, 64))
    assert isinstance(plain_columns(data), Preprocessor)


def test_an_encoder_for_other_data_is_refused_in_words(encoder, tmp_path):
    with pytest.raises(ParameterError, match="reads texts or images; the data are neither"):
        fit("diabetes", encoder=encoder, out=tmp_path / "out")


def test_a_folder_without_an_encoder_is_refused_in_words(table, tmp_path):
    with pytest.raises(FileError, match=r"There is no folder .* with an encoder"):
        fit(table[1], target="y", encoder=str(tmp_path / "nowhere"), out=tmp_path / "out")
