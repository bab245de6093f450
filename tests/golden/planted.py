"""Cells planted on purpose, each with what it means and what is wrong with it; and the rules reckoned from what was planted.

An oracle: plain Python over values that the maker knows, after the wording of the truth files. It never reads a cell back
and asks nothing of the program that it judges.
"""

from __future__ import annotations

import random
import re
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
WARNINGS = {
    "date_as_text", "number_as_text", "phone_as_number", "phone_lost_zero", "several_phones", "birth_implausible",
}  # fmt: skip
MONTHS = {
    "ru": [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
BROKEN = "#REF!"


@dataclass(frozen=True)
class Put:
    """What is written, what it means (None: counts as blank), what is wrong. shown: False where the cell is blank as typed."""

    raw: Any
    value: Any = None
    kinds: tuple[str, ...] = ()
    number_format: str = ""
    cached: Any = None  # the value that Excel has stored with a formula

    @property
    def bad(self) -> bool:
        return any(kind not in WARNINGS for kind in self.kinds)

    @property
    def typed(self) -> bool:
        """Something stands in the cell, readable or not."""
        return self.value is not None or bool(self.kinds)


NOTHING = Put(None)


class Plants:
    """Makes cells. country: whose telephones and sums; how often something is wrong: `dirt`."""

    def __init__(self, seed: int, *, country: str = "RU", dirt: float = 0.12, epoch_1904: bool = False) -> None:
        self.rng = random.Random(seed)
        self.country, self.dirt, self.epoch_1904 = country, dirt, epoch_1904
        self.russian = country in {"RU", "KZ", "BY"}
        self.lang = "ru" if self.russian else "en"
        self._phones: set[str] = set()

    def odds(self, share: float) -> bool:
        return self.rng.random() < share

    def one(self, options: Any) -> Any:
        return self.rng.choice(list(options))

    def dirty(self) -> bool:
        return self.odds(self.dirt)

    # text -----------------------------------------------------------------------------------------------------------

    def blank(self) -> Put:
        return Put(self.one([None, None, None, "-", "–", "—", "n/a", "  "]))

    def text(self, value: str | None, *, missing: float = 0.0) -> Put:
        if value is None or self.odds(missing):
            return self.blank()
        return Put(self.spaced(value), value)

    def spaced(self, value: str) -> str:
        """The same words as people leave them: stray and double and no-break spaces."""
        if not self.odds(0.12):
            return value
        return self.one(
            [f" {value}", f"{value} ", value.replace(" ", "\u00a0"), value.replace(" ", "  "), f"{value}\u202f"]
        )

    def broken(self) -> Put:
        """A cell that shows an error, or a formula that nobody has calculated."""
        if self.odds(0.5):
            return Put(BROKEN, None, ("cell_error",))
        return Put("=1+1", None, ("not_calculated",))

    # days -----------------------------------------------------------------------------------------------------------

    def serial(self, day: date) -> int:
        return (day - date(1904, 1, 1)).days if self.epoch_1904 else (day - date(1899, 12, 30)).days

    def day(self, value: date | None, *, past: bool = False) -> Put:
        if value is None:
            return self.blank()
        if past and value > TODAY:
            return Put(value, None, ("date_in_future",), "dd.mm.yyyy")
        if self.dirty():
            return self.one(
                [self._day_as_text, self._day_as_text, self._bad_day, self._late_day if past else self._bad_day]
            )(value)
        if self.odds(0.06):
            return Put(self.serial(value), value)
        if self.odds(0.05):
            return Put(datetime.combine(value, time(14, 30)), value, number_format="dd.mm.yyyy hh:mm")
        return Put(value, value, number_format="dd.mm.yyyy" if self.russian else "mm/dd/yyyy")

    def day_text(self, value: date) -> str:
        d, m, y = value.day, value.month, value.year
        forms = [f"{y}-{m:02}-{d:02}"]
        if self.lang == "ru":
            short = [f"{d}.{m}.{y % 100:02}"] if 1950 <= y <= 2049 else []  # of two digits, 45 is 2045
            forms += [f"{d:02}.{m:02}.{y}", *short, f"{d} {MONTHS['ru'][m - 1]} {y}", f"{d}/{m}/{y}"]
        else:
            first, second = (m, d) if self.country == "US" else (d, m)
            forms += [
                f"{first}/{second}/{y}",
                f"{first:02}-{second:02}-{y}",
                f"{MONTHS['en'][m - 1]} {d}, {y}",
                f"{d} {MONTHS['en'][m - 1]} {y}",
            ]
        return self.one(forms)

    def _day_as_text(self, value: date) -> Put:
        return Put(self.day_text(value), value, ("date_as_text",))

    def _bad_day(self, _value: date) -> Put:
        words = (
            ["вчера", "31.02.2026", "скоро", "ноябрь", "??"]
            if self.lang == "ru"
            else ["yesterday", "2/30/2026" if self.country == "US" else "30/2/2026", "soon", "tbc", "??"]
        )
        return self.broken() if self.odds(0.2) else Put(self.one(words), None, ("bad_date",))

    def _late_day(self, _value: date) -> Put:
        late = TODAY + self.rng.randint(1, 400) * DAY
        return Put(self.day_text(late) if self.odds(0.3) else late, None, ("date_in_future",), "dd.mm.yyyy")

    def birthday(self, value: date | None) -> Put:
        """Means (month, day)."""
        if value is None:
            return self.blank()
        meant = (value.month, value.day)
        if self.dirty():
            kind = self.one(["text", "short", "bad", "young", "old"])
            if kind == "text":
                return Put(self.day_text(value), meant, ("date_as_text",))
            if kind == "short":
                return Put(
                    f"{value.month}/{value.day}" if self.country == "US" else f"{value.day:02}.{value.month:02}", meant
                )
            if kind == "bad":
                return Put(
                    self.one(["не знаю", "32.13", "летом"] if self.lang == "ru" else ["unknown", "32/13", "in summer"]),
                    None,
                    ("bad_date",),
                )
            odd = value.replace(year=2020 if kind == "young" else 1908)  # both are leap years
            if not (self.epoch_1904 and kind == "old"):
                return Put(odd, meant, ("birth_implausible",), "dd.mm.yyyy")
        return Put(value, meant, number_format="dd.mm.yyyy")

    # sums -----------------------------------------------------------------------------------------------------------

    def money(self, value: float | None) -> Put:
        if value is None:
            return self.blank()
        if self.dirty():
            kind = self.one(["text", "text", "bad", "foreign", "negative", "broken"])
            if kind == "text":
                return Put(self._money_text(value), value, ("number_as_text",))
            if kind == "bad":
                return Put(
                    self.one(
                        ["договорная", "40 тыс.", "~500", "12 шт"]
                        if self.lang == "ru"
                        else ["tbd", "40k", "~500", "12 pcs"]
                    ),
                    None,
                    ("bad_number",),
                )
            if kind == "foreign":
                foreign = {
                    "RU": ["$500", "100 €"],
                    "KZ": ["$500", "100 €"],
                    "BY": ["$500", "100 €"],
                    "US": ["€500", "£40"],
                    "GB": ["€500", "100 €"],
                }
                return Put(self.one(foreign[self.country]), None, ("currency_mismatch",))
            if kind == "negative":
                return Put(-abs(value) or -1, None, ("negative_amount",))
            return self.broken()
        return Put(value, value)

    def paid(self, value: float | None) -> Put:
        """A sum paid: not a formula without its value, for then nobody knows what was paid (other makers plant that)."""
        put = self.money(value)
        return self.paid(value) if "not_calculated" in put.kinds else put

    def _money_text(self, value: float) -> str:
        whole, cents = divmod(round(value * 100), 100)
        if self.lang == "ru":
            grouped = f"{whole:,}".replace(",", self.one([" ", "\u00a0", "\u202f"]))
            sign = {"RU": ["", " ₽", " руб.", "₽"], "KZ": ["", " ₸", " тг"], "BY": ["", " BYN"]}[self.country]
            return f"{grouped},{cents:02}{self.one(sign)}"
        sign = {"US": ["", "$", "USD "], "GB": ["", "£", "GBP "]}[self.country]
        return f"{self.one(sign)}{whole:,}.{cents:02}"

    def count(self, value: float | None) -> Put:
        """A plain number."""
        if value is None:
            return self.blank()
        if self.odds(self.dirt / 3):
            return self.one(
                [Put(str(value), value, ("number_as_text",)), Put(self.one(["x", "??"]), None, ("bad_number",))]
            )
        return Put(value, value)

    # people ---------------------------------------------------------------------------------------------------------

    def number(self) -> str:
        """A new telephone in E.164."""
        while True:
            r = self.rng.randint
            made = {
                "RU": f"+79{r(10, 99)}{r(1000000, 9999999)}", "KZ": f"+77{r(10, 78):02}{r(1000000, 9999999)}",
                "BY": f"+375{self.one([25, 29, 33, 44])}{r(1000000, 9999999)}", "US": f"+1{r(212, 989)}{r(200, 999)}{r(1000, 9999)}",
                "GB": f"+447{r(100000000, 999999999)}",
            }[self.country]  # fmt: skip
            if made not in self._phones:
                self._phones.add(made)
                return made

    def phone(self, e164: str | None) -> Put:
        """Means the list of telephones, in E.164."""
        if e164 is None:
            return self.blank()
        if self.dirty():
            kind = self.one(["bad", "several", "number", "number", "foreign"])
            if kind == "bad":
                return Put(
                    self.one(["12-34", "нет телефона", "8 912"] if self.lang == "ru" else ["12-34", "ask Bob", "555"]),
                    None,
                    ("bad_phone",),
                )
            if kind == "several":
                other = self.number()
                glue = self.one(["; ", ", ", " / ", "\n", " или " if self.lang == "ru" else " or "])
                return Put(glue.join([self.written(e164), self.written(other)]), [e164, other], ("several_phones",))
            if kind == "foreign":
                abroad = f"+4930{self.rng.randint(1000000, 9999999)}"
                return Put(f"{abroad[:3]} {abroad[3:5]} {abroad[5:]}", [abroad])
            digits = e164[3:] if self.country == "GB" else e164[2:] if self.country == "US" else e164[1:]
            return Put(int(digits), [e164], ("phone_lost_zero" if self.country == "GB" else "phone_as_number",))
        extension = (
            self.one([" доб. 12", " вн. 3"] if self.lang == "ru" else [" ext. 12", " x12"]) if self.odds(0.05) else ""
        )
        return Put(self.written(e164) + extension, [e164])

    def written(self, e164: str) -> str:
        """The telephone as people of the country write it."""
        code = {"RU": 2, "KZ": 2, "BY": 4, "US": 2, "GB": 3}[self.country]
        n = e164[code:]
        if self.country == "GB":
            return self.one([f"0{n[:4]} {n[4:]}", f"+44 {n[:4]} {n[4:]}", f"44{n}", f"+44 (0){n}"])
        if self.country == "US":
            return self.one(
                [f"({n[:3]}) {n[3:6]}-{n[6:]}", f"{n[:3]}.{n[3:6]}.{n[6:]}", f"+1 {n[:3]} {n[3:6]} {n[6:]}", f"1{n}"]
            )
        if self.country == "BY":
            return self.one(
                [f"+375 {n[:2]} {n[2:5]}-{n[5:7]}-{n[7:]}", f"+375({n[:2]}){n[2:]}", f"80{n}", f"8 0{n[:2]} {n[2:]}"]
            )
        return self.one(
            [f"+7 ({n[:3]}) {n[3:6]}-{n[6:8]}-{n[8:]}", f"8{n}", f"8 {n[:3]} {n[3:6]} {n[6:]}", f"7{n}", e164]
        )

    def email(self, address: str | None) -> Put:
        if address is None:
            return self.blank()
        if self.dirty():
            local, _, host = address.partition("@")
            return Put(
                self.one(
                    [f"{local}@", f"{local}.{host}", f"{local}@host", f"\u0430{local}@{host}", f"{local}@@{host}"]
                ),
                None,
                ("bad_email",),
            )
        return Put(self.one([address, address.title(), f" {address}"]), address)

    def consent(self, value: bool | None) -> Put:
        if value is None:
            return self.blank()
        yes, no = (
            (["да", "Да", "+", "ДА"], ["нет", "Нет", "отказ"])
            if self.lang == "ru"
            else (["yes", "Y", True, "TRUE"], ["no", "No", False])
        )
        return Put(self.one(yes if value else no), value)

    def listed(self, value: str, aliases: dict[str, str], strange: list[str]) -> Put:
        """A stage: its name, another spelling of it, or one that nobody knows."""
        if self.odds(self.dirt / 2):
            return Put(self.one(strange), None, ("unknown_value",))
        known = [other for other, name in aliases.items() if name == value]
        written = self.one(known) if known and self.odds(0.2) else value
        return Put(self.spaced(self.one([written, written, written.upper(), written.lower()])), value)

    def tooth(self) -> Put:
        if self.dirty():
            return Put(self.one(["19", "99", "верхняя шестёрка", "16-17", 86, "1.6"]), None, ("tooth_invalid",))
        good = [f"{q}{n}" for q in "1234" for n in range(1, 9)] + [f"{q}{n}" for q in "5678" for n in range(1, 6)]
        teeth = self.rng.sample(good, self.one([1, 1, 2, 3]))
        if len(teeth) == 1 and self.odds(0.5):
            return Put(int(teeth[0]), teeth)
        return Put(self.one([", ", ","]).join(teeth), teeth)


# ------------------------------------------------------------------------------------------------------- the workbook


@dataclass
class Sheet:
    """A sheet being written, and the problems planted on it."""

    ws: Worksheet
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    cached: dict[str, Any] = field(default_factory=dict)

    def put(self, row: int, column: str, put: Put, *, told: bool = True) -> Put:
        """Write a cell. told: its problems count (the column is bound)."""
        cell: Cell = self.ws[f"{column}{row}"]
        cell.value = put.raw
        if put.raw == BROKEN:
            cell.data_type = "e"
        if put.number_format:
            cell.number_format = put.number_format
        if put.cached is not None:
            self.cached[f"{column}{row}"] = put.cached
        if told:
            self.problems += [(self.ws.title, f"{column}{row}", kind) for kind in put.kinds]
        return put

    def problem(self, row: int, column: str, kind: str) -> None:
        self.problems.append((self.ws.title, f"{column}{row}", kind))

    def put_row(self, row: int, values: dict[str, Any]) -> None:
        """Plain cells of no meaning: headers, titles, totals."""
        for column, value in values.items():
            self.ws[f"{column}{row}"] = value

    def section(self, row: int, text: str, last: str) -> None:
        self.ws[f"A{row}"] = text
        self.ws.merge_cells(f"A{row}:{last}{row}")


def save(book: Workbook, path: Path, sheets: list[Sheet]) -> None:
    """Save, then store with the formulas the values that a spreadsheet program would have calculated."""
    book.save(path)
    wanted = {f"xl/worksheets/sheet{book.worksheets.index(s.ws) + 1}.xml": s.cached for s in sheets if s.cached}
    if not wanted:
        return
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for part, values in wanted.items():
        parts[part] = re.sub(
            rb'<c r="([A-Z]+\d+)"([^>]*)><f>(.*?)</f><v ?/?>(?:</v>)?</c>',
            lambda match, values=values: _with_value(match, values),
            parts[part],
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)


def _with_value(match: re.Match[bytes], values: dict[str, Any]) -> bytes:
    ref = match[1].decode()
    if ref not in values:
        return match[0]
    return b'<c r="%b"%b><f>%b</f><v>%b</v></c>' % (match[1], match[2], match[3], str(values[ref]).encode())


def letters(names: list[str]) -> dict[str, str]:
    """Field -> letter, in order."""
    return {name: get_column_letter(index) for index, name in enumerate(names, 1)}


# ---------------------------------------------------------------------------------------------------------- the rules


@dataclass
class Truth:
    """The result expected, in the shape of `plan --json`."""

    tasks: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    amounts: dict[tuple[str, str, int], float] = field(default_factory=dict)
    problems: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    valid_clients: int = 0
    funnels: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    abc: dict[int, tuple[str, float]] = field(default_factory=dict)
    no_revenue: int = 0
    top: list[int] = field(default_factory=list)
    ageing: dict[str, tuple[int, float]] = field(default_factory=dict)
    duplicates: list[list[int]] = field(default_factory=list)
    header_rows: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # data rows per sheet

    def task(self, rule: str, sheet: str, row: int, amount: float | None = None) -> None:
        self.tasks[rule, sheet, row] += 1
        if amount is not None:
            self.amounts[rule, sheet, row] = amount


def upcoming(month: int, day: int) -> date:
    """The next such day from today on; 29 February falls on 1 March in a common year."""
    for year in (TODAY.year, TODAY.year + 1):
        try:
            this = date(year, month, day)
        except ValueError:
            this = date(year, 3, 1)
        if this >= TODAY:
            return this
    raise AssertionError((month, day))


def has_birthday(put: Put) -> bool:
    return put.value is not None and upcoming(*put.value) <= TODAY + 7 * DAY


def is_silent(days: list[date], default: float, own: float | None = None) -> bool:
    """Longer without a purchase than usual."""
    known = sorted({day for day in days if day <= TODAY})
    if not known:
        return False
    if len(known) >= 3:
        interval = (known[-1] - known[0]).days / (len(known) - 1)
    else:
        interval = own if own and own > 0 else default
    return (TODAY - known[-1]).days > interval


def owed(
    truth: Truth,
    sheet: str,
    row: int,
    *,
    amount: float | None,
    paid: float | None,
    invoiced: date | None,
    due: date | None,
    lost: bool = False,
    readable: bool = True,
) -> float | None:
    """Debt rules for one row: the task it makes and its place in the ageing. Returns what is receivable."""
    left = round((amount or 0) - (paid or 0), 2)
    if not amount or amount <= 0 or left <= 0:
        return None
    overdue = due is not None and due < TODAY and not lost and readable
    if overdue:
        truth.task("overdue_payment", sheet, row, left)
    elif invoiced is not None and (TODAY - invoiced).days >= 2 and not lost and readable:  # as in the examples' truths
        truth.task("invoice_followup", sheet, row, left)
    if lost or not readable or (invoiced is None and due is None):
        return None
    days = None if due is None else (TODAY - due).days
    bucket = (
        "no_due_date"
        if days is None
        else "not_due"
        if days <= 0
        else "1-30"
        if days <= 30
        else "31-60"
        if days <= 60
        else "61-90"
        if days <= 90
        else "91+"
    )
    count, total = truth.ageing.get(bucket, (0, 0.0))
    truth.ageing[bucket] = (count + 1, round(total + left, 2))
    return left


def abc(truth: Truth, revenue: dict[int, float]) -> None:
    """Classes by the share of those before; file order among equals."""
    earning = sorted((row for row in revenue if revenue[row] > 0), key=lambda row: -revenue[row])
    total, before = sum(revenue[row] for row in earning), 0.0
    for row in earning:
        share = before / total
        truth.abc[row] = ("A" if share < 0.75 - 1e-9 else "B" if share < 0.95 - 1e-9 else "C", revenue[row])
        before += revenue[row]
    truth.no_revenue = len(revenue) - len(earning)
    truth.top = earning[:3]


def duplicates(truth: Truth, contacts: dict[int, set[str]]) -> None:
    """Rows joined by an equal telephone or address, however far the chain goes."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, values in contacts.items():
        for value in values:
            rows_of[value].append(row)
    seen: set[int] = set()
    for row in contacts:
        group, ahead = set(), [row]
        while ahead:
            here = ahead.pop()
            if here in group:
                continue
            group.add(here)
            ahead += [other for value in contacts[here] for other in rows_of[value]]
        if len(group) > 1 and row not in seen:
            truth.duplicates.append(sorted(group))
        seen |= group


def contacts_of(*puts: Put) -> set[str]:
    """Telephones and addresses of a client."""
    found: set[str] = set()
    for put in puts:
        if put.value is not None:
            found |= set(put.value) if isinstance(put.value, list) else {put.value}
    return found


BUCKETS = ("no_due_date", "not_due", "1-30", "31-60", "61-90", "91+")


def differences(plan: dict[str, Any], truth: Truth) -> list[str]:
    """All in which a plan differs from the truth, readably; empty when it is right."""
    found: list[str] = []

    def both(name: str, got: Any, expected: Any) -> None:
        if isinstance(expected, Counter):
            missing, extra = expected - got, got - expected
            if missing or extra:
                found.append(f"{name}: missing {sorted(missing.items())} extra {sorted(extra.items())}")
        elif got != expected:
            found.append(f"{name}: got {got} expected {expected}")

    both("tasks", Counter((t["rule"], t["sheet"], t["row"]) for t in plan["tasks"]), truth.tasks)
    sums = {(t["rule"], t["sheet"], t["row"]): t["amount"] for t in plan["tasks"]}
    both("amounts", {key: sums.get(key) for key in truth.amounts}, truth.amounts)
    said = Counter((p["sheet"], p["cell"], p["kind"]) for p in plan["problems"] if p["kind"] != "duplicate_client")
    both("problems", said, truth.problems)
    both("severities", {p["kind"] for p in plan["problems"] if p["severity"] == "warning"} - WARNINGS, set())
    both("valid clients", plan["valid_clients"], truth.valid_clients)
    for name, funnel in truth.funnels.items():
        both(f"funnel {name}", {key: plan["funnels"][name][key] for key in funnel}, funnel)
    both("abc", {c["row"]: (c["class"], c["revenue"]) for c in plan["abc"]["clients"]}, truth.abc)
    both("abc top", [c["row"] for c in plan["abc"]["clients"]][:3], truth.top)
    both("abc none", plan["abc"]["counts"]["none"], truth.no_revenue)
    ages = {name: (plan["ageing"][name]["count"], plan["ageing"][name]["sum"]) for name in BUCKETS}
    both("ageing", ages, {name: truth.ageing.get(name, (0, 0.0)) for name in BUCKETS})
    both("duplicates", [group["rows"] for group in plan["duplicate_groups"]], truth.duplicates)
    both("headers", {sheet: plan["bindings"][sheet]["header_row"] for sheet in truth.header_rows}, truth.header_rows)
    return found
