"""Files encrypted with a passphrase, in the age format (age-encryption.org/v1): `age -d` opens them without us.

Piece by piece: a file of any size takes the memory of one piece, and the key's own (2^18 blocks of scrypt: 256 MB for half
a second). Composes primitives of `cryptography`; invents none. Knows nothing of copies or workbooks.
Why not a library for the whole format: pyrage's passphrase mode holds a file whole in memory three times over, and chooses
its own work factor, which on a fast machine asks for a gigabyte at every file.
Source: C2SP age specification, https://c2sp.org/age (header, scrypt recipient, payload).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterator
from typing import Protocol

ENDING = ".age"
WORK = 18  # log2 of scrypt's cost: what age itself takes
MOST_WORK = 20  # of a file to be opened: more would ask for over a gigabyte of memory
_VERSION = b"age-encryption.org/v1\n"
_LABEL = b"age-encryption.org/v1/scrypt"
_PIECE = 64 * 1024
_TAG = 16
_SCRYPT = re.compile(rb"-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n")
_MAC = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n")
_LONGEST_HEADER = 512


class Source(Protocol):
    """What is read from."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Target(Protocol):
    """What is written to."""

    def write(self, data: bytes, /) -> object: ...


class Broken(Exception):
    """The file is cut short, changed, or no file of this kind."""


class WrongPassphrase(Exception):
    """The file is one of this kind, and this passphrase does not open it."""


def encrypt(source: Source, target: Target, passphrase: str, *, work: int = WORK) -> None:
    """Write what `source` holds to `target`, encrypted."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    file_key, salt, nonce = secrets.token_bytes(16), secrets.token_bytes(16), secrets.token_bytes(16)
    wrapped = ChaCha20Poly1305(_wrap_key(passphrase, salt, work)).encrypt(bytes(12), file_key, None)
    header = _VERSION + b"-> scrypt " + _text(salt) + b" %d\n" % work + _text(wrapped) + b"\n---"
    target.write(header + b" " + _text(_mac(file_key, header)) + b"\n" + nonce)
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    for number, piece, last in _numbered(source, _PIECE):
        target.write(cipher.encrypt(_nonce(number, last=last), piece, None))


def decrypt(source: Source, target: Target, passphrase: str) -> None:
    """Write what the encrypted `source` holds to `target`. What was written counts only when no error was raised.

    WrongPassphrase: this one does not open it. Broken: no such file, changed, or cut short.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    file_key = _opened_header(source, passphrase)
    nonce = source.read(16)
    if len(nonce) != 16:
        raise Broken
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    for number, piece, last in _numbered(source, _PIECE + _TAG):
        if last and number and len(piece) <= _TAG:
            raise Broken  # only an empty file may end with an empty piece
        try:
            target.write(cipher.decrypt(_nonce(number, last=last), piece, None))
        except InvalidTag as error:
            raise Broken from error


def _opened_header(source: Source, passphrase: str) -> bytes:
    """The file's key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    lines = [source.readline(_LONGEST_HEADER) for _ in range(4)]
    header = b"".join(lines)
    stanza = _SCRYPT.fullmatch(lines[1] + lines[2])
    mac = _MAC.fullmatch(lines[3])
    if lines[0] != _VERSION or stanza is None or mac is None or int(stanza[2]) > MOST_WORK:
        raise Broken
    key = _wrap_key(passphrase, _bytes(stanza[1]), int(stanza[2]))
    try:
        file_key = ChaCha20Poly1305(key).decrypt(bytes(12), _bytes(stanza[3]), None)
    except InvalidTag as error:
        raise WrongPassphrase from error
    authentic = _mac(file_key, header[: header.index(b"\n---") + 4])
    if not hmac.compare_digest(authentic, _bytes(mac[1])):
        raise Broken
    return file_key


def _numbered(source: Source, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """The pieces of a file with their numbers, and whether it is the last one; an empty file is one empty piece."""
    number, piece = 0, _exactly(source, size)
    while True:
        following = _exactly(source, size) if len(piece) == size else b""
        yield number, piece, not following
        if not following:
            return
        number, piece = number + 1, following


def _exactly(source: Source, size: int) -> bytes:
    """So many bytes, fewer only at the end of the file."""
    piece = source.read(size)
    while len(piece) < size and (more := source.read(size - len(piece))):
        piece += more
    return piece


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def _wrap_key(passphrase: str, salt: bytes, work: int) -> bytes:
    """The key that the passphrase gives. Composed letters: what a keyboard types, however it was stored."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    secret = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=_LABEL + salt, length=32, n=1 << work, r=8, p=1).derive(secret)


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")


def _text(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    """Canonical base64 only: one text for one value."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise Broken from error
    if _text(data) != text:
        raise Broken
    return data
