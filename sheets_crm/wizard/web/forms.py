"""Forms as browsers send them: read with limits, laid over a screen again, and matched with the screen they were filled on.

Checks the form's own marks (CSRF); what the answers mean is the step's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from sheets_crm.wizard.shapes import Action, Block, Cell, Facts, Field, Fields, Given, Screen, Table

MOST_BYTES: Final = 1_048_576
MOST_FIELDS: Final = 10_000
CSRF, STAMP, ACTION = "_csrf", "_stamp", "_action"
MORE: Final = "_more"  # chosen in a shortened list: show all of it
_KIND: Final = "application/x-www-form-urlencoded"


class NotAForm(Exception):
    """What came is no form of ours, or too much of it."""


@dataclass(frozen=True)
class Form:
    """What was sent. given: without our own marks. action: of the button that was pressed."""

    given: Given
    action: str
    csrf: str
    stamp: str


async def read(request: Request) -> Form:
    """The form in the request's body. NotAForm where it is something else or beyond all bounds."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise NotAForm
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise NotAForm
    return parsed(bytes(body))


def parsed(body: bytes) -> Form:
    """Names and values; line ends as ours, other control characters taken out."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise NotAForm from error
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(_clean(value))
    ours = {name: given.pop(name, [""])[0] for name in (CSRF, STAMP, ACTION)}
    return Form(given, ours[ACTION], ours[CSRF], ours[STAMP])


def _clean(value: str) -> str:
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")


def stamp(screen: Screen, about: str) -> str:
    """A mark of what the screen asks. A form filled on another version of it bears another mark."""
    asked = "\n".join((screen.id, about, *(field.name for field in screen.fields)))
    return hashlib.sha256(asked.encode()).hexdigest()[:12]


def actions(screen: Screen) -> dict[str, Action]:
    """All that can be pressed on the screen, in its tables too, by name."""
    cells = [cell for block in screen.blocks for cell in _cells(block) if isinstance(cell, Cell)]
    inside = [cell.action for cell in cells if cell.action]
    return {action.name: action for action in (*inside, *screen.actions)}


def _cells(block: Block) -> Sequence[str | Cell]:
    if isinstance(block, Table):
        return [cell for row in block.rows for cell in row]
    return [value for _, value in block.pairs] if isinstance(block, Facts) else []


def overlaid(screen: Screen, typed: Given | None, wrong: Mapping[str, str] | None = None) -> Screen:
    """The screen with what was typed in place of its own values, and errors beside their fields."""
    blocks = tuple(
        replace(block, fields=tuple(_overlaid(field, typed, wrong or {}) for field in block.fields))
        if isinstance(block, Fields)
        else block
        for block in screen.blocks
    )
    return replace(screen, blocks=blocks)


def _overlaid(field: Field, typed: Given | None, wrong: Mapping[str, str]) -> Field:
    field = replace(field, error=wrong.get(field.name) or field.error)
    if typed is None:
        return field
    values = tuple(value for value in typed.get(field.name, ()) if value != MORE)
    if field.kind == "many":
        return replace(field, values=values)
    if field.kind == "check":
        return replace(field, value=values[0] if values else "")
    return replace(field, value=values[0]) if values else field


def asks_for_more(given: Given) -> str:
    """The field whose whole list is wanted; "" where none is."""
    return next((name for name, values in given.items() if MORE in values), "")
