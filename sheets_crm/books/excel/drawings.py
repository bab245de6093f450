"""Pictures, text boxes and charts that people put on a tab of ours stay when the tab is drawn again.

Our own charts are known by the names of their frames; everything else in a drawing is people's and keeps its bytes, its
place and the parts it points to. What can't be carried over is named, so that nothing goes silently.
Source: ECMA-376 part 1, 20.5 (drawings).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sheets_crm.books.excel.chartxml import anchor_of, drawing_of
from sheets_crm.books.excel.dialect import Dialect
from sheets_crm.books.excel.package import Package, Rel
from sheets_crm.books.excel.xmlsplice import Element, Xml
from sheets_crm.books.tab import Tab
from sheets_crm.errors import OwnerError

_ANCHORS = {"oneCellAnchor", "twoCellAnchor", "absoluteAnchor"}
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


def read_drawing(package: Package, part: str, titles: Sequence[str]) -> OldDrawing:
    """What a drawing holds. titles: of our charts, by which those are known that an earlier version drew."""
    try:
        xml = Xml(package.read(part), part)
        rels = package.rels(part)
    except OwnerError:
        return OldDrawing(part)
    anchors = [each for each in xml.root.walk() if each.local in _ANCHORS]
    ours = tuple(each for each in anchors if _is_ours(each, titles))
    ids = [_chart_id(each) for each in ours]
    by_id = {rel.id: rel for rel in rels}
    charts = (package.find(by_id[one].target) for one in ids if one in by_id)
    kept = tuple(rel for rel in rels if rel.id not in ids)
    return OldDrawing(part, xml, ours, tuple(one for one in charts if one), len(anchors) - len(ours), kept)


def _is_ours(anchor: Element, titles: Sequence[str]) -> bool:
    name = next((each.attrs.get("name", "") for each in anchor.walk() if each.local == "cNvPr"), "")
    return _chart_id(anchor) is not None and (bool(_OURS.fullmatch(name)) or name in titles)


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
