"""One client over several rows: merged down, or written once with blanks below; and values that hold for rows below them."""

from datetime import date

import pytest
import yaml
from openpyxl import Workbook

from sheets_crm.errors import ConfigError
from sheets_crm.sync import run
from sheets_crm.sync.run import Result

TODAY = date(2026, 11, 20)
HEAD = ["No", "Name", "Phone", "Doctor", "Date", "Service", "Amount"]
COLUMNS = {"id": "A", "name": "B", "phone": "C", "manager": "D", "visit.date": "E", "service": "F", "amount": "G"}


def planned(folder, rows, merges=(), *, head=HEAD, columns=COLUMNS, cards=("client", "visit"), **sheet) -> Result:
    book = Workbook()
    ws = book.active
    ws.title = "Cards"
    ws.append(head)
    for row in rows:
        ws.append(row)
    for merge in merges:
        ws.merge_cells(merge)
    book.save(folder / "in.xlsx")
    settings = {"card": list(cards), "header_row": 1, "columns": columns, "required": [], **sheet}
    config = {"workbook": "in.xlsx", "language": "en", "country": "GB", "sheets": {"Cards": settings}}
    (folder / "crm.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return run.plan(str(folder / "crm.yaml"), today=TODAY)


def visits(amounts, first=("1", "Ann", "07700 900123", "Kim")):
    return [
        [*(first if place == 0 else [None] * 4), date(2026, 1, place + 1), "x", sum_]
        for place, sum_ in enumerate(amounts)
    ]


def clients(result):
    return result.base.frame("client").select("_row", "name")


@pytest.mark.parametrize("head", [HEAD, ["Q", "W", "E", "R", "T", "Y", "U"]], ids=["known", "unheard of"])
def test_a_block_is_one_client_whatever_the_header_says(tmp_path, head):
    result = planned(tmp_path, visits([10, 20, 30]), ["A2:A4", "B2:B4"], head=head)
    assert clients(result).rows() == [(2, "Ann")]
    assert result.numbers.clients["revenue"].to_list() == [60]


def test_a_name_over_two_columns_and_down_is_a_block(tmp_path):
    rows = [["1", "Ann", None, None, date(2026, 1, 1), "x", 10], [None, None, None, None, date(2026, 1, 2), "x", 20]]
    assert clients(planned(tmp_path, rows, ["B2:C3"])).rows() == [(2, "Ann")]


def test_members_of_a_family_under_one_card_are_clients_of_their_own(tmp_path):
    rows = visits([10, 20, 30])
    rows[1][1] = "Bob"
    assert clients(planned(tmp_path, rows, ["A2:A4"])).rows() == [(2, "Ann"), (3, "Bob")]


def test_a_name_repeated_beside_a_merged_number_is_the_same_client(tmp_path):
    rows = visits([10, 20])
    rows[1][1] = "Ann"
    assert clients(planned(tmp_path, rows, ["A2:A3"])).rows() == [(2, "Ann")]


def test_a_doctor_merged_over_two_clients_is_the_doctor_of_both(tmp_path):
    rows = [*visits([10]), *visits([20], first=("2", "Bob", None, None))]
    result = planned(tmp_path, rows, ["D2:D3"])
    assert result.base.frame("client")["manager"].to_list() == ["Kim", "Kim"]


def test_a_merged_range_under_the_last_row_does_no_harm(tmp_path):
    assert clients(planned(tmp_path, visits([10]), ["A2:A3", "B9:B12"])).rows() == [(2, "Ann")]


def test_a_sum_merged_over_two_rows_is_one_sum(tmp_path):
    rows = visits([10, None])
    assert planned(tmp_path, rows, ["A2:A3", "G2:G3"]).numbers.clients["revenue"].to_list() == [10]


def test_a_day_written_once_begins_no_client(tmp_path):
    rows = [*visits([10, 20, 30]), *visits([5, 6], first=("2", "Bob", None, None))]
    rows[1][4] = rows[4][4] = None  # as above; the second client's first day stands in its own row
    result = planned(tmp_path, rows, fill_down=["id", "name", "visit.date"])
    assert clients(result).rows() == [(2, "Ann"), (5, "Bob")]
    days = result.base.frame("visit")["date"]
    assert days.to_list() == [date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 1), date(2026, 1, 1)]


def test_a_blank_day_is_not_that_of_another_client(tmp_path):
    rows = [*visits([10]), *visits([20], first=("2", "Bob", None, None))]
    rows[1][4] = "-"
    result = planned(tmp_path, rows, fill_down=["name", "visit.date"])
    assert result.base.frame("visit")["date"].to_list() == [date(2026, 1, 1), None]


def test_a_client_written_once_over_their_deals_is_the_client_of_all(tmp_path):
    rows = [["1", "Ann", None, None, None, "a", 1], [None] * 5 + ["b", 2], [None, "Bob", None, None, None, "c", 3]]
    columns = {"client": "B", "title": "F", "amount": "G"}
    result = planned(tmp_path, rows, columns=columns, cards=("deal",), fill_down=["client"])
    assert result.base.frame("deal")["client"].to_list() == ["Ann", "Ann", "Bob"]


def test_a_problem_of_a_merged_cell_is_told_once(tmp_path):
    rows = visits([10, 20, 30])
    rows[0][4] = "soon"
    rows[1][4] = rows[2][4] = None
    result = planned(tmp_path, rows, ["A2:A4", "E2:E4"])
    assert [(p.cell, p.kind) for p in result.base.problems] == [("E2", "bad_date")]


def test_what_a_client_and_a_visit_share_is_required_of_the_client(tmp_path):
    rows = [*visits([10, 20]), *visits([5], first=("2", "Bob", None, None))]
    result = planned(tmp_path, rows, fill_down=["id", "name"], required=["manager"])
    assert [(p.cell, p.kind) for p in result.base.problems] == [("D4", "required_blank")]


def test_a_column_to_fill_down_that_is_nowhere_stops_the_run(tmp_path):
    with pytest.raises(ConfigError):
        planned(tmp_path, visits([10]), fill_down=["nmae"])


def test_blocks_are_the_same_when_nothing_is_stated(tmp_path):
    """Guessed: clients written once, with blanks below them."""
    book = Workbook()
    book.active.append(["Card no", "Patient", "Phone", "Visit date", "Treatment", "Amount", "Paid"])
    for number in range(30):
        for line in range(3):
            who = (
                [f"K-{number}", f"Ann Lee{chr(97 + number % 26)} {number}", f"07700 900{number:03}"]
                if line == 0
                else [None] * 3
            )
            book.active.append([*who, date(2026, 1 + number % 9, 1 + line), "Filling", 100 + line, 100])
    book.save(tmp_path / "in.xlsx")
    (tmp_path / "crm.yaml").write_text("workbook: in.xlsx\nlanguage: en\ncountry: GB\n", "utf-8")
    for result in (run.sync, run.sync, run.plan):  # once guessed, then remembered
        base = result(str(tmp_path / "crm.yaml"), today=TODAY).base
        assert len(base.frame("client")) == 30
        assert base.frame("visit").get_column("client_id").null_count() == 0
