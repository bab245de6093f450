"""The emulator over HTTP on loopback: threads, keep-alive, and connections that break when a fault says so."""

from __future__ import annotations

import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.google.emulator import admin
from tests.google.emulator.faults import trickled
from tests.google.emulator.service import Answer, Asked, Service


class Server:
    """Serves a `Service` on 127.0.0.1; port 0 takes a free one."""

    def __init__(self, service: Service, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"service": service})
        self.http = _Http(("127.0.0.1", port), handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()
        self.http.close_open()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def close_open(self) -> None:
        """Close the connections that clients keep alive."""
        for request in list(self.open):
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are asked for here; crashes are in `Service.complaints`."""


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"
    server_version = "ESF"
    sys_version = ""
    wbufsize = 1 << 16

    def log_message(self, *args: Any) -> None:
        """Quiet: `Service.calls` is the log."""

    def _serve(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, path, query, headers, body)
        if path.startswith("/_emulator"):
            self._send(admin.handle(self.service, asked))
            return
        try:
            answer = self.service.handle(asked)
        except Exception:  # noqa: BLE001 - already in `complaints`; the client gets what a crash at Google gives
            crash = b'{"error":{"code":500,"message":"Internal error encountered.","status":"INTERNAL"}}'
            answer = Answer(500, crash)
        self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class asks for these names

    def _send(self, answer: Answer) -> None:
        if answer.delay_s:
            time.sleep(answer.delay_s)
        if answer.cut == "reset":
            self._break()
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut == "half":
            self.wfile.write(answer.body[: len(answer.body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        if answer.trickle_s:
            for piece in trickled(answer.body, answer.trickle_s):
                self.wfile.write(piece)
                self.wfile.flush()
        else:
            self.wfile.write(answer.body)

    def _break(self) -> None:
        """Close so that the client sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile = _Nowhere()  # type: ignore[assignment]
        self.rfile.close()
        self.connection.close()


class _Nowhere:
    """Takes what the base class still wants to flush on a broken connection."""

    closed = True

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""
