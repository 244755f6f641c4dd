"""The quotes and trades of one instrument, hour by hour, around the path of its price."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.market import HOUR_NS, MINUTE_NS, SECOND_NS, QuoteRow, TradeRow
from adapters.sim.columns import Columns
from adapters.sim.grid import Grid
from adapters.sim.instruments import Spec
from adapters.sim.noise import NORMALS, Noise, bits_of, pick
from adapters.sim.path import MINUTES, Path, folded
from adapters.sim.recent import Recent
from adapters.sim.slots import Numbers, Slot, TradeBlock, touches

HOUR_MINUTES = 60
DAY_HOURS = 24

_SIZES = np.exp(NORMALS)
_BASIS_BACK = 120
_BASIS_MEAN = 0.0001
_BASIS_SPREAD = 0.0002
_AGAINST = 5
"""Of sixteen trades so many go against the last move of the price."""
_ID_SLOTS = 1_000
_ID_INSTRUMENTS = 1_000


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
        self._touches = Recent(self._make_touches, 2)
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

    def trade_times(self, hour: int) -> Columns:
        """Return the time of each trade of an hour, UNIX ns, shape (60, trades a minute)."""
        return self._times(hour, 54) + self._half // 1_000 * 1_000

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
        for ts, trade_ts, bid, ask, bid_size, ask_size, bid_left, ask_left, *nexts, _ in zip(
            *self._columns(minute), strict=True
        ):
            found.append(QuoteRow(name, ts, bid, ask, bid_size, ask_size))
            if bid_left and ask_left:
                found.append(QuoteRow(name, trade_ts, bid, ask, bid_left, ask_left))
            elif ask_left:
                found.append(QuoteRow(name, trade_ts, nexts[0], ask, nexts[2], ask_left))
            else:
                found.append(QuoteRow(name, trade_ts, bid, nexts[1], bid_left, nexts[3]))
        return found

    def trades(self, minute: int) -> list[TradeRow]:
        """Return the trades of one minute since 1970, in time order."""
        hour, at = divmod(minute, HOUR_MINUTES)
        block, name = self._blocks[hour], self.spec.instrument.instrument_id
        first = minute * _ID_SLOTS * _ID_INSTRUMENTS + self.spec.number
        columns = (
            self._touches[hour][1][at].tolist(),
            block.price[at].tolist(),
            block.size[at].tolist(),
            block.is_buy[at].tolist(),
            range(first, first + len(self._starts) * _ID_INSTRUMENTS, _ID_INSTRUMENTS),
        )
        return [
            TradeRow(name, ts, price, size, "buy" if is_buy else "sell", str(trade_id))
            for ts, price, size, is_buy, trade_id in zip(*columns, strict=True)
        ]

    def _times(self, hour: int, shift: int) -> Columns:
        """Return a time in the first half of each slot, whole microseconds and the instrument's number."""
        jitter = bits_of(self._blocks[hour].words, shift, 10)
        begins = hour * HOUR_NS + np.arange(HOUR_MINUTES)[:, None] * MINUTE_NS
        times = begins + self._starts + (jitter * self._half >> 10)
        result: Columns = times - times % 1_000 + self.spec.number
        return result

    def _make_slots(self, minute: int) -> list[Slot]:
        return [Slot(*values) for values in zip(*self._columns(minute), strict=True)]

    def _columns(self, minute: int) -> list[list[Any]]:
        """Return the columns of a minute's slots, each in time order."""
        hour, at = divmod(minute, HOUR_MINUTES)
        return [column[at].tolist() for column in self._touches[hour]]

    def _make_touches(self, hour: int) -> list[Numbers]:
        block = self._blocks[hour]
        first = hour * block.bid.size
        typical = self.spec.trade_size / block.thinness
        parity = (np.arange(first, first + block.bid.size) & 1).reshape(block.bid.shape)
        times = self._times(hour, 44), self.trade_times(hour)
        return [*times, *touches(block, self.grid, typical, parity)]

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
