"""The harness of the claims: verdicts, resuming after a kill, and the page, on tiny made-up
claims."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.claims.page import render, write_page
from benchmarks.claims.runner import run_units
from benchmarks.claims.store import Store, arms_of
from benchmarks.claims.study import Claim, Contrast, Panel, each, gap
from benchmarks.claims.verdicts import FAILS, HOLDS, OPEN, holm, judge, p_value

ROOT = Path(__file__).parents[2]
SIZES = {"quick": {"n": 1}, "default": {"n": 2, "widths": [3, 2]}, "full": {"n": 3}}


def claim(run=None, *, contrasts=None, needs="all", number=1, **settings):
    return Claim(
        number=number,
        title="B beats A",
        source="Somebody (2000).",
        ran="{n} things of {widths}.",
        sizes=SIZES,
        run=run
        or (lambda size, seed: {"A": {"error": 2.0 + seed}, "B": {"error": 1.0 + 1.1 * seed}}),
        contrasts=contrasts or (gap("A", "B", "error"),),
        panels=(Panel("error", ("error",)),),
        needs=needs,
        **settings,
    )


def seeds_with(differences):
    return {
        seed: {"A": {"error": 5.0 + value}, "B": {"error": 5.0}}
        for seed, value in enumerate(differences)
    }


@pytest.mark.parametrize(
    ("differences", "margin", "kind"),
    [
        ([1.0, 1.1, 0.9, 1.0, 1.2], 0.0, HOLDS),
        ([1.0, 1.1, 0.9, 1.0, 1.2], 2.0, FAILS),
        ([-1.0, -1.1, -0.9, -1.0, -1.2], 0.0, FAILS),
        ([1.0, -1.1, 0.9, -1.0, 1.2], 0.0, OPEN),
        ([-0.1, 0.1, 0.05, -0.05, 0.0], -1.0, HOLDS),
        ([1.0, 1.0, 1.0], 0.5, HOLDS),
        ([0.0, 0.0, 0.0], 0.0, OPEN),
        ([5.0], 0.0, OPEN),
    ],
)
def test_a_difference_is_judged_against_its_margin(differences, margin, kind):
    verdict = judge(claim(contrasts=(gap("A", "B", "error", margin),)), seeds_with(differences))
    assert verdict.kind == kind
    assert verdict.sentence.lower().startswith(kind)


def test_the_interval_is_students():
    (finding,) = judge(claim(), seeds_with([1.0, 2.0, 3.0])).findings
    half = 4.302653 / np.sqrt(3)  # t of 2 degrees of freedom times the standard error
    assert (finding.mean, finding.low, finding.high) == pytest.approx((2.0, 2 - half, 2 + half))
    assert p_value([1.0, 2.0, 3.0], 0.0) == pytest.approx(0.0741799)


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_one_more_judged_difference_makes_each_harder():
    weak = [1.0, 0.2, 1.1, 0.3, 0.9]  # p about 0.02
    alone = claim(contrasts=(gap("A", "B", "error"),))
    three = claim(
        contrasts=tuple(Contrast(f"copy {i}", alone.contrasts[0].values) for i in range(3))
    )
    beside = claim(contrasts=(alone.contrasts[0], gap("B", "A", "error", judged=False)))
    assert judge(alone, seeds_with(weak)).kind == HOLDS
    assert judge(three, seeds_with(weak)).kind == OPEN
    assert judge(beside, seeds_with(weak)).kind == HOLDS
    assert judge(beside, seeds_with(weak)).findings[1].side == "looked at"


@pytest.mark.parametrize(
    ("sides", "needs", "kind"),
    [
        ((1, 1), "all", HOLDS),
        ((1, -1), "all", FAILS),
        ((1, 0), "all", OPEN),
        ((0, -1), "all", FAILS),
        ((0, -1), "any", OPEN),
        ((1, -1), "any", HOLDS),
        ((-1, -1), "any", FAILS),
    ],
)
def test_how_differences_combine(sides, needs, kind):
    wobble = {
        0: [1.0, -1.1, 0.9, -1.0, 1.2],
        1: [9.0, 9.1, 8.9, 9.0, 9.2],
        -1: [-9.0, -9.1, -8.9, -9.0, -9.2],
    }
    contrasts = tuple(
        each(f"number {i}", lambda arms, i=i: arms["A"][str(i)], judged=True)
        for i, _ in enumerate(sides)
    )
    seeds = {
        seed: {"A": {str(i): wobble[side][seed] for i, side in enumerate(sides)}}
        for seed in range(5)
    }
    verdict = judge(claim(contrasts=contrasts, needs=needs), seeds)
    assert verdict.kind == kind
    if kind != HOLDS or needs == "any":
        assert all(f"number {i}" in verdict.sentence for i in range(len(sides)))


def test_nothing_run_has_no_verdict():
    assert judge(claim(), {}).kind == ""


def test_the_rule_is_made_from_the_contrasts():
    assert claim(contrasts=(gap("A", "B", "error", 0.5),)).rule == "A minus B, error > 0.5 points."
    two = claim(contrasts=(gap("A", "B", "error", 0.5), gap("B", "A", "error", -1.0)), needs="any")
    assert (
        two.rule
        == "one of these lies above its margin: A minus B, error > 0.5 points; B minus A, error > "
        "-1 points."
    )


SCRIPT = """
import os, signal, sys
from pathlib import Path
from benchmarks.claims import runner
from benchmarks.claims.store import Store
from benchmarks.claims.study import Claim
runner.machine = lambda: "a machine"
folder, deadly = Path(sys.argv[1]), int(sys.argv[2])
def run(size, seed):
    with open(folder / "ran", "a") as file:
        file.write(f"{seed} ")
    if seed == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"A": {"error": float(seed)}}
