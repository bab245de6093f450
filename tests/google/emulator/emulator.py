"""The door for tests: `with Emulator() as google: book = google.add_book({"Clients": rows}); google.url`."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.google.emulator.access import ALL_SCOPES, PROJECT, Access
from tests.google.emulator.calls import Calls, Quota
from tests.google.emulator.contrary import MODES
from tests.google.emulator.drive import Drive
from tests.google.emulator.faults import Faults
from tests.google.emulator.load import add_sheets, add_workbook
from tests.google.emulator.model import Document, Json, Sheet
from tests.google.emulator.people import Person
from tests.google.emulator.server import Server
from tests.google.emulator.service import SHEET_MIME, Service
from tests.google.emulator.snapshot import snapshot

OWNER = "owner@example.com"
ROBOT = "robot@emulator-project.iam.gserviceaccount.com"
XLSX_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Sheets = Mapping[str, Sequence[Sequence[Any]]]


class Emulator:
    """Google Sheets and Drive on loopback. As a context manager it listens; without, `service.handle` can be used.

    clock: seconds since 1970, for quotas, versions and tokens. auth: False lets everybody in without a token.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, auth: bool = True, port: int = 0) -> None:
        self.clock = clock
        self.access = Access(clock, required=auth)
        self.service = Service(clock, self.access, Quota(clock))
        self.service.drive = Drive(self.service.documents, clock, self.new_document, self.access.is_service)
        self._port = port
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on 127.0.0.1."""
        self._server = Server(self.service, self._port)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    # --- what tests look at

    @property
    def url(self) -> str:
        """The base URL: what `google.endpoint` is set to."""
        assert self._server is not None, "not listening"
        return self._server.url

    @property
    def token_uri(self) -> str:
        return f"{self.url}/token"

    @property
    def calls(self) -> Calls:
        return self.service.calls

    @property
    def faults(self) -> Faults:
        return self.service.faults

    @property
    def contrary(self) -> frozenset[str]:
        """In which other legitimate ways it answers: see the module of that name."""
        return self.service.contrary

    @contrary.setter
    def contrary(self, modes: Iterable[str]) -> None:
        assert set(modes) <= MODES, modes
        self.service.contrary = frozenset(modes)

    @property
    def quota(self) -> Quota:
        return self.service.quota

    @property
    def drive(self) -> Drive:
        assert self.service.drive is not None
        return self.service.drive

    @property
    def complaints(self) -> list[str]:
        """Answers of the emulator that did not fit the discovery document, and its crashes: empty in a good test."""
        return self.service.complaints

    def document(self, book: str) -> Document:
        """The spreadsheet as it is now. Do not keep it: a write puts another object in its place."""
        return self.service.documents[book]

    def sheet(self, book: str, title: str) -> Sheet:
        """A sheet by title. KeyError when there is none."""
        return self.person(book).sheet(title)

    def snapshot(self, book: str, *, without: Iterable[int] = ()) -> dict[str, Json]:
        """Everything on its sheets, except those with the given ids."""
        return snapshot(self.document(book), without=without)

    def person(self, book: str, email: str | None = OWNER) -> Person:
        """Somebody at work in the spreadsheet."""
        return Person(self.service, book, email)

    # --- what tests set up

    def new_document(self, title: str, *, owner: str | None = OWNER, book: str | None = None) -> Document:
        """A file without sheets."""
        doc = Document(book or "1" + secrets.token_urlsafe(32).replace("-", "x"), title)
        if owner:
            doc.permissions.append(_permission(owner, "owner"))
        doc.moments = [(self.clock(), doc.version)]
        self.service.documents[doc.id] = doc
        return doc

    def add_book(
        self,
        content: Sheets | Path | str,
        *,
        title: str = "База",
        owner: str = OWNER,
        share: Iterable[str] = (ROBOT,),
        locale: str = "ru_RU",
        time_zone: str = "Europe/Moscow",
        book: str | None = None,
    ) -> str:
        """A spreadsheet of plain rows by sheet or of an .xlsx, shared for editing. Its id."""
        doc = self.new_document(title, owner=owner, book=book)
        doc.locale, doc.time_zone = locale, time_zone
        if isinstance(content, Mapping):
            add_sheets(doc, content)
        else:
            add_workbook(doc, Path(content))
        for email in share:
            self.share(doc.id, email)
        return doc.id

    def add_file(self, title: str = "База.xlsx", *, mime: str = XLSX_MIME, share: Iterable[str] = (ROBOT,)) -> str:
        """A file of Drive that is no spreadsheet. Its id."""
        doc = self.new_document(title)
        doc.mime = mime
        for email in share:
            self.share(doc.id, email)
        return doc.id

    def share(self, book: str, email: str | None, role: str = "writer") -> None:
        """Share with an address, or with anyone who has the link (None)."""
        doc = self.document(book)
        self.unshare(book, email)
        doc.permissions.append(_permission(email, role))

    def unshare(self, book: str, email: str | None) -> None:
        """Take an address's rights away."""
        doc = self.document(book)
        doc.permissions = [item for item in doc.permissions if item.get("emailAddress") != email]

    def token(self, email: str = ROBOT, scopes: Iterable[str] = ALL_SCOPES, project: str = PROJECT) -> str:
        """An access token without the token endpoint."""
        return self.access.token(email, frozenset(scopes), project)

    def key_file(self, path: Path, email: str = ROBOT) -> Path:
        """A service account's key file whose token_uri is the emulator's."""
        return self.access.write_key(path, email, self.token_uri)

    def user_info(self, email: str = OWNER) -> Json:
        """The content of an authorised user's file (refresh token), as google-auth reads it."""
        return {
            "type": "authorized_user",
            "client_id": "1000000000001-emulator.apps.googleusercontent.com",
            "client_secret": "emulator-secret",
            "refresh_token": self.access.user(email),
            "token_uri": self.token_uri,
        }

    def client_info(self) -> Json:
        """The content of a client secrets file for the sign-in of an installed app."""
        return {
            "installed": {
                "client_id": "1000000000001-emulator.apps.googleusercontent.com",
                "project_id": PROJECT,
                "auth_uri": f"{self.url}/auth",
                "token_uri": self.token_uri,
                "client_secret": "emulator-secret",
                "redirect_uris": ["http://localhost"],
            }
        }


def _permission(email: str | None, role: str) -> Json:
    if email is None:
        return {"id": "anyoneWithLink", "type": "anyone", "role": role}
    number = str(abs(hash(email)) % 10**20)
    return {"id": number, "type": "user", "role": role, "emailAddress": email, "displayName": email.partition("@")[0]}


__all__ = ["OWNER", "ROBOT", "SHEET_MIME", "XLSX_MIME", "Emulator"]
