"""The conversation held by a file of answers: screen -> {field: answer}, and what the file leaves out as it is proposed.

    workbook: {path: Clients.xlsx}
    rules: {offer_followup.days: 5, birthday: no}
    timetable: {language: en, days: [monday, friday]}

A field is named by its name or its label, a choice by its value or its label. `action` presses another button than the usual.
Prints nothing; asks nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sheets_crm.cards import fold
from sheets_crm.cards.yamlmodel import Document, nearest, read_yaml
from sheets_crm.errors import ConfigError
from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.shapes import Action, Field, Screen, Sentence
from sheets_crm.words import LANGS, Spot, say

ACTION = "action"
_STAYS = 3  # times that a screen may be shown again without a word why
_YES = {"yes", "true", "on", "1"} | {fold(say("common.yes", lang)) for lang in LANGS}
_NO = {"no", "false", "off", "0", ""} | {fold(say("common.no", lang)) for lang in LANGS}

Accepted = tuple[str, Mapping[str, Sequence[str]]]


def load(text: str, source: str) -> Document:
    """A file of answers. ConfigError: it is no YAML, or not a mapping of screens."""
    document = read_yaml(text, source)
    if not isinstance(document.data, dict):
        raise ConfigError("errors.yaml.not_a_mapping", file=source, line=1)
    return document


def run(
    conversation: Conversation,
    answers: Mapping[str, Any] | Document,
    *,
    wait: Callable[[float], None] = time.sleep,
) -> list[Accepted]:
    """Hold the conversation from where it stands to its end; which screens were passed, and with what.

    ConfigError says where in the file, what we saw and what there is. All but the last screen are passed before the file is
    found to name a screen that there is none of; nothing was written then.
    """
    return _Run(conversation, answers, wait).held()


class _Run:
    """One conversation held by answers."""

    def __init__(
        self, conversation: Conversation, answers: Mapping[str, Any] | Document, wait: Callable[[float], None]
    ) -> None:
        is_file = isinstance(answers, Document)
        self.document = answers if isinstance(answers, Document) else Document(answers, {}, "")
        self.answers: Mapping[str, Any] = self.document.data
        self.is_file = is_file
        self.conversation = conversation
        self.wait = wait
        self.passed: list[Accepted] = []
        self.pressed: set[str] = set()  # screens whose `action` was pressed: it is not pressed twice

    def held(self) -> list[Accepted]:
        """All screens, one after another."""
        stays = 0
        while True:
            screen = self._shown()
            given, action = self._given(screen), self._action(screen)
            is_last = screen.places[-1].id == screen.id if screen.places else True
            if is_last:
                self._check_all_named()
            follows = self.conversation.answer(given, action.name)
            self._refuse_wrong(screen)
            if screen.id in self.conversation.draft.done and (is_last or follows != screen.id):
                self.passed.append((screen.id, given))
                stays = 0
                if is_last:
                    return self.passed
                continue
            stays += 1
            after = self._shown()
            if after.id == screen.id:
                self._refuse_stopped(after)
            if stays > _STAYS:
                raise ConfigError("setup_run.answers.stuck", place=self._place(screen.id), screen=screen.id)

    def _shown(self) -> Screen:
        """The present screen, once nothing on it is under way any more."""
        screen = self.conversation.screen()
        while screen.refresh_s is not None:
            self.wait(screen.refresh_s)
            screen = self.conversation.screen()
        return screen

    # --- what is given --------------------------------------------------------------------------------------------------

    def _given(self, screen: Screen) -> dict[str, list[str]]:
        """What is proposed, and the file's answers over it."""
        said = self._said(screen.id)
        fields = {field.name: field for field in screen.fields}
        given = {name: _proposed(field) for name, field in fields.items()}
        for name, value in said.items():
            if name != ACTION:
                field = self._field(screen, name)
                given[field.name] = self._values(screen, field, name, value)
        for name, field in fields.items():
            if field.required and not any(given[name]):
                place, label = self._place(screen.id), field.label
                raise ConfigError("setup_run.answers.missing", place=place, screen=screen.id, field=label)
        return {name: values for name, values in given.items() if values}

    def _said(self, screen: str) -> Mapping[str, Any]:
        said = self.answers.get(screen)
        if said is None:
            return {}
        if not isinstance(said, Mapping):
            raise ConfigError("setup_run.answers.not_mapping", place=self._place(screen))
        return said

    def _field(self, screen: Screen, name: str) -> Field:
        labelled = [field for field in screen.fields if fold(field.label) == fold(name)]
        found = next((field for field in screen.fields if field.name == name), None)
        if found is not None or len(labelled) == 1:
            return found or labelled[0]
        names = [field.name for field in screen.fields]
        raise self._unknown("field", name, names, (screen.id, name), screen=screen.id)

    def _values(self, screen: Screen, field: Field, name: str, value: object) -> list[str]:
        """An answer as a form would send it."""
        listed = value if isinstance(value, list) else [value]
        if any(isinstance(one, (Mapping, list)) for one in listed):
            raise ConfigError("setup_run.answers.not_value", place=self._place(screen.id, name), field=field.label)
        texts = ["" if one is None else _text(one) for one in listed]
        if field.kind == "check":
            return ["yes"] if self._is_yes(screen, field, name, texts[0] if texts else "") else []
        if field.kind == "lines":
            return ["\n".join(texts)]
        if field.choices:
            texts = [self._choice(screen, field, name, text) for text in texts]
        if field.kind != "many" and len(texts) > 1:
            texts = [", ".join(texts)]
        return texts

    def _choice(self, screen: Screen, field: Field, name: str, text: str) -> str:
        if any(choice.value == text for choice in field.choices):
            return text
        labelled = [choice.value for choice in field.choices if fold(choice.label) == fold(text)]
        if len(labelled) == 1:
            return labelled[0]
        allowed = [choice.value for choice in field.choices]
        raise self._unknown("choice", text, allowed, (screen.id, name), field=field.label)

    def _is_yes(self, screen: Screen, field: Field, name: str, text: str) -> bool:
        folded = fold(text)
        if folded not in _YES | _NO:
            raise self._unknown("choice", text, ["yes", "no"], (screen.id, name), field=field.label)
        return folded in _YES

    def _action(self, screen: Screen) -> Action:
        """The button that the file names, the first time; else the usual one."""
        named = self._said(screen.id).get(ACTION)
        if named is not None and screen.id not in self.pressed:
            self.pressed.add(screen.id)
            found = next((one for one in screen.actions if named in {one.name, one.label}), None)
            if found is None:
                names = [one.name for one in screen.actions]
                raise self._unknown("action", str(named), names, (screen.id, ACTION), screen=screen.id)
            return found
        usual = next((one for one in screen.actions if one.primary), None)
        if usual is None:
            self._refuse_stopped(screen)
            raise ConfigError("setup_run.answers.stuck", place=self._place(screen.id), screen=screen.id)
        return usual

    # --- what is refused ------------------------------------------------------------------------------------------------

    def _check_all_named(self) -> None:
        """Every screen that the file names has been passed, or is the last one."""
        screen = self.conversation.screen()
        known = [place.id for place in screen.places]  # screens of an earlier sitting among them
        steps = {one.split("/", 1)[0] for one in known}
        for name in self.answers:
            if name in known:
                continue
            if name.split("/", 1)[0] in steps and "/" in name:
                raise ConfigError("setup_run.answers.not_reached", place=self._place(name), screen=name)
            raise self._unknown("screen", str(name), known, (name,))

    def _refuse_wrong(self, before: Screen) -> None:
        """The answer was not accepted: what is wrong with it, at the field that the file names."""
        screen = self.conversation.screen()
        if screen.id != before.id:
            return
        for field in screen.fields:
            if field.error:
                said = self._said(screen.id)
                name = next((one for one in said if one in {field.name, field.label}), "")
                place = self._place(screen.id, name) if name else self._place(screen.id)
                raise ConfigError(
                    "setup_run.answers.refused", place=place, screen=screen.id, field=field.label, why=field.error
                )
        self._refuse_errors(screen, screen.errors)

    def _refuse_stopped(self, screen: Screen) -> None:
        """What the screen says of why it goes no further."""
        told = [
            *screen.errors,
            *(block for block in screen.blocks if isinstance(block, Sentence) and block.tone == "error"),
        ]
        self._refuse_errors(screen, told)

    def _refuse_errors(self, screen: Screen, told: Iterable[Sentence]) -> None:
        why = " ".join(sentence.text for sentence in told)
        if why:
            raise ConfigError(
                "setup_run.answers.refused_whole", place=self._place(screen.id), screen=screen.id, why=why
            )

    def _unknown(
        self, what: str, seen: str, allowed: Iterable[str], path: tuple[str, ...], **values: object
    ) -> ConfigError:
        names = list(allowed)
        near = nearest(seen, names) or ""
        key = f"setup_run.answers.unknown_{what}"
        key = f"{key}_near" if near and what != "action" else key
        return ConfigError(key, place=self._place(*path), seen=seen, near=near, allowed=", ".join(names), **values)

    def _place(self, *path: str) -> Spot:
        line = self.document.mark(tuple(path)).line if self.is_file else 0
        return Spot(self.document.file, line, path=".".join(path))


def _proposed(field: Field) -> list[str]:
    """What stands in a field before anybody types."""
    if field.kind == "many":
        return list(field.values)
    if field.kind == "check":
        return ["yes"] if field.value else []
    return [field.value]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
