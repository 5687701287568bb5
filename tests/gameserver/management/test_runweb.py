"""manage.py runweb, as an operator meets it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests.support.processes import TOP, Process, wait_for


def test_it_listens_on_a_free_port_and_says_where(valkey_url: str) -> None:
    with Process.manage("web", "runweb", "--port", "0") as web:
        web.wait_for_output("listens on")
        url = re.findall(r"listens on (http://\S+)", web.output)[0]
        wait_for(lambda: urllib.request.urlopen(f"{url}/healthz", timeout=5).status == 200, 20, web.output)
        assert web.stop() == 0, web.output


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_a_taken_port_is_a_sentence_and_exit_code_1(server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "runweb", "--port", str(port), "--server", server],
            cwd=TOP, env=os.environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_and_a_descriptor_exclude_each_other() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "runweb", "--port", "1", "--fd", "3"],
        cwd=TOP, env=os.environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "not allowed with" in done.stderr
