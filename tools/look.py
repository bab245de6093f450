"""Paints a workbook's visible sheets as pictures: `python tools/look.py BOOK.xlsx OUT/ [--width 1366 --height 768] [--all]`.

LibreOffice prints each sheet on one page, poppler paints the pages; a picture is cut to what a laptop's screen shows unless `--all` is given.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

ONE_PAGE = 'pdf:calc_pdf_Export:{"SinglePageSheets":{"type":"boolean","value":"true"}}'
DPI = 96
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def main() -> int:
    """Print the pictures' paths."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1366)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--all", action="store_true", help="whole sheets, not a screenful")
    given = parser.parse_args()
    screen = None if given.all else (given.width, given.height)
    for picture in paint(given.book, given.out, screen=screen):
        print(picture)
    return 0


def paint(book: Path, out: Path, *, screen: tuple[int, int] | None) -> list[Path]:
    """One PNG a visible sheet, `<number>-<name>.png`, cut to `screen` pixels when given."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pdf = convert(book, Path(folder), ONE_PAGE)
        cut = ["-x", "0", "-y", "0", "-W", str(screen[0]), "-H", str(screen[1])] if screen else []
        subprocess.run(["pdftoppm", "-r", str(DPI), "-png", *cut, str(pdf), str(Path(folder) / "page")], check=True)
        pages = sorted(Path(folder).glob("page-*.png"))
        names = sheets(book)  # hidden ones are printed too; an empty one is not: numbers alone are sure then
        known = list(names.items()) if len(names) == len(pages) else [("", True)] * len(pages)
        pictures = []
        for number, (page, (name, visible)) in enumerate(zip(pages, known, strict=True), 1):
            if not visible:
                continue
            plain = re.sub(r"\W+", "_", name).strip("_")
            pictures.append(out / (f"{number}-{plain}.png" if plain else f"{number}.png"))
            shutil.move(page, pictures[-1])
    return pictures


def convert(book: Path, folder: Path, kind: str = "pdf", soffice: str | None = None) -> Path:
    """The workbook as LibreOffice saves it in another format, in `folder`. RuntimeError when it can't open it."""
    program = soffice or shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        raise RuntimeError("LibreOffice is not installed")
    profile = (folder / "profile").resolve().as_uri()  # its own: two at once do not disturb each other
    command = [program, f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to", kind]
    done = subprocess.run(
        [*command, "--outdir", str(folder), str(book)], capture_output=True, text=True, timeout=180, check=False
    )
    target = folder / f"{book.stem}.{kind.split(':', 1)[0]}"
    if not target.exists():
        raise RuntimeError(f"LibreOffice could not convert {book.name}: {done.stdout} {done.stderr}")
    return target


def sheets(book: Path) -> dict[str, bool]:
    """The sheets in order, and whether each is visible."""
    with zipfile.ZipFile(book) as archive:
        root = ET.fromstring(archive.read("xl/workbook.xml"))
    return {sheet.get("name", ""): sheet.get("state", "visible") == "visible" for sheet in root.iter(f"{MAIN}sheet")}


if __name__ == "__main__":
    sys.exit(main())
