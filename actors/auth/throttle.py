"""Slows down whoever tries passwords or codes, and nobody else: what is counted is always bound to where it comes from.

Failures of a name from one place: some are free, then each doubles the wait. Failures of a place whatever the name:
so many in a quarter of an hour, and never counted for, or held against, a name that signed in from there lately.
No password is counted by name alone: a stranger elsewhere would lock its owner out. Codes are, since there are only a
million of them, but that is held against places only where the name never signed in.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import override

from msgspec.structs import replace
from prometheus_client import Counter

from actors.ports.person_rows import ThrottleRow
from actors.sites import site_of
from config.errors import RateLimitedError

PER_NAME = 20
"""Wrong codes of a name in 15 minutes, from wherever they come."""
MAX_KEYS = 20_000
"""Names at places, and places, that are remembered; whoever was not heard of the longest is forgotten first."""
CAP_MS = 15 * 60_000
"""The longest wait, and the window of a place."""
QUIET_MS = 60 * 60_000
"""Failures of a name at a place are forgotten when so long none came."""
DAY_MS = 24 * 3_600_000
KNOWN_MS = 30 * DAY_MS
"""So long a name that signed in from a place is known there."""
BUSY_S = 1.0
WRITTEN_EACH = 10
"""Failures of a place are written at every tenth: a flood of names must not fill the disk."""

_refused = Counter(
    "whisperer_sign_in_throttled", "Tries of passwords or codes sent away unseen after too many failures"
)


class Throttle:
    """Counts failures; rows that are returned must be written, so that a restart forgives nobody."""

    def __init__(
        self,
        *,
        free: int,
        per_address: int,
        rows: Iterable[ThrottleRow],
        now_ms: Callable[[], int],
        max_keys: int = MAX_KEYS,
    ) -> None:
        """Take what was kept.

        Args:
            free: Failures of a name at a place before waiting begins.
            per_address: Failures of a place in 15 minutes.
            rows: As kept.
            now_ms: Returns UNIX milliseconds.
            max_keys: How many keys of each kind are remembered.
        """
        self._free = free
        self._per_address = per_address
        self._now_ms = now_ms
        self._failing = _Newest(max_keys)
        self._known = _Newest(max_keys)
        """Names at places that signed in: no flood of failures pushes them out."""
        self._totals = _Newest(max_keys)
        """Of places, and of names whose codes are tried."""
        self._trying: dict[str, int] = {}
        """Attempts by key whose outcome is not known yet: as many at once as might fail."""
        for row in sorted(rows, key=lambda row: max(row.until_ms, row.good_ms or 0)):
            self._keep(row)

    def attempt(self, name: str, address: str, *, is_code: bool = False) -> "Attempt":
        """Begin an attempt; use it with `with`, and tell it how it ended before the block ends.

        Args:
            name: What is tried: an email in any case, or for example `totp:<user id>`.
            address: Where from; empty: from this computer, of which no total is kept.
            is_code: Whether it is a short code, which many places together could guess.

        Raises:
            RateLimitedError: If there were too many failures; says when to come again.
        """
        pair, *totals = _keys(name, address, is_code=is_code)
        now_ms = self._now_ms()
        is_known = _is_known(self._row(pair, now_ms), now_ms)
        keys = (pair,) if is_known else (pair, *totals)
        for key in keys:
            self._refuse(key, now_ms)
        for key in keys:
            self._trying[key] = self._trying.get(key, 0) + 1
        return Attempt(self, keys)

    def failed(self, keys: tuple[str, ...]) -> tuple[ThrottleRow, ...]:
        """Count a failure; called by an attempt."""
        now_ms = self._now_ms()
        rows = []
        for key in keys:
            row = self._row(key, now_ms)
            failures = row.failures + 1
            first_ms = row.first_ms if row.failures else now_ms
            until_ms = self._until(key, failures, first_ms, now_ms)
            row = replace(row, failures=failures, first_ms=first_ms, until_ms=until_ms)
            self._keep(row)
            if self._is_written(row):
                rows.append(row)
        return tuple(rows)

    def succeeded(self, keys: tuple[str, ...]) -> tuple[ThrottleRow, ...]:
        """Forget the failures of a name at a place and know it there; called by an attempt."""
        now_ms = self._now_ms()
        before = self._row(keys[0], now_ms)
        if not before.failures and before.good_ms is not None and now_ms - before.good_ms < DAY_MS:
            return ()
        row = ThrottleRow(key=keys[0], failures=0, first_ms=now_ms, until_ms=now_ms, good_ms=now_ms)
        self._keep(row)
        return (row,)

    def ended(self, keys: tuple[str, ...]) -> None:
        """Note that an attempt is over; called by an attempt."""
        for key in keys:
            self._trying[key] -= 1
            if not self._trying[key]:
                del self._trying[key]

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._failing) + len(self._known) + len(self._totals)

    def _refuse(self, key: str, now_ms: int) -> None:
        row = self._row(key, now_ms)
        if row.failures >= self._limit(key) and row.until_ms > now_ms:  # a clock that was put back is no failure
            raise _too_many((row.until_ms - now_ms) / 1_000)
        trying = self._trying.get(key, 0)
        if trying and row.failures + trying >= self._limit(
            key
        ):  # one after the other, or many at once would all be free
            raise _too_many(BUSY_S)

    def _limit(self, key: str) -> int:
        if key.startswith(_PLACE):
            return self._per_address
        return PER_NAME if key.startswith(_NAME) else self._free

    def _until(self, key: str, failures: int, first_ms: int, now_ms: int) -> int:
        beyond = failures - self._limit(key)
        if beyond < 0:
            return now_ms
        if _is_total(key):
            return first_ms + CAP_MS
        return now_ms + min(CAP_MS, 1_000 << min(beyond, 20))

    def _is_written(self, row: ThrottleRow) -> bool:
        if row.failures >= self._limit(row.key) or row.good_ms is not None:
            return True
        return _is_total(row.key) and row.failures % WRITTEN_EACH == 0

    def _row(self, key: str, now_ms: int) -> ThrottleRow:
        """Return a key's row as it counts now: old failures are forgotten, a clock that was put back holds nobody."""
        row = self._shelf(key).get(key) or self._known.get(key)
        if row is None:
            return ThrottleRow(key=key, failures=0, first_ms=now_ms, until_ms=now_ms)
        is_future = row.until_ms > now_ms + CAP_MS or row.first_ms > now_ms
        if is_future:
            row = replace(row, first_ms=min(row.first_ms, now_ms), until_ms=min(row.until_ms, now_ms + CAP_MS))
            self._keep(row)
        is_over = now_ms >= row.first_ms + CAP_MS if _is_total(key) else now_ms >= row.until_ms + QUIET_MS
        return replace(row, failures=0, first_ms=now_ms, until_ms=now_ms) if is_over else row

    def _keep(self, row: ThrottleRow) -> None:
        if row.good_ms is None:
            self._shelf(row.key).put(row)
        else:
            self._failing.drop(row.key)
            self._known.put(row)

    def _shelf(self, key: str) -> "_Newest":
        return self._totals if _is_total(key) else self._failing


