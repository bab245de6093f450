"""`doctor` for a Google spreadsheet: who the program is there, what it may do, and who else may see the clients.

Says what is missing and what to do; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sheets_crm.errors import OwnerError, WorkbookUnreadable
from sheets_crm.sync.google import api_of
from sheets_crm.words import Phrase

if TYPE_CHECKING:
    from sheets_crm.books.google.api import Api
    from sheets_crm.books.google.shape import Shape
    from sheets_crm.sync.intake import Opened

_FILE = "name,mimeType,ownedByMe,owners(emailAddress),capabilities(canEdit),permissions(type,role,emailAddress,domain,deleted,displayName)"
_SPREADSHEET = "application/vnd.google-apps.spreadsheet"
_SHAPE = (
    "properties(title),sheets(properties(sheetId,title),developerMetadata(metadataId,metadataKey,metadataValue),"
    "protectedRanges(protectedRangeId,requestingUserCanEdit,warningOnly))"
)
Found = tuple[str, str, Mapping[str, object], int]  # level, words key, its values, exit code


def access_findings(opened: Opened) -> list[Found]:
    """All that can be said of access to the spreadsheet. OwnerError: it can't be read at all."""
    from sheets_crm.books.google.book import named

    assert opened.google is not None
    api = api_of(opened)
    address = api.who.address
    key = "google.doctor.signed_in" if address else "google.doctor.signed_in_unnamed"
    found: list[Found] = [("ok", key, {"address": address or ""}, 0)]
    with named(api, opened.called):
        answer = api.structure(opened.google, _SHAPE)
    from sheets_crm.books.google.shape import shape_of

    shape = shape_of(answer)
    return [*found, *_file(opened, api, shape), *_guards(shape)]


def _file(opened: Opened, api: Api, shape: Shape) -> Iterator[Found]:
    from sheets_crm.books.google.troubles import Refusal, owner_error

    assert opened.google is not None
    values = {"workbook": shape.title}
    try:
        file = api.file(opened.google, _FILE)
    except (Refusal, OwnerError) as error:
        why = error.message if isinstance(error, Refusal) else Phrase(error.key, error.values)
        yield "warning", "google.doctor.no_drive", {**values, "why": why}, 0
        return
    writable = _writable(file, api.who.address)
    if writable is False:
        refused = owner_error(Refusal(403, ""), title=shape.title, address=api.who.address, writing=True)
        yield "error", refused.key, refused.values, WorkbookUnreadable.exit_code
    elif writable:
        yield "ok", "google.doctor.writable", values, 0
    yield from _people(file.get("permissions") or (), shape.title)


def _writable(file: Mapping[str, Any], address: str | None) -> bool | None:
    """May we write? None: Drive did not say. A server may leave out what is false."""
    told = file.get("capabilities")
    if told:
        return bool(told.get("canEdit"))
    ours = [one for one in file.get("permissions") or () if address and one.get("emailAddress") == address]
    return any(_role(one) == "writer" for one in ours) if ours else None


def _people(permissions: Sequence[Mapping[str, Any]], title: str) -> Iterator[Found]:
    for one in permissions:
        if one.get("type") == "anyone":
            role = Phrase(f"google.doctor.roles.{_role(one)}")
            yield "warning", "google.doctor.anyone", {"workbook": title, "role": role}, 0
    standing = [one for one in permissions if not one.get("deleted")]
    domains = {one.get("domain") or one.get("displayName") or "" for one in standing if one.get("type") == "domain"}
    known = [one.get("emailAddress") or one.get("displayName") or "" for one in standing if one.get("type") != "domain"]
    people: tuple[object, ...] = tuple(sorted(filter(None, known)))
    people += tuple(Phrase("google.doctor.everyone_at", {"domain": one}) for one in sorted(filter(None, domains)))
    if people:
        yield "ok", "google.doctor.people", {"people": people}, 0


def _role(permission: Mapping[str, Any]) -> str:
    role = str(permission.get("role", "reader"))
    return role if role in {"reader", "commenter"} else "writer"


def _guards(shape: Shape) -> Iterator[Found]:
    """Tabs of ours that somebody protected against us."""
    for sheet in shape.sheets:
        for guard in sheet.raw["protectedRanges"] if sheet.tab else ():
            if not guard.get("requestingUserCanEdit") and not guard.get("warningOnly"):
                yield "error", "google.doctor.foreign_guard", {"tab": sheet.title}, WorkbookUnreadable.exit_code
                break
