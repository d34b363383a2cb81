"""Who is answered, and what: the page's server over a real socket."""

from __future__ import annotations

import io
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from layerwise import FileError
from layerwise.annotation import Cards, Journal, Session
from layerwise.annotation.guard import MOST_BYTES, Guard, cookie_of
from layerwise.annotation.server import application

LABEL = {"id": "answer-00", "who": "ann", "page": "p", "row": 3, "label": "a"}


def test_a_label_goes_through_the_door(served):
    page = served()
    status, found, _ = page.ask("/next", {"page": "p", "who": "ann", "n": 2})
    assert status == 200 and len(found["cards"]) == 2
    assert found["cards"][0]["cells"][0][0] == "x0"
    assert page.ask("/label", LABEL)[:2] == (
        200,
        {"labelled": 1, "skipped": 0, "disputed": 0, "row": None},
    )
    assert page.session.labels() == {3: "a"}
    assert page.ask("/state?who=ann")[1]["last"] == {"id": "answer-00", "row": 3}
    assert page.ask("/row/3?who=ann")[1]["mine"] == "a"
    said = {"who": "ann", "row": None, "step": -1}
    assert page.ask("/review", said)[1]["card"]["row"] == 3
    assert page.ask("/leave", {"page": "p"})[0] == 200


HOSTILE = [
    ("no token", "/state", {"Authorization": None}, None, 403),
    ("a wrong token", "/state", {"Authorization": "Bearer x"}, None, 403),
    ("half a token", "/state", {"Authorization": "Bearer HALF"}, None, 403),
    ("a token in an address that is not the page", "/state?token=TOKEN", {}, None, 403),
    ("no token for the page", "/", {"Authorization": None}, None, 403),
    ("no token for its code", "/page.js", {"Authorization": None}, None, 403),
    ("no token for a picture", "/row/0/picture", {"Authorization": None}, None, 403),
    (
        "a foreign cookie",
        "/state",
        {"Authorization": None, "Cookie": "layerwise-x=TOKEN"},
        None,
        403,
    ),
    ("a broken cookie", "/state", {"Authorization": None, "Cookie": '";=\x7f,'}, None, 403),
    ("a foreign host", "/state", {"Host": "evil.example"}, None, 403),
    (
        "a foreign host that looks like ours",
        "/state",
        {"Host": "127.0.0.1.evil.example"},
        None,
        403,
    ),
    ("no host", "/state", {"Host": None}, None, 400),
    ("a foreign host on the page", "/?token=TOKEN", {"Host": "evil.example"}, None, 403),
    ("a foreign origin", "/label", {"Origin": "http://evil.example"}, LABEL, 403),
    ("another port as origin", "/label", {"Origin": "http://127.0.0.1:1"}, LABEL, 403),
    ("no origin", "/label", {"Origin": None}, LABEL, 403),
    ("the origin null", "/label", {"Origin": "null"}, LABEL, 403),
    ("a foreign origin that only reads", "/state", {"Origin": "http://evil.example"}, None, 403),
    ("a frame of another site", "/state", {"Sec-Fetch-Site": "cross-site"}, None, 403),
    ("a form", "/label", {"Content-Type": "application/x-www-form-urlencoded"}, LABEL, 415),
    ("plain text", "/label", {"Content-Type": "text/plain"}, LABEL, 415),
    ("no length", "/label", {"Content-Length": None}, LABEL, 411),
    ("too much", "/label", {"Content-Length": str(MOST_BYTES + 1)}, LABEL, 413),
]


@pytest.mark.parametrize(
    ("path", "headers", "given", "status"),
    [case[1:] for case in HOSTILE],
    ids=[case[0] for case in HOSTILE],
)
def test_who_may_not_speak_is_refused(served, path, headers, given, status):
    page = served()
    filled = {
        name: value and value.replace("TOKEN", page.token).replace("HALF", page.token[:20])
        for name, value in headers.items()
    }
    if "token=" in path:
        filled.setdefault("Authorization", None)
    found = page.ask(path.replace("TOKEN", page.token), given, headers=filled)
    assert found[0] == status
    assert page.session.journal.records == []


@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "BREW"]
)
def test_no_other_method_is_answered(served, method):
    page = served()
    status = page.ask("/state", method=method)[0]
    assert status in (400, 405)


@pytest.mark.parametrize(
    "path", ["/label", "/undo", "/skip", "/note", "/class", "/next", "/finish"]
)
def test_reading_changes_nothing(served, path):
    page = served()
    assert page.ask(path)[0] == 405
    assert page.session.journal.records == [] and not page.session.done.is_set()


def test_the_cookie_of_this_start_opens_the_door(served):
    page = served()
    status, body, headers = page.ask(f"/?token={page.token}", headers={"Authorization": None})
    assert status == 200 and b"<main>" in body
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie.replace("Strict", "strict")
    name = cookie_of(page.token)
    by_cookie = {"Authorization": None, "Cookie": f"other=1; {name}={page.token}"}
    assert page.ask("/state", headers=by_cookie)[0] == 200
    assert served().ask("/state", headers=by_cookie)[0] == 403  # another start


