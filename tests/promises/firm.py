"""A firm with one of everything, for the promises: as a workbook file with as many kinds of parts as a file can have."""

from __future__ import annotations

import warnings
import zipfile
from datetime import date

import openpyxl
import xlsxwriter

from tests.books.excel_cases import edit, members, rezip

TODAY = date(2026, 11, 20)
PERSONAL = (
    "Вера Ильинична",
    "Гущина",
    "79161234567",
    "916 123-45-67",
    "vera@example.ru",
    "Jane Doe",
    "jane@example.com",
)
CLIENTS = [
    [
        "Клиент",
        "Телефон",
        "Почта",
        "День рождения",
        "Согласие на рассылку",
        "Не беспокоить",
        "Последняя покупка",
        "Менеджер",
    ],
    [
        "Вера Ильинична Гущина",
        "+7 916 123-45-67",
        "vera@example.ru",
        date(1980, 11, 23),
        "да",
        None,
        date(2026, 2, 1),
        "Ольга",
    ],
    ["Jane Doe", "+1 202 555 0101", "jane@example.com", date(1975, 11, 22), "нет", None, date(2026, 1, 5), "Ольга"],
    ["Стоп Лист", "+7 916 123-45-69", None, date(1990, 11, 21), "да", "да", date(2026, 1, 6), "Пётр"],
    ["Без Ответа", "+7 916 123-45-70", None, date(1991, 11, 24), None, None, date(2026, 1, 7), "Пётр"],
    ["ООО «Ромашка»", "12-34", "not a mail", None, "да", None, date(2026, 11, 1), None],
]
DEALS = [
    ["Клиент", "Создана", "Этап", "Сумма", "Дата КП", "Ответ по КП", "Дата счёта", "Срок оплаты", "Оплачено", "Дата следующего шага", "Причина отказа"],
    ["Вера Ильинична Гущина", date(2026, 10, 1), "Оплачено", 5000, None, None, date(2026, 10, 5), date(2026, 10, 15), 1000, None, None],
    ["Jane Doe", date(2026, 10, 2), "Отказ", 7000, None, None, None, None, None, None, None],
    ["ООО «Ромашка»", date(2026, 10, 3), "КП отправлено", 120000.5, date(2026, 11, 10), None, None, None, None, None, None],
    ["Без Ответа", date(2026, 10, 4), "Оплачено", 100, None, None, date(2026, 11, 1), None, 100, None, None],
]  # fmt: skip
CONFIG = """\
workbook: {workbook}
country: RU
consent: {consent}
sheets:
  Клиенты:
    card: client
    columns: {{name: Клиент, phone: Телефон, email: Почта, birthday: День рождения, mailing_consent: Согласие на рассылку,
      do_not_contact: Не беспокоить, last_purchase_date: Последняя покупка, manager: Менеджер}}
  Сделки:
    card: deal
    columns: {{client: Клиент, created: Создана, stage: Этап, amount: Сумма, offer_date: Дата КП, offer_answer: Ответ по КП, invoice_date: Дата счёта,
      due_date: Срок оплаты, paid_amount: Оплачено, next_step_date: Дата следующего шага, lost_reason: Причина отказа}}
funnels:
  deals: {{stages: [Новая, КП отправлено, Оплачено, Отказ], won: Оплачено, lost: Отказ, offer: КП отправлено}}
money: {{purchases: column, paid: column, due: column}}
"""


def configure(folder, workbook, *, consent="opt_out", more=""):
    """crm.yaml beside the workbook; the folder."""
    (folder / "crm.yaml").write_text(CONFIG.format(workbook=workbook, consent=consent) + more, encoding="utf-8")
    return folder


def plain(path, clients=None, deals=None):
    """The firm's two sheets, and nothing else."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (("Клиенты", clients or CLIENTS), ("Сделки", deals or DEALS)):
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                cell = sheet.cell(number, place, value)
                if isinstance(value, str):
                    cell.data_type = "s"  # text, whatever it starts with
    book.save(path)
    return path


def rich(path, *, macros=False):
    """The firm's sheets among charts, tables, pictures, comments, formats, lists, hidden sheets, names and macros."""
    book = xlsxwriter.Workbook(str(path))
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd.mm.yyyy"})
    for name, rows in (("Клиенты", CLIENTS), ("Сделки", DEALS)):
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, day)
                elif value is not None:
                    sheet.write(number, place, value)
        sheet.freeze_panes(1, 1)
    _decorate(book, sheet, bold)
    report = book.add_worksheet("Отчёт")
    report.write_formula("A1", "=SUM(Сделки!D2:D5)", bold, 132100.5)
    report.write_rich_string("A3", "часть ", bold, "жирная", " и снова нет")
    report.add_sparkline("B1", {"range": "Сделки!D2:D5"})
    for kind in ("column", "pie", "scatter"):
        chart = book.add_chart({"type": kind})
        chart.add_series({"categories": "=Сделки!$A$2:$A$5", "values": "=Сделки!$D$2:$D$5"})
        report.insert_chart(f"D{ {'column': 2, 'pie': 20, 'scatter': 38}[kind] }", chart)
    report.protect("secret")
    hidden = book.add_worksheet("Списки")
    hidden.write_column("A1", ["да", "нет"])
    hidden.hide()
    book.add_worksheet("Совсем скрыта").very_hidden()
    book.define_name("Ставка", "=Списки!$A$1")
    book.define_name("Отчёт!Местное", "=Отчёт!$A$1")
    if macros:
        vba = path.with_suffix(".bin")
        vba.write_bytes(bytes(range(256)) * 8)
        book.add_vba_project(str(vba))
    book.set_custom_property("Отдел", "Продажи")
    book.close()
    return _more_parts(path)


