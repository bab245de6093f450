"""What holds of every page: both languages, links that lead somewhere, no names in addresses, small, and nothing written."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from sheets_crm.wizard.shapes import Facts, Field, Progress, Search, Table
from sheets_crm.wizard.web import draw
from sheets_crm.wizard.web.ports import path_of
from tests.wizard.pages.conftest import blocks, editing, links, owner_of, tables, told

CYRILLIC = re.compile("[\u0400-\u04ff]{3}")  # a letter or two are look-alikes in an address of the demo
PAGES = ("", "sync", "tasks", "clients", "problems", "rules", "backups", "history")
MOST_BYTES = 100 * 1024


def follow(owner, link):
    parts = urlsplit(link)
    assert parts.path.startswith("/p/")
    return owner.pages.screen(path_of(parts.path.removeprefix("/p/")), dict(parse_qsl(parts.query)), owner.lang)


def reached(owner, most=150):
    """Every page that links lead to from the first ones: address -> screen; of those alike (clients, copies) a few."""
    found = {f"/p/{path}": owner.see(path) for path in PAGES}
    queue, alike = list(found), {}
    while queue and len(found) < most:
        for link in links(found[queue.pop(0)]):
            kind = re.sub(r"[0-9a-f]{20}|page=\d+", "*", link)
            alike[kind] = alike.get(kind, 0) + 1
            if link not in found and alike[kind] <= 3:
                found[link] = follow(owner, link)
                assert found[link] is not None, link
                queue.append(link)
    return found


@pytest.fixture(scope="module")
def walked(readers):
    return {lang: reached(owner) for lang, owner in readers.items()}


def test_places_lead_to_pages_and_are_called_as_they_are(reader):
    for place in reader.pages.places(reader.lang):
        shown = reader.see(place.id)
        assert shown.id == place.id
        assert shown.title == place.title


def test_every_link_leads_to_a_page(walked, reader):
    pages = walked[reader.lang]
    assert len(pages) > 40
    assert [link for link, screen in pages.items() if screen.errors] == []
    assert [link for link, screen in pages.items() if not told(screen).strip()] == []


def test_headers_and_cells_agree(walked, reader):
    for link, screen in walked[reader.lang].items():
        for table in tables(screen):
            assert {len(row) for row in table.rows} <= {len(table.headers)}, (link, table.title)
            assert all(at < len(table.headers) for at in table.numeric)
            assert table.rows or table.empty, (link, table.title)


def test_every_page_tells_in_words_not_in_ids(walked, reader):
    ids = re.compile(r"\b(amount|client_id|_id|None|null|pages\.\w+|[a-z]+_date)\b")
    for link, screen in walked[reader.lang].items():
        shown = [table for table in tables(screen) if table.is_open]
        words = " ".join([screen.title, *(header for table in shown for header in table.headers)])
        words += " ".join(name for facts in blocks(screen, Facts) for name, _ in facts.pairs if ":" not in name)
        assert not ids.search(words), (link, ids.search(words))


def test_english_pages_hold_no_russian_words_of_ours(walked):
    for link, screen in walked["en"].items():
        assert not CYRILLIC.search(told(screen)), link
        labels = [field.label + field.help for field in screen.fields] + [action.label for action in screen.actions]
        assert not CYRILLIC.search(" ".join(labels)), link


def test_addresses_tell_nothing_of_anybody(walked, readers):
    for lang, pages in walked.items():
        facts = readers[lang].desk.look().seen.result.numbers.facts["client"].frame
        private = {
            str(value).casefold()
            for name in ("client", "phone", "email", "id", "manager", "number")
            for value in facts[name].drop_nulls().to_list()
        }
        parts = [word for value in private for word in re.findall(r"\w{4,}", value)]
        for link in pages:
            plain = dict(parse_qsl(urlsplit(link).query))
            seen = f"{path_of(urlsplit(link).path)} {' '.join(plain.values())}".casefold()
            assert CYRILLIC.search(seen) is None
            assert [part for part in parts if part in seen.replace("clients", "").split()] == [], link


def test_codes_hold_for_one_run_of_the_program_alone(firms):
    one, other = (owner_of(firms["ru"], "ru").desk.code("phone:+79990000444") for _ in range(2))
    assert one != other
    assert re.fullmatch("[0-9a-f]{20}", one)


def size(owner, screen, link):
    """Bytes of the page as browsers get it."""
    searches = {at: block.path for at, block in enumerate(screen.blocks) if isinstance(block, Search)}
    view = draw.View(screen, owner.lang, "p", link, "c" * 43, "s" * 12, searches=searches)
    return len(draw.page(view).encode())


def test_no_page_is_large(walked, reader):
    sizes = {link: size(reader, screen, link) for link, screen in walked[reader.lang].items()}
    assert {link: one for link, one in sizes.items() if one > MOST_BYTES} == {}


def test_long_texts_make_no_page_large(owner):
    with editing(owner.book) as book:
        for row in range(2, 62):
            book["Клиенты"].cell(row, 11, "примечание " * 90)
            book["Клиенты"].cell(row, 8, "не дата " * 60)
    for path in ("problems", "tasks", "clients", owner.press("clients", "find", wanted="примечание").path):
        assert size(owner, owner.see(path), path) < MOST_BYTES, path
    seen = owner.desk.look().seen
    card = f"clients/{seen.client_code(seen.result.numbers.clients['id'][0])}"
    assert size(owner, owner.see(card), card) < MOST_BYTES


@pytest.mark.slow
def test_looking_writes_nothing(firms):
    owner = owner_of(firms["en"], "en")
    before = owner.files()
    reached(owner)
    owner.press("clients", "find", wanted="Smith")
    owner.press("rules/offer_followup", "try", on="yes", days="9", large="100")
    owner.see("rules/offer_followup")
    assert owner.files() == before


@pytest.mark.parametrize("path", ["nowhere", "tasks/x/y", "rules/none_such", "backups/0123", "x/../tasks", ".."])
def test_there_is_no_other_page(reader, path):
    assert reader.pages.screen(path, {}, reader.lang) is None


@pytest.mark.parametrize("path", ["tasks", "problems", "history", "clients"])
@pytest.mark.parametrize("page", ["0", "-1", "999999", "x", "\u0663", "9" * 40])
def test_an_odd_number_of_a_page_is_no_trouble(reader, path, page):
    shown = reader.see(path, page=page)
    assert not shown.errors
    assert tables(shown)


def test_an_odd_query_is_no_trouble(reader):
    odd = {"kind": "'; drop", "sheet": "../..", "manager": "%00", "client": "x" * 999, "when": "?", "list": "_id"}
    for path in PAGES:
        assert not reader.see(path, **odd).errors


def test_a_form_that_no_page_has_does_nothing(reader):
    for path in ("tasks", "problems", "history", "nowhere", "clients/0123"):
        assert reader.press(path, "restore").path is None


# --- where the base can't be read -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_while_the_base_is_read_the_pages_say_so(firms):
    waiting = []
    owner = owner_of(firms["ru"], "ru", later=waiting.append)
    for path in ("tasks", "problems", "clients", "rules", "rules/birthday"):
        shown = owner.see(path)
        assert blocks(shown, Progress)
        assert shown.refresh_s
    assert len(waiting) == 1
    assert not blocks(owner.see("backups"), Progress)
    assert not blocks(owner.see("history"), Progress)
    waiting.pop()()
    assert not blocks(owner.see("tasks"), Progress)


@pytest.mark.slow
def test_the_base_is_read_once_until_something_changes(owner):
    waiting = []
    owner = owner_of(owner.folder, "ru", later=waiting.append)
    for path in PAGES:
        owner.see(path)
    assert len(waiting) == 1
    waiting.pop()()
    for path in PAGES:
        owner.see(path)
    assert waiting == []
    owner.config.write_text(owner.config.read_text("utf-8") + "# a remark\n", "utf-8")
    shown = owner.see("tasks")
    assert len(waiting) == 1
    assert shown.refresh_s
    assert "перечитываем" in told(shown)  # and the tasks as they were
    assert tables(shown)
    waiting.pop()()
    assert "перечитываем" not in told(owner.see("tasks"))


def test_a_workbook_that_is_gone_is_told_calmly(owner):
    owner.book.unlink()
    for path in ("", "tasks", "clients", "problems", "rules", "rules/birthday"):
        assert "windows.xlsx" in owner.see(path).errors[0].text, path
    assert not owner.see("history").errors
    assert tables(owner.see("backups"))[0].rows
    meanwhile = links(owner.see("tasks"))
    assert {"/p/backups", "/p/history"} <= set(meanwhile)


def test_what_was_read_before_stays_in_sight(owner):
    before = tables(owner.see("tasks"))
    owner.book.write_bytes(b"PK\x03\x04 not a workbook")
    shown = owner.see("tasks")
    assert shown.errors
    assert "прочитать не удалось" in told(shown)
    assert tables(shown) == before


def test_a_configuration_with_a_slip_is_told_with_its_line(owner):
    owner.config.write_text(owner.config.read_text("utf-8") + "langage: ru\n", "utf-8")
    for path in PAGES:
        assert "langage" in owner.see(path).errors[0].text, path


def test_a_fault_of_ours_is_told_with_a_number(owner, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("sheets_crm.sync.run.plan", broken)
    assert re.search(r"\d{8}-[0-9a-f]{4}", owner.see("tasks").errors[0].text)


def test_fields_have_labels_and_names_that_differ(walked, reader):
    for link, screen in walked[reader.lang].items():
        names = [field.name for field in screen.fields]
        assert len(names) == len(set(names)), link
        assert all(isinstance(field, Field) and field.label for field in screen.fields)
        assert sum(action.primary for action in screen.actions) <= 1
        assert all(isinstance(table, Table) for table in tables(screen))