class Attempt(AbstractContextManager["Attempt"]):
    """One attempt to sign in, until its outcome is told."""

    def __init__(self, throttle: Throttle, keys: tuple[str, ...]) -> None:
        self._throttle = throttle
        self._keys = keys

    def failed(self) -> tuple[ThrottleRow, ...]:
        """Count it as a failure; return the rows to write."""
        return self._throttle.failed(self._keys)

    def succeeded(self) -> tuple[ThrottleRow, ...]:
        """Count it as a success: the name is known at this place now; return the rows to write."""
        return self._throttle.succeeded(self._keys)

    @override
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._throttle.ended(self._keys)


class _Newest:
    """Rows by key; of more than so many the one that was put longest ago goes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: OrderedDict[str, ThrottleRow] = OrderedDict()

    def get(self, key: str) -> ThrottleRow | None:
        return self._rows.get(key)

    def put(self, row: ThrottleRow) -> None:
        self._rows[row.key] = row
        self._rows.move_to_end(row.key)
        while len(self._rows) > self._limit:
            self._rows.popitem(last=False)

    def drop(self, key: str) -> None:
        self._rows.pop(key, None)

    def __len__(self) -> int:
        return len(self._rows)


_PAIR, _PLACE, _NAME = "pair:", "address:", "name:"


def _keys(name: str, address: str, *, is_code: bool) -> tuple[str, ...]:
    """Return what an attempt is counted under: the name at the place first, then totals."""
    site, plain = site_of(address) if address else "", name.strip().casefold()
    keys = [_PAIR + _digest(f"{plain}\0{site}")]
    if site:
        keys.append(_PLACE + site)
    if is_code:
        keys.append(_NAME + _digest(plain))
    return tuple(keys)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _is_total(key: str) -> bool:
    return not key.startswith(_PAIR)


def _is_known(row: ThrottleRow, now_ms: int) -> bool:
    return row.good_ms is not None and now_ms - row.good_ms < KNOWN_MS


def _too_many(wait_s: float) -> RateLimitedError:
    _refused.inc()
    return RateLimitedError("too many failures: wait before the next try", retry_after_s=max(wait_s, 0.001))
