"""Models on the page: one is trained and watched, kept ones are promoted and rolled back, all axe-clean."""

import asyncio
import time

import pytest_asyncio

from actors.signal.models.registry import ModelRegistry
from tests.browser.conftest import started
from tests.browser.everybody import is_accessible
from tests.node_process import PATIENCE_S, NodeProcess
from tests.unit.model_files import made_meta, stump

NAME = "BTC-USDT.SIM"
SMALL = ["training.gbt.trees=4", "training.folds=2", "training.first=0.5", "training.nice=0", "training.days=4"]


def save(folder, model_id):
    raw = stump(0.5, -0.5)
    known = {"instrument_id": NAME, "trained_to_ms": time.time_ns() // 1_000_000 - 86_400_000}
    ModelRegistry(folder / "models").save(made_meta(model_id, raw, **known), {"model.json": raw})


@pytest_asyncio.fixture(loop_scope="session")
async def trained(tmp_path, browser):
    """A node with two models to choose from."""
    for model_id in ("first", "second"):
        save(tmp_path, model_id)
    with NodeProcess(tmp_path, *SMALL) as node:
        await started(node)
        yield node


async def test_a_model_is_trained_promoted_and_rolled_back(trained, open_page):
    page = await open_page(f"{trained.url}/#/models")
    models, jobs = page.page.get_by_test_id("model"), page.page.get_by_test_id("job")
    await page.page.get_by_role("button", name="Train").click()
    await jobs.get_by_text("finished").first.wait_for(timeout=1_000 * PATIENCE_S)  # it is computed, not drawn
    await models.nth(2).wait_for()
    assert await models.first.get_by_text("Out of sample").count() == 1
    await is_accessible(page, "models")
    await page.page.get_by_role("button", name="Report of").first.click()
    report = page.page.frame_locator("[data-testid=report]")
    await report.get_by_text("Log-loss, unseen").wait_for()
    assert await page.page.get_by_test_id("report").get_attribute("sandbox") == ""
    await is_accessible(page, "report")
    await page.page.get_by_role("dialog").get_by_role("button", name="Close").click()

    for model_id in ("first", "second"):
        card = models.filter(has_text=model_id)
        await card.get_by_role("button", name="Promote").click()
        await page.page.get_by_role("dialog").get_by_role("button", name="Promote").click()
        await card.get_by_text("promoted", exact=True).wait_for()
    await models.filter(has_text="first").get_by_text("Promoted now", exact=True).wait_for()
    await models.filter(has_text="second").get_by_role("button", name="Roll back").click()
    await page.page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    await models.filter(has_text="first").get_by_text("promoted", exact=True).wait_for()

    now = await asyncio.to_thread(trained.get, "/api/v1/models/first")
    assert now["state"] == "promoted"
