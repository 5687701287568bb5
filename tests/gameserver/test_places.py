"""Paths and the secret key: short enough for a socket, made once however many start at once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gameserver.places import BASE_DIR, LONGEST_SOCKET_PATH, secret_key, valkey_socket, var_folder


def test_var_lies_in_the_checkout_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOLDFAST_VAR")
    assert var_folder() == BASE_DIR / "var"
    monkeypatch.setenv("HOLDFAST_VAR", "/some/where")
    assert var_folder() == Path("/some/where")


def test_the_socket_lies_beside_its_files_where_the_path_is_short() -> None:
    assert valkey_socket(Path("/srv/holdfast/var")) == Path("/srv/holdfast/var/valkey/valkey.sock")


def test_the_socket_moves_to_a_short_path_of_its_own_where_it_is_long() -> None:
    deep, deeper = Path("/" + "x" * 90), Path("/" + "x" * 91)
    assert len(os.fsencode(valkey_socket(deep))) <= LONGEST_SOCKET_PATH
    assert valkey_socket(deep) != valkey_socket(deeper)
    assert valkey_socket(deep) == valkey_socket(deep)


def test_the_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    var = tmp_path / "var"
    key = secret_key(var)
    assert len(key) >= 50
    assert secret_key(var) == key
    assert stat.S_IMODE((var / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in var.iterdir()] == ["secret_key"]


def test_of_several_that_start_at_once_the_first_to_link_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def beaten(draft: Path, kept: Path) -> None:
        kept.write_text("the key of the other process")
        link(draft, kept)

    monkeypatch.setattr(os, "link", beaten)
    assert secret_key(tmp_path) == "the key of the other process"
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    with pytest.raises(RuntimeError, match="Delete it: a new key is made at the next start"):
        secret_key(tmp_path)
