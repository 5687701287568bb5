"""Frames against the frames of another implementation, and made once for all."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from gameserver.frames import frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 100_000])
@pytest.mark.parametrize("text", [True, False])
def test_a_frame_is_what_the_rfc_says(size: int, text: bool) -> None:
    payload = b"x" * size
    theirs = Frame(Opcode.TEXT if text else Opcode.BINARY, payload).serialize(mask=False)
    assert frame(payload, text) == theirs


def test_the_same_payload_is_framed_once() -> None:
    payload = bytes(300)
    assert frame(payload, False) is frame(payload, False)
    assert frame(payload, True) is not frame(payload, False)
    assert frame(bytes(bytearray(payload)), False) == frame(payload, False)
