"""A recording is paused, stepped, played faster and jumped in from the page; a signal tells what its predictors saw."""

import asyncio

import pytest
import pytest_asyncio

from tests.browser.conftest import started
from tests.browser.trading_desk import submit
from tests.node_process import NodeProcess

NEWEST = "window.__whisperer.bars().filter((bar) => bar.closed).at(-1).t"
CLOCK = "document.querySelector('[data-testid=market-time] time').dateTime"
MINUTE_MS = 60_000
NAME = "BTC-USDT.REPLAY"


@pytest_asyncio.fixture(loop_scope="session")
async def recording(tmp_path, browser, open_page):
    """A page on a recording that begins to play slowly."""
    with NodeProcess(tmp_path, "replay.speed=20", config="config/replay.toml") as node:
        page = await (await open_page((await started(node)).url)).chart()
        await page.page.get_by_test_id("player").wait_for()
        yield page, node


async def paused(page):
    await page.page.get_by_role("button", name="Pause").click()
    await page.page.get_by_role("button", name="Play", exact=True).wait_for()
    await page.says("connection", "Paused")


async def stands(page, node):
    """Wait until clock and bars of the page are those at which the market stands; return the clock."""
    market_time = node.get("/api/v1/status")["market_time"]
    await page.until(f"t => Date.parse({CLOCK}) === t", market_time)
    newest = node.get(f"/api/v1/bars?instrument_id={NAME}&interval=1m&limit=1")["items"][-1]["t"]
    await page.until(f"t => {NEWEST} === t", newest)
    return await page.page.evaluate(CLOCK)


async def test_a_pause_holds_market_time_and_a_step_closes_one_bar(recording):
    page, node = recording
    await paused(page)
    await page.says("market-time", "paused")
    stood = await stands(page, node)
    newest = await page.page.evaluate(NEWEST)

    await page.page.get_by_role("button", name="One bar further").click()
    await page.until(f"t => {NEWEST} === t", newest + MINUTE_MS)
    await page.page.get_by_role("button", name="One bar further").click()
    await page.until(f"t => {NEWEST} === t", newest + 2 * MINUTE_MS)

    await page.until(f"stood => {CLOCK} > stood", stood)
    await page.says("connection", "Paused")
    await page.page.get_by_role("button", name="Play").click()
    await page.until(f"t => {NEWEST} > t", newest + 2 * MINUTE_MS)


async def test_the_clock_stands_while_the_market_is_paused(recording):
    page, node = recording
    await paused(page)
    await stands(page, node)

    readings = await page.page.evaluate(
        f"""async () => {{
          const seen = new Set();
          for (let look = 0; look < 8; look++) {{
            seen.add({CLOCK});
            await new Promise((resolve) => setTimeout(resolve, 150));
          }}
          return seen.size;
        }}"""
    )

    assert readings == 1


async def test_the_speed_is_picked_and_told(recording):
    page, node = recording

    await page.page.get_by_label("Speed").select_option(label="300x")

    await page.says("market-time", "300x replay")
    assert node.get("/api/v1/replay")["speed"] == 300


async def test_a_jump_shows_the_market_as_it_was_then(recording):
    page, node = recording
    await paused(page)
    begin = node.get("/api/v1/replay")["begin"]
    target = begin + 1_000 * MINUTE_MS

    await page.page.get_by_label("Time to jump to").fill(
        await page.page.evaluate("t => new Date(t).toISOString().slice(0, 16)", target)
    )
    await page.page.get_by_role("button", name="Jump").click()

    # what closes at the very moment is still to be played
    await page.until(f"t => {NEWEST} === t - 2 * 60000", target)
    await page.says("progress", "paused")
    assert await page.shown("holes") == []

    slider = page.page.get_by_label("Place in the recording")
    await page.until("t => document.querySelector('input[type=range]').valueAsNumber === t", target)
    await slider.focus()
    await page.page.keyboard.press("Home")
    await page.until(f"t => {NEWEST} < t", begin + MINUTE_MS)


async def test_a_jump_with_a_position_asks_before_the_account_begins_anew(recording):
    page, node = recording
    page.forgive("409")
    await page.until(f"t => Date.parse({CLOCK}) > t", node.get("/api/v1/replay")["begin"] + 4 * MINUTE_MS)
    await asyncio.to_thread(submit, node, "held-1", type="market", instrument_id=NAME, quantity="0.01")
    await page.page.get_by_role("group", name="What of your account").get_by_text("Positions").click()
    held = page.page.get_by_test_id("position").filter(has_text=NAME)
    await held.wait_for()
    await paused(page)

    await page.page.get_by_role("button", name="From the beginning").click()
    await page.page.get_by_role("button", name="Drop them and begin a new account").click()

    await page.page.get_by_text("No positions").wait_for()
    await page.until(f"t => {NEWEST} < t", node.get("/api/v1/replay")["begin"] + MINUTE_MS)
    await page.until("window.__whisperer.fills().length === 0")
    assert float(node.get("/api/v1/trader")["account"]["equity"]) == 100_000


async def test_a_signal_tells_what_its_predictors_saw(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    row = page.page.get_by_test_id("signals").locator("li").first
    await row.get_by_role("button").click()

    await row.get_by_text("What the predictors saw").click()

    names = replayed.get("/api/v1/signals/features")["items"][0]["names"]
    await row.get_by_test_id("features").get_by_text(names[0], exact=True).wait_for()
    newest = max(
        (one for one in replayed.get("/api/v1/signals?limit=1000")["items"] if one["signal"] != "neutral"),
        key=lambda one: one["ts"],
    )
    query = f"instrument_id={newest['instrument_id']}&start={newest['ts_bar']}&end={newest['ts_bar'] + 1}"
    (item,) = replayed.get(f"/api/v1/signals?{query}&include_features=true")["items"]
    shown = (await row.get_by_test_id("features").inner_text()).splitlines()
    values = [float(line) for line in shown if line.lstrip("-").replace(".", "").isdigit()]
    assert values == pytest.approx(item["features"], rel=1e-3, abs=1e-4)
    assert len(values) == len(names)


async def test_a_simulated_market_is_paused_on_the_screen_of_the_node(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "sim.speed=10") as node:
        page = await open_page(f"{(await started(node)).url}/#/node")
        await page.page.get_by_role("button", name="Pause").click()
        await page.says("connection", "Paused")
        await page.page.get_by_label("Speed").select_option(label="60x")
        await page.page.get_by_role("button", name="Play").click()
        await page.says("market-time", "60x simulated")
