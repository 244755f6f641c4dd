"""Orders written, changed and cancelled on the page; what they cost, why they are refused, what they did."""

import asyncio

import pytest
import pytest_asyncio

from tests.browser.conftest import started
from tests.browser.trading_desk import BTC, LEVELS, ask, clean, last, positions, submit, trading_page, working
from tests.node_process import NodeProcess

SEPARATOR = "document.querySelector('[data-testid=chart] tr:nth-child(2)')"


def prices(node):
    """Return a price that nobody sells at, the market's, and one that nobody buys at."""
    now = last(node)
    return round(now * 0.97, 1), now, round(now * 1.03, 1)


@pytest_asyncio.fixture(loop_scope="session")
async def still(node):
    """The same node while hardly any market time passes: no order near the price is filled meanwhile."""
    await asyncio.to_thread(ask, node, "PATCH", "/api/v1/replay", {"speed": 0.01})
    yield node
    await asyncio.to_thread(ask, node, "PATCH", "/api/v1/replay", {"speed": 1.0})


def traded(node):
    """Return the price of now: the last bar may have closed a minute ago, far from here."""
    path = f"/api/v1/trades?instrument_id={BTC}&limit=1"
    return float(node.until(lambda: node.get(path)["items"])[0]["price"])


def in_sight(node):
    """Return a price below the market's that the chart shows, also when the market is at its lowest just now.

    It shows the prices of its bars and a little more; the line of a price beyond that stands at the chart's edge.
    """
    now = traded(node)
    bars = node.get(f"/api/v1/bars?instrument_id={BTC}&interval=1m&limit=60")["items"]
    lowest = min(float(bar["l"]) for bar in bars)
    return f"{min(now * 0.9999, max(now * 0.999, (now + lowest) / 2)):.1f}"


async def test_a_newcomer_places_and_cancels_a_first_order_in_seven_steps(node, open_page):
    low, _, _ = prices(node)
    page = await trading_page(open_page, node)

    await page.open_ticket("Buy")
    await page.choose("Limit")
    await page.fill("Limit price", low)
    await page.fill("Amount", "0.05")
    await page.confirm.filter(has_text=f"Buy 0.05 BTC at {low:,.1f}").click()
    await page.outcome.get_by_text("Working").wait_for()
    await page.has_orders(1)
    await page.outcome.get_by_role("button", name="Cancel").click()

    await page.outcome.get_by_text("Cancelled").wait_for()
    await page.page.get_by_text("No working orders").wait_for()
    await asyncio.to_thread(node.until, lambda: not working(node))


async def test_a_market_order_is_filled_told_and_marked_on_its_bar(node, open_page):
    page = await trading_page(open_page, node)
    await page.open_ticket("Buy")
    await page.fill("Amount", "0.2")
    await page.confirm.filter(has_text="Buy 0.2 BTC at market").click()

    await page.notice("Bought 0.2 BTC at")  # it goes by itself, what follows stays
    await page.outcome.get_by_text("Filled at").wait_for()
    marks = await page.until("window.__whisperer.fills().length && window.__whisperer.fills()")
    assert marks[-1]["side"] == "buy"
    assert await page.page.evaluate("t => window.__whisperer.bars().some((bar) => bar.t === t)", marks[-1]["t"])
    await page.until(f"{LEVELS}.some((level) => level.key === 'held' && level.title === 'Long 0.2')")


async def test_the_amount_can_be_a_part_of_what_is_affordable_and_is_previewed(node, open_page):
    low, _, _ = prices(node)
    page = await trading_page(open_page, node)
    await page.open_ticket("Buy")
    await page.choose("Limit")
    await page.fill("Limit price", low)

    amounts = []
    for percent in ("10 %", "50 %", "100 %"):
        await page.ticket.get_by_role("button", name=percent, exact=True).click()
        amounts.append(float(await page.ticket.get_by_label("Amount", exact=True).input_value()))
        await page.ticket.get_by_role("button", name=percent, exact=True, pressed=True).wait_for()

    most = float(node.get("/api/v1/trader")["account"]["equity"]) * 10 / low
    assert amounts[0] == pytest.approx(amounts[2] / 10, rel=0.01)
    assert 0.8 * most < amounts[2] <= most
    # what the node foresees fits the amount, and it would take all of it
    worth = f"{amounts[2] * low:,.0f}"[:3]
    await page.page.get_by_test_id("preview").filter(has_text=worth).wait_for()
    await page.until("!document.querySelector('[data-testid=confirm]').disabled")
    await page.send()
    await page.outcome.get_by_text("Working").wait_for()


