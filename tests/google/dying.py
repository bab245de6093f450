"""A process that dies at one of its writes to Google, before it is sent or before its answer comes."""

from unittest import mock

from sheets_crm.books.google.api import Api
from tests.promises.play import Killed


def dying(nth, *, applied):
    """The process dies at its nth write. applied: Google got it."""
    write, count = Api.write, iter(range(1, 1000))

    def call(self, *args, **kwargs):
        at = next(count)
        if at == nth and not applied:
            raise Killed(f"before write {nth}")
        answer = write(self, *args, **kwargs)
        if at == nth:
            raise Killed(f"after write {nth}")
        return answer

    return mock.patch.object(Api, "write", call)
