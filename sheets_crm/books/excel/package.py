"""An Office Open XML package: its parts, their content types and their relationships, and changes to all three.

Opens only what can be written safely; everything else is refused with a sentence for the owner.
Knows nothing of what is inside sheets.
Source: ECMA-376 part 2.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from sheets_crm.books.excel.archive import Archive, OnDisk, clean
from sheets_crm.books.excel.blob import Blob
from sheets_crm.books.excel.dialect import (
    CONTENT_TYPES,
    DECLARATION,
    RELS_SPACE,
    RELS_TYPE,
    TYPES_SPACE,
)
from sheets_crm.books.excel.xmlsplice import Xml, quote
from sheets_crm.errors import OwnerError, WorkbookUnreadable

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|head|body|meta|\?xml)", re.IGNORECASE)


@dataclass(frozen=True)
class Rel:
    """A relationship; `target` is a part's name (without a slash in front) or, when external, an address."""

    id: str
    type: str
    target: str
    external: bool = False
    absolute: bool = False  # how the target is written

    @property
    def kind(self) -> str:
        """The last word of the type: worksheet, styles, officeDocument ..."""
        return self.type.rsplit("/", 1)[-1]


def rels_name(part: str) -> str:
    """Where the relationships of a part stand ('' is the package itself)."""
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", base + ".rels")


class Package:
    """Parts of a file, and the changes to be written."""

    def __init__(self, data: bytes | OnDisk) -> None:
        _refuse_other_kinds(data)
        self.archive = Archive(data)
        types = self.archive.find(CONTENT_TYPES)
        if not types:
            raise WorkbookUnreadable(_other_zip(self.archive))
        self.types = Types(Xml(self.read(types), types))
        self._rels: dict[str, tuple[Rel, ...]] = {}
        self.put: dict[str, Blob] = {}
        self.drop: set[str] = set()

    def find(self, name: str) -> str | None:
        """The member that holds a part, in its own spelling."""
        return self.archive.find(name)

    def read(self, name: str) -> bytes:
        """A part's content as it stands in the file."""
        return self.archive.read(name)

    def rels(self, part: str) -> tuple[Rel, ...]:
        """The relationships of a part ('' is the package), in their order."""
        if part not in self._rels:
            member = self.find(rels_name(part))
            self._rels[part] = tuple(read_rels(Xml(self.read(member), member), part)) if member else ()
        return self._rels[part]

    def targets(self, part: str) -> list[str]:
        """The existing parts that a part points to; none where its relationships can't be read."""
        try:
            rels = self.rels(part)
        except OwnerError:
            return []
        return [found for rel in rels if not rel.external and (found := self.find(rel.target))]

    def reach(self, start: Iterable[str], *, blocked: Iterable[str] = ()) -> set[str]:
        """All parts that can be reached through relationships without passing a blocked one."""
        seen: set[str] = set()
        stop, todo = set(blocked), list(start)
        while todo:
            part = todo.pop()
            if part not in seen and part not in stop:
                seen.add(part)
                todo.extend(self.targets(part))
        return seen

    def write(self, name: str, blob: Blob) -> bool:
        """Let a part hold this; True when it does not yet."""
        if self.archive.holds(name, blob):
            return False
        self.put[name] = blob
        return True

    def remove(self, part: str) -> None:
        """Let a part, its relationships and its content type be gone."""
        for name in (part, self.find(rels_name(part))):
            if name and name not in self.put:
                self.drop.add(name)
        self.types.remove(part)

    def free_name(self, pattern: str, taken: Iterable[str] = ()) -> str:
        """The first name of the pattern (`xl/tables/table{}.xml`) that neither a part nor a stale entry uses."""
        used = {name.lower() for name in taken} | {name.lower() for name in self.put} | set(self.types.overrides)
        number = 1
        while (name := pattern.format(number)).lower() in used or self.find(name) or self.find(rels_name(name)):
            number += 1
        return name

    def finish(self) -> tuple[Mapping[str, Blob], frozenset[str]]:
        """What to write and what to leave out, content types included."""
        if self.types.xml.edited:
            self.write(self.types.xml.part, Blob.of(self.types.xml.result()))
        return self.put, frozenset(self.drop)


