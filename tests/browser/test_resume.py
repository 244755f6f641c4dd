"""A node that dies and comes back: the page goes on by itself, and nothing is missing."""

import asyncio

from tests.browser.conftest import started
from tests.node_process import NodeProcess

BADGE = "document.querySelector('[data-testid=connection]').innerText"
AGREES = """async () => {
  const shown = window.__whisperer.bars().filter((bar) => bar.closed);
  const { t } = shown.at(-1);
  const question = new URLSearchParams({ instrument_id: window.__whisperer.instrumentId, interval: '1m' });
  question.append('end', t + 1);
  question.append('limit', shown.length);
  const { items } = await (await fetch(`/api/v1/bars?${question}`)).json();
  return JSON.stringify(items) === JSON.stringify(shown);
}"""


async def test_a_killed_node_comes_back_and_the_page_resumes(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "sim.speed=60") as node:
        page = await (await open_page((await started(node)).url)).chart()
        page.forgive_absence()
        await page.page.evaluate("window.__stays = true")
        await page.until(f"{BADGE}.includes('Live')")

        await asyncio.to_thread(node.kill)
        await page.until(f"/Reconnecting|Node down/.test({BADGE})")
        await page.says("standstill", "what you see stands at")
        before = await page.shown("bars")
        await started(node.start())
        await page.until(f"{BADGE}.includes('Live')")
        await page.until("t => window.__whisperer.bars().at(-1).t >= t + 3 * 60000", before[-1]["t"])

        assert await page.page.evaluate("window.__stays") is True
        await page.page.get_by_test_id("standstill").wait_for(state="detached")
        assert await page.shown("holes") == []
        assert await page.page.evaluate(AGREES)


async def test_a_pause_of_the_node_shorter_than_its_ring_loses_nothing(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "sim.speed=60") as node:
        page = await (await open_page((await started(node)).url)).chart()
        first = (await page.shown("bars"))[0]["t"]
        newest = (await page.shown("bars"))[-1]["t"]

        await page.page.evaluate("window.__whisperer.reconnect()")
        await page.until("t => window.__whisperer.bars().at(-1).t >= t + 3 * 60000", newest)

        assert (await page.shown("bars"))[0]["t"] == first
        assert await page.shown("holes") == []
        assert await page.page.evaluate(AGREES)


async def test_a_planned_stop_is_told_and_waited_out(tmp_path, browser, open_page):
    with NodeProcess(tmp_path) as node:
        page = await (await open_page((await started(node)).url)).chart()
        page.forgive_absence()
        await page.until(f"{BADGE}.includes('Live')")

        code, _ = await asyncio.to_thread(node.stop)

        assert code == 0
        await page.until(f"/Reconnecting|Node down/.test({BADGE})")
        await page.page.get_by_test_id("connection").click()
        await page.page.get_by_role("button", name="Connect now").wait_for()
