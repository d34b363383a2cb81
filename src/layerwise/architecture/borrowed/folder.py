"""What the folder of an encoder says: data, read with care; nothing in it is run."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..._errors import FileError, ModelError, ParameterError

TEXT = (
    "bert",
    "camembert",
    "distilbert",
    "electra",
    "modernbert",
    "mpnet",
    "roberta",
    "xlm-roberta",
)
SHIFTED = ("camembert", "mpnet", "roberta", "xlm-roberta")  # whose places begin at 2
IMAGES = ("convnext", "deit", "dinov2", "resnet", "vit")
_AS = {"vit_mae": "vit"}  # ViTMAE hides patches whenever it is asked; as ViT it never does
_TOWERS = {
    "text": ("text_config", "clip_text_model"),
    "image": ("vision_config", "clip_vision_model"),
}
KNOWN = (*TEXT, *IMAGES, *_AS, "clip")
CODE_FREE = "Layerwise reads configurations and weights, and runs no code of a folder."

_MOST_TEXT = 4 * 2**20  # bytes of a configuration
UNKNOWN = "unknown: "  # before what is put on tokens and is not known here
_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")
_MODES = {
    "pooling_mode_cls_token": "first",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "last",
}
_MOST_CARD = 2**16  # characters of a card
_LEFT_OUT = {"_name_or_path", "architectures", "torch_dtype", "dtype", "transformers_version"}
ORIGIN = "origin.json"  # what a download says of where a folder came from
_LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE")
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass(frozen=True)
class Facts:
    """What a stage has to know of an encoder to be built again, and what its card says.

    Parameters
    ----------
    config : dict
        Of the architecture, as ``transformers`` has it.
    pool : {'mean', 'first'}
        How the encoder's tokens become one vector.
    normalise : bool
        Whether that vector gets the length 1.
    size : int
        Of texts: tokens at most. Of images: their side.
    mean, deviation : tuple of float
        Of the pixels in [0, 1], for each channel.
    name, digest, licence : str
        Of the folder; the SHA-256 of its weights.
    """

    config: dict[str, Any]
    pool: str
    normalise: bool
    size: int
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    name: str = ""
    digest: str = ""
    licence: str = ""

    @property
    def kind(self) -> str:
        """The architecture by name."""
        return str(self.config["model_type"])

    @property
    def reads_text(self) -> bool:
        """Whether rows are texts, and no images."""
        return self.kind in TEXT or self.kind == "clip_text_model"

    @property
    def offset(self) -> int:
        """What is added to a token's number, so that padding is 0."""
        return 0 if self.config.get("pad_token_id", 0) == 0 else 1


def facts_text(facts: Facts) -> str:
    """Return facts as JSON."""
    return json.dumps(asdict(facts), sort_keys=True)


def facts_of(text: str) -> Facts:
    """Return facts from their JSON: it may come from a stranger.

    Raises
    ------
    ParameterError
        When it is none, or names an architecture that is not known.
    """
    try:
        plain = json.loads(text)
        given: dict[str, Any] = {
            n: tuple(v) if isinstance(v, list) else v for n, v in plain.items()
        }
        facts = Facts(**given)
        kind, size = facts.config["model_type"], int(facts.size)
    except (ValueError, TypeError, KeyError) as error:
        raise ParameterError(
            f"The 'facts' parameter of Pretrained is unreadable: {error}."
        ) from error
    if kind not in (*TEXT, *IMAGES, *(name for _, name in _TOWERS.values())) or size < 1:
        raise ParameterError(f"The 'facts' parameter of Pretrained names the unknown {kind!r}.")
    _refuse_code(facts.config, "facts")
    return facts


