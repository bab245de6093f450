"""The Drive subset: files.get, list, create, copy, update, delete, export, permissions.list.

Drive's `version` and `modifiedTime` lag behind, as they do at Google: a hint, never a proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.google.emulator import masks
from tests.google.emulator.errors import ApiError, named, not_found
from tests.google.emulator.model import Document, Json, Sheet

_EDIT = {"owner", "organizer", "fileOrganizer", "writer"}
DEFAULT_FIELDS = {
    "File": "kind,id,name,mimeType",
    "FileList": "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)",
    "PermissionList": "kind,nextPageToken,permissions(kind,id,type,role)",
    "Permission": "kind,id,type,role",
}


@dataclass
class Drive:
    """Files of an emulator. `lag_s`: how late versions are seen."""

    documents: dict[str, Document]
    now: Callable[[], float]
    new_document: Callable[..., Document]
    is_service: Callable[[str | None], bool]
    lag_s: float = 0.0

    def call(self, name: str, path: Json, query: Json, body: Json, email: str | None) -> Any:
        """The whole answer of a method, not yet cut by its mask."""
        handler = getattr(self, "_" + re.sub(r"[^a-z]", "_", name.lower()), None)
        if handler is None:
            raise ApiError(501, f"drive.{name}: the emulator does not know this method.")
        return handler(path, query, body or {}, email)

    def document(self, file_id: str, email: str | None, *, edit: bool = False) -> Document:
        """The file, when the caller may see (or edit) it."""
        doc = self.documents.get(file_id)
        role = doc.role(email) if doc is not None else None
        if doc is None or role is None:
            raise not_found(file_id)
        if edit and role not in _EDIT:
            raise named("insufficientFilePermissions", drive=True)
        return doc

    def file(self, doc: Document, email: str | None) -> Json:
        """A File with all fields that the emulator knows."""
        version, moment = self._seen(doc)
        edit = doc.role(email) in _EDIT
        found: Json = {
            "kind": "drive#file",
            "id": doc.id,
            "name": doc.title,
            "mimeType": doc.mime,
            "version": str(version),
            "modifiedTime": _time(moment),
            "createdTime": _time(doc.moments[0][0] if doc.moments else moment),
            "trashed": doc.trashed,
            "ownedByMe": doc.owner() == email,
            "shared": len(doc.permissions) > 1,
            "webViewLink": f"https://docs.google.com/spreadsheets/d/{doc.id}/edit",
            "owners": [_person(doc.owner() or "")],
            "capabilities": {
                "canEdit": edit,
                "canModifyContent": edit,
                "canShare": edit,
                "canComment": edit or doc.role(email) == "commenter",
                "canCopy": True,
                "canDownload": True,
                "canRename": edit,
                "canTrash": doc.owner() == email,
                "canDelete": doc.owner() == email,
            },
        }
        if doc.editor:
            found["lastModifyingUser"] = _person(doc.editor)
        if edit:
            found["permissions"] = [_permission(item) for item in doc.permissions]
        return found

    def _seen(self, doc: Document) -> tuple[int, float]:
        past = [item for item in doc.moments if item[0] <= self.now() - self.lag_s]
        moment, version = past[-1] if past else (doc.moments[0] if doc.moments else (self.now(), doc.version))
        return version, moment

    def _files_get(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        return self.file(self.document(path["fileId"], email), email)

    def _files_list(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        text = query.get("q", "")
        wanted = re.search(r"name\s*=\s*'((?:[^'\\]|\\.)*)'", text)
        mime = re.search(r"mimeType\s*=\s*'([^']*)'", text)
        found = [
            self.file(doc, email)
            for doc in self.documents.values()
            if doc.role(email)
            and not (wanted and doc.title != wanted[1].replace("\\'", "'"))
            and not (mime and doc.mime != mime[1])
        ]
        return {"kind": "drive#fileList", "incompleteSearch": False, "files": found}

    def _files_create(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        if self.is_service(email):
            raise named("storageQuotaExceeded", drive=True)
        doc = self.new_document(body.get("name", "Untitled"), owner=email)
        doc.mime = body.get("mimeType", doc.mime)
        doc.sheets = doc.sheets or [Sheet(0, "Лист1")]
        return self.file(doc, email)

    def _files_copy(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        source = self.document(path["fileId"], email)
        if self.is_service(email):
            raise named("storageQuotaExceeded", drive=True)
        doc = self.new_document(body.get("name", f"Copy of {source.title}"), owner=email)
        twin = source.copy()
        doc.sheets, doc.named_ranges, doc.metadata = twin.sheets, twin.named_ranges, twin.metadata
        doc.locale, doc.time_zone, doc.mime = source.locale, source.time_zone, source.mime
        return self.file(doc, email)

    def _files_update(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        doc = self.document(path["fileId"], email, edit=True)
        doc.title, doc.trashed = body.get("name", doc.title), body.get("trashed", doc.trashed)
        return self.file(doc, email)

    def _files_delete(self, path: Json, query: Json, body: Json, email: str | None) -> None:
        doc = self.document(path["fileId"], email)
        if doc.owner() != email:
            raise named("insufficientFilePermissions", drive=True)
        del self.documents[doc.id]

    def _files_export(self, path: Json, query: Json, body: Json, email: str | None) -> bytes:
        from tests.google.emulator.save import workbook_bytes

        doc = self.document(path["fileId"], email)
        if query.get("mimeType") != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
            raise ApiError(400, "The requested conversion is not supported.", reason="badRequest")
        return workbook_bytes(doc)

    def _permissions_list(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        doc = self.document(path["fileId"], email, edit=True)
        return {"kind": "drive#permissionList", "permissions": [_permission(item) for item in doc.permissions]}

    def _about_get(self, path: Json, query: Json, body: Json, email: str | None) -> Json:
        if "fields" not in query:
            raise ApiError(
                400, "The 'fields' parameter is required for this method.", reason="required", location="fields"
            )
        return {"kind": "drive#about", "user": _person(email or "")}


def _permission(item: Json) -> Json:
    kept = {
        name: value
        for name, value in item.items()
        if name in {"id", "type", "role", "emailAddress", "displayName", "domain"}
    }
    return {"kind": "drive#permission", **kept}


def _person(email: str) -> Json:
    return {"kind": "drive#user", "displayName": email.partition("@")[0], "emailAddress": email}


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(moment % 1 * 1000):03d}Z"


def cut(schema: str | None, answer: Any, fields: str | None) -> Any:
    """The answer as the mask (or Drive's default) shows it."""
    if schema is None or not isinstance(answer, dict):
        return answer
    text = fields or DEFAULT_FIELDS.get(schema)
    return masks.pick(answer, masks.for_answer("drive", schema, text)) if text else answer
