"""As much of Colyseus' schema encoding as the bench's states need: structures, maps of structures, fixed numbers, text.

A message is a list of changes. Each begins in the structure with reference 0 (the root) or, after the byte 255, in the
one whose number follows. A change of a field is one byte, operation in the upper two bits and field in the lower six,
then the value; of a map it is the operation, the index, for a new entry its key, then the value. A structure's value is
its reference number.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from tests.bench.load.summary import Seen

SWITCH = 255
ADD, DELETE = 128, 64
TEXT = "text"
U8, U16, U32 = struct.Struct("<B"), struct.Struct("<H"), struct.Struct("<I")
Shape = list[tuple[str, Any]]
"""Fields in their order: a number, "text", or ("map", shape of its values)."""

TOLD: Shape = [("mark", U32), ("aim", U16), ("keys", U8)]
SHIP: Shape = [("x", U16), ("y", U16), ("heading", U8), ("score", U16), ("mark", U32)]
SHAPES: dict[str, Shape] = {
    "board": [("n", U32), ("text", TEXT)],
    "marks": [("n", U32), ("players", ("map", TOLD))],
    "drift": [("n", U32), ("coin_x", U16), ("coin_y", U16), ("ships", ("map", SHIP))],
}
"""As in peers/colyseus.mjs."""


class Unreadable(ValueError):
    """Bytes that are not of this encoding, or more of it than the bench's states use."""


@dataclass(slots=True)
class Node:
    """A structure, or a map when it has no `shape` of its own."""

    shape: Shape
    is_map: bool
    values: dict[str, Any] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    """Of a map: which index stands for which key."""


class Mirror:
    """The state of one room, kept up by its messages."""

    def __init__(self, game: str) -> None:
        """Empty: begin with the whole."""
        self._nodes: dict[int, Node] = {0: Node(SHAPES[game], is_map=False)}
        self._raw, self._at = b"", 0

    @property
    def root(self) -> dict[str, Any]:
        """The state's fields; a map is a Node."""
        return self._nodes[0].values

    def apply(self, raw: bytes, at: int) -> None:
        """Take in a message from its byte `at` on. Raises Unreadable."""
        self._raw, self._at = raw, at
        node = self._nodes[0]
        try:
            while self._at < len(raw):
                if raw[self._at] == SWITCH:
                    self._at += 1
                    node = self._nodes[self._number()]
                elif node.is_map:
                    self._entry(node)
                else:
                    self._field(node)
        except (IndexError, KeyError, struct.error) as error:
            raise Unreadable(f"at byte {self._at} of {raw!r}: {error}") from error

    def summary(self) -> Seen:
        """The number of the state, and the players' marks in the order in which they came."""
        people = self._people()
        return self.root["n"], None if people is None else [node.values.get("mark", 0) for node in people.values()]

    def place_of(self, session: str) -> int | None:
        """Where a player's mark stands in the summary; None when it is not there yet."""
        people = list(self._people() or ())
        return people.index(session) if session in people else None

    def _people(self) -> dict[str, Node] | None:
        found = self.root.get("players") or self.root.get("ships")
        return None if found is None else found.values

    def _field(self, node: Node) -> None:
        byte = self._byte()
        name, kind = node.shape[byte & 0x3F]
        if byte & 0xC0 == DELETE:
            node.values.pop(name, None)
            return
        node.values[name] = self._value(kind)

    def _entry(self, node: Node) -> None:
        operation, index = self._byte(), self._number()
        if operation & DELETE and not operation & ADD:
            node.values.pop(node.keys.pop(index), None)
            return
        if operation & ADD:
            node.keys[index] = self._text()
        node.values[node.keys[index]] = self._structure(Node(node.shape, is_map=False))

    def _value(self, kind: Any) -> Any:
        if isinstance(kind, struct.Struct):
            (number,) = kind.unpack_from(self._raw, self._at)
            self._at += kind.size
            return number
        if kind == TEXT:
            return self._text()
        return self._structure(Node(kind[1], is_map=True))

    def _structure(self, fresh: Node) -> Node:
        """The structure whose number comes: a known one, or `fresh` under that number."""
        return self._nodes.setdefault(self._number(), fresh)

    def _byte(self) -> int:
        self._at += 1
        return self._raw[self._at - 1]

    def _number(self) -> int:
        """A number of any size: small ones are one byte, others say their size first."""
        first = self._byte()
        if first < 0x80:
            return first
        sizes = {0xCC: U8, 0xCD: U16, 0xCE: U32}
        if first not in sizes:
            raise Unreadable(f"a number that begins with {first:#x}")
        return int(self._value(sizes[first]))

    def _text(self) -> str:
        first = self._byte()
        if first & 0xE0 == 0xA0:
            size = first & 0x1F
        elif first == 0xD9:
            size = self._byte()
        elif first == 0xDA:
            size = int(self._value(U16))
        else:
            raise Unreadable(f"a text that begins with {first:#x}")
        self._at += size
        return self._raw[self._at - size : self._at].decode()
