"""Two browsers on one node for half an hour: memory flat, no complaint. `python benchmarks/soak_page.py --minutes 30`.

One shows four charts with indicators, order book and trades, the other goes from screen to screen. Prints one line a
minute and a verdict at the end; exit code 1 when anything was not as promised.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_page import LAYOUT, READY, WIDE
from benchmarks.soak import slope_per_hour
from tests.browser.conftest import chromium
from tests.browser.watched import Watched
from tests.node_process import NodeProcess

MAX_SLOPE_MB_H = 6.0
"""Of a page's heap after garbage collection. Bars and signals are kept, up to 50,000 and 20,000 a chart: some 1 MB an
hour at five times the speed."""
SETTLED_SHARE = 0.2
"""So much of the time is left out: caches fill, code is compiled."""
SCREENS = ["#/chart", "#/signals", "#/chart", "#/node"]


async def heap_mb(page):
    """Return the JavaScript heap of a page after a garbage collection, in megabytes."""
    session = await page.page.context.new_cdp_session(page.page)
    await session.send("HeapProfiler.collectGarbage")
    usage = await session.send("Runtime.getHeapUsage")
    await session.detach()
    return usage["usedSize"] / 1e6


async def busy(page, url):
    """Open everything that moves."""
    await page.page.set_viewport_size(WIDE)
    await page.page.evaluate("kept => localStorage.setItem('whisperer.workspace', kept)", json.dumps(LAYOUT))
    await page.page.goto(url)
    await page.until(READY)


async def soak(url, minutes):
    """Return the heaps of both pages, [(seconds, MB)], and what they complained of."""
    heaps = [[], []]
    async with async_playwright() as playwright:
        browsers = [await playwright.chromium.launch(executable_path=chromium()) for _ in range(2)]
        async with Watched.opened(browsers[0], f"{url}/docs") as still, Watched.opened(browsers[1], url) as walker:
            await busy(still, url)
            for minute in range(minutes):
                for screen in SCREENS * 3:
                    await walker.page.evaluate("hash => { location.hash = hash }", screen)
                    await asyncio.sleep(5)
                for heap, page in zip(heaps, (still, walker), strict=True):
                    heap.append((60.0 * (minute + 1), await heap_mb(page)))
                print(f"minute {minute + 1}: " + ", ".join(f"{heap[-1][1]:.1f} MB" for heap in heaps), flush=True)
            complaints = [*still.mistakes, *walker.mistakes]
        for browser in browsers:
            await browser.close()
    return heaps, complaints


def main():
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--speed", type=float, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as state, NodeProcess(state, f"sim.speed={arguments.speed}") as node:
        node.ready()
        heaps, complaints = asyncio.run(soak(node.url, arguments.minutes))
    settled = [heap[int(len(heap) * SETTLED_SHARE) :] for heap in heaps]
    slopes = [slope_per_hour(heap) for heap in settled]
    print(f"heap slopes {slopes[0]:+.1f} and {slopes[1]:+.1f} MB/h, complaints {complaints}")
    return int(bool(complaints) or max(slopes) > MAX_SLOPE_MB_H)


if __name__ == "__main__":
    sys.exit(main())
