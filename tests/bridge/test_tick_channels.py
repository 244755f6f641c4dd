"""The channels of trades, quotes and books: what a client sees of them, whatever happens on the way."""

import pytest

from actors.messages import TicksChanged
from actors.ticks.store import IDLE_S
from tests.bridge.fakes import BTC, ETH
from tests.bridge.hub_world import World
from tests.bridge.tick_market import BOOK, DELTAS, QUOTES, TRADES, Market
from tests.tick_books import WireBook
from tests.tick_world import TickWorld, trade


def ids(view):
    return [row["id"] for row in view.rows]


class TestTrades:
    def test_the_last_hundred_then_every_one(self):
        world = Market(past=[trade(number) for number in range(150)])
        client = world.client(TRADES)
        for number in (150, 151):
            world.market.trade(number)
        world.loop.settle()

        view = client.views[TRADES]
        assert ids(view) == [f"t{number}" for number in range(50, 152)]
        assert (view.snapshots, view.updates, view.position) == (1, 2, ("e1", 2))

    def test_trades_of_one_turn_come_in_one_write(self):
        world = Market()
        client = world.client(TRADES)
        writes = client.socket.writes
        for number in range(10):
            world.market.trade(number)
        world.loop.settle()

        assert (client.socket.writes - writes, client.views[TRADES].updates) == (1, 10)

    def test_who_comes_back_gets_what_came_meanwhile_although_nobody_listened(self):
        world = Market(past=[trade(1)])
        client = world.client(TRADES)
        world.market.trade(2)
        world.loop.settle()
        client.disconnect()
        for number in range(3, 9):
            world.market.trade(number)
        client.resume()

        assert ids(client.views[TRADES]) == [f"t{number}" for number in range(1, 9)]
        assert client.views[TRADES].snapshots == 1

    def test_nothing_is_told_while_nobody_listens(self):
        world = Market()
        client = world.client(TRADES)
        client.disconnect()
        world.market.source.told.clear()
        world.market.trade(1)

        assert world.market.source.told == []

    def test_more_than_is_kept_begins_with_a_snapshot(self):
        world = Market(past=[trade(1)])
        client = world.client(TRADES)
        client.disconnect()
        for number in range(2, 1_500):
            world.market.trade(number)
        client.resume()

        assert ids(client.views[TRADES]) == [f"t{number}" for number in range(1_400, 1_500)]
        assert client.views[TRADES].position[0] != "e1"

    def test_a_node_that_missed_nothing_keeps_the_epoch(self):
        world = Market(past=[trade(1)])
        client = world.client(TRADES)
        world.ticks.detach()
        world.start(past=[trade(1), trade(2)])
        world.loop.settle()

        assert client.views[TRADES].position == ("e1", 1)
        assert ids(client.views[TRADES]) == ["t1", "t2"]

    def test_missed_trades_are_a_new_epoch_never_a_silent_hole(self):
        world = Market(past=[trade(1)])
        client = world.client(TRADES)
        world.ticks.detach()
        world.start(past=[trade(5)])
        world.loop.settle()

        view = client.views[TRADES]
        assert (ids(view), view.snapshots) == (["t5"], 2)
        assert view.position[0] != "e1"

    def test_who_subscribes_before_the_past_is_known_waits_for_it(self):
        world = World(ticks=(market := TickWorld()).ticks)
        client = world.client(TRADES)
        assert client.of_type("snapshot") == []
        market.source.on_tell = lambda name, kind, ready: world.relay.ticks(
            TicksChanged(trace_id="t", instrument_id=name, kind=kind, is_ready=ready)
        )
        market.attach(past=[trade(1)])
        world.loop.settle()

        assert ids(client.views[TRADES]) == ["t1"]


