"""Who may speak to the page: this machine, with the token of this start, from the page itself."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.responses import JSONResponse

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
MOST_BYTES = 64 * 1024  # of what a page sends


class Guard:
    """An application that answers only who may speak to it; every other request is refused,
    whatever its method.

    Parameters
    ----------
    app : ASGI application
    token : str
        Of this start; a request carries it in its cookie, as a bearer, or, for the page itself, in
        its address.
    hosts : iterable of str
        Names by which the page may be called, beside 127.0.0.1, localhost and ::1.
    any_address : bool, default False
        Whether it may be called by any address in numbers. Names are what a foreign site can make
        point here; numbers are not.
    """

    def __init__(
        self, app: App, token: str, hosts: Iterable[str] = (), any_address: bool = False
    ) -> None:
        self.app, self.token, self.any_address = app, token, any_address
        self.once: set[str] = set()  # that open the page one time: a browser's call is no secret
        self.hosts = {*LOOPBACK, *(host.lower() for host in hosts)}

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = {name.encode(): value.encode() for name, value in HEADERS.items()}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in own]
                message["headers"] = [*kept, *own.items()]
            await send(message)

        refused = self.refusal(scope)
        if refused is not None:
            status, words = refused
            answer = JSONResponse({"error": {"message": words, "hint": HINT}}, status)
            await answer(scope, receive, guarded)
            return
        await self.app(scope, receive, guarded)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return why a request is refused, as a status and words; None where it is not."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not self.is_host(hosts[0]):
            return 403, "The page was called by a name that is not its own."
        method = scope["method"]
        if method not in ("GET", "POST"):
            return 405, f"The method {method} is not used here."
        origins = headers.get("origin", [])
        own = f"{scope.get('scheme', 'http')}://{hosts[0]}"
        if (method == "POST" and not origins) or any(origin != own for origin in origins):
            return 403, "The request does not come from the page."
        if headers.get("sec-fetch-site", ["same-origin"]) not in (["same-origin"], ["none"]):
            return 403, "The request comes from another site."
        if not self.has_token(scope, headers):
            return 403, "The token of this start is missing or wrong."
        return self._body(method, headers)

    def _body(self, method: str, headers: dict[str, list[str]]) -> tuple[int, str] | None:
        if method != "POST":
            return None
        if headers.get("content-type", [""])[0].partition(";")[0].strip() != "application/json":
            return 415, "JSON is taken, and nothing else."
        length = headers.get("content-length", ["?"])[0]
        if not length.isdigit():
            return 411, "The length of what is sent is to be said."
        if int(length) > MOST_BYTES:
            return 413, f"At most {MOST_BYTES:,} bytes are taken."
        return None

    def is_host(self, host: str) -> bool:
        """Say whether the page may be called so."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.any_address

    def has_token(self, scope: Scope, headers: dict[str, list[str]]) -> bool:
        """Say whether a request carries the token."""
        given = [
            value[7:] for value in headers.get("authorization", []) if value.startswith("Bearer ")
        ]
        own = f"{cookie_of(self.token)}="
        for value in headers.get("cookie", []):  # other pages of this machine set odd ones
            parts = (part.strip() for part in value.split(";"))
            given += [part[len(own) :] for part in parts if part.startswith(own)]
        if scope["method"] == "GET" and scope["path"] == "/":
            asked = parse_qs(scope["query_string"].decode("latin-1"))
            given += asked.get("token", [])
            if once := self.once.intersection(asked.get("once", [])):
                self.once -= once
                return True
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given)


HINT = "Open the address that layerwise label printed when it began."


def new_token() -> str:
    """Return a token that nobody guesses.

    >>> len(new_token())
    43
    """
    return secrets.token_urlsafe(32)


def cookie_of(token: str) -> str:
    """Return the name of a token's cookie: pages of two starts on one machine have two."""
    return f"layerwise-{hashlib.sha256(token.encode()).hexdigest()[:8]}"
