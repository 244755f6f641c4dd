"""The chart shows what the source has: bars, holes, signals."""

import csv
from datetime import datetime

import pytest

from tests.browser.conftest import started
from tests.node_process import ROOT, NodeProcess
from tests.recordings import csv_of, minutes

SAMPLE = ROOT / "config" / "samples" / "btc-usdt-1m.csv"
CONFIG = """
market = "replay"
[replay]
speed = 0.0
warmup_bars = 100
[replay.instruments."BTC-USDT.REPLAY"]
file = "bars.csv"
base = "BTC"
price_precision = 2
size_precision = 1
maker_fee = "0"
taker_fee = "0"
"""


def bars_of_the_file():
    """Return every row of the shipped recording as a bar on the wire."""
    with SAMPLE.open() as file:
        return [
            {
                "t": int(datetime.fromisoformat(row["timestamp"]).timestamp() * 1000),
                **{
                    letter: row[name]
                    for letter, name in zip("ohlcv", ("open", "high", "low", "close", "volume"), strict=True)
                },
                "closed": True,
            }
            for row in csv.DictReader(file)
        ]


async def scroll_to_the_beginning(page):
    box = await page.page.get_by_test_id("chart").bounding_box()
    await page.page.mouse.move(box["x"] + 300, box["y"] + 200)
    while "from the beginning" not in await page.page.locator("footer").inner_text():
        await page.page.mouse.wheel(-3000, 0)
        await page.page.wait_for_timeout(50)


