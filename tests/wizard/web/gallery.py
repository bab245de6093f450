"""A conversation that means nothing and shows everything: each block, each kind of field, long words, much, and nothing at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sheets_crm.wizard.conversation import CLOSE, Conversation
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.drafts import Drafts
from sheets_crm.wizard.shapes import (
    Action,
    Bar,
    Bars,
    Cell,
    Choice,
    Facts,
    Field,
    Fields,
    Given,
    Place,
    Progress,
    Screen,
    Search,
    Sentence,
    Table,
)
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.web.ports import Acted, href
from sheets_crm.words import Lang

RU = {
    "next": "Дальше", "book": "Какая таблица?", "path": "Путь к файлу", "need": "«{}» — такого файла нет. Проверьте путь.",
    "found": "Нашлось на этом компьютере", "why": "заголовок «Телефон», и 94 % значений похожи на номера", "columns": "Что в каких столбцах",
    "long": "Достопримечательность-высокопревосходительство рентгеноэлектрокардиографического обследования",
    "say": "Короткое предложение о том, что происходит сейчас и почему это важно.", "rules": "Правила и числа", "days": "Напомнить через",
    "unit": "дней", "preview": "Что нашлось", "work": "Первая сверка", "finish": "Всё готово", "close": "Готово, закрыть", "drop": "Удалить черновик",
    "client": "Клиент", "sum": "Сумма", "stage": "Этап", "manager": "Менеджер", "empty": "Повторов не нашлось: каждый клиент записан один раз.",
    "check": "Запускать при входе в систему", "many": "Какие листы вести", "secret": "Пароль почты", "date": "С какого дня", "time": "Во сколько",
    "lines": "Адреса, по одному в строке", "search": "Найти клиента", "find": "Найти", "field": "Поле карточки", "off": "Отключить",
}  # fmt: skip
EN = {
    "next": "Next", "book": "Which workbook?", "path": "Path of the file", "need": "There is no file “{}”. Check the path.",
    "found": "Found on this computer", "why": "the header is “Phone”, and 94% of the values look like numbers", "columns": "What is in which column",
    "long": "Pneumonoultramicroscopicsilicovolcanoconiosis-floccinaucinihilipilification",
    "say": "A short sentence about what goes on now, and why it matters.", "rules": "Rules and numbers", "days": "Remind after",
    "unit": "days", "preview": "What was found", "work": "First sync", "finish": "All done", "close": "Done, close", "drop": "Delete the draft",
    "client": "Client", "sum": "Amount", "stage": "Stage", "manager": "Manager", "empty": "No duplicates: each client is there once.",
    "check": "Start when I log in", "many": "Which sheets to keep", "secret": "Mail password", "date": "From which day", "time": "At what time",
    "lines": "Addresses, one a line", "search": "Find a client", "find": "Find", "field": "Field of the card", "off": "Switch off",
}  # fmt: skip
STEPS = ("book", "columns", "rules", "preview", "work", "finish")


def words(lang: Lang) -> Mapping[str, str]:
    return RU if lang == "ru" else EN


class Show:
    """A step of the gallery. Its answers: `path` must be there; `days` a number; anything else is taken."""

    def __init__(self, name: str, said: list[tuple[str, str, Given]]) -> None:
        self.id = name
        self._said = said

    def parts(self, draft: Draft) -> Sequence[str]:
        return [f"columns/{name}" for name in ("Сделки", "..", "a/b ?#%")] if self.id == "columns" else [self.id]

    def title(self, part: str, draft: Draft, lang: Lang) -> str:
        return " ".join([words(lang)[self.id], *part.split("/", 1)[1:]])

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        made = MAKERS[self.id](words(lang), wrong)
        given = draft.given.get(part) or draft.settings.get(part) or {}
        blocks = tuple(
            replace(
                block,
                fields=tuple(replace(field, value=given.get(field.name, [field.value])[0]) for field in block.fields),
            )
            if isinstance(block, Fields)
            else block
            for block in made.blocks
        )
        return replace(made, id=part, title=self.title(part, draft, lang), blocks=blocks)

    def answer(self, part: str, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        self._said.append((part, action, given))
        if self.id == "book" and (given.get("path") or [""])[0] == "":
            return Answered(draft, {"path": words(lang)["need"].format("")})
        kept = {name: list(values) for name, values in given.items()}
        draft = draft.model_copy(update={"settings": {**draft.settings, part: kept}})
        if self.id == "book":
            draft = draft.model_copy(update={"workbook": kept["path"][0]})
        return Answered(draft, stay=action in {CLOSE, "stay"})


def book(t: Mapping[str, str], wrong: Mapping[str, str]) -> Screen:
    found = tuple(
        Choice(f"/home/a/{n}.xlsx", f"{t['client']} {n}.xlsx", f"/home/a/{n}.xlsx", t["found"]) for n in range(3)
    )
    asked = (
        Field("found", t["found"], "radio", value="/home/a/1.xlsx", choices=found),
        Field("path", t["path"], "path", help=t["say"], required=True, error=wrong.get("path", "")),
        Field("many", t["many"], "many", values=("a",), choices=(Choice("a", "A"), Choice("b", t["long"]))),
        Field("check", t["check"], "check", value="yes", help=t["say"]),
    )
    actions = (Action("next", t["next"], primary=True), Action("stay", t["off"]))
    return Screen("book", t["book"], (Sentence(t["say"]), Fields("", asked)), actions, intro=t["say"] * 3)


def columns(t: Mapping[str, str], wrong: Mapping[str, str]) -> Screen:
    choices = tuple(
        Choice(f"group{n // 10}.field{n}", f"{t['field']} {n}", group=f"{t['client']} {n // 10}") for n in range(60)
    )
    asked = tuple(
        Field(
            f"c{n}", t["long"] if n == 3 else f"{t['client']} {n}", "choice", value=choices[n].value, choices=choices,
            samples=("+7 912 345-67-89", t["long"], "12.03.2026"), confidence=(0.97, 0.7, 0.2)[n % 3], why=t["why"],
            likely=(choices[59].value, choices[40].value),
        )
        for n in range(25)
    )  # fmt: skip
    table = Fields(t["columns"], asked, t["say"], "table", (t["field"], t["sum"], t["stage"], t["manager"]))
    return Screen("columns", t["columns"], (table,), (Action("next", t["next"], primary=True),))


def rules(t: Mapping[str, str], wrong: Mapping[str, str]) -> Screen:
    asked = (
        Field("days", t["days"], "number", value="3", unit=t["unit"], least="1", most="365", error=t["need"].format("три")),
        Field("secret", t["secret"], "secret", value="x"),
        Field("date", t["date"], "date", value="2026-03-12", required=True),
        Field("time", t["time"], "time", value="08:30", error=t["need"].format("8")),
        Field("lines", t["lines"], "lines", value="a\nb"),
        Field("stage", t["stage"], "choice", value="", choices=(Choice("a", "A"), Choice("b", "B")), confidence=0.5, why=t["why"]),
    )  # fmt: skip
    folded = Fields(t["off"], (Field("more", t["long"], "text", help=t["long"]),), is_open=False)
    errors = (Sentence(t["say"], "error"),)
    return Screen(
        "rules", t["rules"], (Fields(t["rules"], asked, t["say"]), folded), (Action("next", t["next"], primary=True),), errors=errors
    )  # fmt: skip


def preview(t: Mapping[str, str], wrong: Mapping[str, str]) -> Screen:
    rows = tuple(
        (Cell(f"{t['client']} {n}", href("card/..")), t["long"] if n == 2 else t["say"], f"{n * 1000}", Cell(t["stage"], tone="warning"),
         Cell("", action=Action(f"off:{n}", t["off"], loses=n == 1)))
        for n in range(6)
    )  # fmt: skip
    headers = (t["client"], t["stage"], t["sum"], t["manager"], "")
    blocks = (
        Sentence(t["say"]), Sentence(t["say"], "good"), Sentence(t["say"], "warning"), Sentence(t["say"], "error"),
        Bars(t["stage"], tuple(Bar(f"{t['stage']} {n}", f"{n * 3} · 1 200 000 ₽", n / 5, ("plain", "good", "warning", "error")[n % 4]) for n in range(6)), t["say"]),
        Facts(t["sum"], ((t["client"], "100"), (t["long"], Cell(t["long"], tone="good")), (t["manager"], Cell("A", "/p/")))),
        Table(t["client"], headers, rows, numeric=(2,), note=t["say"]),
        Table(t["manager"], headers, rows, is_open=False),
        Table(t["found"], headers, (), empty=t["empty"]),
    )  # fmt: skip
    return Screen(
        "preview",
        t["preview"],
        blocks,
        (Action("next", t["next"], primary=True), Action("drop", t["drop"], loses=True)),
    )


def work(t: Mapping[str, str], wrong: Mapping[str, str]) -> Screen:
    blocks = (Progress(t["say"], 30, 100), Sentence(t["say"]))
    return Screen("work", t["work"], blocks, (Action("next", t["next"], primary=True),), refresh_s=1)


def finish(t: Mapping[str, str], wrong: Mapping[str, str]) -> Screen:
    return Screen("finish", t["finish"], (Sentence(t["say"], "good"),), (Action(CLOSE, t["close"], primary=True),))


MAKERS = {"book": book, "columns": columns, "rules": rules, "preview": preview, "work": work, "finish": finish}


def conversation(folder, lang: Lang = "ru", here: str = "book") -> tuple[Conversation, list[tuple[str, str, Given]]]:
    """The conversation over a folder of drafts, all before `here` answered; and what its steps are told."""
    said: list[tuple[str, str, Given]] = []
    steps = [Show(name, said) for name in STEPS]
    parts = [part for step in steps for part in step.parts(Draft())]
    done = tuple(parts[: parts.index(here)])
    draft = Draft(language=lang, here=here, done=done, workbook="/home/a/1.xlsx" if done else "")
    return Conversation(steps, Drafts(folder), draft), said


class Shelf:
    """Pages of an owner that hold nothing of meaning. `done`: what was asked of them."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, Given]] = []

    def screen(self, path: str, query: Mapping[str, str], lang: Lang) -> Screen | None:
        t = words(lang)
        if path in {"", "clients"}:
            asked = Field("q", t["search"], value=query.get("q", ""), help=t["say"])
            found = Table(t["client"], (t["client"],), (), empty=t["empty"] + query.get("q", ""))
            return Screen(path, t["client"], (Search((asked,), t["find"], href("clients")), found))
        if path.startswith("card/"):
            field = Field("days", t["days"], "number", value="1")
            return Screen(path, t["client"], (Fields("", (field,)),), (Action("save", t["next"], primary=True),))
        if path == "status":
            return Screen(path, t["manager"], (Sentence(t["say"]),), refresh_s=1)
        return None

    def act(self, path: str, given: Given, action: str, lang: Lang) -> Acted:
        self.done.append((path, action, given))
        if given.get("days") == ["x"]:
            return Acted(wrong={"days": words(lang)["need"].format("x"), "": words(lang)["say"]})
        return Acted("clients", Sentence(words(lang)["say"], "good"), query={"q": "ж"})

    def places(self, lang: Lang) -> Sequence[Place]:
        t = words(lang)
        return [Place("", t["preview"]), Place("clients", t["client"]), Place("status", t["manager"])]
