"""An American shop on the web: customers without ids, orders, calls and surveys that name them, each sheet with demands of its own."""

from __future__ import annotations

from dataclasses import dataclass
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
    save,
)  # fmt: skip

CUSTOMER = [
    "name",
    "contact_person",
    "phone",
    "email",
    "source",
    "manager",
    "birthday",
    "mailing_consent",
    "do_not_contact",
    "purchase_period",
    "last_contact_date",
]
ORDER = ["date", "client", "product", "qty", "unit_price", "total", "note"]
CALL = ["date", "client", "kind", "result", "text", "manager", "next_step_date"]
SURVEY = ["date", "client", "score", "comment"]
HEADERS = {
    "name": "Customer", "contact_person": "Contact", "phone": "Phone", "email": "Email", "source": "Source", "manager": "Owner", "birthday": "Birthday",
    "mailing_consent": "Opt-in", "do_not_contact": "Do not call", "purchase_period": "Reorder every, days", "last_contact_date": "Last contact",
    "date": "Date", "client": "Customer", "product": "Product", "qty": "Qty", "unit_price": "Unit price", "total": "Total", "note": "Notes",
    "kind": "Type", "result": "Outcome", "text": "Details", "next_step_date": "Call back on", "score": "Score 0-10", "comment": "Feedback",
    "survey.score": "NPS",
}  # fmt: skip
WORDS = ["Oak", "Pine", "River", "Stone", "Cloud", "Amber", "Copper", "Silver", "Linen", "Cotton"]
KINDS = ["Store", "Shop", "Boutique", "Market", "Outlet"]


@dataclass
class Customer:
    row: int
    puts: dict[str, Put]
    blank: bool


@dataclass
class Order:
    customer: Customer | None
    date: Put
    qty: Put
    price: Put


