"""The paper venue's rules, as `docs/paper.md` tells them."""

from decimal import Decimal

import msgspec
import pytest

from actors.market import DAY_NS
from adapters.paper.agenda import Agenda
from tests.paper_orders import ACCOUNT, BEGIN, PaperDesk, order
from tests.unit.walks import INSTRUMENT, NAME

BIDS = ((99, 3), (98, 5))
ASKS = ((100, 1), (101, 5))
OTHER = "PAPER-002"


def desk(**options):
    made = PaperDesk(**options)
    made.book(BIDS, ASKS)
    made.trade(99.5)
    return made


class TestTaking:
    def test_a_market_order_walks_the_book_level_by_level(self):
        d = desk()
        d.submit("m", "buy", "market", 3)

        assert d.kinds("m") == ["accepted", "filled", "filled"]
        assert d.fills("m") == [(100, 1), (101, 2)]
        assert (d.last("m").liquidity, d.last("m").fee, d.last("m").fee_currency) == ("taker", Decimal("0.202"), "USDT")

    def test_what_the_visible_book_does_not_give_is_canceled_with_its_reason(self):
        d = desk()
        d.submit("m", "sell", "market", 9)

        assert d.fills("m") == [(99, 3), (98, 5)]
        assert (d.last("m").kind, d.last("m").reason) == ("canceled", "the market offers 8.000000 of 9.000000")

    def test_what_an_account_has_taken_is_gone_for_it_alone_until_the_level_changes(self):
        d = desk()
        d.submit("a", "buy", "market", 1)
        d.submit("b", "buy", "market", 1)
        d.submit("c", "buy", "market", 1, account=OTHER)
        d.step(asks=((101, 5),))
        d.submit("d", "buy", "market", 5)
        d.step(asks=((100, 2),))
        d.submit("e", "buy", "market", 2)

        assert [d.fills(name) for name in "abc"] == [[(100, 1)], [(101, 1)], [(100, 1)]]
        assert d.fills("d") == [(101, 4)]
        assert d.fills("e") == [(100, 2)]

    def test_a_snapshot_that_shows_the_same_gives_nothing_back(self):
        d = desk()
        d.submit("a", "buy", "market", 1)
        d.book(BIDS, ASKS)
        d.submit("b", "buy", "market", 1)

        assert d.fills("b") == [(101, 1)]

    def test_a_crossing_limit_takes_to_its_price_and_rests_with_the_rest(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=100)

        assert d.fills("l") == [(100, 1)]
        assert d.working()["l"].leaves_quantity == 2

    @pytest.mark.parametrize(("tif", "fills"), [("ioc", [(100, 1)]), ("fok", [])])
    def test_immediate_orders_never_rest(self, tif, fills):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=100, tif=tif)

        assert (d.fills("l"), d.kinds("l")[-1], d.working()) == (fills, "canceled", {})

    def test_a_fill_or_kill_order_fills_wholly_or_not_at_all(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=101, tif="fok")

        assert d.fills("l") == [(100, 1), (101, 2)]

    def test_a_post_only_order_that_would_take_is_rejected(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=100, post_only=True)
        d.submit("k", "buy", "limit", 1, price=99.99, post_only=True)

        assert (d.kinds("l"), d.kinds("k")) == (["rejected"], ["accepted"])

    def test_without_a_book_an_order_fills_at_the_quote_and_without_that_at_the_last_trade(self):
        d = PaperDesk(kinds=frozenset({"trades", "quotes"}))
        d.submit("a", "buy", "market", 1)
        d.trade(50)
        d.submit("b", "buy", "market", 2)
        d.quote(49, 51)
        d.submit("c", "buy", "market", 3)

        assert (d.kinds("a"), d.last("a").reason) == (["accepted", "canceled"], "no price is known")
        assert (d.fills("b"), d.fills("c")) == ([(50, 2)], [(51, 3)])


