"""The studies behind ``recipe="auto"``: ``python -m benchmarks.studies [NAME ...] [--workers N]``;
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


def command(name: str, workers: int | None) -> list[str]:
    """Return the command of a study."""
    data, *rest = STUDIES[name]
    rest = [str(DATA / part) if part.startswith("tables/") else part for part in rest]
    more = [] if workers is None else ["--workers", str(workers)]
    return ["layerwise", "compare", str(DATA / data), *rest, "--out", str(OUT / name), *more]


def shown(name: str) -> str:
    """Return the command as a reader would type it."""
    return shlex.join(command(name, None)).replace(str(DATA), "DATA").replace(str(OUT), "OUT")


def run(name: str, workers: int | None) -> None:
    """Run a study and keep its report and summary."""
    subprocess.run([sys.executable, "-m", "layerwise.cli", *command(name, workers)[1:]], check=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    facts = json.loads((OUT / name / "report.json").read_text())
    facts.pop("rows")
    facts["run"]["command"] = shown(name)
    (DOCS / f"{name}.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    page = (OUT / name / "report.html").read_text()
    (DOCS / f"{name}.html").write_text(page.replace(str(DATA), "DATA").replace(str(OUT), "OUT"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STUDIES))
    parser.add_argument("--workers", type=int)
    parser.add_argument("--list", action="store_true", help="print the commands")
    options = parser.parse_args()
    for name in options.names or STUDIES:
        if name not in STUDIES:
            parser.error(f"there is no study {name!r}; there are {', '.join(STUDIES)}")
        print(f"== {name}: {shown(name)}", flush=True)
        if not options.list:
            run(name, options.workers)


if __name__ == "__main__":
    main()
