"""The reading half of the traders: what a user asks about an own account."""

import inspect
from collections.abc import Sequence

import msgspec

from actors.market import Instrument
from actors.orders import AlertRow, BalanceRow, EquityRow, FillRow, OrderRow, PositionRow
from actors.ports.journal import Journal, Page, Span
from actors.ports.traders import AccountView, StrategyKind, TraderState
from config.errors import NotFoundError, OrderUnknownError
from config.schema import NodeConfig
from node.trading.core import Core
from node.trading.deadman import DeadMan
from node.trading.trader import Trader
from strategies.registry import strategies


class Views:
    """Answers from the accounts in memory and from the journal."""

    _config: NodeConfig
    _core: Core
    _journal: Journal
    _deadman: DeadMan

    def trader(self, user_id: str) -> TraderState:
        """Return a user's trader."""
        return self._state(self._trader(user_id))

    def traders(self) -> Sequence[TraderState]:
        """Return all of them."""
        return [self._state(trader) for trader in self._core.traders.values()]

    def degraded(self) -> list[str]:
        """Return what does not work as it should, in words; of users only how many, since strangers may read it."""
        found = [] if self._journal.trouble is None else [f"the journal cannot be written: {self._journal.trouble}"]
        traders = self._core.traders.values()
        if self._config.auth.mode == "off":
            return found + [f"trader {one.user_id}: {problem}" for one in traders for problem in one.degraded()]
        stopped = sum(one.failure is not None for one in traders)
        retired = sum(len(one.retired()) for one in traders)
        counts = {"traders that are stopped": stopped, "strategies that were retired": retired}
        return found + [f"{what}: {count}" for what, count in counts.items() if count]

    def account(self, user_id: str) -> AccountView:
        """Return a user's account."""
        return self._core.accounts.view(self._trader(user_id).account_id)

    def instrument(self, instrument_id: str) -> Instrument:
        """Return an instrument that can be traded."""
        return self._core.checks.instrument(instrument_id)

    def working(self, user_id: str) -> Sequence[OrderRow]:
        """Return a user's orders that have not ended, oldest first."""
        return list(self._trader(user_id).account.orders.working())

    def positions(self, user_id: str) -> Sequence[PositionRow]:
        """Return a user's open positions."""
        return self._core.accounts.positions(self._trader(user_id).account_id)

    def balances(self, user_id: str) -> Sequence[BalanceRow]:
        """Return a user's balances."""
        return self._core.accounts.balances(self._trader(user_id).account_id)

    def catalogue(self) -> Sequence[StrategyKind]:
        """Return every registered kind of strategy with the schema of its parameters."""
        kinds = ((name, strategies.get(name)) for name in strategies)
        return [
            StrategyKind(
                name=name,
                description=(inspect.getdoc(cls) or "").partition("\n")[0],
                params=msgspec.json.schema(cls.params_type),
            )
            for name, cls in kinds
        ]

    async def order(self, user_id: str, client_order_id: str) -> OrderRow:
        """Return one order of any state by the user's own id, as it is on the disk."""
        self._trader(user_id)
        await self._journal.settled()
        found = await self._journal.find_order(user_id, client_order_id)
        if found is None:
            raise OrderUnknownError(f"you have no order {client_order_id[:40]!r}")
        return found

    async def orders(self, user_id: str, span: Span) -> Page[OrderRow]:
        """Return orders of any state."""
        self._trader(user_id)
        await self._journal.settled()
        return await self._journal.orders(user_id, span)

    async def fills(self, user_id: str, span: Span) -> Page[FillRow]:
        """Return fills."""
        self._trader(user_id)
        await self._journal.settled()
        return await self._journal.fills(user_id, span)

    async def equity(self, user_id: str, span: Span) -> Page[EquityRow]:
        """Return the equity curve."""
        self._trader(user_id)
        await self._journal.settled()
        return await self._journal.equity(user_id, span)

    async def alerts(self, user_id: str, span: Span) -> Page[AlertRow]:
        """Return what the user was told."""
        self._trader(user_id)
        await self._journal.settled()
        return await self._journal.alerts(user_id, span)

    def _trader(self, user_id: str) -> Trader:
        found = self._core.traders.get(user_id)
        if found is None:
            raise NotFoundError("you have no trader here")
        return found

    def _state(self, trader: Trader) -> TraderState:
        core, degraded = self._core, trader.degraded()
        state = "degraded" if degraded else "running"
        if trader.failure is not None:
            state = "stopped"
        elif core.checks.missing is not None:
            state = "starting"
        return TraderState(
            user_id=trader.user_id,
            account_id=trader.account_id,
            account_kind=trader.account.kind,
            state=state,  # type: ignore[arg-type]  # one of the four above
            trading_state=core.checks.state(trader),
            strategies=[instance.told() for instance in trader.instances.values()],
            limits=trader.limits,
            ceilings=trader.ceilings,
            screening=trader.screened.told(),
            degraded=degraded,
            deadman_s=self._deadman.left_s(trader.user_id),
            on_stop=self._config.trading.on_stop,
        )
