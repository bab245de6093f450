"""Commands as the docs show them: where each stands, and whether the program would take it so."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from sheets_crm.cli.app import app

_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_OURS = re.compile(r"^(?:sheets-crm|python sync\.py|python -m sheets_crm)(?= |$)")
_JOB = re.compile(r"^(?:make|py(?:thon)? tools[\\/]do\.py)(?= |$)")


@dataclass(frozen=True)
class Shown:
    """A command on a page. words: without the program. in_block: to be typed as it stands; else a mention within a sentence."""

    page: str
    line: str
    words: tuple[str, ...]
    in_block: bool

    @property
    def is_usage(self) -> bool:
        """Does it tell how a command is written, rather than being one?"""
        return any(mark in self.line for mark in ("[", "|", "...", "…", "COMMAND", "КОМАНДА"))


def shown(root: Path) -> Iterator[Shown]:
    """Every command of ours on every page."""
    for page in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")]):
        text = page.read_text("utf-8")
        blocks = [
            (line.strip(), True) for kind, body in _FENCE.findall(text) if kind != "text" for line in body.splitlines()
        ]
        for line, in_block in [*blocks, *((line, False) for line in _INLINE.findall(_FENCE.sub("", text)))]:
            plain = re.sub(r"\s+[#<].*", "", line)
            if _OURS.match(plain) or _JOB.match(plain):
                yield Shown(page.relative_to(root).as_posix(), plain, _words(plain), in_block)


def _words(line: str) -> tuple[str, ...]:
    rest = (_OURS if _OURS.match(line) else _JOB).sub("", line)
    return tuple(shlex.split(rest.replace("\\", "/")))


def is_job(one: Shown) -> bool:
    """Is it make's?"""
    return _JOB.match(one.line) is not None


@functools.cache
def group() -> typer.core.TyperGroup:
    """The program's commands."""
    found = typer.main.get_command(app)
    assert isinstance(found, typer.core.TyperGroup)
    return found


@functools.cache
def refusal(words: tuple[str, ...]) -> str:
    """What the program would say to a command typed so; nothing where it would take it. Does nothing."""
    command, rest, path = group(), list(words), []
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("-"):
            return "" if not rest or rest == ["--help"] else f"no command in {words}"
        if rest[0] not in command.commands:
            return f"there is no {' '.join([*path, rest[0]])}"
        path.append(rest.pop(0))
        command = command.commands[path[-1]]
    if not rest and any(one.required for one in command.params):
        return ""  # a mention by name
    try:
        command.make_context(path[-1], rest)
    except Exception as error:  # noqa: BLE001 - whatever it says is the answer
        return "" if type(error).__name__ == "Exit" else f"{' '.join(words)}: {error}"
    return ""


def options_of(words: tuple[str, ...]) -> tuple[str, set[str]]:
    """The command that a usage line tells of, and its options."""
    command, path = group(), []
    for word in words:
        if not hasattr(command, "commands") or word not in command.commands:
            break
        command = command.commands[word]
        path.append(word)
    return " ".join(path), {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
