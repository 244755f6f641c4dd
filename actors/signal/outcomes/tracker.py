"""Open predictions of one stream, bar by bar, until the market has decided about them."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from actors.market import BarRow, Interval
from actors.ports.analyses import OpenAnalysis, Resolved
from actors.signal.training.labels import Touch, exit_price, touch

GRACE = 10
"""Bars beyond the horizon within which missing ones may still be filled in."""


class _Watched:
    """One open analysis and how far the market has gone since."""

    def __init__(self, analysis: OpenAnalysis, interval: Interval) -> None:
        self.analysis = analysis
        self.next = analysis.ts_event
        """Open time of the bar that comes next."""
        self.seen = 0
        self.deadline = analysis.ts_event + (analysis.targets.horizon + GRACE) * interval.duration_ns

    def take(self, row: BarRow, price: float, interval: Interval) -> Touch | None:
        """Look at the bar that comes next; return how it ended, or None while that is open."""
        targets = self.analysis.targets
        self.seen += 1
        self.next = interval.close(row.ts_open)
        one = ((row.high / price,), (row.low / price,), (row.close / price,))
        found = touch((targets.upper, targets.lower), *one, 1)
        if found is None or (found.outcome == "time" and self.seen < targets.horizon):
            return None
        return Touch(found.outcome, self.seen, found.close)


class Tracker:
    """Owns what is open of one instrument and interval.

    A prediction is decided by the bars that follow its own without a hole. One that meets a hole waits for the bars
    to be filled in, `GRACE` bars longer than its horizon; then it is unresolved for good.
    """

    def __init__(self, instrument_id: str, interval: Interval, price_precision: int, fee: float) -> None:
        """Start with nothing open.

        Args:
            instrument_id: Whose bars these are.
            interval: Their interval.
            price_precision: Decimal places of the prices of rows.
            fee: Share of the notional that each of two trades costs.
        """
        self.instrument_id = instrument_id
        self.interval = interval
        self._price = 10.0**price_precision
        self._fee = fee
        self._open: dict[int, _Watched] = {}

    def __len__(self) -> int:
        return len(self._open)

    def watch(self, analyses: Iterable[OpenAnalysis]) -> None:
        """Wait for the outcome of more; those that are watched already stay as they are."""
        for analysis in analyses:
            if analysis.ts_bar not in self._open:
                self._open[analysis.ts_bar] = _Watched(analysis, self.interval)

    def close(self, row: BarRow) -> list[tuple[OpenAnalysis, Resolved]]:
        """Take the next closed bar; return what it has decided."""
        found: list[tuple[OpenAnalysis, Resolved]] = []
        for watched in self._open.values():
            if row.ts_open == watched.next:
                ended = watched.take(row, self._price, self.interval)
                if ended is not None:
                    found.append((watched.analysis, self._resolved(watched, ended)))
            elif row.ts_open >= watched.deadline:
                found.append((watched.analysis, self._lost(watched)))
        self._forget(found)
        return found

    def settle(self, rows: Sequence[BarRow]) -> list[tuple[OpenAnalysis, Resolved]]:
        """Look at all bars of a history at once, oldest first: some may have been filled in since."""
        found: list[tuple[OpenAnalysis, Resolved]] = []
        for watched in self._open.values():
            ended = self._walk(watched, rows)
            if ended is not None:
                found.append((watched.analysis, self._resolved(watched, ended)))
            elif rows and rows[-1].ts_open >= watched.deadline:
                found.append((watched.analysis, self._lost(watched)))
        self._forget(found)
        return found

    @property
    def oldest(self) -> int | None:
        """Open time of the bar that the longest waiting one needs next; None when nothing is open."""
        return min((watched.next for watched in self._open.values()), default=None)

    def _walk(self, watched: _Watched, rows: Sequence[BarRow]) -> Touch | None:
        at = bisect_left(rows, watched.next, key=lambda row: row.ts_open)
        while at < len(rows) and rows[at].ts_open == watched.next:
            ended = watched.take(rows[at], self._price, self.interval)
            if ended is not None:
                return ended
            at += 1
        return None

    def _forget(self, found: list[tuple[OpenAnalysis, Resolved]]) -> None:
        for analysis, _ in found:
            del self._open[analysis.ts_bar]

    def _resolved(self, watched: _Watched, ended: Touch) -> Resolved:
        analysis, targets = watched.analysis, watched.analysis.targets
        is_up = ended.close > analysis.close if ended.outcome == "time" else ended.outcome == "up"
        prices = (targets.upper, targets.lower)
        gains = [
            exit_price(ended.outcome, prices, ended.close, is_long=is_long) / analysis.close
            for is_long in (True, False)
        ]
        return Resolved(
            instrument_id=self.instrument_id,
            interval=self.interval.name,
            ts_bar=analysis.ts_bar,
            outcome=ended.outcome,
            label=int(is_up),
            bars=ended.bars,
            ts_outcome=watched.next,
            long_return=gains[0] - 1.0 - self._fee * (1.0 + gains[0]),
            short_return=1.0 - gains[1] - self._fee * (1.0 + gains[1]),
        )

    def _lost(self, watched: _Watched) -> Resolved:
        return Resolved(
            instrument_id=self.instrument_id,
            interval=self.interval.name,
            ts_bar=watched.analysis.ts_bar,
            outcome="unresolved",
            ts_outcome=watched.deadline,
            reason=f"bars are missing from {watched.next // 1_000_000} on",
        )
