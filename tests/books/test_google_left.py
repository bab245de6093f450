"""Copies that a run left behind because it died: looked at before they go, by whoever comes next, and only by who may write."""

import pytest

from sheets_crm.books.google.access import who
from sheets_crm.books.google.api import Api
from sheets_crm.books.google.book import GoogleBook
from sheets_crm.books.google.settings import Calling
from sheets_crm.books.model import FingerprintChanged, WritePlan
from sheets_crm.errors import OwnerError
from tests.books.test_google_moment import BUSY, COMMENT, KEY, TAB, Moment
from tests.google.dying import dying
from tests.google.emulator import OWNER, Emulator
from tests.google.whole import google_book
from tests.promises.play import Killed

SORTED = BUSY | {"first": [("sort", 5)], "second": [], "dies": (1, True)}


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


@pytest.fixture
def key(google, tmp_path):
    return google.key_file(tmp_path / "key.json")


def left(google, key, **plan):
    """A moment in which a run died; the next one has not come yet."""
    moment = Moment(google, key, SORTED | plan)
    for act in moment.plan["first"]:
        google.faults.before(lambda act=act: moment.act(*act), method="write", nth=1)
    moment.dies()
    return moment


def hidden(google, moment):
    return [sheet for sheet in google.document(moment.book.id).sheets if sheet.title.startswith("sheets-crm")]


def said(rows):
    """key -> what was said of it, of rows of values."""
    return {row[KEY]: row[COMMENT] for row in rows if row[KEY] and row[COMMENT]}


def test_who_only_looks_sees_what_will_stand_and_writes_nothing(google, key):
    moment = left(google, key)
    damaged = moment.stands()
    book = GoogleBook(Api(who(key, None), Calling(endpoint=google.url)), moment.book.id, mends=False)
    book.fingerprint()
    grid = book.read([TAB])[TAB]
    shown = [grid.row(number) for number in range(2, grid.height + 1)]
    assert said(shown) == moment.said
    assert said(damaged) != moment.said
    assert moment.stands() == damaged
    assert len(hidden(google, moment)) == 1


def test_reading_alone_sets_the_tab_right(google, key):
    moment = left(google, key)
    moment.book.fingerprint()
    assert said(moment.stands()) == moment.said
    assert hidden(google, moment) == []


def test_a_copy_that_shows_nothing_wrong_costs_no_read(google, key):
    moment = left(google, key, first=[])
    google.calls.clear()
    moment.book.fingerprint()
    assert google.calls.reads == 2
    assert len(hidden(google, moment)) == 1
    plan, rows = moment.planned()
    moment.book.apply(plan)
    assert hidden(google, moment) == []
    moment.check(rows)


def test_a_journal_that_somebody_spoiled(google, key):
    """What the batch was nobody knows any more: what stood in the copy and stands nowhere now is put back, nothing twice."""
    moment = left(google, key)
    (copy,) = hidden(google, moment)
    number = next(
        n for n, row in enumerate(copy.rows) if row.values and str(row.values[0]).startswith("sheets-crm journal")
    )
    moment.anna.type(copy.title, number + 1, 0, "sheets-crm journal 12345")
    moment.book.fingerprint()
    keys = [row[KEY] for row in moment.stands() if any(row)]
    assert len(keys) == len(set(keys))
    assert set(moment.said.values()) <= {row[COMMENT] for row in moment.stands()}
    assert hidden(google, moment) == []


def test_two_copies_of_one_tab(google, key, monkeypatch):
    """Another program, or an older one, left its copy too: each is looked at, the youngest first."""
    moment = left(google, key)
    with monkeypatch.context() as patched:
        patched.setattr("sheets_crm.books.google.rescue.wrong", lambda *_: {})
        patched.setattr("sheets_crm.books.google.rescue.to_drop", lambda *_: [])
        google.faults.before(lambda: moment.act("sort", 2), method="write", nth=1)
        book = google_book(google, moment.book.id, key)
        moment.book, old = book, moment.book
        with dying(1, applied=True), pytest.raises(Killed):
            book.apply(moment.planned()[0])
        moment.book = old
    assert len(hidden(google, moment)) == 2
    moment.book = google_book(google, moment.book.id, key)
    moment.book.fingerprint()
    assert set(moment.said.values()) <= {row[COMMENT] for row in moment.stands()}
    assert hidden(google, moment) == []


def test_a_tab_that_somebody_deleted_meanwhile(google, key):
    moment = left(google, key)
    moment.anna.delete_sheet(TAB)
    moment.book.fingerprint()
    assert [info.name for info in moment.book.sheets()] == ["Клиенты"]
    assert moment.book.apply(WritePlan((), moment.book.fingerprint())).written == ()
    assert hidden(google, moment) == []


