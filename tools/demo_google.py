"""`make demo-google`: the demo in a Google spreadsheet, end to end, on the emulator of the tests: sync, a mark, sync again.

Nothing leaves this machine: the emulator listens on loopback, and `google.endpoint` points at it.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sheets_crm import data  # noqa: E402
from sheets_crm.sync.doctor import examine  # noqa: E402
from sheets_crm.sync.run import sync  # noqa: E402
from tests.google.emulator import Emulator, differences  # noqa: E402
from tests.google.whole import put_config  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/demo_google.py", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("demo-out/google"))
    parser.add_argument("--lang", choices=("ru", "en"), default="en")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    workbook, config = data.demo_files(given.lang)
    with Emulator() as google:
        book = google.add_book(workbook, title=workbook.stem, locale="ru_RU" if given.lang == "ru" else "en_US")
        path = put_config(given.folder, google, book, config.read_text("utf-8"))
        before = google.snapshot(book)
        for finding in examine(str(path)):
            print(f"doctor {finding.level}: {finding.sentence(given.lang)}")
        first = sync(str(path), today=data.DEMO_TODAY, accept_emptied=True)
        report(first)
        ours = [google.sheet(book, title).id for title in first.titles.values()]
        print(f"own sheets changed: {differences(before, google.snapshot(book, without=ours)) or 'no'}")
        tasks = first.titles["tasks"]
        head = google.person(book).rows(tasks)[0]
        statuses = {"ru": "Сделана", "en": "Done"}
        google.person(book).type(
            tasks, 2, head.index({"ru": "Статус", "en": "Status"}[given.lang]), statuses[given.lang]
        )
        report(sync(str(path), today=data.DEMO_TODAY))
        again = sync(str(path), today=data.DEMO_TODAY)
        report(again)
        for complaint in google.complaints:
            print(f"emulator: {complaint}")
    return 1 if again.written or google.complaints else 0


def report(result) -> None:
    """What a run did and what it cost."""
    found = result.summary_json()
    print(
        json.dumps(
            {name: found[name] for name in ("tasks", "problems", "tabs_written", "backup", "google")},
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
