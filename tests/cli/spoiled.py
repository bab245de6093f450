"""Ways to spoil a set-up: each takes the desk and spoils one thing. `ANY` tells which exit code and words to expect."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from tests.cli.conftest import CONFIG, save

OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True)
class Case:
    """name; how to spoil; the exit code; what the Russian and the English sentence must hold."""

    name: str
    spoil: Callable
    code: int
    ru: tuple[str, ...]
    en: tuple[str, ...]


CASES: list[Case] = []


def case(code: int, ru: str | tuple[str, ...], en: str | tuple[str, ...]):
    def keep(spoil):
        CASES.append(Case(spoil.__name__, spoil, code, *((one,) if isinstance(one, str) else one for one in (ru, en))))
        return spoil

    return keep


def config(name: str, text: str, code: int, ru: str | tuple[str, ...], en: str | tuple[str, ...]) -> None:
    """A case of crm.yaml alone: its whole text."""

    def spoil(desk):
        desk.write(text)

    spoil.__name__ = name
    case(code, ru, en)(spoil)


def more(name: str, added: str, code: int, ru: str | tuple[str, ...], en: str | tuple[str, ...]) -> None:
    """A case of crm.yaml: lines after the sound ones."""
    config(name, CONFIG + added, code, ru, en)


LAST = len(CONFIG.splitlines())

# --- the workbook ---------------------------------------------------------------------------------------------------


@case(11, ("«book.xlsx»", "Проверьте путь"), ("book.xlsx", "Check the path"))
def workbook_missing(desk):
    desk.book.unlink()


@case(11, ("«book.xlsx»", "папка"), ("book.xlsx", "folder"))
def workbook_is_a_directory(desk):
    desk.book.unlink()
    desk.book.mkdir()


@case(12, ("book.xlsx", "0 байт"), ("book.xlsx", "0 bytes"))
def empty_file(desk):
    desk.book.write_bytes(b"")


@case(12, "паролем", "password")
def encrypted(desk):
    desk.book.write_bytes(OLE2 + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2000))


@case(12, (".xls", "Сохраните"), (".xls", "Save"))
def legacy_xls(desk):
    desk.book.rename(desk.book.with_suffix(".xls"))
    desk.book.with_suffix(".xls").write_bytes(OLE2 + bytes(4000))
    desk.write(CONFIG.replace("book.xlsx", "book.xls"))


@case(12, "двоичном формате (.xlsb)", ".xlsb")
def binary_xlsb(desk):
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.bin"/></Relationships>'
    _renamed(desk, "book.xlsb", {"[Content_Types].xml": types, "xl/workbook.bin": "x", "_rels/.rels": rels})


@case(12, "OpenDocument", "OpenDocument")
def open_document(desk):
    _renamed(desk, "book.ods", {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"})


@case(12, "CSV", "CSV")
def csv_as_target(desk):
    desk.book.unlink()
    (desk.folder / "book.csv").write_text("Клиент;Телефон\nРомашка;8 912 345-67-89\n", "utf-8")
    desk.write(CONFIG.replace("book.xlsx", "book.csv"))


def _renamed(desk, name, members):
    desk.book.unlink()
    with zipfile.ZipFile(desk.folder / name, "w") as package:
        for member, text in members.items():
            package.writestr(member, text)
    desk.write(CONFIG.replace("book.xlsx", name))


@case(12, ("book.xlsx", "не хватает части"), ("book.xlsx", "missing"))
def truncated_zip(desk):
    data = desk.book.read_bytes()
    desk.book.write_bytes(data[: len(data) // 2])


@case(12, "веб-страница", "web page")
def html_saved_as_xlsx(desk):
    desk.book.write_text("<html><body><table><tr><td>Клиент</td></tr></table></body></html>", "utf-8")


@case(12, "повреждён", "damaged")
def noise(desk):
    desk.book.write_bytes(bytes(range(256)) * 20)


@case(12, "подписана", "signed")
def signed(desk):
    _with_part(
        desk.book, "_xmlsignatures/origin.sigs", b"",
        {"_rels/.rels": ("</Relationships>", '<Relationship Id="rS" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Relationships>')},
    )  # fmt: skip


@case(12, "защищена", "protected")
def structure_protected(desk):
    _with_part(
        desk.book, None, b"", {"xl/workbook.xml": ("<workbookProtection/>", '<workbookProtection lockStructure="1"/>')}
    )


def _with_part(path, name, content, changes):
    old = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            data = old.read(member)
            if member in changes:
                before, after = changes[member]
                assert before.encode() in data
                data = data.replace(before.encode(), after.encode(), 1)
            new.writestr(member, data)
        if name:
            new.writestr(name, content)


@case(13, ("«Анна»", "~$book.xlsx"), ("Анна", "~$book.xlsx"))
def open_in_excel(desk):
    name = "Анна".encode("utf-16-le")
    lock = b"\x04Anna" + b" " * 50 + len("Анна").to_bytes(2, "little") + name
    desk.book.with_name("~$book.xlsx").write_bytes(lock.ljust(165, b" "))


@case(13, "открыта в другой программе", "open in another program")
def open_in_libreoffice(desk):
    desk.book.with_name(".~lock.book.xlsx#").write_text(",,,,", "utf-8")


@case(13, "только для чтения", "read-only")
def read_only_file(desk):
    desk.book.chmod(0o444)


# --- crm.yaml -------------------------------------------------------------------------------------------------------


@case(14, ("crm.yaml нет", "Создайте"), ("no configuration", "Make"))
def no_config(desk):
    desk.config.unlink()


@case(14, ("crm.yaml нет", "Создайте"), ("no configuration", "Make"))
def config_is_a_directory(desk):
    desk.config.unlink()
    desk.config.mkdir()


@case(14, ("сама книга", "crm.yaml"), ("workbook itself", "crm.yaml"))
def config_is_a_workbook(desk):
    desk.config.write_bytes(desk.book.read_bytes())


@case(14, "UTF-8", "UTF-8")
def config_in_an_old_encoding(desk):
    desk.config.write_bytes(CONFIG.encode("cp1251"))


config("config_empty", "", 14, ("crm.yaml", "«workbook»"), ("crm.yaml", "“workbook”"))
config("config_is_prose", "просто слова\n", 14, ("crm.yaml", "ключ: значение"), ("crm.yaml", "key: value"))
more("tab", "money:\n\trevenue: deals\n", 14, (f"строка {LAST + 2}", "табуляцией"), (f"line {LAST + 2}", "tab"))
more("unclosed_quote", 'name: "Ромашка\n', 14, ("crm.yaml, строка", "кавычки"), ("crm.yaml, line", "quotes"))
more("bad_indent", "money:\n    revenue: deals\n  paid: column\n", 14, f"строка {LAST + 3}", f"line {LAST + 3}")
more(
    "key_twice",
    "language: en\n",
    14,
    (f"строка {LAST + 1}", "«language»", "второй раз"),
    ("“language”", "a second time"),
)
more(
    "unknown_key",
    "languge: ru\n",
    14,
    (f"строка {LAST + 1}", "«languge»", "«language»"),
    (f"line {LAST + 1}", "“language”"),
)
more(
    "unknown_key_deep",
    "money:\n  revenu: deals\n",
    14,
    (f"строка {LAST + 2}", "«revenue»"),
    (f"line {LAST + 2}", "“revenue”"),
)
more(
    "unknown_key_of_a_manager",
    "managers:\n  - name: Анна\n    mail: a@b.ru\n",
    14,
    (f"строка {LAST + 3}", "«email»"),
    (f"line {LAST + 3}", "“email”"),
)
more("unknown_key_of_backups", "backups: {kep: 3}\n", 14, ("«keep»",), ("“keep”",))
more(
    "unknown_tab",
    "tabs:\n  task: {on: false}\n",
    14,
    (f"строка {LAST + 2}", "«tasks»"),
    (f"line {LAST + 2}", "“tasks”"),
)
more("list_of_keys", "? [a, b]\n: c\n", 14, "crm.yaml, строка", "crm.yaml, line")
more("anchor_in_itself", "packs: &p [*p]\n", 14, "crm.yaml, строка", "crm.yaml, line")
config(
    "unknown_key_of_a_sheet",
    CONFIG.replace("card: deal", "cards: deal"),
    14,
    ("строка 8", "«card»"),
    ("line 8", "“card”"),
)
config(
    "wrong_type",
    CONFIG.replace("card: deal", "header_row: первая"),
    14,
    ("строка 8", "«первая»", "целое число"),
    ("line 8", "whole number"),
)
config(
    "header_row_out_of_range",
    CONFIG.replace("card: deal", "header_row: -1"),
    14,
    ("строка 8", "не меньше 0"),
    ("line 8", "at least 0"),
)
config(
    "no_such_card",
    CONFIG.replace("card: deal", "card: dael"),
    14,
    ("строка 8", "«Сделки»", "«dael»", "«deal»"),
    ("line 8", "“deal”"),
)
config(
    "no_such_field",
    CONFIG.replace("stage: Этап", "stgae: Этап"),
    14,
    ("строка 9", "«stgae»", "«stage»"),
    ("line 9", "“stage”"),
)
config(
    "no_such_field_at_all",
    CONFIG.replace("stage: Этап", "qwxzt: Этап"),
    14,
    ("строка 9", "«qwxzt»", "stage, amount"),
    ("line 9", "“qwxzt”"),
)
config(
    "no_such_sheet",
    CONFIG.replace("  Сделки:", "  Здeлки:"),
    16,
    ("«Здeлки»", "Клиенты, Сделки"),
    ("“Здeлки”", "Клиенты, Сделки"),
)
config(
    "no_such_columns",
    CONFIG.replace(
        "{name: Клиент, phone: Телефон, email: Почта, manager: Менеджер}", "{discount: Цвет, birthday: Вес}"
    ),
    16,
    ("«Клиенты»", "ни одной"),
    ("“Клиенты”",),
)
config(
    "no_such_fill_down",
    CONFIG.replace("card: deal", "card: deal\n    fill_down: [Менеджр]"),
    14,
    ("строка 9", "«Менеджр»"),
    ("line 9", "“Менеджр”"),
)
config(
    "no_such_field_of_values",
    CONFIG.replace("card: deal", "card: deal\n    values: {sourse: сайт}"),
    14,
    ("строка 9", "«source»"),
    ("line 9", "“source”"),
)
config(
    "no_such_required",
    CONFIG.replace("card: deal", "card: deal\n    required: [amuont]"),
    14,
    ("строка 9", "«amount»"),
    ("line 9", "“amount”"),
)
config(
    "like_nobody",
    CONFIG.replace("    card: deal\n", "    card: deal\n    like: Сдлеки\n"),
    14,
    ("строка 9", "«Сдлеки»"),
    ("line 9", "“Сдлеки”"),
)
more(
    "no_such_template",
    "template: windos\n",
    14,
    (f"строка {LAST + 1}", "«windos»", "«windows»"),
    (f"line {LAST + 1}", "“windows”"),
)
more(
    "no_such_template_at_all",
    "template: zzz\n",
    14,
    (f"строка {LAST + 1}", "«zzz»", "windows"),
    (f"line {LAST + 1}", "“zzz”"),
)
more(
    "no_such_zone",
    "timezone: Europe/Moskow\n",
    14,
    (f"строка {LAST + 1}", "«Europe/Moskow»", "«Europe/Moscow»"),
    (f"line {LAST + 1}", "“Europe/Moscow”"),
)
more(
    "zone_is_a_path",
    "timezone: ../../etc/passwd\n",
    14,
    (f"строка {LAST + 1}", "часового пояса"),
    (f"line {LAST + 1}", "time zone"),
)
more("no_such_country", "country: XX\n", 14, (f"строка {LAST + 1}", "«XX»"), (f"line {LAST + 1}", "“XX”"))
more(
    "country_in_words",
    "country: Россия\n",
    14,
    (f"строка {LAST + 1}", "«Россия»", "RU"),
    (f"line {LAST + 1}", "“Россия”", "RU"),
)
more("currency_in_words", "currency: руб\n", 14, (f"строка {LAST + 1}", "«руб»", "RUB"), (f"line {LAST + 1}", "RUB"))
more(
    "identity_by_what",
    "clients: {by: fone}\n",
    14,
    (f"строка {LAST + 1}", "phone, name"),
    (f"line {LAST + 1}", "phone, name"),
)
more(
    "consent_unknown",
    "currency: RUB\nconsent: opt_inn\n",
    14,
    (f"строка {LAST + 2}", "«opt_in»"),
    (f"line {LAST + 2}", "“opt_in”"),
)
more(
    "no_such_stage",
    "funnels:\n  Продажи:\n    stages: [Новый, Оплачено]\n    won: [Оплачен]\n",
    14,
    (f"строка {LAST + 4}", "«Оплачено»"),
    (f"line {LAST + 4}", "“Оплачено”"),
)
more(
    "no_such_sheet_of_a_funnel",
    "funnels:\n  Продажи: {sheets: [Сделка]}\n",
    14,
    (f"строка {LAST + 2}", "«Сделки»"),
    (f"line {LAST + 2}", "“Сделки”"),
)
more(
    "tab_name_too_long",
    "tabs:\n  tasks: {name: " + "я" * 40 + "}\n",
    14,
    (f"строка {LAST + 2}", "31"),
    (f"line {LAST + 2}", "31"),
)
more(
    "tab_name_with_a_forbidden_sign",
    'tabs:\n  tasks: {name: "Задачи/сегодня"}\n',
    14,
    (f"строка {LAST + 2}", "«Задачи/сегодня»"),
    (f"line {LAST + 2}", "“Задачи/сегодня”"),
)
more(
    "no_such_source",
    "  Оплаты: {card: payment, file: pay.csv, columns: {amount: Сумма}}\n",
    11,
    ("pay.csv", "Проверьте путь"),
    ("pay.csv", "Check the path"),
)

# --- rules ----------------------------------------------------------------------------------------------------------

more(
    "no_such_rule",
    "rules:\n  birthdey: {on: false}\n",
    14,
    (f"crm.yaml, строка {LAST + 2}", "«birthdey»", "«birthday»"),
    (f"line {LAST + 2}", "“birthday”"),
)
more(
    "no_such_parameter",
    "rules:\n  birthday:\n    dais: 5\n",
    14,
    (f"crm.yaml, строка {LAST + 3}", "«dais»", "«days»"),
    (f"line {LAST + 3}", "“days”"),
)
more(
    "parameter_too_large",
    "rules:\n  birthday:\n    days: 100000\n",
    14,
    (f"строка {LAST + 3}", "слишком много"),
    (f"line {LAST + 3}", "too much"),
)
more(
    "parameter_in_words",
    "rules:\n  birthday:\n    days: неделя\n",
    14,
    (f"строка {LAST + 3}", "«неделя»"),
    (f"line {LAST + 3}", "“неделя”"),
)
more(
    "condition_typo",
    "rules:\n  birthday:\n    only: manger == 'Анна'\n",
    14,
    (f"строка {LAST + 3}, место 11", "«manger»", "«manager»"),
    (f"line {LAST + 3}, character 11", "“manager”"),
)
more(
    "condition_second_word",
    "rules:\n  birthday:\n    only: city == 'Омск' and manger == 'Анна'\n",
    14,
    (f"строка {LAST + 3}, место 30", "«manager»"),
    (f"line {LAST + 3}, character 30", "“manager”"),
)
more("pack_missing", "packs: [mine.yaml]\n", 14, (f"строка {LAST + 1}", "mine.yaml"), (f"line {LAST + 1}", "mine.yaml"))

PACK = """\
id: mine
version: 1
label: {ru: Мои, en: Mine}
rules:
  - id: mine_big
    card: deal
    label: {ru: Крупные, en: Big}
    when: amount > 100 and CONDITION
    occurrence: id
    todo: {ru: Позвоните, en: Call}
    why: {ru: Крупная сделка, en: A big deal}
