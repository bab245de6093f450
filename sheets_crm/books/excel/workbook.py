"""The workbook part: its sheets, its defined names, and the few splices that our tabs need in it and in its .rels.

Finds the workbook through the package's own relationships and refuses kinds that must not be written.
Knows nothing of what a tab looks like.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheets_crm.books.excel.blob import Blob
from sheets_crm.books.excel.chain import chain_sheets
from sheets_crm.books.excel.dialect import DECLARATION, MAX_SHEET_ID, RELS_SPACE, Dialect, dialect_of
from sheets_crm.books.excel.package import Package, Rel, rels_name, target_text
from sheets_crm.books.excel.xmlsplice import Element, Xml, escape, quote
from sheets_crm.errors import WorkbookUnreadable

DRAWN = "_sheets_crm_drawn_"  # + the tab's id: the hidden name that keeps a note of how we drew it
MARKER = "_sheets_crm_"  # + the tab's id: the hidden defined name by which a tab is known to be ours
STYLED = "_sheets_crm_styles"  # the hidden name that keeps a note of the styles part as it was before us
NO_NAMES, EMPTY_TAG, EMPTY_LIST = "", "names/", "names"  # a list of names without any: left out, <a/>, <a></a>
_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")
_BEFORE_CALC = (*_BEFORE_NAMES, "definedNames")
_REFERENCE = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!\[\]]+))!")


@dataclass(frozen=True)
class Sheet:
    """An entry of the workbook's list. `part` is None when its part is not there; `kind` worksheet, chartsheet ..."""

    name: str
    sheet_id: str
    rel_id: str
    state: str
    part: str | None
    kind: str


@dataclass(frozen=True)
class Name:
    """A defined name; `local` is the index of the sheet it belongs to, None for the whole workbook."""

    name: str
    text: str
    local: str | None


