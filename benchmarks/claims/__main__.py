"""The command: see the package's docstring."""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.claims.page import write_page  # noqa: E402
from benchmarks.claims.registry import CLAIMS  # noqa: E402
from benchmarks.claims.runner import run_units, tell  # noqa: E402
from benchmarks.claims.store import Store  # noqa: E402
from benchmarks.claims.study import DATA, Claim  # noqa: E402

OUT = Path(__file__).parents[1] / "results" / "claims"
DOCS = Path(__file__).parents[2] / "docs"


def main(arguments: list[str] | None = None) -> int:
    """Run the missing units and write the page; return the exit status."""
    options = parse(arguments)
    mode = "quick" if options.quick else "full" if options.full else "default"
    chosen = [claim for claim in CLAIMS if options.only is None or claim.number in options.only]
    if not (DATA / "mnist").is_dir():
        tell(
            f"no data at {DATA}: set LAYERWISE_DATA to the folder that holds mnist/, "
            "fashion-mnist/ and tables/"
        )
        return 1
    store = Store(OUT / f"{mode}.jsonl")
    stopped = _run(chosen, store, mode, options)
    page = write_page(
        options.page or (DOCS if mode == "default" else OUT / mode), CLAIMS, store, mode
    )
    tell(f"{page}" + ("; stopped, the same command goes on" if stopped else ""))
    return 130 if stopped else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims", description=sys.modules["benchmarks.claims"].__doc__
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick",
        action="store_true",
        help="tiny networks, 2 seeds, minutes: shows that everything runs",
    )
    size.add_argument(
        "--full", action="store_true", help="the rows and widths of the papers, overnight"
    )
    parser.add_argument(
        "--only",
        type=numbers,
        metavar="3,5",
        help="these claims alone; the page keeps what is stored of the others",
    )
    parser.add_argument(
        "--seeds", type=positive, metavar="N", help="default: 5, claim 4 has 10, with --quick 2"
    )
    parser.add_argument("--retry", action="store_true", help="run failed units again")
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FOLDER",
        help="default: docs/; with --quick and --full beside the units",
    )
    return parser.parse_args(arguments)


def numbers(text: str) -> set[int]:
    """Return the numbers of claims in a list such as '3,5'."""
    try:
        chosen = {int(part) for part in text.split(",")}
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"numbers such as 3,5 are expected, got {text!r}"
        ) from None
    unknown = chosen - {claim.number for claim in CLAIMS}
    if unknown:
        raise argparse.ArgumentTypeError(
            f"there is no claim {', '.join(map(str, sorted(unknown)))}; there are 1 to "
            f"{len(CLAIMS)}"
        )
    return chosen


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of at least 1 is expected, got {text!r}")
    return int(text)


def _run(chosen: list[Claim], store: Store, mode: str, options: argparse.Namespace) -> bool:
    """Run the units; return whether the user stopped it."""
    try:
        run_units(chosen, store, mode, options.seeds, tell=tell, retry=options.retry)
    except KeyboardInterrupt:
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
