"""Orders and accounts over REST: one method for each thing a trader does, refusals as `ApiError`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from decimal import Decimal
from secrets import token_hex
from typing import Any

from whisperer_client.errors import NotConnectedError
from whisperer_client.rest import Rest, pages, part
from whisperer_client.types import (
    Alert,
    AlertList,
    Balance,
    BalanceList,
    BatchResult,
    BatchResults,
    Deadman,
    EquityList,
    Fill,
    FillList,
    KillSwitch,
    LimitsAnswer,
    Order,
    OrderList,
    Position,
    PositionList,
    Preview,
    Strategy,
    StrategyCatalogue,
    StrategyKind,
    StrategyList,
    Trader,
    TraderList,
)

type Amount = Decimal | str | int
"""Exact: a float is no amount."""

WAITS_S = (0.25, 0.5, 1.0)
"""Before an order that was not answered is sent again."""


class Trading:
    """A signed-in user's own account; other people's things do not exist here.

    What is sent with a `client_order_id` can be sent again without harm: the node answers the same. `submit` does so by
    itself when the connection breaks before the answer has come.
    """

    def __init__(self, rest: Rest) -> None:
        """Ask through `rest`."""
        self._rest = rest

    async def submit(self, instrument_id: str, side: str, type: str, quantity: Amount, **fields: Any) -> Order:  # noqa: A002, ANN401  # the contract's words
        """Send an order; it has passed the risk checks and is durable when this returns.

        Args:
            instrument_id: For example `BTC-USDT.SIM`.
            side: `buy` or `sell`.
            type: `market`, `limit`, `stop_market`, …
            quantity: Base units.
            fields: `client_order_id` (made when it is left out), `price`, `trigger_price`, `trailing_offset`,
                `limit_offset`, `time_in_force`, `expire_time`, `post_only`, `reduce_only`, `parent_client_order_id`,
                `linked_client_order_ids`.
        """
        body = ticket(instrument_id, side, type, quantity, **fields)
        for wait_s in WAITS_S:
            try:
                return await self._rest.send("POST", "/api/v1/orders", Order, body)
            except NotConnectedError:  # whether it has arrived is unknown; the same again is the same order
                await asyncio.sleep(wait_s)
        return await self._rest.send("POST", "/api/v1/orders", Order, body)

    async def validate(self, instrument_id: str, side: str, type: str, quantity: Amount, **fields: Any) -> Preview:  # noqa: A002, ANN401  # as `submit`
        """Tell what `submit` would do and what it would cost; nothing is sent."""
        body = ticket(instrument_id, side, type, quantity, **fields)
        return await self._rest.send("POST", "/api/v1/orders/validate", Preview, body)

    async def submit_batch(self, tickets: Iterable[Mapping[str, Any]]) -> Sequence[BatchResult]:
        """Send up to 50 orders made by `ticket`, in their order; each has its own outcome."""
        body = {"orders": [dict(one) for one in tickets]}
        return (await self._rest.send("POST", "/api/v1/orders/batch", BatchResults, body)).items

    async def modify(
        self,
        client_order_id: str,
        *,
        quantity: Amount | None = None,
        price: Amount | None = None,
        trigger_price: Amount | None = None,
    ) -> Order:
        """Ask for another quantity or price of a working order; the outcome comes on `Client.orders`."""
        given = {"quantity": quantity, "price": price, "trigger_price": trigger_price}
        return await self._rest.send("PATCH", f"/api/v1/orders/{part(client_order_id)}", Order, _texts(given))

    async def cancel(self, client_order_id: str) -> Order:
        """Ask for the end of a working order; the outcome comes on `Client.orders`."""
        return await self._rest.send("DELETE", f"/api/v1/orders/{part(client_order_id)}", Order)

    async def cancel_all(self, instrument_id: str | None = None) -> Sequence[Order]:
        """Ask for the end of all working orders, or of those of one instrument; return them."""
        return (await self._rest.send("DELETE", "/api/v1/orders", OrderList, instrument_id=instrument_id)).items

    async def deadman(self, timeout_s: float | None) -> float | None:
        """Have everything cancelled unless called again within so many seconds; None turns it off."""
        return (await self._rest.send("POST", "/api/v1/deadman", Deadman, {"timeout_s": timeout_s})).timeout_s

    async def order(self, client_order_id: str) -> Order:
        """Return one order, whatever has become of it."""
        return await self._rest.get(f"/api/v1/orders/{part(client_order_id)}", Order)

    async def orders(
        self, instrument_id: str | None = None, *, state: str | None = None, **page: str | int | None
    ) -> OrderList:
        """Return one page of orders, newest first; `state="working"`: all that have not ended.

        Args:
            instrument_id: None: of all.
            state: `all` or `working`.
            page: `start`, `end` (market milliseconds), `limit`, `cursor`.
        """
        return await self._rest.get("/api/v1/orders", OrderList, instrument_id=instrument_id, state=state, **page)

    async def fills(self, instrument_id: str | None = None, **page: str | int | None) -> FillList:
        """Return one page of fills, newest first; `page` as of `orders`."""
        return await self._rest.get("/api/v1/fills", FillList, instrument_id=instrument_id, **page)

    async def kept_fills(self) -> AsyncIterator[Sequence[Fill]]:
        """Yield pages of all fills, newest first."""
        async for page in pages(lambda cursor: self.fills(limit=1_000, cursor=cursor)):
            yield page.items

    async def positions(self) -> Sequence[Position]:
        """Return the open positions."""
        return (await self._rest.get("/api/v1/positions", PositionList)).items

    async def close_position(
        self,
        instrument_id: str,
        *,
        quantity: Amount | None = None,
        price: Amount | None = None,
        client_order_id: str | None = None,
    ) -> Sequence[Order]:
        """Close all or part of a position, by market or with a price by limit; return the orders that do."""
        body = _texts({"quantity": quantity, "price": price, "client_order_id": client_order_id})
        path = f"/api/v1/positions/{part(instrument_id)}/close"
        return (await self._rest.send("POST", path, OrderList, body)).items

    async def balances(self) -> Sequence[Balance]:
        """Return the balances."""
        return (await self._rest.get("/api/v1/balances", BalanceList)).items

    async def equity(self, **page: str | int | None) -> EquityList:
        """Return one page of the equity curve, newest first; `page` as of `orders`."""
        return await self._rest.get("/api/v1/equity", EquityList, **page)

    async def alerts(self, **page: str | int | None) -> AlertList:
        """Return one page of what you were told, newest first; `page` as of `orders`."""
        return await self._rest.get("/api/v1/alerts", AlertList, **page)

    async def kept_alerts(self) -> AsyncIterator[Sequence[Alert]]:
        """Yield pages of all alerts, newest first."""
        async for page in pages(lambda cursor: self.alerts(limit=1_000, cursor=cursor)):
            yield page.items

    async def trader(self) -> Trader:
        """Return your trader: state, account, strategies, limits, screening."""
        return await self._rest.get("/api/v1/trader", Trader)

    async def traders(self) -> Sequence[Trader]:
        """Return all traders of the node; for admins."""
        return (await self._rest.get("/api/v1/traders", TraderList)).items

    async def set_trading_state(self, state: str) -> Trader:
        """Set your own trading state: `active`, `reducing` or `halted`."""
        return await self._rest.send("PATCH", "/api/v1/trader", Trader, {"trading_state": state})

    async def set_screening(self, **changes: bool | float | None) -> Trader:
        """Change how orders of your strategies are judged before they are sent: `enabled`, `threshold`, `strict`."""
        return await self._rest.send("PATCH", "/api/v1/trader", Trader, {"screening": changes})

    async def limits(self) -> LimitsAnswer:
        """Return your limits and what they may be set to."""
        return await self._rest.get("/api/v1/limits", LimitsAnswer)

    async def set_limits(self, **changes: Amount | None) -> LimitsAnswer:
        """Change limits by name, for example `max_order_notional="5000"`; None: no limit of your own."""
        body = {name: str(value) if isinstance(value, Decimal) else value for name, value in changes.items()}
        return await self._rest.send("PATCH", "/api/v1/limits", LimitsAnswer, body)

    async def kill(self, *, flatten: bool = False, scope: str = "trader") -> KillSwitch:
        """Halt trading and cancel everything, on request close all positions; `scope="node"` is for admins."""
        body = {"flatten": flatten, "scope": scope}
        return await self._rest.send("POST", "/api/v1/kill-switch", KillSwitch, body)

    async def release(self, *, scope: str = "trader") -> KillSwitch:
        """End a halt."""
        return await self._rest.send("DELETE", "/api/v1/kill-switch", KillSwitch, scope=scope)

    async def strategies(self) -> Sequence[Strategy]:
        """Return your strategy instances."""
        return (await self._rest.get("/api/v1/strategies", StrategyList)).items

    async def strategy_kinds(self) -> Sequence[StrategyKind]:
        """Return the kinds of strategies that can be started, with the schema of their parameters."""
        return (await self._rest.get("/api/v1/strategies/catalogue", StrategyCatalogue)).items

    async def start_strategy(self, name: str, kind: str, **params: Any) -> Strategy:  # noqa: ANN401  # any JSON
        """Make a new instance and start it."""
        body = {"name": name, "kind": kind, "params": params}
        return await self._rest.send("POST", "/api/v1/strategies", Strategy, body)

    async def change_strategy(
        self, name: str, *, state: str | None = None, params: Mapping[str, Any] | None = None
    ) -> Strategy:
        """Start or stop an instance (`running`, `stopped`), or give it other parameters."""
        given = {"state": state, "params": params}
        body = {key: value for key, value in given.items() if value is not None}
        return await self._rest.send("PATCH", f"/api/v1/strategies/{part(name)}", Strategy, body)

    async def remove_strategy(self, name: str) -> Sequence[Strategy]:
        """Forget a stopped instance; return those that are left."""
        return (await self._rest.send("DELETE", f"/api/v1/strategies/{part(name)}", StrategyList)).items


def ticket(instrument_id: str, side: str, type: str, quantity: Amount, **fields: Any) -> dict[str, Any]:  # noqa: A002, ANN401  # as `submit`
    """Return the body of an order; a `client_order_id` is made when none is given.

    Raises:
        TypeError: If an amount is a float.
    """
    given = {"instrument_id": instrument_id, "side": side, "type": type, "quantity": quantity, **fields}
    return {"client_order_id": token_hex(12)} | _texts(given)


_AMOUNTS = frozenset({"quantity", "price", "trigger_price", "trailing_offset", "limit_offset"})


def _texts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given, amounts as text."""
    return {
        name: _text(name, value) if name in _AMOUNTS else value for name, value in given.items() if value is not None
    }


def _text(name: str, value: object) -> str:
    if isinstance(value, float):
        raise TypeError(f"{name} must be a Decimal, text or whole number: floats are not exact, was {value!r}")
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
