"""The lines of a scenario, in a process of their own: what they carry must not wait for the players' Python.

    with Network() as network:
        network.open("engine-1", near=Line.unix(a), far=Line.unix(b))
        network.do("engine-1", "stall")

`python -m tests.chaos.network` is that process: one JSON command a line on its input, one answer a line on its output.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import Any, Self

from tests.chaos.link import Line, Place
from tests.support.processes import TOP


class Network:
    """The caller's side. Every call waits for its answer, a millisecond or so. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def open(self, name: str, near: Place, far: Place) -> int:
        """A new line; the port it listens on, 0 for a unix socket."""
        return int(self._ask(line=name, do="open", near=asdict(near), far=asdict(far)))

    def do(self, name: str, what: str, **how: Any) -> Any:
        """Switch a fault of one line: a method of `Line` and its arguments."""
        return self._ask(line=name, do=what, how=how)

    def _ask(self, **command: Any) -> Any:
        with self._lock:
            assert self._process is not None
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline() or '{"error": "the network has ended"}')
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer["is"]

    def __enter__(self) -> Self:
        argv = [sys.executable, "-m", "tests.chaos.network"]
        self._process = subprocess.Popen(argv, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.communicate()  # closes its input, at which it ends
        self._process = None


async def serve() -> None:
    """Obey commands until there are no more."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    lines: dict[str, Line] = {}
    while raw := await commands.readline():
        try:
            answer = {"is": await _obey(lines, json.loads(raw))}
        except Exception as error:  # whatever it is, the caller is told and decides
            answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for line in lines.values():
        await line.close()


async def _obey(lines: dict[str, Line], command: dict[str, Any]) -> Any:
    name, what = command["line"], command["do"]
    if what == "open":
        if name not in lines:
            lines[name] = Line(Place(**command["near"]), Place(**command["far"]), seed=name)
        await lines[name].open()
        return lines[name].near.port
    if what == "open_again":
        await lines[name].open()
        return None
    if what == "aim":
        lines[name].far = Place(**command["how"])
        return None
    if what == "connections":
        return lines[name].connections
    return getattr(lines[name], what)(**command.get("how", {}))


if __name__ == "__main__":
    asyncio.run(serve())
