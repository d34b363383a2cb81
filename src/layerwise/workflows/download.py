"""An encoder that somebody else has trained, brought from a hub to a folder when asked for."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._durable import folders, staging, sync, write_json
from .._errors import FileError, ModelError, ParameterError
from ..architecture.borrowed import ORIGIN, Facts, read_facts

# Configuration, weights and tokenizer, by their whole names; nothing that could be run
_WANTED = re.compile(
    r"(config|model\.safetensors\.index|tokenizer|tokenizer_config|special_tokens_map"
    r"|preprocessor_config|modules|sentence_bert_config|1_Pooling/config)\.json"
    r"|model(-\d+-of-\d+)?\.safetensors|LICEN[SC]E(\.txt|\.md)?|README\.md"
)


def download_encoder(
    name: str,
    folder: str | os.PathLike[str],
    *,
    revision: str = "main",
    tower: str = "auto",
    endpoint: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Bring an encoder from the Hugging Face hub to a folder, for ``Pretrained(folder)``: its
    configuration, safetensors and tokenizer, and nothing that could be run. Nothing else in
    Layerwise asks the network for an encoder.

    Parameters
    ----------
    name : str
        As the hub has it, such as ``'sentence-transformers/all-MiniLM-L6-v2'``.
    folder : path
        Must not be there yet. It is whole, or it is not there.
    revision : str, default 'main'
        A branch, a tag or a commit. The folder says which commit it was.
    tower : {'auto', 'text', 'image'}, default 'auto'
        Of CLIP, which of its encoders is looked at.
    endpoint : str, optional
        Address of another hub; by default that of ``HF_ENDPOINT``, or huggingface.co.
    say : callable, optional
        Is told how many bytes will come.

    Raises
    ------
    ParameterError
        Without ``huggingface_hub``, which comes with ``transformers``.
    FileError
        When the folder is there, the hub cannot be reached, or it has no such encoder.
    ModelError
        When the encoder is of a type that is not known, or names code of its own.

    References
    ----------
    Wolf et al. (2020), "Transformers: state-of-the-art natural language processing" (the hub).

    Examples
    --------
    >>> import tempfile
    >>> from layerwise import FileError, download_encoder
    >>> try:
    ...     download_encoder("some/encoder", tempfile.gettempdir())
    ... except FileError as error:
    ...     print("is there already" in str(error))
    True
    """
    place = Path(folder)
    if os.path.lexists(place):
        raise FileError(f"{str(place)!r} is there already.", "Name a folder that is not.")
    commit, files = _listed(name, revision, endpoint)
    if not any(file.endswith(".safetensors") for file in files):
        raise FileError(
            f"The hub has {name!r} without safetensors; other files of weights are code.",
            "Choose another encoder, or another revision of it.",
        )
    say(f"{name}, commit {commit[:12]}: {sum(files.values()) / 1e6:,.0f} MB")
    with folders(place.absolute().parent), staging(place.absolute().parent) as staged:
        _fetched(name, commit, list(files), staged, endpoint)
        write_json(staged / ORIGIN, {"name": name, "commit": commit})
        _checked(staged, tower)
        os.rename(staged, place)
        sync(place.absolute().parent)
    return place


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise ParameterError(
            "Downloads need huggingface_hub, which is not installed.",
            "Run pip install 'layerwise[transfer]'.",
        ) from error
    return huggingface_hub


def _listed(name: str, revision: str, endpoint: str | None) -> tuple[str, dict[str, int]]:
    """Return the commit that a revision is, and the wanted files with their sizes."""
    hub = _hub()
    try:
        info = hub.HfApi(endpoint=endpoint).model_info(name, revision=revision, files_metadata=True)
    except Exception as error:
        raise _refused(name, revision, error) from error
    files = {
        one.rfilename: int(one.size or 0)
        for one in info.siblings or []
        if _WANTED.fullmatch(one.rfilename)
    }
    return str(info.sha), files


def _fetched(name: str, commit: str, files: list[str], to: Path, endpoint: str | None) -> None:
    try:
        _hub().snapshot_download(
            name, revision=commit, local_dir=to, allow_patterns=files, endpoint=endpoint
        )
    except Exception as error:
        raise _refused(name, commit, error) from error
    shutil.rmtree(to / ".cache", ignore_errors=True)
    lacking = [file for file in files if not (to / file).is_file()]
    if lacking:
        raise FileError(f"{lacking[0]} of {name!r} did not come.", "Try again.")


def _checked(staged: Path, tower: str) -> Facts:
    """Refuse what ``Pretrained`` would refuse later."""
    config = staged / "config.json"
    two = tower == "auto" and config.is_file() and '"clip"' in config.read_text(errors="replace")
    facts = read_facts(str(staged), "image" if two else tower)
    if facts.reads_text and not (staged / "tokenizer.json").is_file():
        raise ModelError(
            "The encoder reads texts, and the hub has no tokenizer.json of it.",
            "Write it with AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER), and bring "
            "the folder by hand.",
        )
    return facts


def _refused(name: str, revision: str, error: Exception) -> FileError:
    """Return what went wrong, in words."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return FileError(
            f"{name!r} is given to those alone who have accepted its terms.",
            "Accept them on the hub and set HF_TOKEN, or download the folder by hand.",
        )
    if isinstance(error, (errors.RepositoryNotFoundError, errors.HFValidationError)):
        return FileError(
            f"The hub has no model {name!r}.", "Names are such as 'organisation/model'."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return FileError(
            f"{name!r} has no revision {revision!r}.", "Leave the revision out for the newest."
        )
    first = (str(error).splitlines() or [""])[0][:200]
    return FileError(
        f"The hub did not give {name!r}: {type(error).__name__}: {first}.",
        "Is there a network? Else bring the folder by hand, and name it.",
    )
