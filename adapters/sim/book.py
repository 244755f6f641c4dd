"""The limit order book of one simulated instrument: a pure function of market time, step by step or whole."""

from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Literal, NamedTuple

from actors.market import MINUTE_NS, BookRow, Level
from adapters.sim.grid import Grid
from adapters.sim.noise import Noise
from adapters.sim.recent import Recent
from adapters.sim.slots import Slot
from adapters.sim.ticks import Ticks
from adapters.sim.turnover import CLASSES, Turn, Turnover

LEVELS = 60
"""Cells of the grid that a side reaches over at least; a few of them are empty."""
_REACH = 16
"""The far end of a side moves by so many cells at once."""
_TURNS_A_MINUTE = 240
_SLOTS = 4
"""Whose steps are kept: those that the readings of one second meet."""
_LEAST_TURNS = 2
_TYPICAL = 4.0
"""Typical size at rest near the touch, in typical trades."""

StepKind = Literal["quote", "trade", "turn"]


class Side(NamedTuple):
    """What rests on one side: at the touch, next to it, and from there on in the cells of the grid."""

    touch: int
    touch_size: int
    next: int
    next_size: int
    low: int
    high: int
    """First and last of the cells, numbered by price."""


class Step(NamedTuple):
    """One change of a book before it is computed."""

    ts: int
    kind: StepKind
    slot: int
    """Number of the slot since 1970."""
    turns: int
    """How many turns have been taken before."""


