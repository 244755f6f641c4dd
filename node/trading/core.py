"""Accounts, venue and gates of all traders, made from the journal: at a start, and when the market jumps."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec
from msgspec import Struct

from actors.accounts.accounts import Accounts
from actors.accounts.checkpoint import NO_PAST, Folded, Past
from actors.accounts.limits import ceilings_of
from actors.accounts.risk import Risk
from actors.market import Instrument
from actors.orders import BalanceRow, CashRow, FillRow, OrderRow
from actors.ports import TradingStateName
from actors.ports.journal import AuditRow, Journal, JournalRow, Recorded, StrategyRow
from actors.ports.own_orders import Opinions, OrderScreening
from actors.ports.traders import Marks, StrategyStateName
from adapters.paper.venue import PaperVenue
from config.schema import NodeConfig
from config.trading import StrategyConfigSection, TraderSection
from node.sections import completed
from node.trading.alerts import Alerts
from node.trading.checks import Checks
from node.trading.closing import Closing
from node.trading.crew import Crew
from node.trading.gate import Gate, Spawn
from node.trading.late import LateListener
from node.trading.recovery import Recovery
from node.trading.screen import StrategyScreen
from node.trading.sections import decoded_section
from node.trading.slots import Slots
from node.trading.trader import Instance, Trader
from strategies.orders import engine_order

LOCAL = "local"
"""The only trader of a node that configures none and has no users."""


class Books(Journal, Protocol):
    """The journal with what only the owner of the books does."""

    def load(self, after: int = 0, most: int | None = None) -> Recorded:
        """Return what the present run has, with the fills after a row, or so many of them."""

    def ended(self) -> Sequence[OrderRow]:
        """Return `Recorded.ended`, which `load` leaves out with `most`."""

    def fills_of(self, order_ids: Sequence[str]) -> Sequence[FillRow]:
        """Return all fills of orders."""

    def note(self, name: str) -> str | None:
        """Return what was noted of the node under a name."""

    async def begin_run(self) -> str:
        """Begin empty books; return the id of the run."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the books stand on; lives as long as the process."""

    config: NodeConfig
    instruments: Mapping[str, Instrument]
    """What can be traded, at least one."""
    venue: PaperVenue
    marks: Marks
    opinions: Opinions
    """What signals say."""
    journal: Books
    listener: LateListener
    """Tells users."""
    spawn: Spawn
    """Runs tasks of the process."""
    now_ns: Callable[[], int]
    """Market time."""
    is_stale: Callable[[], bool]
    """Whether the feed has been silent for longer than it may."""


