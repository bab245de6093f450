"""The conversation in a terminal: each screen as text, then one line typed: Enter goes on, a number changes or presses something.

Draws nothing itself (`terminal_draw`) and knows no step. Ends when the conversation does, or when its owner leaves: answers stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sheets_crm.wizard.conversation import BACK, CLOSE
from sheets_crm.wizard.shapes import Action, Field, Fields, Screen
from sheets_crm.wizard.terminal_ask import Terminal, asked
from sheets_crm.wizard.terminal_draw import drawn, pressable, primary
from sheets_crm.words import LANGS, Lang, say


class Talk(Protocol):
    """What is needed of a conversation."""

    def screen(self) -> Screen: ...
    def answer(self, given: Mapping[str, Sequence[str]], action: str) -> str: ...
    def speak(self, lang: Lang) -> None: ...


class Left(Exception):
    """The owner wants to go on another time."""


@dataclass
class Holder:
    """Holds one conversation. lang: the language it is held in, which may change on any line."""

    talk: Talk
    terminal: Terminal
    lang: Lang
    typed: dict[str, tuple[str, ...]] = field(default_factory=dict)  # on this screen, over what it came with

    def hold(self) -> bool:
        """Screen after screen until the end: True; False where the owner left before it. Answers are kept either way."""
        try:
            while True:
                screen = self._settled()
                action = self._action(screen)
                if action is None:
                    continue
                if action == CLOSE:
                    return True
                self.talk.answer(self._given(screen), action)
                self.typed = {}
        except (Left, EOFError):
            self.terminal.show(say("terminal.left", self.lang))
            return False

    def _settled(self) -> Screen:
        """The screen once no work is under way on it; progress is told when it changes."""
        told = ""
        while (screen := self.talk.screen()).refresh_s is not None:
            text = drawn(screen, self.lang, width=self.terminal.width())
            if text != told:
                self.terminal.show(f"\n{text}")
                told = text
            self.terminal.wait(screen.refresh_s)
        return screen

    def _action(self, screen: Screen) -> str | None:
        """What is to be done with the screen; None: it is to be shown again, something on it was changed."""
        screen = self._with_typed(screen)
        self.terminal.show(f"\n{drawn(screen, self.lang, width=self.terminal.width())}\n")
        return self._obeyed(screen, self._asked(screen))

    def _asked(self, screen: Screen) -> str:
        """The line typed under a screen, with what can be typed told before."""
        fields, actions, enter = screen.fields, pressable(screen), primary(screen)
        for number, action in enumerate(actions, len(fields) + 1):
            self.terminal.show(f"{number:>3}. → {action.label}")
        hints = [say("terminal.enter", self.lang, what=enter.label)] if enter else []
        hints += [say("terminal.change", self.lang)] if fields else []
        self.terminal.show(" · ".join([*hints, say("terminal.leave", self.lang)]))
        return self.terminal.read("> ").strip()

    def _obeyed(self, screen: Screen, line: str) -> str | None:
        fields, actions, enter = screen.fields, pressable(screen), primary(screen)
        word = line.casefold()
        if not line:
            return enter.name if enter and self._sure(enter) else None
        if word in _words("terminal.words.leave"):
            raise Left
        if word in LANGS:
            self.lang = "ru" if word == "ru" else "en"
            self.talk.speak(self.lang)
            return None
        if word in _words("terminal.words.back"):
            return BACK
        number = int(line) if line.isdecimal() else 0
        if 1 <= number <= len(fields):
            self._change(fields[number - 1])
            return None
        if len(fields) < number <= len(fields) + len(actions):
            action = actions[number - len(fields) - 1]
            return action.name if self._sure(action) else None
        self.terminal.show(say("terminal.not_understood", self.lang, seen=line, last=len(fields) + len(actions)))
        return None

    def _sure(self, action: Action) -> bool:
        if not action.loses:
            return True
        answer = self.terminal.read(say("terminal.sure", self.lang, what=action.label) + " ").strip().casefold()
        return answer in _words("terminal.words.agree")

    def _with_typed(self, screen: Screen) -> Screen:
        """The screen with what was typed on it since it was shown first."""
        blocks = tuple(
            replace(block, fields=tuple(self._as_typed(one) for one in block.fields))
            if isinstance(block, Fields)
            else block
            for block in screen.blocks
        )
        return replace(screen, blocks=blocks)

    def _as_typed(self, one: Field) -> Field:
        if one.name not in self.typed:
            return one
        values = self.typed[one.name]
        return replace(one, values=values, value=values[0] if values else "", error="")

    def _given(self, screen: Screen) -> dict[str, list[str]]:
        """The answer as a form would send it: an empty check is not sent at all."""
        given: dict[str, list[str]] = {}
        for one in self._with_typed(screen).fields:
            values = list(one.values) if one.kind == "many" else [one.value]
            if one.kind not in {"check", "many"} or any(values):
                given[one.name] = values
        return given

    def _change(self, one: Field) -> None:
        """Ask for one field's value; an empty line leaves it as it is."""
        values = asked(one, self.terminal, self.lang)
        if values is not None:
            self.typed[one.name] = values


def _words(key: str) -> set[str]:
    """What may be typed for a thing, in either language: nobody changes the keyboard for one letter."""
    return {word.strip() for lang in LANGS for word in say(key, lang).split(",")}
