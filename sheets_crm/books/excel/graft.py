"""Our tabs put into a package: each drawn onto its own sheet, the user's parts left alone.

Decides names, ids and part names; finds a tab again by its hidden name; removes only what our tabs alone pointed to.
Knows nothing of the file on the disk.
Source: ECMA-376 (the formats), and what was measured on some 2,400 real workbooks.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sheets_crm.books.excel.archive import Stamp
from sheets_crm.books.excel.arrange import arrange
from sheets_crm.books.excel.blob import Blob
from sheets_crm.books.excel.carry import OldTab, OldTable, column_looks, read_old, table_ids
from sheets_crm.books.excel.chain import chain_sheets
from sheets_crm.books.excel.chartxml import CHART_REL, chart_part
from sheets_crm.books.excel.dialect import CHART_TYPE, DRAWING_TYPE, SHEET_TYPE, STYLES_TYPE, TABLE_TYPE
from sheets_crm.books.excel.drawings import OldDrawing, lost_things, read_drawing, redrawn
from sheets_crm.books.excel.footprint import before, note, seen
from sheets_crm.books.excel.layout import Layout, Native
from sheets_crm.books.excel.lists import cut, list_cells, units
from sheets_crm.books.excel.notes import move_notes
from sheets_crm.books.excel.package import Package, Rel, rels_name, rels_part
from sheets_crm.books.excel.references import mentions
from sheets_crm.books.excel.same import look_of
from sheets_crm.books.excel.sheetxml import SheetWriter
from sheets_crm.books.excel.standing import Standing
from sheets_crm.books.excel.styles import Styles
from sheets_crm.books.excel.tablexml import free_table_name, table_part, unique_titles
from sheets_crm.books.excel.wording import in_words
from sheets_crm.books.excel.workbook import Sheet, Workbook
from sheets_crm.books.excel.xmlsplice import Xml
from sheets_crm.books.tab import Tab, Table

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = {"history", "\u0436\u0443\u0440\u043d\u0430\u043b"}  # Excel keeps these names for its own log of changes
_NAME_LIMIT = 31


@dataclass(frozen=True)
class Drawn:
    """A tab drawn over a standing one. before: the note of the last time. lost: what can't be kept (`openbook.things`)."""

    layout: Layout
    old: OldTab
    before: str
    look: str
    area: str
    lost: tuple[str, ...]


