"""The application: addresses, and what stands at each. Thin; the desk decides, the guard watches.

Conversations and pages are slow and of one thread, so they have a thread of their own beside the server's loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.web import draw, forms
from sheets_crm.wizard.web.desk import CLOSED, Desk, Goes, Shows
from sheets_crm.wizard.web.guard import Door, Guard, same
from sheets_crm.wizard.web.ports import Pages, path_of
from sheets_crm.wizard.web.sides import Sheaf, Side, Talk
from sheets_crm.words import Lang, say

LINGER_S: Final = 1.0  # between the last page and the end, for what the page still fetches
NEVER_FETCHED_S: Final = 5.0  # the end, when the browser does not come for the last page


def app(
    begin: Callable[[], Conversation] | Conversation | None = None,
    pages: Pages | None = None,
    *,
    door: Door,
    lang: Lang = "ru",
    on_fault: Callable[[Exception], None] = lambda _: None,
) -> Starlette:
    """The pages of a conversation (or of whatever begins one, when it is first needed), of the owner, or both.

    lang: of the pages before anybody chose; a conversation's own language counts more. on_fault: hears of what is our fault.
    """
    sides: list[Side] = []
    if begin is not None:
        sides.append(Talk((lambda: begin) if isinstance(begin, Conversation) else begin))
    if pages is not None:
        sides.append(Sheaf(pages))
    rooms = _Rooms(Desk(sides, door.csrf, lang), door, on_fault)
    rooms.warm()
    made = Starlette(
        routes=[
            Route("/", rooms.start),
            Route("/static/{name}", rooms.static),
            Route(CLOSED, rooms.closed),
            Route("/sure/{mark}", rooms.sure, methods=["GET", "POST"]),
            Route("/{area:str}/{path:path}", rooms.page, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(Guard, door=door)],
        exception_handlers={HTTPException: rooms.missing},
    )
    made.router.redirect_slashes = False
    return made


class _Rooms:
    """What stands at each address."""

    def __init__(self, desk: Desk, door: Door, on_fault: Callable[[Exception], None]) -> None:
        self._desk = desk
        self._door = door
        self._on_fault = on_fault
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    def warm(self) -> None:
        """Begin what is slow to begin while the browser is still opening. What goes wrong is told when somebody is there."""
        self._thread.submit(self._desk.begin)

    async def start(self, _: Request) -> Response:
        return await self._told(self._desk.begin)

    async def static(self, request: Request) -> Response:
        """A file of ours: its name is one of a few, so no path leads anywhere else."""
        name = request.path_params["name"]
        if name not in draw.STATIC:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        kept = {"Cache-Control": "private, max-age=86400"}
        return Response(draw.static(name), media_type=draw.STATIC[name], headers=kept)

    async def page(self, request: Request) -> Response:
        area, path = request.path_params["area"], path_of(request.path_params["path"])
        query = dict(request.query_params)
        if request.method == "GET":
            return await self._told(lambda: self._desk.show(area, path, query))
        form = await self._form(request)
        return await self._told(lambda: self._desk.take(area, path, query, form))

    async def sure(self, request: Request) -> Response:
        mark = request.path_params["mark"]
        if request.method == "GET":
            return await self._told(lambda: self._desk.show_asked(mark))
        form = await self._form(request)
        return await self._told(lambda: self._desk.take_asked(mark, form))

    async def closed(self, _: Request) -> Response:
        """The last page; shown once everything was said, and the end of the server after it."""
        if self._desk.ended is None:
            return RedirectResponse("/", HTTPStatus.SEE_OTHER)
        html = draw.ended(self._desk.lang, is_done=self._desk.ended)
        return HTMLResponse(html, background=BackgroundTask(self._end_after, LINGER_S))

    async def missing(self, _: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        return HTMLResponse(draw.told(self._desk.lang, say("web.no_page", self._desk.lang), "/"), status)

    async def _form(self, request: Request) -> forms.Form:
        """The form that was sent, with the mark that only our own pages bear."""
        try:
            form = await forms.read(request)
        except forms.NotAForm:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from None
        if not same(form.csrf, self._door.csrf):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        return form

    async def _told(self, ask: Callable[[], Goes | Shows]) -> Response:
        """What the desk says, as an answer; errors as their sentences."""
        self._door.working += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._thread, ask)
        except OwnerError as error:
            return self._said(say(error.key, self._desk.lang, **error.values), HTTPStatus.CONFLICT)
        except Exception as error:  # noqa: BLE001 our fault, told as such
            self._on_fault(error)
            return self._said(say("web.fault_ours", self._desk.lang), HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self._door.working -= 1
        if isinstance(answer, Goes) or not answer.is_again:
            self._door.touch()
        if isinstance(answer, Shows):
            return HTMLResponse(answer.html, HTTPStatus.NOT_FOUND if answer.is_missing else HTTPStatus.OK)
        if self._desk.ended is not None:
            asyncio.get_running_loop().call_later(NEVER_FETCHED_S, self._door.on_close)
        return RedirectResponse(answer.to, HTTPStatus.SEE_OTHER)

    def _said(self, sentence: str, status: HTTPStatus) -> Response:
        return HTMLResponse(draw.told(self._desk.lang, sentence, "/"), status)

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._door.on_close()