class TestQuotes:
    def test_a_client_that_stalls_gets_the_newest_only(self):
        world = Market(slow_after_bytes=1_000, caught_up_below_bytes=500)
        client = world.client(QUOTES)
        client.socket.is_stalled = True
        for number in range(50):
            world.market.quote(number, size=number)
            world.loop.settle()
        client.socket.is_stalled = False
        client.socket.read()
        world.loop.advance(1)

        assert client.views[QUOTES].value["bid_size"] == "0.00049"
        assert client.views[QUOTES].updates < 15

    def test_max_hz_is_kept_and_the_last_value_comes(self):
        world = Market()
        slow, fast = world.client(QUOTES, max_hz=2), world.client(QUOTES)
        for number in range(100):
            world.market.quote(number, size=number)
            world.loop.advance(0.02)
        world.loop.advance(1)

        assert fast.views[QUOTES].updates == 99
        assert 3 <= slow.views[QUOTES].updates <= 6
        assert slow.views[QUOTES].value == fast.views[QUOTES].value

    def test_the_first_quote_reaches_who_waits_for_it(self):
        world = Market()
        client = world.client(QUOTES)
        assert client.of_type("snapshot") == []
        world.market.quote(1)
        world.loop.settle()

        assert client.views[QUOTES].value["ask"] == "30001.00"

    def test_what_was_given_back_starts_with_a_fresh_value(self):
        world = Market()
        client = world.client(QUOTES)
        world.market.quote(1)
        client.unsubscribe(QUOTES)
        world.market.later.advance(3 * IDLE_S)
        client.subscribe(QUOTES)
        assert client.views[QUOTES].value is None
        world.market.quote(2, size=9)
        world.loop.settle()

        assert client.views[QUOTES].value["bid_size"] == "0.00009"


class TestBook:
    def test_the_best_levels_down_to_the_depth_asked_for(self):
        world = Market()
        deep, shallow = world.client(BOOK), world.client(f"{BOOK}:1")
        levels = [(100 - number, 1) for number in range(30)]
        world.begin_book(bids=levels)
        world.step(bids=[(100, 0)])
        world.loop.settle()

        assert [price for price, _ in deep.views[BOOK].value["bids"]] == [f"0.{99 - n:02}" for n in range(20)]
        assert shallow.views[f"{BOOK}:1"].value["bids"] == [["0.99", "0.00001"]]
        assert shallow.views[f"{BOOK}:1"].value["sequence"] == 11

    def test_a_step_below_the_levels_shown_is_nothing_new(self):
        world = Market()
        world.begin_book()
        client = world.client(f"{BOOK}:1")
        world.begin_book()
        for number in range(5):
            world.step(bids=[(99, 20 + number)])
            world.loop.settle()

        assert client.views[f"{BOOK}:1"].updates == 0

    def test_steps_of_one_turn_are_one_book(self):
        world = Market()
        client = world.client(BOOK)
        world.begin_book()
        for number in range(10):
            world.step(bids=[(100, 20 + number)])
        world.loop.settle()

        assert (client.views[BOOK].updates, client.views[BOOK].value["sequence"]) == (1, 20)

    def test_the_same_depth_under_two_names_is_encoded_once(self):
        world = Market()
        world.client(BOOK, f"{BOOK}:20")
        world.begin_book()
        world.step(bids=[(100, 3)])
        world.loop.settle()

        assert world.hub.streams.find(BOOK)._newest_body is world.hub.streams.find(f"{BOOK}:20")._newest_body

    @pytest.mark.parametrize("depth", ["0", "-1", "201", "999", "1.5", "x", "", "010", "+5", "\uff11", "5 ", "5:5"])
    def test_a_depth_that_no_book_has_is_refused(self, depth):
        client = Market().client()

        assert client.subscribe(f"{BOOK}:{depth}")["code"] in {"unknown_channel", "unknown_instrument"}

    @pytest.mark.parametrize("depth", ["1", "20", "200"])
    def test_every_depth_in_between_can_be_had(self, depth):
        assert Market().client().subscribe(f"{BOOK}:{depth}")["type"] == "ack"

    @pytest.mark.parametrize("kind", ["trades", "quotes", "book", "book_delta"])
    def test_names_without_or_with_another_instrument_are_refused(self, kind):
        client = Market().client()

        assert client.subscribe(kind)["code"] == "unknown_channel"
        assert client.subscribe(f"{kind}:XRP-USDT.SIM")["code"] == "unknown_instrument"
        assert client.subscribe(f"{kind}:{BTC}:5:5")["code"] == "unknown_channel"


