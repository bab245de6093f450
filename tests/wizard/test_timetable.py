"""When the program runs, copies, messages, language of the tabs, autostart."""

import pytest

from sheets_crm.sync.config import CrmConfig
from sheets_crm.sync.intake import open_config
from sheets_crm.sync.secrets import secret
from sheets_crm.sync.state import StateFolder
from sheets_crm.wizard.drafts import Drafts
from tests.wizard.second import Owner, listing, small_owner

URL = "tgram://123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/987654321"


class Post:
    """A messenger that notes what it was given."""

    def __init__(self, said=None):
        self.said = said
        self.sent = []

    def is_address(self, url):
        return url.startswith("tgram://")

    def send(self, url, title, body):
        self.sent.append((url, title, body))
        return self.said


class Start:
    """An autostart that notes what it was asked for."""

    def __init__(self, planned="a service of this user"):
        self.said = planned
        self.installed = []

    def planned(self, config):
        return self.said

    def install(self, config):
        self.installed.append(config)
        return ()


@pytest.fixture
def owner(tmp_path):
    return small_owner(tmp_path, messenger=Post(), autostart=Start(), at="timetable")


def test_the_usual_is_filled_in_and_accepted_as_it_stands(owner):
    assert (owner.field("every_minutes").value, owner.field("from").value, owner.field("to").value) == (
        "15",
        "07:00",
        "21:00",
    )
    owner.answer()
    settings = owner.settings
    assert settings["schedule"]["hours"] == "07:00-21:00"
    assert settings["language"] == "ru"
    assert not {"backups", "notifications", "companion"} & set(settings)
    assert owner.conversation.here == "finish"


