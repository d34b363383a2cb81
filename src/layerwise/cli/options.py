"""Options that several verbs take."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Argument(
        help="CSV, Parquet, .npy or .npz file; folder of IDX files, images or Parquet; or digits, "
        "breast-cancer, diabetes."
    ),
]
Model = Annotated[str, typer.Argument(help="A model folder, as fit writes it: OUT/model, or OUT.")]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the facts as one JSON object on standard output, and nothing else there.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress on standard error.")]
Seed = Annotated[int, typer.Option(help="Of every random draw.", min=0)]
NoSeed = Annotated[
    int,
    typer.Option(
        "--seed", help="Taken for the sake of scripts; using a model draws nothing.", min=0
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
File = Annotated[
    Path | None, typer.Option("--out", help="Write the CSV here instead of to standard output.")
]
Keep = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="NAME", help="A column to keep whatever is found about it."),
]
Id = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="NAME", help="A column that names the rows; it goes into every output."
    ),
]
GroupsOption = Annotated[
    str | None,
    typer.Option(
        "--groups",
        metavar="NAME",
        help="A column that says which rows belong together, such as a person; they stay on one "
        "side of every split.",
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="NAME", help="A column to leave out; may be given again."),
]
TextOption = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        metavar="NAME",
        help="A column of free text, where it is not found by itself; may be given again.",
    ),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="FOLDER",
        help="An encoder that somebody else has trained (config.json, model.safetensors, and "
        "tokenizer.json for text), as transformers writes it.",
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What judges: accuracy, balanced_accuracy, macro_f1, log_loss, auc, "
        "average_precision or brier; r2, mean_absolute_error, root_mean_squared_error or pinball. "
        "By default what suits the data.",
    ),
]
Task = Annotated[
    str | None,
    typer.Option(
        metavar="TASK",
        help="classification or regression; by default what follows from the target's values.",
    ),
]
With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="MODULE",
        help="A Python file or module with parts of yours; it is run. May be given again.",
    ),
]
Raw = Annotated[
    bool, typer.Option(help="Do not guard text cells that a spreadsheet would take for a formula.")
]


def command_line() -> str:
    """Return the command as it was typed."""
    return shlex.join(["layerwise", *sys.argv[1:]])
