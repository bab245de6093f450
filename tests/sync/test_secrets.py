"""Secrets: where they are looked for, and who may read them."""

from __future__ import annotations

import stat
import sys

import pytest

from sheets_crm.errors import ConfigError
from sheets_crm.sync.secrets import FILE, secret, set_secret
from sheets_crm.sync.state import StateFolder


@pytest.fixture
def state(tmp_path):
    folder = StateFolder(tmp_path / ".sheets-crm")
    folder.make()
    return folder


def test_what_was_set_is_found_and_the_others_stay(state):
    set_secret(state, "telegram", "tgram://1:2")
    set_secret(state, "backup", "пароль: 1")
    assert secret(state, "telegram") == "tgram://1:2"
    assert secret(state, "backup") == "пароль: 1"
    assert secret(state, "mail") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no modes")
def test_the_file_is_for_its_owner_alone(state):
    path = set_secret(state, "backup", "x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_environment_comes_first(state, monkeypatch):
    set_secret(state, "head-mail", "from the file")
    monkeypatch.setenv("SHEETS_CRM_HEAD_MAIL", "from the environment")
    assert secret(state, "head-mail") == "from the environment"


@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [", "just words"])
def test_a_file_of_another_make_is_told(state, content):
    (state.path / FILE).write_text(content, "utf-8")
    with pytest.raises(ConfigError) as caught:
        secret(state, "backup")
    assert caught.value.key == "state.secrets_unreadable"
