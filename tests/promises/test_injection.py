"""Promise 6: text stays text. What starts with =, +, - or @ in a client's cell never becomes a formula in a tab."""

from __future__ import annotations

import zipfile
from datetime import date

import pytest
from lxml import etree

from sheets_crm.sync import run
from tests.promises import worlds
from tests.promises.firm import CLIENTS, DEALS, TODAY, configure, plain, tab_rows

NASTY = [
    "=cmd|' /C calc'!A0", "=1+1", "+7 916 000 00 11", "-5", "@SUM(A1)", "\t=1+1", "\r=1", '\n=HYPERLINK("http://x","y")', "'=1", "=", "{=1}",
    "|calc", "%0a=1", "<f>1+1</f>", "]]>", "&amp;=1", "_x003D_1", "=IMPORTXML(1)", "＝1+1", "-2+3+cmd|' /C calc'!A0",
]  # fmt: skip
HOLDERS = {"Клиент", "Менеджер", "Этап", "Ответ по КП", "Телефон", "Почта"}


def firm_of(text):
    """Every text cell of a row is the nasty one."""

    def nasty(head, row):
        return [text if name in HOLDERS else value for name, value in zip(head, row, strict=True)]

    clients = [CLIENTS[0], *CLIENTS[1:], nasty(CLIENTS[0], CLIENTS[1])]
    return clients, [
        DEALS[0],
        *DEALS[1:],
        [text, date(2026, 10, 9), "Отказ", 10, *[None] * 7],
        nasty(DEALS[0], DEALS[1]),
    ]


def our_parts(path, result):
    package = zipfile.ZipFile(path)
    book = etree.fromstring(package.read("xl/workbook.xml"))
    rels = {each.get("Id"): each.get("Target") for each in etree.fromstring(package.read("xl/_rels/workbook.xml.rels"))}
    for sheet in book.iter("{*}sheet"):
        if sheet.get("name") in result.titles.values():
            target = rels[next(value for name, value in sheet.attrib.items() if name.endswith("}id"))]
            yield etree.fromstring(package.read(target.lstrip("/") if target.startswith("/") else f"xl/{target}"))


@pytest.mark.parametrize("text", NASTY)
def test_no_cell_of_ours_holds_a_formula(text, tmp_path):
    clients, deals = firm_of(text)
    book = plain(tmp_path / "firm.xlsx", clients, deals)
    configure(
        tmp_path,
        book.name,
        more=f"managers: [{{name: {text.strip()!r}}}]\n" if text.strip().isprintable() and "'" not in text else "",
    )
    result = run.sync(str(tmp_path), today=TODAY)
    sheets = list(our_parts(book, result))
    assert len(sheets) == len(result.titles) >= 4
    for sheet in sheets:
        assert not list(sheet.iter("{*}f")), "a formula"
        for cell in sheet.iter("{*}c"):
            if cell.get("t") in {"inlineStr", "s", "str"}:
                assert cell.get("t") == "inlineStr", "a text that a program may take for something else"


def test_what_a_manager_typed_stays_text_too(tmp_path):
    deal = ["Анна", date(2026, 10, 1), "Отказ", 100, *[None] * 7]
    world = worlds.FileWorld(
        tmp_path / "firm",
        {worlds.CLIENTS: [worlds.CLIENT_HEADERS, ["Анна", None, None]], worlds.DEALS: [worlds.DEAL_HEADERS, deal]},
    )
    world.sync(TODAY)
    head, *rows = world.rows(world.tab())
    rows[0][head.index("Комментарий")] = "=1+1"
    rows.append([None] * len(head))
    rows[-1][head.index("Что сделать")] = "-позвонить маме"
    world.put(world.tab(), [head, *rows])
    result = world.sync(TODAY)
    assert result.written
    assert not any(list(sheet.iter("{*}f")) for sheet in our_parts(world.path, result))
    shown = tab_rows(world.path, world.tab())
    assert "=1+1" in {row["Комментарий"] for row in shown}
    assert "-позвонить маме" in {row["Что сделать"] for row in shown}
