"""The verbs. Everything heavy is imported inside them, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .._errors import ParameterError
from .._version import __version__
from . import labelling, saved
from .ending import ended
from .options import (
    Data,
    Device,
    Drop,
    Encoder,
    GroupsOption,
    Id,
    Json,
    Keep,
    Metric,
    Quiet,
    Seed,
    Task,
    TextOption,
    With,
    command_line,
)
from .output import Output
from .process import tune_process

app = typer.Typer(
    name="layerwise",
    help="Unsupervised pretraining for data with many rows and few labels, and what it was worth.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Unsupervised pretraining for data with many rows and few labels, and what it was worth."""
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report and the model.")] = Path(
        "demo-out"
    ),
    seed: Seed = 0,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the whole story on embedded digits, in a minute or two: 50 labels, ten draws of them,
    and a report."""
    from .. import workflows

    with Output(as_json, quiet) as output:
        output.show_fit(workflows.demo(seed=seed, out=out, device=device, tell=output.tell))


@app.command()
def fit(
    data: Data,
    target: Annotated[
        str | None,
        typer.Option(help="Column with the labels; rows where it is empty are unlabelled."),
    ] = None,
    no_target: Annotated[
        bool,
        typer.Option("--no-target", help="Learn an encoder from all columns, without labels."),
    ] = False,
    test: Annotated[
        str | None,
        typer.Option(help="Rows for the test, in the same form; else a fifth is held out."),
    ] = None,
    task: Task = None,
    labels: Annotated[
        int | None, typer.Option(help="Keep so many labels and hide the rest.", min=1)
    ] = None,
    labels_from: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file with the labels, by row or file, in place of those of the data, as "
            "layerwise label writes it; or Label Studio's export (JSON)."
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="A recipe by name; auto, the default, takes one that fits the data and says why."
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="field.path=value, e.g. objective.corruption.p=0.3; may be repeated.",
        ),
    ] = None,
    keep: Keep = None,
    drop: Drop = None,
    text: TextOption = None,
    encoder: Encoder = None,
    id_column: Id = None,
    groups: GroupsOption = None,
    class_weight: Annotated[
        list[str] | None,
        typer.Option(
            "--class-weight",
            metavar="WEIGHT",
            help="balanced, none (the default), or CLASS=WEIGHT, which may be given again; the "
            "same for both arms.",
        ),
    ] = None,
    metric: Metric = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            help="Minutes. Training takes as many epochs as fit, the same for both arms, and says "
            "what it cuts; it ends within a tenth or 15 seconds of the limit.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report and the model.")] = Path(
        "layerwise-out"
    ),
    restart: Annotated[
        bool,
        typer.Option(
            "--restart",
            help="Begin anew; else a fit that was stopped goes on where it was, when the same "
            "command is given again.",
        ),
    ] = False,
    seed: Seed = 0,
    device: Device = "auto",
    parts: With = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Pretrain on every row, fine-tune on the labelled ones, and compare with the same network from
    random weights.

    Without labels: an encoder for embed, reconstruct and score.
    """
    from .. import workflows
    from ..workflows.weights import parse_class_weight

    with Output(as_json, quiet, parts or ()) as output:
        result = workflows.fit(
            data,
            target=target,
            no_target=no_target,
            test=test,
            task=task,
            labels=labels,
            labels_from=labels_from,
            recipe=recipe,
            changes=changes or (),
            keep=keep or (),
            drop=drop or (),
            text=text or (),
            encoder=encoder,
            id_column=id_column,
            groups=groups,
            class_weight=parse_class_weight(class_weight or ()),
            metric=metric,
            time_limit=None if time_limit is None else 60 * time_limit,
            seed=seed,
            out=out,
            restart=restart,
            device=device,
            command=command_line(),
            tell=output.tell,
            say=None if quiet else output.say,
        )
        output.show_fit(result)


