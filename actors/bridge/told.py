"""What every user has been told of the own account: snapshots show that, and nothing that is not on the disk yet."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from actors.orders import BalanceRow, OrderRow, PositionRow
from actors.ports import Traders


class _Account:
    """What one user knows."""

    def __init__(self, traders: Traders, user_id: str) -> None:
        self.orders = {row.order_id: row for row in traders.working(user_id)}
        self.positions = {row.instrument_id: row for row in traders.positions(user_id)}
        self.balances = {row.currency: row for row in traders.balances(user_id)}


class Watch:
    """What becomes of one order, for somebody who waits for it."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._row: OrderRow | None = None
        self._changed = asyncio.Event()

    def note(self, row: OrderRow) -> None:
        """Note the order's new state."""
        self._row = row
        self._changed.set()

    async def until(self, is_enough: Callable[[OrderRow], bool], timeout_s: float) -> OrderRow | None:
        """Return the first state that is enough, or the newest one when time is up; None: nothing was told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._row is None or not is_enough(self._row):
                    self._changed.clear()
                    await self._changed.wait()
        return self._row


class Told:
    """Working orders, open positions and balances by user, as of the last word; lives as long as the process."""

    def __init__(self) -> None:
        """Start with nobody; an account begins as the traders have it, with `begin`."""
        self._accounts: dict[str, _Account] = {}
        self._watches: dict[str, list[Watch]] = {}

    def begin(self, traders: Traders, user_id: str) -> None:
        """Begin with a user's account as the traders have it: now, while all of that is on the disk."""
        self._accounts[user_id] = _Account(traders, user_id)

    def orders(self, traders: Traders, user_id: str) -> Sequence[OrderRow]:
        """Return the working orders, oldest first."""
        return sorted(self._of(traders, user_id).orders.values(), key=lambda row: (row.ts_created, row.order_id))

    def positions(self, traders: Traders, user_id: str) -> Sequence[PositionRow]:
        """Return the open positions."""
        return list(self._of(traders, user_id).positions.values())

    def fresh_positions(self, traders: Traders, user_id: str) -> Sequence[PositionRow]:
        """Return the open positions at the prices of now; of one that has just changed what was told last."""
        found = {row.instrument_id: row for row in traders.positions(user_id)}
        told = self.positions(traders, user_id)
        return [_fresher(found.get(row.instrument_id), row) for row in told]

    def balances(self, traders: Traders, user_id: str) -> Sequence[BalanceRow]:
        """Return all balances."""
        return list(self._of(traders, user_id).balances.values())

    def note_order(self, traders: Traders, row: OrderRow) -> None:
        """Note an order's new state; one that has ended is forgotten."""
        kept = self._of(traders, row.user_id).orders
        if row.is_working:
            kept[row.order_id] = row
        else:
            kept.pop(row.order_id, None)
        for watch in self._watches.get(row.order_id, ()):
            watch.note(row)

    @contextmanager
    def watching(self, order_id: str) -> Iterator[Watch]:
        """Watch an order, by our id, for the length of the block."""
        watch = Watch()
        self._watches.setdefault(order_id, []).append(watch)
        try:
            yield watch
        finally:
            self._watches[order_id].remove(watch)
            if not self._watches[order_id]:
                del self._watches[order_id]

    def note_position(self, traders: Traders, row: PositionRow) -> None:
        """Note a position's new state; a flat one is forgotten."""
        kept = self._of(traders, row.user_id).positions
        if row.quantity:
            kept[row.instrument_id] = row
        else:
            kept.pop(row.instrument_id, None)

    def note_balance(self, traders: Traders, row: BalanceRow) -> None:
        """Note a balance's new state."""
        self._of(traders, row.user_id).balances[row.currency] = row

    def forget(self, user_id: str | None = None) -> None:
        """Begin anew with a user, or with everybody: after a reset of the books."""
        if user_id is None:
            self._accounts.clear()
        else:
            self._accounts.pop(user_id, None)

    def _of(self, traders: Traders, user_id: str) -> _Account:
        account = self._accounts.get(user_id)
        if account is None:
            account = self._accounts[user_id] = _Account(traders, user_id)
        return account


def _fresher(found: PositionRow | None, told: PositionRow) -> PositionRow:
    return told if found is None or _books(found) != _books(told) else found


def _books(row: PositionRow) -> tuple[object, ...]:
    """Return what of a position is in the books: only that must be on the disk before it is told."""
    return row.quantity, row.cost, row.realized_pnl, row.fees, row.funding
