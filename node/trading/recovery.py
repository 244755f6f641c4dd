"""Brings the books back: one path for a start after kill -9 and for a rebuilt engine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

import structlog
from prometheus_client import Counter, Gauge

from actors.accounts.account import Account
from actors.accounts.accounts import Accounts
from actors.market import Instrument
from actors.orders import DESK, OrderEvent, OrderRow
from adapters.paper.client import PaperClient
from adapters.paper.venue import PaperVenue
from config.errors import ConfigError
from node.trading.alerts import Alerts
from node.trading.crew import Crew
from node.trading.floor import Floor
from node.trading.trader import Trader
from strategies.orders import engine_order

LANDED_S = 10.0
"""How long the engine may take to hear of everything that was restored."""

log = structlog.get_logger(__name__)

_restores = Counter("whisperer_restores_total", "Times the books were given to a new engine")
_orders = Counter("whisperer_restored_orders_total", "Working orders that were given to a new engine")
_aside = Gauge("whisperer_traders_set_aside", "Traders whose books could not be given to the present engine")


class Recovery:
    """Gives venue and engine what the accounts hold."""

    def __init__(
        self,
        accounts: Accounts,
        venue: PaperVenue,
        crew: Crew,
        *,
        alerts: Alerts,
        traders: Mapping[str, Trader],
        instruments: Mapping[str, Instrument],
    ) -> None:
        """Prepare.

        Args:
            accounts: The truth, restored from the journal at the start of the process.
            venue: Given the working orders.
            crew: Makes the strategies.
            alerts: Tells users that were set aside.
            traders: Everybody, by user.
            instruments: What can be traded.
        """
        self._accounts = accounts
        self._venue = venue
        self._crew = crew
        self._alerts = alerts
        self._traders = traders
        self._instruments = instruments

    async def restore(self, floor: Floor, clients: Mapping[str, PaperClient]) -> None:
        """Restore venue and engine; the venue stays closed, desks and strategies are not started.

        A trader whose books cannot be given to them is set aside: it does not keep the others from trading.
        """
        _restores.inc()
        for trader in self._traders.values():
            trader.take_back()
        self.restore_venue()
        traders = self._sound()
        for trader in traders:
            with self._setting_aside(trader, floor):
                self.attach(floor, trader)
        await self._land(floor)
        for trader in traders:
            if not trader.is_aside:
                with self._setting_aside(trader, floor):
                    clients[trader.account_id].report()

    def leave_out(self, floor: Floor, misfits: Mapping[str, str]) -> None:
        """Set aside who has not got what it has; `misfits` tells what differs, by user.

        Raises:
            RuntimeError: If nobody is left.
        """
        for user_id, problem in misfits.items():
            self._set_aside(self._traders[user_id], problem, floor)
        aside = [trader for trader in self._traders.values() if trader.is_aside]
        _aside.set(len(aside))
        if aside and len(aside) == len(self._traders):
            raise RuntimeError("all traders were set aside")  # why is nobody's business but theirs, and in the log
        if aside:
            self.restore_venue()  # without their orders
        for trader in aside:
            self._alerts.send(trader, "repair", "critical", trader.failure or "set aside")
        log.info("books_restored", traders=len(self._traders), aside=len(aside))

    def attach(self, floor: Floor, trader: Trader) -> None:
        """Attach a trader's desk and strategies to an engine and tell it what they hold; none is started."""
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

    def restore_venue(self) -> bool:
        """Put the working orders of all accounts to work at the venue, in place of whatever it holds; it is closed.

        Returns:
            Whether somebody had to be set aside.
        """
        before = self._sound()
        for trader in before:
            with self._setting_aside(trader):
                trader.account.reclaim()
                self._cancel_bereft(trader.account)
        try:
            self._fill_venue(self._sound())
        except Exception:  # somebody's: found by trying each alone
            log.exception("venue_not_restored")
            for trader in self._sound():
                with self._setting_aside(trader):
                    self._fill_venue([trader])
            self._fill_venue(self._sound())
        return len(self._sound()) < len(before)

    async def _land(self, floor: Floor) -> None:
        """Wait until the engine has heard of everything; who is not served while others are is set aside."""
        late = floor.late()
        while not await floor.landed(LANDED_S):
            before, late = late, floor.late()
            for user_id in late:
                if late[user_id] >= before[user_id]:
                    problem = f"the engine has not taken {late[user_id]} orders within {LANDED_S:.0f} s"
                    self._set_aside(self._traders[user_id], problem, floor)

    def _sound(self) -> list[Trader]:
        return [trader for trader in self._traders.values() if not trader.is_aside]

    @contextmanager
    def _setting_aside(self, trader: Trader, floor: Floor | None = None) -> Iterator[None]:
        """Have whatever goes wrong with one trader's books cost that trader alone."""
        try:
            yield
        except Exception as e:
            log.exception("books_unfit", user_id=trader.user_id)
            self._set_aside(trader, f"{type(e).__name__}: {e}", floor)

    def _set_aside(self, trader: Trader, problem: str, floor: Floor | None) -> None:
        trader.set_aside(problem)
        if floor is not None:
            floor.drop(trader.user_id)
        log.error("trader_set_aside", user_id=trader.user_id, problem=problem)

    def _fill_venue(self, traders: list[Trader]) -> None:
        accounts = [trader.account for trader in traders]
        rows = [row for account in accounts for row in account.orders.working()]
        net = {
            (account.account_id, name): position.quantity
            for account in accounts
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
