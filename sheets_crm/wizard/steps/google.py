"""A Google spreadsheet as the workbook: its link, the key or sign-in, with whom to share it, and a check that it works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheets_crm.books.google.address import address_of, spreadsheet_id
from sheets_crm.errors import ConfigError, OwnerError
from sheets_crm.sync.config import CONFIG_NAME
from sheets_crm.sync.google import google_id
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader, opened_of
from sheets_crm.wizard.shapes import Action, Block, Facts, Field, Fields, Given, Progress, Screen, Sentence, Tone
from sheets_crm.wizard.step import Answered, World
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.choosing import begun, pasted_path, settings_of
from sheets_crm.wizard.steps.places import usual_places
from sheets_crm.words import Lang, say

CHECK, SIGN_IN = "check", "sign_in"
_FIELDS = ("link", "credentials", "folder")
_TONES: Mapping[str, Tone] = {"ok": "good", "warning": "warning", "error": "error"}


@dataclass
class _SignIn:
    """A sign-in under way in the browser: nobody knows how long it takes."""

    is_done: bool = False
    error: OwnerError | None = None


@dataclass
class _Checked:
    """What a check of access found: for which answers, and sentences in words keys."""

    of: Mapping[str, str] = field(default_factory=dict)
    found: tuple[tuple[str, str, Mapping[str, object], int], ...] = ()


class GooglePart:
    """The link, who we are to Google, where the settings are kept on this computer."""

    def __init__(self, reader: Reader, world: World) -> None:
        self._reader = reader
        self._world = world
        self._checked = _Checked()
        self._sign_in: _SignIn | None = None

    def title(self, lang: Lang) -> str:
        """See `Part`."""
        return say("setup.google.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Part`."""
        wrong = {**self._sign_in_told(lang), **wrong}
        asked, kept = Typed(draft, part, wrong), self._kept(draft)
        fields = tuple(
            Field(
                name, say(f"setup.google.{name}", lang), "text" if name == "link" else "path", asked.value(name, kept[name]),
                help=say(f"setup.google.{name}_help", lang), error=asked.error(name), required=name != "credentials",
            )
            for name in _FIELDS
        )  # fmt: skip
        blocks: list[Block] = [*self._signing_in(lang), Fields("", fields), *self._who(kept, lang)]
        blocks += [Sentence(say(key, lang, **values), _TONES[level]) for level, key, values, _ in self._found(kept)]
        actions = [Action(CHECK, say("setup.google.check", lang))]
        if kept["credentials"] and self._is_client_file(kept):
            actions.append(Action(SIGN_IN, say("setup.google.sign_in", lang)))
        intro, waits = say("setup.google.intro", lang), self._is_signing_in()
        return screen(
            part, self.title(lang), blocks, lang, wrong=wrong, intro=intro, actions=actions, refresh_s=2 if waits else None
        )  # fmt: skip

    def answer(self, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Part`."""
        kept = {name: typed(given, name) for name in _FIELDS}
        draft = draft.model_copy(update={"notes": {**draft.notes, "google": kept}})
        book = spreadsheet_id(kept["link"])
        if book is None:
            return Answered(draft, {"link": say("setup.google.wrong.link", lang)})
        try:
            chosen = self._draft(draft, kept, book)
        except OwnerError as error:
            return Answered(draft, {"folder": told(error, lang)})
        if action == SIGN_IN:
            return self._begin_sign_in(draft, chosen, lang)
        return self._tried(draft, chosen, kept, action, lang)

    def _tried(self, draft: Draft, chosen: Draft, kept: Mapping[str, str], action: str, lang: Lang) -> Answered:
        """The draft when the spreadsheet could be reached, read and may be written; else which field to mend."""
        from sheets_crm.sync.doctor_google import access_findings

        self._checked = _Checked()
        try:
            found = tuple(access_findings(opened_of(chosen)))
            bad = next((one for one in found if one[0] == "error"), None)
            if bad is not None:
                return Answered(draft, {"link": say(bad[1], lang, **bad[2])})
            self._reader.look_again()
            self._reader.book(chosen)
        except OwnerError as error:
            return Answered(draft, {self._field_of(error): self._told(error, lang)})
        self._checked = _Checked(kept, found)
        return Answered(draft, stay=True) if action == CHECK else Answered(chosen)

    def _draft(self, draft: Draft, kept: Mapping[str, str], book: str) -> Draft:
        """The draft of this spreadsheet. ConfigError: its settings can't be kept in the folder."""
        folder = pasted_path(kept["folder"], self._world) if kept["folder"] else self._folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError("setup.stop.folder", path=str(folder)) from error
        config = folder / CONFIG_NAME
        if config.is_file() and google_id(config, str(settings_of(config).get("workbook", ""))) != book:
            config = folder / f"{book[:8]}.{CONFIG_NAME}"
        settings: dict[str, Any] = {**settings_of(config), "workbook": address_of(book)}
        if kept["credentials"]:
            file = pasted_path(kept["credentials"], self._world)
            settings["google"] = {**settings.get("google", {}), "credentials": str(file)}
        chosen = begun(draft, address_of(book), config, settings)
        if "google" in settings:
            chosen = chosen.model_copy(update={"settings": {**chosen.settings, "google": settings["google"]}})
        return chosen

    def _kept(self, draft: Draft) -> dict[str, str]:
        said = draft.notes.get("google", {})
        return {name: str(said.get(name) or (self._folder() if name == "folder" else "")) for name in _FIELDS}

    def _folder(self) -> Path:
        """Where settings are kept when nobody says otherwise: in the documents."""
        places = usual_places(self._world.home, {})
        return (places[0] if places else self._world.home) / "sheets-crm"

    def _found(self, kept: Mapping[str, str]) -> tuple[tuple[str, str, Mapping[str, object], int], ...]:
        return self._checked.found if dict(self._checked.of) == dict(kept) else ()

    def _who(self, kept: Mapping[str, str], lang: Lang) -> list[Block]:
        """Whom to share the spreadsheet with, as far as the key file says it."""
        from sheets_crm.books.google import access

        if not kept["credentials"]:
            return []
        with suppress(OwnerError):
            file = pasted_path(kept["credentials"], self._world)
            if access.is_service_account(file) and (address := access.who(file, None).address):
                pairs = (
                    (say("setup.google.share_with", lang), address),
                    (say("setup.google.as", lang), say("setup.google.editor", lang)),
                )
                return [Facts(say("setup.google.share", lang), pairs)]  # fmt: skip
        return []

    def _is_client_file(self, kept: Mapping[str, str]) -> bool:
        """Does the file ask for an own sign-in, rather than being a key itself?"""
        from sheets_crm.books.google import access

        try:
            access.who(pasted_path(kept["credentials"], self._world), None)
        except OwnerError as error:
            return error.key == "google.stop.not_signed_in"
        return False

    def _begin_sign_in(self, draft: Draft, chosen: Draft, lang: Lang) -> Answered:
        from sheets_crm.books.google import access
        from sheets_crm.sync.state import StateFolder

        file = pasted_path(self._kept(draft)["credentials"], self._world)
        progress = self._sign_in = _SignIn()

        def work() -> None:
            try:
                state = StateFolder.beside(Path(chosen.config), str(chosen.settings["workbook"]))
                access.sign_in(file, state.path, prompt=say("google.sign_in_page", lang, url="{url}"))
            except OwnerError as error:
                progress.error = error
            except Exception:  # noqa: BLE001 - a closed window, a port taken: whatever it was, the owner may try again
                progress.error = OwnerError("setup.stop.sign_in")
            progress.is_done = True

        later: Callable[[Callable[[], None]], None] | None = self._world.run_later
        if later is None:
            work()
        else:
            later(work)
        return Answered(draft, stay=True)

    def _is_signing_in(self) -> bool:
        return self._sign_in is not None and not self._sign_in.is_done

    def _signing_in(self, lang: Lang) -> list[Block]:
        if self._sign_in is None:
            return []
        if not self._sign_in.is_done:
            return [Progress(say("setup.google.signing_in", lang))]
        return [] if self._sign_in.error else [Sentence(say("setup.google.signed_in", lang), "good")]

    def _sign_in_told(self, lang: Lang) -> Mapping[str, str]:
        error = self._sign_in.error if self._sign_in is not None else None
        return {"credentials": told(error, lang)} if error is not None else {}

    def _field_of(self, error: OwnerError) -> str:
        name = error.key.rpartition(".")[2]
        return (
            "credentials"
            if name.startswith(("key_", "no_credentials", "not_signed_in", "scopes", "sign_in"))
            else "link"
        )

    def _told(self, error: OwnerError, lang: Lang) -> str:
        """The sentence, where there is a better one on this screen than that for a finished configuration."""
        own = f"setup.google.wrong.{error.key.rpartition('.')[2]}"
        try:
            return say(own, lang, **error.values)
        except KeyError:
            return told(error, lang)
