"""Funnels: stock by stage, conversions, forecast, what stands still, what is at stake, breakdowns.

Pure. Conversions are of the stock now: the share of cards at this stage or a later one (lost cards count at the top
only, because a sheet rarely says where they were lost). Source: docs/explain/formulas.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from sheets_crm.analytics.facts import receivable
from sheets_crm.analytics.model import Ageing, Facts, Funnel, GroupRow, StageRow, StuckDeal
from sheets_crm.base.stages import FunnelSpec

BUCKETS = ("no_due_date", "not_due", "1-30", "31-60", "61-90", "91+")
MIN_CLOSED = 20  # below that, our own history says nothing about chances
TOP = 12  # lines of a breakdown

_MOVES = ("created", "offer_date", "invoice_date", "closed", "paid_date")


def funnel(spec: FunnelSpec, facts: Facts, today: date, entered: pl.DataFrame | None = None) -> Funnel:
    """One funnel. entered: `id`, `since` (the day a card was first seen at its present stage), from history."""
    frame = facts.frame.filter(pl.col("funnel") == spec.name)
    if entered is not None:
        frame = frame.join(entered, on="id", how="left", maintain_order="left")
    else:
        frame = frame.with_columns(since=pl.lit(None, pl.Date))
    frame = _with_days(frame, today, spec.stuck_days)
    return Funnel(
        name=spec.name,
        label=spec.label,
        card=spec.card,
        stages=_stages(spec, frame),
        unknown=int(frame["stage"].null_count()),
        stuck=_stuck(frame),
        at_stake=_at_stake(frame, today),
        by_manager=_groups(frame, pl.col("manager")),
        by_source=_groups(frame, pl.col("source")) if "source" in frame.columns else (),
        by_month=_groups(frame, pl.col("created").dt.strftime("%Y-%m"), by_name=True)
        if "created" in frame.columns
        else (),
        lost_reasons=_groups(frame.filter(pl.col("stage_kind") == "lost"), pl.col("lost_reason")),
    )


def _with_days(frame: pl.DataFrame, today: date, stuck_days: int) -> pl.DataFrame:
    """days: since the card last moved, as far as the sheet or our history says; stuck: too long, and no future step."""
    moves = [pl.when(pl.col(name) <= today).then(pl.col(name)) for name in (*_MOVES, "since") if name in frame.columns]
    last = pl.max_horizontal(moves)
    frame = frame.with_columns(days=(pl.lit(today) - last).dt.total_days())
    waits = (pl.col("next_step_date") < today) | pl.col("next_step_date").is_null()
    stuck = (pl.col("stage_kind") == "open") & (pl.col("days") > stuck_days) & waits
    in_stage = (pl.lit(today) - pl.col("since")).dt.total_days()
    return frame.with_columns(stuck=stuck.fill_null(value=False), in_stage=in_stage)


def _stages(spec: FunnelSpec, frame: pl.DataFrame) -> tuple[StageRow, ...]:
    grouped = frame.drop_nulls("stage").group_by("stage").agg(
        count=pl.len(), amount=pl.col("amount").sum(), stuck=pl.col("stuck").sum(), days=pl.col("in_stage").mean()
    )  # fmt: skip
    found = {row["stage"]: row for row in grouped.iter_rows(named=True)}
    counts: list[int] = [found[stage]["count"] if stage in found else 0 for stage in spec.stages]
    reached = _reached(spec, counts)
    chances = _chances(spec, counts)
    rows = []
    before, whole = 0, sum(counts)
    for stage, count in zip(spec.stages, counts, strict=True):
        here, kind = found.get(stage), spec.kind(stage) or "other"
        at_least = reached.get(stage)
        amount = here["amount"] if here else Decimal(0)
        chance = chances.get(stage)
        rows.append(
            StageRow(
                stage=stage, kind=kind, count=count, amount=amount, stuck=here["stuck"] if here else 0,
                from_previous=at_least / before if at_least is not None and before else None,
                from_top=at_least / whole if at_least is not None and whole else None,
                average_days=here["days"] if here else None,
                forecast=(amount * Decimal(str(chance))).quantize(Decimal("0.01")) if chance is not None and kind == "open" else None,
            )
        )  # fmt: skip
        before = at_least if at_least is not None else before
    return tuple(rows)


def _reached(spec: FunnelSpec, counts: Sequence[int]) -> dict[str, int]:
    """How many cards are at a stage or a later one; the first stage counts the lost ones too. Lost stages have no number."""
    way = [(stage, count) for stage, count in zip(spec.stages, counts, strict=True) if stage not in spec.lost]
    result: dict[str, int] = {}
    behind = 0
    for stage, count in reversed(way):
        behind += count
        result[stage] = behind
    if way:
        result[way[0][0]] = sum(counts)
    return result


def _chances(spec: FunnelSpec, counts: Sequence[int]) -> dict[str, float]:
    """Chance of a win by stage: stated, else the share of wins among all that have ended, when enough have."""
    if spec.probabilities:
        return dict(spec.probabilities)
    by_stage = dict(zip(spec.stages, counts, strict=True))
    won, lost = (sum(by_stage.get(stage, 0) for stage in stages) for stages in (spec.won, spec.lost))
    return dict.fromkeys(spec.open, won / (won + lost)) if won + lost >= MIN_CLOSED else {}


def _stuck(frame: pl.DataFrame) -> tuple[StuckDeal, ...]:
    rows = frame.filter(pl.col("stuck")).sort("amount", "days", descending=True, nulls_last=True)
    return tuple(
        StuckDeal(
            sheet=row["sheet"], row=row["row"], client=row["client"] or "", title=row.get("title") or row.get("number") or "",
            stage=row["stage"], manager=row["manager"] or "", days=row["days"], amount=row["amount"],
        )
        for row in rows.iter_rows(named=True)
    )  # fmt: skip


def _at_stake(frame: pl.DataFrame, today: date) -> dict[str, tuple[int, Decimal]]:
    if "offer_answer" not in frame.columns:
        return {}
    waiting = frame.filter(
        (pl.col("stage_kind") == "open")
        & pl.col("offer_stage")
        & pl.col("offer_date").is_not_null()
        & pl.col("offer_answer").is_null()
    )
    owed = receivable(frame)
    late = pl.col("due") < today
    overdue, unpaid = owed.filter(late), owed.filter(~late.fill_null(value=False))
    return {
        "offers": _count_and_sum(waiting, "amount"),
        "invoices": _count_and_sum(unpaid, "outstanding"),
        "overdue": _count_and_sum(overdue, "outstanding"),
    }


def _count_and_sum(frame: pl.DataFrame, column: str) -> tuple[int, Decimal]:
    total = frame[column].sum()
    return len(frame), total if isinstance(total, Decimal) else Decimal(0)


def _groups(frame: pl.DataFrame, by: pl.Expr, *, by_name: bool = False) -> tuple[GroupRow, ...]:
    grouped = (
        frame.group_by(name=by.fill_null(""), maintain_order=True)
        .agg(
            count=pl.len(),
            won=(pl.col("stage_kind") == "won").sum(),
            lost=(pl.col("stage_kind") == "lost").sum(),
            amount=pl.col("amount").sum(),
        )
        .sort("name" if by_name else "count", descending=True, maintain_order=True)
    )
    if len(grouped) == 1 and grouped["name"][0] == "":
        return ()
    return tuple(
        GroupRow(row["name"], row["count"], row["won"], row["lost"], row["amount"] or Decimal(0))
        for row in grouped.head(TOP).iter_rows(named=True)
    )


def ageing(frames: Sequence[pl.DataFrame], today: date) -> Ageing:
    """Debt by age of the due day. frames: deals and visits with money."""
    owed = [receivable(frame).select("outstanding", "due") for frame in frames]
    if not owed:
        return Ageing({bucket: (0, Decimal(0)) for bucket in BUCKETS})
    days = (pl.lit(today) - pl.col("due")).dt.total_days()
    late = pl.lit(BUCKETS[-1])
    for limit, name in reversed(list(zip((0, 30, 60, 90), BUCKETS[1:-1], strict=True))):
        late = pl.when(days <= limit).then(pl.lit(name)).otherwise(late)
    bucket = pl.when(days.is_null()).then(pl.lit(BUCKETS[0])).otherwise(late).alias("bucket")
    sums = pl.concat(owed).group_by(bucket).agg(count=pl.len(), sum=pl.col("outstanding").sum())
    found = {row["bucket"]: (row["count"], row["sum"]) for row in sums.iter_rows(named=True)}
    return Ageing({name: found.get(name, (0, Decimal(0))) for name in BUCKETS})
