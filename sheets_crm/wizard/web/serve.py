"""The server of one sitting: on this computer alone, on a free port, until all is done, nobody is there, or Ctrl-C.

Knows no page. Prints nothing: whoever starts it is handed the address.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from sheets_crm.wizard.web.guard import LOCAL, Door

IDLE_S: Final = 30 * 60.0
LOOK_S: Final = 0.05


def serve(
    app_factory: Callable[[Door], ASGIApp],
    *,
    on_ready: Callable[[str], None],
    open_browser: bool = True,
    idle_s: float = IDLE_S,
) -> None:
    """Serve until the end. on_ready: called with the address as soon as it answers. idle_s: so long without anybody is the end.

    Ctrl-C ends it as calmly as anything else.
    """
    with _bound() as listening:
        door = Door(listening.getsockname()[1])
        config = uvicorn.Config(
            app_factory(door),
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_run(server, listening, door, on_ready, idle_s=idle_s, open_browser=open_browser))


def _bound() -> socket.socket:
    """A free port of this computer, seen from this computer alone; nobody else can take it from us."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform == "win32":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    made.bind((LOCAL, 0))
    return made


async def _run(
    server: uvicorn.Server,
    listening: socket.socket,
    door: Door,
    on_ready: Callable[[str], None],
    *,
    idle_s: float,
    open_browser: bool,
) -> None:
    def end() -> None:
        server.should_exit = True

    door.on_close = end
    watch = asyncio.create_task(_watch(server, door, on_ready, idle_s=idle_s, open_browser=open_browser))
    try:
        await server.serve(sockets=[listening])
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch


async def _watch(
    server: uvicorn.Server, door: Door, on_ready: Callable[[str], None], *, idle_s: float, open_browser: bool
) -> None:
    """Say when it answers; end it when nobody is there any more."""
    while not server.started:  # noqa: ASYNC110 uvicorn tells it in no other way
        await asyncio.sleep(LOOK_S)
    on_ready(door.address)
    if open_browser and has_desktop():
        threading.Thread(target=webbrowser.open, args=(door.address,), daemon=True).start()
    while door.idle_s() < idle_s:  # noqa: ASYNC110 a clock, not an event
        await asyncio.sleep(min(1.0, max(LOOK_S, idle_s / 10)))
    server.should_exit = True


def has_desktop() -> bool:
    """Is there a place for a browser's window? Without one, a text browser would take the terminal over."""
    return sys.platform in {"win32", "darwin"} or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY"))
