"""Who is calling: accounts, their keys, and the token endpoint (service account, refresh token, code of a sign-in).

Keys and tokens here are made for a test and open nothing.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.google.emulator.errors import ApiError, named

SHEETS_SCOPE = "https://www.googleapis.com/auth/spreadsheets"
DRIVE_SCOPE = "https://www.googleapis.com/auth/drive"
ALL_SCOPES = frozenset({SHEETS_SCOPE, DRIVE_SCOPE})
LIFE_S = 3600
PROJECT = "emulator-project"


@dataclass(frozen=True)
class Grant:
    """What an access token allows: whose it is, for what, from which project, until when."""

    email: str
    scopes: frozenset[str]
    project: str
    until: float


class TokenError(Exception):
    """The token endpoint refuses: `invalid_grant` and others."""

    def __init__(self, error: str, description: str, code: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.code = error, description, code

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


@cache
def _key() -> rsa.RSAPrivateKey:
    """One key for all tests of a process: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Access:
    """Accounts and tokens of an emulator."""

    now: Callable[[], float]
    required: bool = True
    tokens: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    codes: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    services: dict[str, str] = field(default_factory=dict)  # address -> project
    disabled: set[str] = field(default_factory=set)  # addresses that the token endpoint refuses
    signs_in: str = "owner@example.com"  # who answers when a browser is sent to sign in

    def token(self, email: str, scopes: frozenset[str] | set[str] = ALL_SCOPES, project: str = PROJECT) -> str:
        """A fresh access token."""
        text = "ya29." + secrets.token_urlsafe(24)
        self.tokens[text] = Grant(email, frozenset(scopes), project, self.now() + LIFE_S)
        return text

    def expire_all(self) -> None:
        """All access tokens given out so far stop working."""
        self.tokens.clear()

    def caller(self, header: str | None) -> Grant:
        """Whose token stands in the Authorization header. ApiError 401 for none of ours."""
        if not header and not self.required:
            return Grant(self.signs_in, ALL_SCOPES, PROJECT, 0)
        if not header:
            raise ApiError(
                403,
                "Method doesn't allow unregistered callers (callers without established identity). Please use API Key "
                "or other form of API consumer identity to call this API.",
            )
        grant = self.tokens.get(header.removeprefix("Bearer ").strip())
        if grant is None or grant.until <= self.now():
            raise named("401")
        return grant

    def service_account(self, email: str, project: str = PROJECT) -> None:
        """Make an account known whose key is the emulator's."""
        self.services[email] = project

    def key_info(self, email: str, token_uri: str, project: str = PROJECT) -> dict[str, str]:
        """The content of a service account's key file."""
        self.service_account(email, project)
        pem = _key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": project,
            "private_key_id": "0" * 40,
            "private_key": pem.decode(),
            "client_email": email,
            "client_id": "100000000000000000001",
            "auth_uri": token_uri.replace("/token", "/auth"),
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def write_key(self, path: Path, email: str, token_uri: str, project: str = PROJECT) -> Path:
        """A service account's key file of mode 0600."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.key_info(email, token_uri, project), indent=2), "utf-8")
        return path

    def user(self, email: str, scopes: frozenset[str] | set[str] = ALL_SCOPES) -> str:
        """A refresh token of a person's own account."""
        text = "1//" + secrets.token_urlsafe(24)
        self.refresh[text] = (email, frozenset(scopes))
        return text

    def sign_in(self, scopes: str) -> str:
        """The code that a sign-in in the browser gives."""
        code = "4/" + secrets.token_urlsafe(16)
        self.codes[code] = (self.signs_in, frozenset(scopes.split()))
        return code

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint. TokenError when it refuses."""
        kind = form.get("grant_type", "")
        if kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            email, scopes, project = self._signed(form.get("assertion", ""))
            return self._answer(email, scopes, project)
        if kind == "refresh_token":
            email, scopes = self._known(
                self.refresh, form.get("refresh_token", ""), "Token has been expired or revoked."
            )
            return self._answer(email, scopes, PROJECT)
        if kind == "authorization_code":
            email, scopes = self._known(self.codes, form.get("code", ""), "Malformed auth code.")
            del self.codes[form["code"]]
            return {**self._answer(email, scopes, PROJECT), "refresh_token": self.user(email, scopes)}
        raise TokenError("unsupported_grant_type", f"Invalid grant_type: {kind}")

    def _known(self, held: dict[str, tuple[str, frozenset[str]]], text: str, why: str) -> tuple[str, frozenset[str]]:
        if text not in held or held[text][0] in self.disabled:
            raise TokenError("invalid_grant", why)
        return held[text]

    def _answer(self, email: str, scopes: frozenset[str], project: str) -> dict[str, Any]:
        return {
            "access_token": self.token(email, scopes, project),
            "expires_in": LIFE_S - 1,
            "scope": " ".join(sorted(scopes)),
            "token_type": "Bearer",
        }

    def _signed(self, assertion: str) -> tuple[str, frozenset[str], str]:
        try:
            head, claims_part, signature = assertion.split(".")
            claims = json.loads(_decoded(claims_part))
            email = claims["iss"]
        except (ValueError, KeyError):
            raise TokenError("invalid_request", "Bad Request") from None
        if email not in self.services:
            raise TokenError("invalid_grant", "Invalid grant: account not found")
        if email in self.disabled:
            raise TokenError("invalid_grant", "Account has been deleted")
        try:
            signed = f"{head}.{claims_part}".encode()
            _key().public_key().verify(_decoded(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise TokenError("invalid_grant", "Invalid JWT Signature.") from None
        if not str(claims.get("aud", "")).endswith("/token"):
            raise TokenError("invalid_grant", "Invalid JWT: Failed audience check.")
        if claims.get("exp", 0) - claims.get("iat", 0) > LIFE_S or not claims.get("scope"):
            raise TokenError("invalid_scope" if not claims.get("scope") else "invalid_grant", "Invalid JWT claims.")
        return claims.get("sub", email), frozenset(claims["scope"].split()), self.services[email]

    def is_service(self, email: str | None) -> bool:
        return email in self.services


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