def _decorate(book, sheet, bold):
    sheet.add_table(
        "N1:O4",
        {
            "name": "Ставки",
            "columns": [{"header": "Год"}, {"header": "Ставка"}],
            "data": [[2024, 1], [2025, 2], [2026, 3]],
        },
    )
    sheet.write_comment("A2", "Звонить после обеда", {"author": "Ольга"})
    sheet.conditional_format("D2:D9", {"type": "3_color_scale"})
    sheet.conditional_format("D2:D9", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("C2:C9", {"type": "cell", "criteria": "==", "value": '"Отказ"', "format": bold})
    sheet.data_validation("C2:C99", {"validate": "list", "source": "=Списки!$A$1:$A$2"})
    sheet.insert_image("Q1", "dot.png", {"image_data": _png()})
    sheet.insert_textbox("Q9", "Не забыть")
    sheet.insert_button("Q14", {"caption": "Кнопка"})
    sheet.merge_range("Q20:S20", "Итоги года", bold)
    sheet.write_url("Q22", "https://example.com/?q=1")
    sheet.set_header("&LОтчёт &D")
    sheet.autofilter("A1:K5")
    sheet.outline_settings(visible=True)
    sheet.set_row(3, None, None, {"level": 1, "hidden": True})


def _png():
    import io
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0\xff\0\0")
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


PIVOT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/pivotCacheDefinition"
CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml"


def _more_parts(path):
    """Parts that the writing library has no words for: a pivot cache, custom XML, a member that nobody points at."""
    rels = members(path)["xl/_rels/workbook.xml.rels"].decode()
    types = members(path)["[Content_Types].xml"].decode()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cache = f'<pivotCacheDefinition xmlns="{main}" refreshOnLoad="1"><cacheSource type="worksheet"><worksheetSource ref="A1:D5" sheet="Сделки"/></cacheSource><cacheFields count="0"/></pivotCacheDefinition>'
    new = (
        f'<Relationship Id="rIdP" Type="{PIVOT}" Target="pivotCache/pivotCacheDefinition1.xml"/>'
        f'<Relationship Id="rIdC" Type="{CUSTOM}" Target="../customXml/item1.xml"/></Relationships>'
    )
    kind = '<Override PartName="/xl/pivotCache/pivotCacheDefinition1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"/></Types>'
    rezip(
        path,
        {
            "xl/_rels/workbook.xml.rels": rels.replace("</Relationships>", new).encode(),
            "[Content_Types].xml": types.replace("</Types>", kind).encode(),
            "xl/pivotCache/pivotCacheDefinition1.xml": cache.encode(),
            "customXml/item1.xml": b"<terms>  kept  </terms>",
            "userdata/left.bin": bytes(range(256)),
        },
        comment=b"kept too",
    )
    where = "<calcPr" if "<calcPr" in members(path)["xl/workbook.xml"].decode() else "</workbook>"
    caches = '<pivotCaches><pivotCache cacheId="7" r:id="rIdP"/></pivotCaches>'
    if where == "<calcPr":
        content = members(path)["xl/workbook.xml"].decode()
        end = content.index("/>", content.index("<calcPr")) + 2
        rezip(path, {"xl/workbook.xml": (content[:end] + caches + content[end:]).encode()}, comment=b"kept too")
    else:
        edit(path, "xl/workbook.xml", ("</workbook>", caches + "</workbook>"))
    assert zipfile.ZipFile(path).testzip() is None
    return path


def tab_rows(path, title):
    """A tab's rows as header -> value, by a reader that is not the program's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl would lose if it saved
        sheet = openpyxl.load_workbook(path)[title]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows if any(value is not None for value in row)]