class TestBookDelta:
    def test_the_whole_book_then_every_step(self):
        world = Market()
        client = world.client(DELTAS)
        world.begin_book()
        world.step(bids=[(98, 1), (99, 0)])
        world.step(asks=[(101, 9)])
        world.loop.settle()

        whole, *steps = client.views[DELTAS].rows
        book = WireBook(whole)
        for step in steps:
            book.take(step)
        assert book.top(5) == [[["1.00", "0.00005"], ["0.98", "0.00001"]], [["1.01", "0.00009"], ["1.03", "0.00002"]]]

    def test_who_comes_later_starts_from_the_book_as_it_is_then(self):
        world = Market()
        first = world.client(DELTAS)
        world.begin_book()
        world.step(bids=[(98, 1)])
        second = world.client(DELTAS)
        world.step(bids=[(98, 2)])
        world.loop.settle()

        assert [row["sequence"] for row in first.views[DELTAS].rows] == [10, 11, 12]
        assert [row["sequence"] for row in second.views[DELTAS].rows] == [11, 12]
        assert first.views[DELTAS].position == second.views[DELTAS].position

    def test_a_book_that_breaks_is_silent_until_it_is_whole_and_then_new(self):
        world = Market()
        client, shown = world.client(DELTAS), world.client(BOOK)
        world.begin_book()
        world.step(is_lost=True)
        world.step(bids=[(98, 1)])
        world.loop.settle()
        late = world.client(BOOK, DELTAS)
        assert late.of_type("snapshot") == []
        assert (client.views[DELTAS].snapshots, shown.views[BOOK].snapshots) == (1, 1)
        world.sequence += 1
        world.begin_book(bids=[(97, 7)])

        for one in (client, late):
            assert [row["sequence"] for row in one.views[DELTAS].rows] == [13]
        assert shown.views[BOOK].value == late.views[BOOK].value
        assert client.views[DELTAS].position[0] == late.views[DELTAS].position[0] != "e1"
        assert shown.views[BOOK].snapshots == 2

    def test_steps_cost_nothing_while_only_the_best_levels_are_heard(self):
        world = Market()
        world.client(BOOK)
        world.begin_book()
        world.step(bids=[(98, 1)])

        assert len(world.ticks._all[BTC].book.log) == 0


class TestNoSource:
    @pytest.mark.parametrize("name", [TRADES, QUOTES, BOOK, DELTAS, f"{BOOK}:5"])
    def test_what_the_source_does_not_have_is_acknowledged_and_says_so(self, name):
        world = Market(kinds=lambda _: frozenset())
        client = world.client(name)

        told = client.of_type("snapshot")
        assert [(one["source"], one["data"]) for one in told] == [("none", [])]
        assert world.market.source.calls == []

    @pytest.mark.parametrize("name", [TRADES, QUOTES, BOOK, DELTAS])
    def test_without_live_data_nothing_ever_comes(self, name):
        world = Market(has_ticks=False, past=[trade(1)])
        client = world.client(name)
        world.market.source.calls.clear()
        world.market.trade(2)
        world.market.quote(2)
        world.loop.settle()

        assert [(one["source"], one["data"]) for one in client.of_type("snapshot")] == [("none", [])]
        assert client.received[-1]["type"] == "snapshot"

    def test_a_channel_that_has_a_source_does_not_say_so(self):
        client = Market(past=[trade(1)]).client(TRADES)

        assert "source" not in client.of_type("snapshot")[0]

    def test_another_instrument_is_another_channel(self):
        world = Market()
        client = world.client(f"trades:{ETH}")
        world.market.trade(1)
        world.market.trade(1, name=ETH)
        world.loop.settle()

        assert ids(client.views[f"trades:{ETH}"]) == ["t1"]
        assert client.views[f"trades:{ETH}"].updates == 1
