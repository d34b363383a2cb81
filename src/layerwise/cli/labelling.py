"""The verbs that help to label rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .ending import INTERRUPTED, TERMINATED, Left, Terminated
from .options import (
    Data,
    Device,
    Drop,
    Encoder,
    File,
    Id,
    Json,
    Model,
    Quiet,
    Raw,
    Seed,
    Task,
    TextOption,
    With,
    command_line,
)
from .output import Output


def suggest(
    model: Model,
    data: Data,
    n: Annotated[int, typer.Option("--n", help="How many rows.", min=1)] = 20,
    strategy: Annotated[
        str,
        typer.Option(
            help="random, typical, coverage, margin, entropy, badge, disagreement, "
            "typical-then-margin or with-random."
        ),
    ] = "typical-then-margin",
    target: Annotated[
        str | None,
        typer.Option(help="Column of the labels; by default the one the model was fitted on."),
    ] = None,
    label_studio: Annotated[
        Path | None,
        typer.Option(help="Also write the rows as tasks that Label Studio imports (JSON)."),
    ] = None,
    out: File = None,
    raw: Raw = False,
    device: Device = "auto",
    id_column: Id = None,
    parts: With = None,
    seed: Seed = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say which rows without a label to label next, and why."""
    from .. import workflows

    with Output(as_json, quiet, parts or ()) as output:
        columns = workflows.suggest(
            model,
            data,
            n=n,
            strategy=strategy,
            target=target,
            id_column=id_column,
            label_studio=label_studio,
            seed=seed,
            device=device,
            say=output.say,
        )
        output.show_columns(columns, out, raw)


def label(
    data: Data,
    target: Annotated[
        str | None,
        typer.Option(help="Column of the labels: its empty cells are asked about; or a new one."),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Names of the classes, a,b,c, in the order of their keys."),
    ] = None,
    task: Task = None,
    text: TextOption = None,
    drop: Drop = None,
    id_column: Id = None,
    recipe: Annotated[
        str | None, typer.Option(help="Whose codes the model learns on; by default one that fits.")
    ] = None,
    encoder: Encoder = None,
    pretrain: Annotated[
        float,
        typer.Option(
            help="Minutes that an encoder learns from all rows, beside; 0: none does.", min=0
        ),
    ] = 10.0,
    batch: Annotated[
        int, typer.Option(help="New labels after which the model learns again.", min=1)
    ] = 10,
    overlap: Annotated[
        float,
        typer.Option(help="Share of rows that a second person is asked about.", min=0, max=1),
    ] = 0.1,
    host: Annotated[
        str, typer.Option(help="Address to listen on; by default this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 is a free one.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    out: Annotated[
        Path, typer.Option(help="Folder of the labels: labelling that is there goes on.")
    ] = Path("label-out"),
    seed: Seed = 0,
    device: Device = "auto",
    parts: With = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Label rows on a page in the browser, those that are worth it first.

    Every answer is on the disk at once; a model learns beside, and the page says how good it is and
    whether more labels pay. Finish on the page for a model; Ctrl-C leaves, and the same command
    goes on.
    """
    from .. import workflows

    with Output(as_json, quiet, parts or ()) as output:
        try:
            result = workflows.label(
                data,
                target=target,
                classes=[name.strip() for name in classes.split(",")] if classes else (),
                task=task,
                text=text or (),
                drop=drop or (),
                id_column=id_column,
                recipe=recipe,
                encoder=encoder,
                pretrain=60 * pretrain,
                batch=batch,
                overlap=overlap,
                host=host,
                port=port,
                browser=browser,
                out=out,
                seed=seed,
                device=device,
                say=output.note,
                command=command_line(),
                tell=output.tell,
            )
        except (KeyboardInterrupt, Terminated) as stop:
            output.note("The same command goes on from here.")
            code = INTERRUPTED if isinstance(stop, KeyboardInterrupt) else TERMINATED
            raise Left(code) from None
        output.show_labels(result)
