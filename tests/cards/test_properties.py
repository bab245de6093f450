"""What holds for every cell of every type: reading never raises, problems stand at cells that exist, lengths agree."""

from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheets_crm.cards import FieldType, parse, reading_of, severity
from sheets_crm.cards.model import ISSUES_SCHEMA
from sheets_crm.cards.problems import KINDS
from sheets_crm.cells import Kind

DIRT = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(0, 100_000),
    st.dates(date(1900, 1, 1), date(2119, 1, 1)),
    st.text(max_size=20),
    st.text(alphabet="0123456789 .,-/+()₽$€:рубг\u00a0\n", max_size=20),
    st.sampled_from(
        [
            "#REF!",
            "да",
            "5 ноября 2026",
            "Nov 5, 2026",
            "40 тыс. руб.",
            "8 912 345-67-89",
            "a@b.ru",
            "-",
            "n/a",
            "кп",
            "31.02.2026",
        ]
    ),
)
EVERYWHERE = st.sampled_from(["RU", "US", "GB", "KZ", "BY", "DE"])


@pytest.mark.parametrize("kind", list(FieldType))
@given(cells=st.tuples(st.lists(DIRT, max_size=8), EVERYWHERE))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cells_are_read(column, reading, field, kind, cells):
    values, country = cells
    more = {"choices": {"a": ("кп",)}} if kind == "choice" else {}
    spec = field(kind, **more)
    typed = column(*values)
    parsed = parse(typed, spec, "f", reading_of(typed, spec, reading(country)), stages={"кп": "КП"})

    assert "f" in parsed.values
    assert all(len(series) == len(values) and series.name == name for name, series in parsed.values.items())
    assert parsed.blank.dtype == pl.Boolean
    assert len(parsed.blank) == len(values)
    assert dict(parsed.issues.schema) == ISSUES_SCHEMA
    assert parsed.issues["position"].is_sorted()
    assert set(parsed.issues["kind"]) <= set(KINDS)
    for position, found, _seen, _suggestion in parsed.issues.iter_rows():
        assert position < len(values)
        assert not parsed.blank[position], "a blank cell has no problem of its own"
        if severity(found) == "error":
            assert parsed.values["f"][position] is None, "an error counts as blank"
    silent = set(range(len(values))) - set(parsed.issues["position"])
    for position in silent:
        known = parsed.blank[position] or parsed.values["f"][position] is not None
        assert known or kind == "consent", "a cell that is not read is always told"


@pytest.mark.parametrize("kind", list(FieldType))
def test_no_cells_at_all(column, reading, field, kind):
    more = {"choices": {"a": ()}} if kind == "choice" else {}
    parsed = parse(column(), field(kind, **more), "f", reading())
    assert len(parsed.values["f"]) == 0
    assert parsed.issues.is_empty()


@pytest.mark.parametrize("kind", list(FieldType))
@given(values=st.lists(DIRT, min_size=2, max_size=6))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cell_reads_the_same_alone_and_among_others(column, reading, field, kind, values):
    more = {"choices": {"a": ("кп",)}} if kind == "choice" else {}
    spec = field(kind, **more)
    together = parse(column(*values), spec, "f", reading())
    alone = [parse(column(value), spec, "f", reading()) for value in values]
    assert [one.values["f"].to_list()[0] for one in alone] == together.values["f"].to_list()
    assert [found for one in alone for found in one.issues["kind"]] == together.issues["kind"].to_list()


def test_the_result_has_the_promised_types(column, reading, field):
    expected = {
        "date": pl.Date, "past_date": pl.Date, "money": pl.Decimal(38, 4), "number": pl.Float64, "consent": pl.Boolean, "text": pl.String,
        "birthday": pl.String, "phone": pl.String, "email": pl.String, "tax_id": pl.String, "tooth": pl.String, "stage": pl.String,
        "link": pl.String, "id": pl.String, "name": pl.String,
    }  # fmt: skip
    for values in ([], [None], ["x"], [5], [None, "5", 5, date(2026, 1, 1), True]):
        for kind, dtype in expected.items():
            parsed = parse(column(*values), field(kind), "f", reading(), stages={"a": "a"})
            assert parsed.values["f"].dtype == dtype, (kind, values)


def test_the_users_text_is_quoted_but_not_whole_novels(column, reading, field):
    parsed = parse(column("договорная " * 100), field("money"), "f", reading())
    assert len(parsed.issues["seen"][0]) == 200


def test_kinds_keep_their_numbers():
    assert [int(kind) for kind in Kind] == list(range(7))