def test_every_answer_forbids_what_a_page_must_not_do(served):
    page = served()
    for path, how in (("/state", {}), ("/nothing", {}), ("/state", {"Host": "evil.example"})):
        headers = page.ask(path, headers=how)[2]
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


@pytest.mark.parametrize(
    "path",
    [
        "/row/../../etc/passwd",
        "/row/%2e%2e%2f/picture",
        "/page/page.js",
        "/../journal.py",
        "/row/x",
    ],
)
def test_rows_have_numbers_and_nothing_else_has_a_path(served, path):
    assert served().ask(path)[0] == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"a":1,"a":2}', b'{"id":NaN}', b"\xff", b"[" * 999]
)
def test_what_is_no_json_is_refused_in_words(served, body):
    page = served()
    status, found, _ = page.ask("/label", body=body, method="POST")
    assert status == 400 and found["error"]["message"]
    assert page.session.journal.records == []


def test_a_refusal_says_what_is_wrong(served):
    status, found, _ = served().ask("/label", LABEL | {"label": "<b>"})
    assert status == 400
    assert found["error"] == {"message": "There is no class '<b>'.", "hint": "Add it first."}


def test_a_full_disk_is_no_acknowledgement(served, monkeypatch):
    page = served()

    def full(record):
        raise FileError("Cannot write: No space left on device.", "Free the disk.")

    monkeypatch.setattr(page.session.journal, "append", full)
    status, found, _ = page.ask("/label", LABEL)
    assert status == 507 and "No space left" in found["error"]["message"]
    assert page.session.labels() == {}


def test_pictures_are_png_by_number(served):
    X = np.arange(3 * 3 * 4 * 5, dtype=np.uint8).reshape(3, -1)
    page = served(Cards(X, (3, 4, 5)))
    status, body, headers = page.ask("/row/1/picture")
    assert status == 200 and headers["content-type"] == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(body)))
    np.testing.assert_array_equal(np.moveaxis(shown, -1, 0), X[1].reshape(3, 4, 5))
    assert page.ask("/row/3/picture")[0] == 404
    assert served().ask("/row/0/picture")[0] == 404  # a table has none


def test_pixels_that_are_no_bytes_are_shown_by_their_range():
    for X, want in (([[0.0, 0.5, 1.0]], [0, 127, 255]), ([[-2.0, 0.0, 2.0]], [0, 127, 255])):
        png = Cards(np.array(X, dtype=np.float32), (1, 1, 3)).picture(0)
        assert np.asarray(Image.open(io.BytesIO(png))).tolist() == [want]


def test_the_page_is_finished_with_from_the_page(served):
    page = served()
    assert page.ask("/finish", {})[0] == 200
    assert page.session.done.wait(5)


@pytest.mark.parametrize(
    ("host", "own", "any_address", "answered"),
    [
        ("localhost:1", (), False, True),
        ("[::1]:1", (), False, True),
        ("192.168.0.7:1", (), False, False),
        ("192.168.0.7:1", (), True, True),
        ("box.example:1", (), True, False),
        ("box.example:1", ("box.example",), True, True),
        ("[::1", (), True, False),
        ("", (), True, False),
    ],
)
def test_a_page_is_called_by_its_own_names(host, own, any_address, answered):
    assert Guard(None, "t", own, any_address).is_host(host) is answered


@pytest.mark.parametrize("other", ['prefs={"theme":"dark"}', "a=\xe9\xff", "=;;==", '"'])
def test_the_cookies_of_other_pages_of_this_machine_do_no_harm(served, other):
    page = served()
    _, _, headers = page.ask("/?token=" + page.token, headers={"Authorization": None})
    own = headers["set-cookie"].partition(";")[0]
    for both in (f"{other}; {own}", f"{own}; {other}"):
        asked = {"Authorization": None, "Cookie": both}
        assert page.ask("/page.js", headers=asked)[0] == 200
    assert page.ask("/page.js", headers={"Authorization": None, "Cookie": other})[0] == 403


@pytest.mark.parametrize("number", ["9" * 5000, "1.5", "-1", "\u0663", "1e3"])
def test_a_row_that_is_no_number_is_not_there(served, number):
    path = quote(f"/row/{number}")
    assert served().ask(path)[0] == 404 and served().ask(f"{path}/picture")[0] == 404


def test_what_a_browser_is_called_with_opens_the_page_one_time(tmp_path):
    session = Session(Journal(tmp_path / "labels.log", {}), Cards(np.eye(3)), "kind", ["a"])
    guard = application(session, "secret")
    guard.once.add("one-time")
    scope = {"method": "GET", "path": "/", "query_string": b"once=one-time", "scheme": "http"}
    scope["headers"] = [(b"host", b"127.0.0.1:80")]
    assert guard.refusal(scope) is None
    assert guard.refusal(scope)[0] == 403
    assert guard.refusal(scope | {"path": "/state"})[0] == 403
    session.journal.close()
