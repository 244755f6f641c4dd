"""Whatever stands on the charts' screen, it is for everybody: axe, thumbs, no sideways scroll, in both themes."""

import pytest

from tests.browser.everybody import is_for_everybody
from tests.browser.test_indicators import add, pick


async def tab(page, name):
    await page.page.get_by_role("group", name="Show beside").get_by_label(name, exact=True).check()


async def book(page):
    await tab(page, "Book")
    await page.until("document.querySelectorAll('[data-testid=book] tr[data-side]').length >= 16")


async def trades(page):
    await tab(page, "Trades")
    await page.until("document.querySelectorAll('[data-testid=trades] tbody tr').length >= 12")


async def watchlist(page):
    await tab(page, "Watchlist")
    await page.page.get_by_test_id("watchlist").get_by_test_id("best-prices").first.wait_for()


async def four_charts(page):
    await page.page.get_by_role("radio", name="Four charts").check()
    await page.until("window.__whisperer?.panes.length === 4")


async def indicators(page):
    await add(page, "BB")
    await add(page, "MACD")
    await page.until("window.__whisperer.indicators().length === 2")


async def indicator_menu(page):
    await pick(page, "KC", period="999999")


async def key_list(page):
    await page.page.keyboard.press("?")
    await page.page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
async def test_every_state_of_the_charts_is_for_everybody(paper, open_page, phone):
    page = await (await open_page(paper.url, phone=phone)).chart()
    for state in (book, trades, watchlist, indicators, indicator_menu):
        await state(page)
        await is_for_everybody(page, state.__name__, phone=phone)
    await page.page.keyboard.press("Escape")
    await four_charts(page)
    if not phone:
        await key_list(page)
    await is_for_everybody(page, "four charts", phone=phone)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
async def test_a_recording_and_what_its_signals_saw_too(replayed, open_page, phone):
    page = await (await open_page(replayed.url, phone=phone)).chart()
    await page.page.get_by_test_id("player").wait_for()
    row = page.page.get_by_test_id("signals").locator("li").first
    await row.get_by_role("button").click()
    await row.get_by_text("What the predictors saw").click()
    await row.get_by_test_id("features").locator("dd").first.wait_for()
    await is_for_everybody(page, "replay", phone=phone)
