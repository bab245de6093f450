"""Rules: which are on, with what numbers, how many tasks each gives; a try-out with other numbers, and its saving.

A try-out is a plan with the changed settings: nothing is written. Only `save`, after it was shown, changes crm.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheets_crm.engine.pack import Param, Rule
from sheets_crm.tasks import Task
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.tasks.texts import todo_text, why_text
from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.desk import Seen, Work
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.pages.trying import ON, Changed, Compared, Trial, compared, lacks, read, save, tried
from sheets_crm.wizard.shapes import (
    Action,
    Block,
    Cell,
    Choice,
    Facts,
    Field,
    Fields,
    Given,
    Progress,
    Screen,
    Sentence,
    Table,
)
from sheets_crm.wizard.web.ports import Acted, href
from sheets_crm.words import fill

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result

PATH = "rules"
_WORK = "try:"
_SHOWN = 25  # tasks that would go, and that would come


def screen(asked: Asked) -> Screen | None:
    """All rules, or one of them with its numbers and its try-out. None: no such rule."""
    if not asked.rest:
        return parts.over_base(asked, PATH, asked.say("rules.title"), lambda seen: _list(asked, seen))
    return _one(asked, asked.rest[0])


def act(asked: Asked, given: Given, action: str) -> Acted:
    """Try numbers out, save what was tried out, or leave it."""
    seen = asked.desk.latest
    rule = _rule(seen, asked.rest[0]) if seen is not None and asked.rest else None
    if seen is None or rule is None:
        return Acted(PATH)
    if action == "try":
        return _try(asked, seen, rule, given)
    trial = _trial(asked, rule.id)
    if action == "save":
        if trial is None:
            return Acted(f"{PATH}/{rule.id}")
        save(asked.desk.config, trial)
        _forget(asked, rule.id)
        return Acted(f"{PATH}/{rule.id}", Sentence(asked.say("rules.saved", rule=_label(asked, rule)), "good"))
    _forget(asked, rule.id)
    return Acted(f"{PATH}/{rule.id}" if action == "drop" else PATH)


# --- all rules ----------------------------------------------------------------------------------------------------------


def _list(asked: Asked, seen: Seen) -> Sequence[Block]:
    result = seen.result
    counts: dict[str, int] = {}
    for task in result.open_tasks:
        for rule in {decision.rule for decision in task.decisions}:
            counts[rule] = counts.get(rule, 0) + 1
    headers = tuple(asked.say(f"rules.columns.{name}") for name in ("rule", "state", "numbers", "tasks"))
    tables = [
        Table(
            fill(getattr(pack.label, asked.lang), asked.lang, {}),
            headers,
            tuple(_row(asked, result, rule, counts.get(rule.id, 0)) for rule in pack.rules),
            numeric=(3,),
        )
        for pack in result.packs
    ]
    return (Sentence(asked.say("rules.intro")), *tables)


def _row(asked: Asked, result: Result, rule: Rule, tasks: int) -> tuple[str | Cell, ...]:
    numbers = "; ".join(
        f"{_param_label(asked, rule, name)}: {parts.shown(value, asked.lang)}"
        for name, value in result.settings.params(rule).items()
    )
    return (Cell(_label(asked, rule), href(f"{PATH}/{rule.id}")), _state(asked, result, rule), numbers, str(tasks))


def _state(asked: Asked, result: Result, rule: Rule) -> Cell:
    """On, off, or on without what it needs."""
    if not result.settings.is_on(rule):
        return Cell(asked.say("rules.off"))
    lacking = lacks(result, rule)
    if lacking is None:
        return Cell(asked.say("rules.on"), tone="good")
    return Cell(
        asked.say("rules.lacks", fields=", ".join(_fields(asked, result, rule, lacking)) or "—"), tone="warning"
    )


def _fields(asked: Asked, result: Result, rule: Rule, names: Iterable[str]) -> list[str]:
    cards = result.opened.template.cards
    found = []
    for name in sorted(names):
        card = next((card for card in rule.card if card in cards and name in cards[card].fields), None)
        found.append(cards[card].fields[name].label.say(asked.lang) if card else name)
    return found


def _label(asked: Asked, rule: Rule) -> str:
    return fill(getattr(rule.label, asked.lang), asked.lang, {})


def _param_label(asked: Asked, rule: Rule, name: str) -> str:
    label = rule.params[name].label if name in rule.params else None
    return fill(getattr(label, asked.lang), asked.lang, {}) if label is not None else name


def _rule(seen: Seen, name: str) -> Rule | None:
    return next((rule for pack in seen.result.packs for rule in pack.rules if rule.id == name), None)


# --- one rule -----------------------------------------------------------------------------------------------------------


def _one(asked: Asked, name: str) -> Screen | None:
    path = f"{PATH}/{name}"
    looked = asked.desk.look()
    if looked.seen is None:
        return parts.over_base(asked, path, asked.say("rules.title"), lambda _: ())
    rule = _rule(looked.seen, name)
    if rule is None:
        return None
    trial, work = _trial(asked, name), asked.desk.work(_WORK + name)
    title = _label(asked, rule)
    if trial is None or work is None:
        actions = (Action("try", asked.say("rules.try"), primary=True), Action("leave", asked.say("rules.leave")))
        errors = (parts.failed(looked.error, asked.lang),) if looked.error else ()
        blocks = (*parts.stale(asked, looked), *_asks(asked, looked.seen, rule))
        return Screen(path, title, blocks, actions, errors=errors)
    if not work.is_over:
        return Screen(path, title, (Progress(asked.say("rules.trying")),), refresh_s=1)
    return _tried(asked, looked.seen, rule, trial, work)


def _asks(asked: Asked, seen: Seen, rule: Rule) -> Iterable[Block]:
    result = seen.result
    mine = [task for task in result.open_tasks if any(decision.rule == rule.id for decision in task.decisions)]
    pairs: list[tuple[str, str | Cell]] = [
        (asked.say("rules.columns.state"), _state(asked, result, rule)),
        (asked.say("rules.columns.tasks"), str(len(mine))),
    ]
    setting = result.settings.of(rule)
    if setting.stages:
        pairs.append((asked.say("rules.stages"), ", ".join(setting.stages)))
    if setting.only:
        pairs.append((asked.say("rules.only"), setting.only))
    yield Facts("", tuple(pairs))
    fields = [Field(ON, asked.say("rules.switch"), "check", "yes" if result.settings.is_on(rule) else "")]
    params = result.settings.params(rule)
    fields += [_field(asked, rule, name, param, params[name]) for name, param in rule.params.items()]
    yield Fields(asked.say("rules.settings"), tuple(fields), intro=asked.say("rules.safe"))
    if mine:
        yield _tasks(asked, seen, asked.say("rules.now"), mine)
    yield Table(asked.say("rules.condition"), (rule.id,), ((" ".join(rule.when.split()),),), is_open=False)


def _field(asked: Asked, rule: Rule, name: str, param: Param, value: Any) -> Field:
    label = _param_label(asked, rule, name)
    usual = asked.say("rules.usual", value=parts.shown(param.default, asked.lang))
    match param.type:
        case "bool":
            return Field(name, label, "check", "yes" if value else "", help=usual)
        case "choice":
            choices = tuple(Choice(option, option) for option in param.options)
            return Field(name, label, "choice", str(value), choices=choices, help=usual)
        case "list":
            return Field(name, label, "lines", "\n".join(str(one) for one in value), help=usual)
        case "text":
            return Field(name, label, "text", str(value), help=usual)
    least, most = (str(one) if one is not None else "" for one in (param.min, param.max))
    return Field(name, label, "number", str(value), help=usual, required=True, least=least, most=most)


def _tasks(asked: Asked, seen: Seen, title: str, tasks: Sequence[Task]) -> Table:
    headers = tuple(asked.say(f"tasks.columns.{name}") for name in ("client", "todo", "why", "manager"))
    rows = tuple(
        (
            parts.client_cell(seen, client_of(task), task.decision.client_id if task.decision else ""),
            todo_text(task, asked.lang),
            why_text(task, asked.lang),
            manager_of(task),
        )
        for task in tasks[:_SHOWN]
    )
    note = asked.say("list.rows_of", first=1, last=_SHOWN, total=len(tasks)) if len(tasks) > _SHOWN else ""
    return Table(title, headers, rows, note=note, is_open=False)


# --- the try-out --------------------------------------------------------------------------------------------------------


def _try(asked: Asked, seen: Seen, rule: Rule, given: Given) -> Acted:
    values, wrong = read(rule, given, asked.lang)
    if wrong:
        return Acted(wrong=wrong)
    trial = tried(asked.desk.opened(), seen.result, rule, values)
    if not trial.changed:
        return Acted(wrong={"": asked.say("rules.same")})
    _trials(asked)[rule.id] = trial
    asked.desk.works.pop(_WORK + rule.id, None)
    desk = asked.desk

    def work() -> Compared:
        from sheets_crm.sync.run import plan

        opened = desk.opened()
        stated = {**opened.config.rules, rule.id: trial.stated}
        config = opened.config.model_copy(update={"rules": stated})
        return compared(rule.id, seen.result, plan(replace(opened, config=config), today=desk.today))

    desk.begin(_WORK + rule.id, work, only_reads=True)
    return Acted(f"{PATH}/{rule.id}")


def _tried(asked: Asked, seen: Seen, rule: Rule, trial: Trial, work: Work) -> Screen:
    path, title = f"{PATH}/{rule.id}", _label(asked, rule)
    if work.error is not None:
        actions: tuple[Action, ...] = (Action("drop", asked.say("rules.change"), primary=True),)
        return Screen(path, title, (), actions, errors=(parts.failed(work.error, asked.lang),))
    done: Compared = work.value
    what = ", ".join(_changed(asked, rule, one) for one in trial.changed)
    blocks: list[Block] = [Sentence(asked.say("rules.tried", what=what, after=done.after, n=done.before))]
    others = (done.every[1] - done.every[0]) - (done.after - done.before)
    if others:
        blocks.append(Sentence(asked.say("rules.others", before=done.every[0], after=done.every[1])))
    for name, tasks in (("go", done.go), ("come", done.come)):
        if tasks:
            blocks.append(replace(_tasks(asked, seen, asked.say(f"rules.{name}", n=len(tasks)), tasks), is_open=True))
    if not done.go and not done.come:
        blocks.append(Sentence(asked.say("rules.no_difference")))
    blocks.append(
        Facts(
            asked.say("rules.writes"),
            ((asked.say("rules.file"), str(asked.desk.config)), (f"rules: {rule.id}", _stated(trial))),
        )
    )
    blocks.append(Sentence(asked.say("rules.asks")))
    actions = (
        Action("save", asked.say("rules.save"), primary=True),
        Action("drop", asked.say("rules.change")),
        Action("leave", asked.say("rules.leave")),
    )
    return Screen(path, title, tuple(blocks), actions)


def _changed(asked: Asked, rule: Rule, one: Changed) -> str:
    if one.name == ON:
        return asked.say("rules.on_now" if one.becomes else "rules.off_now")
    label = _param_label(asked, rule, one.name)
    return asked.say(
        "rules.instead", label=label, was=parts.shown(one.was, asked.lang), becomes=parts.shown(one.becomes, asked.lang)
    )


def _stated(trial: Trial) -> str:
    if isinstance(trial.stated, bool):
        return "true" if trial.stated else "false"
    from sheets_crm.sync.yaml_emit import flow

    return flow(trial.stated)


def _trials(asked: Asked) -> dict[str, Trial]:
    found: dict[str, Trial] = asked.desk.notes.setdefault(PATH, {})
    return found


def _trial(asked: Asked, rule: str) -> Trial | None:
    return _trials(asked).get(rule)


def _forget(asked: Asked, rule: str) -> None:
    _trials(asked).pop(rule, None)
