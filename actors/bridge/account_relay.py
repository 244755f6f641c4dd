"""From the accounts to the hub: what has become of a user's orders goes to that user's streams alone."""

import asyncio
from collections.abc import Callable

import msgspec
from msgspec import Struct

from actors.bridge.context import Context
from actors.bridge.hub import Hub
from actors.orders import AlertRow, BalanceRow, FillRow, OrderRow, PositionRow
from actors.ports import Traders
from actors.trade_signals import TradeSignalRow
from actors.wire_orders import alert_body, balance_body, fill_body, order_body, position_body
from actors.wire_trade_signals import trade_signal_body
from config.errors import NodeError

REFRESH_S = 30.0
"""Wall seconds after which positions are told again at the prices of now."""


class AccountRelay:
    """The `AccountListener` of the process; costs next to nothing while nobody listens."""

    def __init__(self, hub: Hub, context: Context, traders: Traders) -> None:
        """Start with a hub that may have streams already, and with accounts that nothing has happened to yet."""
        self._hub = hub
        self._told = context.told
        self._traders = traders
        self._begin()

    def order(self, row: OrderRow) -> None:
        """Tell an order's new state."""
        self._told.note_order(self._traders, row)
        self._publish("orders", row.user_id, lambda: order_body(row))
        self._touch(row.user_id)

    def fill(self, row: FillRow) -> None:
        """Tell a fill."""
        self._publish("fills", row.user_id, lambda: fill_body(row))

    def position(self, row: PositionRow) -> None:
        """Tell a position's new state."""
        self._told.note_position(self._traders, row)
        self._publish("positions", row.user_id, lambda: position_body(row))

    def balance(self, row: BalanceRow) -> None:
        """Tell a balance's new state."""
        self._told.note_balance(self._traders, row)
        self._publish("balances", row.user_id, lambda: balance_body(row))

    def alert(self, row: AlertRow) -> None:
        """Tell what a user should know."""
        self._publish("alerts", row.user_id, lambda: alert_body(row))
        self._touch(row.user_id)

    def acted(self, row: TradeSignalRow) -> None:
        """Tell that a strategy has acted on a signal."""
        self._publish("trade_signals", row.user_id, lambda: trade_signal_body(row))

    def opened(self, user_id: str) -> None:
        """Begin with an account that has just been opened."""
        self._told.begin(self._traders, user_id)

    def reset(self) -> None:
        """Begin anew with everybody: the books were closed, and others opened."""
        self._told.forget()
        self._begin()
        for stream in list(self._hub.streams.values()):
            if stream.channel.is_private:
                self._hub.reset(stream)

    def refresh(self) -> None:
        """Tell open positions again at the prices of now, to those who listen."""
        for (name, owner), stream in list(self._hub.streams.items()):
            if name == "positions" and stream.lanes:
                self._refresh(owner)

    async def run(self) -> None:
        """Refresh every 30 s for as long as the process lives."""
        while True:
            await asyncio.sleep(REFRESH_S)
            self.refresh()

    def _begin(self) -> None:
        for trader in self._traders.traders():
            self.opened(trader.user_id)

    def _refresh(self, user_id: str) -> None:
        try:
            rows = self._told.fresh_positions(self._traders, user_id)
        except NodeError:  # no such trader any more: there is nothing to be told
            return
        for row in rows:
            self.position(row)

    def _publish(self, name: str, user_id: str, body: Callable[[], Struct]) -> None:
        stream = self._hub.streams.find(name, user_id)
        if stream is not None:
            self._hub.publish(stream, (msgspec.json.encode(body()),))

    def _touch(self, user_id: str) -> None:
        stream = self._hub.streams.find("trader", user_id)
        if stream is not None:
            self._hub.touch(stream)
