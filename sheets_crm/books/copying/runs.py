"""Looks of cells as few rectangles, so that a column of 100,000 days costs one request. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sheets_crm.books.copying.model import Block
from sheets_crm.books.tab import Style

MOST = 10_000  # rectangles of a sheet; beyond, only number formats count


@dataclass(frozen=True)
class Area:
    """A rectangle of one look, both ends included."""

    top: int
    left: int
    bottom: int
    right: int
    style: Style


class Runs:
    """Takes blocks from top to bottom. An empty cell between two of one look doesn't part them."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[int, int, Style]] = {}  # column -> first row, last row, look
        self._closed: list[Area] = []

    def add(self, block: Block) -> None:
        for row, styles in enumerate(block.styles, block.top):
            values = block.values[row - block.top]
            for column, style in enumerate(styles):
                known = self._open.get(column)
                if style is None and (known is None or values[column] is None):
                    continue
                if known is not None and known[2] is style:
                    self._open[column] = (known[0], row, known[2])
                    continue
                self._close(column)
                if style is not None:
                    self._open[column] = (row, row, style)

    def _close(self, column: int) -> None:
        if (known := self._open.pop(column, None)) is not None:
            self._closed.append(Area(known[0], column, known[1], column, known[2]))

    def areas(self) -> tuple[list[Area], bool]:
        """The rectangles; were looks left out because there are too many?"""
        for column in list(self._open):
            self._close(column)
        found = _joined(self._closed)
        if len(found) <= MOST:
            return found, False
        plain = (replace(area, style=Style(format=area.style.format)) for area in self._closed if area.style.format)
        return _joined(_stacked(plain))[:MOST], True


def _joined(areas: Iterable[Area]) -> list[Area]:
    """Neighbours of equal rows and look as one."""
    found: list[Area] = []
    for area in sorted(areas, key=lambda one: (one.top, one.bottom, one.left)):
        last = found[-1] if found else None
        if last and (last.top, last.bottom, last.right + 1, last.style) == (
            area.top,
            area.bottom,
            area.left,
            area.style,
        ):
            found[-1] = replace(last, right=area.right)
        else:
            found.append(area)
    return found


def _stacked(areas: Iterable[Area]) -> list[Area]:
    """Areas of one column and look, one below the other, as one."""
    found: list[Area] = []
    for area in sorted(areas, key=lambda one: (one.left, one.top)):
        last = found[-1] if found else None
        if last and (last.left, last.style) == (area.left, area.style):
            found[-1] = replace(last, bottom=area.bottom)
        else:
            found.append(area)
    return found
