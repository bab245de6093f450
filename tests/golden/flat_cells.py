"""The cells of the made distributor's workbook (make_flat): what a row of it may hold, and what that means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.golden import make_common as common
from tests.golden.make_common import TODAY, Cell, blank, plain

STAGES = [
    "Новый",
    "Первичный звонок",
    "Встреча назначена",
    "Образцы переданы",
    "КП отправлено",
    "Счёт выставлен",
    "Договор",
    "Отгрузка",
    "Отказ",
]
WON, LOST, OFFER, INVOICE = "Отгрузка", "Отказ", "КП отправлено", "Счёт выставлен"
ALIASES = {"кп": OFFER, "выставили счет": INVOICE, "отгружено": WON, "слив": LOST}
FIRMS = [
    "Ромашка",
    "Гастроном",
    "Ёлки",
    "Северный Край",
    "Вектор",
    "Лавка",
    "Тандем",
    "Мир Кофе",
    "Оптима",
    "Бублик",
    "Всё для дома",
    "Итоговый Рубеж",
]
PEOPLE = ["Иванова Анна", "Петров Олег", "Семёнов Пётр", "Ким Дина", "Орлова Вера", "Гусев Иван"]
MANAGERS = ["Анна Ким", "Олег Савельев", "Дина Юсупова"]


@dataclass
class Pen:
    """Who fills the cells, and what was written already: some of it is written again."""

    rng: Random
    phones: list[str] = field(default_factory=list, kw_only=True)
    emails: list[str] = field(default_factory=list, kw_only=True)


def deal_cells(pen: Pen, cells: dict[str, Cell]) -> None:
    """Dates, sums and answers that go with the stage, so that every rule finds something."""
    rng, stage = pen.rng, cells["stage"].means
    if stage == OFFER and rng.random() < 0.85:
        cells["offer_date"] = common.day_cell(rng, TODAY - timedelta(rng.choice([0, 1, 2, 3, 3, 4, 10, 40])), past=True)
        cells["offer_answer"] = rng.choice([blank(rng), blank(rng), plain("нет"), plain("думают")])
    if stage in (INVOICE, "Договор", WON, LOST) and rng.random() < 0.85:
        cells["invoice_date"] = common.day_cell(
            rng, TODAY - timedelta(rng.choice([0, 1, 2, 3, 10, 35, 70, 130])), past=True
        )
        cells["due_date"] = common.day_cell(
            rng, TODAY + timedelta(rng.choice([-120, -91, -90, -61, -60, -31, -30, -1, 0, 1, 20]))
        )
        if rng.random() < 0.3:
            cells["due_date"] = blank(rng)
        if rng.random() < 0.6:
            cells["terms_days"] = common.number_cell(rng, rng.choice([0, 1, 2, 7, 10, 14, 30, 70]))
    amount = cells["amount"].means
    if amount and rng.random() < 0.4:
        part = rng.choice([amount, amount / 2, amount - Decimal("0.5"), amount + 10, Decimal(0)])
        cells["paid_amount"] = common.money_cell(rng, round(part, 2), "RUB", dirty=0.1)
    if rng.random() < 0.6:
        cells["next_step_date"] = common.day_cell(rng, TODAY + timedelta(rng.randint(-40, 60)))
    if rng.random() < 0.5:
        cells["lost_reason"] = plain(rng.choice(["дорого", "нет", "ушли к другим"]))


def _id(pen: Pen, number: int) -> Cell:
    value: Any = 1000 + number
    if pen.rng.random() < 0.03 and number > 5:
        value = 1000 + pen.rng.randrange(number)
    return Cell(str(value) if pen.rng.random() < 0.1 else value, value)


def _firm(pen: Pen, number: int) -> Cell:
    return plain(common.spaced(pen.rng, f"ООО «{pen.rng.choice(FIRMS)}-{number}»"))


def _inn(pen: Pen, _number: int) -> Cell:
    rng = pen.rng
    head = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(8))]
    check = sum(w * d for w, d in zip((2, 4, 10, 3, 5, 9, 4, 6, 8), head, strict=True)) % 11 % 10
    digits = "".join(map(str, head))
    roll = rng.random()
    if roll < 0.1:
        return blank(rng)
    if roll < 0.15:
        return Cell(
            rng.choice([f"{digits}{(check + 1) % 10}", digits, int(f"{digits}{(check + 3) % 10}"), "нет ИНН"]),
            None,
            "bad_tax_id",
        )
    right = f"{digits}{check}"
    return Cell(int(right) if rng.random() < 0.4 else right, right)


def _phone(pen: Pen, _number: int) -> Cell:
    rng, roll = pen.rng, pen.rng.random()
    if roll < 0.05:
        return blank(rng)
    if roll < 0.1:
        return Cell(rng.choice(["12-34", "нет", "8 912 345", 912345, "+7 912 34"]), None, "bad_phone")
    one = rng.choice(pen.phones) if pen.phones and rng.random() < 0.04 else f"9{rng.randint(100000000, 999999999)}"
    pen.phones.append(one)
    shown = rng.choice([_mobile(one, "+7"), _mobile(one, "8"), f"8{one}", one, f"7{one}", f"+7{one}"])
    if roll < 0.2:
        other = f"495{rng.randint(1000000, 9999999)}"
        joint = rng.choice(["; ", ", ", " / ", "\n", " или "])
        return Cell(
            f"{shown}{joint}8 (495) {other[3:6]}-{other[6:8]}-{other[8:]}", (f"+7{one}", f"+7{other}"), "several_phones"
        )
    if roll < 0.3:
        return Cell(int(rng.choice([one, f"7{one}", f"8{one}"])), (f"+7{one}",), "phone_as_number")
    if roll < 0.36:
        return Cell(shown + rng.choice([" доб. 12", ", доб. 345", " вн. 7", " ext 12", " (доб.101)"]), (f"+7{one}",))
    if roll < 0.38:
        return Cell("+375 29 123-45-67", ("+375291234567",))
    return Cell(shown, (f"+7{one}",))


def _mobile(ten: str, head: str) -> str:
    return f"{head} ({ten[:3]}) {ten[3:6]}-{ten[6:8]}-{ten[8:]}"


def _email(pen: Pen, number: int) -> Cell:
    rng = pen.rng
    if rng.random() < 0.25:
        return blank(rng)
    address = rng.choice(pen.emails) if pen.emails and rng.random() < 0.04 else f"zakaz.opt{number}@firma{number}.ru"
    pen.emails.append(address)
    return common.email_cell(rng, address)


def _stage(pen: Pen, _number: int) -> Cell:
    rng, stage = pen.rng, pen.rng.choice(STAGES)
    roll = rng.random()
    if roll < 0.05:
        return Cell(rng.choice(["в процессе", "???", "перезвонить"]), None, "unknown_value")
    if roll < 0.2:
        alias, stage = rng.choice(sorted(ALIASES.items()))
        return Cell(rng.choice([alias, alias.upper(), f" {alias} "]), stage)
    return Cell(rng.choice([stage, stage.upper(), stage.lower(), stage.replace("ё", "е"), stage + "\u00a0"]), stage)


def _past(least: int, most: int, share: float) -> Callable[[Pen, int], Cell]:
    def made(pen: Pen, _number: int) -> Cell:
        if pen.rng.random() > share:
            return blank(pen.rng)
        return common.day_cell(pen.rng, TODAY - timedelta(pen.rng.randint(least, most)), past=True)

    return made


def _sum(share: float, least: int, most: int) -> Callable[[Pen, int], Cell]:
    def made(pen: Pen, _number: int) -> Cell:
        if pen.rng.random() > share:
            return _blank_or_zero(pen.rng)
        return common.money_cell(pen.rng, Decimal(pen.rng.randint(least, most)) / 2, "RUB")

    return made


def _blank_or_zero(rng: Random) -> Cell:
    return rng.choice([blank(rng), Cell(0, Decimal(0))])


def _birthday(pen: Pen, _number: int) -> Cell:
    rng = pen.rng
    if rng.random() < 0.5:
        return blank(rng)
    if rng.random() < 0.05:
        return common.birthday_cell(rng, 2, 29)
    day = TODAY + timedelta(rng.choice([-1, 0, 1, 3, 6, 7, 8, rng.randint(9, 300)]))
    return common.birthday_cell(rng, day.month, day.day)


def _period(pen: Pen, _number: int) -> Cell:
    rng = pen.rng
    return blank(rng) if rng.random() < 0.5 else common.number_cell(rng, rng.choice([0, 14, 30, 45, 120]))


def _of(*values: Any, blanks: float = 0.0) -> Callable[[Pen, int], Cell]:
    def made(pen: Pen, _number: int) -> Cell:
        return blank(pen.rng) if pen.rng.random() < blanks else plain(pen.rng.choice(values))

    return made


def _consent(pen: Pen, _number: int) -> Cell:
    answers = [
        Cell("да", True),
        Cell("Да", True),
        Cell("+", True),
        Cell("нет", False),
        Cell("НЕТ", False),
        Cell("согласен", True),
        Cell("абвг", None, "unknown_value"),
    ]
    return blank(pen.rng) if pen.rng.random() < 0.4 else pen.rng.choice(answers)


def _stop(pen: Pen, _number: int) -> Cell:
    marks = [Cell("стоп", True), Cell("да", True), Cell("x", True), Cell("нет", False), Cell("просил не звонить", True)]
    return blank(pen.rng) if pen.rng.random() < 0.85 else pen.rng.choice(marks)


MAKERS: dict[str, Callable[[Pen, int], Cell]] = {
    "id": _id, "name": _firm, "tax_id": _inn, "contact_person": _of(*PEOPLE, blanks=0.2), "phone": _phone, "email": _email,
    "city": _of("Москва", "Казань", "Тверь", blanks=0.2), "source": _of("Сайт", "Выставка", "Звонок", blanks=0.2), "stage": _stage,
    "amount": _sum(0.8, 2000, 3_000_000), "offer_date": _past(0, 200, 0.2), "offer_answer": _of("да", "нет", blanks=0.7),
    "invoice_date": _past(0, 200, 0.1), "due_date": lambda pen, _: blank(pen.rng), "terms_days": lambda pen, _: blank(pen.rng),
    "paid_amount": lambda pen, _: _blank_or_zero(pen.rng), "next_step": _of("перезвонить", "встреча", blanks=0.4),
    "next_step_date": lambda pen, _: blank(pen.rng), "lost_reason": lambda pen, _: blank(pen.rng),
    "manager": _of(*MANAGERS), "last_purchase_date": _past(0, 300, 0.6), "revenue_total": _sum(0.6, 2000, 9_000_000),
    "purchase_period": _period, "do_not_contact": _stop, "mailing_consent": _consent, "birthday": _birthday, "created": _past(0, 900, 0.9),
}  # fmt: skip
