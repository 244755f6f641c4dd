"""The page for everybody: readable, reachable by keyboard and thumb, in both themes, at home in every zone."""

from collections import Counter
from datetime import datetime

import pytest

from tests.browser.everybody import HIGHER, SMALL, WIDER, is_legible, is_reachable

ADDRESSES = ["/", "/#/signals", "/#/account", "/#/strategies", "/#/models", "/#/settings", "/#/node", "/docs"]
READY = {
    "/": "window.__whisperer?.phase() === 'ready' && document.querySelector('[data-testid=signals] li')",
    "/#/signals": "document.querySelector('[data-testid=signal-table] tbody tr')",
    "/#/account": "document.querySelectorAll('[data-testid=account-facts], [data-testid=limits]').length === 2",
    "/#/strategies": "document.querySelector('main form')",
    "/#/models": "document.querySelector('[data-testid=models] form select option')",
    "/#/settings": "document.querySelector('[data-testid=settings] [data-testid=source]')",
    "/#/node": "document.querySelectorAll('main section dl').length >= 2",
    "/docs": "document.querySelectorAll('article').length > 10 && document.getElementById('channels')",
}
ALIKE = """() => {
  const known = new Set()
  const look = (one) => one === document.body ? ''
    : `${look(one.parentElement)} > ${one.tagName}.${one.className} ${one.getAttribute('style') ?? ''}`
  for (const article of document.querySelectorAll('article')) {
    const looks = [article, ...article.querySelectorAll('*')].map(look)
    if (looks.every((one) => known.has(one))) article.remove()
    looks.forEach((one) => known.add(one))
  }
}"""
"""Take away articles whose every element looks as one of those before: axe-core walks thousands of words slowly."""


async def arrived(open_page, node, address, **options):
    page = await open_page(f"{node.url}{address}", **options)
    await page.until(READY[address])
    return page


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
async def test_axe_finds_nothing_in_both_themes(slow, open_page, address, phone):
    page = await arrived(open_page, slow, address, phone=phone)
    if address == "/":
        await page.page.get_by_test_id("signals").get_by_role("button").first.click()
    await is_reachable(page, address)
    await page.page.evaluate(ALIKE)
    await is_legible(page, address)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_phone_scrolls_down_only_and_every_target_is_large(slow, open_page, address):
    page = await arrived(open_page, slow, address, phone=True)
    await page.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")

    assert await page.page.evaluate(WIDER) == 0
    assert await page.page.evaluate(SMALL) == []


async def test_what_opens_on_a_phone_fits_it(slow, open_page):
    page = await arrived(open_page, slow, "/", phone=True)
    for name in ("Preferences", "Details", "More screens"):
        await page.page.get_by_role("button", name=name).click()
        box = await page.page.locator("[popover]:popover-open").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert await page.page.evaluate(SMALL) == []
        await page.page.keyboard.press("Escape")


async def test_a_wide_screen_does_not_scroll_at_all(slow, open_page):
    page = await arrived(open_page, slow, "/")
    assert await page.page.evaluate(WIDER) == 0
    assert await page.page.evaluate(HIGHER) == 0


async def test_times_are_local_or_utc_and_the_choice_is_remembered(replayed, open_page):
    page = await arrived(open_page, replayed, "/", zone="Asia/Kolkata")
    await page.says("legend", "7 Jan 2026 07:29")
    await page.says("market-time", "UTC+5:30")

    await page.page.get_by_role("radio", name="UTC").check()
    await page.says("legend", "7 Jan 2026 01:59")
    await page.page.reload()
    await page.until(READY["/"])

    await page.says("legend", "7 Jan 2026 01:59")


async def test_the_theme_follows_the_system_until_one_is_chosen(slow, open_page):
    page = await arrived(open_page, slow, "/", theme="dark")
    shade = "document.documentElement.dataset.theme"
    assert await page.page.evaluate(shade) == "dark"

    await page.page.emulate_media(color_scheme="light")
    await page.until(f"{shade} === 'light'")
    await page.page.get_by_role("radio", name="Dark").check()
    await page.page.reload()
    await page.until(READY["/"])

    assert await page.page.evaluate(shade) == "dark"


