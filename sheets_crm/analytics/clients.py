"""A client's numbers: purchases, revenue, usual interval, last purchase, ABC class, debt.

Pure. Sources: DESIGN 5.5 (interval, ABC); docs/explain/formulas.md.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from sheets_crm.analytics.columns import MONEY

A_SHARE, B_SHARE, EPSILON = 0.75, 0.95, 1e-9
LEAST_DATES = 3  # two gaps: below that a mean gap says nothing yet


def purchase_numbers(clients: pl.DataFrame, bought: pl.DataFrame, today: date, default_interval: float) -> pl.DataFrame:
    """Clients with purchases, last_purchase, interval (days) and next_purchase.

    clients: `_id`, last_purchase_date, first_purchase_date, orders_count, purchase_period (null where unknown).
    bought: client_id, date. Purchases of the future are none yet.
    interval: mean gap between distinct purchase dates when there are at least three, else the client's own stated period if
    positive, else the default.
    """
    dated = bought.filter(pl.col("date") <= today)
    stats = dated.group_by("client_id").agg(
        purchases=pl.len(), _last=pl.col("date").max(), _first=pl.col("date").min(), _days=pl.col("date").n_unique()
    )
    frame = clients.join(stats, left_on="_id", right_on="client_id", how="left", maintain_order="left")
    gap = (pl.col("_last") - pl.col("_first")).dt.total_days() / (pl.col("_days") - 1)
    own = pl.when(pl.col("purchase_period") > 0).then(pl.col("purchase_period"))
    interval = pl.coalesce(pl.when(pl.col("_days") >= LEAST_DATES).then(gap), own, pl.lit(float(default_interval)))
    last = pl.coalesce("_last", pl.col("last_purchase_date"))
    counted = pl.coalesce(
        pl.col("purchases"), pl.col("orders_count").cast(pl.UInt32, strict=False), pl.lit(0, dtype=pl.UInt32)
    )
    return frame.with_columns(purchases=counted.cast(pl.UInt32), last_purchase=last, interval=interval).with_columns(
        next_purchase=pl.col("last_purchase") + pl.duration(days=pl.col("interval").round().cast(pl.Int64)),
        interval_known=(pl.col("_days") >= LEAST_DATES).fill_null(value=False) | own.is_not_null(),
    ).drop("_last", "_first", "_days")  # fmt: skip


def with_revenue(clients: pl.DataFrame, bought: pl.DataFrame | None, *, are_purchases: bool) -> pl.DataFrame:
    """Clients with revenue (zero where nothing was bought) and average; bought None: the clients' own column says.

    are_purchases: what is summed up is what counts as a purchase; parts of a payment, for one, are none.
    """
    if bought is None:
        frame = clients.with_columns(revenue=pl.col("revenue_total").fill_null(0).cast(MONEY), _n=pl.col("purchases"))
    else:
        sums = bought.group_by("client_id").agg(revenue=pl.col("amount").sum(), _n=(pl.col("amount") > 0).sum())
        frame = clients.join(sums, left_on="_id", right_on="client_id", how="left", maintain_order="left")
        frame = frame.with_columns(
            revenue=pl.col("revenue").fill_null(0).cast(MONEY), _n=pl.col("_n" if are_purchases else "purchases")
        )
    average = pl.when((pl.col("_n") > 0) & (pl.col("revenue") > 0)).then(pl.col("revenue") / pl.col("_n").cast(MONEY))
    return frame.with_columns(average=average.cast(MONEY)).drop("_n")


def abc_classes(revenue: pl.Series) -> pl.Series:
    """A, B or C by the cumulative share of the clients before this one (revenue descending, ties in file order); null for revenue <= 0."""
    frame = pl.DataFrame({"revenue": revenue.cast(pl.Float64)}).with_row_index("at")
    ranked = frame.filter(pl.col("revenue") > 0).sort("revenue", descending=True, maintain_order=True)
    before = (pl.col("revenue").cum_sum() - pl.col("revenue")) / pl.col("revenue").sum()
    ranked = ranked.with_columns(
        abc=pl.when(before < A_SHARE - EPSILON)
        .then(pl.lit("A"))
        .when(before < B_SHARE - EPSILON)
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
    return frame.join(ranked.select("at", "abc"), on="at", how="left", maintain_order="left")["abc"]


def with_birthdays(clients: pl.DataFrame, today: date) -> pl.DataFrame:
    """Clients with next_birthday (from today on; 29 February falls on 1 March in common years) and age_turning (null without a year)."""
    if "birthday" not in clients.columns:
        return clients.with_columns(next_birthday=pl.lit(None, pl.Date), age_turning=pl.lit(None, pl.Int32))
    days = clients["birthday"].unique().drop_nulls().to_list()
    upcoming = pl.DataFrame(
        {"birthday": days, "next_birthday": [_next(day, today) for day in days]},
        schema={"birthday": pl.String, "next_birthday": pl.Date},
    )
    frame = clients.join(upcoming, on="birthday", how="left", maintain_order="left")
    return frame.with_columns(age_turning=(pl.col("next_birthday").dt.year() - pl.col("birthday_year")).cast(pl.Int32))


def _next(month_day: str, today: date) -> date:
    month, day = int(month_day[:2]), int(month_day[3:])
    for year in (today.year, today.year + 1):
        try:
            this = date(year, month, day)
        except ValueError:  # 29 February in a common year
            this = date(year, 3, 1)
        if this >= today:
            return this
    raise AssertionError(month_day)  # a year always holds the day
