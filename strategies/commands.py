"""The way from a strategy to the engine: one gate for orders, one client for commands, nothing from the muted."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, override

import structlog
from nautilus_trader.model import (
    ClientId,
    ClientOrderId,
    InstrumentId,
    OrderSide,
    Position,
    PositionId,
    PositionSide,
    Price,
    Quantity,
    TimeInForce,
)
from nautilus_trader.trading import Strategy

from actors.guard import Faults
from strategies.hooks import Hooks

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    _Engine = Strategy
else:
    _Engine = object

Params = dict[str, Any] | None


class Commands(_Engine):
    """Overrides the engine's commands; the engine calls its own ones, so those that submit are written out here."""

    faults: Faults
    hooks: Hooks
    _commands: int
    """How many commands are running: meanwhile the engine holds the strategy ("already borrowed")."""

    @override
    def submit_order(
        self,
        order: Any,
        position_id: PositionId | None = None,
        client_id: ClientId | None = None,
        params: Params = None,
    ) -> None:
        if not self._is_dropped("submit_order"):
            chosen, send = client_id or self.hooks.client_id, super().submit_order
            self._submit([order], lambda: self._unless_muted(send, order, position_id, chosen, params))

    def send_order(self, order: Any, position_id: PositionId | None = None) -> None:  # noqa: ANN401  # an engine order
        """Submit on the owner's behalf, also when the strategy's own code is muted: closing must stay possible."""
        send = super().submit_order
        self._submit([order], lambda: self._run(send, order, position_id, self.hooks.client_id, None))

    @override
    def submit_order_list(
        self,
        order_list: Any,
        position_id: PositionId | None = None,
        client_id: ClientId | None = None,
        params: Params = None,
    ) -> None:
        if not self._is_dropped("submit_order_list"):
            chosen, send = client_id or self.hooks.client_id, super().submit_order_list
            orders = getattr(order_list, "orders", order_list)
            self._submit(orders, lambda: self._unless_muted(send, order_list, position_id, chosen, params))

    @override
    def modify_order(
        self,
        client_order_id: ClientOrderId,
        quantity: Quantity | None = None,
        price: Price | None = None,
        trigger_price: Price | None = None,
        client_id: ClientId | None = None,
        params: Params = None,
    ) -> None:
        if not self._is_dropped("modify_order"):
            chosen = client_id or self.hooks.client_id
            self._run(super().modify_order, client_order_id, quantity, price, trigger_price, chosen, params)

    @override
    def modify_orders(
        self,
        updates: Sequence[tuple[ClientOrderId, Quantity | None, Price | None, Price | None]] = (),
        client_id: ClientId | None = None,
        params: Params = None,
    ) -> None:
        if not self._is_dropped("modify_orders"):
            self._run(super().modify_orders, updates, client_id or self.hooks.client_id, params)

    @override
    def cancel_order(
        self, client_order_id: ClientOrderId, client_id: ClientId | None = None, params: Params = None
    ) -> None:
        self._run(super().cancel_order, client_order_id, client_id or self.hooks.client_id, params)

    @override
    def cancel_orders(
        self, client_order_ids: Sequence[ClientOrderId], client_id: ClientId | None = None, params: Params = None
    ) -> None:
        self._run(super().cancel_orders, client_order_ids, client_id or self.hooks.client_id, params)

    @override
    def cancel_all_orders(
        self,
        instrument_id: InstrumentId,
        order_side: OrderSide | None = None,
        client_id: ClientId | None = None,
        strategy_only: bool = True,
        params: Params = None,
    ) -> None:
        chosen = client_id or self.hooks.client_id
        self._run(super().cancel_all_orders, instrument_id, order_side, chosen, strategy_only, params)

    @override
    def close_position(
        self,
        position: Position,
        client_id: ClientId | None = None,
        tags: Sequence[str] | None = None,
        time_in_force: TimeInForce | None = None,
        reduce_only: bool | None = None,
        quote_quantity: bool | None = None,
        params: Params = None,
    ) -> None:
        if self._is_dropped("close_position") or position.is_closed:
            return
        order = self.order_factory.market(
            position.instrument_id,
            OrderSide.SELL if position.is_long else OrderSide.BUY,
            position.quantity,
            time_in_force,
            True if reduce_only is None else reduce_only,
            quote_quantity,
            tags=tags,
        )
        self.submit_order(order, position.id, client_id, params)

    @override
    def close_all_positions(
        self,
        instrument_id: InstrumentId,
        position_side: PositionSide | None = None,
        client_id: ClientId | None = None,
        tags: Sequence[str] | None = None,
        time_in_force: TimeInForce | None = None,
        reduce_only: bool | None = None,
        quote_quantity: bool | None = None,
        params: Params = None,
    ) -> None:
        for position in self.cache.positions_open(None, instrument_id, self.strategy_id, None, position_side):
            self.close_position(position, client_id, tags, time_in_force, reduce_only, quote_quantity, params)

    def _is_dropped(self, command: str) -> bool:
        if self.faults.is_muted:
            log.warning("command_dropped", strategy=self.faults.component, command=command)
        return self.faults.is_muted

    def _submit(self, orders: Sequence[Any], send: Callable[[], None]) -> None:
        intents = self.hooks.intents
        if intents is None:
            send()
        else:
            intents.record(orders, send)

    def _unless_muted(self, send: Callable[..., None], *args: Any) -> None:  # noqa: ANN401  # handed on
        """Run `send` unless the strategy faulted while its intent was on the way to the disk."""
        if not self._is_dropped(send.__name__):
            self._run(send, *args)

    def _run(self, command: Callable[..., None], *args: Any) -> None:  # noqa: ANN401  # handed on
        self._commands += 1
        try:
            command(*args)
        finally:
            self._commands -= 1
        if self.faults.is_muted:
            self._advance_retirement()

    def _advance_retirement(self) -> None:
        raise NotImplementedError
