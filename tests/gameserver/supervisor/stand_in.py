"""A supervisor with stand-ins for our programs, to be run, signalled and killed: python stand_in.py VAR PORT KIND.

KIND: `good` ones serve and end when asked; a `stubborn` engine ignores SIGTERM; a `refused` start fails its check.
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
server.serve_forever()
"""
ENGINE = """
import os, signal, sys, time
def bye(*_):
    if sys.argv[1] == "stubborn": return
    print("engine says bye", flush=True); os._exit(0)
signal.signal(signal.SIGTERM, bye)
print("engine is process", os.getpid(), flush=True)
while True: time.sleep(0.05)
"""


def answers(address: str) -> bool:
    """Whether the stand-in for web serves."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=1) as response:
            return bool(response.status == 200)
    except OSError:
        return False


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
            Program("engine", (sys.executable, "-c", ENGINE, kind), "engine"),
            Program("web", (sys.executable, "-c", WEB, str(descriptor)), "web", inherited=(descriptor,)),
        ]
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        supervisor = Supervisor(Screen(), valkey, check=check, probe=lambda: answers(address))
        await supervisor.run(programs, address)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
