"""Elements of a large XML part one after another, each forgotten once it was looked at. Knows nothing of cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from lxml import etree

from sheets_crm.books.excel.reader_package import Package

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def elements(package: Package, part: str, names: Collection[str]) -> Iterator[Any]:
    """The elements of these (local) names, in order. WorkbookUnreadable: the part is damaged."""
    if not part:
        return
    parser = etree.XMLPullParser(
        events=("end",), tag=[f"{{*}}{name}" for name in names], resolve_entities=False, no_network=True, huge_tree=True
    )
    try:
        for piece in package.stream(part):
            parser.feed(piece)
            for _, element in parser.read_events():
                yield element
                forget(element)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise package.broken() from error


def forget(element: Any) -> None:
    """Let go of an element and of all before it, so that a large sheet never stands in memory whole."""
    element.clear()
    while element.getprevious() is not None and element.getparent() is not None:
        del element.getparent()[0]


def local(element: Any) -> str:
    """The name of an element without its namespace; "" for comments."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def unescaped(text: str) -> str:
    """Text with the signs that XML can't hold (`_x000D_`). Source: ECMA-376 part 1, 22.9.2.19."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
