"""What Django's apps load into every process."""

from __future__ import annotations

import subprocess
import sys

from tests.support.processes import TOP

SHOW = """
import sys, django
django.setup()
from django.core.management import get_commands
print("twisted" in sys.modules, get_commands()["runserver"])
"""


def test_only_the_web_process_pays_for_twisted() -> None:
    """And `runserver` is Daphne's still."""
    shown = subprocess.run([sys.executable, "-c", SHOW], cwd=TOP, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "daphne"]
