"""A page on which people label rows, and what comes of it: labels, and a model."""

from __future__ import annotations

import hashlib
import importlib.util
import shlex
import socket
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from .._durable import Facts
from .._errors import DataError, ParameterError
from ..annotation import Cards, Journal, Session
from ..annotation.answers import Label
from ..annotation.session import class_name
from ..data.frames import is_missing
from ..data.readers import Dataset, NoLabels, load_dataset
from .choices import pixels_for
from .fit import fit
from .label_codes import Coding
from .labelled import LABELS, write_labels
from .opened import Say, silent
from .place import claimed

JOURNAL = "labels.log"
LARGEST = 1024  # pixels of a picture's long side on the page
LEAST = 10  # labels, from which a model is fitted
Ready = Callable[[str, Session], None]


def label(
    data: str,
    *,
    target: str | None = None,
    classes: Sequence[str] = (),
    task: str | None = None,
    text: Sequence[str] = (),
    drop: Sequence[str] = (),
    id_column: str | None = None,
    recipe: str | None = None,
    encoder: str | None = None,
    pretrain: float | None = 600.0,
    batch: int = 10,
    overlap: float = 0.1,
    host: str = "127.0.0.1",
    port: int = 0,
    browser: bool = False,
    ready: Ready | None = None,
    out: str | Path = "label-out",
    seed: int = 0,
    device: str = "auto",
    say: Say = silent,
    **settings: Any,
) -> Facts:
    """Open a page on which people label the rows of some data; it goes on where it was.

    Every answer is on the disk (``OUT/labels.log``) before the page counts it. A model learns
    beside and says which rows to ask about, how good it is on rows that chance drew, and whether
    more labels pay. When the page is finished with, the labels are written as CSV and a model is
    fitted on them; on SIGINT and SIGTERM the labels alone.

    Parameters
    ----------
    data : str
        A file or a folder, as ``fit`` takes it.
    target : str, optional
        The column of the labels: one that is there, whose empty cells are asked about, or a new
        one. Images and arrays have 'label'.
    classes : sequence of str
        In the order of their keys; more can be added on the page.
    task : {'classification', 'regression'}, optional
        By default what the labels are that are there, else classification.
    recipe, encoder : str, optional
        What makes codes of rows: a recipe that learns without labels, or the folder of an encoder
        that somebody else has trained. By default as in ``compare(choose=)``.
    pretrain : float, optional
        Seconds that pretraining takes at most; 0: no encoder, principal components alone.
    batch : int, default 10
        New labels after which the model learns again.
    overlap : float, default 0.1
        The share of rows that a second person is asked about, where there are several.
    host, port : str, int
        Where the page is served; by default to this machine alone, on a free port.
    browser : bool, default False
        Whether a browser is opened.
    ready : callable, optional
        Told the address of the page, with its token, and the session, when it can be opened.
    out : path, default 'label-out'
    settings
        Of the ``fit`` in the end.

    Returns
    -------
    dict
        ``labels`` (how many), ``csv`` (the file), ``finished``, and ``fit``: what ``fit`` returned,
        or None.

    Raises
    ------
    LayerwiseError
        When the data, the settings, the address or the place to write cannot be used, or the labels
        that are there belong to other data.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import layerwise
    >>> place = Path(tempfile.mkdtemp())
    >>> np.save(place / "rows.npy", np.eye(6))
    >>> def answer(address, session):  # in place of a person who opens the address
    ...     for i, card in enumerate(session.give("page-1", "ann", 3)):
    ...         said = {"id": f"answer-{i}", "who": "ann", "row": card["row"], "label": "a"}
    ...         _ = session.take("label", said)
    ...     session.done.set()
    >>> data, out = str(place / "rows.npy"), place / "out"
    >>> result = layerwise.label(data, classes=["a", "b"], pretrain=0, ready=answer, out=out)
    >>> result["labels"], result["finished"]
    (3, True)
    """
    _need_server()
    from ..annotation.serving import listening

    given: Facts = {"target": target, "task": task, "text": tuple(text), "drop": tuple(drop)}
    given |= {"id_column": id_column, **pixels_for(encoder)}
    rows, notes = read_rows(data, **given)
    for note in (*rows.notes, *notes):
        say(note)
    _need_target(rows, target)
    task = task or rows.task or "classification"
    target = rows.target or target or "label"
    known = _known(rows, task)
    _check(classes, task, overlap, batch)
    if len(known) == len(rows):
        raise DataError(
            f"Every one of the {len(rows):,} rows of {data!r} has a label in {target!r}.",
            "Add rows whose label is empty.",
        )
    out = Path(out)
    with claimed(out):
        about: Facts = {"rows": len(rows), "data": fingerprint(rows)}
        about |= {"target": target, "task": task}
        with Journal(out / JOURNAL, about) as journal:
            if journal.torn:
                say(
                    f"The last {journal.torn:,} bytes of {str(journal.path)!r} were no whole "
                    "record: a stop had torn it before it was acknowledged, and it was cut."
                )
            named = None if task == "regression" else [*classes, *_classes(known)]
            cards = Cards(
                rows.X, rows.image_shape, rows.ids, rows.text_columns, _pictures(rows, data)
            )
            # the order in which chance draws is that of the data, whenever it goes on
            chance = int(about["data"][:12], 16)
            session = Session(
                journal, cards, target, named, known, overlap=overlap, seed=chance, batch=batch
            )
            _keep_classes(session, classes)
            coding = Coding(
                _read_alone, {"data": data, **given}, out, about, recipe, encoder, pretrain
            )
            coding = replace(coding, seed=seed, device=device)
            with listening(host, port) as door:
                try:
                    _sit(session, coding, door, host, browser, ready, say)
                finally:
                    labels = session.labels()
                    place, whole = write_labels(
                        rows, data, target, task, labels, session.answers, out, say
                    )
                    counts = session.answers.count()
                    say(f"{counts['labelled']:,} labels are in {str(place)!r}.")
            finished = session.done.is_set()
    result: Facts = {"labels": len(labels), "csv": str(place), "finished": finished, "fit": None}
    again: Facts = {"task": task, "target": target, "drop": tuple(drop)}
    again |= {"text": rows.text_columns, "id_column": id_column}
    again |= {"recipe": recipe, "encoder": encoder, "seed": seed}
    source = str(place) if whole else data
    if not whole:
        again["labels_from"] = str(place)
    if labels:
        say(f"fit takes them: {_command(source, again)}")
    if finished and len(labels) >= LEAST:
        result["fit"] = fit(source, device=device, out=out, **again, **settings)
    elif finished:
        say(f"No model was fitted: {len(labels)} labels are too few, {LEAST} are needed.")
    return result


