"""Draws sample tabs into a workbook and, through LibreOffice and poppler, into pictures: for looking at them.

    python tools/look_at_tabs.py FOLDER

Not shipped. Needs `soffice` and `pdftoppm` for the pictures.
"""

import random
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import openpyxl
import polars as pl

sys.path.insert(0, str(Path(__file__).parent.parent))
from sheets_crm.analytics.model import Funnel, GroupRow, StageRow, StuckDeal
from sheets_crm.books.model import WritePlan
from sheets_crm.cards.model import Problem
from sheets_crm.engine.model import Decision
from sheets_crm.tabs import DrawContext, draw_clients, draw_funnel, draw_problems, draw_tasks
from sheets_crm.tasks import Mark, TaskSettings, open_tasks, task_key

TODAY = datetime.now(tz=UTC).date()
NAMES = (
    "ООО «Ромашка»", "Иванова Анна Петровна", "ИП Кузнецов Александр Владимирович", "Стоматология «Улыбка на Ленина»",
    "Smith & Sons Plumbing and Heating Ltd", "Пётр", "=SUM(A1)", "+7 912 000-11-22", "Кафе «Печь»", "Jane Doe",
)  # fmt: skip
RULES = {
    "offer_followup": (
        {"ru": "Позвонить и узнать решение по предложению", "en": "Call and ask what they decided about the offer"},
        {
            "ru": "Предложение на {amount} ₽ отправлено {day}, ответа нет {n} дн.",
            "en": "The offer for {amount} was sent on {day}, no answer for {n} days",
        },
        {"ru": ("Открыть предложение", "Позвонить", "Записать решение"), "en": ("Open the offer", "Call", "Note it")},
        {"ru": ("Купит", "Думает", "Недозвон", "Отказ"), "en": ("Will buy", "Thinking", "No answer", "Refused")},
    ),
    "overdue_payment": (
        {"ru": "Напомнить об оплате просроченного счёта", "en": "Remind of the overdue payment"},
        {
            "ru": "Счёт на {amount} ₽ нужно было оплатить до {day}: просрочка {n} дн.",
            "en": "{amount} was due on {day}: {n} days late",
        },
        {"ru": ("Проверить банк", "Позвонить в бухгалтерию"), "en": ("Check the bank", "Call the accountant")},
        {"ru": ("Оплатят", "Спор", "Недозвон"), "en": ("Will pay", "Dispute", "No answer")},
    ),
    "birthday": (
        {"ru": "Поздравить с днём рождения", "en": "Wish a happy birthday"},
        {"ru": "День рождения {day}", "en": "Birthday on {day}"},
        {},
        {"ru": ("Поздравили",), "en": ("Done",)},
    ),
}


def decisions():
    dice = random.Random(1)
    for number in range(24):
        rule = dice.choice(list(RULES))
        todo, why, checklist, outcomes = RULES[rule]
        day = TODAY - timedelta(days=dice.randint(2, 40))
        amount = Decimal(dice.randint(1, 900) * 1000)
        due = TODAY + timedelta(days=dice.randint(1, 6)) if rule == "birthday" else TODAY
        yield Decision(
            rule=rule, card="deal", subject=str(number), occurrence="1", sheet="Сделки 2026", row=number + 2,
            cell=f"F{number + 2}", client=dice.choice(NAMES), manager=dice.choice(["Ольга", "Борис Николаевич", ""]),
            contact=dice.choice(["+7 912 345-67-89", "anna.ivanova@example.com, +7 495 123-45-67", ""]), due=due,
            priority=dice.choice([1, 2, 3]), amount=amount, todo=todo, why=why, checklist=checklist, outcomes=outcomes,
            values={"amount": amount, "day": day, "n": (TODAY - day).days},
            hint=dice.choice(["", "Любит звонки после 14:00. Обычный заказ: 20 кг зерна"]),
        )  # fmt: skip


def tasks():
    found = list(decisions())
    keys = [task_key(one.rule, one.subject, one.occurrence) for one in found]
    marks = [
        Mark(keys[0], status="done", outcome="Купит", comment="Ждёт счёт", row=2),
        Mark(keys[1], status="in_progress", comment="Перезвонить после обеда, не раньше трёх", row=3),
        Mark(keys[2], snooze_until=TODAY + timedelta(days=4), status="snoozed", row=4),
        Mark("", own=True, cells={"todo": "Заказать бумагу", "manager": "Ольга"}, repeat="каждый месяц", row=5),
        Mark(task_key("x", "y", "z"), comment="Оплатил вчера", cells={"todo": "Напомнить", "client": "Пётр"}, row=6),
    ]
    known = {key: TODAY - timedelta(days=3) for key in keys[8:14]}
    return open_tasks(found, marks, known, TODAY, TaskSettings(managers=("Ольга",)))


