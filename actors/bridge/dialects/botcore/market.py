"""`/api/market/*` and `/api/health`: prices as the bot core's clients read them."""

import asyncio
from typing import Annotated, ClassVar, Literal, override

import msgspec
from msgspec import Meta, Struct

from actors.bridge.context import Context
from actors.bridge.dialects.botcore.answers import BotcoreRoute, wall_text
from actors.bridge.rest.route import Answer, Call, NoQuery, json_answer, routes
from actors.bridge.symbols import interval_named
from actors.bridge.words import named, number, percent
from actors.market import Instrument
from actors.wire import Bar
from config.errors import NodeError, UnknownInstrumentError, UnsupportedIntervalError, VenueUnavailableError

_HOURS = 24
_MARKET = (UnknownInstrumentError, VenueUnavailableError)
_bar = msgspec.json.Decoder(Bar)


class Candle(Struct, frozen=True, kw_only=True):
    """One bar."""

    timestamp: int
    """Open time, UNIX milliseconds."""
    open: float
    high: float
    low: float
    close: float
    volume: float


class Day(Struct, frozen=True, kw_only=True):
    """The last 24 hours of one instrument."""

    latest_price: float
    volume_24h: float
    price_change_24h: float
    price_change_percent_24h: float


class Chart(Day, frozen=True, kw_only=True):
    """Bars of one instrument, oldest first, with its last 24 hours."""

    symbol: str
    timeframe: str
    candles: tuple[Candle, ...]


class ChartAnswer(Struct, frozen=True, kw_only=True):
    """A chart."""

    success: Literal[True] = True
    data: Chart
    error: None = None
    timestamp: str


class MarketSymbol(Struct, frozen=True, kw_only=True):
    """One instrument."""

    symbol: str
    instrument_id: str
    base_asset: str
    quote_asset: str
    price_precision: int
    quantity_precision: int
    min_quantity: float
    is_active: bool = True


class SymbolsAnswer(Struct, frozen=True, kw_only=True):
    """Every instrument."""

    success: Literal[True] = True
    data: tuple[MarketSymbol, ...]
    error: None = None
    timestamp: str


class PricesAnswer(Struct, frozen=True, kw_only=True):
    """The newest price of every instrument that has one."""

    success: Literal[True] = True
    data: dict[str, float]
    """By symbol."""
    error: None = None
    timestamp: str


class MarketRow(Day, frozen=True, kw_only=True):
    """One instrument at a glance."""

    symbol: str


class OverviewAnswer(Struct, frozen=True, kw_only=True):
    """Every instrument at a glance."""

    success: Literal[True] = True
    data: tuple[MarketRow, ...]
    error: None = None
    timestamp: str


class BotcoreHealth(Struct, frozen=True, kw_only=True):
    """How the node does."""

    status: Literal["healthy", "degraded"]
    version: str
    uptime_seconds: float
    connected_services: dict[str, bool]


class ChartQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of a chart."""

    limit: Annotated[int, Meta(ge=1, le=1_000, description="most candles")] = 100


@routes.register("GET /api/market/chart/{symbol}/{timeframe}")
class MarketChart(BotcoreRoute[ChartQuery]):
    """Give the newest bars, oldest first."""

    query = ChartQuery
    reply: ClassVar[type[Struct]] = ChartAnswer
    parameters: ClassVar[dict[str, str]] = {"symbol": "for example `BTCUSDT`", "timeframe": "for example `1m` or `1H`"}
    problems = (*_MARKET, UnsupportedIntervalError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: ChartQuery) -> Answer:
        context = self.context
        instrument_id, interval = context.symbols.find(call.path["symbol"]), interval_named(call.path["timeframe"])
        context.bars.check(instrument_id, interval)
        page = await context.bars.page(instrument_id, interval, start=None, end=None, limit=query.limit)
        day = await day_of(context, instrument_id)
        chart = Chart(
            symbol=named(context.symbols, instrument_id),
            timeframe=interval,
            candles=tuple(_candle(_bar.decode(row)) for row in page.rows),
            **msgspec.structs.asdict(day),
        )
        return json_answer(ChartAnswer(data=chart, timestamp=wall_text()))


@routes.register("GET /api/market/symbols")
class MarketSymbols(BotcoreRoute[NoQuery]):
    """List every instrument."""

    reply: ClassVar[type[Struct]] = SymbolsAnswer

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        found = self.context.bars.instruments()
        rows = tuple(_symbol(self.context, one) for _, one in sorted(found.items()))
        return json_answer(SymbolsAnswer(data=rows, timestamp=wall_text()))


@routes.register("GET /api/market/prices")
class MarketPrices(BotcoreRoute[NoQuery]):
    """Give the newest price of every instrument; one that has none yet is left out."""

    reply: ClassVar[type[Struct]] = PricesAnswer

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        days = await _days(self.context)
        prices = {named(self.context.symbols, name): day.latest_price for name, day in days.items()}
        return json_answer(PricesAnswer(data=prices, timestamp=wall_text()))


@routes.register("GET /api/market/overview")
class MarketOverview(BotcoreRoute[NoQuery]):
    """Give the last 24 hours of every instrument; one without a price is left out."""

    reply: ClassVar[type[Struct]] = OverviewAnswer

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        days = await _days(self.context)
        rows = tuple(
            MarketRow(symbol=named(self.context.symbols, name), **msgspec.structs.asdict(day))
            for name, day in days.items()
        )
        return json_answer(OverviewAnswer(data=rows, timestamp=wall_text()))


@routes.register("GET /api/health")
class BotcoreGetHealth(BotcoreRoute[NoQuery]):
    """Tell whether the node is well."""

    reply: ClassVar[type[Struct]] = BotcoreHealth
    is_counted = False

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        host = self.context.host
        is_well = host.is_ready() and not host.degraded()
        services = {"market_data": host.feed in {"live", "ended"}, "trading": self.context.traders is not None}
        return json_answer(
            BotcoreHealth(
                status="healthy" if is_well else "degraded",
                version=self.context.version,
                uptime_seconds=round(host.uptime_s, 1),
                connected_services=services | {name: state == "connected" for name, state in host.venues().items()},
            )
        )


async def day_of(context: Context, instrument_id: str) -> Day:
    """Return the last 24 hours, by bars of an hour, or of the shortest interval above when there are none.

    Raises:
        NodeError: If the source does not answer.
    """
    interval = "1h" if _has(context, instrument_id, "1h") else "1d"
    page = await context.bars.page(instrument_id, interval, start=None, end=None, limit=_HOURS)
    bars = [_bar.decode(row) for row in page.rows]
    growing = context.bars.open_bar(instrument_id, "1m")
    closed, _ = context.bars.recent(instrument_id, "1m", 1)
    newest = growing or (closed[0] if closed else None)
    latest = _bar.decode(newest) if newest is not None else bars[-1] if bars else None
    if latest is None:
        return Day(latest_price=0.0, volume_24h=0.0, price_change_24h=0.0, price_change_percent_24h=0.0)
    price, first = number(latest.c), number(bars[0].o) if bars else number(latest.o)
    return Day(
        latest_price=price,
        volume_24h=sum(number(bar.v) for bar in bars),
        price_change_24h=price - first,
        price_change_percent_24h=percent(price - first, first),
    )


async def _days(context: Context) -> dict[str, Day]:
    names = sorted(context.bars.instruments())
    found = await asyncio.gather(*(day_of(context, name) for name in names), return_exceptions=True)
    days: dict[str, Day] = {}
    for name, day in zip(names, found, strict=True):
        if isinstance(day, BaseException) and not isinstance(day, NodeError):
            raise day
        if isinstance(day, Day) and day.latest_price:
            days[name] = day
    return days


def _has(context: Context, instrument_id: str, interval: str) -> bool:
    try:
        context.bars.check(instrument_id, interval)
    except UnsupportedIntervalError:
        return False
    return True


def _candle(bar: Bar) -> Candle:
    return Candle(
        timestamp=bar.t,
        open=number(bar.o),
        high=number(bar.h),
        low=number(bar.l),
        close=number(bar.c),
        volume=number(bar.v),
    )


def _symbol(context: Context, one: Instrument) -> MarketSymbol:
    return MarketSymbol(
        symbol=named(context.symbols, one.instrument_id),
        instrument_id=one.instrument_id,
        base_asset=one.base_currency,
        quote_asset=one.quote_currency,
        price_precision=one.price_precision,
        quantity_precision=one.size_precision,
        min_quantity=number(one.min_quantity),
    )
