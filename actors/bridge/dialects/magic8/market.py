"""Prices as clients of the predictor and its data hub read them: nothing that the market does not have."""

from typing import Annotated, ClassVar, Literal, override

import msgspec
from msgspec import Meta, Struct

from actors.bridge.dialects.magic8.answers import Magic8Route
from actors.bridge.dialects.magic8.health import FED
from actors.bridge.rest.route import Answer, Call, NoQuery, json_answer, routes
from actors.bridge.words import time_text
from actors.wire import Bar, QuoteBody
from config.errors import (
    NodeError,
    NotFoundError,
    UnknownInstrumentError,
    UnsupportedIntervalError,
    VenueUnavailableError,
)

INTERVALS = {
    "1 min": "1m",
    "3 mins": "3m",
    "5 mins": "5m",
    "15 mins": "15m",
    "30 mins": "30m",
    "1 hour": "1h",
    "2 hours": "2h",
    "4 hours": "4h",
    "1 day": "1d",
    "1 week": "1w",
}
"""The hub's words for bar intervals; ours are understood too."""
_MARKET = (NotFoundError, UnknownInstrumentError, VenueUnavailableError)
_bar = msgspec.json.Decoder(Bar)
_quote = msgspec.json.Decoder(QuoteBody)


class MarketAnswer(Struct, frozen=True, kw_only=True):
    """One underlying now."""

    symbol: str
    price: float
    bid: float | None
    """None: the source has no quotes."""
    ask: float | None
    volume: float
    """Of the newest minute."""
    volatility: float
    """Standard deviation of the returns of the last minutes, a share."""
    source: str
    """`mock` for a simulated market."""
    timestamp: str
    """Market time, RFC 3339."""


class QuoteAnswer(Struct, frozen=True, kw_only=True):
    """Last price with best bid and ask; None: the source has no quotes."""

    last: float
    bid: float | None
    ask: float | None
    bid_size: float | None
    ask_size: float | None
    time: str


class HubBar(Struct, frozen=True, kw_only=True):
    """One bar."""

    time: str
    """When it opened, RFC 3339."""
    open: float
    high: float
    low: float
    close: float
    volume: float


class BarsAnswer(Struct, frozen=True, kw_only=True):
    """Closed bars, oldest first."""

    bars: tuple[HubBar, ...]


class BarsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many bars, of which length."""

    count: Annotated[int, Meta(ge=1, le=1_000, description="most bars")] = 100
    interval: Annotated[str, Meta(max_length=8, description="for example `5 mins` or `5m`")] = "5 mins"


class ChainQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which options."""

    expiry: Annotated[str, Meta(max_length=16, description="for example `20260116`")] = ""
    right: Annotated[str, Meta(max_length=4, description="`C` or `P`")] = ""


class HubHealth(Struct, frozen=True, kw_only=True):
    """How the data source does."""

    status: Literal["healthy", "degraded"]
    ib_connected: bool
    """Whether market data comes, wherever from."""
    latency_ms: float | None
    """Wall milliseconds since the newest tick; None before the first."""
    last_update: str | None
    """Market time, RFC 3339."""
    errors: tuple[str, ...]


class _Priced[Q: Struct](Magic8Route[Q]):
    """Base of what reads one symbol."""

    parameters: ClassVar[dict[str, str]] = {"symbol": "for example `SPX`, in any case"}
    problems: ClassVar[tuple[type[NodeError], ...]] = _MARKET

    def find(self, call: Call) -> str:
        """Return the instrument id."""
        self.screening()
        return self.context.symbols.find(call.path["symbol"])

    async def latest(self, instrument_id: str) -> Bar:
        """Return the newest bar of a minute, the open one if there is one."""
        context = self.context
        context.bars.check(instrument_id, "1m")
        growing = context.bars.open_bar(instrument_id, "1m")
        if growing is not None:
            return _bar.decode(growing)
        page = await context.bars.page(instrument_id, "1m", start=None, end=None, limit=1)
        if not page.rows:
            raise VenueUnavailableError(f"there is no price of {instrument_id} yet")
        return _bar.decode(page.rows[-1])

    async def quote(self, instrument_id: str) -> QuoteBody | None:
        """Return best bid and ask; None when there are none."""
        ticks = self.context.ticks
        if "quotes" not in ticks.kinds(instrument_id):
            return None
        try:
            await ticks.ready(instrument_id, "quotes")
        except (NotFoundError, VenueUnavailableError):
            return None
        found = ticks.quote(instrument_id)
        return None if found is None else _quote.decode(found)

    async def market(self, instrument_id: str, symbol: str) -> Answer:
        """Return the answer about one instrument."""
        snapshot = await self.screening().snapshot(instrument_id)
        bar, quote = await self.latest(instrument_id), await self.quote(instrument_id)
        return json_answer(
            MarketAnswer(
                symbol=symbol.upper(),
                price=float(bar.c),
                bid=None if quote is None else float(quote.bid),
                ask=None if quote is None else float(quote.ask),
                volume=float(bar.v),
                volatility=snapshot.volatility,
                source=snapshot.source,
                timestamp=time_text(self.context.clock.now_ms or bar.t),
            )
        )


