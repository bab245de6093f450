"""Makes the bundled demo workbooks (templates/demo/): an invented window firm, as messy as a real one, in both languages.

Deterministic: the same bytes every time. The words of a language stand in tools/demo/*.yaml, and so does the mess that people typed by hand.
Nobody in it exists; phones and mail domains are of ranges kept for inventions where there are such.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from demo_draw import Firm, Row, draw

from sheets_crm.data import DEMO_TODAY

ROOT = Path(__file__).resolve().parent.parent
CLIENTS, DEALS = 60, 90
OFFER, CONTRACT, WON, LOST = 3, 4, 7, 8  # places in the list of stages


def main(folder: Path) -> None:
    """Write <folder>/<language>/windows.xlsx for each language."""
    for words_file in sorted((ROOT / "tools" / "demo").glob("*.yaml")):
        target = folder / words_file.stem / "windows.xlsx"
        target.parent.mkdir(parents=True, exist_ok=True)
        make(yaml.safe_load(words_file.read_text("utf-8")), target)
        print(target)


def make(words: Mapping[str, Any], target: Path) -> None:
    """One workbook. The same seed in every language: the twins differ in words alone."""
    firm = Firm(words, random.Random(20260316))
    firm.clients = make_clients(words, firm.rng)
    firm.deals = make_deals(firm)
    firm.payments = make_payments(words, firm.rng, firm.deals)
    spoil(firm)
    for payment in firm.payments:
        if isinstance(payment["amount"], int):  # Excel passes over text
            firm.paid[payment["deal"]] += payment["amount"]
    draw(firm, target)


# --- the firm


def make_clients(words: Mapping[str, Any], rng: random.Random) -> list[Row]:
    """Clients in the order of their first call."""
    names = _names(words, rng)
    days = sorted(DEMO_TODAY - timedelta(days=rng.randint(3, 640)) for _ in range(CLIENTS))
    rows = []
    for number, (name, first) in enumerate(zip(names, days, strict=True), 1):
        person = name not in words["companies"]
        rows.append(
            {
                "id": words["id_client"].format(n=number),
                "name": name,
                "phone": _phone(words, rng, number),
                "email": f"client{number}@example.{rng.choice(['com', 'org', 'net'])}" if rng.random() < 0.7 else None,
                "address": words["address"].format(street=rng.choice(words["streets"]), n=rng.randint(1, 180)),
                "source": rng.choice(words["sources"]),
                "first_contact": first,
                "birthday": _birthday(rng) if person and rng.random() < 0.6 else None,
                "manager": rng.choice(words["managers"]),
                "consent": rng.choice(words["consents"]) or None,
                "note": rng.choice(words["notes"]) if rng.random() < 0.3 else None,
            }
        )
    return rows


def _names(words: Mapping[str, Any], rng: random.Random) -> list[str]:
    names = list(words["companies"])
    for group in ("men", "women"):
        parts = words[group]
        pairs = [(last, first) for last in parts["last"] for first in parts["first"]]
        for last, first in rng.sample(pairs, (CLIENTS - len(words["companies"])) // 2):
            middle = rng.choice(parts["middle"])
            russian = not middle.endswith(".")
            names.append(f"{last} {first} {middle}" if russian else f"{first} {middle} {last}")
    rng.shuffle(names)
    return names


def _phone(words: Mapping[str, Any], rng: random.Random, number: int) -> str:
    digits = words["phone_prefix"] + f"{number * 37 % 10_000:0{11 - len(words['phone_prefix'])}}"
    parts = {"a": digits[1:4], "b": digits[4:7], "c": digits[7:9], "d": digits[9:]}
    return str(rng.choice(words["phone_forms"]).format(**parts))


def _birthday(rng: random.Random) -> date:
    return date(rng.randint(1955, 2001), 1, 1) + timedelta(days=rng.randint(0, 364))


def make_deals(firm: Firm) -> list[Row]:
    """Deals by the day of the request; old ones are mostly decided, the last two months mostly open."""
    rng = firm.rng
    starts = sorted(
        (max(client["first_contact"], DEMO_TODAY - timedelta(days=_age(rng))), client["name"])
        for client in rng.choices(firm.clients, k=DEALS)
    )
    return [_deal(firm, number, *start) for number, start in enumerate(starts, 1)]


def _age(rng: random.Random) -> int:
    return rng.randint(1, 75) if rng.random() < 0.5 else rng.randint(76, 620)


def _deal(firm: Firm, number: int, created: date, client: str) -> Row:
    words, rng = firm.words, firm.rng
    price = words["price"]
    age = (DEMO_TODAY - created).days
    if age > 75:
        stage = rng.choices([WON, LOST, OFFER], [75, 20, 5])[0]
    else:
        stage = min(rng.choices([*range(WON), WON, LOST], [3, 3, 3, 9, 5, 4, 3, 3, 4])[0], age // 3)
    reached = rng.choice([1, 2, 3, 3, 4]) if stage == LOST else stage
    qty = rng.randint(1, 9)
    row: Row = {
        "id": words["id_deal"].format(n=number),
        "client": client,
        "created": created,
        "stage": words["stages"][stage],
        "qty": qty,
        "manager": rng.choice(words["managers"]),
        "_stage": stage,
    }
    if reached >= 2:
        row["amount"] = round(qty * rng.randint(11_000, 26_000) / 100 / price) * 100
    if reached >= OFFER:
        row["offer_date"] = _not_later(created + timedelta(days=rng.randint(2, 8)))
        decided = reached > OFFER or stage == LOST
        answers = words["answers"][:2] if reached > OFFER else words["answers"][2:]  # a yes, or a maybe
        row["offer_answer"] = rng.choice(answers) if decided or rng.random() < 0.3 else None
    if reached >= CONTRACT and stage != LOST:
        row["invoice_date"] = _not_later(row["offer_date"] + timedelta(days=rng.randint(1, 10)))
        row["due_date"] = row["invoice_date"] + timedelta(days=rng.choice([3, 7, 14]))
    row |= _ending(words, rng, row, stage)
    return row


def _ending(words: Mapping[str, Any], rng: random.Random, row: Row, stage: int) -> Row:
    if stage == WON:
        return {"done_date": _not_later(row["invoice_date"] + timedelta(days=rng.randint(12, 35)))}
    if stage == LOST:
        return {"lost_reason": rng.choice(words["reasons"])} if rng.random() < 0.6 else {}
    if rng.random() < 0.25:
        return {}
    step = DEMO_TODAY + timedelta(days=rng.randint(-6, 12))
    return {"next_step": rng.choice(words["steps"]), "next_step_date": step}


def _not_later(day: date) -> date:
    return min(day, DEMO_TODAY - timedelta(days=1))


def make_payments(words: Mapping[str, Any], rng: random.Random, deals: list[Row]) -> list[Row]:
    """A deposit and a rest for what was won; a deposit, or nothing yet, for what is under way."""
    rows = []
    for deal in deals:
        if "invoice_date" not in deal:
            continue
        half = round(deal["amount"] / 200) * 100
        share = rng.random()
        won = deal["_stage"] == WON
        if not won and share < 0.4:
            continue
        rows.append(_payment(words, rng, deal, half))
        if won and share < 0.92:
            rows.append(_payment(words, rng, deal, deal["amount"] - half))
    return sorted(rows, key=lambda row: row["date"])


def _payment(words: Mapping[str, Any], rng: random.Random, deal: Row, amount: int) -> Row:
    day = _not_later(deal["invoice_date"] + timedelta(days=rng.randint(0, 25)))
    return {"date": day, "deal": deal["id"], "amount": amount, "method": rng.choice(words["methods"])}


def spoil(firm: Firm) -> None:
    """What people typed by hand, over what should stand there."""
    for first, second, column in firm.words["duplicates"]:
        firm.clients[first][column] = firm.clients[first][column] or f"twin{first}@example.com"
        firm.clients[second][column] = firm.clients[first][column]
    for rows, name in ((firm.clients, "clients"), (firm.deals, "deals"), (firm.payments, "payments")):
        for column, cells in firm.words["mess"][name].items():
            for position, value in cells.items():
                if position < len(rows):
                    rows[position][column] = value if value != "" else None


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "templates" / "demo")
