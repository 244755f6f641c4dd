"""The simulated order book: the same however it is read, and one that a venue could have."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from actors.market import BookRow, QuoteRow, TradeRow
from tests.plain_book import PlainBook
from tests.simulated import BTC, ETH, EVER, HOUR, MINUTE, START, SWAP, market, one

ABC = "ABC.SIM"
FEW_PRICES = 70
"""Below so many ticks there are not enough prices for fifty bids."""
POSITIONS = st.integers(START, START + 3_000 * HOUR)
COARSE = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**63 - 1),
        "volatility": st.floats(0.01, 10.0),
        "spread_bps": st.floats(0.001, 100.0),
        "trades_per_min": st.sampled_from([1, 2, 7, 59, 60, 61, 119, 240, 600]),
        "price_precision": st.integers(0, 4),
        "size_precision": st.sampled_from([0, 3, 8]),
        "trade_size": st.sampled_from(["0.05", "1", "3"]),
        "min_quantity": st.just("1"),
        "position": POSITIONS,
    }
)


def follow(feed, name, until, *, limit=EVER):
    """Check every step of a book and everything about it that the feed tells, until a time."""
    feed.want_book(name, is_wanted=True)
    book, traded, steps = PlainBook(feed.book(name)), None, 0
    assert book.top() == top(feed.quote(name))
    while True:
        events = feed.read(until, limit)
        for event in events:
            if event.instrument_id != name:
                continue
            if isinstance(event, TradeRow):
                side, best = (book.asks, book.ask) if event.side == "buy" else (book.bids, book.bid)
                assert event.price == best
                assert event.size <= side[best]
                traded = event, side[best] - event.size
            elif isinstance(event, BookRow):
                book.apply(event)
                steps += 1
                check(book)
                if traded is not None:
                    assert event.ts == traded[0].ts
                    levels = event.asks if traded[0].side == "buy" else event.bids
                    assert levels == ((traded[0].price, traded[1]),)
                    assert not (event.bids and event.asks)
                    traded = None
            else:
                assert book.top() == top(event)
        assert traded is None
        if len(events) < limit:
            break
        assert book.same_as(feed.book(name))
        assert book.top() == top(feed.quote(name))
    assert book.same_as(feed.book(name))
    return steps


def check(book):
    assert book.bid < book.ask
    assert len(book.asks) >= 50
    assert len(book.bids) >= 50 or book.bid < FEW_PRICES


def top(quote):
    return quote.bid, quote.ask, quote.bid_size, quote.ask_size


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**63 - 1), st.sampled_from([BTC, ETH, SWAP]), POSITIONS, st.integers(1, 300))
def test_every_step_is_one_that_a_venue_could_send(seed, name, position, limit):
    follow(market(seed=seed, position=position), name, position + 5 * MINUTE, limit=limit)


@settings(max_examples=15, deadline=None)
@given(COARSE)
def test_every_step_of_a_coarse_market_too(changes):
    feed = one(max_quantity="100000", **changes)
    follow(feed, ABC, feed.position_ns + 3 * MINUTE, limit=97)
