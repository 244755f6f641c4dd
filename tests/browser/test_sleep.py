"""A laptop that slept, a page that was frozen, a line that died without a word: the page comes back by itself."""

import asyncio
import time
from contextlib import asynccontextmanager

from tests.browser.conftest import started
from tests.browser.test_resume import AGREES, BADGE
from tests.browser.watched import CUT
from tests.node_process import NodeProcess

SILENCE_S = 15
"""After so long without a word the page gives a connection up by itself."""
SLEEP = """() => {
  const awake = Date.now;
  Date.now = () => awake() + 3_600_000;
}"""


class Line:
    """A wire between page and node that can go dead: WebSockets stay open, but nothing comes through any more."""

    def __init__(self, node_port):
        self._node_port = node_port
        self._pumps = set()
        self._held = []
        self.sockets = []
        """When a WebSocket was asked for, seconds of the loop."""

    @asynccontextmanager
    async def open(self):
        """Yield the address at which the node can be reached."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            self.go_dead()
            for *_, to_page, to_node in self._held:
                to_page.close()
                to_node.close()
            server.close()

    def go_dead(self):
        """Stop what is under way; new connections pass."""
        for pump in self._pumps:
            pump.cancel()
        self._pumps.clear()

    async def _connect(self, from_page, to_page):
        from_node, to_node = await asyncio.open_connection("127.0.0.1", self._node_port)
        for way in ((from_page, to_node), (from_node, to_page)):
            self._pumps.add(asyncio.create_task(self._pump(*way, from_page, from_node, to_page, to_node)))

    async def _pump(self, source, target, *ends):
        while chunk := await source.read(65_536):
            if chunk.startswith(b"GET /ws "):
                self.sockets.append(asyncio.get_running_loop().time())
                self._held.append(ends)  # streams that nobody has are closed
            target.write(chunk)
        target.close()


def wait_for_bar(node, t):
    """Wait until the node has closed a bar that opens at `t` or later."""
    while node.get("/api/v1/bars?instrument_id=BTC-USDT.SIM&interval=1m&limit=1")["items"][0]["t"] < t:
        time.sleep(0.05)


async def test_after_a_sleep_the_page_is_back_at_once_and_has_missed_nothing(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "sim.speed=60") as node:
        await started(node)
        line = Line(node.port)
        async with line.open() as url:
            page = await (await open_page(url)).chart()
            begun = "WebSocket is closed before the connection is established"  # before the sleep was seen
            page.forgive(begun, *CUT)  # what was still being read when the line died is read again
            await page.page.evaluate("window.__stays = true")
            await page.until(f"{BADGE}.includes('Live')")
            before, sockets = (await page.shown("bars"))[-1]["t"], len(line.sockets)

            died = asyncio.get_running_loop().time()
            line.go_dead()
            session = await page.page.context.new_cdp_session(page.page)
            await session.send("Page.setWebLifecycleState", {"state": "frozen"})
            await session.send("Page.setWebLifecycleState", {"state": "active"})
            await page.page.evaluate(SLEEP)
            await page.until("t => window.__whisperer.bars().at(-1).t >= t + 3 * 60000", before)
            assert len(line.sockets) > sockets
            assert line.sockets[-1] - died < SILENCE_S - 1, "waited for the long silence instead of the wake-up"
            assert await page.page.evaluate("window.__stays") is True
            assert await page.shown("holes") == []
            assert await page.page.evaluate(AGREES)


async def test_a_page_that_was_frozen_goes_on_where_it_stood(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "sim.speed=60") as node:
        page = await (await open_page((await started(node)).url)).chart()
        await page.page.evaluate("window.__stays = true")
        await page.until(f"{BADGE}.includes('Live')")
        first, newest = (await page.shown("bars"))[0]["t"], (await page.shown("bars"))[-1]["t"]
        session = await page.page.context.new_cdp_session(page.page)

        await session.send("Page.setWebLifecycleState", {"state": "frozen"})
        await asyncio.to_thread(wait_for_bar, node, newest + 3 * 60_000)
        await session.send("Page.setWebLifecycleState", {"state": "active"})

        await page.until("t => window.__whisperer.bars().at(-1).t >= t + 3 * 60000", newest)
        assert (await page.shown("bars"))[0]["t"] == first
        assert await page.shown("holes") == []
        assert await page.page.evaluate("window.__stays") is True
        assert await page.page.evaluate(AGREES)
