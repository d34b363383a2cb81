"""Encoders from a hub: a hub of the test's own, on this machine."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from layerwise import FileError, ModelError, Pretrained, download_encoder

transformers = pytest.importorskip("transformers", reason="pip install 'layerwise[transfer]'")

COMMIT = "c" * 40
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 24, "vocab_size": 60, "max_position_embeddings": 40}
CARD = "---\nlanguage: en\nlicense: apache-2.0\n---\n# An encoder\nlicense: another\n"


class Hub:
    """What a hub answers to a download; ``asked`` lists the files that were given."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, []
        hub = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request) -> None:
        path = request.path.partition("?")[0]
        if path.startswith("/api/models/us/bert"):
            files = [p for p in sorted(self.folder.rglob("*")) if p.is_file()]
            siblings = [
                {"rfilename": str(p.relative_to(self.folder)), "size": p.stat().st_size}
                for p in files
            ]
            if "/tree/" in path:
                tree = [
                    {"type": "file", "path": s["rfilename"], "size": s["size"], "oid": "0" * 40}
                    for s in siblings
                ]
                return self.send(request, json.dumps(tree).encode(), {})
            body = {"id": "us/bert", "sha": COMMIT, "siblings": siblings}
            if "/revision/gone" in path:
                return self.send(request, b"{}", {"X-Error-Code": "RevisionNotFound"}, 404)
            return self.send(request, json.dumps(body).encode(), {})
        start = f"/us/bert/resolve/{COMMIT}/"
        if path.startswith(start) and (self.folder / path[len(start) :]).is_file():
            data = (self.folder / path[len(start) :]).read_bytes()
            if request.command == "GET":
                self.asked.append(path[len(start) :])
            tag = hashlib.sha256(data).hexdigest()
            return self.send(request, data, {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT})
        return self.send(request, b"{}", {"X-Error-Code": "RepoNotFound"}, 404)

    @staticmethod
    def send(request, data: bytes, headers: dict[str, str], status: int = 200) -> None:
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    transformers.utils.logging.disable_progress_bar()
    folder = tmp_path / "hub"
    transformers.BertModel(transformers.BertConfig(**SMALL)).save_pretrained(folder)
    (folder / "README.md").write_text(CARD)
    (folder / "tokenizer.json").write_text("{}")
    for odd in ("LICENSE/setup.py", "models/a.safetensors", "LICENSE.py"):
        (folder / odd).parent.mkdir(exist_ok=True)
        (folder / odd).write_text("raise SystemExit")
    (folder / "modeling_own.py").write_text("raise SystemExit")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    one = Hub(folder)
    yield one
    one.server.shutdown()
    one.server.server_close()


def test_an_encoder_comes_whole_and_without_code(hub, tmp_path):
    said = []
    folder = download_encoder(
        "us/bert", tmp_path / "a" / "b", endpoint=hub.address, say=said.append
    )
    names = {p.name for p in folder.iterdir()}
    expected = {"config.json", "model.safetensors", "README.md", "origin.json", "tokenizer.json"}
    assert names == expected
    assert set(hub.asked) == names - {"origin.json"}
    assert (folder / "model.safetensors").read_bytes() == (
        hub.folder / "model.safetensors"
    ).read_bytes()
    (line,) = said
    assert line.startswith("us/bert, commit cccccccccccc: ") and line.endswith(" MB")
    known = Pretrained(str(folder)).known
    assert (known.name, known.licence) == ("us/bert@cccccccccccc", "apache-2.0")


def test_what_pretrained_would_refuse_leaves_no_folder(hub, tmp_path):
    config = json.loads((hub.folder / "config.json").read_text())
    (hub.folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "x"}}))
    with pytest.raises(ModelError, match="names code of its own"):
        download_encoder("us/bert", tmp_path / "a" / "b", endpoint=hub.address)
    assert not (tmp_path / "a").exists()


def test_an_encoder_of_texts_without_a_tokenizer_is_refused(hub, tmp_path):
    (hub.folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="no tokenizer.json"):
        download_encoder("us/bert", tmp_path / "b", endpoint=hub.address)
    assert not (tmp_path / "b").exists()


def test_an_origin_that_is_somebody_elses_is_left_alone(hub):
    (hub.folder / "origin.json").write_text('{"name": 3}')
    assert Pretrained(str(hub.folder)).known.name == "hub"


def test_weights_that_are_pickles_are_not_fetched(hub, tmp_path):
    (hub.folder / "model.safetensors").unlink()
    with pytest.raises(FileError, match="without safetensors"):
        download_encoder("us/bert", tmp_path / "b", endpoint=hub.address)
    assert not hub.asked


@pytest.mark.parametrize(
    ("name", "revision", "words"),
    [
        ("us/nothing", "main", "no model 'us/nothing'"),
        ("not/a/name", "main", "no model 'not/a/name'"),
        ("us/bert", "gone", "no revision 'gone'"),
    ],
)
def test_what_the_hub_has_not_is_said(hub, tmp_path, name, revision, words):
    with pytest.raises(FileError, match=words):
        download_encoder(name, tmp_path / "b", revision=revision, endpoint=hub.address)
    assert [p.name for p in tmp_path.iterdir()] == ["hub"]


def test_a_hub_that_does_not_answer_is_said(hub, tmp_path):
    hub.server.shutdown()
    hub.server.server_close()
    with pytest.raises(FileError, match=r"did not give 'us/bert'.*Is there a network"):
        download_encoder("us/bert", tmp_path / "b", endpoint=hub.address)


def test_a_folder_that_is_there_is_left_alone(hub, tmp_path):
    (tmp_path / "b").mkdir()
    with pytest.raises(FileError, match="is there already"):
        download_encoder("us/bert", tmp_path / "b", endpoint=hub.address)
    assert not hub.asked
