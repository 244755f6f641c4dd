"""A bad line: loses, doubles, delays and corrupts messages as `[sim.faults]` says, the same for the same seed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal, override
from zlib import crc32

from prometheus_client import Counter

from actors.market import SECOND_NS, BarRow, BookRow, QuoteRow, TradeRow
from adapters.bars import ClosedRow
from adapters.corruption import corrupted
from adapters.dice import Dice
from adapters.line import Item, Line, TrueLine, kind_of
from adapters.mirror import Mirror
from adapters.outages import Outages, Span, spans_of
from config.faults import FaultKind, FaultsSection, MessageFault

FAULTS = Counter("whisperer_line_faults_total", "Faults made on purpose on a market's line", ["fault", "kind"])

MAX_WAITING = 200_000
"""Messages that a stall keeps; what comes beyond is lost."""
_OVERTAKEN_NS = 2 * SECOND_NS
"""A message waits no longer than this to be overtaken, market time."""

_FaultName = Literal["drop", "duplicate", "reorder", "corrupt"]


def line_of(section: FaultsSection, begin_ns: int) -> Line:
    """Return the line that a configuration wants, in a market that stands at `begin_ns`."""
    return TrueLine() if section == FaultsSection(seed=section.seed) else FaultLine(section, begin_ns)


class FaultLine(Line):
    """Its decisions hang on the seed and on what a message is, not on which others are sent.

    A message is first lost to a disconnect, dropped, corrupted or doubled, then overtaken, then held by a stall.
    """

    def __init__(self, section: FaultsSection, begin_ns: int) -> None:
        """Let it begin in a market that stands at `begin_ns` (UNIX ns)."""
        self._section = section
        self._dice = Dice(section.seed)
        self._questions = 0
        self.restart(begin_ns)

    @override
    def restart(self, ts: int) -> None:
        section = self._section
        self._now = ts
        self._faults = {
            name: _Chance(fault, ts)
            for name in ("drop", "duplicate", "reorder", "corrupt")
            if (fault := getattr(section, name)) != MessageFault()
        }
        self._stall = Outages(section.stall, ts, partial(self._dice.roll, "stall"))
        self._disconnect = Outages(section.disconnect, ts, partial(self._dice.roll, "disconnect"))
        self._is_stalled = self._is_down = False
        self._waiting: deque[Item] = deque()
        self._overtaken: list[_Overtaken] = []
        self._mirror = Mirror()

    @override
    def carry(self, item: Item) -> Sequence[Item]:
        kind = kind_of(item)
        arrived = self._move(item.ts)
        if isinstance(item, QuoteRow | BookRow):
            self._mirror.note(item)
        if self._is_down and kind in self._section.disconnect.kinds:
            FAULTS.labels("disconnect", kind).inc()
        else:
            for sent in self._spoiled(item, kind):
                arrived += self._held(sent)
        return arrived

    @override
    def due(self, ts: int) -> Sequence[Item]:
        return self._move(ts)

    @override
    def delay_s(self, instrument_id: str, interval: str) -> float | None:
        history = self._section.history
        self._questions += 1
        roll = self._dice.roll("question", instrument_id, interval, self._questions)
        if roll < history.fail:
            FAULTS.labels("fail", "history").inc()
            return None
        if roll < history.fail + history.late:
            FAULTS.labels("late", "history").inc()
            return history.late_s
        return 0.0

    @override
    def remembered(self, instrument_id: str, interval: str, rows: list[BarRow]) -> list[BarRow]:
        share, roll = self._section.history.forget, self._dice.roll
        if not share:
            return rows
        kept = [row for row in rows if roll("forget", instrument_id, interval, row.ts_open) >= share]
        FAULTS.labels("forget", "history").inc(len(rows) - len(kept))
        return kept

    def _move(self, ts: int) -> list[Item]:
        """Let market time reach `ts`; return what arrives by that."""
        now = self._now = max(ts, self._now)
        arrived: list[Item] = []
        was_down, self._is_down = self._is_down, self._disconnect.is_on(now)
        self._is_stalled = self._stall.is_on(now)
        if not self._is_stalled:
            arrived += self._waiting
            self._waiting.clear()
        for sent in self._caught_up(now):
            arrived += self._stalled(sent)
        if was_down and not self._is_down:
            for sent in self._anew(now):
                arrived += self._stalled(sent)
        return arrived

    def _anew(self, now: int) -> Iterable[Item]:
        kinds = self._section.disconnect.kinds
        if "quotes" in kinds:
            yield from self._mirror.quotes()
        if "book" in kinds:
            yield from self._mirror.books(now)

    def _spoiled(self, item: Item, kind: FaultKind) -> Sequence[Item]:
        if self._happens("drop", item, kind):
            return ()
        if self._happens("corrupt", item, kind):
            item = corrupted(item, self._roll("how", item, kind))
        return (item, item) if self._happens("duplicate", item, kind) else (item,)

    def _held(self, item: Item) -> Iterator[Item]:
        """Pass a message on, unless the next ones overtake it; yield what arrives."""
        kind = kind_of(item)
        for other in self._overtaken:
            other.left -= 1
        if self._happens("reorder", item, kind):
            self._overtaken.append(_Overtaken(item, self._now, 1 + int(3 * self._roll("by", item, kind))))
        else:
            yield from self._stalled(item)
        for sent in self._caught_up(self._now):
            yield from self._stalled(sent)

    def _caught_up(self, now: int) -> list[Item]:
        if not self._overtaken:
            return []
        ready = [one for one in self._overtaken if one.left <= 0 or now - one.since > _OVERTAKEN_NS]
        self._overtaken = [one for one in self._overtaken if one not in ready]
        return [one.item for one in ready]

    def _stalled(self, item: Item) -> Sequence[Item]:
        kind = kind_of(item)
        if not (self._is_stalled and kind in self._section.stall.kinds):
            return (item,)
        if len(self._waiting) >= MAX_WAITING:
            FAULTS.labels("drop", kind).inc()
        else:
            FAULTS.labels("stall", kind).inc()
            self._waiting.append(item)
        return ()

    def _happens(self, name: _FaultName, item: Item, kind: FaultKind) -> bool:
        fault = self._faults.get(name)
        if fault is None or not fault.hits(kind, self._now, lambda: self._roll(name, item, kind)):
            return False
        FAULTS.labels(name, kind).inc()
        return True

    def _roll(self, name: str, item: Item, kind: FaultKind) -> float:
        return self._dice.roll(name, item.instrument_id, kind, item.ts, _number(item))


class _Chance:
    """One fault of messages: by chance, or by a schedule."""

    def __init__(self, fault: MessageFault, begin_ns: int) -> None:
        self._probability = fault.probability
        self._kinds = frozenset(fault.kinds)
        self._spans: tuple[Span, ...] = spans_of(fault.schedule, begin_ns)

    def hits(self, kind: FaultKind, ts: int, roll: Callable[[], float]) -> bool:
        if kind not in self._kinds:
            return False
        return any(begin <= ts < end for begin, end in self._spans) or roll() < self._probability


class _Overtaken:
    """A message that others overtake."""

    def __init__(self, item: Item, since: int, left: int) -> None:
        self.item = item
        self.since = since
        self.left = left
        """How many have still to pass."""


def _number(item: Item) -> int:
    """Return what tells messages of one instrument, kind and time apart."""
    if isinstance(item, ClosedRow):
        return item.interval.duration_ns
    if isinstance(item, TradeRow):
        return crc32(item.trade_id.encode())
    return item.sequence if isinstance(item, BookRow) else 0
