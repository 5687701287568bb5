"""The browser fixture brings up a real browser, or fails with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_a_page_runs_scripts(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p id=here>before</p><script>here.textContent = 'after'</script>")
    assert page.inner_text("#here") == "after"
    page.close()


def test_a_browser_that_is_not_there_is_a_failure_not_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_CHROMIUM", "/nowhere/chromium")
    chromium.chromium_path.cache_clear()
    with pytest.raises(pytest.fail.Exception, match="HOLDFAST_CHROMIUM=/nowhere/chromium cannot be run"):
        chromium.chromium_path()
    chromium.chromium_path.cache_clear()
