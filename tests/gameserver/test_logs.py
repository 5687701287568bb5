"""One line per record, with the name of the process in it."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
from channels_redis import pubsub
from django.core.exceptions import ImproperlyConfigured

from gameserver.logs import LayerFaults, logging_config
from gameserver.places import BASE_DIR

PROGRAM = """
import logging, logging.config, sys
from gameserver.logs import logging_config
logging.config.dictConfig(logging_config("INFO", "engine-2"))
logging.getLogger("rooms.engine").info("took shard %d", 7)
logging.getLogger("django.request").warning("not found")
logging.getLogger("rooms.engine").debug("unseen")
"""


def test_a_line_names_process_level_and_logger_once() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    first, second = ran.stderr.splitlines()
    assert "engine-2[" in first
    assert first.endswith("] INFO rooms.engine: took shard 7")
    assert second.endswith("WARNING django.request: not found")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="HOLDFAST_LOG_LEVEL='LOUD'"):
        logging_config("LOUD", "web")


def test_a_channel_layer_without_redis_says_so_in_one_line_and_not_every_second(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    logger = logging.getLogger("channels_redis.pubsub")
    monkeypatch.setattr(logger, "filters", [LayerFaults()])
    for at in (100.0, 101.0, 129.0, 131.0):
        clock[0] = at
        try:
            raise ConnectionError("Connection closed by server.")
        except ConnectionError:
            logger.exception("Unexpected exception in receive task")
    said = [(record.levelname, record.getMessage(), record.exc_info) for record in caplog.records]
    assert said == [("WARNING", "the channel layer lost Redis and tries again: Connection closed by server.", None)] * 2
    logger.warning("anything else")
    assert caplog.records[-1].getMessage() == "anything else"


def test_the_channel_layer_reports_where_its_filter_listens() -> None:
    """Else its tracebacks, a hundred lines a second, would come through."""
    assert pubsub.logger.name in logging_config("INFO", "web")["loggers"]
