"""Which small faults do the tests notice? ``python tests/mutate.py``, from the root of a checkout.

Copies of the checkout get one fault at a time, from ``mutants.py``: those written by hand, and from
each room those whose descriptions have the smallest hashes, so that edits elsewhere do not change
the draw. One run of the suite without a fault tells which tests execute which lines; it is kept in
``build/mutants`` until src or tests change. A fault is killed when a test that executes its
statement fails with it and not without it, or does not end in time. Pytest loads this file as a
plugin.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import hashlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest
from coverage import CoverageData

HERE = Path(__file__).resolve().parent
ROOT, KEPT = HERE.parent, HERE.parent / "build" / "mutants"
PER_ROOM, SURVIVING = 18, 0.05
CAP, FIRST = 60.0, 10.0  # seconds of tests for a fault, and of those that are run before the others
SLOWER, STARTING = 5, 90  # a run may take so many times its seconds, and so many seconds more
SLOW_SETUP = 0.2  # seconds; tests of a file with a slower setup stay together
PYTEST = [sys.executable, "-m", "pytest", "-q", "--no-header"]
PYTEST += [part for name in ("no:cacheprovider", "no:randomly", "mutate") for part in ("-p", name)]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that are asked for, in that order."""
    if "MUTATE_TESTS" in os.environ:
        there = {item.nodeid: item for item in items}
        names = json.loads(Path(os.environ["MUTATE_TESTS"]).read_text())
        items[:] = [there[name] for name in names if name in there]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down how long a test took and whether it failed."""
    if "MUTATE_LOG" in os.environ:
        with Path(os.environ["MUTATE_LOG"]).open("a") as log:
            record = [report.nodeid, report.when, report.duration, report.failed]
            log.write(json.dumps(record) + "\n")


# Copies, and pytest in them


def copy_checkout(copy: Path) -> None:
    """Copy the files that git knows or does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)


def state_of(copy: Path) -> str:
    """Return a hash of src and tests, this tool left out."""
    digest = hashlib.sha256()
    for path in sorted(path for part in ("src", "tests") for path in (copy / part).rglob("*")):
        if path.is_file() and path.name not in ("mutate.py", "mutants.py"):
            digest.update(f"{path.relative_to(copy)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def run_pytest(copy: Path, arguments: list[str], limit: float | None, **more: Any) -> int | None:
    """Return pytest's exit status in a copy, or None when it did not end in time."""
    data = Path(os.environ.get("LAYERWISE_DATA", ROOT.parent / "shared" / "data")).resolve()
    env = os.environ | {name: str(value) for name, value in more.items()}
    env |= {"LAYERWISE_DATA": str(data)} if data.is_dir() else {}
    env |= {"PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy.parent / 'plugin'}"}
    env |= {"PYTHONDONTWRITEBYTECODE": "1"}  # two faults may come within one tick of a file's time
    command = [*PYTEST, f"--basetemp={copy}.tmp", *arguments]
    with Path(f"{copy}.out").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=copy, env=env, stdout=out, stderr=out, start_new_session=True
        )
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what its tests have left running
            process.wait()


# Which tests execute what


def suite_of(copy: Path) -> dict[str, Any]:
    """Return what the run without a fault says; run it where src or tests have changed."""
    kept = KEPT / f"suite-{state_of(copy)}.json"  # the last one alone stays
    if not kept.is_file():
        print("the suite without a fault (minutes)", flush=True)
        log, data, began = Path(f"{copy}.log"), Path(f"{copy}.coverage"), time.monotonic()
        flags = ["--cov", "--cov-context=test", "--cov-report="]
        status = run_pytest(copy, flags, None, MUTATE_LOG=log, COVERAGE_FILE=data)
        if status not in (0, 1):
            sys.exit(Path(f"{copy}.out").read_text()[-4000:])
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in KEPT.glob("suite-*.json"):
            old.unlink()
        kept.write_text(json.dumps(_read(log, data, copy)))
        print(f"took {time.monotonic() - began:.0f} s", flush=True)
    suite = json.loads(kept.read_text())
    for test in suite["failed"]:
        print(f"left out, since it fails without a fault: {test}", flush=True)
    return suite | {"failed": set(suite["failed"]), "sound": set()}


