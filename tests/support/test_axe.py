from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = "<html lang=en><title>A page</title><main><h1>A page</h1><p id=last>words</main>"
PICTURE = "document.getElementById('last').insertAdjacentHTML('beforeend', '<img id=odd src=data:,>')"


def test_faults_are_found_also_those_that_come_later(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PAGE)
    assert violations(page) == []
    page.evaluate(PICTURE)
    assert [fault.split(":")[0] for fault in violations(page)] == ["image-alt"]
    assert violations(page, exclude="#odd") == []
    assert violations(page, {"runOnly": {"type": "rule", "values": ["html-has-lang"]}}) == []
