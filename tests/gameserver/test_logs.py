"""One line per record, with the name of the process in it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from gameserver.logs import logging_config
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