def funnels():
    names = ("Новая заявка", "Замер", "Предложение отправлено", "Договор", "Оплачено", "Отказ")
    stages = tuple(
        StageRow(
            name, kind, count, Decimal(count * 45_000), None if not place else 0.7 - place * 0.05, 1 - place * 0.15,
            3.4 + place, place, Decimal(count * 20_000),
        )
        for place, (name, kind, count) in enumerate(zip(names, ["open"] * 4 + ["won", "lost"], [40, 28, 19, 9, 7, 21], strict=True))
    )  # fmt: skip
    stuck = tuple(
        StuckDeal(
            "Сделки 2026",
            row,
            NAMES[row % 10],
            f"Окна, заказ {row}",
            names[row % 4],
            "Ольга",
            row * 2,
            Decimal(row * 10_000),
        )
        for row in range(2, 24)
    )
    groups = tuple(GroupRow(name, 20, 7, 5, Decimal(900_000)) for name in ("Ольга", "Борис Николаевич", ""))
    stake = {"offers": (12, Decimal(540_000)), "invoices": (3, Decimal("120500.50")), "overdue": (1, Decimal(30_000))}
    months = tuple(replace(groups[0], name=f"2026-{month:02}") for month in range(1, 12))
    first = Funnel("Продажи", "deal", stages, 3, stuck, stake, groups, months[:4], months, groups[:2])
    return first, Funnel("Повторные продажи", "deal", stages[3:], by_manager=groups)


def clients():
    dice = random.Random(2)
    size = 60
    money = pl.Series([Decimal(dice.randint(0, 900_000)) for _ in range(size)], dtype=pl.Decimal(38, 4))
    days = pl.Series([TODAY - timedelta(days=dice.randint(1, 400)) for _ in range(size)])
    return pl.DataFrame(
        {
            "sheet": ["Клиенты"] * size, "row": pl.Series(range(2, size + 2), dtype=pl.UInt32),
            "id": [str(number) for number in range(size)], "name": [NAMES[number % 10] for number in range(size)],
            "contact": [None] * size, "phone": ["+7 912 345-67-89"] * size, "email": ["anna@example.com", None] * (size // 2),
            "manager": ["Ольга", "Борис Николаевич"] * (size // 2), "purchases": pl.Series([4] * size, dtype=pl.UInt32),
            "revenue": money, "average": money / 4, "interval": [30.5] * size, "last_purchase": days,
            "next_purchase": days.dt.offset_by("30d"), "abc": ["A", "B", "C"] * (size // 3), "debt": money / 10,
            "open_deals": pl.Series([1, 0] * (size // 2), dtype=pl.UInt32), "consents": [True, False, True] * (size // 3),
        }
    )  # fmt: skip


def problems():
    return [
        Problem("Клиенты", "B2", 2, "bad_phone", "12-34"), Problem("Клиенты", "D5", 5, "date_as_text", "5 ноября 2026"),
        Problem("Сделки 2026", "F12", 12, "bad_number", "договорная"),
        Problem("Сделки 2026", "C7", 7, "unknown_value", "Отпр. КП", "Предложение отправлено", values={"field": "Этап"}),
        Problem("Сделки 2026", "B3", 3, "required_blank", "", values={"field": "Клиент"}),
    ] * 4  # fmt: skip


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for lang, currency in (("ru", "RUB"), ("en", "GBP")):
        path = folder / f"{lang}.xlsx"
        book = openpyxl.Workbook()
        book.active.title = "Сделки 2026"
        book.create_sheet("Клиенты")
        book.save(path)
        ctx = DrawContext(lang, currency, TODAY, manager_names=("Ольга", "Борис Николаевич"), extra=("Город",))
        tabs = (
            draw_tasks(tasks(), ctx), draw_funnel(funnels(), ctx), draw_clients(clients(), ctx, {"1": 3}),
            draw_problems(problems(), ctx, {}),
        )  # fmt: skip
        excel = import_module("sheets_crm.books.excel.book").ExcelBook(path)
        excel.apply(WritePlan(tabs, excel.fingerprint()))
        if shutil.which("soffice"):
            subprocess.run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, path], check=True)
            subprocess.run(["pdftoppm", "-r", "150", "-png", path.with_suffix(".pdf"), folder / lang], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
