"""The simulated order book: the same however it is read, and one that a venue could have."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.market import SECOND_NS, BookRow, QuoteRow, TradeRow
from adapters.sim.grid import Grid
from tests.plain_book import PlainBook
from tests.simulated import BTC, ETH, EVER, HOUR, MINUTE, START, SWAP, market, one

ABC = "ABC.SIM"
NAMES = st.sampled_from([BTC, ETH, SWAP])
FEW_PRICES = 70
"""Below so many ticks there are not enough prices for fifty bids."""
MANY = 50
"""After so many events the whole book is compared; every step is checked by itself."""
POSITIONS = st.integers(START, START + 3_000 * HOUR)
SEEDS = st.integers(0, 2**63 - 1)
COARSE = st.fixed_dictionaries(
    {
        "seed": SEEDS,
        "volatility": st.floats(0.01, 10.0),
        "spread_bps": st.floats(0.001, 100.0),
        "trades_per_min": st.sampled_from([1, 2, 7, 59, 60, 61, 119, 240, 600]),
        "price": st.sampled_from(["100", "250", "1999", "12345"]),
        "price_precision": st.integers(0, 4),
        "size_precision": st.sampled_from([0, 3, 8]),
        "trade_size": st.sampled_from(["0.05", "1", "3"]),
        "min_quantity": st.just("1"),
        "max_quantity": st.just("100000"),
        "position": POSITIONS,
    }
)
TRADES = "332123a4bdff565f", "5f44440aae7f52b3", "79d1ad3c7deda775"
"""Digests of trades as they were before there was a book: bars of every stored market hang on them."""


def follow(feed, name, until, *, limit=EVER):
    """Check every step of a book and everything that the feed tells about it until a time; return the steps."""
    feed.want_book(name, is_wanted=True)
    book, steps, unseen = PlainBook(feed.book(name)), [], 0
    assert book.top() == top(feed.quote(name))
    while True:
        events = feed.read(until, limit)
        steps += play(book, [event for event in events if event.instrument_id == name])
        unseen += len(events)
        if unseen >= MANY or len(events) < limit:
            assert book.same_as(feed.book(name))
            unseen = 0
        assert book.top() == top(feed.quote(name))
        if len(events) < limit:
            return steps


def play(book, events):
    """Let a book hear events of its instrument; what belongs to one time comes together."""
    trade, steps = None, []
    for event in events:
        if isinstance(event, TradeRow):
            side, best = (book.asks, book.ask) if event.side == "buy" else (book.bids, book.bid)
            assert event.price == best
            assert event.size <= side[best]
            trade = event, side[best] - event.size
        elif isinstance(event, QuoteRow):
            assert book.top() == top(event)
        else:
            book.apply(event)
            check(book)
            if trade is not None:
                took_exactly(event, *trade)
            trade = None
            steps.append(event)
    assert trade is None
    return steps


def check(book):
    assert book.bid < book.ask
    assert len(book.asks) >= 50
    assert len(book.bids) >= 50 or book.bid < FEW_PRICES


def took_exactly(step, trade, left):
    assert step.ts == trade.ts
    assert (step.bids, step.asks) == (
        ((), ((trade.price, left),)) if trade.side == "buy" else (((trade.price, left),), ())
    )


def top(quote):
    return quote.bid, quote.ask, quote.bid_size, quote.ask_size


def of(name, events):
    return [event for event in events if event.instrument_id == name]


@settings(max_examples=3, deadline=None)
@given(SEEDS, NAMES, POSITIONS)
def test_every_step_is_one_that_a_venue_could_send(seed, name, position):
    follow(market(seed=seed, position=position), name, position + MINUTE)


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(SEEDS, NAMES, POSITIONS, st.integers(1, 300))
def test_every_step_of_many_markets_too(seed, name, position, limit):
    follow(market(seed=seed, position=position), name, position + 4 * MINUTE, limit=limit)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(COARSE, st.integers(1, 300))
def test_every_step_of_a_coarse_market_too(changes, limit):
    feed = one(**changes)
    follow(feed, ABC, feed.position_ns + 3 * MINUTE, limit=limit)


@pytest.mark.slow
@pytest.mark.parametrize("name", [BTC, ETH, SWAP])
def test_every_step_of_many_hours_and_over_midnight(name):
    midnight = START - START % HOUR + 24 * HOUR
    steps = follow(market(position=midnight - 2 * HOUR), name, midnight + 2 * HOUR, limit=1_000)
    assert len(steps) == 4 * 60 * 360
    assert min(len(step.bids) + len(step.asks) for step in steps) == 1


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(COARSE, st.lists(st.integers(0, 3 * MINUTE), min_size=1, max_size=6))
def test_a_book_jumped_to_is_the_one_that_was_read(changes, ahead):
    read = one(**changes)
    begin = read.position_ns
    read.want_book(ABC, is_wanted=True)
    book = PlainBook(read.book(ABC))
    for after in sorted(ahead):
        play(book, read.read(begin + after, EVER))
        jumped = one(**{**changes, "position": begin + after})
        assert jumped.book(ABC) == read.book(ABC)
        assert jumped.quote(ABC) == read.quote(ABC)
        assert jumped.trades(ABC, 20) == read.trades(ABC, 20)
        assert book.same_as(jumped.book(ABC))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**10), st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_what_was_wanted_before_changes_nothing(turns):
    feed, whole, until = market(), market(), START
    for name in (BTC, ETH):
        whole.want_book(name, is_wanted=True)
    for step, wants_one, wants_other in turns:
        feed.want_book(BTC, is_wanted=wants_one)
        feed.want_book(ETH, is_wanted=wants_other)
        feed.next_ts()
        until += step
        wanted = {name for name, is_wanted in ((BTC, wants_one), (ETH, wants_other)) if is_wanted}
        expected = [
            event
            for event in whole.read(until, EVER)
            if not isinstance(event, BookRow) or event.instrument_id in wanted
        ]
        assert feed.read(until, EVER) == expected
        assert feed.book(BTC) == whole.book(BTC)


def test_a_book_that_nobody_wants_is_not_made():
    feed, reader = market(), market()
    reader.want_book(BTC, is_wanted=True)
    events = feed.read(START + 3 * MINUTE, EVER)
    assert not any(isinstance(event, BookRow) for event in events)
    assert not feed._books[BTC]._rows._values
    assert events == [event for event in reader.read(START + 3 * MINUTE, EVER) if not isinstance(event, BookRow)]


def test_a_book_wanted_before_the_next_event_of_a_slow_market_has_all_its_steps():
    feed, other = one(trades_per_min=1), one(trades_per_min=1)
    feed.read(START + 20 * SECOND_NS, EVER)
    assert feed.next_ts() >= START - START % MINUTE + MINUTE  # it has looked into the next minute
    feed.want_book(ABC, is_wanted=True)
    other.want_book(ABC, is_wanted=True)
    book = PlainBook(feed.book(ABC))
    other.read(START + 20 * SECOND_NS, EVER)
    events = feed.read(START + 2 * MINUTE, EVER)
    assert events == other.read(START + 2 * MINUTE, EVER)
    assert len(play(book, events)) > 300


def test_the_book_lives_between_trades():
    feed = market()
    feed.want_book(BTC, is_wanted=True)
    events = of(BTC, feed.read(START + 10 * MINUTE, EVER))
    steps = [event for event in events if isinstance(event, BookRow)]
    assert len(steps) == 10 * 60 * 6
    sizes = [len(step.bids) + len(step.asks) for step in steps]
    assert np.median(sizes) <= 6
    assert {step.ts // SECOND_NS for step in steps} == set(
        range(steps[0].ts // SECOND_NS, steps[-1].ts // SECOND_NS + 1)
    )
    levels = [level for step in steps for level in (*step.bids, *step.asks)]
    gone = sum(size == 0 for _, size in levels)
    assert 0.1 < gone / len(levels) < 0.5


@pytest.mark.slow
def test_some_trades_take_a_whole_level_and_the_next_one_is_the_best():
    feed = market()
    feed.want_book(BTC, is_wanted=True)
    book, events = PlainBook(feed.book(BTC)), of(BTC, feed.read(START + 30 * MINUTE, EVER))
    ends = {step.ts for step in events if isinstance(step, BookRow) and [*step.bids, *step.asks][0][1] == 0}
    trades = [event for event in events if isinstance(event, TradeRow)]
    exhausting = [trade for trade in trades if trade.ts in ends]
    assert 0.03 < len(exhausting) / len(trades) < 0.3
    quotes = {quote.ts: quote for quote in events if isinstance(quote, QuoteRow)}
    for trade in exhausting:
        after = quotes[trade.ts]
        assert after.ask > trade.price if trade.side == "buy" else after.bid < trade.price
    play(book, events)


@pytest.mark.slow
def test_a_jump_finds_the_book_that_was_read():
    read, jumped = market(), market(position=START + 90 * MINUTE)
    read.want_book(BTC, is_wanted=True)
    while read.position_ns < START + 90 * MINUTE:
        read.read(START + 90 * MINUTE, 5_000)
    for name in (BTC, ETH, SWAP):
        assert read.book(name) == jumped.book(name)


def test_depth_thins_and_the_spread_widens_when_volatility_rises():
    feed = market()
    book, path = feed._books[BTC], feed._ticks[BTC]._path
    depths, spreads, sigmas = [], [], []
    for hour in range(0, 600, 4):
        day, minute = divmod(START // MINUTE + 60 * hour, 1_440)
        whole = book.at(START + hour * HOUR)
        sigmas.append(path.day(day).sigmas[minute])
        depths.append(np.mean([size for _, size in (*whole.bids, *whole.asks)]))
        spreads.append(whole.asks[0][0] - whole.bids[0][0])
    assert np.corrcoef(np.log(sigmas), np.log(depths))[0, 1] < -0.8
    assert np.corrcoef(np.log(sigmas), np.log(spreads))[0, 1] > 0.6


@pytest.mark.parametrize("name", [BTC, ETH, SWAP])
def test_quantities_grow_away_from_the_touch(name):
    book, sizes = market()._books[name], []
    for hour in range(60):
        whole = book.at(START + hour * HOUR)
        sizes += [[size for _, size in side[:50]] for side in (whole.bids, whole.asks)]
    mean = np.mean(sizes, axis=0)
    tens = [mean[first : first + 10].mean() for first in range(0, 50, 10)]
    assert tens == sorted(tens)
    assert tens[-1] > 2 * tens[0]


@given(st.integers(1, 10**9), st.integers(1, 10**13))
def test_the_cells_of_a_grid_around_a_price(width, price):
    grid = Grid(width)
    below, above = grid.below(price), grid.above(price)
    assert grid.price(below) < price < grid.price(above)
    assert grid.price(below + 1) >= price
    assert grid.price(above - 1) <= price
    assert grid.price(below) // width == below
    assert np.array_equal(grid.below(np.array([price])), [below])


@pytest.mark.parametrize("move", [0.0, 0.7, 1.0, 3.0, 41.0, 99.0, 5_000.0])
def test_a_grid_is_round_and_leaves_room_below(move):
    width = Grid.of_moves(move, 640_000).width
    assert width <= max(1, min(move, 320))
    assert str(width).rstrip("0") in {"1", "2", "5"}


@pytest.mark.slow
def test_trades_are_what_they_were_before_there_was_a_book():
    feeds = [
        (market(), 120),
        (one(trades_per_min=7, position=START + 10**6 * MINUTE), 500),
        (one(trades_per_min=600, volatility=5.0, price_precision=0), 30),
    ]
    assert tuple(digest(feed.read(feed.position_ns + count * MINUTE, EVER)) for feed, count in feeds) == TRADES


def digest(events):
    text = "".join(repr(event) for event in events if isinstance(event, TradeRow))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
