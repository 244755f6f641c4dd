"""A whole node in the test's own process: real engine, journal, venue and server, on a small simulated market."""

import asyncio
import time
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from actors.orders import OrderTicket
from config.schema import BufferSection, NodeConfig, NodeSection, PaperSection, ServerSection, SimSection
from config.trading import LimitsSection, StrategyConfigSection, TraderSection, TradingSection
from node.people import open_users
from node.process import Process
from tests.simulated import entry

NAME = "ABC.SIM"
SWAP = "ABCP.SIM"
PATIENCE_S = 120.0
_STRATEGIES = "tests.node.trader_strategies"


class Silence:
    """Captures nothing: the test's own output stays where it is."""

    async def follow(self):
        await asyncio.Event().wait()


class Heard:
    """An `AccountListener` that keeps what users are told."""

    def __init__(self):
        self.rows, self.joined = [], []

    def order(self, row):
        self.rows.append(row)

    fill = position = balance = alert = acted = order

    def opened(self, user_id):
        self.joined.append(user_id)

    def reset(self):
        self.rows.clear()

    def of(self, kind, user_id):
        return [row for row in self.rows if type(row).__name__ == kind and row.user_id == user_id]

    def statuses(self, user_id, client_order_id):
        return [row.status for row in self.of("OrderRow", user_id) if row.client_order_id == client_order_id]


def strategy(name, cls="Scripted", **params):
    """Return the section of a strategy of the tests."""
    return StrategyConfigSection(
        name=name, path=f"{_STRATEGIES}:{cls}", config_path=f"{_STRATEGIES}:ScriptedConfig", params=params
    )


def engine_net(strategy_):
    """Return what a strategy holds by the engine, exactly; its own `signed_qty` is a sum of floats."""
    held = strategy_.cache.positions_open(strategy_id=strategy_.strategy_id)
    return sum(Decimal(str(one.quantity)) * (1 if one.is_long else -1) for one in held)


def config_of(folder, *traders, speed=1.0, slots=8, limits=None, trading=None, paper=None, **sections):
    """Return a node with an instrument that trades ten times a second, spot and perpetual."""
    fast = {"trades_per_min": 600, "maker_fee": "0.0008", "taker_fee": "0.001"}
    swap = entry(kind="perpetual", margin_init="0.1", margin_maint="0.05", **fast)
    return NodeConfig(
        node=NodeSection(state_dir=str(folder)),
        server=ServerSection(port=0, user_rate_limit_per_min=10**6, user_orders_per_s=10**4, user_orders_burst=10**4),
        buffer=BufferSection(window=100),
        sim=SimSection(
            seed=7,
            start="2026-01-01T00:00:30Z",
            speed=speed,
            history_days=1,
            instruments={"ABC": entry(**fast), "ABCP": swap},
        ),
        signals=(),
        limits=limits or LimitsSection(max_orders_per_s=1_000),
        trading=trading or TradingSection(),
        paper=paper or PaperSection(slots=slots),
        traders=tuple(
            trader if isinstance(trader, TraderSection) else TraderSection(name=trader) for trader in traders
        ),
        **sections,
    )


class Disk:
    """Takes the disk from a journal, and gives it back."""

    def __init__(self, journal):
        self._connection = journal._writer._connection

    def take(self):
        self._connection.execute("PRAGMA query_only = on")

    def give(self):
        self._connection.execute("PRAGMA query_only = off")


class World:
    """One running node."""

    def __init__(self, users, base_dir=None):
        self.stopping = asyncio.Event()
        self.users = users
        self.process = Process(users, base_dir or users.state_dir, time.perf_counter(), self.stopping)
        self.heard = Heard()
        self.relay = self.process._books.listener.target
        self.numbers = 0

    @property
    def traders(self):
        return self.process._books.traders

    @property
    def core(self):
        return self.traders.present()

    @property
    def journal(self):
        return self.process._books.journal

    @property
    def floor(self):
        return self.core.crew.floor

    @property
    def host(self):
        return self.process._host

    def is_trading(self):
        """Return whether the node is ready and every instrument has a price."""
        names = self.process._market.feed.instruments
        prices = [self.core.venue.last(name) for name in names]
        has_trades = any("trades" in self.process._market.feed.kinds(name) for name in names)
        return self.process._view.is_ready() and not (has_trades and None in prices)

    def account(self, user_id):
        return self.core.traders[user_id].account

    def running(self, user_id, name):
        """Return a strategy of the present engine."""
        return self.floor.get(user_id, name)

    def ticket(self, side="buy", quantity="1", price=None, kind=None, *, instrument_id=NAME, name=None, **values):
        self.numbers += 1
        return OrderTicket(
            client_order_id=name or f"c{self.numbers}",
            instrument_id=instrument_id,
            side=side,
            type=kind or ("market" if price is None else "limit"),
            quantity=quantity,
            price=price,
            **values,
        )

    def near(self, share, instrument_id=NAME):
        """Return a price that is so much of the last one, as text."""
        return str((self.core.venue.last(instrument_id) * Decimal(share)).quantize(Decimal("0.01")))

    async def submit(self, user_id, *args, **kwargs):
        return await self.traders.submit(user_id, self.ticket(*args, **kwargs))

    async def filled(self, user_id, *args, **kwargs):
        """Submit and wait until it has filled."""
        row = await self.submit(user_id, *args, **kwargs)
        await self.ended(row)
        row = self.account(user_id).orders.get(row.order_id)
        assert row.status == "filled", row
        return row

    async def ended(self, row):
        await self.until(lambda: not self.account(row.user_id).orders.get(row.order_id).is_working)

    async def accepted(self, *rows):
        await self.until(
            lambda: all(self.account(one.user_id).orders.get(one.order_id).status != "submitted" for one in rows)
        )

    async def told(self):
        """Return when users have been told everything so far: it is told once it is on the disk."""
        await self.journal.settled()

    def net(self, user_id, instrument_id=NAME):
        return self.account(user_id).ledger.quantity(instrument_id)

    async def until(self, condition, patience_s=PATIENCE_S):
        async with asyncio.timeout(patience_s):
            while not condition():  # noqa: ASYNC110  # any condition
                await asyncio.sleep(0.002)


@asynccontextmanager
async def live(config, base_dir=None):
    """Run a node until the block ends; it is ready and everything told is heard."""
    world = World(await open_users(config, Path(config.node.state_dir)), base_dir)
    books = world.process._books
    run = asyncio.get_running_loop().create_task(world.process.run(Silence()))
    try:
        await world.until(lambda: run.done() or world.is_trading())
        if run.done():
            run.result()
        books.listener.target = world.heard
        yield world
    finally:
        world.stopping.set()
        async with asyncio.timeout(PATIENCE_S):
            await run
