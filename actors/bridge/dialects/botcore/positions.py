"""`/api/positions*`: open positions and closing them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, ClassVar, override

from msgspec import Meta, Struct

from actors.bridge.commands.position_close import ClosePosition
from actors.bridge.desk import Desk
from actors.bridge.dialects.botcore.answers import BotcoreRoute, fills_of, outcome
from actors.bridge.dialects.botcore.position_list import HeldList, HeldShort, held_list, held_short
from actors.bridge.dialects.botcore.ticket import amount
from actors.bridge.rest.route import Answer, Call, NoQuery, body_of, json_answer, routes
from actors.bridge.words import number
from actors.orders import FillRow, OrderRow
from config.errors import (
    ConflictError,
    NodeError,
    NotFoundError,
    NotReadyError,
    StoreUnavailableError,
    UnknownInstrumentError,
)

SymbolText = Annotated[str, Meta(max_length=64, description="for example BTCUSDT, btc/usdt or BTC-USDT")]
_CLOSING = (ConflictError, UnknownInstrumentError, NotFoundError, NotReadyError, StoreUnavailableError)


class ClosedShort(Struct, frozen=True, kw_only=True):
    """A position was closed, by its path."""

    message: str
    exit_price: float
    """Average; 0: it has not been executed yet."""
    pnl: float
    """Realized by closing, before fees."""


class CloseWish(Struct, frozen=True, kw_only=True):
    """Which position to close."""

    symbol: SymbolText
    quantity: Decimal | None = None
    """Null: all of it."""
    reason: Annotated[str, Meta(max_length=200)] = ""


class ClosedLong(Struct, frozen=True, kw_only=True):
    """A position was closed, by body."""

    position_id: str
    symbol: str
    closed_price: float
    realized_pnl: float


class ClosedAll(Struct, frozen=True, kw_only=True):
    """All positions were closed."""

    message: str
    closed: tuple[ClosedLong, ...]
    failed: dict[str, str]
    """Symbol -> why it stays open."""


@routes.register("GET /api/positions")
class BotcoreGetPositions(BotcoreRoute[NoQuery]):
    """List open positions, in the form that `dialects.botcore.form` names."""

    reply: ClassVar[Any] = tuple[HeldShort, ...] | HeldList
    problems = (NotFoundError, NotReadyError)

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        desk, symbols = self.desk(call), self.context.symbols
        rows = desk.positions()
        if self.context.config.dialects.botcore.form == "bc":
            return json_answer([held_short(row, symbols) for row in rows])
        working = self.context.told.orders(desk.traders, desk.user_id)
        return json_answer(held_list(rows, working, desk.traders.account(desk.user_id), symbols))


@routes.register("POST /api/positions/{symbol}/close")
class BotcoreCloseOne(BotcoreRoute[NoQuery]):
    """Close all of a position by market."""

    reply: ClassVar[type[Struct]] = ClosedShort
    parameters: ClassVar[dict[str, str]] = {"symbol": "for example `BTCUSDT`"}
    problems = _CLOSING

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        closed = await self._close(call, self.context.symbols.find(call.path["symbol"]))
        return json_answer(
            ClosedShort(
                message=f"Position {closed.symbol} closed" if closed.closed_price else f"Closing {closed.symbol}",
                exit_price=closed.closed_price,
                pnl=closed.realized_pnl,
            )
        )

    async def _close(self, call: Call, instrument_id: str) -> ClosedLong:
        return await _Closing(self, call).close(instrument_id, None)


@routes.register("POST /api/positions/close")
class BotcoreClose(BotcoreRoute[NoQuery]):
    """Close all or part of a position by market."""

    body = CloseWish
    reply: ClassVar[type[Struct]] = ClosedLong
    problems = _CLOSING

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        wish = body_of(call, CloseWish)
        return json_answer(await _Closing(self, call).close(self.context.symbols.find(wish.symbol), wish.quantity))


@routes.register("POST /api/positions/close-all")
class BotcoreCloseAll(BotcoreRoute[NoQuery]):
    """Close every position by market; one that cannot be closed keeps none of the others open."""

    reply: ClassVar[type[Struct]] = ClosedAll
    problems = _CLOSING

    @override
    async def answer(self, call: Call, query: NoQuery) -> Answer:
        closing, closed, failed = _Closing(self, call), [], {}
        for row in closing.desk.positions():
            try:
                closed.append(await closing.close(row.instrument_id, None))
            except NodeError as e:
                failed[closing.symbol(row.instrument_id)] = str(e)
        message = f"{len(closed)} positions closed" + (f", {len(failed)} failed" if failed else "")
        return json_answer(ClosedAll(message=message, closed=tuple(closed), failed=failed))


class _Closing:
    """Closes positions of one caller and waits for what comes of it."""

    def __init__(self, route: BotcoreRoute[NoQuery], call: Call) -> None:
        self._context = route.context
        self.desk: Desk = route.desk(call)

    def symbol(self, instrument_id: str) -> str:
        return self._context.symbols.symbol(instrument_id) or instrument_id

    async def close(self, instrument_id: str, quantity: Decimal | None) -> ClosedLong:
        asked = ClosePosition(
            instrument_id=instrument_id, quantity=None if quantity is None else amount(quantity, "quantity")
        )
        rows = [await outcome(self._context, self.desk, row) for row in await asked.rows(self.desk)]
        fills = await fills_of(self.desk, rows)
        return ClosedLong(
            position_id=instrument_id,
            symbol=self.symbol(instrument_id),
            closed_price=_average(rows),
            realized_pnl=number(_gained(fills)),
        )


def _average(rows: Sequence[OrderRow]) -> float:
    filled = sum((row.filled_quantity for row in rows), Decimal(0))
    paid = sum((row.filled_notional for row in rows), Decimal(0))
    return number(paid / filled) if filled else 0.0


def _gained(fills: Sequence[FillRow]) -> Decimal:
    return sum((fill.realized_pnl for fill in fills), Decimal(0))
