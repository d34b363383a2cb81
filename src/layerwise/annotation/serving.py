"""Running the page's server until it is finished with."""

from __future__ import annotations

import asyncio
import socket

import uvicorn

from .._errors import ParameterError
from .guard import Guard
from .session import Session


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; with port 0 on a free one.

    Raises
    ------
    ParameterError
        When the address cannot be had.
    """
    try:
        found = socket.create_server((host, port), family=_family(host), backlog=128)
    except OSError as error:
        raise ParameterError(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}.",
            "Choose another --port, or leave it out.",
        ) from error
    return found


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def serve(app: Guard, session: Session, door: socket.socket) -> None:
    """Serve a session until it is finished, or until SIGINT or SIGTERM, which are raised again when
    the last answers are out."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # its addresses hold the token
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=3,
        ws="none",
        lifespan="off",
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        watching = asyncio.create_task(_finished(session, server))
        await server.serve(sockets=[door])
        watching.cancel()

    asyncio.run(run())


async def _finished(session: Session, server: uvicorn.Server) -> None:
    """End the server a moment after the session is finished, so that the page hears of it."""
    while not session.done.is_set():
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)
    server.should_exit = True