"""


def pack(name: str, text: str, ru: str | tuple[str, ...], en: str | tuple[str, ...]) -> None:
    """A case of the owner's own pack of rules."""

    def spoil(desk):
        (desk.folder / "mine.yaml").write_text(text, "utf-8")
        desk.write(CONFIG + "packs: [mine.yaml]\n")

    spoil.__name__ = name
    case(15, ru, en)(spoil)


pack(
    "pack_typo",
    PACK.replace("CONDITION", "stge_kind == 'open'"),
    ("mine.yaml, строка 8, место 28", "«stge_kind»", "«stage_kind»"),
    ("mine.yaml, line 8, character 28", "“stage_kind”"),
)
pack("pack_unfinished", PACK.replace("CONDITION", ""), ("mine.yaml, строка 8",), ("mine.yaml, line 8",))
pack(
    "pack_unknown_key",
    PACK.replace("CONDITION", "filled(client)").replace("occurrence", "occurence"),
    ("mine.yaml, строка 9", "«occurrence»"),
    ("line 9", "“occurrence”"),
)
pack("pack_types", PACK.replace("CONDITION", "client > 5"), ("mine.yaml, строка 8",), ("mine.yaml, line 8",))
pack("pack_not_yaml", "id: [\n", ("mine.yaml, строка",), ("mine.yaml, line",))
pack("pack_is_prose", "слова\n", ("mine.yaml",), ("mine.yaml",))
pack(
    "pack_rule_of_another",
    PACK.replace("CONDITION", "filled(client)").replace("mine_big", "birthday"),
    ("«birthday»", "mine"),
    ("“birthday”",),
)
pack("pack_in_an_old_encoding_of_yaml", "\x00", ("mine.yaml",), ("mine.yaml",))

