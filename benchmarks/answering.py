"""How long from a key press to the next row on the screen? ``python -m benchmarks.answering``.

Labels MNIST's 60,000 images on the page in headless Chromium, while the model learns beside: every
digit by its key, and the time until the next one is shown and its answer is on the disk.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from .claims.study import DATA


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=150)
    parser.add_argument("--pause", type=float, default=0.4, help="seconds between two answers")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("no Chromium: apt-get install chromium")
        return 1
    packed = (DATA / "mnist" / "train-labels-idx1-ubyte.gz").read_bytes()
    truth = np.frombuffer(gzip.decompress(packed)[8:], dtype=np.uint8)
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "mnist"
        bare.mkdir()
        shutil.copy(DATA / "mnist" / "train-images-idx3-ubyte.gz", bare)
        words = ["label", str(bare), "--out", str(Path(folder) / "out"), "--no-browser"]
        words += ["--pretrain", "0", "--classes", "0,1,2,3,4,5,6,7,8,9"]
        run = subprocess.Popen(
            [sys.executable, "-m", "layerwise.cli", *words], stderr=subprocess.PIPE, text=True
        )
        assert run.stderr is not None
        address = next(found[0] for line in run.stderr if (found := re.search(r"http://\S+", line)))
        with sync_playwright() as driver:
            page = driver.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"]
            ).new_page()
            page.goto(address)
            while not page.evaluate("state.facts && state.now"):
                time.sleep(0.05)
            for _ in range(options.labels):
                row = page.evaluate("state.now.row")
                began = time.perf_counter()
                page.keyboard.press(str(truth[row]))
                while not page.evaluate(f"state.now && state.now.row !== {row} && !state.busy"):
                    pass
                took.append(1000 * (time.perf_counter() - began))
                time.sleep(options.pause)
            said = page.evaluate("state.facts.progress && state.facts.progress.labels")
        run.terminate()
        run.communicate()
    spread = np.percentile(took, [50, 95, 100])
    print(f"{len(took)} answers, the model had learned from {said}")
    print("milliseconds: median {:.0f}, 95 % below {:.0f}, at most {:.0f}".format(*spread))
    return 0


if __name__ == "__main__":
    sys.exit(main())
