"""What a collection looks at once a web process has settled."""

from __future__ import annotations

import json
import subprocess
import sys

SETTLED = """
import gc, json
before = len(gc.get_objects())
from rooms.garbage import THRESHOLDS, settle
settle()
fresh = []
fresh.append(fresh)
del fresh
looked_at, frozen = len(gc.get_objects()), gc.get_freeze_count()
print(json.dumps([before, looked_at, frozen, gc.get_threshold() == THRESHOLDS, gc.collect()]))
"""


def test_what_was_there_is_left_out_and_what_comes_later_is_still_collected() -> None:
    said = subprocess.run([sys.executable, "-c", SETTLED], capture_output=True, text=True, check=True).stdout
    before, looked_at, frozen, raised, found = json.loads(said)
    assert frozen >= before
    assert looked_at < before / 10
    assert raised
    assert found >= 1