async def test_what_is_wrong_is_told_at_its_field_and_is_not_sent(node, open_page):
    _, now, _ = prices(node)
    page = await trading_page(open_page, node)
    page.watched.forgive("422", "answer: 422 ")
    await page.open_ticket("Buy")

    await page.send()
    await page.ticket.get_by_role("alert").filter(has_text="Enter an amount").wait_for()
    assert await page.page.evaluate("document.activeElement.name") == "quantity"
    await page.fill("Amount", "0.00001")
    await page.ticket.get_by_role("alert").filter(has_text="Steps of").wait_for()
    await page.choose("Limit")
    await page.fill("Amount", "0.05")
    await page.fill("Limit price", round(now * 1.5, 1))

    # the node's own word: too far from the market
    await (
        page.page.get_by_test_id("preview")
        .filter(has_text="price_collar")
        .or_(page.page.get_by_test_id("preview").filter(has_text="too far"))
        .wait_for()
    )
    await page.until("document.querySelector('[data-testid=confirm]').disabled")
    await page.fill("Limit price", round(now * 0.98, 1))
    await page.until("!document.querySelector('[data-testid=confirm]').disabled")
    assert working(node) == []


async def test_numbers_written_for_one_instrument_are_not_ordered_of_another(node, open_page):
    low, _, _ = prices(node)
    page = await trading_page(open_page, node)
    await page.open_ticket("Buy")
    await page.choose("Limit")
    await page.fill("Limit price", low)
    await page.fill("Amount", "0.05")
    await page.confirm.filter(has_text=f"Buy 0.05 BTC at {low:,.1f}").wait_for()

    await page.page.get_by_label("Instrument", exact=True).select_option("BTC-USDT.SIM")

    await page.until("location.hash.includes('BTC-USDT.SIM')")
    await page.until("document.querySelector('[name=quantity]').value === ''")
    await page.until("document.querySelector('[name=price]').value === ''")
    await page.send()
    await page.ticket.get_by_role("alert").filter(has_text="Enter an amount").wait_for()
    assert working(node) == []


async def test_an_order_is_changed_in_its_row(node, open_page):
    await asyncio.to_thread(submit, node, "row-1")
    low, _, _ = prices(node)
    page = await trading_page(open_page, node)
    await page.page.get_by_role("button", name="Change: Buy 0.05 BTC").click()
    form = page.page.get_by_role("form", name="Change the order")

    await form.get_by_label("Limit price").fill(str(low))
    await form.get_by_label("Amount, with what has filled").fill("0.07")
    await form.get_by_role("button", name="Save").click()

    await page.orders.filter(has_text=f"{low:,.1f}").filter(has_text="0.07").wait_for()
    await form.wait_for(state="detached")
    (order,) = working(node)
    assert (float(order["price"]), float(order["quantity"])) == (low, 0.07)


async def test_an_order_is_moved_on_the_chart_by_mouse_and_by_keys(still, open_page):
    await asyncio.to_thread(submit, still, "drag-1", price=in_sight(still))
    before = working(still)[0]["price"]
    page = await trading_page(open_page, still)
    chip = page.page.get_by_test_id("level").filter(has_text="Buy 0.05 limit")
    handle = chip.get_by_role("slider")
    await page.until(f"{LEVELS}.length === 1")
    box = await handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # as low as its part of the chart goes: nothing of the chart may lie over what is to be clicked there
    border = await page.page.evaluate(f"{SEPARATOR}.getBoundingClientRect().top")

    await page.page.mouse.move(x, y)
    await page.page.mouse.down()
    await page.page.mouse.move(x, border - 2, steps=4)
    await page.page.mouse.up()
    moved = await handle.get_attribute("aria-valuenow")
    assert working(still)[0]["price"] == before, "nothing is sent before it is confirmed"
    await chip.get_by_role("button", name="Move").click()

    await page.orders.filter(has_text=f"{float(moved):,.1f}").wait_for()
    assert float(moved) < float(before)
    await handle.focus()
    await page.page.keyboard.press("ArrowDown")
    await page.page.keyboard.press("ArrowDown")
    await chip.get_by_role("button", name="Leave it").wait_for()
    await page.page.keyboard.press("Enter")
    await page.orders.filter(has_text=f"{float(moved) - 0.2:,.1f}").wait_for()

    await chip.get_by_role("button", name="Cancel: Buy 0.05").click()
    await page.page.get_by_text("No working orders").wait_for()
    await page.until(f"{LEVELS}.length === 0")


