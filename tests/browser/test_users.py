"""Several people on one node, each at their own page: from the first sign-in to a trade, apart, after a kill."""

import asyncio
import json

import pyotp
import pytest_asyncio

from tests.browser.conftest import started
from tests.browser.everybody import is_accessible, is_for_everybody
from tests.browser.people_desk import ADMIN, PASSWORD, REFUSED, Team, give, sign_out, signed_in
from tests.browser.trading_desk import BTC, TradingPage

KEPT = "JSON.parse(localStorage.getItem('whisperer.sign-in'))"
CHART = f"/#/chart/{BTC}/1m"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def team(tmp_path_factory, browser):
    """One node for all of these tests; each of them makes users of its own."""
    with Team(tmp_path_factory.mktemp("team")) as node:
        await started(node)
        yield await asyncio.to_thread(node.settle)


async def test_a_new_user_signs_in_chooses_a_password_and_trades(team, open_page):
    admin = await signed_in(open_page, team, ADMIN, "/#/users")
    await admin.page.get_by_role("button", name="Add a user").click()
    await admin.page.get_by_label("Email").fill("new@example.org")
    await admin.page.get_by_role("button", name="Add", exact=True).click()
    made = await admin.page.get_by_test_id("made-password").inner_text()
    await admin.page.get_by_role("button", name="I have passed it on").click()
    await admin.page.get_by_test_id("user").filter(has_text="new@example.org").wait_for()

    page = await open_page(f"{team.url}{CHART}")
    page.forgive(*REFUSED)
    await give(page.page, "new@example.org", "not the one")
    await page.says("sign-in-fault", "Email or password is wrong.")
    await give(page.page, "new@example.org", made)
    await page.page.get_by_label("New password", exact=True).fill("short")
    await page.says("strength", "At least 12 characters, 7 more to go")
    for label in ("New password", "New password once more"):
        await page.page.get_by_label(label, exact=True).fill(PASSWORD)
    await page.page.get_by_role("button", name="Change the password").click()
    desk = TradingPage(await page.chart())
    await desk.open_ticket("Buy")
    await desk.fill("Amount", "0.2")
    await desk.confirm.filter(has_text="Buy 0.2 BTC at market").click()

    await desk.notice("Bought 0.2 BTC at")  # it goes by itself, what follows stays
    await desk.outcome.get_by_text("Filled at").wait_for()
    assert made not in await page.page.evaluate("JSON.stringify(localStorage) + location.href")


async def test_two_users_see_their_own_only_and_come_back_after_a_kill(team, open_page):
    pages = []
    for name, amount in (("ada", "0.05"), ("bob", "0.07")):
        email = await asyncio.to_thread(team.add, f"{name}@example.org")
        desk = TradingPage(await (await signed_in(open_page, team, email, CHART)).chart())
        desk.watched.forgive_absence()
        await desk.open_ticket("Buy")
        await desk.choose("Limit")
        await desk.fill("Limit price", round(last(team, email) * 0.95, 1))
        await desk.fill("Amount", amount)
        await desk.send()
        pages.append((desk, email, amount))

    await check_apart(team, pages)
    await asyncio.to_thread(team.kill)
    for desk, *_ in pages:
        await desk.until("/Reconnecting|Node down/.test(document.querySelector('[data-testid=connection]').innerText)")
    await started(team.start())

    for desk, *_ in pages:
        await desk.until("document.querySelector('[data-testid=connection]').innerText.includes('Live')")
    await check_apart(team, pages)
    assert await pages[0][0].page.get_by_test_id("sign-in").count() == 0
    await pages[0][0].page.get_by_role("button", name="Cancel: Buy 0.05 BTC").first.click()
    await pages[0][0].has_orders(0)
    await pages[1][0].has_orders(1)


def last(team, email):
    path = f"/api/v1/bars?instrument_id={BTC}&interval=1m&limit=1"
    return float(team.ask(email, "GET", path)["items"][0]["c"])


