"""Colyseus and the Node it runs on, from npm into a folder of their own; once, until what is wanted changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.stage import Absent, Stage

WANTED = Path(__file__).with_name("package.json")
WORDS = ("install", "--legacy-peer-deps", "--omit=optional", "--no-audit", "--no-fund")


def installed(stage: Stage) -> Path:
    """The folder with node_modules. Raises Absent when npm cannot install."""
    folder = stage.peers
    mark = folder / "installed.json"
    if not mark.exists() or mark.read_bytes() != WANTED.read_bytes():
        _install(stage, folder)
        shutil.copyfile(WANTED, mark)
    stage.notes["peers"] = {name: version_of(folder, name) for name in json.loads(WANTED.read_text())["dependencies"]}
    return folder


def version_of(folder: Path, package: str) -> str:
    """The version that npm chose."""
    return str(json.loads((folder / "node_modules" / package / "package.json").read_text())["version"])


def _install(stage: Stage, folder: Path) -> None:
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")
    if npm is None:
        raise Absent("npm is not here: it comes with `make dev`")
    stage.say("installing Colyseus and Node from npm ...")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(WANTED, folder / "package.json")
    try:
        done = subprocess.run([npm, *WORDS], check=False, cwd=folder, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as error:
        raise Absent("npm took more than five minutes") from error
    if done.returncode:
        raise Absent(f"npm could not install the peers: {done.stderr[-300:]}")
