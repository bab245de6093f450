"""Steps "trade" and "stages": what is chosen beforehand and why, and what the answers come to in crm.yaml."""

import pytest

from sheets_crm.sync.config import COUNTRIES
from sheets_crm.wizard.reading import Reader, config_of
from sheets_crm.wizard.steps.countries import phone_country, system_zone, zone_choices
from sheets_crm.wizard.steps.levels import at_level, level_of, levels
from tests.wizard.hands import begun, book, change, errors, field, press, through

NAMES = [f"Клиент {chr(1040 + at)}{chr(1072 + at)}ов" for at in range(12)]


def _deals(path, stages, *, extra=(), phone="+7 912 000-00-{:02}"):
    clients = [
        ["Клиент", "Телефон", "День рождения"],
        *([name, phone.format(at), "01.02.1980"] for at, name in enumerate(NAMES)),
    ]
    deals = [["№ сделки", "Клиент", "Этап", "Сумма", *extra]]
    deals += [[f"С-{at}", NAMES[at % 12], stage, 1000 + at, *(5 for _ in extra)] for at, stage in enumerate(stages)]
    return book(path, Клиенты=clients, Сделки=deals)


OWN = (
    ["Новый"] * 9
    + ["Думает"] * 8
    + ["КП выслано"] * 7
    + ["Отказ клиента"] * 6
    + ["отказ"] * 2
    + ["Оплачено"] * 5
    + ["опл"]
)


@pytest.fixture
def talk(tmp_path):
    talk = begun(tmp_path, _deals(tmp_path / "base.xlsx", OWN))
    through(talk, until="trade")
    assert talk.here == "trade"
    return talk


def _windows(tmp_path):
    stages = ["Заявка"] * 6 + ["Замер"] * 5 + ["КП отправлено"] * 5 + ["Договор подписан"] * 4 + ["Отказ"] * 3
    talk = begun(tmp_path, _deals(tmp_path / "base.xlsx", stages, extra=["Окон, шт"]))
    through(talk, until="trade")
    return talk


# --- trade


def test_a_trade_is_chosen_beforehand_only_where_the_data_are_plain(tmp_path, talk):
    trade = field(talk, "template")
    assert (trade.value, trade.why.startswith("По книге отрасль не видна")) == ("base", True)
    (tmp_path / "2").mkdir()
    trade = field(_windows(tmp_path / "2"), "template")
    assert trade.value == "windows"
    assert trade.why == "Похоже на «Окна и двери»: 23 из 23 этапов в книге называются так же."
    assert trade.choices[0].value == "base"


def test_only_levels_for_which_rules_are_installed_are_offered(talk):
    choices = field(talk, "level").choices
    assert [choice.value for choice in choices] == [str(one.number) for one in levels()]
    assert "3" not in [choice.value for choice in choices] or any(one.number == 3 and one.rules for one in levels())
    assert "День рождения" in choices[1].note
    assert field(talk, "level").value == "2"


def test_the_first_level_leaves_coming_back_for_later_and_the_second_brings_it(talk):
    press(talk, level="1")
    config = config_of(talk.draft)
    assert config.rules["reactivation"] is False
    assert config.rules["birthday"] is False
    assert "overdue_payment" not in config.rules
    assert config.tabs["clients"].on is False
    talk.go("trade")
    assert field(talk, "level").value == "1"
    press(talk, level="2")
    config = config_of(talk.draft)
    assert not config.rules
    assert config.tabs == {}


def test_levels_keep_what_was_said_of_a_rule():
    settings = {"rules": {"reactivation": {"default_days": 45}, "birthday": False, "no_next_step": False}}
    low = at_level(settings, 2, 1)
    assert low["rules"]["reactivation"] == {"default_days": 45, "on": False}
    high = at_level(low, 1, 2)
    assert high["rules"] == {"reactivation": {"default_days": 45}, "no_next_step": False}
    assert (level_of(low), level_of(high)) == (1, 2)


@pytest.mark.parametrize(
    ("phone", "country"),
    [("+7 912 000-00-01", "RU"), ("8 (912) 000-00-01", "RU"), ("9120000001", "RU"), ("+7 701 000 00 01", "KZ"), ("+375 29 123-45-67", "BY"),
     ("(212) 555-0101", "US"), ("212-555-0101", "US"), ("+44 20 7946 0000", "GB"), ("07911 123456", "GB"), ("12-34", None), ("нет", None)],
)  # fmt: skip
def test_phones_show_their_country(phone, country):
    assert phone_country(phone) == country


