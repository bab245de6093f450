"""Text, ids, e-mail, tax ids, consents, stages, choices, teeth; blanks and broken cells of every type."""

from datetime import date

import pytest

from sheets_crm.cards import FieldType, alias_table, clean, fold, parse
from sheets_crm.cards.readers.taxids import is_inn


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("name", "  Иван\u00a0 \u202fПетров ", "Иван Петров"), ("name", "ООО\nРомашка", "ООО Ромашка"), ("name", "Ка\u0301\u0438\u0306", "Ка\u0301й"),
        ("text", "раз\u00a0 два \n три", "раз два\nтри"), ("text", "нет", "нет"), ("text", "none", "none"), ("text", "#1 по городу", "#1 по городу"),
        ("id", 12345.0, "12345"), ("id", "007", "007"), ("id", 12.5, "12.5"), ("id", 1e15, "1000000000000000"), ("text", date(2026, 5, 12), "2026-05-12"),
        ("text", True, "TRUE"), ("link", 249.0, "249"), ("link", "К-0249 ", "К-0249"), ("text", "=1+1", "=1+1"), ("id", 1e-7, "0.0000001"),
    ],
)  # fmt: skip
def test_text_is_clean(read, kind, value, text):
    assert read(kind, value) == (text, [])


@pytest.mark.parametrize("value", [None, "", " ", "-", "–", "—", "n/a", "N/A", "\u00a0", "\u200b", " — "])
@pytest.mark.parametrize("kind", list(FieldType))
def test_blanks_of_every_type(column, reading, field, kind, value):
    more = {"choices": {"a": ()}} if kind == "choice" else {}
    parsed = parse(column(value), field(kind, **more), "f", reading(), stages={"a": "a"})
    assert parsed.values["f"].to_list() == [None]
    assert parsed.issues.is_empty()
    assert parsed.blank.to_list() == [True]


@pytest.mark.parametrize("kind", list(FieldType))
def test_broken_cells_of_every_type(column, reading, field, broken, kind):
    more = {"choices": {"a": ()}} if kind == "choice" else {}
    parsed = parse(column(*broken, "#Н/Д", None), field(kind, **more), "f", reading(), stages={"a": "a"})
    assert parsed.values["f"].to_list() == [None] * 4
    assert parsed.issues["kind"].to_list() == ["cell_error", "not_calculated", "cell_error"]
    assert parsed.issues["seen"].to_list() == ["#REF!", "", "#Н/Д"]
    assert parsed.blank.to_list() == [False, False, False, True]


def test_folding():
    assert fold("  ЁЛКА\u00a0и\nПалка ") == "елка и палка"
    assert clean("\ufeffа\r\n б") == "а\nб"


@pytest.mark.parametrize(
    "text", ["ivan@mail.ru", "Ivan.Petrov+crm@Mail.RU", "o'neil@sub.example.co.uk", "a@xn--80ak6aa92e.xn--p1ai"]
)
def test_addresses(read, text):
    assert read("email", text) == (text.lower(), [])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("pochta.example", None), ("имя@pochta.example", None), ("@", None), ("info@cafe", None), ("www.cafe.example", None),
        ("joe@@cafe.example", "joe@cafe.example"), ("joe(at)cafe.example", "joe@cafe.example"), ("iv\u0430n@m\u0430il.ru", "ivan@mail.ru"),
        ("a@b.ru, c@d.ru", "a@b.ru"), ("Иван <ivan@mail.ru>", "ivan@mail.ru"), ("mailto:ivan@mail.ru", "ivan@mail.ru"), ("ivan @mail.ru", "ivan@mail.ru"),
        ("ivan@mail.ru.", "ivan@mail.ru"), ("ivan..petrov@mail.ru", None), ("ivan@mail..ru", None), ("ivan@mail.r", None), ("нет", None),
    ],
)  # fmt: skip
def test_what_is_no_address(read, suggest, text, meant):
    assert read("email", text) == (None, ["bad_email"])
    assert suggest("email", text) == meant


def test_an_address_that_is_a_number(read):
    assert read("email", 5) == (None, ["bad_email"])


@pytest.mark.parametrize(
    ("value", "country", "tax_id", "kinds"),
    [
        ("7707083893", "RU", "7707083893", []), (7707083893, "RU", "7707083893", []), ("500100732259", "RU", "500100732259", []),
        ("7707 083 893", "RU", "7707083893", []), ("ИНН 7707083893", "RU", "7707083893", []), ("7707083893/773601001", "RU", "7707083893", []),
        ("7707083894", "RU", None, ["bad_tax_id"]), ("500100732250", "RU", None, ["bad_tax_id"]), ("770708389", "RU", None, ["bad_tax_id"]),
        ("0000000000", "RU", None, ["bad_tax_id"]), ("нет", "RU", None, ["bad_tax_id"]), ("7" * 30_000, "RU", None, ["bad_tax_id"]),
        ("gb 123 4567 73", "GB", "GB123456773", []), ("12-3456789", "US", "123456789", []), ("БИН 123456789012", "KZ", "123456789012", []),
        (191234567, "BY", "191234567", []), ("unknown", "US", None, ["bad_tax_id"]),
    ],
)  # fmt: skip
def test_tax_ids(read, value, country, tax_id, kinds):
    assert read("tax_id", value, country) == (tax_id, kinds)


