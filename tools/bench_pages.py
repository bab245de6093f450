"""Measures the pages in a browser: `python tools/bench_pages.py`. Seconds from a start to the first page, sizes of all pages.

The whole conversation is held over the demo workbook with the answers that it proposes, up to the first sync, then all of the
owner's pages are opened. Sizes are of the HTML as sent, nothing compressed. Linux and macOS only.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
MOST_KIB, MOST_S = 100, 2.0
STARTS = 5
MOST_SCREENS = 60
SERVED = """
import sys
from pathlib import Path
from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.serve import serve

def begin():
    from sheets_crm.wizard.start import conversation
    from sheets_crm.wizard.step import World
    home = Path(sys.argv[1])
    return conversation(World(home=home, drafts=home / "drafts", environ={}), lang="ru")

serve(lambda door: app(begin, door=door), on_ready=lambda address: print(address, flush=True), open_browser=False)
"""


def main() -> int:
    """Exit code 1 where a page is too big or comes too late; prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        before = _cpu_s()
        first = [first_page_s(home) for _ in range(STARTS)]
        cpu_s = (_cpu_s() - before) / STARTS
        setup = dict(setup_pages(home))
        owner = dict(owner_pages(home / "Documents" / "crm.yaml"))
    print(f"first page after a start, clock s: {statistics.median(first):.2f} (at most {MOST_S}), CPU s: {cpu_s:.2f}")
    for name, sizes in (("wizard", setup), ("owner's pages", owner)):
        biggest = max(sizes, key=lambda place: sizes[place])
        print(
            f"{name}, biggest of {len(sizes)} pages, KiB: {sizes[biggest] / 1024:.1f}, {biggest} (at most {MOST_KIB})"
        )
    is_too_big = max((*setup.values(), *owner.values())) > MOST_KIB * 1024
    return int(is_too_big or statistics.median(first) > MOST_S)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first_page_s(home: Path) -> float:
    """Seconds from the start of a process until its first page was read."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVED, str(home / "empty")], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        address = (process.stdout or sys.exit()).readline().strip()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        browser.open(address).read()
        if b"_csrf" not in browser.open(address.partition("?")[0]).read():
            sys.exit("no first page")
        return time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


def setup_pages(home: Path) -> Iterator[tuple[str, int]]:
    """Place and bytes of each screen of the conversation, every proposal taken as it stands."""
    from sheets_crm import data
    from sheets_crm.wizard.conversation import CLOSE
    from sheets_crm.wizard.web.desk import Desk, Shows
    from sheets_crm.wizard.web.sides import Talk

    (home / "Documents").mkdir()
    shutil.copy(data.demo_files("ru")[0], home / "Documents")
    talk = _conversation(home)
    desk = Desk([Talk(lambda: talk)], "x" * 43, "ru")
    for _ in range(MOST_SCREENS):
        page, screen = desk.show("s", talk.here, {}), talk.screen()
        if isinstance(page, Shows):
            yield f"/s/{talk.here}", len(page.html.encode())
        action = next((one.name for one in screen.actions if one.primary), CLOSE)
        if action == CLOSE or talk.draft.notes.get("finished"):
            return
        if screen.errors:
            sys.exit(f"{talk.here}: {screen.errors[0].text}")
        given = {field.name: list(field.values) if field.kind == "many" else [field.value] for field in screen.fields}
        unset = {field.name for field in screen.fields if field.kind == "check" and not field.value}
        talk.answer({name: values for name, values in given.items() if name not in unset}, action)
    sys.exit("the conversation does not come to an end")


def owner_pages(config: Path) -> Iterator[tuple[str, int]]:
    """Address and bytes of each page of the owner that a link leads to, from the first one on."""
    from urllib.parse import parse_qsl, unquote

    from sheets_crm.wizard.web.desk import Desk, Shows
    from sheets_crm.wizard.web.ports import path_of
    from sheets_crm.wizard.web.sides import Sheaf

    desk = Desk([Sheaf(_pages(config))], "x" * 43, "ru")
    waiting, seen = ["/p/"], {"/p/"}
    while waiting:
        address = waiting.pop()
        place, _, query = address.removeprefix("/p/").partition("?")
        page = desk.show("p", path_of(unquote(place)), dict(parse_qsl(query)))
        if isinstance(page, Shows):
            yield address, len(page.html.encode())
            found = set(_links(page.html)) - seen
            seen |= found
            waiting += found


def _conversation(home: Path) -> Any:
    from sheets_crm.wizard.start import conversation

    return conversation(_world(home), lang="ru")


def _world(home: Path) -> Any:
    from sheets_crm.wizard.step import World

    return World(home=home, drafts=home / "drafts", environ={})


def _pages(config: Path) -> Any:
    from sheets_crm.wizard.pages import OwnerPages

    return OwnerPages.of(config, lambda _: ())


def _links(html: str) -> list[str]:
    from lxml.html import fromstring

    return [str(one) for one in fromstring(html).xpath("//a/@href") if str(one).startswith("/p/")]


if __name__ == "__main__":
    sys.exit(main())