def test_the_country_comes_from_phones_else_from_money_else_from_the_language(tmp_path):
    cases = {
        "a": ("+375 29 100-00-{:02}", "1000", "BY"),
        "b": ("", "1 000 ₸", "KZ"),
        "c": ("", "1000", "RU"),
    }
    for name, (phone, money, country) in cases.items():
        (tmp_path / name).mkdir()
        rows = [
            ["Клиент", "Телефон", "Город", "Сумма"],
            *([one, phone.format(at), "Минск", money] for at, one in enumerate(NAMES)),
        ]
        talk = begun(tmp_path / name, book(tmp_path / name / "b.xlsx", Клиенты=rows))
        through(talk, until="trade")
        assert field(talk, "country").value == country, name


def test_the_time_zone_is_this_computers_where_it_lies_in_the_country(tmp_path):
    talk = begun(tmp_path, _deals(tmp_path / "base.xlsx", OWN), zone="Asia/Yekaterinburg")
    through(talk, until="trade")
    assert field(talk, "timezone").value == "Asia/Yekaterinburg"
    press(talk)
    assert talk.draft.settings["timezone"] == "Asia/Yekaterinburg"
    talk.go("trade")
    assert press(talk, country="KZ") == "trade"
    assert errors(talk)["timezone"] == "Страна другая — выберите её часовой пояс."
    assert field(talk, "timezone").choices[0].label.endswith(")")
    press(talk, country="KZ", timezone="Asia/Almaty")
    assert talk.draft.settings["country"] == "KZ"
    assert "timezone" not in talk.draft.settings  # the country's usual one needs no line


def test_zones_and_the_systems_own():
    assert system_zone({"TZ": "Asia/Omsk"}) == "Asia/Omsk"
    assert {"Europe/Moscow", "Asia/Vladivostok"} <= {choice.value for choice in zone_choices("RU", "ru")}
    assert all(zone_choices(country, "en") for country in COUNTRIES)


@pytest.mark.parametrize(("name", "value"), [("template", "zoo"), ("level", "9"), ("country", "XX")])
def test_what_is_wrong_is_told_beside_it(talk, name, value):
    assert press(talk, **{name: value}) == "trade"
    assert set(errors(talk)) == {name, ""}


def test_a_trade_that_has_no_place_for_a_column_tells_so_once(tmp_path):
    rows = ["Заявка"] * 6 + ["Замер"] * 5 + ["КП отправлено"] * 5 + ["Договор подписан"] * 4 + ["Отказ"] * 3
    talk = begun(tmp_path, _deals(tmp_path / "base.xlsx", rows, extra=["Дата замера"]))
    through(talk, until="trade")
    assert talk.draft.settings["sheets"]["Сделки"]["columns"]["measure_date"] == "Дата замера"
    assert press(talk, template="base") == "trade"
    assert talk.screen().blocks[0].text.startswith("В этой отрасли нет места для столбцов: Дата замера.")
    assert press(talk) != "trade"
    assert "measure_date" not in talk.draft.settings["sheets"]["Сделки"]["columns"]


# --- stages


def _rows(talk):
    return {one.name.removeprefix("kind:"): one for one in talk.screen().fields if one.name.startswith("kind:")}


def test_stages_are_met_counted_joined_and_put_in_order(talk):
    press(talk)
    rows = _rows(talk)
    assert {name: one.value for name, one in rows.items()} == {
        "Новый": "open", "Думает": "open", "КП выслано": "offer", "Оплачено": "won", "Отказ клиента": "lost", "Отказ": "same:Отказ клиента",
        "опл": "none",
    }  # fmt: skip
    assert rows["Отказ клиента"].samples == ("6 строк",)
    assert rows["Отказ"].why == "Похоже на другое написание этапа «Отказ клиента»."
    press(talk)
    funnel = config_of(talk.draft).funnels["deals"]
    assert funnel.stages == ("Новый", "Думает", "КП выслано", "Оплачено", "Отказ клиента")
    assert (funnel.won, funnel.lost, funnel.offer) == (("Оплачено",), ("Отказ клиента",), ("КП выслано",))
    assert funnel.aliases == {"Отказ": "Отказ клиента"}


