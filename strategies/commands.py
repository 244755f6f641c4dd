"""The way from a strategy to the engine: one gate for orders, one client for commands, nothing from the muted."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, override

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
from actors.messages import Signal
from strategies.hooks import DeniedTooOftenError, Hooks, SubmittedTwiceError

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    _Engine = Strategy
else:
    _Engine = object

Params = dict[str, Any] | None
_Values = tuple[Quantity | None, Price | None, Price | None]
"""Quantity, price and trigger price of a change."""

DENIAL = "deny"
"""Key of a command's params: the venue's client denies the order with this reason."""


def _with(params: Params, denial: str | None) -> Params:
    return params if denial is None else (params or {}) | {DENIAL: denial}


class _Waiting(NamedTuple):
    """An order on its way to the disk, and what is asked of it meanwhile."""

    order: Any
    commands: list[Callable[[], None]]


class Commands(_Engine):
    """Overrides the engine's commands; the engine calls its own ones, so those that submit are written out here."""

    faults: Faults
    hooks: Hooks
    is_closed: bool
    """Whether it is being stopped: it may still cancel, it submits nothing more."""
    _acting_on: Signal | None
    """The signal that the strategy is handling at this moment."""
    _waiting: dict[ClientOrderId, "_Waiting"]
    """Orders on their way to the disk."""
    _commands: int
    """How many commands are running: meanwhile the engine holds the strategy ("already borrowed")."""

    @property
    def has_waiting(self) -> bool:
        """Whether an order is on its way to the disk."""
        return bool(self._waiting)

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
            self._submit([order], lambda denial: self._run(send, order, position_id, chosen, _with(params, denial)))

    def send_order(self, order: Any, position_id: PositionId | None = None) -> None:  # noqa: ANN401  # an engine order
        """Submit an order on the owner's behalf whose intent is durable already.

        Also when the strategy's own code is muted, or has not started yet: closing and restoring must be possible.
        """
        self._run(super().submit_order, order, position_id, self.hooks.client_id, None)

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
            self._submit(orders, lambda denial: self._run(send, order_list, position_id, chosen, _with(params, denial)))

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
            values, chosen = (quantity, price, trigger_price), client_id or self.hooks.client_id
            self._after(client_order_id, lambda: self._modify(client_order_id, values, chosen, params))

    @override
    def modify_orders(
        self,
        updates: Sequence[tuple[ClientOrderId, Quantity | None, Price | None, Price | None]] = (),
        client_id: ClientId | None = None,
        params: Params = None,
    ) -> None:
        for update in updates:
            self.modify_order(*update, client_id, params)

    @override
    def cancel_order(
        self, client_order_id: ClientOrderId, client_id: ClientId | None = None, params: Params = None
    ) -> None:
        cancel, chosen = super().cancel_order, client_id or self.hooks.client_id
        self._after(client_order_id, lambda: self._run(cancel, client_order_id, chosen, params))

    @override
    def cancel_orders(
        self, client_order_ids: Sequence[ClientOrderId], client_id: ClientId | None = None, params: Params = None
    ) -> None:
        for client_order_id in client_order_ids:
            self.cancel_order(client_order_id, client_id, params)

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
        for one, waiting in list(self._waiting.items()):
            if waiting.order.instrument_id == instrument_id and order_side in {None, waiting.order.side}:
                self.cancel_order(one, client_id, params)
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
        is_dropped = self.faults.is_muted or self.is_closed
        if is_dropped:
            log.warning("command_dropped", strategy=self.faults.component, command=command)
        return is_dropped

    def _submit(self, orders: Sequence[Any], send: Callable[[str | None], None]) -> None:
        intents = self.hooks.intents
        if intents is None:
            send(None)
            return
        for order in orders:
            if self._has_submitted(order.client_order_id):
                self._blame(SubmittedTwiceError(f"order {order.client_order_id} was submitted twice"))
                return
        for order in orders:
            self._waiting[order.client_order_id] = _Waiting(order, [])
        try:
            intents.record(orders, lambda denial=None: self._release(orders, send, denial), self._acting_on)
        except DeniedTooOftenError as e:
            for order in orders:
                del self._waiting[order.client_order_id]
            self._blame(e)

    def _has_submitted(self, client_order_id: ClientOrderId) -> bool:
        known = self.cache.order(client_order_id)
        return client_order_id in self._waiting or (known is not None and bool(known.strategy_id == self.strategy_id))

    def _blame(self, error: Exception) -> None:
        """Retire the strategy for what it has submitted, whatever it would catch itself."""
        self.faults.record("submit_order", error)
        self._advance_retirement()

    def _modify(
        self, client_order_id: ClientOrderId, values: _Values, client_id: ClientId | None, params: Params
    ) -> None:
        intents = self.hooks.intents
        denial = None if intents is None else intents.problem_of_change(str(client_order_id), *values)
        self._run(super().modify_order, client_order_id, *values, client_id, _with(params, denial))

    def _release(self, orders: Sequence[Any], send: Callable[[str | None], None], denial: str | None) -> bool:
        """Send what is durable now, unless the strategy has failed meanwhile; then what was asked of it since."""
        waiting = [found for order in orders if (found := self._waiting.pop(order.client_order_id, None)) is not None]
        if self._is_dropped("submit_order"):
            return False
        try:
            send(denial)
        except Exception as e:  # noqa: BLE001  # the engine refuses what the strategy has made: its own fault
            self._blame(e)
            return False
        for one in waiting:
            for command in one.commands:
                command()
        return True

    def _after(self, client_order_id: ClientOrderId, command: Callable[[], None]) -> None:
        """Run a command now, or as soon as its order is with the engine."""
        waiting = self._waiting.get(client_order_id)
        if waiting is None:
            command()
        else:
            waiting.commands.append(command)

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
