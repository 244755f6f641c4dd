"""The account around the orders: strategies, the kill switch, its screens, and all of it for everybody."""

import asyncio

import pytest

from tests.browser.everybody import WIDER, is_accessible, is_for_everybody
from tests.browser.trading_desk import BTC, positions, submit, trading_page, working


async def test_a_strategy_is_started_configured_stopped_and_removed(node, open_page):
    page = await open_page(f"{node.url}/#/strategies")
    form = page.page.get_by_role("form", name="New strategy")
    await form.get_by_label("Name").fill("mine")
    await form.get_by_role("button", name="Start mine").click()
    await form.get_by_role("alert").filter(has_text="Needed").wait_for()
    await form.get_by_label("Quantity").fill("0.01")
    await form.get_by_label("Instrument").select_option(BTC)
    await form.get_by_role("button", name="Start mine").click()
    row = page.page.get_by_test_id("strategy").filter(has_text="mine")
    await row.filter(has_text="Running").wait_for()

    await row.get_by_role("button", name="Configure").click()
    fields = page.page.get_by_role("form", name="Parameters of mine")
    await fields.get_by_label("Quantity").fill("0.02")
    await fields.get_by_role("button", name="Save").click()
    await row.filter(has_text="quantity 0.02").filter(has_text="Running").wait_for()
    assert node.get("/api/v1/strategies")["items"][0]["params"]["quantity"] == "0.02"

    await row.get_by_role("button", name="Stop").click()
    await row.filter(has_text="Stopped").wait_for()
    await row.get_by_role("button", name="Remove").click()
    await page.page.get_by_text("None yet").wait_for()
    assert node.get("/api/v1/strategies")["items"] == []


async def test_the_kill_switch_is_not_hit_by_accident_and_stops_everything(node, open_page):
    await asyncio.to_thread(submit, node, "kill-1")
    await asyncio.to_thread(submit, node, "kill-2", type="market", quantity="0.1")
    page = await trading_page(open_page, node)
    await page.has_orders(1)
    switch = page.page.get_by_test_id("kill-switch")

    await switch.focus()
    await page.page.keyboard.press("Enter")
    dialog = page.page.get_by_role("dialog", name="Stop trading?")
    await dialog.get_by_text("1 working order, 1 position").wait_for()
    await page.page.keyboard.press("Enter")
    await dialog.wait_for(state="hidden")
    assert node.get("/api/v1/kill-switch")["trading_state"] == "active"

    await switch.dblclick()
    await dialog.get_by_text("Also close all positions").click()
    await dialog.get_by_role("button", name="Stop and close everything").click()
    await page.page.get_by_test_id("trading-strip").filter(has_text="halted").wait_for()
    await page.has_orders(0)
    await page.tab("Positions")
    await page.page.get_by_text("No positions").wait_for()
    assert working(node) == positions(node) == []

    await page.open_ticket("Buy")
    await page.fill("Amount", "0.1")
    await page.page.get_by_test_id("preview").filter(has_text="halted").wait_for()
    await page.page.get_by_test_id("trading-strip").get_by_role("button", name="Trade again").click()
    await page.page.get_by_test_id("trading-strip").wait_for(state="detached")
    await page.until("!document.querySelector('[data-testid=confirm]').disabled")


async def test_a_refused_order_says_which_limit_it_met_and_limits_can_be_set(node, open_page):
    page = await open_page(f"{node.url}/#/account")
    limits = page.page.get_by_test_id("limits")
    await limits.get_by_role("button", name="Change: Worth of one order").click()
    await limits.get_by_label("At most").fill("1000")
    await limits.get_by_role("button", name="Save").click()
    await limits.get_by_text("1,000 USDT").wait_for()

    desk = await trading_page(open_page, node)
    await desk.open_ticket("Buy")
    await desk.fill("Amount", "0.5")
    preview = desk.page.get_by_test_id("preview")
    await preview.filter(has_text="1000").wait_for()
    await preview.filter(has_text="order").wait_for()
    await limits.get_by_role("button", name="Change: Worth of one order").click()
    await limits.get_by_role("button", name="As configured").click()
    await limits.get_by_text("1,000,000 USDT").wait_for()


async def test_the_account_screen_shows_curve_and_history_and_saves_files(node, open_page):
    await asyncio.to_thread(submit, node, "hist-1", type="market", quantity="0.1")
    await asyncio.to_thread(submit, node, "hist-2")
    page = await open_page(f"{node.url}/#/account")
    await page.page.get_by_test_id("past-order").filter(has_text="Filled").first.wait_for()
    await page.page.get_by_test_id("past-order").filter(has_text="Working").first.wait_for()
    await page.says("equity", "USDT")

    history = page.page.get_by_role("region", name="History")
    async with page.page.expect_download() as saving:
        await history.get_by_role("button", name="CSV").click()
    orders = (await (await saving.value).path()).read_text()
    assert orders.startswith("ts_created,")
    assert "hist-1" in orders

    await history.get_by_text("Fills", exact=True).click()
    await page.page.get_by_test_id("fill").first.wait_for()
    async with page.page.expect_download() as saving:
        await history.get_by_role("button", name="CSV").click()
    fills = (await (await saving.value).path()).read_text()
    fees = [one.split(",")[7] for one in fills.splitlines() if "hist-1" in one]
    told = [one["fee"] for one in node.get("/api/v1/fills?limit=100")["items"] if one["client_order_id"] == "hist-1"]
    assert fees == told[::-1]

    async with page.page.expect_download() as saving:
        await page.page.get_by_role("region", name="Equity").get_by_role("link", name="CSV").click()
    assert (await (await saving.value).path()).read_text().startswith("ts,equity,cash,")
    await page.says("on-stop", "kept")


