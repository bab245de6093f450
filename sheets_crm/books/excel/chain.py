"""The calculation chain: which sheets it says hold formulas. Excel offers a repair where a cell that it names holds none.

Reads; changes nothing. Source: ECMA-376 part 1, 18.6.
"""

from __future__ import annotations

from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.xmlsplice import Xml


def chain_sheets(package: Package, chain: str) -> set[str]:
    """The sheet ids that a chain names. WorkbookUnreadable where it is damaged: Excel itself would offer a repair."""
    return {each.attrs["i"] for each in Xml(package.read(chain), chain).root.children if "i" in each.attrs}
