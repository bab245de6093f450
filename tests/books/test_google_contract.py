"""The contract of every `Book`, kept by `GoogleBook` over HTTP against the emulator."""

import pytest

from sheets_crm.books.google.access import who
from sheets_crm.books.google.api import Api
from sheets_crm.books.google.book import GoogleBook
from sheets_crm.books.google.settings import Calling
from tests.books.contract import BookContract
from tests.google.emulator import Emulator


class TestGoogleBook(BookContract):
    @pytest.fixture
    def google(self):
        with Emulator() as google:
            yield google
            assert google.complaints == []

    @pytest.fixture
    def make_book(self, google, tmp_path):
        key = google.key_file(tmp_path / "key.json")
        people = {}

        def make(sheets):
            number = google.add_book(sheets)
            api = Api(
                who(key, None), Calling(endpoint=google.url, base_s=0.01, reads_per_minute=0, writes_per_minute=0)
            )
            book = GoogleBook(api, number)
            people[number] = google.person(number)
            return book

        self.people = people
        return make

    def user_edits(self, book, sheet, row, column, value):
        self.people[book.id].type(sheet, row, column, value)

    def user_renames(self, book, old, new):
        self.people[book.id].rename(old, new)
