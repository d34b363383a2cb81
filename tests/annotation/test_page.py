"""The page in a browser: keys, a stop in the middle, two pages, and values that would like to be
markup. Skipped where there is no Chromium (Debian: apt-get install chromium)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_digits

from layerwise.annotation import Cards, Journal
from layerwise.annotation.answers import Answers

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium")
WAIT = 30.0
CONTRAST = Path(__file__).with_name("contrast.js")  # texts below 4.5 to 1


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser):
    """Return a function that opens an address; nothing may go wrong on the page, unless said."""
    contexts = []

    def open_page(address, width=1400, height=900, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(address)
        until(page, "state.facts !== null && !state.busy")
        return page

    yield open_page
    for context in contexts:
        context.close()


def until(page, condition):
    """Wait for something to be true on the page: its policy forbids the driver's own way."""
    end = time.monotonic() + WAIT
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"{condition}: {page.locator('#trouble').text_content()}"
        time.sleep(0.01)


def press(page, key):
    """Press a key, and wait until another row is shown; return the row that was answered."""
    row = page.evaluate("state.now.row")
    page.keyboard.press(key)
    until(page, f"!state.busy && state.now && state.now.row !== {row}")
    return row


@contextlib.contextmanager
def command(data, out, *more):
    """Run ``layerwise label``; give its process and the address of its page."""
    words = ["label", str(data), "--out", str(out), "--no-browser", "--pretrain", "0", *more]
    run = subprocess.Popen(
        [sys.executable, "-m", "layerwise.cli", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        heard = []
        for line in run.stderr:
            heard.append(line)
            if found := re.search(r"http://\S+", line):
                break
        else:
            raise AssertionError("".join(heard))
        yield run, found[0]
    finally:
        run.kill()
        run.communicate()


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    found = load_digits()
    place = tmp_path_factory.mktemp("digits") / "digits.npz"
    np.savez(place, X=(found.images[:300, None] * 15.9375).astype(np.uint8))
    return place, found.target


def test_thirty_digits_by_keyboard_through_a_kill_to_a_file(opened, digits, tmp_path):
    place, truth = digits
    out, classes = tmp_path / "out", ("--classes", "0,1,2,3,4,5,6,7,8,9")
    expected = {}
    with command(place, out, *classes) as (run, address):
        page = opened(address)
        assert page.url.endswith("/") and "token" not in page.url
        done = []
        for _ in range(17):
            row = press(page, str(truth[page.evaluate("state.now.row")]))
            expected[row] = str(truth[row])
            done.append(row)
        for _ in range(2):  # the last two are undone
            page.keyboard.press("z")
            until(page, f"!state.busy && state.now.row === {done[-1]}")
            del expected[done.pop()]
        page.reload()
        until(page, "state.facts !== null && !state.busy && state.now !== null")
        other = opened(address)
        for one in (page, other) * 4:
            row = press(one, str(truth[one.evaluate("state.now.row")]))
            assert row not in expected
            expected[row] = str(truth[row])
        run.send_signal(signal.SIGKILL)
        run.wait()
        page.keyboard.press("5")
        until(page, "!state.busy && !document.getElementById('trouble').hidden")
        assert "this answer is not saved" in page.locator("#trouble").text_content()
    with command(place, out, *classes) as (run, address):
        page = opened(address)
        until(page, f"state.facts.labelled === {len(expected)}")
        while len(expected) < 30:
            row = press(page, str(truth[page.evaluate("state.now.row")]))
            assert row not in expected
            expected[row] = str(truth[row])
        assert page.faults == []
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
        assert run.returncode == 130
        assert "30 labels are in" in said and "The same command goes on from here." in said
        assert "Traceback" not in said
    frame = pl.read_csv(out / "labels.csv", infer_schema=False)
    assert dict(zip(frame["row"].cast(int), frame["label"], strict=True)) == expected
    assert (out / "labels.log").stat().st_mode & 0o777 == 0o600


def test_rows_are_skipped_gone_back_to_and_answered_anew(served, opened):
    page = opened((behind := served()).address)
    first, second = press(page, "a"), press(page, "b")
    skipped = press(page, " ")
    page.keyboard.press("ArrowLeft")
    until(page, f"!state.busy && state.now.row === {skipped}")
    page.keyboard.press("ArrowLeft")
    until(page, f"!state.busy && state.now.row === {second}")
    mine = page.locator("#choices button.mine .name")
    until(page, "document.querySelector('#choices button.mine') !== null")
    assert mine.text_content() == "b"
    press(page, "a")
    assert behind.session.labels() == {first: "a", second: "a"}
    page.keyboard.press("ArrowLeft")
    until(page, "!state.busy && state.reviewing")
    page.keyboard.press("ArrowRight")
    until(page, "!state.busy && !state.reviewing")
    assert page.faults == []


def test_a_class_is_added_and_a_note_left_by_keyboard(served, opened):
    page = opened((behind := served(classes=())).address)
    page.keyboard.press("+")
    page.keyboard.type("new & <b>one</b>")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('#choices button').length === 1")
    assert page.locator("#choices .name").text_content() == "new & <b>one</b>"
    row = page.evaluate("state.now.row")
    page.keyboard.press("n")
    page.keyboard.type("z is no undo here")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('#notes li').length === 1")
    assert press(page, "1") == row
    assert behind.session.labels() == {row: "new & <b>one</b>"}
    assert behind.session.answers.notes[row][0]["text"] == "z is no undo here"


def test_by_mouse_and_by_touch_at_420_pixels(served, opened):
    behind = served()
    page = opened(behind.address, width=420, height=800, has_touch=True)
    row = page.evaluate("state.now.row")
    page.locator("#choices button").nth(1).tap()
    until(page, f"!state.busy && state.now.row !== {row}")
    assert behind.session.labels() == {row: "b"}
    page.locator("#undo").tap()
    until(page, f"!state.busy && state.now.row === {row}")
    assert behind.session.labels() == {}
    assert page.evaluate("document.documentElement.scrollWidth <= 420")
    small = page.evaluate(
        "[...document.querySelectorAll('button')].filter(b => b.offsetHeight && "
        "b.getBoundingClientRect().height < 40).length"
    )
    assert small == 0


def test_numbers_are_typed(served, opened):
    page = opened((behind := served(classes=None)).address)
    row = page.evaluate("state.now.row")
    page.keyboard.type("2,5")
    page.keyboard.press("Enter")
    until(page, f"!state.busy && state.now.row !== {row}")
    assert behind.session.labels() == {row: 2.5}
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    until(page, "!document.getElementById('trouble').hidden")
    assert page.locator("#trouble").text_content() == "A number is asked for."


def test_many_classes_are_found_by_typing(served, opened):
    names = [f"class {i}" for i in range(40)]
    page = opened((behind := served(classes=names)).address)
    page.keyboard.press("/")
    page.keyboard.type("s 37")
    row = page.evaluate("state.now.row")
    page.keyboard.press("Enter")
    until(page, f"!state.busy && state.now.row !== {row}")
    assert behind.session.labels() == {row: "class 37"}


def test_everything_has_a_name_a_role_and_contrast(served, opened):
    for scheme in ("light", "dark"):
        page = opened(served().address, color_scheme=scheme)
        nameless = page.evaluate(
            "[...document.querySelectorAll('button, input')].filter(e => !(e.textContent.trim() || "
            "e.getAttribute('aria-label') || (e.labels && e.labels.length))).length"
        )
        assert nameless == 0
        assert page.locator("main").count() == 1 and page.locator("[role=status]").count() == 1
        assert page.evaluate(CONTRAST.read_text()) == []
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"


PAYLOADS = [
    mark.replace("RUN", "window.ran=1")
    for mark in (
        "<script>RUN</script>",
        "<img src=x onerror=RUN>",
        "<svg onload=RUN>",
        '"><script>RUN</script>',
        "'-RUN-'",
        "javascript:RUN",
        "<iframe srcdoc='<script>parent.ran=1</script>'>",
        "</p></section><script>RUN</script>",
        "<a href=javascript:RUN id=card>x</a>",
        "${RUN}",
        "{{RUN}}",
        "<style>*{display:none}</style>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0;url=//evil.example>",
        "\u2028RUN//",
    )
]


def test_no_value_that_reaches_the_page_is_markup(served, opened):
    """150 script payloads: in cells, texts, column names, names of rows, classes, people, notes,
    reasons of refusals, and what is believed."""
    n = len(PAYLOADS)
    frame = pl.DataFrame({f"{p} {i}": PAYLOADS[i:] + PAYLOADS[:i] for i, p in enumerate(PAYLOADS)})
    cards = Cards(frame, names=PAYLOADS, text_columns=[frame.columns[0]])
    behind = served(cards, PAYLOADS)
    assert n * 10 == 150
    session = behind.session
    session.target, session.status = PAYLOADS[0], PAYLOADS[1]
    for i, mark in enumerate(PAYLOADS):
        who = mark.replace("\u2028", " ")
        for person, label in ((who, mark), ("bob", PAYLOADS[i - 1])):
            given = {"id": f"answer-{i}-{len(person)}", "who": person, "row": i, "label": label}
            session.take("label", given)
        session.take("note", {"id": f"note-0000-{i}", "who": who, "row": i, "text": mark})
    page = opened(behind.address, java_script_enabled=True)
    skeleton = "document.querySelectorAll('script, iframe, style, base, meta, svg, img, a').length"
    before = page.evaluate(skeleton)
    for i in range(n):
        page.evaluate(
            "async (i) => { show({...await ask(`/row/${i}?who=bob`), reason: "
            "document.title, says: [[`<img src=x onerror=window.ran=1> ${i}`, 0.5]]}); "
            "await refresh(); }",
            i,
        )
        assert page.locator("#card .text").count() == 1
    page.evaluate(
        "trouble('<img src=x onerror=window.ran=1>'), tell('<script>window.ran=1</script>')"
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.evaluate(skeleton) == before
    assert page.url == f"http://{behind.host}/"
    assert page.locator("#disagreement-list li").count() == n
    assert page.faults == []


def test_two_people_differ_and_are_shown_to_each_other(served, opened):
    behind = served()
    ann, bob = opened(behind.address), opened(behind.address)
    for page, name in ((ann, "ann"), (bob, "bob")):
        page.fill("#who", name)
        page.keyboard.press("Tab")
        until(page, "!state.busy && state.now !== null")
        page.evaluate("document.activeElement.blur()")
    row = press(ann, "a")
    bob.evaluate("async (row) => show(await ask(`/row/${row}?who=bob`))", row)
    press(bob, "b")
    until(ann, "state.facts.disagreements.length === 1")
    assert ann.locator("#disagreement-list").text_content() == f"Row {row}: ann: a; bob: b"
    ann.locator("#disagreement-list button").click()
    until(ann, f"!state.busy && state.now.row === {row}")
    press(ann, "b")
    until(ann, "state.facts.disagreements.length === 0")
    assert behind.session.labels() == {row: "b"}


def test_no_answer_is_lost_or_doubled_when_the_server_is_killed(digits, tmp_path):
    """A few kills; ``make kills`` has 200."""
    from tests.kills import kills

    assert kills(digits[0], tmp_path / "out", 3, seed=1) == {"kills": 3, "lost": 0, "doubled": 0}
    with Journal(tmp_path / "out" / "labels.log", about_of(tmp_path / "out")) as journal:
        assert Answers(journal.records).count()["labelled"] > 0


def about_of(out):
    from layerwise.annotation.journal import whole

    first = whole(out / "labels.log").records[0]
    return {name: value for name, value in first.items() if name not in ("format", "version")}


def test_two_pages_have_names_of_their_own_and_undo_their_own_answers(opened, served):
    page = served(Cards(np.arange(2.0 * 20).reshape(20, 2)), classes=["cat", "dog"])
    one, two = opened(page.address), opened(page.address)
    assert [each.input_value("#who") for each in (one, two)] == ["1", "2"]
    mine = press(one, "1")
    others = press(two, "2")
    one.keyboard.press("z")
    until(one, f"!state.busy && state.now.row === {mine}")
    assert page.session.labels() == {others: "dog"}
    one.reload()
    until(one, "state.facts !== null && !state.busy && state.now !== null")
    assert one.input_value("#who") == "1"


def test_the_space_bar_presses_a_button_that_is_focused_and_skips_after_a_click(opened, served):
    page = served(Cards(np.arange(2.0 * 20).reshape(20, 2)), classes=["cat", "dog"])
    browser = opened(page.address)
    browser.focus("#choices button:nth-child(2)")
    row = press(browser, " ")
    assert page.session.labels() == {row: "dog"}
    browser.evaluate("document.activeElement.blur()")
    before = browser.evaluate("state.now.row")
    browser.click("#choices button:nth-child(1)")
    until(browser, f"!state.busy && state.now.row !== {before}")
    skipped = press(browser, " ")
    assert page.session.labels() == {row: "dog", before: "cat"}
    assert page.session.answers.said(skipped) == {"1": None}


def test_keys_stay_when_a_class_is_added_and_the_next_row_is_said(opened, served):
    browser = opened(
        served(Cards(np.arange(2.0 * 20).reshape(20, 2)), classes=["cat", "dog"]).address
    )
    keys = "[...state.keys].map(([key, name]) => key + name).join()"
    assert browser.evaluate(keys) == "1cat,2dog"
    browser.keyboard.press("+")
    browser.keyboard.type("1")
    browser.keyboard.press("Enter")
    until(browser, "state.facts.classes.length === 3 && !state.busy")
    assert browser.evaluate(keys).startswith("1cat,2dog,")
    press(browser, "1")
    said = browser.text_content("#heard")
    assert said.startswith("Saved: cat. Next: Row ") and "x0: " in said


def test_rows_of_a_page_that_has_gone_come_to_one_that_has_none(opened, served):
    page = served(Cards(np.arange(2.0 * 4).reshape(4, 2)), classes=["cat"])
    one = opened(page.address)
    two = opened(page.address)
    until(two, "state.now === null")
    one.close()
    until(two, "state.now !== null && !state.busy")