class Book:
    """At least fifty levels a side, but for bids of a price that has not so many prices below it.

    A slot's quote moves the touch, its trade takes from it, and in between it is the turn of some prices away from the
    two best: what rests there changes, comes or goes. Every step changes something, so the number of steps since the
    market's begin is the sequence.
    """

    def __init__(self, seed: int, ticks: Ticks, begin_minute: int) -> None:
        """Prepare the book around `ticks` that has taken no step at `begin_minute`."""
        spec = ticks.spec
        self._name, self._number, self._typical = spec.instrument.instrument_id, spec.number, spec.trade_size
        self._ticks = ticks
        self._grid: Grid = ticks.grid
        self._starts = [start // 1_000 * 1_000 for start in ticks.slot_starts().tolist()]
        self._exact_starts: list[int] = ticks.slot_starts().tolist()
        self._lengths: list[int] = ticks.slot_lengths().tolist()
        self._turns = max(_LEAST_TURNS, _TURNS_A_MINUTE // len(self._starts))
        self._first = begin_minute * len(self._starts)
        self._turnover = Turnover(Noise(seed, f"{self._name}:book"), self._grid, self._resting)
        self._rows = Recent(self._make_rows, _SLOTS)

    def steps(self, start_ns: int, end_ns: int) -> list[BookRow]:
        """Return the steps with start <= ts < end, in time order; those of one time belong in this order."""
        slots = range(self._begun(start_ns), self._begun(end_ns) + 1)
        return [row for slot in slots for row in self._rows[slot] if start_ns <= row.ts < end_ns]

    def at(self, ts: int) -> BookRow:
        """Return the whole book as every step before `ts` (UNIX ns) has left it."""
        slot = self._begun(ts)
        done = [step for step in self._schedule(slot) if step.ts < ts]
        kinds = [step.kind for step in done]
        is_quoted = "quote" in kinds
        bids, asks = self._sides(slot if is_quoted else slot - 1, is_traded=not is_quoted or "trade" in kinds)
        turns = slot * self._turns + kinds.count("turn")
        return BookRow(
            self._name,
            (done or self._schedule(slot - 1))[-1].ts,
            (slot - self._first) * (self._turns + 2) + len(done),
            tuple(self._levels(bids, turns))[::-1],
            tuple(self._levels(asks, turns)),
            is_snapshot=True,
        )

    def _begun(self, ts: int) -> int:
        """Return the newest slot of which a step may be before `ts`."""
        minute = ts // MINUTE_NS
        return minute * len(self._starts) + bisect_left(self._starts, ts - minute * MINUTE_NS - self._number) - 1

    def _make_rows(self, slot: int) -> list[BookRow]:
        """Walk through a slot from the book that the slot before has left."""
        bids, asks = self._sides(slot - 1, is_traded=True)
        done = (slot - self._first) * (self._turns + 2)
        rows = []
        for sequence, step in enumerate(self._schedule(slot), done + 1):
            if step.kind == "turn":
                turn = self._turnover.turn(step.turns)
                changes = self._turned(bids, turn), self._turned(asks, turn)
            else:
                is_trade = step.kind == "trade"
                change = _taken if is_trade else partial(self._changed, step.turns)
                before, (bids, asks) = (bids, asks), self._sides(slot, is_traded=is_trade)
                changes = change(before[0], bids), change(before[1], asks)
            rows.append(BookRow(self._name, step.ts, sequence, *changes))
        return rows

    def _schedule(self, slot: int) -> list[Step]:
        """Return the steps of a slot in the order of time."""
        minute, at = divmod(slot, len(self._starts))
        begin, length = minute * MINUTE_NS + self._exact_starts[at], self._lengths[at]
        quoted, turn = self._slot(slot), slot * self._turns
        found = [(quoted.quote_ts, 0), (quoted.trade_ts, 1)]
        for count in range(self._turns):
            place = 1_024 * count + self._turnover.turn(turn + count).jitter
            ts = begin + length * place // (1_024 * self._turns)
            found.append((ts - ts % 1_000 + self._number, 2))
        steps = []
        for ts, kind in sorted(found):
            steps.append(Step(ts, _KINDS[kind], slot, turn))
            turn += kind == _TURN
        return steps

    def _sides(self, number: int, *, is_traded: bool) -> tuple[Side, Side]:
        """Return what rests in a slot, before or after its trade."""
        slot, grid = self._slot(number), self._grid
        bid_size, ask_size = (slot.bid_left, slot.ask_left) if is_traded else (slot.bid_size, slot.ask_size)
        below, above = grid.below(slot.bid), grid.above(slot.ask)
        low = max(1, (below - LEVELS) // _REACH * _REACH)
        high = ((above + LEVELS) // _REACH + 1) * _REACH
        return (
            Side(slot.bid, bid_size, slot.bid_next, slot.bid_next_size, low, max(low, below) - 1),
            Side(slot.ask, ask_size, slot.ask_next, slot.ask_next_size, above + 1, high),
        )

    def _slot(self, number: int) -> Slot:
        minute, at = divmod(number, len(self._starts))
        return self._ticks.slots(minute)[at]

    def _resting(self, turn: int) -> tuple[int, float]:
        """Return twice the mid price that was known at a turn, and how much rested near it typically."""
        slot = self._slot(turn // self._turns - 1)
        return slot.bid + slot.ask, _TYPICAL * self._typical / slot.thinness

    def _levels(self, side: Side, turns: int) -> Iterator[Level]:
        """Yield the levels of a side, lowest price first."""
        own = [(price, size) for price, size in (side[:2], side[2:4]) if price and size]
        far = ((self._grid.price(cell), self._turnover.size(cell, turns)) for cell in range(side.low, side.high + 1))
        return iter(sorted(chain(own, (level for level in far if level[1]))))

    def _turned(self, side: Side, turn: Turn) -> tuple[Level, ...]:
        """Return the levels of a side that change when a turn is taken."""
        cells = range(side.low + (turn.cells - side.low) % CLASSES, side.high + 1, CLASSES)
        return tuple([(self._grid.price(cell), self._turnover.size_from(cell, turn)) for cell in cells])

    def _changed(self, turns: int, old: Side, new: Side) -> tuple[Level, ...]:
        """Return the levels that differ between two states of a side with no turn between them."""
        found = {}
        for cell in _apart(old, new):
            size = self._turnover.size(cell, turns)
            if size:
                found[self._grid.price(cell)] = size if new.low <= cell <= new.high else 0
        for price in {old.touch, old.next, new.touch, new.next} - {0}:
            before, after = self._size_at(old, price, turns), self._size_at(new, price, turns)
            if before != after:
                found[price] = after
            else:
                found.pop(price, None)
        return tuple(sorted(found.items()))

    def _size_at(self, side: Side, price: int, turns: int) -> int:
        if price == side.touch:
            return side.touch_size
        if price == side.next:
            return side.next_size
        cell = price // self._grid.width
        is_level = side.low <= cell <= side.high and self._grid.price(cell) == price
        return self._turnover.size(cell, turns) if is_level else 0


_KINDS: tuple[StepKind, ...] = ("quote", "trade", "turn")
_TURN = _KINDS.index("turn")


def _taken(old: Side, new: Side) -> tuple[Level, ...]:
    """Return what a trade has changed on a side."""
    return ((new.touch, new.touch_size),) if new.touch_size < old.touch_size else ()


def _apart(old: Side, new: Side) -> Iterator[int]:
    """Yield the cells that one of two sides reaches over and the other does not."""
    if old.high < new.low or new.high < old.low:
        return chain(range(old.low, old.high + 1), range(new.low, new.high + 1))
    ends = sorted((old.low, new.low)), sorted((old.high + 1, new.high + 1))
    return chain.from_iterable(range(*pair) for pair in ends)
