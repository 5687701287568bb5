"""tests/golden/patches.json is what rooms.core.delta says, and says it rightly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rooms.core.delta import BadPatch, patch
from tests.golden import patches

KEPT: dict[str, list[dict[str, Any]]] = json.loads(patches.FILE.read_text())


def test_the_file_is_what_the_writer_writes() -> None:
    assert patches.FILE.read_text() == patches.text(), "run: python -m tests.golden.patches"


@pytest.mark.parametrize("case", KEPT["fit"], ids=lambda case: case["name"])
def test_a_patch_leads_from_old_to_new(case: dict[str, Any]) -> None:
    before = json.dumps(case["old"])
    assert json.dumps(patch(case["old"], case["patch"]), sort_keys=True) == json.dumps(case["new"], sort_keys=True)
    assert json.dumps(case["old"]) == before, "the old tree was changed"


@pytest.mark.parametrize("case", KEPT["misfit"], ids=lambda case: case["name"])
def test_a_patch_that_does_not_fit_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(BadPatch):
        patch(case["old"], case["patch"])
