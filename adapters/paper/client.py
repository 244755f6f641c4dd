"""Shell: one slot of the paper venue as an execution client of the engine."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Self, override

import structlog
from nautilus_trader.common import Clock
from nautilus_trader.live import (
    CancelAllOrders,
    CancelOrder,
    ClientCache,
    ExecutionClientConfig,
    ModifyOrder,
    QueryAccount,
    QueryOrder,
    SubmitOrder,
    SubmitOrderList,
)
from nautilus_trader.model import (
    AccountId,
    AccountType,
    ClientOrderId,
    OmsType,
    OrderSide,
    TraderId,
    Venue,
)

from actors.orders import BalanceRow, OrderRow
from adapters.paper.engine_teller import EngineTeller
from adapters.paper.orders import account_balance, order_row
from adapters.paper.unreported import UnreportedClient
from adapters.paper.venue import Change, PaperVenue

log = structlog.get_logger(__name__)

RESTORE = "restore"
"""Tag of an order that the venue holds already, or that stands for an earlier position."""
AT = "at:"
"""Begins the tag that tells the price of an earlier position: such an order fills at once, for the engine alone."""
DENY = "deny"
"""Name of the parameter of a submission that our own risk has denied; its value is the reason."""

Balances = Callable[[str], Sequence[BalanceRow]]
Rows = Callable[[str, str], OrderRow | None]
"""(account id, order id) -> the order as its account has it."""


class PaperClientConfig(ExecutionClientConfig):
    """Carries what the slot stands on; the engine's own fields stay at their defaults."""

    venue: PaperVenue
    venue_name: str
    """Where its instruments trade."""
    account_id: str
    balances: Balances
    """Tells what an account has."""
    clients: dict[str, "PaperClient"]
    """Every slot of this built node by account id; the client enters itself."""
    rows: Rows
    """Knows orders better than the engine, which is not told of links, expiry and reduce-only."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:  # noqa: ANN401  # the engine must not see ours
        """Make the engine's part."""
        return super().__new__(cls)

    def __init__(
        self,
        venue: PaperVenue,
        venue_name: str,
        account_id: str,
        balances: Balances,
        clients: dict[str, "PaperClient"],
        *,
        rows: Rows = lambda _account_id, _order_id: None,
    ) -> None:
        """Keep our part."""
        self.venue_name = venue_name
        self.venue = venue
        self.account_id = account_id
        self.balances = balances
        self.clients = clients
        self.rows = rows


class PaperClient(UnreportedClient):
    """One account: the engine's commands to the venue, the venue's events to the engine.

    A margin account with netting in the engine, which checks nothing there: risk is ours. Commands reach the venue in
    the order in which the engine gave them, since none of them waits for anything.
    """

    def __init__(
        self, *, name: str, config: PaperClientConfig, cache: ClientCache, clock: Clock, trader_id: TraderId
    ) -> None:
        """Take the slot of `config`."""
        super().__init__(
            name=name,
            config=config,
            cache=cache,
            clock=clock,
            trader_id=trader_id,
            venue=Venue(config.venue_name),
            account_id=AccountId(config.account_id),
            account_type=AccountType.MARGIN,
            oms_type=OmsType.NETTING,
        )
        self.account = config.account_id
        self._paper = config.venue
        self._balances = config.balances
        self._rows = config.rows
        self._teller = EngineTeller(self)
        config.clients[self.account] = self

    def report(self) -> None:
        """Tell the engine the balances of the account as they are now."""
        balances = [account_balance(row) for row in self._balances(self.account)]
        self.generate_account_state(balances, [], True, self._paper.now())

    def modify(self, command: ModifyOrder) -> None:
        """Pass a change on."""
        values = (command.quantity, command.price, command.trigger_price)
        quantity, price, trigger = (None if value is None else value.as_decimal() for value in values)
        change = Change(quantity=quantity, price=price, trigger_price=trigger)
        self._paper.modify(self.account, str(command.client_order_id), change)

    def cancel(self, command: CancelOrder) -> None:
        """Pass a cancel on."""
        self._paper.cancel(self.account, str(command.client_order_id))

    def cancel_all(self, command: CancelAllOrders) -> None:
        """Cancel what the strategy has there: the account may have orders of other strategies."""
        sides = {None, OrderSide.NO_ORDER_SIDE}
        for order in self.cache.orders_open(instrument_id=command.instrument_id, strategy_id=command.strategy_id):
            if order.account_id == self.account_id and command.order_side in {*sides, order.side}:
                self._paper.cancel(self.account, str(order.client_order_id))

    def query(self, command: QueryOrder) -> None:
        """Tell the engine what the venue holds of an order."""
        row = self._paper.order(self.account, str(command.client_order_id))
        order = self.cache.order(command.client_order_id)
        if row is None or order is None:
            log.warning("paper_order_not_working", order_id=str(command.client_order_id), account_id=self.account)
        else:
            self._teller.report(order, row)

    @override
    async def _connect(self) -> None:
        self._paper.attach(self.account, self._teller.tell)
        try:
            self.report()
        except Exception:  # one account's: no engine starts when a client does not connect, and the restore tells of it
            log.exception("paper_balances_not_told", account_id=self.account)

    @override
    async def _disconnect(self) -> None:
        self._paper.detach(self.account, self._teller.tell)

    @override
    async def _submit_order(self, command: SubmitOrder) -> None:
        self._submit(command.client_order_id, command.params)

    @override
    async def _submit_order_list(self, command: SubmitOrderList) -> None:
        for init in command.order_inits:
            self._submit(init.client_order_id, command.params)

    @override
    async def _modify_order(self, command: ModifyOrder) -> None:
        order, reason = self.cache.order(command.client_order_id), (command.params or {}).get(DENY)
        if reason is not None and order is not None:
            self.generate_order_modify_rejected(order, order.venue_order_id, str(reason), self._paper.now())
            return
        self.modify(command)

    @override
    async def _cancel_order(self, command: CancelOrder) -> None:
        self.cancel(command)

    @override
    async def _cancel_all_orders(self, command: CancelAllOrders) -> None:
        self.cancel_all(command)

    @override
    async def _query_account(self, command: QueryAccount) -> None:
        self.report()

    @override
    async def _query_order(self, command: QueryOrder) -> None:
        self.query(command)

    def _submit(self, client_order_id: ClientOrderId, params: dict[str, object] | None) -> None:
        order = self.cache.order(client_order_id)
        if order is None:
            log.error("paper_order_not_cached", order_id=str(client_order_id), account_id=self.account)
            return
        reason = (params or {}).get(DENY)
        if reason is not None:
            self.generate_order_denied(order, str(reason))
            return
        self.generate_order_submitted(order)
        if RESTORE in (order.tags or ()):
            self._restore(order)
            return
        try:
            known = self._rows(self.account, str(client_order_id))
            row = known or order_row(order, self.account, self._paper.now())
        except ValueError as e:
            self.generate_order_rejected(order, str(e), self._paper.now(), False)
            return
        self._paper.submit(row)

    def _restore(self, order: Any) -> None:  # noqa: ANN401  # an engine order
        """Tell the engine again of what the venue holds; the venue hears nothing."""
        ts = self._paper.now()
        price = next((tag.removeprefix(AT) for tag in order.tags if tag.startswith(AT)), None)
        if price is not None:
            self._teller.earlier_position(order, Decimal(price), ts)
            return
        row = self._paper.order(self.account, str(order.client_order_id))
        if row is None:
            self.generate_order_rejected(order, "the order does not work any more", ts, False)
        else:
            self._teller.earlier_order(order, row, ts)
