"""An XML part that is edited by inserting and replacing bytes, never written anew.

Whatever is not edited comes back byte for byte: prefixes, `mc:Ignorable`, quotes, white space, byte order mark, UTF-16.
Refuses DTDs. Knows nothing of spreadsheets.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from sheets_crm.errors import WorkbookUnreadable

_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_SPACE = "http://www.w3.org/XML/1998/namespace"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def escape(text: str) -> str:
    """Text as the content of an element. Characters that XML can't hold are dropped."""
    return _CONTROL.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote(text: str, mark: str = '"') -> str:
    """Text as an attribute's value, quotes (`mark`) included; line breaks and tabs survive."""
    safe = escape(text).replace(mark, "&quot;" if mark == '"' else "&apos;")
    return mark + safe.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;") + mark


@dataclass(eq=False)
class Element:
    """An element and where it stands: `start..open_end` its first tag, `close_start..end` its last one."""

    name: str  # as written, with its prefix
    space: str
    attrs: dict[str, str]  # plain names as they are, prefixed ones as {namespace}name
    start: int
    open_end: int
    parent: Element | None
    spaces: Mapping[str, str]
    close_start: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """With its colon, or nothing: what a new child of the same namespace begins with."""
        head, colon, _ = self.name.rpartition(":")
        return head + colon

    @property
    def is_empty(self) -> bool:
        """Written as one tag `<a/>`."""
        return self.close_start == self.end

    def child(self, local: str) -> Element | None:
        """The first child of that name in the element's own namespace."""
        return next((c for c in self.children if c.local == local and c.space == self.space), None)

    def all(self, local: str) -> list[Element]:
        """The children of that name in the element's own namespace."""
        return [c for c in self.children if c.local == local and c.space == self.space]

    def walk(self) -> Iterator[Element]:
        """The element and everything below it, in the order of the text."""
        yield self
        for each in self.children:
            yield from each.walk()

    def canon(self) -> tuple[object, ...]:
        """Equal for two elements that mean the same: prefixes, order of attributes and white space don't count."""
        kids = tuple(c.canon() for c in self.children)
        text = "" if kids else self.text
        return (self.space, self.local, tuple(sorted(self.attrs.items())), text, kids)