async def check_apart(team, pages):
    """Every page shows its own order and nothing of the other's."""
    for desk, email, amount in pages:
        await desk.has_orders(1)
        assert amount in (await desk.orders.first.inner_text()).split()
        others = [other for _, other, _ in pages if other != email]
        body = await desk.page.content()
        assert not any(other in body for other in others)
        orders = await asyncio.to_thread(team.ask, email, "GET", "/api/v1/orders?state=working")
        assert [one["quantity"] for one in orders["items"]] == [amount]


async def test_a_second_factor_is_set_up_and_asked_for(team, open_page):
    email = await asyncio.to_thread(team.add, "careful@example.org")
    page = await signed_in(open_page, team, email, "/#/security")
    page.forgive(*REFUSED)
    await page.page.get_by_role("button", name="Set up").click()
    await page.page.get_by_test_id("qr").wait_for()
    await is_accessible(page, "enroll")
    secret = (await page.page.get_by_test_id("factor-secret").inner_text()).replace(" ", "")
    await page.page.get_by_label("Code of the app").fill(pyotp.TOTP(secret).now())
    await page.page.get_by_role("button", name="Switch it on").click()
    codes = (await page.page.get_by_test_id("recovery-codes").inner_text()).split()
    await page.page.get_by_role("button", name="I have kept them").click()
    await page.page.get_by_text("10 recovery codes are left").wait_for()
    await sign_out(page.page)

    await give(page.page, email)
    await page.page.get_by_test_id("second-factor").wait_for()
    await is_accessible(page, "second factor")
    await page.page.get_by_role("button", name="Use a recovery code").click()
    await page.page.get_by_label("Recovery code").fill("wrong-wrong")
    await page.page.get_by_role("button", name="Go on").click()
    await page.page.get_by_test_id("sign-in-fault").filter(has_text="wrong").wait_for()
    await page.page.get_by_label("Recovery code").fill(codes[0])
    await page.page.get_by_role("button", name="Go on").click()

    await page.page.get_by_test_id("account-menu").wait_for()


async def test_an_end_asks_again_over_the_page_and_every_tab_goes_on(team, open_page):
    email = await asyncio.to_thread(team.add, "tabs@example.org")
    page = await signed_in(open_page, team, email, "/#/security")
    page.forgive(*REFUSED)
    other = await page.page.context.new_page()
    await other.goto(f"{team.url}/#/security")
    await other.get_by_test_id("session").first.wait_for()
    await page.page.get_by_role("button", name="New key").click()
    await page.page.get_by_label("Name").fill("half typed")

    await asyncio.to_thread(team.ask, email, "POST", "/api/v1/session/end", {"which": "global"})

    again = page.page.get_by_test_id("sign-in-again")
    await other.get_by_test_id("sign-in-again").get_by_label("Password", exact=True).wait_for()
    await again.get_by_label("Password", exact=True).fill(PASSWORD)
    await again.get_by_role("button", name="Sign in", exact=True).click()
    for one in (again, other.get_by_test_id("sign-in-again")):
        await one.wait_for(state="hidden")
    assert await page.page.get_by_label("Name").input_value() == "half typed"
    await page.page.get_by_role("button", name="Make the key").click()
    assert (await page.page.get_by_test_id("key-text").inner_text()).startswith("wk_")

    async with page.page.expect_event("domcontentloaded"):
        await sign_out(other)
    await page.page.get_by_test_id("sign-in").wait_for()
    assert await page.page.evaluate("localStorage.getItem('whisperer.sign-in')") is None
    assert email not in await page.page.content()


