"""`spreadsheets.batchUpdate`: all requests in order on a copy of the document, or none.

The handlers of single requests are in the `do_*` modules; `handles` registers them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.google.emulator import colors
from tests.google.emulator.errors import ApiError, Refused, invalid
from tests.google.emulator.formula import recalculate
from tests.google.emulator.model import MAX_CELLS, Document, Json, Sheet, Span
from tests.google.emulator.places import clamped

MAX_REQUESTS = 100_000
PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if "
    "you need to edit."
)


@dataclass
class Work:
    """A batch under way: the copy that it changes, and who asks."""

    doc: Document
    email: str | None
    project: str = ""
    contrary: frozenset[str] = frozenset()

    def guard(self, sheet: Sheet, span: Span) -> None:
        """Refused when any cell of the span is protected from the caller."""
        for item in sheet.protections:
            if not self.may_edit(item) and _covered(sheet, item, span):
                raise Refused(PROTECTED)

    def may_edit(self, protection: Json) -> bool:
        """Whether the caller may edit what the protection covers: its editors and the owner may."""
        if protection.get("warningOnly") or self.email is None:
            return True
        allowed = {address.casefold() for address in protection.get("editors", {}).get("users", [])}
        return self.email.casefold() in allowed or self.email == self.doc.owner()

    def guard_size(self) -> None:
        """Refused when the document has grown over what Google holds."""
        if self.doc.cell_count() > MAX_CELLS:
            raise Refused(
                f"This action would increase the number of cells in the workbook above the limit of {MAX_CELLS} cells."
            )


Handler = Callable[[Work, Json], Json | None]
HANDLERS: dict[str, Handler] = {}


def handles(name: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of request. Its reply goes under the same name; None is an empty reply."""

    def register(function: Handler) -> Handler:
        HANDLERS[name] = function
        return function

    return register


def _covered(sheet: Sheet, protection: Json, span: Span) -> bool:
    common = span.cut(clamped(sheet, protection.get("range", {})))
    if common is None:
        return False
    left = [common]
    for open_range in protection.get("unprotectedRanges", []):
        hole = clamped(sheet, open_range)
        left = [part for piece in left for part in piece.minus(hole)]
    return bool(left)


def apply(doc: Document, requests: list[Json], email: str | None, project: str = "") -> tuple[Document, list[Json]]:
    """The document after all requests, and the replies. ApiError 400 (nothing changed) where one cannot be done."""
    if not requests:
        raise invalid("Must specify at least one request.")
    if len(requests) > MAX_REQUESTS:
        raise invalid(f"Too many requests in a batch: {len(requests)}. At most {MAX_REQUESTS} are allowed.")
    work = Work(doc.copy(), email, project)
    replies = []
    for position, request in enumerate(requests):
        if not request:
            raise invalid(f"Invalid requests[{position}]: No request set.")
        name, body = next(iter(request.items()))
        replies.append(_one(work, position, name, body))
    recalculate(work.doc)
    for sheet in work.doc.sheets:
        _name_table_columns(sheet)
    return work.doc, replies


def _name_table_columns(sheet: Sheet) -> None:
    """A header cell that was written renames its column of a table."""
    for table in sheet.tables:
        place = table["range"]
        for column in table.get("columnProperties", []):
            value = sheet.value(place["startRowIndex"], place["startColumnIndex"] + column.get("columnIndex", 0))
            if isinstance(value, str):
                column["columnName"] = value


def _one(work: Work, position: int, name: str, body: Json) -> Json:
    handler = HANDLERS.get(name)
    if handler is None:
        raise ApiError(501, f"Invalid requests[{position}].{name}: the emulator does not know this request.")
    try:
        reply = handler(work, colors.normal(name, body))
    except Refused as refused:
        raise invalid(f"Invalid requests[{position}].{name}: {refused}") from None
    except ApiError as error:
        if error.code != 400:
            raise
        raise invalid(f"Invalid requests[{position}].{name}: {error.message}") from None
    return {} if reply is None else {name: reply}


def need(body: Json, *names: str) -> Any:
    """The first of the names that the body has. Refused when it has none."""
    for name in names:
        if body.get(name) is not None:
            return body[name]
    raise Refused(f"{' or '.join(names)} must be specified.")
