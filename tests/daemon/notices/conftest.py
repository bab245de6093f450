"""A firm for each test, and addresses on loopback that keep what they are sent."""

from __future__ import annotations

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sheets_crm.daemon.notices import journal
from sheets_crm.sync.logfile import PrivateFile
from tests.daemon.notices.firm import Firm


@pytest.fixture
def firm(tmp_path):
    return Firm(tmp_path)


@pytest.fixture
def log(tmp_path):
    """The log of notices as text, once it was written."""
    path = tmp_path / ".sheets-crm" / "logs" / "notices.log"
    return lambda: path.read_text("utf-8") if path.exists() else ""


@pytest.fixture(autouse=True)
def _closed():
    yield
    for handler in list(journal.log.handlers):
        if isinstance(handler, PrivateFile):
            journal.log.removeHandler(handler)
            handler.close()
    journal.log.propagate = True


class _Sink:
    """A server on a port of its own."""

    def __init__(self, server):
        self.server, self.port, self.got = server, server.server_address[1], server.got
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class _Http(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.hangs is not None:
            self.server.hangs.wait(20)
        self.server.got.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self):
        self.reply("220 sink")
        to = []
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            word = line.upper()
            if word.startswith("EHLO"):
                self.reply("250 sink")
            elif word.startswith("RCPT TO:"):
                to.append(line[8:].split()[0].strip("<>"))
                self.reply("250 ok")
            elif word == "DATA":
                self.reply("354 go on")
                lines = iter(lambda: self.rfile.readline().rstrip(b"\r\n"), b".")
                self.server.got.append((tuple(to), b"\r\n".join(lines)))
                self.reply("250 taken")
            elif word == "QUIT":
                self.reply("221 bye")
                return
            else:
                self.reply("250 ok")

    def reply(self, text):
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def http():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Http)
    server.got, server.status, server.hangs, server.daemon_threads = [], 200, None, True
    sink = _Sink(server)
    yield sink
    if server.hangs is not None:
        server.hangs.set()
    sink.close()


@pytest.fixture
def smtp():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    server.got, server.daemon_threads = [], True
    sink = _Sink(server)
    yield sink
    sink.close()
