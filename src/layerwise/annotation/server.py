"""The page's server: cards and pictures by number, answers as they come."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .._errors import DataError, FileError, LayerwiseError, ParameterError
from .._json import parsed
from .guard import Guard, cookie_of
from .session import Session

PAGE = files(__package__) / "page"
TYPES = {
    "page.html": "text/html",
    "page.js": "text/javascript",
    "page.css": "text/css",
    "page.svg": "image/svg+xml",
}
SHEETS = ("page.js", "page.css", "page.svg")
MOST_DIGITS = 12
KINDS = ("label", "skip", "undo", "note", "class")


def application(
    session: Session, token: str, hosts: Iterable[str] = (), any_address: bool = False
) -> Guard:
    """Return the application of a session, which answers only those who have the token.

    ``GET`` reads and changes nothing: ``/`` (the page), ``/state``, ``/row/7``, ``/row/7/picture``.
    ``POST`` takes JSON: ``/label``, ``/skip``, ``/undo``, ``/note``, ``/class``, ``/next``,
    ``/review``, ``/leave``, ``/finish``.
    """
    use = functools.partial(functools.partial, session=session)
    taking = [Route(f"/{kind}", use(_take, kind=kind), methods=["POST"]) for kind in KINDS]
    routes = [
        Route("/", functools.partial(_page, token=token), methods=["GET"]),
        *(
            Route(f"/{name}", functools.partial(_file, name=name))
            for name in TYPES
            if name[5] != "h"
        ),
        Route("/state", use(_state), methods=["GET"]),
        Route("/row/{row}", use(_row), methods=["GET"]),
        Route("/row/{row}/picture", use(_picture), methods=["GET"]),
        Route("/next", use(_next), methods=["POST"]),
        Route("/review", use(_review), methods=["POST"]),
        Route("/leave", use(_leave), methods=["POST"]),
        Route("/finish", use(_finish), methods=["POST"]),
        *taking,
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={LayerwiseError: _refused, HTTPException: _unknown},  # type: ignore[dict-item]
    )
    return Guard(app, token, hosts, any_address)


async def _page(request: Request, token: str) -> Response:
    response = _static("page.html")
    response.set_cookie(cookie_of(token), token, httponly=True, samesite="strict", path="/")
    return response


async def _file(request: Request, name: str) -> Response:
    return _static(name)


def _static(name: str) -> Response:
    return Response((PAGE / name).read_bytes(), media_type=f"{TYPES[name]}; charset=utf-8")


async def _state(request: Request, session: Session) -> Response:
    who, page = (request.query_params.get(name, "")[:100] for name in ("who", "page"))
    return JSONResponse(await run_in_threadpool(session.state, who, page))


async def _row(request: Request, session: Session) -> Response:
    who = request.query_params.get("who", "")
    return JSONResponse(await run_in_threadpool(session.card, _number(request), who))


async def _picture(request: Request, session: Session) -> Response:
    data = await run_in_threadpool(session.cards.picture, _number(request))
    return Response(data, media_type="image/png")


def _number(request: Request) -> int:
    """Return the number of a row in the path."""
    given = request.path_params["row"]
    if not (given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS):
        raise DataError(f"There is no row {given[:20]!r}.")
    return int(given)


async def _next(request: Request, session: Session) -> Response:
    given = await _given(request, "page", "who", "n")
    found = await run_in_threadpool(session.give, given["page"], given["who"], given["n"])
    return JSONResponse({"cards": found})


async def _review(request: Request, session: Session) -> Response:
    given = await _given(request, "who", "row", "step")
    if given["step"] not in (-1, 1):
        raise ParameterError("step is to be -1 or 1.")
    found = await run_in_threadpool(session.review, given["who"], given["row"], given["step"])
    return JSONResponse({"card": found})


async def _leave(request: Request, session: Session) -> Response:
    given = await _given(request, "page")
    await run_in_threadpool(session.leave, str(given["page"]))
    return JSONResponse({})


async def _take(request: Request, session: Session, kind: str) -> Response:
    given = await _given(request)
    return JSONResponse(await run_in_threadpool(session.take, kind, given))


async def _finish(request: Request, session: Session) -> Response:
    await _given(request)
    session.done.set()
    return JSONResponse({})


async def _given(request: Request, *names: str) -> dict[str, Any]:
    """Return what a page sent.

    Raises
    ------
    ParameterError
        When it is no JSON object with these names.
    """
    try:
        found = parsed(await request.body(), "what was sent")
    except FileError as error:
        raise ParameterError(error.message) from error
    if not isinstance(found, dict) or not all(name in found for name in names):
        raise ParameterError(f"An object with {', '.join(names) or 'names'} is taken.")
    return found


async def _refused(request: Request, error: LayerwiseError) -> Response:
    status = 400
    if isinstance(error, FileError):
        status = 507  # the disk refused it
    elif isinstance(error, DataError):
        status = 404
    said = {"error": {"message": error.message, "hint": error.hint}}
    return JSONResponse(said, status)


async def _unknown(request: Request, error: HTTPException) -> Response:
    said = {"error": {"message": f"There is nothing at {request.url.path!r}.", "hint": ""}}
    return JSONResponse(said, error.status_code)
