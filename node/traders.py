"""The traders of a node: `ports.Traders` on the engine, the accounts, the journal and the paper venue."""

import asyncio
import re
from collections.abc import Mapping, Sequence

import structlog
from msgspec.structs import asdict, replace

from actors.accounts.draft import amended, new_order_id, order_of
from actors.accounts.limits import Choices, choose
from actors.accounts.preview import preview
from actors.accounts.risk import stricter
from actors.orders import OrderRow, OrderTicket
from actors.ports.host import TradingStateName
from actors.ports.traders import BatchItem, Preview, StrategyState, TraderState
from config.errors import ConflictError, InvalidInputError, OrderUnknownError
from config.trading import StrategyConfigSection
from node.trading.audited import asked
from node.trading.gate import Request
from node.trading.house import House
from node.trading.screen import changed_choice
from node.trading.trader import Trader
from strategies.desk import change_order

USER_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
"""What may become part of the engine's ids."""

log = structlog.get_logger(__name__)


class NodeTraders(House):
    """Implements `ports.Traders`; the state is that of the present books."""

    async def add_trader(self, user_id: str, *, actor: str = "node") -> TraderState:
        """Open an account for a user while the node runs; one that has one is returned.

        Raises:
            InvalidInputError: If the id cannot be used.
            NoCapacityError: If no slot is free.
            StoreUnavailableError: If it cannot be made durable.
        """
        if USER_ID.fullmatch(user_id) is None:
            raise InvalidInputError("user_id: expected 1 to 36 letters, digits, `_` or `-`", path="$.user_id")
        async with self._settings:
            if user_id not in self._core.traders:
                self._core.checks.check_journal()
                await self._admit(user_id, actor)
        return self.trader(user_id)

    async def submit(self, user_id: str, ticket: OrderTicket, *, trace_id: str = "") -> OrderRow:
        """Check, make durable and send an order; see `ports.Traders`."""
        (item,) = await self._core.gate.submit(self._trader(user_id), [Request(ticket)], trace_id)
        if item.order is None:
            raise item.error or RuntimeError("an order without outcome")
        return item.order

    async def submit_batch(
        self, user_id: str, tickets: Sequence[OrderTicket], *, trace_id: str = ""
    ) -> Sequence[BatchItem]:
        """Submit several in their order; each has its own outcome."""
        return await self._core.gate.submit(self._trader(user_id), [Request(one) for one in tickets], trace_id)

    async def preview(self, user_id: str, ticket: OrderTicket) -> Preview:
        """Tell what `submit` would do, and what it would cost."""
        trader, core = self._trader(user_id), self._core
        row = order_of(
            ticket,
            core.checks.instrument(ticket.instrument_id),
            user_id=user_id,
            account_id=trader.account_id,
            now_ns=core.checks.now_ns(),
            find=trader.account.orders.find,
            order_id=new_order_id(),
        )
        situation = core.checks.situation(trader, is_rated=False)
        return preview(row, trader.account, situation, risk=core.risk, marks=self._around.marks, depth=self._feed)

    async def modify(
        self,
        user_id: str,
        client_order_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        trigger_price: str | None = None,
        trace_id: str = "",
    ) -> OrderRow:
        """Ask for a change of a working order."""
        trader, checks = self._trader(user_id), self._core.checks
        row = await self._working(trader, client_order_id)
        checks.check_open(trader)
        floor = self._core.crew.floor
        if floor is None or not floor.has(row.order_id):
            raise ConflictError("the order is still on its way to the venue", retry_after_s=0.1)
        instrument = checks.instrument(row.instrument_id)
        wanted = amended(row, instrument, quantity=quantity, price=price, trigger_price=trigger_price)
        self._core.accounts.pledge(wanted, checks.check(trader, wanted, replacing=row))
        changes = {"quantity": quantity, "price": price, "trigger_price": trigger_price}
        self._journal.write(asked("order.modify", user_id, row.order_id, changes, trace_id))
        change_order(floor.desk(user_id), row, wanted, instrument)
        return trader.account.orders.get(row.order_id) or row

    async def cancel(self, user_id: str, client_order_id: str, *, trace_id: str = "") -> OrderRow:
        """Ask for the cancel of a working order; allowed in every trading state."""
        trader = self._trader(user_id)
        row = await self._working(trader, client_order_id)
        self._core.checks.check_attached(trader)
        self._journal.write(asked("order.cancel", user_id, row.order_id, {}, trace_id))
        self._core.closing.cancel(row)
        return trader.account.orders.get(row.order_id) or row

    async def cancel_all(
        self,
        user_id: str,
        *,
        instrument_id: str | None = None,
        trace_id: str = "",
    ) -> Sequence[OrderRow]:
        """Ask for the cancel of all working orders, or those of one instrument; return them."""
        if instrument_id is not None:
            self._core.checks.instrument(instrument_id)
        trader = self._trader(user_id)
        self._core.checks.check_attached(trader)
        self._journal.write(asked("order.cancel_all", user_id, user_id, {"instrument_id": instrument_id}, trace_id))
        return self._core.closing.cancel_all(trader, instrument_id, "canceled by its user")

    async def close_position(
        self,
        user_id: str,
        instrument_id: str,
        *,
        quantity: str | None = None,
        price: str | None = None,
        client_order_id: str | None = None,
        trace_id: str = "",
    ) -> Sequence[OrderRow]:
        """Close all or part of the account's net position; goes on when the one who asked has gone."""
        trader, wish = self._trader(user_id), {"quantity": quantity, "price": price}
        self._core.checks.instrument(instrument_id)
        self._journal.write(asked("position.close", user_id, instrument_id, wish, trace_id))
        work = self._core.closing.close(
            trader,
            instrument_id,
            quantity=quantity,
            price=price,
            client_order_id=client_order_id,
            trace_id=trace_id,
        )
        return await asyncio.shield(self._around.spawn(work))

    async def deadman(self, user_id: str, timeout_s: float | None) -> float | None:
        """Cancel all of a user's orders unless called again within so many wall seconds; durable when it returns."""
        self._core.checks.check_journal()
        return await self._deadman.set(self._trader(user_id).user_id, timeout_s)

    async def set_trading_state(self, user_id: str, state: TradingStateName, *, actor: str) -> TraderState:
        """Set a trader's own trading state."""
        trader, kills = self._trader(user_id), self._kills[user_id]
        async with self._settings:
            before = trader.own_state
            trader.own_state = stricter(
                before, state
            )  # what forbids more holds at once, what allows more once it is kept
            row = replace(trader.row(), trading_state=state)
            detail = {"change": f"{before} -> {state}"}
            await self._core.keep(row, actor=actor, action="trader.trading_state", target=user_id, detail=detail)
            if self._kills[user_id] == kills:
                trader.own_state = state
        if before != state:
            self._core.alerts.send(trader, "trading_state", "info", f"trading is {state}")
        return self._state(trader)

    async def set_limits(self, user_id: str, changes: Choices, *, actor: str) -> TraderState:
        """Change limits, at most to the ceilings."""
        trader, core = self._trader(user_id), self._core
        async with self._settings:
            choices = choose(trader.ceilings, trader.choices, changes)
            row = replace(trader.row(), limits=choices)
            await core.keep(row, actor=actor, action="trader.limits", target=user_id, detail={"changes": changes})
            core.set_choices(trader, choices)
        return self._state(trader)

    async def set_ceilings(self, user_id: str, changes: Choices, *, actor: str) -> TraderState:
        """Change a trader's ceilings, at most to those of the configuration; an admin's word."""
        trader, core = self._trader(user_id), self._core
        async with self._settings:
            own = choose(trader.configured, trader.own_ceilings, changes)
            row = replace(trader.row(), ceilings=own)
            await core.keep(row, actor=actor, action="limits.ceilings", target=user_id, detail={"changes": changes})
            core.set_ceilings(trader, own)
        return self._state(trader)

    async def set_screening(self, user_id: str, changes: Mapping[str, object], *, actor: str) -> TraderState:
        """Change how orders of a trader's strategies are judged before they are sent."""
        trader = self._trader(user_id)
        async with self._settings:
            choice = changed_choice(trader.screened.choice, changes)
            row = replace(trader.row(), screening=asdict(choice))
            detail = {"changes": changes}
            await self._core.keep(row, actor=actor, action="trader.screening", target=user_id, detail=detail)
            trader.screened.choice = choice
        return self._state(trader)

    async def kill(self, user_id: str | None, *, flatten: bool, actor: str) -> Sequence[TraderState]:
        """Halt, cancel everything and on request close all positions; acts even when nothing can be written."""
        return await asyncio.shield(self._around.spawn(self._kill(user_id, flatten=flatten, actor=actor)))

    async def release(self, user_id: str | None, *, actor: str) -> Sequence[TraderState]:
        """End a halt of a trader, or with None of the node."""
        if user_id is not None:
            return [await self.set_trading_state(user_id, "active", actor=actor)]
        await self._set_node_state("active", actor)
        return self.traders()

    async def strategy_start(
        self, user_id: str, section: StrategyConfigSection, *, name: str, actor: str
    ) -> StrategyState:
        """Make a new strategy instance and start it."""
        if USER_ID.fullmatch(name) is None:
            raise InvalidInputError("name: expected 1 to 36 letters, digits, `_` or `-`", path="$.name")
        return await self._do(self._core.crew.start, user_id, section, name, actor)

    async def strategy_resume(self, user_id: str, name: str, *, actor: str) -> StrategyState:
        """Start a stopped or retired instance again."""
        return await self._do(self._core.crew.resume, user_id, name, actor)

    async def strategy_stop(self, user_id: str, name: str, *, actor: str) -> StrategyState:
        """Cancel an instance's orders and stop it; its position stays with the account."""
        return await self._do(self._core.crew.stop, user_id, name, actor)

    async def strategy_configure(
        self, user_id: str, name: str, params: dict[str, object], *, actor: str
    ) -> StrategyState:
        """Give an instance other parameters; a running one is stopped and started with them."""
        return await self._do(self._core.crew.configure, user_id, name, params, actor)

    async def strategy_remove(self, user_id: str, name: str, *, actor: str) -> None:
        """Forget a stopped instance."""
        await self._do(self._core.crew.remove, user_id, name, actor)

    async def _working(self, trader: Trader, client_order_id: str) -> OrderRow:
        """Return a working order.

        Raises:
            ConflictError: If it has ended.
            OrderUnknownError: If there is none.
        """
        row = trader.account.orders.find(client_order_id)
        if row is None:
            row = await self._journal.find_order(trader.user_id, client_order_id)
        if row is None:
            raise OrderUnknownError(f"you have no order {client_order_id[:40]!r}")
        if not row.is_working:
            raise ConflictError(f"the order is {row.status}")
        if trader.account.orders.get(row.order_id) is None:  # the journal hears of an end later
            raise ConflictError("the order has ended")
        return row
