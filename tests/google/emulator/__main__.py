"""`python -m tests.google.emulator --port 0 --book FILE.xlsx`: serve until interrupted.

Prints the base URL on the first line; then, a line each, the id of every spreadsheet and the key file if one was asked.
"""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from tests.google.emulator import Emulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.google.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--book", type=Path, action="append", default=[], help="an .xlsx to be a spreadsheet")
    parser.add_argument("--id", action="append", default=[], help="the id of the spreadsheet, in the order of --book")
    parser.add_argument("--locale", default="ru_RU")
    parser.add_argument("--key", type=Path, help="write a service account's key file here")
    parser.add_argument("--no-auth", action="store_true", help="let everybody in without a token")
    parser.add_argument("--quota", action="store_true", help="60 reads and writes a minute for a user, 300 in all")
    given = parser.parse_args()
    google = Emulator(auth=not given.no_auth, port=given.port)
    if given.quota:
        google.quota.as_google()
    with google:
        print(google.url, flush=True)
        for position, path in enumerate(given.book):
            wanted = given.id[position] if position < len(given.id) else None
            found = google.add_book(path, title=path.stem, locale=given.locale, book=wanted)
            print(f"spreadsheet {found} {path.name}", flush=True)
        if given.key:
            print(f"key {google.key_file(given.key)}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