def read_facts(folder: str, tower: str) -> Facts:
    """Return what a folder says of its encoder.

    Parameters
    ----------
    folder : str
    tower : {'auto', 'text', 'image'}
        Of CLIP, which has two.

    Raises
    ------
    FileError
        When the folder, its configuration or its weights are not there.
    ModelError
        When the configuration names code, or an architecture that is not known.
    """
    place = Path(folder)
    if not place.is_dir():
        raise FileError(
            f"There is no folder {folder!r} with an encoder.",
            "Name a folder that holds config.json and model.safetensors.",
        )
    config = read_json(place / "config.json")
    _refuse_code(config, folder)
    weights = weights_of(place)
    kind = config.get("model_type")
    if kind not in KNOWN:
        raise ModelError(
            f"{folder!r} holds an encoder of the type {kind!r}, which is not known here.",
            f"Known: {', '.join(sorted(KNOWN))}. Any torch module goes into Wrapped(module).",
        )
    config = _towered(config, tower, folder)
    config = {name: value for name, value in config.items() if name not in _LEFT_OUT}
    pool, normalise = _pooling(place, config)
    size, mean, deviation = _input_of(place, config)
    return Facts(
        config=config,
        pool=pool,
        normalise=normalise,
        size=size,
        mean=mean,
        deviation=deviation,
        name=_name(place),
        digest=_digest(weights),
        licence=_licence(place),
    )


def image_side(folder: str) -> int | None:
    """Return how many pixels the side of an image has that a folder's encoder reads; None where it
    reads texts.

    Raises
    ------
    FileError, ModelError
        As ``read_facts``.
    """
    config = Path(folder) / "config.json"
    two = config.is_file() and read_json(config).get("model_type") == "clip"
    facts = read_facts(folder, "image" if two else "auto")
    return None if facts.reads_text else facts.size


def read_json(path: Path) -> dict[str, Any]:
    """Return an object from a small JSON file.

    Raises
    ------
    FileError, ModelError
    """
    if not path.is_file():
        raise FileError(
            f"{str(path.parent)!r} has no {path.name}.",
            "Name a folder as transformers' save_pretrained writes it.",
        )
    if path.stat().st_size > _MOST_TEXT:
        raise ModelError(
            f"{str(path)!r} has {path.stat().st_size:,} bytes; a configuration has a few thousand.",
            "It is something else.",
        )
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{str(path)!r} is no JSON: {error}.", "Take a copy that is whole."
        ) from error
    if not isinstance(data, dict):
        raise ModelError(f"{str(path)!r} is no JSON object.", "Take a copy that is whole.")
    return data


def weights_of(place: Path) -> list[Path]:
    """Return the files of weights.

    Raises
    ------
    FileError
        When there is none; where there are pickles, it says what to do with them.
    """
    found = sorted(place.glob("*.safetensors"))
    if found:
        return found
    pickles = [p.name for p in (*place.glob("*.bin"), *place.glob("*.pt"), *place.glob("*.ckpt"))]
    if pickles:
        raise FileError(
            f"{str(place)!r} holds its weights as a pickle ({pickles[0]}), which is code. "
            f"{CODE_FREE}",
            "Where you trust it, write it again: "
            "AutoModel.from_pretrained(FOLDER).save_pretrained(NEW).",
        )
    raise FileError(
        f"{str(place)!r} holds no weights (*.safetensors).", "Download the folder whole."
    )


def _refuse_code(config: dict[str, Any], folder: str) -> None:
    named = [name for name in ("auto_map", "custom_pipelines") if config.get(name)]
    if named:
        raise ModelError(
            f"The configuration of {folder!r} names code of its own ({named[0]}). {CODE_FREE}",
            "Build the module yourself, and give it as Wrapped(module).",
        )


