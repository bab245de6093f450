"""Pictures, text boxes and charts that people put on a tab of ours stay when the tab is drawn again.

Our own charts are known by the names of their frames; everything else in a drawing is people's and keeps its bytes, its
place and the parts it points to. What can't be carried over is named, so that nothing goes silently.
Source: ECMA-376 part 1, 20.5 (drawings).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheets_crm.books.excel.chartxml import CHART_REL, GAP, anchor_of, drawing_of
from sheets_crm.books.excel.dialect import Dialect
from sheets_crm.books.excel.package import Package, Rel
from sheets_crm.books.excel.xmlsplice import Element, Xml
from sheets_crm.books.tab import Tab
from sheets_crm.errors import OwnerError

_ANCHORS = {"oneCellAnchor", "twoCellAnchor", "absoluteAnchor"}
_DRAWN = {("barDir", "bar"), ("gapWidth", GAP)}
_OURS = re.compile(r"crm_\w+_chart_\d+")
# Relationships of a sheet that can't be carried over -> what people call the thing (`openbook.things.*`).
_LOST = {
    "pivotTable": "pivots", "slicer": "slicers", "timeline": "slicers", "ctrlProp": "controls", "control": "controls",
    "oleObject": "objects", "package": "objects", "image": "background",
}  # fmt: skip


@dataclass(frozen=True)
class OldDrawing:
    """The drawing of an old tab. charts: the parts of our charts in it, in their order. theirs: how many anchors are people's."""

    part: str
    xml: Xml | None = None
    ours: tuple[Element, ...] = ()
    charts: tuple[str, ...] = ()
    theirs: int = 0
    kept: tuple[Rel, ...] = field(default=())  # relationships of people's things


def read_drawing(package: Package, part: str, titles: Sequence[str], *, alike: bool = False) -> OldDrawing:
    """What a drawing holds. titles: of our charts, for those whose frames lost their names.

    alike: their titles are not known, but charts drawn as only we draw them are ours too.
    """
    try:
        xml = Xml(package.read(part), part)
        rels = package.rels(part)
    except OwnerError:
        return OldDrawing(part)
    by_id = {rel.id: package.find(rel.target) for rel in rels if not rel.external}
    anchors = [each for each in xml.root.walk() if each.local in _ANCHORS]
    # of several by one name, people made the others by copying
    signs = {
        sign: each
        for each in reversed(anchors)
        if (sign := _sign(package, each, by_id, titles) or (_alike(package, each, by_id) if alike else None))
    }
    ours = tuple(signs.values())[::-1]
    ids = [_chart_id(each) for each in ours]
    charts = tuple(found for one in ids if one and (found := by_id.get(one)))
    kept = tuple(rel for rel in rels if rel.id not in ids and not rel.id.startswith(CHART_REL.format("")))
    return OldDrawing(part, xml, ours, charts, len(anchors) - len(ours), kept)


def _sign(package: Package, anchor: Element, parts: Mapping[str, str | None], titles: Sequence[str]) -> str | None:
    """By what an anchor is known to be our chart's; None when it isn't.

    The name of its frame; its title where a program gave the frame another name, or an earlier version drew it.
    """
    name = next((each.attrs.get("name", "") for each in anchor.walk() if each.local == "cNvPr"), "")
    chart = parts.get(_chart_id(anchor) or "")
    if chart is None:
        return None
    title = _title_of(package, chart)
    return title if title in titles else name if _OURS.fullmatch(name) else None


def _alike(package: Package, anchor: Element, parts: Mapping[str, str | None]) -> str | None:
    """The chart's part, where it shows one series of lying bars as narrowly set as ours: programs offer no such chart."""
    chart = parts.get(_chart_id(anchor) or "")
    try:
        root = Xml(package.read(chart), chart).root if chart else None
    except OwnerError:
        return None
    found = list(root.walk()) if root else []
    says = {(each.local, each.attrs.get("val", "").rstrip("%")) for each in found}
    return chart if says >= _DRAWN and sum(each.local == "ser" for each in found) == 1 else None


def _title_of(package: Package, chart: str) -> str | None:
    """What stands above a chart."""
    try:
        root = Xml(package.read(chart), chart).root
    except OwnerError:
        return None
    title = next((each for each in root.walk() if each.local == "title"), None)
    return "".join(each.text for each in title.walk() if each.local == "t") if title else None


def _chart_id(anchor: Element) -> str | None:
    """The relationship of the one chart in an anchor."""
    charts = [each for each in anchor.walk() if each.local == "chart"]
    ids = [value for each in charts for name, value in each.attrs.items() if name.endswith("}id")]
    return ids[0] if len(ids) == 1 else None


def redrawn(old: OldDrawing | None, tab: Tab, dialect: Dialect) -> bytes:
    """The drawing with our charts as they are now, and people's things as they were."""
    if old is None or old.xml is None or not old.theirs:
        return drawing_of(tab, dialect)
    xml, texts = Xml(old.xml.result(), old.part), [anchor_of(tab, i, dialect) for i in range(1, len(tab.charts) + 1)]
    standing = [each for each in xml.root.walk() if (each.start, each.end) in {(o.start, o.end) for o in old.ours}]
    for each, text in zip(standing, [*texts, *[""] * len(standing)], strict=False):
        xml.replace(each, text)
    for text in texts[len(standing) :]:
        xml.append(xml.root, text)
    return xml.result()


def lost_things(rels: Sequence[Rel]) -> tuple[str, ...]:
    """What people put on a tab that drawing it again can't keep, as keys of `openbook.things`."""
    return tuple(dict.fromkeys(_LOST[rel.kind] for rel in rels if rel.kind in _LOST))
