"""Who may do what: service accounts, people's own tokens, scopes, sharing; and Drive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import credentials, service_account

from tests.google.calling import Client, cell, put
from tests.google.emulator import OWNER, ROBOT, Emulator

SHEETS = "https://www.googleapis.com/auth/spreadsheets"


def test_a_service_account_signs_in(google: Emulator, book: str, tmp_path: Path):
    path = google.key_file(tmp_path / "key.json")
    assert path.stat().st_mode & 0o777 == 0o600
    found = service_account.Credentials.from_service_account_file(str(path), scopes=[SHEETS])
    with AuthorizedSession(found) as session:
        assert session.get(f"{google.url}/v4/spreadsheets/{book}").status_code == 200
        google.access.expire_all()
        assert session.get(f"{google.url}/v4/spreadsheets/{book}").status_code == 200
    assert google.calls.count("token") == 2
    assert google.calls[1].email == ROBOT


def test_a_key_that_is_not_known_or_deleted(google: Emulator, tmp_path: Path):
    found = service_account.Credentials.from_service_account_file(
        str(google.key_file(tmp_path / "k.json")), scopes=[SHEETS]
    )
    google.access.disabled.add(ROBOT)
    with pytest.raises(RefreshError, match="invalid_grant"):
        found.refresh(Request())
    google.access.disabled.clear()
    google.faults.add("answer", "invalid_grant", method="token")
    with pytest.raises(RefreshError, match="invalid_grant"):
        found.refresh(Request())


def test_a_signature_of_another_key_is_refused(google: Emulator, tmp_path: Path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    info = json.loads(google.key_file(tmp_path / "k.json").read_text("utf-8"))
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    info["private_key"] = other.private_bytes(serialization.Encoding.PEM, *form).decode()
    found = service_account.Credentials.from_service_account_info(info, scopes=[SHEETS])
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        found.refresh(Request())


def own_account(google: Emulator) -> credentials.Credentials:
    """Not `from_authorized_user_info`: it takes Google's token endpoint whatever the file says."""
    info = google.user_info()
    return credentials.Credentials(None, **{name: item for name, item in info.items() if name != "type"})


def test_an_owners_own_account(google: Emulator, book: str):
    found = own_account(google)
    with AuthorizedSession(found) as session:
        made = session.post(
            f"{google.url}/drive/v3/files",
            json={"name": "Новая", "mimeType": "application/vnd.google-apps.spreadsheet"},
        )
        assert made.json()["name"] == "Новая"
        assert session.get(f"{google.url}/v4/spreadsheets/{made.json()['id']}").status_code == 200
        copied = session.post(f"{google.url}/drive/v3/files/{book}/copy", json={"name": "Копия"})
        before, after = google.snapshot(book), google.snapshot(copied.json()["id"])
        assert before["Deals"] == after["Deals"]
    google.access.disabled.add(OWNER)
    with pytest.raises(RefreshError, match="expired or revoked"):
        found.refresh(Request())


def test_the_sign_in_of_an_installed_app(google: Emulator):
    info = google.client_info()["installed"]
    query = {"redirect_uri": "http://localhost:1/", "state": "s", "scope": SHEETS}
    answer = requests.get(info["auth_uri"], params=query, allow_redirects=False, timeout=30)
    where = answer.headers["Location"]
    assert (answer.status_code, where.partition("?")[0]) == (302, "http://localhost:1/")
    code = dict(part.split("=") for part in where.partition("?")[2].split("&"))["code"].replace("%2F", "/")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost:1/"}
    found = requests.post(info["token_uri"], data=form, timeout=30).json()
    assert {"access_token", "refresh_token", "expires_in"} <= set(found)
    assert requests.post(info["token_uri"], data=form, timeout=30).json()["error"] == "invalid_grant"


def test_without_a_token_with_a_wrong_one_and_with_small_scopes(google: Emulator, book: str):
    url = f"{google.url}/v4/spreadsheets/{book}"
    assert requests.get(url, timeout=30).status_code == 403
    assert requests.get(url, headers={"Authorization": "Bearer x"}, timeout=30).status_code == 401
    reader = Client(google, book, google.token(scopes=[SHEETS + ".readonly"]))
    assert reader.sheets("GET").status_code == 200
    error = reader.batch(put(reader.sheet_id("Deals"), 0, 0, [cell()])).json()["error"]
    assert (error["code"], error["details"][0]["reason"]) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    reader.session.close()