def _towered(config: dict[str, Any], tower: str, folder: str) -> dict[str, Any]:
    """Return the configuration of one of CLIP's towers, else the whole one."""
    kind = config["model_type"]
    if kind != "clip":
        own = "text" if kind in TEXT else "image"
        if tower not in ("auto", own):
            raise ModelError(
                f"{folder!r} reads {own}s alone; the tower {tower!r} was asked for.",
                "Leave tower out.",
            )
        return config | {"model_type": _AS.get(kind, kind)}
    if tower == "auto":
        raise ModelError(
            f"{folder!r} has two encoders, of texts and of images.",
            "Say Pretrained(FOLDER, tower='image') or tower='text'.",
        )
    part, name = _TOWERS[tower]
    return config.get(part, {}) | {"model_type": name}


def _pooling(place: Path, config: dict[str, Any]) -> tuple[str, bool]:
    """Return how a vector is made of tokens: as the folder of a sentence encoder says; else the
    mean of texts, and the class token of images."""
    above = _modules(place)
    normalise = "Normalize" in above
    odd = [kind for kind in above if kind not in _KNOWN_MODULES]
    if odd:
        return f"{UNKNOWN}{odd[0]}", normalise
    own = place / "1_Pooling" / "config.json"
    if own.is_file():
        modes = [name for name, on in read_json(own).items() if name in _MODES and on is True]
        ways = [_MODES[name] for name in modes]
        if ways and ways not in (["mean"], ["first"]):
            return f"{UNKNOWN}{' and '.join(modes)}", normalise
        return (ways[0] if ways else "mean"), normalise
    kind = config["model_type"]
    return ("mean" if kind in TEXT or kind in ("resnet", "convnext") else "first"), normalise


def _modules(place: Path) -> list[str]:
    """Return what a sentence encoder puts above one another, by the last part of its names."""
    path = place / "modules.json"
    if not path.is_file() or path.stat().st_size > _MOST_TEXT:
        return []
    try:
        data = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{str(path)!r} is no JSON: {error}.", "Take a copy that is whole."
        ) from error
    parts = data if isinstance(data, list) else []
    kinds = [str(part.get("type", "")) for part in parts if isinstance(part, dict)]
    return [kind.rpartition(".")[2] for kind in kinds]


def _input_of(
    place: Path, config: dict[str, Any]
) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """Return the longest text, or the side, mean and deviation of images."""
    if config["model_type"] in TEXT or config["model_type"] == "clip_text_model":
        most = int(config.get("max_position_embeddings", 512))
        most -= 2 if config["model_type"] in SHIFTED else 0
        own = place / "sentence_bert_config.json"
        wanted = read_json(own).get("max_seq_length") if own.is_file() else None
        return min(most, int(wanted or most)), (), ()
    path = place / "preprocessor_config.json"
    rules = read_json(path) if path.is_file() else {}
    given = rules.get("crop_size") or rules.get("size") or config.get("image_size") or 224
    if isinstance(given, dict):
        given = given.get("height") or given.get("shortest_edge") or 224
    mean = tuple(rules.get("image_mean") or _IMAGENET[0])
    deviation = tuple(rules.get("image_std") or _IMAGENET[1])
    return int(given), mean, deviation


def _name(place: Path) -> str:
    """Return where a folder came from, or what it is called."""
    if not (place / ORIGIN).is_file():
        return place.resolve().name
    origin = read_json(place / ORIGIN)
    name, commit = origin.get("name"), origin.get("commit")
    if not isinstance(name, str) or not isinstance(commit, str):  # somebody else's file
        return place.resolve().name
    return f"{name}@{commit[:12]}"


def _licence(place: Path) -> str:
    """Return how a folder's licence begins, or what its card calls it."""
    for name in _LICENCES:
        if (place / name).is_file():
            return (place / name).read_text(errors="replace")[:200].strip()
    card = place / "README.md"
    if not card.is_file():
        return ""
    with card.open(errors="replace") as file:
        head = file.read(_MOST_CARD).partition("\n---\n")[0]
    found = re.search(r"^licen[sc]e:[ \t]*([\w.+-]{1,60})[ \t]*$", head, re.MULTILINE)
    return found[1] if head.startswith("---") and found else ""


def _digest(weights: list[Path]) -> str:
    total = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
