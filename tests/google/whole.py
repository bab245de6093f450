"""A configuration whose workbook is a spreadsheet of the emulator, for tests of the whole product."""

from sheets_crm.books.google.access import who
from sheets_crm.books.google.api import Api
from sheets_crm.books.google.book import GoogleBook
from sheets_crm.books.google.settings import Calling

SETTINGS = """
google:
  credentials: key.json
  endpoint: {url}
  retries: {{attempts: 4, base: 0.01, total: 20}}
  per_minute: {{reads: 0, writes: 0}}
"""


def config_text(google, book, text="", *, id_only=False):
    """crm.yaml for a spreadsheet."""
    place = book if id_only else f"https://docs.google.com/spreadsheets/d/{book}/edit#gid=0"
    lines = [line for line in text.splitlines() if not line.startswith("workbook:")]
    return "\n".join([f"workbook: {place}", *lines]) + SETTINGS.format(url=google.url)


def put_config(folder, google, book, text="", **options):
    """Write crm.yaml and the key beside it; the configuration's path."""
    folder.mkdir(parents=True, exist_ok=True)
    google.key_file(folder / "key.json")
    path = folder / "crm.yaml"
    path.write_text(config_text(google, book, text, **options), encoding="utf-8")
    return path


def google_book(google, book, key, **options):
    """A book with short waits and no quota of its own."""
    calling = Calling(endpoint=google.url, base_s=0.01, total_s=20, attempts=4, reads_per_minute=0, writes_per_minute=0)
    return GoogleBook(Api(who(key, None), calling), book, **options)
