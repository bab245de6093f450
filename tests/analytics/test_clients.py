"""What a client bought, in numbers that agree with one another."""

from decimal import Decimal

import polars as pl
import pytest

from sheets_crm.analytics.clients import with_revenue
from sheets_crm.analytics.columns import MONEY


@pytest.mark.parametrize(
    ("are_purchases", "averages"),
    [(True, [Decimal(100), Decimal(150), None]), (False, [Decimal(300), None, None])],
)
def test_an_average_divides_by_what_counts_as_a_purchase(are_purchases, averages):
    clients = pl.DataFrame({"_id": ["paid in three parts", "paid ahead", "new"], "purchases": [1, 0, 0]})
    sums = pl.DataFrame(
        {"client_id": ["paid in three parts"] * 4 + ["paid ahead"], "amount": [50, 100, 150, 0, 150]},
        schema_overrides={"amount": MONEY},
    )
    found = with_revenue(clients, sums, are_purchases=are_purchases)
    assert found["revenue"].to_list() == [300, 150, 0]
    assert found["average"].to_list() == averages
