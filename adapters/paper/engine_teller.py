"""What the paper venue tells, in the engine's events."""

from decimal import Decimal
from typing import Any

from nautilus_trader.live.clients import ExecutionClient
from nautilus_trader.model import (
    ClientOrderId,
    Currency,
    LiquiditySide,
    Money,
    OrderStatus,
    OrderStatusReport,
    Price,
    Quantity,
    TradeId,
    VenueOrderId,
)
from prometheus_client import Counter

from actors.accounts.exact import EXACT
from actors.orders import OrderEvent, OrderRow
from adapters.paper.order import POST_ONLY, venue_order_id_of
from adapters.paper.orders import canceled_event

EARLIER = "R-"
"""Begins the ids of fills that are told again after a start: they are not new."""

_SIDES = {"maker": LiquiditySide.MAKER, "taker": LiquiditySide.TAKER}
_lost = Counter("whisperer_paper_lost", "Events of paper orders that the engine does not know", ["kind"])


class EngineTeller:
    """Gives the engine the events of one account through its client."""

    def __init__(self, client: ExecutionClient) -> None:
        """Speak through `client`."""
        self._client = client

    def tell(self, event: OrderEvent) -> None:
        """Tell what has become of an order."""
        order = self._client.cache.order(ClientOrderId(event.order_id))
        if order is None:
            _lost.labels(event.kind).inc()
            return
        self._tell(order, event)

    def earlier_order(self, order: Any, row: OrderRow, ts: int) -> None:  # noqa: ANN401  # an engine order
        """Tell again that a restored order works, and what it has filled before as one fill without fee."""
        venue_order_id = VenueOrderId(venue_order_id_of(row.order_id))
        self._client.generate_order_accepted(order, venue_order_id, ts)
        if row.is_triggered and row.price is not None:
            self._client.generate_order_triggered(order, venue_order_id, ts)
        if row.filled_quantity:
            price = EXACT.divide(row.filled_notional, row.filled_quantity)
            self._earlier_fill(order, row.filled_quantity, price, ts)
        values = self._values(order, row)
        if values != (order.quantity, getattr(order, "price", None), getattr(order, "trigger_price", None)):
            self._client.generate_order_updated(order, venue_order_id, *values, None, ts)

    def earlier_position(self, order: Any, price: Decimal, ts: int) -> None:  # noqa: ANN401  # as above
        """Fill an order that stands for a position made earlier."""
        self._client.generate_order_accepted(order, _venue_order_id(order), ts)
        self._earlier_fill(order, order.quantity.as_decimal(), price, ts)

    def report(self, order: Any, row: OrderRow) -> None:  # noqa: ANN401  # as above
        """Answer a question about a working order."""
        quantity, price, trigger = self._values(order, row)
        status = {"partially_filled": OrderStatus.PARTIALLY_FILLED, "triggered": OrderStatus.TRIGGERED}
        report = OrderStatusReport(
            self._client.account_id,
            order.instrument_id,
            _venue_order_id(order),
            order.side,
            order.order_type,
            order.time_in_force,
            status.get(row.status, OrderStatus.ACCEPTED),
            quantity,
            Quantity.from_decimal_dp(row.filled_quantity, quantity.precision),
            row.ts_created,
            row.ts_updated,
            self._client.clock.timestamp_ns(),
            client_order_id=order.client_order_id,
            price=price,
            trigger_price=trigger,
        )
        self._client._handle_report(report)  # noqa: SLF001  # the engine's word for those who write clients

    def _tell(self, order: Any, event: OrderEvent) -> None:  # noqa: ANN401  # one case for each kind
        client, ts, reason = self._client, event.ts, event.reason or ""
        venue_order_id = _venue_order_id(order)
        match event.kind:
            case "accepted":
                client.generate_order_accepted(order, venue_order_id, ts)
            case "rejected":
                client.generate_order_rejected(order, reason, ts, POST_ONLY in reason)
            case "canceled":
                client._handle_event(canceled_event(order, event, client.account_id, client.clock.timestamp_ns()))  # noqa: SLF001  # as in `report`
            case "expired":
                client.generate_order_expired(order, venue_order_id, ts)
            case "triggered":
                client.generate_order_triggered(order, venue_order_id, ts)
            case "modify_rejected":
                client.generate_order_modify_rejected(order, venue_order_id, reason, ts)
            case "cancel_rejected":
                client.generate_order_cancel_rejected(order, venue_order_id, reason, ts)
            case "updated":
                self._update(order, event)
            case "filled":
                self._fill(order, event)
            case _:
                raise ValueError(f"the venue does not tell {event.kind}")

    def _update(self, order: Any, event: OrderEvent) -> None:  # noqa: ANN401  # as above
        precisions = self._precisions(order)
        self._client.generate_order_updated(
            order,
            _venue_order_id(order),
            Quantity.from_decimal_dp(_known(event.quantity), precisions[1]),
            _price(event.price, precisions[0]),
            _price(event.trigger_price, precisions[0]),
            None,
            event.ts,
        )

    def _fill(self, order: Any, event: OrderEvent) -> None:  # noqa: ANN401  # as above
        instrument = self._instrument(order)
        currency = Currency.from_str(event.fee_currency or str(instrument.quote_currency))
        self._client.generate_order_filled(
            order,
            _venue_order_id(order),
            None,
            TradeId(event.fill_id or ""),
            Quantity.from_decimal_dp(_known(event.fill_quantity), instrument.size_precision),
            Price.from_decimal_dp(_known(event.fill_price), instrument.price_precision),
            instrument.quote_currency,
            Money.from_decimal(_known(event.fee), currency),
            _SIDES[event.liquidity or "taker"],
            event.ts,
        )

    def _earlier_fill(self, order: Any, quantity: Decimal, price: Decimal, ts: int) -> None:  # noqa: ANN401  # as above
        instrument = self._instrument(order)
        self._client.generate_order_filled(
            order,
            _venue_order_id(order),
            None,
            TradeId(f"{EARLIER}{order.client_order_id}"),
            Quantity.from_decimal_dp(quantity, instrument.size_precision),
            Price.from_decimal_dp(price, instrument.price_precision),
            instrument.quote_currency,
            Money.from_decimal(Decimal(0), instrument.quote_currency),
            LiquiditySide.TAKER,
            ts,
        )

    def _values(self, order: Any, row: OrderRow) -> tuple[Quantity, Price | None, Price | None]:  # noqa: ANN401  # as above
        price_precision, size_precision = self._precisions(order)
        quantity = Quantity.from_decimal_dp(row.quantity, size_precision)
        return quantity, _price(row.price, price_precision), _price(row.trigger_price, price_precision)

    def _instrument(self, order: Any) -> Any:  # noqa: ANN401  # as above; an engine instrument
        return self._client.cache.instrument(order.instrument_id)

    def _precisions(self, order: Any) -> tuple[int, int]:  # noqa: ANN401  # as above
        instrument = self._instrument(order)
        return instrument.price_precision, instrument.size_precision


def _venue_order_id(order: Any) -> VenueOrderId:  # noqa: ANN401  # as above
    return VenueOrderId(venue_order_id_of(str(order.client_order_id)))


def _price(value: Decimal | None, precision: int) -> Price | None:
    return None if value is None else Price.from_decimal_dp(value, precision)


def _known(value: Decimal | None) -> Decimal:
    assert value is not None, "the venue tells every value of a fill or change"  # noqa: S101  # its own promise
    return value
