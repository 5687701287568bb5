"""Close codes on the wire (RFC 6455, section 7.4): which may be sent, and what answers a peer's close. Pure."""

from __future__ import annotations

from typing import Final

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
NO_CODE: Final = 1005
"""A close without a code: never sent, only told to the application."""
ABNORMAL: Final = 1006
"""The connection ended without a close: never sent, only told to the application."""
BAD_TEXT: Final = 1007
TOO_BIG: Final = 1009
INTERNAL: Final = 1011


class Broken(Exception):
    """A peer broke the protocol or a limit: the code and reason to close with."""

    def __init__(self, code: int, reason: str) -> None:
        """`reason` is a few ASCII words of ours."""
        super().__init__(reason)
        self.code, self.reason = code, reason


def may_be_sent(code: int) -> bool:
    """Whether a peer may put this code into a close frame."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def reply_to(code: int) -> int:
    """The code that answers a peer's close with `code` (NO_CODE: it had none)."""
    if code == NO_CODE:
        return NORMAL
    return code if may_be_sent(code) else PROTOCOL_ERROR
