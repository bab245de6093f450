"""Decisions for tests."""

from datetime import date
from decimal import Decimal

from sheets_crm.engine.model import Decision

TODAY = date(2026, 11, 5)


def decision(client="Anna", rule="offer_followup", **changes):
    values = {
        "rule": rule,
        "card": "deal",
        "subject": f"id:{client}",
        "occurrence": "2026-11-01",
        "sheet": "Deals",
        "row": 7,
        "cell": "F7",
        "client": client,
        "manager": "Olga",
        "contact": "+7 912 000-00-00",
        "due": TODAY,
        "priority": 2,
        "amount": Decimal(1000),
        "todo": {"ru": "Позвонить: {name}", "en": "Call {name}"},
        "why": {"ru": "Ждём ответа {n} дн.", "en": "No answer for {n} days"},
        "checklist": {"ru": ("Открыть",), "en": ("Open",)},
        "outcomes": {"ru": ("Купит", "Отказ"), "en": ("Will buy", "Refused")},
        "values": {"name": client, "n": 4},
        "hint": "",
        "client_id": f"id:{client}",
    }
    return Decision(**(values | changes))