def _command(source: str, settings: Facts) -> str:
    """Return the command that fits a model on the labels."""
    words = ["layerwise", "fit", source]
    for name, value in settings.items():
        option = "--id" if name == "id_column" else f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, tuple) else (value,):
            words += [] if one is None else [option, str(one)]
    return shlex.join(words)


def _keep_classes(session: Session, classes: Sequence[str]) -> None:
    """Let the classes that were named be there when labelling goes on without them."""
    for name in classes:
        if name not in session.answers.classes:
            session.take("class", {"id": uuid4().hex, "who": "--classes", "name": name})


def read_rows(data: str, *, target: str | None, **given: Any) -> tuple[Dataset, list[str]]:
    """Return the rows, with the labels that are there, and notes. A target that a table lacks is
    new, and said."""
    try:
        return load_dataset(data, target=target, **given), []
    except NoLabels:
        rows = load_dataset(data, **{**given, "task": None})
        if not isinstance(rows.X, np.ndarray) and target in rows.X.columns:
            rows = replace(rows, X=rows.X.drop(target))  # it is there, and empty
        return rows, [f"No row of {data!r} has a label in {target!r} yet."]


def _read_alone(**given: Any) -> Dataset:
    return read_rows(**given)[0]


def _need_server() -> None:
    for name in ("starlette", "uvicorn"):
        if importlib.util.find_spec(name) is None:
            raise ParameterError(
                f"The page is served by {name}, which is not installed.",
                "pip install 'layerwise[label]'",
            )


