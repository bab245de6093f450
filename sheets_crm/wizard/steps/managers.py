"""Step "managers": who of those met in the workbook does the tasks, spellings joined, then roles and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sheets_crm.cards import fold
from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.people import Guess, Met, guesses, met, role_of
from sheets_crm.wizard.shapes import Action, Block, Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, told, typed
from sheets_crm.wizard.steps.shared import AGAIN, is_email, set_or_drop, waited_for  # fmt: skip
from sheets_crm.wizard.trial import Trials
from sheets_crm.wizard.yaml_writer import proposed
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result

PERSON, NOBODY, SAME = "person", "nobody", "same:"
ROLES = ("manager", "head", "owner")
MOST = 40  # spellings shown; more than that are hardly people
WITHOUT = ("managers", "hand_over", "tasks", "rules")  # of the plan that looks for them: names as they are typed
_KEY = "setup_run.managers"
_CARDS = ("client", "deal", "lead", "order", "visit", "task")


class ManagersStep:
    """Two screens: who is who, and what they are; the second only where there is somebody."""

    id = "managers"
    reads = frozenset({"workbook", "sheets", "template"})

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self._met: tuple[Result, tuple[Met, ...]] | None = None  # of the last plan: it is looked through once

    def parts(self, draft: Draft) -> Sequence[str]:
        """`managers`, and `managers/roles` where somebody was chosen."""
        return (self.id, f"{self.id}/roles") if draft.settings.get("managers") else (self.id,)

    def title(self, part: str, draft: Draft, lang: Lang) -> str:  # noqa: ARG002 - as of any step
        """As it stands in the navigation."""
        return say(f"{_KEY}.title" if part == self.id else f"{_KEY}.roles_title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """Who is who, or what they are."""
        title = self.title(part, draft, lang)
        if part != self.id:
            blocks: list[Block] = [_roles(part, draft, wrong, lang)]
            return screen(part, title, blocks, lang, wrong=wrong, intro=say(f"{_KEY}.roles_intro", lang))
        trial = self._trials.of(draft, WITHOUT)
        intro = say(f"{_KEY}.intro", lang)
        waiting = waited_for(part, title, trial, lang, wrong=wrong, intro=intro)
        if waiting is not None or trial.result is None:
            assert waiting is not None
            return waiting
        people = self._people(trial.result)
        again = Action(AGAIN, say("setup_run.again", lang))
        shown = _who(people, Typed(draft, part, wrong), draft, lang)
        return screen(part, title, shown, lang, wrong=wrong, intro=intro, actions=(again,))

    def _people(self, result: Result) -> tuple[Met, ...]:
        if self._met is None or self._met[0] is not result:
            self._met = (result, met(result))
        return self._met[1]

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """The draft with the people in it."""
        if action == AGAIN:
            self._trials.look_again()
            return Answered(draft, stay=True)
        if part != self.id:
            return _with_roles(draft, given, lang)
        trial = self._trials.of(draft, WITHOUT)
        if trial.is_running:
            return Answered(draft, stay=True)
        if trial.result is None:
            assert trial.error is not None
            return Answered(draft, {"": told(trial.error, lang)})
        return _with_people(draft, self._people(trial.result)[:MOST], given, lang)


# --- who is who -------------------------------------------------------------------------------------------------------------


def _who(people: Sequence[Met], typed_: Typed, draft: Draft, lang: Lang) -> list[Block]:
    shown = people[:MOST]
    held = held_as(shown, draft)
    blocks: list[Block] = []
    if not people:
        blocks.append(Sentence(say(f"{_KEY}.none", lang), "warning"))
    if len(people) > MOST:
        blocks.append(Sentence(say(f"{_KEY}.too_many", lang, n=len(people), shown=MOST), "warning"))
    if shown:
        fields = tuple(_field(one, shown, held, typed_, lang) for one in shown)
        heads = tuple(say(f"{_KEY}.head.{one}", lang) for one in ("name", "met", "who", "why"))
        blocks.append(Fields(say(f"{_KEY}.met", lang), fields, layout="table", headers=heads))
    known = {fold(one.name) for one in shown} | {fold(spelling) for one in shown for spelling in one.also}
    unmet = [one["name"] for one in _managers(draft) if not {fold(n) for n in _spellings(one)} & known]
    value = typed_.value("others", "\n".join(unmet))
    help_ = say(f"{_KEY}.others_help", lang)
    others = Field("others", say(f"{_KEY}.others", lang), "lines", value, help=help_, error=typed_.error("others"))
    return [*blocks, Fields(say(f"{_KEY}.more", lang), (others,))]


def held_as(people: Sequence[Met], draft: Draft) -> dict[str, Guess]:
    """Name -> what it is taken for: what was said before, else as crm.yaml has it, else a guess."""
    proposed_ = guesses(people)
    said: Mapping[str, str] = draft.notes.get("managers", {})
    by_spelling = {fold(spelling): one["name"] for one in _managers(draft) for spelling in _spellings(one)}
    main = {fold(one.name): one.name for one in people}
    for one in people:
        folded = fold(one.name)
        if folded in by_spelling:
            owner = fold(by_spelling[folded])
            same = main.get(owner, "") if owner != folded else ""
            proposed_[one.name] = Guess("same", same) if same else Guess("person")
        elif one.name in said:
            proposed_[one.name] = _as_said(said[one.name], proposed_[one.name])
    return proposed_


def _as_said(value: str, guess: Guess) -> Guess:
    if value.startswith(SAME):
        return Guess("same", value.removeprefix(SAME))
    return Guess(value, guess.same if guess.what == value else "", guess.why if guess.what == value else "")  # type: ignore[arg-type]


def _field(one: Met, people: Sequence[Met], held: Mapping[str, Guess], typed_: Typed, lang: Lang) -> Field:
    guess = held[one.name]
    value = f"{SAME}{guess.same}" if guess.what == "same" else guess.what
    same = [
        Choice(f"{SAME}{other.name}", say(f"{_KEY}.same", lang, name=other.name), group=say(f"{_KEY}.same_group", lang))
        for other in people
        if other.name != one.name and (held[other.name].what == "person" or value == f"{SAME}{other.name}")
    ]
    first = (Choice(PERSON, say(f"{_KEY}.person", lang)), Choice(NOBODY, say(f"{_KEY}.nobody", lang)))
    counts = [say(f"{_KEY}.count.{card}", lang, n=one.counts[card]) for card in _CARDS if one.counts.get(card)]
    why = say(f"{_KEY}.why.{guess.why}", lang, name=guess.same) if guess.why else ""
    also = [say(f"{_KEY}.also", lang, names=", ".join(one.also))] if one.also else []
    name = f"who.{one.name}"
    return Field(
        name, one.name, "choice", typed_.value(name, value), choices=(*first, *same), error=typed_.error(name),
        samples=(*counts, *also), why=why, confidence=guess.confidence if guess.why else None,
    )  # fmt: skip


def _with_people(draft: Draft, people: Sequence[Met], given: Given, lang: Lang) -> Answered:
    said = {one.name: typed(given, f"who.{one.name}") or PERSON for one in people}
    wrong = {f"who.{name}": text for name, text in _faults(said, lang)}
    added = [" ".join(line.split()) for line in "\n".join(given.get("others", ())).splitlines() if line.strip()]
    if any(len(name) > 100 for name in added):
        wrong["others"] = say(f"{_KEY}.wrong.long", lang)
    if wrong:
        return Answered(draft, wrong)
    managers = chosen(said, added, _managers(draft))
    settings = set_or_drop(draft.settings, managers=managers or None)
    changed = draft.model_copy(update={"settings": settings, "notes": {**draft.notes, "managers": said}})
    try:
        proposed(changed)
    except OwnerError as error:
        return Answered(draft, {"": told(error, lang)})
    return Answered(changed)


def _faults(said: Mapping[str, str], lang: Lang) -> Iterable[tuple[str, str]]:
    for name, value in said.items():
        if value in {PERSON, NOBODY}:
            continue
        other = value.removeprefix(SAME)
        if not value.startswith(SAME) or other not in said:
            yield name, say(f"{_KEY}.wrong.choose", lang)
        elif _root(name, said) is None:
            yield name, say(f"{_KEY}.wrong.round", lang, name=other)
        elif said[str(_root(name, said))] == NOBODY:
            yield name, say(f"{_KEY}.wrong.same_as_nobody", lang, name=other)


def _root(name: str, said: Mapping[str, str]) -> str | None:
    """Whose spelling it is in the end; None where that leads round in a circle."""
    seen = {name}
    while said[name].startswith(SAME):
        name = said[name].removeprefix(SAME)
        if name in seen or name not in said:
            return None
        seen.add(name)
    return name


def chosen(said: Mapping[str, str], added: Sequence[str], before: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The managers of crm.yaml: those it had keep their place and what else is said of them; new ones follow.

    said: name met -> person, nobody, or whose spelling it is. added: names besides. before: as crm.yaml has them.
    """
    members: dict[str, list[str]] = {}
    for name in said:
        members.setdefault(fold(str(_root(name, said))), []).append(name)
    met_ = {fold(name) for name in said}
    wanted = {fold(name): name for name, value in said.items() if value == PERSON}
    wanted |= {fold(name): name for name in added if fold(name) not in met_}
    found = []
    for one in before:
        theirs = [key for key in wanted if key in {fold(spelling) for spelling in _spellings(one)}]
        if theirs:
            first, *_ = [wanted.pop(key) for key in theirs]
            own = fold(str(one["name"]))
            name = first if own in met_ and own not in theirs else str(one["name"])
            names = [spelling for key in theirs for spelling in members.get(key, ())]
            stated = [spelling for spelling in _spellings(one)[1:] if fold(spelling) not in met_]
            found.append(_entry(one, name, [*stated, *names]))
    roles = {name: {} if role_of(name) == "manager" else {"role": role_of(name)} for name in wanted.values()}
    return found + [_entry(roles[name], name, members.get(key, ())) for key, name in wanted.items()]


