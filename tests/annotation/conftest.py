"""A page that is served while a test runs."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from layerwise.annotation import Cards, Journal, Session
from layerwise.annotation.guard import new_token
from layerwise.annotation.server import application
from layerwise.annotation.serving import listening, serve


@dataclass
class Served:
    """A page: where it is, and what is behind it."""

    session: Session
    token: str
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"http://{self.host}/?token={self.token}"

    def headers(self) -> dict[str, str]:
        return {
            "Host": self.host,
            "Origin": f"http://{self.host}",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }

    def ask(
        self,
        path: str,
        given: Any = None,
        method: str | None = None,
        headers: dict[str, str | None] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, what was answered, and headers; a header that is None is left out."""
        said = self.headers() | (headers or {})
        if body is None and given is not None:
            body = json.dumps(given).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        method = method or ("GET" if body is None else "POST")
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        if body is not None and "Content-Length" not in said:
            said["Content-Length"] = str(len(body))
        for name, value in said.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        kept = {name.lower(): value for name, value in answer.getheaders()}
        connection.close()
        is_json = kept.get("content-type", "").startswith("application/json")
        return answer.status, json.loads(data) if is_json and data else data, kept


@pytest.fixture
def served(tmp_path):
    """Return a function that serves a session until the test ends."""
    running = []

    def start(cards=None, classes=("a", "b"), **settings) -> Served:
        cards = cards or Cards(np.arange(24.0).reshape(12, 2))
        journal = Journal(tmp_path / f"labels-{len(running)}.log", {"target": "kind"})
        session = Session(journal, cards, "kind", classes, **({"overlap": 0.0} | settings))
        token, door = new_token(), listening("127.0.0.1", 0)
        app = application(session, token)
        thread = threading.Thread(target=serve, args=(app, session, door), daemon=True)
        thread.start()
        running.append((session, journal, thread, door))
        return Served(session, token, door.getsockname()[1])

    yield start
    for session, journal, thread, door in running:
        session.done.set()
        thread.join(20)
        assert not thread.is_alive()
        door.close()
        journal.close()