claim = Claim(1, "t", "s", "r", {"default": {"n": 1}}, run, (), ())
runner.run_units([claim], Store(folder / "units.jsonl"), "default", 4, tell=print)
"""


def test_a_killed_run_loses_the_unit_in_work_alone(tmp_path):
    def start(deadly):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(deadly)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert start(deadly=2).returncode == -signal.SIGKILL
    assert (tmp_path / "ran").read_text() == "0 1 2 "
    again = start(deadly=-1)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "ran").read_text() == "0 1 2 2 3 "
    assert "2 of 4 units are there already" in again.stdout
    seeds = [record["seed"] for record in Store(tmp_path / "units.jsonl").records()]
    assert seeds == [0, 1, 2, 3]


def test_a_line_cut_short_is_run_again(tmp_path):
    store = Store(tmp_path / "units.jsonl")
    run_units([claim()], store, "default", 2, tell=lambda line: None)
    whole = store.path.read_bytes()
    for cut in (1, 2, len(whole) // 4):
        store.path.write_bytes(whole[:-cut])
        run_units([claim()], store, "default", 2, tell=lambda line: None)
        assert [sorted(store.units(claim(), SIZES["default"]))] == [[0, 1]]


def test_units_of_another_size_or_version_do_not_count(tmp_path):
    store = Store(tmp_path / "units.jsonl")
    run_units([claim()], store, "default", 1, tell=lambda line: None)
    assert store.units(claim(), SIZES["default"]).keys() == {0}
    assert not store.units(claim(), SIZES["quick"])
    assert not store.units(claim(version=2), SIZES["default"])


def failing(size, seed):
    if seed == 1:
        raise RuntimeError("out of luck\nsecond line")
    if seed == 2:
        return {"A": {"error": float("nan")}}
    return {"A": {"error": 2.0 + 0.1 * seed}, "B": {"error": 1.0}}


def test_a_unit_that_fails_is_kept_and_does_not_stop_the_rest(tmp_path, capsys):
    store, told = Store(tmp_path / "units.jsonl"), []
    run_units([claim(failing)], store, "default", 4, tell=told.append)
    units = store.units(claim(failing), SIZES["default"])
    assert sorted(arms_of(units)) == [0, 3]
    assert units[1]["error"] == "RuntimeError: out of luck"
    assert units[2]["error"] == "ValueError: not a finite number: A, error"
    assert any("failed" in line for line in told) and any("min left" in line for line in told)
    count = len(store.records())
    run_units([claim(failing)], store, "default", 4, tell=told.append)
    assert len(store.records()) == count
    run_units([claim()], store, "default", 4, tell=told.append, retry=True)
    assert sorted(arms_of(store.units(claim(), SIZES["default"]))) == [0, 1, 2, 3]


def test_the_page_is_made_from_the_stored_units(tmp_path, capsys):
    store = Store(tmp_path / "units.jsonl")
    claims = [claim(failing), claim(number=2), claim(number=3)]
    run_units(claims[:2], store, "default", 4, tell=lambda line: None)
    page = write_page(tmp_path / "docs", claims, store, "default").read_text()
    assert "Seed 1 failed and is left out: RuntimeError: out of luck." in page
    assert "| 1 | B beats A | not separable here | 2 (2 failed) |" in page
    assert "| 2 | B beats A | holds | 4 |" in page
    assert "| 3 | B beats A | not run | 0 |" in page
    assert "2 things of 3-2." in page
    assert "| A minus B, error | +1.15 | [" in page
    assert page.count("**Holds:** *A minus B, error* lies above its margin.") == 1
    for number in (1, 2):
        plot = tmp_path / "docs" / "claims" / f"{number:02d}.svg"
        assert f"](claims/{number:02d}.svg)" in page
        assert plot.read_bytes().startswith(b"<?xml") and plot.stat().st_size < 60_000
    assert not (tmp_path / "docs" / "claims" / "03.svg").exists()
    first = {path: path.read_bytes() for path in (tmp_path / "docs").rglob("*.*")}
    write_page(tmp_path / "docs", claims, store, "default")
    assert {path: path.read_bytes() for path in (tmp_path / "docs").rglob("*.*")} == first


def test_the_quick_page_says_so():
    assert "say nothing" in render([], "quick")


def test_the_twenty_claims_are_whole():
    from benchmarks.claims.page import sentence
    from benchmarks.claims.registry import CLAIMS

    assert [c.number for c in CLAIMS] == list(range(1, 21))
    for c in CLAIMS:
        assert set(c.sizes) == {"quick", "default", "full"} and c.seeds >= 5
        assert all(
            len({contrast.name for contrast in c.contrasts}) == len(c.contrasts) for c in CLAIMS
        )
        assert c.judged and c.rule and "\n" not in c.rule
        assert all("{" not in sentence(c, mode) for mode in c.sizes)
        assert json.loads(json.dumps(dict(c.sizes["default"]))) == dict(c.sizes["default"])
        assert "(R)" not in c.source
