"""Order book, tape, best prices and watchlist show what the market says."""

from tests.browser.conftest import started
from tests.node_process import NodeProcess

PAUSE = """() => fetch('/api/v1/replay', {
  method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ paused: true }) })"""
BOOK = """() => {
  const rows = [...document.querySelectorAll('[data-testid=book] tr[data-side]')];
  const read = (side) => rows.filter((row) => row.dataset.side === side)
    .map((row) => [...row.cells].map((cell) => Number(cell.innerText.replaceAll(',', ''))));
  const [asks, bids] = [read('ask'), read('bid')];
  return asks.length >= 8 && bids.length >= 8 && { asks: asks.reverse(), bids };
}"""


async def beside(open_page, node, tab, **options):
    page = await (await open_page(f"{node.url}/#/chart", **options)).chart()
    await page.page.get_by_role("group", name="Show beside").get_by_label(tab, exact=True).check()
    return page


def check_side(rungs, *, is_bid):
    """A side of the ladder goes away from the spread, and its totals add up."""
    prices = [price for price, _, _ in rungs]
    assert prices == sorted(prices, reverse=is_bid)
    total = 0.0
    for _, size, shown in rungs:
        total += size
        assert abs(total - shown) < 1e-6


async def test_the_ladder_cumulates_both_sides_and_never_crosses(paper, open_page):
    page = await beside(open_page, paper, "Book")
    for _ in range(3):
        book = await page.until(BOOK)
        check_side(book["bids"], is_bid=True)
        check_side(book["asks"], is_bid=False)
        assert book["bids"][0][0] < book["asks"][0][0]
        await page.until(
            "was => document.querySelector('[data-testid=book]').innerText !== was", await page.text("book")
        )
    assert "Spread" in await page.text("spread")


async def test_the_ladder_is_the_book_of_the_api(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "sim.speed=1") as node:
        page = await beside(open_page, await started(node), "Book")
        await page.page.evaluate(PAUSE)
        await page.until("document.querySelector('[data-testid=connection]').innerText.includes('Paused')")
        instrument = await page.page.evaluate("window.__whisperer.instrumentId")
        told = node.get(f"/api/v1/book?instrument_id={instrument}&depth=20")

        is_same = f"""told => {{
          const book = ({BOOK})();
          const isTold = ([price, size], [shownPrice, shownSize]) =>
            Number(price) === shownPrice && Number(size) === shownSize;
          return book && ['bids', 'asks'].every(
            (side) => book[side].every((rung, at) => told[side][at] && isTold(told[side][at], rung)));
        }}"""
        assert await page.until(is_same, told)


async def test_the_tape_shows_the_newest_trades_first(paper, open_page):
    page = await beside(open_page, paper, "Trades")
    newest = "document.querySelectorAll('[data-testid=trades] tbody tr').length >= 16"
    await page.until(newest)

    times = await page.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=trades] tbody tr')].map((row) => row.cells[0].innerText)"
    )
    sides = await page.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=trades] tbody tr')].map((row) => row.cells[1].innerText)"
    )

    assert times == sorted(times, reverse=True)
    assert set(sides) <= {"Buy", "Sell"}
    await page.until(
        "was => document.querySelector('[data-testid=trades]').innerText !== was", await page.text("trades")
    )


async def test_a_source_without_them_says_so_in_words(replayed, open_page):
    page = await beside(open_page, replayed, "Book")
    await page.says("book", "This source has no order book")
    await page.page.get_by_label("Trades", exact=True).check()
    await page.says("trades", "This source has no trades")


async def test_best_bid_and_ask_stand_beside_the_price(paper, open_page):
    page = await beside(open_page, paper, "Signals")
    box = page.page.get_by_label("Price and last day")
    await box.get_by_test_id("best-prices").wait_for()

    bid, ask = await page.until(
        r"""() => {
          const text = document.querySelector('[data-testid=best-prices]').innerText;
          const numbers = text.replaceAll(',', '').match(/\d+\.\d+/g)?.map(Number);
          return numbers?.length === 2 && numbers;
        }"""
    )

    assert bid < ask


async def test_the_watchlist_tells_price_and_change_of_all_and_opens_one(paper, open_page):
    page = await beside(open_page, paper, "Watchlist")
    ids = [one["instrument_id"] for one in paper.get("/api/v1/instruments")["items"]]
    rows = page.page.get_by_test_id("watchlist").locator("li")

    told = r"""() => [...document.querySelectorAll('[data-testid=watchlist] li')].every(
      (row) => /^\d/.test(row.querySelector('[data-testid=watch-last]').innerText)
        && row.querySelector('[data-testid=best-prices]') && /%/.test(row.innerText))"""
    await page.until(told)
    assert [(await row.inner_text()).splitlines()[0] for row in await rows.all()] == ids
    await rows.filter(has_text="ETH-USDT.SIM").get_by_role("button").click()

    await page.until("window.__whisperer?.instrumentId === 'ETH-USDT.SIM'")
    await page.until("location.hash.startsWith('#/chart/ETH-USDT.SIM/')")