@app.command()
def compare(
    data: Data,
    target: Annotated[
        str | None, typer.Option(help="Column of the labels; empty cells have none.")
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(
            help="File or folder of rows to test on; by default every draw holds out a fifth."
        ),
    ] = None,
    task: Task = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="A recipe to compare, may be given again; by default three that fit.",
        ),
    ] = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            "--baseline",
            metavar="NAME",
            help="A baseline to compare, may be given again; by default all that fit.",
        ),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Change every recipe: field.path=value, may be given again.",
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Numbers of labels, such as 50,200,1000; by default four that fit."),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            help="How often labels are drawn; by default 5, 10 with fewer than 1,000 rows."
        ),
    ] = None,
    settings: Annotated[
        int,
        typer.Option(
            help="Fine-tuning settings networks choose from, 1 to 4; baselines have grids."
        ),
    ] = 2,
    rows: Annotated[
        int | None, typer.Option(help="Rows without labels in one draw; by default all.")
    ] = None,
    metric: Metric = None,
    practical: Annotated[
        float,
        typer.Option(
            help="What is practically nothing: 0.005 is half a point of accuracy, 0.005 R², or of "
            "a loss half a percent of a guess's; a tenth of the error at most."
        ),
    ] = 0.005,
    transductive: Annotated[
        bool,
        typer.Option("--transductive", help="Let pretraining see the test rows, without labels."),
    ] = False,
    keep: Keep = None,
    drop: Drop = None,
    text: TextOption = None,
    encoder: Encoder = None,
    choose: Annotated[
        str | None,
        typer.Option(
            help="Compare strategies that choose which rows get labels with chance, such as "
            "typical-then-margin,margin, on the codes of one encoder."
        ),
    ] = None,
    synthetic: Annotated[
        str | None,
        typer.Option(
            help="Compare real and made-up rows with real ones alone: mix (between two rows of a "
            "class) or posterior (of a variational autoencoder)."
        ),
    ] = None,
    id_column: Id = None,
    groups: GroupsOption = None,
    workers: Annotated[int | None, typer.Option(help="Processes; by default one per core.")] = None,
    backend: Annotated[str, typer.Option(help="loky (this machine), ray or dask.")] = "loky",
    address: Annotated[str | None, typer.Option(help="Of a Ray or Dask cluster.")] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(help="Minutes; draws that do not fit are left out for all arms alike."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="The study folder: a study that is there goes on.")
    ] = Path("compare-out"),
    seed: Seed = 0,
    device: Device = "auto",
    parts: With = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what pretraining is worth on these data.

    Recipes, the same networks from random weights and simple baselines, over numbers of labels and
    draws of them, with intervals and a verdict. A study that was interrupted goes on where it was.
    """
    from .. import workflows
    from ..evaluation import Study

    with Output(as_json, quiet, parts or ()) as output:
        study = Study(
            _numbers(labels), draws, settings, rows, transductive, practical, seed, metric
        )
        output.tell("comparing")
        result = workflows.compare(
            data,
            target=target,
            test=test,
            task=task,
            recipes=recipe,
            changes=changes or (),
            baseline=baseline,
            study=study,
            keep=keep or (),
            drop=drop or (),
            text=text or (),
            encoder=encoder,
            choose=[name.strip() for name in choose.split(",")] if choose else (),
            synthetic=synthetic,
            id_column=id_column,
            groups=groups,
            out=out,
            workers=workers,
            backend=backend,
            address=address,
            time_limit=None if time_limit is None else 60 * time_limit,
            device=device,
            command=command_line(),
            tell=output.say,
        )
        output.show_study(result)


@app.command()
def recipes(parts: With = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """List the recipes, one line each (with --json: what they are made of and their arguments)."""
    from .. import workflows

    with Output(as_json, quiet, parts or ()) as output:
        output.show_recipes(workflows.recipes())


@app.command()
def download(
    name: Annotated[
        str, typer.Argument(help="As the Hugging Face hub has it: organisation/model.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to make, for --encoder.")],
    revision: Annotated[str, typer.Option(help="A branch, a tag or a commit.")] = "main",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Bring an encoder that somebody else has trained to a folder: no code, no pickles."""
    from ..workflows.download import download_encoder

    with Output(as_json, quiet) as output:
        folder = download_encoder(name, out, revision=revision, say=output.say)
        output.show_folder(folder)


for verb in (
    saved.predict,
    saved.evaluate,
    labelling.suggest,
    labelling.label,
    saved.embed,
    saved.reconstruct,
    saved.score,
    saved.generate,
    saved.inspect,
):
    app.command()(verb)


def main() -> None:
    """Run the command line and leave with 0, 1 (a failure), 2 (a wrong call), 130 or 143
    (interrupted)."""
    tune_process()
    as_json = "--json" in sys.argv
    sys.exit(ended(lambda: app(standalone_mode=False), as_json))


def _numbers(text: str | None) -> tuple[int, ...] | None:
    """Return '50,200' as numbers."""
    if text is None:
        return None
    try:
        return tuple(int(part.replace("_", "")) for part in text.split(","))
    except ValueError:
        raise ParameterError(
            f"--labels takes numbers. Got {text!r} instead.", "For example --labels 50,200,1000"
        ) from None