def _read(log: Path, data: Path, copy: Path) -> dict[str, Any]:
    """Return the seconds of each test, those that fail, the files that are slow to set up, and for
    each line the numbers of the tests that execute it (-1: at import)."""
    seconds, failed, slow = Counter(), set(), set()
    for test, when, duration, bad in map(json.loads, log.open()):
        seconds[test] += duration
        failed |= {test} if bad else set()
        slow |= {_file(test)} if when == "setup" and duration > SLOW_SETUP else set()
    of_context, of_file = {"": {-1}}, defaultdict(set)
    for number, test in enumerate(seconds):
        of_file[_file(test)].add(number)
        of_context |= {f"{test}|{when}": {number} for when in ("run", "teardown")}
    for test in seconds:  # others of its file may share what was set up for it
        of_context[f"{test}|setup"] = of_file[_file(test)]
    measured = CoverageData(str(data))
    measured.read()
    lines = {
        str(Path(file).relative_to(copy / "src" / "layerwise")): {
            line: sorted(set().union(*(of_context.get(name, ()) for name in names)))
            for line, names in measured.contexts_by_lineno(file).items()
        }
        for file in measured.measured_files()
    }
    facts = {"tests": list(seconds), "seconds": seconds, "failed": sorted(failed)}
    return facts | {"slow": sorted(slow), "lines": lines}


def choose_tests(mutant: Any, suite: dict[str, Any]) -> tuple[list[str], str]:
    """Return the tests for a mutant, and what is to be said of them."""
    table, tests, note = suite["lines"].get(mutant.file, {}), suite["tests"], []
    direct = {test for line in mutant.span for test in table.get(str(line), ())}
    others = set()
    if not mutant.inner or direct == {-1}:  # it is executed at import
        others = {test for found in table.values() for test in found}
    elif not direct:
        note = ["not executed"]
        others = {i for i, test in enumerate(tests) if _room(test) == mutant.room}

    def place(test: str) -> tuple[str, float]:
        """The fastest first; then files whose tests share what is slow to set up."""
        together = _file(test) in suite["slow"]
        return _file(test) if together else "", suite["seconds"][test]

    parts = ([tests[i] for i in part if i >= 0] for part in (direct, others - direct))
    order = [t for part in parts for t in sorted(part, key=place) if t not in suite["failed"]]
    total, chosen = 0.0, []
    for test in order:
        total += suite["seconds"][test]
        if total <= CAP or not chosen:
            chosen.append(test)
    if len(chosen) < len(order):
        note.append(f"{len(order) - len(chosen)} of its {len(order)} tests were not run")
    return chosen, ", ".join(note) or ("" if order else "no tests")


def _file(test: str) -> str:
    return test.partition("::")[0]


def _room(test: str) -> str:
    parts = Path(_file(test)).parts
    return "" if parts[0] != "tests" else "top" if len(parts) == 2 else parts[1]


# Trials


def run_tests(tests: list[str], copy: Path, suite: dict[str, Any]) -> tuple[str, list[str]]:
    """Run tests until one fails; return the verdict, and those that were run together to the one
    that failed."""
    total, cut = 0.0, 0
    while cut < len(tests) and total <= FIRST:
        total, cut = total + suite["seconds"][tests[cut]], cut + 1
    for part in filter(None, (tests[:cut], tests[cut:])):
        asked, log = Path(f"{copy}.tests"), Path(f"{copy}.log")
        asked.write_text(json.dumps(part))
        log.write_text("")
        limit = STARTING + SLOWER * sum(suite["seconds"][test] for test in part)
        files = list(dict.fromkeys(map(_file, part)))
        status = run_pytest(copy, [*files, "-x"], limit, MUTATE_TESTS=asked, MUTATE_LOG=log)
        failed = [test for test, _, _, bad in map(json.loads, log.open()) if bad]
        if status is None:
            return "timed out", []
        if status not in (0, 5):  # 5: none is left
            return "killed", part[: part.index(failed[0]) + 1] if failed else []
    return "survived", []


def try_mutant(mutant: Any, copy: Path, suite: dict[str, Any]) -> dict[str, Any]:
    """Return what the tests say of a mutant."""
    path, began = copy / "src" / "layerwise" / mutant.file, time.monotonic()
    clean = path.read_bytes()
    while True:
        tests, note = choose_tests(mutant, suite)
        path.write_bytes(mutant.text)
        verdict, together = run_tests(tests, copy, suite)
        path.write_bytes(clean)
        by = together[-1] if together else ""
        if by and by not in suite["sound"] and run_tests(together, copy, suite)[0] != "survived":
            suite["failed"].add(by)  # it also fails without the fault
            continue
        suite["sound"].add(by)
        texts = (text.decode().splitlines() for text in (clean, mutant.text))
        diff = list(difflib.unified_diff(*texts, lineterm="", n=0))[3:]
        facts = {"name": mutant.name, "verdict": verdict, "note": note, "by": by, "diff": diff}
        facts["where"] = f"{mutant.file}:{mutant.line}"
        return facts | {"seconds": round(time.monotonic() - began, 1)}


