"""Text tables (.csv, .tsv) as rows of texts: encoding and separator are found out, values are never guessed at.

Source: RFC 4180, and what Excel does beyond it (`sep=;` in the first line, local separators and code pages).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from sheets_crm.errors import WorkbookUnreadable

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SEPARATORS = ";\t,|"
_SAMPLE = 1 << 16
_SEP_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_FIELD_LIMIT = 1 << 27  # of the csv module; a cell holds far less
# Cyrillic words are runs of high bytes; in Western text a high byte stands alone among Latin letters.
_CYRILLIC_RUN = re.compile(rb"[\xc0-\xff\xa8\xb8]{2}")
_WESTERN = re.compile(rb"[A-Za-z][\xc0-\xff]|[\xc0-\xff][A-Za-z]|[\xa3\x80]\s?\d|\d\s?\x80")


def csv_rows(path: Path) -> list[list[str]]:
    """All rows of a text table, cells as typed. WorkbookUnreadable when it is no text."""
    text = _decoded(path)
    separator = None
    if hint := _SEP_LINE.match(text):
        separator, text = hint[1], text[hint.end() :]
    csv.field_size_limit(_FIELD_LIMIT)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator or _separator(text)))
    except csv.Error as error:
        raise WorkbookUnreadable("books.broken", path=str(path)) from error


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorkbookUnreadable("books.no_access", path=str(path)) from error
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), None) or _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1251", "replace")
    if "\0" in text:
        raise WorkbookUnreadable("books.strange", path=str(path))
    return text


def _encoding(data: bytes) -> str:
    """The encoding of a text without a byte order mark."""
    sample = data[:_SAMPLE]
    zeros = sample[::2].count(0), sample[1::2].count(0)
    if sum(zeros) * 10 > len(sample) > 1:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        western = _WESTERN.search(data) and not _CYRILLIC_RUN.search(data)
        return "cp1252" if western else "cp1251"
    return "utf-8"


def _separator(text: str) -> str:
    """The separator that cuts the first lines into the most even rows; the semicolon where several do it equally."""
    sample = text[:_SAMPLE]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    return max(_SEPARATORS, key=lambda separator: _evenness(sample, separator))


def _evenness(sample: str, separator: str) -> tuple[bool, float]:
    """Does the separator cut at all, and what share of rows has the most frequent width?"""
    try:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator) if row)
    except csv.Error:
        return False, 0.0
    if not widths:
        return False, 0.0
    width, count = widths.most_common(1)[0]
    return width > 1, count / widths.total()
