"""A real server with the gallery behind it, in a thread of this process."""

from __future__ import annotations

import socket
import threading
from urllib.parse import urlsplit

from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.serve import serve
from tests.wizard.web import gallery


class Running:
    """A server in a thread of its own."""

    def __init__(self, folder, here="book", lang="ru", *, idle_s=60.0, talk=True, pages=False):
        self.ready, self.address, self.door, self.faults = threading.Event(), "", None, []
        self.talk, self.said = gallery.conversation(folder, lang, here)
        self._begin, self._pages = self.talk if talk else None, gallery.Shelf() if pages else None
        self.thread = threading.Thread(target=self._run, args=(idle_s, lang), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)
        self.port = urlsplit(self.address).port

    def _run(self, idle_s, lang):
        def made(door):
            self.door = door
            return app(self._begin, self._pages, door=door, lang=lang, on_fault=self.faults.append)

        serve(made, on_ready=self._on_ready, open_browser=False, idle_s=idle_s)

    def _on_ready(self, address):
        self.address = address
        self.ready.set()

    def has_ended(self, within_s=8.0) -> bool:
        self.thread.join(within_s)
        return not self.thread.is_alive() and not reachable("127.0.0.1", self.port)

    def stop(self):
        self.door.on_close()
        assert self.has_ended()


def reachable(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
