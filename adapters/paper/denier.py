"""Shell: the client that owns the venue's route, so that an order without a client ends here and nowhere else."""

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
    AccountBalance,
    AccountId,
    AccountType,
    ClientOrderId,
    Currency,
    Money,
    OmsType,
    TraderId,
    Venue,
)

from adapters.paper.client import PaperClient
from adapters.paper.unreported import UnreportedClient

log = structlog.get_logger(__name__)

NO_CLIENT = "the order names no account: every order goes through its trader"


class DenierConfig(ExecutionClientConfig):
    """Carries the slots that commands are passed on to; the engine's own fields are set by the route."""

    venue: str
    clients: dict[str, PaperClient]

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:  # noqa: ANN401  # the engine must not see ours
        """Make the engine's part."""
        return super().__new__(cls)

    def __init__(self, venue: str, clients: dict[str, PaperClient]) -> None:
        """Keep our part."""
        self.venue = venue
        self.clients = clients


class Denier(UnreportedClient):
    """Denies every submission; cancels and changes go on to the account of their order.

    The engine's own cancels name no client: an order whose cancel ended here would be pending for ever.
    """

    def __init__(
        self, *, name: str, config: DenierConfig, cache: ClientCache, clock: Clock, trader_id: TraderId
    ) -> None:
        """Take the route of the venue of `config`."""
        super().__init__(
            name=name,
            config=config,
            cache=cache,
            clock=clock,
            trader_id=trader_id,
            venue=Venue(config.venue),
            account_id=AccountId(f"{config.venue}-DENY"),
            account_type=AccountType.MARGIN,
            oms_type=OmsType.NETTING,
        )
        self._clients = config.clients

    @override
    async def _connect(self) -> None:
        nothing = Money(0, Currency.from_str("USDT"))
        balance = AccountBalance(nothing, nothing, nothing)
        self.generate_account_state([balance], [], True, self.clock.timestamp_ns())

    @override
    async def _submit_order(self, command: SubmitOrder) -> None:
        self._deny(command.client_order_id)

    @override
    async def _submit_order_list(self, command: SubmitOrderList) -> None:
        for init in command.order_inits:
            self._deny(init.client_order_id)

    @override
    async def _modify_order(self, command: ModifyOrder) -> None:
        client = self._client_of(command.client_order_id)
        if client is not None:
            client.modify(command)

    @override
    async def _cancel_order(self, command: CancelOrder) -> None:
        client = self._client_of(command.client_order_id)
        if client is not None:
            client.cancel(command)

    @override
    async def _cancel_all_orders(self, command: CancelAllOrders) -> None:
        for client in self._clients.values():
            client.cancel_all(command)

    @override
    async def _query_account(self, command: QueryAccount) -> None:
        pass

    @override
    async def _query_order(self, command: QueryOrder) -> None:
        client = self._client_of(command.client_order_id)
        if client is not None:
            client.query(command)

    def _deny(self, client_order_id: ClientOrderId) -> None:
        order = self.cache.order(client_order_id)
        if order is not None:
            self.generate_order_denied(order, NO_CLIENT)

    def _client_of(self, client_order_id: ClientOrderId) -> PaperClient | None:
        order = self.cache.order(client_order_id)
        account_id = None if order is None else order.account_id
        client = self._clients.get(str(account_id))
        if client is None:
            log.error("paper_command_without_account", order_id=str(client_order_id), account_id=str(account_id))
        return client
