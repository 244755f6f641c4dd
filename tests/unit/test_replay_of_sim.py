"""What the simulator wrote plays back as it was: the same rows, the same book at every step, the same signals."""

import msgspec
import pytest

from actors.market import INTERVALS, MINUTE_NS, BookRow
from actors.signal.aggregator import Aggregator
from actors.signal.stream import SignalStream
from config.signals import SignalConfig
from tests.simulated import START, one
from tests.tape import Tape

pytestmark = pytest.mark.slow  # two seconds all together

ABC = "ABC.SIM"
MINUTES = 8
BARS = 120
EVER = 2**62


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    tape = Tape(one(seed=3), bars=BARS)
    tape.record(MINUTES)
    tape.folder = tmp_path_factory.mktemp("tape")
    tape.write(tape.folder)
    return tape


@pytest.fixture
def replay(tape):
    feed = tape.replay(tape.folder, warmup_bars=BARS)
    feed.want_book(ABC, is_wanted=True)
    return feed


def after(levels, changes):
    """Return a side of a book after some changes."""
    found = {**levels, **dict(changes)}
    return {price: size for price, size in found.items() if size}


def test_every_row_comes_back_in_the_same_order(tape, replay):
    expected = [event for event in tape.events if event.ts >= replay.start_ns]

    assert len(expected) > 1_000
    assert replay.kinds(ABC) == {"trades", "quotes", "book"}
    assert list(replay.read(EVER, 10**6)) == expected
    assert replay.next_ts() is None


def test_rows_do_not_depend_on_how_they_are_read(replay):
    whole = list(replay.read(EVER, 10**6))
    replay.rewind()
    parts, limit = [], 1
    while replay.next_ts() is not None:
        parts += replay.read(replay.next_ts() + limit * 10**7, limit)
        limit = limit % 97 + 1

    assert parts == whole


def test_the_book_is_the_same_at_every_step(replay):
    book = replay.book(ABC)
    bids, asks, sequence = dict(book.bids), dict(book.asks), book.sequence
    while replay.next_ts() is not None:
        for event in replay.read(replay.next_ts() + 1, 50):
            if isinstance(event, BookRow):
                bids, asks, sequence = after(bids, event.bids), after(asks, event.asks), sequence + 1
                assert event.sequence == sequence
        whole = replay.book(ABC)
        assert (dict(whole.bids), dict(whole.asks), whole.sequence) == (bids, asks, sequence)
        assert list(whole.bids) == sorted(whole.bids, reverse=True)
        assert list(whole.asks) == sorted(whole.asks)


def test_book_quote_and_trades_after_a_jump_are_those_of_the_market_itself(tape, replay):
    for second in (400, 61, 250, 251, 90):
        ts = START + second * 10**9 + 123_456
        market = one(seed=3, position=ts)
        replay.seek(ts)
        assert replay.book(ABC) == market.book(ABC)
        assert replay.quote(ABC) == market.quote(ABC)
        assert replay.trades(ABC, 20)[-5:] == market.trades(ABC, 20)[-5:]


@pytest.mark.parametrize("interval", ["5s", "1m", "5m", "1h"])
def test_history_is_that_of_the_market_itself(tape, replay, interval):
    ts = START // MINUTE_NS * MINUTE_NS + 7 * MINUTE_NS
    market = one(seed=3, position=ts)
    replay.seek(ts)
    found = replay.history(ABC, interval, None, None, 200)

    assert len(found) == {"5s": 72, "1m": BARS + 7, "5m": 25, "1h": 2}[interval]
    assert found == market.history(ABC, interval, None, None, len(found))


def test_signals_are_the_same(tape, replay):
    def signals(feed, until):
        feed.read(until, 10**6)
        stream = SignalStream(
            feed.instruments[ABC], INTERVALS["1m"], Aggregator.from_config(SignalConfig()), backfill=50
        )
        return stream.load(feed.history(ABC, "1m", None, None, BARS), trace_id="", ts_init=0)

    until = START // MINUTE_NS * MINUTE_NS + 8 * MINUTE_NS
    played, market = signals(replay, until), signals(one(seed=3), until)

    assert len(played) == 50
    assert [msgspec.json.encode(one) for one in played] == [msgspec.json.encode(one) for one in market]


def test_a_book_nobody_wants_is_not_among_the_events_and_follows_when_wanted(tape, replay):
    replay.want_book(ABC, is_wanted=False)
    middle = replay.start_ns + 2 * MINUTE_NS
    assert not any(isinstance(event, BookRow) for event in replay.read(middle, 10**6))
    whole = replay.book(ABC)
    replay.want_book(ABC, is_wanted=True)
    steps = [event for event in replay.read(EVER, 10**6) if isinstance(event, BookRow)]

    assert [step.sequence for step in steps[:3]] == [whole.sequence + n for n in (1, 2, 3)]
    assert steps == [event for event in tape.events if isinstance(event, BookRow) and event.ts >= middle]
