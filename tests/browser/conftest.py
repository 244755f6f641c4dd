"""One real browser for all tests of the page, and nodes that it shows."""

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, async_playwright

from tests.browser.trading_desk import clean
from tests.browser.watched import Watched, seen
from tests.node_process import PATIENCE_S, ROOT, NodeProcess

NodeProcess.always = ("buffer.window=1000",)
HERE = Path(__file__).parent
ADDRESS_BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""Pages of the browser itself, which it loads beside each tested one: a third of what opening a page computes."""
AS_EVER = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
"""What Playwright switches off in every Chromium: of two such lists the browser heeds the last."""
HOW_TO = "needs Chromium: `apt-get install chromium`, or CHROMIUM=/path/to/chromium"


def pytest_collection_modifyitems(items):
    """Mark every test of this folder; all of them share one loop, as the browser does."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def chromium():
    """Return where Chromium is, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    path = chromium()
    if path is None:
        pytest.skip(HOW_TO)
    if not (ROOT / "dashboard" / "dist" / "index.html").exists():
        pytest.fail("the page is not built: `make setup`")
    async with async_playwright() as playwright:
        off = f"--disable-features={','.join(AS_EVER + ADDRESS_BAR)}"
        browser = await playwright.chromium.launch(executable_path=path, args=[off], timeout=1_000 * PATIENCE_S)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Locator, "wait_for", seen)
            yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser):
    """Open pages that are watched: what went wrong in one of them fails the test."""
    async with AsyncExitStack() as stack:
        pages = []

        async def open_(url, **options):
            page = await stack.enter_async_context(Watched.opened(browser, url, **options))
            pages.append(page)
            return page

        yield open_
        for page in pages:
            page.check()


async def started(node):
    """Wait for a node without stopping the loop that the browser lives on."""
    await asyncio.to_thread(node.ready)
    return node


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def replayed(tmp_path_factory, browser):
    """The shipped recording, played to its end."""
    state = tmp_path_factory.mktemp("replayed")
    with NodeProcess(state, "replay.speed=0", config="config/replay.toml") as node:
        await started(node)
        await asyncio.to_thread(node.until, lambda: node.get("/api/v1/replay")["state"] == "ended")
        yield node


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def paper(tmp_path_factory, browser):
    """The simulated market as it comes, thirty times as fast."""
    with NodeProcess(tmp_path_factory.mktemp("paper"), "sim.speed=30") as node:
        yield await started(node)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def slow(tmp_path_factory, browser):
    """The simulated market as fast as the clock: its price hardly moves."""
    with NodeProcess(tmp_path_factory.mktemp("slow")) as node:
        yield await started(node)


@pytest_asyncio.fixture(loop_scope="session")
async def node(slow):
    """A node to trade on, with nothing left of the test before."""
    await asyncio.to_thread(clean, slow)
    return slow