class Core:
    """One set of books with everything that acts on it."""

    def __init__(
        self,
        around: Surroundings,
        recorded: Recorded,
        past: Past = NO_PAST,
        *,
        liquidate: Callable[[str, str], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Make the books of what the journal has.

        Args:
            around: What they stand on.
            recorded: Traders, strategies, fills, cash and working orders.
            past: What earlier fills than those have made.
            liquidate: Told (account id, instrument id) of a position that must be closed.
            on_lost: Told when an order event could not be booked.
        """
        config = self._config = around.config
        self._around = around
        self.venue = around.venue
        self.venue.reset()
        rate = Decimal(config.paper.funding_rate)
        self.accounts = Accounts(
            around.instruments, around.journal, around.listener, around.marks, liquidate=liquidate, funding_rate=rate
        )
        every = config.store.checkpoint_fills
        self.folded = Folded(around.journal.load, self.accounts.terms, every=every)
        self.venue.ceiling = lambda row: self.accounts.account(row.account_id).ceiling(row)
        self.risk = Risk(self.accounts.valuation, around.marks)
        self.alerts = Alerts(self.accounts, around.now_ns)
        self.checks = Checks(
            self.accounts,
            self.risk,
            around.journal,
            around.instruments,
            screen=StrategyScreen(around.opinions, around.journal, self.alerts, around.now_ns),
            now_ns=around.now_ns,
            is_stale=around.is_stale,
        )
        self.crew = self._crewed(on_lost)
        self.gate = Gate(self.checks, self.accounts, around.journal, self._place, around.spawn)
        self.closing = Closing(self.checks, self.accounts, around.journal, self.crew, self.gate)
        self.traders: dict[str, Trader] = {}
        self.recovery = self._recovering()
        venue = next(iter(around.instruments.values())).venue
        self.slots = Slots(config.paper.slots, (row.account_id for row in recorded.traders), venue)
        self._restore(recorded, past)

    def _crewed(self, on_lost: Callable[[], None]) -> Crew:
        """Return who runs the strategies."""
        return Crew(
            self.checks,
            self.accounts,
            self._around.journal,
            self.alerts,
            self._around.marks,
            complete=lambda section: completed(section, self._config.signals),
            paths=frozenset(_paths(self._config)),
            on_lost=on_lost,
        )

    def _recovering(self) -> Recovery:
        """Return who gives the books to an engine."""
        return Recovery(
            self.accounts,
            self.venue,
            self.crew,
            alerts=self.alerts,
            traders=self.traders,
            instruments=self._around.instruments,
        )

    async def open_configured(self) -> None:
        """Open accounts for traders that the configuration names and the journal does not know.

        Raises:
            NoCapacityError: If there are more of them than slots.
            StoreUnavailableError: If they cannot be made durable.
        """
        for section in trader_sections(self._config):
            trader = self.traders.get(section.name) or await self.add(section.name, section=section, actor="node")
            for name, strategy in _named(section.strategies):
                if name not in trader.instances and (section.name, name) not in self._removed:
                    instance = trader.instances[name] = Instance(trader.user_id, name, strategy)
                    await self._around.journal.durable(instance.row())

    async def add(self, user_id: str, *, section: TraderSection | None, actor: str) -> Trader:
        """Open an account for a user that has none; without an engine it does not trade yet.

        Raises:
            NoCapacityError: If no slot is free.
            StoreUnavailableError: If it cannot be made durable.
        """
        account_id = self.slots.take()
        try:
            trader, cash = self._open(user_id, account_id, section)
            audit = AuditRow(actor=actor, action="trader.open", target=user_id, detail=f'{{"account":"{account_id}"}}')
            await self._around.journal.durable(trader.row(), *cash, audit)
        except BaseException:
            self.accounts.close(account_id)
            self.slots.release(account_id)
            raise
        self.traders[user_id] = trader
        self._around.listener.opened(user_id)
        return trader

    def _open(self, user_id: str, account_id: str, section: TraderSection | None) -> tuple[Trader, list[CashRow]]:
        paper = self._config.paper
        balances = (section.balances if section is not None else None) or paper.balances
        kind = (section.account if section is not None else None) or paper.account
        cash = self.accounts.open(user_id, account_id, kind, balances, self._around.now_ns())
        return self._trader(account_id, section), cash

    def _restore(self, recorded: Recorded, past: Past) -> None:
        """Take in traders and strategies; one whose books were closed opens them anew."""
        sections = {section.name: section for section in trader_sections(self._config)}
        self._removed = {(row.user_id, row.name) for row in recorded.strategies if row.state == "removed"}
        self.accounts.restore(recorded, past)
        has_cash = {row.account_id for row in recorded.cash}
        self.unopened = [row for row in recorded.traders if row.account_id not in has_cash]
        for row in recorded.traders:
            if row in self.unopened:
                self.accounts.close(row.account_id)
                section = sections.get(row.user_id)
                trader, cash = self._open(row.user_id, row.account_id, section)
                self._around.journal.write(*cash)
            else:
                trader = self._trader(row.account_id, sections.get(row.user_id))
            trader.own_state = row.trading_state
            self.set_ceilings(trader, row.ceilings)
            self.set_choices(trader, row.limits)
            trader.screened.choice = msgspec.convert(row.screening, OrderScreening)
            self.traders[row.user_id] = trader
        for strategy in recorded.strategies:
            if strategy.user_id in self.traders and strategy.state != "removed":
                self.traders[strategy.user_id].instances[strategy.name] = _instance(strategy)
        self.checks.node_state = _state(recorded.node.get("trading_state"))

    def set_choices(self, trader: Trader, choices: Mapping[str, str | int | None]) -> None:
        """Set a trader's own limits."""
        trader.set_choices(dict(choices))
        self.accounts.set_limits(trader.account_id, trader.limits)

    def set_ceilings(self, trader: Trader, own: Mapping[str, str | int | None]) -> None:
        """Set an admin's ceilings; a trader's own limits count as far as they are stricter."""
        trader.set_ceilings(dict(own))
        self.accounts.set_limits(trader.account_id, trader.limits)

    def balances(self, account_id: str) -> list[BalanceRow]:
        """Return what an account has; nothing of a slot that nobody has taken."""
        return [] if account_id not in self._taken() else self.accounts.balances(account_id)

    async def keep(
        self, row: JournalRow, *, actor: str, action: str, target: str, detail: Mapping[str, object]
    ) -> None:
        """Make a change of settings durable, with who did it.

        Raises:
            StoreUnavailableError: If it cannot be written.
        """
        text = msgspec.json.encode(detail).decode()
        await self._around.journal.durable(row, AuditRow(actor=actor, action=action, target=target, detail=text))

    def _taken(self) -> set[str]:
        return {trader.account_id for trader in self.traders.values()}

    def _trader(self, account_id: str, section: TraderSection | None) -> Trader:
        limits = (section.limits if section is not None else None) or self._config.limits
        account = self.accounts.account(account_id)
        trader = Trader(account, self.slots.client(account_id), ceilings_of(limits), {})
        self.accounts.set_limits(account_id, trader.limits)
        return trader

    def _place(self, trader: Trader, row: OrderRow, *, is_closing: bool) -> str | None:
        """Hand a durable order to the engine; while that is rebuilt the restore will."""
        problem = self.checks.obstacle(trader, is_closing=is_closing)
        floor = self.crew.floor
        if problem is None and floor is not None and not floor.has(row.order_id):
            carrier = floor.carrier(row.user_id, row.strategy)
            carrier.send_order(engine_order(carrier.order_factory, row, self._around.instruments[row.instrument_id]))
        return problem


def trader_sections(config: NodeConfig) -> tuple[TraderSection, ...]:
    """Return the configured traders; without any, on a node without users, one with the strategies of the file."""
    if config.auth.mode != "off":
        return config.traders
    return config.traders or (TraderSection(name=LOCAL, strategies=config.strategies),)


def _named(sections: tuple[StrategyConfigSection, ...]) -> list[tuple[str, StrategyConfigSection]]:
    """Return the instances of a trader by name: the second one of a name is called `NAME-2`."""
    named: dict[str, StrategyConfigSection] = {}
    for section in sections:
        name, number = section.name, 1
        while name in named:
            number += 1
            name = f"{section.name}-{number}"
        named[name] = section
    return list(named.items())


def _paths(config: NodeConfig) -> list[str]:
    sections = [*config.strategies, *(one for trader in config.traders for one in trader.strategies)]
    return [section.path for section in sections if section.path is not None]


def _instance(row: StrategyRow) -> Instance:
    state: StrategyStateName = "retired"
    if row.state in {"running", "stopped"}:
        state = row.state  # type: ignore[assignment]  # one of these two
    return Instance(row.user_id, row.name, decoded_section(row.section), state, row.reason)


def _state(text: str | None) -> TradingStateName:
    return "halted" if text == "halted" else "reducing" if text == "reducing" else "active"