def try_all(mutants: list[Any], copies: list[Path], suite: dict[str, Any], file: Path) -> None:
    """Try mutants, one at a time in each copy, and append what is found to a file."""
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)
    state = state_of(copies[0])  # no copy holds a fault yet

    def run(mutant: Any) -> dict[str, Any]:
        copy = free.get()
        try:
            return try_mutant(mutant, copy, suite) | {"state": state}
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            for done, future in enumerate(as_completed([pool.submit(run, m) for m in mutants]), 1):
                result = future.result()
                with file.open("a") as out:
                    out.write(json.dumps(result) + "\n")
                words = f"{result['verdict']:9} {result['seconds']:6} s  {result['name']}"
                print(f"{done:4}/{len(mutants)}  {words}  {result['note']}", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def report(results: list[dict[str, Any]], equivalent: dict[str, str]) -> bool:
    """Print what came of the mutants; return whether few enough survive."""
    alive = [result for result in results if result["verdict"] == "survived"]
    for result in alive:
        why = equivalent.get(result["name"])
        words = f"(equivalent: {why})" if why else result["note"]
        print(f"\n{result['where']}  {result['name']}  {words}", *result["diff"], sep="\n    ")
    counts = defaultdict(Counter)
    for result in results:
        room = result["where"].rpartition("/")[0].partition("/")[0] or "top"
        for row in (room, "all"):
            counts[row].update([result["verdict"], "mutants"])
    columns = ("mutants", "killed", "timed out", "survived")
    print(f"\n{'room':13}", *(f"{column:>10}" for column in columns))
    for row in sorted(counts, key=lambda row: (row == "all", row)):
        print(f"{row:13}", *(f"{counts[row][column]:10}" for column in columns))
    left = [result for result in alive if result["name"] not in equivalent]
    count = len(results) - len(alive) + len(left)
    print(f"{len(left)} of {count} that a test could tell survived")
    return len(left) <= SURVIVING * count


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--per-room", type=int, default=PER_ROOM, help="drawn from each room")
    parser.add_argument("--only", default="", help="draw from mutants whose names hold this")
    parser.add_argument("--workers", type=int, default=2, help="mutants tried at a time")
    parser.add_argument("--list", action="store_true", help="name the mutants and stop")
    words = "results to go on with; survivors are tried again where src or tests have changed since"
    parser.add_argument("--resume", type=Path, help=words)
    return parser.parse_args()


def main() -> int:
    """Try the mutants; 0 when at most 5 % survive and every text written by hand is there."""
    import mutants  # beside this file, whatever imports it

    given, taken = arguments(), Counter()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        copies = [Path(folder, f"copy-{i}") for i in range(given.workers)]
        copy_checkout(copies[0])
        by_hand, _ = mutants.named_mutants(copies[0])
        every, stale = mutants.every_mutant(copies[0]), mutants.stale(copies[0])
        chosen = [mutant for mutant in by_hand if given.only in mutant.name]
        for mutant in every:
            if given.only in mutant.name and taken[mutant.room] < given.per_room:
                taken[mutant.room] += 1
                chosen.append(mutant)
        for mutant in chosen if given.list else ():
            print(f"{mutant.file}:{mutant.line}  {mutant.name}")
        good = given.list or _tried(chosen, copies, given.resume, mutants.EQUIVALENT)
    for name in stale:
        print(f"STALE {name}: its place is not there, or not once")
    return int(bool(stale) or not good)


def _tried(chosen: list[Any], copies: list[Path], resume: Path | None, equivalent: Any) -> bool:
    """Try mutants, but for those that are known; return whether few enough survive."""
    Path(copies[0].parent, "plugin").mkdir()
    shutil.copyfile(__file__, copies[0].parent / "plugin" / "mutate.py")
    for copy in copies[1:]:
        shutil.copytree(copies[0], copy)
    suite, state = suite_of(copies[0]), state_of(copies[0])
    file = resume or KEPT / f"results-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"

    def known() -> dict[str, dict[str, Any]]:
        found = map(json.loads, file.open()) if file.is_file() else ()
        return {r["name"]: r for r in found if r["verdict"] != "survived" or r["state"] == state}

    before = known()
    left = [mutant for mutant in chosen if mutant.name not in before]
    print(f"{len(left)} of {len(chosen)} mutants are to be tried; results in {file}", flush=True)
    try_all(left, copies, suite, file)
    after = known()
    return report([after[mutant.name] for mutant in chosen], equivalent)


if __name__ == "__main__":
    sys.exit(main())
