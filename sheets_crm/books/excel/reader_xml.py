"""A big XML part as plain blocks: whole `<row>`s of a sheet or whole `<si>`s of the shared strings, one after another.

Plain means UTF-8, no prefix on the spreadsheet's elements, no comments, CDATA or processing instructions, line ends as XML
reads them: so that every "<" of a block starts a tag. What is not plain is made so first. Knows nothing of cells.
Source: XML 1.0, 2.11 (line ends); ECMA-376 part 1, 18.3.1 and 18.4 (sheet and string parts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sheets_crm.books.excel.reader_package import BLOCK

_MAIN = re.compile(
    rb"xmlns:([\w.-]+)\s*=\s*[\"']http://(?:schemas\.openxmlformats\.org/spreadsheetml/2006|purl\.oclc\.org/ooxml/spreadsheetml)/main[\"']"
)
_STRANGE = re.compile(rb"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<\?.*?\?>", re.DOTALL)
_ENCODING = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"']")
_UTF8 = {b"utf-8", b"utf8", b"us-ascii", b"ascii"}
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_AFTER_NAME = b" >/\t\n\r"


class NotXml(Exception):
    """The part is not the XML it should be."""


class Blocks:
    """Iterates over the blocks of whole items inside a container; `tail` is what stood behind the container."""

    def __init__(self, pieces: Iterator[bytes], container: bytes, item: bytes) -> None:
        self._pieces = pieces
        self._open, self._close, self._item = b"<" + container, b"</" + container, b"<" + item
        self._prefixes: list[bytes] = []
        self.tail = b""

    def __iter__(self) -> Iterator[bytes]:
        pending = self._behind_the_opening_tag()
        if pending is None:
            return
        while True:
            cut, ended = self._cut(pending)
            if ended:
                self.tail = self._rest(pending[cut:])
                if cut:
                    yield pending[:cut]
                return
            piece = next(self._pieces, None)
            if piece is None:  # what looked like an item may have stood behind the container
                cut = pending.find(self._close)
                if cut < 0:
                    raise NotXml
                self.tail = self._rest(pending[cut:])
            if cut:
                yield pending[:cut]
            if piece is None:
                return
            pending = self._plain(pending[cut:] + piece)

    def _behind_the_opening_tag(self) -> bytes | None:
        """Everything read so far behind the container's start tag; None when there is no container or nothing in it."""
        head = next(self._pieces, b"")
        if not head:  # nothing at all is no XML
            raise NotXml
        if self._must_be_decoded(head):
            head = self._again(_decoded(head + b"".join(self._pieces)))
        head = head.removeprefix(b"\xef\xbb\xbf")
        start = -1
        while True:
            if b"<!DOCTYPE" in head:
                raise NotXml
            self._prefixes = _MAIN.findall(head)
            head = self._plain(_without_declaration(head))
            start = _tag(head, self._open)
            end = head.find(b">", start)
            if start >= 0 and end >= 0:
                break
            piece = next(self._pieces, None)
            if piece is None:
                self.tail = head
                return None
            head += piece
        if head[end - 1 : end] == b"/":
            self.tail = self._rest(head[end + 1 :])
            return None
        return head[end + 1 :]

    @staticmethod
    def _must_be_decoded(head: bytes) -> bool:
        if head[:2] in _BOMS or b"\0" in head[:4]:
            return True
        declared = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
        return declared is not None and declared[1].lower() not in _UTF8

    def _plain(self, block: bytes) -> bytes:
        if (b"!" in block and b"<!" in block) or (b"?" in block and b"<?" in block):
            # A comment may be cut anywhere, so the rest of a part that has one is read whole. Rare, and small when it happens.
            block = _STRANGE.sub(_escaped, block + b"".join(self._pieces))
            if b"<!" in block or b"<?" in block:
                raise NotXml
            block = self._again(block)
        for prefix in self._prefixes:
            block = block.replace(b"<" + prefix + b":", b"<").replace(b"</" + prefix + b":", b"</")
        return block

    def _again(self, data: bytes) -> bytes:
        """The first block of `data`; the others take their turn as pieces."""
        self._pieces = (data[at : at + BLOCK] for at in range(BLOCK, len(data), BLOCK))
        return data[:BLOCK]

    def _rest(self, start: bytes) -> bytes:
        rest = self._plain(start + b"".join(self._pieces))
        return rest + b"".join(self._pieces)

    def _cut(self, block: bytes) -> tuple[int, bool]:
        """Where the last item starts that may go on in the next piece; or where the container ends, and True."""
        last = _tag(block, self._item, backward=True)
        end = block.find(self._close, max(last, 0))
        return (end, True) if end >= 0 else (max(last, 0), False)


def plain_lines(block: bytes) -> bytes:
    """Line ends as XML reads them: CR LF and CR are LF."""
    if b"\r" not in block:
        return block
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _tag(block: bytes, opening: bytes, *, backward: bool = False) -> int:
    """Position of the first (or last) `opening` that is a whole tag name, not the start of a longer one; -1 when absent."""
    find = block.rfind if backward else block.find
    at = find(opening)
    while at >= 0:
        if block[at + len(opening) : at + len(opening) + 1] in {bytes([code]) for code in _AFTER_NAME}:
            return at
        at = find(opening, 0, at + len(opening) - 1) if backward else find(opening, at + 1)
    return -1


def _without_declaration(head: bytes) -> bytes:
    return head[head.find(b"?>") + 2 :] if head.startswith(b"<?xml") else head


def _escaped(found: re.Match[bytes]) -> bytes:
    text = found[1] or b""
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _decoded(data: bytes) -> bytes:
    """A part in another encoding as UTF-8."""
    declared = _ENCODING.match(data)
    encoding = _BOMS.get(data[:2]) or ("utf-16-le" if data[1:2] == b"\0" else "utf-16-be" if data[:1] == b"\0" else "")
    try:
        return data.decode(encoding or (declared[1].decode() if declared else "utf-8")).encode()
    except (UnicodeError, LookupError) as error:
        raise NotXml from error
