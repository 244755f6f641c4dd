"""Several charts at once, their common crosshair, the keyboard, and what is kept from visit to visit."""

PANES = "window.__whisperer?.panes"
READY = f"{PANES} && {PANES}.every((pane) => pane?.phase() === 'ready' && pane.bars().length > 0) && {PANES}.length"
SHOWN = f"{PANES}.map((pane) => [pane.instrumentId, pane.interval].join(' '))"
ACTIVE = "document.querySelector('[data-pane][aria-current]')?.dataset.pane"
BTC, ETH = "BTC-USDT.SIM", "ETH-USDT.SIM"


async def desk(open_page, node, charts, **options):
    """Open a page with so many charts, the first of BTC."""
    page = await (await open_page(f"{node.url}/#/chart/{BTC}/1m", **options)).chart()
    await page.page.keyboard.press(str(charts))
    await page.until(f"({READY}) === {charts}")
    return page


async def test_several_charts_begin_as_one_instrument_in_several_intervals(paper, open_page):
    page = await (await open_page(f"{paper.url}/#/chart/{BTC}/1m")).chart()

    await page.page.get_by_role("radio", name="Four charts").check()

    await page.until(f"({READY}) === 4")
    first = await page.page.evaluate(SHOWN)
    assert first == [f"{BTC} {interval}" for interval in ("1m", "5m", "15m", "1h")]
    assert await page.page.get_by_test_id("chart").count() == 4


async def test_each_chart_has_its_own_instrument_and_interval_and_all_are_kept(paper, open_page):
    page = await desk(open_page, paper, 2)

    await page.page.get_by_label("Instrument of chart 2").select_option(ETH)
    await page.page.get_by_label("Interval of chart 2").select_option("5m")
    await page.page.get_by_label("Instrument of chart 1").select_option(BTC)

    await page.until(f"{SHOWN}.join() === '{BTC} 1m,{ETH} 5m'")
    await page.until(f"{ACTIVE} === '0' && location.hash === '#/chart/{BTC}/1m'")
    await page.page.reload()
    await page.until(f"({READY}) === 2")
    assert await page.page.evaluate(SHOWN) == [f"{BTC} 1m", f"{ETH} 5m"]


async def test_what_was_kept_in_a_way_that_is_not_understood_is_forgotten(paper, open_page):
    page = await desk(open_page, paper, 2)
    for kept in (
        '{"version":0,"count":4}',
        "not json",
        '{"version":1,"count":3,"active":7,"panes":[1,null],"sides":"x"}',
    ):
        await page.page.evaluate("kept => localStorage.setItem('whisperer.workspace', kept)", kept)
        await page.page.reload()
        await page.until(f"({READY}) === 1")


async def test_the_crosshair_of_one_chart_is_on_all_of_them(paper, open_page):
    page = await desk(open_page, paper, 4)
    charts = page.page.get_by_test_id("chart")

    await charts.nth(0).focus()
    for _ in range(3):
        await page.page.keyboard.press("ArrowLeft")

    same = f"""() => {{
      const [first, ...others] = {PANES};
      const t = first.pointed();
      const holds = (pane) => {{
        const bars = pane.bars();
        const at = bars.findLastIndex((bar) => bar.t <= t);
        return pane.pointed() === bars[at].t;
      }};
      return t !== null && others.every(holds) && t;
    }}"""
    pointed = await page.until(same)
    values = f"""t => {PANES}.every((pane, index) => {{
      const bar = pane.bars().findLast((one) => one.t <= t);
      const legend = document.querySelectorAll('[data-testid=legend]')[index].innerText.replaceAll(',', '');
      return legend.includes(bar.h) && legend.includes(bar.l);
    }})"""
    await page.until(values, pointed)

    await page.page.keyboard.press("Escape")
    await page.until(f"{PANES}.every((pane) => pane.pointed() === null)")


async def test_the_mouse_points_on_all_charts_too(paper, open_page):
    page = await desk(open_page, paper, 2)
    box = await page.page.get_by_test_id("chart").nth(1).bounding_box()

    await page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)

    await page.until(f"{PANES}[1].pointed() !== null && {PANES}[0].pointed() !== null")
    await page.page.mouse.move(5, 5)
    await page.until(f"{PANES}.every((pane) => pane.pointed() === null)")


async def test_the_keyboard_switches_instrument_interval_chart_and_theme(paper, open_page):
    page = await desk(open_page, paper, 2)
    press = page.page.keyboard.press
    ids = [one["instrument_id"] for one in paper.get("/api/v1/instruments")["items"]]
    after = ids[(ids.index(BTC) + 1) % len(ids)]

    await press("n")
    await page.until(f"{PANES}[0].instrumentId === '{after}'")
    await press("p")
    await page.until(f"{PANES}[0].instrumentId === '{BTC}'")
    await press(".")
    await page.until(f"{PANES}[0].interval === '3m'")
    await press(",")
    await page.until(f"{PANES}[0].interval === '1m'")
    await press("c")
    await page.until(f"{ACTIVE} === '1' && document.activeElement.closest('[data-pane]')?.dataset.pane === '1'")
    await press("n")
    await page.until(f"{PANES}[1].instrumentId !== '{BTC}' && {PANES}[0].instrumentId === '{BTC}'")
    await press("x")
    await page.until(f"{ACTIVE} === '0'")
    await press("t")
    await page.until("document.documentElement.dataset.theme === 'dark'")
    await press("1")
    await page.until(f"({READY}) === 1")


async def test_the_list_of_keys_opens_by_its_own_key_and_can_switch_them_off(paper, open_page):
    page = await desk(open_page, paper, 1)

    await page.page.keyboard.press("?")
    listed = page.page.get_by_role("dialog", name="Keyboard shortcuts")
    await listed.get_by_text("Next instrument").wait_for()
    await listed.get_by_role("radio", name="Off").check()
    await page.page.keyboard.press("Escape")
    await listed.wait_for(state="hidden")
    await page.page.keyboard.press("4")
    await page.page.keyboard.press("t")

    await page.page.get_by_role("button", name="Keyboard shortcuts").click()
    await listed.get_by_role("radio", name="On").check()
    await page.page.keyboard.press("t")
    await page.until("document.documentElement.dataset.theme === 'dark'")
    assert await page.page.get_by_test_id("chart").count() == 1


async def test_the_figures_of_a_ticking_page_do_not_move_what_is_around_them(paper, open_page):
    page = await desk(open_page, paper, 4)
    await page.page.keyboard.press("b")
    await page.until("document.querySelectorAll('[data-testid=book] tr[data-side]').length >= 16")
    # what comes for the first time takes its place
    await page.until("document.querySelector('[data-testid=best-prices]')")
    await page.until(f"{PANES}.every((pane) => pane.signals().length > 0)")
    await page.until("/ms/.test(document.querySelector('[data-testid=connection]').innerText)")
    await page.page.evaluate(
        """() => {
          window.__shift = 0;
          // a strip that tells of trouble on a busy machine moves the screen as a whole: no figure does that
          const top = () => document.getElementById('main').getBoundingClientRect().top;
          let before = top();
          new PerformanceObserver((list) => {
            if (top() === before) for (const entry of list.getEntries()) window.__shift += entry.value;
            before = top();
          }).observe({ type: 'layout-shift' });
          window.__newest = window.__whisperer.bars().at(-1).t;
        }"""
    )

    await page.until("window.__whisperer.bars().at(-1).t > window.__newest")

    assert await page.page.evaluate("window.__shift") < 0.01
