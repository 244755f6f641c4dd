"""The simulated market: the same ticks however it is read, and ticks that a market could have."""

from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.market import QuoteRow, TradeRow
from adapters.sim.feed import END_NS, SimFeed
from adapters.sim.path import MAX_FACTOR, folded
from config.errors import ConfigError
from config.schema import SimSection
from tests.simulated import BTC, ETH, EVER, HOUR, MINUTE, START, SWAP, entry, market, one

QUICK = settings(max_examples=25, deadline=None)


def read_all(feed, until):
    return list(feed.read(until, EVER))


def trades(events):
    return [event for event in events if isinstance(event, TradeRow)]


@QUICK
@given(st.lists(st.tuples(st.integers(0, 10**11), st.integers(1, 200)), min_size=1, max_size=30))
def test_the_ticks_do_not_depend_on_how_they_are_read(steps):
    feed, found, until = one(trades_per_min=7), [], START
    for step, limit in steps:
        until += step
        while True:
            part = feed.read(until, limit)
            found += part
            if len(part) < limit:
                break
    assert feed.position_ns == until
    assert found == read_all(one(trades_per_min=7), until)


@QUICK
@given(st.integers(1, 5), st.lists(st.tuples(st.integers(1, 10**11), st.integers(1, 5)), min_size=1, max_size=30))
def test_looking_ahead_changes_nothing(count, steps):
    feed, plain = one(trades_per_min=count), one(trades_per_min=count)
    for step, limit in steps:
        before = feed.position_ns
        ahead = feed.next_ts()
        assert feed.position_ns == plain.position_ns == before
        found = feed.read(before + step, limit)
        assert found == plain.read(before + step, limit)
        assert feed.position_ns == plain.position_ns
        assert (not found and ahead >= before + step) or found[0].ts == ahead


def test_looking_over_the_end_of_a_minute_leaves_the_position():
    feed = one(trades_per_min=1)
    feed.read(START + 20 * 10**9, EVER)
    ahead = feed.next_ts()
    assert ahead // MINUTE == START // MINUTE + 1
    assert feed.position_ns == START + 20 * 10**9
    assert read_all(feed, ahead) == []
    assert feed.position_ns == ahead
    assert read_all(feed, ahead + 1)[0].ts == ahead


def test_a_limit_leaves_the_rest_for_the_next_reading():
    feed = market()
    first = feed.read(START + MINUTE, 10)
    assert len(first) in {10, 11}
    assert feed.position_ns == first[-1].ts + 1
    assert feed.next_ts() == feed.read(START + MINUTE, 1)[0].ts


@QUICK
@given(st.integers(0, 3 * MINUTE))
def test_it_goes_on_exactly_where_it_was(after):
    before, whole = market(), market()
    before.read(START + after, EVER)
    assert read_all(market(position=before.position_ns), START + 4 * MINUTE) == [
        event for event in whole.read(START + 4 * MINUTE, EVER) if event.ts >= START + after
    ]


def test_time_grows_and_at_one_time_there_is_one_instrument_its_trade_first():
    events = read_all(market(), START + 10 * MINUTE)
    assert len(events) == 3 * 3 * 60 * 10
    for before, after in pairwise(events):
        if before.ts == after.ts:
            assert isinstance(before, TradeRow)
            assert isinstance(after, QuoteRow)
            assert before.instrument_id == after.instrument_id
        else:
            assert before.ts < after.ts


@QUICK
@given(st.integers(1, 7))
def test_a_reading_never_ends_between_a_trade_and_what_it_left(limit):
    feed, whole = one(), list(one().read(START + MINUTE, EVER))
    found = []
    while found != whole:
        part = feed.read(START + MINUTE, limit)
        assert limit <= len(part) <= limit + 1 or len(found) + len(part) == len(whole)
        found += part
        assert feed.position_ns == found[-1].ts + 1 or found == whole
        assert found == whole[: len(found)]
        if len(found) < len(whole):
            assert whole[len(found)].ts > found[-1].ts


def test_another_seed_is_another_market_and_an_instrument_does_not_change_its_neighbours():
    assert read_all(one(seed=1), START + MINUTE) != read_all(one(seed=2), START + MINUTE)
    both = SimSection(seed=1, history_days=1, instruments={"ABC": entry(), "XYZ": entry(base="XYZ")})
    events = read_all(SimFeed(both, START), START + MINUTE)
    assert [event for event in events if event.instrument_id == "ABC.SIM"] == read_all(one(seed=1), START + MINUTE)


@settings(max_examples=15, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "seed": st.integers(0, 2**63 - 1),
            "volatility": st.floats(0.01, 10.0),
            "spread_bps": st.floats(0.001, 100.0),
            "trades_per_min": st.integers(1, 600),
            "price_precision": st.integers(0, 4),
            "position": st.integers(START, START + 10**5 * MINUTE),
        }
    )
)
def test_trades_hit_the_quote_in_force(given_):
    feed = one(**given_, min_notional="3")
    quote, most, places = None, 100_000, given_["price_precision"]
    for event in feed.read(feed.position_ns + 2 * MINUTE, EVER):
        if isinstance(event, QuoteRow):
            quote = event
            assert 0 < quote.bid < quote.ask
            assert min(quote.bid_size, quote.ask_size) > 0
        elif quote is not None:
            assert event.price == (quote.ask if event.side == "buy" else quote.bid)
            assert 1 <= event.size <= (quote.ask_size if event.side == "buy" else quote.bid_size)
            assert event.price * event.size >= 3 * 10 ** (places + 3) or event.size == most


