"""Colours as Google keeps them: eight bits a channel, nothing for zero, and the old and new field side by side."""

from __future__ import annotations

from typing import Any

from tests.google.emulator.model import Json

_TWINS = {
    "backgroundColor": "backgroundColorStyle",
    "foregroundColor": "foregroundColorStyle",
    "tabColor": "tabColorStyle",
    "color": "colorStyle",
    "headerColor": "headerColorStyle",
    "firstBandColor": "firstBandColorStyle",
    "secondBandColor": "secondBandColorStyle",
    "footerColor": "footerColorStyle",
}
_NEW = {new: old for old, new in _TWINS.items()}


def normal(name: str, body: Json) -> Json:
    """A request with its colours as Google would give them back; bodies without colours are not copied."""
    if name in {"updateCells", "appendCells"}:
        return {**body, "rows": [_row(row) for row in body.get("rows", [])]} if "rows" in body else body
    found: Json = colored(body)
    return found


def _row(row: Json) -> Json:
    values = row.get("values")
    if not values or not any("userEnteredFormat" in cell or "textFormatRuns" in cell for cell in values):
        return row
    return {**row, "values": [_cell(cell) for cell in values]}


def _cell(cell: Json) -> Json:
    names = [name for name in ("userEnteredFormat", "textFormatRuns") if name in cell]
    return {**cell, **{name: colored(cell[name]) for name in names}} if names else cell


def colored(value: Any) -> Any:
    """The value with its colours rounded and doubled under the twin's name."""
    if isinstance(value, list):
        return [colored(item) for item in value]
    if not isinstance(value, dict):
        return value
    found: Json = {}
    for name, item in value.items():
        if name in _TWINS and isinstance(item, dict):
            found[name] = rounded(item)
            found.setdefault(_TWINS[name], {"rgbColor": found[name]})
        elif name in _NEW and isinstance(item, dict):
            rgb = rounded(item.get("rgbColor", {}))
            found[name] = {"rgbColor": rgb} if "rgbColor" in item else item
            if "rgbColor" in item:
                found[_NEW[name]] = rgb
        else:
            found[name] = colored(item)
    return found


def rounded(color: Json) -> Json:
    """Channels as eight bits in seven digits; zero is left out."""
    channels = {name: round(min(1.0, max(0.0, value)) * 255) for name, value in color.items() if name != "alpha"}
    kept: Json = {name: _channel(value) for name, value in channels.items() if value}
    return kept


def _channel(value: int) -> float | int:
    return 1 if value == 255 else float(f"{value / 255:.7g}")


def of_hex(rgb: str) -> Json:
    """RRGGBB (or AARRGGBB) as a colour."""
    rgb = rgb[-6:]
    return rounded({name: int(rgb[at : at + 2], 16) / 255 for name, at in (("red", 0), ("green", 2), ("blue", 4))})