class Graft:
    """One write into one package. `written` and `titles` tell what was done.

    links_to: the address of another workbook in which the places lie that our cells point at; None: they lie in this one.
    formula_free: sheets that are known to hold no formula, and need not be searched for one that names our tabs.
    standing: where rows that need not be drawn again lie in the package.
    """

    def __init__(
        self,
        package: Package,
        workbook: Workbook,
        *,
        links_to: str | None = None,
        formula_free: Collection[Stamp] = (),
        standing: Standing | None = None,
    ) -> None:
        self.package, self.workbook, self._links_to, self._formula_free = package, workbook, links_to, formula_free
        self._standing = standing
        self.sheets: dict[str, Blob] = {}  # of our tabs, by part, written now or standing so already
        self.written: list[str] = []
        self.titles: dict[str, str] = {}
        styles = workbook.part_of_kind("styles")
        self._styles_part = styles
        xml = Xml(package.read(styles), styles) if styles else None
        self._before = seen(package, workbook, xml)
        self.styles = Styles(xml, workbook.dialect)
        tables = [name for name in package.archive.members if package.types.of(name) == TABLE_TYPE]
        self._tables = table_ids(package, tables)
        self.drawn: dict[str, Drawn] = {}  # of the tabs that were written over standing ones
        self._replaced: list[Sheet] = []
        self._added: set[str] = set()

    def put(self, tabs: Sequence[Tab]) -> None:
        """Draw all tabs and settle the parts that they share."""
        marked = self.workbook.marked()
        for tab in map(in_words, tabs):
            self._put_one(tab, marked.get(tab.id.casefold()))
        if self.written:
            self._finish_styles()
            self._settle_calculation()
        self.workbook.finish()

    # ---- one tab

    def _put_one(self, tab: Tab, sheet: Sheet | None) -> None:
        old = read_old(self.package, sheet) if sheet else None
        if sheet is None or old is None:
            name = self._free_sheet_name(tab.title)
            part = self._new_part("worksheets/sheet{}.xml", SHEET_TYPE)
            sheet, old = self.workbook.add_sheet(name, part), OldTab(part)
            is_new = True
        else:
            is_new = False
        self.workbook.mark(tab.id, sheet.name)
        self.titles[tab.id] = sheet.name
        partners = _partners(tab.tables, old.tables)
        drawing = self._old_drawing(tab, old)
        layout = self._layout(tab, sheet, old, partners, drawing)
        changed = self._write_parts(layout, old, drawing)
        changed |= move_notes(self.workbook, old, list(zip(layout.tables, partners, strict=True)))
        if not is_new:
            changed |= self._remove_stale(layout, old, drawing)
        if changed or is_new:
            self._note(tab, layout, None if is_new else old)
            if not is_new:
                self._replaced.append(sheet)

    def _note(self, tab: Tab, layout: Layout, old: OldTab | None) -> None:
        """Remember that a tab is written, and how we drew it."""
        self.written.append(tab.id)
        before, look = self.workbook.drawn(tab.id), look_of(tab)
        area = SheetWriter(layout, self.styles, self.workbook.dialect, self.workbook.date_1904).area
        self.workbook.note_drawn(tab.id, f"{look} {area}")
        if old is not None:
            self.drawn[tab.id] = Drawn(layout, old, before, look, area, lost_things(old.rels))

    def _old_drawing(self, tab: Tab, old: OldTab) -> OldDrawing | None:
        return read_drawing(self.package, old.drawing, [chart.title for chart in tab.charts]) if old.drawing else None

    def _layout(
        self, tab: Tab, sheet: Sheet, old: OldTab, partners: list[OldTable | None], old_drawing: OldDrawing | None
    ) -> Layout:
        natives = tuple(self._native(table, partner) for table, partner in zip(tab.tables, partners, strict=True))
        titles = {i: native.titles for i, native in enumerate(natives)}
        matched = replace(old, tables=tuple(p or _NO_TABLE for p in partners))
        vml = next((rel.id for rel in old.comments if rel.kind == "vmlDrawing"), None)
        drawing, charts = self._drawing_parts(tab, old_drawing)
        return Layout(
            tab=replace(tab, heights=_heights(tab.heights, natives)),
            name=sheet.name,
            part=old.part,
            tables=natives,
            lists=list_cells(tab),
            view=old.view,
            columns=column_looks(matched, tab, titles),
            drawing=drawing,
            charts=charts,
            legacy_rel=vml,
            link_rel=_LINK_REL if self._links_to is not None and _has_links(tab) else None,
        )

    def _native(self, table: Table, old: OldTable | None) -> Native:
        titles = unique_titles(column.title for column in table.columns)
        if old is None:
            part = self._new_part("tables/table{}.xml", TABLE_TYPE)
            taken = {name.casefold() for _, name in self._tables.values()}
            taken |= {name.name.casefold() for name in self.workbook.names}
            name = free_table_name(table.name, taken)
            number = max((id_ for id_, _ in self._tables.values()), default=0) + 1
            self._tables[part] = (number, name)
            return Native(table, part, name, number, titles, tuple(range(1, len(titles) + 1)))
        fresh = max(old.columns.values(), default=0)
        ids = []
        for title in titles:
            if title not in old.columns:
                fresh += 1
            ids.append(old.columns.get(title, fresh))
        look = old.xml.source_of(old.look) if old.look and old.xml else ""
        settled = arrange(table, titles, old, date_1904=self.workbook.date_1904)
        return Native(
            table=settled.table,
            part=old.part,
            name=old.name,
            id=old.id,
            titles=titles,
            column_ids=tuple(ids),
            filter=settled.filter,
            sort=settled.sort,
            look=look,
            hidden=settled.hidden,
            order=settled.order,
        )

    def _drawing_parts(self, tab: Tab, old: OldDrawing | None) -> tuple[str | None, tuple[str, ...]]:
        if not tab.charts:
            return (old.part if old and old.theirs else None), ()
        drawing = old.part if old else self._new_part("drawings/drawing{}.xml", DRAWING_TYPE)
        charts = list(old.charts[: len(tab.charts)]) if old else []
        while len(charts) < len(tab.charts):
            charts.append(self._new_part("charts/chart{}.xml", CHART_TYPE))
        return drawing, tuple(charts)

    def _write_parts(self, layout: Layout, old: OldTab, old_drawing: OldDrawing | None) -> bool:
        """All parts of a tab; True when any of them was not there or not the same."""
        dialect = self.workbook.dialect
        writer = SheetWriter(layout, self.styles, dialect, self.workbook.date_1904)
        known = self._standing.of(self.package.archive, layout.part) if self._standing else None
        sheet = Blob.of_pieces(writer.pieces(marked=self._standing is not None), known)
        self.sheets[layout.part] = sheet
        changed = self._write(layout.part, sheet, SHEET_TYPE)
        for native in layout.tables:
            changed |= self._write(native.part, Blob.of(table_part(native, dialect)), TABLE_TYPE)
        if layout.drawing and (layout.charts or (old_drawing and old_drawing.ours)):
            changed |= self._write(layout.drawing, Blob.of(redrawn(old_drawing, layout.tab, dialect)), DRAWING_TYPE)
            for part, chart in zip(layout.charts, layout.tab.charts, strict=True):
                changed |= self._write(part, Blob.of(chart_part(chart, layout, dialect)), CHART_TYPE)
            kept = list(old_drawing.kept) if old_drawing and old_drawing.theirs else []
            ours = [self._rel(CHART_REL.format(i), "chart", part) for i, part in enumerate(layout.charts, 1)]
            changed |= self._write_rels(layout.drawing, ours + kept)
        return changed | self._write_rels(layout.part, self._sheet_rels(layout, old))

    def _sheet_rels(self, layout: Layout, old: OldTab) -> list[Rel]:
        rels = [self._rel("rIdDrawing", "drawing", layout.drawing)] if layout.drawing else []
        rels += [self._rel(f"rIdTable{i}", "table", native.part) for i, native in enumerate(layout.tables, 1)]
        if layout.link_rel and self._links_to is not None:
            kind = self.workbook.dialect.rel_type("hyperlink")
            rels.append(Rel(layout.link_rel, kind, self._links_to, external=True))
        return rels + list(old.comments)

    def _rel(self, rel_id: str, kind: str, part: str) -> Rel:
        return Rel(rel_id, self.workbook.dialect.rel_type(kind), part, absolute=self.workbook.absolute)

    def _write_rels(self, part: str, rels: list[Rel]) -> bool:
        member = self.package.find(rels_name(part)) or rels_name(part)
        if not rels:
            if self.package.find(member):
                self.package.drop.add(member)
                return True
            return False
        return self.package.write(member, Blob.of(rels_part(rels, part)))

    def _write(self, part: str, blob: Blob, content_type: str) -> bool:
        if self.package.types.of(part) != content_type:
            self.package.types.add(part, content_type)
        return self.package.write(part, blob)

    def _remove_stale(self, layout: Layout, old: OldTab, drawing: OldDrawing | None) -> bool:
        """Remove what the old tab alone pointed to and the new one does not."""
        package = self.package
        kept = {layout.part, *(native.part for native in layout.tables), *layout.charts}
        kept |= {layout.drawing} if layout.drawing else set()
        carried = [*old.comments, *(drawing.kept if drawing and drawing.theirs else ())]
        kept |= package.reach(part for rel in carried if not rel.external and (part := package.find(rel.target)))
        users = package.reach([""], blocked=[old.part])
        stale = {part for part in package.reach([old.part]) if part not in users and part not in kept}
        for part in stale - {""}:
            package.remove(part)
        return bool(stale)

    # ---- what the tabs share

    def _finish_styles(self) -> None:
        data = self.styles.result()
        if data is None:
            return
        part = self._styles_part
        if part is None:
            part = self._new_part("styles.xml", STYLES_TYPE)
            self.workbook.add_rel("styles", part)
        now = self.package.archive.members[part].info.CRC if part in self.package.archive.members else 0
        self.workbook.note_styles(note(before(self.workbook.styles_note, now, self._before), data))
        self._write(part, Blob.of(data), self.package.types.of(part) or STYLES_TYPE)

    def _settle_calculation(self) -> None:
        """Let formulas over our tabs be calculated anew; forget a calculation chain that names cells of ours."""
        ids = {sheet.sheet_id for sheet in self._replaced}
        chain = self.workbook.part_of_kind("calcChain")
        if chain and ids & chain_sheets(self.package, chain):
            self.workbook.drop_rel(chain)
            self.package.remove(chain)
        ours, tables = self._replaced, self._our_tables()
        if ours and mentions(self.package, self.workbook, ours, tables, formula_free=self._formula_free):
            self.workbook.calculate_on_load()

    def _our_tables(self) -> list[str]:
        parts = {part for sheet in self._replaced if sheet.part for part in self.package.targets(sheet.part)}
        return [name for part, (_, name) in self._tables.items() if part in parts and name]

    # ---- names

    def _new_part(self, pattern: str, content_type: str) -> str:
        """A free part name; its type is entered at once, so that it is not given twice."""
        folder = self.workbook.folder
        if "{}" not in pattern:
            stem, dot, extension = pattern.rpartition(".")
            wanted = posixpath.join(folder, pattern)
            taken = self.package.find(wanted) or wanted.lower() in self.package.types.overrides
            pattern = f"{stem}{{}}{dot}{extension}" if taken else pattern
        name = self.package.free_name(posixpath.join(folder, pattern), self._added)
        self._added.add(name)
        self.package.types.add(name, content_type)
        return name

    def _free_sheet_name(self, title: str) -> str:
        """The tab's title, or near it, as no other sheet is called and as Excel accepts it."""
        taken = {sheet.name.casefold() for sheet in self.workbook.sheets} | _RESERVED
        base = _FORBIDDEN.sub(" ", title).strip().strip("'").strip() or "CRM"
        wanted = cut(base, _NAME_LIMIT)
        number = 1
        while wanted.casefold() in taken:
            ending = " CRM" if number == 1 else f" CRM {number}"
            wanted = cut(base, _NAME_LIMIT - units(ending)) + ending
            number += 1
        return wanted


