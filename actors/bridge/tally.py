"""Sums over all fills of a user, brought up to date by reading only those that are new."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from actors.orders import FillRow
from actors.ports import Span, Traders

_PAGE = 1_000


class Tally:
    """What a user's fills add up to."""

    def __init__(self) -> None:
        """Start with none."""
        self.count = 0
        self.by_instrument: Counter[str] = Counter()
        self.won = 0
        """Fills that realized a profit, before fees."""
        self.lost = 0
        self.profit = Decimal(0)
        """Of those that won."""
        self.loss = Decimal(0)
        """Of those that lost, positive."""
        self.best = Decimal(0)
        self.worst = Decimal(0)
        self.fees = Decimal(0)
        self.newest: tuple[str, str, str] | None = None
        """Key of the newest fill that counts."""

    def add(self, fill: FillRow) -> None:
        """Count one more fill."""
        gained = fill.realized_pnl
        self.count += 1
        self.by_instrument[fill.instrument_id] += 1
        self.won += gained > 0
        self.lost += gained < 0
        self.profit += max(gained, Decimal(0))
        self.loss -= min(gained, Decimal(0))
        self.best, self.worst = max(self.best, gained), min(self.worst, gained)
        self.fees += fill.fee
        self.newest = key_of(fill)


class Tallies:
    """The tallies of all users; lives as long as the process."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._tallies: dict[str, Tally] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, traders: Traders, user_id: str) -> Tally:
        """Return a user's tally as of now.

        Raises:
            NotFoundError: If the user has no trader.
        """
        traders.trader(user_id)
        async with self._locks.setdefault(user_id, asyncio.Lock()):
            tally = self._tallies.get(user_id, Tally())
            missed, is_continued = await _since(traders, user_id, tally.newest)
            if not is_continued:  # the books are others now
                tally = Tally()
            for fill in missed:
                tally.add(fill)
            self._tallies[user_id] = tally
            return tally


def key_of(fill: FillRow) -> tuple[str, str, str]:
    """Return what tells a user's fill from all others."""
    return fill.instrument_id, fill.fill_id, fill.order_id


async def _since(traders: Traders, user_id: str, newest: tuple[str, str, str] | None) -> tuple[Sequence[FillRow], bool]:
    """Return the fills after one, oldest first, and whether that one was found; all of them when it was not."""
    found: list[FillRow] = []
    before: int | None = None
    while True:
        page = await traders.fills(user_id, Span(limit=_PAGE, before=before))
        for fill in page.rows:
            if key_of(fill) == newest:
                return found[::-1], True
            found.append(fill)
        if page.next is None:
            return found[::-1], newest is None
        before = page.next