async def test_candles_equal_the_replayed_file(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    await page.until("document.querySelector('[data-testid=connection]').innerText.includes('Replay ended')")

    await scroll_to_the_beginning(page)

    assert await page.shown("bars") == bars_of_the_file()
    assert await page.shown("holes") == []


async def test_bars_that_come_live_equal_the_file(tmp_path, browser, open_page):
    with NodeProcess(tmp_path, "replay.speed=600", config="config/replay.toml") as node:
        page = await (await open_page((await started(node)).url)).chart()
        first = (await page.shown("bars"))[-1]["t"]

        await page.until("first => window.__whisperer.bars().at(-1).t >= first + 30 * 60000", first)

        shown = [bar for bar in await page.shown("bars") if bar["closed"]]
    begin = shown[0]["t"]
    expected = [bar for bar in bars_of_the_file() if begin <= bar["t"] <= shown[-1]["t"]]
    assert shown == expected
    assert len(shown) > 500


async def test_a_hole_in_the_file_is_a_hole_on_the_chart(tmp_path, browser, open_page):
    csv_of(tmp_path, *minutes(300, skip=tuple(range(200, 215))))
    (tmp_path / "replay.toml").write_text(CONFIG)
    with NodeProcess(tmp_path / "state", config=tmp_path / "replay.toml") as node:
        page = await (await open_page((await started(node)).url)).chart()
        await page.until("window.__whisperer.bars().length === 285")

        (hole,) = await page.shown("holes")

        assert hole["count"] == 15
        await page.says("holes", "1 hole in the data")
        await page.page.get_by_test_id("holes").click()
        await page.page.locator("[popover]:popover-open").filter(has_text="15 min, 15 bars").wait_for()


async def test_candles_are_really_painted(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    page.forgive("willReadFrequently")
    count_of = """() => {
      const style = getComputedStyle(document.documentElement);
      const wanted = ['--chart-up', '--chart-down'].map((name) => style.getPropertyValue(name).trim());
      const counts = wanted.map(() => 0);
      for (const canvas of document.querySelectorAll('[data-testid=chart] canvas')) {
        if (!canvas.width) continue;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        wanted.forEach((colour, index) => {
          const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
          for (let i = 0; i < data.length; i += 4)
            if (data[i] === r && data[i + 1] === g && data[i + 2] === b) counts[index] += 1;
        });
      }
      return counts.every((count) => count > 500);
    }"""
    assert await page.until(count_of)


async def test_signals_stand_on_their_bars_with_their_reasons(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    await page.until("window.__whisperer.marks().length > 0")

    signals = {one["ts_bar"]: one for one in replayed.get("/api/v1/signals?limit=1000")["items"]}
    marks = [mark for mark in await page.shown("marks") if mark["t"] in signals]

    assert len(marks) > 20
    assert [mark["side"] for mark in marks] == [signals[mark["t"]]["signal"] for mark in marks]
    newest = max((one for one in signals.values() if one["signal"] != "neutral"), key=lambda one: one["ts"])
    row = page.page.get_by_test_id("signals").locator("li").first
    await row.get_by_role("button").click()
    text = await row.inner_text()
    assert all(reason in text for reason in newest["reasons"])
    assert newest["sources"][0]["name"] in text


async def test_marks_can_be_thinned_out_and_switched_off(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    every = await page.until("window.__whisperer.marks().length")

    await page.page.get_by_label("Only where the opinion changes").check()
    turns = await page.until("count => window.__whisperer.marks().length < count && window.__whisperer.marks()", every)
    await page.page.get_by_role("group", name="Signal marks").get_by_label("Off").check()
    await page.until("window.__whisperer.marks().length === 0")

    assert 0 < len(turns) < every
    assert all(mark["isTurn"] for mark in turns)


@pytest.mark.parametrize(("interval", "minutes_each"), [("5m", 5), ("1h", 60)])
async def test_longer_bars_are_made_of_the_same_file(replayed, open_page, interval, minutes_each):
    page = await (await open_page(f"{replayed.url}/#/chart/BTC-USDT.REPLAY/{interval}")).chart()
    assert await page.page.evaluate("window.__whisperer.interval") == interval
    span = minutes_each * 60_000
    rows = bars_of_the_file()

    for bar in (await page.shown("bars"))[1:-1]:
        inside = [row for row in rows if bar["t"] <= row["t"] < bar["t"] + span]
        assert bar["o"] == inside[0]["o"]
        assert bar["c"] == inside[-1]["c"]
        assert float(bar["h"]) == max(float(row["h"]) for row in inside)


async def test_the_keyboard_moves_from_bar_to_bar_beyond_the_edge_of_the_view(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    bars = await page.shown("bars")

    await page.page.get_by_test_id("chart").focus()
    await page.page.keyboard.press("ArrowLeft")
    for _ in range(20):
        await page.page.keyboard.press("Shift+ArrowLeft")
    await page.page.keyboard.press("ArrowRight")

    wanted = bars[-1 - 20 * 10 + 1]
    await page.says("legend", f"{float(wanted['c']):,.1f}")
    await page.says("legend", f"{float(wanted['h']):,.1f}")


async def test_the_keyboard_picks_the_signal_of_a_bar(replayed, open_page):
    page = await (await open_page(replayed.url)).chart()
    marks = await page.until("window.__whisperer.marks().length && window.__whisperer.marks()")
    opens = [bar["t"] for bar in await page.shown("bars")]

    await page.page.get_by_test_id("chart").focus()
    for _ in range(len(opens) - opens.index(marks[-1]["t"])):
        await page.page.keyboard.press("ArrowLeft")
    await page.page.keyboard.press("Enter")

    await page.page.locator("[data-testid=signals] [aria-expanded=true]").wait_for()


async def test_an_instrument_and_an_interval_are_picked_by_hand(paper, open_page):
    page = await (await open_page(paper.url)).chart()

    await page.page.get_by_label("Instrument", exact=True).select_option("ETH-USDT.SIM")
    await page.page.get_by_label("5 minutes", exact=True).check()

    await page.until("window.__whisperer?.instrumentId === 'ETH-USDT.SIM' && window.__whisperer.interval === '5m'")
    await page.chart()
    await page.page.reload()
    await page.chart()
    assert await page.page.evaluate("window.__whisperer.instrumentId") == "ETH-USDT.SIM"
    assert page.page.url.endswith("#/chart/ETH-USDT.SIM/5m")