async def test_a_position_shows_its_gain_and_is_closed_in_parts(node, open_page):
    await asyncio.to_thread(submit, node, "hold-1", type="market", quantity="0.4")
    await asyncio.to_thread(submit, node, "hold-2")
    page = await trading_page(open_page, node)
    await page.tab("Positions")
    row = page.page.get_by_test_id("position").filter(has_text=BTC)
    await row.filter(has_text="Long").filter(has_text="0.4 BTC").wait_for()

    await row.get_by_role("button", name=f"Close {BTC}").click()
    dialog = page.page.get_by_role("dialog", name=f"Close {BTC}")
    await dialog.get_by_text("Your working order").wait_for()
    await dialog.get_by_text("25 %").click()
    await dialog.get_by_role("button", name="Sell 0.1 BTC at market").click()
    await row.filter(has_text="0.3 BTC").wait_for()
    assert working(node) == []

    await row.get_by_role("button", name=f"Close {BTC}").click()
    await dialog.get_by_role("button", name="Sell 0.3 BTC at market").click()
    await page.page.get_by_text("No positions").wait_for()
    assert positions(node) == []


async def test_take_profit_and_stop_loss_wait_for_the_entry_and_one_cancels_the_other(node, open_page):
    low, _, high = prices(node)
    page = await trading_page(open_page, node)
    await page.open_ticket("Buy")
    await page.fill("Amount", "0.1")
    await page.ticket.get_by_text("Take profit / stop loss").click()
    await page.fill("Take profit", high)
    await page.fill("Stop loss", low)
    await page.send()

    await page.outcome.get_by_text("Filled at").wait_for()
    await page.has_orders(2)
    await page.until(f"{LEVELS}.length === 3")
    await page.page.get_by_role("button", name="Cancel: Sell 0.1 BTC").first.click()
    await page.has_orders(0)


async def test_an_answer_that_is_lost_never_doubles_an_order(node, open_page):
    low, _, _ = prices(node)
    page = await trading_page(open_page, node)
    page.watched.forgive("net::ERR_FAILED", "net::ERR_CONNECTION")
    lost = []

    async def lose(route):
        if route.request.method != "POST" or lost:
            return await route.continue_()
        lost.append(route.request.post_data_json["client_order_id"])
        await route.fetch()
        return await route.abort()

    await page.page.route("**/api/v1/orders", lose)
    await page.open_ticket("Buy")
    await page.choose("Limit")
    await page.fill("Limit price", low)
    await page.fill("Amount", "0.05")
    await page.send()

    await page.outcome.get_by_text("Working").wait_for()
    await page.has_orders(1)
    assert [one["client_order_id"] for one in working(node)] == lost


async def test_an_alarm_rings_when_the_price_comes(paper, open_page):
    await asyncio.to_thread(clean, paper)
    page = await trading_page(open_page, paper)
    await page.tab("Alarms")
    price = traded(paper)
    for step in (1.05, 1.00003, 0.99997):  # the first stays, a calm market comes to one of the others
        await page.page.get_by_label(f"Ring when {BTC} comes to").fill(f"{price * step:.1f}")
        await page.page.get_by_role("button", name="Set alarm").click()
    await page.until(f"{LEVELS}.filter((level) => level.title === 'Alarm').length > 0")

    await page.notice(f"{BTC} has")


async def test_two_pages_of_one_user_agree(node, open_page):
    low, _, _ = prices(node)
    one, other = await trading_page(open_page, node), await trading_page(open_page, node, phone=True)
    await one.open_ticket("Buy")
    await one.choose("Limit")
    await one.fill("Limit price", low)
    await one.fill("Amount", "0.05")
    await one.send()
    await other.has_orders(1)

    await other.page.get_by_role("button", name="Cancel: Buy 0.05 BTC").first.click()

    await one.has_orders(0)
    await one.outcome.get_by_text("Cancelled").wait_for()


async def test_a_killed_node_comes_back_with_its_orders_and_positions(tmp_path, browser, open_page):
    with NodeProcess(tmp_path) as node:
        await started(node)
        await asyncio.to_thread(submit, node, "kept-1")
        await asyncio.to_thread(submit, node, "kept-2", quantity="0.07")
        await asyncio.to_thread(submit, node, "kept-3", type="market", quantity="0.3")
        page = await trading_page(open_page, node)
        page.watched.forgive_absence()
        await page.has_orders(2)
        await page.until(f"{LEVELS}.length === 3")
        await page.page.evaluate("window.__stays = true")

        await asyncio.to_thread(node.kill)
        await page.until("/Reconnecting|Node down/.test(document.querySelector('[data-testid=connection]').innerText)")
        await started(node.start())
        await page.until("document.querySelector('[data-testid=connection]').innerText.includes('Live')")

        await page.has_orders(2)
        await page.until(f"{LEVELS}.length === 3")
        await page.page.get_by_role("button", name="Cancel: Buy 0.07 BTC").first.click()
        await page.has_orders(1)
        await page.tab("Positions")
        await page.page.get_by_test_id("position").filter(has_text="0.3 BTC").wait_for()
        assert [one["client_order_id"] for one in working(node)] == ["kept-1"]
        assert await page.page.evaluate("window.__stays") is True
