"""Listeners for the tests: one that writes down what it hears, and some that nobody would want."""

from __future__ import annotations

import os
import time
from pathlib import Path


class Loud:
    """Writes one line a call to the file named in the environment."""

    def _write(self, line):
        with Path(os.environ["LISTENING"]).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def after_run(self, config, result, now):
        self._write(f"after_run {config.name} {len(result.open_tasks)}")

    def failed(self, config, error, now):
        self._write(f"failed {config.name} {error.key}")

    def tick(self, config, now):
        self._write(f"tick {config.name}")

    def stopped(self, configs, now, why):
        self._write(f"stopped {len(configs)} {why}")


class Raising(Loud):
    """Always fails, and quotes a client while doing so."""

    def _write(self, line):
        raise ValueError("Vera Gushchina, +7 916 123-45-67")


class Hanging(Loud):
    """Never comes back from a tick."""

    def tick(self, config, now):
        time.sleep(600)


class Dying(Loud):
    """Takes its process with it."""

    def tick(self, config, now):
        os._exit(3)
