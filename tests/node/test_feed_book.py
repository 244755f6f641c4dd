"""Books, quotes and answers of a real node: the engine's own book is the market's, and repairs reach everybody."""

import pytest
from nautilus_trader.common import DataActorConfig
from nautilus_trader.model import ActorId, BookType, InstrumentId
from structlog.testing import capture_logs

from actors.engine import Scale
from actors.market import BookRow, QuoteRow, TradeRow
from adapters.player import CHUNK, MAX_BACKLOG, Player
from tests.node.test_feed_client import Ear, node
from tests.plain_book import PlainBook
from tests.recordings import NAME, feed_of, minutes
from tests.simulated import BTC, ETH, EVER, SWAP, market

pytestmark = pytest.mark.slow
IID = InstrumentId.from_str(BTC)


class BookEar(Ear):
    """Hears books as well, and keeps everything in the order it came."""

    def __init__(self, config, wanted):
        super().__init__(config, wanted)
        self.steps, self.snapshots, self.heard = [], [], []
        self.wholes = 0
        """How many of the steps are all of a book."""
        self.past_trades, self.past_quotes = [], []

    def on_start(self):
        super().on_start()
        for name in self.wanted.get("books", ()):
            book_type = self.wanted.get("type", BookType.L2_MBP)
            self.subscribe_book_deltas(InstrumentId.from_str(name), book_type, managed=True)

    def on_book_deltas(self, deltas):
        row = Scale(self.instruments[str(deltas.instrument_id)]).book_row(deltas)
        self.heard.append(row)
        self.wholes += row.is_snapshot
        self.keep(self.steps, row)

    def on_trade(self, tick):
        self.heard.append(tick)
        super().on_trade(tick)

    def on_quote(self, tick):
        self.heard.append(tick)
        super().on_quote(tick)

    def on_book(self, book):
        self.keep(self.snapshots, (book.sequence, self.steps[-1].sequence if self.steps else None, book))

    def on_historical_trades(self, trades):
        self.keep(self.past_trades, list(trades))

    def on_historical_quotes(self, quotes):
        self.keep(self.past_quotes, list(quotes))


def listen(name="EAR-001", **wanted):
    return BookEar(DataActorConfig(actor_id=ActorId(name)), wanted)


