"""`/api/trades/*` and `/api/performance/stats`: orders, and what came of them."""

from itertools import pairwise
from statistics import fmean, pstdev
from typing import Annotated, ClassVar, Literal, override

from msgspec import UNSET, Meta, Struct, UnsetType

from actors.bridge.commands.order_submit import SubmitOrder
from actors.bridge.context import Context
from actors.bridge.dialects.botcore.answers import BotcoreRoute, fills_of, outcome
from actors.bridge.dialects.botcore.ticket import TradeWish, ticket_of
from actors.bridge.dialects.botcore.trade_word import BotcoreOpinion, TradeWords
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, routes
from actors.bridge.routes.orders import REFUSED, UNAVAILABLE
from actors.bridge.words import ORDER_STATUS, named, number, percent, time_text
from actors.orders import FillRow
from actors.ports import Span, Traders
from config.errors import NotFoundError, NotReadyError, UnknownInstrumentError
from config.signal_errors import ModelError

_MS = 1_000_000
_CURVE = 1_000
_MINUTES_A_YEAR = 525_600
_NO_LOSS = 1_000.0
"""Profit factor of a user who has never lost: a number, because their clients cannot show infinity."""


class TradeExecutedBody(Struct, frozen=True, kw_only=True):
    """What became of an order."""

    trade_id: str
    """Of its newest execution; before the first one the order's."""
    order_id: str
    client_order_id: str
    status: str
    """`FILLED`, `NEW`, `PARTIALLY_FILLED`, `CANCELED`, `EXPIRED` or `REJECTED`."""
    executed_quantity: float
    executed_price: float
    """Average; 0: not executed yet."""
    commission: float
    commission_asset: str
    timestamp: str
    ai: BotcoreOpinion | None
    """What it said before the order was sent; the caller's side is executed all the same. Null: it said nothing."""


class PastTrade(Struct, frozen=True, kw_only=True):
    """One execution."""

    trade_id: str
    symbol: str
    side: Literal["BUY", "SELL"]
    price: float
    quantity: float
    realized_pnl: float
    commission: float
    timestamp: str


class PastTrades(Struct, frozen=True, kw_only=True):
    """Executions, newest first."""

    trades: tuple[PastTrade, ...]
    total: int
    page: int
    limit: int


class PastQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which executions."""

    symbol: Annotated[str, Meta(max_length=64, description="for example BTCUSDT; by default all")] | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=1_000, description="most items of a page")] = 50
    page: Annotated[int, Meta(ge=1, le=1_000, description="number of the page, from 1")] = 1


class Performance(Struct, frozen=True, kw_only=True):
    """What trading has brought."""

    total_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: float
    """Percent of those that realized something."""
    total_pnl: float
    """Realized, before fees."""
    total_fees: float
    average_win: float
    average_loss: float
    largest_win: float
    largest_loss: float
    profit_factor: float
    """Profits over losses, at most 1,000."""
    sharpe_ratio: float
    """Of the last 1,000 points of the equity curve, per year; 0: too few or no change."""
    max_drawdown: float
    """Of the same points, percent."""


@routes.register("POST /api/trades/execute")
class ExecuteTrade(BotcoreRoute[NoQuery]):
    """Ask the AI, send an order and wait for what becomes of it, at most two seconds each.

    The caller's side is executed whatever the AI says; with `dialects.botcore.require_ai` not before it says something.
    """

    body = TradeWish
    reply: ClassVar[type[Struct]] = TradeExecutedBody
    problems = (*REFUSED, *UNAVAILABLE, ModelError)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._words = TradeWords(context)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = self.desk(call)
        ticket = ticket_of(body_of(call, TradeWish), self.context.symbols)
        word = await self._words.of(ticket.instrument_id)
        if word is None and self.context.config.dialects.botcore.require_ai:
            raise ModelError("the AI says nothing of this instrument, and `dialects.botcore.require_ai` is on")
        row = await outcome(self.context, desk, await SubmitOrder(order=ticket).row(desk))
        fills = await fills_of(desk, [row])
        instrument = desk.traders.instrument(row.instrument_id)
        return json_answer(
            TradeExecutedBody(
                trade_id=fills[0].fill_id if fills else row.order_id,
                order_id=row.order_id,
                client_order_id=row.client_order_id,
                status=ORDER_STATUS[row.status],
                executed_quantity=number(row.filled_quantity),
                executed_price=number(row.filled_notional / row.filled_quantity) if row.filled_quantity else 0.0,
                commission=sum(number(fill.fee) for fill in fills),
                commission_asset=fills[0].fee_currency if fills else instrument.settlement_currency,
                timestamp=time_text(row.ts_updated // _MS),
                ai=word,
            )
        )


@routes.register("GET /api/trades/history")
class TradeHistory(BotcoreRoute[PastQuery]):
    """List executions, newest first, by number of page."""

    query = PastQuery
    reply: ClassVar[type[Struct]] = PastTrades
    problems = (UnknownInstrumentError, NotFoundError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: PastQuery) -> Answer:
        desk, symbols = self.desk(call), self.context.symbols
        instrument_id = None if query.symbol is UNSET else symbols.find(query.symbol)
        tally = await self.context.tallies.of(desk.traders, desk.user_id)
        fills = await _page(desk.traders, desk.user_id, instrument_id, query)
        return json_answer(
            PastTrades(
                trades=tuple(_past(fill, named(symbols, fill.instrument_id)) for fill in fills),
                total=tally.count if instrument_id is None else tally.by_instrument[instrument_id],
                page=query.page,
                limit=query.limit,
            )
        )


@routes.register("GET /api/performance/stats")
class PerformanceStats(BotcoreRoute[NoQuery]):
    """Tell what trading has brought; every figure is a finite number."""

    reply: ClassVar[type[Struct]] = Performance
    problems = (NotFoundError, NotReadyError)
    is_costly = True

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk = self.desk(call)
        tally = await self.context.tallies.of(desk.traders, desk.user_id)
        page = await desk.traders.equity(desk.user_id, Span(limit=_CURVE))
        curve = [number(row.equity) for row in reversed(page.rows)]
        profit, loss = number(tally.profit), number(tally.loss)
        return json_answer(
            Performance(
                total_trades=tally.count,
                winning_trades=tally.won,
                losing_trades=tally.lost,
                win_rate=percent(tally.won, tally.won + tally.lost),
                total_pnl=number(tally.profit - tally.loss),
                total_fees=number(tally.fees),
                average_win=profit / tally.won if tally.won else 0.0,
                average_loss=-loss / tally.lost if tally.lost else 0.0,
                largest_win=number(tally.best),
                largest_loss=number(tally.worst),
                profit_factor=min(profit / loss, _NO_LOSS) if loss else (_NO_LOSS if profit else 0.0),
                sharpe_ratio=sharpe(curve),
                max_drawdown=drawdown(curve),
            )
        )


def sharpe(curve: list[float]) -> float:
    """Return mean over deviation of the changes between minutes, per year; 0 when there are too few or none."""
    changes = [after / before - 1.0 for before, after in pairwise(curve) if before > 0.0]
    deviation = pstdev(changes) if len(changes) > 1 else 0.0
    return fmean(changes) / deviation * _MINUTES_A_YEAR**0.5 if deviation > 0.0 else 0.0


def drawdown(curve: list[float]) -> float:
    """Return the deepest fall from a height before, percent."""
    height, deepest = 0.0, 0.0
    for value in curve:
        height = max(height, value)
        deepest = max(deepest, percent(height - value, height))
    return deepest


async def _page(traders: Traders, user_id: str, instrument_id: str | None, query: PastQuery) -> list[FillRow]:
    """Return the fills of one page."""
    before: int | None = None
    for _ in range(query.page - 1):
        page = await traders.fills(user_id, Span(instrument_id=instrument_id, limit=query.limit, before=before))
        if page.next is None:
            return []
        before = page.next
    found = await traders.fills(user_id, Span(instrument_id=instrument_id, limit=query.limit, before=before))
    return list(found.rows)


def _past(fill: FillRow, symbol: str) -> PastTrade:
    return PastTrade(
        trade_id=fill.fill_id,
        symbol=symbol,
        side="BUY" if fill.side == "buy" else "SELL",
        price=number(fill.price),
        quantity=number(fill.quantity),
        realized_pnl=number(fill.realized_pnl),
        commission=number(fill.fee),
        timestamp=time_text(fill.ts // _MS),
    )