class Workbook:
    """The workbook part of a package. WorkbookUnreadable for kinds that can't be written."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = _workbook_part(package)
        _refuse_types(package.types.of(self.part))
        self.xml = Xml(package.read(self.part), self.part)
        self.root = self.xml.root
        dialect = dialect_of(self.root.space)
        if self.root.local != "workbook" or dialect is None:
            raise WorkbookUnreadable("excel.not_package")
        self.dialect: Dialect = dialect
        member = package.find(rels_name(self.part))
        self.rels_member = member or rels_name(self.part)
        empty = f'{DECLARATION}<Relationships xmlns="{RELS_SPACE}"></Relationships>'.encode()
        self.rels_xml = Xml(package.read(member) if member else empty, self.rels_member)
        self.rels: list[Rel] = list(package.rels(self.part))
        self.sheets: list[Sheet] = [self._sheet(each) for each in self._entries()]
        if self.sheets and not any(
            sheet.part for sheet in self.sheets
        ):  # where they stand is lost: a new one would take their place
            raise WorkbookUnreadable("excel.part_broken", part=self.rels_member)
        self.names: list[Name] = [
            Name(e.attrs.get("name", ""), e.text, e.attrs.get("localSheetId")) for e in self._names()
        ]
        if self.sheets and not any(sheet.part for sheet in self.sheets):
            raise WorkbookUnreadable("excel.part_broken", part=self.rels_member)
        self._names_parent = self.root.child("definedNames")
        self._fresh_names: list[str] = []
        self._dropped_names: list[Element] = []
        self._names_grew = False
        self.empty_names = self._kind_of_names()  # how a list of names is left that holds none any more
        self._calculate = False

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.part)

    @property
    def date_1904(self) -> bool:
        """Do dates count from 1904?"""
        settings = self.root.child("workbookPr")
        return settings is not None and is_true(settings.attrs.get("date1904"))

    @property
    def is_protected(self) -> bool:
        """Is the list of sheets locked?"""
        lock = self.root.child("workbookProtection")
        return lock is not None and is_true(lock.attrs.get("lockStructure"))

    @property
    def absolute(self) -> bool:
        """Are the targets of its sheets written from the root?"""
        return any(rel.absolute for rel in self.rels if rel.kind == "worksheet")

    def part_of_kind(self, kind: str) -> str | None:
        """The existing part that the workbook points to as styles, calcChain, sharedStrings ..."""
        found = (self.package.find(rel.target) for rel in self.rels if rel.kind == kind and not rel.external)
        return next((part for part in found if part), None)

    def marked(self) -> dict[str, Sheet]:
        """Our tabs: id in lower case -> sheet, by hidden name; names that point nowhere are left out."""
        by_name = {sheet.name.casefold(): sheet for sheet in self.sheets}
        found: dict[str, Sheet] = {}
        for name in self.names:
            if name.local is None and name.name.casefold().startswith(MARKER):
                sheet = by_name.get(sheet_of(name.text).casefold())
                if sheet and sheet.part and sheet.kind == "worksheet" and sheet not in found.values():
                    found[name.name.casefold().removeprefix(MARKER)] = sheet
        return found

    def add_sheet(self, name: str, part: str) -> Sheet:
        """List a new sheet at the end."""
        rel_id = self.add_rel("worksheet", part)
        sheet = Sheet(name, str(self._free_sheet_id()), rel_id, "visible", part, "worksheet")
        parent = self.root.child("sheets")
        if parent is None:
            raise WorkbookUnreadable("excel.not_package")
        self._keep_shown()
        declare, prefix = self._rel_prefix(parent)
        entry = f"name={quote(name)} sheetId={quote(sheet.sheet_id)} {prefix}id={quote(rel_id)}"
        self.xml.append(parent, f"<{parent.prefix}sheet {declare}{entry}/>")
        self.sheets.append(sheet)
        return sheet

    def _keep_shown(self) -> None:
        """A window that shows a sheet which is not there (they are counted from 0) must not come to show a new one."""
        first = next((place for place, sheet in enumerate(self.sheets) if sheet.state == "visible"), 0)
        for view in self._views():
            for name in ("activeTab", "firstSheet"):
                if view.attrs.get(name) == str(len(self.sheets)):
                    self.xml.set_attr(view, name, str(first))

    def _free_sheet_id(self) -> int:
        """One that neither a sheet has nor a calculation chain still names: of a sheet that is gone."""
        chain = self.part_of_kind("calcChain")
        named = chain_sheets(self.package, chain) if chain else set()
        ids = {int(each) for each in (*(sheet.sheet_id for sheet in self.sheets), *named) if each.isdigit()}
        number = max(ids, default=0) + 1
        return number if number <= MAX_SHEET_ID else min(set(range(1, MAX_SHEET_ID + 1)) - ids)

    def add_rel(self, kind: str, part: str) -> str:
        """Point the workbook to a part; the new relationship's id."""
        numbers = [int(m.group(1)) for rel in self.rels if (m := re.fullmatch(r"rId(\d{1,9})", rel.id, re.IGNORECASE))]
        rel = Rel(f"rId{max(numbers, default=0) + 1}", self.dialect.rel_type(kind), part, absolute=self.absolute)
        self.rels.append(rel)
        root = self.rels_xml.root
        target = target_text(part, self.part, absolute=rel.absolute)
        attrs = f"Id={quote(rel.id)} Type={quote(rel.type)} Target={quote(target)}"
        self.rels_xml.append(root, f"<{root.prefix}Relationship {attrs}/>")
        return rel.id

    def drop_rel(self, part: str) -> None:
        """Forget the relationships to a part."""
        gone = {rel.id for rel in self.rels if not rel.external and self.package.find(rel.target) == part}
        self.rels = [rel for rel in self.rels if rel.id not in gone]
        for each in self.rels_xml.root.children:
            if each.attrs.get("Id") in gone:
                self.rels_xml.replace(each, "")

    def mark(self, tab_id: str, sheet_name: str) -> None:
        """Let the hidden name of a tab point to its sheet; a name that points nowhere is mended."""
        found = next(
            (one for one in self.names if one.local is None and one.name.casefold() == f"{MARKER}{tab_id}".casefold()),
            None,
        )
        if found is None or sheet_of(found.text).casefold() != sheet_name.casefold():
            self._define(MARKER + tab_id, f"{quoted(sheet_name)}!$A$1")

    def _define(self, name: str, text: str) -> None:
        """Let a hidden name of the whole workbook mean this."""
        for each in self._names():
            if each.attrs.get("name", "").casefold() == name.casefold() and "localSheetId" not in each.attrs:
                if each.text != text:
                    self.xml.set_text(each, text)
                return
        prefix = self.root.prefix
        self._fresh_names.append(
            f'<{prefix}definedName name={quote(name)} hidden="1">{escape(text)}</{prefix}definedName>'
        )
        self.names.append(Name(name, text, None))

    def drawn(self, tab_id: str) -> str:
        """What we noted of a tab when we drew it; '' when there is no such note."""
        wanted = f"{DRAWN}{tab_id}".casefold()
        return next((name.text.strip('"') for name in self.names if name.name.casefold() == wanted), "")

    def note_drawn(self, tab_id: str, note: str) -> None:
        """Keep a note with a tab, in a hidden name of its own."""
        self._define(DRAWN + tab_id, f'"{note}"')

    @property
    def styles_note(self) -> str:
        """What we noted of the styles part as it was before us; '' when there is no such note."""
        return next((name.text.strip('"') for name in self.names if name.name.casefold() == STYLED), "")

    def note_styles(self, note: str) -> None:
        """Keep a note of the styles part, in a hidden name of its own."""
        self._define(STYLED, f'"{note}"')

    def remove_sheets(self, gone: Sequence[Sheet]) -> None:
        """Take sheets out of the list, with their names; what counts sheets by their place is counted anew."""
        before = list(self.sheets)
        self.sheets = [sheet for sheet in before if sheet not in gone]
        left = {before.index(sheet): place for place, sheet in enumerate(self.sheets)}
        ids = {sheet.rel_id for sheet in gone}
        for each in self._entries():
            if each.attrs.get(f"{{{self.dialect.rel}}}id") in ids:
                self.xml.replace(each, "")
        for sheet in gone:
            if sheet.part:
                self.drop_rel(sheet.part)
        names = {sheet.name.casefold() for sheet in gone}
        for each in self._names():
            local = each.attrs.get("localSheetId", "")
            ours = not local and each.attrs.get("name", "").casefold().startswith(MARKER)
            if (local.isdigit() and int(local) not in left) or (ours and sheet_of(each.text).casefold() in names):
                self._drop_name(each)
            elif local.isdigit():
                self.xml.set_attr(each, "localSheetId", str(left[int(local)]))
        self._count_views(before, left)

    def _count_views(self, before: Sequence[Sheet], left: Mapping[int, int]) -> None:
        """The sheets that windows show, by their new places; where one is gone, the visible one next to it."""
        visible = [old for old in left if before[old].state == "visible"] or list(left)
        for view in self._views():
            for name in ("activeTab", "firstSheet"):
                at = view.attrs.get(name, "")
                if at.isdigit() and int(at) < len(before) and visible:
                    shown = int(at) if int(at) in left else min(visible, key=lambda old: (abs(old - int(at)), old))
                    self.xml.set_attr(view, name, str(left[shown]))

    def _drop_name(self, name: Element) -> None:
        self.xml.replace(name, "")
        self._dropped_names.append(name)

    def forget(self, tab_id: str) -> None:
        """Remove the note that stands with a tab."""
        self.forget_names(f"{DRAWN}{tab_id}")

    def forget_names(self, beginning: str) -> bool:
        """Remove the hidden names of ours that begin so; was there any?"""
        found = [
            each
            for each in self._names()
            if each.attrs.get("name", "").casefold().startswith(beginning.casefold())
            and "localSheetId" not in each.attrs
            and each not in self._dropped_names
        ]
        for each in found:
            self._drop_name(each)
        return bool(found)

    def _views(self) -> list[Element]:
        parent = self.root.child("bookViews")
        return parent.all("workbookView") if parent else []

    def calculate_on_load(self) -> None:
        """Ask Excel to calculate all formulas when it opens the file."""
        self._calculate = True

    def finish(self) -> None:
        """Hand the edited part and its .rels to the package."""
        self._write_names()  # before calcPr: both may be new at one place, and the schema has an order
        self._write_calculation()
        if self.xml.edited:
            self.package.write(self.part, Blob.of(self.xml.result()))
        if self.rels_xml.edited:
            self.package.write(self.rels_member, Blob.of(self.rels_xml.result()))

    def _write_names(self) -> None:
        fresh, self._fresh_names = "".join(self._fresh_names), []
        parent, prefix = self._names_parent, self.root.prefix
        if fresh:
            self._names_grew = True
            if parent is None:
                self.xml.insert(self._after(_BEFORE_NAMES), f"<{prefix}definedNames>{fresh}</{prefix}definedNames>")
            else:
                self.xml.append(parent, fresh)
        elif parent and self._dropped_names and not self._names_grew and not self._standing_names():
            if self.empty_names == NO_NAMES:
                self.xml.replace(parent, "")
            elif self.empty_names == EMPTY_TAG:
                self.xml.replace(parent, self.xml.tag_of(parent)[:-1] + "/>")

    def _kind_of_names(self) -> str:
        if self._names_parent is None or self._names_parent.children:
            return NO_NAMES
        return EMPTY_TAG if self._names_parent.is_empty else EMPTY_LIST

    def _standing_names(self) -> list[Element]:
        return [name for name in self._names() if name not in self._dropped_names]

    def _write_calculation(self) -> None:
        if not self._calculate:
            return
        self._calculate = False
        settings = self.root.child("calcPr")
        if settings is None:
            self.xml.insert(self._after(_BEFORE_CALC), f'<{self.root.prefix}calcPr fullCalcOnLoad="1"/>')
        elif not is_true(settings.attrs.get("fullCalcOnLoad")):
            self.xml.set_attr(settings, "fullCalcOnLoad", "1")

    def _after(self, locals_: tuple[str, ...]) -> int:
        """The offset behind the last of these children."""
        return max(each.end for each in self.root.children if each.local in locals_ and each.space == self.root.space)

    def _entries(self) -> list[Element]:
        parent = self.root.child("sheets")
        return parent.all("sheet") if parent else []

    def _names(self) -> list[Element]:
        parent = self.root.child("definedNames")
        return parent.all("definedName") if parent else []

    def _sheet(self, entry: Element) -> Sheet:
        rel_id = entry.attrs.get(f"{{{self.dialect.rel}}}id", "")
        rel = next((each for each in self.rels if each.id == rel_id and not each.external), None)
        part = self.package.find(rel.target) if rel else None
        state = entry.attrs.get("state", "visible")
        kind = rel.kind if rel else ""
        return Sheet(entry.attrs.get("name", ""), entry.attrs.get("sheetId", ""), rel_id, state, part, kind)

    def _rel_prefix(self, parent: Element) -> tuple[str, str]:
        """A declaration (or nothing) and the prefix under which relationship ids are written here."""
        for prefix, space in parent.spaces.items():
            if space == self.dialect.rel and prefix:
                return "", prefix + ":"
        return f'xmlns:r="{self.dialect.rel}" ', "r:"