class Types:
    """[Content_Types].xml."""

    def __init__(self, xml: Xml) -> None:
        self.xml = xml
        self.defaults: dict[str, str] = {}
        self.overrides: dict[str, str] = {}
        for each in xml.root.children:
            if each.space == TYPES_SPACE and each.local == "Default":
                self.defaults.setdefault(each.attrs.get("Extension", "").lower(), each.attrs.get("ContentType", ""))
            elif each.space == TYPES_SPACE and each.local == "Override":
                self.overrides[_key(each.attrs.get("PartName", ""))] = each.attrs.get("ContentType", "")

    def of(self, part: str) -> str:
        """The content type of a part; nothing when it has none."""
        extension = posixpath.splitext(posixpath.basename(part))[1].lstrip(".").lower()
        return self.overrides.get(_key(part)) or self.defaults.get(extension, "")

    def add(self, part: str, content_type: str) -> None:
        """Give a part its type by name, and all relationships theirs where the file forgot them."""
        if "rels" not in self.defaults:
            self.defaults["rels"] = RELS_TYPE
            self._append("Default", Extension="rels", ContentType=RELS_TYPE)
        if self.overrides.get(_key(part)) != content_type:
            self.overrides[_key(part)] = content_type
            self._append("Override", PartName="/" + part, ContentType=content_type)

    def remove_default(self, extension: str) -> None:
        """Forget what all parts with an ending are."""
        self.defaults.pop(extension, None)
        for each in self.xml.root.children:
            if each.local == "Default" and each.attrs.get("Extension", "").lower() == extension:
                self.xml.replace(each, "")

    def remove(self, part: str) -> None:
        """Forget a part's own entry."""
        if self.overrides.pop(_key(part), None) is None:
            return
        for each in self.xml.root.children:
            if each.local == "Override" and _key(each.attrs.get("PartName", "")) == _key(part):
                self.xml.replace(each, "")

    def _append(self, local: str, **attrs: str) -> None:
        root = self.xml.root
        text = "".join(f" {name}={quote(value)}" for name, value in attrs.items())
        self.xml.append(root, f"<{root.prefix}{local}{text}/>")


def _key(name: str) -> str:
    """By what a part is known in the list of types, which may write its name as an address."""
    return unquote(clean(name)).lower()


def read_rels(xml: Xml, part: str) -> Iterable[Rel]:
    """The relationships that a .rels part of `part` lists."""
    for each in xml.root.children:
        if each.local != "Relationship" or each.space != RELS_SPACE:
            continue
        target = each.attrs.get("Target", "")
        external = each.attrs.get("TargetMode") == "External"
        absolute = target.startswith(("/", "\\"))
        if not external:
            path = target.replace("\\", "/").split("#")[0]
            base = path if absolute else posixpath.join("/" + posixpath.dirname(part), path)
            target = posixpath.normpath(base).lstrip("/")
        yield Rel(each.attrs.get("Id", ""), each.attrs.get("Type", ""), target, external, absolute)


def target_text(rel_target: str, source: str, *, absolute: bool) -> str:
    """How a target is written in the relationships of `source`."""
    if absolute:
        return "/" + rel_target
    return posixpath.relpath("/" + rel_target, "/" + posixpath.dirname(source))


def rels_part(rels: Iterable[Rel], source: str) -> bytes:
    """A new .rels part."""
    lines = []
    for rel in rels:
        target = rel.target if rel.external else target_text(rel.target, source, absolute=rel.absolute)
        mode = ' TargetMode="External"' if rel.external else ""
        lines.append(f"<Relationship Id={quote(rel.id)} Type={quote(rel.type)} Target={quote(target)}{mode}/>")
    return f'{DECLARATION}<Relationships xmlns="{RELS_SPACE}">{"".join(lines)}</Relationships>'.encode()


def _refuse_other_kinds(data: bytes | OnDisk) -> None:
    """Say what the file is when it is no package at all."""
    if not data:
        raise WorkbookUnreadable("excel.empty")
    if data[:8] == _OLE2:
        raise WorkbookUnreadable("excel.encrypted" if _ENCRYPTED_STREAM in data[:] else "excel.legacy_xls")
    if data[:4] in {b"PK\3\4", b"PK\5\6"}:  # what stands before a zip, no program that opens workbooks passes over
        return
    if _MARKUP.match(data[:512]):
        raise WorkbookUnreadable("excel.markup")
    if b"\0" not in data[:4096] and any(mark in data[:4096] for mark in b",;\t"):
        raise WorkbookUnreadable("excel.text_table")
    raise WorkbookUnreadable("excel.not_zip")


def _other_zip(archive: Archive) -> str:
    """The words key for a zip that is no Office Open XML package."""
    kind = archive.find("mimetype")
    if kind and b"opendocument" in archive.read(kind):
        return "excel.ods"
    return "excel.not_package"
