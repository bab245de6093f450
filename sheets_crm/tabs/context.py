"""What every drawing needs to know besides its data.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sheets_crm.tabs.look import currency_sign
from sheets_crm.words import Lang, say

# A words key and the values of its sentence.
Note = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class DrawContext:
    """Language, currency (ISO code) and day of the drawing.

    titles: tab id -> its name in the workbook, where it differs from the usual one.
    manager_names: offered in the tasks' Manager drop-down.
    notes: tab id -> why it is empty (words key and values), where the caller knows better than the usual sentence.
    rules: rule id -> its name for people, in this language.
    extra: headers of the columns that people added to the tasks tab (`read_tasks_tab`), kept even when no row has a value.
    """

    lang: Lang
    currency: str
    today: date
    titles: Mapping[str, str] = field(default_factory=dict)
    manager_names: tuple[str, ...] = ()
    notes: Mapping[str, Note] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()

    def title(self, tab: str) -> str:
        """The tab's name."""
        return self.titles.get(tab) or say(f"tabs.{tab}.title", self.lang)

    def label(self, tab: str, column: str) -> str:
        """A column's header."""
        return say(f"tabs.{tab}.columns.{column}", self.lang, currency=currency_sign(self.currency, self.lang))

    def why_empty(self, tab: str, usual: str) -> str:
        """The sentence of an empty tab: the caller's, else the usual one."""
        key, values = self.notes.get(tab, (usual, {}))
        return say(key, self.lang, **{"today": self.today, **values})
