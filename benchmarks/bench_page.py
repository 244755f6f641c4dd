"""The page at 1,000 messages a second: frames that it drops and tasks that are long, against itself when idle.

Four charts, one of them with three indicators, order book and trades beside them, in a real Chromium.
"""

import asyncio
import json
import subprocess
import sys
import urllib.request

import pytest
from playwright.async_api import async_playwright

from tests.browser.conftest import HOW_TO, chromium
from tests.browser.watched import Watched
from tests.node_process import ROOT, NodeProcess, free_port

pytestmark = pytest.mark.bench
RATE, SECONDS, ROUNDS = 1_000, 6.0, 3
SETTLE_MS = 1_500
WIDE = {"width": 1600, "height": 900}
"""Wide enough for two columns beside the charts."""
LAYOUT = {
    "version": 1,
    "count": 4,
    "active": 0,
    "panes": [
        {"instrumentId": None, "interval": interval, "indicators": indicators}
        for interval, indicators in (("1m", ["BB(20,2)", "EMA(50)", "RSI(14)"]), ("5m", []), ("15m", []), ("1h", []))
    ],
    "sides": ["book", "trades"],
}
READY = """window.__whisperer?.panes.length === 4
  && window.__whisperer.panes.every((pane) => pane.phase() === 'ready' && pane.bars().length > 100)
  && window.__whisperer.indicators().length === 3
  && document.querySelectorAll('[data-testid=book] tr[data-side]').length >= 16
  && document.querySelectorAll('[data-testid=trades] tbody tr').length >= 16"""
COUNT = """async (ms) => {
  const long = [];
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map((one) => one.duration)));
  observer.observe({ type: 'longtask' });
  let frames = 0;
  const begun = performance.now();
  await new Promise((resolve) => {
    const next = (now) => (now - begun >= ms ? resolve() : (frames++, requestAnimationFrame(next)));
    requestAnimationFrame(next);
  });
  observer.disconnect();
  return { fps: (frames * 1000) / (performance.now() - begun), long };
}"""


def ask(url, method="GET", body=None):
    """Return the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=10) as answer:
        return json.load(answer)


async def measured(url):
    """Return [(idle, busy, messages a second while busy)] of one page, round by round."""
    rounds = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium())
        async with Watched.opened(browser, f"{url}/docs") as page:
            await page.page.set_viewport_size(WIDE)
            await page.page.evaluate("kept => localStorage.setItem('whisperer.workspace', kept)", json.dumps(LAYOUT))
            await page.page.goto(url)
            await page.until(READY)
            for _ in range(ROUNDS):
                idle, _ = await counted(page, url, 0)
                busy, rate = await counted(page, url, RATE)
                rounds.append((idle, busy, rate))
            page.check()
        await browser.close()
    return rounds


async def counted(page, url, rate):
    """Return what the page does at so many messages a second, and how many really came."""
    await asyncio.to_thread(ask, f"{url}/flood?rate={rate}", "POST")
    await page.page.wait_for_timeout(SETTLE_MS)
    before = (await asyncio.to_thread(ask, f"{url}/flood"))["sent"]
    done = await page.page.evaluate(COUNT, SECONDS * 1000)
    sent = (await asyncio.to_thread(ask, f"{url}/flood"))["sent"] - before
    return done, sent / SECONDS


def dropped(counts):
    """Return the share of 60 frames a second that were not drawn, in per cent."""
    return 100 * max(0.0, 1 - counts["fps"] / 60)


def test_a_busy_page_drops_no_more_frames_than_an_idle_one(tmp_path):
    if chromium() is None:
        pytest.skip(HOW_TO)
    with NodeProcess(tmp_path, "log.level=warning") as node:
        node.ready()
        ask(f"{node.url}/api/v1/replay", "PATCH", {"paused": True})
        port = free_port()
        proxy = subprocess.Popen([sys.executable, "benchmarks/page_flood.py", str(port), str(node.port)], cwd=ROOT)
        try:
            wait_for(f"http://127.0.0.1:{port}/flood")
            rounds = asyncio.run(measured(f"http://127.0.0.1:{port}"))
        finally:
            proxy.kill()
            proxy.wait(10)
    for idle, busy, rate in rounds:
        print(
            f"\npage at {rate:,.0f} messages/s: {busy['fps']:.1f} frames/s (idle {idle['fps']:.1f}), dropped "
            f"{dropped(busy):.1f} % (idle {dropped(idle):.1f} %), long tasks {[round(ms) for ms in busy['long']]}"
        )
    assert min(rate for _, _, rate in rounds) > 0.95 * RATE
    # whatever else runs on the machine can only make a round worse
    idle, busy, _ = min(rounds, key=lambda one: (len(one[1]["long"]), dropped(one[1])))
    assert dropped(busy) <= dropped(idle) + 5
    assert busy["long"] == []


def wait_for(url):
    """Wait until something answers."""
    for _ in range(200):
        try:
            return ask(url)
        except OSError:
            asyncio.run(asyncio.sleep(0.05))
    raise AssertionError(f"{url} does not answer")