class Calls:
    """One workbook. The seed chooses the demands, and whether a score stands with the customer."""

    def __init__(self, seed: int) -> None:
        self.seed, self.plants = seed, Plants(seed, country="US")
        self.book = Workbook()
        self.customers, *more = [
            Sheet(self.book.active),
            *(Sheet(self.book.create_sheet(name)) for name in ("Orders", "Calls", "Surveys")),
        ]
        self.orders, self.calls, self.surveys = more
        self.customers.ws.title = "Customers"
        self.scored = seed % 2 == 1
        self.undated = [None, True, False][seed % 3]
        self.at = letters([*CUSTOMER, *(["survey.score"] if self.scored else [])])
        self.known: list[Customer] = []
        self.bought: list[Order] = []

    def make(self, folder: Path) -> Truth:
        self._customers()
        self._orders()
        self._calls()
        self._surveys()
        sheets = [self.customers, self.orders, self.calls, self.surveys]
        save(self.book, folder / "in.xlsx", sheets)
        (folder / "crm.yaml").write_text(yaml.safe_dump(self.settings(), allow_unicode=True), "utf-8")
        return self._reckon(sheets)

    def settings(self) -> dict[str, object]:
        money: dict[str, object] = {"revenue": "orders", "purchases": "orders"}
        if self.undated is not None:
            money["undated"] = self.undated
        return {
            "workbook": "in.xlsx", "language": "en", "country": "US", "date_order": "mdy", "consent": "opt_in", "money": money,
            "rules": {"reactivation": {"default_days": 60}},
            "sheets": {
                "Customers": {
                    "card": ["client", *(["survey"] if self.scored else [])], "header_row": 2, "columns": dict(self.at),
                    "required": ["name", {"any": ["phone", "email"]}, {"field": "source", "as": "unknown_value"}],
                },
                "Orders": {"card": "order", "header_row": 1, "columns": letters(ORDER), "required": ["client", {"field": "qty", "as": "bad_number"}]},
                "Calls": {"card": "interaction", "header_row": 4, "columns": letters(CALL), "required": [{"any": ["text", "result"]}, {"field": "date", "as": "bad_date"}]},
                "Surveys": {"card": "survey", "header_row": 1, "columns": letters(SURVEY), "required": []},
            },
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------------ writing

    def _head(self, sheet: Sheet, row: int, at: dict[str, str]) -> None:
        sheet.put_row(row, {letter: HEADERS[name] for name, letter in at.items()})

    def _customers(self) -> None:
        plants, one = self.plants, self.plants.one
        self.customers.section(1, "Customers, all channels", "F")
        self._head(self.customers, 2, self.at)
        for row in range(3, 93):
            name = f"{one(WORDS)} {one(KINDS)} {plants.rng.randint(1, 6)}"
            twin = one(self.known) if self.known and plants.odds(0.06) else None
            born = (TODAY + plants.rng.randint(-12, 12) * DAY).replace(
                year=plants.rng.randint(1950, 2000), day=plants.rng.randint(1, 28)
            )
            puts = {
                "name": plants.text(name, missing=0.02), "contact_person": plants.text(one(["Ann Lee", "Bo Diaz"]), missing=0.3),
                "phone": plants.phone(plants.number() if plants.odds(0.8) else None),
                "email": plants.email(twin.puts["email"].value if twin else f"x{plants.rng.randint(1, 9**9)}@shop.example" if plants.odds(0.7) else None),
                "source": plants.text(one(["Ads", "Search", "Friend"]), missing=0.05), "manager": plants.text(one(["Kim", "Lou"])),
                "birthday": plants.birthday(born if plants.odds(0.6) else None), "mailing_consent": plants.consent(one([True, True, True, False, None])),
                "do_not_contact": one([NOTHING] * 8 + [Put("x", True), Put("since May", True), Put("no", False), Put("-")]),
                "purchase_period": self._period(), "last_contact_date": plants.day(TODAY - plants.rng.randint(0, 300) * DAY if plants.odds(0.5) else None, past=True),
            }  # fmt: skip
            if self.scored:
                puts["survey.score"] = self._score()
            for field, put in puts.items():
                self.customers.put(row, self.at[field], put)
            self.known.append(Customer(row, puts, blank=self._demands(row, puts)))

    def _demands(self, row: int, puts: dict[str, Put]) -> bool:
        """Note what is missing; is anything?"""
        missing = [
            ("name", "required_blank", not puts["name"].typed), ("source", "unknown_value", not puts["source"].typed),
            ("phone", "required_blank", not puts["phone"].typed and not puts["email"].typed),
        ]  # fmt: skip
        for name, kind, lacks in missing:
            if lacks:
                self.customers.problem(row, self.at[name], kind)
        return any(lacks for _, _, lacks in missing)

    def _period(self) -> Put:
        return self.plants.one(
            [
                NOTHING,
                NOTHING,
                Put(30, 30),
                Put(200, 200),
                Put(0, 0),
                Put(-5, None, ("bad_format",)),
                Put("45", 45, ("number_as_text",)),
                Put("often", None, ("bad_number",)),
            ]
        )

    def _score(self) -> Put:
        return self.plants.one(
            [
                NOTHING,
                NOTHING,
                Put(10, 10),
                Put(9, 9),
                Put(0, 0),
                Put("8", 8, ("number_as_text",)),
                Put(11, None, ("bad_format",)),
                Put("ten", None, ("bad_number",)),
            ]
        )

    def _reference(self) -> tuple[Put, Customer | None]:
        """A customer's name as others spell it; nobody's; one that several have."""
        plants = self.plants
        if plants.odds(0.04):
            return plants.blank(), None
        if plants.odds(0.05):
            return Put(plants.one(["Nobody Inc", "Oak Store", 404]), "?", ("orphan_link",)), None
        name = plants.one([customer for customer in self.known if customer.puts["name"].value]).puts["name"].value
        alike = [customer for customer in self.known if customer.puts["name"].value == name]
        written = plants.spaced(plants.one([name, name, name.upper(), name.lower()]))
        if len(alike) > 1:
            return Put(written, name, ("ambiguous_link",)), None
        return Put(written, name), alike[0]

    def _orders(self) -> None:
        plants, at = self.plants, letters(ORDER)
        self._head(self.orders, 1, at)
        regulars = {customer.row: plants.one([12, 40, 90]) for customer in self.known}
        row = 2
        for _ in range(260):
            if row in (80, 81, 150):
                row += 1
            reference, customer = self._reference()
            step = regulars[customer.row] if customer else 30
            day = plants.day(
                TODAY - (plants.rng.randint(0, 8) * step + plants.rng.randint(0, 5)) * DAY
                if plants.odds(0.97)
                else None,
                past=True,
            )
            qty, price = (
                plants.count(plants.one([1, 2, 2.5, 12, None])),
                plants.money(plants.one([9.99, 120, 1450.5, 0, None])),
            )
            puts = {
                "date": day, "client": reference, "product": plants.text(plants.one(["Mug", "Lamp"])), "qty": qty, "unit_price": price,
                "total": Put(f"=D{row}*E{row}", cached=plants.one([None, 0, 77])), "note": plants.text("gift", missing=0.8),
            }  # fmt: skip
            for field, put in puts.items():
                self.orders.put(row, at[field], put)
            if not qty.typed:
                self.orders.problem(row, at["qty"], "bad_number")
            if not reference.typed:
                self.orders.problem(row, at["client"], "required_blank")
            self.bought.append(Order(customer, day, qty, price))
            row += 1
        self.orders.put_row(row, {"A": "Total", "F": 1})
        self.orders.put_row(row + 1, {"A": TODAY, "B": "below the totals", "D": "x"})

    def _calls(self) -> None:
        plants, at = self.plants, letters(CALL)
        self.calls.put_row(1, {"A": "Calls and letters", "E": "keep it short"})
        self._head(self.calls, 4, at)
        for row in range(5, 85):
            reference, _ = self._reference()
            puts = {
                "date": plants.day(TODAY - plants.rng.randint(0, 100) * DAY if plants.odds(0.93) else None, past=True), "client": reference,
                "kind": plants.text(plants.one(["Call", "Email"]), missing=0.2), "result": plants.text("no answer", missing=0.5),
                "text": plants.text("asked about sizes\nand colors", missing=0.5) if plants.odds(0.3) else plants.text("asked", missing=0.5),
                "manager": plants.text("Kim", missing=0.2), "next_step_date": plants.day(TODAY + plants.rng.randint(-9, 9) * DAY if plants.odds(0.4) else None),
            }  # fmt: skip
            if not any(put.typed for put in puts.values()):
                puts["kind"] = Put("Call", "Call")  # a row without anything is no row
            for field, put in puts.items():
                self.calls.put(row, at[field], put)
            if not puts["text"].typed and not puts["result"].typed:
                self.calls.problem(row, at["text"], "required_blank")
            if not puts["date"].typed:
                self.calls.problem(row, at["date"], "bad_date")

    def _surveys(self) -> None:
        at = letters(SURVEY)
        self._head(self.surveys, 1, at)
        for row in range(2, 40):
            reference, _ = self._reference()
            day = self.plants.day(TODAY - self.plants.rng.randint(0, 100) * DAY, past=True)
            for field, put in {
                "date": day,
                "client": reference,
                "score": self._score(),
                "comment": self.plants.text("ok", missing=0.5),
            }.items():
                self.surveys.put(row, at[field], put)

    # ----------------------------------------------------------------------------------------------- reckoning

    def _reckon(self, sheets: list[Sheet]) -> Truth:
        truth = Truth()
        for customer in self.known:
            self._reckon_customer(truth, customer)
        abc(truth, {customer.row: self._revenue(customer) for customer in self.known})
        duplicates(
            truth,
            {customer.row: contacts_of(customer.puts["phone"], customer.puts["email"]) for customer in self.known},
        )
        truth.header_rows = {"Customers": 2, "Orders": 1, "Calls": 4, "Surveys": 1}
        for sheet in sheets:
            truth.problems.update(sheet.problems)
        return truth

    def _reckon_customer(self, truth: Truth, customer: Customer) -> None:
        puts = customer.puts
        truth.valid_clients += not (customer.blank or any(put.bad for put in puts.values()))
        if puts["mailing_consent"].value is not True or puts["do_not_contact"].value:
            return
        if has_birthday(puts["birthday"]):
            truth.task("birthday", "Customers", customer.row)
        days: list[date] = [
            order.date.value for order in self.bought if order.customer is customer and order.date.value
        ]
        if is_silent(days, 60, puts["purchase_period"].value):
            truth.task("reactivation", "Customers", customer.row)

    def _revenue(self, customer: Customer) -> float:
        """Quantity by price of the orders with a readable day that has come; without a day only where the owner says so."""
        total = 0.0
        for order in self.bought:
            counts = order.date.value is not None or (self.undated is True and "date_in_future" not in order.date.kinds)
            if order.customer is customer and counts:
                total += (order.qty.value or 0) * (order.price.value or 0)
        return round(total, 4)


def make(folder: Path, seed: int) -> Truth:
    """Write `in.xlsx` and `crm.yaml` into the folder; the truth about them."""
    return Calls(seed).make(folder)
