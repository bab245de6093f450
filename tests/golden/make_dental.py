"""A dental clinic: a client's columns merged down over the rows of the visits, or written once with blanks below.

Makes the workbook and its crm.yaml, and reckons the truth from what was planted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml
from openpyxl import Workbook

from tests.golden.planted import (
    DAY,
    NOTHING,
    TODAY,
    Plants,
    Put,
    Sheet,
    Truth,
    abc,
    contacts_of,
    duplicates,
    has_birthday,
    is_silent,
    letters,
    owed,
    save,
)  # fmt: skip

SHEET = "Пациенты"
CLIENT = ["id", "name", "phone", "email", "birthday", "mailing_consent", "do_not_contact", "manager", "source"]
VISIT = ["visit.date", "complaint", "tooth", "service", "amount", "paid_amount"]
HEADERS = {
    "id": ["№ карты", "Карта №", "Шифр"], "name": ["ФИО пациента", "Пациент", "Кого лечим"], "phone": ["Телефон", "Тел."],
    "email": ["E-mail", "Почта"], "birthday": ["Дата рождения", "ДР"], "mailing_consent": ["Согласие на рассылку", "Согласие"],
    "do_not_contact": ["Не беспокоить", "Стоп-лист"], "manager": ["Врач", "Лечащий врач"], "source": ["Откуда узнал", "Источник"],
    "visit.date": ["Дата визита", "Дата приёма", "Дата"], "complaint": ["Жалоба", "Жалобы"], "tooth": ["Зуб", "№ зуба"],
    "service": ["Что сделано", "Лечение"], "amount": ["Сумма", "Стоимость"], "paid_amount": ["Оплачено", "Внесено"],
    "due_date": ["Оплатить до", "Срок оплаты"], "terms_days": ["Отсрочка, дн."], "next_visit": ["Следующий визит", "След. приём"],
    "survey.score": ["Оценка 0-10", "NPS"],
}  # fmt: skip
LAST = [
    "Иванов",
    "Петров",
    "Сидоров",
    "Козлов",
    "Новиков",
    "Морозов",
    "Волков",
    "Соловьёв",
    "Васильев",
    "Зайцев",
    "Павлов",
    "Семёнов",
    "Голубев",
    "Виноградов",
    "Богданов",
]
FIRST = ["Иван", "Пётр", "Семён", "Артём", "Илья", "Фёдор", "Роман", "Олег", "Глеб", "Юрий"]
MIDDLE = ["Иванович", "Петрович", "Сергеевич", "Олегович", "Андреевич", "Юрьевич"]
DOCTORS = ["Ким А. В.", "Орлова Н. П.", "Гришин С. С."]
SERVICES = ["Лечение кариеса", "Чистка", "Удаление", "Консультация", "Имплант", "Снимок"]


@dataclass
class Visit:
    row: int
    date: Put
    amount: Put
    paid: Put
    due: date | None
    next: Put

    @property
    def booked(self) -> bool:
        """Has yet to come: nothing is owed."""
        return self.date.value is not None and self.date.value > TODAY

    @property
    def future(self) -> bool:
        return self.booked or "date_in_future" in self.date.kinds


@dataclass
class Client:
    """A block, as planted."""

    row: int
    puts: dict[str, Put]
    visits: list[Visit] = field(default_factory=list)
    repeated: bool = False


class Dental:
    """One workbook. The seed chooses the way of blocks, the way of due days, and what stands around the table."""

    def __init__(self, seed: int) -> None:
        self.plants = Plants(seed)
        self.way = ["merged", "filled", "mixed"][seed % 3]
        self.due = ["column", "terms", "settings", "formula"][seed % 4]
        self.booked_by_date = seed % 5 == 4  # no column of the next visit: a visit of tomorrow is a booking
        self.score = seed % 2 == 1
        self.lines = seed % 7 in (1, 2, 5)  # several lines of work on one day, which is written once
        more = {"column": ["due_date"], "terms": ["terms_days"], "settings": [], "formula": ["terms_days", "due_date"]}[
            self.due
        ]
        self.names = [
            *CLIENT,
            *VISIT,
            *more,
            *([] if self.booked_by_date else ["next_visit"]),
            *(["survey.score"] if self.score else []),
        ]
        self.at = letters(self.names)
        self.book = Workbook()
        self.sheet = Sheet(self.book.active)
        self.sheet.ws.title = SHEET
        self.clients: list[Client] = []
        self.truth = Truth()
        self.header_row = 1
        self.row = 0

    # ------------------------------------------------------------------------------------------------ writing

    def make(self, folder: Path) -> Truth:
        self._head()
        cards = [f"К-{number:04}" for number in self.plants.rng.sample(range(1, 4000), 70)]
        for place, fresh in enumerate(cards):
            card = fresh
            self._between(place)
            if self.clients and self.plants.odds(0.03):
                known = [one.puts["id"].value for one in self.clients if one.puts["id"].value]
                self._block(self.plants.one(known))
            else:
                self._block(card)
        self._foot()
        save(self.book, folder / "in.xlsx", [self.sheet])
        (folder / "crm.yaml").write_text(yaml.safe_dump(self.settings(), allow_unicode=True), "utf-8")
        return self._reckon()

    def settings(self) -> dict[str, object]:
        columns = dict(self.at)
        sheet: dict[str, object] = {
            "card": ["client", "visit", *(["survey"] if self.score else [])], "header_row": self.header_row, "columns": columns,
            "required": ["name", "phone", "source", "manager"],
        }  # fmt: skip
        if self.way != "merged":
            sheet["fill_down"] = ["id", "name", *(["visit.date"] if self.lines else [])]
        settings: dict[str, object] = {
            "workbook": "in.xlsx", "language": "ru", "country": "RU", "sheets": {SHEET: sheet}, "consent": "opt_out",
            "booked_visit_is_open": True, "rules": {"reactivation": {"default_days": 180}},
        }  # fmt: skip
        if self.due == "settings":
            settings["money"] = {"terms_days": 14}
        return settings

    def _head(self) -> None:
        if self.plants.odds(0.6):
            self.sheet.section(1, "Стоматология «Улыбка»: карточки пациентов", self.at[self.names[-1]])
            self.sheet.put_row(2, {"B": "обновлять каждый вечер"})
            self.header_row = 4
        self.sheet.put_row(self.header_row, {self.at[name]: self.plants.one(HEADERS[name]) for name in self.names})
        self.row = self.header_row + 1
        self.truth.header_rows[SHEET] = self.header_row

    def _between(self, place: int) -> None:
        """Blank rows, headings of a year and repeated headers between blocks."""
        if place % 25 == 10:
            self.sheet.section(self.row, f"{2024 + place // 25} год", "F")
            self.row += 1
        elif place % 25 == 18:
            self.row += self.plants.one([1, 2])
        elif place == 40:
            self.sheet.put_row(
                self.row, {letter: self.sheet.ws[f"{letter}{self.header_row}"].value for letter in self.at.values()}
            )
            self.row += 1

    def _foot(self) -> None:
        self.sheet.put_row(self.row, {"A": "Итого", self.at["amount"]: 123456})
        self.sheet.put_row(self.row + 3, {"B": "Проверила: Иванова", self.at["amount"]: "не клиент"})

    def _block(self, card: str) -> None:
        plants, size = self.plants, self.plants.one([1, 1, 1, 2, 2, 3, 4, 5, 7])
        client = Client(self.row, self._client(card))
        known = {one.puts["id"].value for one in self.clients} - {None}
        client.repeated = client.puts["id"].value in known
        for name, put in client.puts.items():
            self.sheet.put(self.row, self.at[name], put)
        if client.repeated:
            self.sheet.problem(self.row, self.at["id"], "duplicate_id")
        if self.score:
            self._score()
        days = sorted(TODAY - plants.rng.randint(0, 700) * DAY for _ in range(size))
        for day in days:
            last, first = day is days[-1], self.row
            when = self._day(day, last=last, alone=size == 1)
            day_put = self._as_above(client, when)
            for _ in range(plants.one([1, 1, 2, 3]) if self.lines else 1):
                client.visits.append(self._visit(day, day_put, last=last))
                self.row += 1
            if self.way == "merged" and self.row - first > 1:
                self.sheet.ws.merge_cells(f"{self.at['visit.date']}{first}:{self.at['visit.date']}{self.row - 1}")
            if self.way == "filled" and plants.odds(0.02):
                self.row += 1  # a blank row inside a block
        spare = self.way == "merged" and size > 1 and plants.odds(0.1)  # room left for the next visit
        self.row += spare
        if self.way == "merged" or (self.way == "mixed" and plants.odds(0.5)):
            self._merge(client.row, self.row - 1)
        self.clients.append(client)

    def _merge(self, top: int, bottom: int) -> None:
        if top < bottom:
            for name in [*CLIENT, *(["survey.score"] if self.score else [])]:
                self.sheet.ws.merge_cells(f"{self.at[name]}{top}:{self.at[name]}{bottom}")

    def _client(self, card: str) -> dict[str, Put]:
        plants, one = self.plants, self.plants.one
        twin = one(self.clients) if self.clients and plants.odds(0.08) else None
        phones = twin.puts["phone"].value if twin else None
        phone = phones[0] if phones and phones[0].startswith("+79") else plants.number()
        born = (
            TODAY + plants.rng.randint(-20, 20) * DAY if plants.odds(0.4) else TODAY - plants.rng.randint(0, 364) * DAY
        )
        born = born.replace(year=plants.rng.randint(1940, 2005), day=min(born.day, 28))
        if plants.odds(0.02):
            born = date(1988, 2, 29)
        name = plants.text(f"{one(LAST)} {one(FIRST)} {one(MIDDLE)}", missing=0.02)
        # Where blanks below mean «as above», a block without any name or number would belong to the one above it.
        number = plants.text(card, missing=0.02 if name.value else 0.0)
        return {
            "id": number, "name": name, "phone": plants.phone(None if plants.odds(0.05) else phone),
            "email": plants.email(f"p{plants.rng.randint(1, 9**9)}@mail.ru" if plants.odds(0.6) else None),
            "birthday": plants.birthday(born if plants.odds(0.85) else None),
            "mailing_consent": plants.consent(one([True, True, False, None])),
            "do_not_contact": Put("не звонить", True) if plants.odds(0.05) else NOTHING,
            "manager": plants.text(one(DOCTORS), missing=0.03), "source": plants.text(one(["2ГИС", "Сарафан", "Сайт"]), missing=0.04),
        }  # fmt: skip

    def _score(self) -> None:
        put = self.plants.one(
            [
                Put(9, 9),
                Put(10, 10),
                Put(3, 3),
                NOTHING,
                NOTHING,
                Put("девять", None, ("bad_number",)),
                Put(11, None, ("bad_format",)),
            ]
        )
        self.sheet.put(self.row, self.at["survey.score"], put)

    def _day(self, day: date, *, last: bool, alone: bool) -> Put:
        """The day of the visit, written in its first row."""
        plants = self.plants
        ahead = self.booked_by_date and last and not alone and plants.odds(0.15)
        when = plants.day(
            None if plants.odds(0.03) else TODAY + plants.rng.randint(1, 30) * DAY if ahead else day,
            past=not self.booked_by_date,
        )
        return self.sheet.put(self.row, self.at["visit.date"], when)

    def _as_above(self, client: Client, when: Put) -> Put:
        """What a day means where a blank one is that of the visit above (of the same client)."""
        if when.typed or not self.lines or self.way == "merged" or not client.visits:
            return when
        return client.visits[-1].date

    def _visit(self, day: date, when: Put, *, last: bool) -> Visit:
        """One line of what was done; `when`: the day, written above it or here."""
        plants, row = self.plants, self.row
        amount = plants.money(plants.one([1500, 3200.5, 12000, 48000.75, 0]) if plants.odds(0.93) else None)
        paid = plants.paid(plants.one([amount.value, amount.value, amount.value, 1000, None, 0]))
        next_day = plants.day(
            TODAY + plants.rng.randint(0, 40) * DAY
            if last and plants.odds(0.15)
            else day + 30 * DAY
            if plants.odds(0.2)
            else None
        )
        cells = {
            "complaint": plants.text(plants.one(["болит", "осмотр", "скол"]), missing=0.3),
            "tooth": plants.tooth() if plants.odds(0.7) else plants.blank(), "service": plants.text(plants.one(SERVICES)),
            "amount": amount, "paid_amount": paid,
        }  # fmt: skip
        due = self._due(when, cells)
        if not self.booked_by_date:
            cells["next_visit"] = next_day
        for name, put in cells.items():
            self.sheet.put(row, self.at[name], put)
        return Visit(row, when, amount, paid, due, NOTHING if self.booked_by_date else next_day)

    def _due(self, when: Put, cells: dict[str, Put]) -> date | None:
        """Write what says when money is due, and say when."""
        plants = self.plants
        if self.due == "column":
            due = plants.day(when.value + plants.one([7, 14, 40]) * DAY if when.value and plants.odds(0.8) else None)
            cells["due_date"] = due
            return due.value
        if self.due == "settings":
            return when.value + 14 * DAY if when.value else None
        terms = plants.count(plants.one([0, 7, 14, 30]) if plants.odds(0.85) else None)
        cells["terms_days"] = terms
        due_day = when.value + int(terms.value) * DAY if when.value and terms.value is not None else None
        if self.due == "formula":  # it repeats what is known; stale or never calculated, it is nobody's problem
            stale = plants.one([None, plants.serial(TODAY - 300 * DAY), plants.serial(due_day) if due_day else None])
            cells["due_date"] = Put(
                f"={self.at['visit.date']}{self.row}+{self.at['terms_days']}{self.row}",
                number_format="dd.mm.yyyy",
                cached=stale,
            )
        return due_day

    # ----------------------------------------------------------------------------------------------- reckoning

    def _reckon(self) -> Truth:
        truth = self.truth
        for client in self.clients:
            self._reckon_client(client)
            for visit in client.visits:
                if not visit.booked:
                    owed(
                        truth,
                        SHEET,
                        visit.row,
                        amount=visit.amount.value,
                        paid=visit.paid.value,
                        invoiced=visit.date.value,
                        due=visit.due,
                    )
        abc(truth, {client.row: self._revenue(client) for client in self.clients})
        duplicates(
            truth, {client.row: contacts_of(client.puts["phone"], client.puts["email"]) for client in self.clients}
        )
        truth.problems.update(self.sheet.problems)
        truth.rows[SHEET] = sum(len(client.visits) for client in self.clients)
        return truth

    def _revenue(self, client: Client) -> float:
        """All visits but those of the future: who was here and paid did so, even if the day can't be read."""
        return round(sum(v.amount.value or 0 for v in client.visits if not v.future), 2)

    def _reckon_client(self, client: Client) -> None:
        truth, puts = self.truth, client.puts
        for name in ("name", "phone", "source", "manager"):
            if not puts[name].typed:
                self.sheet.problem(client.row, self.at[name], "required_blank")
        blank = any(not puts[name].typed for name in ("name", "phone", "source", "manager"))
        truth.valid_clients += not (blank or client.repeated or any(put.bad for put in puts.values()))
        may = puts["mailing_consent"].value is not False and not puts["do_not_contact"].value
        if may and has_birthday(puts["birthday"]):
            truth.task("birthday", SHEET, client.row)
        days = [v.date.value for v in client.visits if v.date.value]
        booked = any(v.next.value and v.next.value >= TODAY for v in client.visits) or any(day > TODAY for day in days)
        if may and not booked and is_silent(days, 180):
            truth.task("reactivation", SHEET, client.row)


def make(folder: Path, seed: int) -> Truth:
    """Write `in.xlsx` and `crm.yaml` into the folder; the truth about them."""
    return Dental(seed).make(folder)
