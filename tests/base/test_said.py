"""What an owner may say in part or in other words: managers, funnels, columns."""

import polars as pl

from sheets_crm.base.bind import fields_named
from sheets_crm.base.model import Base, Binding, BoundColumn, Layout
from sheets_crm.base.people import spellings, with_managers
from sheets_crm.base.settings import BaseSettings
from sheets_crm.base.stages import funnel_specs
from sheets_crm.books.grids import grid_of_rows
from sheets_crm.cards import template


def test_a_manager_is_one_whatever_the_sheets_say():
    deals = pl.DataFrame({"_id": list("abcd"), "manager": ["Петрова", "анна  п.", "Олег", None]})
    names = spellings([("Анна", ["Петрова", "Анна П."]), ("Иван", [])])
    base = with_managers(Base({"deal": deals, "payment": pl.DataFrame({"_id": ["p"]})}, (), {}), names)
    assert base.frames["deal"]["manager"].to_list() == ["Анна", "Анна", "Олег", None]


def test_a_name_is_stronger_than_an_alias():
    assert spellings([("Анна", ["Иван", "Аня"]), ("Иван", ["аня"])]) == {"анна": "Анна", "иван": "Иван", "аня": "Анна"}


def bound(stages):
    grid = grid_of_rows("Сделки", [["Клиент", "Этап"], *(["К", stage] for stage in stages)])
    rows = pl.Series(range(2, len(stages) + 2), dtype=pl.UInt32)
    column = BoundColumn("deal", "stage", 1, "Этап")
    return {"Сделки": Binding("Сделки", ("deal",), Layout(1, rows, {"data": len(rows)}, rows), (column,), {})}, {
        "Сделки": grid
    }


def test_a_funnel_without_stages_keeps_those_of_the_cells():
    bindings, grids = bound(["Новый"] * 4 + ["КП отправлено"] * 4 + ["Отказ"] * 4)
    settings = BaseSettings.model_validate({"funnels": {"deals": {"stuck_days": 30, "lost": ["Отказ"]}}})
    (spec,) = funnel_specs(settings, template("base"), bindings, grids, "ru")
    assert set(spec.stages) == {"Новый", "КП отправлено", "Отказ"}
    assert (spec.stuck_days, spec.lost, spec.offer) == (30, {"Отказ"}, {"КП отправлено"})


def test_a_funnel_without_stages_takes_the_trades_of_its_name():
    bindings, grids = bound(["Замер"])
    settings = BaseSettings.model_validate(
        {"funnels": {"deals": {"stuck_days": 30, "aliases": {"мерим": "Замер назначен"}}}}
    )
    (spec,) = funnel_specs(settings, template("windows"), bindings, grids, "ru")
    assert spec.stages[0] == "Заявка"
    assert spec.stuck_days == 30
    assert spec.aliases["мерим"] == "Замер назначен"
    assert spec.aliases["завершено"] == "Закрыто"
    assert spec.probabilities["Договор"] == 0.8


def test_on_a_clients_own_row_client_is_its_name():
    base = template("base")
    assert fields_named("client", base, ("client", "deal")) == (("client", "name"),)
    assert fields_named("company", base, ("client", "lead")) == (("client", "name"),)
    assert fields_named("client_id", base, ("client", "visit")) == (("client", "id"),)
    assert fields_named("deal.client", base, ("client", "deal")) == (("deal", "client"),)
    assert fields_named("client", base, ("deal",)) == (("deal", "client"),)
    assert fields_named("manager", base, ("client", "deal")) == (("client", "manager"), ("deal", "manager"))
