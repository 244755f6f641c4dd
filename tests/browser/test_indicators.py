"""Indicators are picked from the node's catalogue, drawn over the bars or below them, live, and remembered."""

from urllib.parse import quote

import pytest

from tests.browser.conftest import started
from tests.browser.test_chart import CONFIG, scroll_to_the_beginning
from tests.node_process import NodeProcess
from tests.recordings import csv_of, minutes

DRAWN = "window.__whisperer?.indicators?.()"


async def chart(open_page, node, **options):
    return await (await open_page(f"{node.url}/#/chart", **options)).chart()


async def pick(page, name, **parameters):
    """Pick an indicator from the list and ask for it; return the list."""
    await page.page.get_by_role("button", name="Indicators", exact=True).click()
    menu = page.page.get_by_role("dialog", name="Add an indicator")
    await menu.get_by_label("Find an indicator").fill(name)
    await menu.get_by_role("button", expanded=False).first.click()
    for label, value in parameters.items():
        field = menu.get_by_label(label.replace("_", " "), exact=True)
        await (field.select_option(value) if label == "ma_type" else field.fill(value))
    await menu.get_by_role("button", name=f"Add {name}").click()
    return menu


async def add(page, name, **parameters):
    """Add an indicator and wait until the list is gone."""
    await (await pick(page, name, **parameters)).wait_for(state="hidden")


async def drawn(page, *names):
    """Wait until these and no others are drawn; return them by name."""
    has_values = "one => Object.values(one.lines).every((line) => line.length > 0)"
    shown = f"names => {DRAWN}?.map((one) => one.name).join(' ') === names && {DRAWN}.every({has_values}) && {DRAWN}"
    return {one["name"]: one for one in await page.until(shown, " ".join(names))}


async def test_values_over_the_bars_are_those_of_the_api(replayed, open_page):
    page = await chart(open_page, replayed)

    await add(page, "BB", period="10", k="1.5")

    bands = (await drawn(page, "BB(10,1.5)"))["BB(10,1.5)"]
    newest = (await page.shown("bars"))[-1]["t"]
    question = f"instrument_id=BTC-USDT.REPLAY&interval=1m&name={quote('BB(10,1.5)')}&end={newest + 1}&limit=300"
    told = replayed.get(f"/api/v1/indicators?{question}")["items"]
    assert bands["pane"] == 0
    for output in ("upper", "middle", "lower"):
        assert bands["lines"][output][-300:] == [[row["t"], pytest.approx(row["values"][output])] for row in told]


async def test_several_have_parts_of_their_own_and_each_can_be_removed(replayed, open_page):
    page = await chart(open_page, replayed)

    await add(page, "RSI")
    await add(page, "MACD", ma_type="sma")
    await add(page, "EMA", period="50")

    shown = await drawn(page, "RSI(14)", "MACD(12,26,9,sma)", "EMA(50)")
    assert [one["pane"] for one in shown.values()] == [2, 3, 0]
    assert list(shown["MACD(12,26,9,sma)"]["lines"]) == ["value", "signal", "histogram"]

    await page.page.get_by_role("button", name="Remove RSI(14)").click()
    shown = await drawn(page, "MACD(12,26,9,sma)", "EMA(50)")
    assert [one["pane"] for one in shown.values()] == [2, 0]


async def test_they_are_remembered_per_chart(replayed, open_page):
    page = await chart(open_page, replayed)
    await add(page, "SMA", period="7")
    await drawn(page, "SMA(7)")

    await page.page.reload()
    await page.chart()
    await drawn(page, "SMA(7)")
    await page.page.keyboard.press("2")
    await page.until("window.__whisperer?.panes.length === 2")

    counts = "window.__whisperer.panes.map((pane) => pane.indicators().length).join()"
    await page.until(f"{counts} === '1,0'")


async def test_live_values_follow_the_market(paper, open_page):
    page = await chart(open_page, paper)
    await add(page, "EMA", period="5")
    await drawn(page, "EMA(5)")
    newest = (await page.shown("bars"))[-1]["t"]

    last = f"{DRAWN}[0].lines.value.at(-1)"
    await page.until(f"t => {last}[0] > t", newest)

    closed = "window.__whisperer.bars().filter((bar) => bar.closed).at(-1).t"
    t = await page.page.evaluate(closed)
    question = f"instrument_id={await page.page.evaluate('window.__whisperer.instrumentId')}&interval=1m"
    (row,) = paper.get(f"/api/v1/indicators?{question}&name={quote('EMA(5)')}&start={t}&end={t + 1}")["items"]
    same = f"([t, value]) => {DRAWN}[0].lines.value.some((one) => one[0] === t && Math.abs(one[1] - value) < 1e-6)"
    await page.until(same, [t, row["values"]["value"]])


async def test_their_values_stand_in_words_at_the_crosshair(replayed, open_page):
    page = await chart(open_page, replayed)
    await add(page, "SMA", period="3")
    shown = await drawn(page, "SMA(3)")
    points = dict(shown["SMA(3)"]["lines"]["value"])

    await page.page.get_by_test_id("chart").focus()
    for _ in range(4):
        await page.page.keyboard.press("ArrowLeft")
    pointed = await page.page.evaluate("window.__whisperer.pointed()")

    await page.says("indicators", f"{points[pointed]:,.1f}")


async def test_a_parameter_that_cannot_be_is_refused_in_words(replayed, open_page):
    page = await chart(open_page, replayed)
    page.forgive("/api/v1/indicators", "status of 422")

    menu = await pick(page, "MACD", fast_period="30", slow_period="10")

    await menu.get_by_role("alert").wait_for()
    assert await page.page.evaluate(DRAWN) == []


async def test_history_has_values_as_far_back_as_the_bars_go(replayed, open_page):
    page = await chart(open_page, replayed)
    await add(page, "EMA", period="9")
    await drawn(page, "EMA(9)")

    await scroll_to_the_beginning(page)

    count = f"() => window.__whisperer.bars().length - {DRAWN}[0].lines.value.length"
    await page.until(f"() => [0, 8].includes(({count})())")


async def test_a_line_ends_where_the_bars_have_a_hole(tmp_path, browser, open_page):
    csv_of(tmp_path, *minutes(300, skip=tuple(range(200, 215))))
    (tmp_path / "replay.toml").write_text(CONFIG)
    with NodeProcess(tmp_path / "state", config=tmp_path / "replay.toml") as node:
        page = await chart(open_page, await started(node))
        await page.until("window.__whisperer.bars().length === 285")
        (hole,) = await page.shown("holes")

        await add(page, "SMA", period="5")

        shown = (await drawn(page, "SMA(5)"))["SMA(5)"]
        assert shown["ends"]["value"] == [hole["from"] - 60_000]
        assert hole["to"] in dict(shown["lines"]["value"])
