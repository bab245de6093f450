"""Real messages over the loopback: HTTP, mail, Telegram's own form; a service that hangs; no address in a log or a list of processes."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
import time
from threading import Event, Thread

import pytest

from sheets_crm.daemon.notices import Notices, send
from sheets_crm.daemon.notices.post import Answer, ApprisePost, is_address
from sheets_crm.sync.secrets import set_secret
from tests.daemon.notices.firm import PERSONAL, at

LONG = "\n".join(f"{n}. Позвоните и договоритесь, какого числа оплатят <b>&" for n in range(400))


def test_over_http(http):
    sent = ApprisePost().send(f"json://127.0.0.1:{http.port}/anna", "Задачи", "На сегодня 1 задача.\n• Своя — 1")
    assert sent.answer == Answer.SENT
    ((path, message),) = http.got
    assert (path, message["title"], message["message"]) == ("/anna", "Задачи", "На сегодня 1 задача.\n• Своя — 1")


def test_over_mail(smtp):
    url = f"mailto://127.0.0.1:{smtp.port}?from=crm@firm.example&to=anna@firm.example&mode=insecure"
    sent = ApprisePost().send(url, "Задачи на 20.11.2026 — Окна Плюс", "На сегодня 1 задача.\nСтрока <два> & *три*")
    assert sent.answer == Answer.SENT, sent
    ((to, raw),) = smtp.got
    assert to == ("anna@firm.example",)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "Задачи на 20.11.2026 — Окна Плюс"
    told = message.get_body(("plain", "html")).get_content()
    assert "На сегодня 1 задача." in told
    assert "три" in told


def test_a_refusal_says_why_and_repeats_no_part_of_the_address(http):
    http.server.status = 403
    sent = ApprisePost().send(f"json://user:SECRETPASS@127.0.0.1:{http.port}/SECRETPATH", "t", "b")
    assert sent.answer == Answer.REFUSED
    assert "403" in sent.said
    assert "SECRET" not in sent.said


def test_nobody_listens():
    assert ApprisePost().send("json://127.0.0.1:9/x", "t", "b").answer == Answer.REFUSED


@pytest.mark.parametrize("url", ["", "nonsense", "nosuch://a/b", "tgram://only"])
def test_what_is_no_address(url):
    assert not is_address(url)
    assert ApprisePost().send(url, "t", "b").answer == Answer.REFUSED


def test_a_service_that_hangs_is_left_and_ended(http):
    http.server.hangs = Event()
    begun = time.monotonic()
    sent = ApprisePost(timeout_s=2).send(f"json://127.0.0.1:{http.port}/anna?rto=60&cto=60", "t", "b")
    assert sent.answer == Answer.HUNG
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("program", ["", "raise SystemExit(3)", "print('{')"])
def test_a_library_that_breaks_is_a_refusal(tmp_path, program):
    path = tmp_path / "broken.py"
    path.write_text(program, "utf-8")
    assert ApprisePost(program=path).send("json://x", "t", "b").answer == Answer.REFUSED


@pytest.mark.skipif(sys.platform == "win32", reason="there is no ps")
def test_the_address_is_in_no_list_of_processes(http):
    http.server.hangs = Event()
    thread = Thread(target=ApprisePost(timeout_s=10).send, args=(f"json://127.0.0.1:{http.port}/SECRETPATH", "t", "b"))
    thread.start()
    seen = ""
    for _ in range(20):
        seen += subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=False).stdout
        time.sleep(0.05)
    http.server.hangs.set()
    thread.join()
    assert "send.py" in seen
    assert "SECRETPATH" not in seen


def test_telegram_is_sent_what_it_takes(monkeypatch):
    """Telegram's texts end at 4096 signs, and its marks are HTML."""
    import requests

    texts = []

    def post(_url, **given):
        texts.append(json.loads(given["data"])["text"])
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"ok": true, "result": {}}'
        return answer

    monkeypatch.setattr(requests, "post", post)
    taken, said = send.deliver("tgram://123456789:abcdefg_hijklmnop/12315544", "Задачи " * 100, LONG)
    assert taken, said
    assert all(len(text) <= 4096 for text in texts)
    whole = "".join(texts)
    assert "<b>Задачи" in whole
    assert "&lt;b&gt;&amp;" in whole
    assert "\n…" in whole.replace("\r\n", "\n")


def test_a_long_text_is_cut_at_a_lines_end():
    cut = send.clipped(LONG)
    assert len(cut) <= send.LONGEST + 2
    assert cut.endswith("оплатят <b>&\n…")
    assert send.clipped("я" * 9000).count("я") == send.LONGEST - 1
    assert send.clipped("коротко") == "коротко"


def test_the_sender_needs_nothing_of_ours(root):
    code = f"import sys; sys.argv=['x']; import runpy; runpy.run_path({str(root / 'sheets_crm/daemon/notices/send.py')!r}); print([m for m in sys.modules if m.startswith('sheets_crm') or m == 'apprise'])"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_whole_way_in_the_background(firm, http, log):
    set_secret(firm.state, "anna", f"json://127.0.0.1:{http.port}/anna")
    set_secret(firm.state, "boss", "json://127.0.0.1:9/boss")
    notices = Notices()
    firm.run(at("07:00"))
    begun = time.monotonic()
    notices.tick(firm.config, at("08:30"))
    assert time.monotonic() - begun < 1.0
    notices.stopped([firm.config], at("08:31"), "signal")
    assert [(path, message["title"]) for path, message in http.got] == [("/anna", "Задачи на 20.11.2026 — Окна Плюс")]
    assert [one.address for one in firm.record().outbox] == ["boss"]
    assert "kind digest to boss" in log()
    assert [word for word in (*PERSONAL, "127.0.0.1", "json://") if word in log()] == []


@pytest.mark.slow
def test_a_service_that_hangs_holds_up_neither_a_run_nor_the_end(firm, http):
    http.server.hangs = Event()
    set_secret(firm.state, "anna", f"json://127.0.0.1:{http.port}/anna")
    set_secret(firm.state, "boss", f"json://127.0.0.1:{http.port}/boss")
    notices = Notices(ApprisePost(timeout_s=3))
    result = firm.run(at("07:00"))
    begun = time.monotonic()
    notices.tick(firm.config, at("08:30"))
    notices.after_run(firm.config, result, at("08:31"))
    assert time.monotonic() - begun < 2.0
    notices.wait(10)
    assert firm.record().outbox == []  # digests in doubt are not risked twice
