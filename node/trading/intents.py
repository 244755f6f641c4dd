"""The gate of one strategy: its orders are checked and durable before the engine hears of them."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from msgspec.structs import replace
from nautilus_trader.model import Price, Quantity

from actors.accounts.accounts import Accounts
from actors.accounts.draft import check_instrument, check_shape
from actors.allowance import Allowance
from actors.messages import Signal
from actors.orders import OrderEvent, OrderEventKind, OrderRow
from actors.ports.journal import Journal
from actors.trade_signals import acted_on
from adapters.paper.orders import order_row
from config.errors import NodeError
from node.trading.audited import submitted
from node.trading.checks import Checks
from node.trading.trader import Trader
from strategies.hooks import DeniedTooOftenError, Submit

DENIALS_PER_S = 20.0
"""So often may orders of one strategy be denied in the long run."""
DENIALS = 100.0
"""So often at once."""

_OUR_ID = re.compile(r"[0-9a-f]{32}")
"""As the order factory makes them: no other user's strategy has the same, and no earlier start had."""

log = structlog.get_logger(__name__)


class StrategyIntents:
    """Implements `strategies.hooks.Intents` for one strategy of one trader."""

    def __init__(
        self,
        trader: Trader,
        name: str,
        checks: Checks,
        accounts: Accounts,
        journal: Journal,
        *,
        is_current: Callable[[], bool],
    ) -> None:
        """Guard the strategy called `name`; `is_current` tells whether its engine is still the one that runs."""
        self._is_current = is_current
        self._trader = trader
        self._name = name
        self._checks = checks
        self._accounts = accounts
        self._journal = journal
        self._denials = Allowance(DENIALS_PER_S, DENIALS, time.monotonic)

    def record(self, orders: Sequence[Any], submit: Submit, signal: Signal | None) -> None:
        """Check engine orders, write their intents and submit them when those are durable; else have them denied.

        Raises:
            DeniedTooOftenError: If that has happened too often: each denial is a row on the disk and a message.
        """
        try:
            rows = [self._row(order) for order in orders]
        except ValueError as e:
            self._count_denial(str(e))
            log.warning("order_unfit", user_id=self._trader.user_id, strategy=self._name, reason=str(e))
            submit(str(e))
            return
        reserved: list[OrderRow] = []
        try:
            self._checks.check_open(self._trader)
            for row in rows:
                check_shape(row)
                check_instrument(row, self._checks.instrument(row.instrument_id))
                self._accounts.reserve(row, self._checks.check(self._trader, row))
                reserved.append(row)
            verdicts = self._checks.screen.check(self._trader, rows)
        except NodeError as e:
            for row in reserved:
                self._accounts.withdraw(row)
            self._count_denial(str(e))
            self._deny(rows, submit, str(e))
        else:
            audit = [submitted(row, verdicts.get(row.order_id), signal) for row in rows]
            self._journal.write(*rows, *audit, told=lambda: self._send(rows, submit, signal))

    def problem_of_change(
        self, order_id: str, quantity: Quantity | None, price: Price | None, trigger_price: Price | None
    ) -> str | None:
        """Return why a working order may not be changed so; None when it may."""
        row = self._trader.account.orders.get(order_id)
        if row is None or not row.is_working:
            return None  # the venue knows better
        changes = {"quantity": quantity, "price": price, "trigger_price": trigger_price}
        changed = replace(row, **{name: value.as_decimal() for name, value in changes.items() if value is not None})
        try:
            self._checks.check_open(self._trader)
            check_shape(changed)
            check_instrument(changed, self._checks.instrument(row.instrument_id))
            bound_at = self._checks.check(self._trader, changed, replacing=row)
            self._checks.screen.check_change(self._trader, row, changed)
            self._accounts.pledge(changed, bound_at)
        except NodeError as e:
            return str(e)
        return None

    def _row(self, order: Any) -> OrderRow:  # noqa: ANN401  # one of the engine's order classes
        order_id = str(order.client_order_id)
        if _OUR_ID.fullmatch(order_id) is None or self._trader.account.orders.get(order_id) is not None:
            raise ValueError(f"order id {order_id[:40]!r}: leave it to the order factory, and submit each order once")
        trigger = order.emulation_trigger
        if trigger is not None and trigger.name != "NO_TRIGGER":
            raise ValueError("the venue holds stops itself: no emulation_trigger")
        if order.exec_algorithm_id is not None:
            raise ValueError("execution algorithms are not supported")
        row = order_row(order, self._trader.account_id, self._checks.now_ns())
        return replace(row, user_id=self._trader.user_id, strategy=self._name)

    def _count_denial(self, reason: str) -> None:
        if self._denials.take():
            raise DeniedTooOftenError(f"denied more than {DENIALS_PER_S:.0f} times a second, at last: {reason}")

    def _deny(self, rows: Sequence[OrderRow], submit: Submit, reason: str) -> None:
        log.info("order_denied", user_id=self._trader.user_id, strategy=self._name, reason=reason)
        for row in rows:
            self._trader.account.orders.add(row)
        self._end(rows, "denied", reason)
        submit(reason)

    def _send(self, rows: Sequence[OrderRow], submit: Submit, signal: Signal | None) -> None:
        """Submit what is durable, unless something has come between; a new engine has been given it already."""
        if not self._is_current():
            self._tell(rows, signal)
            return
        problem = self._checks.obstacle(self._trader)
        if problem is not None:
            self._end(rows, "denied", problem)
            submit(problem)
        elif submit():
            self._tell(rows, signal)
        else:
            self._end(rows, "canceled", "its strategy had ended before it was sent")

    def _tell(self, rows: Sequence[OrderRow], signal: Signal | None) -> None:
        """Tell what was sent because of a signal; exits of an entry are part of it, and the engine may have denied."""
        if signal is None:
            return
        for row in rows:
            known = self._trader.account.orders.get(row.order_id)
            if row.parent_order_id is None and known is not None and known.status != "denied":
                self._accounts.telling.acted(acted_on(signal, row, self._checks.now_ns()))

    def _end(self, rows: Sequence[OrderRow], kind: OrderEventKind, reason: str) -> None:
        for row in rows:
            event = OrderEvent(kind=kind, order_id=row.order_id, ts=self._checks.now_ns(), reason=reason)
            self._accounts.on_event(row.account_id, event)
