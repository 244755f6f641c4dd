"""The page of a node whose users a Supabase project keeps: what is kept there says so, what is kept here works."""

import asyncio
import json

import pytest
import pytest_asyncio

from tests.browser.conftest import started
from tests.browser.everybody import SMALL, WIDER, is_accessible, is_for_everybody
from tests.browser.people_desk import PASSWORD, REFUSED, give, sign_out, signed_in
from tests.browser.test_users import KEPT
from tests.node_process import NodeProcess
from tests.supabase_double import PUBLISHABLE_KEY
from tests.supabase_project import Project

ANNA, BOB, EVE, FRED = (f"{name}@example.org" for name in ("anna", "bob", "eve", "fred"))
AWAY = ("status of 503", "answer: 503 ")
FORBIDDEN = ("status of 403", "answer: 403 ")
LINKS = "[...document.querySelectorAll('nav[aria-label=Screens] a')].map((link) => link.innerText.trim())"
DUE = f"() => localStorage.setItem('whisperer.sign-in', JSON.stringify({{...{KEPT}, expires_ms: Date.now() + 60_000}}))"


class Elsewhere:
    """A node, the project that keeps its users, and who they are."""

    def __init__(self, node, project):
        self.node, self.project, self.url = node, project, node.url
        add = project.double.add_user
        self.anna = add(ANNA, PASSWORD, roles=["trader"])
        add(BOB, PASSWORD, roles=["trader", "admin"])
        add(EVE, PASSWORD, roles=["viewer"])
        project.double.add_factor(add(FRED, PASSWORD, roles=["trader"]))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def elsewhere(tmp_path_factory, browser):
    """One node and one project for all of these tests."""
    state = tmp_path_factory.mktemp("elsewhere")
    with pytest.MonkeyPatch.context() as patch, Project() as project:
        patch.setenv("SUPABASE_PUBLISHABLE_KEY", PUBLISHABLE_KEY)
        settings = ("auth.mode=supabase", f"auth.supabase.url={project.double.url}")
        with NodeProcess(state, *settings, config="config/team.toml") as node:
            await started(node)
            yield Elsewhere(node, project)


async def buttons(page):
    """Return the words on every button of the screen, without those of the bar."""
    return [text.strip() for text in await page.page.locator("main").get_by_role("button").all_inner_texts()]


async def test_security_says_what_is_kept_elsewhere_and_does_the_rest(elsewhere, open_page):
    page = await signed_in(open_page, elsewhere, ANNA, "/#/security")
    await page.says("elsewhere", "kept by the Supabase project")
    await page.page.get_by_test_id("session").filter(has_text="This one").wait_for()
    await page.page.get_by_test_id("trail-entry").filter(has_text="Signed in").wait_for()
    assert set(await buttons(page)) == {"New key", "Look again"}
    await is_accessible(page, "security")

    await page.page.get_by_role("button", name="New key").click()
    await page.page.get_by_label("Name").fill("robot")
    await page.page.get_by_role("button", name="Make the key").click()
    key = await page.page.get_by_test_id("key-text").inner_text()
    await page.page.get_by_role("button", name="I have kept it").click()
    await page.page.get_by_role("button", name="Take back: robot").click()
    await page.page.get_by_text("No keys").wait_for()
    assert key.startswith("wk_")
    assert json.dumps(PASSWORD)[1:-1] not in await page.page.evaluate("JSON.stringify(localStorage)")


async def test_a_project_that_is_away_stops_nobody_who_is_signed_in(elsewhere, open_page):
    page = await signed_in(open_page, elsewhere, BOB, "/#/account")
    stranger = await open_page(f"{elsewhere.url}/#/security", phone=True)
    stranger.forgive(*AWAY)
    await asyncio.to_thread(elsewhere.project.go_away)
    try:
        await page.page.reload()
        await page.page.get_by_test_id("account-menu").wait_for()
        await page.page.goto(f"{elsewhere.url}/#/security")
        await page.page.get_by_test_id("session").first.wait_for()
        await give(stranger.page, EVE)
        await stranger.says("sign-in-fault", "The service that signs people in cannot be reached.")
        await sign_out(page.page)
    finally:
        await asyncio.to_thread(elsewhere.project.come_back)

    await stranger.page.get_by_role("button", name="Sign in", exact=True).click()
    await stranger.page.get_by_test_id("elsewhere").wait_for()
    assert await stranger.page.evaluate(WIDER) == 0
    assert await stranger.page.evaluate(SMALL) == []


async def test_other_roles_at_the_project_count_when_the_sign_in_is_renewed(elsewhere, open_page):
    page = await signed_in(open_page, elsewhere, ANNA, "/#/node")
    page.forgive(*FORBIDDEN, *REFUSED)
    before = await page.page.evaluate(f"{KEPT}.access_token")
    assert "Account" in await page.page.evaluate(LINKS)
    elsewhere.project.double.set_roles(elsewhere.anna, ["viewer"])
    await page.page.evaluate(DUE)
    await page.page.reload()

    await page.until(f"{KEPT}.access_token !== {json.dumps(before)}")
    await page.until(f"{LINKS}.length > 0 && !{LINKS}.includes('Account')")
    await page.page.wait_for_load_state("networkidle")  # a reload amid another renewal would lose its answer
    elsewhere.project.double.set_roles(elsewhere.anna, ["trader"])
    await page.page.evaluate(DUE)
    await page.page.reload()
    await page.until(f"{LINKS}.includes('Account')")


async def test_an_admin_shuts_out_here_and_is_told_what_is_changed_there(elsewhere, open_page):
    eve = await signed_in(open_page, elsewhere, EVE, "/#/security")
    eve.forgive(*REFUSED)
    page = await signed_in(open_page, elsewhere, BOB, "/#/users", phone=True)
    await page.says("users-elsewhere", "Users are made, changed and removed at the Supabase project")
    row = page.page.get_by_test_id("user").filter(has_text=EVE)
    await row.filter(has_text="signed in").get_by_role("button").click()
    await page.says("roles-elsewhere", "app_metadata.roles")
    panel = page.page.get_by_test_id("user-panel")
    assert await panel.get_by_role("button").all_inner_texts() == ["Disable"]
    await is_for_everybody(page, "users", phone=True)

    await panel.get_by_role("button", name="Disable").click()
    await page.page.get_by_text("The user stays as before at Supabase.").wait_for()
    await page.page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    await row.get_by_text("Disabled").wait_for()
    await eve.page.get_by_test_id("sign-in-again").wait_for()


async def test_a_second_factor_there_is_no_form_that_cannot_work(elsewhere, open_page):
    page = await open_page(f"{elsewhere.url}/#/chart")
    await give(page.page, FRED)
    await page.says("factor-elsewhere", "a second factor at the Supabase project")
    await is_accessible(page, "second factor elsewhere")
    await page.page.get_by_role("button", name="Sign out").click()
    await page.page.get_by_test_id("sign-in").wait_for()
