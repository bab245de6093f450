"""An owner's hands: answers a screen as it stands, or with some things changed."""

from pathlib import Path

import openpyxl

from sheets_crm.wizard.start import conversation
from sheets_crm.wizard.step import World


def world(home, **more):
    """A home of one's own, with nothing outside it."""
    (home / "Documents").mkdir(exist_ok=True)
    environ = {"TZ": more.pop("zone", "Europe/Moscow")}
    return World(home, home / ".drafts", environ, **more)


def as_shown(screen):
    """What a form would send of the screen, nothing touched."""
    given = {}
    for field in screen.fields:
        if field.kind == "many":
            given[field.name] = list(field.values)
        elif field.kind != "check" or field.value:
            given[field.name] = [field.value]
    return given


def press(talk, action="next", **changed):
    """Answer the present screen; `changed` by field name, None leaves a field out. The id of the screen that follows."""
    given = as_shown(talk.screen()) | {name: [value] for name, value in changed.items() if value is not None}
    for name, value in changed.items():
        if value is None:
            given.pop(name, None)
    return talk.answer(given, action)


def change(talk, values, action="next"):
    """The same with names that Python does not allow."""
    return press(talk, action, **values)


def through(talk, *, until="", most=60):
    """Next, next, next: the ids of the screens passed, up to one that is not left or is asked for."""
    passed = []
    for _ in range(most):
        here = talk.here
        if here == until or (passed and passed[-1] == here):
            break
        passed.append(here)
        if press(talk) == here:
            break
    return passed


def errors(talk):
    """Name of field -> its error; "" of the screen."""
    screen = talk.screen()
    found = {field.name: field.error for field in screen.fields if field.error}
    return found | ({"": screen.errors[0].text} if screen.errors else {})


def field(talk, name):
    return next(one for one in talk.screen().fields if one.name == name)


def book(path: Path, **sheets):
    """A workbook with these rows."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name.replace("_", " "))
        for row in rows:
            page.append(row)
    made.save(path)
    return path


def begun(home, workbook, lang="ru", **more):
    """A conversation with this workbook chosen: it stands at the sheets."""
    talk = conversation(world(home, **more), lang=lang, fresh=True)
    press(talk, book="path", path=str(workbook))
    assert talk.here == "sheets", errors(talk)
    return talk
