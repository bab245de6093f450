"""The settings written, the first sync, and where to look; a second time, what changed."""

import os
import stat
import sys

import pytest

from sheets_crm.errors import OwnerError
from sheets_crm.sync.run import plan
from sheets_crm.wizard.shapes import Facts, Progress, Table
from sheets_crm.wizard.steps.finish import FINISHED
from sheets_crm.wizard.yaml_writer import settings_of
from tests.wizard.second import TODAY, Later, Owner, book, small_owner


@pytest.fixture
def owner(tmp_path):
    return small_owner(tmp_path, at="finish")


def test_the_first_sync_writes_the_tabs_and_says_where_to_look(owner):
    assert str(owner.config) in owner.texts
    assert not owner.config.exists()
    assert owner.answer() == "finish"
    text = owner.texts
    assert owner.screen.title == "Готово"
    assert str(owner.workbook) in text
    assert "Задачи, Воронка, Карточки, Проблемы" in text
    assert owner.conversation.draft.notes.get(FINISHED) is None
    assert "Завтра утром" in text
    assert "sheets-crm remove" in text
    owner.answer()
    assert owner.conversation.draft.notes[FINISHED] is True
    assert plan(str(owner.config), today=TODAY).counts()["tasks"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")
def test_a_new_crm_yaml_is_the_owners_alone(owner):
    owner.answer()
    assert stat.S_IMODE(owner.config.stat().st_mode) == 0o600


def test_the_work_runs_beside_the_conversation_with_progress(tmp_path):
    later = Later()
    owner = small_owner(tmp_path, run_later=later)
    while owner.conversation.here != "finish":
        assert owner.screen
        later.go()
        assert owner.screen.refresh_s is None
        owner.answer()
    owner.answer()
    screen = owner.screen
    assert isinstance(screen.blocks[0], Progress)
    assert screen.refresh_s
    assert owner.answer() == "finish"
    assert len(later.work) == 1, "it is not begun twice"
    later.go()
    assert owner.screen.title == "Готово"


def test_a_workbook_open_in_excel_stops_it_and_it_can_be_tried_again(owner):
    lock = owner.workbook.with_name(f"~${owner.workbook.name}")
    lock.write_bytes(b"\x05Owner" + b" " * 49)
    before = owner.workbook.read_bytes()
    assert owner.answer() == "finish"
    assert "Попробовать ещё раз" in {action.label for action in owner.screen.actions}
    assert "Закройте её" in owner.texts
    assert "Настройки уже записаны" in owner.texts
    assert owner.workbook.read_bytes() == before
    lock.unlink()
    owner.answer()
    assert owner.screen.title == "Готово"


def test_our_own_fault_is_told_and_can_be_tried_again(owner, monkeypatch):
    monkeypatch.setattr("sheets_crm.sync.run.sync", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        owner.answer()
    assert "наша ошибка" in owner.texts
    monkeypatch.undo()
    owner.answer()
    assert owner.screen.title == "Готово"


def test_an_autostart_that_fails_is_told_and_stops_nothing(tmp_path):
    class Broken:
        def planned(self, config):
            return "a service"

        def install(self, config):
            raise OwnerError("daemon.errors.service_not_written", path="x.service")

    owner = small_owner(tmp_path, autostart=Broken(), notes={"autostart": True}, at="finish")
    owner.answer()
    assert owner.screen.title == "Готово"
    assert "x.service" in owner.texts
    assert "sheets-crm run" in owner.texts


@pytest.mark.parametrize(
    ("left", "said", "not_said"),
    [
        (("systemctl --user daemon-reload", "systemctl --user enable x"), "пока не запущена", "будет запускаться сама"),
        ((), "будет запускаться сама", "пока не запущена"),
    ],
)
def test_what_the_system_refused_to_start_is_not_called_started(tmp_path, left, said, not_said):
    class Refused:
        def planned(self, config):
            return "a service"

        def install(self, config):
            return left

    owner = small_owner(tmp_path, autostart=Refused(), notes={"autostart": True}, at="finish")
    owner.answer()
    assert said in owner.texts
    assert not_said not in owner.texts
    facts = [block for block in owner.screen.blocks if isinstance(block, Facts) and not block.title]
    assert [text for block in facts for _, text in block.pairs] == list(left)


def test_a_base_that_looks_wiped_is_written_only_when_it_is_meant(tmp_path):
    folder = tmp_path / "firm"
    folder.mkdir()
    rows = [["Клиент", "Телефон", "Менеджер"], *([f"Имя {n}", f"+7912000{n:04}", "Анна"] for n in range(60))]
    owner = Owner(folder, book(folder / "a.xlsx", {"Клиенты": rows}), at="finish")
    owner.answer()
    owner.answer()
    book(owner.workbook, {"Клиенты": rows[:4]})
    again = Owner(folder, owner.workbook, settings=owner.settings, at="finish")
    again.answer()
    accept = next(action for action in again.screen.actions if action.name == "accept")
    assert accept.loses
    again.answer("accept")
    assert again.screen.title == "Готово"


def edited(owner, text):
    owner.config.write_bytes(text.encode())
    return Owner(owner.folder, owner.workbook, settings=settings_of(text), at="rules")


BY_HAND = """\
# Наша база. Не трогать без Анны!
workbook: windows.xlsx      # лежит рядом
language: ru
rules:
  birthday: false           # так просил директор
tasks: {keep_closed_days: 7}
"""


def test_a_second_time_it_says_what_changes_and_keeps_what_was_typed_by_hand(owner):
    again = edited(owner, BY_HAND)
    again.answer(**{"birthday": "yes", "offer_followup.days": "5"})
    again.to("finish")
    table = next(one for one in again.screen.blocks if isinstance(one, Table))
    rows = {row[0].rsplit(" ", 1)[-1]: row[1:] for row in table.rows}
    assert table.rows[0][0] == "Правила: rules.birthday"
    assert rows["rules.birthday"] == ("false", "true")
    assert rows["rules.offer_followup"] == ("не указано", "{days: 5}")
    assert "tasks" not in rows
    assert again.config.read_text("utf-8") == BY_HAND
    again.answer()
    text = again.config.read_text("utf-8")
    for line in (
        "# Наша база. Не трогать без Анны!",
        "workbook: windows.xlsx      # лежит рядом",
        "# так просил директор",
        "tasks: {keep_closed_days: 7}",
    ):
        assert line in text
    kept = list((again.folder / ".sheets-crm" / "settings").glob("crm.*.yaml"))
    assert [path.read_text("utf-8") for path in kept] == [BY_HAND]


def test_settings_that_say_the_same_leave_the_file_alone(owner):
    owner.answer()
    written = owner.config.read_bytes()
    again = Owner(owner.folder, owner.workbook, settings=settings_of(written.decode()), at="finish")
    os.utime(owner.config, (1, 1))
    assert "не изменились" in again.texts
    again.answer()
    assert again.screen.title == "Готово"
    assert "писать было нечего" in again.texts
    assert owner.config.read_bytes() == written
    assert owner.config.stat().st_mtime == 1


def test_after_the_sync_a_changed_answer_is_written_anew(owner):
    owner.answer()
    assert owner.screen.title == "Готово"
    owner.conversation.go("timetable")
    owner.answer(every_minutes="45")
    assert owner.conversation.here == "finish"
    assert owner.screen.title == "Запись"
    assert "Расписание: schedule" in owner.texts
    owner.answer()
    assert settings_of(owner.config.read_text("utf-8"))["schedule"]["every_minutes"] == 45


def test_what_crm_yaml_came_to_say_meanwhile_is_not_lost(owner):
    owner.answer()
    again = Owner(owner.folder, owner.workbook, settings=owner.settings, at="finish")
    text = owner.config.read_text("utf-8") + "hand_over:\n  - {from: Анна, to: Борис}\n"
    owner.config.write_bytes(text.encode())
    again.answer()
    assert "hand_over" in settings_of(owner.config.read_text("utf-8"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path, owner, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "denied")

    monkeypatch.setattr("sheets_crm.wizard.yaml_writer.write_whole", refuse)
    owner.answer()
    assert str(owner.folder) in owner.texts
    assert "Попробовать ещё раз" in {action.label for action in owner.screen.actions}