def test_kinds_joins_and_order_are_corrected(talk):
    press(talk)
    change(talk, {"kind:опл": "same:Оплачено", "kind:Думает": "lost", "order:КП выслано": "1", "order:Новый": "2"})
    funnel = config_of(talk.draft).funnels["deals"]
    assert funnel.stages[:2] == ("КП выслано", "Новый")
    assert set(funnel.lost) == {"Думает", "Отказ клиента"}
    assert funnel.aliases == {"Отказ": "Отказ клиента", "опл": "Оплачено"}
    talk.go("stages/deals")
    assert _rows(talk)["опл"].value == "same:Оплачено"
    change(talk, {"kind:опл": "won"})
    assert "опл" in config_of(talk.draft).funnels["deals"].stages


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"order:Новый": "первый"}, {"order:Новый"}), ({"order:Новый": "0"}, {"order:Новый"}), ({"kind:Новый": "soon"}, {"kind:Новый"}),
        ({"kind:опл": "same:Отказ"}, {"kind:опл"}), ({"kind:Новый": "same:Новый"}, {"kind:Новый"}),
        ({"kind:Новый": "won", "kind:Думает": "won", "kind:КП выслано": "won"}, set()),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_and_kept(talk, given, said):
    press(talk)
    assert change(talk, given) == "stages/deals"
    assert set(errors(talk)) == {*said, ""}
    assert {name: field(talk, name).value for name in given} == given


def test_a_funnel_that_is_the_trades_own_needs_no_line(tmp_path):
    stages = [
        "Заявка",
        "Замер назначен",
        "Замер проведён",
        "КП отправлено",
        "Договор",
        "Предоплата",
        "Производство",
        "Монтаж",
        "Закрыто",
        "Отказ",
    ]
    talk = begun(tmp_path, _deals(tmp_path / "base.xlsx", stages * 2))
    through(talk)
    assert talk.draft.settings["template"] == "windows"
    assert "funnels" not in talk.draft.settings


def test_stages_of_the_trade_that_nobody_has_reached_are_offered_under_the_owners_names(tmp_path):
    talk = _windows(tmp_path)
    press(talk)
    rows = _rows(talk)
    assert rows["Замер"].value == rows["Договор подписан"].value == "open"
    assert rows["Закрыто"].samples == ("0 строк",)
    assert "Договор" not in rows
    press(talk)
    bound = Reader()
    from sheets_crm.base.stages import funnel_specs
    from sheets_crm.wizard.reading import template_of

    config = config_of(talk.draft)
    specs = funnel_specs(
        config.base_settings(config.sheets),
        template_of(talk.draft),
        bound.bound(talk.draft).bindings,
        bound.book(talk.draft).grids,
        "ru",
    )
    assert specs[0].aliases["аванс"] == "Предоплата"  # what the trade knows of a stage's spellings still holds


def test_leads_and_deals_have_a_screen_each_and_answers_do_not_wipe_each_other(tmp_path):
    leads = [
        ["Клиент", "Статус лида", "Источник"],
        *([name, ("Новый", "Связались", "Не подходит")[at % 3], "Сайт"] for at, name in enumerate(NAMES)),
    ]
    path = _deals(tmp_path / "base.xlsx", OWN)
    import openpyxl

    made = openpyxl.load_workbook(path)
    page = made.create_sheet("Лиды")
    for row in leads:
        page.append(row)
    made.save(path)
    talk = begun(tmp_path, path)
    passed = through(talk)
    assert [part for part in passed if part.startswith("stages")] == ["stages/deals", "stages/leads"]
    talk.go("stages/leads")
    change(talk, {"kind:Связались": "won"})
    funnels = config_of(talk.draft).funnels
    assert funnels["leads"].won == ("Связались",)
    assert funnels["deals"].lost == ("Отказ клиента",)


def test_without_stages_the_step_has_no_screen(tmp_path):
    talk = begun(
        tmp_path,
        book(
            tmp_path / "b.xlsx",
            Клиенты=[["Клиент", "Телефон"], *([n, f"+7 912 000-00-{i:02}"] for i, n in enumerate(NAMES))],
        ),
    )
    assert not any(part.startswith("stages") for part in through(talk))


def test_a_hundred_spellings_do_not_drown_the_owner(tmp_path):
    stages = ["Новый"] * 200 + ["Закрыто"] * 150 + ["Отказ"] * 90 + [f"заметка номер {at} о чём-то" for at in range(70)]
    talk = begun(tmp_path, _deals(tmp_path / "base.xlsx", stages))
    through(talk, until="stages/deals")
    assert len(_rows(talk)) == 40
    assert any("не показаны: " in getattr(block, "text", "") for block in talk.screen().blocks)
    press(talk)
    assert config_of(talk.draft).funnels["deals"].stages == ("Новый", "Закрыто", "Отказ")