_LINK_REL = "rIdBook"
_NO_TABLE = OldTable(part="", name="", id=0, columns={}, titles=(), row=0, column=0)


def _has_links(tab: Tab) -> bool:
    in_tables = any(column.links is not None for table in tab.tables for column in table.columns)
    return in_tables or any(cell.link for cell in tab.cells)


def _heights(heights: dict[int, float], natives: Sequence[Native]) -> dict[int, float]:
    """Heights of rows, moved with the rows that people put in another order."""
    moved = dict(heights)
    for native in natives:
        if native.order is None:
            continue
        first = native.table.row + 1
        rows = {first + now: heights.get(first + was) for now, was in enumerate(native.order.to_list())}
        moved = {row: points for row, points in moved.items() if row not in rows}
        moved |= {row: points for row, points in rows.items() if points is not None}
    return moved


def _partners(tables: Sequence[Table], old: Sequence[OldTable]) -> list[OldTable | None]:
    """The old table that each new one replaces: the one of its name, else, people having renamed it, the next one left."""
    by_name = {table.name.casefold(): table for table in old}
    found = [by_name.pop(table.name.casefold(), None) for table in tables]
    left = [table for table in old if table.name.casefold() in by_name]
    return [partner or (left.pop(0) if left else None) for partner in found]
