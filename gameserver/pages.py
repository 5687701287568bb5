"""Django's own handler of requests, without a thread or a second task where a request needs none.

Under ASGI Django changes to a thread of the request's own twice for its signals (at the start, to end old connections
of the database; at the end, to close the answer), and watches for a client that goes away in a task beside the view.
The thread is made for the request and ends with it, so it has no old connections; and what views of ours have begun
they finish, whoever still waits for it.
"""

from __future__ import annotations

from typing import Any, cast

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections, reset_queries
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from rooms.wire import Scope, Send


class Pages(ASGIHandler):
    """The application behind every address that is not answered before Django (asgi.py)."""

    def __init__(self) -> None:
        """Takes from Django's signals what a new thread does not need; it is for the whole process."""
        super().__init__()
        request_started.disconnect(reset_queries)
        request_started.disconnect(close_old_connections)
        request_finished.disconnect(close_old_connections)

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """One request."""
        async with ThreadSensitiveContext():
            try:
                body = await self.read_body(receive)
            except RequestAborted:
                return
            with body:
                set_script_prefix(get_script_prefix(scope))
                await request_started.asend(sender=type(self), scope=scope)
                request, refusal = self.create_request(scope, body)
                response = await self.run_get_response(request) if request else cast(HttpResponseBase, refusal)
                try:
                    await self.send_response(response, cast(Any, send))
                finally:
                    await _close(response)


async def _close(response: HttpResponseBase) -> None:
    """The end of an answer, in the request's thread if it has one: there its files and connections are."""
    context = SyncToAsync.thread_sensitive_context.get()
    if context in SyncToAsync.context_to_thread_executor:
        await sync_to_async(_close_all, thread_sensitive=True)(response)
    else:
        response.close()


def _close_all(response: HttpResponseBase) -> None:
    response.close()
    for connection in connections.all(initialized_only=True):
        connection.close()
