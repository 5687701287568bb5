"""One line per log record: when, which process, level, logger, what."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured


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
        },
    }
