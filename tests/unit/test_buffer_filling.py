"""What a window lacks is asked for once; what comes of it is put where it belongs, and told."""

import asyncio
import gc
import json
import weakref

import pytest
import structlog

from actors.buffer.filling import GAPS, HOLES
from actors.buffer.live import ODD
from actors.buffer.mending import MENDED
from actors.buffer.source import PAGE
from actors.market import MINUTE_NS, SECOND_NS, BarRow, interval_of
from config.errors import VenueUnavailableError
from tests.unit.traded_market import (
    BASE,
    NAME,
    Ear,
    RowsMarket,
    buffer_of,
    filled,
    held,
    random_trades,
    row,
    rows,
    running,
    settled,
    until,
    value,
)


@pytest.fixture(autouse=True, scope="module")
def patient():
    """Live bars wait for an answer that is on its way, however slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("actors.buffer.filling.HOLD_S", 60.0)
        yield


class Lossy:
    """A market some of whose closed minutes never come live."""

    def __init__(self, market, buffer, lost):
        self.market, self.buffer, self.lost, self.true = market, buffer, set(lost), buffer.bar
        buffer.bar = self.bar

    def bar(self, bars, one):
        if (one.ts_open - BASE) // MINUTE_NS not in self.lost:
            self.true(bars, one)

    def play(self, minute):
        self.market.play(self.buffer, BASE + int(minute * MINUTE_NS))


async def lossy(lost, *intervals, per_s=1.0, begin=3):
    trades = random_trades(4, start=BASE, spans_s=3_600, per_s=per_s)
    market, buffer, ear = await running(trades, *intervals, position=BASE + begin * MINUTE_NS)
    market.asked.clear()
    return Lossy(market, buffer, lost), market, buffer, ear


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


def spans(asked):
    return [
        ((start - BASE) // MINUTE_NS, (end - BASE) // MINUTE_NS)
        for interval, start, end, _ in asked
        if interval == "1m"
    ]


async def test_a_late_minute_is_asked_for_before_the_next_one_comes():
    line, market, buffer, ear = await lossy({5})
    line.play(6.05)
    assert market.asked == []

    line.play(6.2)
    await filled(buffer)

    assert spans(market.asked) == [(2, 6)], "from some bars before the gap on"
    assert held(buffer, "1m") == market.truth("1m")
    assert [one.ts_open for one in ear.bars["1m"]] == [BASE + minute * MINUTE_NS for minute in (3, 4, 5)]


async def test_a_gap_of_many_minutes_is_one_question():
    line, market, buffer, _ = await lossy(range(5, 25))
    market.gate.clear()
    line.play(30)
    market.gate.set()
    await filled(buffer)

    assert len(market.asked) == 2, "one for the first minute missing, one for all that were found meanwhile"
    assert held(buffer, "1m") == market.truth("1m")


async def test_the_bars_after_a_gap_wait_a_moment_and_are_told_in_order():
    line, market, buffer, ear = await lossy({5})
    buffer.advance = lambda _: None  # nothing but the next bar shows the gap
    line.play(7)
    assert [one.ts_open for one in ear.bars["1m"]] == [BASE + minute * MINUTE_NS for minute in (3, 4)]
    await filled(buffer)

    assert ear.bars["1m"] == market.truth("1m")[3:]
    assert ear.mends == {}


async def test_live_bars_go_on_while_the_source_is_silent_and_the_gap_is_mended_later():
    line, market, buffer, ear = await lossy({5}, "5m")
    market.gate.clear()
    line.play(9)
    assert [one.ts_open for one in ear.bars["1m"]] == [BASE + minute * MINUTE_NS for minute in (3, 4, 6, 7, 8)]

    market.gate.set()
    await filled(buffer)
    line.play(11)

    assert held(buffer, "1m") == market.truth("1m")
    assert held(buffer, "5m") == market.truth("5m")
    assert ear.mends["1m"] == [market.truth("1m")[5]]


async def test_a_failing_source_holds_nobody_up_and_is_asked_until_it_answers(monkeypatch):
    monkeypatch.setattr("actors.buffer.filling._FIRST_RETRY_S", 0.001)
    line, market, buffer, ear = await lossy({5, 8})
    market.error = VenueUnavailableError("down")
    line.play(7)
    await until(lambda: len(market.asked) >= 3)
    line.play(11)
    assert [one.ts_open for one in ear.bars["1m"]] == [BASE + minute * MINUTE_NS for minute in (3, 4, 6, 7, 9, 10)]

    market.error = None
    await filled(buffer)

    assert held(buffer, "1m") == market.truth("1m")


async def test_a_window_that_is_dropped_while_the_source_fails_is_let_go(monkeypatch):
    line, market, buffer, _ = await lossy(set(), "5s")
    monkeypatch.setattr(buffer._readers, "_idle_s", 0.0)
    window = weakref.ref(buffer.held(NAME).series["5s"].window)
    asked = set()

    async def down(_, interval, *__):
        asked.add(interval)
        raise VenueUnavailableError("down")  # another one each time: its traceback has the frame that asked

    monkeypatch.setattr(market, "bars", down)
    market.play(buffer, BASE + 5 * MINUTE_NS, heard=False)
    line.play(7)
    await until(lambda: asked >= {"1m", "5s"})
    await turns()

    assert buffer.sweep()
    await turns()
    gc.collect()

    assert window() is None


async def test_gaps_that_the_window_has_left_behind_are_not_asked_for_any_more():
    trades = random_trades(4, start=BASE, spans_s=3_600, per_s=1.0)
    market, buffer, _ = await running(trades, position=BASE + 20 * MINUTE_NS, window=8)
    line = Lossy(market, buffer, range(21, 60, 2))
    market.error = VenueUnavailableError("down")
    for minute in range(21, 60):
        line.play(minute)
        await asyncio.sleep(0)

    wanted = list(buffer.held(NAME).base.gaps.wanted)

    assert len(wanted) <= 9, "as many as there can be between the bars of the window"


async def test_a_minute_without_trades_is_asked_for_once_and_shown_as_a_hole():
    trades = [(BASE + second * SECOND_NS, 100 + second, 1) for second in (10, 70, 130, 370, 430, 700)]
    market, buffer, _ = await running(trades, position=BASE + 3 * MINUTE_NS)
    market.asked.clear()
    before = value(HOLES.labels("1m"))
    for second in range(190, 760, 10):
        market.play(buffer, BASE + second * SECOND_NS)
        await filled(buffer)

    assert len(spans(market.asked)) == 6, "one for each of the minutes 3, 4, 5, 8, 9 and 10"
    assert value(HOLES.labels("1m")) - before == 6
    page = await buffer.page(NAME, "1m", start=None, end=None, limit=100)
    assert page.holes == [(BASE + 3 * MINUTE_NS, BASE + 6 * MINUTE_NS), (BASE + 8 * MINUTE_NS, BASE + 11 * MINUTE_NS)]


async def test_a_hole_is_never_asked_for_again_not_by_a_new_node_either():
    line, market, buffer, ear = await lossy({5})
    truth = market.truth
    market.truth = lambda *asked: [one for one in truth(*asked) if one.ts_open != BASE + 5 * MINUTE_NS]
    line.play(8)
    await filled(buffer)
    asked = len(market.asked)

    buffer.detach()
    buffer.attach(market, ear)
    await settled(buffer)
    line.play(20)
    await filled(buffer)

    assert [one.ts_open for one in held(buffer, "1m")] == [
        BASE + minute * MINUTE_NS for minute in range(20) if minute != 5
    ]
    assert all(end is None or start > BASE + 5 * MINUTE_NS for _, start, end, _ in market.asked[asked:])


async def test_a_correction_reaches_the_longer_bars_and_those_who_hear_them():
    market, buffer, ear = await running(
        random_trades(4, start=BASE, spans_s=3_600, per_s=1), "5m", "15m", position=BASE + 3 * MINUTE_NS
    )
    market.play(buffer, BASE + 11 * MINUTE_NS)
    true = market.truth("1m")[6]
    wrong = BarRow(true.ts_open, true.open, true.high + 5_000, true.low, true.close, true.volume + 7)
    market.tampered["1m", true.ts_open] = wrong
    before = value(ODD.labels("corrected")), value(MENDED.labels("5m"))

    buffer.bar(buffer.held(NAME), wrong)
    await filled(buffer)

    five = market.truth("5m")[1]
    assert (held(buffer, "1m")[6], ear.mends["1m"]) == (wrong, [wrong])
    mended = BarRow(five.ts_open, five.open, max(five.high, wrong.high), five.low, five.close, five.volume + 7)
    assert (held(buffer, "5m")[1], ear.mends["5m"]) == (mended, [mended])
    assert buffer.open_row(NAME, "15m").high == max(wrong.high, *(one.high for one in held(buffer, "1m")))
    assert (value(ODD.labels("corrected")), value(MENDED.labels("5m"))) == (before[0] + 1, before[1] + 1)


async def test_a_correction_that_the_source_does_not_know_is_put_back():
    market, buffer, ear = await running(
        random_trades(4, start=BASE, spans_s=3_600, per_s=1), "5m", position=BASE + 3 * MINUTE_NS
    )
    market.play(buffer, BASE + 11 * MINUTE_NS)
    true = market.truth("1m")[6]

    buffer.bar(buffer.held(NAME), BarRow(true.ts_open, true.open, true.high, true.low, true.close, 1))
    await filled(buffer)

    assert held(buffer, "1m") == market.truth("1m")
    assert held(buffer, "5m") == market.truth("5m")
    assert len(ear.mends["1m"]) == 2


async def test_the_bytes_and_numbers_of_a_window_follow_what_is_mended():
    line, market, buffer, _ = await lossy({5})
    market.gate.clear()
    line.play(9)
    buffer.recent(NAME, "1m", 100)
    buffer.columns(NAME, "1m", 100)

    market.gate.set()
    await filled(buffer)

    encoded, opens = buffer.recent(NAME, "1m", 100)
    columns = buffer.columns(NAME, "1m", 100)
    truth = market.truth("1m")
    assert opens == columns.ts_open.tolist() == [one.ts_open for one in truth]
    assert (
        [float(json.loads(one)["c"]) for one in encoded] == columns.close.tolist() == [one.close / 100 for one in truth]
    )


async def test_short_bars_of_lost_trades_are_asked_for():
    trades = random_trades(4, start=BASE, spans_s=1_200, per_s=1)
    market, buffer, _ = await running(trades, "15s", position=BASE + 3 * MINUTE_NS)
    market.play(buffer, BASE + 5 * MINUTE_NS)
    bars = buffer.held(NAME)
    bars.trade, true = lambda *_: None, bars.trade
    market.play(buffer, BASE + 5 * MINUTE_NS + 20 * SECOND_NS)
    bars.trade = true
    before = value(GAPS.labels("trades"))

    with structlog.testing.capture_logs() as logs:
        market.play(buffer, BASE + 8 * MINUTE_NS)
        await filled(buffer)

    assert held(buffer, "15s") == market.truth("15s")
    assert value(GAPS.labels("trades")) - before == 1
    assert [one["log_level"] for one in logs if one["event"] == "preview_differs"] == ["info"]


async def test_lost_trades_are_logged_once_in_a_while_and_the_right_bars_never_asked_for():
    market, buffer, _ = await running(
        random_trades(4, start=BASE, spans_s=3_600, per_s=1), position=BASE + 3 * MINUTE_NS
    )
    market.asked.clear()
    bars, heard = buffer.held(NAME), []
    true = bars.trade
    bars.trade = lambda *trade: heard.append(trade) or (len(heard) % 3 and true(*trade))

    with structlog.testing.capture_logs() as logs:
        market.play(buffer, BASE + 40 * MINUTE_NS)
        await filled(buffer)

    assert [one["event"] for one in logs] == ["preview_differs"]
    assert market.asked == []
    assert held(buffer, "1m") == market.truth("1m")


async def test_a_large_window_is_asked_for_page_by_page():
    market = RowsMarket(rows(9_000))
    buffer = buffer_of(window=7_600)
    buffer.attach(market, Ear())
    await buffer.loaded(NAME, "1m")

    assert held(buffer, "1m") == market.held[-7_600:]
    assert buffer.held(NAME).base.window.has_older
    assert [limit for *_, limit in market.asked] == [PAGE, PAGE, PAGE, 7_601 - 3 * PAGE]


async def test_the_history_of_a_short_market_ends_with_its_first_page():
    for count, asked in ((1_999, 1), (2_000, 2), (4_100, 3)):
        market, buffer = RowsMarket(rows(count)), buffer_of(window=7_600)
        buffer.attach(market, Ear())
        await buffer.loaded(NAME, "1m")

        assert held(buffer, "1m") == market.held
        assert not buffer.held(NAME).base.window.has_older
        assert len(market.asked) == asked


async def test_bars_that_never_had_an_answer_are_asked_for_by_the_next_node():
    line, market, buffer, ear = await lossy({5})
    market.gate.clear()
    line.play(9)
    await asyncio.sleep(0)
    buffer.detach()
    market.gate.set()

    buffer.attach(market, ear)
    await settled(buffer)
    await filled(buffer)

    assert held(buffer, "1m") == market.truth("1m")


async def test_a_recorded_market_with_holes_goes_on_while_they_are_asked_about():
    market, buffer, ear = RowsMarket([]), buffer_of(native="1m"), Ear()
    buffer.attach(market, ear)
    await settled(buffer)
    bars = buffer.held(NAME)

    for number in (0, 1, 4, 5, 9):
        one = row(number, start=BASE)
        market.held.append(one)
        buffer.advance(interval_of("1m").close(one.ts_open))
        buffer.bar(bars, one)
        await filled(buffer)

    assert [one.ts_open for one in ear.bars["1m"]] == [BASE + minute * MINUTE_NS for minute in (0, 1, 4, 5, 9)]
    assert [(start, end) for start, end in bars.base.gaps.holes] == [
        (BASE + 2 * MINUTE_NS, BASE + 4 * MINUTE_NS),
        (BASE + 6 * MINUTE_NS, BASE + 9 * MINUTE_NS),
    ]


async def test_an_empty_answer_where_bars_are_known_is_not_believed_at_once(monkeypatch):
    monkeypatch.setattr("actors.buffer.filling._FIRST_RETRY_S", 0.0)
    line, market, buffer, _ = await lossy({5})
    truth = market.truth
    market.truth = lambda *_: [] if len(spans(market.asked)) < 3 else truth("1m")
    line.play(8)
    await filled(buffer)

    assert held(buffer, "1m") == truth("1m")
    assert not list(buffer.held(NAME).base.gaps.holes)
