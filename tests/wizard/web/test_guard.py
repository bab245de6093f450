"""Only the browser that opened our address gets in, only from our own pages; all else learns nothing."""

from __future__ import annotations

import asyncio

import pytest

from sheets_crm.words import say
from tests.wizard.web.conftest import HOST, OURS, PORT

SECRET = "Какая таблица"  # on the first page; what nobody may see who was not let in


def refused(answer, status=403) -> bool:
    return answer.status_code == status and SECRET not in answer.text and "_csrf" not in answer.text


def test_the_address_lets_in_and_leads_on(visit):
    visitor = visit()
    first = visitor.client.get("/", params={"t": visitor.door.token})
    assert first.status_code == 200
    assert SECRET not in first.text
    assert 'content="0;url=/"' in first.text
    cookie = first.headers["set-cookie"]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"httponly", "samesite=strict", "path=/"}
    assert SECRET in visitor.client.get("/").text


def test_without_the_token_nothing_is_shown(visit):
    visitor = visit()
    for path in ("/", "/s/book", "/s/", "/p/", "/closed", "/sure/x", "/none", "/?t=", "/?t=nonsense", "/?t=%D0%96"):
        assert refused(visitor.client.get(path)), path


def test_a_token_is_good_once(visit):
    visitor = visit().enter()
    second = visitor.client.other()
    answer = second.get("/", params={"t": visitor.door.token})
    assert refused(answer)
    for lang in ("ru", "en"):
        assert say("web.plain.used.text", lang) in answer.text
    assert refused(second.get("/"))
    assert "set-cookie" not in answer.headers


def test_the_same_browser_may_open_the_address_again(visit):
    visitor = visit().enter()
    assert visitor.client.get("/", params={"t": visitor.door.token}).status_code == 200


def test_looking_at_the_address_without_opening_it_does_not_use_it_up(visit):
    visitor = visit()
    assert visitor.client.request("HEAD", "/", params={"t": visitor.door.token}).status_code == 405
    assert SECRET in visitor.enter().text


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"0.0.0.0:{PORT}", ""]
)
def test_a_foreign_host_is_refused(visit, host):
    visitor = visit().enter()
    assert refused(visitor.client.get("/s/book", headers={"Host": host}))
    assert refused(visitor.client.get("/static/style.css", headers={"Host": host}))
    fresh = visit()
    assert refused(fresh.client.get("/", params={"t": fresh.door.token}, headers={"Host": host}))
    assert not fresh.door.is_used


def test_localhost_is_our_name_too(visit):
    visitor = visit()
    client = visitor.client.other(f"http://localhost:{PORT}")
    client.get("/", params={"t": visitor.door.token})
    assert SECRET in client.get("/").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{PORT + 1}"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Origin": f"http://localhost:{PORT}"},  # not the name that we are called by in this request
        {"Origin": HOST, "Sec-Fetch-Site": "cross-site"},
        {"Origin": HOST, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
def test_a_form_from_elsewhere_is_refused(visit, headers):
    visitor = visit().enter()
    visitor.press("next", headers, path="/a.xlsx")
    assert refused(visitor.answer)
    assert visitor.said == []


@pytest.mark.parametrize("headers", [OURS, {"Origin": HOST}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_form_of_ours_is_taken(visit, headers):
    visitor = visit().enter().press("next", headers, path="/a.xlsx")
    assert visitor.said[0][:2] == ("book", "next")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_is_not_shown_to_another_site(visit, site):
    visitor = visit().enter()
    assert refused(visitor.client.get("/s/book", headers={"Sec-Fetch-Site": site}))
    assert refused(visitor.client.get("/static/style.css", headers={"Sec-Fetch-Site": site}))
    assert refused(visitor.client.get("/s/book", headers={"Origin": "https://evil.example"}))


@pytest.mark.parametrize("csrf", ["", "nonsense", "Ж"])
def test_a_form_without_our_mark_is_refused(visit, csrf):
    visitor = visit().enter().press("next", path="/a.xlsx", _csrf=csrf)
    assert refused(visitor.answer)
    assert visitor.said == []
    assert visitor.talk.here == "book"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"])
def test_other_methods_are_refused(visit, method):
    assert visit().enter().client.request(method, "/s/book", headers=OURS).status_code == 405


@pytest.mark.parametrize(
    "path", ["/s/book", "/", "/p/", "/static/style.css", "/closed", "/sure/none", "/nothing/here", "/s/none"]
)
def test_every_answer_bears_our_headers(visit, path):
    visitor = visit(pages=True).enter()
    for answer in (visitor.client.get(path, follow_redirects=False), visitor.client.get(path, headers={"Host": "x"})):
        headers = answer.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy.pop("default-src") == policy.pop("frame-ancestors") == policy.pop("base-uri") == "'none'"
        assert set(policy.values()) == {"'self'"}
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
        assert headers["cache-control"] == "no-store" or "/static/" in path


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static", "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/..%5capp.py",
     "/static//etc/passwd", "/static/style.css%00", "/static/page.html", "/templates/base.html", "/etc/passwd", "/s/../../etc/passwd"],
)  # fmt: skip
def test_no_path_leads_to_a_file(visit, path):
    visitor = visit().enter()
    answer = visitor.client.get(path)
    assert answer.status_code == 404 or SECRET in answer.text
    assert "root:" not in answer.text
    assert "import" not in answer.text


def test_what_is_too_much_or_no_form_is_refused(visit):
    visitor = visit().enter()
    kind = {"Content-Type": "application/x-www-form-urlencoded", **OURS}

    def sent(body, headers=kind):
        return visitor.client.post("/s/book", content=body, headers=headers).status_code

    csrf = visitor.door.csrf
    assert sent(f"_csrf={csrf}&path=" + "x" * 1_100_000) == 400
    assert sent("&".join([f"_csrf={csrf}"] + ["a=1"] * 10_001)) == 400
    assert sent(f"_csrf={csrf}&path=\xff".encode("latin-1")) == 400
    assert sent(f'{{"_csrf": "{csrf}"}}', {"Content-Type": "application/json", **OURS}) == 400
    assert sent(f"_csrf={csrf}", {"Content-Type": "text/plain", **OURS}) == 400
    assert sent(f"_csrf={csrf}", {"Content-Type": "multipart/form-data; boundary=a", **OURS}) == 400
    assert visitor.said == []


def test_a_websocket_is_closed(visit):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(visit().client.site({"type": "websocket", "path": "/s/book", "headers": []}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
