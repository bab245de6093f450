"""Encrypted copies are files of the age format: others open them, nothing that was changed is believed."""

import io
import os
import subprocess
import sys

import pytest

from sheets_crm.sync.backup import age

PIECE = 64 * 1024
SECRET = "тайный пароль ё"
# Made by the reference program (age 1.1.1, `age -p`), work factor 18; passphrase "correct horse battery".
BY_AGE = bytes.fromhex(
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e207363727970742031386c697267512b372b7152397047736532"
    "587634412031380a384c70754c564a6b573750574b31474c317a2b426a41706c48306555554e37317459737034652f303248"
    "590a2d2d2d2046316258784364686d6b5366325a5878622f6c61546e30636c6e7473595545612b503841684850755544670a"
    "ebdacfbe804034055fa1c37cfbfbd688768b81f41251581fab359cff9b251b965dea8d88528866332ab353a7de6fc3"
)


def sealed(data: bytes, passphrase: str = SECRET) -> bytes:
    out = io.BytesIO()
    age.encrypt(io.BytesIO(data), out, passphrase, work=4)
    return out.getvalue()


def opened(data: bytes, passphrase: str = SECRET) -> bytes:
    out = io.BytesIO()
    age.decrypt(io.BytesIO(data), out, passphrase)
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17])
def test_what_was_put_in_comes_out(size):
    data = os.urandom(size)
    assert opened(sealed(data)) == data


@pytest.mark.slow
def test_a_file_of_the_reference_program_is_opened():
    assert opened(BY_AGE, "correct horse battery") == b"made elsewhere\n"


@pytest.mark.parametrize("size", [0, 5, PIECE, 2 * PIECE + 1])
def test_another_library_opens_ours(size):
    from pyrage import passphrase

    data = os.urandom(size)
    assert passphrase.decrypt(sealed(data), SECRET) == data


def test_nothing_is_encrypted_alike_twice():
    assert sealed(b"x") != sealed(b"x")
    assert b"x" * 100 not in sealed(b"x" * 1000)


def test_another_passphrase_does_not_open_it():
    with pytest.raises(age.WrongPassphrase):
        opened(sealed(b"data"), "другой")


def test_letters_may_be_stored_in_two_ways():
    composed, taken_apart = "й\u0439\u00e9", "й\u0438\u0306e\u0301"
    assert opened(sealed(b"data", composed), taken_apart) == b"data"


def test_a_bit_changed_anywhere_is_noticed():
    whole = sealed(b"some data")
    for at in range(0, len(whole), 3):
        changed = bytearray(whole)
        changed[at] ^= 0x01
        with pytest.raises((age.Broken, age.WrongPassphrase)):
            opened(bytes(changed))


@pytest.mark.parametrize("cut", [1, 16, 17, PIECE, PIECE + 16, PIECE + 17, 2 * (PIECE + 16)])
def test_a_file_cut_short_is_noticed(cut):
    with pytest.raises(age.Broken):
        opened(sealed(os.urandom(2 * PIECE))[:-cut])


@pytest.mark.parametrize("more", [b"\n", b"x" * 16, os.urandom(PIECE + 16)])
def test_a_file_with_more_behind_is_noticed(more):
    with pytest.raises(age.Broken):
        opened(sealed(os.urandom(PIECE)) + more)


def test_pieces_in_another_order_are_noticed():
    whole = sealed(os.urandom(3 * PIECE))
    start = len(whole) - 3 * (PIECE + 16)
    pieces = [whole[start + n * (PIECE + 16) : start + (n + 1) * (PIECE + 16)] for n in range(3)]
    with pytest.raises(age.Broken):
        opened(whole[:start] + pieces[1] + pieces[0] + pieces[2])


@pytest.mark.parametrize(
    "strange",
    [b"", b"PK\3\4", b"age-encryption.org/v1\n", b"age-encryption.org/v2\n-> scrypt a 1\n", b"\n" * 600],
)
def test_what_is_no_such_file_is_told(strange):
    with pytest.raises(age.Broken):
        opened(strange)


def test_a_file_that_asks_for_too_much_memory_is_refused():
    greedy = sealed(b"x").replace(b" 4\n", b" 30\n", 1)
    with pytest.raises(age.Broken):
        opened(greedy)


def test_memory_is_bounded(tmp_path):
    """A large file takes what its key takes, and no more."""
    code = (
        "import sys, io, resource\n"
        "from sheets_crm.sync.backup import age\n"
        "class Zeros:\n"
        "    left = 80_000_000\n"
        "    def read(self, size):\n"
        "        size = min(size, self.left); self.left -= size; return bytes(size)\n"
        "class Nowhere:\n"
        "    def write(self, data): pass\n"
        "age.encrypt(io.BytesIO(b''), Nowhere(), 'x', work=4)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "age.encrypt(Zeros(), Nowhere(), 'x', work=4)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    if sys.platform == "win32":
        return  # no such measure there
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000  # kB
