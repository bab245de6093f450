"""What travels with the program: rule packs, trade templates, the demo workbook.

In a wheel they lie inside the package (`_data/`), in a checkout at the repository's root. Reads text and paths; gives no meaning to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Literal

DEMO_TODAY = date(2026, 3, 16)
"""The day on which the demo workbook was last touched: its tasks are those of this Monday."""


def rules_dir() -> Path:
    """The folder of the bundled rule packs."""
    return _folder("rules")


def templates_dir() -> Path:
    """The folder of the bundled trade templates."""
    return _folder("templates")


def packs() -> Iterator[tuple[str, str]]:
    """Bundled rule packs, by name: ("basic", text), ("windows/service", text)."""
    return _texts(rules_dir(), "**/*.yaml")


def templates() -> Iterator[tuple[str, str]]:
    """Bundled trade templates, by name: ("base", text), ("windows", text)."""
    return _texts(templates_dir(), "*.yaml")


def demo_files(lang: Literal["ru", "en"]) -> tuple[Path, Path]:
    """The demo's workbook and its configuration, in a language."""
    folder = templates_dir() / "demo" / lang
    (workbook,) = sorted(folder.glob("*.xlsx"))
    return workbook, folder / "crm.yaml"


def _texts(folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob(pattern)):
        yield path.relative_to(folder).with_suffix("").as_posix(), path.read_text("utf-8")


def _folder(name: str) -> Path:
    packaged = Path(str(resources.files("sheets_crm"))) / "_data" / name
    return packaged if packaged.is_dir() else Path(__file__).resolve().parent.parent / name