class Xml:
    """One part, its tree, and the edits that were asked for."""

    def __init__(self, data: bytes, part: str) -> None:
        self.part = part
        self._source = data
        self._bom, self._encoding, self._body = _to_utf8(data, part)
        self._edits: list[tuple[int, int, str]] = []
        self._appended: dict[Element, list[str]] = {}
        self.root = _parse(self._body, part)

    @property
    def edited(self) -> bool:
        return bool(self._edits or self._appended)

    def insert(self, at: int, text: str) -> None:
        """Put text at an offset; several at one offset stand in the order of the calls."""
        self._edits.append((at, at, text))

    def replace(self, element: Element, text: str) -> None:
        """Put text in place of a whole element; nothing removes it."""
        self._edits.append((element.start, element.end, text))

    def append(self, parent: Element, text: str) -> None:
        """Put text before the end of an element; `<a/>` is opened for it."""
        self._appended.setdefault(parent, []).append(text)

    def set_text(self, element: Element, text: str) -> None:
        """Put text in place of everything inside an element."""
        if element.is_empty:
            self.append(element, escape(text))
        else:
            self._edits.append((element.open_end, element.close_start, escape(text)))

    def set_attr(self, element: Element, name: str, value: str) -> None:
        """Change or add an attribute without a prefix."""
        if element.attrs.get(name) == value:
            return
        tag = self._body[element.start : element.open_end]
        found = re.search(rb"\s" + name.encode() + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", tag)
        if found:
            begin, end = found.span(1)
            self._edits.append((element.start + begin, element.start + end, quote(value, found[1][:1].decode())))
            return
        self.insert(element.open_end - (2 if tag.endswith(b"/>") else 1), f" {name}={quote(value)}")

    def source_of(self, element: Element) -> str:
        """The element's text as it is written."""
        return self._body[element.start : element.end].decode()

    def tag_of(self, element: Element) -> str:
        """The element's first tag as it is written."""
        return self._body[element.start : element.open_end].decode()

    def inside_of(self, element: Element) -> str:
        """The text between the element's tags as it is written."""
        return "" if element.is_empty else self._body[element.open_end : element.close_start].decode()

    def result(self) -> bytes:
        """The part with all edits made; the very same bytes when there were none."""
        if not self.edited:
            return self._source
        edits = list(self._edits)
        for parent, texts in self._appended.items():
            joined = "".join(texts)
            if parent.is_empty:
                edits.append((parent.open_end - 2, parent.open_end, f">{joined}</{parent.name}>"))
            else:
                edits.append((parent.close_start, parent.close_start, joined))
        return self._bom + self._recode(_spliced(self._body, edits))

    def _recode(self, body: bytes) -> bytes:
        return body if self._encoding == "utf-8" else body.decode().encode(self._encoding, "xmlcharrefreplace")


def _spliced(body: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    out, at = [], 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        if start < at:
            continue  # inside something that was replaced as a whole
        out += [body[at:start], text.encode()]
        at = end
    out.append(body[at:])
    return b"".join(out)


def _to_utf8(data: bytes, part: str) -> tuple[bytes, str, bytes]:
    """Byte order mark, encoding, body in UTF-8. Only encodings that give the same bytes back are accepted."""
    bom, encoding = next(((b, e) for b, e in _BOMS if data.startswith(b)), (b"", ""))
    body = data[len(bom) :]
    if not encoding:
        encoding = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(body[:2], "")
    if not encoding:
        declared = _DECLARED.match(body)
        encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if encoding in {"utf-8", "utf8", "us-ascii", "ascii"}:
        return bom, "utf-8", body
    try:
        text = body.decode(encoding)
        faithful = text.encode(encoding) == body
    except (LookupError, UnicodeError):
        faithful = False
    if not faithful:
        raise WorkbookUnreadable("excel.part_broken", part=part)
    return bom, encoding, text.encode()


def _parse(body: bytes, part: str) -> Element:
    builder = _Builder(body, part)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.opened(parser)
    parser.EndElementHandler = builder.closed(parser)
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError) as error:
        raise WorkbookUnreadable("excel.part_broken", part=part) from error
    if builder.root is None:
        raise WorkbookUnreadable("excel.part_broken", part=part)
    return builder.root


class _Builder:
    """Turns expat's events into elements with offsets."""

    def __init__(self, body: bytes, part: str) -> None:
        self.body, self.part = body, part
        self.root: Element | None = None
        self.top: Element | None = None

    def doctype(self, *_: object) -> None:
        raise WorkbookUnreadable("excel.dtd", part=self.part)

    def opened(self, parser: expat.XMLParserType) -> Callable[[str, dict[str, str]], None]:
        def handler(name: str, raw: dict[str, str]) -> None:
            start = parser.CurrentByteIndex
            found = _TAG.match(self.body, start)
            spaces = self.top.spaces if self.top else {"xml": _XML_SPACE}
            declared = {k[6:]: v for k, v in raw.items() if k == "xmlns" or k.startswith("xmlns:")}
            if declared:
                spaces = {**spaces, **declared}
            prefix = name.rpartition(":")[0]
            attrs = {_expanded(k, spaces): v for k, v in raw.items() if k != "xmlns" and not k.startswith("xmlns:")}
            open_end = found.end() if found else start
            element = Element(name, spaces.get(prefix, ""), attrs, start, open_end, self.top, spaces)
            if self.top:
                self.top.children.append(element)
            else:
                self.root = element
            self.top = element

        return handler

    def closed(self, parser: expat.XMLParserType) -> Callable[[str], None]:
        def handler(_name: str) -> None:
            element = self.top
            assert element is not None
            self.top = element.parent
            if self.body[element.open_end - 2 : element.open_end] == b"/>":
                element.close_start = element.end = element.open_end
                return
            element.close_start = parser.CurrentByteIndex
            element.end = self.body.index(b">", element.close_start) + 1

        return handler

    def text(self, data: str) -> None:
        if self.top:
            self.top.text += data


def _expanded(name: str, spaces: Mapping[str, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    return f"{{{spaces.get(prefix, prefix)}}}{local}" if colon else name
