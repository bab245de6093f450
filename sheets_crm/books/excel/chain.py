"""The calculation chain: which sheets it says hold formulas. Excel offers a repair where a cell that it names holds none.

Reads; changes nothing. Source: ECMA-376 part 1, 18.6.
"""

from __future__ import annotations

from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.xmlsplice import Xml
from sheets_crm.errors import OwnerError


def chain_sheets(package: Package, chain: str) -> set[str]:
    """The sheet ids that a chain names; none where it can't be read."""
    try:
        root = Xml(package.read(chain), chain).root
    except OwnerError:
        return set()
    return {each.attrs["i"] for each in root.children if "i" in each.attrs}