@QUICK
@given(st.integers(60, 600))
def test_every_second_trades_when_there_are_sixty_a_minute(count):
    events = trades(
        one(trades_per_min=count, position=START - START % MINUTE).read(START - START % MINUTE + MINUTE, EVER)
    )
    assert len(events) == count
    assert {event.ts // 10**9 % 60 for event in events} == set(range(60))


@QUICK
@given(st.integers(1, 59))
def test_a_quiet_market_trades_as_often_as_it_should(count):
    events = trades(read_all(one(trades_per_min=count), START + 10 * MINUTE))
    assert abs(len(events) - 10 * count) <= 1


def test_trade_ids_never_repeat_over_instruments_and_restarts():
    first = market()
    ids = [trade.trade_id for trade in trades(read_all(first, START + 3 * MINUTE))]
    again = market(position=first.position_ns)
    ids += [trade.trade_id for trade in trades(read_all(again, START + 6 * MINUTE))]
    assert len(ids) == len(set(ids)) == 3 * 6 * 60


def test_the_spread_widens_with_volatility():
    section = SimSection(seed=3, history_days=1, instruments={"ABC": entry(price_precision=6, spread_bps=2.0)})
    feed = SimFeed(section, START)
    spreads, moves = [], []
    for _ in range(600):
        quotes = [event for event in feed.read(feed.position_ns + MINUTE, EVER) if isinstance(event, QuoteRow)]
        mids = [quote.bid + quote.ask for quote in quotes]
        spreads.append(np.mean([2 * (quote.ask - quote.bid) / mid for quote, mid in zip(quotes, mids, strict=True)]))
        moves.append(np.std(np.diff(np.log(mids))))
    assert np.corrcoef(spreads, moves)[0, 1] > 0.8
    assert 0.5e-4 < np.median(spreads) < 8e-4


@pytest.mark.parametrize("seed", range(5))
def test_volatility_clusters(seed):
    feed = SimFeed(SimSection(seed=seed), START)
    for name in feed.instruments:
        moves = np.abs(np.diff(np.log(feed.mids(name, feed.begin_ns // MINUTE, 20_001))))
        assert len(moves) == 20_000
        assert np.corrcoef(moves[1:], moves[:-1])[0, 1] > 0.1


def test_volatility_is_about_what_the_configuration_says():
    feed = one(volatility=0.8)
    moves = np.diff(np.log(feed.mids("ABC.SIM", feed.begin_ns // MINUTE, 200 * 1_440)))
    assert 0.7 < np.std(moves) * 525_600**0.5 < 0.9
    assert abs(np.corrcoef(moves[1:], moves[:-1])[0, 1]) < 0.02


def test_mids_are_where_the_quotes_are():
    feed = market()
    events = feed.read(START + 30 * MINUTE, EVER)
    quotes = [event for event in events if isinstance(event, QuoteRow) and event.instrument_id == BTC]
    minute = START // MINUTE + 1
    for mid in feed.mids(BTC, minute, 25):
        near = min(quotes, key=lambda quote: abs(quote.ts - minute * MINUTE))
        assert abs(log((near.bid + near.ask) / 20 / mid)) < 0.001
        minute += 1


def test_the_perpetual_follows_its_spot_and_the_coins_each_other():
    feed = SimFeed(SimSection(), START)
    minute = feed.begin_ns // MINUTE
    spot, swap, other = (feed.mids(name, minute, 10_000) for name in (BTC, SWAP, ETH))
    basis = np.log(swap / spot)
    assert 0 < np.max(np.abs(basis)) < 0.002
    assert np.std(basis) > 0
    assert 0.3 < np.corrcoef(np.diff(np.log(spot)), np.diff(np.log(other)))[0, 1] < 0.8


@given(st.floats(-1e6, 1e6))
def test_a_price_turns_back_before_it_runs_away(level):
    edge = log(MAX_FACTOR)
    found = float(folded(np.array([level]))[0])
    assert -edge <= found <= edge
    assert abs(found - level) < 1e-9 or abs(level) > edge


def test_years_of_a_wild_market_stay_within_bounds():
    feed = one(volatility=10.0)
    mids = feed.mids("ABC.SIM", feed.begin_ns // MINUTE, 200 * 1_440)
    assert 250 / MAX_FACTOR - 1 < mids.min() < mids.max() < 250 * MAX_FACTOR + 1
    assert np.max(np.abs(np.diff(np.log(mids)))) < 1.0


def test_the_market_ends_in_good_order():
    feed = SimFeed(SimSection(history_days=1, instruments={"ABC": entry()}), END_NS - MINUTE)
    assert len(feed.read(2**63, EVER)) == 180
    assert feed.position_ns == END_NS
    assert feed.next_ts() is None
    assert feed.read(2**63, 1) == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"price": "0.5"}, "price"),
        ({"price": "1.001"}, "price"),
        ({"price": "999999999999"}, "price"),
        ({"min_quantity": "0"}, "min_quantity"),
        ({"min_quantity": "0.0001"}, "min_quantity"),
        ({"max_quantity": "0.0001"}, "max_quantity"),
        ({"min_quantity": "200"}, "min_quantity"),
        ({"trade_size": "2000000", "max_quantity": "2000000"}, "size_precision"),
        ({"min_notional": "20000"}, "min_notional"),
    ],
)
def test_numbers_that_do_not_fit_together_are_refused(changes, key):
    with pytest.raises(ConfigError, match=rf"sim\.instruments\.ABC\.{key}"):
        one(**changes)


def test_a_history_before_1970_is_refused():
    with pytest.raises(ConfigError, match="1970"):
        SimFeed(SimSection(history_days=100), 50 * 24 * HOUR)