def is_true(value: str | None) -> bool:
    """An XML boolean; absent is false."""
    return value in {"1", "true"}


def quoted(name: str) -> str:
    """A sheet's name as formulas write it; quotes never hurt."""
    return "'" + name.replace("'", "''") + "'"


def sheet_of(reference: str) -> str:
    """The sheet that a reference points into; '' when it points nowhere."""
    found = _REFERENCE.match(reference.strip())
    if not found or found.group(2) == "#REF":
        return ""
    return found.group(1).replace("''", "'") if found.group(1) else found.group(2)


def _workbook_part(package: Package) -> str:
    """The part that the package's relationships name as the document."""
    parts = [rel.target for rel in package.rels("") if rel.kind == "officeDocument" and not rel.external]
    found = next((member for part in parts if (member := package.find(part))), None)
    if found is None:
        raise WorkbookUnreadable("excel.not_package")
    signed = any(name.lower().startswith("_xmlsignatures/") for name in package.archive.members)
    if signed or any(rel.type.endswith("/digital-signature/origin") for rel in package.rels("")):
        raise WorkbookUnreadable("excel.signed")
    return found


def _refuse_types(content_type: str) -> None:
    if "sheet.binary" in content_type:
        raise WorkbookUnreadable("excel.xlsb")
    if "addin" in content_type:
        raise WorkbookUnreadable("excel.addin")
    if "wordprocessingml" in content_type or "presentationml" in content_type:
        raise WorkbookUnreadable("excel.not_package")


def refuse(workbook: Workbook, *, allow_protected: bool) -> None:
    """Refuse to write what may not be written although it can be read."""
    if any("/revisions/" in f"/{name.lower()}" for name in workbook.package.archive.members):
        raise WorkbookUnreadable("excel.shared")
    if workbook.is_protected and not allow_protected:
        raise WorkbookUnreadable("excel.protected")
