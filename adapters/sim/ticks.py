"""The quotes and trades of one instrument, hour by hour, around the path of its price."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from actors.market import HOUR_NS, MINUTE_NS, SECOND_NS, QuoteRow, TradeRow
from adapters.sim.columns import Columns
from adapters.sim.grid import Grid
from adapters.sim.instruments import Spec
from adapters.sim.noise import NORMALS, Noise, bits_of, pick
from adapters.sim.path import MINUTES, Path, folded
from adapters.sim.recent import Recent

HOUR_MINUTES = 60
DAY_HOURS = 24

_SIZES = np.exp(NORMALS)
_BASIS_BACK = 120
_BASIS_MEAN = 0.0001
_BASIS_SPREAD = 0.0002
_AGAINST = 5
"""Of sixteen trades so many go against the last move of the price."""
_TOUCH = 3.0
"""Typical size that rests at the touch beyond the trade to come, in typical trades, when the market is calm."""
_EXHAUSTED = 48
"""Of 256 trades so many might take all that rests at the touch."""
_NEXT = 1.5
"""How much more rests at the level next to it."""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_ALL = slice(None)
_ID_SLOTS = 1_000
_ID_INSTRUMENTS = 1_000


class Slot(NamedTuple):
    """One quote and the trade that hits it, in exact units: what is at the top of the book from `quote_ts` on."""

    quote_ts: int
    trade_ts: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int
    bid_left: int
    """What rests at the touch after the trade; 0: all of it was taken, the next level is the best."""
    ask_left: int
    bid_next: int
    """Price of the next level below the touch, which rests for the whole slot; 0: there is none."""
    ask_next: int
    bid_next_size: int
    ask_next_size: int
    thinness: float
    """How much less than in typical times rests in the book: it thins when volatility rises."""


class TradeBlock(Struct, frozen=True):
    """One hour of trades and the quotes they hit, each of shape (60, trades a minute), in exact units."""

    bid: Columns
    ask: Columns
    price: Columns
    size: Columns
    is_buy: NDArray[np.bool_]
    thinness: NDArray[np.float64]
    """As in `Slot`, of each minute, shape (60, 1)."""
    words: NDArray[np.uint64]
    """Random bits, from which times and quoted sizes are taken when they are wanted."""


class Ticks:
    """A pure function: hour since 1970 -> the quotes and trades of that hour.

    A minute has one quote and one trade per slot; a slot lies within one second when there are so many trades.
    The quote comes in the first half of its slot, the trade hits it in the second half, and at the same time comes
    the quote of what the trade has left, which holds until the next slot's. Time stamps end in the instrument's
    number, so no two instruments of a market have the same.
    """

    def __init__(self, seed: int, spec: Spec, path: Path) -> None:
        """Prepare the ticks of one instrument."""
        self.spec = spec
        self._path = path
        self._noise = Noise(seed, f"{spec.instrument.instrument_id}:ticks")
        self._basis_noise = Noise(seed, f"{spec.instrument.instrument_id}:basis")
        slots = spec.trades_per_min
        self._starts, self._half = _slots(slots)
        self.grid = Grid.of_moves(spec.price * path.typical_sigma / slots**0.5, spec.price)
        """Where orders rest away from the touch."""
        self._fractions = np.arange(1, slots + 1) / slots
        self._bounds = Recent(self._make_bounds, 32)
        self._blocks = Recent(self._make_block, 2)
        self._slots = Recent(self._make_slots, 8)

    def mids(self, day: int) -> NDArray[np.float64]:
        """Return the mid price in ticks at each minute's begin of a day and at its end, shape (1441,)."""
        return self._bounds[day]

    def block(self, hour: int) -> TradeBlock:
        """Return the trades of an hour since 1970."""
        return self._blocks[hour]

    def bars(self, hour: int) -> Columns:
        """Return the 1-minute bars of an hour, shape (6, 60)."""
        block = self._blocks[hour]
        opens = hour * HOUR_NS + np.arange(HOUR_MINUTES) * MINUTE_NS
        price = block.price
        return np.stack(
            (opens, price[:, 0], price.max(axis=1), price.min(axis=1), price[:, -1], block.size.sum(axis=1))
        )

    def trade_times(self, hour: int, minutes: slice = _ALL) -> Columns:
        """Return the time of each trade in some minutes of an hour, UNIX ns, shape (minutes, trades a minute)."""
        return self._times(hour, minutes, 54) + self._half // 1_000 * 1_000

    def slots(self, minute: int) -> list[Slot]:
        """Return the slots of one minute since 1970, in time order."""
        return self._slots[minute]

    def slot_starts(self) -> Columns:
        """Return when each slot begins after its minute's begin, ns, shape (trades a minute,)."""
        return self._starts

    def slot_lengths(self) -> Columns:
        """Return how long each slot is, ns, shape (trades a minute,)."""
        return 2 * self._half

    def quotes(self, minute: int) -> list[QuoteRow]:
        """Return the quotes of one minute since 1970, in time order: before and after each trade, never the same."""
        name, found = self.spec.instrument.instrument_id, []
        for slot in self._slots[minute]:
            found.append(QuoteRow(name, slot.quote_ts, slot.bid, slot.ask, slot.bid_size, slot.ask_size))
            bid, bid_size = (slot.bid, slot.bid_left) if slot.bid_left else (slot.bid_next, slot.bid_next_size)
            ask, ask_size = (slot.ask, slot.ask_left) if slot.ask_left else (slot.ask_next, slot.ask_next_size)
            found.append(QuoteRow(name, slot.trade_ts, bid, ask, bid_size, ask_size))
        return found

    def trades(self, minute: int) -> list[TradeRow]:
        """Return the trades of one minute since 1970, in time order."""
        hour, at = divmod(minute, HOUR_MINUTES)
        block, name = self._blocks[hour], self.spec.instrument.instrument_id
        first = minute * _ID_SLOTS * _ID_INSTRUMENTS + self.spec.number
        columns = (
            self.trade_times(hour, slice(at, at + 1))[0].tolist(),
            block.price[at].tolist(),
            block.size[at].tolist(),
            block.is_buy[at].tolist(),
            range(first, first + len(self._starts) * _ID_INSTRUMENTS, _ID_INSTRUMENTS),
        )
        return [
            TradeRow(name, ts, price, size, "buy" if is_buy else "sell", str(trade_id))
            for ts, price, size, is_buy, trade_id in zip(*columns, strict=True)
        ]

    def _times(self, hour: int, minutes: slice, shift: int) -> Columns:
        """Return a time in the first half of each slot, whole microseconds and the instrument's number."""
        jitter = bits_of(self._blocks[hour].words[minutes], shift, 10)
        begins = hour * HOUR_NS + np.arange(HOUR_MINUTES)[minutes, None] * MINUTE_NS
        times = begins + self._starts + (jitter * self._half >> 10)
        result: Columns = times - times % 1_000 + self.spec.number
        return result

    def _make_slots(self, minute: int) -> list[Slot]:
        hour, at = divmod(minute, HOUR_MINUTES)
        row, block = slice(at, at + 1), self._blocks[hour]
        words, bid, ask, size, is_buy = (
            column[at] for column in (block.words, block.bid, block.ask, block.size, block.is_buy)
        )
        parity = np.arange(minute * len(bid), (minute + 1) * len(bid)) & 1
        thinness = float(block.thinness[at, 0])
        typical = _TOUCH * self.spec.trade_size / thinness
        below, above = self.grid.below(bid), self.grid.below(ask + 1) + 1
        bid_size = _resting(bits_of(words, 24, 8), size, typical, (below > 0) & ~is_buy, parity)
        ask_size = _resting(bits_of(words, 32, 8), size, typical, is_buy, parity)
        mixed = words * _MIX
        columns = (
            self._times(hour, row, 44)[0],
            self.trade_times(hour, row)[0],
            bid,
            ask,
            bid_size,
            ask_size,
            np.where(is_buy, bid_size, bid_size - size),
            np.where(is_buy, ask_size - size, ask_size),
            self.grid.price(below),
            self.grid.price(above),
            _next(mixed >> np.uint64(52), typical, parity),
            _next(mixed >> np.uint64(40), typical, parity),
            np.full(len(bid), thinness),
        )
        return [Slot(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]

    def _make_bounds(self, day: int) -> NDArray[np.float64]:
        levels = folded(self._path.day(day).levels)
        if self.spec.is_perpetual:
            levels = levels + self._basis(day)
        result: NDArray[np.float64] = self.spec.price * np.exp(levels)
        return result

    def _basis(self, day: int) -> NDArray[np.float64]:
        """Return the log distance to the path: a moving average of noise that runs on over midnight."""
        noise = np.concatenate([self._basis_noise.normals(at, MINUTES) for at in (day - 1, day)])
        sums = np.concatenate(([0.0], np.cumsum(noise)))
        wave = sums[MINUTES:] - sums[MINUTES - _BASIS_BACK : -_BASIS_BACK]
        result: NDArray[np.float64] = _BASIS_MEAN + _BASIS_SPREAD * wave / _BASIS_BACK**0.5
        return result

    def _make_block(self, hour: int) -> TradeBlock:
        spec = self.spec
        words = self._noise.bits(hour, HOUR_MINUTES * spec.trades_per_min).reshape(HOUR_MINUTES, -1)
        mid, sigma = self._mid_and_sigma(hour, words)
        before = np.concatenate((self._begins(hour), mid[:, :-1]), axis=1)
        is_buy = (mid > before) ^ (bits_of(words, 40, 4) < _AGAINST)
        lively = np.clip(sigma / self._path.typical_sigma, 0.2, 6.0)
        spread = np.maximum(1.0, np.rint(mid * (spec.spread_bps / 10_000) * lively**0.7))
        bid = np.maximum(1.0, np.floor(mid - spread / 2))
        size = np.rint(pick(_SIZES, words, 12) * lively * spec.trade_size)
        least = np.maximum(spec.min_size, np.ceil(spec.min_notional / bid))
        exact_bid, exact_ask = bid.astype(np.int64), (bid + spread).astype(np.int64)
        return TradeBlock(
            bid=exact_bid,
            ask=exact_ask,
            price=np.where(is_buy, exact_ask, exact_bid),
            size=np.clip(size, least, spec.max_size).astype(np.int64),
            is_buy=is_buy,
            thinness=lively**0.5,
            words=words,
        )

    def _begins(self, hour: int) -> NDArray[np.float64]:
        day, at = divmod(hour, DAY_HOURS)
        return self._bounds[day][at * HOUR_MINUTES :][:HOUR_MINUTES, None]

    def _mid_and_sigma(self, hour: int, words: NDArray[np.uint64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mid of each slot, a bridge between the minute's ends, and each minute's volatility."""
        day, at = divmod(hour, DAY_HOURS)
        bounds = self._bounds[day][at * HOUR_MINUTES :][: HOUR_MINUTES + 1, None]
        sigma = self._path.day(day).sigmas[at * HOUR_MINUTES :][:HOUR_MINUTES, None]
        walk = np.cumsum(pick(NORMALS, words, 0), axis=1) / len(self._fractions) ** 0.5
        bridge = walk - self._fractions * walk[:, -1:]
        begin = bounds[:-1]
        return begin + (bounds[1:] - begin) * self._fractions + begin * sigma * bridge, sigma


def _slots(count: int) -> tuple[Columns, Columns]:
    """Return begin and half the length of each slot of a minute, ns; each second has one when there are enough."""
    if count < HOUR_MINUTES:
        length = MINUTE_NS // count
        return np.arange(count) * length, np.full(count, length // 2)
    edges = np.arange(61) * count // 60
    starts, halves = [], []
    for second, (first, after) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        length = SECOND_NS // (after - first)
        starts += [second * SECOND_NS + at * length for at in range(after - first)]
        halves += [length // 2] * (after - first)
    return np.array(starts), np.array(halves)


def _resting(chance: Columns, traded: Columns, typical: float, may_end: NDArray[np.bool_], parity: Columns) -> Columns:
    """Return what rests at the touch: enough for the trade to come, sometimes no more than that.

    In even slots it is an even number, in odd ones odd, so that no quote is like the one of the slot before.

    Args:
        chance: 0..255 of each slot.
        traded: Size of each slot's trade.
        typical: What rests beyond it.
        may_end: Whether the trade may take everything.
        parity: 0 or 1 of each slot.
    """
    extra = np.rint(typical * _SIZES[16 * chance + 8]).astype(np.int64)
    is_taken = may_end & (chance < _EXHAUSTED) & (traded & 1 == parity)
    return _odd_or_even(traded + np.where(is_taken, 0, np.maximum(extra, 1)), parity)


def _next(bits: NDArray[np.uint64], typical: float, parity: Columns) -> Columns:
    """Return what rests next to the touch, by the twelve lowest bits of each slot."""
    extra = np.rint(_NEXT * typical * pick(_SIZES, bits, 0)).astype(np.int64)
    return _odd_or_even(np.maximum(extra, 1), parity)


def _odd_or_even(size: Columns, parity: Columns) -> Columns:
    result: Columns = size + ((size ^ parity) & 1)
    return result
