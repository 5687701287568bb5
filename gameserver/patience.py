"""The event loop's selector: under load players' sockets are looked at every few milliseconds, all others at once.

kernel -> [patience] -> asyncio -> picows

To wake up costs a process, and those that it shares its core with, more than to take one message. So once messages come
closer together than a rest (HOLDFAST_REST_MS), those that come meanwhile wait in the kernel and are taken in one go.
What comes from Redis, HTTP and timers still wakes the process at once, and a message in a quiet moment never waits.
"""

from __future__ import annotations

import contextlib
import select as polls
import selectors
from collections.abc import Mapping
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

LIKELY: Final = 1.4
"""Of a rest: when one look comes so soon after the one before, a rest between them would have gathered something."""
Ready: TypeAlias = "list[tuple[selectors.SelectorKey, int]]"


class PatientSelector(selectors.BaseSelector):
    """Two epolls, one inside the other; while it rests, the outer one does not listen to the inner. Linux alone has
    them.
    """

    def __init__(self) -> None:
        """Nobody is patient yet, and nobody would have to wait."""
        self.rest_s = 0.0
        """How long patient sockets are left alone: a message waits half of it in the mean. 0: not at all."""
        self._outer, self._inner = polls.epoll(), polls.epoll()
        self._patient: set[int] = set()
        self._waiting: set[int] = set()
        """Those registered with the inner one."""
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._until = 0.0
        """While above 0: the inner one is left alone until then."""
        self._found = 0.0
        """When it was last looked at with something in it (monotonic seconds)."""
        self._who = -1
        """Who was found last."""
        self._gate = self._inner.fileno()
        self._outer.register(self._gate, polls.EPOLLIN)

    # -- who waits

    def be_patient(self, fd: int) -> None:
        """From its next registration on this descriptor may be kept waiting."""
        self._patient.add(fd)

    def forget(self, fd: int) -> None:
        """The descriptor is closed: who gets its number next is not patient."""
        self._patient.discard(fd)

    def _of(self, fd: int) -> polls.epoll:
        return self._inner if fd in self._waiting else self._outer

    # -- as any selector

    def register(self, fileobj: FileDescriptorLike, events: int, data: Any = None) -> selectors.SelectorKey:
        """Raises KeyError when it is registered already; ValueError, OSError."""
        fd = _number(fileobj)
        if fd in self._keys:
            raise KeyError(f"{fileobj!r} (descriptor {fd}) is registered already")
        if fd in self._patient:
            self._waiting.add(fd)
        try:
            self._of(fd).register(fd, _mask(events))
        except BaseException:
            self._waiting.discard(fd)
            raise
        self._keys[fd] = key = selectors.SelectorKey(fileobj, fd, events, data)
        return key

    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """Raises KeyError when it is not registered."""
        fd = _number(fileobj)
        key = self._keys.pop(fd)
        with contextlib.suppress(OSError):  # it was closed before
            self._of(fd).unregister(fd)
        self._waiting.discard(fd)
        return key

    def modify(self, fileobj: FileDescriptorLike, events: int, data: Any = None) -> selectors.SelectorKey:
        """Raises KeyError when it is not registered."""
        key = self._keys[_number(fileobj)]
        if events != key.events:
            self._of(key.fd).modify(key.fd, _mask(events))
        self._keys[key.fd] = key = key._replace(events=events, data=data)
        return key

    def get_key(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        """Raises KeyError when it is not registered."""
        return self._keys[_number(fileobj)]

    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        """By descriptor."""
        return cast("Mapping[FileDescriptorLike, selectors.SelectorKey]", self._keys)

    def close(self) -> None:
        """Close both."""
        self._outer.close()
        self._inner.close()
        self._keys.clear()

    def select(self, timeout: float | None = None) -> Ready:
        """What is ready. A rest may end it early, with nothing."""
        if self._until:
            left = self._until - monotonic()
            if left > 0:
                return self._found_by(self._outer, left if timeout is None else min(left, timeout))
            self._until = 0.0
            self._outer.modify(self._gate, polls.EPOLLIN)
        return self._found_by(self._outer, timeout)

    def _found_by(self, poll: polls.epoll, timeout: float | None) -> Ready:
        wait = -1 if timeout is None else ceil(max(timeout, 0.0) * 1000) / 1000  # it counts in milliseconds
        ready: Ready = []
        for fd, mask in poll.poll(wait, max(len(self._keys), 1)):
            key = self._keys.get(fd)
            if key is not None:
                events = (mask & ~polls.EPOLLIN and selectors.EVENT_WRITE) | (
                    mask & ~polls.EPOLLOUT and selectors.EVENT_READ
                )
                ready.append((key, events & key.events))
            elif fd == self._gate:
                found = self._found_by(self._inner, 0)
                self._rest(found)
                ready += found
        return ready

    def _rest(self, found: Ready) -> None:
        """Leave the patient alone for a while, if several of them are likely to say something meanwhile."""
        now, who = monotonic(), found[-1][0].fd if found else -1
        several = len(found) > 1 or who != self._who  # one that waits for each answer is not kept waiting
        self._who = who
        if several and now - self._found < LIKELY * self.rest_s:
            self._until = now + self.rest_s
            self._outer.modify(self._gate, 0)
        self._found = now


def _number(fileobj: FileDescriptorLike) -> int:
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()


def _mask(events: int) -> int:
    return (events & selectors.EVENT_READ and polls.EPOLLIN) | (events & selectors.EVENT_WRITE and polls.EPOLLOUT)