async def test_an_end_that_nears_is_told_before_it_comes(team, open_page):
    email = await asyncio.to_thread(team.add, "late@example.org")
    page = await signed_in(open_page, team, email, "/#/signals")
    page.forgive(*REFUSED)

    async def refused(route):
        await route.fulfill(status=400, json={"code": "refresh_token_not_found", "message": "gone"})

    await page.page.route("**/auth/v1/token?grant_type=refresh_token", refused)
    ends_in = (
        f"(ms) => localStorage.setItem('whisperer.sign-in', JSON.stringify({{...{KEPT}, expires_ms: Date.now() + ms}}))"
    )
    await page.page.evaluate(ends_in, 119_000)
    await page.page.reload()

    await page.says("expiry", "Your sign-in ends in 1 min")
    await is_accessible(page, "expiry")
    await page.page.evaluate(ends_in, 2_000)
    await page.page.reload()
    await page.page.get_by_test_id("sign-in-again").or_(page.page.get_by_test_id("sign-in")).first.wait_for()


async def test_a_viewer_has_no_account_and_no_dead_buttons(team, open_page):
    email = await asyncio.to_thread(team.add, "viewer@example.org", "viewer")
    page = await signed_in(open_page, team, email)
    await page.chart()

    for name in ("Buy", "Sell", "Stop trading"):
        assert await page.page.get_by_role("button", name=name, exact=True).count() == 0
    assert await page.page.get_by_test_id("dock").count() == 0
    links = await page.page.get_by_role("navigation", name="Screens").get_by_role("link").all_inner_texts()
    assert [text.strip() for text in links] == ["Chart", "Signals", "Models", "Settings", "Node", "API"]
    await is_accessible(page, "chart of a viewer")
    await page.page.goto(f"{team.url}/#/users")
    await page.page.get_by_text("There is no such screen").wait_for()


async def test_an_admin_stops_everybody_and_disables_one_at_once(team, open_page):
    email = await asyncio.to_thread(team.add, "stopped@example.org")
    page = await signed_in(open_page, team, email, "/#/account")
    page.forgive(*REFUSED)
    admin = await signed_in(open_page, team, ADMIN, "/#/users")
    switch = admin.page.get_by_test_id("node-switch")
    await switch.get_by_role("button", name="Stop everybody").click()
    await admin.page.get_by_role("dialog").get_by_role("button", name="Stop everybody").click()
    await switch.get_by_role("button", name="Let everybody trade again").click()
    await switch.get_by_role("button", name="Stop everybody").wait_for()

    await admin.page.get_by_test_id("user").filter(has_text=email).get_by_role("button").click()
    await admin.page.get_by_role("button", name="Disable").click()
    await admin.page.get_by_role("dialog").get_by_role("button", name="Disable").click()

    await admin.page.get_by_test_id("user").filter(has_text=email).get_by_text("Disabled").wait_for()
    again = page.page.get_by_test_id("sign-in-again")
    await again.get_by_label("Password", exact=True).fill(PASSWORD)
    await again.get_by_role("button", name="Sign in", exact=True).click()
    await page.says("sign-in-fault", "This user is disabled")
    await admin.page.get_by_label("What", exact=True).select_option("User disabled")
    await admin.page.get_by_test_id("trail-entry").filter(has_text="User disabled").wait_for()


async def test_new_screens_are_for_everybody_and_fit_a_phone(team, open_page):
    email = await asyncio.to_thread(team.add, "phone@example.org", "trader", "admin")
    user_id = (await asyncio.to_thread(team.ask, email, "GET", "/api/v1/session"))["user"]["user_id"]
    page = await open_page(f"{team.url}/#/security", phone=True)
    await is_for_everybody(page, "sign-in", phone=True)
    await give(page.page, email)
    for address, ready in (("security", "session"), (f"users/{user_id}", "ceilings")):
        await page.page.goto(f"{team.url}/#/{address}")
        await page.page.get_by_test_id(ready).first.wait_for()
        await page.page.get_by_test_id("trail").wait_for()
        await is_for_everybody(page, address, phone=True)
    assert json.dumps(PASSWORD)[1:-1] not in await page.page.evaluate("JSON.stringify(localStorage)")
