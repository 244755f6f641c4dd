"""Settings on the page: an admin changes them while the node runs, everybody sees them, a restart keeps them."""

import asyncio

import pytest_asyncio

from tests.browser.conftest import started
from tests.browser.everybody import is_accessible, is_for_everybody
from tests.browser.people_desk import ADMIN, Team, signed_in
from tests.browser.watched import ABSENCE

PAGE = "/#/settings"


@pytest_asyncio.fixture(loop_scope="session")
async def team(tmp_path, browser):
    """A node with users of its own: its settings are changed, and it is restarted."""
    with Team(tmp_path, "sim.speed=30") as node:
        await started(node)
        yield await asyncio.to_thread(node.settle)


def words(page):
    return page.page.get_by_test_id("settings")


async def set_figure(page, name, text):
    await page.page.get_by_role("button", name=f"Change: {name}", exact=True).click()
    await page.page.get_by_label("New value").fill(text)


async def test_what_an_admin_sets_is_in_force_seen_by_others_and_kept(team, open_page):
    await asyncio.to_thread(team.add, "vera@example.org", "viewer")
    viewer = await signed_in(open_page, team, "vera@example.org", PAGE, phone=True)
    admin = await signed_in(open_page, team, ADMIN, PAGE)
    admin.forgive("status of 422", "answer: 422 ", *ABSENCE)
    viewer.forgive_absence()
    await words(viewer).get_by_text("read only").wait_for()
    assert await words(viewer).get_by_role("button").count() == 0

    await set_figure(admin, "Long above", "1.2")
    await admin.page.get_by_text("Not within its bounds").wait_for()
    await admin.page.get_by_label("New value").fill("0.3")
    await admin.page.get_by_role("button", name="Save").click()
    await admin.page.get_by_role("alert").filter(has_text="expected at most long_above (0.3)").wait_for()
    await admin.page.get_by_label("New value").fill("0.75")
    await admin.page.get_by_role("button", name="Save").click()
    await words(viewer).get_by_text("set here, file: 0.6").wait_for()
    await words(viewer).get_by_text("0.75").first.wait_for()

    await admin.page.get_by_role("group", name="technical").get_by_role("radio", name="Off").click(force=True)
    await words(viewer).get_by_text("technical off").first.wait_for()
    signals = "/api/v1/signals?limit=1"

    def is_off():
        [newest] = team.ask(ADMIN, "GET", signals)["items"]
        return newest["sources"][0]["state"] == "disabled"

    await asyncio.to_thread(team.until, is_off)
    await is_accessible(admin, "settings of an admin")
    await is_for_everybody(viewer, "settings of a viewer", phone=True)

    await asyncio.to_thread(team.stop)
    await asyncio.to_thread(lambda: team.start().ready())
    await words(admin).get_by_text("set here, file: 0.6").wait_for()
    await asyncio.to_thread(team.until, is_off)
    await admin.page.get_by_role("button", name="As in the file: technical").click()
    await words(viewer).get_by_text("technical off").first.wait_for(state="detached")
    await set_figure(admin, "Long above", "")
    await admin.page.get_by_role("button", name="As in the file", exact=True).click()
    await words(viewer).get_by_text("set here, file: 0.6").wait_for(state="detached")
