"""One line per log record: when, which process, level, logger, what."""

from __future__ import annotations

import logging
import time
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

REPEAT_S: Final = 30.0


class LayerFaults(logging.Filter):
    """The channel layer's word that Redis failed it, in one line instead of a traceback, and once in a while.

    It tries again every second by itself, and what it carries may be lost (rooms/relay.py).
    """

    _told = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten a record with an exception; drop it when the same was said a moment ago."""
        if record.exc_info is None or record.exc_info[1] is None:
            return True
        now = time.monotonic()
        if now - self._told < REPEAT_S:
            return False
        self._told = now
        error = record.exc_info[1]
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "the channel layer lost Redis and tries again: %s", (str(error) or repr(error),)
        record.exc_info = record.exc_text = None
        return True


def logging_config(level: str, process: str) -> dict[str, Any]:
    """Django's LOGGING: everything to stderr from `level` on, each line naming the process it came from."""
    if level not in logging.getLevelNamesMapping():
        raise ImproperlyConfigured(f"HOLDFAST_LOG_LEVEL={level!r} is not known. Set DEBUG, INFO, WARNING or ERROR.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": f"%(asctime)s {process}[%(process)d] %(levelname)s %(name)s: %(message)s"},
        },
        "filters": {"layer": {"()": LayerFaults}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print a second line, or mail it.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # One line per request and per socket is the proxy's business.
            "daphne.server": {"level": "WARNING"},  # says "HTTP/2 support not enabled" at every start
            "daphne.http_protocol": {"level": "WARNING"},
            "daphne.ws_protocol": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            "channels_redis.pubsub": {"filters": ["layer"]},
        },
    }
