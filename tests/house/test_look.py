"""LibreOffice opens what we make, and the tool that paints workbooks paints them."""

from __future__ import annotations

import pytest

from sheets_crm import data
from tools import look


@pytest.mark.slow
def test_a_workbook_is_painted_sheet_by_sheet(tmp_path, soffice, pdftoppm):
    assert soffice
    assert pdftoppm
    pictures = look.paint(data.demo_files("en")[0], tmp_path, screen=(800, 600))
    assert [picture.name for picture in pictures] == ["1-Clients.png", "2-Deals.png", "3-Payments.png", "4-Report.png"]
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_hidden_sheets_are_known():
    assert look.sheets(data.demo_files("ru")[0]) == {
        "Клиенты": True, "Сделки": True, "Оплаты": True, "Отчёт": True, "Списки": False,
    }  # fmt: skip


@pytest.mark.slow
def test_what_is_no_workbook_is_said(tmp_path, soffice):
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 nothing more")
    with pytest.raises(RuntimeError, match="broken"):
        look.convert(broken, tmp_path / "out", soffice=soffice)
