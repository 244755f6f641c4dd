"""Compares journal, ledger, venue and engine, and repairs towards the journal's fills."""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec
import structlog
from msgspec.structs import replace
from nautilus_trader.model import StrategyId
from prometheus_client import Counter, Gauge

from actors.accounts.checkpoint import AccountState, Checkpoint
from actors.accounts.exact import EXACT, ZERO
from actors.accounts.recall import by_trader
from actors.orders import DESK
from actors.ports.journal import CHECKPOINT, AuditRow, NodeRow, Recorded
from node.trading.core import Books, Core
from node.trading.floor import Floor, tag_of
from node.trading.folding import Folding
from node.trading.past import past_of
from node.trading.trader import Trader

TRIES = 5
"""How often an account is looked at that changes while it is compared."""
PAUSE_S = 0.2

log = structlog.get_logger(__name__)

_runs = Counter("whisperer_comparisons_total", "Times that journal, ledger and venue were compared")
_repairs = Counter("whisperer_book_repairs_total", "Differences that were repaired", ["between"])
_skipped = Counter("whisperer_comparisons_skipped_total", "Accounts that were too busy to be compared")
_failed = Counter("whisperer_comparisons_failed_total", "Times that something kept the books from being compared")
_last = Gauge("whisperer_comparison_differences", "Differences that the last comparison found")


