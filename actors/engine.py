"""Exact conversions between engine objects and our plain ones; beside the shells the only place with both."""

from decimal import Decimal
from typing import Any

from nautilus_trader.model import (
    FIXED_PRECISION,
    AggressorSide,
    Bar,
    BarType,
    BookAction,
    BookOrder,
    CryptoPerpetual,
    Currency,
    CurrencyPair,
    InstrumentId,
    Money,
    OrderBookDelta,
    OrderBookDeltas,
    OrderSide,
    Price,
    Quantity,
    QuoteTick,
    Symbol,
    TradeId,
    TradeTick,
)

from actors.market import BarRow, BookRow, Instrument, Level, QuoteRow, Side, TradeRow

EngineInstrument = CurrencyPair | CryptoPerpetual

_SIDES: dict[Side, AggressorSide] = {
    "buy": AggressorSide.BUY,
    "sell": AggressorSide.SELL,
    "none": AggressorSide.NO_AGGRESSOR,
}
_SIDE_NAMES: dict[AggressorSide, Side] = {found: name for name, found in _SIDES.items()}
_BUY, _SELL = OrderSide.BUY, OrderSide.SELL
_UPDATE, _DELETE = BookAction.UPDATE, BookAction.DELETE
_LAST, _SNAPSHOT = 128, 32
"""The engine's flags F_LAST (nothing more of this step follows) and F_SNAPSHOT."""