def engine_levels(scale, levels):
    found = []
    for level in levels:
        size = sum(order.size.raw for order in level.get_orders())
        found.append((level.price.raw // scale._price, size // scale._size))
    return found


def is_the_markets(book, whole, scale):
    """Return whether the engine's book is the one of a snapshot, level by level."""
    return (engine_levels(scale, book.bids()), engine_levels(scale, book.asks())) == ([*whole.bids], [*whole.asks])


async def all_heard(player, ear):
    """Stop the market and wait until what was read has been heard."""
    await player.halt()
    newest = {player.feed.book(name).sequence for name in ear.wanted["books"]}
    await ear.until(lambda: newest <= {row.sequence for row in ear.steps[-1_000:]})


@pytest.mark.parametrize("speed", [0, 200])
async def test_the_engines_book_is_the_markets_at_the_end(speed):
    player, ear = Player(market(), speed=speed), listen(books=[BTC, ETH, SWAP])
    async with node(player, ear):
        await ear.until(lambda: len(ear.steps) > 3_000)
        await all_heard(player, ear)
        for name in (BTC, ETH, SWAP):
            whole, scale = player.feed.book(name), Scale(player.feed.instruments[name])
            book = ear.cache.order_book(InstrumentId.from_str(name))
            assert is_the_markets(book, whole, scale)
            assert book.sequence == whole.sequence
            quote = player.feed.quote(name)
            assert (book.best_bid_price(), book.best_ask_size()) == (
                scale.price(quote.bid),
                scale.quantity(quote.ask_size),
            )


async def test_all_of_it_comes_first_then_every_step_once_and_in_order():
    player, ear = Player(market(), speed=0), listen(books=[BTC])
    async with node(player, ear):
        await ear.until(lambda: len(ear.steps) > 5_000)
        await all_heard(player, ear)
    whole, other = market().book(BTC), market()
    other.want_book(BTC, is_wanted=True)
    steps = [row for row in other.read(player.position_ns, EVER) if isinstance(row, BookRow)]
    assert ear.steps == [whole, *steps]


async def test_at_one_time_the_trade_comes_first_then_the_step_then_the_quote():
    player, ear = Player(market(), speed=0), listen(books=[BTC], trades=[BTC], quotes=[BTC])
    async with node(player, ear):
        await ear.until(lambda: len(ear.trades) > 200)
        await all_heard(player, ear)
    other, scale = market(), Scale(player.feed.instruments[BTC])
    other.want_book(BTC, is_wanted=True)
    made = {TradeRow: scale.trade_tick, QuoteRow: scale.quote_tick, BookRow: lambda row: row}
    first = {market().book(BTC), scale.quote_tick(market().quote(BTC))}
    events = [made[type(row)](row) for row in other.read(player.position_ns, EVER) if row.instrument_id == BTC]
    assert [item for item in ear.heard if item not in first] == events


async def test_who_subscribes_again_gets_it_all_again():
    player, ear = Player(market(), speed=100), listen(books=[BTC])
    async with node(player, ear):
        await ear.until(lambda: len(ear.steps) > 50)
        ear.unsubscribe_book_deltas(IID)
        ear.subscribe_book_deltas(IID, BookType.L2_MBP, managed=True)
        await ear.until(lambda: ear.wholes == 2)
        seen = len(ear.steps)
        await ear.until(lambda: len(ear.steps) > seen + 50)
        await all_heard(player, ear)
    again = next(at for at, row in enumerate(ear.steps) if at and row.is_snapshot)
    book = PlainBook(ear.steps[again])
    for row in ear.steps[again + 1 :]:
        book.apply(row)
    assert book.same_as(player.feed.book(BTC))


async def test_after_unsubscribing_the_market_makes_no_steps():
    player, ear = Player(market(), speed=0), listen(books=[BTC], trades=[BTC])
    async with node(player, ear):
        await ear.until(lambda: ear.steps)
        ear.unsubscribe_book_deltas(IID)
        seen = len(ear.trades)
        await ear.until(lambda: len(ear.trades) > seen + MAX_BACKLOG + 2 * CHUNK)
        steps = len(ear.steps)
        await ear.until(lambda: len(ear.trades) > seen + 4_000)
        assert len(ear.steps) == steps
        assert not any(isinstance(row, BookRow) for row in player.feed.read(player.position_ns + 10**10, EVER))


async def test_a_rebuilt_node_finds_no_book_wanted_by_the_one_before():
    player = Player(market(), speed=0)
    first, second = listen(books=[BTC]), listen(trades=[BTC])
    async with node(player, first):
        await first.until(lambda: len(first.steps) > 10)
    async with node(player, second):
        await second.until(lambda: len(second.trades) > 100)
        assert not any(isinstance(row, BookRow) for row in player.feed.read(player.position_ns + 10**10, EVER))


async def test_asking_for_the_book_tells_all_of_it_to_everybody_in_its_place_of_the_order():
    player, ear = Player(market(), speed=0), listen(books=[BTC])
    async with node(player, ear):
        for count in range(1, 20):
            ear.request_book_snapshot(IID, depth=count)
            await ear.until(lambda count=count: len(ear.snapshots) == count)
            await ear.until(lambda count=count: ear.wholes == count + 1)
        await all_heard(player, ear)
        assert is_the_markets(ear.cache.order_book(IID), player.feed.book(BTC), Scale(player.feed.instruments[BTC]))
    assert all(sequence == newest for sequence, newest, _ in ear.snapshots)
    assert [len(book.bids()) for *_, book in ear.snapshots] == list(range(1, 20))


async def test_a_market_at_full_speed_leaves_the_engine_time_for_questions():
    player, ear = Player(market(), speed=0), listen(books=[BTC])
    async with node(player, ear):
        await ear.until(lambda: len(ear.steps) > 2_000)
        for count in range(1, 20):
            before = len(ear.steps)
            ear.request_book_snapshot(IID, depth=5)
            await ear.until(lambda count=count: len(ear.snapshots) == count)
            assert len(ear.steps) - before < 10 * MAX_BACKLOG


async def test_a_book_nobody_hears_is_answered_and_stays_unheard():
    player, ear = Player(market(), speed=1), listen(trades=[ETH])
    async with node(player, ear):
        await ear.until(lambda: ear.trades)
        ear.request_book_snapshot(IID)
        await ear.until(lambda: ear.snapshots)
    assert ear.steps == []
    assert min(len(ear.snapshots[0][2].bids()), len(ear.snapshots[0][2].asks())) >= 50


async def test_the_newest_quote_comes_at_once():
    player, ear = Player(market(), speed=1e-6), listen(quotes=[BTC])
    async with node(player, ear):
        await ear.until(lambda: ear.quotes)
    assert ear.quotes == [Scale(player.feed.instruments[BTC]).quote_tick(market().quote(BTC))]


async def test_questions_about_ticks_are_answered_with_the_newest():
    player, ear = Player(market(), speed=1e-6), listen()
    scale = Scale(player.feed.instruments[BTC])
    async with node(player, ear):
        ear.request_trades(IID, limit=7)
        await ear.until(lambda: len(ear.past_trades) == 1)
        end = player.feed.trades(BTC, 30)[-5].ts
        ear.request_trades(IID, limit=10, params={"end_ns": end})
        await ear.until(lambda: len(ear.past_trades) == 2)
        ear.request_quotes(IID)
        await ear.until(lambda: ear.past_quotes)
    newest = [scale.trade_tick(row) for row in player.feed.trades(BTC, 30)]
    assert ear.past_trades == [newest[-7:], newest[-15:-5]]
    assert ear.past_quotes == [[scale.quote_tick(player.feed.quote(BTC))]]


async def test_a_recording_of_bars_has_no_book_no_quotes_and_no_trades(tmp_path):
    feed, iid = feed_of(tmp_path, *minutes(100)), InstrumentId.from_str(NAME)
    ear = listen(books=[NAME], quotes=[NAME], bars=[(NAME, "1m")])
    async with node(Player(feed, speed=0), ear):
        await ear.until(lambda: ear.bars)
        ear.request_trades(iid)
        ear.request_quotes(iid)
        ear.request_book_snapshot(iid)
        await ear.until(lambda: ear.past_trades and ear.past_quotes and ear.snapshots)
    assert (ear.past_trades, ear.past_quotes, ear.steps, ear.quotes) == ([[]], [[]], [], [])
    assert ear.snapshots[0][2].bids() == []


async def test_a_subscription_of_what_is_not_there_hears_nothing_and_hurts_nobody(tmp_path):
    feed, absent = feed_of(tmp_path, *minutes(100)), "NO-SUCH.REPLAY"
    ear = listen(books=[absent], quotes=[absent], trades=[absent], bars=[(NAME, "1m")])
    async with node(Player(feed, speed=0), ear):
        with capture_logs() as logs:
            await ear.until(lambda: ear.bars)
            ear.request_quotes(InstrumentId.from_str(absent))
            await ear.until(lambda: ear.past_quotes)
    assert (ear.past_quotes, ear.steps, ear.quotes) == ([[]], [], [])
    assert [one for one in logs if one["log_level"] == "error"] == []


async def test_a_book_of_single_orders_is_refused_with_one_line():
    player, ear = Player(market(), speed=0), listen(books=[BTC], type=BookType.L3_MBO, trades=[BTC])
    with capture_logs() as logs:
        async with node(player, ear):
            await ear.until(lambda: len(ear.trades) > 100)
    assert ear.steps == []
    assert [line["instrument_id"] for line in logs if line["event"] == "book_refused"] == [BTC]


async def test_steps_of_a_book_hold_the_market_back_as_trades_do():
    player, distances = Player(market(), speed=0), []

    class Far(BookEar):
        def on_book_deltas(self, deltas):
            super().on_book_deltas(deltas)
            distances.append(player.position_ns - deltas.ts_event)

    ear = Far(DataActorConfig(actor_id=ActorId("EAR-001")), {"books": [BTC, ETH, SWAP]})
    async with node(player, ear):
        await ear.until(lambda: len(ear.steps) > 10_000)
    events_a_second = 3 * 9
    assert max(distances[10:]) / 1e9 * events_a_second < 3 * (MAX_BACKLOG + 2 * CHUNK)
