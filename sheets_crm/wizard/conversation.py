"""The conversation: which screen comes now, what an answer leads to, and the draft kept after every answer.

Knows no screen technology and no step's content. One conversation at a time for a draft; whoever shows it calls from one thread.

When an answer changes what later steps were made from (settings that they read, see `Step`), those of their screens that were
answered already have to be looked at again: they lose their tick, not their answers, which stand there as they were given.
Another workbook begins all later steps anew; the draft of the former one is put aside for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.drafts import Drafts
from sheets_crm.wizard.shapes import Given, Place, Screen
from sheets_crm.wizard.step import Step
from sheets_crm.words import Lang

BACK = "back"  # the one action that every screen but the first has; it keeps what was typed and checks nothing
CLOSE = "close"  # the last screen's: there is nothing more to ask, whoever shows the conversation ends


class Conversation:
    """Steps in order over one draft, which is written to its store after each answer: leaving and returning resumes."""

    def __init__(self, steps: Sequence[Step], drafts: Drafts, draft: Draft) -> None:
        self._steps = steps
        self._drafts = drafts
        self._draft = draft
        self._wrong: Mapping[str, str] = {}

    @property
    def draft(self) -> Draft:
        """Answers so far."""
        return self._draft

    @property
    def here(self) -> str:
        """Id of the screen to be shown: the last one reached, or the first that still is one."""
        parts = self._parts()
        return self._draft.here if self._draft.here in parts else parts[0]

    def speak(self, lang: Lang) -> None:
        """Go on in this language; nothing else changes."""
        self._keep(self._draft.model_copy(update={"language": lang}))

    def go(self, part: str) -> str:
        """Back or forth to a screen that may be reached; anything else leaves us where we are. The id of the screen."""
        if part in self._parts() and self._is_reachable(part):
            self._wrong = {}
            self._keep(self._draft.model_copy(update={"here": part}))
        return self.here

    def screen(self) -> Screen:
        """The screen to be shown now, with its navigation."""
        lang, part = self._draft.language, self.here
        if part != self._draft.here:
            self._keep(self._draft.model_copy(update={"here": part}))
        screen = self._step(part).screen(part, self._draft, self._wrong, lang)
        parts = self._parts()
        open_to = next((at for at, one in enumerate(parts) if one not in self._draft.done), len(parts))
        places = tuple(self._place(one, lang, is_reachable=at <= open_to) for at, one in enumerate(parts))
        return replace(screen, id=part, places=places)

    def answer(self, given: Given, action: str) -> str:
        """Take in what was typed on the present screen; the id of the screen that follows (the same: something is to be mended)."""
        part, before, was_done = self.here, self._parts(), set(self._draft.done)
        if action == BACK:
            typed = {name: list(values) for name, values in given.items()}
            self._keep(self._draft.model_copy(update={"given": {**self._draft.given, part: typed}}))
            return self.go(self._beside(part, -1))
        answered = self._step(part).answer(part, self._draft, given, action, self._draft.language)
        self._wrong = answered.wrong
        kept = {name: typed for name, typed in answered.draft.given.items() if name != part}
        if answered.wrong:
            kept[part] = {name: list(values) for name, values in given.items()}
        done = self._still_done(part, answered.draft)
        done = tuple(dict.fromkeys((*done, *(() if answered.wrong or answered.stay else (part,)))))
        self._keep(answered.draft.model_copy(update={"given": kept, "done": done}))
        return self.here if answered.wrong or answered.stay else self.go(self._next(part, before, was_done))

    def forget(self) -> None:
        """The conversation has come to its end: its draft is no longer needed."""
        self._drafts.forget(self._draft)

    def settle(self, *, but: Sequence[str]) -> None:
        """All steps but these count as answered: their settings stand in a crm.yaml that is edited."""
        parts = [part for step in self._steps if step.id not in but for part in step.parts(self._draft)]
        self._keep(self._draft.model_copy(update={"done": tuple(dict.fromkeys((*self._draft.done, *parts)))}))

    def _still_done(self, part: str, after: Draft) -> tuple[str, ...]:
        """The screens that still hold when the answer of one makes this draft."""
        changed = _changed(self._draft, after)
        own = [step.id for step in self._steps].index(self._step(part).id)
        again = {
            step.id
            for step in self._steps[own + 1 :]
            if (reads := getattr(step, "reads", None)) is None or changed & reads
        }
        if not changed:
            return after.done
        return tuple(one for one in after.done if one.split("/", 1)[0] not in again)

    def _keep(self, draft: Draft) -> None:
        if self._draft.workbook and self._draft.workbook != draft.workbook:
            self._drafts.forget(self._draft)
        self._draft = draft
        self._drafts.keep(draft)

    def _parts(self) -> list[str]:
        return [part for step in self._steps for part in step.parts(self._draft)]

    def _step(self, part: str) -> Step:
        return next(step for step in self._steps if step.id == part.split("/", 1)[0])

    def _beside(self, part: str, by: int) -> str:
        parts = self._parts()
        return parts[max(0, min(parts.index(part) + by, len(parts) - 1))] if part in parts else parts[0]

    def _next(self, part: str, before: Sequence[str], was_done: set[str]) -> str:
        """The screen that follows, also where the answer did away with this one. Those that it answered too are passed over."""
        parts, at = self._parts(), list(before).index(part)
        later = parts[parts.index(part) + 1 :] if part in parts else [one for one in before[at:] if one in parts]
        answered = set(self._draft.done) - was_done
        return next((one for one in later if one not in answered), parts[-1])

    def _is_reachable(self, part: str) -> bool:
        """All screens before it were answered."""
        parts = self._parts()
        return all(before in self._draft.done for before in parts[: parts.index(part)])

    def _place(self, part: str, lang: Lang, *, is_reachable: bool) -> Place:
        title = self._step(part).title(part, self._draft, lang)
        return Place(part, title, part == self._draft.here, part in self._draft.done, is_reachable)


def _changed(before: Draft, after: Draft) -> frozenset[str]:
    """The settings that differ, by name, and "workbook"."""
    names = {*before.settings, *after.settings}
    changed = {name for name in names if before.settings.get(name) != after.settings.get(name)}
    return frozenset(changed | ({"workbook"} if before.workbook != after.workbook else set()))
