"""A supervisor with stand-ins for our programs, to be run, signalled and killed: python stand_in.py VAR PORT KIND.

KIND: `good` ones serve and end when asked; a `stubborn` engine ignores SIGTERM; a `refused` start fails its check; of
`doomed` engines only the first ever lives.
"""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from pathlib import Path

from gameserver.supervisor.output import Screen
from gameserver.supervisor.plan import Program
from gameserver.supervisor.port import open_port
from gameserver.supervisor.supervisor import Supervisor
from gameserver.valkey import EmbeddedValkey

READY = """
def tell_ready():
    os.write(int(os.environ["HOLDFAST_READY_FD"]), b"ready"); os.close(int(os.environ["HOLDFAST_READY_FD"]))
"""
WEB = """
import http.server, os, signal, socket, sys
def bye(*_):
    print("web says bye", flush=True); os._exit(0)
signal.signal(signal.SIGTERM, bye)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(str(os.getpid()).encode())
    def log_message(self, *_): pass
server = http.server.HTTPServer(("", 0), Health, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.socket.setblocking(True)
print("web is process", os.getpid(), flush=True)
tell_ready()
server.serve_forever()
"""
ENGINE = """
import os, signal, sys, time
def bye(*_):
    if sys.argv[1] == "stubborn": return
    print("engine says bye", flush=True); os._exit(0)
signal.signal(signal.SIGTERM, bye)
if sys.argv[1] == "doomed":
    try: open(sys.argv[2], "x")
    except FileExistsError: sys.exit(3)
print("engine is process", os.getpid(), "in its life", os.environ["HOLDFAST_LIFE"], flush=True)
tell_ready()
while True: time.sleep(0.05)
"""


def answers(address: str) -> bool:
    """Whether the stand-in for web serves."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def python(program: str, *words: str) -> tuple[str, ...]:
    """How to run one."""
    return (sys.executable, "-c", program.replace("\ndef ", READY + "def ", 1), *words)


async def died(life: str) -> None:
    """Told of an engine that is dead."""
    Screen().say("play", f"{life} is buried")


async def main(var: Path, port: int, kind: str) -> None:
    """Run Valkey, an engine and a web process until told to stop."""
    valkey = EmbeddedValkey(var)
    valkey.lock()

    def check() -> None:
        if kind == "refused":
            raise RuntimeError("the shards differ")

    with open_port("127.0.0.1", port) as listening:
        descriptor = listening.fileno()
        programs = [
            Program("engine", python(ENGINE, kind, str(var / "born")), "engine", owns=True, tells=True),
            Program("web", python(WEB, str(descriptor)), "web", inherited=(descriptor,), tells=True),
        ]
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        supervisor = Supervisor(Screen(), valkey, check=check, probe=lambda: answers(address), died=died)
        await supervisor.run(programs, address)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
