"""The emulator's own paths under /_emulator: the log, quotas, faults and colleagues by script, snapshots.

No rights are asked for: loopback, tests only.

- GET calls, log (bodies with ?bodies=1), faults, complaints, snapshot/ID
- POST reset (log and faults), faults (a list of {kind, value, method, nth, times}), quota ({reads, writes, ...}),
  people/ID (a list of {do: "type", ...arguments}), clock ({advance: seconds})
- a fault {"kind": "act", "steps": [...], "book": ID, "email": ...} runs steps of people at its call
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.google.emulator.calls import Clock
from tests.google.emulator.people import Person
from tests.google.emulator.service import Answer, Asked, Service
from tests.google.emulator.snapshot import snapshot

STEPS = {
    "type",
    "enter",
    "sort",
    "insert_rows",
    "delete_rows",
    "insert_columns",
    "delete_columns",
    "rename",
    "add_sheet",
    "delete_sheet",
    "move_sheet",
}


def handle(service: Service, asked: Asked) -> Answer:
    """Serve one of the emulator's own paths."""
    name, _, rest = asked.path.removeprefix("/_emulator").strip("/").partition("/")
    try:
        body = json.loads(asked.body) if asked.body else {}
        found = _get(service, name, rest, asked.query) if asked.http == "GET" else _post(service, name, rest, body)
    except (KeyError, TypeError, ValueError) as error:
        return _answer(400, {"error": f"{type(error).__name__}: {error}"})
    return _answer(404, {"error": asked.path}) if found is None else _answer(200, found)


def _answer(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body, ensure_ascii=False, default=str).encode())


def _get(service: Service, name: str, rest: str, query: str) -> Any:
    if name == "calls":
        return service.calls.summary()
    if name == "log":
        return service.calls.listed(bodies="bodies=1" in query)
    if name == "faults":
        return {"waiting": [str(fault) for fault in service.faults.waiting], "fired": service.faults.fired}
    if name == "complaints":
        return service.complaints
    if name == "snapshot":
        return snapshot(service.documents[rest])
    if name == "books":
        return [{"id": doc.id, "title": doc.title} for doc in service.documents.values()]
    return None


def _post(service: Service, name: str, rest: str, body: Any) -> Any:
    if name == "reset":
        service.calls.clear()
        service.faults.clear()
        return {}
    if name == "faults":
        for item in body:
            _add_fault(service, dict(item))
        return {"added": len(body)}
    if name == "quota":
        for key, value in body.items():
            setattr(service.quota, key, value)
        return body
    if name == "people":
        person = Person(service, rest, body.get("email"))
        _play(person, body["steps"])()
        return {"done": len(body["steps"])}
    if name == "clock" and isinstance(service.now, Clock):
        service.now.advance(body["advance"])
        return {"now": service.now()}
    return None


def _add_fault(service: Service, item: dict[str, Any]) -> None:
    steps = item.pop("steps", None)
    if steps is not None:
        person = Person(service, item.pop("book"), item.pop("email", None))
        item["value"] = _play(person, steps)
    service.faults.add(item.pop("kind"), item.pop("value", None), **item)


def _play(person: Person, steps: list[dict[str, Any]]) -> Callable[[], None]:
    for step in steps:
        if step["do"] not in STEPS:
            raise ValueError(f"{step['do']}: one of {', '.join(sorted(STEPS))}")

    def play() -> None:
        for step in steps:
            arguments = {name: value for name, value in step.items() if name != "do"}
            getattr(person, step["do"])(**arguments)

    return play