class TestWaiting:
    def test_an_order_waits_for_the_book_that_is_on_its_way(self):
        d = PaperDesk()
        d.trade(99.5)
        d.submit("m", "buy", "market", 1)
        d.submit("p", "buy", "limit", 1, price=101, post_only=True)
        assert (d.kinds("m"), d.kinds("p"), d.demands) == (["accepted"], [], [True])
        d.book(BIDS, ASKS)

        assert (d.fills("m"), d.kinds("p")) == ([(100, 1)], ["rejected"])

    def test_after_a_while_it_acts_on_the_last_trade(self):
        d = PaperDesk()
        d.trade(99.5)
        d.submit("m", "buy", "market", 1)
        d.venue.on_time(d.tick(2_000_000_000))

        assert d.fills("m") == [(99.5, 1)]

    def test_it_can_be_canceled_meanwhile(self):
        d = PaperDesk()
        d.submit("m", "buy", "market", 1)
        d.venue.cancel(ACCOUNT, "m")
        d.book(BIDS, ASKS)

        assert d.kinds("m") == ["accepted", "canceled"]

    def test_it_cannot_be_changed_before_it_is_accepted(self):
        d = PaperDesk()
        d.submit("p", "buy", "limit", 1, price=99, post_only=True)
        d.modify("p", price=98)
        d.book(BIDS, ASKS)

        assert (d.kinds("p"), d.working()["p"].price) == (["modify_rejected", "accepted"], 99)

    def test_the_book_is_wanted_while_an_order_works(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=90)
        d.submit("k", "buy", "limit", 1, price=91)
        d.venue.cancel_all(ACCOUNT)

        assert d.demands == [True, False]


class TestResting:
    def test_a_trade_beyond_its_price_fills_it_wholly_as_maker(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=99)
        d.trade(98.99, 0.001, "sell")

        assert d.fills("l") == [(99, 3)]
        assert (d.last("l").liquidity, d.last("l").fee) == ("maker", Decimal("0.2376"))

    def test_trades_at_its_price_fill_it_once_what_stood_before_it_has_traded(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=99)
        d.trade(99, 2, "sell")
        d.trade(99, 2, "sell")
        d.trade(99, 5, "sell")

        assert d.fills("l") == [(99, 1), (99, 2)]

    def test_what_stood_before_it_may_also_go(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=99)
        d.step(bids=((99, 1),))
        d.step(bids=((99, 9),))
        d.trade(99, 2, "sell")

        assert d.fills("l") == [(99, 1)]

    def test_trades_of_its_own_side_do_not_reach_it(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=99.5)
        d.trade(99.5, 2, "buy")

        assert d.fills("l") == []

    def test_the_other_side_of_the_book_that_reaches_it_fills_it_by_what_is_shown(self):
        d = desk()
        d.submit("l", "buy", "limit", 3, price=99)
        d.step(bids=((99, 0),), asks=((98.5, 2),))

        assert (d.fills("l"), d.last("l").liquidity) == ([(99, 2)], "maker")

    def test_each_account_meets_a_trade_alone_and_its_orders_share_it(self):
        d = desk()
        d.submit("a", "sell", "limit", 1, price=100.5)
        d.submit("b", "sell", "limit", 1, price=100.5)
        d.submit("c", "sell", "limit", 1, price=100.5, account=OTHER)
        d.trade(100.5, 1.5, "buy")

        assert [d.fills(name) for name in "abc"] == [[(100.5, 1)], [(100.5, 0.5)], [(100.5, 1)]]

    def test_a_new_price_or_a_larger_size_goes_to_the_back_a_smaller_one_does_not(self):
        d = desk()
        for name in "abc":
            d.submit(name, "buy", "limit", 2, price=99)
        d.trade(99, 3, "sell")
        d.modify("a", quantity=1)
        d.modify("b", quantity=3)
        d.modify("c", price=98)
        d.trade(99, 1, "sell")

        assert [d.fills(name) for name in "abc"] == [[(99, 1)], [], []]
        assert d.kinds("b") == ["accepted", "updated"]