def test_a_zero_that_a_number_lost_is_suggested(suggest):
    inn = next(f"01{n:07}{digit}" for n in range(100) for digit in range(10) if is_inn(f"01{n:07}{digit}"))
    assert suggest("tax_id", int(inn)) == inn


def test_check_digits_at_once_agree_with_one_by_one(column, reading, field):
    numbers = [str(7_707_083_800 + n) for n in range(100)] + [str(500_100_732_200 + n) for n in range(100)]
    parsed = parse(column(*numbers), field("tax_id"), "t", reading())
    assert parsed.values["t"].to_list() == [number if is_inn(number) else None for number in numbers]
    assert 10 <= parsed.values["t"].count() <= 20


@pytest.mark.parametrize(
    ("value", "agreed", "kinds"),
    [
        ("да", True, []), ("Да.", True, []), ("+", True, []), ("✓", True, []), ("x", True, []), (True, True, []), (1, True, []), ("yes", True, []),
        ("согласен", True, []), ("да, устно 12.03", True, []), ("нет", False, []), ("No", False, []), (False, False, []), (0, False, []),
        ("отписан", False, []), ("нет, просил не писать", False, []), ("не писать", False, []), ("opt-out", False, []), ("-", None, []),
        ("возможно", None, ["unknown_value"]), ("?", None, []), ("не спрашивали", None, []), ("не решил", None, ["unknown_value"]), (date(2026, 3, 12), None, ["unknown_value"]), (2, None, ["unknown_value"]),
    ],
)  # fmt: skip
def test_consents(read, value, agreed, kinds):
    assert read("consent", value) == (agreed, kinds)


@pytest.mark.parametrize(
    ("value", "blocked"),
    [("YES", True), ("DNC", True), ("x", True), ("отписан", True), ("конфликт в 2024", True), (True, True), (date(2026, 3, 12), True),
     ("нет", False), ("No", False), (False, False), (0, False), ("-", None), (None, None)],
)  # fmt: skip
def test_a_do_not_contact_mark_blocks_whatever_it_says(read, value, blocked):
    assert read("consent", value, mark=True) == (blocked, [])


STAGES = alias_table([("КП отправлено", ["кп"]), ("Счёт выставлен", ["счет"]), ("Отказ", ["отказ клиента", "КП"])])


@pytest.mark.parametrize(
    ("value", "stage", "kinds"),
    [
        ("КП отправлено", "КП отправлено", []), (" кп\u00a0ОТПРАВЛЕНО ", "КП отправлено", []), ("кп", "КП отправлено", []),
        ("Счет выставлен", "Счёт выставлен", []), ("Думает", None, ["unknown_value"]), (5, None, ["unknown_value"]), (None, None, []),
    ],
)  # fmt: skip
def test_stages_through_aliases(read, value, stage, kinds):
    assert read("stage", value, stages=STAGES) == (stage, kinds)


def test_the_nearest_stage_is_suggested(suggest):
    assert suggest("stage", "Счёт выстален", stages=STAGES) == "Счёт выставлен"
    assert suggest("stage", "в работе у Марата", stages=STAGES) is None


def test_stages_without_a_list_stay_as_typed(read):
    assert read("stage", " Думает ") == ("Думает", [])


def test_choices(read):
    choices = {"cold": ("холодный",), "hot": ("горячий",)}
    assert read("choice", "Горячий", choices=choices) == ("hot", [])
    assert read("choice", "5 из 10", choices=choices) == (None, ["unknown_value"])
    assert read("choice", "5 из 10", choices=choices, open=True) == ("5 из 10", [])


@pytest.mark.parametrize(
    ("value", "teeth", "kinds"),
    [
        ("36", "36", []), (36, "36", []), ("11, 12,48", "11, 12, 48", []), ("51;85", "51, 85", []), (36.37, "36, 37", []), ("36\n37", "36, 37", []),
        ("19", None, ["tooth_invalid"]), ("49", None, ["tooth_invalid"]), ("56", None, ["tooth_invalid"]), ("86", None, ["tooth_invalid"]),
        ("90", None, ["tooth_invalid"]), ("верхняя шестёрка", None, ["tooth_invalid"]), ("36, 99", None, ["tooth_invalid"]), ("3637", None, ["tooth_invalid"]),
    ],
)  # fmt: skip
def test_teeth(read, value, teeth, kinds):
    assert read("tooth", value) == (teeth, kinds)


def test_patterns_and_ranges(read):
    assert read("number", 11, min=0, max=10) == (None, ["bad_format"])
    assert read("number", 10, min=0, max=10) == (10.0, [])
    assert read("number", "11", min=0, max=10) == (None, ["bad_format"]), "an error stands instead of the warning"
    assert read("text", "А123ВС77", pattern=r"[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2}\d{2,3}") == ("А123ВС77", [])
    assert read("text", "123", pattern=r"[А-Я].*") == (None, ["bad_format"])
    assert read("text", None, pattern=r"[А-Я].*") == (None, [])
