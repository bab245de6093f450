"""Who does the tasks: met in the workbook, spellings joined as proposals, roles and addresses."""

import pytest

from sheets_crm.wizard.people import Met, guesses, is_nobody, role_of
from sheets_crm.wizard.steps.managers import chosen
from tests.wizard.second import Owner, book, demo_owner


def taken_for(*names):
    """Name -> what it is taken for; the first named is met most often."""
    people = [Met(name, {"client": 1000 // (place + 1) ** 2}) for place, name in enumerate(names)]
    return {name: (one.what, one.same) for name, one in guesses(people).items()}


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        (("Иванова", "Иванова А."), {"Иванова А.": "Иванова"}),
        (("Иванова Анна", "Анна Иванова", "А. Иванова"), {"Анна Иванова": "Иванова Анна", "А. Иванова": "Иванова Анна"}),
        (("Анна Иванова", "Анна"), {"Анна": "Анна Иванова"}),
        (("Смирнов О.П.", "Смирнов Олег Петрович"), {"Смирнов Олег Петрович": "Смирнов О.П."}),
        (("Ольга", "Oльга"), {"Oльга": "Ольга"}),  # the first letter is Latin
        (("Petrova", "Anna Petrova"), {"Anna Petrova": "Petrova"}),
        (("Иванов", "Иванова"), {}),  # two people
        (("Иванова А.", "Иванова Б."), {}),
        (("Иванова", "Иванова А.", "Иванова Б."), {}),  # whose Иванова?
        (("Анна Иванова", "Анна Петрова", "Анна"), {}),
        (("Марина", "Карина"), {}),
        (("А. И.", "Анна Иванова"), {}),  # initials alone are nobody's in particular
        (("Света", "Светлана"), {}),
    ],
)  # fmt: skip
def test_spellings_of_one_person_are_proposed_and_those_of_two_are_not(names, joined):
    found = taken_for(*names)
    assert {name: same for name, (what, same) in found.items() if what == "same"} == joined


def test_a_slip_of_the_pen_is_hinted_at_and_left_to_the_owner():
    people = [Met("Светлана", {"client": 100}), Met("Светлна", {"client": 2}), Met("Светлина", {"client": 90})]
    found = guesses(people)
    assert (found["Светлна"].what, found["Светлна"].why, found["Светлна"].same) == ("person", "slip", "Светлана")
    assert found["Светлина"].why == ""


@pytest.mark.parametrize("name", ["-", "—", "нет", "Не назначен", "офис", "САЙТ", "unassigned", "123", "?"])
def test_what_is_no_name_is_no_manager(name):
    assert is_nobody(name)
    assert taken_for("Анна", name)[name] == ("nobody", "")


@pytest.mark.parametrize("name", ["Анна/Борис", "Анна, Борис", "Анна и Борис", "Anna and Boris", "Вера + Глеб"])
def test_a_cell_with_two_people_is_no_manager(name):
    assert taken_for("Анна", "Борис", "Anna", name)[name] == ("nobody", "")


def test_a_name_may_tell_a_role():
    assert [role_of(name) for name in ("Директор", "РОП", "Владелец", "Owner", "Анна")] == [
        "head",
        "head",
        "owner",
        "owner",
        "manager",
    ]


SHEET = [
    ["Клиент", "Телефон", "Менеджер"],
    *([f"Клиент {number}", f"+7912000{number:04}", name] for number, name in enumerate(
        ["Иванова"] * 9 + ["ИВАНОВА", "Иванова А.", "Борис", "Борис", "офис", None]
    )),
]  # fmt: skip


@pytest.fixture
def owner(tmp_path):
    folder = tmp_path / "firm"
    folder.mkdir()
    return Owner(folder, book(folder / "Клиенты.xlsx", {"Клиенты": SHEET}))


def test_names_are_shown_with_where_they_stand_and_what_they_are_taken_for(owner):
    fields = {field.label: field for field in owner.screen.fields}
    assert fields["Иванова"].value == "person"
    assert "10 клиентов" in fields["Иванова"].samples
    assert any("ИВАНОВА" in sample for sample in fields["Иванова"].samples)
    assert fields["Иванова А."].value == "same:Иванова"
    assert fields["Иванова А."].why
    assert 0 < fields["Иванова А."].confidence < 1
    assert fields["офис"].value == "nobody"
    assert "ИВАНОВА" not in fields


def test_proposals_accepted_become_managers(owner):
    owner.answer()
    assert owner.settings["managers"] == [{"name": "Иванова", "aliases": ["Иванова А."]}, {"name": "Борис"}]
    assert owner.conversation.here == "managers/roles"


def test_a_proposal_can_be_undone_and_stays_undone(owner):
    owner.answer(**{"who.Иванова А.": "person", "who.Борис": "nobody"})
    assert owner.settings["managers"] == [{"name": "Иванова"}, {"name": "Иванова А."}]
    owner.conversation.go("managers")
    assert owner.field("who.Иванова А.").value == "person"
    assert owner.field("who.Борис").value == "nobody"
    owner.answer(**{"who.Иванова А.": "same:Иванова"})
    assert owner.settings["managers"] == [{"name": "Иванова", "aliases": ["Иванова А."]}]


def test_somebody_without_rows_is_added_by_hand(owner):
    owner.answer(others="  Вера   Седова\n\nиванова")
    assert [one["name"] for one in owner.settings["managers"]] == ["Иванова", "Борис", "Вера Седова"]
    owner.conversation.go("managers")
    assert owner.field("others").value == "Вера Седова"
    owner.answer(others="")
    assert [one["name"] for one in owner.settings["managers"]] == ["Иванова", "Борис"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"who.Иванова А.": "same:Борис", "who.Борис": "same:Иванова А."}, "who.Борис"),
        ({"who.Иванова А.": "same:офис"}, "who.Иванова А."),
        ({"who.Иванова А.": "same:Никто"}, "who.Иванова А."),
        ({"who.Борис": "somebody"}, "who.Борис"),
        ({"others": "Я" * 200}, "others"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_what_was_typed_stays(owner, changes, field):
    assert owner.answer(**changes) == "managers"
    assert owner.error(field)
    assert owner.screen.errors
    assert owner.field(field).value == changes[field]
    assert "managers" not in owner.settings


def test_roles_and_addresses(owner):
    owner.answer()
    owner.answer(**{"role.Борис": "head", "email.Борис": "boris@firm"})
    assert owner.error("email.Борис")
    assert owner.field("email.Борис").value == "boris@firm"
    owner.answer(**{"role.Борис": "head", "email.Борис": "boris@firm.example"})
    assert owner.settings["managers"][1] == {"name": "Борис", "role": "head", "email": "boris@firm.example"}
    assert owner.conversation.here == "rules"


def test_nobody_at_all_is_an_answer_too(owner):
    owner.answer(**dict.fromkeys(("who.Иванова", "who.Иванова А.", "who.Борис"), "nobody"))
    assert "managers" not in owner.settings
    assert owner.conversation.here == "rules"


def test_a_workbook_without_managers_says_so(tmp_path):
    folder = tmp_path / "firm"
    folder.mkdir()
    owner = Owner(folder, book(folder / "a.xlsx", {"Клиенты": [["Клиент", "Телефон"], ["Анна", "+79120000001"]]}))
    assert "колонки с менеджером" in owner.texts
    owner.answer(others="Я")
    assert owner.settings["managers"] == [{"name": "Я"}]


BEFORE = [
    {
        "name": "Анна Седова",
        "aliases": ["Аня", "Седова"],
        "role": "head",
        "away": {"from": "2026-01-01", "to": "2026-01-05"},
    },
    {"name": "Борис", "notify": "boris"},
    {"name": "Ушедший"},
]


def test_what_crm_yaml_says_of_people_besides_is_kept():
    said = {"Борис": "person", "Аня": "person", "Боря": "same:Борис", "Новая": "person", "офис": "nobody"}
    assert chosen(said, (), BEFORE) == [
        {**BEFORE[0], "aliases": ["Аня", "Седова"]},
        {"name": "Борис", "notify": "boris", "aliases": ["Боря"]},
        {"name": "Новая"},
    ]
    assert chosen({"Борис": "person"}, ["Ушедший", "Анна Седова"], BEFORE) == [BEFORE[0], BEFORE[1], BEFORE[2]]


def test_a_name_may_be_turned_round_with_its_other_spelling():
    said = {"Аня": "person", "Анна Седова": "same:Аня"}
    assert chosen(said, (), BEFORE)[0] == {**BEFORE[0], "name": "Аня", "aliases": ["Седова", "Анна Седова"]}


@pytest.mark.slow
def test_spellings_of_crm_yaml_are_shown_as_it_has_them(tmp_path):
    owner = demo_owner(tmp_path)
    names = [field.label for field in owner.screen.fields if field.name.startswith("who.")]
    settings = {"managers": [{"name": names[0], "aliases": [names[1]]}]}
    again = demo_owner(tmp_path, settings=settings)
    assert again.field(f"who.{names[1]}").value == f"same:{names[0]}"
    again.answer()
    first = again.settings["managers"][0]
    assert (first["name"], first["aliases"][0]) == (names[0], names[1])