async def test_connection_time_and_speed_are_told_in_words(paper, open_page):
    page = await arrived(open_page, paper, "/")
    await page.until("/Live\\s*(<1|\\d+) ms/.test(document.querySelector('[data-testid=connection]').innerText)")
    await page.says("market-time", "30x simulated")

    await page.page.get_by_test_id("connection").click()

    told = page.page.locator("[popover]:popover-open")
    await told.filter(has_text="running").wait_for()
    assert "trader.v1" in await told.inner_text()


async def test_price_keeps_the_places_of_its_instrument(slow, open_page):
    page = await arrived(open_page, slow, "/")
    await page.page.get_by_label("Instrument", exact=True).select_option("ETH-USDT.SIM")
    await page.until("window.__whisperer?.instrumentId === 'ETH-USDT.SIM' && window.__whisperer.bars().length")
    places = len(slow.get("/api/v1/instruments/ETH-USDT.SIM")["price_increment"].partition(".")[2])

    # what is shown until its first bar is there belongs to another one
    await page.until(
        "places => document.querySelector('[data-testid=price]').innerText"
        ".split('\\n')[0].match(/^[\\d,]+(?:\\.(\\d+))?$/)?.[1]?.length === places",
        places,
    )


async def test_a_signal_of_the_list_is_shown_on_the_chart(slow, open_page):
    page = await arrived(open_page, slow, "/#/signals")

    asked = "/api/v1/signals?limit=200"
    side = Counter(one["signal"] for one in slow.get(asked)["items"]).most_common(1)[0][0]
    await page.page.get_by_label(side.capitalize(), exact=True).check()
    await page.page.get_by_role("link", name="Chart").nth(1).click()

    await page.page.locator("[data-testid=signals] [aria-expanded=true]").wait_for()
    details = page.page.get_by_test_id("signal-details")
    shares = await details.get_by_test_id("source").get_by_test_id("share").all_inner_texts()
    name = await page.page.evaluate("window.__whisperer.instrumentId")
    told = await page.page.locator("[data-testid=signals] [aria-expanded=true] time").get_attribute("datetime")
    place = (name, round(datetime.fromisoformat(told).timestamp() * 1_000))
    newest = slow.get(asked)["items"]  # it may have come just now
    (signal,) = [one for one in newest if (one["instrument_id"], one["ts"]) == place]
    assert signal["trace_id"] in await details.get_by_text("Trace").inner_text()
    assert len(shares) == len(signal["sources"])
    assert float(shares[0]) == pytest.approx(signal["score"], abs=0.006), "the only source makes all of the score"

    await page.page.get_by_role("group", name="Show beside").get_by_text("Book").click()
    await details.wait_for(state="detached")
    await page.page.get_by_title("Show what each source said").click()
    await details.get_by_test_id("acting").wait_for()


async def test_an_address_that_leads_nowhere_says_so(slow, open_page):
    page = await open_page(f"{slow.url}/#/nowhere")
    await page.page.get_by_text("There is no such screen").wait_for()
    await page.page.get_by_role("link", name="To the chart").click()
    await page.chart()


async def test_docs_show_every_endpoint_and_try_one(slow, open_page):
    page = await arrived(open_page, slow, "/docs")
    text = await page.page.locator("main").inner_text()
    contract = slow.get("/openapi.json")
    assert [path for path in contract["paths"] if path not in text] == []
    assert "subscribe" in text
    assert "unknown_channel" in text
    await page.page.locator("#channels article").first.wait_for()
    channels = await page.page.locator("#channels").inner_text()
    told = [one["address"] for one in slow.get("/asyncapi.json")["channels"].values() if one["address"] != "/ws"]
    assert [address for address in told if address not in channels] == []

    await page.page.locator("#getStatus summary").click()
    await page.page.locator("#getStatus").get_by_role("button", name="Send").click()

    await page.page.locator("#getStatus pre").wait_for()
    assert '"state": "running"' in await page.page.locator("#getStatus pre").inner_text()