def test_two_runs_that_find_the_same_copy_make_amends_once(google, key):
    moment = left(google, key)
    other = google_book(google, moment.book.id, key)
    google.faults.before(other.fingerprint, method="write", nth=1)
    moment.book.fingerprint()
    assert said(moment.stands()) == moment.said
    assert hidden(google, moment) == []


def test_without_the_right_to_write_the_copy_stays(google, key):
    moment = left(google, key)
    google.faults.add("answer", 403, method="write", times=9)
    with pytest.raises(OwnerError):
        moment.book.fingerprint()
    assert len(hidden(google, moment)) == 1
    google.faults.clear()
    moment.book.fingerprint()
    assert said(moment.stands()) == moment.said


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset", "reset_after", "html_after", "truncate"])
def test_amends_of_a_copy_in_a_troubled_network(google, key, kind):
    moment = left(google, key)
    google.faults.add(kind, method="write", nth=1, times=2)
    moment.book.fingerprint()
    assert said(moment.stands()) == moment.said
    assert [row[KEY] for row in moment.stands()].count("n0") <= 1


@pytest.mark.parametrize("filtered", [True, False])
def test_a_protection_of_somebody_s_own(google, key, filtered):
    """A duplicate would take it along and could not be taken away by us: the copy is pasted, or there is none."""
    moment = Moment(google, key, SORTED | {"gone": set(), "new": 0, "first": []})
    sheet = google.sheet(moment.book.id, TAB)
    place = {"sheetId": sheet.id, "startColumnIndex": 5, "endColumnIndex": 6}
    google.person(moment.book.id, OWNER).do(
        {"addProtectedRange": {"protectedRange": {"range": place, "editors": {"users": [OWNER]}}}}
    )
    if not filtered:
        moment.anna.do({"clearBasicFilter": {"sheetId": sheet.id}})
    google.calls.clear()
    plan, rows = moment.planned()
    moment.book.apply(plan)
    kinds = [kind for call in google.calls.of("write") for kind in call.requests()]
    assert "duplicateSheet" not in kinds
    assert ("copyPaste" in kinds) != filtered
    moment.check(rows)


@pytest.mark.slow
@pytest.mark.parametrize("act", [("insert", 0), ("sort", 5), ("write", 1), ("delete", 2)])
def test_somebody_who_never_rests(google, key, monkeypatch, act):
    """As often as amends are made somebody moves the rows again: the copy stays until all is right."""
    moment = Moment(google, key, SORTED)
    acts = iter((("sort", 5), act))
    google.faults.add("act", lambda: moment.act(*next(acts)), method="write", times=2)
    monkeypatch.setattr("sheets_crm.books.google.aftermath.TURNS", 1)
    with pytest.raises(FingerprintChanged):
        moment.book.apply(moment.planned()[0])
    monkeypatch.undo()
    google.faults.clear()
    moment.book = google_book(google, moment.book.id, key)
    moment.book.fingerprint()
    gone = {key for key in moment.said if key in moment.deleted}
    assert said(moment.stands()) == {key: words for key, words in moment.said.items() if key not in gone}
    assert sorted(row[1] for row in moment.stands() if any(row) and not row[KEY]) == sorted(moment.mine)
    assert hidden(google, moment) == []


def test_a_row_that_went_while_somebody_typed_into_it(google, key):
    """Another row may have come in its place: then both would stand. All of the write is taken back, and the run begins anew."""
    moment = Moment(google, key, SORTED | {"gone": {1}, "new": 1, "first": []})
    google.faults.before(lambda: moment.anna.type(TAB, 3, 5, "7 %"), method="write", nth=1)
    with dying(1, applied=True), pytest.raises(Killed):
        moment.book.apply(moment.planned()[0])
    moment.book = google_book(google, moment.book.id, key)
    moment.book.fingerprint()
    assert [row[KEY] for row in moment.stands() if any(row)].count("n0") == 0
    assert said(moment.stands()) == moment.said


def test_a_copy_that_somebody_else_throws_away_in_that_moment(google, key):
    """A run on another machine was quicker: this one begins anew instead of telling the owner of a refusal."""
    moment = left(google, key, first=[])
    plan, _ = moment.planned()
    (copy,) = hidden(google, moment)
    google.faults.before(lambda: moment.anna.do({"deleteSheet": {"sheetId": copy.id}}), method="write", nth=1)
    with pytest.raises(FingerprintChanged):
        moment.book.apply(plan)
    plan, rows = moment.planned()
    moment.book.apply(plan)
    moment.check(rows)