def _need_target(rows: Dataset, target: str | None) -> None:
    if target is None and not isinstance(rows.X, np.ndarray):
        raise ParameterError(
            f"{rows.name!r} is a table: which column do the labels go into?",
            "Name it with --target; one that is not there is made.",
        )


def _check(classes: Sequence[str], task: str, overlap: float, batch: int) -> None:
    if classes and task == "regression":
        raise ParameterError(
            f"Classes were named ({', '.join(classes)}), and the target is a number.",
            "Leave --classes out, or give --task classification.",
        )
    for name in classes:
        class_name(name)
    if not 0 <= overlap <= 1:
        raise ParameterError(f"overlap is a share in [0, 1]. Got {overlap} instead.")
    if batch < 1:
        raise ParameterError(f"batch is at least 1. Got {batch} instead.")


def _known(rows: Dataset, task: str) -> dict[int, Label]:
    """Return the labels that the rows came with."""
    if rows.y is None:
        return {}
    there = ((i, value) for i, value in enumerate(rows.y.tolist()) if not is_missing(value))
    if task == "regression":
        return {i: float(value) for i, value in there}
    return {i: str(value) for i, value in there}


def _classes(known: dict[int, Label]) -> list[str]:
    """Return the classes of rows, those that are numbers by size."""
    names = {str(label) for label in known.values()}
    return sorted(names, key=lambda name: (not name.isdigit(), len(name) * name.isdigit(), name))


def fingerprint(rows: Dataset) -> str:
    """Return the SHA-256 of what the rows hold, without their labels."""
    digest = hashlib.sha256()
    if isinstance(rows.X, np.ndarray):
        digest.update(repr((rows.X.shape, str(rows.X.dtype))).encode())
        digest.update(np.ascontiguousarray(rows.X).tobytes())
        return digest.hexdigest()
    digest.update(repr((rows.X.columns, len(rows))).encode())
    for part in rows.X.iter_slices(10_000):
        digest.update(part.write_csv().encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _pictures(rows: Dataset, data: str) -> Callable[[int], np.ndarray] | None:
    """Return a function that reads the image of a row as it is, where its file is there still."""
    folder = Path(data)
    if rows.image_shape is None or rows.ids is None or not folder.is_dir():
        return None
    return partial(_picture, folder, rows.ids, rows.white)


def _picture(folder: Path, names: Sequence[str], white: int, row: int) -> np.ndarray:
    from ..data.readers.pixels import Header, pixels, probe

    place = folder / names[row]
    header = probe(place)
    if not isinstance(header, Header):
        raise DataError(f"{names[row]!r} cannot be read any more: {header or 'no image'}.")
    width, height = header.size
    scale = min(1.0, LARGEST / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    found = pixels(place, size, False, white)
    if isinstance(found, str):
        raise DataError(f"{names[row]!r} cannot be read any more: {found}.")
    return found


def _sit(
    session: Session,
    coding: Coding,
    door: socket.socket,
    host: str,
    browser: bool,
    ready: Ready | None,
    say: Say,
) -> None:
    """Serve the page until it is finished with."""
    from ..annotation.guard import LOOPBACK, new_token
    from ..annotation.learner import Learner
    from ..annotation.server import application
    from ..annotation.serving import serve

    token = new_token()
    name, number = door.getsockname()[:2]
    own = host in LOOPBACK
    shown = f"[{name}]" if ":" in name else name
    address = f"http://{shown}:{number}/?token={token}"
    if not own:
        say(
            f"The page listens beyond this machine, on {host}, without encryption: whoever "
            "reads along has the token. Prefer a tunnel (ssh -L)."
        )
    better = None if coding.seconds == 0 else coding.better
    learner = Learner(session, coding.quick, better, coding.seed)
    app = application(session, token, [] if own else [host], any_address=not own)
    try:
        learner.start()
        say(f"Label here: {address}")
        if browser:  # other people of this machine can read what a browser is called with
            app.once.add(once := new_token())
            webbrowser.open(f"http://{shown}:{number}/?once={once}")
        if ready is not None:
            ready(address, session)
        serve(app, session, door)
    finally:
        learner.stop()


__all__ = ["JOURNAL", "LABELS", "label", "read_rows"]
