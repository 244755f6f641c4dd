"""A real node over a paper venue that the test moves by hand, with one strategy per account."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

from nautilus_trader.common import Environment, LoggerConfig, LogLevel
from nautilus_trader.live import DataClientConfig, LiveNode, LiveRiskEngineConfig, RoutingConfig
from nautilus_trader.live.clients import DataClientFactory, MarketDataClient
from nautilus_trader.model import ClientId, ClientOrderId, InstrumentId, StrategyId, TraderId, Venue
from nautilus_trader.trading import Strategy, StrategyConfig

from actors.engine import Scale, to_engine
from actors.market import BookRow, TradeRow
from actors.orders import BalanceRow
from adapters.paper.client import PaperClientConfig
from adapters.paper.denier import DenierConfig
from adapters.paper.factory import PaperClientFactory
from adapters.paper.venue import PaperVenue
from tests.unit.walks import INSTRUMENT, NAME

IID = InstrumentId.from_str(NAME)
SCALE = Scale(INSTRUMENT)
BEGIN = 1_700_000_000_000_000_000


class Shelf(MarketDataClient):
    """Has the instrument, and nothing else."""

    async def _connect(self):
        self._handle_instrument(to_engine(INSTRUMENT))

    async def _disconnect(self):
        pass


class ShelfFactory(DataClientFactory):
    @staticmethod
    def create(*, name, config, cache, clock):
        return Shelf(name=name, config=config, cache=cache, clock=clock, venue=Venue("SIM"))


class Hand(Strategy):
    """Sends what the test tells it to, and keeps what it hears."""

    def __new__(cls, account):
        return super().__new__(cls, cls.config_of(account))

    def __init__(self, account):
        super().__init__(self.config_of(account))
        self.account = account
        self.heard = []

    @staticmethod
    def config_of(account):
        tag = f"hand.{account[-1]}"
        return StrategyConfig(strategy_id=StrategyId(f"T-{tag}"), order_id_tag=tag)

    def on_order_event(self, event):
        self.heard.append(event)

    def kinds(self, order_id):
        return [
            type(event).__name__.removeprefix("Order")
            for event in self.heard
            if event.client_order_id == ClientOrderId(order_id)
        ]

    def send(self, make, order_id, *, params=None, client=True, **values):
        order = getattr(self.order_factory, make)(IID, client_order_id=ClientOrderId(order_id), **values)
        name = ClientId(f"SIM-{self.account[-3:]}") if client else None
        self.submit_order(order, client_id=name, params=params)
        return order


class PaperWorld:
    def __init__(self, accounts=2):
        self.accounts = [f"PAPER-{number:03}" for number in range(1, accounts + 1)]
        self.ts = BEGIN
        self.sequence = 0
        self.venue = PaperVenue(
            {NAME: INSTRUMENT}, lambda _: frozenset({"trades", "quotes", "book"}), now=lambda: self.ts
        )
        self.hands = []
        self.trades = 0

    @asynccontextmanager
    async def running(self):
        self.hands = [Hand(account) for account in self.accounts]
        node = self.build()
        handle, self.cache = node.handle(), node.cache
        task = asyncio.create_task(node.run_async())
        try:
            async with asyncio.timeout(60):
                while not node.is_running:
                    assert not task.done(), task.result()
                    await asyncio.sleep(0.002)
            yield self
        finally:
            handle.stop()
            await asyncio.wait_for(task, 60)
            node.dispose()

    def build(self):
        clients = {}
        builder = (
            LiveNode.builder("PAPER", TraderId("TESTER-001"), Environment.LIVE)
            .with_logging(LoggerConfig(stdout_level=LogLevel.OFF))
            .with_reconciliation(False)
            .with_delay_post_stop_secs(0)
            .with_risk_engine_config(LiveRiskEngineConfig(bypass=True))
            .add_data_client("SIM", ShelfFactory, DataClientConfig(), RoutingConfig(default=True))
            .add_exec_client(
                "SIM-DENY", PaperClientFactory, DenierConfig("SIM", clients), RoutingConfig(venues=["SIM"])
            )
        )
        for account in self.accounts:
            config = PaperClientConfig(self.venue, "SIM", account, self.balances, clients)
            builder = builder.add_exec_client(f"SIM-{account[-3:]}", PaperClientFactory, config, None)
        node = builder.build()
        for hand in self.hands:
            node.add_strategy(hand)
        self.clients = clients
        return node

    def balances(self, account):
        money = Decimal(100_000)
        return [
            BalanceRow(user_id="u", account_id=account, currency="USDT", total=money, locked=Decimal(0), ts=self.ts)
        ]

    def book(self, bids, asks):
        self.ts += 1_000
        self.sequence += 1
        self.venue.on_book(BookRow(NAME, self.ts, self.sequence, bids, asks, is_snapshot=True))

    def trade(self, price, size=1, side="sell"):
        self.ts += 1_000
        self.trades += 1
        self.venue.on_trade(TradeRow(NAME, self.ts, price, size, side, str(self.trades)))

    async def until(self, condition):
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110  # any condition
                await asyncio.sleep(0.001)

    async def ended(self, hand, order_id, kind):
        await self.until(lambda: kind in hand.kinds(order_id))
