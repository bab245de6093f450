"""An emulator of the Google Sheets v4 and Drive v3 subset, over real HTTP on loopback. README.md says what it does."""

from tests.google.emulator.calls import Clock
from tests.google.emulator.emulator import OWNER, ROBOT, Emulator
from tests.google.emulator.snapshot import differences

__all__ = ["OWNER", "ROBOT", "Clock", "Emulator", "differences"]
