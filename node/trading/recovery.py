"""Brings the books back: one path for a start after kill -9 and for a rebuilt engine."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import structlog
from prometheus_client import Counter

from actors.accounts.account import Account
from actors.accounts.accounts import Accounts
from actors.market import Instrument
from actors.orders import DESK, OrderEvent, OrderRow
from adapters.paper.client import PaperClient
from adapters.paper.venue import PaperVenue
from config.errors import ConfigError
from node.trading.crew import Crew
from node.trading.floor import Floor
from node.trading.trader import Trader
from strategies.orders import engine_order

LANDED_S = 10.0
"""How long the engine may take to hear of everything that was restored."""

log = structlog.get_logger(__name__)

_restores = Counter("whisperer_restores_total", "Times the books were given to a new engine")
_orders = Counter("whisperer_restored_orders_total", "Working orders that were given to a new engine")


class Recovery:
    """Gives venue and engine what the accounts hold."""

    def __init__(
        self,
        accounts: Accounts,
        venue: PaperVenue,
        crew: Crew,
        instruments: Mapping[str, Instrument],
    ) -> None:
        """Prepare.

        Args:
            accounts: The truth, restored from the journal at the start of the process.
            venue: Given the working orders.
            crew: Makes the strategies.
            instruments: What can be traded.
        """
        self._accounts = accounts
        self._venue = venue
        self._crew = crew
        self._instruments = instruments

    async def restore(self, floor: Floor, traders: Iterable[Trader], clients: Mapping[str, PaperClient]) -> None:
        """Restore venue and engine; the venue stays closed, desks and strategies are not started.

        Raises:
            RuntimeError: If the engine does not take it all in time.
        """
        _restores.inc()
        traders = list(traders)
        self.restore_venue()
        for trader in traders:
            self.attach(floor, trader)
        if not await floor.landed(LANDED_S):
            raise RuntimeError(f"the engine has not taken the restored orders within {LANDED_S:.0f} s")
        for trader in traders:
            clients[trader.account_id].report()
        log.info("books_restored", traders=len(traders))

    def attach(self, floor: Floor, trader: Trader) -> None:
        """Attach a trader's desk and strategies to an engine and tell it what they hold; none is started."""
        trader.failure = None
        self._crew.add_desk(floor, trader)
        for instance in list(trader.instances.values()):
            if instance.state == "retiring":
                instance.state = "retired"
            if instance.state == "running":
                try:
                    self._crew.add_strategy(floor, trader, instance)
                except ConfigError as e:
                    self._crew.give_up(trader, instance, str(e))
        self._tell(floor, trader)

    def restore_venue(self) -> None:
        """Put the working orders of all accounts to work at the venue, in place of whatever it holds; it is closed."""
        for account in self._accounts:
            account.reclaim()
            self._cancel_bereft(account)
        rows = [row for account in self._accounts for row in account.orders.working()]
        net = {
            (account.account_id, name): position.quantity
            for account in self._accounts
            for name, position in account.ledger.positions.items()
            if position.quantity
        }
        parents = {
            parent.order_id: (parent.filled_quantity, parent.quantity)
            for account in self._accounts
            for row in account.orders.working()
            if row.parent_order_id is not None and (parent := account.orders.get(row.parent_order_id)) is not None
        }
        rows.sort(key=lambda row: row.ts_created)
        for account_id, event in self._venue.restore(rows, parents, net):
            self._accounts.on_event(account_id, event)

    def _cancel_bereft(self, account: Account) -> None:
        """Do what was left undone: one order has ended, and the word that this cancels another did not come through."""
        for row in account.orders.bereft():
            event = OrderEvent(
                kind="canceled", order_id=row.order_id, ts=row.ts_updated, reason="linked order has ended"
            )
            self._accounts.on_event(row.account_id, event)

    def _tell(self, floor: Floor, trader: Trader) -> None:
        """Tell the engine the working orders of a trader and the rest of every net."""
        account, told = trader.account, dict[tuple[str, str], Decimal]()
        for row in list(account.orders.working()):
            carrier = floor.carrier(trader.user_id, row.strategy)
            order = engine_order(carrier.order_factory, row, self._instruments[row.instrument_id], is_restored=True)
            carrier.send_order(order)
            _orders.inc()
            if row.filled_quantity:
                key = (row.strategy, row.instrument_id)
                signed = row.filled_quantity if row.side == "buy" else -row.filled_quantity
                told[key] = told.get(key, Decimal(0)) + signed
        for key in {*account.ledger.nets, *told}:
            rest = account.ledger.nets.get(key, Decimal(0)) - told.get(key, Decimal(0))
            if rest:
                name, instrument_id = key
                self._crew.tell_net(trader, floor.carrier(trader.user_id, name), instrument_id, rest)


def orphans(trader: Trader) -> list[OrderRow]:
    """Return the working orders of strategies that do not run: nobody will look after them."""
    running = {DESK} | {one.name for one in trader.instances.values() if one.state in {"running", "retiring"}}
    return [row for row in trader.account.orders.working() if row.strategy not in running]
