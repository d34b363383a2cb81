"""Encoders that somebody else has trained, against the library that wrote them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.frozen import FrozenEstimator
from tokenizers import Tokenizer

from layerwise import (
    At,
    Compose,
    Joint,
    MaskedModelling,
    MaskedTokens,
    ModelError,
    PairingError,
    ParameterError,
    Pieces,
    Pool,
    Preprocessor,
    Pretrained,
    PretrainedClassifier,
    PretrainedPieces,
    Pretrainer,
    SimCLR,
    Space,
    Stack,
    Supervised,
    Training,
    inspect,
    load,
    save,
)
from layerwise._errors import DataError, FileError
from layerwise._spec import from_dict
from layerwise.architecture.borrowed import facts_of
from layerwise.artifacts.describe import model_lines

transformers = pytest.importorskip("transformers", reason="pip install 'layerwise[transfer]'")

SMALL = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 24, "vocab_size": 60, "max_position_embeddings": 40}
IMAGE = {name: SMALL[name] for name in ("hidden_size", "num_hidden_layers", "num_attention_heads")}
IMAGE |= {"intermediate_size": 24, "image_size": 16, "patch_size": 8}
TEXTS = ["where is my card", "my card has not come", "top up failed"] * 4


def written(model, folder, **files):
    model.eval().save_pretrained(folder)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(json.dumps(content))
    return str(folder)


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def _quiet():
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    torch.manual_seed(0)


def bert(folder, **more):
    config = transformers.BertConfig(**(SMALL | more))
    return written(transformers.BertModel(config), folder)


@pytest.fixture
def text_folder(tmp_path):
    """A BERT with a tokenizer of its own."""
    pieces = Preprocessor(text=Pieces(500)).fit(TEXTS).text_
    folder = tmp_path / "bert"
    bert(folder, vocab_size=pieces.tokenizer.get_vocab_size())
    pieces.tokenizer.save(str(folder / "tokenizer.json"))
    return str(folder)


TEXT_KINDS = {
    "bert": lambda: transformers.BertModel(transformers.BertConfig(**SMALL)),
    "distilbert": lambda: transformers.DistilBertModel(
        transformers.DistilBertConfig(
            dim=16, n_layers=2, n_heads=2, hidden_dim=24, vocab_size=60, max_position_embeddings=40
        )
    ),
    "electra": lambda: transformers.ElectraModel(
        transformers.ElectraConfig(embedding_size=8, **SMALL)
    ),
    "mpnet": lambda: transformers.MPNetModel(transformers.MPNetConfig(**SMALL)),
    "roberta": lambda: transformers.RobertaModel(transformers.RobertaConfig(**SMALL)),
}


@pytest.mark.parametrize("pool", ["mean", "first", "none"])
@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_a_text_encoder_answers_as_its_library_does(tmp_path, kind, pool):
    model = TEXT_KINDS[kind]()
    folder = written(model, tmp_path / kind)
    stage = Pretrained(folder, pool=pool)
    offset = stage.known.offset
    assert offset == (1 if kind in ("roberta", "mpnet") else 0)
    space = Space.of("token", 9, levels=60 + offset)
    built = stage.build(space, draws()).eval()
    ids = torch.randint(4, 60, (3, 9), generator=draws(1))
    there = torch.ones_like(ids)
    there[1, 5:] = 0
    pad = model.config.pad_token_id or 0
    with torch.no_grad():
        codes = built.encode(torch.where(there == 1, ids + offset, 0))
        given = torch.where(there == 1, ids, pad)
        tokens = model.eval()(input_ids=given, attention_mask=there).last_hidden_state
    wanted = {
        "none": tokens,
        "first": tokens[:, 0],
        "mean": (tokens * there[:, :, None]).sum(1) / there.sum(1, keepdim=True),
    }[pool]
    assert codes.shape == (3, *built.code_space.shape)
    assert torch.allclose(codes, wanted, atol=1e-6)


IMAGE_KINDS = {
    "vit": lambda: transformers.ViTModel(transformers.ViTConfig(**IMAGE), add_pooling_layer=False),
    "dinov2": lambda: transformers.Dinov2Model(transformers.Dinov2Config(**IMAGE)),
    "resnet": lambda: transformers.ResNetModel(
        transformers.ResNetConfig(
            embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"
        )
    ),
}
RULES = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.25, 0.3], "size": {"height": 16}}


@pytest.mark.parametrize("kind", IMAGE_KINDS)
def test_an_image_encoder_answers_as_its_library_does(tmp_path, kind):
    model = IMAGE_KINDS[kind]()
    folder = written(model, tmp_path / kind, preprocessor_config__json=RULES)
    stage = Pretrained(folder)
    assert stage.takes_images and stage.known.size == 16
    built = stage.build(Space.of("unit", 3, 16, 16), draws()).eval()
    x = torch.rand(2, 3, 16, 16, generator=draws(1))
    mean, deviation = (torch.tensor(RULES[n])[:, None, None] for n in ("image_mean", "image_std"))
    with torch.no_grad():
        codes = built.encode(x)
        out = model.eval()(pixel_values=(x - mean) / deviation).last_hidden_state
    wanted = out.mean((2, 3)) if kind == "resnet" else out[:, 0]
    assert torch.allclose(codes, wanted, atol=1e-6)


def test_images_are_resized_and_grey_ones_get_three_channels(tmp_path):
    folder = written(IMAGE_KINDS["vit"](), tmp_path / "v", preprocessor_config__json=RULES)
    built = Pretrained(folder).build(Space.of("unit", 1, 8, 12), draws()).eval()
    x = torch.rand(2, 1, 8, 12, generator=draws(1))
    large = torch.nn.functional.interpolate(
        x.expand(-1, 3, -1, -1), (16, 16), mode="bicubic", antialias=True
    ).clamp(0, 1)
    whole = Pretrained(folder).build(Space.of("unit", 3, 16, 16), draws()).eval()
    with torch.no_grad():
        assert torch.allclose(built.encode(x), whole.encode(large), atol=1e-6)


def test_a_masked_autoencoder_hides_nothing_when_it_is_used(tmp_path):
    config = transformers.ViTMAEConfig(**IMAGE, mask_ratio=0.75)
    folder = written(transformers.ViTMAEModel(config), tmp_path / "mae")
    built = Pretrained(folder).build(Space.of("unit", 3, 16, 16), draws()).eval()
    x = torch.rand(2, 3, 16, 16, generator=draws(1))
    vit = transformers.ViTModel(transformers.ViTConfig(**IMAGE), add_pooling_layer=False)
    state = transformers.ViTMAEModel.from_pretrained(folder).state_dict()
    vit.load_state_dict(state)
    with torch.no_grad():
        first, second = built.encode(x), built.encode(x)
        mean, deviation = (
            torch.tensor(v)[:, None, None] for v in (built.known.mean, built.known.deviation)
        )
        wanted = vit.eval()(pixel_values=(x - mean) / deviation).last_hidden_state[:, 0]
    assert torch.equal(first, second) and torch.allclose(first, wanted, atol=1e-6)


@pytest.mark.parametrize("tower", ["text", "image"])
def test_each_tower_of_clip_is_an_encoder(tmp_path, tower):
    text = {name: SMALL[name] for name in SMALL} | {"eos_token_id": 2, "bos_token_id": 0}
    config = transformers.CLIPConfig(text_config=text | {"pad_token_id": 1}, vision_config=IMAGE)
    model = transformers.CLIPModel(config)
    folder = written(model, tmp_path / "clip")
    with pytest.raises(ModelError, match="two encoders.*tower='image'"):
        Pretrained(folder)
    stage = Pretrained(folder, tower=tower, pool="none" if tower == "text" else "auto")
    if tower == "image":
        built = stage.build(Space.of("unit", 3, 16, 16), draws()).eval()
        x = torch.rand(2, 3, 16, 16, generator=draws(1))
        mean, deviation = (
            torch.tensor(v)[:, None, None] for v in (built.known.mean, built.known.deviation)
        )
        given = {"pixel_values": (x - mean) / deviation}
        with torch.no_grad():
            wanted = model.eval().vision_model(**given).last_hidden_state[:, 0]
            assert torch.allclose(built.encode(x), wanted, atol=1e-6)
        return
    built = stage.build(Space.of("token", 6, levels=61), draws()).eval()
    ids = torch.randint(3, 60, (2, 6), generator=draws(1))
    with torch.no_grad():
        wanted = model.eval().text_model(input_ids=ids).last_hidden_state
        assert torch.allclose(built.encode(ids + 1), wanted, atol=1e-6)


def test_more_padding_changes_no_code(text_folder):
    stage = Pretrained(text_folder)
    levels = stage.known.config["vocab_size"]
    ids = torch.randint(5, levels, (2, 6), generator=draws(1))
    codes = []
    for length in (6, 20):
        built = stage.build(Space.of("token", length, levels=levels), draws()).eval()
        with torch.no_grad():
            codes.append(built.encode(torch.nn.functional.pad(ids, (0, length - 6))))
    assert torch.allclose(*codes, atol=1e-6)


def test_a_sentence_encoders_own_pooling_and_length_are_taken(text_folder):
    place = os.path.join(text_folder, "1_Pooling")
    os.mkdir(place)
    with open(os.path.join(place, "config.json"), "w") as file:
        json.dump({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, file)
    with open(os.path.join(text_folder, "modules.json"), "w") as file:
        json.dump([{"type": "sentence_transformers.models.Normalize"}], file)
    with open(os.path.join(text_folder, "sentence_bert_config.json"), "w") as file:
        json.dump({"max_seq_length": 12}, file)
    known = Pretrained(text_folder).known
    assert (known.pool, known.normalise, known.size) == ("first", True, 12)


def pretrainer(folder, **more):
    return Pretrainer(
        Stack(Pretrained(folder, **more)),
        plan=[(MaskedModelling(), Joint(0))],
        preprocessing=Preprocessor(text=PretrainedPieces(folder)),
        random_state=0,
    )


MODULE = "sentence_transformers.models."


@pytest.mark.parametrize(
    ("modules", "pooling", "words"),
    [
        (["Transformer", "Pooling", "Dense"], {}, "by Dense"),
        (["Transformer", "Pooling"], {"pooling_mode_max_tokens": True}, "pooling_mode_max_tokens"),
        (
            ["Transformer", "Pooling"],
            {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
            "pooling_mode_mean_tokens and pooling_mode_max_tokens",
        ),
    ],
)
def test_codes_that_are_made_in_another_way_are_not_read_as_means(
    text_folder, modules, pooling, words
):
    place = Path(text_folder)
    (place / "modules.json").write_text(json.dumps([{"type": MODULE + name} for name in modules]))
    (place / "1_Pooling").mkdir()
    (place / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    space = Space.of("token", 9, levels=Pretrained(text_folder).known.config["vocab_size"])
    with pytest.raises(ModelError, match=words):
        Pretrained(text_folder).build(space, draws())
    encoder = Pretrained(text_folder, pool="mean").build(space, draws())
    assert encoder.encode(rows(encoder, 2)).shape == (2, 16)


def test_a_saved_encoder_needs_neither_folder_nor_network(text_folder, tmp_path):
    model = pretrainer(text_folder).fit(TEXTS)
    before = model.transform(TEXTS[:3])
    place = save(model, tmp_path / "model")
    np.save(tmp_path / "codes.npy", before)
    os.rename(text_folder, text_folder + "-gone")
    program = (
        "import sys, socket, numpy as np\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        "import layerwise\n"
        f"model = layerwise.load({str(place)!r})\n"
        f"codes = model.transform({TEXTS[:3]!r})\n"
        f"assert (codes == np.load({str(tmp_path / 'codes.npy')!r})).all()\n"
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "TRANSFORMERS_"))}
    clean |= {"HF_HOME": str(tmp_path / "nothing"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    described = (place / "model.json").read_text()
    assert text_folder not in described and str(tmp_path) not in described
    with pytest.raises(ModelError, match="in the model folder alone.*Give Pretrained"):
        load(place).fit(TEXTS)


def test_the_card_names_origin_hash_and_licence(text_folder, tmp_path):
    (tmp_path / "bert" / "LICENSE").write_text("MIT License\n\nCopyright | somebody")
    model = pretrainer(text_folder).fit(TEXTS)
    place = save(model, tmp_path / "model")
    card, lines = (place / "README.md").read_text(), "\n".join(model_lines(inspect(place)))
    digest = Pretrained(text_folder).known.digest
    for said in (card, lines):
        assert f"bert (bert), weights of SHA-256 {digest}, licence: MIT License Copyright" in said
        assert "hidden_size" not in said and "Pretrained(encoder='bert'" in said


def test_the_control_has_random_weights(text_folder):
    own, other = pretrainer(text_folder), pretrainer(text_folder)
    first, second = own.fit(TEXTS).transform(TEXTS), other.fit_random(TEXTS).transform(TEXTS)
    assert first.shape == second.shape and not np.allclose(first, second, atol=0.1)
    again = pretrainer(text_folder).fit_random(TEXTS).transform(TEXTS)
    assert np.array_equal(second, again)


def test_it_is_fine_tuned_with_a_rate_for_every_layer(text_folder):
    training = Training(learning_rate=1e-2, layer_decay=(0.0, 0.0, 0.0, 1.0), min_steps=3)
    model = PretrainedClassifier(
        pretrainer(text_folder),
        plan=[(Supervised(), Joint(1), training)],
        random_state=0,
    ).fit(TEXTS, ["a", "b", "c"] * 4)
    before = model.pretrainer_.module_.state_dict()
    moved = {n for n, v in model.module_.state_dict().items() if not torch.equal(v, before[n])}
    assert moved and all("layer.2." in name for name in moved)


def test_dropout_is_drawn_from_the_step(text_folder):
    stage = Pretrained(text_folder)
    levels = stage.known.config["vocab_size"]
    built = stage.build(Space.of("token", 6, levels=levels), draws()).train()
    ids = torch.randint(5, levels, (2, 6), generator=draws(1))
    first, second = (built.encode(ids, At.of(0, step=s)) for s in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(first, built.encode(ids, At.of(0, step=0)))


def test_it_is_trained_further_on_masked_tokens(text_folder):
    model = Pretrainer(
        Stack(Pretrained(text_folder, pool="none"), Pool()),
        plan=[(MaskedTokens(0.3), Joint(2))],
        preprocessing=Preprocessor(text=PretrainedPieces(text_folder)),
        random_state=0,
    ).fit(TEXTS)
    assert model.transform(TEXTS).shape == (12, 16) and len(model.history_) == 2


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f: os.remove(f"{f}/config.json"), FileError, "no config.json"),
        (lambda f: os.remove(f"{f}/model.safetensors"), FileError, "holds no weights"),
        (
            lambda f: os.rename(f"{f}/model.safetensors", f"{f}/pytorch_model.bin"),
            FileError,
            "as a pickle .pytorch_model.bin., which is code.*save_pretrained",
        ),
        (
            lambda f: edited(f, auto_map={"AutoModel": "evil.Model"}),
            ModelError,
            "names code of",
        ),
        (lambda f: edited(f, model_type="gpt2"), ModelError, "'gpt2', which is not known"),
        (lambda f: wrote(f, "config.json", "{"), ModelError, "is no JSON"),
        (lambda f: wrote(f, "config.json", "[]"), ModelError, "no JSON object"),
        (lambda f: wrote(f, "config.json", " " * 5_000_000), ModelError, "5,000,000"),
    ],
)
def test_folders_of_strangers_are_refused_in_words(text_folder, change, error, words):
    change(text_folder)
    with pytest.raises(error, match=words):
        Pretrained(text_folder)


def wrote(folder, name, text):
    with open(os.path.join(folder, name), "w") as file:
        file.write(text)


def edited(folder, **more):
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    with open(path, "w") as file:
        json.dump(config | more, file)


def build(folder, length=6, levels=None):
    stage = Pretrained(folder)
    return stage.build(
        Space.of("token", length, levels=levels or stage.known.config["vocab_size"]), draws()
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"num_hidden_layers": 4}, "lack encoder.layer.3.*random numbers would"),
        ({"intermediate_size": 30}, "encoder.layer.0.* in its size"),
    ],
)
def test_weights_that_lack_or_do_not_fit_are_an_error(text_folder, more, words):
    edited(text_folder, **more)
    with pytest.raises(ModelError, match=words):
        build(text_folder)


def test_rows_of_another_tokenizer_are_refused(text_folder):
    with pytest.raises(PairingError, match="reads tokens of a vocabulary.*PretrainedPieces"):
        build(text_folder, levels=7)
    with pytest.raises(PairingError, match="at most 40 tokens; rows have 50.*length=40"):
        build(text_folder, length=50)
    with pytest.raises(PairingError, match="reads tokens of a vocabulary"):
        Pretrained(text_folder).build(Space.of("real", 6), draws())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Pretrained(), "needs a folder"),
        (lambda: Pretrained("x", pool="max"), "'pool' parameter"),
        (lambda: Pretrained(facts="{"), "'facts' parameter of Pretrained is unreadable"),
        (lambda: Pretrained(facts='{"config": {"model_type": "evil"}}'), "unreadable"),
    ],
)
def test_settings_are_refused_in_words(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(FileError, match="There is no folder 'nowhere'"):
        Pretrained("nowhere")


def test_the_value_survives_plain_data_without_the_folder(text_folder):
    stage = Pretrained(text_folder, pool="first")
    again = from_dict(json.loads(json.dumps(stage.to_dict())))
    assert again == stage and again.folder == "" and facts_of(again.facts) == stage.known
    assert eval(repr(stage), {"Pretrained": Pretrained}) == stage
    assert eval(repr(again), {"Pretrained": Pretrained}) == stage
    assert stage.with_best_init() == replace(stage, weights=False) != stage


def test_texts_are_the_tokens_that_the_library_makes(text_folder):
    cells = np.array([*TEXTS, None, "x" * 30_000], dtype=object)
    pieces = PretrainedPieces(text_folder).fit([cells])
    assert pieces.length <= 40 and "longer than" in pieces.notes[0]
    oracle = Tokenizer.from_file(f"{text_folder}/tokenizer.json")
    rows = pieces.rows([cells])
    for text, row in zip(TEXTS, rows, strict=False):
        assert [i for i in row if i] == oracle.encode(text).ids
    assert not rows[12].any()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda f: os.remove(f"{f}/tokenizer.json"), FileError, "no tokenizer.json"),
        (
            lambda f: wrote(f, "tokenizer.json", "{}"),
            DataError,
            "no tokenizer",
        ),
        (lambda f: os.truncate(f"{f}/tokenizer.json", 2**30), ModelError, "1,073,741,824 bytes"),
        (lambda f: edited(f, vocab_size=10), ModelError, "tokens, its encoder 10"),
    ],
)
def test_tokenizers_of_strangers_are_refused_in_words(text_folder, change, error, words):
    change(text_folder)
    with pytest.raises(error, match=words):
        PretrainedPieces(text_folder).fit([np.array(TEXTS, dtype=object)])


def test_two_views_of_a_text_are_two_draws_of_dropout(text_folder):
    """SimCSE: nothing is changed in a text, and its two codes differ all the same."""
    model = Pretrainer(
        Stack(Pretrained(text_folder)),
        plan=[(SimCLR(Compose(), temperature=0.05, projector=(8,)), Joint(2))],
        preprocessing=Preprocessor(text=PretrainedPieces(text_folder)),
        random_state=0,
    ).fit(TEXTS)
    assert all(row["agreement"] < 0.999 for row in model.history_)
    plain = pretrainer(text_folder).fit(TEXTS)
    assert not np.allclose(model.transform(TEXTS), plain.transform(TEXTS), atol=1e-4)


@pytest.mark.parametrize("start", ["pretrained", "random"])
def test_a_loaded_encoder_is_fine_tuned_without_its_folder(text_folder, tmp_path, start):
    place = save(pretrainer(text_folder).fit(TEXTS), tmp_path / "model")
    os.rename(text_folder, text_folder + "-gone")
    model = PretrainedClassifier(
        FrozenEstimator(load(place)),
        plan=[(Supervised(), Joint(1), Training(min_steps=2))],
        start=start,
        random_state=0,
    ).fit(TEXTS, ["a", "b", "c"] * 4)
    assert model.predict(TEXTS).shape == (12,)
    assert (
        load(save(model, tmp_path / "tuned")).predict(TEXTS).tolist()
        == model.predict(TEXTS).tolist()
    )


# What is trained of it


def grown(folder, **settings):
    space = Space.of("token", 9, levels=Pretrained(folder).known.config["vocab_size"])
    return Pretrained(folder, **settings).build(space, draws())


def rows(encoder, n=5):
    levels = encoder.in_space.blocks[0].levels
    return torch.randint(4, levels, (n, 9), generator=draws(1))


def test_adapters_begin_as_nothing_and_merge_to_the_same_codes(text_folder):
    encoder = grown(text_folder, adapters=2).eval()
    x = rows(encoder)
    before = grown(text_folder).eval().encode(x)
    torch.testing.assert_close(encoder.encode(x), before, rtol=0, atol=1e-6)
    for name, parameter in encoder.named_parameters():
        if "lora_" in name:
            parameter.data.normal_(0, 0.3, generator=draws(2))
    moved = encoder.encode(x)
    assert (moved - before).abs().max() > 1e-2
    merged = encoder.merge()
    assert merged.stage == Pretrained(text_folder, adapters=0, facts=merged.stage.facts)
    assert not any("lora_" in name for name in merged.state_dict())
    torch.testing.assert_close(merged.encode(x), moved, rtol=0, atol=1e-5)
    assert merged.merge() is merged


def test_adapters_alone_are_trained_beside_weights_that_stay(text_folder):
    plan = [(Supervised(), Joint(2), Training(learning_rate=0.1))]
    stack = Stack(Pretrained(text_folder, adapters=2))
    start = Pretrainer(
        stack,
        plan=[(MaskedModelling(), Joint(0))],
        preprocessing=Preprocessor(text=PretrainedPieces(text_folder)),
        random_state=0,
    ).fit(TEXTS)
    before = {n: v.clone() for n, v in start.module_.named_parameters()}
    model = PretrainedClassifier(FrozenEstimator(start), plan=plan, random_state=0)
    model.fit(TEXTS, [0, 1, 2] * 4)
    after = dict(model.module_.named_parameters())
    moved = {n for n, value in before.items() if not torch.equal(value, after[n])}
    assert moved and all("lora_" in name for name in moved)
    # of 3 blocks, 6 linear layers each, a pair of matrices for each
    assert len([n for n in after if "lora_" in n]) == 3 * 6 * 2
    assert {n for n, p in after.items() if p.requires_grad} == {n for n in after if "lora_" in n}


def test_a_folder_with_adapters_gives_equal_bits(text_folder, tmp_path):
    stack = Stack(Pretrained(text_folder, adapters=2))
    plan = [(Supervised(), Joint(1), Training(learning_rate=0.1))]
    start = Pretrainer(
        stack,
        plan=[(MaskedModelling(), Joint(0))],
        preprocessing=Preprocessor(text=PretrainedPieces(text_folder)),
        random_state=0,
    ).fit(TEXTS)
    model = PretrainedClassifier(FrozenEstimator(start), plan=plan, random_state=0)
    model.fit(TEXTS, [0, 1, 2] * 4)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))


@pytest.mark.parametrize("top", [1, 3])
def test_the_topmost_blocks_alone_are_trained(text_folder, top):
    encoder = grown(text_folder, top_layers=top)
    trained = {n for n, p in encoder.named_parameters() if p.requires_grad}
    blocks = {name.split(".")[3] for name in trained if ".layer." in name}
    assert blocks == {str(i) for i in range(3 - top, 3)}
    assert not any("embeddings" in name for name in trained)


def test_what_is_held_keeps_its_statistics(tmp_path):
    config = transformers.ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic"
    )
    folder = written(transformers.ResNetModel(config), tmp_path / "resnet")
    encoder = Pretrained(folder, top_layers=1).build(Space.of("unit", 3, 32, 32), draws()).train()
    before = {n: v.clone() for n, v in encoder.named_buffers()}
    encoder.encode(torch.rand(4, 3, 32, 32, generator=draws(1)))
    moved = {n for n, v in encoder.named_buffers() if not torch.equal(v, before[n])}
    assert moved and all(".stages.1" in name for name in moved)


def test_a_control_of_random_weights_trains_everything(text_folder):
    for settings in ({"adapters": 2}, {"top_layers": 1}):
        control = Pretrained(text_folder, **settings).with_best_init()
        assert (control.adapters, control.top_layers, control.weights) == (0, None, False)
        assert all(p.requires_grad for p in grown_from(control).parameters())


def grown_from(stage):
    return stage.build(Space.of("token", 9, levels=stage.known.config["vocab_size"]), draws())


def test_images_that_have_no_linear_blocks_take_no_adapters(tmp_path):
    config = transformers.ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 8], depths=[1, 1], layer_type="basic"
    )
    folder = written(transformers.ResNetModel(config), tmp_path / "resnet")
    with pytest.raises(PairingError, match="no linear layers in its blocks"):
        Pretrained(folder, adapters=2).build(Space.of("unit", 3, 32, 32), draws())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"adapters": -1}, "'adapters'"),
        ({"top_layers": 0}, "'top_layers'"),
        ({"adapters": 2, "top_layers": 1}, "top_layers=1 and adapters=2 at once"),
        ({"adapters": 2, "weights": False}, "must train all of them; got adapters=2"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(text_folder, settings, words):
    with pytest.raises(ParameterError, match=words):
        Pretrained(text_folder, **settings)


def test_more_blocks_than_there_are_is_refused(text_folder):
    with pytest.raises(PairingError, match="top_layers=4, and 'bert' has 3 blocks"):
        grown(text_folder, top_layers=4)
