"""What axe, the accessibility checker, finds wrong with a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

ONLY_FAULTS = {"resultTypes": ["violations"]}


def violations(page: Page, options: Mapping[str, Any] | None = None, exclude: str | None = None) -> list[str]:
    """Each fault in the page as it is now; `options` are axe's own, `exclude` a selector of what is not looked at."""
    axe = Axe()
    if not page.evaluate("'axe' in window"):  # half a megabyte: once for each page, however often it is asked
        page.evaluate(axe.axe_script)
    given = [exclude and {"exclude": [[exclude]]}, {**(options or {}), **ONLY_FAULTS}]
    found = page.evaluate(
        "async ([context, options]) => (await axe.run(context ?? document, options)).violations", given
    )
    return [f"{one['id']}: {node['html'][:120]} ({node['failureSummary']})" for one in found for node in one["nodes"]]
