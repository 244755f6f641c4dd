"""Bars -> what a model learns from: features by the node's own engine, labels, weights."""

import numpy as np
from msgspec import Struct

from actors.market import Interval
from actors.signal.features import NAMES, SCHEMA, WARMUP, FeatureEngine, FloatBar, schema_hash
from actors.signal.golden import golden
from actors.signal.reference import ReferenceBars
from actors.signal.session import Session
from actors.signal.training.examples import Origin, Schema
from actors.signal.training.labels import Floats, Ints, Labels, Mask, label
from actors.signal.training.weights import effective, weights
from actors.signal.training.windows import Windows
from config.training import Barriers

_ATR = NAMES.index("atr_share")


class Bars(Struct, frozen=True, kw_only=True):
    """A market's past, as columns of shape (n,), oldest first."""

    instrument_id: str
    interval: Interval
    ts: Ints
    """Open times, UNIX nanoseconds."""
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    source: str
    """Where they come from, for people."""
    sha256: str
    """Of these bars."""
    fee: float
    """Share of the notional that a market order pays."""
    session: Session | None = None
    reference: tuple[tuple[int, float], ...] = ()
    """(open time, close) of the second instrument, where features have one."""

    def __len__(self) -> int:
        return len(self.ts)

    def rows(self, count: int | None = None) -> list[FloatBar]:
        """Return the first `count` bars as the feature engine takes them; None: all."""
        columns = (self.ts, self.open, self.high, self.low, self.close, self.volume)
        return list(zip(*(column[:count].tolist() for column in columns), strict=True))

    def is_next(self) -> Mask:
        """Return whether each bar follows the one before it without a hole, shape (n,)."""
        step = self.interval.duration_ns
        return np.asarray(np.diff(self.ts, prepend=self.ts[0] - step) == step)


class Dataset(Struct, frozen=True):
    """Examples of bars, in the order of time; slots are bars, counted from the first of the history."""

    bars: Bars
    vectors: Floats
    """Features at the close of every bar, shape (bars, features)."""
    labels: Labels
    """Of every bar."""
    index: Ints
    """Bar of each example, ascending, shape (n,)."""

    def __len__(self) -> int:
        return len(self.index)

    @property
    def schema(self) -> Schema:
        """Return what the numbers mean."""
        return Schema(name=SCHEMA, names=NAMES, hash=schema_hash(), golden=golden())

    @property
    def origin(self) -> Origin:
        """Return where the examples come from."""
        bars, step = self.bars, self.bars.interval
        return Origin(
            instrument_id=bars.instrument_id,
            interval=step.name,
            sha256=bars.sha256,
            from_ns=int(bars.ts[self.index[0]]),
            until_ns=step.close(int(bars.ts[self.end[-1]])),
            slot_ns=step.duration_ns,
        )

    @property
    def ts(self) -> Ints:
        """Return the open time of the bar of each example, shape (n,)."""
        return self.bars.ts[self.index]

    @property
    def group(self) -> Ints:
        """Return that all examples are of one kind, shape (n,)."""
        return np.zeros(len(self.index), np.int64)

    @property
    def sources(self) -> int:
        """Return how many bars there are."""
        return len(self.bars)

    def beginning(self, count: int) -> Floats:
        """Return the features of the first bars, computed without the later ones."""
        return features(self.bars, count)[0]

    @property
    def y(self) -> Ints:
        """Return the label of each example, shape (n,)."""
        return self.labels.y[self.index]

    @property
    def end(self) -> Ints:
        """Return the bar in which the label of each example ends, shape (n,)."""
        return self.labels.end[self.index]

    def x(self, rows: Ints) -> Floats:
        """Return the features of these examples, shape (rows, features)."""
        return np.asarray(self.vectors[self.index[rows]])

    def weights(self, rows: Ints) -> Floats:
        """Return how much these examples count among themselves, with a mean of 1."""
        return weights(self.index[rows], self.end[rows])

    def effective(self, rows: Ints) -> float:
        """Return how many independent labels these examples are worth."""
        return effective(self.index[rows], self.end[rows])

    def windows(self, rows: Ints, length: int) -> Windows:
        """Return the vectors of the `length` bars that end with each example, shape (rows, length, features)."""
        return Windows(self.vectors, self.index[rows], length)

    def future(self, rows: Ints) -> Floats:
        """Return the return from the entry to the close of the last bar of each label."""
        entry, end = self.index[rows], self.end[rows]
        return np.asarray(self.bars.close[end] / self.bars.close[entry] - 1.0)


def dataset(bars: Bars, barriers: Barriers, *, window: int = 1) -> Dataset:
    """Return the examples of a history.

    Args:
        bars: The history.
        barriers: What is asked.
        window: How many bars with features, without a hole of `WARMUP` and more, an example needs.
    """
    x, seen = features(bars)
    labels = label(barriers, (bars.high, bars.low, bars.close), x[:, _ATR], bars.is_next())
    index = np.flatnonzero(labels.is_known & (seen >= WARMUP + window - 1))
    return Dataset(bars, x, labels, index)


def features(bars: Bars, count: int | None = None) -> tuple[Floats, Ints]:
    """Return the vectors of the first `count` bars, a row each, and how many bars their engine had seen then.

    As a live stream does, it begins anew after a hole of `WARMUP` bars and more.
    """
    rows, step = bars.rows(count), bars.interval.duration_ns
    reference: ReferenceBars | None = None
    if bars.reference:
        reference = ReferenceBars(bars.interval, most=None)
        reference.load(bars.reference)
    vectors, seen = np.empty((len(rows), len(NAMES))), np.zeros(len(rows), np.int64)
    engine, since, expected = FeatureEngine(bars.interval, session=bars.session, reference=reference), 0, 0
    for number, row in enumerate(rows):
        if number and row[0] - expected >= WARMUP * step:
            engine = FeatureEngine(bars.interval, session=bars.session, reference=reference)
            since = 0
        vectors[number] = engine.update(row)
        since += 1
        expected, seen[number] = row[0] + step, since
    return vectors, seen
