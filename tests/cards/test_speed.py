"""How long a sheet of 100,000 rows takes to read, type by type: `pytest -m slow -s tests/cards/test_speed.py` prints it.

The bounds are some ten times what was measured: they catch a loop over cells, not a slow day.
"""

import random
from time import process_time

import polars as pl
import pytest

from sheets_crm.cards import alias_table, parse, reading_of, template
from sheets_crm.cells import Column

ROWS = 100_000
CHANCE = random.Random(7)
STAGES = alias_table([("Новый", ["новая"]), ("КП отправлено", ["кп"]), ("Отказ", [])])
DIRT = [
    (1, "нет тел", None),
    (1, "32.10.2026", None),
    (0, None, None),
    (1, " - ", None),
    (5, "#REF!", None),
    (1, "2 000,50 ₽", None),
    (2, None, 5.5),
]


def pick(*values):
    return lambda: CHANCE.choice(values)


def number(low, high, divisor=1):
    return lambda: CHANCE.randint(low, high) / divisor


def digits(pattern):
    return lambda: "".join(str(CHANCE.randint(0, 9)) if char == "#" else char for char in pattern)


TYPICAL = {
    "client.id": digits("К-######"), "client.name": digits("Иванов Иван ######"), "client.phone": digits("+7 (9##) ###-##-##"),
    "client.email": digits("user######@mail##.ru"), "client.manager": pick("Анна", "Пётр"), "client.source": pick("сайт", "звонок"),
    "client.birthday": (3, number(15_000, 37_000)), "client.first_contact_date": (3, number(45_000, 46_300)),
    "client.next_step_date": (3, number(45_000, 47_000)), "client.mailing_consent": pick("да", "нет"), "client.note": digits("думает ######"),
    "deal.stage": pick("новая", "КП отправлено"), "deal.amount": (2, number(1, 10**8, 100)), "deal.qty": (2, number(1, 99)), "deal.client": digits("К-######"),
}  # fmt: skip
AS_TEXT = {
    "deal.amount": digits("9## ###,## ₽"), "deal.created": digits("1#.05.2025 1#:1#:1#"), "deal.qty": digits("9###"),
    "client.phone": (2, number(89_000_000_000, 89_999_999_999)), "client.tax_id": digits("##########"), "client.discount": digits("1#,##"),
}  # fmt: skip


def rows(make, dirty):
    kind, make = make if isinstance(make, tuple) else (1, make)
    for _ in range(ROWS):
        if CHANCE.random() < dirty:
            yield CHANCE.choice(DIRT)
        else:
            yield (1, make(), None) if kind == 1 else (kind, None, float(make()))


def seconds(name, make, reading, dirty=0.0):
    card, _, field = name.partition(".")
    spec = template("base").cards[card].fields[field]
    kinds, texts, numbers = zip(*rows(make, dirty), strict=True)
    column = Column(
        pl.Series(kinds, dtype=pl.UInt8), pl.Series(texts, dtype=pl.String), pl.Series(numbers, dtype=pl.Float64)
    )
    times = []
    for _ in range(3):
        start = process_time()
        parse(column, spec, field, reading_of(column, spec, reading), stages=STAGES)
        times.append(process_time() - start)
    print(f"{name:28} {dirty:4.0%} dirty {min(times) * 1000:7.1f} ms")
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize(("dirty", "bound"), [(0.0, 2.0), (0.1, 5.0)])
def test_fifteen_typical_columns(reading, dirty, bound):
    total = sum(seconds(name, make, reading(), dirty) for name, make in TYPICAL.items())
    print(f"{len(TYPICAL)} columns: {total:.3f} s of CPU")
    assert total < bound


@pytest.mark.slow
def test_columns_that_came_as_text(reading):
    assert sum(seconds(name, make, reading()) for name, make in AS_TEXT.items()) < 8


@pytest.mark.slow
@pytest.mark.parametrize("country", ["US", "GB", "BY", "DE"])
def test_telephones_of_other_countries(reading, country):
    shapes = {"US": "(212) 555-####", "GB": "07911 ######", "BY": "+375 29 6##-##-##", "DE": "030 1######"}
    assert seconds("client.phone", digits(shapes[country]), reading(country)) < 3