def _entry(one: Mapping[str, Any], name: str, spellings: Iterable[str]) -> dict[str, Any]:
    """An entry of crm.yaml with this name and these other spellings; those it has keep their order."""
    others = {fold(spelling): spelling for spelling in spellings if fold(spelling) != fold(name)}
    kept = [spelling for spelling in _listed(one.get("aliases")) if fold(spelling) in others]
    aliases = kept + [spelling for key, spelling in others.items() if key not in {fold(old) for old in kept}]
    return set_or_drop({"name": name, **one}, name=name, aliases=aliases or None)


# --- what they are ----------------------------------------------------------------------------------------------------------


def _roles(part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Fields:
    typed_ = Typed(draft, part, wrong)
    fields: list[Field] = []
    for one in _managers(draft):
        name, role = str(one["name"]), str(one.get("role", "manager"))
        roles = [Choice(known, say(f"{_KEY}.role.{known}", lang)) for known in ROLES]
        roles += [] if role in ROLES else [Choice(role, role)]
        label = say(f"{_KEY}.role_of", lang, name=name)
        fields.append(Field(f"role.{name}", label, "choice", typed_.value(f"role.{name}", role), choices=tuple(roles)))
        label = say(f"{_KEY}.email_of", lang, name=name)
        email = typed_.value(f"email.{name}", str(one.get("email") or ""))
        fields.append(Field(f"email.{name}", label, "text", email, error=typed_.error(f"email.{name}")))
    return Fields("", tuple(fields), intro=say(f"{_KEY}.roles_help", lang))


def _with_roles(draft: Draft, given: Given, lang: Lang) -> Answered:
    wrong, managers = {}, []
    for one in _managers(draft):
        name = str(one["name"])
        role, email = typed(given, f"role.{name}") or "manager", typed(given, f"email.{name}")
        if role not in {*ROLES, one.get("role")}:
            wrong[f"role.{name}"] = say(f"{_KEY}.wrong.choose", lang)
        if email and not is_email(email):
            wrong[f"email.{name}"] = say(f"{_KEY}.wrong.email", lang, seen=email)
        said = {"role": role if role != "manager" or "role" in one else None, "email": email or None}
        managers.append(set_or_drop(one, **said))
    if wrong:
        return Answered(draft, wrong)
    return Answered(draft.model_copy(update={"settings": {**draft.settings, "managers": managers}}))


def _managers(draft: Draft) -> list[Mapping[str, Any]]:
    found = draft.settings.get("managers")
    listed = found if isinstance(found, (list, tuple)) else ()
    return [one for one in listed if isinstance(one, Mapping) and one.get("name")]


def _spellings(one: Mapping[str, Any]) -> list[str]:
    return [str(one["name"]), *_listed(one.get("aliases"))]


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
