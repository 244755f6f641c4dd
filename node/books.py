"""Opens what the traders need: journal, paper venue, accounts; as long as the process lives."""

from collections.abc import Callable

from msgspec import Struct

from actors.bridge.account_relay import AccountRelay
from actors.buffer.store import Buffer
from actors.ports.own_orders import Opinions
from actors.store.journal import SqliteJournal
from actors.ticks.store import Ticks
from adapters.paper.venue import PaperVenue
from adapters.player import Player
from config.schema import NodeConfig
from node.host import BuiltNode, NodeHost
from node.market import OpenMarket
from node.traders import NodeTraders
from node.trading.core import Surroundings
from node.trading.gate import Spawn
from node.trading.late import LateListener
from node.trading.market import MarketFeed
from node.trading.marks import NodeMarks


class OpenBooks(Struct, frozen=True, kw_only=True):
    """The traders and what they stand on."""

    traders: NodeTraders
    journal: SqliteJournal
    feed: MarketFeed
    listener: LateListener

    def tell(self, relay: AccountRelay) -> None:
        """Have users told through `relay`."""
        self.listener.target = relay

    async def run(self) -> None:
        """Refresh what users see of their positions, for as long as the process lives."""
        if isinstance(self.listener.target, AccountRelay):
            await self.listener.target.run()


def open_books(
    config: NodeConfig,
    journal: SqliteJournal | None,
    market: OpenMarket,
    ticks: Ticks,
    bars: Buffer,
    *,
    opinions: Opinions,
    spawn: Spawn,
    now_ns: Callable[[], int],
    is_stale: Callable[[], bool],
    fail: Callable[[str], None],
) -> OpenBooks | None:
    """Open the books in a journal; None if the node takes no orders.

    Args:
        config: Of the node.
        journal: None: there is none.
        market: What is traded.
        ticks: What is heard of it.
        bars: Its windows.
        opinions: What signals say.
        spawn: Runs tasks of the process.
        now_ns: Market time.
        is_stale: Whether the feed has been silent for longer than it may.
        fail: Has the engine replaced.

    Raises:
        ConfigError: If the journal cannot be used.
    """
    if journal is None or not config.features.order_execution:
        return None
    feed = market.feed
    venue = PaperVenue(feed.instruments, feed.kinds, latency_ns=int(config.paper.latency_ms * 1_000_000), now=now_ns)
    listener, prices = LateListener(), MarketFeed(ticks, venue, feed.instruments)
    around = Surroundings(
        config=config,
        instruments=feed.instruments,
        venue=venue,
        marks=NodeMarks(venue, bars),
        opinions=opinions,
        journal=journal,
        listener=listener,
        spawn=spawn,
        now_ns=now_ns,
        is_stale=is_stale,
    )
    return OpenBooks(traders=NodeTraders(around, prices, fail), journal=journal, feed=prices, listener=listener)


def hosted(build: Callable[[], BuiltNode], books: OpenBooks | None, player: Player) -> NodeHost:
    """Return the host of engines that are each given the books, and give them back before they stop."""

    async def quiet() -> None:
        if books is not None:
            await books.traders.disengage()
        await player.halt()

    async def engage(built: BuiltNode) -> None:
        if books is not None and built.trading is not None:
            await books.traders.engage(built.trading)

    return NodeHost(build, quiet=quiet, engage=engage, lost=lambda: None if books is None else books.traders.leave())