class Scale:
    """Converts the rows and ticks of one instrument; engine raw values are integers in units of 10^-16."""

    def __init__(self, instrument: Instrument) -> None:
        """Prepare the factors of `instrument`."""
        self.instrument_id = InstrumentId.from_str(instrument.instrument_id)
        self.name = instrument.instrument_id
        self.price_precision = instrument.price_precision
        self.size_precision = instrument.size_precision
        self._price = 10 ** (FIXED_PRECISION - instrument.price_precision)
        self._size = 10 ** (FIXED_PRECISION - instrument.size_precision)

    def price(self, units: int) -> Price:
        """Return the engine price of exact units."""
        return Price.from_raw(units * self._price, self.price_precision)

    def quantity(self, units: int) -> Quantity:
        """Return the engine quantity of exact units."""
        return Quantity.from_raw(units * self._size, self.size_precision)

    def bar(self, bar_type: BarType, row: BarRow, ts_close: int) -> Bar:
        """Return the engine bar of `row`, stamped with its close time."""
        price, precision, factor = Price.from_raw, self.price_precision, self._price
        return Bar(
            bar_type,
            price(row.open * factor, precision),
            price(row.high * factor, precision),
            price(row.low * factor, precision),
            price(row.close * factor, precision),
            Quantity.from_raw(row.volume * self._size, self.size_precision),
            ts_close,
            ts_close,
        )

    def row(self, bar: Bar, ts_open: int) -> BarRow:
        """Return the exact row of an engine bar that opened at `ts_open`."""
        factor = self._price
        return BarRow(
            ts_open,
            bar.open.raw // factor,
            bar.high.raw // factor,
            bar.low.raw // factor,
            bar.close.raw // factor,
            bar.volume.raw // self._size,
        )

    def trade_tick(self, row: TradeRow) -> TradeTick:
        """Return the engine tick of a trade."""
        return TradeTick(
            self.instrument_id,
            Price.from_raw(row.price * self._price, self.price_precision),
            Quantity.from_raw(row.size * self._size, self.size_precision),
            _SIDES[row.side],
            TradeId(row.trade_id),
            row.ts,
            row.ts,
        )

    def trade_units(self, tick: TradeTick) -> tuple[int, int]:
        """Return price and size of an engine trade as exact units."""
        return tick.price.raw // self._price, tick.size.raw // self._size

    def trade_row(self, tick: TradeTick) -> TradeRow:
        """Return the exact row of an engine trade."""
        return TradeRow(
            self.name,
            tick.ts_event,
            tick.price.raw // self._price,
            tick.size.raw // self._size,
            _SIDE_NAMES[tick.aggressor_side],
            tick.trade_id.value,
        )

    def quote_tick(self, row: QuoteRow) -> QuoteTick:
        """Return the engine tick of a quote."""
        return QuoteTick(
            self.instrument_id,
            self.price(row.bid),
            self.price(row.ask),
            self.quantity(row.bid_size),
            self.quantity(row.ask_size),
            row.ts,
            row.ts,
        )

    def quote_row(self, tick: QuoteTick) -> QuoteRow:
        """Return the exact row of an engine quote."""
        price, size = self._price, self._size
        return QuoteRow(
            self.name,
            tick.ts_event,
            tick.bid_price.raw // price,
            tick.ask_price.raw // price,
            tick.bid_size.raw // size,
            tick.ask_size.raw // size,
        )

    def book_deltas(self, row: BookRow) -> OrderBookDeltas:
        """Return the engine's deltas of one step of a book; every delta carries the step's sequence."""
        name, sequence, ts = self.instrument_id, row.sequence, row.ts
        price, price_precision, price_factor = Price.from_raw, self.price_precision, self._price
        quantity, size_precision, size_factor = Quantity.from_raw, self.size_precision, self._size
        flags = _SNAPSHOT if row.is_snapshot else 0
        deltas = [OrderBookDelta.clear(name, sequence, ts, ts)] if row.is_snapshot else []
        left = len(row.bids) + len(row.asks)
        for side, levels in ((_BUY, row.bids), (_SELL, row.asks)):
            for units, size in levels:
                left -= 1
                order = BookOrder(
                    side, price(units * price_factor, price_precision), quantity(size * size_factor, size_precision), 0
                )
                action = _UPDATE if size else _DELETE
                deltas.append(OrderBookDelta(name, action, order, flags if left else flags | _LAST, sequence, ts, ts))
        return OrderBookDeltas(name, deltas)

    def book_row(self, deltas: OrderBookDeltas) -> BookRow:
        """Return the exact row of the engine's deltas of one step; they may come without a level that changed."""
        bids: list[Level] = []
        asks: list[Level] = []
        is_snapshot = False
        price_factor, size_factor = self._price, self._size
        for delta in deltas.deltas:
            if delta.is_clear:
                is_snapshot = True
                bids, asks = [], []
                continue
            order = delta.order
            size = 0 if delta.is_delete else order.size.raw // size_factor
            (bids if order.side == _BUY else asks).append((order.price.raw // price_factor, size))
        return BookRow(self.name, deltas.ts_event, deltas.sequence, tuple(bids), tuple(asks), is_snapshot)


def to_engine(instrument: Instrument) -> EngineInstrument:
    """Return the engine's instrument; the engine has no fees of its own, so they travel in `info`."""
    common: dict[str, Any] = {
        "instrument_id": InstrumentId.from_str(instrument.instrument_id),
        "raw_symbol": Symbol(instrument.symbol),
        "base_currency": Currency.from_str(instrument.base_currency),
        "quote_currency": Currency.from_str(instrument.quote_currency),
        "price_precision": instrument.price_precision,
        "size_precision": instrument.size_precision,
        "price_increment": Price.from_str(instrument.price_increment),
        "size_increment": Quantity.from_str(instrument.size_increment),
        "ts_event": instrument.ts_event,
        "ts_init": instrument.ts_event,
        "multiplier": Quantity.from_str(instrument.multiplier),
        "lot_size": _quantity(instrument.lot_size),
        "max_quantity": _quantity(instrument.max_quantity),
        "min_quantity": _quantity(instrument.min_quantity),
        "max_notional": _money(instrument.max_notional, instrument.quote_currency),
        "min_notional": _money(instrument.min_notional, instrument.quote_currency),
        "max_price": _price(instrument.max_price),
        "min_price": _price(instrument.min_price),
        "margin_init": Decimal(instrument.margin_init),
        "margin_maint": Decimal(instrument.margin_maint),
        "info": {"maker_fee": instrument.maker_fee, "taker_fee": instrument.taker_fee},
    }
    if instrument.kind == "spot":
        return CurrencyPair(**common)
    settlement = Currency.from_str(instrument.settlement_currency)
    return CryptoPerpetual(**common, settlement_currency=settlement, is_inverse=False)


def from_engine(instrument: EngineInstrument) -> Instrument:
    """Return the plain instrument of an engine one."""
    is_spot = isinstance(instrument, CurrencyPair)
    info = instrument.info or {}
    return Instrument(
        instrument_id=str(instrument.id),
        symbol=str(instrument.raw_symbol),
        venue=str(instrument.id.venue),
        kind="spot" if is_spot else "perpetual",
        base_currency=str(instrument.base_currency),
        quote_currency=str(instrument.quote_currency),
        settlement_currency=str(getattr(instrument, "settlement_currency", instrument.quote_currency)),
        price_precision=instrument.price_precision,
        size_precision=instrument.size_precision,
        price_increment=str(instrument.price_increment),
        size_increment=str(instrument.size_increment),
        multiplier=str(instrument.multiplier),
        lot_size=_text(instrument.lot_size),
        max_quantity=_text(instrument.max_quantity),
        min_quantity=_text(instrument.min_quantity),
        max_notional=_amount(instrument.max_notional),
        min_notional=_amount(instrument.min_notional),
        max_price=_text(instrument.max_price),
        min_price=_text(instrument.min_price),
        maker_fee=str(info.get("maker_fee", "0")),
        taker_fee=str(info.get("taker_fee", "0")),
        margin_init=str(instrument.margin_init),
        margin_maint=str(instrument.margin_maint),
        ts_event=instrument.ts_event,
    )


def _quantity(text: str | None) -> Quantity | None:
    return None if text is None else Quantity.from_str(text)


def _price(text: str | None) -> Price | None:
    return None if text is None else Price.from_str(text)


def _money(text: str | None, currency: str) -> Money | None:
    return None if text is None else Money.from_decimal(Decimal(text), Currency.from_str(currency))


def _amount(money: Money | None) -> str | None:
    return None if money is None else str(money).partition(" ")[0].replace("_", "")


def _text(value: Price | Quantity | None) -> str | None:
    return None if value is None else str(value)
