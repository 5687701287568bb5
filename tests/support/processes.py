"""A real process of ours under test: started, listened to, hurt, and always ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

TOP = Path(__file__).resolve().parents[2]


def wait_for(what: Callable[[], object], seconds: float, why: str | Callable[[], str]) -> None:
    """Return when `what()` is true; fail with `why` (asked only then) when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {why() if callable(why) else why}")
        time.sleep(0.02)


class Process:
    """One child process in a session of its own, so that a signal to the test run does not reach it."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        inherited: Sequence[int] = (),
    ) -> None:
        """Starts it at once; `output` collects what it says on both of its outputs."""
        self.name = name
        self._lines: list[str] = []
        self._popen = subprocess.Popen(
            argv,
            cwd=TOP,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._popen.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._popen.stdout,), daemon=True)
        self._reader.start()

    @classmethod
    def manage(
        cls, name: str, *words: str, env: Mapping[str, str] | None = None, inherited: Sequence[int] = ()
    ) -> Self:
        """A `manage.py` command."""
        argv = [sys.executable, str(TOP / "manage.py"), *words]
        return cls(name, argv, {"HOLDFAST_PROCESS": name, **(env or {})}, inherited)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._popen.poll() is None

    @property
    def output(self) -> str:
        """All it has said so far."""
        return "".join(self._lines)

    def wait_for_output(self, text: str, seconds: float = 30.0) -> None:
        """Return when it has said `text`; fail with all it said if it does not, or dies."""
        wait_for(lambda: text in self.output or not self.running, seconds, lambda: f"{text!r} in\n{self.output}")
        self._reader.join(timeout=0 if self.running else 2)
        assert text in self.output, f"{self.name} ended without saying {text!r}:\n{self.output}"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def wait(self, seconds: float = 30.0) -> int:
        """Its exit code, once it has ended; fails with its output if it does not."""
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds:g} s:\n{self.output}") from None
        self._reader.join(timeout=2)
        return code

    def stop(self, seconds: float = 30.0) -> int:
        """Ask it to end with SIGTERM; its exit code."""
        if self.running:
            self.send(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self) -> None:
        """SIGKILL: no word of farewell. Harmless if it is gone."""
        if self.running:
            self._popen.kill()
        self._popen.wait(timeout=10)
        self._reader.join(timeout=2)
        if self._popen.stdout is not None and not self._reader.is_alive():
            self._popen.stdout.close()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.append(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