@routes.register("GET /market/{symbol}")
class GetMarket(_Priced[NoQuery]):
    """Give the price of one underlying."""

    reply: ClassVar[type[Struct]] = MarketAnswer
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        return await self.market(self.find(call), call.path["symbol"])


@routes.register("GET /vix")
class GetVix(_Priced[NoQuery]):
    """Give the volatility index that `screening.volatility` names."""

    reply: ClassVar[type[Struct]] = MarketAnswer
    parameters: ClassVar[dict[str, str]] = {}
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        self.screening()
        index = self.context.config.screening.volatility
        if index is None:
            raise NotFoundError("screening.volatility names no volatility index")
        return await self.market(index, "VIX")


@routes.register("GET /api/market_data/{symbol}/quote")
class GetHubQuote(_Priced[NoQuery]):
    """Give the last price with best bid and ask."""

    reply: ClassVar[type[Struct]] = QuoteAnswer
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        instrument_id = self.find(call)
        bar, quote = await self.latest(instrument_id), await self.quote(instrument_id)
        return json_answer(
            QuoteAnswer(
                last=float(bar.c),
                bid=None if quote is None else float(quote.bid),
                ask=None if quote is None else float(quote.ask),
                bid_size=None if quote is None else float(quote.bid_size),
                ask_size=None if quote is None else float(quote.ask_size),
                time=time_text(self.context.clock.now_ms or bar.t),
            )
        )


class _HubBars(_Priced[BarsQuery]):
    query = BarsQuery
    reply: ClassVar[type[Struct]] = BarsAnswer
    problems = (*_MARKET, UnsupportedIntervalError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: BarsQuery) -> Answer:
        instrument_id, bars = self.find(call), self.context.bars
        interval = INTERVALS.get(query.interval, query.interval)
        bars.check(instrument_id, interval)
        page = await bars.page(instrument_id, interval, start=None, end=None, limit=query.count)
        return json_answer(BarsAnswer(bars=tuple(_hub_bar(_bar.decode(row)) for row in page.rows)))


@routes.register("GET /api/market_data/{symbol}/bars")
class GetHubBars(_HubBars):
    """Give the newest closed bars, oldest first."""


@routes.register("GET /market/{symbol}/bars")
class GetMarketBars(_HubBars):
    """Give the newest closed bars, oldest first."""


class _Chain(_Priced[ChainQuery]):
    query = ChainQuery

    @override
    async def answer(self, call: Call, query: ChainQuery) -> Answer:
        self.find(call)
        raise VenueUnavailableError("no venue of this node has options")


@routes.register("GET /api/options/{symbol}/chain")
class GetHubChain(_Chain):
    """Say that no venue of this node has options (503), so that nobody waits for invented ones."""


@routes.register("GET /option_chain/{symbol}")
class GetChain(_Chain):
    """Say that no venue of this node has options (503)."""


@routes.register("GET /api/health/detailed")
class GetHubHealth(Magic8Route[NoQuery]):
    """Tell whether market data comes."""

    reply: ClassVar[type[Struct]] = HubHealth
    is_counted = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        self.screening()
        host, clock = self.context.host, self.context.clock
        age_s, errors = clock.age_s(), tuple(host.degraded())
        is_fed = host.feed in FED
        return json_answer(
            HubHealth(
                status="healthy" if is_fed and host.is_ready() and not errors else "degraded",
                ib_connected=is_fed,
                latency_ms=None if age_s is None else round(age_s * 1_000, 1),
                last_update=time_text(clock.now_ms) if clock.now_ms else None,
                errors=errors,
            )
        )


def _hub_bar(bar: Bar) -> HubBar:
    return HubBar(
        time=time_text(bar.t),
        open=float(bar.o),
        high=float(bar.h),
        low=float(bar.l),
        close=float(bar.c),
        volume=float(bar.v),
    )
