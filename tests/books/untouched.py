"""Our own judge of the first promise: what a write may change in a workbook, and nothing else.

Reads two packages with zipfile and lxml only; shares no code with the program.
"""

import posixpath
import zipfile
from pathlib import Path

from lxml import etree


class Parts:
    """A package as plain bytes, and who points to whom."""

    def __init__(self, path):
        with zipfile.ZipFile(path) as file:
            assert file.testzip() is None, "a member's check sum is wrong"
            self.order = [info.orig_filename.replace("\\", "/").lstrip("/") for info in file.infolist()]
            self.data = {name: file.read(info) for name, info in zip(self.order, file.infolist(), strict=True)}
            self.packed = {name: _packed(path, info) for name, info in zip(self.order, file.infolist(), strict=True)}
            self.comment = file.comment
        assert len({name.lower() for name in self.order}) == len(self.order), "a name stands twice"
        self.book = next(t for t, kind, _ in self.rels("") if kind == "officeDocument")
        self.root = etree.fromstring(self.data[self.book])

    def rels(self, part):
        """(target, kind, id) of a part's internal relationships."""
        folder, base = posixpath.split(part)
        member = self.spelled(posixpath.join(folder, "_rels", base + ".rels"))
        if member is None:
            return []
        found = []
        for each in etree.fromstring(self.data[member]):
            if each.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/" + folder, each.get("Target").replace("\\", "/")))
                found.append((self.spelled(target.lstrip("/")), each.get("Type").rsplit("/", 1)[-1], each.get("Id")))
        return found

    def spelled(self, name):
        return next((member for member in self.order if member.lower() == name.lower()), None)

    def reach(self, start, blocked=()):
        seen, todo = set(), list(start)
        while todo:
            part = todo.pop()
            if part is not None and part not in seen and part not in blocked:
                seen.add(part)
                todo += [target for target, _, _ in self.rels(part)]
        return seen

    def sheets(self):
        """(name, sheetId, state, r:id, part) in order."""
        by_id = {rel_id: target for target, _, rel_id in self.rels(self.book)}
        found = []
        for each in self.root.iter("{*}sheet"):
            rel_id = next(value for key, value in each.attrib.items() if key.endswith("}id"))
            found.append((each.get("name"), each.get("sheetId"), each.get("state"), rel_id, by_id.get(rel_id)))
        return found

    def names(self):
        """Defined names that are not ours."""
        found = [(each.get("name"), each.get("localSheetId"), each.text) for each in self.root.iter("{*}definedName")]
        return [name for name in found if not name[0].startswith("_sheets_crm_")]

    def of_kind(self, kind):
        return next((target for target, each, _ in self.rels(self.book) if each == kind), None)

    def styles(self):
        root = etree.fromstring(self.data[self.of_kind("styles")]) if self.of_kind("styles") else ()
        return {etree.QName(c).localname: [etree.tostring(e, method="c14n") for e in c] for c in root}

    def types(self):
        root = etree.fromstring(self.data[self.spelled("[Content_Types].xml")])
        return {(each.get("Extension") or each.get("PartName")).lower(): each.get("ContentType") for each in root}

    def ours(self, titles):
        """Members that only the named tabs reach, their .rels included."""
        parts = {sheet[4] for sheet in self.sheets() if sheet[0] in titles}
        alone = self.reach(parts) - self.reach([""], blocked=parts)
        rels = {
            self.spelled(posixpath.join(posixpath.dirname(p), "_rels", posixpath.basename(p) + ".rels")) for p in alone
        }
        return alone | (rels - {None})


def _packed(path, info):
    data = Path(path).read_bytes()
    at = info.header_offset
    begin = (
        at + 30 + int.from_bytes(data[at + 26 : at + 28], "little") + int.from_bytes(data[at + 28 : at + 30], "little")
    )
    return info.compress_type, data[begin : begin + info.compress_size]


def assert_untouched(before, after, titles):
    """Everything of the user's in `before` stands in `after`; `titles` are the names of our tabs."""
    old, new = Parts(before), Parts(after)
    titles = set(titles)
    settled = {old.spelled("[Content_Types].xml"), old.book, old.of_kind("styles"), old.of_kind("calcChain")}
    settled |= {
        old.spelled(posixpath.join(posixpath.dirname(old.book), "_rels", posixpath.basename(old.book) + ".rels"))
    }
    mine = old.ours(titles)
    for name in old.order:
        if name not in mine and name not in settled:
            assert new.packed.get(name) == old.packed[name], f"{name} is not the same"
    added = set(new.order) - set(old.order)
    stray = added - new.ours(titles) - {new.of_kind("styles")}
    assert not stray, f"parts that belong to nobody: {stray}"
    assert new.comment == old.comment
    kept = [name for name in old.order if name in new.data]
    assert [name for name in new.order if name in old.data] == kept, "members changed places"
    _assert_workbook(old, new, titles)
    _assert_styles(old, new)
    _assert_types(old, new, mine)


def _assert_workbook(old, new, titles):
    theirs = [sheet for sheet in old.sheets() if sheet[0] not in titles]
    assert [sheet for sheet in new.sheets() if sheet[0] not in titles] == theirs
    for sheet in old.sheets():
        if sheet[0] in titles:
            assert sheet in new.sheets(), f"our tab {sheet[0]} lost its place"
    assert new.names() == old.names()
    skip = {"sheets", "definedNames", "calcPr"}
    rest = [
        [etree.tostring(c, method="c14n", with_tail=False) for c in p.root if etree.QName(c).localname not in skip]
        for p in (old, new)
    ]
    assert rest[0] == rest[1]
    assert dict(old.root.attrib) == dict(new.root.attrib)
    assert old.root.nsmap == new.root.nsmap


def _assert_styles(old, new):
    after = new.styles()
    for name, entries in old.styles().items():
        assert after[name][: len(entries)] == entries, f"styles: {name} changed"
        if name in {"tableStyles", "colors", "extLst", "cellStyles", "cellStyleXfs"}:
            assert after[name] == entries


def _assert_types(old, new, mine):
    after = new.types()
    gone = {"/" + name.lower() for name in mine} | {"/" + (old.of_kind("calcChain") or "").lower()}
    for key, content_type in old.types().items():
        if key not in gone:
            assert after.get(key) == content_type, f"content type of {key}"