# --- the state folder -----------------------------------------------------------------------------------------------


@case(18, (".sheets-crm", "права"), (".sheets-crm",))
def state_folder_is_a_file(desk):
    (desk.folder / ".sheets-crm").write_text("", "utf-8")


def save_over(desk, sheets):
    """The workbook with other rows."""
    save(desk.book, sheets)


config(
    "like_itself",
    CONFIG.replace("    card: deal\n", "    card: deal\n    like: Сделки\n"),
    14,
    ("crm.yaml, строка", "«Сделки»", "без like"),
    ("crm.yaml, line", "“Сделки”", "without like"),
)
config(
    "an_address_on_the_web",
    CONFIG.replace("book.xlsx", "https://example.com/book.xlsx"),
    14,
    ("строка 1", "«https://example.com/book.xlsx»", "адрес в интернете"),
    ("line 1", "“https://example.com/book.xlsx”", "on the web"),
)
config(
    "a_name_no_file_can_have",
    CONFIG.replace("book.xlsx", "b" * 300 + ".xlsx"),
    14,
    ("слишком длинный", "Исправьте"),
    ("too long", "Correct"),
)
more(
    "a_kind_of_problem_nobody_knows",
    "  Лист:\n    required: [{field: name, as: empty}]\n",
    14,
    ("crm.yaml, строка", "«empty»", "required_blank"),
    ("crm.yaml, line", "“empty”", "required_blank"),
)


@case(12, ("book.xlsx", "workbook.xml.rels"), ("book.xlsx", "workbook.xml.rels"))
def where_the_sheets_stand_is_lost(desk):
    with zipfile.ZipFile(desk.book) as book:
        parts = {name: book.read(name) for name in book.namelist() if name != "xl/_rels/workbook.xml.rels"}
    with zipfile.ZipFile(desk.book, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
