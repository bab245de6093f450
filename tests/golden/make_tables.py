"""Clients and deals on sheets that hold more than one table: titles above, lists beside, other tables below, headers of two rows.

Countries, both epochs, right-to-left and hidden columns, cells of error and formulas without a stored value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.golden.planted import (
    DAY,
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
    owed,
    save,
)  # fmt: skip

WORDS = {
    "ru": {
        "clients": "База", "deals": "Заказы", "money": "Деньги", "work": "Работа", "who": "Кто",
        "groups": {"id": "Клиент", "phone": "Связь", "birthday": "Личное", "source": "Работа"},
        "headers": {
            "id": "Код", "name": "Клиент", "phone": "Телефон", "email": "E-mail", "birthday": "День рождения", "mailing_consent": "Согласие",
            "source": "Источник", "manager": "Менеджер", "deal.id": "№ заказа", "client": "Клиент", "created": "Дата заказа", "stage": "Статус",
            "amount": "Сумма", "offer_date": "Дата КП", "offer_answer": "Ответ", "invoice_date": "Дата счёта", "due_date": "Оплатить до",
            "paid_amount": "Оплачено", "balance": "Остаток", "next_step_date": "Следующий шаг", "lost_reason": "Причина отказа", "closed": "Дата закрытия",
        },
        "stages": ["Новая", "В работе", "КП отправлено", "Счёт выставлен", "Успешно", "Отказ"],
        "aliases": {"кп ушло": "КП отправлено", "на паузе": "В работе", "сделано": "Успешно"}, "strange": ["???", "шаблон", "перезвонить Пете"],
        "names": ["Ромашка", "Вектор", "Альфа", "Север", "Лотос", "Гранит", "Каскад", "Орион", "Берег", "Маяк"], "forms": ["ООО", "ИП", "АО"],
        "people": ["Анна", "Борис", "Вера"], "sources": ["Сайт", "Звонок", "Выставка"], "reasons": ["Дорого", "Ушли к другим"],
        "list": ("Статусы", "Менеджеры"), "other": ("Товар", "Цена", "Остаток на складе"), "goods": ["Лист", "Труба", "Уголок"],
        "title": "ООО «Пример»: рабочая таблица", "total": "Итого", "note": "* суммы с НДС",
    },
    "en": {
        "clients": "Accounts", "deals": "Jobs", "money": "Money", "work": "Work", "who": "Who",
        "groups": {"id": "Account", "phone": "Contact", "birthday": "Personal", "source": "Work"},
        "headers": {
            "id": "Code", "name": "Customer", "phone": "Phone", "email": "Email", "birthday": "Birthday", "mailing_consent": "Opt-in",
            "source": "Source", "manager": "Owner", "deal.id": "Job No", "client": "Customer", "created": "Created", "stage": "Status",
            "amount": "Amount", "offer_date": "Quote date", "offer_answer": "Answer", "invoice_date": "Invoice date", "due_date": "Due date",
            "paid_amount": "Paid", "balance": "Balance", "next_step_date": "Next step date", "lost_reason": "Lost reason", "closed": "Closed",
        },
        "stages": ["New", "In Progress", "Quote Sent", "Invoiced", "Won", "Lost"],
        "aliases": {"quoted": "Quote Sent", "on hold": "In Progress", "closed won": "Won"}, "strange": ["???", "see email", "zzz"],
        "names": ["Acme", "Vector", "Alder", "North", "Lotus", "Granite", "Cascade", "Orion", "Harbour", "Beacon"], "forms": ["Ltd", "LLC", "& Co"],
        "people": ["Ann", "Bob", "Vera"], "sources": ["Web", "Phone", "Fair"], "reasons": ["Too dear", "Went elsewhere"],
        "list": ("Stages", "Owners"), "other": ("Product", "Price", "In stock"), "goods": ["Sheet", "Tube", "Angle"],
        "title": "Example Ltd: working copy", "total": "Total", "note": "* sums without tax",
    },
}  # fmt: skip
CLIENT = ["id", "name", "phone", "email", "birthday", "mailing_consent", "source", "manager"]
DEAL = [
    "deal.id", "client", "created", "stage", "amount", "offer_date", "offer_answer", "invoice_date", "due_date", "paid_amount",
    "balance", "next_step_date", "lost_reason", "closed",
]  # fmt: skip


@dataclass
class Client:
    row: int
    puts: dict[str, Put]
    repeated: bool


@dataclass
class Deal:
    row: int
    puts: dict[str, Put]
    client: Client | None
    repeated: bool = False


class Tables:
    """One workbook. The seed chooses the country, the epoch, where tables stand and what stands around them."""

    def __init__(self, seed: int) -> None:
        country = ["KZ", "GB", "BY", "US", "RU"][seed % 5]
        self.seed, self.plants = seed, Plants(seed, country=country, epoch_1904=seed % 2 == 1)
        self.words = WORDS[self.plants.lang]
        self.book = Workbook()
        if self.plants.epoch_1904:
            self.book.epoch = CALENDAR_MAC_1904
        self.clients = Sheet(self.book.active)
        self.clients.ws.title = self.words["clients"]
        self.deals = Sheet(self.book.create_sheet(self.words["deals"]))
        self.known: list[Client] = []
        self.orders: list[Deal] = []
        self.truth = Truth()
        self.left = [0, 0] if seed % 3 else [1, 2]  # empty columns to the left of the tables
        self.header = [40 if seed % 2 == 0 else 7, 3]
        self.at = [self._letters(CLIENT, self.left[0]), self._letters(DEAL, self.left[1])]

    @staticmethod
    def _letters(names: list[str], left: int) -> dict[str, str]:
        return {name: get_column_letter(index + left) for index, name in enumerate(names, 1)}

    def make(self, folder: Path) -> Truth:
        self._clients()
        self._deals()
        for number, sheet in enumerate([self.clients, self.deals]):
            self.truth.header_rows[sheet.ws.title] = self.header[number]
        self.clients.ws.sheet_view.rightToLeft = self.seed % 2 == 0
        self.deals.ws.column_dimensions[self.at[1]["offer_date"]].hidden = True
        self.clients.ws.column_dimensions[self.at[0]["email"]].hidden = True
        self.clients.ws.row_dimensions[self.header[0] + 5].hidden = True
        save(self.book, folder / "in.xlsx", [self.clients, self.deals])
        (folder / "crm.yaml").write_text(yaml.safe_dump(self.settings(), allow_unicode=True), "utf-8")
        return self._reckon()

    def settings(self) -> dict[str, object]:
        words, stages = self.words, self.words["stages"]
        by_header = self.seed % 4 == 3  # columns named by their headers instead of letters
        columns = [
            {name: words["headers"][name] if by_header else letter for name, letter in at.items()} for at in self.at
        ]
        columns[1]["id"] = columns[1].pop("deal.id")
        return {
            "workbook": "in.xlsx", "language": self.plants.lang, "country": self.plants.country,
            "date_order": "mdy" if self.plants.country == "US" else "dmy",
            "sheets": {
                words["clients"]: {"card": "client", "header_row": self.header[0], "columns": columns[0], "required": ["name", {"any": ["phone", "email"]}, "manager"]},
                words["deals"]: {"card": "deal", "header_row": self.header[1], "columns": columns[1], "required": ["client", {"field": "stage", "as": "unknown_value"}]},
            },
            "funnels": {"jobs": {"stages": stages, "won": stages[4], "lost": stages[5], "offer": stages[2]}},
            "stage_aliases": words["aliases"], "consent": "opt_out", "money": {"revenue": "deals", "purchases": "deals", "paid": "column", "due": "column"},
            "rules": {"reactivation": {"default_days": 120}},
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------ writing

    def _heads(self, sheet: Sheet, at: dict[str, str], header: int, groups: dict[str, str]) -> None:
        """A header of two rows: merged groups over the names, and names merged down where there is no group."""
        names = list(at)
        starts = [name for name in names if name in groups]
        for place, name in enumerate(starts):
            end = names.index(starts[place + 1]) - 1 if place + 1 < len(starts) else len(names) - 1
            sheet.ws[f"{at[name]}{header - 1}"] = groups[name]
            if names[end] != name:
                sheet.ws.merge_cells(f"{at[name]}{header - 1}:{at[names[end]]}{header - 1}")
        sheet.put_row(header, {at[name]: self.words["headers"][name] for name in names})

    def _side(self, sheet: Sheet, at: dict[str, str], header: int) -> None:
        """A list beside the table, a blank column between."""
        first = get_column_letter(len(at) + 2 + (self.left[0] if sheet is self.clients else self.left[1]))
        second = get_column_letter(len(at) + 3 + (self.left[0] if sheet is self.clients else self.left[1]))
        sheet.put_row(header, dict(zip((first, second), self.words["list"], strict=True)))
        for offset, stage in enumerate(self.words["stages"]):
            sheet.put_row(header + 1 + offset, {first: stage, second: self.words["people"][offset % 3]})

    def _below(self, sheet: Sheet, row: int, left: int, *, total: str | None) -> None:
        """What stands under a table: its totals or nothing but blank rows, then a price list, then a remark."""
        columns = [get_column_letter(left + place) for place in (1, 2, 3)]
        if total is not None:
            sheet.put_row(row, {columns[0]: self.words["total"], total: 1000})
            row += 1
        row += 2
        sheet.put_row(row, dict(zip(columns, self.words["other"], strict=True)))
        for offset in range(12):
            good = f"{self.plants.one(self.words['goods'])} {offset}"
            sheet.put_row(row + 1 + offset, {columns[0]: good, columns[1]: 100.5 + offset, columns[2]: offset})
        sheet.put_row(row + 15, {columns[0]: self.words["note"]})

    def _clients(self) -> None:
        sheet, at, header, words = self.clients, self.at[0], self.header[0], self.words
        sheet.put_row(1, {"A": words["title"]})
        for row in range(3, header - 2, 4):
            sheet.put_row(row, {"B": f"{words['note']} {row}", "C": row})
        self._heads(sheet, at, header, words["groups"])
        row = header + 1
        codes = [f"C-{number}" for number in self.plants.rng.sample(range(100, 999), 60)]
        for place, code in enumerate(codes):
            if place in (20, 21, 44):
                row += 1
            self.known.append(
                self._client(row, self.plants.one(codes[:place]) if place and self.plants.odds(0.03) else code)
            )
            row += 1
        self._side(sheet, at, header)
        self._below(sheet, row, self.left[0], total=None)

    def _client(self, row: int, code: str) -> Client:
        plants, one, words = self.plants, self.plants.one, self.words
        name = f"{one(words['names'])} {plants.rng.randint(1, 60)} {one(words['forms'])}"
        twin = one(self.known) if self.known and plants.odds(0.07) else None
        address = twin.puts["email"].value if twin else None
        born = (TODAY + plants.rng.randint(-15, 15) * DAY).replace(
            year=plants.rng.randint(1950, 2000), day=plants.rng.randint(1, 28)
        )
        puts = {
            "id": plants.text(code, missing=0.03), "name": plants.text(name, missing=0.03), "phone": plants.phone(None if plants.odds(0.15) else plants.number()),
            "email": plants.email(address or (f"c{plants.rng.randint(1, 9**9)}@example.com" if plants.odds(0.6) else None)),
            "birthday": plants.birthday(born if plants.odds(0.6) else None), "mailing_consent": plants.consent(one([True, False, None])),
            "source": plants.broken() if plants.odds(0.04) else plants.text(one(words["sources"]), missing=0.1), "manager": plants.text(one(words["people"]), missing=0.03),
        }  # fmt: skip
        for field, put in puts.items():
            self.clients.put(row, self.at[0][field], put)
        known = {client.puts["id"].value for client in self.known} - {None}
        repeated = puts["id"].value in known
        if repeated:
            self.clients.problem(row, self.at[0]["id"], "duplicate_id")
        return Client(row, puts, repeated)

    def _deals(self) -> None:
        sheet, at, header, words = self.deals, self.at[1], self.header[1], self.words
        sheet.put_row(1, {"B": words["title"]})
        self._heads(
            sheet, at, header, {"deal.id": words["work"], "offer_date": words["money"], "next_step_date": words["who"]}
        )
        row = header + 1
        for place in range(110):
            if place in (30, 70):
                sheet.put_row(row, {})
                row += 1
            self._deal(row, place)
            row += 1
        self._side(sheet, at, header)
        self._below(sheet, row, self.left[1], total=at["amount"])

    def _reference(self) -> tuple[Put, Client | None]:
        """By code, by a full name; to nobody, or to one of several."""
        plants, target = self.plants, self.plants.one(self.known)
        if plants.odds(0.03):
            return plants.blank(), None
        if plants.odds(0.04):
            return Put(plants.one(["C-0", "Nobody", "Никто"]), "?", ("orphan_link",)), None
        code, name = target.puts["id"].value, target.puts["name"].value
        if code is not None and plants.odds(0.7):
            first = next(client for client in self.known if client.puts["id"].value == code)
            return Put(plants.spaced(plants.one([code, code.lower()])), code), first
        if name is None:
            return plants.blank(), None
        alike = [client for client in self.known if client.puts["name"].value == name]
        return Put(
            plants.spaced(plants.one([name, name.upper()])), name, () if len(alike) == 1 else ("ambiguous_link",)
        ), alike[0] if len(alike) == 1 else None

    def _deal(self, row: int, place: int) -> None:
        plants, one, stages = self.plants, self.plants.one, self.words["stages"]
        stage = (
            plants.listed(one(stages), self.words["aliases"], self.words["strange"])
            if plants.odds(0.96)
            else plants.blank()
        )
        reference, client = self._reference()
        created = TODAY - plants.rng.randint(1, 500) * DAY
        amount = plants.money(one([None, 0, 990, 15000, 240500.5]))
        invoiced = plants.day(created + 5 * DAY if plants.odds(0.5) else None, past=True)
        number = plants.text(str(1000 + place)) if plants.odds(0.97) else plants.text(str(1000))
        puts = {
            "deal.id": number, "client": reference, "created": plants.day(created, past=True), "stage": stage, "amount": amount,
            "offer_date": plants.day(TODAY - plants.rng.randint(0, 8) * DAY if plants.odds(0.5) else None, past=True),
            "offer_answer": plants.text(one(["нет", "да", "думают"] if plants.russian else ["no", "yes", "thinking"]), missing=0.6),
            "invoice_date": invoiced,
            "due_date": plants.day((invoiced.value or created) + plants.rng.randint(0, 40) * DAY if plants.odds(0.5) else None),
            "paid_amount": plants.paid(one([None, None, amount.value, 500])), "balance": self._balance(row, amount),
            "next_step_date": plants.day(TODAY + plants.rng.randint(-20, 20) * DAY if plants.odds(0.5) else None),
            "lost_reason": plants.text(one(self.words["reasons"]), missing=0.4),
            "closed": plants.day(created + 20 * DAY if plants.odds(0.5) and created + 20 * DAY <= TODAY else None, past=True),
        }  # fmt: skip
        for field, put in puts.items():
            self.deals.put(row, self.at[1][field], put)
        repeated = number.value in {deal.puts["deal.id"].value for deal in self.orders}
        if repeated:
            self.deals.problem(row, self.at[1]["deal.id"], "duplicate_id")
        self.orders.append(Deal(row, puts, client, repeated))

    def _balance(self, row: int, amount: Put) -> Put:
        """A formula that repeats what is known: whatever value is stored with it, or none, it is nobody's problem."""
        at = self.at[1]
        return Put(
            f"={at['amount']}{row}-{at['paid_amount']}{row}", cached=self.plants.one([None, 0, amount.value or 0, -5])
        )

    # ----------------------------------------------------------------------------------------------- reckoning

    def _reckon(self) -> Truth:
        truth, sheet = self.truth, self.words["clients"]
        for client in self.known:
            puts = client.puts
            blank = [
                name
                for name, typed in (
                    ("name", puts["name"].typed),
                    ("phone", puts["phone"].typed or puts["email"].typed),
                    ("manager", puts["manager"].typed),
                )
                if not typed
            ]
            for name in blank:
                self.clients.problem(client.row, self.at[0][name], "required_blank")
            truth.valid_clients += not (blank or client.repeated or any(put.bad for put in puts.values()))
            if puts["mailing_consent"].value is not False:
                if has_birthday(puts["birthday"]):
                    truth.task("birthday", sheet, client.row)
                self._silent(client)
        for deal in self.orders:
            self._reckon_deal(deal)
        stages = self.words["stages"]
        counts = {stage: sum(deal.puts["stage"].value == stage for deal in self.orders) for stage in stages}
        amounts = {
            stage: round(
                sum(deal.puts["amount"].value or 0 for deal in self.orders if deal.puts["stage"].value == stage), 2
            )
            for stage in stages
        }
        truth.funnels["jobs"] = {"counts": counts, "amounts": amounts}
        won = stages[4]
        abc(
            truth,
            {
                c.row: round(
                    sum(
                        d.puts["amount"].value or 0
                        for d in self.orders
                        if d.client is c and d.puts["stage"].value == won
                    ),
                    2,
                )
                for c in self.known
            },
        )
        duplicates(
            truth, {client.row: contacts_of(client.puts["phone"], client.puts["email"]) for client in self.known}
        )
        truth.problems.update(self.clients.problems + self.deals.problems)
        return truth

    def _silent(self, client: Client) -> None:
        stages = self.words["stages"]
        own = [deal for deal in self.orders if deal.client is client]
        days: list[date] = []
        for deal in own:
            if deal.puts["stage"].value == stages[4]:
                day = deal.puts["closed"].value or deal.puts["created"].value
                days += [day] if day else []
        if not any(deal.puts["stage"].value in stages[:4] for deal in own) and is_silent(days, 120):
            self.truth.task("reactivation", self.words["clients"], client.row)

    def _reckon_deal(self, deal: Deal) -> None:
        truth, sheet, puts, stages = self.truth, self.words["deals"], deal.puts, self.words["stages"]
        stage = puts["stage"].value
        if not puts["stage"].typed:
            self.deals.problem(deal.row, self.at[1]["stage"], "unknown_value")
        if not puts["client"].typed:
            self.deals.problem(deal.row, self.at[1]["client"], "required_blank")
        offered = puts["offer_date"].value
        if stage == stages[2] and offered and not puts["offer_answer"].typed and (TODAY - offered).days >= 3:
            truth.task("offer_followup", sheet, deal.row)
        if stage in stages[:4] and puts["next_step_date"].value is None:
            truth.task("no_next_step", sheet, deal.row)
        if stage == stages[5] and not puts["lost_reason"].typed:
            truth.task("lost_no_reason", sheet, deal.row)
        owed(
            truth, sheet, deal.row, amount=puts["amount"].value, paid=puts["paid_amount"].value, invoiced=puts["invoice_date"].value,
            due=puts["due_date"].value, lost=stage == stages[5], readable=stage is not None,
        )  # fmt: skip


def make(folder: Path, seed: int) -> Truth:
    """Write `in.xlsx` and `crm.yaml` into the folder; the truth about them."""
    return Tables(seed).make(folder)
