"""The ticks of the process: who wants what, and what survives a node."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from actors.ticks.repairs import SNAPSHOT_S, WAITS_S
from actors.ticks.store import IDLE_S
from config.errors import NotFoundError, UnknownInstrumentError, VenueUnavailableError
from tests.tick_books import change, snapshot
from tests.tick_world import BTC, ETH, EVERY, FakeSource, TickWorld, quote, trade


def bodies(found):
    return [json.loads(body)["id"] for body in found]


def broken(world):
    world.ticks.hold(BTC, "book", "r")
    world.ticks.step(snapshot(10))
    world.ticks.step(change(12, bids=[(98, 1)]))
    return world


class TestSubscriptions:
    def test_trades_are_subscribed_at_once_quotes_and_books_when_somebody_wants_them(self):
        world = TickWorld().attach()
        assert world.source.of("start") == [(BTC, "trades"), (ETH, "trades")]
        world.ticks.hold(BTC, "quotes", "r")
        world.ticks.hold(BTC, "book_delta", "r")
        world.ticks.hold(BTC, "book", "r")

        assert world.source.of("start") == [(BTC, "quotes"), (BTC, "book")]

    def test_what_the_source_does_not_have_is_never_asked_for(self):
        world = TickWorld(kinds=lambda _: frozenset()).attach()
        world.ticks.hold(BTC, "quotes", "r")

        assert world.source.calls == []

    def test_what_nobody_has_read_for_a_while_is_given_back(self):
        world = TickWorld().attach()
        world.source.of("start")
        world.ticks.hold(BTC, "quotes", "r")
        world.ticks.hold(BTC, "book_delta", "r")
        world.quote(1)
        world.ticks.step(snapshot())
        world.later.advance(10 * IDLE_S)
        assert world.source.of("stop") == []
        world.ticks.release(BTC, "quotes", "r")
        world.ticks.release(BTC, "book_delta", "r")
        world.later.advance(IDLE_S - 1)
        assert world.source.of("stop") == []
        world.later.advance(IDLE_S)

        assert sorted(world.source.of("stop")) == [(BTC, "book"), (BTC, "quotes")]
        assert (world.ticks.quote(BTC), world.ticks.book(BTC, 5)) == (None, None)
        assert not world.ticks.is_ready(BTC, "quotes")

    def test_a_reader_who_comes_back_in_time_finds_everything_going_on(self):
        world = TickWorld().attach()
        world.source.of("start")
        world.ticks.hold(BTC, "book_delta", "r")
        world.ticks.step(snapshot(10))
        place = world.ticks.place(BTC, "book_delta")
        world.ticks.release(BTC, "book_delta", "r")
        world.later.advance(IDLE_S / 2)
        world.ticks.step(change(11, bids=[(98, 1)]))
        world.ticks.hold(BTC, "book_delta", "r")
        world.later.advance(10 * IDLE_S)

        assert len(world.ticks.since(BTC, "book_delta", place)) == 1
        assert world.source.of("start") == [(BTC, "book")]

    def test_the_steps_are_forgotten_when_only_the_best_levels_are_read(self):
        world = TickWorld().attach()
        world.ticks.hold(BTC, "book_delta", "r")
        world.ticks.hold(BTC, "book", "r")
        world.ticks.step(snapshot(10))
        place = world.ticks.place(BTC, "book_delta")
        world.ticks.release(BTC, "book_delta", "r")
        world.later.advance(2 * IDLE_S)
        world.ticks.step(change(11, bids=[(98, 1)]))

        assert world.ticks.since(BTC, "book_delta", place) is None
        assert world.ticks.book(BTC, 5) is not None

    def test_changes_are_told_only_while_somebody_listens(self):
        world = TickWorld().attach()
        world.trade(1)
        assert world.source.told == []
        world.ticks.hold(BTC, "trades", "r")
        world.trade(2)
        world.trade(2)
        world.ticks.release(BTC, "trades", "r")
        world.trade(3)

        assert world.source.told == [("trades", False)]

    def test_one_of_two_readers_leaving_leaves_the_other_told(self):
        world = TickWorld().attach()
        world.ticks.hold(BTC, "book", "a")
        world.ticks.hold(BTC, "book_delta", "b")
        world.ticks.release(BTC, "book_delta", "b")
        world.ticks.step(snapshot())

        assert world.source.told == [("book", True)]


class TestTicks:
    def test_trades_are_read_by_place_and_by_page(self):
        world = TickWorld().attach(past=[trade(number) for number in range(5)])
        place = world.ticks.place(BTC, "trades")
        world.trade(5)

        assert bodies(world.ticks.since(BTC, "trades", place)) == ["t5"]
        page = world.ticks.trades(BTC, limit=2)
        assert bodies(body for _, body in page) == ["t5", "t4"]
        assert bodies(body for _, body in world.ticks.trades(BTC, limit=9, before=page[-1][0])) == [
            "t3",
            "t2",
            "t1",
            "t0",
        ]

    def test_a_trade_says_everything(self):
        world = TickWorld().attach()
        world.trade(7)

        assert json.loads(world.ticks.trades(BTC, limit=1)[0][1]) == {
            "id": "t7",
            "price": "30000.00",
            "quantity": "0.00017",
            "side": "buy",
            "ts": 1_700_000_040_000,
            "ts_ns": "1700000040000000007",
        }

    def test_the_newest_quote_counts_and_false_ones_do_not(self):
        world = TickWorld().attach()
        world.ticks.hold(BTC, "quotes", "r")
        world.quote(5)
        for false in (quote(4, bid=1), quote(6, bid=3_000_200), quote(6, bid=0), quote(6, size=-1)):
            world.ticks.quote_tick(false)
        assert json.loads(world.ticks.quote(BTC))["bid"] == "29999.00"
        world.quote(6, bid=3_000_100)

        assert json.loads(world.ticks.quote(BTC)) == {
            "bid": "30001.00",
            "bid_size": "0.00005",
            "ask": "30001.00",
            "ask_size": "0.00005",
            "ts": 1_700_000_040_000,
            "ts_ns": "1700000040000000006",
        }

    def test_a_stamp_that_cannot_be_true_does_not_shut_out_what_follows(self):
        world = TickWorld(latest=lambda: trade(100).ts).attach()
        world.ticks.hold(BTC, "quotes", "r")
        world.trade(1)
        world.trade(2, ts=trade(101).ts)
        world.trade(3)
        world.quote(101)
        world.quote(4)

        assert bodies(body for _, body in world.ticks.trades(BTC, limit=9)) == ["t3", "t1"]
        assert json.loads(world.ticks.quote(BTC))["ts_ns"] == str(quote(4).ts)

    def test_a_step_with_a_false_stamp_is_missing_and_so_it_is_found(self):
        world = TickWorld(latest=lambda: trade(100).ts).attach()
        world.ticks.hold(BTC, "book", "r")
        world.ticks.step(snapshot(10))
        world.ticks.step(change(11, bids=[(98, 1)], ts=trade(101).ts))
        assert world.ticks.degraded() == []
        world.ticks.step(change(12, bids=[(98, 2)]))

        assert world.ticks.degraded() == [f"the book of {BTC} is broken: after step 10 came 12"]

    def test_an_instrument_that_does_not_exist_is_named(self):
        with pytest.raises(UnknownInstrumentError, match="XRP"):
            TickWorld().ticks.kinds("XRP-USDT.SIM")


class TestBrokenBooks:
    def test_a_broken_book_is_hidden_told_and_subscribed_anew(self):
        world = broken(TickWorld().attach())

        assert world.ticks.book(BTC, 5) is None
        assert not world.ticks.is_ready(BTC, "book")
        assert world.source.told[-1] == ("book", False)
        assert world.ticks.degraded() == [f"the book of {BTC} is broken: after step 10 came 12"]
        world.later.advance(0)
        assert world.source.of("renew") == [(BTC,)]

    def test_a_fresh_snapshot_mends_it(self):
        world = broken(TickWorld().attach())
        place = world.ticks.place(BTC, "book_delta")
        world.later.advance(0)
        world.ticks.step(snapshot(13))

        assert world.source.told[-1] == ("book", True)
        assert world.ticks.degraded() == []
        assert json.loads(world.ticks.book(BTC, 5))["sequence"] == 13
        assert world.ticks.place(BTC, "book_delta") == place
        world.source.calls.clear()
        world.later.advance(SNAPSHOT_S * 2)
        assert world.source.calls == []

    def test_a_snapshot_that_never_comes_is_said_and_asked_for_again(self):
        world = TickWorld().attach()
        world.ticks.hold(BTC, "book", "r")
        world.later.advance(SNAPSHOT_S)
        assert world.ticks.degraded() == [f"the book of {BTC} is broken: no snapshot has come"]
        assert world.source.of("renew") == [(BTC,)]
        world.later.advance(SNAPSHOT_S + WAITS_S[1])

        assert world.source.of("renew") == [(BTC,)]

    def test_a_book_that_breaks_again_and_again_is_logged_now_and_then(self):
        world = TickWorld().attach()
        world.ticks.hold(BTC, "book", "r")
        with capture_logs() as logs:
            for number in (10, 20, 30, 40):
                world.ticks.step(snapshot(number))
                world.ticks.step(change(number + 2, bids=[(98, 1)]))
                world.later.advance(3.0)

        told = [(line["event"], line["instrument_id"], line["unsaid"]) for line in logs]
        assert told == [("book_broken", BTC, 0)]
        world.later.advance(3.0)
        with capture_logs() as logs:
            world.ticks.step(snapshot(50))
            world.ticks.step(change(52, bids=[(98, 1)]))
        assert [line["unsaid"] for line in logs] == [3]

    def test_a_broken_book_that_nobody_wants_any_more_is_forgotten(self):
        world = broken(TickWorld().attach())
        world.ticks.release(BTC, "book", "r")
        world.later.advance(3 * IDLE_S)
        world.source.calls.clear()
        world.later.advance(10 * IDLE_S)

        assert world.ticks.degraded() == []
        assert world.source.calls == []

    def test_what_is_still_on_its_way_after_the_end_is_nothing(self):
        world = TickWorld().attach()
        world.ticks.step(snapshot(10))
        world.quote(1)

        assert (world.ticks.book(BTC, 5), world.ticks.quote(BTC)) == (None, None)


class TestNodes:
    def test_a_new_node_subscribes_what_is_wanted_and_asks_what_was_missed(self):
        world = TickWorld().attach()
        world.ticks.hold(ETH, "quotes", "r")
        world.ticks.hold(BTC, "book", "r")
        world.ticks.detach()
        world.source = FakeSource()
        world.ticks.attach(world.source)

        assert sorted(world.source.of("start")) == [(BTC, "book"), (BTC, "trades"), (ETH, "quotes"), (ETH, "trades")]
        assert world.source.of("ask") == [(BTC, 1_024)]

    def test_nothing_is_lost_when_the_past_reaches_back(self):
        world = TickWorld().attach(past=[trade(1), trade(2)])
        place = world.ticks.place(BTC, "trades")
        world.ticks.detach()
        world.attach(past=[trade(2), trade(3)])
        world.trade(4)

        assert bodies(world.ticks.since(BTC, "trades", place)) == ["t3", "t4"]

    def test_trades_that_come_before_the_past_is_told_stand_after_it(self):
        world = TickWorld()
        world.ticks.attach(world.source)
        world.trade(3)
        world.ticks.past_trades([trade(1), trade(2), trade(3)])

        assert bodies(body for _, body in world.ticks.trades(BTC, limit=9)) == ["t3", "t2", "t1"]

    def test_a_node_that_ended_without_a_word_is_no_hole(self):
        world = TickWorld().attach(past=[trade(1)])
        place = world.ticks.place(BTC, "trades")
        world.attach(past=[trade(4)])

        assert world.ticks.since(BTC, "trades", place) is None

    def test_what_was_lost_is_said(self):
        world = TickWorld().attach(past=[trade(1), trade(2)])
        place = world.ticks.place(BTC, "trades")
        world.ticks.detach()
        world.attach(past=[trade(4)])

        assert world.ticks.since(BTC, "trades", place) is None

    def test_a_book_that_went_on_unmissed_keeps_its_steps(self):
        world = TickWorld().attach()
        world.ticks.hold(BTC, "book_delta", "r")
        world.ticks.step(snapshot(10))
        place = world.ticks.place(BTC, "book_delta")
        world.ticks.detach()
        assert not world.ticks.is_ready(BTC, "book_delta")
        world.attach()
        world.ticks.step(snapshot(10))
        world.ticks.step(change(11, bids=[(98, 1)]))

        assert len(world.ticks.since(BTC, "book_delta", place)) == 1

    def test_an_old_node_sweeps_no_more(self):
        world = TickWorld().attach()
        world.ticks.detach()
        world.ticks.attach(FakeSource())
        world.later.advance(IDLE_S)

        assert len(world.later.pending()) == 1

    def test_a_jump_of_time_forgets_everything(self):
        world = TickWorld().attach(past=[trade(1)])
        world.ticks.hold(BTC, "quotes", "r")
        world.quote(1)
        world.ticks.detach()
        world.ticks.reset()

        assert not any(world.ticks.is_ready(BTC, stream) for stream in ("trades", "quotes", "book"))
        world.attach(past=[trade(1)])
        assert bodies(body for _, body in world.ticks.trades(BTC, limit=9)) == ["t1"]


class TestWaiting:
    async def test_a_question_waits_for_the_first_value(self):
        world = TickWorld().attach()
        asked = asyncio.ensure_future(world.ticks.ready(BTC, "quotes"))
        await asyncio.sleep(0)
        assert world.source.of("start")[-1] == (BTC, "quotes")
        assert not asked.done()
        world.quote(1)

        await asked

    async def test_it_waits_no_longer_than_allowed(self):
        world = TickWorld(wait_s=0.01).attach()

        with pytest.raises(VenueUnavailableError, match="the source has sent nothing yet") as found:
            await world.ticks.ready(BTC, "quotes")
        assert found.value.retry_after_s == 1.0

    async def test_a_broken_book_says_why_it_is_not_shown(self):
        world = broken(TickWorld(wait_s=0.01).attach())

        with pytest.raises(VenueUnavailableError, match="after step 10 came 12"):
            await world.ticks.ready(BTC, "book")

    async def test_what_the_source_does_not_have_is_not_waited_for(self):
        world = TickWorld(kinds=lambda _: EVERY - {"book"}).attach()

        with pytest.raises(NotFoundError, match=f"no book of {BTC}"):
            await world.ticks.ready(BTC, "book")
