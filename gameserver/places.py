"""Where things are kept on this machine: the folder `var/`, the secret key in it, Valkey's socket."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_PATH = 100  # the kernel takes 108 bytes on Linux and 104 on macOS, the closing zero among them


def var_folder() -> Path:
    """The folder for everything written at run time: `var/` in the checkout, or HOLDFAST_VAR."""
    return Path(os.environ.get("HOLDFAST_VAR") or BASE_DIR / "var").resolve()


def valkey_socket(var: Path) -> Path:
    """Where the embedded Valkey listens: beside its files, or where that path is too long, in a short one."""
    beside = var / "valkey" / "valkey.sock"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    mark = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"holdfast-{os.getuid()}-{mark}" / "valkey.sock"


def secret_key(var: Path) -> str:
    """The key that signs cookies: made once, kept in `var/secret_key` for this user only.

    Several processes may start at once; the first to link its file wins and the others read the winner's.
    """
    kept = var / "secret_key"
    if not kept.exists():
        try:
            var.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"The folder {var} cannot be made ({error.strerror}). Set HOLDFAST_VAR."
            ) from None
        draft = var / f"secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, kept)
        except FileExistsError:
            pass  # another process was first: its key counts
        finally:
            draft.unlink()
    key = kept.read_text().strip()
    if not key:
        raise RuntimeError(f"{kept} is empty. Delete it: a new key is made at the next start (everyone logs in again).")
    return key