class TestChanges:
    def test_a_change_that_crosses_takes(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=99)
        d.modify("l", price=100)

        assert (d.kinds("l"), d.last("l").liquidity) == (["accepted", "updated", "filled"], "taker")

    @pytest.mark.parametrize(
        ("kind", "values", "change", "reason"),
        [
            ("limit", {"price": 99}, {"quantity": 1}, "above the filled 1.000000"),
            ("limit", {"price": 99}, {"trigger_price": 90}, "no trigger price"),
            ("limit", {"price": 99}, {"price": "99.001"}, "multiple of 0.01"),
            ("limit", {"price": 99, "post_only": True}, {"price": 100}, "post-only"),
            ("stop_market", {"trigger_price": 105}, {"trigger_price": 98}, "reached already"),
            ("stop_market", {"trigger_price": 105}, {"price": 98}, "no price"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, kind, values, change, reason):
        d = desk()
        d.submit("l", "buy", kind, 2, **values)
        if kind == "limit":
            d.trade(99, 4, "sell")
        before = d.working()["l"]
        d.modify("l", **change)

        assert (d.last("l").kind, reason in d.last("l").reason) == ("modify_rejected", True), d.last("l").reason
        assert msgspec.structs.replace(d.working()["l"], ts_updated=0) == msgspec.structs.replace(before, ts_updated=0)

    def test_orders_of_others_cannot_be_touched(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=90, account=OTHER)
        d.venue.cancel(ACCOUNT, "l")
        d.modify("l", price=91)
        d.venue.cancel_all(ACCOUNT)

        assert [(account, event.kind) for account, event in d.told] == [
            (OTHER, "accepted"),
            (ACCOUNT, "cancel_rejected"),
            (ACCOUNT, "modify_rejected"),
        ]

    def test_an_id_sent_twice_changes_nothing(self):
        d = desk()
        for _ in range(2):
            d.submit("m", "buy", "market", 1)

        assert d.kinds("m") == ["accepted", "filled"]

    def test_all_of_an_instrument_or_side_can_be_canceled(self):
        d = desk()
        d.submit("a", "buy", "limit", 1, price=90)
        d.submit("b", "sell", "limit", 1, price=110)
        d.venue.cancel_all(ACCOUNT, NAME, "sell")

        assert list(d.working()) == ["a"]


class TestTriggers:
    @pytest.mark.parametrize(
        ("kind", "side", "trigger", "untouched", "reached"),
        [
            ("stop_market", "buy", 101, 100.99, 101),
            ("stop_market", "sell", 98, 98.01, 98),
            ("market_if_touched", "buy", 98, 98.01, 97.9),
            ("market_if_touched", "sell", 101, 100.99, 101.5),
        ],
    )
    def test_a_trade_at_the_trigger_wakes_it(self, kind, side, trigger, untouched, reached):
        d = desk()
        d.submit("s", side, kind, 1, trigger_price=trigger)
        d.trade(untouched)
        assert d.kinds("s") == ["accepted"]
        d.trade(reached)

        assert d.kinds("s") == ["accepted", "filled"]

    def test_a_stop_limit_becomes_a_limit_order(self):
        d = desk()
        d.submit("s", "buy", "stop_limit", 2, trigger_price=101, price=100)
        d.trade(101)

        assert (d.kinds("s"), d.fills("s")) == (["accepted", "triggered", "filled"], [(100, 1)])
        assert (d.working()["s"].is_triggered, d.working()["s"].status) == (True, "partially_filled")

    def test_a_trigger_that_is_reached_already_is_rejected(self):
        d = desk()
        d.submit("s", "sell", "stop_market", 1, trigger_price=99.5)

        assert d.kinds("s") == ["rejected"]
        assert "the last price is 99.50" in d.last("s").reason

    def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(self):
        d = desk()
        d.submit("s", "sell", "trailing_stop_market", 1, trailing_offset=1)
        for price in (100, 99.2, 100.5, 99.6):
            d.trade(price)
        triggers = [event.trigger_price for _, event in d.told if event.kind == "updated"]
        d.trade(99.5)

        assert triggers == [Decimal("98.50"), Decimal("99.00"), Decimal("99.50")]
        assert d.kinds("s")[-1] == "filled"

    def test_a_trailing_stop_limit_takes_its_limit_along(self):
        d = desk()
        d.submit("s", "buy", "trailing_stop_limit", 1, trailing_offset=1, limit_offset="0.5")
        d.trade(98)

        assert (d.last("s").trigger_price, d.last("s").price) == (Decimal("99.00"), Decimal("99.50"))
        d.trade(99)
        assert d.kinds("s")[-1] == "triggered"
        assert d.working()["s"].price == Decimal("99.50")

    def test_the_limit_of_a_trailing_stop_lies_above_zero(self):
        d = desk()
        d.submit("s", "sell", "trailing_stop_limit", 1, trailing_offset=1, limit_offset=200)

        assert (d.last("s").trigger_price, d.last("s").price) == (Decimal("98.50"), Decimal("0.01"))

    def test_a_trailing_stop_may_begin_nearer_than_its_offset(self):
        d = desk()
        d.submit("s", "sell", "trailing_stop_market", 1, trailing_offset=1, trigger_price=99)
        d.trade(100)
        assert d.kinds("s") == ["accepted"]
        d.trade(100.5)

        assert d.last("s").trigger_price == Decimal("99.50")


def test_an_account_that_cannot_be_told_costs_the_market_and_others_nothing():
    d = desk()

    def fail(event):
        raise ValueError(event.kind)

    d.venue.attach(OTHER, fail)
    d.submit("o", "buy", "limit", 1, price=98, account=OTHER)
    d.submit("m", "buy", "limit", 1, price=98)
    d.trade(97)

    assert d.kinds("m") == ["accepted", "filled"]
    assert not d.working(OTHER)


class TestTime:
    def test_orders_that_end_before_they_expire_are_not_kept_for_years(self):
        agenda = Agenda()
        over = [False] * 5_000
        for number in range(5_000):
            agenda.put(10**18 + number, lambda: None, lambda number=number: over[number])
            over[number] = number % 1_000 != 0

        assert len(agenda) <= 1_001
        assert sum(1 for _ in iter(lambda: agenda.due(2 * 10**18), None)) >= 5

    def test_gtd_ends_by_market_time_before_anything_of_that_time(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=99, tif="gtd", expire_ns=d.ts + 2_000_000)
        d.tick(1_000_000)
        d.trade(90, side="sell")

        assert d.kinds("l") == ["accepted", "expired"]

    def test_day_ends_at_the_next_midnight(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=90, tif="day")
        midnight = (d.ts // DAY_NS + 1) * DAY_NS
        d.venue.on_time(midnight - 1)
        assert d.kinds("l") == ["accepted"]
        d.venue.on_time(midnight)

        assert d.kinds("l") == ["accepted", "expired"]

    def test_an_order_whose_time_is_over_is_rejected(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=90, tif="gtd", expire_ns=d.ts)

        assert d.kinds("l") == ["rejected"]

    def test_commands_take_their_time_and_keep_their_order(self):
        d = desk(latency_ns=50_000_000)
        d.submit("l", "buy", "limit", 1, price=90)
        d.venue.cancel(ACCOUNT, "l")
        d.venue.on_time(d.tick(49_999_999))
        assert d.told == []
        d.venue.on_time(d.tick(1))

        assert d.kinds("l") == ["accepted", "canceled"]


class TestLinks:
    def bracket(self, d, quantity=4):
        exits = {"parent_order_id": "e", "reduce_only": True}
        d.submit("e", "buy", "limit", quantity, price=99)
        d.submit("tp", "sell", "limit", quantity, price=102, linked_order_ids=("sl",), **exits)
        d.submit("sl", "sell", "stop_market", quantity, trigger_price=97, linked_order_ids=("tp",), **exits)

    def test_exits_are_held_until_the_entry_fills(self):
        d = desk()
        self.bracket(d)
        d.trade(102.5, side="buy")
        assert [d.kinds(name) for name in ("e", "tp", "sl")] == [["accepted"]] * 3
        d.trade(98.9, side="sell")
        d.trade(102.5, side="buy")

        assert (d.fills("tp"), d.kinds("sl")) == ([(102, 4)], ["accepted", "canceled"])
        assert d.working() == {}

    def test_exits_work_for_what_the_entry_has_filled(self):
        d = desk()
        self.bracket(d)
        d.trade(99, 4, "sell")
        d.trade(102.5, side="buy")

        assert (d.fills("e"), d.fills("tp")) == ([(99, 1)], [(102, 1)])
        assert d.working()["sl"].quantity == 3

    def test_an_entry_canceled_in_part_leaves_exits_of_what_has_filled(self):
        d = desk()
        self.bracket(d)
        d.trade(99, 4, "sell")
        d.venue.cancel(ACCOUNT, "e")

        assert {name: row.quantity for name, row in d.working().items()} == {"tp": 1, "sl": 1}
        assert d.working()["sl"].parent_order_id is None

    def test_an_entry_that_ends_unfilled_takes_its_exits_along(self):
        d = desk()
        self.bracket(d)
        d.venue.cancel(ACCOUNT, "e")

        assert [d.kinds(name)[-1] for name in ("e", "tp", "sl")] == ["canceled"] * 3

    def test_exits_that_may_also_open_never_fill_more_than_the_entry(self):
        d = desk()
        d.submit("e", "buy", "limit", 4, price=99)
        d.submit("tp", "sell", "limit", 4, price=102, parent_order_id="e", linked_order_ids=("sl",))
        d.submit("sl", "sell", "stop_market", 4, trigger_price=97, parent_order_id="e")
        d.trade(99, 5, "sell")
        d.trade(102, 1, "buy")
        d.step(bids=((98, 9),))
        d.trade(97, side="sell")

        assert (d.fills("e"), d.fills("tp"), d.fills("sl")) == ([(99, 2), (99, 2)], [(102, 1)], [(99, 3)])

    def test_what_one_exit_has_filled_is_not_counted_again_when_the_entry_goes_on(self):
        d = desk()
        d.submit("e", "buy", "limit", 4, price=99)
        d.submit("a", "sell", "limit", 4, price=102, parent_order_id="e")
        d.submit("b", "sell", "market_if_touched", 4, trigger_price=101, parent_order_id="e", linked_order_ids=("a",))
        d.trade(99, 5, "sell")
        d.step(bids=((102, 1),), asks=((100, 0), (101, 0), (103, 5)))
        d.step(bids=((102, 0),))
        d.trade(99, 1, "sell")
        d.trade(101, 1, "buy")

        assert (d.fills("e"), d.fills("a"), d.fills("b")) == ([(99, 2), (99, 1)], [(102, 1)], [(99, 2)])

    def test_an_exit_that_has_filled_its_part_waits_for_the_rest_of_the_entry(self):
        d = desk()
        d.submit("e", "buy", "limit", 4, price=99)
        d.submit("tp", "sell", "limit", 4, price=102, parent_order_id="e")
        d.trade(99, 4, "sell")
        d.trade(103, side="buy")
        d.trade(103, side="buy")
        assert d.fills("tp") == [(102, 1)]
        d.trade(98, side="sell")
        d.trade(103, side="buy")

        assert d.fills("tp") == [(102, 1), (102, 3)]

    def test_exits_of_a_market_entry_that_has_filled_work_at_once(self):
        d = desk()
        d.submit("e", "buy", "market", 1)
        d.submit("tp", "sell", "limit", 1, price=98, parent_order_id="e")

        assert d.fills("tp") == [(99, 1)]

    def test_exits_of_an_unknown_entry_are_rejected(self):
        d = desk()
        d.submit("tp", "sell", "limit", 1, price=98, parent_order_id="e")

        assert d.kinds("tp") == ["rejected"]

    def test_a_partial_fill_makes_the_linked_order_smaller(self):
        d = desk()
        d.submit("a", "sell", "limit", 4, price=102, linked_order_ids=("b",))
        d.submit("b", "sell", "stop_market", 4, trigger_price=97)
        d.trade(102, 1, "buy")
        assert d.working()["b"].quantity == 3
        d.trade(97, 1, "sell")

        assert (d.fills("b"), d.kinds("a")[-1]) == ([(99, 3)], "canceled")

    def test_the_one_that_fills_goes_on_when_it_has_used_up_the_smaller_others(self):
        d = desk()
        d.submit("a", "sell", "limit", 4, price=102)
        d.submit("b", "sell", "limit", 1, price=103, linked_order_ids=("a",))
        d.submit("c", "sell", "limit", 3, price=104, linked_order_ids=("a", "b"))
        d.trade(102, 2, "buy")

        assert (d.kinds("b")[-1], d.last("b").reason) == ("canceled", "linked order was filled")
        assert {name: row.leaves_quantity for name, row in d.working().items()} == {"a": 2, "c": 1}

    def test_the_end_of_one_is_the_end_of_the_other(self):
        d = desk()
        d.submit("a", "sell", "limit", 4, price=102, linked_order_ids=("b",))
        d.submit("b", "sell", "stop_market", 4, trigger_price=97, linked_order_ids=("a",))
        d.venue.cancel(ACCOUNT, "b")

        assert (d.kinds("a")[-1], d.last("a").reason) == ("canceled", "linked order was canceled")


class TestReducing:
    def test_a_reduce_only_order_stops_at_flat(self):
        d = desk()
        d.submit("e", "buy", "market", 2)
        d.submit("r", "sell", "market", 3, reduce_only=True)

        assert (d.fills("r"), d.kinds("r")[-1]) == ([(99, 2)], "canceled")

    def test_without_a_position_it_is_rejected(self):
        d = desk()
        d.submit("r", "sell", "limit", 3, price=105, reduce_only=True)

        assert (d.kinds("r"), d.last("r").reason) == (["rejected"], "a reduce-only order has nothing to reduce")

    def test_a_limit_order_does_not_rest_with_nothing_to_reduce(self):
        d = desk()
        d.submit("e", "buy", "market", 2)
        d.submit("r", "sell", "limit", 3, price=99, reduce_only=True)
        d.submit("s", "sell", "limit", 9, price=98)
        d.submit("q", "sell", "limit", 9, price=98, reduce_only=True)

        assert (d.fills("r"), d.last("r").reason) == ([(99, 2)], "the position is closed")
        assert d.kinds("q") == ["rejected"]

    def test_it_goes_when_the_position_has_turned(self):
        d = desk()
        d.submit("e", "buy", "market", 2)
        d.submit("r", "sell", "limit", 2, price=105, reduce_only=True)
        d.submit("x", "sell", "market", 3)

        assert d.kinds("r")[-1] == "canceled"

    def test_it_goes_when_the_position_has_gone(self):
        d = desk()
        d.submit("e", "buy", "market", 2)
        d.submit("r", "sell", "limit", 2, price=105, reduce_only=True)
        d.submit("x", "sell", "market", 2)

        assert (d.kinds("r")[-1], d.last("r").reason) == ("canceled", "the position is closed")


class TestBars:
    def test_a_bar_is_walked_from_open_over_high_and_low_to_close(self):
        d = PaperDesk(kinds=frozenset())
        d.bar(100, 101, 99, 100)
        d.submit("m", "buy", "market", 1)
        d.submit("s", "sell", "stop_market", 1, trigger_price=95)
        d.submit("t", "sell", "limit", 1, price=103)
        d.bar(100, 104, 94, 96)

        assert d.fills("m") == [(100, 1)]
        assert (d.fills("t"), d.fills("s")) == ([(103, 1)], [(95, 1)])
        assert d.venue.last(NAME) == 96

    def test_a_gap_is_where_a_stop_fills(self):
        d = PaperDesk(kinds=frozenset())
        d.bar(100, 101, 99, 100)
        d.submit("s", "sell", "stop_market", 1, trigger_price=95)
        d.bar(93, 94, 92, 93)

        assert d.fills("s") == [(93, 1)]

    def test_a_trailing_stop_follows_to_the_high_before_the_low_comes(self):
        d = PaperDesk(kinds=frozenset())
        d.bar(100, 101, 99, 100)
        d.submit("s", "sell", "trailing_stop_market", 1, trailing_offset=2)
        d.bar(100, 104, 101, 103)

        assert d.fills("s") == [(102, 1)]


class TestRestore:
    def test_orders_come_back_with_their_fills_at_the_back_of_the_queue(self):
        d = PaperDesk(is_open=False)
        told = d.venue.restore(
            [
                order(
                    "l", "buy", "limit", 4, price=99, status="partially_filled", filled_quantity=1, filled_notional=99
                ),
                order("s", "sell", "stop_limit", 1, price=98, trigger_price=97, status="accepted"),
            ],
            {},
            {(ACCOUNT, NAME): Decimal(1)},
        )
        assert told == []
        d.book(BIDS, ASKS)
        d.trade(98, side="sell")
        assert d.told == []
        d.venue.open()
        d.trade(99, 4, "sell")

        assert d.fills("l") == [(99, 1)]
        assert d.working()["l"].filled_quantity == 2
        assert d.working()["s"].status == "accepted"

    def test_orders_that_never_arrived_do_so_now_and_immediate_ones_end(self):
        d = PaperDesk(is_open=False)
        told = d.venue.restore([order("l", "buy", "limit", 1, price=99), order("m", "buy", "market", 1)], {}, {})

        assert [(account, event.order_id, event.kind) for account, event in told] == [
            (ACCOUNT, "l", "accepted"),
            (ACCOUNT, "m", "canceled"),
        ]
        assert told[1][1].reason == "the node ended before it had filled"

    def test_brackets_come_back_before_and_after_their_entry(self):
        d = PaperDesk(is_open=False)
        children = [
            order("t1", "sell", "limit", 2, price=102, parent_order_id="e", status="accepted"),
            order("t2", "sell", "limit", 2, price=102, parent_order_id="gone", status="accepted"),
            order("t3", "sell", "limit", 2, price=102, parent_order_id="never", status="accepted"),
        ]
        entry = order("e", "buy", "limit", 2, price=99, status="accepted")
        told = d.venue.restore([entry, *children], {"gone": (Decimal(1), Decimal(2))}, {})
        d.book(BIDS, ASKS)
        d.venue.open()
        d.trade(103, side="buy")

        assert [(event.order_id, event.kind) for _, event in told] == [("t2", "updated"), ("t3", "canceled")]
        assert (d.fills("t1"), d.fills("t2")) == ([], [(102, 1)])

    def test_a_smaller_exit_of_an_entry_that_ended_unheard_gets_the_entrys_share(self):
        d = PaperDesk(is_open=False)
        exit_ = order("t", "sell", "limit", 2, price=102, parent_order_id="gone", status="accepted")
        told = d.venue.restore([exit_], {"gone": (Decimal(2), Decimal(4))}, {})

        assert [(event.order_id, event.kind, event.quantity) for _, event in told] == [("t", "updated", 1)]

    def test_a_market_exit_that_is_held_comes_back(self):
        d = PaperDesk(is_open=False)
        rows = [
            order("e", "buy", "limit", 1, price=99, status="accepted"),
            order("x", "sell", "market", 1, parent_order_id="e", status="accepted"),
        ]
        assert d.venue.restore(rows, {}, {}) == []
        d.book(BIDS, ASKS)
        d.venue.open()
        d.trade(98.5, side="sell")

        assert (d.fills("e"), d.fills("x")) == ([(99, 1)], [(99, 1)])

    def test_restoring_again_forgets_what_was_there(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=99)
        d.venue.restore([order("k", "buy", "limit", 1, price=98, status="accepted")], {}, {})
        d.venue.open()
        d.trade(97, side="sell")

        assert (d.fills("l"), d.fills("k")) == ([], [(98, 1)])

    def test_what_expired_meanwhile_never_fills(self):
        d = PaperDesk(is_open=False)
        d.venue.restore(
            [order("l", "buy", "limit", 1, price=99, tif="gtd", expire_ns=BEGIN + 1, status="accepted")], {}, {}
        )
        d.book(BIDS, ((98.5, 1),))
        d.venue.open()

        assert d.kinds("l") == ["expired"]

    def test_commands_given_before_it_opens_are_kept(self):
        d = PaperDesk(is_open=False)
        d.book(BIDS, ASKS)
        d.submit("m", "buy", "market", 1)
        assert d.told == []
        d.venue.open()

        assert d.fills("m") == [(100, 1)]

    def test_a_reset_forgets_orders_prices_and_time(self):
        d = desk()
        d.submit("l", "buy", "limit", 1, price=90)
        d.venue.reset()

        assert (d.working(), d.venue.last(NAME), d.venue.now()) == ({}, None, 0)


class TestRefusals:
    def test_an_unknown_instrument_and_too_many_decimals_are_rejected(self):
        d = desk()
        d.venue.submit(msgspec.structs.replace(order("x", "buy", "market", 1), instrument_id="NO.SIM"))
        d.submit("y", "buy", "limit", 1, price="99.001")

        assert [(event.kind, event.reason) for _, event in d.told] == [
            ("rejected", "no instrument NO.SIM here"),
            ("rejected", "expected a multiple of 0.01, was 99.001"),
        ]

    def test_fees_are_rounded_at_the_currency_and_may_be_rebates(self):
        d = desk(instrument=msgspec.structs.replace(INSTRUMENT, maker_fee="-0.0001", taker_fee="0.00033333333"))
        d.submit("m", "buy", "market", "0.000001")
        d.submit("l", "buy", "limit", 1, price=99)
        d.trade(98, side="sell")

        assert [event.fee for _, event in d.told if event.kind == "filled"] == [
            Decimal("0.00000003"),
            Decimal("-0.00990000"),
        ]
