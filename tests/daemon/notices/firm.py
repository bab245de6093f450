"""A small firm whose workbook names people that no message may name, and a post that only remembers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl

from sheets_crm.daemon.notices import Notices
from sheets_crm.daemon.notices.post import Answer, Sent
from sheets_crm.sync import run
from sheets_crm.sync.secrets import set_secret
from sheets_crm.sync.state import StateFolder

MOSCOW = ZoneInfo("Europe/Moscow")
DAY = date(2026, 11, 20)  # a Friday
# What may be in no message while personal data are off, and in no log ever.
PERSONAL = (
    "Гущина",
    "Вера Ильинична",
    "Тихонов",
    "916 123",
    "79161234567",
    "vera@example.ru",
    "Позвонить жене",
    "120 000",
    "120000",
)
CONFIG = """\
workbook: base.xlsx
name: Окна Плюс
language: ru
sheets:
  Клиенты:
    card: client
    columns: {id: "№", name: Клиент, phone: Телефон, email: Почта, manager: Менеджер}
  Заявки:
    card: lead
    columns: {id: "№", client: Клиент, stage: Этап, manager: Менеджер, next_step_date: Следующий шаг}
  Сделки:
    card: deal
    columns: {id: "№", client: Клиент, stage: Этап, amount: Сумма, invoice_date: Дата счёта, due_date: Срок, paid_amount: Оплачено, manager: Менеджер}
funnels:
  deals: {card: deal, stages: [Новая, Счёт выставлен, Оплачено, Отказ], won: Оплачено, lost: Отказ}
  leads: {card: lead, stages: [Новая заявка, Отказ], lost: Отказ}
"""
PEOPLE = """\
managers:
  - {name: Анна, aliases: [Аня], notify: [anna]}
  - {name: Иван}
"""
CLIENTS = [
    ("№", "Клиент", "Телефон", "Почта", "Менеджер"),
    ("К-1", "Вера Ильинична Гущина", "+7 916 123-45-67", "vera@example.ru", "Анна"),
    ("К-2", "Тихонов Пётр", "+7 916 123-45-68", None, "Иван"),
    ("К-3", "Ромашка", "+7 916 123-45-69", None, "Аня"),
]
LEADS = [
    ("№", "Клиент", "Этап", "Менеджер", "Следующий шаг"),
    ("Л-1", "К-1", "Новая заявка", "Анна", date(2026, 12, 20)),
]
DEALS = [
    ("№", "Клиент", "Этап", "Сумма", "Дата счёта", "Срок", "Оплачено", "Менеджер"),
    ("С-1", "К-1", "Счёт выставлен", 120000, date(2026, 11, 1), date(2026, 11, 10), 0, "Анна"),
    ("С-2", "К-2", "Счёт выставлен", 4321, date(2026, 11, 1), date(2026, 11, 19), 0, "Иван"),
]


class Remembers:
    """A post that takes everything, or answers as told; what it was given, in order."""

    def __init__(self, *answers: Answer):
        self.answers = list(answers)
        self.given: list[tuple[str, str, str]] = []

    def send(self, url: str, title: str, body: str) -> Sent:
        answer = self.answers.pop(0) if self.answers else Answer.SENT
        if answer == Answer.SENT:
            self.given.append((url, title, body))
        return Sent(answer)

    def take(self) -> list[tuple[str, str]]:
        """(last part of the address, title and text) of what came since the last look."""
        found = [(url.rsplit("/", 1)[-1], f"{title}\n{body}") for url, title, body in self.given]
        self.given.clear()
        return found


class Firm:
    """The firm's folder; its daemon's notices, sent at once."""

    def __init__(self, folder: Path, *, notifications: str = "{owner: [boss]}", people: str = PEOPLE, more: str = ""):
        self.folder, self.config, self.book = folder, folder / "crm.yaml", folder / "base.xlsx"
        self.sheets = {"Клиенты": list(CLIENTS), "Заявки": list(LEADS), "Сделки": list(DEALS)}
        self.save()
        self.configure(notifications, people, more)
        self.state = StateFolder.beside(self.config, "base.xlsx")
        for name in ("boss", "anna"):
            set_secret(self.state, name, f"json://127.0.0.1:1/{name}")
        self.post = Remembers()
        self.restart()

    def configure(self, notifications: str, people: str = PEOPLE, more: str = "") -> None:
        self.config.write_text(f"{CONFIG}{people}notifications: {notifications}\n{more}", "utf-8")

    def restart(self) -> None:
        """Another process."""
        self.notices = Notices(self.post, background=False)

    def save(self) -> None:
        """The user's sheets as they are now; our tabs stay."""
        if self.book.exists():
            book = openpyxl.load_workbook(self.book)
        else:
            book = openpyxl.Workbook()
            book.remove(book.active)
        for name, rows in self.sheets.items():
            sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
            sheet.delete_rows(1, sheet.max_row + 1)
            for row in rows:
                sheet.append(row)
        book.save(self.book)
        book.close()

    def run(self, now: datetime) -> run.Result:
        """A run of the daemon's that ends well."""
        result = run.sync(str(self.config), today=now.astimezone(MOSCOW).date())
        self.notices.after_run(self.config, result, now)
        return result

    def tick(self, now: datetime) -> list[tuple[str, str]]:
        self.notices.tick(self.config, now)
        return self.post.take()

    def type_task(
        self, todo: str, *, hour: time | str, manager: str = "Анна", day: date = DAY, status: str = ""
    ) -> int:
        """A task typed by hand on the Tasks tab; its row."""
        book = openpyxl.load_workbook(self.book)
        sheet = book["Задачи"]
        headers = [cell.value for cell in sheet[1]]
        row = sheet.max_row + 1
        values = {"Срок": day, "Время": hour, "Менеджер": manager, "Что сделать": todo, "Статус": status or None}
        for header, value in values.items():
            sheet.cell(row, headers.index(header) + 1, value)
        book.save(self.book)
        book.close()
        return row

    def mark(self, todo: str, header: str, value: object) -> None:
        """Something typed in a row of the Tasks tab, found by its text."""
        book = openpyxl.load_workbook(self.book)
        sheet = book["Задачи"]
        headers = [cell.value for cell in sheet[1]]
        text = headers.index("Что сделать") + 1
        row = next(n for n in range(2, sheet.max_row + 1) if sheet.cell(n, text).value == todo)
        sheet.cell(row, headers.index(header) + 1, value)
        book.save(self.book)
        book.close()

    def record(self):
        from sheets_crm.daemon.notices.record import Notebook

        return Notebook(self.state).read()


def at(clock: str, day: date = DAY) -> datetime:
    """A moment by the firm's wall clock."""
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day, time(hour, minute), MOSCOW).astimezone(UTC)