def test_what_is_chosen_is_what_crm_yaml_says(owner, tmp_path):
    owner.answer(
        every_minutes="60", **{"from": "9.00", "to": "24:00"}, days=["friday", "monday"], watch=None, keep="5", folder=str(tmp_path / "copies"),
        language="en", companion="yes",
    )  # fmt: skip
    config = CrmConfig.model_validate({"workbook": "x", **owner.settings})
    assert (config.schedule.every_minutes, config.schedule.hours, config.schedule.watch) == (60, "09:00-24:00", False)
    assert config.schedule.days == ("monday", "friday")
    assert (config.backups.keep, config.backups.folder) == (5, str(tmp_path / "copies"))
    assert (config.language, config.companion) == ("en", True)
    owner.conversation.go("timetable")
    assert owner.field("days").values == ("monday", "friday")
    assert owner.field("companion").value == "yes"
    owner.answer(companion=None, folder="")
    assert "companion" not in owner.settings
    assert owner.settings["backups"] == {"keep": 5}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("every_minutes", "often"), ("every_minutes", "1441"), ("every_minutes", ""), ("from", "nine"), ("to", "25:00"), ("from", "24:00"),
        ("keep", "0"), ("language", "de"), ("digest", "утром"), ("secret.address", "my telegram"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_beside_its_field(owner, field, typed):
    assert owner.answer(**{field: typed}) == "timetable"
    assert owner.error(field) or (field == "language" and owner.screen.errors)


def test_no_day_at_all_is_a_mistake(owner):
    assert owner.answer(days=[]) == "timetable"
    assert owner.error("days")


def test_a_folder_for_copies_that_cannot_be_is_told(owner, tmp_path):
    (tmp_path / "file").write_text("x")
    owner.answer(folder=str(tmp_path / "file"))
    assert "нужна папка" in owner.error("folder")
    owner.answer(folder="/nowhere-at-all/copies")
    assert owner.error("folder")
    assert owner.field("folder").value == "/nowhere-at-all/copies"
    owner.answer(folder="copies")
    assert owner.settings["backups"] == {"folder": "copies"}


def test_an_address_is_kept_as_a_secret_and_stands_nowhere_else(owner):
    owner.answer(**{"secret.address": URL, "digest": "9:00", "personal": "yes"})
    assert owner.settings["notifications"] == {"owner": ["owner"], "digest": "09:00", "personal_data": True}
    assert not (owner.folder / ".sheets-crm").exists()
    owner.answer()
    token = b"AAHdqTcvCH1vGWJx"
    holds = [name for name, content in listing(owner.folder.parent).items() if token in content]
    assert [name.rsplit("/", 1)[1] for name in holds] == ["secrets.yaml"]
    opened = open_config(str(owner.config))
    state = StateFolder.beside(owner.config, opened.config.workbook)
    assert secret(state, "owner") == URL


def test_an_address_typed_beside_a_mistake_is_not_put_away_with_the_draft(owner):
    owner.answer(**{"secret.address": URL, "every_minutes": "x"})
    owner.answer("back", **{"secret.address": URL})
    assert URL.encode() not in b"".join(listing(owner.folder.parent).values())
    assert Drafts(owner.world.drafts).newest() is not None


def test_an_address_once_kept_is_not_shown_and_may_be_taken_back(owner):
    owner.answer(**{"secret.address": URL})
    owner.answer()
    again = Owner(owner.folder, owner.workbook, settings=owner.settings, messenger=Post(), at="timetable")
    assert again.field("secret.address").value == ""
    assert "уже задан" in again.field("secret.address").help
    again.answer()
    assert again.settings["notifications"] == owner.settings["notifications"]
    again.conversation.go("timetable")
    again.answer(forget="yes")
    assert "notifications" not in again.settings


def test_a_test_message_goes_to_the_address_just_typed(owner):
    post = owner.world.messenger
    assert owner.answer("test") == "timetable"
    assert owner.error("secret.address")
    assert owner.answer("test", **{"secret.address": URL}) == "timetable"
    assert [url for url, _, _ in post.sent] == [URL]
    assert "отправлено" in owner.texts
    post.said = "chat not found"
    owner.answer("test")
    assert "chat not found" in owner.texts
    assert owner.answer() == "finish"


def test_without_a_messenger_no_test_is_offered(tmp_path):
    owner = small_owner(tmp_path, at="timetable")
    assert "test" not in {action.name for action in owner.screen.actions}
    owner.answer(**{"secret.address": "no address"})
    assert owner.error("secret.address")


def test_autostart_is_shown_before_it_is_installed_and_only_when_wanted(owner):
    start = owner.world.autostart
    assert start.said in owner.field("autostart").help
    owner.answer(autostart=None)
    owner.answer()
    assert start.installed == []
    assert "sheets-crm run" in owner.texts
    owner.conversation.go("timetable")
    owner.answer(autostart="yes")
    owner.answer()
    assert start.installed == [owner.config]


@pytest.mark.parametrize("autostart", [None, Start("")])
def test_where_there_is_no_autostart_it_says_how_to_run_by_hand(tmp_path, autostart):
    owner = small_owner(tmp_path, autostart=autostart, at="timetable")
    assert "autostart" not in {field.name for field in owner.screen.fields}
    assert f"sheets-crm run {owner.config}" in owner.texts


def test_what_crm_yaml_says_besides_is_kept(tmp_path):
    settings = {
        "schedule": {"nightly": "04:00", "hours": "9:00 - 18:00", "days": ["friday", "monday"]},
        "backups": {"weeks": 3, "folder": "copies", "encrypt": "backup"}, "notifications": {"owner": "boss", "quiet": "no"},
        "companion": "other.xlsx",
    }  # fmt: skip
    owner = small_owner(tmp_path, settings=settings, at="timetable")
    owner.answer()
    assert owner.settings["schedule"] == settings["schedule"] | {"every_minutes": 15}
    assert owner.settings["backups"] == settings["backups"]
    assert owner.settings["companion"] == "other.xlsx"
    assert owner.settings["notifications"] == settings["notifications"]
