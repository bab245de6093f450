"""The draft: what has been answered so far, as data that can be put away and taken up again. Touches no file."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from sheets_crm.words import Lang


class Draft(BaseModel):
    """Answers so far. A new one replaces the old; nothing is changed in place.

    settings: what they come to, nested and named as in crm.yaml, only what was said or confirmed.
    config: path of the crm.yaml to be written; of an existing one when it is edited.
    done: ids of the screens that were answered and hold; given: of a screen that could not be accepted, as typed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Lang = "ru"
    workbook: str = ""  # absolute path or address of a Google spreadsheet
    config: str = ""
    settings: dict[str, Any] = {}
    here: str = "workbook"
    done: tuple[str, ...] = ()
    given: dict[str, dict[str, list[str]]] = {}
    notes: dict[str, Any] = {}  # what a step wants to remember and crm.yaml has no place for
