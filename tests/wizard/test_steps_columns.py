"""Steps "sheets" and "columns": what is guessed, what an owner corrects, and what it comes to in crm.yaml."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
import yaml

from sheets_crm.cards import template
from sheets_crm.data import demo_files
from sheets_crm.sync.run import plan
from sheets_crm.wizard.reading import Reader, config_of
from tests.wizard.hands import as_shown, begun, book, change, errors, field, press, through

NAMES = ["Анна Петрова", "Борис Ким", "Вера Орлова", "Глеб Носов", "Дина Юсупова", "Егор Лапин"]
CLIENTS = [
    ["Клиент", "Телефон", "Эл. почта", "Менеджер", "Комментарий"],
    *([name, f"+7 912 000-00-{at:02}", f"k{at}@example.com", "Олег", "звонить утром"] for at, name in enumerate(NAMES)),
]
DEALS = [
    ["№ сделки", "Клиент", "Этап", "Сумма", "Менеджер", "Что-то своё"],
    *([f"С-{at}", name, ("Новая", "В работе", "Отказ")[at % 3], 1000 * at + 500, "Олег", at] for at, name in enumerate(NAMES)),
]  # fmt: skip


@pytest.fixture
def talk(tmp_path):
    return begun(tmp_path, book(tmp_path / "base.xlsx", Клиенты=CLIENTS, Сделки=DEALS, Заметки=[["купить бумагу"]]))


def _sheets(talk):
    return talk.draft.settings["sheets"]


def _monthly(path, months=("Сентябрь 2026", "Октябрь 2026", "Ноябрь 2026"), header_at=1):
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for number, month in enumerate(months, 9):
        page = made.create_sheet(month)
        for _ in range(header_at - 1):
            page.append([f"Журнал за {month}"])
        page.append(["Дата", "Клиент", "Телефон", "Услуга", "Сумма", "Мастер"])
        for at in range(12):
            page.append(
                [
                    date(2026, number, 1) + timedelta(at),
                    NAMES[at % 6],
                    f"+7 912 000-00-{at % 6:02}",
                    "Стрижка",
                    1500 + at,
                    "Ольга",
                ]
            )
    made.save(path)
    return path


def _merged(path):
    """Clients merged down over their visits."""
    made = openpyxl.Workbook()
    page = made.active
    page.title = "Визиты"
    page.append(["Клиент", "Телефон", "Дата визита", "Услуга", "Сумма"])
    row = 2
    for at, name in enumerate(NAMES):
        for visit in range(3):
            page.append(
                [
                    name if not visit else None,
                    f"+7 912 000-00-{at:02}" if not visit else None,
                    date(2026, 5, 1 + visit),
                    "Чистка",
                    900,
                ]
            )
        for column in "AB":
            page.merge_cells(f"{column}{row}:{column}{row + 2}")
        row += 3
    made.save(path)
    return path


# --- sheets


def test_sheets_are_told_with_what_they_seem_to_be_and_why(talk):
    fields = {one.name: one for one in talk.screen().fields}
    assert [fields[name].value for name in ("Клиенты", "Сделки", "Заметки")] == ["client", "deal", "-"]
    assert fields["Клиенты"].samples == ("6 строк",)
    assert fields["Клиенты"].why.startswith("Лист «Клиенты»: узнано 5 столбцов")
    assert fields["Клиенты"].confidence > 0.8
    assert "Клиенты + сделки" not in [choice.label for choice in fields["Клиенты"].choices]
    assert "Клиенты и сделки — в одной строке" in [choice.label for choice in fields["Клиенты"].choices]


def test_a_sheet_that_is_left_alone_is_not_in_the_settings(talk):
    change(talk, {"Сделки": "-"})
    assert list(_sheets(talk)) == ["Клиенты"]
    talk.go("sheets")
    assert field(talk, "Сделки").value == "-"
    change(talk, {"Сделки": "deal"})
    assert list(_sheets(talk)) == ["Клиенты", "Сделки"]


def test_nothing_to_do_is_told(talk):
    assert change(talk, {"Клиенты": "-", "Сделки": "-"}) == "sheets"
    assert "Ни один лист" in errors(talk)[""]
    assert field(talk, "Клиенты").value == "-"


def test_a_choice_that_is_none_is_told_beside_it(talk):
    assert change(talk, {"Клиенты": "robot"}) == "sheets"
    assert set(errors(talk)) == {"Клиенты", ""}


def test_another_kind_guesses_the_columns_anew(talk):
    change(talk, {"Клиенты": "lead"})
    assert _sheets(talk)["Клиенты"]["card"] == "lead"
    assert "name" not in _sheets(talk)["Клиенты"]["columns"]


def test_months_are_asked_about_once(tmp_path):
    talk = begun(tmp_path, _monthly(tmp_path / "months.xlsx"))
    (only,) = talk.screen().fields
    assert only.label == "Сентябрь 2026, Октябрь 2026, Ноябрь 2026"
    assert "лист за месяц" in only.samples
    press(talk)
    assert _sheets(talk)["Октябрь 2026"] == _sheets(talk)["Ноябрь 2026"] == {"like": "Сентябрь 2026"}
    assert talk.here == "columns/Сентябрь 2026"
    assert talk.screen().blocks[0].text == "Так же читаются ещё 2 листа: Октябрь 2026, Ноябрь 2026."
    assert press(talk) == "trade"
    assert config_of(talk.draft).sheets["Октябрь 2026"].like == "Сентябрь 2026"
    bound = Reader().bound(talk.draft).bindings
    assert [layout.layout.rows.len() for layout in bound.values()] == [12, 12, 12]


def test_many_months_are_named_from_first_to_last(tmp_path):
    months = [f"{name} 2026" for name in ("Январь", "Февраль", "Март", "Апрель", "Май", "Июнь", "Июль", "Август")]
    talk = begun(tmp_path, _monthly(tmp_path / "months.xlsx", [*months[:4]]))
    assert talk.screen().fields[0].label == "От «Январь 2026» до «Апрель 2026»: 4 одинаковых листа"


def test_merged_down_cells_are_told(tmp_path):
    talk = begun(tmp_path, _merged(tmp_path / "merged.xlsx"))
    assert "объединённые ячейки: 6 клиентов, у каждого несколько строк" in talk.screen().fields[0].samples
    assert talk.screen().fields[0].value == "client+visit"
    press(talk)
    assert "Получилось 6 клиентов" in talk.screen().blocks[0].text
    assert press(talk) == "trade"


def test_a_client_written_once_means_as_above(tmp_path):
    rows = [["Клиент", "Телефон", "Дата визита", "Услуга", "Сумма"]]
    rows += [
        [None if visit else name, None if visit else f"+7 912 000-00-{at:02}", date(2026, 5, 1 + visit), "Чистка", 900]
        for at, name in enumerate(NAMES)
        for visit in range(3)
    ]
    talk = begun(tmp_path, book(tmp_path / "down.xlsx", Визиты=rows))
    press(talk)
    assert field(talk, "fill_down").label == "Пустая ячейка значит «как выше»: Клиент, Телефон"
    press(talk)
    assert _sheets(talk)["Визиты"]["fill_down"] == ["name", "phone"]
    talk.go("columns/Визиты")
    press(talk, fill_down=None)
    assert "fill_down" not in _sheets(talk)["Визиты"]


# --- columns


def test_only_sums_are_shown_in_groups(tmp_path):
    rows = [["Код", "Клиент", "Телефон", "Сумма сделки", "Хх"]]
    rows += [[1000 + n, name, 89120000000 + n, 150000 + n * 100, 20000 + n] for n, name in enumerate(NAMES)]
    talk = begun(tmp_path, book(tmp_path / "numbers.xlsx", Сделки=rows))
    press(talk)
    amounts = {name: field(talk, name).value for name in "ACD"}
    assert amounts == {"A": "id", "C": "phone", "D": "deal.amount"}
    assert field(talk, "A").samples == ("1000", "1001", "1002")
    assert field(talk, "C").samples[0] == "89120000000"
    assert field(talk, "D").samples[0].split() == ["150", "000"]
    assert field(talk, "E").samples[0] == "20000", "what it is nobody knows yet"


def test_a_column_shows_values_and_why(talk):
    press(talk)
    phone = field(talk, "B")
    assert phone.label == "B — Телефон"
    assert phone.samples == ("+7 912 000-00-00", "+7 912 000-00-01", "+7 912 000-00-02")
    assert (phone.value, phone.why) == ("phone", "По заголовку и по значениям.")
    press(talk)
    own = field(talk, "F")
    assert (own.value, own.confidence) == ("", None)
    assert own.why.startswith("Не узнан")


def test_what_is_confirmed_is_written_by_header(talk):
    press(talk)
    press(talk)
    assert _sheets(talk)["Клиенты"] == {
        "card": "client", "header_row": 1,
        "columns": {"name": "Клиент", "phone": "Телефон", "email": "Эл. почта", "manager": "Менеджер", "note": "Комментарий"},
    }  # fmt: skip


def test_a_correction_stands_and_is_told_as_the_owners(talk):
    press(talk)
    press(talk, E="special_terms")
    assert _sheets(talk)["Клиенты"]["columns"]["special_terms"] == "Комментарий"
    talk.go("columns/Клиенты")
    assert (field(talk, "E").value, field(talk, "E").why) == ("special_terms", "Так указали вы.")


def test_equal_headers_and_headers_that_read_like_letters_are_written_by_letter(tmp_path):
    rows = [
        ["Клиент", "Телефон", "Телефон", "A", "Сумма"],
        *([n, f"+7 912 000-00-{i:02}", f"+7 913 000-00-{i:02}", "x", i] for i, n in enumerate(NAMES)),
    ]
    talk = begun(tmp_path, book(tmp_path / "b.xlsx", Клиенты=rows))
    press(talk)
    press(talk, D="note", E="")
    columns = _sheets(talk)["Клиенты"]["columns"]
    assert (columns["phone"], columns["phone2"], columns["note"]) == ("B", "C", "D")
    bound = Reader().bound(talk.draft).bindings["Клиенты"]
    assert {(c.field, c.index) for c in bound.columns} == {("name", 0), ("phone", 1), ("phone2", 2), ("note", 3)}


def test_the_same_field_twice_and_no_name_are_told_and_kept(talk):
    press(talk)
    assert press(talk, E="phone") == "columns/Клиенты"
    assert errors(talk)["E"] == "«Телефон» уже стоит в столбце B. Оставьте одно из двух."
    assert field(talk, "E").value == "phone"
    assert press(talk, A="", B="", C="", E="note") == "columns/Клиенты"
    assert "Не указано, в каком столбце имя" in errors(talk)[""]
    assert press(talk, A="nonsense", B="phone") == "columns/Клиенты"
    assert errors(talk)["A"] == "Выберите значение из списка."


@pytest.mark.parametrize("row", ["-1", "999", "два", "1.5"])
def test_a_header_row_outside_the_sheet_is_told(talk, row):
    press(talk)
    assert press(talk, header_row=row) == "columns/Клиенты"
    assert errors(talk)["header_row"] == "Впишите номер строки от 0 до 7."


def test_another_header_row_or_kind_guesses_anew_at_once(tmp_path):
    rows = [["База клиентов нашей фирмы"], ["Кто", "Номер", "Адрес"], *CLIENTS]
    talk = begun(tmp_path, book(tmp_path / "b.xlsx", Лист1=rows))
    change(talk, {"Лист1": "client"})
    assert press(talk, header_row="3") in {"columns/Лист1", "trade"}
    talk.go("columns/Лист1")
    assert field(talk, "header_row").value == "3"
    assert {field(talk, letter).value for letter in "ABC"} == {"name", "phone", "email"}
    assert press(talk, header_row="0") == "columns/Лист1"  # stays, to be looked at
    assert "columns/Лист1" not in talk.draft.done
    assert any("нет строки заголовков" in getattr(block, "text", "") for block in talk.screen().blocks)
    assert press(talk, kind="contact", header_row="3") == "columns/Лист1"
    assert field(talk, "kind").value == "contact"
    assert press(talk) == "trade"
    assert _sheets(talk)["Лист1"]["card"] == "contact"


def test_a_row_that_is_two_cards_shares_what_both_have(tmp_path):
    rows = [["Клиент", "Телефон", "Этап", "Сумма", "Менеджер", "Дата КП"]]
    rows += [
        [n, f"+7 912 000-00-{i:02}", ("Новая", "КП отправлено")[i % 2], 900 + i, "Олег", date(2026, 5, 1 + i)]
        for i, n in enumerate(NAMES)
    ]
    talk = begun(tmp_path, book(tmp_path / "flat.xlsx", База=rows))
    press(talk)
    assert {choice.group for choice in field(talk, "A").choices} == {"", "Клиенты", "Сделки", "Оценки"}
    press(talk)
    assert _sheets(talk)["База"]["columns"] == {
        "name": "Клиент", "phone": "Телефон", "stage": "Этап", "amount": "Сумма", "manager": "Менеджер", "offer_date": "Дата КП",
    }  # fmt: skip
    bound = Reader().bound(talk.draft).bindings["База"]
    assert {(c.card, c.field) for c in bound.columns if c.field == "manager"} == {
        ("client", "manager"),
        ("deal", "manager"),
    }


def test_a_very_wide_sheet_is_asked_in_pages_and_the_rest_may_be_left(tmp_path):
    wide = [row + [f"поле {at}" if not number else at for at in range(295)] for number, row in enumerate(CLIENTS)]
    talk = begun(tmp_path, book(tmp_path / "wide.xlsx", Клиенты=wide))
    press(talk)
    pages = [place.id for place in talk.screen().places if place.id.startswith("columns/")]
    assert len(pages) == 14  # of 22 columns: pages stay small
    seen = [one.name for one in talk.screen().fields]
    assert {"A", "B", "C", "D", "E"} < set(seen)  # what was recognised comes first
    assert press(talk) == "columns/Клиенты/2"
    assert press(talk, "all") == "trade"
    assert set(_sheets(talk)["Клиенты"]["columns"].values()) == set(CLIENTS[0])


def test_no_screen_grows_beyond_a_page_of_100_kib(tmp_path):
    rows = [["Клиент", "Телефон", "Этап", "Сумма", *(f"Столбец с довольно длинным названием {at}" for at in range(60))]]
    rows += [
        [n, f"+7 912 000-00-{i:02}", "Новая", 900 + i, *("значение ячейки, тоже не короткое" for _ in range(60))]
        for i, n in enumerate(NAMES)
    ]
    talk = begun(tmp_path, book(tmp_path / "wide.xlsx", База=rows))
    change(talk, {"База": "client+deal"})
    for _ in range(3):
        screen = talk.screen()
        options = sum(
            len(f"<option value={c.value!r}>{c.label}</option>".encode()) for one in screen.fields for c in one.choices
        )
        others = sum(len("".join((one.label, *one.samples, one.why)).encode()) + 400 for one in screen.fields)
        assert options + others < 100 * 1024
        press(talk)


# --- later screens after an earlier answer changes


def test_columns_that_change_ask_for_the_stages_again_and_nothing_else(talk):
    through(talk)
    stages = next(place.id for place in talk.screen().places if place.id.startswith("stages/"))
    assert {"trade", stages} <= set(talk.draft.done)
    talk.go("columns/Клиенты")
    press(talk)  # nothing changed
    assert {"trade", stages} <= set(talk.draft.done)
    talk.go("columns/Клиенты")
    press(talk, E="")
    assert "trade" in talk.draft.done
    assert stages not in talk.draft.done


# --- real books


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_demo_needs_no_correction_and_no_task_is_lost(tmp_path, lang):
    """The same tasks as without any configuration, and those besides whose stage was misspelt."""
    source, settings = demo_files(lang)
    found = {}
    for name in ("ours", "plain"):
        (tmp_path / name).mkdir()
        shutil.copy(source, tmp_path / name / source.name)
    talk = begun(tmp_path, tmp_path / "ours" / source.name, lang)
    through(talk)
    (tmp_path / "ours" / "crm.yaml").write_text(yaml.safe_dump(dict(talk.draft.settings), allow_unicode=True), "utf-8")
    shutil.copy(settings, tmp_path / "plain" / "crm.yaml")
    for name in ("ours", "plain"):
        found[name] = plan(str(tmp_path / name), today=date(2026, 3, 16)).plan_json()
    tasks = {
        name: {
            (t["rule"], t["sheet"], t["row"]) for t in one["tasks"] if t["rule"] != "reactivation"
        }  # the trade's days differ
        for name, one in found.items()
    }
    deals = list(talk.draft.settings["sheets"])[1]
    assert tasks["plain"] < tasks["ours"]
    assert {row for _, sheet, row in tasks["ours"] - tasks["plain"]} <= {10, 23}
    assert [p["cell"] for p in found["ours"]["problems"] if p["kind"] == "unknown_value" and p["sheet"] == deals] == [
        "D66"
    ]
    assert found["ours"]["valid_clients"] <= found["plain"]["valid_clients"]  # the trade requires more of a client


BOOKS = sorted((Path(__file__).resolve().parents[1] / "golden").glob("*/truth.yaml"))


@pytest.mark.parametrize("truth", BOOKS, ids=lambda path: path.parent.name)
def test_the_example_workbooks_need_no_correction_that_has_a_field(tmp_path, truth):
    told = yaml.safe_load(truth.read_text("utf-8"))
    workbook = tmp_path / told["file"]
    shutil.copy(truth.with_name("in.xlsx"), workbook)
    talk = begun(tmp_path, workbook, told["language"])
    through(talk)
    wrong, unknown, right = corrections(talk, told)
    # A client's name beside the client's number: whoever made the truth calls it the deal's title.
    assert wrong == ({("Deals", "C")} if "Repeat" in told["bindings"] else set())
    assert len(unknown) <= 2
    assert right >= 34
    funnels = config_of(talk.draft).funnels
    order = told["stage_order"] if isinstance(told["stage_order"], dict) else {"deals": told["stage_order"]}
    assert {name.lower(): list(one.stages) for name, one in funnels.items()} == order


def corrections(talk, told):
    """(cells that an owner has to change, columns that no field exists for, columns that are right) by the truth of a workbook."""
    bound = Reader().bound(talk.draft).bindings
    trade = template(talk.draft.settings.get("template") or "base")
    wrong, unknown, right = set(), set(), 0
    for sheet, said in told["bindings"].items():
        binding = bound[sheet]
        for name, letter in said["columns"].items():
            here = {(c.card, c.field) for c in binding.columns if c.index == ord(letter) - 65}
            names = (name.removesuffix("_formula"), name, *(["title"] if name == "account" else []))
            meant = {target for one in names for target in trade.find(one, binding.cards) if target[0] in binding.cards}
            if not meant:
                unknown.add((sheet, letter))
            elif here & meant:
                right += 1
            else:
                wrong.add((sheet, letter))
    return wrong, unknown, right


def test_answers_typed_nowhere_are_as_shown(talk):
    """A form that leaves fields out changes nothing of them."""
    press(talk)
    given = as_shown(talk.screen())
    talk.answer({"A": given["A"]}, "next")
    assert _sheets(talk)["Клиенты"]["columns"]["phone"] == "Телефон"
