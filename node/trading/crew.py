"""The strategies of all traders: started, stopped, configured, retired, and brought back with each engine."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import structlog
from msgspec.structs import replace
from nautilus_trader.model import AccountId, ClientId, ClientOrderId
from prometheus_client import Counter

from actors.accounts.accounts import Accounts
from actors.accounts.draft import new_order_id
from actors.guard import Fault
from actors.orders import DESK
from actors.ports.journal import Journal
from actors.ports.traders import Marks, StrategyState
from config.errors import ConflictError, InvalidInputError, NoCapacityError, NotFoundError, VenueUnavailableError
from config.trading import StrategyConfigSection
from node.trading.alerts import Alerts
from node.trading.checks import Checks
from node.trading.floor import Floor
from node.trading.intents import StrategyIntents
from node.trading.observer import BookingObserver
from node.trading.trader import Instance, Trader
from strategies.base import TraderMixin
from strategies.hooks import Hooks
from strategies.load import load_strategy
from strategies.orders import net_order

MAX_INSTANCES = 32
"""Of one trader."""
IDLE_S = 5.0
"""How long the orders of a strategy that is being stopped may take to end."""

log = structlog.get_logger(__name__)

_retired = Counter("whisperer_strategies_retired_total", "Strategies retired after an exception")


class Crew:
    """Owner of what each strategy instance does; the strategies themselves belong to the floor of the engine."""

    def __init__(
        self,
        checks: Checks,
        accounts: Accounts,
        journal: Journal,
        alerts: Alerts,
        marks: Marks,
        *,
        complete: Callable[[StrategyConfigSection], StrategyConfigSection],
        paths: frozenset[str],
        on_lost: Callable[[], None],
    ) -> None:
        """Begin without an engine.

        Args:
            checks: Gate of every order.
            accounts: Where events are booked.
            journal: Keeps sections and states.
            alerts: Tells users.
            marks: What the engine is to believe of earlier positions.
            complete: Fills in what a section leaves to other sections of the configuration.
            paths: Classes that the configuration names; no others may be asked for by their path.
            on_lost: Told when an order event could not be booked.
        """
        self._checks = checks
        self._accounts = accounts
        self._journal = journal
        self._alerts = alerts
        self._marks = marks
        self._complete = complete
        self._paths = paths
        self._on_lost = on_lost
        self._locks: dict[str, asyncio.Lock] = {}
        self.floor: Floor | None = None

    def add_desk(self, floor: Floor, trader: Trader) -> None:
        """Attach a trader's desk to an engine; it is not started."""
        floor.add_desk(trader.user_id, self._hooks(floor, trader, DESK))

    def add_strategy(self, floor: Floor, trader: Trader, instance: Instance) -> None:
        """Attach a strategy to an engine; it is not started.

        Raises:
            ConfigError: If there is no such strategy, or its parameters are wrong.
        """
        hooks = self._hooks(floor, trader, instance.name)
        floor.add(trader.user_id, instance.name, self._complete(instance.section), hooks)

    def leave(self) -> None:
        """Leave the engine, which is about to stop: what strategies submit from here on goes nowhere."""
        floor, self.floor = self.floor, None
        for _, strategy in floor or ():
            strategy.is_closed = True

    def give_up(self, trader: Trader, instance: Instance, reason: str) -> None:
        """Note that a strategy cannot run; its user is told."""
        instance.state, instance.reason = "retired", reason
        self._journal.write(instance.row(), instance.audit("node", "strategy.retired"))
        self._alerts.send(trader, "strategy_retired", "critical", f"strategy {instance.name} was retired: {reason}")

    async def start(self, trader: Trader, section: StrategyConfigSection, name: str, actor: str) -> StrategyState:
        """Make a new instance and start it; see `Traders.strategy_start`."""
        async with self._lock(trader):
            self._check_new(trader, section, name)
            instance = Instance(trader.user_id, name, section)
            await self._begin(trader, instance, "strategy.start", actor)
            trader.instances[name] = instance
            return instance.told()

    async def resume(self, trader: Trader, name: str, actor: str) -> StrategyState:
        """Start a stopped or retired instance again."""
        async with self._lock(trader):
            instance = self.find(trader, name)
            if instance.state == "running":
                raise ConflictError(f"strategy {name} is running")
            self._check_gone(trader, instance)
            await self._begin(trader, instance, "strategy.resume", actor)
            return instance.told()

    async def stop(self, trader: Trader, name: str, actor: str) -> StrategyState:
        """Cancel an instance's orders and stop it; the desk holds its position from then on."""
        async with self._lock(trader):
            instance = self.find(trader, name)
            if instance.state != "running":
                raise ConflictError(f"strategy {name} is {instance.state}")
            await self._stop(trader, instance, actor)
            return instance.told()

    async def configure(self, trader: Trader, name: str, params: dict[str, object], actor: str) -> StrategyState:
        """Give an instance other parameters; a running one is stopped and started with them."""
        async with self._lock(trader):
            instance = self.find(trader, name)
            section = replace(instance.section, params=params)
            load_strategy(self._complete(section), tag="check", unique_ids=True)
            was_running = instance.state == "running"
            if was_running:
                await self._stop(trader, instance, actor)
            before, instance.section = instance.section, section
            if not was_running:
                try:
                    await self._journal.durable(instance.row(), instance.audit(actor, "strategy.configure"))
                except Exception:
                    instance.section = before
                    raise
            else:
                await self._begin(trader, instance, "strategy.configure", actor)
            return instance.told()

    async def remove(self, trader: Trader, name: str, actor: str) -> None:
        """Forget a stopped instance."""
        async with self._lock(trader):
            instance = self.find(trader, name)
            if instance.state == "running":
                raise ConflictError(f"strategy {name} is running: stop it first")
            self._check_gone(trader, instance)
            gone = replace(instance.row(), state="removed")
            await self._journal.durable(gone, instance.audit(actor, "strategy.remove"))
            del trader.instances[name]

    def find(self, trader: Trader, name: str) -> Instance:
        """Return an instance.

        Raises:
            NotFoundError: If there is none.
        """
        found = trader.instances.get(name)
        if found is None:
            raise NotFoundError(f"you have no strategy {name[:40]!r}")
        return found

    def _check_new(self, trader: Trader, section: StrategyConfigSection, name: str) -> None:
        if name in trader.instances:
            raise ConflictError(f"you have a strategy {name!r} already")
        if name == DESK:
            raise InvalidInputError("that name is taken by your desk", path="$.name")
        if any(strategy == name for strategy, _ in trader.account.ledger.nets):
            raise ConflictError(f"an earlier strategy {name!r} has left a position: take another name")
        if len(trader.instances) >= MAX_INSTANCES:
            raise NoCapacityError(f"at most {MAX_INSTANCES} strategies: remove one first")
        if section.path is not None and section.path not in self._paths:
            raise InvalidInputError("only classes that the configuration file names can be loaded", path="$.path")

    def _check_gone(self, trader: Trader, instance: Instance) -> None:
        if self.floor is not None and (trader.user_id, instance.name) in self.floor:
            raise ConflictError(f"strategy {instance.name} has not left yet: close its position first")

    async def _begin(self, trader: Trader, instance: Instance, action: str, actor: str) -> None:
        """Attach an instance, give it what it holds, make it durable and start it."""
        self._checks.check_open(trader)
        floor = self._floor()
        self.add_strategy(floor, trader, instance)
        try:
            row = replace(instance.row(), state="running", reason=None)
            await self._journal.durable(row, instance.audit(actor, action))
            await self._hand_over(floor, trader, instance.name, to_desk=False)
            self._floor(floor)
        except BaseException:
            if self.floor is floor:
                floor.remove(trader.user_id, instance.name)
            is_new = instance.name not in trader.instances
            self._journal.write(replace(instance.row(), state="removed") if is_new else instance.row())
            raise
        instance.state, instance.reason = "running", None
        floor.begin(trader.user_id, instance.name)

    async def _stop(self, trader: Trader, instance: Instance, actor: str) -> None:
        self._checks.check_attached(trader)
        self._checks.check_journal()
        floor = self._floor()
        strategy = floor.get(trader.user_id, instance.name)
        if strategy is None:
            raise VenueUnavailableError("the engine is being rebuilt", retry_after_s=1.0)
        strategy.is_closed = True
        for row in list(trader.account.orders.working()):
            if row.strategy == instance.name:
                strategy.cancel_order(ClientOrderId(row.order_id))
        if not await floor.idle(strategy, IDLE_S):
            strategy.is_closed = self.floor is not floor
            raise VenueUnavailableError("its orders are still being canceled", retry_after_s=1.0)
        self._floor(floor).stop(trader.user_id, instance.name)
        await self._hand_over(floor, trader, instance.name, to_desk=True)
        self._floor(floor).remove(trader.user_id, instance.name)
        instance.state = "stopped"
        self._journal.write(instance.row(), instance.audit(actor, "strategy.stop"))
        await self._journal.settled()
        self._checks.check_journal()

    async def _hand_over(self, floor: Floor, trader: Trader, name: str, *, to_desk: bool) -> None:
        """Have the engine believe that the desk holds what a strategy holds, or the other way round; nothing trades."""
        strategy, desk = floor.carrier(trader.user_id, name), floor.desk(trader.user_id)
        giver, taker = (strategy, desk) if to_desk else (desk, strategy)
        for (owner, instrument_id), net in list(trader.account.ledger.nets.items()):
            if owner == name:
                self.tell_net(trader, giver, instrument_id, -net)
                self.tell_net(trader, taker, instrument_id, net)
        await floor.landed(IDLE_S)

    def tell_net(self, trader: Trader, strategy: TraderMixin, instrument_id: str, net: Decimal) -> str:
        """Have the engine believe that a strategy has bought (sold: negative) so much; return the id of its order."""
        instrument = self._checks.instrument(instrument_id)
        average = trader.account.ledger.position(instrument_id).average
        price = self._marks.last(instrument_id) or average or Decimal(instrument.price_increment)
        order_id = new_order_id()
        strategy.send_order(net_order(strategy.order_factory, instrument, order_id, net, price))
        return order_id

    def _floor(self, was: Floor | None = None) -> Floor:
        """Return the floor of the present engine, which must be still the one that it `was`."""
        if self.floor is None or was not in {None, self.floor}:
            raise VenueUnavailableError("the engine is being rebuilt", retry_after_s=1.0)
        return self.floor

    def _lock(self, trader: Trader) -> asyncio.Lock:
        return self._locks.setdefault(trader.user_id, asyncio.Lock())

    def _hooks(self, floor: Floor, trader: Trader, name: str) -> Hooks:
        loop = asyncio.get_running_loop()
        observer = BookingObserver(
            lambda event: self._accounts.on_event(trader.account_id, event),
            self._checks.now_ns,
            on_fault=lambda fault: loop.call_soon(self._on_fault, trader, name, fault),
            on_retired=lambda: loop.call_soon(self._on_retired, trader, name),
            on_lost=self._on_lost,
            on_closed=lambda position_id: loop.call_soon(floor.cycles.closed, position_id),
        )
        intents = StrategyIntents(
            trader, name, self._checks, self._accounts, self._journal, is_current=lambda: self.floor is floor
        )
        return Hooks(
            intents=None if name == DESK else intents,
            observer=observer,
            client_id=ClientId(trader.client_id),
            account_id=AccountId(trader.account_id),
            call_soon=loop.call_soon,
        )

    def _on_fault(self, trader: Trader, name: str, fault: Fault) -> None:
        """Note that a strategy has failed; it cancels its orders and leaves by itself."""
        _retired.inc()
        if name == DESK:
            trader.failure = f"the desk has failed: {fault.error}"
            self._alerts.send(trader, "strategy_retired", "critical", trader.failure)
            return
        instance = trader.instances.get(name)
        if instance is None or instance.state != "running":
            return
        self.give_up(trader, instance, f"{fault.handler}: {fault.error}")
        instance.state = "retiring"

    def _on_retired(self, trader: Trader, name: str) -> None:
        """Forget a strategy that has left: it was flat."""
        instance = trader.instances.get(name)
        if instance is not None and instance.state == "retiring":
            instance.state = "retired"
        if self.floor is not None and (trader.user_id, name) in self.floor:
            self.floor.remove(trader.user_id, name)
        log.info("strategy_retired", user_id=trader.user_id, strategy=name)