async def test_the_dead_mans_switch_is_kept_wound(node, open_page):
    page = await open_page(f"{node.url}/#/account")
    group = page.page.get_by_role("group", name="Dead man's switch")
    await group.get_by_text("1 min").click()
    await asyncio.to_thread(node.until, lambda: node.get("/api/v1/trader")["deadman_s"])
    await group.get_by_text("Off").click()
    await asyncio.to_thread(node.until, lambda: node.get("/api/v1/trader")["deadman_s"] is None)


async def test_screening_is_switched_on_made_strict_and_switched_off(node, open_page):
    page = await open_page(f"{node.url}/#/account")
    panel = page.page.get_by_test_id("screening")
    switch = panel.get_by_role("group", name="Signals judge orders")
    await switch.get_by_text("On").click()
    await panel.get_by_role("button", name="Change: Probability to win").click()
    await panel.get_by_label("Above").fill("7")
    await panel.get_by_role("alert").filter(has_text="Not within 0 to 1").wait_for()
    await panel.get_by_label("Above").fill("0.7")
    await panel.get_by_role("button", name="Save").click()
    await panel.get_by_text("above 70 %").wait_for()
    await panel.get_by_role("group", name="Without a word of the signals").get_by_text("Skip").click()
    await asyncio.to_thread(node.until, lambda: node.get("/api/v1/trader")["screening"]["strict"])
    chosen = node.get("/api/v1/trader")["screening"]
    assert (chosen["enabled"], chosen["threshold"]) == (True, 0.7)

    await is_accessible(page, "screening", within="[data-testid=screening]")
    await switch.get_by_text("Off").click()
    await panel.get_by_text("whatever the signals say").wait_for()
    assert not node.get("/api/v1/trader")["screening"]["enabled"]


async def ticket(page):
    await page.open_ticket("Buy")
    await page.choose("Limit")
    await page.fill("Amount", "0.000001")
    await page.ticket.get_by_role("alert").wait_for()


async def stop_ticket(page):
    await page.choose("Stop & more")
    await page.ticket.get_by_text("Take profit / stop loss").click()


async def row_form(page):
    await page.page.get_by_role("button", name="Change: Buy 0.05 BTC").click()
    await page.page.get_by_role("form", name="Change the order").wait_for()


async def chip(page):
    handle = page.page.get_by_test_id("level").filter(has_text="Buy 0.05").get_by_role("slider")
    await handle.focus()
    await page.page.keyboard.press("ArrowUp")
    await page.page.get_by_role("button", name="Leave it").first.wait_for()


async def held(page):
    await page.tab("Positions")
    await page.page.get_by_test_id("position").wait_for()


async def closing(page):
    await page.page.get_by_role("button", name=f"Close {BTC}").click()
    await page.page.get_by_role("dialog").wait_for()


async def fills(page):
    await page.page.keyboard.press("Escape")
    await page.tab("Fills")
    await page.page.get_by_test_id("fill").first.wait_for()


async def alarms(page):
    await page.tab("Alarms")
    await page.page.get_by_role("button", name="Set alarm").wait_for()


async def kill_switch(page):
    await page.page.get_by_test_id("kill-switch").click()
    await page.page.get_by_role("dialog").wait_for()
    await page.until("![...document.querySelectorAll('dialog[open] button')].some((one) => one.disabled)")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
async def test_every_state_of_trading_is_for_everybody(node, open_page, phone):
    await asyncio.to_thread(submit, node, f"all-{phone}")
    await asyncio.to_thread(submit, node, f"all-held-{phone}", type="market", quantity="0.1")
    page = await trading_page(open_page, node, phone=phone)
    for state in (ticket, stop_ticket, row_form, chip, held, closing, fills, alarms, kill_switch):
        await state(page)
        await is_for_everybody(page.watched, state.__name__, phone=phone)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
async def test_the_account_fits_the_width_of_the_screen(node, open_page, phone):
    await asyncio.to_thread(submit, node, f"fit-{phone}", type="market", quantity="0.123")
    page = await open_page(f"{node.url}/#/account", phone=phone)

    await page.page.get_by_test_id("balance").filter(has_text="USDT").wait_for()
    await page.page.get_by_test_id("position").wait_for()
    assert await page.page.evaluate(WIDER) == 0
    facts = await page.page.get_by_test_id("account-facts").locator("dd").all_inner_texts()
    assert [one for one in facts if not one.endswith(" USDT")] == ["Paper, margin"]  # all else is money
