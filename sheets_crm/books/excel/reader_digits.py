"""Whole numbers straight from the bytes of a block, all at once: most values of a sheet are such numbers.

Knows nothing of cells. Source: the digits of a word are added up in pairs, fours and eights (as in D. Lemire's fast_float).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_WORD = 8  # the most digits
_NOUGHTS = np.uint64(int.from_bytes(b"0" * _WORD, "little"))
_ABOVE_NINE = np.uint64(0x7676767676767676)  # with more than 9 added to a byte, its highest bit is set
_HIGH_BITS = np.uint64(0x8080808080808080)


def whole_numbers(
    words: npt.NDArray[np.uint64], start: npt.NDArray[np.int64], size: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The numbers that stand at `start` in `size` bytes; and where one stands: one to eight ASCII digits, nothing else.

    words: the eight bytes at any position, the first one lowest. Where no such number stands, its value means nothing.
    """
    good: npt.NDArray[Any] = (size > 0) & (size <= _WORD)
    spare = (8 * (_WORD - np.where(good, size, _WORD))).astype(
        np.uint64
    )  # bits: noughts come to stand before the digits
    digits = (words[start] << spare) ^ (_NOUGHTS << spare)
    good &= ((digits + _ABOVE_NINE) | digits) & _HIGH_BITS == 0
    pairs = (digits * np.uint64(10 << 8 | 1)) >> np.uint64(8) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100 << 16 | 1)) >> np.uint64(16) & np.uint64(0x0000FFFF0000FFFF)
    return ((fours * np.uint64(10_000 << 32 | 1)) >> np.uint64(32)).astype(np.float64), good
