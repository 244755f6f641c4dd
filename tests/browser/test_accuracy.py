"""The page tells whether predictions came true: table, course and calibration, for everybody to read."""

import asyncio

from tests.browser.everybody import is_for_everybody

TABLE = "document.querySelectorAll('[data-testid=accuracy-table] tbody tr').length"


def judged(node):
    """Return of which instruments history has been judged; the page looks for more every half a minute only."""
    items = node.get("/api/v1/predictions/accuracy")["items"]
    return {one["instrument_id"] for one in items if one["sample"] == "history" and one["over_time"]}


async def test_history_is_shown_with_its_course_and_calibration(paper, open_page):
    names = {one["instrument_id"] for one in paper.get("/api/v1/instruments")["items"]}
    await asyncio.to_thread(paper.until, lambda: judged(paper) == names)
    page = await open_page(f"{paper.url}/#/signals/accuracy", phone=True)
    await page.page.get_by_role("radio", name="History").check()
    await page.until("document.querySelector('[data-testid=accuracy-curve]')?.dataset.points > 0")
    await page.until("document.querySelector('[data-testid=calibration]')?.dataset.bins > 0")
    rows = await page.page.evaluate(TABLE)

    await page.page.get_by_text("Over time in figures").click()
    await page.page.get_by_test_id("accuracy-figures").locator("tbody tr").filter(has_text="%").first.wait_for()
    await page.page.get_by_role("button", name="technical").first.click()
    await page.until("document.querySelector('[aria-pressed=true]')?.textContent === 'technical'")
    await page.page.get_by_label("Instrument").select_option(index=1)
    await page.page.get_by_role("radio", name="History").check()
    await page.until(f"0 < {TABLE} && {TABLE} < {rows}")

    await is_for_everybody(page, "history", phone=True)

    await page.page.get_by_role("radio", name="Log").check()
    await page.until("document.querySelector('[data-testid=signal-table] tbody tr')")
