"""Kill a labelling server at random moments: ``python -m tests.kills --kills 200``.

People answer without pause, through the server's own door; it is killed (SIGKILL), begun again, and
what was not acknowledged is sent again under the same id. In the end every acknowledged answer is
there, once. ``make kills``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np

from layerwise.annotation.journal import whole

PEOPLE = 3


class Server:
    """A server of labels, begun by the command."""

    def __init__(self, data: Path, out: Path) -> None:
        words = ["label", str(data), "--out", str(out), "--no-browser", "--pretrain", "0"]
        said = out.with_suffix(".said")
        with open(said, "w") as file:
            self.run = subprocess.Popen(
                [sys.executable, "-m", "layerwise.cli", *words, "--classes", "a,b"],
                stderr=file,
                stdout=file,
            )
        while not (found := re.search(r"http://\S+\n", said.read_text())):
            assert self.run.poll() is None, said.read_text()
            time.sleep(0.05)
        address = urlsplit(found[0].strip())
        self.port, self.token = address.port, parse_qs(address.query)["token"][0]

    def ask(self, path: str, given: dict[str, object]) -> dict[str, object]:
        """Return what is answered; anything else is an OSError or HTTPException."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        host = f"127.0.0.1:{self.port}"
        headers = {
            "Host": host,
            "Origin": f"http://{host}",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", path, json.dumps(given), headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise OSError(f"{answer.status}: {body!r}")
            return json.loads(body)
        finally:
            connection.close()

    def kill(self) -> None:
        self.run.kill()
        self.run.wait()


def person(server: Server, name: str, pending: dict[str, dict[str, object]], acked: list) -> None:
    """Answer until the server is gone; what it did not acknowledge stays pending."""
    try:
        for given in list(pending.values()):
            server.ask("/label", given)
            acked.append(given)
            del pending[str(given["id"])]
        while True:
            asked = {"page": name, "who": name, "n": 5}
            for card in server.ask("/next", asked)["cards"]:  # type: ignore[attr-defined]
                given = {"id": os.urandom(8).hex(), "who": name, "row": card["row"], "label": "a"}
                pending[str(given["id"])] = given
                server.ask("/label", given)
                acked.append(given)
                del pending[str(given["id"])]
    except (OSError, http.client.HTTPException):
        pass


def kills(data: Path, out: Path, n: int, seed: int = 0) -> dict[str, int]:
    """Return how many acknowledged answers were lost or doubled by ``n`` kills."""
    rng = random.Random(seed)
    acked: list[dict[str, object]] = []
    pending: list[dict[str, dict[str, object]]] = [{} for _ in range(PEOPLE)]
    for _ in range(n):
        server = Server(data, out)
        threads = [
            threading.Thread(target=person, args=(server, f"person-{i}", pending[i], acked))
            for i in range(PEOPLE)
        ]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.02, 1.5))
        server.kill()
        for thread in threads:
            thread.join()
    server = Server(data, out)  # opens what the last kill left
    for i in range(PEOPLE):
        for given in pending[i].values():
            server.ask("/label", given)
            acked.append(given)
    server.kill()
    records = whole(out / "labels.log").records
    counts = Counter(one["id"] for one in records if one.get("kind") == "label")
    ids = {str(given["id"]) for given in acked}
    lost = sum(counts[one] == 0 for one in ids)
    doubled = sum(count > 1 for count in counts.values()) + len(set(counts) - ids)
    return {"kills": n, "lost": lost, "doubled": doubled}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "rows.npz"
        np.savez(data, X=np.random.default_rng(0).normal(size=(200_000, 4)).astype(np.float32))
        found = kills(data, Path(folder) / "out", options.kills, options.seed)
        answers = len(whole(Path(folder) / "out" / "labels.log").records) - 1
    print(f"{found} ({answers:,} answers)")
    return int(found["lost"] + found["doubled"] > 0)


if __name__ == "__main__":
    sys.exit(main())
