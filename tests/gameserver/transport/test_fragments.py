"""Messages in pieces."""

from __future__ import annotations

import pytest

from gameserver.transport.closing import Broken
from gameserver.transport.fragments import Fragments, decode


def test_pieces_make_a_message_of_their_first_ones_kind() -> None:
    fragments = Fragments(10)
    for text, whole in ((True, "aébc"), (False, "aébc".encode())):
        fragments.begin(b"a\xc3", text)  # half a letter
        assert fragments.under_way
        assert fragments.go_on(b"\xa9b", False) is None
        assert fragments.go_on(b"c", True) == whole
        assert not fragments.under_way


def test_all_pieces_together_are_held_to_the_limit() -> None:
    fragments = Fragments(4)
    fragments.begin(b"ab", False)
    assert fragments.go_on(b"cd", True) == b"abcd"
    fragments.begin(b"ab", False)
    with pytest.raises(Broken) as broken:
        fragments.go_on(b"cde", False)
    assert broken.value.code == 1009
    assert not fragments.under_way


def test_pieces_out_of_order_are_a_fault() -> None:
    fragments = Fragments(10)
    with pytest.raises(Broken) as broken:
        fragments.go_on(b"", True)
    assert broken.value.code == 1002
    fragments.begin(b"", True)
    with pytest.raises(Broken) as broken:
        fragments.begin(b"", True)
    assert broken.value.code == 1002


def test_text_must_be_utf_8() -> None:
    assert decode(b"\xc3\xa9") == "é"
    with pytest.raises(Broken) as broken:
        decode(b"\xc3")
    assert broken.value.code == 1007
