"""Chances of winning that orders were given: the newest of each caller, in memory."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from actors.screening.candidate import NAMES
from actors.screening.verdict import Recommendation, Verdict

PER_OWNER = 10_000
"""Predictions kept of one caller: a day of 32 orders every five minutes."""
ALL = 20_000
"""Of all callers together; above it the oldest of whoever has most goes."""


class Confidence(Struct, frozen=True, gc=False):
    """One prediction; an abstention is none."""

    ts_ms: int
    """Market time, UNIX milliseconds."""
    instrument_id: str
    strategy: str
    """As the threshold table writes it."""
    probability: float
    """Of winning, 0..1."""
    threshold: float
    recommendation: Recommendation

    @property
    def confidence(self) -> float:
        """2 |p - 0.5|, as of flat answers."""
        return abs(self.probability - 0.5) * 2.0


def confidences_of(verdicts: Iterable[Verdict]) -> list[Confidence]:
    """Return the predictions among verdicts, in their order."""
    return [
        Confidence(
            ts_ms=one.ts // 1_000_000,
            instrument_id=one.snapshot.instrument_id,
            strategy=NAMES[one.candidate.kind],
            probability=one.probability,
            threshold=one.threshold,
            recommendation=one.recommendation,
        )
        for one in verdicts
        if one.probability is not None and one.snapshot is not None
    ]


class _Kept:
    """Predictions of one caller, oldest first."""

    __slots__ = ("lost_ms", "rows")

    def __init__(self) -> None:
        self.rows: deque[Confidence] = deque()
        self.lost_ms = -1
        """Market time of the newest one that was dropped."""

    def drop(self) -> None:
        self.lost_ms = max(self.lost_ms, self.rows.popleft().ts_ms)


class Confidences:
    """Owner of what callers were told; nobody reads another's."""

    def __init__(self, per_owner: int = PER_OWNER, most: int = ALL) -> None:
        """Start empty."""
        self._per_owner, self._most = per_owner, most
        self._kept: dict[str, _Kept] = {}
        self._count = 0
        self.known_from_ms = 0
        """Market time from which on all are known; what an earlier process was asked may be forgotten."""
        self.listener: Callable[[str, Sequence[Confidence]], None] | None = None
        """Told of each caller's new predictions."""

    def __len__(self) -> int:
        return self._count

    def note(self, owner: str, verdicts: Iterable[Verdict]) -> None:
        """Keep what a caller was told."""
        found = confidences_of(verdicts)
        if found:
            self.keep(owner, found)
            if self.listener is not None:
                self.listener(owner, found)

    def keep(self, owner: str, found: Iterable[Confidence]) -> None:
        """Keep predictions, oldest first, and tell nobody."""
        kept = self._kept.setdefault(owner, _Kept())
        for one in found:
            kept.rows.append(one)
            self._count += 1
            if len(kept.rows) > self._per_owner:
                self._drop(kept)
            elif self._count > self._most:
                self._drop(max(self._kept.values(), key=lambda other: len(other.rows)))

    def between(self, owner: str, first_ms: int, last_ms: int) -> list[Confidence]:
        """Return what a caller was told from `first_ms` to `last_ms` of market time, oldest first."""
        kept = self._kept.get(owner)
        return [] if kept is None else [one for one in kept.rows if first_ms <= one.ts_ms <= last_ms]

    def is_complete(self, owner: str, first_ms: int) -> bool:
        """Return whether everything since then is there."""
        kept = self._kept.get(owner)
        return self.known_from_ms <= first_ms and (kept is None or kept.lost_ms < first_ms)

    def _drop(self, kept: _Kept) -> None:
        kept.drop()
        self._count -= 1