class Comparison:
    """One set of books and the engine that has them."""

    def __init__(self, core: Core, journal: Books, floor: Floor, fail: Callable[[str], None]) -> None:
        """Compare these; `fail` has the engine replaced."""
        self._fail = fail
        self._core = core
        self._journal = journal
        self._floor = floor
        self._folding = Folding(core.crew, floor, core.traders)
        self._lock = asyncio.Lock()
        self._is_due = False
        """Whether somebody waits to compare; what goes wrong from its begin on is for the next one."""
        self._checkpoint: Checkpoint | None = None

    def misfits(self) -> dict[str, str]:
        """Compare venue and engine with the ledger, just after they were given what it has.

        Returns:
            What differs, in words, by user.
        """
        found = {
            trader.user_id: [*self._venue_differences(trader), *self._engine_differences(trader)]
            for trader in self._core.traders.values()
            if not trader.is_aside
        }
        return {user_id: "; ".join(differences[:5]) for user_id, differences in found.items() if differences}

    async def attempt(self) -> None:
        """Compare every account, unless somebody waits to do so already.

        What keeps it from that is counted and logged, and does not keep the next one.
        """
        if self._is_due:
            return
        self._is_due = True
        try:
            await self.run()
        except Exception:  # whatever it was, the disk or an engine that has ended: nobody waits for this one
            _failed.inc()
            log.exception("books_not_compared")

    async def run(self) -> int:
        """Compare every account; return how many differences were repaired, so far when the engine has gone."""
        async with self._lock:
            self._is_due = False
            _runs.inc()
            found, waiting = 0, [one for one in self._core.traders.values() if not one.is_aside]
            for _ in range(TRIES):
                before = {trader.account_id: self._state(trader) for trader in waiting}
                await self._journal.settled()
                written = await asyncio.to_thread(self._read, waiting)
                if self._is_gone():
                    return found
                busy = [trader for trader in waiting if self._state(trader) != before[trader.account_id]]
                for trader in waiting:
                    if trader not in busy:
                        found += self._compare(trader, *written[trader.account_id])
                waiting = busy
                if not waiting:
                    break
                await asyncio.sleep(PAUSE_S)
            self._keep_checkpoint(found)
            _skipped.inc(len(waiting))
            _last.set(found)
            if found:
                log.warning("books_repaired", differences=found)
            elif not self._is_gone():
                await self._folding.run()
            return found

    def _is_gone(self) -> bool:
        """Whether another engine has the books, or none: what this one believes counts no more."""
        return self._core.crew.floor is not self._floor

    def _keep_checkpoint(self, found: int) -> None:
        """Have the next start begin with what was read, if that is worth it and all was well."""
        if self._checkpoint is not None and not found:
            self._journal.write(NodeRow(name=CHECKPOINT, value=self._checkpoint.encoded()))
        self._checkpoint = None

    def _state(self, trader: Trader) -> tuple[object, ...]:
        """Return what changes with every event of an account that counts here, and does not with the time."""
        at_venue = {
            row.order_id: (row.filled_quantity, row.quantity) for row in self._core.venue.working(trader.account_id)
        }
        return self._core.accounts.snapshot(trader.account_id), at_venue

    def _read(self, traders: list[Trader]) -> dict[str, tuple[Recorded, AccountState]]:
        """Return what the journal has of accounts, and what all their fills have made; for a thread.

        The first time it reads years of fills, then those that have come since.
        """
        recorded, states, fresh = self._core.folded.read()
        self._checkpoint = fresh or self._checkpoint
        parts = {row.account_id: part for row, part in by_trader(recorded)}
        return {one.account_id: (parts[one.account_id], states[one.account_id]) for one in traders}

    def _compare(self, trader: Trader, recorded: Recorded, written: AccountState) -> int:
        """Compare one account that has stood still; repair it and return how many differences there were."""
        differences = list(self._journal_differences(trader, recorded, written))
        if differences:
            self._rebuild(trader, recorded, written)
        at_venue, is_spent = list(self._venue_differences(trader)), False
        if at_venue or differences:
            loses = self._core.venue.has_commands  # the engine would wait for their answers for ever
            is_spent = self._core.recovery.restore_venue() or loses
            self._core.venue.open()
        in_engine = list(self._engine_differences(trader))
        for between, found in (("journal", differences), ("venue", at_venue), ("engine", in_engine)):
            if found:
                self._tell(trader, between, found)
        if in_engine or differences or is_spent:
            self._fail("the books of a trader were repaired")
        return len(differences) + len(at_venue) + len(in_engine)

    def _journal_differences(self, trader: Trader, recorded: Recorded, written: AccountState) -> Iterator[str]:
        held = {one.instrument_id: one.quantity for one in written.positions}
        cash = dict(written.cash)
        for row in recorded.cash:
            cash[row.currency] = EXACT.add(cash.get(row.currency, ZERO), row.amount)
        for name in {*held, *trader.account.ledger.positions}:
            there, here = held.get(name, ZERO), trader.account.ledger.quantity(name)
            if there != here:
                yield f"position in {name}: the journal has {there}, the ledger {here}"
        for currency in {*cash, *trader.account.cash}:
            there, here = cash.get(currency, ZERO), trader.account.cash.get(currency, ZERO)
            if there != here:
                yield f"{currency}: the journal has {there}, the ledger {here}"
        rows = {row.order_id: row.filled_quantity for row in recorded.working}
        mine = {row.order_id: row.filled_quantity for row in trader.account.orders.working()}
        for order_id in rows.keys() ^ mine.keys():
            yield f"order {order_id}: works in the {'journal' if order_id in rows else 'ledger'} alone"
        for order_id in rows.keys() & mine.keys():
            if rows[order_id] != mine[order_id]:
                yield f"order {order_id}: filled {rows[order_id]} in the journal, {mine[order_id]} in the ledger"

    def _venue_differences(self, trader: Trader) -> Iterator[str]:
        there = {row.order_id: row for row in self._core.venue.working(trader.account_id)}
        here = {row.order_id: row for row in trader.account.orders.working() if row.status != "submitted"}
        known = {row.order_id for row in trader.account.orders.working()}
        for order_id in (there.keys() - known) | (here.keys() - there.keys()):
            yield f"order {order_id}: works at {'the venue' if order_id in there else 'the ledger'} alone"
        for order_id in there.keys() & here.keys():
            one, other = there[order_id], here[order_id]
            if (one.filled_quantity, one.quantity) != (other.filled_quantity, other.quantity):
                yield (
                    f"order {order_id}: {one.filled_quantity} of {one.quantity} filled at the venue, "
                    f"{other.filled_quantity} of {other.quantity} in the ledger"
                )

    def _engine_differences(self, trader: Trader) -> Iterator[str]:
        expected: dict[tuple[str, str], Decimal] = {}
        for (name, instrument_id), net in trader.account.ledger.nets.items():
            carrier = name if (trader.user_id, name) in self._floor else DESK
            key = (carrier, instrument_id)
            expected[key] = expected.get(key, Decimal(0)) + net
        found = self._engine_nets(trader)
        for key in {*expected, *found}:
            there, here = found.get(key, Decimal(0)), expected.get(key, Decimal(0))
            if there != here:
                yield f"position of {key[0]} in {key[1]}: the engine has {there}, the ledger {here}"

    def _engine_nets(self, trader: Trader) -> dict[tuple[str, str], Decimal]:
        nets: dict[tuple[str, str], Decimal] = {}
        for (user_id, name), _ in self._floor:
            if user_id == trader.user_id:
                strategy_id = StrategyId(f"T-{tag_of(user_id, name)}")
                for position in self._floor.cache.positions_open(strategy_id=strategy_id):
                    quantity = position.quantity.as_decimal()
                    key = (name, str(position.instrument_id))
                    nets[key] = nets.get(key, Decimal(0)) + (quantity if position.is_long else -quantity)
        return nets

    def _rebuild(self, trader: Trader, recorded: Recorded, written: AccountState) -> None:
        rest = replace(recorded, fills=(), ended=self._journal.ended())
        kind, past = trader.account.kind, past_of(self._journal, rest, {trader.account_id: written})
        trader.account = self._core.accounts.rebuild(trader.account_id, trader.user_id, kind, rest, past)
        self._core.set_choices(trader, trader.choices)

    def _tell(self, trader: Trader, between: str, differences: list[str]) -> None:
        _repairs.labels(between).inc(len(differences))
        log.warning("books_differ", user_id=trader.user_id, between=between, differences=differences)
        detail = msgspec.json.encode({"between": between, "differences": differences}).decode()
        self._journal.write(AuditRow(actor="node", action="books.repair", target=trader.user_id, detail=detail))
        text = f"the books were repaired ({between}): {'; '.join(differences[:5])}"
        self._core.alerts.send(trader, "repair", "critical", text)
