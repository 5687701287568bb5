"""The one port of this machine: opened first, inherited by every web process, so that they share it."""

from __future__ import annotations

import errno
import shutil
import socket
import subprocess

from gameserver.listening import CannotListen, Place, listen

BACKLOG = 2048  # all players come back at once while every web process starts again


class PortError(Exception):
    """The address cannot be listened on; the message says what to do."""


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket for children to inherit; raises `PortError` with the reason and a way out."""
    try:
        listening = listen(Place(host, port))
    except CannotListen as error:
        raise PortError(f"{error}{_way_out(error.__cause__, port)}") from error
    listening.listen(BACKLOG)
    listening.setblocking(False)
    listening.set_inheritable(True)
    return listening


def _way_out(cause: BaseException | None, port: int) -> str:
    """Who has the port, and what to type instead."""
    if not isinstance(cause, OSError) or cause.errno != errno.EADDRINUSE:
        return " Or try: make play HOST=127.0.0.1 PORT=8000"
    free = port + 1 if port < 65_535 else port - 1
    return f"{_holder(port)} For example: make play PORT={free}"


def _holder(port: int) -> str:
    """Which process has the port, where a tool on this machine can tell cheaply; else nothing."""
    if not shutil.which("lsof"):
        return ""
    command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=2, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    fields = {line[0]: line[1:] for line in reversed(told.splitlines()) if line}
    return f" It is process {fields['p']} ({fields.get('c', '?')})." if "p" in fields else ""


def names_of_this_machine(host: str) -> list[str]:
    """Under which names and addresses others on the network may reach a server that listens on `host`."""
    names = {host, socket.gethostname(), socket.getfqdn()} - {"0.0.0.0", "::", ""}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks the kernel for its route
            names.add(probe.getsockname()[0])
        except OSError:
            pass  # no network: the names must do
    return sorted(names)