def test_sharing(google: Emulator, book: str):
    client = Client(google, book, google.token("anna@example.com"))
    assert client.sheets("GET").json()["error"]["message"] == "The caller does not have permission"
    assert client.call("GET", f"/drive/v3/files/{book}").json()["error"]["errors"][0]["reason"] == "notFound"
    google.share(book, "anna@example.com", "reader")
    assert client.sheets("GET").status_code == 200
    assert client.batch(put(client.sheet_id("Deals"), 0, 0, [cell()])).status_code == 403
    answer = client.call("GET", f"/drive/v3/files/{book}/permissions")
    assert answer.json()["error"]["errors"][0]["reason"] == "insufficientFilePermissions"
    google.unshare(book, "anna@example.com")
    google.share(book, None, "writer")
    assert client.batch(put(client.sheet_id("Deals"), 0, 0, [cell()])).status_code == 200
    client.session.close()


def test_a_missing_spreadsheet(google: Emulator, client: Client):
    answer = client.call("GET", "/v4/spreadsheets/none")
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Requested entity was not found.")
    error = client.call("GET", "/drive/v3/files/none").json()["error"]
    assert error["message"] == "File not found: none."


def test_an_xlsx_in_drive_is_no_spreadsheet(google: Emulator):
    client = Client(google, google.add_file())
    assert client.sheets("GET").json()["error"]["status"] == "FAILED_PRECONDITION"
    found = client.call("GET", f"/drive/v3/files/{client.book}", params={"fields": "mimeType"}).json()
    assert found["mimeType"].endswith("spreadsheetml.sheet")
    client.session.close()


def test_a_service_account_has_no_storage(google: Emulator, client: Client):
    google.access.service_account(ROBOT)
    for path in ("/drive/v3/files", f"/drive/v3/files/{client.book}/copy"):
        error = client.call("POST", path, json={"name": "x"}).json()["error"]
        assert error["errors"][0]["reason"] == "storageQuotaExceeded"
    assert client.call("POST", "/v4/spreadsheets", json={}).status_code == 403


def test_files_get_by_mask(google: Emulator, client: Client):
    url = f"/drive/v3/files/{client.book}"
    assert set(client.call("GET", url).json()) == {"kind", "id", "name", "mimeType"}
    found = client.call(
        "GET", url, params={"fields": "version,capabilities/canEdit,permissions(role,emailAddress)"}
    ).json()
    assert found["capabilities"] == {"canEdit": True}
    assert {item["role"]: item["emailAddress"] for item in found["permissions"]} == {"owner": OWNER, "writer": ROBOT}
    error = client.call("GET", url, params={"fields": "versions"}).json()["error"]
    assert error["message"] == "Invalid field selection versions"


def test_versions_lag(google: Emulator, client: Client):
    google.drive.lag_s = 30

    def version():
        return client.call("GET", f"/drive/v3/files/{client.book}", params={"fields": "version"}).json()["version"]

    first = version()
    google.clock.advance(100)
    google.person(client.book).type("Deals", 1, 0, "x")
    assert version() == first
    google.clock.advance(31)
    assert version() != first


def test_files_list_and_export(google: Emulator, client: Client):
    found = client.call("GET", "/drive/v3/files", params={"q": "name = 'База'"}).json()
    assert [item["id"] for item in found["files"]] == [client.book]
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    answer = client.call("GET", f"/drive/v3/files/{client.book}/export", params={"mimeType": kind})
    assert answer.content[:2] == b"PK"


def test_gspread_works_on_it(google: Emulator, book: str):
    import gspread

    class Http(gspread.http_client.HTTPClient):
        def request(self, method, endpoint, **given):
            for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
                endpoint = endpoint.replace(host, google.url)
            return super().request(method, endpoint, **given)

    found = own_account(google)
    opened = gspread.authorize(found, http_client=Http).open_by_key(book)
    assert opened.worksheet("Deals").get_all_values() == [["id", "сумма"], ["1", "10"], ["2", "20"]]
    opened.worksheet("Deals").update([["x"]], "A5", raw=True)
    assert opened.values_batch_get(["Deals!A5"])["valueRanges"][0]["values"] == [["x"]]
    opened.client.session.close()
