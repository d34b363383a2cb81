"""The verbs that use a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .options import Data, Device, File, Id, Json, Model, NoSeed, Quiet, Raw, Seed, With
from .output import Output


def predict(
    model: Model,
    data: Data,
    out: File = None,
    raw: Raw = False,
    device: Device = "auto",
    id_column: Id = None,
    parts: With = None,
    seed: NoSeed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict every row, with a probability per class."""
    _use("predict", model, data, id_column, out, raw, device, parts, as_json, quiet)


def evaluate(
    model: Model,
    data: Data,
    target: Annotated[
        str | None,
        typer.Option(help="Column of the labels; by default the one the model was fitted on."),
    ] = None,
    test_part: Annotated[
        bool,
        typer.Option("--test-part", help="Score the test part that the data hold themselves."),
    ] = False,
    device: Device = "auto",
    parts: With = None,
    seed: NoSeed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score a model on labelled rows, with 95 % intervals over rows."""
    from .. import workflows

    with Output(as_json, quiet, parts or ()) as output:
        output.show_scores(
            workflows.evaluate(
                model, data, target=target, test_part=test_part, device=device, say=output.say
            )
        )


def embed(
    model: Model,
    data: Data,
    out: File = None,
    raw: Raw = False,
    device: Device = "auto",
    id_column: Id = None,
    parts: With = None,
    seed: NoSeed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the code of every row."""
    _use("embed", model, data, id_column, out, raw, device, parts, as_json, quiet)


def reconstruct(
    model: Model,
    data: Data,
    out: File = None,
    raw: Raw = False,
    device: Device = "auto",
    id_column: Id = None,
    parts: With = None,
    seed: NoSeed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write every row as the pretrained stack reconstructs it."""
    _use("reconstruct", model, data, id_column, out, raw, device, parts, as_json, quiet)


def score(
    model: Model,
    data: Data,
    out: File = None,
    raw: Raw = False,
    device: Device = "auto",
    id_column: Id = None,
    parts: With = None,
    seed: NoSeed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write an anomaly score per row: minus the reconstruction error, so the lowest are the least
    normal."""
    _use("score", model, data, id_column, out, raw, device, parts, as_json, quiet)


def generate(
    model: Model,
    n: Annotated[int, typer.Option("--n", help="How many rows.", min=1)] = 1000,
    data: Annotated[
        str | None,
        typer.Option(help="The rows that the model learned from: what is made up is tried."),
    ] = None,
    held_out: Annotated[
        str | None,
        typer.Option(
            help="Real rows that it did not learn from; by default the test part of the data."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Of Gibbs sampling.", min=1)] = 1000,
    out: File = None,
    raw: Raw = False,
    device: Device = "auto",
    parts: With = None,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make up rows like those that a model learned from, and say how like real ones they are.

    Images go to --out FILE.png (a picture of the first 100) or FILE.npy as well as to a CSV file.
    """
    from .. import workflows
    from ..workflows.made_images import holds_images, write_images

    with Output(as_json, quiet, parts or ()) as output:
        images = holds_images(out, model)
        columns, _ = workflows.generate(
            model,
            n,
            data=data,
            held_out=held_out,
            steps=steps,
            seed=seed,
            device=device,
            say=output.say,
        )
        if images and out is not None:
            write_images(columns, out, model)
            output.show_written(len(columns["row"]), out)
        else:
            output.show_columns(columns, out, raw)


def inspect(model: Model, as_json: Json = False, quiet: Quiet = False) -> None:
    """Show what is in a model folder, without running anything."""
    from ..artifacts import inspect
    from ..workflows.model_place import model_folder

    with Output(as_json, quiet) as output:
        output.show_model(inspect(model_folder(model, output.say)))


def _use(
    verb: str,
    model: str,
    data: str,
    id_column: str | None,
    out: Path | None,
    raw: bool,
    device: str,
    parts: list[str] | None,
    as_json: bool,
    quiet: bool,
) -> None:
    from .. import workflows

    with Output(as_json, quiet, parts or ()) as output:
        columns: dict[str, Any] = getattr(workflows, verb)(
            model, data, id_column=id_column, device=device, say=output.say
        )
        output.show_columns(columns, out, raw)
